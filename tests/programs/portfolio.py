"""Objective of a long-only portfolio: mean, variance, cost of trading, and risk parity."""

import numpy as np

from tests.checking import Call


def softmax(x):
    e = np.exp(x - np.max(x))
    return e / e.sum()


def covariance(returns, shrinkage=0.1):
    centred = returns - returns.mean(axis=0, keepdims=True)
    S = centred.T @ centred / (len(returns) - 1)
    target = np.trace(S) / S.shape[0] * np.eye(S.shape[0])
    return (1 - shrinkage) * S + shrinkage * target


def objective(theta, returns, previous, *, risk_aversion=3.0, cost=0.01, parity=0.0):
    w = softmax(theta)
    mu = np.mean(returns, axis=0)
    S = covariance(returns)
    utility = w @ mu - 0.5 * risk_aversion * w @ S @ w
    turnover = np.sqrt((w - previous) ** 2 + 1e-6).sum()
    total = -utility + cost * turnover
    if parity:
        marginal = S @ w
        contributions = w * marginal / np.sqrt(w @ marginal)
        total += parity * np.var(contributions)
    return total


def sharpe(theta, returns, rf=0.001):
    r = returns @ softmax(theta) - rf
    return np.mean(r) / np.std(r, ddof=1) * np.sqrt(252)


def drawdown(theta, returns):
    """The deepest fall of wealth, smoothed."""
    wealth = np.cumprod(1.0 + returns @ softmax(theta))
    peak = np.maximum.accumulate(wealth)
    falls = 1.0 - wealth / peak
    return np.log(np.sum(np.exp(20.0 * falls))) / 20.0


def _call():
    rng = np.random.default_rng(14)
    return rng.normal(size=4), 0.1 * rng.normal(size=(10, 4)), np.full(4, 0.25)


CALLS = {
    "objective": (("theta", "returns"), [_call(), Call(*_call(), parity=2.0)]),
    "sharpe": (("theta", "returns"), [_call()[:2]]),
    "drawdown": ("theta", [_call()[:2]]),
}
