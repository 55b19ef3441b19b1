"""A loop whose memory is to grow with the square root of its length."""

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from s2sad import checkpointed


def checkpointed_reaction(u: Float[ndarray, "n"], k: float, dt: float, steps: int) -> float:
    """The loop of `reaction` in in_place.py, checkpointed."""
    u = u.copy()
    v = u.copy()
    for _ in checkpointed(range(steps)):
        v[1:-1] = u[1:-1] + dt * (k * (u[2:] - 2.0 * u[1:-1] + u[:-2]) - u[1:-1] ** 3)
        u, v = v, u
    return np.sum(u * u)
