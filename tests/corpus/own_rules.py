"""Functions that are differentiated by a rule of the user's, whatever stands in them."""

from __future__ import annotations

import math
from math import tan

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import gammaln

from s2sad import adjoint
from tests.corpus.library import solvers
from tests.corpus.library.solvers import cubic, fixed_point

Vector = np.ndarray[tuple[int], np.dtype[np.float64]]
Matrix = np.ndarray[tuple[int, int], np.dtype[np.float64]]
GAS = 8.314


def r(shape: object, seed: int = 0) -> NDArray[np.float64]:
    return np.random.default_rng(seed).normal(size=shape)


def excess(v, pressure, temperature):
    return pressure - GAS * temperature / (v - 0.03) + 1.4 / v**2


def excess_slope(v, temperature):
    return GAS * temperature / (v - 0.03) ** 2 - 2.8 / v**3


def volume(pressure, temperature=300.0):
    return brentq(lambda v: excess(v, pressure, temperature), 0.031, 1e3, xtol=1e-15)


@adjoint(volume)
def volume_rule(pressure, temperature):
    """The implicit function theorem for excess(y, pressure, temperature) = 0."""
    y = volume(pressure, temperature)
    s = -d_y / excess_slope(y, temperature)
    d_pressure += s
    d_temperature -= s * GAS / (y - 0.03)


def by_rule(pressure: float, temperature: float) -> float:
    v = volume(pressure, temperature=temperature * temperature)
    return math.sin(v) * pressure


def with_its_default(pressure: float) -> float:
    return volume(pressure) + volume(pressure=2.0 * pressure)


def in_a_loop(pressure: float, n: int) -> float:
    total = 0.0
    for k in range(n):
        pressure = 2.0 + volume(pressure, 300.0 + k)
        if pressure > 20.0:
            total += pressure * volume(pressure, 280.0)
    return total


def in_a_comprehension(pressures: Vector) -> float:
    return sum([volume(p) * p for p in pressures])


def handed_on(f, x):
    return f(x) * x


def as_an_argument(pressure: float) -> float:
    return handed_on(volume, pressure)


def of_a_library(x: float) -> float:
    return brentq(cubic, -10.0, 10.0, (x, x * x)) * x


def of_another_module(a: Matrix, b: Vector) -> float:
    z = solvers.symmetric_solve(a @ a.T + np.eye(3), b)
    return np.sum(z * z * z)


def element_by_element(x: Vector, damping: float) -> float:
    return np.sum(x * fixed_point(x, damping=damping))


def of_unknown_rank(x, damping):
    return np.sum(fixed_point(x, damping) ** 2)


def norm_and_angle(x):
    size = np.sqrt(np.sum(x * x))
    return size, x / size


@adjoint(norm_and_angle)
def norm_and_angle_rule(x: n) -> ("", n):
    y = norm_and_angle(x)
    along = np.sum(d_y[1] * y[1])
    d_x += d_y[0] * y[1] + (d_y[1] - along * y[1]) / y[0]


def two_results(x: Vector) -> float:
    size, direction = norm_and_angle(x)
    return size**3 + np.sum(direction * np.arange(3.0))


def shifted(x, *, by=1, wrap=True):
    return np.array([x[(k + by) % len(x)] for k in range(len(x))])


@adjoint(shifted, linear=True, when="wrap is True")
def shifted_rule(x: n, *, by=1, wrap=True) -> n:
    y = shifted(x, by=by, wrap=wrap)
    d_x += shifted(d_y, by=-by)


def static_arguments(x: Vector, k: int) -> float:
    return np.sum(shifted(x, by=k) * x * shifted(x))


@adjoint(np.sinh)
def steeper(x):
    """Goes before the rule that s2sad comes with."""
    y = np.sinh(x)
    d_x += 2.0 * d_y * np.cosh(x)


def instead_of_a_rule(x: Vector) -> float:
    return np.sum(np.sinh(x))


def quintic(z, x):
    return z**5 + z - np.exp(x)


def root(f, x):
    return brentq(f, -10.0, 10.0, (x,), xtol=1e-15)


@adjoint(root)
def root_rule(f: const, x: scalar):
    """f(y, x) = 0, with central differences of f."""
    y = root(f, x)
    h = 1e-5
    across = f(y, x + h) - f(y, x - h)
    d_x -= d_y * across / (f(y + h, x) - f(y - h, x))


def handed_a_function(x: float) -> float:
    return root(quintic, x) * x


def names_of_single_imports(x: float) -> float:
    return tan(x) * gammaln(x)


CALLS = {
    "by_rule": (("pressure", "temperature"), [(1000.0, 17.0)]),
    "with_its_default": ("pressure", [(100.0,)]),
    "in_a_loop": ("pressure", [(100.0, 4), (100.0, 0)]),
    "in_a_comprehension": ("pressures", [(np.array([100.0, 200.0, 400.0]),)]),
    "as_an_argument": ("pressure", [(100.0,)]),
    "of_a_library": ("x", [(1.5,)]),
    "of_another_module": (("a", "b"), [(r((3, 3)), r(3, 1))]),
    "element_by_element": (("x", "damping"), [(np.abs(r(4)), 0.5)]),
    "of_unknown_rank": (("x", "damping"), [(np.abs(r(4)), 0.5), (0.7, np.array([0.3, 0.4]))]),
    "two_results": ("x", [(r(3),)]),
    "static_arguments": ("x", [(r(4), 2), (r(4), 1)]),
    "instead_of_a_rule": ("x", [(r(3),)]),
    "handed_a_function": ("x", [(0.8,)]),
    "names_of_single_imports": ("x", [(1.3,)]),
}
EXPECTED = {"instead_of_a_rule": lambda x: 2.0 * np.cosh(x)}
# A rule without a line `dot_y = ...` is for reverse mode alone.
TWICE = {"two_results": "S2S012", "of_a_library": None, "static_arguments": None}
