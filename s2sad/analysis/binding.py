"""What binding does to the facts of variables.

    a, b = f(x)              each the fact of its item
    n = len(x)               n is the size of x's first axis

What writing does, to what has several names, is in `storing.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from s2sad.analysis.contents import item_at
from s2sad.analysis.sizes import UNKNOWN, Size
from s2sad.analysis.storing import Storing
from s2sad.analysis.tables import Course, Environment, Fact, Tables, either
from s2sad.analysis.types import (
    SCALAR,
    ListOf,
    Star,
    Type,
    Unknown,
    is_integral,
    may_be_complex,
)
from s2sad.derive.abstract import abstract
from s2sad.ir.nodes import (
    Apply,
    Const,
    Expr,
    Make,
    Place,
    Target,
    Unpack,
    Var,
)


class Binding:
    """The part of the interpreter that is about targets; `value` evaluates what they read."""

    def __init__(
        self, tables: Tables, course: Course, value: Callable[[Expr, Environment], Fact]
    ) -> None:
        self.tables = tables
        self.names = tables.names
        self.course = course
        self.value = value
        self.storing = Storing(tables, course, self.bind_type)

    def assign(
        self, target: Target, fact: Fact, value: Expr, env: Environment, site: object = None
    ) -> None:
        """Gives a target a value; what nothing is known of has its name from `site`, which stands
        for the value where that is a part of another one."""
        match target:
            case Var():
                kind = fact.type
                if isinstance(kind, Unknown) and not kind.name:
                    kind = Unknown(self.names.at(site or value, target.hint), kind.foreign)
                env.own[target] = Fact(kind, fact.varied and not is_integral(kind))
                self.bind_type(target, kind)
            case Unpack():
                for position, part in enumerate(target.targets):
                    part_name = self.names.at(target, f"part{position}")
                    item = item_at(fact.type, position, len(target.targets), part_name)
                    if target.star == position:
                        item = ListOf(Unknown())
                    varied = fact.varied
                    if isinstance(value, Make) and len(value.items) == len(target.targets):
                        varied = value.items[position] in self.tables.varied
                    self.assign(part, Fact(item, varied), Const(None), env, target)
            case Place():
                base = self.value(target.base, env)
                self.tables.note_change(base.type)
                if not isinstance(target.key, str):
                    self.value(target.key, env)
                if fact.varied and not is_integral(base.type):
                    self.storing.written(target.base, env)
                if self.tables.wary and may_be_complex(fact.type):
                    self.storing.written_complex(target.base, env)
                self.storing.stored(target.base, target.key, fact.type, env)

    def assign_element(self, target: Target, fact: Fact, iterable: Expr, env: Environment) -> None:
        """Gives the target of a loop an element; of zip and enumerate each part its own source."""
        parts: tuple[Expr, ...] = ()
        match iterable:
            case Apply("builtins.zip", args):
                parts = args
            case Apply("builtins.enumerate", (inner, *_)):
                parts = (Const(0), inner)
        if not isinstance(target, Unpack) or len(parts) != len(target.targets):
            self.assign(target, fact, Const(None), env)
            return
        for position, (part, source) in enumerate(zip(target.targets, parts, strict=True)):
            name = self.names.at(target, f"part{position}")
            kind = item_at(fact.type, position, len(parts), name)
            item = Fact(kind, source in self.tables.varied)
            self.assign_element(part, item, source, env)

    def bind_type(self, var: Var, kind: Type) -> None:
        old = self.tables.bindings.get(var)
        if old is None or old == kind:
            self.tables.bindings[var] = kind
        else:
            self.tables.bindings[var] = either(Fact(old), Fact(kind), f"{var.hint}~").type

    def note_sizes(self, target: Target, value: Expr) -> None:
        """Notes sizes that names are given: `n = len(x)`, `shape = x.shape`, `n, m = x.shape`."""
        found = abstract(value, self.tables.type_of, self.tables.size_of)
        parts = [(target, found)]
        if isinstance(target, Unpack) and target.star is None:
            inside = isinstance(found, tuple) and len(found) == len(target.targets)
            sizes = found if inside else (None,) * len(target.targets)
            parts = list(zip(target.targets, sizes, strict=True))
        for part, size in parts:
            if isinstance(part, Var) and part in self.course.fixed:
                self.tables.sizes[part] = size if _is_size(size) else UNKNOWN


def _is_size(value: Any) -> bool:
    """Whether an abstract value is a size or a tuple of sizes; some of these may be unknown."""
    if isinstance(value, tuple):
        return all(_is_size(item) or item == SCALAR for item in value)
    return isinstance(value, Size | Star) or type(value) is int
