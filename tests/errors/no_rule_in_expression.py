"""The call without a rule stands inside an expression; only it is pointed at."""

import numpy as np


def f(x):
    return np.sum(np.exp(x) + np.roots(x)[0] * 2.0)  # error: S2S012 numpy.roots
