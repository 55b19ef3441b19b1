"""The shape of a soap film of many points: the area of a surface over a grid."""

import numpy as np
from jaxtyping import Float
from numpy import ndarray


def area(u: Float[ndarray, "n m"], frame: Float[ndarray, "n+2 m+2"]) -> float:
    """Area of the film whose inner heights are u, on a frame of given heights."""
    z = frame.copy()
    z[1:-1, 1:-1] = u
    across = z[1:, :-1] - z[:-1, :-1]
    along = z[:-1, 1:] - z[:-1, :-1]
    return np.sum(np.sqrt(1.0 + across**2 + along**2))
