"""Which lists and dicts have one name where they are changed.

    new = []                   new is alone
    for x in xs:
        new.append(f(x))       here, too: what xs stands for is another list
    xs = new                   from here on the list has two names

A walk forwards. Items may have other names, the list itself has none: it is read by an index or a
method, or walked through.
"""

from __future__ import annotations

from collections.abc import Iterator

from s2sad.ir.bindings import LIST_CHANGES, places_of
from s2sad.ir.flow import bound, expressions, inner_blocks, statements, targets
from s2sad.ir.nodes import (
    Apply,
    Assign,
    Block,
    Branch,
    Each,
    Expr,
    For,
    Function,
    Make,
    Ref,
    Stmt,
    Var,
    While,
    walk,
)

READERS = {"getitem", "builtins.len", "builtins.sum"}
"""Operators whose result is no other name of the list that they read."""


def alone(function: Function) -> dict[Stmt, frozenset[Var]]:
    """The variables that alone stand for a list or dict, for each simple statement."""
    found: dict[Stmt, frozenset[Var]] = {}
    _block(function.body, set(), found)
    return found


def _block(block: Block, names: set[Var], found: dict[Stmt, frozenset[Var]]) -> None:
    for statement in block:
        _statement(statement, names, found)


def _statement(statement: Stmt, names: set[Var], found: dict[Stmt, frozenset[Var]]) -> None:
    names -= set(given_away(statement))
    match statement:
        case For(body=body, other=other) | While(body=body, other=other):
            for inner in statements([*body, *other]):
                names -= {*bound(inner), *given_away(inner)}
            for part in (body, other):
                _block(part, set(names), found)
        case Branch(then=then, other=other):
            arms = set(names), set(names)
            _block(then, arms[0], found)
            _block(other, arms[1], found)
            names &= arms[0] & arms[1]
        case _:
            for inner_block in inner_blocks(statement):
                _block(inner_block, names, found)
            found[statement] = frozenset(names)
    names -= set(bound(statement))
    match statement:
        case Assign((Var() as var,), Make("list" | "dict") | Each(kind="list" | "dict")):
            names.add(var)


def given_away(statement: Stmt) -> Iterator[Var]:
    """The variables whose objects may get another name in a statement."""
    harmless = set(_where_no_name_is_given(statement))
    for expr in expressions(statement):
        for node in walk(expr):
            if isinstance(node, Ref) and node not in harmless:
                yield node.var


def _where_no_name_is_given(statement: Stmt) -> Iterator[Expr]:
    """The parts of a statement whose objects are read there, and get no other name."""
    match statement:
        case Branch(test) | While(test):
            yield test
        case For(iterable=iterable):
            yield iterable
    for target in targets(statement):
        yield from (place.base for place in places_of(target))
    for expr in expressions(statement):
        for node in walk(expr):
            match node:
                case Apply(op, (base, *_)) if op in READERS or op in LIST_CHANGES:
                    yield base
                case Each(iterable=iterable):
                    yield iterable
