"""How a contribution is added to the adjoint of a slot.

The first one assigns. A later one makes a new sum, or adds in place where the array is the
function's own and has its whole shape. A part of an array is added to zeros, an item of a container
to an empty one:

    d_x = a * d_y           the first
    d_x = d_x + b           d_x may have another name
    d_x += b                it has none
    d_x[1:] += b            a part
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from s2sad.analysis.types import SCALAR, AnyShape, Array, DictOf, Shape, Star, is_complex, is_number
from s2sad.derive.adjoints import Adjoint, Slot, holds, is_zero
from s2sad.derive.backward.trees import is_literal_tree
from s2sad.derive.broadcasting import call, filled, type_name
from s2sad.derive.fresh import is_fresh
from s2sad.ir.bindings import bound_by
from s2sad.ir.nodes import (
    Apply,
    Assign,
    Const,
    Evaluate,
    Expr,
    For,
    Make,
    Place,
    Ref,
    Unpack,
    Value,
    Var,
    children,
    walk,
)
from s2sad.tidy.algebra import add, is_negative, neg
from s2sad.tidy.algebra import key as structure

if TYPE_CHECKING:
    from s2sad.derive.backward.sweep import Sweep

_EACH_ONCE = ("builtins.list", "builtins.tuple", "builtins.sorted", "builtins.reversed")
"""What gives the items of what it is given, each once."""


class Additions:
    """Adds to the adjoint of a slot, and makes it an array of the function's own where needed."""

    def __init__(self, sweep: Sweep) -> None:
        self.sweep = sweep
        self.facts = sweep.facts
        self.out = sweep.out
        self.regions = sweep.regions
        self.state = sweep.state
        self.slots = sweep.slots

    def add(self, slot: Slot, whole: list[Adjoint]) -> None:
        entry = self.state.get(slot)
        if any(a.tree for a in whole) or (entry is not None and entry.tree):
            self._add_trees(slot, whole, entry)
            return
        total = whole[0].expr if len(whole) == 1 else add(*(a.expr for a in whole))
        full = any(a.full for a in whole)
        shape = next((a.shape for a in whole if a.full), whole[0].shape)
        # Where terms cancel, what is left may be one of them.
        owned = is_fresh(total) or any(a.owned and a.expr is total for a in whole)
        if isinstance(total, Const):
            # What cancels is one number, whatever the shapes of its terms were.
            if total.value == 0 and entry is not None:
                return
            full, shape = full and shape == SCALAR, SCALAR
        if entry is None or (entry.constant and is_zero(entry.expr)):
            self.bind(slot, Adjoint(total, shape, full, owned))
            return
        var = self.slots.adjoint_var(slot)
        both = Adjoint(total, _summed_shape(entry, shape, full), full or entry.full, True)
        if entry.constant or not isinstance(entry.expr, Ref) or entry.expr.var is not var:
            found = add(entry.expr, total)
            self.bind(slot, Adjoint(found, both.shape, both.full, is_fresh(found)))
            return
        # In place only where the array is the function's own and keeps its shape.
        in_place = entry.shape == SCALAR or (entry.owned and entry.full)
        value = add(entry.expr, total)
        self.out.append(Assign((var,), value, "add" if in_place else None))
        self.state.set(slot, self.slots.read(var, both))

    def bind(self, slot: Slot, adjoint: Adjoint) -> None:
        """The first contribution assigns; a constant needs no statement."""
        if adjoint.constant:
            self.state.set(slot, adjoint)
            return
        adjoint = self.owned_by(slot, adjoint)
        var = self.slots.adjoint_var(slot)
        expr = adjoint.expr
        if isinstance(expr, Ref) and expr.var is var:
            self.state.set(slot, adjoint)
            return
        changes = self._is_written_later(expr) or self._is_mirrored(slot, adjoint)
        if changes and not adjoint.owned:
            own = self.copied(expr, slot) if adjoint.shape != SCALAR else self._number(expr, slot)
            adjoint = replace(adjoint, expr=own, owned=True)
        self.out.append(Assign((var,), adjoint.expr))
        self.state.set(slot, self.slots.read(var, adjoint))

    def owned_by(self, slot: Slot, adjoint: Adjoint) -> Adjoint:
        """An adjoint for a slot. A complex value's adjoint may only be updated in place if it is
        complex itself."""
        if adjoint.owned and not adjoint.tree and self.slots.is_complex(slot):
            if not is_complex(self.facts.type_of(adjoint.expr)):
                return replace(adjoint, owned=False)
        return adjoint

    def _is_mirrored(self, slot: Slot, adjoint: Adjoint) -> bool:
        """Whether the adjoint of a slot will be written into, as its array is."""
        root = slot[0]
        whole = adjoint.full and adjoint.shape != SCALAR and not is_fresh(adjoint.expr)
        return whole and isinstance(root, Var) and self.regions.is_written(root)

    def _is_written_later(self, expr: Expr) -> bool:
        """Whether an adjoint is an array of the forward part, or a part of one, whose contents
        change on the way back."""
        if is_fresh(expr) or isinstance(expr, Ref):
            return False
        if isinstance(expr, Value):
            if is_number(self.facts.type_of(expr.node)):
                return False
            read = (n.var for n in walk(expr.node) if isinstance(n, Ref))
            return any(map(self.regions.is_written, read))
        return any(map(self._is_written_later, children(expr)))

    def _apart(self, expr: Expr, slot: Slot) -> Expr:
        """An adjoint that a container is to hold, without arrays that change on the way back."""
        if isinstance(expr, Make):
            return replace(expr, items=tuple(self._apart(item, slot) for item in expr.items))
        return self.copied(expr, slot) if self._is_written_later(expr) else expr

    def _number(self, value: Expr, slot: Slot) -> Expr:
        """What has no axes as a number, also where an array has none: nothing is added to that."""
        name = "complex" if self.slots.is_complex(slot) else "float"
        return call(f"builtins.{name}", value, text=name)

    def copied(self, value: Expr, slot: Slot) -> Expr:
        """An array of floats of the function's own: adding to one of integers would truncate. For
        a complex value it is complex."""
        kind = self.facts.type_of(value)
        wanted = "complex" if self.slots.is_complex(slot) else "float"
        if isinstance(kind, Array) and kind.dtype.startswith(wanted) and kind.shape != SCALAR:
            if isinstance(kind.shape, Shape):
                return Apply("numpy.copy", (value,), (), "method", "copy")
        return call("numpy.array", value, dtype=type_name(wanted))

    def _add_trees(self, slot: Slot, whole: list[Adjoint], entry: Adjoint | None) -> None:
        if slot in self.state.shadows and entry is not None:
            for adjoint in whole:
                into = call("helper.add_into", entry.expr, adjoint.expr, text="add_into")
                self.out.append(Evaluate(into))
            return
        if entry is None and len(whole) == 1 and is_literal_tree(whole[0].expr):
            self.state.set(slot, whole[0])
            return
        parts = [entry.expr] if entry is not None else []
        total = parts[0] if parts else whole[0].expr
        for adjoint in whole[0 if parts else 1 :]:
            total = call("helper.add", total, adjoint.expr, text="add")
        var = self.slots.adjoint_var(slot)
        if not (isinstance(total, Ref) and total.var is var):
            self.out.append(Assign((var,), total))
        full = any(a.full for a in whole) or (entry is not None and entry.full)
        self.state.set(slot, Adjoint(Ref(var), full=full, tree=True))

    def add_part(
        self, slot: Slot, how: str, key: Expr | None, adjoint: Adjoint, assigns: bool = False
    ) -> None:
        assert key is not None
        if how == "item":
            self.add_item(slot, key, adjoint)
            return
        if how == "slice":
            self._add_slice(slot, key, adjoint)
            return
        entry = self.state.get(slot)
        var = self.slots.adjoint_var(slot)
        first = False
        if entry is None or (entry.constant and is_zero(entry.expr)):
            first = True
            self.out.append(Assign((var,), self.slots.zeros(slot)))
        elif not (entry.full and entry.owned and holds(entry, var)):
            self.make_own(slot, entry)
        shape = self.slots.shape_of(slot)
        self.state.set(slot, self.slots.read(var, Adjoint(Const(0.0), shape, True, True)))
        place = self.slots.read(var, Adjoint(Const(0.0), shape, True, True)).expr
        if how == "addat":
            self.out.append(Evaluate(call("numpy.add.at", place, key, adjoint.expr)))
            return
        if first or assigns:
            self.out.append(Assign((Place(place, key),), adjoint.expr))
            return
        part = Apply("getitem", (place, key), (), "index")
        value = Apply("add", (part, adjoint.expr), (), "infix", "+")
        if is_negative(adjoint.expr):
            value = Apply("sub", (part, neg(adjoint.expr)), (), "infix", "-")
        self.out.append(Assign((Place(place, key),), value, value.op))

    def add_item(self, slot: Slot, key: Expr, adjoint: Adjoint) -> None:
        entry = self.state.get(slot)
        var = self.slots.adjoint_var(slot)
        self.slots.has_keys(slot, key)
        if slot in self.state.shadows:
            self._add_in_place(Apply("getitem", (Ref(var), key), (), "index"), adjoint)
            return
        if entry is None:
            self.out.append(Assign((var,), self.slots.empty_tree(slot)))
        elif not entry.full:
            self.out.append(Assign((var,), self.slots.whole_tree(slot, entry)))
        elif not holds(entry, var):
            self.out.append(Assign((var,), entry.expr))
        loop = self.sweep.loops[-1] if self.sweep.loops else None
        once = entry is not None and entry.fresh is not None and entry.fresh is loop
        fresh = entry is None or (once and self._runs_through(key, loop))
        value = self._of_item(slot, key, adjoint)
        if not fresh:
            if self.slots.has_keys(slot):
                old: Expr = Apply("dict.get", (Ref(var), key), (), "method", "get")
            else:
                old = Apply("getitem", (Ref(var), key), (), "index")
            value = call("helper.add", old, value, text="add")
        self.out.append(Assign((Place(Ref(var), key),), value))
        gaps = entry is None or not entry.full or entry.gaps
        written = (loop, structure(key))
        again = entry is not None and entry.filled == written
        filled = written if once or again else None
        self.state.set(slot, Adjoint(Ref(var), tree=True, gaps=gaps, filled=filled))

    def _of_item(self, slot: Slot, key: Expr, adjoint: Adjoint) -> Expr:
        """An adjoint in the shape of the item that it belongs to, if that may be an array."""
        kind = getattr(self.slots.type_of(slot), "item", None)
        is_array = isinstance(kind, Array) and kind.shape != SCALAR
        if adjoint.full or adjoint.tree or not is_array:
            return adjoint.expr if adjoint.owned else self._apart(adjoint.expr, slot)
        item = Apply("getitem", (Value(self.slots.value_of(slot)), key), (), "index")
        return call("numpy.broadcast_to", adjoint.expr, call("numpy.shape", item))

    def _add_slice(self, slot: Slot, key: Expr, adjoint: Adjoint) -> None:
        """A slice of a list: the adjoints of its elements go to their places."""
        entry = self.state.get(slot)
        var = self.slots.adjoint_var(slot)
        self.slots.has_keys(slot, key)
        if slot in self.state.shadows:
            part = Apply("getitem", (Ref(var), key), (), "index")
            self._add_in_place(part, replace(adjoint, tree=True))
            return
        if entry is None and adjoint.full and not self.sweep.loops:
            self.out.append(Assign((var,), self.slots.empty_tree(slot)))
            self.out.append(Assign((Place(Ref(var), key),), adjoint.expr))
        else:
            if entry is None:
                self.out.append(Assign((var,), self.slots.empty_tree(slot)))
            elif not entry.full:
                self.out.append(Assign((var,), self.slots.whole_tree(slot, entry)))
            part = Apply("getitem", (Ref(var), key), (), "index")
            value = call("helper.add", part, adjoint.expr, text="add")
            self.out.append(Assign((Place(Ref(var), key),), value))
        gaps = entry is None or not entry.full or entry.gaps
        self.state.set(slot, Adjoint(Ref(var), tree=True, gaps=gaps))

    def _add_in_place(self, item: Apply, adjoint: Adjoint) -> None:
        """Adds to the item of a shadow, which other names may see."""
        if adjoint.tree:
            into = call("helper.add_into", item, adjoint.expr, text="add_into")
            self.out.append(Evaluate(into))
            return
        total = Apply("add", (item, adjoint.expr), (), "infix", "+")
        place = Place(item.args[0], item.args[1])
        self.out.append(Assign((place,), total, "add"))

    def _runs_through(self, key: Expr, loop: object) -> bool:
        """Whether a key is another one in each iteration of a loop."""
        key = key.node if isinstance(key, Value) else key
        match key:
            case Apply("add", (inner, Const(int(step)))) if step >= 0:
                return self._runs_through(inner, loop)
            case Ref(var) if not var.user:
                return True  # it counts
            case Ref(var) if isinstance(loop, For):
                pass
            case _:
                return False
        if any(var in bound_by(s) for s in loop.body):
            return False
        iterable = loop.iterable
        while isinstance(iterable, Apply) and iterable.op in _EACH_ONCE:
            iterable = iterable.args[0]
        match loop.target, iterable:
            case Var() as target, Apply("builtins.range", bounds):
                # xs[-1] may be xs[2].
                return target is var and (len(bounds) == 1 or _is_from_zero(bounds))
            case Var() as target, _:
                return target is var and isinstance(self.facts.type_of(iterable), DictOf)
            case Unpack((Var() as first, *_)), Apply("builtins.enumerate" | "dict.items"):
                return first is var
        return False

    def gather(self, slot: Slot) -> None:
        """Adjoints of elements that were read as if their array were a list go to the array's."""
        found = self.state.entries.get(slot[0], {})
        size = len(slot[1])
        deeper = [path for path in found if path[:size] == slot[1] and len(path) > size]
        for path in deeper:
            element = found.pop(path)
            keys = tuple(Const(k) for k in path[size:])
            key = keys[0] if len(keys) == 1 else Make("tuple", keys)
            self.add_part(slot, "index", key, element)

    def make_own(self, slot: Slot, entry: Adjoint) -> None:
        """Makes a slot's adjoint an array of its own; loops do so before their first iteration."""
        self.out.append(Assign((self.slots.adjoint_var(slot),), self.own(slot, entry)))
        for loop in self.sweep.loops:
            self.sweep.around[loop].parted.add(slot)

    def own(self, slot: Slot, entry: Adjoint) -> Expr:
        """An array of the function's own that holds an entry."""
        if entry.full:
            own = is_fresh(entry.expr) and self._may_own(slot, entry.expr)
            return entry.expr if own else self.copied(entry.expr, slot)
        sizes = self.slots.sizes_of(slot)
        if self.slots.is_complex(slot):
            return call("numpy.full", sizes, entry.expr, dtype=type_name("complex"))
        new = filled(entry.expr, sizes, self.slots.shape_of(slot))
        return new.expr if new.owned else self.copied(new.expr, slot)

    def _may_own(self, slot: Slot, expr: Expr) -> bool:
        return not self.slots.is_complex(slot) or is_complex(self.facts.type_of(expr))


def _summed_shape(entry: Adjoint, shape: AnyShape, full: bool) -> AnyShape:
    """The shape of the sum of an entry and of what is added to it; of an array without axes and a
    number it is an array, if it is the same one."""
    if entry.shape == shape or full and not (shape == SCALAR and entry.full):
        return shape
    return entry.shape if entry.full else Star("?")


def _is_from_zero(bounds: tuple[Expr, ...]) -> bool:
    """Whether a range holds no negative numbers."""
    low = bounds[1] if len(bounds) == 3 and is_negative(bounds[2]) else bounds[0]
    return (
        isinstance(low, Const)
        and isinstance(low.value, int)
        and low.value >= -1 + (low is bounds[0])
    )
