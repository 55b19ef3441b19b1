"""Arrays with other names that a checkpointed loop makes would be made twice."""

import numpy as np

from s2sad import checkpointed


def f(x: float, n: int) -> float:
    y = np.full(3, x)
    for i in checkpointed(range(n)):  # error: S2S020 become other arrays
        z = y
        y = np.sin(y)
        z[0] = y[1] * i
        y[1] = z[0]
    return np.sum(y)
