"""The adjoint of a write into an array: what is written takes the adjoint of the place it went to.

    y[i] = e          d_e = d_y[i]; d_y[i] = 0.0
    y[i] += e         d_e = d_y[i]

What stood in the place before has no effect any more, so its adjoint is cleared, between taking the
adjoint and passing it on: `e` may read the same array. The clearing is left out where nothing reads
the adjoint again (`derive/unread.py`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from s2sad.analysis.types import Array, Star, Unknown, is_number
from s2sad.derive.adjoints import Adjoint, is_zero
from s2sad.derive.backward.allocations import Allocations
from s2sad.derive.backward.containers import Containers
from s2sad.derive.backward.expressions import Expressions
from s2sad.derive.backward.spreading import Spreading
from s2sad.derive.backward.writing import Writing, value_name
from s2sad.derive.broadcasting import call, reduced_to
from s2sad.derive.complex_numbers import DISCARDED, KEEP_COMPLEX
from s2sad.derive.held import is_container, item_at
from s2sad.ir.nodes import Apply, Assign, Block, Const, Expr, Place, Ref, Slice, Stmt, Var

if TYPE_CHECKING:
    from s2sad.derive.backward.sweep import Sweep


class Writes:
    """Passes on the adjoints of places that are written to. Those of the statements in `unread` are
    never read again.
    """

    def __init__(
        self,
        sweep: Sweep,
        expressions: Expressions,
        allocations: Allocations,
        spreading: Spreading,
        containers: Containers,
        unread: set[Stmt],
    ) -> None:
        self.sweep = sweep
        self.facts = sweep.facts
        self.out = sweep.out
        self.state = sweep.state
        self.slots = sweep.slots
        self.adding = sweep.adding
        self.standing = sweep.standing
        self.places = sweep.places
        self.expressions = expressions
        self.allocations = allocations
        self.spreading = spreading
        self.containers = containers
        self.unread = unread

    def pull_write(
        self, statement: Stmt, target: Place, value: Expr, augmented: str | None
    ) -> None:
        """The adjoint of `base[key] = value`.

        An augmented one, whose value is `base[key] + e`, leaves the adjoint where it is if it adds.
        """
        if self._changes_several_items(target):
            if self.sweep.is_varied(value) or self.sweep.is_varied(target.base):
                what = "items put into a list or dict in this way"
                self.places.refuse_write(statement, what)
            return
        if self.places.puts_item(target):
            item = item_at(target)
            if statement in self.sweep.shadows.renewed:
                self.allocations.pull_renewed(value, item)
                return
            if augmented is None or is_number(self.facts.type_of(item)):
                self.allocations.pull_put(value, target)
                return
            target = Place(item, Const(...))
        elif augmented is not None and self.slots.held(item_at(target)) is not None:
            target = Place(item_at(target), Const(...))
        elif self.places.changes_items(target):
            if isinstance(target.key, str):
                self._writing(statement, target, value)
            else:
                self.containers.pull_item(statement, target, value)
            return
        writing = self._writing(statement, target, value)
        if writing is None:
            return
        if augmented is None and self.places.is_whole(target):
            self._pull_whole(writing, value)
            return
        if not self.sweep.is_varied(value) and not writing.is_cleared:
            return
        self.standing.stand_in(writing.slot)
        if augmented in ("add", "sub") and isinstance(value, Apply):
            self._pull_increment(writing, value, augmented)
        else:
            self._pull_replaced(writing, value)

    def _changes_several_items(self, target: Place) -> bool:
        """Whether a write goes into a slice of a list, or into a whole one: `xs[:2] = e`."""
        whole = isinstance(target.key, Const) and target.key.value is ...
        several = whole or isinstance(target.key, Slice)
        return several and is_container(self.facts.type_of(target.base))

    def pull_call_that_writes(self, statement: Stmt, node: Apply) -> None:
        """The adjoint of a call that writes: np.add.at(base, key, value)."""
        found = self._found(statement, node, node.args[0])
        if found is not None:
            self.standing.stand_in(found.slot)
            self._pull_replaced(found, found.bound[value_name(found.rule)])

    def take_place(self, statement: Stmt, target: Place, value: Expr) -> Adjoint | None:
        """The adjoint of a place that is one of several targets, under a name; it is cleared."""
        if not isinstance(self.facts.type_of(target.base), Array | Unknown):
            container = (
                None
                if isinstance(target.key, str)
                else self.containers.container(statement, target.base)
            )
            return (
                None if container is None else self.containers.taken_item(container, target, value)
            )
        writing = self._writing(statement, target, value)
        if writing is None:
            return None
        self.standing.stand_in(writing.slot)
        seed, node = Var("d_new"), writing.node()
        taken = writing.taken()
        if statement in self.sweep.numbers:
            self.out.append(Assign((seed,), call("helper.number", taken, text="number")))
        else:
            self.out.append(Assign((seed,), self.spreading.kept(taken, node)))
        cleared = writing.cleared()
        if cleared is not None:
            self.out.append(Assign((Place(writing.adjoint(), cleared[0]),), cleared[1]))
        shape = self.facts.shape_of(node)
        ref = self.sweep.typed(Ref(seed), Array(self.places.dtype_like(writing.base), shape))
        return reduced_to(Adjoint(ref, shape, True), node, value, self.facts)

    def _writing(self, statement: Stmt, target: Place, value: Expr) -> Writing | None:
        if isinstance(target.key, str):
            if self.sweep.is_varied(value) or self.sweep.is_varied(target.base):
                self.places.refuse_write(statement, "a write into a field of an object")
            return None
        node = Apply("setitem", (target.base, target.key, value), form="write")
        return self._found(statement, node, target.base)

    def _found(self, statement: Stmt, node: Apply, base: Expr) -> Writing | None:
        """What is known of a write; None when nothing flows, or when it is refused."""
        slot = self.places.written_slot(base)
        if slot is None and self.places.is_unseen(base):
            return None
        if slot is None:
            if self.sweep.is_varied(node.args[-1]) or self.sweep.is_varied(base):
                self.places.refuse_write(statement, "a write into an array that s2sad cannot name")
            return None
        varied = self.sweep.is_varied(node.args[-1]) or self.sweep.is_varied(base)
        if varied and self.slots.is_out_of_sight(slot):
            self.places.refuse_write(statement, "a write into an array that a list or dict holds")
            return None
        self.adding.gather(slot)
        entry = self.state.get(slot)
        if varied and self.standing.is_inside(slot):
            self.places.refuse_write(statement, "a write into an array that a list or dict holds")
            return None
        if entry is None or (entry.constant and is_zero(entry.expr)):
            return None
        if self.places.discards(base, node.args[-1]):
            self.sweep.refuse(*DISCARDED, statement, KEEP_COMPLEX)
            return None
        found = self.facts.rule_of(node)
        if found is None or found[0].forward:
            self.places.refuse_write(statement, "this write")
            return None
        rule, bound = found
        return Writing(
            statement,
            base,
            rule,
            bound,
            slot,
            lambda: self.places.mirrored(base),
            statement not in self.unread,
        )

    def _pull_whole(self, writing: Writing, value: Expr) -> None:
        node = writing.node()
        entry = self.state.get(writing.slot)
        assert entry is not None
        if not entry.full and self.sweep.is_varied(value):
            self.standing.stand_in(writing.slot)
        seed = self.state.take(writing.slot[0])[()]
        if self.sweep.is_varied(value):
            self.expressions.pull(value, reduced_to(seed, node, value, self.facts))

    def _seeded(
        self, writing: Writing, value: Expr, hint: str, is_update: bool = False
    ) -> tuple[Var, Block]:
        """What flows into a value from a seed that has a name; contributions are pending."""
        seed = Var(hint)
        node = writing.node()
        shape = self.facts.shape_of(node)
        ref = self.sweep.typed(Ref(seed), Array(self.places.dtype_like(writing.base), shape))
        with self.out.aside() as made:
            adjoint = self.expressions.rules.lowered(Adjoint(ref, shape, True), node, value)
            if adjoint.wide and not is_update:
                # What is written may have more axes than the place, of length 1.
                adjoint = replace(adjoint, shape=Star("?"))
            self.expressions.pull(value, adjoint)
        return seed, made

    def _pull_increment(self, writing: Writing, value: Apply, op: str) -> None:
        """base[key] += e: the place keeps its adjoint."""
        increment = value.args[1]
        if op == "sub":
            increment = Apply("neg", (increment,), (), "prefix", "-")
            self.facts.varied.add(increment)
        if not self.sweep.is_varied(value.args[1]):
            return
        seed, made = self._seeded(writing, increment, "d_update", is_update=True)
        self.spreading.spread(writing, seed, made, None)

    def _pull_replaced(self, writing: Writing, value: Expr) -> None:
        """base[key] = e: the place gives its adjoint away."""
        cleared = writing.cleared()
        if not self.sweep.is_varied(value):
            if cleared is not None:
                self.out.append(Assign((Place(writing.adjoint(), cleared[0]),), cleared[1]))
            return
        seed, made = self._seeded(writing, value, "d_new")
        self.spreading.spread(writing, seed, made, cleared)
