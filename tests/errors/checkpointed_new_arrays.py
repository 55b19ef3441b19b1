"""Arrays with other names that a checkpointed loop makes would be made twice."""

import numpy as np

from s2sad import checkpointed


def f(x: float, n: int) -> float:
    y = np.full(3, x)
    z = y
    for i in checkpointed(range(n)):  # error: S2S020 become other arrays
        z[0] = y[1] * i
        z = y
        y = np.sin(y)
        y[1] = z[0]
    return np.sum(y) + np.sum(z)
