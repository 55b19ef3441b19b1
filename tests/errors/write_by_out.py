"""out= writes into an array."""

import numpy as np


def f(x):
    y = np.zeros(x.shape)
    np.multiply(x, x, out=y)  # error: S2S011 out
    return np.sum(y)
