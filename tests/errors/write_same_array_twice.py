"""A callee that calls itself writes into one argument, and another one is the same array."""

import numpy as np


def scale(v, w, n):
    if n > 0:
        v *= w
        scale(v, w, n - 1)


def f(x):
    y = x * 1.0
    scale(y, y, 2)  # error: S2S011 the same array
    return np.sum(y)
