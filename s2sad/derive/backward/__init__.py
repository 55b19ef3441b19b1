"""The backward sweep: from the statements of a function to their mirror image.

    reverse.py            the sweep of a function: what goes in, what comes out
      statements.py       a statement: groups, branches, calls for their effect
        assignments.py    what a name is bound to; `targets.py`: several names at once
        allocations.py    what is bound to a name whose array has a shadow
        writes.py         a write into an array; `writing.py`: what its rule says; `spreading.py`
        containers.py     a write into a list or dict
        loops.py          a loop
      expressions.py      an expression: what flows into the variables that it reads
        applying.py       an operator, by its rule
        trees.py          containers: the adjoints of their items
        comprehensions.py a comprehension
        calls.py          a function that is called
      sweep.py            what all of these share, and what keeps it:
        slots.py          what adjoints belong to, their names, the variables that hold them
        contributions.py  what a statement contributes, until it is written out
        adding.py         how one contribution is added to what is there
        taking.py         an adjoint that is taken, and is zero from then on
        standing.py       an adjoint that has to stand in its variable, whole
        places.py         where the adjoint of a place that is written to stands
        joins.py          adjoints where paths meet
        repetition.py     what stands before a loop: a fixed point; `around.py`: what it knows
        iteration.py      what loops run over
        out.py            the statements that are being written

Each part builds on those below it. Expressions contain expressions, and statements statements:
these two are handed back to the parts that they are made of.
"""
