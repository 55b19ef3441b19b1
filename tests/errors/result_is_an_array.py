"""A gradient needs one number; an array has a vjp."""

import numpy as np
from jaxtyping import Float
from numpy import ndarray


def f(x: Float[ndarray, "n"]):
    return np.tanh(x)  # error: S2S010 scalar
