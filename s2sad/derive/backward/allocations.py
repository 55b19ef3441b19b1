"""What is bound to a name, or put into a container, whose arrays have shadows.

A name that is given another name's array, or a view, has the same shadow, and passes nothing on.
What is new passes on what its shadow holds:

    b = a * 2.0           d_a += 2.0 * d_b
    b = a                 nothing
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from s2sad.analysis.types import is_number
from s2sad.derive.adjoints import Adjoint, State
from s2sad.derive.backward.expressions import Expressions
from s2sad.derive.broadcasting import call
from s2sad.derive.held import is_boxed, is_container, item_at, part_of
from s2sad.derive.instantiate import as_value
from s2sad.ir.nodes import (
    Apply,
    Assign,
    Block,
    Branch,
    Const,
    Expr,
    Make,
    Place,
    Ref,
    Select,
    Slice,
    Target,
    Var,
)

if TYPE_CHECKING:
    from s2sad.derive.backward.sweep import Sweep


class Allocations:
    """Passes on the adjoints of what is new in a value."""

    def __init__(self, sweep: Sweep, expressions: Expressions) -> None:
        self.sweep = sweep
        self.facts = sweep.facts
        self.out = sweep.out
        self.regions = sweep.regions
        self.shadows = sweep.shadows
        self.state = sweep.state
        self.slots = sweep.slots
        self.contributions = sweep.contributions
        self.joins = sweep.joins
        self.taking = sweep.taking
        self.places = sweep.places
        self.expressions = expressions
        self.emptied: Expr | None = None

    def pull_new(self, value: Expr, where: Expr, target: Target | None = None) -> None:
        """What is new in a value with a shadow passes its adjoint on. It stands at `where` after
        the statement: in a variable, or as an item of a container."""
        if not self.sweep.is_varied(value):
            return
        if value in self.shadows.sharing:
            self._pull_if_new(value, where, target)
            return
        kind = self.facts.type_of(value)
        match value:
            case Select(test, then, other) if self.is_alias(value):
                self._choose(
                    as_value(test),
                    lambda: self.pull_new(then, where, target),
                    lambda: self.pull_new(other, where, target),
                )
            case Make() if is_container(kind):
                keys = [key.value for key in value.keys if isinstance(key, Const)]
                for key, item in zip(keys or range(len(value.items)), value.items, strict=True):
                    part = part_of(where, key, kind)
                    self.pull_new(item, self.sweep.typed(part, self.facts.type_of(item)))
            case Apply("mul", args) if self._holds_one_object(value, where):
                for part in args:
                    self.pull_new(part, where)
            case Apply("add", (left, right)) if is_container(kind) and self.is_alias(value):
                self.pull_new(left, where)
                size = len(right.items) if isinstance(right, Make) else 0
                end = Apply("getitem", (where, Slice(Const(-size), None)), (), "index")
                self.pull_new(right, end)
            case _ if not self.is_alias(value):
                seed = self._taken_new(where)
                assert seed is not None
                self.expressions.pull_root(value, seed, target)

    def pull_put(self, value: Expr, target: Place, others: Iterable[Target] = ()) -> None:
        """What is put at a place of a container passes its adjoint on. The place has none from then
        on: `others`, which the statement gives new values before, may be the same one."""
        where = item_at(target)
        meets = any(self.places.may_be_one(target, other) for other in others)
        self.emptied = where if meets or self._is_plain_number(where) else None
        self.pull_new(value, where)
        if self.emptied is not None:
            self._empty(where)

    def _empty(self, where: Expr) -> None:
        """What stands at a place of a container has no adjoint, whatever comes to stand there."""
        slot = self.slots.held(where, late=True)
        assert slot is not None
        place = self.slots.adjoint_var(slot)
        if self._is_plain_number(where):
            zeros: Expr = Const(0.0)
        elif self.state.shadows[slot].tree:
            zeros = call("helper.shadow_of", Ref(place), text="shadow_of")
        else:
            zeros = call("numpy.zeros_like", Ref(place))
        self.out.append(Assign((place,), zeros))
        self.emptied = None

    def _is_plain_number(self, where: Expr) -> bool:
        """Whether the adjoint of an item is a number, and no array without axes."""
        number = is_number(self.facts.type_of(where))
        return number and not is_boxed(where, self.regions, self.facts)

    def _pull_if_new(self, value: Expr, where: Expr, target: Target | None) -> None:
        """What may be a view or not passes its adjoint on if it is none."""
        is_view = self.shadows.sharing[value]
        if isinstance(is_view, Ref):
            is_view = Ref(is_view.var)
            self.sweep.late.add(is_view)

        def passed_on() -> None:
            seed = self._taken_new(where)
            assert seed is not None
            self.expressions.pull_root(value, seed, target)

        def nothing() -> None:
            pass

        match is_view:
            case Apply("gt"):
                number = as_value(replace(is_view, op="le", text="<="))
                self._choose(number, passed_on, nothing)
            case Ref():
                self._choose(is_view, nothing, passed_on)
            case _:
                self._choose(as_value(is_view), nothing, passed_on)

    def _choose(self, test: Expr, then: Callable[[], None], other: Callable[[], None]) -> None:
        """Passes adjoints on in one of two ways; afterwards each adjoint stands in one place."""
        # What is pending may stand in a variable that an arm adds to.
        self.contributions.flush()
        before = self.state.copy()
        arms: list[tuple[Block, State]] = []
        for work in (then, other):
            self.state.become(before)
            with self.contributions.apart() as made:
                work()
            arms.append((made, self.state.copy()))
        self.state.become(self.joins.merge(arms[0], arms[1]))
        if arms[0][0] or arms[1][0]:
            self.out.append(Branch(test, arms[0][0], arms[1][0]))

    def pull_renewed(self, value: Expr, where: Expr) -> None:
        """An update in place of what may be an array or a number: the adjoint is taken from the
        shadow that it has after the update, and passed on to the one that it had before."""
        if not self.sweep.is_varied(value):
            return
        if isinstance(where, Ref):
            entry = self.state.shadows[where.var, ()]
            shadow = self.shadows.of[where.var]
        else:
            slot = self.slots.held(where, late=True)
            assert slot is not None
            entry = self.state.shadows[slot]
            shadow = self.slots.adjoint_var(slot)
        new, now, place = Var("d_new"), Ref(shadow), Ref(shadow)
        self.sweep.late |= {now, place}
        self.out.append(Assign((new,), Apply("numpy.copy", (now,), (), "method", "copy")))
        self.out.append(Assign((Place(place, Const(...)),), Const(0.0)))
        self.expressions.pull_root(value, self.slots.read(new, entry))

    def _taken_new(self, where: Expr) -> Adjoint | None:
        """The adjoint of what a statement put into a variable or a container."""
        if isinstance(where, Ref):
            return self.taking.take(where.var)
        slot = self.slots.held(where, late=True)
        assert slot is not None
        entry = self.state.shadows[slot]
        self.sweep.late.add(entry.expr)
        if self.sweep.now.rebinds:
            kept = Var("d_new")
            self.out.append(Assign((kept,), entry.expr))
            entry = entry if entry.tree else self.slots.read(kept, entry)
            entry = replace(entry, expr=Ref(kept) if entry.tree else entry.expr)
        if where is self.emptied:
            self._empty(where)
        number = is_number(self.facts.type_of(where))
        if number and not self._is_plain_number(where):
            entry = replace(entry, expr=Apply("getitem", (entry.expr, Const(())), (), "index"))
        return replace(entry, owned=False)

    def _holds_one_object(self, value: Expr, where: Expr) -> bool:
        """Whether what is repeated is one object with one adjoint; each number has its own."""
        listed = is_container(self.facts.type_of(value))
        return listed and is_boxed(where, self.regions, self.facts)

    def is_alias(self, value: Expr) -> bool:
        return any(v in self.shadows.of for v, _ in self.regions.aliases(value))
