"""The methods of ufuncs: outer, reduce and accumulate."""

import numpy as np

# ---------------------------------------------------------------- every element with every other


@linear
def add_outer_vectors(a: "n", b: "m") -> "n m":
    """The sums of all pairs of elements of two vectors."""
    y = np.add.outer(a, b)
    d_a += np.sum(d_y, axis=1)
    d_b += np.sum(d_y, axis=0)


@linear
def add_outer(a: "*s", b: "*r") -> paired(a, b):
    """The sums of all pairs of elements."""
    y = np.add.outer(a, b)
    d_a += np.sum(d_y, axis=tuple(range(np.ndim(a), np.ndim(d_y))))
    d_b += np.sum(d_y, axis=tuple(range(np.ndim(a))))


@linear
def subtract_outer_vectors(a: "n", b: "m") -> "n m":
    """The differences of all pairs of elements of two vectors."""
    y = np.subtract.outer(a, b)
    d_a += np.sum(d_y, axis=1)
    d_b -= np.sum(d_y, axis=0)


@linear
def subtract_outer(a: "*s", b: "*r") -> paired(a, b):
    """The differences of all pairs of elements."""
    y = np.subtract.outer(a, b)
    d_a += np.sum(d_y, axis=tuple(range(np.ndim(a), np.ndim(d_y))))
    d_b -= np.sum(d_y, axis=tuple(range(np.ndim(a))))


@multilinear
def multiply_outer_vectors(a: "n", b: "m") -> "n m":
    """The products of all pairs of elements of two vectors."""
    y = np.multiply.outer(a, b)
    d_a += d_y @ b
    d_b += d_y.T @ a


@multilinear
def multiply_outer(a: "*s", b: "*r") -> paired(a, b):
    """The products of all pairs of elements."""
    y = np.multiply.outer(a, b)
    d_a += np.tensordot(d_y, b, np.ndim(b))
    d_b += np.tensordot(a, d_y, np.ndim(a))


@gives(real)
def equal_outer(a: const, b: const) -> paired(a, b):
    """Which pairs of elements are equal."""
    y = np.equal.outer(a, b)


@gives(real)
def greater_outer(a: const, b: const) -> paired(a, b):
    """For which pairs of elements the first is greater."""
    y = np.greater.outer(a, b)


@gives(real)
def less_outer(a: const, b: const) -> paired(a, b):
    """For which pairs of elements the first is less."""
    y = np.less.outer(a, b)


def maximum_outer(a: "*s", b: "*r") -> paired(a, b):
    """The larger of all pairs of elements; at a tie each gets one half."""
    assert np.diff(np.sort(np.concatenate((np.ravel(a), np.ravel(b))))) > 0.02
    y = np.maximum.outer(a, b)
    weight = np.where(np.equal.outer(a, b), 0.5, np.greater.outer(a, b))
    d_a += np.sum(weight * d_y, axis=tuple(range(np.ndim(a), np.ndim(d_y))))
    d_b += np.sum((1.0 - weight) * d_y, axis=tuple(range(np.ndim(a))))
    dot_y = np.add.outer(dot_a, np.zeros(np.shape(b))) * weight + np.add.outer(
        np.zeros(np.shape(a)), dot_b
    ) * (1.0 - weight)


def minimum_outer(a: "*s", b: "*r") -> paired(a, b):
    """The smaller of all pairs of elements; at a tie each gets one half."""
    assert np.diff(np.sort(np.concatenate((np.ravel(a), np.ravel(b))))) > 0.02
    y = np.minimum.outer(a, b)
    weight = np.where(np.equal.outer(a, b), 0.5, np.less.outer(a, b))
    d_a += np.sum(weight * d_y, axis=tuple(range(np.ndim(a), np.ndim(d_y))))
    d_b += np.sum((1.0 - weight) * d_y, axis=tuple(range(np.ndim(a))))
    dot_y = np.add.outer(dot_a, np.zeros(np.shape(b))) * weight + np.add.outer(
        np.zeros(np.shape(a)), dot_b
    ) * (1.0 - weight)


# ---------------------------------------------------------------- reductions


@linear
def add_reduce(x: "*s", *, axis=0, keepdims=False) -> reduced(x, axis, keepdims):
    """Sum over axes, the first unless others are named."""
    assert axis in (0, -1, None, (0, -1))
    assert keepdims in (False, True)
    y = np.add.reduce(x, axis=axis, keepdims=keepdims)
    d_x += d_y if axis is None or keepdims else np.expand_dims(d_y, axis)


def multiply_reduce(x: "*s", *, axis=0, keepdims=False) -> reduced(x, axis, keepdims):
    """Product over axes, the first unless others are named."""
    assert axis in (0, -1, None, (0, -1))
    assert keepdims in (False, True)
    y = np.multiply.reduce(x, axis=axis, keepdims=keepdims)
    others = helper.product_of_others(x, axis)
    d_x += (d_y if axis is None or keepdims else np.expand_dims(d_y, axis)) * others
    dot_y = np.sum(others * dot_x, axis=axis, keepdims=keepdims)


def maximum_reduce(x: "*s", *, axis=0, keepdims=False) -> reduced(x, axis, keepdims):
    """The largest along axes, the first unless others are named; ties share the adjoint evenly."""
    assert axis in (0, -1, None, (0, -1))
    assert keepdims in (False, True)
    assert np.diff(np.sort(np.ravel(x))) > 0.02
    y = np.maximum.reduce(x, axis=axis, keepdims=keepdims)
    at_max = x == (y if axis is None or keepdims else np.expand_dims(y, axis))
    weight = at_max / np.sum(at_max, axis=axis, keepdims=True)
    d_x += (d_y if axis is None or keepdims else np.expand_dims(d_y, axis)) * weight
    dot_y = np.sum(weight * dot_x, axis=axis, keepdims=keepdims)


def minimum_reduce(x: "*s", *, axis=0, keepdims=False) -> reduced(x, axis, keepdims):
    """The smallest along axes, the first unless others are named; ties share the adjoint evenly."""
    assert axis in (0, -1, None, (0, -1))
    assert keepdims in (False, True)
    assert np.diff(np.sort(np.ravel(x))) > 0.02
    y = np.minimum.reduce(x, axis=axis, keepdims=keepdims)
    at_min = x == (y if axis is None or keepdims else np.expand_dims(y, axis))
    weight = at_min / np.sum(at_min, axis=axis, keepdims=True)
    d_x += (d_y if axis is None or keepdims else np.expand_dims(d_y, axis)) * weight
    dot_y = np.sum(weight * dot_x, axis=axis, keepdims=keepdims)


# ---------------------------------------------------------------- running results


@linear
@when(isinstance(axis, int))
def add_accumulate(x: "*s", *, axis=0) -> like(x):
    """Running sum along an axis."""
    assert axis in (0, -1)
    y = np.add.accumulate(x, axis=axis)
    d_x += np.flip(np.cumsum(np.flip(d_y, axis), axis), axis)


@when(isinstance(axis, int))
def multiply_accumulate(x: "*s", *, axis=0) -> like(x):
    """Running product along an axis."""
    assert axis in (0, -1)
    y = np.multiply.accumulate(x, axis=axis)
    d_x += helper.cumprod_backward(x, d_y, axis)
    dot_y = helper.cumprod_forward(x, dot_x, axis)


@when(isinstance(axis, int))
def maximum_accumulate(x: "*s", *, axis=0) -> like(x):
    """Running maximum along an axis. Where elements tie, the first of them is taken."""
    assert axis in (0, -1)
    assert np.diff(np.sort(np.ravel(x))) > 0.02
    y = np.maximum.accumulate(x, axis=axis)
    record = helper.first_places(y, axis)
    np.add.at(d_x, helper.along_axis(record, axis), d_y)
    dot_y = np.take_along_axis(dot_x, record, axis)


@when(isinstance(axis, int))
def minimum_accumulate(x: "*s", *, axis=0) -> like(x):
    """Running minimum along an axis. Where elements tie, the first of them is taken."""
    assert axis in (0, -1)
    assert np.diff(np.sort(np.ravel(x))) > 0.02
    y = np.minimum.accumulate(x, axis=axis)
    record = helper.first_places(y, axis)
    np.add.at(d_x, helper.along_axis(record, axis), d_y)
    dot_y = np.take_along_axis(dot_x, record, axis)
