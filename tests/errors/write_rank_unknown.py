"""Whether a name is a part of an array or a number depends on the array's rank."""

import numpy as np


def f(a):
    t = a[0]  # error: S2S011 rank
    a[0] = 2.0 * a[0]
    return np.sum(t * a[0])
