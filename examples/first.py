"""The function that the README opens with.

s2sad generate examples/first.py
"""

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from s2sad import differentiable


@differentiable(wrt=("W1", "b1", "W2", "b2"))
def loss(
    W1: Float[ndarray, "inputs hidden"],
    b1: Float[ndarray, "hidden"],
    W2: Float[ndarray, "hidden outputs"],
    b2: Float[ndarray, "outputs"],
    x: Float[ndarray, "batch inputs"],
    t: Float[ndarray, "batch outputs"],
) -> float:
    """Sum of squared errors of a two-layer perceptron."""
    h = np.tanh(x @ W1 + b1)  # hidden activations
    y = h @ W2 + b2
    r = y - t
    return np.sum(r * r)
