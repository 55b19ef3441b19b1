"""Log likelihood of a hidden Markov model with Gaussian emissions: forward algorithm, two ways."""

import numpy as np
from scipy.special import logsumexp


def log_normal(x, mean, log_sd):
    return -0.5 * ((x - mean) / np.exp(log_sd)) ** 2 - log_sd - 0.5 * np.log(2 * np.pi)


def log_likelihood(params, observations):
    """In logarithms."""
    log_pi = params["pi"] - logsumexp(params["pi"])
    log_A = params["A"] - logsumexp(params["A"], axis=1, keepdims=True)
    alpha = log_pi + log_normal(observations[0], params["mean"], params["log_sd"])
    for obs in observations[1:]:
        emission = log_normal(obs, params["mean"], params["log_sd"])
        alpha = emission + logsumexp(alpha[:, None] + log_A, axis=0)
    return logsumexp(alpha)


def scaled_log_likelihood(pi, A, means, sds, observations):
    """With scaling, in a table that is filled from the left."""
    T, S = len(observations), len(pi)
    alpha = np.zeros((T, S))
    scale = np.zeros(T)
    density = np.exp(-0.5 * ((observations[:, None] - means) / sds) ** 2) / (
        sds * np.sqrt(2 * np.pi)
    )
    alpha[0] = pi * density[0]
    scale[0] = alpha[0].sum()
    alpha[0] /= scale[0]
    for t in range(1, T):
        for j in range(S):
            alpha[t, j] = density[t, j] * np.dot(alpha[t - 1], A[:, j])
        scale[t] = np.sum(alpha[t])
        alpha[t] /= scale[t]
    return np.log(scale).sum()


def _params():
    rng = np.random.default_rng(17)
    return {
        "pi": rng.normal(size=3),
        "A": rng.normal(size=(3, 3)),
        "mean": rng.normal(size=3),
        "log_sd": 0.1 * rng.normal(size=3),
    }


def _call():
    rng = np.random.default_rng(18)
    A = rng.uniform(0.1, 1.0, (3, 3))
    return (
        np.array([0.2, 0.5, 0.3]),
        A / A.sum(1, keepdims=True),
        rng.normal(size=3),
        rng.uniform(0.5, 1.5, 3),
        rng.normal(size=6),
    )


CALLS = {
    "log_likelihood": ("params", [(_params(), np.random.default_rng(1).normal(size=5))]),
    "scaled_log_likelihood": (("pi", "A", "means", "sds"), [_call]),
}
