"""Methods that sort and fill in place."""

import numpy as np


def f(x):
    y = x * 1.0
    y.sort()  # error: S2S011 y
    return np.sum(y * x)
