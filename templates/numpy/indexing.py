"""Reading and writing parts of arrays."""

import numpy as np

# ---------------------------------------------------------------- reading


@linear
@view(x)
def getitem(x: "*s", *, key: basic) -> indexed(x, key):
    """An element, a row, a slice: integers, slices, None and `...`."""
    assert key in (0, -1, slice(1, None), slice(None, None, -2), None, ...)
    y = x[key]
    d_x[key] += d_y


@linear
def getitem_mask(x: "*s", *, key: mask) -> indexed(x, key):
    """The elements where a mask is true, each at most once."""
    key = x > 0.0
    y = x[key]
    d_x[key] += d_y


@linear
def getitem_any(x: "*s", *, key) -> indexed(x, key):
    """Elements chosen by arrays of integers; what is chosen twice gets both adjoints."""
    assert key in ([0, 0, 1], ([0, 1, 0],), [[0, 1], [1, 1]])
    y = x[key]
    np.add.at(d_x, key, d_y)


# ---------------------------------------------------------------- writing


@linear
def setitem(x: "*s", e, *, key: basic):
    """A part overwritten: what stood there has no effect any more."""
    assert key in (0, -1, slice(1, None), slice(None, None, -2), ...)
    x[key] = e
    d_e += d_x[key]
    d_x[key] = 0.0


@linear
def setitem_mask(x: "*s", e, *, key: mask):
    """The elements where a mask is true overwritten."""
    key = x > 0.0
    e = np.full(np.count_nonzero(key), 0.5)
    x[key] = e
    d_e += d_x[key]
    d_x[key] = 0.0


@linear
def setitem_any(x: "*s", e, *, key):
    """Elements chosen by arrays of integers overwritten; where two meet, the last one stays."""
    assert key in ([0, 0, 1], ([0, 1, 0],), [[0, 1], [1, 1]])
    x[key] = e
    d_e += np.where(helper.last_writes(np.shape(x), key), d_x[key], 0.0)
    d_x[key] = 0.0


# ---------------------------------------------------------------- selections


@linear
def take_all(x: "*s", *, indices) -> taken(x, indices, None):
    """Elements by their numbers in a row."""
    assert indices in ([0, 1, 1], 0, [[0, -1]])
    y = np.take(x, indices)
    np.add.at(d_x, np.unravel_index(np.mod(indices, np.size(x)), np.shape(x)), d_y)


@linear
def take_rows(x: "*s", *, indices) -> taken(x, indices, 0):
    """Items along the first axis."""
    assert indices in ([0, 1, 1], 0, [[0, -1]])
    y = np.take(x, indices, axis=0)
    np.add.at(d_x, indices, d_y)


@linear
@when(isinstance(axis, int))
def take(x: "*s", *, indices, axis) -> taken(x, indices, axis):
    """Items along an axis."""
    assert indices in ([0, 1, 1], 0, [[0, -1]])
    assert axis in (0, -1)
    y = np.take(x, indices, axis=axis)
    np.add.at(d_x, (slice(None),) * (axis % np.ndim(x)) + (indices,), d_y)


@linear
@when(isinstance(axis, int))
def take_along_axis(x: "*s", *, indices, axis) -> like(indices):
    """An element for each index along an axis."""
    assert axis in (0, -1)
    indices = np.zeros(np.shape(x), dtype=int)
    y = np.take_along_axis(x, indices, axis=axis)
    np.add.at(d_x, helper.along_axis(indices, axis), d_y)


@linear
@when(axis is None)
def compress_all(x: "*s", *, condition, axis=None) -> "?":
    """The elements where a condition holds, by their numbers in a row."""
    condition = np.arange(np.size(x)) % 2 == 0
    y = np.compress(condition, x, axis=axis)
    np.add.at(d_x, np.unravel_index(np.flatnonzero(condition), np.shape(x)), d_y)


@linear
@when(isinstance(axis, int))
def compress(x: "*s", *, condition, axis) -> resized(x, axis):
    """The items along an axis where a condition holds."""
    assert axis in (0, -1)
    condition = np.arange(np.shape(x)[axis]) % 2 == 0
    y = np.compress(condition, x, axis=axis)
    d_x[(slice(None),) * (axis % np.ndim(x)) + (np.flatnonzero(condition),)] += d_y


# ---------------------------------------------------------------- order


def sort_vector(x: "n") -> "n":
    """A vector in rising order; equal elements keep NumPy's order."""
    assert np.diff(np.sort(np.ravel(x))) > 0.02
    y = np.sort(x)
    d_x[np.argsort(x)] += d_y
    dot_y = dot_x[np.argsort(x)]


@when(isinstance(axis, int))
def sort(x: "*s", *, axis=-1) -> like(x):
    """In rising order along an axis; equal elements keep NumPy's order."""
    assert axis in (0, -1)
    assert np.diff(np.sort(np.ravel(x))) > 0.02
    y = np.sort(x, axis=axis)
    order = np.argsort(x, axis=axis)
    d_x += np.take_along_axis(d_y, np.argsort(order, axis=axis), axis)
    dot_y = np.take_along_axis(dot_x, order, axis)
