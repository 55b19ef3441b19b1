"""Functions that write into what they are handed, and return a part of it."""

from math import sin

import numpy
import numpy as np

SLOPE = 0.7
TABLE = numpy.array([1.0, 2.0, 3.0])


def normalise(v):
    return numpy.tanh(v) * SLOPE


def scaled(v, by=SLOPE, width=1):
    v *= by * TABLE[width]
    w = normalise(v)
    v[0] = w[1] * sin(1.0)  # SLOPE of this module is in it
    return v[width:]


def twice(v, n=2):
    u = scaled(v)
    for i in range(n):
        u[i] += SLOPE * np.pi
    return scaled(u, width=n)
