"""Solvers with rules of their own, for programs of the corpus in another module."""

from __future__ import annotations

import numpy as np
import scipy.linalg as dense
from scipy.optimize import brentq

from s2sad import adjoint

SCALE = 2.0
STEPS = 200


def cubic(v, p, q):
    return v**3 + p * v - q


def cubic_slope(v, p):
    return 3.0 * v * v + p


@adjoint(brentq)
def root_of_cubic(low: const, high: const, p: scalar, q: scalar) -> scalar:
    """The implicit function theorem for cubic(y, p, q) = 0."""
    y = brentq(cubic, low, high, args=(p, q))
    s = d_y / cubic_slope(y, p)
    d_p -= s * y
    d_q += s


def symmetric_solve(a, b):
    return dense.solve(a, b, assume_a="pos")


@adjoint(symmetric_solve)
def symmetric_solve_rule(a: "n n", b: n) -> n:
    y = symmetric_solve(a, b)
    s = dense.solve(a.T, d_y)
    d_b += s
    d_a -= np.outer(s, y)
    dot_y = dense.solve(a, dot_b - dot_a @ y)


def fixed_point(x, damping=0.5):
    """The y with y = damping * cos(x * y) * SCALE / 2, by iteration, element by element."""
    y = np.ones(np.shape(x))
    k = 0
    while k < STEPS:
        y = damping * np.cos(x * y) * SCALE / 2.0
        k += 1
    return y


@adjoint(fixed_point)
def fixed_point_rule(x, damping):
    y = fixed_point(x, damping)
    sine = damping * np.sin(x * y) * SCALE / 2.0
    below = 1.0 + sine * x
    d_x -= d_y * sine * y / below
    d_damping += d_y * y / damping / below
