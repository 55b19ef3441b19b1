"""The functions of the module `math`. They take single numbers and give Python numbers."""

import math

import numpy as np

# ---------------------------------------------------------------- exponentials and logarithms


def exp(x) -> "":
    """Exponential function."""
    y = math.exp(x)
    d_x += d_y * y


def exp2(x) -> "":
    """Power of two."""
    y = math.exp2(x)
    d_x += d_y * math.log(2.0) * y


def expm1(x) -> "":
    """exp(x) - 1, exact near 0."""
    y = math.expm1(x)
    d_x += d_y * (y + 1.0)


def log(x) -> "":
    """Natural logarithm."""
    assert x > 0.1
    y = math.log(x)
    d_x += d_y / x


def log_of_base(x, b) -> "":
    """Logarithm with a base of one's own: log(x) / log(b)."""
    assert x > 0.1
    assert b > 1.1
    y = math.log(x, b)
    d_x += d_y / (x * math.log(b))
    d_b -= d_y * y / (b * math.log(b))


def log2(x) -> "":
    """Logarithm with base 2."""
    assert x > 0.1
    y = math.log2(x)
    d_x += d_y / (x * math.log(2.0))


def log10(x) -> "":
    """Logarithm with base 10."""
    assert x > 0.1
    y = math.log10(x)
    d_x += d_y / (x * math.log(10.0))


def log1p(x) -> "":
    """log(1 + x), exact near 0."""
    assert x > -0.8
    y = math.log1p(x)
    d_x += d_y / (1.0 + x)


# ---------------------------------------------------------------- powers and roots


def sqrt(x) -> "":
    """Square root; slope inf at 0."""
    assert x > 0.1
    y = math.sqrt(x)
    d_x += d_y * (0.5 / y if y > 0.0 else math.inf)


def cbrt(x) -> "":
    """Cube root."""
    assert abs(x) > 0.1
    y = math.cbrt(x)
    d_x += d_y / (3.0 * y * y)


def pow_0(x: const) -> "":
    """A power with exponent 0 is 1 everywhere, at x = 0 too."""
    y = math.pow(x, 0)


def pow_(x, p) -> "":
    """A power. Where p is 0 the slope in x is 0; where x is 0 the slope in p is 0."""
    assert x > 0.1
    y = math.pow(x, p)
    d_x += d_y * (p * math.pow(x, p - 1.0) if p != 0.0 and (x != 0.0 or p >= 1.0) else 0.0)
    d_p += d_y * (y * math.log(x) if x > 0.0 else 0.0)


def hypot(a, b) -> "":
    """sqrt(a**2 + b**2) without overflow; slope 0 where both are 0."""
    y = math.hypot(a, b)
    d_a += d_y * (a / y if y > 0.0 else 0.0)
    d_b += d_y * (b / y if y > 0.0 else 0.0)


def hypot_of_several(xs: [""]) -> "":
    """The length of the vector of several numbers; slope 0 where it is 0."""
    y = math.hypot(*xs)
    d_xs += [d_y * (xs[i] / y if y > 0.0 else 0.0) for i in range(len(xs))]
    dot_y = sum([xs[i] * dot_xs[i] for i in range(len(xs))]) / (y if y > 0.0 else math.inf)


# ---------------------------------------------------------------- trigonometry


def sin(x) -> "":
    """Sine."""
    y = math.sin(x)
    d_x += d_y * math.cos(x)


def cos(x) -> "":
    """Cosine."""
    y = math.cos(x)
    d_x -= d_y * math.sin(x)


def tan(x) -> "":
    """Tangent."""
    assert abs(x) < 1.2
    y = math.tan(x)
    d_x += d_y * (1.0 + y * y)


def asin(x) -> "":
    """Inverse sine."""
    assert abs(x) < 0.9
    y = math.asin(x)
    d_x += d_y / math.sqrt(1.0 - x * x)


def acos(x) -> "":
    """Inverse cosine."""
    assert abs(x) < 0.9
    y = math.acos(x)
    d_x -= d_y / math.sqrt(1.0 - x * x)


def atan(x) -> "":
    """Inverse tangent."""
    y = math.atan(x)
    d_x += d_y / (1.0 + x * x)


def atan2(a, b) -> "":
    """Angle of the point (b, a)."""
    assert abs(a) > 0.1
    y = math.atan2(a, b)
    d_a += d_y * b / (a * a + b * b)
    d_b -= d_y * a / (a * a + b * b)


def radians(x) -> "":
    """Degrees to radians."""
    y = math.radians(x)
    d_x += d_y * (math.pi / 180.0)


def degrees(x) -> "":
    """Radians to degrees."""
    y = math.degrees(x)
    d_x += d_y * (180.0 / math.pi)


# ---------------------------------------------------------------- hyperbolic functions


def sinh(x) -> "":
    """Hyperbolic sine."""
    y = math.sinh(x)
    d_x += d_y * math.cosh(x)


def cosh(x) -> "":
    """Hyperbolic cosine."""
    y = math.cosh(x)
    d_x += d_y * math.sinh(x)


def tanh(x) -> "":
    """Hyperbolic tangent."""
    y = math.tanh(x)
    d_x += d_y * (1.0 - y * y)


def asinh(x) -> "":
    """Inverse hyperbolic sine."""
    y = math.asinh(x)
    d_x += d_y / math.hypot(x, 1.0)


def acosh(x) -> "":
    """Inverse hyperbolic cosine."""
    assert x > 1.1
    y = math.acosh(x)
    d_x += d_y / (math.sqrt(x - 1.0) * math.sqrt(x + 1.0))


def atanh(x) -> "":
    """Inverse hyperbolic tangent."""
    assert abs(x) < 0.9
    y = math.atanh(x)
    d_x += d_y / (1.0 - x * x)


# ---------------------------------------------------------------- the error function


def erf(x) -> "":
    """Error function."""
    y = math.erf(x)
    d_x += d_y * (2.0 / math.sqrt(math.pi)) * math.exp(-x * x)


def erfc(x) -> "":
    """1 - erf(x), exact where that is small."""
    y = math.erfc(x)
    d_x -= d_y * (2.0 / math.sqrt(math.pi)) * math.exp(-x * x)


def lgamma(x) -> "":
    """Logarithm of the gamma function."""
    assert x > 0.1
    y = math.lgamma(x)
    d_x += d_y * helper.digamma(x)


def gamma(x) -> "":
    """Gamma function."""
    assert x > 0.1
    y = math.gamma(x)
    d_x += d_y * y * helper.digamma(x)


# ---------------------------------------------------------------- absolute value, sign, remainders


def fabs(x) -> "":
    """Absolute value; slope 0 at 0."""
    assert abs(x) > 0.1
    y = math.fabs(x)
    d_x += d_y * (math.copysign(1.0, x) if x != 0.0 else 0.0)


def copysign(a, b: const) -> "":
    """The magnitude of a with the sign of b; slope 0 where a is 0."""
    assert abs(a) > 0.1
    y = math.copysign(a, b)
    d_a += d_y * (math.copysign(1.0, a) * math.copysign(1.0, b) if a != 0.0 else 0.0)


def fmod(a, b) -> "":
    """Remainder with the sign of a."""
    assert abs(b) > 0.5
    assert abs(a / b - round(a / b)) > 0.05
    y = math.fmod(a, b)
    d_a += d_y
    d_b -= d_y * math.trunc(a / b)


def remainder(a, b) -> "":
    """Remainder of the nearest whole quotient."""
    assert abs(b) > 0.5
    assert abs(a / b + 0.5 - round(a / b + 0.5)) > 0.05
    y = math.remainder(a, b)
    d_a += d_y
    d_b -= d_y * ((a - y) / b)


def ldexp(x, n: const) -> "":
    """x * 2**n."""
    n = 3
    y = math.ldexp(x, n)
    d_x += math.ldexp(d_y, n)


# ---------------------------------------------------------------- several numbers


@real
@linear
def fsum(xs: [""]) -> "":
    """Sum of a list of numbers, without loss of precision."""
    y = math.fsum(xs)
    d_xs += [d_y for i in range(len(xs))]


@real
@linear
def fsum_of_array(x: "*s") -> reduced(x, None, False):
    """Sum of a vector, without loss of precision."""
    assert x.shape in ((3,),)
    y = math.fsum(x)
    d_x += d_y


@multilinear
def sumprod_of_lists(p: [""], q: [""]) -> "":
    """Sum of products, without loss of precision."""
    y = math.sumprod(p, q)
    d_p += [d_y * q[i] for i in range(len(p))]
    d_q += [d_y * p[i] for i in range(len(p))]


@multilinear
def sumprod(p: "*s", q: "*s") -> "":
    """Sum of products, without loss of precision."""
    assert (p.shape, q.shape) in (((3,), (3,)),)
    y = math.sumprod(p, q)
    d_p += d_y * q
    d_q += d_y * p


def dist_of_lists(p: [""], q: [""]) -> "":
    """Distance of two points; slope 0 where they are the same."""
    y = math.dist(p, q)
    d_p += [d_y * ((p[i] - q[i]) / y if y > 0.0 else 0.0) for i in range(len(p))]
    d_q += [d_y * ((q[i] - p[i]) / y if y > 0.0 else 0.0) for i in range(len(p))]
    dot_y = sum([(p[i] - q[i]) * (dot_p[i] - dot_q[i]) for i in range(len(p))]) / (
        y if y > 0.0 else math.inf
    )


def prod_of_list(xs: [""], *, start=1) -> "":
    """Product of a list of numbers. Not y / x, which fails where a number is zero."""
    assert start in (1, 2.5)
    y = math.prod(xs, start=start)
    d_xs += [
        d_y * math.prod([xs[j] for j in range(len(xs)) if j != i], start=start)
        for i in range(len(xs))
    ]
    dot_y = sum(
        [
            dot_xs[i] * math.prod([xs[j] for j in range(len(xs)) if j != i], start=start)
            for i in range(len(xs))
        ]
    )


def prod_of_vector(x: "*s", *, start=1) -> reduced(x, None, False):
    """Product of the elements of a vector. Not y / x, which fails where an element is zero."""
    assert x.shape in ((3,),)
    assert start in (1, 2.5)
    y = math.prod(x, start=start)
    d_x += d_y * start * helper.product_of_others(x, None)
    dot_y = start * np.sum(helper.product_of_others(x, None) * dot_x)


def dist(p: "*s", q: "*s") -> "":
    """Distance of two points; slope 0 where they are the same."""
    assert (p.shape, q.shape) in (((3,), (3,)),)
    y = math.dist(p, q)
    d_p += d_y * (p - q) / y if y > 0.0 else np.zeros_like(p)
    d_q += d_y * (q - p) / y if y > 0.0 else np.zeros_like(q)
    dot_y = (p - q) @ (dot_p - dot_q) / y if y > 0.0 else 0.0


# ---------------------------------------------------------------- whole numbers: zero derivative


def floor(x: const) -> "":
    """Rounded down: piecewise constant."""
    y = math.floor(x)


def ceil(x: const) -> "":
    """Rounded up: piecewise constant."""
    y = math.ceil(x)


def trunc(x: const) -> "":
    """Rounded towards zero: piecewise constant."""
    y = math.trunc(x)


def isfinite(x: const) -> "":
    """Test: no derivative."""
    y = math.isfinite(x)


def isinf(x: const) -> "":
    """Test: no derivative."""
    y = math.isinf(x)


def isnan(x: const) -> "":
    """Test: no derivative."""
    y = math.isnan(x)


def isclose(a: const, b: const, *, rel_tol=1e-09, abs_tol=0.0) -> "":
    """Test: no derivative."""
    y = math.isclose(a, b, rel_tol=rel_tol, abs_tol=abs_tol)


def comb(n: const, k: const) -> "":
    """Number of combinations: no derivative."""
    n = 5
    k = 2
    y = math.comb(n, k)


def factorial(n: const) -> "":
    """Product of whole numbers: no derivative."""
    n = 5
    y = math.factorial(n)


def isqrt(n: const) -> "":
    """Whole part of a root: no derivative."""
    n = 5
    y = math.isqrt(n)
