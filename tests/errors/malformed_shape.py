"""A shape string that jaxtyping does not accept either."""

import numpy as np
from jaxtyping import Float
from numpy import ndarray


def f(x: Float[ndarray, "n,, m"]) -> float:  # error: S2S008 shape
    return np.sum(x)
