"""A method of arrays without a rule."""

import numpy as np


def f(x):
    y = x.byteswap()  # error: S2S012 byteswap
    return np.sum(y)
