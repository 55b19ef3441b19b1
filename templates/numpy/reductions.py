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


@linear
def sum_where(
    x: "*s", *, axis=None, dtype=None, keepdims=False, where
) -> reduced(x, axis, keepdims):
    """Sum over axes of the elements where a condition holds."""
    assert axis in (None, 0, -1, (0, -1))
    assert keepdims in (False, True)
    where = np.arange(np.shape(x)[-1]) > 0
    y = np.sum(x, axis=axis, dtype=dtype, keepdims=keepdims, where=where)
    d_x += np.where(where, d_y if axis is None or keepdims else np.expand_dims(d_y, axis), 0.0)


@linear
@holomorphic(is_complex(x))
def sum_initial(
    x: "*s", initial: "*r", *, axis=None, dtype=None, keepdims=False, where=True
) -> reduced(x, axis, keepdims):
    """Sum over axes, and a number to start with."""
    assert (x.shape, initial.shape) in (((3,), ()), ((2, 3), ()), ((2, 2, 3), ()))
    assert axis in (None, 0, (0, -1))
    assert keepdims in (False, True)
    assert where in (True, [True, False, True])
    y = np.sum(x, axis=axis, dtype=dtype, keepdims=keepdims, initial=initial, where=where)
    d_x += np.where(where, d_y if axis is None or keepdims else np.expand_dims(d_y, axis), 0.0)
    d_initial += np.sum(d_y)


@linear
def mean_where(
    x: "*s", *, axis=None, dtype=None, keepdims=False, where
) -> reduced(x, axis, keepdims):
    """Mean over axes of the elements where a condition holds."""
    assert axis in (None, 0, -1, (0, -1))
    assert keepdims in (False, True)
    where = np.arange(np.size(x)).reshape(np.shape(x)) != 1
    y = np.mean(x, axis=axis, dtype=dtype, keepdims=keepdims, where=where)
    mask = np.broadcast_to(where, np.shape(x))
    spread = d_y if axis is None or keepdims else np.expand_dims(d_y, axis)
    d_x += np.where(mask, spread / np.sum(mask, axis=axis, keepdims=True), 0.0)


# ---------------------------------------------------------------- spread


@for_complex
@gives(real)
def var_complex(x: "*s", *, axis=None, ddof=0, keepdims=False) -> reduced(x, axis, keepdims):
    """Variance over axes: the mean of the squared absolute values of deviations."""
    assert axis in (None, 0, -1, (0, -1))
    assert ddof in (0, 1)
    assert keepdims in (False, True)
    y = np.var(x, axis=axis, ddof=ddof, keepdims=keepdims)
    deviation = x - np.mean(x, axis=axis, keepdims=True)
    scale = 2.0 / (np.size(x) // max(np.size(y), 1) - ddof)
    spread = d_y if axis is None or keepdims else np.expand_dims(d_y, axis)
    d_x += spread * scale * deviation
    dot_y = np.sum((np.conj(deviation) * dot_x).real, axis=axis, keepdims=keepdims) * scale


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


@for_complex
@gives(real)
def std_complex(x: "*s", *, axis=None, ddof=0, keepdims=False) -> reduced(x, axis, keepdims):
    """Standard deviation over axes; slope 0 where it is 0."""
    assert axis in (None, 0, -1, (0, -1))
    assert ddof in (0, 1)
    assert keepdims in (False, True)
    y = np.std(x, axis=axis, ddof=ddof, keepdims=keepdims)
    deviation = x - np.mean(x, axis=axis, keepdims=True)
    count = np.size(x) // max(np.size(y), 1) - ddof
    slope = d_y / (count * np.where(y == 0.0, np.inf, y))
    d_x += (slope if axis is None or keepdims else np.expand_dims(slope, axis)) * deviation
    dot_y = np.sum((np.conj(deviation) * dot_x).real, axis=axis, keepdims=keepdims) / (
        count * np.where(y == 0.0, np.inf, y)
    )


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


@array
def cov(m: "*s") -> "?":
    """Covariances of variables, which are the rows; the variance of one."""
    assert m.shape in ((3, 5), (4,))
    y = np.cov(m)
    rows = np.atleast_2d(m)
    deviation = (rows - np.mean(rows, axis=1, keepdims=True)) / (np.shape(rows)[1] - 1)
    d = np.reshape(d_y, (len(rows), len(rows)))
    d_m += np.reshape((d + np.transpose(d)) @ deviation, np.shape(m))
    half = np.atleast_2d(dot_m) @ np.transpose(deviation)
    dot_y = np.reshape(half + np.transpose(half), np.shape(y))


def corrcoef(x: "*s") -> "?":
    """Correlations of variables, which are the rows."""
    assert x.shape in ((3, 5), (4,))
    y = np.corrcoef(x)
    rows = np.atleast_2d(x)
    deviation = rows - np.mean(rows, axis=1, keepdims=True)
    size = np.sqrt(np.sum(deviation * deviation, axis=1, keepdims=True))
    z = deviation / size
    d = np.reshape(d_y, (len(rows), len(rows)))
    d_z = (d + np.transpose(d)) @ z
    d_x += np.reshape((d_z - z * np.sum(d_z * z, axis=1, keepdims=True)) / size, np.shape(x))
    dot_rows = np.atleast_2d(dot_x)
    dot_unit = (dot_rows - np.mean(dot_rows, axis=1, keepdims=True)) / size
    dot_z = dot_unit - z * np.sum(z * dot_unit, axis=1, keepdims=True)
    dot_y = np.reshape(dot_z @ np.transpose(z) + z @ np.transpose(dot_z), np.shape(y))


# ---------------------------------------------------------------- extremes


def max_all(x: "*s") -> reduced(x, None, False):
    """The largest element; those that tie share its adjoint evenly."""
    assert np.diff(np.sort(np.ravel(x))) > 0.02
    y = np.max(x)
    at_max = x == y
    d_x += np.where(at_max, d_y / np.count_nonzero(at_max), 0.0)
    dot_y = np.sum(np.where(at_max, dot_x, 0.0)) / np.count_nonzero(at_max)


def max(x: "*s", *, axis=None, keepdims=False) -> reduced(x, axis, keepdims):
    """The largest along axes; those that tie share its adjoint evenly."""
    assert axis in (None, 0, -1, (0, -1))
    assert keepdims in (False, True)
    assert np.diff(np.sort(np.ravel(x))) > 0.02
    y = np.max(x, axis=axis, keepdims=keepdims)
    at_max = x == (y if axis is None or keepdims else np.expand_dims(y, axis))
    share = d_y / np.sum(at_max, axis=axis, keepdims=keepdims)
    spread = share if axis is None or keepdims else np.expand_dims(share, axis)
    d_x += np.where(at_max, spread, 0.0)
    count = np.sum(at_max, axis=axis, keepdims=keepdims)
    dot_y = np.sum(np.where(at_max, dot_x, 0.0), axis=axis, keepdims=keepdims) / count


def min_all(x: "*s") -> reduced(x, None, False):
    """The smallest element; those that tie share its adjoint evenly."""
    assert np.diff(np.sort(np.ravel(x))) > 0.02
    y = np.min(x)
    at_min = x == y
    d_x += np.where(at_min, d_y / np.count_nonzero(at_min), 0.0)
    dot_y = np.sum(np.where(at_min, dot_x, 0.0)) / np.count_nonzero(at_min)


def min(x: "*s", *, axis=None, keepdims=False) -> reduced(x, axis, keepdims):
    """The smallest along axes; those that tie share its adjoint evenly."""
    assert axis in (None, 0, -1, (0, -1))
    assert keepdims in (False, True)
    assert np.diff(np.sort(np.ravel(x))) > 0.02
    y = np.min(x, axis=axis, keepdims=keepdims)
    at_min = x == (y if axis is None or keepdims else np.expand_dims(y, axis))
    share = d_y / np.sum(at_min, axis=axis, keepdims=keepdims)
    spread = share if axis is None or keepdims else np.expand_dims(share, axis)
    d_x += np.where(at_min, spread, 0.0)
    count = np.sum(at_min, axis=axis, keepdims=keepdims)
    dot_y = np.sum(np.where(at_min, dot_x, 0.0), axis=axis, keepdims=keepdims) / count


def max_initial(
    x: "*s", *, axis=None, keepdims=False, initial, where=True
) -> reduced(x, axis, keepdims):
    """The largest along axes, of a number too; those that tie share its adjoint evenly."""
    assert axis in (None, 0, -1)
    assert keepdims in (False, True)
    assert initial in (0.5,)
    assert where in (True, [True, False, True])
    assert np.diff(np.sort(np.ravel([0.5, *np.ravel(x)]))) > 0.02
    y = np.max(x, axis=axis, keepdims=keepdims, initial=initial, where=where)
    best = y if axis is None or keepdims else np.expand_dims(y, axis)
    at_max = (x == best) & where
    weight = at_max / (np.sum(at_max, axis=axis, keepdims=True) + (best == initial))
    d_x += (d_y if axis is None or keepdims else np.expand_dims(d_y, axis)) * weight
    dot_y = np.sum(weight * dot_x, axis=axis, keepdims=keepdims)


def min_initial(
    x: "*s", *, axis=None, keepdims=False, initial, where=True
) -> reduced(x, axis, keepdims):
    """The smallest along axes, of a number too; those that tie share its adjoint evenly."""
    assert axis in (None, 0, -1)
    assert keepdims in (False, True)
    assert initial in (0.5,)
    assert where in (True, [True, False, True])
    assert np.diff(np.sort(np.ravel([0.5, *np.ravel(x)]))) > 0.02
    y = np.min(x, axis=axis, keepdims=keepdims, initial=initial, where=where)
    best = y if axis is None or keepdims else np.expand_dims(y, axis)
    at_min = (x == best) & where
    weight = at_min / (np.sum(at_min, axis=axis, keepdims=True) + (best == initial))
    d_x += (d_y if axis is None or keepdims else np.expand_dims(d_y, axis)) * weight
    dot_y = np.sum(weight * dot_x, axis=axis, keepdims=keepdims)


def ptp(x: "*s", *, axis=None, keepdims=False) -> reduced(x, axis, keepdims):
    """Largest less smallest along axes; those that tie share the adjoint evenly."""
    assert axis in (None, 0, -1)
    assert keepdims in (False, True)
    assert np.diff(np.sort(np.ravel(x))) > 0.02
    y = np.ptp(x, axis=axis, keepdims=keepdims)
    at_max = x == np.max(x, axis=axis, keepdims=True)
    at_min = x == np.min(x, axis=axis, keepdims=True)
    weight = at_max / np.sum(at_max, axis=axis, keepdims=True) - at_min / np.sum(
        at_min, axis=axis, keepdims=True
    )
    d_x += (d_y if axis is None or keepdims else np.expand_dims(d_y, axis)) * weight
    dot_y = np.sum(weight * dot_x, axis=axis, keepdims=keepdims)


@when(array(x))
def quantile(x: "*s", *, q, axis=None, keepdims=False) -> reduced(x, axis, keepdims):
    """A quantile, by linear interpolation between the two nearest elements in order."""
    assert q in (0.3, 0.5, 0.0, 1.0)
    assert axis in (None, 0, -1)
    assert keepdims in (False, True)
    assert np.diff(np.sort(np.ravel(x))) > 0.02
    y = np.quantile(x, q, axis=axis, keepdims=keepdims)
    weight = helper.quantile_weights(x, q, axis)
    d_x += (d_y if axis is None or keepdims else np.expand_dims(d_y, axis)) * weight
    dot_y = np.sum(weight * dot_x, axis=axis, keepdims=keepdims)


@when(array(x))
def percentile(x: "*s", *, q, axis=None, keepdims=False) -> reduced(x, axis, keepdims):
    """A percentile, by linear interpolation between the two nearest elements in order."""
    assert q in (30.0, 50, 0, 100)
    assert axis in (None, 0, -1)
    assert keepdims in (False, True)
    assert np.diff(np.sort(np.ravel(x))) > 0.02
    y = np.percentile(x, q, axis=axis, keepdims=keepdims)
    weight = helper.quantile_weights(x, q / 100, axis)
    d_x += (d_y if axis is None or keepdims else np.expand_dims(d_y, axis)) * weight
    dot_y = np.sum(weight * dot_x, axis=axis, keepdims=keepdims)


def median(x: "*s", *, axis=None, keepdims=False) -> reduced(x, axis, keepdims):
    """The middle element, or the mean of the middle two; those that tie share evenly."""
    assert axis in (None, 0, -1)
    assert keepdims in (False, True)
    assert np.diff(np.sort(np.ravel(x))) > 0.02
    y = np.median(x, axis=axis, keepdims=keepdims)
    weight = helper.median_weights(x, axis)
    d_x += (d_y if axis is None or keepdims else np.expand_dims(d_y, axis)) * weight
    dot_y = np.sum(weight * dot_x, axis=axis, keepdims=keepdims)


# ---------------------------------------------------------------- products


def prod(x: "*s", *, axis=None, keepdims=False) -> reduced(x, axis, keepdims):
    """Product over axes. Not y / x, which fails where an element is zero."""
    assert axis in (None, 0, -1, (0, -1))
    assert keepdims in (False, True)
    y = np.prod(x, axis=axis, keepdims=keepdims)
    others = helper.product_of_others(x, axis)
    d_x += (d_y if axis is None or keepdims else np.expand_dims(d_y, axis)) * others
    dot_y = np.sum(others * dot_x, axis=axis, keepdims=keepdims)


def prod_where(x: "*s", *, axis=None, keepdims=False, where) -> reduced(x, axis, keepdims):
    """Product over axes of the elements where a condition holds."""
    assert axis in (None, 0, -1, (0, -1))
    assert keepdims in (False, True)
    where = np.arange(np.shape(x)[-1]) > 0
    y = np.prod(x, axis=axis, keepdims=keepdims, where=where)
    others = np.where(where, helper.product_of_others(np.where(where, x, 1.0), axis), 0.0)
    d_x += (d_y if axis is None or keepdims else np.expand_dims(d_y, axis)) * others
    dot_y = np.sum(others * dot_x, axis=axis, keepdims=keepdims)


# ---------------------------------------------------------------- running sums and differences


@linear
def cumsum_vector(x: "n") -> "n":
    """Running sum of a vector: its adjoint is the running sum from the end."""
    y = np.cumsum(x)
    d_x += np.cumsum(d_y[::-1])[::-1]


@linear
@when(axis is None)
def cumsum_all(x: "*s", *, axis=None) -> raveled(x):
    """Running sum of all elements in a row."""
    y = np.cumsum(x, axis=axis)
    d_x += np.reshape(np.cumsum(d_y[::-1])[::-1], np.shape(x))


@linear
@when(isinstance(axis, int))
def cumsum(x: "*s", *, axis) -> like(x):
    """Running sum along an axis."""
    assert axis in (0, -1)
    y = np.cumsum(x, axis=axis)
    d_x += np.flip(np.cumsum(np.flip(d_y, axis), axis), axis)


@linear
def cumsum_any(x: "*s", *, axis) -> "?":
    """Running sum along an axis that is known at run time only, or of all elements in a row."""
    assert axis in (None, 0, -1)
    y = np.cumsum(x, axis=axis)
    d_x += np.reshape(np.flip(np.cumsum(np.flip(d_y, axis), axis), axis), np.shape(x))


@when(axis is None)
def cumprod_all(x: "*s", *, axis=None) -> raveled(x):
    """Running product of all elements in a row."""
    y = np.cumprod(x, axis=axis)
    d_x += helper.cumprod_backward(x, d_y, axis)
    dot_y = helper.cumprod_forward(x, dot_x, axis)


@when(isinstance(axis, int))
def cumprod(x: "*s", *, axis) -> like(x):
    """Running product along an axis."""
    assert axis in (0, -1)
    y = np.cumprod(x, axis=axis)
    d_x += helper.cumprod_backward(x, d_y, axis)
    dot_y = helper.cumprod_forward(x, dot_x, axis)


def cumprod_any(x: "*s", *, axis) -> "?":
    """Running product along an axis that is known at run time only, or of all elements in a row."""
    assert axis in (None, 0, -1)
    y = np.cumprod(x, axis=axis)
    d_x += helper.cumprod_backward(x, d_y, axis)
    dot_y = helper.cumprod_forward(x, dot_x, axis)


@linear
def diff_vector(x: "n") -> resized(x, 0):
    """Differences of neighbours in a vector."""
    y = np.diff(x)
    d_x[1:] += d_y
    d_x[:-1] -= d_y


@linear
@when(axis == -1)
def diff_last(x: "... n", *, axis=-1) -> resized(x, axis):
    """Differences of neighbours along the last axis."""
    y = np.diff(x, axis=axis)
    d_x[..., 1:] += d_y
    d_x[..., :-1] -= d_y


@linear
@when(axis == 0)
def diff_first(x: "*s", *, axis=-1) -> resized(x, axis):
    """Differences of neighbours along the first axis."""
    assert axis in (0,)
    y = np.diff(x, axis=axis)
    d_x[1:] += d_y
    d_x[:-1] -= d_y


@linear
def diff(x: "*s", *, n=1, axis=-1) -> resized(x, axis):
    """Differences of neighbours, n times, along an axis."""
    assert n in (1, 2)
    assert axis in (0, -1)
    y = np.diff(x, n=n, axis=axis)
    d_x += helper.diff_backward(d_y, n, axis)


@linear
@when(axis == -1)
def trapezoid(x: "... n", *, dx=1.0, axis=-1) -> reduced(x, axis, False):
    """Integral by the trapezoidal rule, for equal steps along the last axis."""
    assert dx in (1.0, 0.5)
    y = np.trapezoid(x, dx=dx, axis=axis)
    spread = np.expand_dims(d_y, -1) * (0.5 * dx)
    d_x[..., 1:] += spread
    d_x[..., :-1] += spread


def trapezoid_points(x: "n", t: "n") -> "":
    """Integral by the trapezoidal rule, over points t."""
    y = np.trapezoid(x, t)
    d_x[1:] += d_y * 0.5 * np.diff(t)
    d_x[:-1] += d_y * 0.5 * np.diff(t)
    d_t[1:] += d_y * 0.5 * (x[1:] + x[:-1])
    d_t[:-1] -= d_y * 0.5 * (x[1:] + x[:-1])
    dot_y = np.trapezoid(dot_x, t) + 0.5 * np.sum((x[1:] + x[:-1]) * np.diff(dot_t))


@linear
def trapezoid_any(x: "*s", *, dx=1.0, axis=-1) -> reduced(x, axis, False):
    """Integral by the trapezoidal rule, for equal steps along an axis."""
    assert dx in (1.0, 0.5)
    assert axis in (0, -1)
    y = np.trapezoid(x, dx=dx, axis=axis)
    d_x += np.expand_dims(d_y * dx, axis) * helper.trapezoid_weights(np.shape(x), axis)


def trapezoid_step(x: "*s", h: "*r", *, axis=-1) -> reduced(x, axis, False):
    """Integral by the trapezoidal rule, for equal steps of a length that is varied."""
    assert (x.shape, h.shape) in (((3,), ()), ((2, 3), ()), ((4, 2, 3), ()))
    assert axis in (0, -1)
    y = np.trapezoid(x, dx=h, axis=axis)
    weight = helper.trapezoid_weights(np.shape(x), axis)
    d_x += np.expand_dims(d_y * h, axis) * weight
    d_h += helper.unbroadcast(d_y * np.sum(weight * x, axis), np.shape(h))
    dot_y = h * np.sum(weight * dot_x, axis) + dot_h * np.sum(weight * x, axis)


def trapezoid_points_any(x: "*s", t: "*r", *, axis=-1) -> reduced(x, axis, False):
    """Integral by the trapezoidal rule along an axis, over points t."""
    assert (x.shape, t.shape) in (((3,), (3,)), ((2, 3), (2, 3)), ((3, 3), (3,)))
    assert axis in (-1, 0)
    y = np.trapezoid(x, t, axis=axis)
    d_x += helper.trapezoid_backward_x(x, t, axis, d_y)
    d_t += helper.trapezoid_backward_t(x, t, axis, d_y)
    dot_y = np.trapezoid(dot_x, t, axis=axis) + np.trapezoid(x, dot_t, axis=axis)


@real
@linear
def gradient_vector(x: "*s", *, h=1.0) -> like(x):
    """Slopes by central differences, with one-sided ones at the ends.

    Without an axis this is for vectors: of a matrix np.gradient gives a tuple, which np.reshape
    does not take for an array of the shape of x.
    """
    assert x.shape in ((3,), (2,), (5,))
    assert h in (1.0, 0.5)
    y = np.gradient(x, h)
    d_x += np.reshape(helper.gradient_backward(d_y, h, 0), np.shape(x))


@real
@linear
@when(isinstance(axis, int))
def gradient(x: "*s", *, h=1.0, axis) -> like(x):
    """Slopes along an axis by central differences, with one-sided ones at the ends."""
    assert x.shape in ((3,), (4, 3), (2, 3, 4))
    assert h in (1.0, 0.5)
    assert axis in (0, -1)
    y = np.gradient(x, h, axis=axis)
    d_x += helper.gradient_backward(d_y, h, axis)


# ---------------------------------------------------------------- sums that leave out nan, weights


@linear
def nansum(x: "*s", *, axis=None, keepdims=False) -> reduced(x, axis, keepdims):
    """Sum over axes of what is a number."""
    assert axis in (None, 0, -1, (0, -1))
    assert keepdims in (False, True)
    y = np.nansum(x, axis=axis, keepdims=keepdims)
    d_x += np.where(
        np.isnan(x), 0.0, d_y if axis is None or keepdims else np.expand_dims(d_y, axis)
    )


@linear
def average(x: "*s", *, axis=None) -> reduced(x, axis, False):
    """Mean over axes."""
    assert axis in (None, 0, -1)
    y = np.average(x, axis=axis)
    spread = d_y if axis is None else np.expand_dims(d_y, axis)
    d_x += spread / (np.size(x) // max(np.size(y), 1))


def average_weighted(x: "n", w: "n") -> "":
    """Weighted mean of a vector."""
    assert w > 0.1
    y = np.average(x, weights=w)
    d_x += d_y * w / np.sum(w)
    d_w += d_y * (x - y) / np.sum(w)
    dot_y = (w @ dot_x + (x - y) @ dot_w) / np.sum(w)


@when(axis is None)
def average_weighted_all(x: "*s", w: "*s", *, axis=None) -> "":
    """Weighted mean of all elements."""
    assert w > 0.1
    y = np.average(x, axis=axis, weights=w)
    d_x += d_y * w / np.sum(w)
    d_w += d_y * (x - y) / np.sum(w)
    dot_y = (np.sum(w * dot_x) + np.sum((x - y) * dot_w)) / np.sum(w)


@when(isinstance(axis, int))
def average_weighted_axis(x: "*s", w: "*r", *, axis) -> reduced(x, axis, False):
    """Weighted mean along an axis, with a weight for each element or for each place on the axis."""
    assert (x.shape, w.shape) in (((3,), (3,)), ((2, 3), (2, 3)), ((3, 3), (3,)))
    assert axis in (0, -1)
    assert w > 0.1
    y = np.average(x, axis=axis, weights=w)
    weight = helper.weights_along(w, np.shape(x), axis)
    share = np.expand_dims(d_y / np.sum(weight, axis=axis), axis)
    d_x += share * weight
    d_w += helper.weights_backward(share * (x - np.expand_dims(y, axis)), np.shape(w), axis)
    dot_weight = helper.weights_along(dot_w, np.shape(x), axis)
    dot_y = np.sum(weight * dot_x + (x - np.expand_dims(y, axis)) * dot_weight, axis=axis) / np.sum(
        weight, axis=axis
    )


# ---------------------------------------------------------------- statistics that leave out nan


@linear
def nanmean(x: "*s", *, axis=None, keepdims=False) -> reduced(x, axis, keepdims):
    """Mean over axes of what is a number."""
    assert axis in (None, 0, -1, (0, -1))
    assert keepdims in (False, True)
    y = np.nanmean(x, axis=axis, keepdims=keepdims)
    spread = d_y if axis is None or keepdims else np.expand_dims(d_y, axis)
    count = np.sum(~np.isnan(x), axis=axis, keepdims=True)
    d_x += np.where(np.isnan(x), 0.0, spread / count)


def nanvar(x: "*s", *, axis=None, ddof=0, keepdims=False) -> reduced(x, axis, keepdims):
    """Variance over axes of what is a number."""
    assert axis in (None, 0, -1, (0, -1))
    assert ddof in (0, 1)
    assert keepdims in (False, True)
    y = np.nanvar(x, axis=axis, ddof=ddof, keepdims=keepdims)
    deviation = np.nan_to_num(x - np.nanmean(x, axis=axis, keepdims=True))
    count = np.sum(~np.isnan(x), axis=axis, keepdims=True) - ddof
    spread = d_y if axis is None or keepdims else np.expand_dims(d_y, axis)
    d_x += spread * (2.0 / count) * deviation
    dot_y = np.sum(deviation * (2.0 / count) * dot_x, axis=axis, keepdims=keepdims)


def nanstd(x: "*s", *, axis=None, ddof=0, keepdims=False) -> reduced(x, axis, keepdims):
    """Standard deviation over axes of what is a number; slope 0 where it is 0."""
    assert axis in (None, 0, -1, (0, -1))
    assert ddof in (0, 1)
    assert keepdims in (False, True)
    y = np.nanstd(x, axis=axis, ddof=ddof, keepdims=keepdims)
    deviation = np.nan_to_num(x - np.nanmean(x, axis=axis, keepdims=True))
    count = np.sum(~np.isnan(x), axis=axis, keepdims=True) - ddof
    spread = d_y / np.where(y == 0.0, np.inf, y)
    d_x += (
        (spread if axis is None or keepdims else np.expand_dims(spread, axis)) * deviation / count
    )
    dot_y = np.sum(deviation / count * dot_x, axis=axis, keepdims=keepdims) / np.where(
        y == 0.0, np.inf, y
    )


def nanmax(x: "*s", *, axis=None, keepdims=False) -> reduced(x, axis, keepdims):
    """The largest number along axes; those that tie share its adjoint evenly."""
    assert axis in (None, 0, -1, (0, -1))
    assert keepdims in (False, True)
    assert np.diff(np.sort(np.ravel(x))) > 0.02
    y = np.nanmax(x, axis=axis, keepdims=keepdims)
    at_max = x == (y if axis is None or keepdims else np.expand_dims(y, axis))
    weight = at_max / np.sum(at_max, axis=axis, keepdims=True)
    d_x += (d_y if axis is None or keepdims else np.expand_dims(d_y, axis)) * weight
    dot_y = np.sum(weight * dot_x, axis=axis, keepdims=keepdims)


def nanmin(x: "*s", *, axis=None, keepdims=False) -> reduced(x, axis, keepdims):
    """The smallest number along axes; those that tie share its adjoint evenly."""
    assert axis in (None, 0, -1, (0, -1))
    assert keepdims in (False, True)
    assert np.diff(np.sort(np.ravel(x))) > 0.02
    y = np.nanmin(x, axis=axis, keepdims=keepdims)
    at_min = x == (y if axis is None or keepdims else np.expand_dims(y, axis))
    weight = at_min / np.sum(at_min, axis=axis, keepdims=True)
    d_x += (d_y if axis is None or keepdims else np.expand_dims(d_y, axis)) * weight
    dot_y = np.sum(weight * dot_x, axis=axis, keepdims=keepdims)
