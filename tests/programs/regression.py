"""Generalised linear models: one class hierarchy, several links."""

import numpy as np


class Model:
    name = "model"

    def __init__(self, ridge=0.0):
        self.ridge = ridge

    def nll(self, eta, y):
        raise NotImplementedError

    def loss(self, beta, X, y, offset=0.0):
        eta = X @ beta[1:] + beta[0] + offset
        return self.nll(eta, y) / len(y) + 0.5 * self.ridge * np.sum(beta[1:] ** 2)


class Logistic(Model):
    name = "logistic"

    def nll(self, eta, y):
        return np.sum(np.logaddexp(0.0, eta) - y * eta)


class Poisson(Model):
    name = "poisson"

    def nll(self, eta, y):
        return np.sum(np.exp(eta) - y * eta)


def logistic_loss(beta, X, y):
    return Logistic(ridge=0.1).loss(beta, X, y)


def poisson_loss(beta, X, y, exposure):
    return Poisson(ridge=0.01).loss(beta, X, y, offset=np.log(exposure))


def irls(beta, X, y, steps=2):
    """Log likelihood after some Newton steps."""
    for _ in range(steps):
        p = 1 / (1 + np.exp(-X @ beta))
        W = p * (1 - p)
        H = (X.T * W) @ X + 1e-3 * np.eye(X.shape[1])
        beta = beta + np.linalg.solve(H, X.T @ (y - p))
    return np.mean(np.log1p(np.exp(X @ beta)) - y * (X @ beta))


def _call():
    rng = np.random.default_rng(22)
    return 0.3 * rng.normal(size=4), rng.normal(size=(6, 3)), np.array([0, 1, 1, 0, 1, 0.0])


def _irls():
    beta, X, y = _call()
    return beta[1:], X, y


CALLS = {
    "logistic_loss": (("beta", "X"), [_call]),
    "poisson_loss": (("beta", "exposure"), [lambda: (*_call(), np.linspace(0.5, 2, 6))]),
    "irls": (("beta", "X"), [_irls]),
}
