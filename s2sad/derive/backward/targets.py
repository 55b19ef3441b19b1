"""The adjoints of several targets of one assignment.

    a, b = e1, e2         d_e1 = d_a; d_e2 = d_b
    x[0], y = f(z)        d_z = f_backward(z, (d_x[0], d_y))

All of them are taken before any is passed on, in the order that is the reverse of the assignment's.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from s2sad.analysis.types import (
    SCALAR,
    Array,
    DictOf,
    ListOf,
    Shape,
    Struct,
    TupleOf,
    Unknown,
    is_integral,
)
from s2sad.derive.adjoints import Adjoint
from s2sad.derive.backward.allocations import Allocations
from s2sad.derive.backward.calls import Calls
from s2sad.derive.backward.expressions import Expressions
from s2sad.derive.backward.writes import Writes
from s2sad.derive.broadcasting import expand
from s2sad.ir.flow import pairs_of
from s2sad.ir.nodes import (
    Apply,
    Assign,
    Const,
    Expr,
    Invoke,
    Make,
    Place,
    Ref,
    Target,
    Unpack,
    Var,
    walk,
)

if TYPE_CHECKING:
    from s2sad.derive.backward.sweep import Sweep


class Targets:
    """Takes the adjoints of the targets of an assignment."""

    def __init__(
        self,
        sweep: Sweep,
        calls: Calls,
        expressions: Expressions,
        allocations: Allocations,
        writes: Writes,
    ) -> None:
        self.sweep = sweep
        self.facts = sweep.facts
        self.regions = sweep.regions
        self.shadows = sweep.shadows
        self.slots = sweep.slots
        self.contributions = sweep.contributions
        self.taking = sweep.taking
        self.places = sweep.places
        self.calls = calls
        self.expressions = expressions
        self.allocations = allocations
        self.writes = writes

    def _seeds_of(self, target: Unpack, statement: Assign, value: Expr) -> list[Adjoint | None]:
        """The adjoints of a target's parts, under names that hold until the last one is pulled."""
        seeds = self._seeds(target, statement, value)
        for seed in seeds:
            if seed is not None:
                self.sweep.now.seeds |= {n.var for n in walk(seed.expr) if isinstance(n, Ref)}
        if not self.expressions.writes_early(value):
            return seeds
        hints = [t.hint if isinstance(t, Var) else "part" for t in target.targets]
        return [
            None if seed is None else self.slots.protected(seed, f"d_{hint}_out")
            for seed, hint in zip(seeds, hints, strict=True)
        ]

    def seed(
        self, target: Target, statement: Assign, value: Expr, others: Iterable[Target] = ()
    ) -> Adjoint | None:
        """The adjoint of a target, which is zero from then on; the `others` get new values before
        it."""
        match target:
            case Var() if target in self.shadows.of and self.allocations.is_alias(value):
                self.allocations.pull_new(value, Ref(target), target)
                return None
            case Var():
                return self.taking.take(target)
            case Place():
                if self.places.puts_item(target):
                    self.allocations.pull_put(value, target, others)
                    return None
                return self.writes.take_place(statement, target, value)
            case Unpack():
                parts = self._seeds(target, statement, value)
                if all(part is None for part in parts):
                    return None
                items = tuple(Const(0.0) if p is None else p.expr for p in parts)
                return Adjoint(Make("tuple", items), tree=True)

    def _seeds(self, target: Unpack, statement: Assign, value: Expr) -> list[Adjoint | None]:
        """The adjoints of the parts of a target, the last of which was assigned last."""
        items: list[Expr] = [
            Apply("getitem", (value, Const(k)), (), "index") for k in range(len(target.targets))
        ]
        if isinstance(value, Make) and len(value.items) == len(target.targets):
            items = list(value.items)
        seeds: list[Adjoint | None] = []
        bound: set[Target] = set()
        for position, part in reversed(list(enumerate(target.targets))):
            # A name that comes twice stands for the last.
            before = pairs_of(target.targets[:position], tuple(items[:position]))
            others = [other for other, item in before if not self.allocations.is_alias(item)]
            found = None if part in bound else self.seed(part, statement, items[position], others)
            seeds.append(found)
            bound |= {part} if isinstance(part, Var) else set()
        return seeds[::-1]

    def _check_views(self, statement: Assign, target: Unpack, value: Make) -> None:
        """Parts of an array that trade places are numbers: a view would see what the statement has
        written before. Where the rank is not known, the generated code makes sure."""
        changed: set[Var] = set()
        for part, item in zip(target.targets, value.items, strict=True):
            if not isinstance(part, Place):
                continue
            if not isinstance(self.facts.type_of(part.base), Array | Unknown):
                continue
            if changed & {self.regions.of(v) for v, _ in self.regions.aliases(item)}:
                kind = self.facts.type_of(item)
                self.sweep.numbers.add(statement)
                if isinstance(kind, Array) and isinstance(kind.shape, Shape):
                    self.sweep.refuse(
                        "S2S011",
                        "cannot differentiate an exchange of parts that are "
                        "views: the second sees what is written to the first",
                        statement,
                        "Take copies of them: .copy().",
                    )
            changed |= {self.regions.of(v) for v, _ in self.regions.aliases(part.base)}

    def pull_unpacked(self, statement: Assign, target: Unpack, value: Expr) -> None:
        if isinstance(value, Make) and len(value.items) == len(target.targets):
            self._check_views(statement, target, value)
            if target.star is None:
                seeds = self._seeds_of(target, statement, value)
                for part, item, seed in zip(target.targets, value.items, seeds, strict=True):
                    if seed is not None:
                        self.expressions.hint_for(item, part)
                        self.expressions.pull(item, seed)
                return
        seeds = self._seeds_of(target, statement, value)
        if all(seed is None for seed in seeds) or not self.sweep.is_varied(value):
            if isinstance(value, Invoke) and self.sweep.engine.writes_varied(value):
                self.calls.pull_call(value, None)
            return
        if target.star is not None:
            self.sweep.refuse(
                "S2S014", "cannot differentiate a starred target", value, "Take the parts by index."
            )
            return
        whole = []
        for part, seed in zip(target.targets, seeds, strict=True):
            if isinstance(part, Var) and (seed is None or not seed.tree):
                seed = self._whole_part(part, seed, isinstance(value, Invoke))
            whole.append(seed)
        self._pull_parts(target, value, whole)

    def _whole_part(self, part: Var, seed: Adjoint | None, zeros: bool) -> Adjoint | None:
        """The adjoint of one of several names that a value is given to, in the shape of its value;
        where there is none, `zeros` if a function needs to be handed one."""
        kind = self.facts.bindings.get(part, Unknown(part.hint))
        zeros = zeros and isinstance(kind, Array) and not is_integral(kind)
        if seed is None and not zeros:
            return None
        node = self.sweep.typed(Ref(part), kind)
        self.sweep.late.add(node)
        return expand(seed or Adjoint(Const(0.0), SCALAR, False), node, self.facts)

    def _pull_items(self, value: Expr, seeds: list[Adjoint | None]) -> None:
        """Passes adjoints on to the items of a value, as if each was read by its index."""
        for position, seed in enumerate(seeds):
            if seed is not None:
                part = Apply("getitem", (value, Const(position)), (), "index")
                self.facts.varied.add(part)
                self.expressions.pull(part, seed)

    def _pull_parts(self, target: Unpack, value: Expr, seeds: list[Adjoint | None]) -> None:
        """Passes the adjoints of the parts of a value on to it."""
        slot = self.slots.of(value)
        kind = self.facts.type_of(value)
        if self.slots.has_shadow(value):
            self._pull_items(value, seeds)
            return
        if slot is not None and isinstance(kind, TupleOf | Unknown | Struct | DictOf):
            names = [f".{f[0]}" for f in kind.fields] if isinstance(kind, Struct) else None
            for position, seed in enumerate(seeds):
                if seed is not None:
                    key: str | int = names[position] if names else position
                    inner = (slot[0], (*slot[1], key))
                    self.slots.call_after(inner, target.targets[position])
                    self.contributions.pend(inner, seed)
            return
        if isinstance(kind, Array) or (slot is not None and isinstance(kind, ListOf)):
            self._pull_items(value, seeds)
            return
        parts = kind.items if isinstance(kind, TupleOf) else [None] * len(seeds)
        items: list[Expr] = []
        for seed, part_type in zip(seeds, parts, strict=True):
            if seed is None:
                items.append(Const(0.0))
            elif not seed.full and isinstance(part_type, Array):
                items.append(seed.expr)
            else:
                items.append(seed.expr)
        whole = Adjoint(Make("tuple", tuple(items)), tree=True)
        if isinstance(value, Invoke):
            self.calls.pull_call(value, whole)
        else:
            self.expressions.pull(value, whole)
