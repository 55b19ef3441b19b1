"""NumPy's elementwise functions, on arrays, numbers, and through their odd spellings."""

import numpy as np


def exponentials(x):
    a = np.exp(x) + np.expm1(x) * np.exp2(x)
    b = np.log(np.abs(x)) + np.log1p(x * x) + np.log2(x * x + 1.0) + np.log10(x * x + 2.0)
    return np.sum(a * b) + np.sum(np.logaddexp(x, 2.0 * x)) + np.sum(np.logaddexp2(x, 1.0))


def trigonometry(x):
    a = np.sin(x) * np.cos(x) + np.tan(x) + np.sinc(x)
    y = np.tanh(x) * 0.9
    b = np.arcsin(y) * np.arccos(y) + np.arctan(x) + np.arctan2(x, 2.0 + y)
    c = np.deg2rad(x) + np.rad2deg(x) * 0.01 + np.radians(x) + np.degrees(x) * 0.01
    return np.sum(a * b) + np.sum(c) + np.sum(np.hypot(x, y))


def hyperbolics(x):
    a = np.sinh(x) + np.cosh(x) * np.tanh(x)
    b = np.arcsinh(x) + np.arccosh(1.5 + x * x) + np.arctanh(0.5 * np.tanh(x))
    return np.sum(a * b)


def powers_and_roots(x):
    y = x * x + 0.5
    a = np.sqrt(y) + np.cbrt(y) + np.square(x) * np.reciprocal(y)
    b = np.power(y, 1.5) + np.power(y, x) + np.power(2.0, x) + np.float_power(y, 0.3)
    return np.sum(a * b) + np.sum(x**2) + np.sum(y**-1.5) + np.sum(y**x)


def functions_for_operators(x, y):
    a = np.add(x, y) * np.subtract(x, y)
    b = np.divide(np.multiply(x, y), np.true_divide(2.0, 1.0 + y * y))
    c = np.negative(a) + np.positive(b) + np.fabs(x) + np.absolute(y) + np.abs(a)
    return np.sum(c * np.mod(x, 0.7)) + np.sum(np.remainder(y, 0.6) + np.fmod(x, 0.3))


def extremes_of_two(x, y):
    a = np.maximum(x, y) * np.minimum(x, 0.5)
    b = np.fmax(x, y) + np.fmin(0.2, y)
    c = np.clip(x, -0.5, 0.5) + np.clip(y, None, 0.3) + np.clip(y, a_min=0.1, a_max=None)
    return np.sum(a**2) + np.sum(b) + np.sum(c**2) + np.sum(x.clip(-0.7, 0.9) ** 2)


def choices(x, y):
    a = np.where(x > y, x * y, x - y)
    b = np.where(x > 0, 1.0, y)
    c = np.where([True, False, True], x, 0.0)
    d = np.where(x > 0.5, x**2, np.where(x < -0.5, -x, y))
    return np.sum(a**2) + np.sum(b * c) + np.sum(d * y)


def rounding(x):
    a = np.floor(x) * x + np.ceil(x) * x**2 + np.trunc(x)
    b = np.round(x, 1) * x + np.rint(x) + np.sign(x) * x + np.around(x) * 2.0
    return np.sum(a) + np.sum(b * np.heaviside(x, 0.5)) + np.sum(np.floor_divide(x, 0.3) * x)


def masks_as_factors(x):
    return (
        np.sum(x**2 * (x > 0)) + np.sum((x < 0.5) * x) + np.sum(np.logical_and(x > -1, x < 1) * x)
    )


def guarded_by_where(x):
    """The branch that is not taken would give nan or inf."""
    safe = np.where(x > 0.0, x, 1.0)
    a = np.where(x > 0.0, np.sqrt(safe), 0.0)
    b = np.where(x > 0.0, np.log(safe), x)
    c = np.where(np.abs(x) > 1e-8, np.sin(safe) / safe, 1.0)
    return np.sum(a * b) + np.sum(c)


def special_values(x):
    """Powers, roots and norms at and around zero have the conventions' derivative."""
    return np.sum(x**2) + np.sum(x**1) + np.sum(x**0) + np.sum(np.abs(x) * 0.0)


def relu_family(x):
    a = np.maximum(x, 0.0) + np.maximum(0.1 * x, x)
    b = np.where(x > 0, x, np.expm1(x))
    c = np.log1p(np.exp(-np.abs(x))) + np.maximum(x, 0)
    d = 0.5 * x * (1.0 + np.tanh(np.sqrt(2.0 / np.pi) * (x + 0.044715 * x**3)))
    return np.sum(a * b) + np.sum(c * d)


def huber(y, t, delta: float = 0.5):
    error = y - t
    small = np.abs(error) <= delta
    return np.mean(np.where(small, 0.5 * error**2, delta * (np.abs(error) - 0.5 * delta)))


def on_numbers(x: float) -> float:
    """NumPy's functions on Python numbers."""
    return np.sin(x) * np.maximum(x, 0.2) + np.where(x > 0, x, 1.0) * np.abs(x) + np.square(x)


def numpy_scalars(x):
    """Elements of arrays are NumPy scalars; they have methods as arrays do."""
    a = x[0]
    b = a.clip(-0.1, 0.1) + x[1].sum() + x.max().astype(float)
    return a * b + np.float64(a) ** 2 * x[2].item()


def with_out_shapes(x):
    """Elementwise functions of something of another shape."""
    return np.sum(np.exp(x[:, None] - x[None, :]) ** 2) + np.sum(np.sqrt(x @ x))


def absolute_value_builtins(x):
    return np.sum(abs(x) ** 3) + sum(abs(x)) + np.sum(pow(x, 2)) + max(x) * min(x)


r = np.random.default_rng(17).standard_normal
CALLS = {
    "exponentials": ("x", [(r(4),), (r((2, 3)),)]),
    "trigonometry": ("x", [(r(4),)]),
    "hyperbolics": ("x", [(r(4),)]),
    "powers_and_roots": ("x", [(r(4),)]),
    "functions_for_operators": (("x", "y"), [(r(4), r(4)), (r((3, 1)), r(4))]),
    "extremes_of_two": (("x", "y"), [(r(6), r(6)), (r((3, 1)), r(4))]),
    "choices": (("x", "y"), [(r(3), r(3)), (r((2, 3)), r(3))]),
    "rounding": ("x", [(r(4),)]),
    "masks_as_factors": ("x", [(r(6),)]),
    "guarded_by_where": ("x", [(r(6),)]),
    "special_values": ("x", [(np.array([0.0, 1.0, -2.0]),)]),
    "relu_family": ("x", [(r(6),)]),
    "huber": ("y", [(r(6), r(6))]),
    "on_numbers": ("x", [(0.7,), (-0.7,)]),
    "numpy_scalars": ("x", [(r(3),)]),
    "with_out_shapes": ("x", [(r(3),)]),
    "absolute_value_builtins": ("x", [(r(4),)]),
}
