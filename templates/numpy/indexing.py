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
