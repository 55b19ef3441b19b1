"""Foxes and rabbits: an ordinary differential equation, and how far it is from what was counted."""

import numpy as np
from numpy.typing import NDArray


def slope(state, rates):
    rabbits, foxes = state
    born, eaten, starved, fed = rates
    return np.array([(born - eaten * foxes) * rabbits, (fed * rabbits - starved) * foxes])


def residuals(rates: NDArray[np.float64], start, counted, step=0.05, every=20):
    """The differences between a solution and what was counted, by Runge and Kutta's method."""
    misfit = np.zeros(np.shape(counted))
    state = start
    for k in range(len(counted) * every):
        if k % every == 0:
            misfit[k // every] = state - counted[k // every]
        k1 = slope(state, rates)
        k2 = slope(state + 0.5 * step * k1, rates)
        k3 = slope(state + 0.5 * step * k2, rates)
        k4 = slope(state + step * k3, rates)
        state = state + step / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
    return misfit.ravel()
