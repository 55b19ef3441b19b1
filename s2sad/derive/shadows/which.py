"""Which variables have shadows: those of arrays of which a write may be seen through another name.

Input: a function with facts and regions, and the shadows that it is handed. Output: answers.
"""

from __future__ import annotations

from s2sad.analysis.facts import Facts
from s2sad.analysis.regions import Regions
from s2sad.analysis.types import (
    SCALAR,
    Array,
    Inert,
    Shape,
    Type,
    is_number,
)
from s2sad.derive.held import is_container, is_held, item_at
from s2sad.ir.bindings import bound_by, is_exchange
from s2sad.ir.flow import expressions, statements
from s2sad.ir.nodes import (
    Assign,
    Expr,
    Function,
    Place,
    Ref,
    Target,
    Unpack,
    Var,
    walk,
)


class Which:
    """Knows which variables stand for arrays with shadows."""

    def __init__(
        self, function: Function, facts: Facts, regions: Regions, handed: dict[Var, Var]
    ) -> None:
        self.function = function
        self.facts = facts
        self.regions = regions
        self.handed = handed
        self.replaced: set[Var] | None = None
        self.traded = self._traded()
        self.regions_with_shadows = self._chosen()

    def _chosen(self) -> set[Var]:
        """The regions in which a write may be seen through another name, and that are varied. An
        array that is handed over and what its name is bound to later are two arrays, too."""
        varied: set[Var] = set(self.handed)
        for statement in statements(self.function.body):
            for expr in expressions(statement):
                varied |= {
                    n.var for n in walk(expr) if isinstance(n, Ref) and n in self.facts.varied
                }
        found = {self.regions.of(v) for v in varied if self.regions.knows(v)}
        rebound = {
            self.regions.of(var)
            for s in statements(self.function.body)
            for var in bound_by(s)
            if var in self.handed
            if not isinstance(s, Assign) or s.augmented is None or self.may_be_number(var)
        }
        holders = {self.regions.of(v) for v in self.handed if is_container(self.kind(v))}
        return {r for r in found if self.regions.is_mirrored(r) or r in rebound | holders}

    def _traded(self) -> set[Var]:
        """The names that trade places with a name whose shadow is handed over, and that one."""
        trades = [bound_by(s).keys() for s in statements(self.function.body) if is_exchange(s)]
        found = {var for names in trades for var in names if var in self.handed}
        for _ in trades:
            for names in trades:
                found |= names if names & found else set()
        return found

    def has_shadow(self, var: Var) -> bool:
        """Whether a variable stands for arrays with shadows."""
        if not self.regions.knows(var) or self.regions.of(var) not in self.regions_with_shadows:
            return False
        if var in self.regions.quiet and var not in self.handed:
            return False
        kind = self.facts.bindings.get(var)
        return not isinstance(kind, Inert) and not (
            isinstance(kind, Array) and kind.shape == SCALAR
        )

    def may_be_number(self, var: Var) -> bool:
        """Whether a variable may stand for a number or for an array."""
        kind = self.kind(var)
        return not (is_number(kind) or is_container(kind) or self.is_array(Ref(var)))

    def kind(self, var: Var) -> Type | None:
        """The type of a variable, if it is known."""
        return self.facts.bindings.get(var)

    def has_place(self, target: Target) -> bool:
        """Whether what a target is bound to has a shadow."""
        match target:
            case Var():
                return self.has_shadow(target)
            case Place():
                return self.is_slot(target)
            case Unpack(parts):
                return any(self.has_place(part) for part in parts)

    def is_slot(self, target: Place) -> bool:
        """Whether a place is an item of a container that has a shadow."""
        return is_held(item_at(target), self.facts) and bool(self.aliases(target.base))

    def aliases(self, value: Expr) -> list[tuple[Var, str]]:
        """The variables with shadows that a value may share memory with, and how."""
        return [(v, how) for v, how in self.regions.aliases(value) if self.has_shadow(v)]

    def is_replaced(self, var: Var) -> bool:
        """Whether an update in place, `x += e`, may go to a number of the region of a variable:
        then the name stands for another number, and what else has that name does not."""
        if self.replaced is None:
            self.replaced = {self.regions.of(v) for v in self._updated()}
        return self.regions.of(var) in self.replaced

    def _updated(self) -> set[Var]:
        """The names that `x += e` may give another number."""
        return {
            target
            for s in statements(self.function.body)
            if isinstance(s, Assign) and s.augmented is not None
            for target in s.targets
            if isinstance(target, Var) and self.has_shadow(target)
            if not self.is_array(Ref(target)) and not self.regions.is_in_container(target)
        }

    def is_array(self, value: Expr) -> bool:
        """Whether a value is certainly an array, and no number."""
        if isinstance(value, Ref) and value.var in self.regions.subscripted:
            return True
        kind = self.facts.type_of(value)
        return isinstance(kind, Array) and isinstance(kind.shape, Shape)

    def holds(self, value: Expr) -> bool:
        """Whether a value is a list, dict or object."""
        return is_container(self.facts.type_of(value))
