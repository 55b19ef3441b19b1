"""Expected complete-data log likelihood of a Gaussian mixture, and its EM step."""

import numpy as np


class Mixture:
    """Parameters in the form in which they may be anything."""

    def __init__(self, logits, means, chols):
        self.logits = logits
        self.means = means
        self.chols = chols

    @property
    def log_weights(self):
        return self.logits - np.log(np.sum(np.exp(self.logits)))

    def log_components(self, X):
        n, d = X.shape
        k = len(self.logits)
        out = np.empty((n, k))
        for j in range(k):
            L = np.tril(self.chols[j])
            z = np.linalg.solve(L, (X - self.means[j]).T)
            log_det = np.sum(np.log(np.abs(np.diag(L))))
            out[:, j] = -0.5 * np.sum(z**2, axis=0) - log_det - 0.5 * d * np.log(2 * np.pi)
        return out


def responsibilities(model, X):
    logp = model.log_weights + model.log_components(X)
    top = logp.max(axis=1, keepdims=True)
    p = np.exp(logp - top)
    return p / p.sum(axis=1, keepdims=True)


def em_objective(logits, means, chols, X, resp):
    """What the M step maximises."""
    model = Mixture(logits, means, chols)
    logp = model.log_weights + model.log_components(X)
    return np.sum(resp * logp)


def _call():
    rng = np.random.default_rng(20)
    chols = np.stack([np.eye(2) + 0.2 * rng.normal(size=(2, 2)) for _ in range(3)])
    return rng.normal(size=3), rng.normal(size=(3, 2)), chols, rng.normal(size=(5, 2))


def _with_resp():
    r = np.random.default_rng(21).dirichlet(np.ones(3), size=5)
    return (*_call(), r)


WRT = ("logits", "means", "chols")
CALLS = {"em_objective": (WRT, [_with_resp])}
