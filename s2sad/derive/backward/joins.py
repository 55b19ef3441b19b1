"""Adjoints where paths meet.

An adjoint that differs on two paths stands in its variable on both; one that is zero on a path is
given that value there:

    if x > 1.0:  d_x = 2.0 * d_y
    else:        d_x = 0.0
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from s2sad.analysis.types import SCALAR
from s2sad.derive.adjoints import Adjoint, Slot, State, holds, joined, same_entry
from s2sad.ir.nodes import Assign, Block, Const, Ref, Var

if TYPE_CHECKING:
    from s2sad.derive.backward.sweep import Sweep


class Joins:
    """Brings the adjoints of two paths together."""

    def __init__(self, sweep: Sweep) -> None:
        self.sweep = sweep
        self.state = sweep.state
        self.slots = sweep.slots

    def merge(
        self,
        one: tuple[Block, State],
        other: tuple[Block, State],
        unbound: Collection[Var] = (),
    ) -> State:
        """The state where two paths meet; what differs is given a value on both. Variables that are
        `unbound` may have no value on one of them."""
        result = State(shadows=self.state.shadows)
        slots = dict.fromkeys([*one[1].slots(), *other[1].slots()])
        for slot in slots:
            a, b = one[1].get(slot), other[1].get(slot)
            if a is not None and b is not None and same_entry(a, b):
                result.set(slot, joined(a, b))
                continue
            lacking = slot[0] in unbound
            a = self.settle(slot, a, one[0], b, lacking)
            b = self.settle(slot, b, other[0], a, lacking)
            both = joined(a, b)
            result.set(
                slot, both if both.tree else self.slots.read(self.slots.adjoint_var(slot), both)
            )
        return result

    def settle(
        self,
        slot: Slot,
        entry: Adjoint | None,
        out: Block,
        like: Adjoint | None,
        lacking: bool = False,
    ) -> Adjoint:
        """Makes a slot's adjoint stand in its variable; `like` is what it is on the other path. It
        may be `lacking` a value that the adjoint belongs to."""
        var = self.slots.adjoint_var(slot)
        if entry is not None and holds(entry, var):
            return entry
        if entry is None:
            if like is not None and like.tree:
                out.append(Assign((var,), Const(0.0)))
                # The container may not even exist on this path.
                return Adjoint(Ref(var), full=False, tree=True)
            shape = self.slots.shape_of(slot)
            if shape == SCALAR:
                none = Const(0j if self.slots.is_complex(slot) else 0.0)
                out.append(Assign((var,), none))
                return self.slots.read(var, Adjoint(none, SCALAR, True, True))
            if isinstance(slot[0], Var) and not slot[0].user:
                # The result, which has no value yet on this path.
                out.append(Assign((var,), Const(0.0)))
                return self.slots.read(var, Adjoint(Const(0.0), SCALAR, False, True))
            if slot[1]:
                # A part of a container may not even exist on this path.
                out.append(Assign((var,), Const(0.0)))
                return self.slots.read(var, Adjoint(Const(0.0), SCALAR, False, True))
            if like is not None and like.full and not lacking:
                out.append(Assign((var,), self.slots.zeros(slot)))
                return self.slots.read(var, Adjoint(Const(0.0), shape, True, True))
            out.append(Assign((var,), Const(0.0)))
            return self.slots.read(var, Adjoint(Const(0.0), SCALAR, False, True))
        out.append(Assign((var,), entry.expr))
        if entry.tree:
            return Adjoint(Ref(var), full=entry.full, tree=True, gaps=entry.gaps)
        return self.slots.read(var, entry)
