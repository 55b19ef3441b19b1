"""A function of NumPy without a rule."""

import numpy as np


def f(x):
    y = np.poly(x)  # error: S2S012 numpy.poly
    return np.sum(y * x)
