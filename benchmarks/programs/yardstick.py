# ruff: noqa: B007
"""The functions whose adjoints an expert wrote by hand: see ../hand."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy import ndarray


class Layer(NamedTuple):
    W: np.ndarray
    b: np.ndarray


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


def energy(x: float, n: int) -> float:
    """Sum of squares along a piecewise-defined orbit of length n."""
    s = 0.0
    for i in range(n):
        if x > 1.0:
            x = 1.1 * np.sin(x)
        else:
            x = x * x + 0.5
        s += x * x
    return s


def mix(w: Float[ndarray, "d d"], u: Float[ndarray, "d"], v: Float[ndarray, "d"]):
    return w @ (u + v)


def norm_of_output(
    w1: Float[ndarray, "d d"], w2: Float[ndarray, "d d"], x: Float[ndarray, "d"]
) -> float:
    """Norm of a small directed acyclic graph in which w1 parametrises two nodes."""
    x1 = w1 @ x
    x2 = x + w2 @ x1
    x3 = mix(w1, x1, x2)
    return np.linalg.norm(x3)


def log_softmax(z):
    z = z - np.max(z, axis=1, keepdims=True)
    return z - np.log(np.sum(np.exp(z), axis=1, keepdims=True))


def cross_entropy(params: dict, x, labels, l2: float = 1e-4):
    """Mean negative log-likelihood of a linear softmax classifier, with weight decay."""
    logp = log_softmax(x @ params["W"] + params["b"])
    nll = -np.mean(logp[np.arange(len(labels)), labels])
    return nll + l2 * np.sum(params["W"] ** 2)


def dense(layer, x):
    return x @ layer.W + layer.b


def deep(layers: list, x, t):
    """A list of layers, its length known only when called."""
    for layer in layers[:-1]:
        x = np.tanh(dense(layer, x))
    out = dense(layers[-1], x)
    return np.mean((out - t) ** 2)


def while_newton(x: float, y: float) -> float:
    """A data-dependent number of Newton steps for cube roots."""
    guess = x
    while abs(guess**3 - y) > 1e-10:
        guess = guess - (guess**3 - y) / (3.0 * guess**2)
    return guess * y + x


def misfit(u: Float[ndarray, "n"], target: Float[ndarray, "n"], alpha: float, steps: int) -> float:
    """Squared distance to target after diffusing u for some steps."""
    for _ in range(steps):
        u[1:-1] += alpha * (u[2:] - 2.0 * u[1:-1] + u[:-2])
    r = u - target
    return np.sum(r * r)


def prefix_recurrence(x: Float[ndarray, "n"]) -> float:
    """Each element written from the one before it."""
    y = np.empty_like(x)
    y[0] = x[0]
    for i in range(1, len(x)):
        y[i] = np.tanh(y[i - 1]) * x[i] + 0.1 * y[i - 1] ** 2
    return y[-1] + np.dot(y, x)


def forward_substitution(L: Float[ndarray, "n n"], b: Float[ndarray, "n"]) -> float:
    """A triangular solve written by hand with dot products of growing slices."""
    n = b.shape[0]
    y = np.zeros(n)
    for i in range(n):
        y[i] = (b[i] - L[i, :i] @ y[:i]) / L[i, i]
    return np.sum(y * y)
