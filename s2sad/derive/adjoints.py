"""The adjoints that are known at one point of the backward sweep.

An adjoint belongs to a *slot*: a variable, or a part of one that is reached by constant keys
(`params["W"]` has the slot (params, ("W",))). What has no entry is zero. An entry is an expression:
a constant, or the variable that holds the adjoint in the generated code.

An entry may be *narrow*: of a shape that broadcasts to that of its value. Within an expression
an adjoint may be *wide*: the shape of its value broadcasts to its own, and it is still to be
summed down.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

from s2sad.analysis.types import SCALAR, AnyShape, Star
from s2sad.ir.nodes import Const, Expr, Ref, Var

Root: TypeAlias = Var | Expr
"""A variable, or an iterable expression that a loop runs over."""

Path: TypeAlias = tuple[str | int, ...]
"""Constant keys that lead to a part of a container."""

Slot: TypeAlias = tuple[Root, Path]
"""What an adjoint belongs to."""


@dataclass(frozen=True)
class Adjoint:
    """An adjoint as an expression.

    `full` says that it has the whole shape of its value; `owned` that no other name refers to the
    same array; `tree` that it stands for a container (a dict or list of adjoints), whose items were
    broadcast to the shape of `result` where that is given. A tree that is not full may have no
    place for some items of a list, or be the number 0.0 on a path where the container has no
    adjoint; one with `gaps` may have None for some. `fresh` is the loop before which a container
    was made, as long as an iteration has written to no item; `filled` that loop and the key of the
    one item that an iteration has written to, so that another iteration's item is still to be
    written. `mask` is an np.where that is still to be applied. A wide one has the shape of `root`,
    another forward value; it is still to be summed down to that of `value`, which is given where
    the adjoint is pending.
    """

    expr: Expr
    shape: AnyShape = SCALAR
    full: bool = True
    owned: bool = False
    tree: bool = False
    gaps: bool = False
    fresh: object = None
    filled: tuple[object, object] | None = None
    result: Expr | None = None
    mask: Expr | None = None
    root: Expr | None = None
    value: Expr | None = None

    @property
    def wide(self) -> bool:
        """Whether it is still to be summed down."""
        return self.root is not None

    @property
    def constant(self) -> bool:
        """Whether it is a number known at generation."""
        return isinstance(self.expr, Const)


class State:
    """Entries by slot. `copy` is used where paths part. `shadows` are the adjoints that arrays of
    the forward part have all the time (`derive/shadows/`)."""

    def __init__(
        self,
        entries: dict[Root, dict[Path, Adjoint]] | None = None,
        shadows: dict[Slot, Adjoint] | None = None,
    ) -> None:
        self.entries = entries if entries is not None else {}
        self.shadows = shadows if shadows is not None else {}

    def copy(self) -> State:
        """The same entries, in tables of their own."""
        entries = {root: dict(paths) for root, paths in self.entries.items()}
        return State(entries, self.shadows)

    def become(self, other: State) -> None:
        """Has the entries of another state from here on."""
        self.entries = {root: dict(paths) for root, paths in other.entries.items()}

    def get(self, slot: Slot) -> Adjoint | None:
        """The entry of a slot; None is zero."""
        if slot in self.shadows:
            return self.shadows[slot]
        return self.entries.get(slot[0], {}).get(slot[1])

    def set(self, slot: Slot, adjoint: Adjoint) -> None:
        """Gives a slot an entry."""
        if slot in self.shadows:
            return
        self.entries.setdefault(slot[0], {})[slot[1]] = adjoint

    def take(self, root: Root) -> dict[Path, Adjoint]:
        """The entries of all parts of a variable, which are zero from then on."""
        return self.entries.pop(root, {})

    def slots(self) -> list[Slot]:
        """All slots that have an entry."""
        return [(root, path) for root, paths in self.entries.items() for path in paths]


def same_entry(one: Adjoint | None, other: Adjoint | None) -> bool:
    """Whether two entries are the same adjoint, so that no statement is needed to join them."""
    if one is None or other is None:
        return one is other
    match one.expr, other.expr:
        case Const(a), Const(b):
            return bool(a == b)
        case Ref(a), Ref(b):
            # One number for all elements on one path may be an array on the other.
            return a is b and one.full == other.full and (one.full or one.shape == other.shape)
    return one.expr is other.expr


def joined(one: Adjoint, other: Adjoint) -> Adjoint:
    """The entry of a slot that is `one` on one path and `other` on the other."""
    full = one.full and other.full
    gaps = one.gaps or other.gaps
    if not full and one.shape != other.shape:
        owned = one.owned and other.owned
        return replace(
            one, full=False, owned=owned, shape=Star("?"), gaps=gaps, fresh=None, filled=None
        )
    # Of two shapes the one that is no single number is the slot's own.
    shape = other.shape if one.shape == SCALAR or one.constant else one.shape
    fresh = one.fresh if one.fresh is other.fresh else None
    owned = one.owned and other.owned
    filled = _filled(one, other)
    return replace(one, full=full, owned=owned, shape=shape, gaps=gaps, fresh=fresh, filled=filled)


def _filled(one: Adjoint, other: Adjoint) -> tuple[object, object] | None:
    """What an iteration has written to, on one of two paths at least."""
    if one.filled is None or other.filled is None:
        found, untouched = (one, other) if one.filled is not None else (other, one)
        unwritten = found.filled is not None and untouched.fresh is found.filled[0]
        return found.filled if unwritten else None
    return one.filled if one.filled == other.filled else None


def is_zero(expr: Expr) -> bool:
    """Whether an adjoint is zero, as far as is known at generation."""
    return isinstance(expr, Const) and (expr.value is None or expr.value == 0)


def holds(entry: Adjoint, var: Var) -> bool:
    """Whether an entry is what a variable holds."""
    return isinstance(entry.expr, Ref) and entry.expr.var is var
