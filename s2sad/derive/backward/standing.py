"""Adjoints that stand in their variables, whole.

What is updated in place, handed to a function or changed item by item has to be an array, list or
dict of the function's own, in the variable of its slot.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from s2sad.derive.adjoints import Adjoint, Path, Slot
from s2sad.derive.broadcasting import call
from s2sad.ir.nodes import Apply, Assign, Const, Expr, Make, Ref

if TYPE_CHECKING:
    from s2sad.derive.backward.sweep import Sweep


class Standing:
    """Makes adjoints stand in their variables."""

    def __init__(self, sweep: Sweep) -> None:
        self.sweep = sweep
        self.out = sweep.out
        self.state = sweep.state
        self.slots = sweep.slots
        self.adding = sweep.adding
        self.taking = sweep.taking

    def entries_of(self, slot: Slot) -> list[Path]:
        """The paths of the adjoints of a container: of it, of its parts, of what it is part of."""
        size = len(slot[1])
        found = self.state.entries.get(slot[0], {})
        return [p for p in found if p[:size] == slot[1] or slot[1][: len(p)] == p]

    def is_inside(self, slot: Slot) -> bool:
        """Whether the adjoint of a container around a slot stands as a whole."""
        root, path = slot
        return any(self.state.get((root, path[:size])) is not None for size in range(len(path)))

    def has_adjoint(self, base: Expr) -> bool:
        """Whether a container, or a part of it, has an adjoint."""
        slot = self.slots.of(base)
        return slot is not None and bool(self.entries_of(slot))

    def stand_whole(self, slot: Slot, longer: int = 0) -> None:
        """Makes the adjoint of a container stand in its variable, as a list or dict of its own;
        loops do so before their first iteration. It is that of after a statement, which may make a
        list longer or shorter."""
        for loop in self.sweep.loops:
            self.sweep.around[loop].gathered[slot] = None
        whole = self.taking.take_part(slot)
        if whole is None:
            message = "cannot differentiate a change of a list or dict that an object holds"
            advice = "Give the list or dict a name, and change it under that name."
            self.sweep.refuse("S2S011", message, None, advice)
            return
        var = self.slots.adjoint_var(slot)
        if not whole.full:
            self.out.append(Assign((var,), self.slots.whole_tree(slot, whole, longer)))
        elif not (isinstance(whole.expr, Ref) and whole.expr.var is var):
            fresh = isinstance(whole.expr, Make) or (
                isinstance(whole.expr, Apply) and whole.expr.op == "mul"
            )
            maker = "dict" if self.slots.has_keys(slot) else "list"
            made = whole.expr if fresh else call(f"builtins.{maker}", whole.expr, text=maker)
            self.out.append(Assign((var,), made))
        self.state.set(slot, Adjoint(Ref(var), tree=True, gaps=whole.gaps or not whole.full))

    def stand_in(self, slot: Slot) -> None:
        """Makes the adjoint of an array stand in its variable, whole and the function's own."""
        entry = self.state.get(slot)
        assert entry is not None
        var = self.slots.adjoint_var(slot)
        holds = isinstance(entry.expr, Ref) and entry.expr.var is var
        if not (entry.full and entry.owned and holds):
            self.adding.make_own(slot, entry)
            whole = Adjoint(Const(0.0), self.slots.shape_of(slot), True, True)
            self.state.set(slot, self.slots.read(var, whole))

    def stand_zero(self, slot: Slot) -> None:
        """Makes the adjoint of an array stand in its variable, zeros if it has none."""
        if self.state.get(slot) is None:
            whole = Adjoint(self.slots.zeros(slot), self.slots.shape_of(slot), True, True)
            self.adding.bind(slot, whole)
        self.stand_in(slot)
