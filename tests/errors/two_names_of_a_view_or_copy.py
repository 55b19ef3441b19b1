import numpy as np


def f(a, idx):
    h = k = a[idx]  # error: S2S011 this may be a view or a copy, and gets two names
    for i in range(1, len(a)):
        a[i] = 0.5
    return np.sum(k * h)
