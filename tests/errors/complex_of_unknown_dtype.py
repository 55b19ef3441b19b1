"""Whether an array whose dtype is not known can hold complex numbers is not known."""

import numpy as np


def f(x: float, dtype) -> float:
    z = np.zeros(2, dtype=dtype)
    z[0] = np.exp(1j * x)  # error: S2S021 write
    return np.sum(np.abs(z))
