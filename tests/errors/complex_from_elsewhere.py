"""Beside complex numbers, what an unknown function returns may be complex."""

import numpy as np
import weather


def f(x: float) -> float:
    w = weather.spectrum()
    z = np.zeros(len(w), dtype=complex)
    z[:] = np.exp(1j * x)
    y = np.zeros(len(w))
    y[:] = x * w  # error: S2S021 write
    return np.sum(np.abs(z)) + np.sum(y)
