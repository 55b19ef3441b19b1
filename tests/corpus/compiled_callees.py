"""Callees that Numba compiles: their source is what is differentiated."""

import math

import numba
import numpy as np
from numba import njit


@njit
def cube(v):
    return v * v * v


@numba.njit(cache=False)
def polynomial(v, n):
    total = 0.0
    for k in range(n):
        total += v**k / (k + 1)
    return total


@numba.jit(nopython=True)
def smooth(v):
    return math.sqrt(v * v + 1.0)


def calls_compiled_functions(x: float) -> float:
    return cube(x) * polynomial(x, 4) + smooth(x)


def array_callee(x):
    return np.sum(cube(x) * x)


r = np.random.default_rng(24).standard_normal
CALLS = {
    "calls_compiled_functions": ("x", [(0.7,)]),
    "array_callee": ("x", [(r(3),)]),
}
