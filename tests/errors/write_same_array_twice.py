"""A callee writes into one argument, and another one is the same array."""

import numpy as np


def scale(v, w):
    v *= w


def f(x):
    y = x * 1.0
    scale(y, y)  # error: S2S011 the same array
    return np.sum(y)
