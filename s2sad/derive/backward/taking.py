"""Adjoints that are taken: from then on they are zero.

A statement that binds a variable takes its adjoint and passes it on. That of a container is made of
those of its parts, a dict of dicts.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from s2sad.analysis.types import DictOf, TupleOf
from s2sad.derive.adjoints import Adjoint, Path, Slot
from s2sad.derive.broadcasting import call, expand
from s2sad.ir.nodes import Assign, Const, Expr, Make, Ref, Target, Unpack, Value, Var

if TYPE_CHECKING:
    from s2sad.derive.backward.sweep import Sweep


class Taking:
    """Takes adjoints from the state."""

    def __init__(self, sweep: Sweep) -> None:
        self.sweep = sweep
        self.out = sweep.out
        self.shadows = sweep.shadows
        self.state = sweep.state
        self.slots = sweep.slots

    def take(self, var: Var) -> Adjoint | None:
        """The adjoint of a variable, which is zero from then on."""
        if var in self.shadows.of:
            entry = self.state.shadows[var, ()]
            if entry.tree:
                entry = replace(entry, expr=Ref(self.shadows.of[var]))
            else:
                entry = self.slots.read(self.shadows.of[var], entry)
            self.sweep.late.add(entry.expr)
            if var in self.sweep.now.rebound:
                # The adjoint of what was bound goes into that of what is replaced: two arrays.
                kept = Var(f"d_{var.hint}_out")
                self.out.append(Assign((kept,), entry.expr))
                entry = (
                    replace(entry, expr=Ref(kept)) if entry.tree else self.slots.read(kept, entry)
                )
            return replace(entry, owned=False)
        return self.take_part((var, ()))

    def take_part(self, slot: Slot) -> Adjoint | None:
        found = self.state.entries.get(slot[0], {})
        size = len(slot[1])
        entries = {path[size:]: found.pop(path) for path in list(found) if path[:size] == slot[1]}
        if not found:
            self.state.take(slot[0])
        whole = entries.pop((), None)
        if not entries:
            if whole is not None and whole.owned and isinstance(whole.expr, Ref):
                self.sweep.now.taken.add(whole.expr.var)
            return whole
        tree = self._tree(slot, entries)
        if whole is not None:
            tree = call("helper.add", whole.expr, tree, text="add")
        full = not any(isinstance(path[0], int) for path in entries) or self.slots.has_keys(slot)
        return Adjoint(tree, full=full, tree=True)

    def _tree(self, slot: Slot, entries: dict[Path, Adjoint]) -> Expr:
        """The adjoint of a container from those of its parts, as a dict of dicts."""
        groups: dict[str | int, dict[Path, Adjoint]] = {}
        for path, adjoint in entries.items():
            groups.setdefault(path[0], {})[path[1:]] = adjoint
        keys, items = [], []
        for key, parts in groups.items():
            keys.append(Const(key.lstrip(".") if isinstance(key, str) else key))
            whole = parts.pop((), None)
            if not parts and whole is not None:
                items.append(self._of_its_shape(whole, slot, key).expr)
                continue
            tree = self._tree((slot[0], (*slot[1], key)), parts)
            items.append(
                tree if whole is None else call("helper.add", whole.expr, tree, text="add")
            )
        made = Make("dict", tuple(items), tuple(keys))
        if len(groups) > 1 and any(isinstance(key, int) and key < 0 for key in groups):
            # x[0] and x[-1] may be one element.
            container = Value(self.slots.value_of(slot))
            return call("helper.from_both_ends", container, made, text="from_both_ends")
        return made

    def _of_its_shape(self, item: Adjoint, slot: Slot, key: str | int) -> Adjoint:
        """The adjoint of an item in the shape of its value, where the container certainly has it:
        who made the container takes it for one of that shape."""
        kind = self.slots.type_of(slot)
        known = dict(kind.items) if isinstance(kind, DictOf) else {}
        if isinstance(kind, TupleOf):
            known = dict(enumerate(kind.items))
        if item.full or isinstance(item.expr, Const) or key not in known:
            return item
        value = self.slots.value_of((slot[0], (*slot[1], key)))
        return expand(item, value, self.sweep.facts)

    def take_root(self, root: Expr) -> Adjoint | None:
        """The adjoint of an iterable that has no name."""
        return self.state.take(root).get(())

    def take_target(self, target: Target) -> Any:
        """The adjoints of a loop's target: one, a list of them, or None when all are zero."""
        match target:
            case Var():
                # The shadow of an element is a part of the shadow of what the loop runs over.
                return None if target in self.shadows.of else self.take(target)
            case Unpack():
                parts = [self.take_target(t) for t in target.targets]
                return None if all(part is None for part in parts) else parts
        return None
