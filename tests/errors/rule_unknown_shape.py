import numpy as np
from scipy.optimize import brentq

from s2sad import adjoint


def volume(p, t=1.0):
    return brentq(lambda v: v**3 + v * t - p, -10.0, 10.0)


@adjoint(volume)
def volume_rule(p: "n", t: const) -> "reduce(p)":  # error: S2S080 no shape function reduce
    y = volume(p, t)
    d_p += d_y


@adjoint(volume)
def missing(p: "n", t: const):  # error: S2S080 without the shape of its result
    y = volume(p, t)
    d_p += d_y


@adjoint(volume)
def a_type(p: float, t: const):  # error: S2S080 operand whose shape is not understood
    y = volume(p, t)
    d_p += d_y


def size(v: np.ndarray) -> float:
    return np.sqrt(v @ v)


@adjoint(size)
def size_rule(v):  # error: S2S080 size makes a number of the array v
    y = size(v)
    d_v += d_y * v / y


def f(x: float) -> float:
    return volume(x, 2.0)
