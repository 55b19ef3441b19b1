"""Likelihoods of ARMA(1, 1) and GARCH(1, 1), written as recursions."""

import numpy as np


def arma_residuals(y, c, phi, theta):
    e = np.zeros(len(y))
    for t in range(len(y)):
        ar = sum(phi[i] * y[t - 1 - i] for i in range(len(phi)) if t - 1 - i >= 0)
        ma = sum(theta[i] * e[t - 1 - i] for i in range(len(theta)) if t - 1 - i >= 0)
        e[t] = y[t] - c - ar - ma
    return e


def arma_nll(params, y, p=2, q=1):
    c, log_sigma = params[0], params[-1]
    phi, theta = params[1 : 1 + p], params[1 + p : 1 + p + q]
    e = arma_residuals(y, c, phi, theta)
    return 0.5 * np.sum(e**2) / np.exp(2 * log_sigma) + len(y) * log_sigma


def garch_nll(omega, alpha, beta, returns):
    sigma2 = np.var(returns)
    nll = 0.0
    for r in returns:
        nll += 0.5 * (np.log(2 * np.pi * sigma2) + r**2 / sigma2)
        sigma2 = omega + alpha * r**2 + beta * sigma2
    return nll


def egarch_nll(params, returns, mu=0.0):
    omega, alpha, gamma, beta = params
    log_var = np.log(np.mean(returns**2))
    total = 0
    for x in returns - mu:
        z = x * np.exp(-0.5 * log_var)
        total = total + 0.5 * (log_var + z**2)
        log_var = omega + beta * log_var + alpha * (abs(z) - np.sqrt(2 / np.pi)) + gamma * z
    return total


_r = np.random.default_rng(23).normal(size=7)
CALLS = {
    "arma_nll": (("params", "y"), [(np.array([0.1, 0.4, -0.2, 0.3, 0.05]), _r)]),
    "garch_nll": (("omega", "alpha", "beta", "returns"), [(0.1, 0.2, 0.6, _r)]),
    "egarch_nll": (("params", "returns"), [(np.array([0.1, 0.2, -0.1, 0.8]), _r)]),
}
