"""Where the adjoint of a place that is written to stands.

It is the same view of the adjoint as the place is of its array:

    b.T[1] = e        d_b.T[1]

Nothing is written out here.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from s2sad.analysis.types import SCALAR, Array, Unknown, is_complex, may_be_complex
from s2sad.derive.adjoints import Slot
from s2sad.derive.held import is_held, item_at, place_of
from s2sad.derive.instantiate import as_value
from s2sad.ir.nodes import Apply, Const, Expr, Make, Place, Ref, Slice, Stmt, Target, Unpack

if TYPE_CHECKING:
    from s2sad.derive.backward.sweep import Sweep


class Places:
    """Finds the adjoints of places."""

    def __init__(self, sweep: Sweep) -> None:
        self.sweep = sweep
        self.facts = sweep.facts
        self.shadows = sweep.shadows
        self.slots = sweep.slots
        self.regions = sweep.regions

    def written_slot(self, base: Expr) -> Slot | None:
        """The slot of the variable that a write goes into, directly or through views of it."""
        if isinstance(base, Ref):
            return base.var, ()
        slot = self.slots.of(base)
        if slot is not None:
            return slot
        inner = self.viewed(base)
        return None if inner is None else self.written_slot(inner)

    def viewed(self, node: Expr) -> Expr | None:
        """What an expression is certainly a view of."""
        if not isinstance(node, Apply):
            return None
        if node.op == "getitem" and not isinstance(self.facts.type_of(node.args[0]), Array):
            return None
        found = self.facts.rule_of(node)
        if found is None or found[0].view is None or found[0].view[1] != "always":
            return None
        return found[1][found[0].view[0]]

    def is_unseen(self, base: Expr) -> bool:
        """Whether an array that is written into has no name, and shares no memory with one that
        has: a[[0, 1]][0] = e."""
        return not self.regions.aliases(base)

    def is_view(self, node: Expr) -> bool:
        if not isinstance(node, Apply):
            return True
        found = self.facts.rule_of(node)
        return found is None or found[0].view is not None

    def mirrored(self, base: Expr) -> Expr:
        """The same view of the adjoint: b.T[1] is mirrored by d_b.T[1]."""
        slot = (base.var, ()) if isinstance(base, Ref) else self.slots.of(base)
        if slot is not None:
            ref: Expr = Ref(self.slots.adjoint_var(slot))
            return self.sweep.typed(ref, Array(self.dtype_like(base), self.facts.shape_of(base)))
        inner = self.viewed(base)
        assert inner is not None and isinstance(base, Apply)
        mirrored = self.mirrored(inner)
        args = tuple(mirrored if a is inner else as_value(a) for a in base.args)
        kwargs = tuple((n, mirrored if a is inner else as_value(a)) for n, a in base.kwargs)
        again = replace(base, args=args, kwargs=kwargs, origin=None)
        return self.sweep.typed(again, Array(self.dtype_like(base), self.facts.shape_of(base)))

    def dtype_like(self, base: Expr) -> str:
        """The dtype of the adjoint of an array that is written into, which is its function's
        own."""
        return "complex128" if may_be_complex(self.facts.type_of(base)) else "unknown"

    def is_literal(self, argument: Expr) -> bool:
        """Whether an argument is a list or dict of arrays that all have shadows."""
        return isinstance(argument, Make) and argument.kind != "object" and all(
            place_of(item, self.shadows.of, self.facts, as_value) is not None
            for item in argument.items
        )  # fmt: skip

    def mirrored_literal(self, argument: Make) -> Expr:
        """The list or dict of the shadows of what a literal holds."""
        items = tuple(self.mirrored(item) for item in argument.items)
        kind = "dict" if argument.keys else "list"
        return Make(kind, items, tuple(as_value(key) for key in argument.keys))

    def puts_item(self, target: Place) -> bool:
        """Whether a target is an item of a container that has a shadow."""
        named = isinstance(target.key, str)  # a field, which nothing puts back
        return (
            not named
            and is_held(item_at(target), self.facts)
            and self.slots.has_shadow(target.base)
        )

    def may_be_one(self, target: Place, other: Target) -> bool:
        """Whether two targets of one statement may be the same item of one container."""
        match other:
            case Unpack(parts):
                return any(self.may_be_one(target, part) for part in parts)
            case Place(base, key):
                if is_other_item(target.key, key):
                    return False
                bases = ({self.regions.of(v) for v, _ in self.regions.aliases(b)}
                         for b in (base, target.base))  # fmt: skip
                return bool(set.intersection(*bases))
        return False

    def changes_items(self, target: Place) -> bool:
        """Whether a write changes which items a list or dict has."""
        kind = self.facts.type_of(target.base)
        if isinstance(kind, Unknown):
            key = target.key
            return isinstance(key, Const) and isinstance(key.value, str)
        return not isinstance(kind, Array)

    def is_whole(self, target: Place) -> bool:
        """Whether all of a variable is given new values, so that its adjoint is taken whole."""
        if not isinstance(target.base, Ref) or target.base.var in self.shadows.of:
            return False
        key = target.key
        full = isinstance(key, Slice) and key.start is key.stop is key.step is None
        shape = self.facts.shape_of(target.base)
        return (full and shape != SCALAR) or (not isinstance(key, str) and is_everything(key))

    def discards(self, base: Expr, value: Expr) -> bool:
        """Whether NumPy may leave out the imaginary part of what is written into an array."""
        kind = self.facts.type_of(base)
        mixed = may_be_complex(self.facts.type_of(value))
        return mixed and isinstance(kind, Array) and not is_complex(kind)

    def refuse_write(self, statement: Stmt | Expr, what: str) -> None:
        self.sweep.refuse(
            "S2S011",
            f"cannot differentiate {what}",
            statement,
            "Write into an array that has a name, or build the new value with np.where or "
            "np.concatenate.",
        )


def is_other_item(one: Expr | str, other: Expr | str) -> bool:
    """Whether two keys certainly are those of two items: xs[1] and xs[-1] may be one."""
    match one, other:
        case Const(int(first)), Const(int(second)):
            return first != second and (first < 0) == (second < 0)
        case Const(first), Const(second):
            return bool(first != second)
    return False


def is_everything(key: Expr) -> bool:
    """Whether an index takes the whole array."""
    if isinstance(key, Const):
        return key.value is Ellipsis
    return isinstance(key, Make) and key.kind == "tuple" and not key.items
