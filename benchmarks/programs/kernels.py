"""Functions of several fields whose gradients were written by hand in ../hand/kernels_grad.py."""

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from s2sad import stop_gradient


def attention(
    q: Float[ndarray, "n d"], k: Float[ndarray, "m d"], v: Float[ndarray, "m e"]
) -> float:
    """Scaled dot-product attention, squared and summed."""
    scores = q @ k.T / np.sqrt(q.shape[1])
    weights = np.exp(scores - stop_gradient(np.max(scores, axis=1, keepdims=True)))
    weights = weights / np.sum(weights, axis=1, keepdims=True)
    out = weights @ v
    return np.sum(out * out)


def mixture(
    means: Float[ndarray, "k d"], log_scales: Float[ndarray, "k d"], x: Float[ndarray, "n d"]
) -> float:
    """Negative log-likelihood of a mixture of axis-aligned Gaussians of equal weight."""
    z = (x[:, None, :] - means) * np.exp(-log_scales)
    logs = -0.5 * np.sum(z * z, axis=2) - np.sum(log_scales, axis=1)
    top = stop_gradient(np.max(logs, axis=1, keepdims=True))
    p = np.sum(np.exp(logs - top), axis=1)
    return -np.sum(np.log(p) + top[:, 0])


def recurrent(
    W: Float[ndarray, "h i"],
    U: Float[ndarray, "h h"],
    b: Float[ndarray, "h"],
    x: Float[ndarray, "t i"],
    target: Float[ndarray, "t h"],
) -> float:
    """Squared error of a simple recurrent network over a sequence."""
    h = np.zeros(len(b))
    error = 0.0
    for t in range(len(x)):
        h = np.tanh(W @ x[t] + U @ h + b)
        r = h - target[t]
        error = error + r @ r
    return error


def rosenbrock(x: Float[ndarray, "n"]) -> float:
    """The banana function."""
    a = x[1:] - x[:-1] ** 2
    b = 1.0 - x[:-1]
    return np.sum(100.0 * a * a + b * b)


def logistic(
    w: Float[ndarray, "k"], b: float, x: Float[ndarray, "n k"], sign: Float[ndarray, "n"]
) -> float:
    """Mean log-loss with weight decay."""
    margin = sign * (x @ w + b)
    return np.mean(np.log1p(np.exp(-margin))) + 0.01 * np.sum(w * w)


def kalman(a: float, q: float, s: float, seen: Float[ndarray, "n"]) -> float:
    """Log-likelihood of a scalar linear Gaussian model."""
    mean = 0.0
    variance = 1.0
    loss = 0.0
    for y in seen:
        mean = a * mean
        variance = a * a * variance + q
        total = variance + s
        residual = y - mean
        loss = loss + np.log(total) + residual * residual / total
        gain = variance / total
        mean = mean + gain * residual
        variance = (1.0 - gain) * variance
    return loss
