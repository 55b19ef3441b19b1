"""Every refusal of a function is reported, not the first only."""

import numpy as np


def f(x):
    a = np.poly(x)  # error: S2S012 numpy.poly
    b = np.roots(x)  # error: S2S012 numpy.roots
    return np.sum(a * b)
