"""A callee writes into what it is handed."""

import numpy as np


def scale(v):
    v[0] *= 2.0


def f(x):
    y = x * 1.0
    scale(y)  # error: S2S011 scale
    return np.sum(y)
