"""Variational inference, mixtures, Gaussian processes, kernels and robust statistics."""

import math

import numpy as np
from scipy import linalg
from scipy.special import gammaln, logsumexp

LOG2PI = math.log(2 * math.pi)


def normal_lpdf(x, mu, sigma):
    return -0.5 * ((x - mu) / sigma) ** 2 - np.log(sigma) - 0.5 * LOG2PI


def elbo(var_params, X, y, eps):
    m, log_s = var_params
    s = np.exp(log_s)
    samples = m + s * eps
    logits = samples @ X.T
    ll = (y * logits - np.logaddexp(0, logits)).sum(axis=1)
    kl = 0.5 * np.sum(s**2 + m**2 - 1 - 2 * log_s)
    return kl - ll.mean()


def gmm_em_step(X, pi, mu, var):
    log_r = np.log(pi) + np.stack(
        [normal_lpdf(X[:, None], m, np.sqrt(v)).sum(axis=1) for m, v in zip(mu, var, strict=True)],
        axis=1,
    )
    log_norm = logsumexp(log_r, axis=1, keepdims=True)
    r = np.exp(log_r - log_norm)
    nk = r.sum(axis=0)
    mu_new = r.T @ X / nk
    var_new = np.array([np.sum(r[:, k] * (X - mu_new[k]) ** 2) / nk[k] for k in range(len(pi))])
    return nk / len(X), mu_new, var_new, log_norm.sum()


def gmm(X, mu0, n_iter=3):
    K = len(mu0)
    pi, mu, var = np.full(K, 1 / K), mu0, np.ones(K)
    history = []
    for it in range(n_iter):
        pi, mu, var, ll = gmm_em_step(X, pi, mu, var)
        history.append(ll)
        if it > 0 and abs(history[-1] - history[-2]) < 1e-8:
            break
    return -history[-1] + np.sum(var)


def matern32(X1, X2, ell, sf):
    d = np.sqrt(np.maximum(((X1[:, None] - X2[None]) / ell) ** 2, 1e-12))
    a = np.sqrt(3) * d
    return sf**2 * (1 + a) * np.exp(-a)


def gp_loo(theta, X, y):
    ell, sf, sn = np.exp(theta)
    K = matern32(X, X, ell, sf) + sn**2 * np.eye(len(X))
    L = np.linalg.cholesky(K)
    Li = linalg.solve_triangular(L, np.eye(len(X)), lower=True)
    Ki = Li.T @ Li
    alpha = Ki @ y
    s2 = 1 / np.diag(Ki)
    mu = y - alpha * s2
    return -np.sum(normal_lpdf(y, mu, np.sqrt(s2)))


def viterbi_soft(log_pi, log_A, log_B, obs, temperature=1.0):
    delta = log_pi + log_B[:, obs[0]]
    for o in obs[1:]:
        scores = delta[:, np.newaxis] + log_A
        delta = temperature * logsumexp(scores / temperature, axis=0) + log_B[:, o]
    return temperature * logsumexp(delta / temperature)


def dirichlet_mult(alpha, counts):
    A = alpha.sum()
    out = 0.0
    for row in counts:
        n = row.sum()
        out += gammaln(A) - gammaln(n + A) + np.sum(gammaln(row + alpha) - gammaln(alpha))
    return out


def kde_bandwidth(log_h, x):
    h = np.exp(log_h)
    n = x.size
    score = 0.0
    for i in range(n):
        others = np.delete(x, i)
        dens = np.mean(np.exp(-0.5 * ((x[i] - others) / h) ** 2)) / (h * np.sqrt(2 * np.pi))
        score += np.log(dens + 1e-300)
    return -score / n


def mmd(X, Y, bandwidths=(0.5, 1.0, 2.0)):
    def k(a, b):
        d2 = np.sum(a**2, 1)[:, None] + np.sum(b**2, 1)[None, :] - 2 * a @ b.T
        return sum(np.exp(-d2 / (2 * s**2)) for s in bandwidths)

    m, n = len(X), len(Y)
    Kxx, Kyy = k(X, X), k(Y, Y)
    np.fill_diagonal(Kxx, 0.0)
    np.fill_diagonal(Kyy, 0.0)
    return Kxx.sum() / (m * (m - 1)) + Kyy.sum() / (n * (n - 1)) - 2 * k(X, Y).mean()


def _r(*s, seed=0):
    return np.random.default_rng(seed + sum(s)).normal(size=s)


CALLS = {
    "elbo": (
        "var_params",
        [lambda: ((_r(2), _r(2, seed=1)), _r(5, 2), np.array([0.0, 1.0, 1.0, 0.0, 1.0]), _r(3, 2))],
    ),
    "gmm": (("X", "mu0"), [lambda: (_r(6), np.array([-0.5, 0.6]))]),
    "gp_loo": (
        ("theta", "X"),
        [lambda: (np.array([0.1, 0.2, -1.0]), np.arange(5.0) + 0.1 * _r(5), _r(5))],
    ),
    "viterbi_soft": (
        ("log_pi", "log_A", "log_B"),
        [lambda: (_r(2), _r(2, 2), _r(2, 3), [0, 2, 1])],
    ),
    "dirichlet_mult": (
        "alpha",
        [lambda: (np.array([0.5, 1.2, 2.0]), np.array([[1, 2, 0], [3, 0, 1]]))],
    ),
    "kde_bandwidth": (("log_h", "x"), [lambda: (-0.3, _r(5))]),
    "mmd": ("X", [lambda: (_r(3, 2), _r(4, 2))]),
}
