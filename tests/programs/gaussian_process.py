"""Marginal likelihood of a Gaussian process with a sum of kernels."""

import numpy as np
from scipy.linalg import cholesky, solve_triangular


def squared_distances(X, Z=None, scale=1.0):
    Z = X if Z is None else Z
    a, b = X / scale, Z / scale
    d2 = np.sum(a**2, axis=1)[:, None] + np.sum(b**2, axis=1)[None, :] - 2 * a @ b.T
    return np.maximum(d2, 0.0)


def kernel(X, theta):
    amplitude, lengths, period = theta["amplitude"], theta["lengths"], theta["period"]
    rbf = amplitude**2 * np.exp(-0.5 * squared_distances(X, scale=lengths))
    diff = X[:, None, 0] - X[None, :, 0]
    periodic = np.exp(-2.0 * np.sin(np.pi * diff / period) ** 2)
    return rbf + periodic


def nll(theta, X, y):
    n = X.shape[0]
    K = kernel(X, theta) + np.exp(theta["log_noise"]) * np.eye(n)
    L = np.linalg.cholesky(K)
    alpha = np.linalg.solve(L.T, np.linalg.solve(L, y))
    return 0.5 * y @ alpha + np.log(np.diag(L)).sum() + 0.5 * n * np.log(2 * np.pi)


def nll_scipy(theta, X, y):
    n = len(y)
    K = kernel(X, theta)
    K[np.diag_indices(n)] += np.exp(theta["log_noise"])
    L = cholesky(K, lower=True)
    z = solve_triangular(L, y, lower=True)
    return 0.5 * np.dot(z, z) + np.sum(np.log(np.diag(L)))


def leave_one_out(theta, X, y):
    K = kernel(X, theta) + np.exp(theta["log_noise"]) * np.eye(len(y))
    Ki = np.linalg.inv(K)
    r = Ki @ y / np.diag(Ki)
    return np.mean(r**2)


def _call():
    rng = np.random.default_rng(19)
    theta = {"amplitude": 1.2, "lengths": np.array([0.8, 1.5]), "period": 1.7, "log_noise": -1.0}
    return theta, rng.normal(size=(5, 2)), rng.normal(size=5)


CALLS = {
    "nll": ("theta", [_call]),
    "nll_scipy": (("theta", "X"), [_call]),
    "leave_one_out": ("theta", [_call]),
}
