"""Comprehensions with several `for` clauses, as the loops that they stand for.

    y = sum(u * v for row in rows for v in row if v > u)

    items = []
    for row in rows:
        for v in row:
            if v > u:
                items.append(u * v)
    y = sum(items)

Their variables become variables of the function; those whose names mean something else there get
new names. One that is all of a statement's value is collected in the statement's variable.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import libcst as cst

from s2sad.ir.nodes import (
    Apply,
    Assign,
    Block,
    Branch,
    Evaluate,
    Expr,
    For,
    Make,
    Place,
    Ref,
    Stmt,
    Var,
)
from s2sad.source.bound import Binding, names_in, target_names
from s2sad.source.renamed import renamed


def in_loops(
    node: cst.CSTNode,
    element: cst.BaseExpression,
    key: cst.BaseExpression | None,
    lowerer: Any,
    items: Var | None,
) -> tuple[Var, Block] | None:
    """The variable that gets the items of a comprehension, `items` if there is one, and the
    statements that collect them; None where they cannot stand before the statement."""
    clauses = list(clauses_of(node))
    if any(clause.asynchronous is not None for clause in clauses):
        return None
    own = {name for clause in clauses for name in target_names(clause.target)}
    taken = sorted(name for name in own if not _is_free(name, lowerer.scope))
    names = {name: lowerer.scope.own(name).hint for name in taken}
    module = lowerer.module
    loops: list[tuple[cst.CSTNode, Expr, cst.CompFor]] = []
    lifted = len(lowerer.walrus)
    with lowerer.in_place():
        for position, clause in enumerate(clauses):
            iterable = renamed(clause.iter, names if position else {}, module)
            target = renamed(clause.target, names, module)
            loops.append((target, lowerer.lower(iterable), clause))
            for name in sorted(target_names(target)):
                lowerer.scope.add(name, Binding("element", iterable, target, True))
        items = items or lowerer.scope.own("items")
        value = lowerer.lower(renamed(element, names, module))
        last = None if key is None else lowerer.lower(renamed(key, names, module))
        body: Block = [_collected(items, value, last)]
        for target, run_over, clause in reversed(loops):
            for part in reversed(clause.ifs):
                body = [Branch(lowerer.lower(renamed(part.test, names, module)), body, [])]
            body = [For(lowerer.target(target), run_over, body, [])]
    if len(lowerer.walrus) > lifted:
        return None
    return items, [Assign((items,), Make("list" if key is None else "dict", ())), *body]


def is_collected(node: cst.BaseExpression, target: cst.BaseExpression) -> bool:
    """Whether a comprehension may be collected in the variable that it is assigned to."""
    several = isinstance(node, cst.ListComp | cst.DictComp) and node.for_in.inner_for_in is not None
    return several and isinstance(target, cst.Name) and target.value not in set(names_in(node))


def clauses_of(node: Any) -> Iterator[cst.CompFor]:
    """The `for` clauses of a comprehension, from the outermost."""
    clause = node.for_in
    while clause is not None:
        yield clause
        clause = clause.inner_for_in


def _is_free(name: str, scope: Any) -> bool:
    """Whether a name means nothing in a function, or is that of a variable added before."""
    if name in scope.added:
        return True
    return scope.bindings_of(name)[0] is None and scope.qualified(cst.Name(name)) is None


def _collected(items: Var, value: Expr, key: Expr | None) -> Stmt:
    if key is not None:
        return Assign((Place(Ref(items), key),), value)
    return Evaluate(Apply("list.append", (Ref(items), value), (), "method", "append"))
