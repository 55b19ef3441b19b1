"""Into which of the objects that it is handed a function writes.

    def f(a, b):
        a = a.copy()       from here on a is the function's own
        a[0] = 1.0         not the caller's
        b[0] = 1.0         the caller's

One walk forwards follows which variables may stand for what the caller handed over, or for a part
of it; loops until nothing changes.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from s2sad.ir.bindings import targets_of
from s2sad.ir.flow import inner_blocks
from s2sad.ir.nodes import (
    Apply,
    Assign,
    Block,
    Branch,
    Evaluate,
    Expr,
    For,
    Function,
    Make,
    Place,
    Stmt,
    Target,
    Unpack,
    Var,
    Verbatim,
    While,
)

Origins: TypeAlias = dict[Var, frozenset[Var]]
"""The parameters whose objects a variable may stand for."""


def written_parameters(function: Function, regions: Any) -> set[Var]:
    """The parameters into whose objects a function may write."""
    walk = _Walk(regions)
    walk.block(function.body, {p.var: frozenset([p.var]) for p in function.params})
    return walk.written


class _Walk:
    def __init__(self, regions: Any) -> None:
        self.regions = regions
        self.written: set[Var] = set()

    def block(self, block: Block, origins: Origins) -> None:
        for statement in block:
            self._statement(statement, origins)

    def _statement(self, statement: Stmt, origins: Origins) -> None:
        for write in self.regions.writes.get(statement, []):
            self.written |= self._of(write.base, origins)
        match statement:
            case Assign():
                if statement.augmented is None:
                    self._assign(statement, origins)
            case Branch():
                other = dict(origins)
                self.block(statement.then, origins)
                self.block(statement.other, other)
                _join(origins, other)
            case For() | While():
                self._loop(statement, origins)
            case Evaluate(Apply("list.append", (items, item))):
                for var, _ in self.regions.aliases(items):
                    origins[var] = origins.get(var, frozenset()) | self._of(item, origins)
            case Verbatim():
                found = frozenset(v for e in statement.reads for v in self._of(e, origins))
                for var in statement.binds:
                    origins[var] = found
            case _:
                for inner in inner_blocks(statement):
                    self.block(inner, origins)

    def _loop(self, loop: For | While, origins: Origins) -> None:
        while True:
            before = dict(origins)
            if isinstance(loop, For):
                found = self._of(loop.iterable, origins)
                for var in targets_of(loop.target):
                    origins[var] = found
            self.block(loop.body, origins)
            _join(origins, before)
            if origins == before:
                break
        self.block(loop.other, origins)

    def _assign(self, statement: Assign, origins: Origins) -> None:
        pairs: list[tuple[Target, Expr]] = []
        for target in statement.targets:
            value = statement.value
            if isinstance(target, Unpack) and isinstance(value, Make):
                if len(target.targets) == len(value.items):
                    pairs += zip(target.targets, value.items, strict=True)
                    continue
            pairs.append((target, value))
        found = [(target, value, self._of(value, origins)) for target, value in pairs]
        for target, value, roots in found:
            for var in targets_of(target):
                origins[var] = roots
            if isinstance(target, Place) and self.regions.stored(target.base, target.key, value):
                # What is stored in a container is reached through it from here on.
                for var, _ in self.regions.aliases(target.base):
                    origins[var] = origins.get(var, frozenset()) | roots

    def _of(self, expr: Expr, origins: Origins) -> frozenset[Var]:
        found: frozenset[Var] = frozenset()
        for var, _ in self.regions.aliases(expr):
            found |= origins.get(var, frozenset())
        return found


def _join(origins: Origins, other: Origins) -> None:
    for var, roots in other.items():
        origins[var] = origins.get(var, frozenset()) | roots
