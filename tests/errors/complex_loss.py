"""A gradient is that of a real number."""

import numpy as np


def f(x: float):
    z = np.exp(1j * x)
    return z * z.conj()  # error: S2S021 f returns
