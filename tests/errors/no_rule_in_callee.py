"""The refusal points into the callee."""

import numpy as np


def inner(v):
    return np.roots(v)  # error: S2S012 numpy.roots


def f(x):
    return np.sum(inner(x * x))
