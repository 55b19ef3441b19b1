"""Every refusal of a function is reported, not the first only."""

import numpy as np


def f(x):
    a = np.partition(x, 2)  # error: S2S012 numpy.partition
    b = np.unwrap(x)  # error: S2S012 numpy.unwrap
    return np.sum(a * b)
