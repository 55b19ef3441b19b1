"""Generalised linear models, survival and ordinal outcomes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import expit, gammaln


class GLMData(NamedTuple):
    X: np.ndarray
    y: np.ndarray
    offset: np.ndarray | None = None


def linear_predictor(beta: np.ndarray, data: GLMData) -> np.ndarray:
    eta = data.X @ beta
    if data.offset is not None:
        eta = eta + data.offset
    return eta


def poisson_nll(beta: np.ndarray, data: GLMData, l2: float = 0.1) -> float:
    eta = linear_predictor(beta, data)
    mu = np.exp(eta)
    return float(np.sum(mu - data.y * eta + gammaln(data.y + 1))) + l2 * float(beta @ beta)


def negbin_nll(params: dict[str, np.ndarray], data: GLMData) -> float:
    beta, log_alpha = params["beta"], params["log_alpha"]
    r = 1.0 / np.exp(log_alpha)
    mu = np.exp(linear_predictor(beta, data))
    y = data.y
    ll = (
        gammaln(y + r)
        - gammaln(r)
        - gammaln(y + 1)
        + r * np.log(r / (r + mu))
        + y * np.log(mu / (r + mu))
    )
    return -ll.sum()


def cox_partial(beta: np.ndarray, X: np.ndarray, time: np.ndarray, event: np.ndarray) -> float:
    order = np.argsort(-time)
    X, event = X[order], event[order]
    risk = X @ beta
    loglik = 0.0
    running = 0.0
    for i in range(len(time)):
        running += np.exp(risk[i])
        if event[i]:
            loglik += risk[i] - np.log(running)
    return -loglik


def ordinal_nll(beta, cuts, X, y: Sequence[int]):
    thresholds = np.concatenate(
        [[-np.inf], np.cumsum(np.append(cuts[:1], np.exp(cuts[1:]))), [np.inf]]
    )
    eta = X @ beta
    nll = 0.0
    for xi, yi in zip(eta, y, strict=True):
        p = expit(thresholds[yi + 1] - xi) - expit(thresholds[yi] - xi)
        nll -= np.log(p)
    return nll


def _d(offset=True):
    r = np.random.default_rng(3)
    return GLMData(
        r.normal(size=(6, 2)),
        r.poisson(2.0, size=6).astype(float),
        0.1 * r.normal(size=6) if offset else None,
    )


_X = np.random.default_rng(5).normal(size=(6, 2))
CALLS = {
    "poisson_nll": (
        "beta",
        [lambda: (np.array([0.2, -0.3]), _d()), lambda: (np.array([0.2, -0.3]), _d(False))],
    ),
    "negbin_nll": ("params", [lambda: ({"beta": np.array([0.2, -0.3]), "log_alpha": -0.4}, _d())]),
    "cox_partial": (
        ("beta", "X"),
        [
            lambda: (
                np.array([0.2, -0.3]),
                _X.copy(),
                np.array([3.0, 1.0, 2.0, 5.0, 4.0, 6.0]),
                np.array([1, 0, 1, 1, 0, 1]),
            )
        ],
    ),
    "ordinal_nll": (
        ("beta", "cuts"),
        [lambda: (np.array([0.2, -0.3]), np.array([-0.5, 0.1]), _X.copy(), [0, 1, 2, 1, 0, 2])],
    ),
}
