"""An augmented assignment to a name that is an array writes into the array."""

import numpy as np
from jaxtyping import Float
from numpy import ndarray


def f(x: Float[ndarray, "n"]) -> float:
    y = x
    y += 1.0  # error: S2S011 y
    return np.sum(y * x)
