"""Which `:=` have to be written as statements, since the text that they stand in is not.

    return y + (u := 2.0 * y) * u

A gradient alone does not compute what is returned, and has `u = 2.0 * y` in its place.
"""

from __future__ import annotations

from collections.abc import Iterable

import libcst as cst

from s2sad.ir.flow import expressions, statements
from s2sad.ir.nodes import Assign, Block, Expr, Stmt, walk


def standing_alone(block: Block, returned: Expr) -> set[Stmt]:
    """The embedded statements of a block whose text stands in no other one, nor in what is
    returned."""
    embedded = [s for s in statements(block) if isinstance(s, Assign) and s.embedded]
    if not embedded:
        return set()
    hosts = [s for s in statements(block) if not (isinstance(s, Assign) and s.embedded)]
    written = _named_in([returned, *(expr for host in hosts for expr in expressions(host))])
    alone: set[Stmt] = set()
    for statement in reversed(embedded):  # the inner ones come first
        assert statement.origin is not None
        if id(statement.origin.node) not in written:
            alone.add(statement)
            written |= _named_in([statement.value])
    return alone


def _named_in(roots: Iterable[Expr]) -> set[int]:
    """The `:=` in the text of expressions, by identity."""
    found: set[int] = set()
    for root in roots:
        for expr in walk(root):
            stack: list[cst.CSTNode] = [] if expr.origin is None else [expr.origin.node]
            while stack:
                node = stack.pop()
                if isinstance(node, cst.NamedExpr):
                    found.add(id(node))
                stack += node.children
    return found
