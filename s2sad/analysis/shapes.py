"""Functions on shapes: the shape of a result from the shapes of its operands.

A function here knows shapes and no operators. Which one belongs to an operator is said by its
template (`-> reduced(x, axis, keepdims)`). Arguments that are not shapes come as the abstract
values that `sizes` describes.

    reduced(Shape(("n", "m")), 0, False)      Shape(("m",))
    indexed(Shape(("n", "m")), slice(1, -1))  Shape(("n-2", "m"))
    reduced(Star("x"), 0, True)               Star("x", {0})

What cannot be told is the size "?" or the Star "?". These two are equal to nothing, not even to
themselves; any other name, anonymous ones too, stands for one size or one shape.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from s2sad.analysis.sizes import UNKNOWN, Mask, Size, as_size, merged_size, product, size_sum
from s2sad.analysis.types import SCALAR, AnyShape, Array, Dim, ListOf, Shape, Star, Type

SOME = Star("?")
"""A shape of which nothing is known."""

Result: TypeAlias = AnyShape | Type | tuple[Any, ...]
"""The shape of a result: of an array, of a list of arrays, or of each part of a tuple."""

# ---------------------------------------------------------------- whole shapes


def label(shape: AnyShape) -> str:
    """A shape as part of the name of another."""
    if isinstance(shape, Shape):
        return "(" + ",".join(map(str, shape.dims)) + ")"
    if not shape.ones:
        return shape.name
    return shape.inner + "".join(f"@{axis}" for axis in sorted(shape.ones))


def derived(shape: AnyShape, how: str, *details: Any) -> Star:
    """The shape of unknown rank that follows from another in a way that these details settle."""
    unsettled = any(detail is UNKNOWN or isinstance(detail, Shape | Star) for detail in details)
    if unsettled or "?" in label(shape).split("&"):
        return SOME
    inner = Star(label(shape)).inner
    return Star(f"{inner}.{how}({','.join(map(repr, details)).replace('&', '+')})")


def broadcast(*shapes: AnyShape) -> AnyShape:
    """The shape of values that are combined element by element."""
    result: AnyShape = SCALAR
    for shape in shapes:
        result = _broadcast(result, shape)
    return result


def _broadcast(one: AnyShape, other: AnyShape) -> AnyShape:
    if one == SCALAR:
        return other
    if other == SCALAR:
        return one
    if isinstance(one, Shape) and isinstance(other, Shape):
        rank = max(one.rank, other.rank)
        pairs = zip(_padded_left(one, rank), _padded_left(other, rank), strict=True)
        return Shape(tuple(merged_size(a, b) for a, b in pairs))
    if SOME in (one, other):
        return SOME
    if isinstance(one, Star) and isinstance(other, Star) and one.name == other.name:
        return Star(one.name, one.ones & other.ones)
    parts = sorted({*label(one).split("&"), *label(other).split("&")})
    return Star("&".join(parts))


def _padded_left(shape: Shape, rank: int) -> tuple[Dim, ...]:
    return (1,) * (rank - shape.rank) + shape.dims


def summed(items: Any, start: AnyShape = SCALAR) -> AnyShape:
    """The shape of the sum of the items of a list."""
    return broadcast(start, *_each(items))


def selected(conditions: Any, items: Any, default: AnyShape) -> AnyShape:
    """The shape of arrays from which conditions choose."""
    masks = conditions if isinstance(conditions, list | tuple) else (UNKNOWN,)
    return broadcast(
        default, *_each(items), *(m.shape if isinstance(m, Mask) else SOME for m in masks)
    )


def meshed(shapes: Any, indexing: Any = "xy") -> AnyShape:
    """The grid that the elements of arrays span."""
    sizes = [raveled(shape).dims[0] for shape in _each(shapes)]
    if indexing not in ("xy", "ij"):
        return Shape(("?",) * len(sizes))
    if indexing == "xy" and len(sizes) > 1:
        sizes[:2] = sizes[1], sizes[0]
    return Shape(tuple(sizes))


def like(shape: AnyShape) -> AnyShape:
    """The same shape."""
    return shape


def filled(shape: Any) -> AnyShape:
    """The shape that an argument `shape` asks for: a number, a tuple, the shape of an array."""
    if isinstance(shape, Star):
        return shape
    if isinstance(shape, tuple | list):
        return Shape(tuple(as_size(size) for size in shape))
    if isinstance(shape, int | Size) or shape == SCALAR:
        return Shape((as_size(shape),))
    return SOME


# ---------------------------------------------------------------- axes


def axes_of(axis: Any, rank: int) -> tuple[int, ...] | None:
    """The axes that an argument `axis` names, counted from 0; None when that is not known."""
    if axis is None:
        return tuple(range(rank))
    axes = axis if isinstance(axis, tuple | list) else (axis,)
    if not all(type(a) is int and -rank <= a < rank for a in axes):
        return None
    return tuple(a % rank for a in axes)


def reduced(shape: AnyShape, axis: Any = None, keepdims: Any = False) -> AnyShape:
    """The shape of a sum over axes."""
    if axis is None and keepdims is False:
        return SCALAR
    if isinstance(shape, Star):
        numbers = axis if isinstance(axis, tuple) else (axis,)
        if keepdims is True and shape != SOME and all(type(a) is int for a in numbers):
            return Star(shape.name, shape.ones | set(numbers))
        return derived(shape, "reduced", axis, keepdims)
    axes = axes_of(axis, shape.rank)
    if keepdims is True:
        known = axes is not None
        axes = axes or ()
        unsure = tuple("?" for _ in shape.dims)
        kept = tuple(1 if i in axes else size for i, size in enumerate(shape.dims))
        return Shape(kept if known else unsure)
    if axes is None or keepdims is not False:
        return Shape(("?",) * (shape.rank - 1)) if isinstance(axis, Shape) else SOME
    return Shape(tuple(size for i, size in enumerate(shape.dims) if i not in axes))


def transposed(shape: AnyShape, axes: Any = None) -> AnyShape:
    """The axes in another order; reversed, where none is given."""
    if isinstance(shape, Star):
        return derived(shape, "transposed", axes)
    order = tuple(reversed(range(shape.rank))) if axes is None else axes_of(axes, shape.rank)
    if order is None or len(order) != shape.rank:
        return Shape(("?",) * shape.rank)
    return Shape(tuple(shape.dims[axis] for axis in order))


def swapped(shape: AnyShape, axis1: Any, axis2: Any) -> AnyShape:
    """Two axes exchanged."""
    if isinstance(shape, Star):
        return derived(shape, "swapped", axis1, axis2)
    axes = axes_of((axis1, axis2), shape.rank)
    if axes is None:
        return Shape(("?",) * shape.rank)
    dims = list(shape.dims)
    one, other = axes
    dims[one], dims[other] = dims[other], dims[one]
    return Shape(tuple(dims))


def moved(shape: AnyShape, source: Any, destination: Any) -> AnyShape:
    """Some axes moved to other places, the others staying in order."""
    if isinstance(shape, Star):
        return derived(shape, "moved", source, destination)
    start, end = axes_of(source, shape.rank), axes_of(destination, shape.rank)
    if start is None or end is None or source is None:
        return Shape(("?",) * shape.rank)
    order = [axis for axis in range(shape.rank) if axis not in start]
    for place, axis in sorted(zip(end, start, strict=True)):
        order.insert(place, axis)
    return Shape(tuple(shape.dims[axis] for axis in order))


def expanded(shape: AnyShape, axis: Any) -> AnyShape:
    """Axes of size one put in, at these places of the result."""
    if isinstance(shape, Star):
        return derived(shape, "expanded", axis)
    count = len(axis) if isinstance(axis, tuple | list) else 1
    axes = axes_of(axis, shape.rank + count)
    if axes is None or axis is None:
        return Shape(("?",) * (shape.rank + count))
    rest = iter(shape.dims)
    return Shape(tuple(1 if i in axes else next(rest) for i in range(shape.rank + count)))


def squeezed(shape: AnyShape, axis: Any = None) -> AnyShape:
    """Axes of size one left out. Without `axis` these must be known, symbols may be one too."""
    if isinstance(shape, Star):
        return derived(shape, "squeezed", axis)
    if axis is None:
        known = all(isinstance(size, int) for size in shape.dims)
        return Shape(tuple(size for size in shape.dims if size != 1)) if known else SOME
    return reduced(shape, axis)


def resized(shape: AnyShape, axis: Any, size: Dim = "?") -> AnyShape:
    """One axis of another size, such as that of a difference, or of a selection."""
    if isinstance(shape, Star):
        return SOME
    axes = axes_of(axis, shape.rank)
    if axes is None:
        return Shape(("?",) * shape.rank)
    return Shape(tuple(size if i in axes else old for i, old in enumerate(shape.dims)))


def padded(shape: AnyShape, width: Any) -> AnyShape:
    """Every axis made longer, by a width on both sides, one before and one after, or one each."""
    if isinstance(shape, Star):
        return SOME
    pairs: list[Any]
    if type(width) is int:
        pairs = [(width, width)] * shape.rank
    elif _are_numbers(width) and len(width) == 2:
        pairs = [width] * shape.rank
    elif isinstance(width, tuple | list) and all(_are_numbers(pair) for pair in width):
        pairs = [pair if len(pair) == 2 else (*pair, *pair) for pair in width]
        pairs = pairs * shape.rank if len(pairs) == 1 else pairs
    else:
        pairs = []
    if len(pairs) != shape.rank:
        return Shape(("?",) * shape.rank)
    return Shape(tuple(size_sum(size, sum(p)) for size, p in zip(shape.dims, pairs, strict=True)))


def _are_numbers(values: Any) -> bool:
    return isinstance(values, tuple | list) and all(type(value) is int for value in values)


def at_least(shape: AnyShape, rank: int) -> AnyShape:
    """Axes of size one put round a shape, up to this rank, as np.atleast_3d does."""
    if isinstance(shape, Star):
        return derived(shape, "at_least", rank)
    missing = rank - shape.rank
    if missing <= 0:
        return shape
    before = 1 if rank == 3 and shape.rank == 1 else 0 if rank == 3 and shape.rank == 2 else missing
    return Shape((1,) * before + shape.dims + (1,) * (missing - before))


# ---------------------------------------------------------------- other forms


def raveled(shape: AnyShape) -> Shape:
    """All elements in a row."""
    return Shape((product(shape.dims) if isinstance(shape, Shape) else "?",))


def reshaped(shape: AnyShape, new: Any) -> AnyShape:
    """The elements in an array of another shape, in which -1 is what remains."""
    target = filled(new)
    if isinstance(target, Star):
        return target
    given = new if isinstance(new, tuple | list) else (new,)
    if -1 not in given:
        return target
    dims = list(target.dims)
    place = list(given).index(-1)
    dims[place] = _remaining(shape, [size for i, size in enumerate(dims) if i != place])
    return Shape(tuple(dims))


def _remaining(shape: AnyShape, given: list[Dim]) -> Dim:
    """The size that -1 stands for: what is left of the sizes when those given are taken away."""
    if isinstance(shape, Star):
        return "?"
    left = list(shape.dims)
    for size in given:
        if size in left:
            left.remove(size)
        elif size != 1:
            numbers = [s for s in left if isinstance(s, int)]
            total = product(numbers)
            if not (isinstance(size, int) and isinstance(total, int) and size and total):
                return "?"
            left = [s for s in left if not isinstance(s, int)] + [total // size]
    return product(left)


def joined(shapes: Any, axis: Any = 0) -> AnyShape:
    """Arrays put one after the other along an axis: those of a list, of a ListOf any number."""
    known = [s for s in _each(shapes) if isinstance(s, Shape)]
    if not known or axis is None:
        return Shape(("?",)) if axis is None else SOME
    axes = axes_of(axis, known[0].rank)
    if axes is None:
        return Shape(("?",) * known[0].rank)
    (place,) = axes
    sizes = [s.dims[place] for s in known]
    all_known = len(known) == _length(shapes) and all(isinstance(size, int) for size in sizes)
    total: Dim = sum(int(size) for size in sizes) if all_known else "?"
    return resized(known[0], place, total)


def stacked(shapes: Any, axis: Any = 0) -> AnyShape:
    """Arrays of one shape put side by side along a new axis: those of a list, of a ListOf any
    number."""
    known = [s for s in _each(shapes) if isinstance(s, Shape)]
    if not known:
        return SOME
    shape = known[0]
    axes = axes_of(axis, shape.rank + 1)
    if axes is None or axis is None:
        return Shape(("?",) * (shape.rank + 1))
    dims = list(shape.dims)
    dims.insert(axes[0], _length(shapes))
    return Shape(tuple(dims))


def _each(shapes: Any) -> list[AnyShape]:
    """The shapes of a list's items; the one that all have where their number is not known."""
    if isinstance(shapes, ListOf):
        return [shapes.item.shape] if isinstance(shapes.item, Array) else []
    return list(shapes) if isinstance(shapes, list | tuple) else []


def _length(shapes: Any) -> Dim:
    return "?" if isinstance(shapes, ListOf) else len(shapes)


def divided(shape: AnyShape, sections: Any, axis: Any = 0) -> Result:
    """The parts that an array is split into along an axis: a list of arrays."""
    part = resized(shape, axis)
    if type(sections) is int and sections > 0:
        if isinstance(shape, Shape) and (axes := axes_of(axis, shape.rank)):
            size = shape.dims[axes[0]]
            if isinstance(size, int) and size % sections == 0:
                part = resized(shape, axis, size // sections)
        return (part,) * sections
    if isinstance(sections, list | tuple):
        return (part,) * (len(sections) + 1)
    return ListOf(Array("unknown", part))


def listed(_: Any) -> Result:
    """A list of arrays, of which no more is known."""
    return ListOf(Array("unknown", SOME))


def columns(shape: AnyShape, sections: Any) -> Result:
    """The parts that an array is split into along its second axis, or its only one."""
    if isinstance(shape, Star):
        parts = divided(SOME, sections)
    else:
        parts = divided(shape, sections, 0 if shape.rank == 1 else 1)
    return parts


# ---------------------------------------------------------------- products


def matmul(a: AnyShape, b: AnyShape) -> AnyShape:
    """The shape of a @ b."""
    if not (isinstance(a, Shape) and isinstance(b, Shape)) or not (a.rank and b.rank):
        return derived(Star(label(a)), "matmul", label(b)) if SOME not in (a, b) else SOME
    rows = a.dims[-2:-1]
    columns = b.dims[-1:] if b.rank > 1 else ()
    lead = broadcast(Shape(a.dims[:-2]), Shape(b.dims[:-2]))
    assert isinstance(lead, Shape)
    return Shape(lead.dims + rows + columns)


def dot(a: AnyShape, b: AnyShape) -> AnyShape:
    """The shape of np.dot(a, b)."""
    if SCALAR in (a, b):
        return broadcast(a, b)
    if isinstance(a, Shape) and isinstance(b, Shape):
        return Shape(a.dims[:-1] + (b.dims[:-2] + b.dims[-1:] if b.rank > 1 else ()))
    return derived(Star(label(a)), "dot", label(b)) if SOME not in (a, b) else SOME


def outer(a: AnyShape, b: AnyShape) -> AnyShape:
    """All elements of one times all elements of the other."""
    return Shape(raveled(a).dims + raveled(b).dims)


def paired(a: AnyShape, b: AnyShape) -> AnyShape:
    """Each element of one with each element of the other: the axes of both."""
    if isinstance(a, Shape) and isinstance(b, Shape):
        return Shape(a.dims + b.dims)
    return SOME


def inner(a: AnyShape, b: AnyShape) -> AnyShape:
    """The last axes of both summed over."""
    if SCALAR in (a, b):
        return broadcast(a, b)
    if isinstance(a, Shape) and isinstance(b, Shape):
        return Shape(a.dims[:-1] + b.dims[:-1])
    return SOME


def contracted(a: AnyShape, b: AnyShape, axes: Any = 2) -> AnyShape:
    """The axes of two arrays paired off and summed over, as np.tensordot does."""
    if not (isinstance(a, Shape) and isinstance(b, Shape)):
        return SOME
    if type(axes) is int:
        return Shape(a.dims[: a.rank - axes] + b.dims[axes:])
    if not (isinstance(axes, tuple | list) and len(axes) == 2):
        return SOME
    from_a, from_b = axes_of(axes[0], a.rank), axes_of(axes[1], b.rank)
    if from_a is None or from_b is None:
        return SOME
    rest_a = tuple(size for i, size in enumerate(a.dims) if i not in from_a)
    return Shape(rest_a + tuple(size for i, size in enumerate(b.dims) if i not in from_b))


def einsum(spec: Any, shapes: Any) -> AnyShape:
    """The shape that an einsum specification gives; letters stand for sizes."""
    if not isinstance(spec, str) or not isinstance(shapes, tuple | list) or "." in spec:
        return SOME
    inputs, arrow, output = spec.replace(" ", "").partition("->")
    sizes: dict[str, Dim] = {}
    for letters, shape in zip(inputs.split(","), shapes, strict=False):
        if isinstance(shape, Shape):
            for letter, size in zip(letters, shape.dims, strict=False):
                sizes[letter] = merged_size(sizes.get(letter, 1), size)
    if not arrow:
        output = "".join(sorted(c for c in set(inputs) - {","} if inputs.count(c) == 1))
    return Shape(tuple(sizes.get(letter, "?") for letter in output))


# ---------------------------------------------------------------- diagonals


def diagonal(shape: AnyShape, offset: Any = 0, axis1: Any = 0, axis2: Any = 1) -> AnyShape:
    """Two axes replaced by their diagonal, which comes last."""
    if isinstance(shape, Star):
        return SOME
    axes = axes_of((axis1, axis2), shape.rank)
    if axes is None:
        return SOME
    rest = tuple(size for i, size in enumerate(shape.dims) if i not in axes)
    one, other = (shape.dims[axis] for axis in axes)
    return Shape((*rest, one if one == other and offset == 0 else "?"))


def diag(shape: AnyShape, k: Any = 0) -> AnyShape:
    """The diagonal of a matrix, or the matrix with a vector as its diagonal."""
    if isinstance(shape, Shape) and shape.rank == 1:
        size = size_sum(shape.dims[0], abs(k)) if type(k) is int else "?"
        return Shape((size, size))
    return diagonal(shape, k)
