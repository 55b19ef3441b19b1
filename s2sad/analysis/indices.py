"""The shape of x[key], for every kind of key.

    indexed(Shape(("n", "m")), slice(1, -1))          Shape(("n-2", "m"))
    indexed(Shape(("n", "m")), (Shape(("k",)), 0))    Shape(("k",))

The key is an abstract value (see `sizes`): an integer array is its Shape, a mask is a Mask.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from s2sad.analysis.shapes import SOME, axes_of, broadcast, derived
from s2sad.analysis.sizes import UNKNOWN, Linear, Mask, Size, size_sum
from s2sad.analysis.types import SCALAR, AnyShape, Dim, Shape, Star


def indexed(shape: AnyShape, key: Any) -> AnyShape:
    """The shape of x[key]."""
    keys: Sequence[Any] = key if isinstance(key, tuple) else (key,)
    if any(k is UNKNOWN or isinstance(k, Star) for k in keys):
        return SOME
    if any(isinstance(k, Mask) and isinstance(k.shape, Star) for k in keys):
        return Shape(("?",)) if len(keys) == 1 and keys[0].shape == shape else SOME
    if isinstance(shape, Star):
        return _indexed_star(shape, keys)
    taken = sum(_axes_taken(k) for k in keys)
    if taken > shape.rank:
        return SOME
    if not any(k is Ellipsis for k in keys):
        keys = (*keys, Ellipsis)
    dims: list[Dim] = []
    chosen: list[AnyShape] = []
    places: list[int] = []
    rest = list(shape.dims)
    for place, k in enumerate(keys):
        if k is None:
            dims.append(1)
        elif k is Ellipsis:
            count = shape.rank - taken
            dims += rest[:count]
            rest = rest[count:]
        elif isinstance(k, slice):
            dims.append(sliced(rest.pop(0), k))
        else:
            rest = rest[_axes_taken(k) :]
            chosen.append(_chosen(k))
            places.append(place)
            if len(places) == 1:
                first = len(dims)
    if all(_is_integer(keys[place]) for place in places):
        return Shape(tuple(dims))
    together = broadcast(*chosen)
    if isinstance(together, Star):
        return SOME
    if places[-1] - places[0] != len(places) - 1:
        first = 0
    return Shape(tuple(dims[:first]) + together.dims + tuple(dims[first:]))


def _is_integer(key: Any) -> bool:
    return (isinstance(key, int) and not isinstance(key, bool)) or (
        isinstance(key, Size) or key == SCALAR
    )


def _axes_taken(key: Any) -> int:
    """How many axes of the array one part of an index speaks for."""
    if key is None or key is Ellipsis or isinstance(key, bool):
        return 0
    if isinstance(key, Mask):
        return key.shape.rank if isinstance(key.shape, Shape) else 1
    return 1


def _chosen(key: Any) -> AnyShape:
    """The shape of an index array."""
    if isinstance(key, Mask) or isinstance(key, bool):
        return Shape(("?",))
    if isinstance(key, list):
        inner = [_chosen(item) for item in key]
        first = inner[0] if inner else SCALAR
        return Shape((len(key), *first.dims)) if isinstance(first, Shape) else SOME
    return key if isinstance(key, Shape) else SCALAR


def _indexed_star(shape: Star, keys: Sequence[Any]) -> AnyShape:
    """Which integer an axis is read at does not matter: A[i, j] has the shape of A[j, j]."""
    whole = slice(None)
    if all(k is Ellipsis or k == whole for k in keys):
        return shape
    details = [0 if _is_integer(k) else k for k in keys]
    literals = all(k is None or k is Ellipsis or k == 0 or isinstance(k, slice) for k in details)
    if not literals or any(isinstance(k, slice) and not _is_literal(k) for k in details):
        return SOME
    return derived(shape, "indexed", *details)


def _is_literal(key: slice) -> bool:
    return all(part is None or type(part) is int for part in (key.start, key.stop, key.step))


def sliced(size: Dim, key: slice) -> Dim:
    """The size of a slice of an axis."""
    start, stop, step = key.start, key.stop, key.step
    if isinstance(stop, Size):
        left = Linear.of(size).plus(Linear.of(stop), -1)
        if not left.terms and left.number in (0, 1, 2):
            stop = -left.number or None  # x[:n - 1] is x[:-1]
    if isinstance(start, Size) or isinstance(stop, Size):
        return _between(size, start, stop, step)
    literals = all(part is None or type(part) is int for part in (start, stop, step))
    if not literals or size == "?":
        return "?"
    if isinstance(size, int):
        return len(range(*slice(start, stop, step).indices(size)))
    if step == -1 and start is None and stop is None:
        return size
    if step not in (None, 1):
        return f"?{size}[{start}:{stop}:{step}]"
    start = start or 0
    if start >= 0 and (stop is None or stop < 0):
        return size_sum(size, (stop or 0) - start)
    return f"?{size}[{start}:{stop}]"


def _between(size: Dim, start: Any, stop: Any, step: Any) -> Dim:
    """The size of x[start:stop] by sizes, where 0 <= start <= stop <= size certainly holds."""
    stop = Size(size) if stop is None else stop
    whole = size != "?" and step in (None, 1) and isinstance(size, str)
    if not whole or not all(type(p) is int or isinstance(p, Size) for p in (start or 0, stop)):
        return "?"
    first, last, end = Linear.of(start or 0), Linear.of(stop), Linear.of(size)
    steps = (first, last.plus(first, -1), end.plus(last, -1))
    return steps[1].size if all(part.is_certain for part in steps) else "?"


def taken(shape: AnyShape, indices: Any, axis: Any = None) -> AnyShape:
    """The elements at indices along an axis; without one, of the array raveled."""
    chosen = _chosen(indices)
    if axis is None:
        return chosen if indices is not UNKNOWN else SOME
    if not (isinstance(shape, Shape) and isinstance(chosen, Shape)) or indices is UNKNOWN:
        return SOME
    axes = axes_of(axis, shape.rank)
    if axes is None:
        return SOME
    return Shape(shape.dims[: axes[0]] + chosen.dims + shape.dims[axes[0] + 1 :])
