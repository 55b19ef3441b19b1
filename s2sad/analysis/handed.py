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

from s2sad.derive.effects import changed_by_method
from s2sad.ir.bindings import LIST_CHANGES
from s2sad.ir.flow import expressions, inner_blocks, targets_of
from s2sad.ir.nodes import (
    Apply,
    Assign,
    Block,
    Branch,
    Each,
    Evaluate,
    Expr,
    For,
    Function,
    Invoke,
    Make,
    Opaque,
    Place,
    Stmt,
    Target,
    Unpack,
    Var,
    Verbatim,
    While,
    walk,
)

Roots: TypeAlias = frozenset[tuple[Var, bool]]
"""Parameters, each with whether it is their object that is meant, or one that holds it."""

Origins: TypeAlias = dict[Var, Roots]
"""The parameters whose objects, or parts of them, a variable may stand for or hold."""


def written_parameters(function: Function, regions: Any) -> set[Var]:
    """The parameters into whose objects a function may write."""
    found = _Walk(regions)
    found.block(function.body, {p.var: frozenset([(p.var, True)]) for p in function.params})
    return found.written


class _Walk:
    def __init__(self, regions: Any) -> None:
        self.regions = regions
        self.written: set[Var] = set()

    def block(self, block: Block, origins: Origins) -> None:
        for statement in block:
            self._statement(statement, origins)

    def _statement(self, statement: Stmt, origins: Origins) -> None:
        for write in self.regions.writes.get(statement, []):
            # A function that is called may write into what a container holds, too.
            deep = any(write.base is argument for argument in _handed_over(statement))
            roots = self._of(write.base, origins)
            self.written |= {var for var, is_object in roots if is_object or deep}
        for root in expressions(statement):
            for node in walk(root):
                if isinstance(node, Invoke):
                    # What is called may write into the items of a container, too.
                    written = self.regions.calls.effects(node).writes
                    for given in (node.args[k] for k in written):
                        roots = frozenset() if given is None else self._of(given, origins)
                        self.written |= {var for var, _ in roots}
                if isinstance(node, Opaque) and (changed := changed_by_method(node)) is not None:
                    found = self._of(changed, origins)
                    self.written |= {var for var, is_object in found if is_object}
                if isinstance(node, Apply) and node.op in LIST_CHANGES:
                    for item in node.args[1:]:
                        self._store(node.args[0], self._of(item, origins), origins)
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
                found = _taken_out(self._of(loop.iterable, origins))
                for var in targets_of(loop.target):
                    origins[var] = found
            self.block(loop.body, origins)
            _join(origins, before)
            if origins == before:
                break
        left = dict(origins)  # by break, which does not come by what follows the last iteration
        self.block(loop.other, origins)
        _join(origins, left)

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
                origins[var] = _taken_out(roots) if isinstance(target, Unpack) else roots
            if isinstance(target, Place) and self.regions.stored(target.base, target.key, value):
                self._store(target.base, roots, origins)

    def _store(self, base: Expr, roots: Roots, origins: Origins) -> None:
        """What is stored in a container is reached through it from here on."""
        held = frozenset((root, False) for root, _ in roots)
        for var, _ in self.regions.aliases(base):
            origins[var] = origins.get(var, frozenset()) | held

    def _of(self, expr: Expr, origins: Origins) -> Roots:
        found: set[tuple[Var, bool]] = set()
        holds = isinstance(expr, Make | Each) or isinstance(expr, Apply) and expr.op == "copy.copy"
        for var, how in self.regions.aliases(expr):
            for root, is_object in origins.get(var, frozenset()):
                found.add((root, is_object if how == "same" else not holds))
        return frozenset(found)


def _handed_over(statement: Stmt) -> list[Expr | None]:
    """The arguments of the calls in a statement."""
    calls = (n for e in expressions(statement) for n in walk(e) if isinstance(n, Invoke))
    return [argument for node in calls for argument in node.args]


def _taken_out(roots: Roots) -> Roots:
    """What may be taken out of a container: objects that it holds."""
    return frozenset((root, True) for root, _ in roots)


def _join(origins: Origins, other: Origins) -> None:
    for var, roots in other.items():
        origins[var] = origins.get(var, frozenset()) | roots
