"""Which variables may have no value yet where a branch or loop begins.

    if x < 0.5:                 a and b may have none here: only one of them has one after it, and a
        a = np.sin(x)           zero of the shape of the other cannot be made
    else:
        b = np.cos(x)

Python allows it, as long as control never reads the one that has no value.
"""

from __future__ import annotations

from collections.abc import Mapping

from s2sad.ir.bindings import bound_by
from s2sad.ir.flow import Defined, Walk, inner_blocks, statements
from s2sad.ir.nodes import Branch, For, Function, Guard, Stmt, Var, While


def unbound_before(function: Function) -> Mapping[Stmt, set[Var]]:
    """The variables that may have no value where each branch, guard or loop begins."""
    within = {
        var
        for outer in function.body
        for block in inner_blocks(outer)
        for statement in statements(block)
        for var in bound_by(statement)
    }
    within |= {v for s in function.body if isinstance(s, For | While) for v in bound_by(s)}
    walk = _Before([p.var for p in function.params], within)
    walk.block(function.body, function.body)
    return walk.before


class _Before(Walk):
    def __init__(self, given: list[Var], within: set[Var]) -> None:
        super().__init__(Defined(given))
        self.within = within
        self.before: dict[Stmt, set[Var]] = {}

    def read(self, statement: Stmt) -> None:
        """Notes which variables have no value where a compound statement begins."""
        if isinstance(statement, Branch | Guard | For | While):
            self.before[statement] = self.within - self.defined.now
