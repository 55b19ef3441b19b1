"""What must be remembered: the plan of memory, and the two halves of the derivative as programs.

Input: a function, the mirror of it, and facts. Output: a `Plan`, the forward and the backward
statements, in which every forward value is had in one of three ways: it still stands in its
variable, it is computed again, or it was remembered before it was overwritten and is restored on
the way back. The backward part then finds each variable as the forward statement found it ("to be
recorded" analysis; Hascoet, Naumann, Pascual: TBR analysis in reverse-mode AD, 2005).

    x_trace[i] = x                 x = x_trace[i]
    x = np.sin(x)                  d_x = d_x * np.cos(x)

A part is a class that is handed those above it in this table, and asks nothing of those below:

| question | files |
| --- | --- |
| what is known of the function, where the walk is, what results | `known.py`, `cells.py` (parts of arrays), `position.py`, `plan.py` |
| where is a value had from? | `recall.py`, `headers.py` (what loops run over), `resolving.py` (the whole mirror) |
| what is computed again? | `again.py`, `makings.py` and `remade.py` (statements that fill an array) |
| what is needed? | `needs.py` (by the mirror), `reach.py` (to bring something back) |
| where and how is it kept, and brought back? | `traces.py`, `keep.py` (variables), `parts.py` (parts of arrays), `between.py` |
| the statements | `planner.py` (the walk; the file to read first), `branches.py`, `loops.py`, `blocks.py` and `checkpoints.py` (checkpointed loops), `deferred.py` (shadows) |

`tools.py` puts them together; `explain.py` tells users what is kept.
"""
