"""Places that depend on what else the same statement assigns are assigned one by one.

    i, c[i - 1] = 1, c[i] + s            new_i, new_c = 1, c[i] + s
                                         i = new_i
                                         c[i - 1] = new_c

Targets are assigned from left to right, each place being evaluated when its turn comes: it is a
place of before the statement, or of after it, or of in between. Nearly always no place reads what
another target changes, and a statement stays as it is.

Input: a function as it was lowered. Output: the same, in which all targets of a statement mean what
they meant before it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from s2sad.ir.bindings import written_into
from s2sad.ir.flow import statements
from s2sad.ir.nodes import (
    Apply,
    Assign,
    Block,
    Branch,
    Context,
    Expr,
    For,
    Function,
    Guard,
    Place,
    Ref,
    Stmt,
    Target,
    Unpack,
    Var,
    While,
    walk,
)


def settled_targets(function: Function) -> Function:
    """The function with a statement for each target, where the order of targets matters."""
    if not any(_is_ordered(statement) for statement in statements(function.body)):
        return function
    return replace(function, body=_block(function.body))


def _block(block: Block) -> Block:
    return [made for statement in block for made in _statement(statement)]


def _statement(statement: Stmt) -> Block:
    match statement:
        case Assign() if _is_ordered(statement):
            return _one_by_one(statement)
        case Branch(_, then, other):
            return [replace(statement, then=_block(then), other=_block(other))]
        case While(_, body, other):
            return [replace(statement, body=_block(body), other=_block(other))]
        case For(body=body, other=other):
            return [replace(statement, body=_block(body), other=_block(other))]
        case Context(body=body) | Guard(body=body):
            return [replace(statement, body=_block(body))]
    return [statement]


def _is_ordered(statement: Stmt) -> bool:
    """Whether a place among the targets of a statement reads a name that it binds, or what an
    earlier one writes."""
    if not isinstance(statement, Assign) or statement.augmented is not None:
        return False
    leaves = [leaf for target in statement.targets for leaf in _leaves(target)]
    places = [leaf for leaf in leaves if isinstance(leaf, Place)]
    bound = {leaf for leaf in leaves if isinstance(leaf, Var)}
    written: set[Var] = set()
    for place in places:
        if bound & set(_read(place)) or written & set(_read_items(place)):
            return True
        written |= set(written_into(place))
    return False


def _leaves(target: Target) -> Iterator[Target]:
    if isinstance(target, Unpack):
        for part in target.targets:
            yield from _leaves(part)
    else:
        yield target


def _where(place: Place) -> list[Expr]:
    return [place.base] if isinstance(place.key, str) else [place.base, place.key]


def _read(place: Place) -> Iterator[Var]:
    """The variables that say where a place is."""
    return (node.var for expr in _where(place) for node in walk(expr) if isinstance(node, Ref))


def _read_items(place: Place) -> Iterator[Var]:
    """The variables whose items say where a place is."""
    for node in (node for expr in _where(place) for node in walk(expr)):
        match node:
            case Apply("getitem" | "getattr", (Ref(var), *_)):
                yield var


def _one_by_one(statement: Assign) -> Block:
    """The value under a name, or its parts under names, and then one target after the other."""
    if len(statement.targets) > 1:
        value = Var("value")
        first: Block = [replace(statement, targets=(value,), origin=None)]
        each = [Assign((target,), Ref(value)) for target in statement.targets]
        return [*first, *_block(list(each))]
    made: Block = []
    named = _with_names(statement.targets[0], made)
    return [replace(statement, targets=(named,), origin=None), *made]


def _with_names(target: Target, made: Block) -> Target:
    """A target with a new name in place of each part; `made` are the statements that give each
    part what its name holds."""
    match target:
        case Unpack(parts):
            return replace(target, targets=tuple(_with_names(part, made) for part in parts))
        case Var():
            name = Var(f"new_{target.hint}")
        case Place():
            written = next(iter(written_into(target)), None)
            name = Var(f"new_{written.hint}" if written is not None else "new")
    made.append(Assign((target,), Ref(name)))
    return name
