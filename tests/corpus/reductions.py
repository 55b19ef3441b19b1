"""Sums, means, products, spreads and extremes: axis, keepdims, ddof, functions and methods."""

import numpy as np


def sums(x):
    """x has two axes or three."""
    a = np.sum(x, axis=0)
    b = np.sum(x, axis=-1, keepdims=True)
    c = x.sum(0) * x.sum(axis=(0, 1), keepdims=True)
    d = x.sum(axis=(-1, 0))
    return np.sum(a**2) + np.sum(b**3) + np.sum(c) + np.sum(d**2) + x.sum() ** 2


def axis_known_only_when_called(x, axis, keepdims: bool = False):
    return np.sum(np.mean(x, axis=axis, keepdims=keepdims) ** 2 * 3.0)


def means_and_spreads(x):
    a = np.mean(x, axis=1) ** 2
    b = np.var(x, axis=0) * x.std(axis=0, ddof=1)
    c = x.mean() * np.std(x) * x.var(ddof=1)
    return np.sum(a) + np.sum(b) + c + np.sum(np.var(x, axis=(0, 1), keepdims=True) * x)


def products(x):
    a = np.prod(x, axis=0)
    b = x.prod(axis=1, keepdims=True)
    return np.sum(a**2) + np.sum(b * x) + np.prod(x)


def products_with_zeros(x):
    return np.prod(x) + np.sum(np.prod(x, axis=0)) + np.sum(x * x)


def extremes(x):
    a = np.max(x, axis=0)
    b = x.min(axis=1, keepdims=True)
    c = np.amax(x) * np.amin(x)
    return np.sum(a**2) + np.sum(b * x) + c + x.max() ** 2


def log_sum_exp(z):
    m = np.max(z, axis=-1, keepdims=True)
    return np.sum(np.log(np.sum(np.exp(z - m), axis=-1)) + m[..., 0])


def norms(x):
    a = np.linalg.norm(x) ** 3
    b = np.linalg.norm(x, axis=1)
    c = np.linalg.norm(x, axis=0, keepdims=True) * x
    d = np.linalg.norm(x[0]) * np.linalg.norm(x.T[0], axis=None)
    return a + np.sum(b) + np.sum(c**2) + d


def cumulative(x):
    a = np.cumsum(x, axis=0)
    b = x.cumsum(axis=1)[:, ::-1]
    c = np.cumsum(x)
    return np.sum(a**2 * b) + np.sum(c**3)


def of_lists(x: float, y: float) -> float:
    """Reductions of a list of numbers that are varied."""
    return np.sum([x, y * y]) * np.mean([x * y, 1.0]) + np.max([x, y])


def with_dtype_and_where(x):
    return np.sum(x, dtype=np.float64) ** 2 + np.sum(x, where=x > 0) * np.mean(x, where=x < 1.0)


def centred_twice(x):
    """Rows centred, then columns: Sinkhorn without the exponentials."""
    x = x - x.mean(axis=0)
    x = x - x.mean(axis=1)[:, None]
    return np.sum(x**4)


def axis_as_position_and_keyword(x):
    return np.sum(np.mean(x, 0) ** 2) + np.sum(np.max(x, 1)) + np.sum(np.sum(x, axis=(1,)) ** 2)


def averages(x, w):
    """Weighted means written out, and by dot."""
    return np.sum(x * w) / np.sum(w) + np.dot(x, w) / np.linalg.norm(w)


def methods_of_ufuncs(x):
    """The deepest fall of a path below its running maximum, and sums over all pairs."""
    fall = np.maximum.accumulate(x) - x
    pairs = np.subtract.outer(x, x) ** 2 + np.multiply.outer(x, x)
    return np.maximum.reduce(fall) + np.sum(pairs * np.add.outer(x, x)) + np.add.reduce(x)


r = np.random.default_rng(14).standard_normal
CALLS = {
    "sums": ("x", [(r((3, 4)),), (r((2, 3, 2)),)]),
    "axis_known_only_when_called": (
        "x",
        [(r((3, 4)), axis, keep) for axis in (None, 0, -1, (0, 1)) for keep in (False, True)],
    ),
    "means_and_spreads": ("x", [(r((3, 4)),)]),
    "products": ("x", [(r((3, 2)),)]),
    "products_with_zeros": ("x", [(np.array([[0.0, 1.0], [2.0, 3.0]]),), (np.zeros((2, 2)),)]),
    "extremes": ("x", [(r((3, 4)),)]),
    "log_sum_exp": ("z", [(r((3, 4)),), (r(4),)]),
    "norms": ("x", [(r((3, 4)),)]),
    "cumulative": ("x", [(r((3, 4)),)]),
    "of_lists": (("x", "y"), [(0.7, 1.2), (1.7, 0.2)]),
    "with_dtype_and_where": ("x", [(r((3, 4)),)]),
    "centred_twice": ("x", [(r((3, 4)),)]),
    "axis_as_position_and_keyword": ("x", [(r((3, 4)),)]),
    "methods_of_ufuncs": ("x", [(r(6),)]),
    "averages": (("x", "w"), [(r(4), np.abs(r(4)))]),
}
