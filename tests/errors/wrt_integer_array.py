"""An array of integers has no derivative."""

import numpy as np
from jaxtyping import Int
from numpy import ndarray


def f(labels: Int[ndarray, "n"], x: float) -> float:  # error: S2S018 labels
    return np.sum(labels) * x
