"""NumPy's functions of single numbers, applied to each element."""

import numpy as np

# ---------------------------------------------------------------- exponentials and logarithms


@holomorphic
def exp(x):
    """Exponential function."""
    y = np.exp(x)
    d_x += d_y * y


@holomorphic
def exp2(x):
    """Power of two."""
    y = np.exp2(x)
    d_x += d_y * np.log(2.0) * y


@holomorphic
def expm1(x):
    """exp(x) - 1, exact near 0."""
    y = np.expm1(x)
    d_x += d_y * (y + 1.0)


@holomorphic
def log(x):
    """Natural logarithm."""
    assert x > 0.1
    y = np.log(x)
    d_x += d_y / x


@holomorphic
def log2(x):
    """Logarithm with base 2."""
    assert x > 0.1
    y = np.log2(x)
    d_x += d_y / (x * np.log(2.0))


@holomorphic
def log10(x):
    """Logarithm with base 10."""
    assert x > 0.1
    y = np.log10(x)
    d_x += d_y / (x * np.log(10.0))


@holomorphic
def log1p(x):
    """log(1 + x), exact near 0."""
    assert x > -0.8
    y = np.log1p(x)
    d_x += d_y / (1.0 + x)


def logaddexp(a, b):
    """log(exp(a) + exp(b)). Where both are -inf, so is y, and inf - inf would give nan."""
    y = np.logaddexp(a, b)
    d_a += d_y * np.exp(a - np.where(np.isinf(y), 0.0, y))
    d_b += d_y * np.exp(b - np.where(np.isinf(y), 0.0, y))


def logaddexp2(a, b):
    """log2(2**a + 2**b)."""
    y = np.logaddexp2(a, b)
    d_a += d_y * np.exp2(a - np.where(np.isinf(y), 0.0, y))
    d_b += d_y * np.exp2(b - np.where(np.isinf(y), 0.0, y))


# ---------------------------------------------------------------- powers and roots


@holomorphic
def sqrt(x):
    """Square root; slope inf at 0."""
    assert x > 0.1
    y = np.sqrt(x)
    d_x += d_y * 0.5 / y


def cbrt(x):
    """Cube root."""
    assert abs(x) > 0.1
    y = np.cbrt(x)
    d_x += d_y / (3.0 * y * y)


@holomorphic
def square(x):
    """Square."""
    y = np.square(x)
    d_x += d_y * 2.0 * x


@holomorphic
def reciprocal(x):
    """1 / x."""
    assert abs(x) > 0.5
    y = np.reciprocal(x)
    d_x -= d_y * y * y


def float_power(x, p):
    """A power, computed in float64. The conventions at 0 are those of x**p."""
    assert x > 0.1
    y = np.float_power(x, p)
    d_x += d_y * p * np.float_power(x, p - 1.0 * (p != 0))
    d_p += d_y * y * np.log(np.where(x == 0, 1.0, x))


def hypot(a, b):
    """sqrt(a**2 + b**2) without overflow; slope 0 where both are 0."""
    y = np.hypot(a, b)
    d_a += d_y * a / np.where(y == 0.0, 1.0, y)
    d_b += d_y * b / np.where(y == 0.0, 1.0, y)


# ---------------------------------------------------------------- trigonometry


@holomorphic
def sin(x):
    """Sine."""
    y = np.sin(x)
    d_x += d_y * np.cos(x)


@holomorphic
def cos(x):
    """Cosine."""
    y = np.cos(x)
    d_x -= d_y * np.sin(x)


@holomorphic
def tan(x):
    """Tangent."""
    assert abs(x) < 1.2
    y = np.tan(x)
    d_x += d_y * (1.0 + y * y)


@holomorphic
def arcsin(x):
    """Inverse sine."""
    assert abs(x) < 0.9
    y = np.arcsin(x)
    d_x += d_y / np.sqrt(1.0 - x * x)


@holomorphic
def arccos(x):
    """Inverse cosine."""
    assert abs(x) < 0.9
    y = np.arccos(x)
    d_x -= d_y / np.sqrt(1.0 - x * x)


@holomorphic
def arctan(x):
    """Inverse tangent."""
    y = np.arctan(x)
    d_x += d_y / (1.0 + x * x)


def arctan2(a, b):
    """Angle of the point (b, a)."""
    assert abs(a) > 0.1
    y = np.arctan2(a, b)
    d_a += d_y * b / (a * a + b * b)
    d_b -= d_y * a / (a * a + b * b)


def radians(x):
    """Degrees to radians."""
    y = np.radians(x)
    d_x += d_y * (np.pi / 180.0)


def degrees(x):
    """Radians to degrees."""
    y = np.degrees(x)
    d_x += d_y * (180.0 / np.pi)


def sinc(x):
    """sin(pi x) / (pi x), 1 at 0. Its slope is (cos(pi x) - y) / x, and 0 at 0."""
    assert abs(x) > 0.1
    y = np.sinc(x)
    d_x += d_y * np.where(x == 0.0, 0.0, np.cos(np.pi * x) - y) / np.where(x == 0.0, 1.0, x)


# ---------------------------------------------------------------- hyperbolic functions


@holomorphic
def sinh(x):
    """Hyperbolic sine."""
    y = np.sinh(x)
    d_x += d_y * np.cosh(x)


@holomorphic
def cosh(x):
    """Hyperbolic cosine."""
    y = np.cosh(x)
    d_x += d_y * np.sinh(x)


@holomorphic
def tanh(x):
    """Hyperbolic tangent."""
    y = np.tanh(x)
    d_x += d_y * (1.0 - y * y)


@for_complex
def arcsinh_complex(x):
    """Inverse hyperbolic sine of complex numbers."""
    y = np.arcsinh(x)
    d_x += d_y / np.conj(np.sqrt(1.0 + x * x))
    dot_y = dot_x / np.sqrt(1.0 + x * x)


def arcsinh(x):
    """Inverse hyperbolic sine."""
    y = np.arcsinh(x)
    d_x += d_y / np.hypot(x, 1.0)


@holomorphic
def arccosh(x):
    """Inverse hyperbolic cosine. The factors are taken apart so that x * x does not overflow."""
    assert x > 1.1
    y = np.arccosh(x)
    d_x += d_y / (np.sqrt(x - 1.0) * np.sqrt(x + 1.0))


@holomorphic
def arctanh(x):
    """Inverse hyperbolic tangent."""
    assert abs(x) < 0.9
    y = np.arctanh(x)
    d_x += d_y / (1.0 - x * x)


# ---------------------------------------------------------------- absolute value, sign, choice


@for_complex
@gives(real)
def abs_complex(x):
    """Absolute value of complex numbers; slope 0 at 0."""
    assert abs(x) > 0.1
    y = np.abs(x)
    d_x += d_y * x / np.where(y == 0.0, 1.0, y)
    dot_y = (np.conj(x) * dot_x).real / np.where(y == 0.0, 1.0, y)


def abs(x):
    """Absolute value; slope 0 at 0."""
    assert abs(x) > 0.1
    y = np.abs(x)
    d_x += d_y * np.sign(x)


def fabs(x):
    """Absolute value; slope 0 at 0."""
    assert abs(x) > 0.1
    y = np.fabs(x)
    d_x += d_y * np.sign(x)


def copysign(a, b: const) -> broadcast(a, b):
    """The magnitude of a with the sign of b; slope 0 where a is 0."""
    assert abs(a) > 0.1
    y = np.copysign(a, b)
    d_a += d_y * np.sign(a) * np.copysign(1.0, b)


def maximum_of_numbers(a: scalar, b: scalar) -> "":
    """The larger of two numbers; at a tie each gets one half, the middle of the subgradients."""
    assert abs(a - b) > 0.1
    y = np.maximum(a, b)
    d_a += d_y if a > b else 0.5 * d_y if a == b else 0.0
    d_b += d_y if b > a else 0.5 * d_y if a == b else 0.0


def maximum(a, b):
    """The larger of two; at a tie each gets one half, the middle of the subgradients.

    Its adjoint is chosen, not weighted: what follows may have an infinite slope at the bound, as
    np.sqrt(np.maximum(x, 0.0)) has, and 0.0 * inf would not be 0.0.
    """
    assert abs(a - b) > 0.1
    y = np.maximum(a, b)
    d_a += np.where(a > b, d_y, np.where(a == b, 0.5 * d_y, 0.0))
    d_b += np.where(b > a, d_y, np.where(a == b, 0.5 * d_y, 0.0))


def minimum_of_numbers(a: scalar, b: scalar) -> "":
    """The smaller of two numbers; at a tie each gets one half, the middle of the subgradients."""
    assert abs(a - b) > 0.1
    y = np.minimum(a, b)
    d_a += d_y if a < b else 0.5 * d_y if a == b else 0.0
    d_b += d_y if b < a else 0.5 * d_y if a == b else 0.0


def minimum(a, b):
    """The smaller of two; at a tie each gets one half, the middle of the subgradients."""
    assert abs(a - b) > 0.1
    y = np.minimum(a, b)
    d_a += np.where(a < b, d_y, np.where(a == b, 0.5 * d_y, 0.0))
    d_b += np.where(b < a, d_y, np.where(a == b, 0.5 * d_y, 0.0))


def fmax(a, b):
    """The larger of two, where one of them is not a number the other."""
    assert abs(a - b) > 0.1
    y = np.fmax(a, b)
    d_a += np.where((a > b) | np.isnan(b), d_y, np.where(a == b, 0.5 * d_y, 0.0))
    d_b += np.where((b > a) | np.isnan(a), d_y, np.where(a == b, 0.5 * d_y, 0.0))


def fmin(a, b):
    """The smaller of two, where one of them is not a number the other."""
    assert abs(a - b) > 0.1
    y = np.fmin(a, b)
    d_a += np.where((a < b) | np.isnan(b), d_y, np.where(a == b, 0.5 * d_y, 0.0))
    d_b += np.where((b < a) | np.isnan(a), d_y, np.where(a == b, 0.5 * d_y, 0.0))


def clip_number_below(x: scalar, low: scalar) -> "":
    """A number no smaller than low; slope 1 at the bound."""
    assert abs(x - low) > 0.1
    y = np.clip(x, low, None)
    d_x += d_y if x >= low else 0.0
    d_low += d_y if x < low else 0.0


def clip_below(x, low):
    """No smaller than low; slope 1 at the bound."""
    assert abs(x - low) > 0.1
    y = np.clip(x, low, None)
    d_x += np.where(x >= low, d_y, 0.0)
    d_low += np.where(x < low, d_y, 0.0)


def clip_number_above(x: scalar, high: scalar) -> "":
    """A number no larger than high; slope 1 at the bound."""
    assert abs(x - high) > 0.1
    y = np.clip(x, None, high)
    d_x += d_y if x <= high else 0.0
    d_high += d_y if x > high else 0.0


def clip_above(x, high):
    """No larger than high; slope 1 at the bound."""
    assert abs(x - high) > 0.1
    y = np.clip(x, None, high)
    d_x += np.where(x <= high, d_y, 0.0)
    d_high += np.where(x > high, d_y, 0.0)


def clip_number(x: scalar, low: scalar, high: scalar) -> "":
    """A number between low and high; slope 1 at the bounds. Where low > high the result is high."""
    assert abs(x - low) > 0.1
    assert abs(x - high) > 0.1
    y = np.clip(x, low, high)
    d_x += d_y if (x >= low) and (x <= high) else 0.0
    d_low += d_y if (x < low) and (low <= high) else 0.0
    d_high += d_y if (x > high) or (low > high) else 0.0


def clip(x, low, high):
    """Between low and high; slope 1 at the bounds. Where low > high the result is high."""
    assert abs(x - low) > 0.1
    assert abs(x - high) > 0.1
    y = np.clip(x, low, high)
    d_x += np.where((x >= low) & (x <= high), d_y, 0.0)
    d_low += np.where((x < low) & (low <= high), d_y, 0.0)
    d_high += np.where((x > high) | (low > high), d_y, 0.0)


@holomorphic
@array
def where(c: const, a, b) -> broadcast(c, a, b):
    """The one or the other."""
    y = np.where(c, a, b)
    d_a += np.where(c, d_y, 0.0)
    d_b += np.where(c, 0.0, d_y)
    dot_y = np.where(c, dot_a, dot_b)


def where_true(c: const) -> "?":
    """Places: no derivative."""
    y = np.where(c)


def nan_to_num(x, *, nan=0.0, posinf=None, neginf=None):
    """Numbers in the place of what is not finite."""
    y = np.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)
    d_x += np.where(np.isfinite(x), d_y, 0.0)


# ---------------------------------------------------------------- rounding leftovers


def fmod(a, b):
    """Remainder with the sign of a."""
    assert (a.shape, b.shape) in (((3,), (3,)), ((2, 3), (3,)), ((), ()))
    assert abs(b) > 0.5
    assert abs(a / b - np.round(a / b)) > 0.05
    y = np.fmod(a, b)
    d_a += d_y
    d_b -= d_y * np.trunc(a / b)


def ldexp(x, n: const) -> broadcast(x, n):
    """x * 2**n."""
    n = 3
    y = np.ldexp(x, n)
    d_x += np.ldexp(d_y, n)


# ---------------------------------------------------------------- complex numbers


@for_complex
def conj_complex(x):
    """Complex conjugate."""
    y = np.conj(x)
    d_x += np.conj(d_y)
    dot_y = np.conj(dot_x)


@real
def conj(x):
    """Complex conjugate; a real number is its own."""
    y = np.conj(x)
    d_x += d_y


@for_complex
@gives(real)
@view(x)
def real_complex(x):
    """Real part."""
    y = np.real(x)
    d_x += d_y
    dot_y = np.real(dot_x)


@real
@maybe_view(x)
def real(x):
    """Real part; a real number is its own."""
    y = np.real(x)
    d_x += d_y


@for_complex
@gives(real)
@view(x)
def imag_complex(x):
    """Imaginary part."""
    y = np.imag(x)
    d_x += 1j * d_y
    dot_y = np.imag(dot_x)


@real
def imag(x: const) -> like(x):
    """Imaginary part; that of a real number is 0."""
    y = np.imag(x)


@for_complex
@gives(real)
def angle_complex(x):
    """Angle of a complex number; slope 0 at 0."""
    assert abs(x) > 0.1
    y = np.angle(x)
    d_x += 1j * d_y * x / np.where(x == 0.0, 1.0, np.abs(x) ** 2)
    dot_y = (np.conj(x) * dot_x).imag / np.where(x == 0.0, 1.0, np.abs(x) ** 2)


@real
def angle(x: const) -> like(x):
    """Angle of a real number, 0 or pi: piecewise constant."""
    y = np.angle(x)


# ---------------------------------------------------------------- parts of numbers


def modf(x) -> (like(x), like(x)):
    """Part after the point, and whole part, which is piecewise constant."""
    assert np.abs(x - np.round(x)) > 0.05
    y = np.modf(x)
    d_x += d_y[0]
    dot_y = (dot_x, 0.0 * y[1])


@real
@linear
def unwrap(x: "*s", *, axis=-1) -> like(x):
    """Angles without jumps: a constant is added to each."""
    x = np.arange(np.size(x)).reshape(np.shape(x)) * 2.5 if np.ndim(x) else np.zeros(2)
    y = np.unwrap(x, axis=axis)
    d_x += d_y
