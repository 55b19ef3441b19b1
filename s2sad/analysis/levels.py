"""Which variables may stand for one object, and which for objects inside of that.

    row = []
    rows.append(row)       row is an item of rows; both are in one region
    r = rows[0]            r may be row, and is not rows
    more = rows            more is rows

A region has containers together with what they hold. Of its variables, those that are put in or
taken out somewhere are items, which may be one another; of the others, those are one object that
are assigned to each other.
"""

from __future__ import annotations

from typing import Any

from s2sad.ir.bindings import LIST_CHANGES
from s2sad.ir.flow import expressions, statements, targets_of
from s2sad.ir.nodes import (
    Apply,
    Assign,
    Each,
    Expr,
    For,
    Function,
    Make,
    Place,
    Ref,
    Select,
    Stmt,
    Target,
    Unpack,
    Var,
    Verbatim,
    walk,
)

_TAKING = {"getitem", "getattr", "list.pop"}


class Levels:
    """What is known of the variables of one function."""

    def __init__(self, function: Function, regions: Any) -> None:
        self.regions = regions
        self._parent: dict[object, object] = {}
        for statement in statements(function.body):
            self._statement(statement)

    def may_be_one(self, var: Var, base: Expr) -> bool:
        """Whether a variable may stand for the object that an expression gives."""
        if isinstance(base, Ref):
            return self._root(var) == self._root(base.var)
        found = [other for other, _ in self.regions.aliases(base)]
        return any(self._root(var) in (self._root(v), self._root(self._items(v))) for v in found)

    def may_hold(self, var: Var, base: Expr) -> bool:
        """Whether something inside of a variable's object may be what an expression gives."""
        return not isinstance(base, Ref) or self._root(base.var) == self._root(self._items(var))

    def _statement(self, statement: Stmt) -> None:
        match statement:
            case Assign():
                for target in statement.targets:
                    self._assign(target, statement.value)
            case For():
                for var in targets_of(statement.target):
                    self._join(var, statement.iterable, inside=True)
            case Verbatim():
                for var in statement.binds:
                    for read in statement.reads:
                        self._join(var, read, inside=True)
                        self._join(var, read)
        for root in expressions(statement):
            for node in walk(root):
                match node:
                    case Make():
                        self._put_in(node.items)
                    case Each():
                        for var in targets_of(node.target):
                            self._join(var, node.iterable, inside=True)
                        self._put_in((node.element,))
                    case Apply() if node.op in LIST_CHANGES:
                        self._put_in(node.args[1:])

    def _assign(self, target: Target, value: Expr) -> None:
        match target:
            case Unpack(parts):
                pairs = isinstance(value, Make) and len(value.items) == len(parts)
                for k, part in enumerate(parts):
                    if pairs and isinstance(value, Make):
                        self._assign(part, value.items[k])
                    else:
                        for var in targets_of(part):
                            self._join(var, value, inside=True)
                            self._join(var, value)
            case Place():
                self._put_in((value,))
            case Var() if isinstance(value, Select):
                self._assign(target, value.then)
                self._assign(target, value.other)
            case Var() if isinstance(value, Make | Each):
                pass
            case Var():
                taken = isinstance(value, Apply) and value.op in _TAKING
                if not isinstance(value, Ref):
                    self._join(target, value, inside=True)
                if not taken:
                    self._join(target, value)

    def _put_in(self, values: tuple[Expr, ...]) -> None:
        for value in values:
            for var, _ in self.regions.aliases(value):
                self._unite(var, self._items(var))

    def _join(self, var: Var, value: Expr, inside: bool = False) -> None:
        for other, _ in self.regions.aliases(value):
            self._unite(var, self._items(other) if inside else other)

    def _items(self, var: Var) -> object:
        return ("items of", self.regions.of(var))

    def _root(self, node: object) -> object:
        while node in self._parent:
            node = self._parent[node]
        return node

    def _unite(self, one: object, other: object) -> None:
        first, second = self._root(one), self._root(other)
        if first != second:
            self._parent[first] = second
