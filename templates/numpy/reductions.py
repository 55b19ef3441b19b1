"""Sums, means, products and extremes over axes."""

import numpy as np

# ---------------------------------------------------------------- sums and means


@linear
def sum(x: "*s", *, axis=None, dtype=None, keepdims=False) -> reduced(x, axis, keepdims):
    """Sum over axes."""
    assert axis in (None, 0, -1, (0, -1))
    assert keepdims in (False, True)
    y = np.sum(x, axis=axis, dtype=dtype, keepdims=keepdims)
    d_x += d_y if axis is None or keepdims else np.expand_dims(d_y, axis)


@linear
def mean_all(x: "*s", *, dtype=None, keepdims=False) -> reduced(x, None, keepdims):
    """Mean of all elements."""
    assert keepdims in (False, True)
    y = np.mean(x, dtype=dtype, keepdims=keepdims)
    d_x += d_y / np.size(x)


@linear
@when(isinstance(axis, int))
def mean_axis(x: "*s", *, axis, dtype=None, keepdims=False) -> reduced(x, axis, keepdims):
    """Mean over one axis."""
    assert axis in (0, -1)
    assert keepdims in (False, True)
    y = np.mean(x, axis=axis, dtype=dtype, keepdims=keepdims)
    d_x += (d_y if keepdims else np.expand_dims(d_y, axis)) / np.shape(x)[axis]


@linear
def mean(x: "*s", *, axis=None, dtype=None, keepdims=False) -> reduced(x, axis, keepdims):
    """Mean over axes."""
    assert axis in (None, 0, (0, -1))
    assert keepdims in (False, True)
    y = np.mean(x, axis=axis, dtype=dtype, keepdims=keepdims)
    spread = d_y if axis is None or keepdims else np.expand_dims(d_y, axis)
    d_x += spread / (np.size(x) // max(np.size(y), 1))


# ---------------------------------------------------------------- spread


def var_all(x: "*s", *, ddof=0, keepdims=False) -> reduced(x, None, keepdims):
    """Variance of all elements."""
    assert ddof in (0, 1)
    y = np.var(x, ddof=ddof, keepdims=keepdims)
    d_x += d_y * (2.0 / (np.size(x) - ddof)) * (x - np.mean(x))
    dot_y = np.sum((x - np.mean(x)) * dot_x, keepdims=keepdims) * (2.0 / (np.size(x) - ddof))


def var(x: "*s", *, axis=None, ddof=0, keepdims=False) -> reduced(x, axis, keepdims):
    """Variance over axes. The slope of the mean adds nothing: deviations from it sum to zero."""
    assert axis in (None, 0, -1, (0, -1))
    assert ddof in (0, 1)
    assert keepdims in (False, True)
    y = np.var(x, axis=axis, ddof=ddof, keepdims=keepdims)
    deviation = x - np.mean(x, axis=axis, keepdims=True)
    scale = 2.0 / (np.size(x) // max(np.size(y), 1) - ddof)
    spread = d_y if axis is None or keepdims else np.expand_dims(d_y, axis)
    d_x += spread * scale * deviation
    dot_y = np.sum(deviation * dot_x, axis=axis, keepdims=keepdims) * scale


def std_all(x: "*s", *, ddof=0) -> reduced(x, None, False):
    """Standard deviation of all elements; slope 0 where it is 0."""
    assert ddof in (0, 1)
    y = np.std(x, ddof=ddof)
    scale = 1.0 / (y * (np.size(x) - ddof)) if y > 0.0 else 0.0
    d_x += d_y * scale * (x - np.mean(x))
    dot_y = np.sum((x - np.mean(x)) * dot_x) * scale


def std(x: "*s", *, axis=None, ddof=0, keepdims=False) -> reduced(x, axis, keepdims):
    """Standard deviation over axes; slope 0 where it is 0."""
    assert axis in (None, 0, -1, (0, -1))
    assert ddof in (0, 1)
    assert keepdims in (False, True)
    y = np.std(x, axis=axis, ddof=ddof, keepdims=keepdims)
    deviation = x - np.mean(x, axis=axis, keepdims=True)
    count = np.size(x) // max(np.size(y), 1) - ddof
    slope = d_y / (count * np.where(y == 0.0, np.inf, y))
    d_x += (slope if axis is None or keepdims else np.expand_dims(slope, axis)) * deviation
    dot_y = np.sum(deviation * dot_x, axis=axis, keepdims=keepdims) / (
        count * np.where(y == 0.0, np.inf, y)
    )


# ---------------------------------------------------------------- extremes


def max_all(x: "*s") -> reduced(x, None, False):
    """The largest element; those that tie share its adjoint evenly."""
    y = np.max(x)
    at_max = x == y
    d_x += at_max * (d_y / np.count_nonzero(at_max))
    dot_y = np.sum(at_max * dot_x) / np.count_nonzero(at_max)


def max(x: "*s", *, axis=None, keepdims=False) -> reduced(x, axis, keepdims):
    """The largest along axes; those that tie share its adjoint evenly."""
    assert axis in (None, 0, -1, (0, -1))
    assert keepdims in (False, True)
    y = np.max(x, axis=axis, keepdims=keepdims)
    at_max = x == (y if axis is None or keepdims else np.expand_dims(y, axis))
    share = d_y / np.sum(at_max, axis=axis, keepdims=keepdims)
    d_x += at_max * (share if axis is None or keepdims else np.expand_dims(share, axis))
    dot_y = np.sum(at_max * dot_x, axis=axis, keepdims=keepdims) / np.sum(
        at_max, axis=axis, keepdims=keepdims
    )


def min_all(x: "*s") -> reduced(x, None, False):
    """The smallest element; those that tie share its adjoint evenly."""
    y = np.min(x)
    at_min = x == y
    d_x += at_min * (d_y / np.count_nonzero(at_min))
    dot_y = np.sum(at_min * dot_x) / np.count_nonzero(at_min)


def min(x: "*s", *, axis=None, keepdims=False) -> reduced(x, axis, keepdims):
    """The smallest along axes; those that tie share its adjoint evenly."""
    assert axis in (None, 0, -1, (0, -1))
    assert keepdims in (False, True)
    y = np.min(x, axis=axis, keepdims=keepdims)
    at_min = x == (y if axis is None or keepdims else np.expand_dims(y, axis))
    share = d_y / np.sum(at_min, axis=axis, keepdims=keepdims)
    d_x += at_min * (share if axis is None or keepdims else np.expand_dims(share, axis))
    dot_y = np.sum(at_min * dot_x, axis=axis, keepdims=keepdims) / np.sum(
        at_min, axis=axis, keepdims=keepdims
    )
