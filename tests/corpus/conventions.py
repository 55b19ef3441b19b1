"""Where the derivative does not exist: the value that is given there, by convention."""

import math

import numpy as np


def absolute_value(x):
    """0 at 0."""
    return np.sum(np.abs(x)) + sum(abs(v) for v in x) + math.fabs(x[0])


def maximum_of_two(x):
    """Ties are shared evenly, so a rectifier has one half at 0."""
    return np.sum(np.maximum(x, 0.0)) + np.sum(np.minimum(0.0, x)) * 3.0


def maximum_of_all(x):
    """Equal largest elements share."""
    return np.max(x) + x.min() * 10.0


def maximum_along_an_axis(x):
    return np.sum(np.max(x, axis=1) * np.array([1.0, 2.0]))


def builtin_maximum(x: float, y: float, z: float) -> float:
    return max(x, y, z) + 10.0 * min(x, y) + 100.0 * max(x, 2.0)


def clipped(x):
    """1 at the bounds."""
    return np.sum(np.clip(x, -1.0, 1.0))


def norms_at_zero(x):
    """0 for the norm and for the standard deviation."""
    return np.linalg.norm(x) + np.std(x) + np.linalg.norm(x[None], axis=1)[0]


def powers_at_zero(x):
    """No nan and no ZeroDivisionError: x**0 has slope 0, x**1 has slope 1, x**2 has 0."""
    return (
        np.sum(x**0) + np.sum(x**1) * 3.0 + np.sum(x**2) + np.sum(x**2.5) + np.sum(np.power(x, 3))
    )


def powers_of_a_number_at_zero(x: float, n: int) -> float:
    return x**n + x**2


def power_with_varied_exponent(x: float, y: float) -> float:
    """0**y has slope 0 in y for y > 0."""
    return x**y


def square_root_at_zero(x):
    """inf."""
    return np.sum(np.sqrt(x))


def whole_numbers(x):
    """Zero, also at the jumps."""
    return np.sum(np.floor(x) + np.round(x) + np.sign(x) + (x > 0.0)) + np.sum(x)


def products_with_zeros(x):
    """The product of the others, not the product divided by the element."""
    return np.prod(x)


def heaviside_and_where(x):
    """The condition decides at the boundary, as in the value."""
    return np.sum(np.where(x >= 0.0, x, 2.0 * x))


def distance_at_zero(x: float, y: float) -> float:
    return math.hypot(x, y)


def where_protects_a_chain(x):
    """The branch that is not taken would have an infinite slope."""
    return np.sum(np.where(x > 0.0, np.sqrt(np.abs(x)), 0.0))


zeros = np.zeros(2)
CALLS = {
    "absolute_value": ("x", [(np.array([0.0, -2.0, 3.0]),)]),
    "maximum_of_two": ("x", [(np.array([0.0, -2.0, 3.0]),)]),
    "maximum_of_all": ("x", [(np.array([3.0, -2.0, 3.0, -2.0, -2.0]),)]),
    "maximum_along_an_axis": ("x", [(np.array([[1.0, 1.0], [2.0, 1.0]]),)]),
    "builtin_maximum": (("x", "y", "z"), [(2.0, 2.0, 1.0), (3.0, 3.0, 3.0)]),
    "clipped": ("x", [(np.array([-1.0, 1.0, 2.0, 0.0]),)]),
    "norms_at_zero": ("x", [(zeros,)]),
    "powers_at_zero": ("x", [(zeros,)]),
    "powers_of_a_number_at_zero": ("x", [(0.0, 0), (0.0, 1), (0.0, 2)]),
    "power_with_varied_exponent": (("x", "y"), [(0.0, 2.0)]),
    "square_root_at_zero": ("x", [(np.array([0.0, 4.0]),)]),
    "whole_numbers": ("x", [(np.array([0.0, 1.0, 2.5]),)]),
    "products_with_zeros": ("x", [(np.array([0.0, 2.0, 3.0]),), (np.array([0.0, 0.0, 3.0]),)]),
    "heaviside_and_where": ("x", [(np.array([0.0, -1.0]),)]),
    "distance_at_zero": (("x", "y"), [(0.0, 0.0)]),
    "where_protects_a_chain": ("x", [(np.array([0.0, -1.0, 4.0]),)]),
}
EXPECTED = {
    "absolute_value": lambda x: 2.0 * np.sign(x),
    "maximum_of_two": lambda x: np.array([2.0, 3.0, 1.0]),
    "maximum_of_all": lambda x: np.array([0.5, 10.0 / 3.0, 0.5, 10.0 / 3.0, 10.0 / 3.0]),
    "maximum_along_an_axis": lambda x: np.array([[0.5, 0.5], [2.0, 0.0]]),
    "builtin_maximum": lambda x, y, z: (
        (0.5 + 5.0 + 50.0, 0.5 + 5.0, 0.0)
        if z == 1.0
        else (1.0 / 3.0 + 5.0 + 100.0, 1.0 / 3.0 + 5.0, 1.0 / 3.0)
    ),
    "clipped": lambda x: np.array([1.0, 1.0, 0.0, 1.0]),
    "norms_at_zero": lambda x: np.zeros(2),
    "powers_at_zero": lambda x: np.full(2, 3.0),
    "powers_of_a_number_at_zero": lambda x, n: 1.0 if n == 1 else 0.0,
    "power_with_varied_exponent": lambda x, y: (0.0, 0.0),
    "square_root_at_zero": lambda x: np.array([np.inf, 0.25]),
    "whole_numbers": lambda x: np.ones(3),
    "products_with_zeros": lambda x: np.array([6.0, 0.0, 0.0]) if x[1] else np.zeros(3),
    "heaviside_and_where": lambda x: np.array([1.0, 2.0]),
    "distance_at_zero": lambda x, y: (0.0, 0.0),
    "where_protects_a_chain": lambda x: np.array([0.0, 0.0, 0.25]),
}
