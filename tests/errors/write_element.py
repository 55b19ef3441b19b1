"""An element is written, with a value that is varied."""

import numpy as np


def f(x):
    y = np.zeros(3)
    y[0] = x[0] ** 2  # error: S2S011 write
    return np.sum(y)
