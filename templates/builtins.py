"""Functions that Python has built in."""

import numpy as np

# ---------------------------------------------------------------- numbers


@for_complex
@gives(real)
def abs_complex(x):
    """Absolute value of complex numbers; slope 0 at 0."""
    assert np.abs(x) > 0.1
    y = abs(x)
    d_x += d_y * x / np.where(y == 0.0, 1.0, y)
    dot_y = (np.conj(x) * dot_x).real / np.where(y == 0.0, 1.0, y)


def abs(x):
    """Absolute value; slope 0 at 0."""
    assert np.abs(x) > 0.1
    y = abs(x)
    d_x += d_y * np.sign(x)


@linear
@gives(complex)
@real
def complex(a, b) -> "":
    """A complex number from its real and its imaginary part."""
    y = complex(a, b)
    d_a += np.real(d_y)
    d_b += np.imag(d_y)


@linear
@gives(complex)
def complex_of_one(x) -> "":
    """A Python complex number."""
    y = complex(x)
    d_x += d_y


@linear
@holomorphic(perhaps_real(x))
@gives(real)
def float(x) -> "":
    """A Python float."""
    y = float(x)
    d_x += d_y


def int(x: const) -> "":
    """A whole number, rounded towards zero: piecewise constant."""
    y = int(x)


def bool(x: const) -> "":
    """Truth value: no derivative."""
    y = bool(x)


def round(x: const, *, ndigits=None) -> like(x):
    """Rounded: piecewise constant."""
    y = round(x, ndigits)


def divmod(a, b) -> (broadcast(a, b), broadcast(a, b)):
    """Quotient rounded down, which is piecewise constant, and remainder."""
    assert np.abs(b) > 0.5
    assert np.abs(a / b - np.round(a / b)) > 0.05
    y = divmod(a, b)
    d_a += d_y[1]
    d_b -= d_y[1] * y[0]
    dot_y = (0.0 * y[0], dot_a - dot_b * y[0])


def len(x: const) -> "":
    """Number of items: no derivative."""
    y = len(x)


def isinstance(x: const, *, cls) -> "":
    """Type test: no derivative."""
    y = isinstance(x, cls)


def str(x: const) -> "":
    """Text: no derivative."""
    y = str(x)


# ---------------------------------------------------------------- several numbers


def max_of_two(a, b) -> "":
    """The larger of two numbers; at a tie each gets one half."""
    assert np.abs(a - b) > 0.1
    y = max(a, b)
    d_a += d_y if a > b else 0.5 * d_y if a == b else 0.0
    d_b += d_y if b > a else 0.5 * d_y if a == b else 0.0


def min_of_two(a, b) -> "":
    """The smaller of two numbers; at a tie each gets one half."""
    assert np.abs(a - b) > 0.1
    y = min(a, b)
    d_a += d_y if a < b else 0.5 * d_y if a == b else 0.0
    d_b += d_y if b < a else 0.5 * d_y if a == b else 0.0


def max_of_several(xs: [""]) -> "":
    """The largest of several numbers; those that tie share its adjoint evenly."""
    y = max(*xs)
    count = sum([x == y for x in xs])
    d_xs += [d_y / count if xs[i] == y else 0.0 for i in range(len(xs))]
    dot_y = sum([dot_xs[i] if xs[i] == y else 0.0 for i in range(len(xs))]) / count


def min_of_several(xs: [""]) -> "":
    """The smallest of several numbers; those that tie share its adjoint evenly."""
    y = min(*xs)
    count = sum([x == y for x in xs])
    d_xs += [d_y / count if xs[i] == y else 0.0 for i in range(len(xs))]
    dot_y = sum([dot_xs[i] if xs[i] == y else 0.0 for i in range(len(xs))]) / count


def max_of_list(xs: [""]) -> "":
    """The largest number of a list; those that tie share its adjoint evenly."""
    y = max(xs)
    count = sum([x == y for x in xs])
    d_xs += [d_y / count if xs[i] == y else 0.0 for i in range(len(xs))]
    dot_y = sum([dot_xs[i] if xs[i] == y else 0.0 for i in range(len(xs))]) / count


def min_of_list(xs: [""]) -> "":
    """The smallest number of a list; those that tie share its adjoint evenly."""
    y = min(xs)
    count = sum([x == y for x in xs])
    d_xs += [d_y / count if xs[i] == y else 0.0 for i in range(len(xs))]
    dot_y = sum([dot_xs[i] if xs[i] == y else 0.0 for i in range(len(xs))]) / count


@when(array(x))
def max_of_array(x: "*s") -> "":
    """The largest element of a vector; those that tie share its adjoint evenly."""
    x = np.ravel(x)
    y = max(x)
    at_max = x == y
    d_x += np.where(at_max, d_y / np.count_nonzero(at_max), 0.0)
    dot_y = np.sum(np.where(at_max, dot_x, 0.0)) / np.count_nonzero(at_max)


@when(array(x))
def min_of_array(x: "*s") -> "":
    """The smallest element of a vector; those that tie share its adjoint evenly."""
    x = np.ravel(x)
    y = min(x)
    at_min = x == y
    d_x += np.where(at_min, d_y / np.count_nonzero(at_min), 0.0)
    dot_y = np.sum(np.where(at_min, dot_x, 0.0)) / np.count_nonzero(at_min)


@linear
@when(array(x))
def sum_of_array(x: "*s") -> reduced(x, 0, False):
    """Sum of the items of an array: over its first axis."""
    y = sum(x)
    d_x += d_y


@linear
def sum_of_list(xs: [""]) -> summed(xs):
    """Sum of the items of a list."""
    y = sum(xs)
    d_xs += [d_y for i in range(len(xs))]


@linear
def sum_of_list_and_start(xs: [""], start) -> summed(xs, start):
    """Sum of the items of a list, and a value to start with."""
    y = sum(xs, start)
    d_xs += [d_y for i in range(len(xs))]
    d_start += d_y
