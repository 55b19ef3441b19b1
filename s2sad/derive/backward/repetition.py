"""Adjoints around a loop of the backward part.

What an iteration changes has to stand in its variable, in one form, when the iteration begins.
Which adjoints these are, and in which form, is found by running the body until nothing new turns
up:

    d_x = 0.0                    before, because an iteration adds to it
    for i in reversed(...):
        d_x += ...
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from s2sad.analysis.types import SCALAR, AnyShape, Star, Unknown
from s2sad.derive.adjoints import Adjoint, Slot, State, holds, joined, same_entry
from s2sad.derive.backward.around import Around
from s2sad.derive.broadcasting import expand
from s2sad.derive.mirror import Group, Step
from s2sad.ir.bindings import bound_by
from s2sad.ir.nodes import Assign, Block, Const, Expr, For, Ref, Var, While

if TYPE_CHECKING:
    from s2sad.derive.backward.sweep import Sweep


class Repetition:
    """Finds what stands before a loop."""

    def __init__(self, sweep: Sweep) -> None:
        self.sweep = sweep
        self.facts = sweep.facts
        self.state = sweep.state
        self.out = sweep.out
        self.slots = sweep.slots
        self.adding = sweep.adding
        self.joins = sweep.joins
        self.standing = sweep.standing

    def repeated(self, key: object, body: Callable[[], list[Step]]) -> tuple[Block, list[Step]]:
        """The mirror of a loop's body, and the statements before the loop that it needs.

        Adjoints that the body changes must stand in their variables when an iteration begins. Which
        these are is found by running the body until no new one turns up.
        """
        around = self.sweep.around.setdefault(key, Around())
        entry = self.state.copy()
        self.sweep.loops.append(key)
        while True:
            self.state.become(entry)
            parted, gathered = set(around.parted), dict(around.gathered)
            before = self._begun(key, around)
            head = self.state.copy()
            errors = list(self.sweep.errors)
            steps = [*body(), *self._gathered(gathered)]
            if not self._has_learnt(key, around, head, parted, gathered):
                break
            self.sweep.errors = errors
        self._join_unmodified(head, around)
        steps += self._closed(head, around)
        self.sweep.loops.pop()
        return before, steps

    def _begun(self, key: object, around: Around) -> Block:
        """Makes all that an iteration changes stand before the loop, by these statements."""
        before: Block = []
        for whole in dict(around.gathered):
            for slot in [s for s in around.modified if _is_part(s, whole)]:
                del around.modified[slot]
            if self.standing.entries_of(whole):
                with self.out.aside(before):
                    self.standing.stand_whole(whole)
        for slot in around.modified:
            self._materialise(slot, before, key, around)
        for slot in around.borrowed:
            if (entry := self.state.get(slot)) is not None:
                self.state.set(slot, replace(entry, owned=False))
        return before

    def _gathered(self, gathered: dict[Slot, None]) -> list[Step]:
        """Makes the containers that an iteration changes stand whole as it ends."""
        steps: list[Step] = []
        for whole in gathered:
            with self.out.aside() as standing:
                if len(self.standing.entries_of(whole)) > 1:
                    self.standing.stand_whole(whole)
            if standing:
                steps.append(Step(None, [Group(None, standing)]))
        return steps

    def _has_learnt(
        self,
        key: object,
        around: Around,
        head: State,
        parted: set[Slot],
        gathered: dict[Slot, None],
    ) -> bool:
        """Notes what a run of the body has shown. Says whether anything was not known when it
        began, at `head`."""
        modified = around.modified
        found = [
            slot
            for slot in dict.fromkeys([*self.state.slots(), *head.slots()])
            if slot not in modified and not same_entry(head.get(slot), self.state.get(slot))
        ]
        wider = [s for s in modified if s not in around.widened and self._grew(s, head)]
        around.widened |= dict.fromkeys(wider)
        narrow = [s for s in modified if s not in around.narrowed and self._shrank(s, head, key)]
        around.narrowed |= dict.fromkeys(narrow)
        # Who owns an array as an iteration begins must still own it as it ends.
        lent = [slot for slot in head.slots() if self._lent(slot, head, around)]
        around.borrowed |= dict.fromkeys(lent)
        refilled = [s for s in head.slots() if self._refilled(s, head, key)]
        around.refilled |= dict.fromkeys(refilled)
        more = around.gathered.keys() - gathered.keys()
        missing = (around.parted - parted) & modified.keys()
        for slot in found:
            entry = self.state.get(slot) or head.get(slot)
            modified[slot] = entry is not None and entry.tree
        return bool(found or wider or narrow or lent or refilled or more or missing)

    def _join_unmodified(self, head: State, around: Around) -> None:
        """A loop may not run at all: what it leaves alone is as both paths have it."""
        for slot in head.slots():
            start, end = head.get(slot), self.state.get(slot)
            if slot not in around.modified and start is not None and end is not None:
                both = joined(start, end)
                held = both.expr.var if isinstance(both.expr, Ref) and not both.tree else None
                self.state.set(slot, both if held is None else self.slots.read(held, both))

    def _closed(self, head: State, around: Around) -> list[Step]:
        """Brings what an iteration changes back to the form that it began with."""
        closing: Block = []
        for slot in around.modified:
            self._close(slot, closing, head)
        return [Step(None, [Group(None, closing)])] if closing else []

    def _grew(self, slot: Slot, head: State) -> bool:
        """Whether an adjoint that was one number at the head of a loop is another at its end, or
        that of a container a number."""
        start, end = head.get(slot), self.state.get(slot)
        if start is not None and start.tree:
            return start.full and (end is None or not end.full)
        if start is None or end is None or start.shape != SCALAR:
            return False
        return end.shape != SCALAR and self.slots.shape_of(slot) != SCALAR

    def _shrank(self, slot: Slot, head: State, loop: object) -> bool:
        """Whether the adjoint of a part of a container has the shape of the part at the head of a
        loop, and not at its end, where the container of the iteration before may have no such part:

        if best is None or t > best["t"]:
            best = {"t": t, "u": u}
        """
        start, end = head.get(slot), self.state.get(slot)
        if start is None or start.tree or not start.full or (end is not None and end.full):
            return False
        root, path = slot
        if not path or not isinstance(root, Var) or not isinstance(loop, For | While):
            return False
        known = not isinstance(self.facts.bindings.get(root), Unknown | None)
        return not known and root in bound_by(loop)

    def _lent(self, slot: Slot, head: State, around: Around) -> bool:
        """Whether an array that is the function's own at the head of a loop is another name's, or
        is read only, at its end: an iteration may not update it in place then."""
        start, end = head.get(slot), self.state.get(slot)
        if start is None or end is None or start.tree or end.tree or not start.owned:
            return False
        if start.shape == SCALAR or slot in around.parted:
            return False
        return not end.owned or (start.full and not end.full)

    def _refilled(self, slot: Slot, head: State, key: object) -> bool:
        """Whether an iteration writes to more than one item of a container that was made before the
        loop: it may have written to the next one's already."""
        start, end = head.get(slot), self.state.get(slot)
        if start is None or start.fresh is not key or end is None or end.fresh is key:
            return False
        return end.filled is None or end.filled[0] is not key

    def _materialise(self, slot: Slot, before: Block, key: object, around: Around) -> None:
        """Makes the adjoint of a slot stand in its variable before a loop.

        A number stays a number while the loop makes nothing larger of it.
        """
        entry = self.state.get(slot)
        is_tree = self.slots.is_container(slot) or around.modified[slot]
        if entry is not None and entry.tree:
            self._stand_tree(slot, entry, before, slot in around.widened)
        elif slot in around.narrowed:
            self._stand_narrow(slot, entry, before, entry is None)
        elif entry is None and is_tree:
            self._begin_tree(slot, before, key, around)
        elif entry is None or (isinstance(entry.expr, Const) and entry.expr.value == 0):
            self._begin_zero(slot, entry, before, key, around)
        else:
            self._stand_array(slot, entry, before, key, around)

    def _stand_tree(self, slot: Slot, entry: Adjoint, before: Block, wide: bool) -> None:
        """Makes the adjoint of a container stand in its variable."""
        var = self.slots.adjoint_var(slot)
        if not (isinstance(entry.expr, Ref) and entry.expr.var is var):
            before.append(Assign((var,), entry.expr))
        full = entry.full and not wide
        self.state.set(slot, Adjoint(Ref(var), full=full, tree=True, gaps=entry.gaps))

    def _stand_narrow(self, slot: Slot, entry: Adjoint | None, before: Block, owned: bool) -> None:
        """Makes an adjoint stand in its variable that may be smaller than its value."""
        var = self.slots.adjoint_var(slot)
        zero = Const(0j if self.slots.is_complex(slot) else 0.0)
        if entry is None or not holds(entry, var):
            before.append(Assign((var,), zero if entry is None else entry.expr))
        narrow = Adjoint(Const(0.0), Star("?"), False, owned)
        self.state.set(slot, self.slots.read(var, narrow))

    def _begin_tree(self, slot: Slot, before: Block, key: object, around: Around) -> None:
        """Makes an empty adjoint of a container."""
        var = self.slots.adjoint_var(slot)
        if slot in around.widened:
            before.append(Assign((var,), Const(0.0)))
            self.state.set(slot, Adjoint(Ref(var), full=False, tree=True))
            return
        before.append(Assign((var,), self.slots.empty_tree(slot)))
        fresh = None if slot in around.refilled else key
        self.state.set(slot, Adjoint(Ref(var), tree=True, gaps=True, fresh=fresh))

    def _begin_zero(
        self, slot: Slot, entry: Adjoint | None, before: Block, key: object, around: Around
    ) -> None:
        """Makes zeros for what has no adjoint yet, or is zero."""
        var = self.slots.adjoint_var(slot)
        shape = self._shape_before(slot, entry, around)
        if shape != SCALAR and not self._certain(slot, key):
            before.append(Assign((var,), Const(0.0)))
            narrow = Adjoint(Const(0.0), Star("?"), False, True)
            self.state.set(slot, self.slots.read(var, narrow))
            return
        none = 0j if self.slots.is_complex(slot) else 0.0
        zeros: Expr = Const(none) if shape == SCALAR else self.slots.zeros(slot)
        before.append(Assign((var,), zeros))
        self.state.set(slot, self.slots.read(var, Adjoint(zeros, shape, True, True)))

    def _stand_array(
        self, slot: Slot, entry: Adjoint, before: Block, key: object, around: Around
    ) -> None:
        """Makes the adjoint of a number or an array stand in its variable, as the function's own
        where an iteration may update it in place."""
        var = self.slots.adjoint_var(slot)
        shape = self._shape_before(slot, entry, around)
        is_array = shape != SCALAR
        if not entry.full and is_array and not self._certain(slot, key):
            self._stand_narrow(slot, entry, before, entry.owned)
        elif not entry.full and is_array:
            before.append(Assign((var,), self.adding.own(slot, entry)))
            self.state.set(slot, self.slots.read(var, Adjoint(Const(0.0), shape, True, True)))
        elif not (isinstance(entry.expr, Ref) and entry.expr.var is var):
            value = self.adding.own(slot, entry) if is_array else entry.expr
            before.append(Assign((var,), value))
            self.state.set(slot, self.slots.read(var, Adjoint(entry.expr, shape, True, True)))
        elif not entry.owned and is_array and slot in around.parted:
            before.append(Assign((var,), self.adding.own(slot, entry)))
            self.state.set(slot, self.slots.read(var, Adjoint(Const(0.0), shape, True, True)))
        elif not entry.owned and is_array:
            # An update in place inside the loop must not reach another name's array.
            lent = Adjoint(entry.expr, shape, entry.full, False)
            self.state.set(slot, self.slots.read(var, lent))
        elif shape != entry.shape:
            # A number here; an iteration may leave an array.
            self.state.set(slot, self.slots.read(var, replace(entry, shape=shape)))

    def _shape_before(self, slot: Slot, entry: Adjoint | None, around: Around) -> AnyShape:
        """The shape that an adjoint has where a loop begins."""
        if entry is not None and entry.full and entry.shape == SCALAR:
            if slot not in around.widened:
                return SCALAR
        shape: AnyShape = self.slots.shape_of(slot)
        return shape

    def _certain(self, slot: Slot, loop: object) -> bool:
        """Whether a variable has a value, of the shape in question, where a loop has ended: what
        the loop alone gives values to has none when the loop does not run."""
        return not (isinstance(loop, For | While) and slot[0] in self.sweep.unbound.get(loop, ()))

    def _close(self, slot: Slot, closing: Block, head: State) -> None:
        """Makes a slot stand in its variable as an iteration ends, in the form it began with."""
        entry = self.state.get(slot)
        var = self.slots.adjoint_var(slot)
        start = head.get(slot)
        assert start is not None
        if entry is None:
            settled = self.joins.settle(slot, None, closing, start)
        elif not (isinstance(entry.expr, Ref) and entry.expr.var is var):
            closing.append(Assign((var,), entry.expr))
            settled = entry if entry.tree else self.slots.read(var, entry)
        else:
            settled = entry
        if start.full and not settled.full and not settled.tree:
            node = self.slots.value_of(slot)
            whole = expand(Adjoint(Ref(var), settled.shape, False), node, self.facts)
            closing.append(Assign((var,), whole.expr))
            settled = self.slots.read(var, whole)
        if start.owned and not settled.owned and settled.full and not settled.tree:
            if settled.shape != SCALAR:
                closing.append(Assign((var,), self.adding.own(slot, settled)))
                settled = self.slots.read(var, replace(settled, owned=True))
        full = settled.full and start.full
        shape = start.shape if full or settled.shape == start.shape else Star("?")
        owned = settled.owned and start.owned
        closed = Adjoint(settled.expr, shape, full, owned, settled.tree)
        self.state.set(slot, closed if closed.tree else self.slots.read(var, closed))


def _is_part(slot: Slot, whole: Slot) -> bool:
    """Whether a slot is that of a part of a container."""
    size = len(whole[1])
    return slot[0] is whole[0] and len(slot[1]) > size and slot[1][:size] == whole[1]
