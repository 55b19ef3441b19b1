"""Logistic regression: the loss of weights and bias in one vector, as optimisers want it."""

import numpy as np
from jaxtyping import Float
from numpy import ndarray


def loss(
    theta: Float[ndarray, "k"],
    x: Float[ndarray, "n k-1"],
    sign: Float[ndarray, "n"],
    decay: float = 1e-2,
) -> float:
    """Mean of log(1 + exp(-margin)), computed without overflow, with weight decay.

    sign is +1 for one class and -1 for the other.
    """
    w, b = theta[:-1], theta[-1]
    margin = sign * (x @ w + b)
    losses = np.log1p(np.exp(-np.abs(margin))) + np.maximum(-margin, 0.0)
    return np.mean(losses) + decay * np.sum(w * w)
