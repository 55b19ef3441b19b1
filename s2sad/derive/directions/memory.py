"""What the statements of a generated function read and change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from s2sad.analysis.exits import used_up
from s2sad.analysis.regions import Regions
from s2sad.analysis.types import Array, ListOf, Shape
from s2sad.derive.directions.lines import Line
from s2sad.ir.bindings import LIST_CHANGES, bound_by, mutated_by
from s2sad.ir.flow import expressions, statements
from s2sad.ir.nodes import (
    Apply,
    Assign,
    Expr,
    Function,
    Make,
    Opaque,
    Ref,
    Stmt,
    Var,
    Verbatim,
    children,
    walk,
)
from s2sad.tidy.dead import all_reads

UNSEEN = Var("unseen")
"""Stands for all state that no variable has."""


class Memory:
    """What statements read and change: variables, which they give other objects, and the contents
    of objects. The contents of all that names of one region stand for have one key (`contents`)."""

    def __init__(self, function: Function, engine: Any) -> None:
        self.function, self.facts = function, engine.facts
        self.regions: Regions = engine.regions(function)
        self.used_up = used_up(function.body)
        self.stacks = self._stacks()
        self._contents: dict[Var, Var] = {}
        self._members: dict[Var, list[Var]] = {}
        opened = {v for s in statements(function.body) for v in _opened(s)}
        for var in self.regions.variables():
            members = self.regions.members(var)
            if any(v in self.stacks for v in members) and not opened & set(members):
                continue
            if self.regions.is_written(var) or opened & set(members):
                root = self.regions.of(var)
                key = self._contents.setdefault(root, Var(f"contents of {root}"))
                self._members[key] = members

    def _stacks(self) -> set[Var]:
        """The lists whose items change where nothing else does that may share memory with them."""
        changed: dict[Var, set[Var]] = {}
        for write in (w for found in self.regions.writes.values() for w in found):
            base, value = write.base, getattr(write.statement, "value", None)
            is_of_list = isinstance(value, Apply) and value.op in LIST_CHANGES
            for var, _ in self.regions.aliases(base):
                names = changed.setdefault(self.regions.of(var), set())
                names.add(base.var if isinstance(base, Ref) and is_of_list else UNSEEN)
        return {v for names in changed.values() if self._are_stacks(names) for v in names}

    def _are_stacks(self, names: set[Var]) -> bool:
        """Whether each is the only name of a list, and all else of their region are arrays."""
        if UNSEEN in names or not all(isinstance(self.type_of(v), ListOf) for v in names):
            return False
        first, *_ = names
        others = [v for v in self.regions.members(first) if v not in names]
        made = {
            target: isinstance(s.value, Make)
            for s in statements(self.function.body)
            if isinstance(s, Assign)
            for target in s.targets
            if isinstance(target, Var)
        }
        alone = all(made.get(v, False) for v in names)
        return alone and all(isinstance(self.type_of(v), Array) for v in others)

    def type_of(self, var: Var) -> Any:
        """What a variable stands for, all that is given to it together."""
        return self.facts.bindings.get(var)

    def contents(self, var: Var) -> set[Var]:
        """The key of the contents of what a variable stands for, if they change anywhere."""
        if not self.regions.knows(var):
            return set()
        return {found} if (found := self._contents.get(self.regions.of(var))) else set()

    def of(self, variables: Iterable[Var]) -> set[Var]:
        """Variables with the contents of what they stand for."""
        found = set(variables)
        return found | {key for var in found for key in self.contents(var)}

    def names(self, keys: Iterable[Var]) -> set[Var]:
        """The variables that have, or may have, to do with keys."""
        return {var for key in keys for var in self._members.get(key, [key])}

    def describe(self, line: Line) -> None:
        """Notes what a statement of the text reads and changes."""
        for statement in line.program:
            line.reads |= self.of(all_reads(statement))
            line.changes |= set(bound_by(statement))
            for inner in statements([statement]):
                line.changes |= {key for var in _opened(inner) for key in self.contents(var)}
                line.changes |= set(self._written_by(inner))
                line.changes |= {v for e in expressions(inner) for v in _handed(e)} & self.used_up
                if _has_effect(inner):
                    line.reads.add(UNSEEN)
                    line.changes.add(UNSEEN)

    def _written_by(self, statement: Stmt) -> Iterator[Var]:
        for write in self.regions.writes.get(statement, ()):
            for var, _ in self.regions.aliases(write.base):
                yield from [var] if var in self.stacks else self.contents(var)

    def copied(self, var: Var) -> str | None:
        """How a variable gets what it stood for, from the name {}; None where other names would
        have to stand for the same, or an iterator would have to begin again."""
        if var in self.used_up:
            return None
        if not self.contents(var):
            return "{}.copy()" if var in self.stacks else "{}"
        kind = self.type_of(var)
        is_array = isinstance(kind, Array) and (
            var in self.regions.subscripted or isinstance(kind.shape, Shape) and kind.shape.rank > 0
        )
        alone = self.regions.members(var) == [var] and not self.regions.is_shared(var)
        return "np.copy({})" if is_array and alone else None


def _handed(expr: Expr) -> Iterator[Var]:
    """The variables in an expression that may be run through: not as operands, which no iterator
    can be."""
    if isinstance(expr, Ref):
        yield expr.var
    is_operator = isinstance(expr, Apply) and expr.form in ("infix", "prefix", "index", "attribute")
    for part in children(expr):
        if not (is_operator and isinstance(part, Ref)):
            yield from _handed(part)


def _opened(statement: Stmt) -> Iterator[Var]:
    """The variables whose objects code may change that is not understood."""
    if isinstance(statement, Verbatim):
        yield from statement.mutates
    for expr in expressions(statement):
        yield from mutated_by(expr)


def _has_effect(statement: Stmt) -> bool:
    if isinstance(statement, Verbatim):
        return not statement.pure and not statement.drops and not statement.leaves
    found = (node for expr in expressions(statement) for node in walk(expr))
    return any(isinstance(node, Opaque) and not node.pure for node in found)
