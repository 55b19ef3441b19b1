"""A callee writes into what it is handed."""

import numpy as np


def scale(v):
    v[0] *= 2.0  # error: S2S011 v


def f(x):
    y = x * 1.0
    scale(y)
    return np.sum(y)
