"""A write through an iterator over an array goes into what has no name."""

import numpy as np


def f(a):
    b = 2.0 * a
    b.flat[0] = a[1]  # error: S2S011 follow
    return np.sum(b)
