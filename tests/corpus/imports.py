# ruff: noqa: E401, I001
"""Every usual spelling of an import, and names that only look like NumPy's."""

import math, cmath
import math as m
import numpy
import numpy as np
import numpy.linalg as la
from math import exp, pi as PI
from numpy import asarray, tanh as th
from numpy.linalg import norm

from numpy import linalg


def spelled_out(x):
    return numpy.sum(numpy.tanh(x)) * numpy.linalg.norm(x)


def renamed(x):
    return np.sum(th(x) ** 2) + la.norm(x) * norm(x) + linalg.norm(x)


def names_from_math(x: float) -> float:
    return exp(-x) * m.sin(PI * x) + math.sqrt(x) * abs(cmath.pi)


def inside_the_function(x):
    import numpy as xp
    from math import cos

    return xp.sum(xp.exp(asarray(x))) * cos(float(x[0]))


def hidden_by_a_local(x, norm):
    """norm and exp mean something else here."""
    exp = norm * 2.0
    return np.sum(x * exp)


def hidden_by_a_function(x):
    return np.sum(sqrt(x)) + absolute(x)[0]


def sqrt(v):
    """Not the square root."""
    return v * v * 0.5


def absolute(v):
    return v


def aliased_function(x):
    """Functions bound to local names first."""
    f = np.tanh
    dot = np.dot
    total = numpy.add.reduce
    return dot(f(x), x) + f(x)[0] + (total([1.0, 2.0]) if len(x) > 0 else 0.0)


def method_spellings(x, y):
    """Functions of NumPy and methods of arrays are the same."""
    a = x.sum() + y.sum(axis=0)
    b = x.dot(y) * x.max() - y.T.mean()
    c = x.reshape(1, -1).ravel().clip(-1.0, 1.0).prod()
    return a * b + c * x.std() + y.var() + x.cumsum()[-1] + (x**2).min()


r = np.random.default_rng(18).standard_normal
CALLS = {
    "spelled_out": ("x", [(r(3),)]),
    "renamed": ("x", [(r(3),)]),
    "names_from_math": ("x", [(0.7,)]),
    "inside_the_function": ("x", [(r(3),)]),
    "hidden_by_a_local": (("x", "norm"), [(r(3), r(3))]),
    "hidden_by_a_function": ("x", [(r(3),)]),
    "aliased_function": ("x", [(r(3),)]),
    "method_spellings": (("x", "y"), [(r(3), r(3))]),
}

TWICE = dict.fromkeys(("aliased_function", "inside_the_function", "spelled_out"))
