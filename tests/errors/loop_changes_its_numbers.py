"""A loop over numbers of an array that it changes: each is read when its turn comes."""

import numpy as np


def f(A: "np.ndarray[tuple[int, int], np.dtype[np.float64]]", k):
    s = 0.0
    B = A
    k = k * 1.0
    for row, t in zip(A, k, strict=True):  # error: S2S011 the loop changes k while it runs over it
        k += 0.5
        B[-1] = 0.3 * t * row
        s += t
    return s + np.sum(A)
