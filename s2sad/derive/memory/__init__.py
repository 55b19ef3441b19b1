"""What must be remembered: the plan of memory, and the two halves of the derivative as programs.

Input: a function, the mirror of it, and facts. Output: a `Plan`, the forward and the backward
statements, in which every forward value is had in one of three ways: it still stands in its
variable, it is computed again, or it was remembered before it was overwritten and is restored on
the way back. The backward part then finds each variable as the forward statement found it ("to be
recorded" analysis; Hascoet, Naumann, Pascual: TBR analysis in reverse-mode AD, 2005).

    x_trace[i] = x                 x = x_trace[i]
    x = np.sin(x)                  d_x = d_x * np.cos(x)

Each part is a class that is handed those above it, and asks nothing of those below:

    known.py              what is known of the function
      cells.py            parts of arrays, as they are followed
      position.py         where the walk is
      plan.py             what results
    recall.py             where a value is had from
      headers.py          what loops run over
      resolving.py        the mirror, with all its values had from somewhere
    again.py              what is computed again
      makings.py          statements that fill an array
      remade.py           when they are run again
    reach.py              what bringing something back reads
    needs.py              what the mirror reads
    traces.py             where a value is kept
      keep.py             how variables are kept, and brought back
      parts.py            how parts of arrays and containers are
      between.py          between which statements they are brought back
    planner.py            the walk over statements; the file to read first
      branches.py         branches, what follows an exit, contexts
      loops.py            loops
      blocks.py           checkpointed loops; `checkpoints.py`: their state, what is refused
      deferred.py         shadows that are bound on the way back

`tools.py` puts them together; `explain.py` tells users what is kept.
"""
