# ruff: noqa: F841
"""Numbers: operators, builtins and the functions of math."""

import math

import numpy as np

HALF = 0.5
RATES = (0.1, 0.2, 0.4)


def polynomial(x: float) -> float:
    return 3.0 * x**4 - 2 * x**3 + x * x - x + 7


def quotient(a: float, b: float) -> float:
    return a / b - b / a + (a + b) / (a - b) / 2


def powers(x: float, y: float) -> float:
    """Constant and variable exponents, and a constant base."""
    return x**y + 2.0**x + y**-2 + x**0 + pow(x, 3) + x**0.5


def signs(x: float) -> float:
    y = -x
    z = +y
    return -((-z) ** 3) - -x


def floor_and_remainder(x: float) -> float:
    """x // 1 is locally constant; x % 1 has slope one; divmod gives both."""
    whole, part = divmod(x, 0.75)
    return (x // 2.0) * x + (x % 1.3) ** 2 + whole * part


def augmented(x: float, y: float) -> float:
    """Every augmented assignment of arithmetic."""
    z = x
    z += y
    z *= x
    z -= y * z
    z /= 1.0 + y * y
    z **= 2
    return z


def builtins_of_numbers(x: float, y: float, z: float) -> float:
    """abs, min, max, sum, round, float, int."""
    largest = max(x, y, z)
    smallest = min((x, y * z))
    rounded = round(x, 1) * y
    return abs(x - y) * largest + smallest + sum([x, y, z], 1.0) * rounded + float(z) * int(3.7)


def functions_of_math(x: float) -> float:
    """Each differentiable function of one argument."""
    a = math.sin(x) + math.cos(x) * math.tan(x) + math.exp(x) + math.expm1(x) + math.log(x)
    b = math.sqrt(x) + math.log1p(x) + math.log2(x) + math.log10(x) + math.exp2(x) + math.cbrt(x)
    c = math.sinh(x) * math.cosh(x) - math.tanh(x) + math.asinh(x) + math.atan(x) + math.erf(x)
    y = x / 3.0
    d = math.asin(y) * math.acos(y) + math.atanh(y) + math.acosh(1.0 + x) + math.erfc(y)
    return a * b + c * d + math.gamma(x) + math.lgamma(x) + math.fabs(-x) * math.degrees(y)


def functions_of_two_numbers(x: float, y: float) -> float:
    base = math.log(x + y, 3.0) + math.log(5.0, y) + math.pow(x, y)
    return math.hypot(x, y) * math.atan2(y, x) + base + math.fmod(x, 0.4)


def locally_constant(x: float) -> float:
    """Results that jump: their slope is zero, what they multiply has its own."""
    return math.floor(x) * x + math.ceil(x) * x**2 + np.sign(x) * x**3 + math.trunc(x) + (x > 0) * x


def module_constants(x: float) -> float:
    """Constants of the module, a tuple among them, and of math and numpy."""
    return HALF * x**2 + RATES[1] * x + math.pi * x - np.e / x + sum(RATES) * x


def long_chain(x: float) -> float:
    """Names used once, names used often, and one that nothing uses."""
    a = x * 1.1
    b = a + x
    unused = b * a
    c = a * b - x
    a2 = c * c
    c2 = a2 - c
    return a2 * c2 + b * c - a


def same_operand_twice(x: float) -> float:
    """x - x, x / x and x * x read one name twice."""
    y = x - x
    z = x / x
    return x * x + (y + 1.0) * x**3 + z * x + (x + x) * (x + x)


def comparisons_are_not_varied(x: float, y: float) -> float:
    """A comparison as a number, chained, and with not."""
    inside = 0.0 < x < 2.0
    outside = not inside
    return x * inside + y * outside + (x != y) * x * y


CALLS = {
    "polynomial": ("x", [(1.3,), (-0.4,), (0.0,)]),
    "quotient": (("a", "b"), [(1.3, 0.4), (-0.2, 2.0)]),
    "powers": (("x", "y"), [(1.7, 2.3), (0.6, -1.2)]),
    "signs": ("x", [(0.7,), (-1.2,)]),
    "floor_and_remainder": ("x", [(3.35,), (-1.7,)]),
    "augmented": (("x", "y"), [(1.2, 0.3), (-0.7, 1.9)]),
    "builtins_of_numbers": (
        ("x", "y", "z"),
        [(1.23, 0.4, -0.7), (0.11, 0.92, 2.0), (-3.0, -2.0, -1.0)],
    ),
    "functions_of_math": ("x", [(0.7,), (1.6,)]),
    "functions_of_two_numbers": (("x", "y"), [(1.3, 0.8), (2.1, 3.3)]),
    "locally_constant": ("x", [(1.4,), (-2.6,)]),
    "module_constants": ("x", [(0.9,)]),
    "long_chain": ("x", [(0.9,), (-1.1,)]),
    "same_operand_twice": ("x", [(0.9,), (-2.0,)]),
    "comparisons_are_not_varied": (("x", "y"), [(0.9, 1.4), (3.0, -1.0)]),
}
