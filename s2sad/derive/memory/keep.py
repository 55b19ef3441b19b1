"""How variables are kept before they are overwritten, and how they are brought back.

Each method gives two blocks: what the forward part does before the statement that overwrites, and
what the backward part does after the statement's mirror. `needed` is the set of variables and cells
whose values are needed at this point; what is taken care of leaves it.

    x = f(x)                          x_in = x                x = x_in
    names that trade places           nothing                 u, v = v, u
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from s2sad.analysis.types import Array
from s2sad.derive.held import is_container
from s2sad.derive.memory.halves import Halves
from s2sad.derive.memory.known import Known
from s2sad.derive.memory.traces import Traces
from s2sad.derive.parts import (
    copied_part,
    copy_of,
)
from s2sad.ir.bindings import (
    bound_by,
)
from s2sad.ir.nodes import (
    Assign,
    Expr,
    Make,
    Ref,
    Stmt,
    Unpack,
    Var,
)


class Keep:
    """Keeps and restores variables."""

    def __init__(self, known: Known, traces: Traces) -> None:
        self.known = known
        self.traces = traces
        self.facts = known.facts
        self.regions = known.regions

    def variables(
        self, bound: Iterable[Var], needed: set[Var], kept: set[Var], left: Collection[Var] = ()
    ) -> Halves:
        """Remembers the needed variables among those that are about to be overwritten. The arrays
        of those that are `left` alone are not changed any more."""
        halves = Halves()
        for var in bound:
            if var in needed and var not in kept:
                halves.then(self.traces.remember(var, var in left))
            needed.discard(var)
        return halves

    def left_alone(self, statement: Stmt) -> set[Var]:
        """The variables that a statement gives another array, where nothing else has a name for the
        one they stood for: that is not written into any more."""
        if not isinstance(statement, Assign) or statement.augmented is not None:
            return set()
        alias = {self.regions.of(var) for var, _ in self.regions.aliases(statement.value)}
        return {
            var
            for var in bound_by(statement)
            if isinstance(self.facts.bindings.get(var), Array)
            if not self.regions.is_shared(var) and self.regions.of(var) not in alias
        }

    def exchanged(self, statement: Stmt, needed: set[Var]) -> Halves:
        """Names that trade places trade back: nothing has to be remembered."""
        assert isinstance(statement, Assign) and isinstance(statement.value, Make)
        target = statement.targets[0]
        assert isinstance(target, Unpack)
        pairs = [
            (new, item.var)
            for new, item in zip(target.targets, statement.value.items, strict=True)
            if isinstance(new, Var) and isinstance(item, Ref)
        ]
        wanted = {old for _, old in pairs} & needed
        moved = {new for new, old in pairs if old in wanted}
        needed -= {new for new, _ in pairs}
        needed |= moved
        if not wanted:
            return Halves()
        now = {old: new for new, old in pairs}
        names = tuple(new for new, _ in pairs)
        back = Assign((Unpack(names),), Make("tuple", tuple(Ref(now[name]) for name in names)))
        return Halves([], [back])

    def contents(self, var: Var, expr: Expr) -> Halves:
        """Remembers what a value is before others may write into it."""
        kind = self.facts.type_of(expr)
        copied = copy_of if is_container(kind) else copied_part
        return self.traces.keep(var.hint, kind, copied(self.known.noted(Ref(var), kind), kind), var)


def sorted_by(variables: set[Var], order: Iterable[Var]) -> list[Var]:
    """Variables in a given order, the others after them by name."""
    known = [var for var in order if var in variables]
    return known + sorted(variables - set(known), key=lambda var: var.serial)
