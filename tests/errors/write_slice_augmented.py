"""An augmented assignment to a slice."""

import numpy as np


def f(x):
    y = x * 2.0
    y[1:] += x[:-1]  # error: S2S011 write
    return np.sum(y)
