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


@linear
def add_at(x: "*s", e, *, key):
    """Added to elements chosen by arrays of integers, to what is chosen twice twice."""
    assert key in ([0, 0, 1], ([0, 1, 0],), [[0, 1], [1, 1]])
    np.add.at(x, key, e)
    d_e += d_x[key]


@linear
def subtract_at(x: "*s", e, *, key):
    """Subtracted from elements chosen by arrays of integers, from what is chosen twice twice."""
    assert key in ([0, 0, 1], ([0, 1, 0],), [[0, 1], [1, 1]])
    np.subtract.at(x, key, e)
    d_e -= d_x[key]


@linear
def put_along_axis(x: "*s", e, *, indices, axis):
    """Elements chosen along an axis overwritten; where two meet, the last one stays."""
    indices = np.argsort(x, axis=-1)
    assert axis in (-1,)
    np.put_along_axis(x, indices, e, axis)
    key = helper.along(indices, np.shape(x), axis)
    d_e += np.where(helper.last_writes(np.shape(x), key), d_x[key], 0.0)
    d_x[key] = 0.0


@linear
@when(wrap == False)  # noqa: E712
def fill_diagonal(x: "*s", e, *, wrap=False):
    """The diagonal overwritten, by one number or element by element."""
    x = np.atleast_2d(x)
    e = np.full(min(np.shape(x)), 0.5)
    np.fill_diagonal(x, e, wrap=wrap)
    key = np.diag_indices(min(np.shape(x)), np.ndim(x))
    d_e += d_x[key]
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


@real
@linear
def take_any(x: "*s", *, indices, axis) -> "?":
    """Items along an axis that is known at run time only, or elements by their numbers in a row."""
    assert indices in ([0, 1, 1], 0, [[0, -1]])
    assert axis in (None, 0, -1)
    y = np.take(x, indices, axis=axis)
    place = np.take(np.reshape(np.arange(np.size(x)), np.shape(x)), indices, axis=axis)
    d_x += np.reshape(np.bincount(np.ravel(place), np.ravel(d_y), np.size(x)), np.shape(x))


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


@linear
@when(axis is None)
def compress_method_all(x: "*s", *, condition, axis=None) -> "?":
    """The elements where a condition holds, by their numbers in a row."""
    x = np.asarray(x)
    condition = np.arange(np.size(x)) % 2 == 0
    y = x.compress(condition, axis=axis)
    np.add.at(d_x, np.unravel_index(np.flatnonzero(condition), np.shape(x)), d_y)


@linear
@when(isinstance(axis, int))
def compress_method(x: "*s", *, condition, axis) -> resized(x, axis):
    """The items along an axis where a condition holds."""
    assert axis in (0, -1)
    condition = np.arange(np.shape(x)[axis]) % 2 == 0
    y = x.compress(condition, axis=axis)
    d_x[(slice(None),) * (axis % np.ndim(x)) + (np.flatnonzero(condition),)] += d_y


@linear
def extract(x: "*s", *, condition) -> "?":
    """The elements where a condition holds, by their numbers in a row."""
    condition = np.reshape(np.arange(np.size(x)) % 2 == 0, np.shape(x))
    y = np.extract(condition, x)
    np.add.at(d_x, np.unravel_index(np.flatnonzero(condition), np.shape(x)), d_y)


@linear
@when(axis is None)
def delete_all(x: "*s", *, obj, axis=None) -> "n":
    """All elements in a row but some."""
    assert obj in (0, [0, 2], slice(0, 2))
    y = np.delete(x, obj, axis=axis)
    np.add.at(d_x, np.unravel_index(np.delete(np.arange(np.size(x)), obj), np.shape(x)), d_y)


@linear
@when(isinstance(axis, int))
def delete(x: "*s", *, obj, axis) -> resized(x, axis):
    """The items along an axis but some."""
    assert obj in (0, [0, 1], slice(0, 2))
    assert axis in (0, -1)
    y = np.delete(x, obj, axis=axis)
    key = np.delete(np.arange(np.shape(x)[axis]), obj)
    d_x[(slice(None),) * (axis % np.ndim(x)) + (key,)] += d_y


@real
@linear
def insert(x: "*s", e: "*r", *, obj) -> "n":
    """All elements in a row, with others put in."""
    assert (x.shape, e.shape) in (((3,), ()), ((2, 3), ()), ((3,), (2,)))
    assert obj in (1, [0, 2])
    y = np.insert(x, obj, e)
    numbers = np.reshape(np.arange(1, np.size(e) + 1), np.shape(e))
    place = np.insert(np.zeros(np.size(x), int), obj, numbers)
    d_x += np.reshape(d_y[place == 0], np.shape(x))
    d_e += np.reshape(np.bincount(place, d_y, np.size(e) + 1)[1:], np.shape(e))


@linear
def choose(xs: [""], *, choice) -> "?":
    """Of several arrays the one whose number is given, for each element."""
    choice = np.reshape(np.arange(np.size(xs[0])) % 3, np.shape(xs[0]))
    y = np.choose(choice, xs)
    d_xs += [np.where(choice == i, d_y, 0.0) for i in range(len(xs))]


@linear
@array
def select(xs: [""], default, *, conditions) -> selected(conditions, xs, default):
    """Of several arrays the first whose condition holds, for each element."""
    conditions = [np.asarray(xs[0]) > 1.0, np.asarray(xs[0]) > 0.0, np.asarray(xs[0]) > -1.0]
    y = np.select(conditions, xs, default)
    chosen = np.select(conditions, list(range(len(xs))), len(xs))
    d_xs += [np.where(chosen == i, d_y, 0.0) for i in range(len(xs))]
    d_default += np.where(chosen == len(xs), d_y, 0.0)


@real
@linear
def bincount(w: "*s", *, x, minlength=0) -> "m":
    """Sums of the weights that have the same number."""
    assert w.shape in ((3,),)
    assert x in ([0, 2, 0],)
    assert minlength in (0, 5)
    y = np.bincount(x, w, minlength=minlength)
    d_w += d_y[x]


def interp(x: "*s", xp: "*r", fp: "*r") -> like(x):
    """A function that is linear between points; outside of them it is constant."""
    assert (x.shape, xp.shape, fp.shape) in (
        ((3,), (3,), (3,)),
        ((2, 3), (3,), (3,)),
        ((), (3,), (3,)),
    )
    xp = np.array([-1.0, 0.2, 2.0])
    assert np.abs(x - 0.2) > 0.05
    assert np.abs(x + 1.0) > 0.05
    assert np.abs(x - 2.0) > 0.05
    y = np.interp(x, xp, fp)
    k = np.clip(np.searchsorted(xp, x, "right") - 1, 0, len(xp) - 2)
    t = np.clip((x - xp[k]) / (xp[k + 1] - xp[k]), 0.0, 1.0)
    outside = (x < xp[0]) | (x > xp[-1])
    slope = np.where(outside, 0.0, (fp[k + 1] - fp[k]) / (xp[k + 1] - xp[k]))
    d_x += d_y * slope
    np.add.at(d_xp, k, -d_y * slope * (1.0 - t))
    np.add.at(d_xp, k + 1, -d_y * slope * t)
    np.add.at(d_fp, k, d_y * (1.0 - t))
    np.add.at(d_fp, k + 1, d_y * t)
    dot_y = (
        slope * (dot_x - (1.0 - t) * dot_xp[k] - t * dot_xp[k + 1])
        + (1.0 - t) * dot_fp[k]
        + t * dot_fp[k + 1]
    )


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


@when(axis is None)
def sort_all(x: "*s", *, axis=-1) -> raveled(x):
    """All elements in rising order; equal elements keep NumPy's order."""
    assert axis in (None,)
    assert np.diff(np.sort(np.ravel(x))) > 0.02
    y = np.sort(x, axis=axis)
    order = np.argsort(x, axis=axis)
    d_x += np.reshape(d_y[np.argsort(order)], np.shape(x))
    dot_y = np.ravel(dot_x)[order]


@when(isinstance(axis, int))
def partition(x: "*s", *, kth, axis=-1) -> like(x):
    """The smallest elements along an axis first; the permutation is read off both orders."""
    assert kth in (0, 1)
    assert axis in (0, -1)
    assert np.diff(np.sort(np.ravel(x))) > 0.02
    y = np.partition(x, kth, axis=axis)
    d_sorted = np.take_along_axis(d_y, np.argsort(y, axis=axis), axis)
    rank = np.argsort(np.argsort(x, axis=axis), axis=axis)
    d_x += np.take_along_axis(d_sorted, rank, axis)
    dot_sorted = np.take_along_axis(dot_x, np.argsort(x, axis=axis), axis)
    dot_y = np.take_along_axis(dot_sorted, np.argsort(np.argsort(y, axis=axis), axis=axis), axis)
