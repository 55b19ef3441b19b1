"""The refusal points into the callee."""

import numpy as np


def inner(v):
    return np.unwrap(v)  # error: S2S012 numpy.unwrap


def f(x):
    return np.sum(inner(x * x))
