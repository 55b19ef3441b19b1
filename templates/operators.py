"""Python's operators. NumPy's ufuncs of the same meaning (np.add, np.power) share these rules."""

import math

import numpy as np

# ---------------------------------------------------------------- arithmetic


@holomorphic
def add(a, b):
    """Sum of two values."""
    y = a + b
    d_a += d_y
    d_b += d_y


@holomorphic
def sub(a, b):
    """Difference of two values."""
    y = a - b
    d_a += d_y
    d_b -= d_y


@holomorphic
def mul(a, b):
    """Product of two values."""
    y = a * b
    d_a += d_y * b
    d_b += d_y * a


@holomorphic
def logistic(x):
    """The logistic function of -x. Where exp overflows, the slope is 0 as the value is."""
    y = 1.0 / (1.0 + np.exp(x))
    d_x -= d_y * y * (1.0 - y)


def logistic_of_number(x) -> "":
    """The same with Python's exp."""
    y = 1.0 / (1.0 + math.exp(x))
    d_x -= d_y * y * (1.0 - y)


@holomorphic
def truediv(a, b):
    """Quotient; its value is used again for the slope in the denominator."""
    assert abs(b) > 0.5
    y = a / b
    d_numerator = d_y / b
    d_a += d_numerator
    d_b -= d_numerator * y
    dot_y = (dot_a - dot_b * y) / b


def mod(a, b):
    """Remainder a - b * (a // b); a // b is constant between its jumps."""
    assert (a.shape, b.shape) in (((3,), (3,)), ((2, 3), (3,)), ((), ()))
    assert abs(b) > 0.5
    assert abs(a / b - np.round(a / b)) > 0.05
    y = a % b
    d_a += d_y
    d_b -= d_y * (a // b)


def floordiv(a: const, b: const) -> broadcast(a, b):
    """Quotient rounded down: piecewise constant."""
    y = a // b


@holomorphic
def neg(x):
    """Negation."""
    y = -x
    d_x -= d_y


@holomorphic
def pos(x):
    """The value itself."""
    y = +x
    d_x += d_y


# ---------------------------------------------------------------- powers


def pow_0(x: const) -> like(x):
    """A power with exponent 0 is 1 everywhere, at x = 0 too."""
    y = x**0


@holomorphic
def pow_1(x):
    """A power with exponent 1."""
    y = x**1
    d_x += d_y


@for_complex
@gives(real)
def abs_squared(x):
    """The square of the absolute value of complex numbers."""
    y = np.abs(x) ** 2
    d_x += d_y * 2.0 * x
    dot_y = 2.0 * (np.conj(x) * dot_x).real


@for_complex
@gives(real)
def builtin_abs_squared(x):
    """The square of the absolute value of complex numbers."""
    y = abs(x) ** 2
    d_x += d_y * 2.0 * x
    dot_y = 2.0 * (np.conj(x) * dot_x).real


@holomorphic
def pow_2(x):
    """A square."""
    y = x**2
    d_x += d_y * 2.0 * x


@holomorphic
@when(n > 1)
def pow_above_1(x, *, n):
    """A power with a literal exponent above 1, whose slope exists everywhere."""
    assert n in (3, 4, 5)
    y = x**n
    d_x += d_y * float(n) * x ** (n - 1)


@holomorphic
@when(n < 0)
def pow_below_0(x, *, n):
    """A power with a literal negative exponent."""
    assert n in (-1, -2, -3)
    assert abs(x) > 0.5
    y = x**n
    d_x += d_y * float(n) * x ** (n - 1)


@holomorphic
@when(n > 0)
def pow_root(x, *, n):
    """A power with a literal exponent between 0 and 1.

    Its slope at x = 0 is infinite. There 0.0 ** -0.5 would raise an exception; np.power does not.
    """
    assert n in (0.5, 0.25)
    assert x > 0.1
    y = x**n
    d_x += d_y * n * np.power(x, n - 1)


@for_complex
def pow_complex(x, p):
    """A power of complex numbers, by the principal value of the logarithm."""
    assert abs(x) > 0.1
    y = x**p
    d_x += d_y * np.conj(p * np.power(x, p - 1.0 * (p != 0)))
    d_p += d_y * np.conj(y * np.log(np.where(x == 0, 1.0, x).astype(complex)))
    dot_y = dot_x * p * np.power(x, p - 1.0 * (p != 0)) + dot_p * y * np.log(
        np.where(x == 0, 1.0, x).astype(complex)
    )


def pow(x, p):
    """A power.

    Where p is 0 the slope in x is 0, at x = 0 too, which p - 1.0 * (p != 0) sees to: 0 * x**0.
    Where x is 0 the slope in p is 0, the limit of x**p * log(x).
    """
    assert x > 0.1
    y = x**p
    d_x += d_y * p * np.power(x, p - 1.0 * (p != 0))
    d_p += d_y * y * np.log(np.where(x == 0, 1.0, x))


# ---------------------------------------------------------------- comparisons and bits


def lt(a: const, b: const) -> broadcast(a, b):
    """Comparison: no derivative."""
    y = a < b


def le(a: const, b: const) -> broadcast(a, b):
    """Comparison: no derivative."""
    y = a <= b


def gt(a: const, b: const) -> broadcast(a, b):
    """Comparison: no derivative."""
    y = a > b


def ge(a: const, b: const) -> broadcast(a, b):
    """Comparison: no derivative."""
    y = a >= b


def eq(a: const, b: const) -> broadcast(a, b):
    """Comparison: no derivative."""
    y = a == b


def ne(a: const, b: const) -> broadcast(a, b):
    """Comparison: no derivative."""
    y = a != b


def is_(a: const, b: const) -> "":
    """Identity of objects: no derivative."""
    y = a is b


def is_not(a: const, b: const) -> "":
    """Identity of objects: no derivative."""
    y = a is not b


def in_(a: const, b: const) -> "":
    """Membership: no derivative."""
    y = a in b


def not_in(a: const, b: const) -> "":
    """Membership: no derivative."""
    y = a not in b


def not_(a: const) -> "":
    """Logical negation: no derivative."""
    y = not a


@when(array(a))
def invert(a: const) -> like(a):
    """Bits inverted, a mask negated: no derivative."""
    y = ~a


@when(array(a), array(b))
def bitand(a: const, b: const) -> broadcast(a, b):
    """Bitwise and, of masks too: no derivative."""
    y = a & b


@when(array(a), array(b))
def bitor(a: const, b: const) -> broadcast(a, b):
    """Bitwise or, of masks too: no derivative."""
    y = a | b


@when(array(a), array(b))
def bitxor(a: const, b: const) -> broadcast(a, b):
    """Bitwise exclusive or, of masks too: no derivative."""
    y = a ^ b


@when(array(a), array(b))
def lshift(a: const, b: const) -> broadcast(a, b):
    """Bits shifted left: no derivative."""
    y = a << b


@when(array(a), array(b))
def rshift(a: const, b: const) -> broadcast(a, b):
    """Bits shifted right: no derivative."""
    y = a >> b
