"""Functions whose rules are for real numbers get complex ones."""

import numpy as np


def f(x: float) -> float:
    z = np.exp(1j * x) * np.ones(3)
    y = float(z[0])  # error: S2S021 builtins.float of complex
    a = z.astype(float)  # error: S2S021 numpy.astype of complex
    m = np.max(z)  # error: S2S021 numpy.max of complex
    return abs(y) + abs(np.sum(a)) + abs(m)
