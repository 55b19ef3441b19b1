"""What loops run over, and how the adjoint of an element gets to its place there.

    for x in xs                     d_xs[i] += d_x
    for k, (x, y) in enumerate(zip(xs, ys))
                                    d_xs[k] += d_x; d_ys[k] += d_y
    for x in params.values()        d_params[key] += d_x

Where the adjoint of a value of a dict needs its key, the loop over values becomes one over items.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from s2sad.analysis.iteration import WRAPPERS
from s2sad.analysis.types import INT, Array, Unknown
from s2sad.derive.adjoints import Adjoint, Slot
from s2sad.derive.broadcasting import expand
from s2sad.ir.bindings import bound_by
from s2sad.ir.nodes import (
    Apply,
    Const,
    Expr,
    For,
    Make,
    Ref,
    Slice,
    Target,
    Unpack,
    Var,
    walk,
)

if TYPE_CHECKING:
    from s2sad.derive.backward.sweep import Sweep


_COPIES = ("getitem", "builtins.")
"""Operators that give another list of the same items."""


class Iteration:
    """Passes the adjoints of elements on to what a loop runs over. `value_keys` are the keys that a
    loop over the values of a dict has to count.
    """

    def __init__(self, sweep: Sweep) -> None:
        self.sweep = sweep
        self.facts = sweep.facts
        self.slots = sweep.slots
        self.contributions = sweep.contributions
        self.value_keys: dict[Expr, Var] = {}

    def position(self, loop: For) -> Var:
        found = enumerated(loop)
        return found if found is not None else self.counter("i")

    def counter(self, hint: str) -> Var:
        """A variable that counts positions."""
        var = Var(hint)
        self.facts.bindings[var] = INT
        return var

    def pull_element(
        self, iterable: Expr, seed: Any, position: Expr, target: Target | None, loop: For | None
    ) -> bool:
        """Passes the adjoint of an element on to the place in the iterable that it came from, in a
        loop or, without one, in a comprehension.

        `seed` is an Adjoint, or a list of them for the parts of a tuple. Says whether the position
        was used.
        """
        if seed is None or not self.sweep.is_varied(iterable):
            return False
        if isinstance(iterable, Apply):
            op, args = iterable.op, iterable.args
            if op in WRAPPERS and not self._is_other_list(iterable, loop):
                return self.pull_element(args[0], seed, position, target, loop)
            if op == "builtins.enumerate" and isinstance(seed, list):
                return self.pull_element(args[0], seed[1], position, _part(target, 1), loop)
            if op == "builtins.zip" and isinstance(seed, list):
                return any(
                    [
                        self.pull_element(a, s, position, _part(target, k), loop)
                        for k, (a, s) in enumerate(zip(args, seed, strict=True))
                    ]
                )
            if op == "builtins.reversed":
                back = Apply("sub", (Const(-1), position), (), "infix", "-")
                return self.pull_element(args[0], seed, back, target, loop)
            if op == "dict.items" and isinstance(seed, list):
                key = _key_of(target)
                if key is not None:
                    self._pull_at(args[0], seed[1], Ref(key), _part(target, 1), loop)
                return False
            if op == "dict.values":
                self._pull_at(args[0], seed, Ref(self._values_key(iterable)), target, loop)
                return False
        self._pull_at(iterable, seed, position, target, loop)
        return True

    def _values_key(self, iterable: Expr) -> Var:
        if iterable not in self.value_keys:
            self.value_keys[iterable] = Var("key")
        return self.value_keys[iterable]

    def _pull_at(
        self, container: Expr, seed: Any, position: Expr, target: Target | None, loop: For | None
    ) -> None:
        if not isinstance(self.facts.type_of(container), Array):
            seed = self._of_its_shape(seed, target)
        if isinstance(seed, list):
            items = tuple(Const(0.0) if s is None else s.expr for s in seed)
            seed = Adjoint(Make("tuple", items), tree=True)
        container, position = self._in_whole(container, position, loop)
        found = self._slot_kept_by(loop, container)
        container_slot: Slot = found if found is not None else (container, ())
        kind = self.facts.type_of(container)
        if isinstance(kind, Array):
            self.contributions.pend(container_slot, seed, "index", position)
        else:
            self.contributions.pend(container_slot, seed, "item", position)

    def _of_its_shape(self, seed: Any, target: Target | None) -> Any:
        """The adjoint of what a container holds in the shape of that: who made the container takes
        it for one of that shape."""
        if isinstance(seed, list):
            return [self._of_its_shape(s, _part(target, k)) for k, s in enumerate(seed)]
        if seed is None or seed.full or seed.tree or not isinstance(target, Var):
            return seed
        kind = self.facts.bindings.get(target, Unknown(target.hint))
        return expand(seed, self.sweep.typed(Ref(target), kind), self.facts)

    def _slot_kept_by(self, loop: For | None, container: Expr) -> Slot | None:
        """The slot of what a loop runs over, unless the loop binds the variable anew."""
        found = None if isinstance(container, Make) else self.slots.of(container)
        if found is not None and loop is not None and found[0] in bound_by(loop):
            return None
        return found

    def _is_other_list(self, iterable: Expr, loop: For | None) -> bool:
        """Whether a loop runs over a copy of a list or dict, and the list gets other items while it
        does."""
        if loop is None or not isinstance(iterable, Apply):
            return False
        if isinstance(self.facts.type_of(iterable), Array) or not iterable.op.startswith(_COPIES):
            return False
        read = {node.var for node in walk(iterable) if isinstance(node, Ref)}
        return self.sweep.regions.changes_items(loop, read, ends=False)

    def _in_whole(self, container: Expr, position: Expr, loop: For | None) -> tuple[Expr, Expr]:
        """An element of xs[1:], counted from its start, as an element of xs."""
        match container:
            case Apply("getitem", (base, Slice(start, _, None))) if isinstance(position, Ref) and (
                start is None or (isinstance(start, Const) and start.value >= 0)
            ):
                kept = self._slot_kept_by(loop, base)
                if kept is not None and not self._is_other_list(container, loop):
                    if start is not None:
                        position = Apply("add", (position, start), (), "infix", "+")
                    return base, position
        return container, position

    def leaves(self, iterable: Expr, loop: For | None) -> list[Expr]:
        """The iterables that a loop runs over and that have no name of their own: expressions, and
        variables that the loop binds anew."""
        if isinstance(iterable, Apply) and (
            iterable.op in WRAPPERS
            and not self._is_other_list(iterable, loop)
            or iterable.op in ("builtins.zip", "builtins.enumerate", "builtins.reversed")
            or iterable.op.startswith("dict.")
        ):
            return [leaf for arg in iterable.args for leaf in self.leaves(arg, loop)]
        slot = self.slots.of(iterable)
        if slot is None:
            return [iterable]
        return [iterable] if loop is not None and slot[0] in bound_by(loop) else []

    def keyed_by(self, iterable: Expr, target: Target) -> tuple[Expr, Target]:
        """A loop over values as one over items, where the adjoint of a value needs its key."""
        key = self.value_keys.get(iterable)
        if key is None or not isinstance(iterable, Apply):
            return iterable, target
        items = Apply("dict.items", iterable.args, (), "method", "items")
        return items, Unpack((key, target))


def _part(target: Target | None, position: int) -> Target | None:
    """A part of a target that takes a tuple apart."""
    return target.targets[position] if isinstance(target, Unpack) else None


def _key_of(target: Target | None) -> Var | None:
    """The variable that holds the key in a loop over items."""
    if isinstance(target, Unpack) and isinstance(target.targets[0], Var):
        return target.targets[0]
    return None


def enumerated(loop: For) -> Var | None:
    """The variable of `enumerate(...)` that counts the iterations from 0."""
    iterable, target = loop.iterable, loop.target
    if isinstance(iterable, Apply) and iterable.op == "builtins.enumerate":
        if len(iterable.args) == 1 and not iterable.kwargs and isinstance(target, Unpack):
            first = target.targets[0]
            return first if isinstance(first, Var) else None
    return None
