"""Names of arrays that are read only while nothing writes into the arrays.

    row = A[i]                 row is quiet: what it stands for is written into when nothing reads
    s += row @ x               it any more
    A[i] = 0.0

What a quiet name stands for may be a view or a copy, an array or a number: for its adjoint that
makes no difference. It is a value like others, which the statement that binds the name passes on.
"""

from __future__ import annotations

from typing import Any

from s2sad.analysis.types import Array
from s2sad.ir.flow import inner_blocks, statements, targets_of
from s2sad.ir.nodes import (
    Apply,
    Assign,
    Evaluate,
    Expr,
    For,
    Function,
    Make,
    Place,
    Ref,
    Stmt,
    Target,
    Unpack,
    Var,
    Verbatim,
)


def quiet_names(function: Function, regions: Any, live: dict[Stmt, set[Var]]) -> set[Var]:
    """The names of arrays of which no write is seen, and which give no other name to them that is
    not quiet too."""
    parameters = {p.var for p in function.params}
    quiet = {v for v in regions.variables() if v not in parameters and _is_array(v, regions)}
    for statement, writes in regions.writes.items():
        for write in writes:
            roots = {v for v, _ in regions.aliases(write.base)}
            quiet -= roots
            near = {regions.of(v) for v in roots}
            near = {v for v in quiet if regions.of(v) in near}
            # What the head of a loop or branch writes may be seen inside of it.
            quiet -= near if inner_blocks(statement) else near & live.get(statement, set())
    given = [pair for s in statements(function.body) for pair in _named(s, regions)]
    while True:
        loud = {v for v in quiet for names, found in given if v in found and names - quiet}
        if not loud:
            return quiet
        quiet -= loud


def _is_array(var: Var, regions: Any) -> bool:
    return regions.type_of is not None and isinstance(regions.type_of(Ref(var)), Array)


def _named(statement: Stmt, regions: Any) -> list[tuple[set[Var], set[Var]]]:
    """The names that a statement gives to what other names stand for."""

    def found(names: set[Var], value: Expr) -> tuple[set[Var], set[Var]]:
        return names, {v for v, _ in regions.aliases(value)}

    def bound(target: Target, value: Expr) -> list[tuple[set[Var], set[Var]]]:
        if isinstance(target, Place):
            stored = {v for v, _ in regions.stored(target.base, target.key, value)}
            return [({v for v, _ in regions.aliases(target.base)}, stored)]
        if (
            isinstance(target, Unpack)
            and isinstance(value, Make)
            and len(value.items) == len(target.targets)
        ):
            pairs = zip(target.targets, value.items, strict=True)
            return [pair for part, item in pairs for pair in bound(part, item)]
        return [found(set(targets_of(target)), value)]

    match statement:
        case Assign() if statement.augmented is None:
            several = [
                (
                    ({t for t in statement.targets if isinstance(t, Var)},) * 2
                    if len(statement.targets) > 1
                    else (set(), set())
                )
            ]
            return [*several, *(p for t in statement.targets for p in bound(t, statement.value))]
        case Assign():
            return [p for t in statement.targets if isinstance(t, Place)
                    for p in bound(t, statement.value)]  # fmt: skip
        case For():
            return [found(set(targets_of(statement.target)), statement.iterable)]
        case Evaluate(Apply("list.append", (items, item))):
            return [found({v for v, _ in regions.aliases(items)}, item)]
        case Verbatim():
            return [found(set(statement.binds), read) for read in statement.reads]
    return []
