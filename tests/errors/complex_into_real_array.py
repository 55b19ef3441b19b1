"""What is complex goes into an array of floats, which would keep the real part alone."""

import numpy as np


def f(x: float) -> float:
    z = np.zeros(3)
    z[0] = x * 1j  # error: S2S021 write
    return np.sum(z)
