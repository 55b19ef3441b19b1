"""A starred argument whose length cannot be seen."""

import numpy as np


def g(a, b=1.0, *rest):
    return a * b + len(rest)


def f(xs: list, n: int):
    return np.sum(g(*xs[:n]))  # error: S2S012 *
