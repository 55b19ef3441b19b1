"""Which variables a statement gives values to, and whose objects it changes."""

from __future__ import annotations

from collections.abc import Iterable

from s2sad.ir.flow import statements, targets_of
from s2sad.ir.nodes import (
    Apply,
    Assign,
    Branch,
    Const,
    Context,
    Define,
    Evaluate,
    Expr,
    For,
    Guard,
    Make,
    Opaque,
    Place,
    Ref,
    Stmt,
    Target,
    Unpack,
    Var,
    Verbatim,
    While,
    walk,
)

LIST_CHANGES = frozenset(f"list.{name}" for name in ("append", "extend", "insert", "pop", "clear"))
"""Methods that change their list, by canonical name."""

CALLS_THAT_WRITE = frozenset(
    [f"list.{name}" for name in ("append", "extend", "insert", "pop", "clear")]
    + [f"numpy.{name}" for name in ("add.at", "subtract.at", "fill_diagonal", "put_along_axis")]
    + [f"helper.{name}" for name in ("put_back", "add_into", "leave", "before_update", "take_last")]
)
"""Calls that change their first argument, by canonical name."""


def places_of(target: Target) -> Iterable[Place]:
    """The places that a target writes to."""
    match target:
        case Place():
            yield target
        case Unpack(parts):
            for part in parts:
                yield from places_of(part)


def written_into(target: Target) -> Iterable[Var]:
    """The variables whose objects a target writes into."""
    match target:
        case Place(base):
            while isinstance(base, Apply) and base.args:
                base = base.args[0]
            if isinstance(base, Ref):
                yield base.var
        case Unpack():
            for part in target.targets:
                yield from written_into(part)


def written_by(statement: Stmt) -> dict[Var, None]:
    """The variables whose objects a statement, or one inside it, writes into."""
    found: dict[Var, None] = {}
    for inner in statements([statement]):
        match inner:
            case Assign():
                found |= dict.fromkeys(v for t in inner.targets for v in written_into(t))
        match inner:
            case Assign(_, Apply(op, (base, *_))) | Evaluate(Apply(op, (base, *_))):
                if op in CALLS_THAT_WRITE:
                    found |= dict.fromkeys(written_into(Place(base, Const(None))))
    return found


def mutated_by(expr: Expr) -> list[Var]:
    """The variables whose objects an unknown call inside an expression may change."""
    return [var for node in walk(expr) if isinstance(node, Opaque) for var in node.mutates]


def bound_by(statement: Stmt) -> dict[Var, None]:
    """The variables that a statement may give a new value to, those inside it included; an unknown
    call may change the object of a variable as if it were another one. Writes are not counted."""
    found: dict[Var, None] = {}
    stack = [statement]
    while stack:
        node = stack.pop()
        match node:
            case Assign():
                found |= dict.fromkeys(v for t in node.targets for v in targets_of(t))
                found |= dict.fromkeys(mutated_by(node.value))
            case Branch():
                stack += [*node.then, *node.other]
            case For():
                found |= dict.fromkeys(targets_of(node.target))
                stack += [*node.body, *node.other]
            case While():
                stack += [*node.body, *node.other]
            case Context() | Guard():
                stack += node.body
            case Verbatim():
                found |= dict.fromkeys(node.binds)
                found |= dict.fromkeys(node.mutates)
            case Evaluate():
                found |= dict.fromkeys(mutated_by(node.value))
            case Define():
                found[node.var] = None
    return found


def is_exchange(statement: Stmt) -> bool:
    """Whether a statement lets names trade places: `u, v = v, u`."""
    if not isinstance(statement, Assign) or len(statement.targets) != 1:
        return False
    target, value = statement.targets[0], statement.value
    if not isinstance(target, Unpack) or not isinstance(value, Make) or target.star is not None:
        return False
    names = [t for t in target.targets if isinstance(t, Var)]
    items = [i.var for i in value.items if isinstance(i, Ref)]
    together = len(names) == len(target.targets) and len(items) == len(value.items)
    return (
        together
        and len(set(names)) == len(names)
        and sorted(v.serial for v in names) == sorted(v.serial for v in items)
    )
