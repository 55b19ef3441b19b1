"""Independent components by whitening and symmetric orthogonalisation."""

import numpy as np


def whiten(X):
    Xc = X - X.mean(axis=0)
    cov = Xc.T @ Xc / (len(X) - 1)
    vals, vecs = np.linalg.eigh(cov)
    return Xc @ (vecs / np.sqrt(vals)) @ vecs.T


def negentropy(w, X):
    w = w / np.linalg.norm(w)
    s = whiten(X) @ w
    g = np.log(np.cosh(s))
    gauss = 0.3745672
    return -((g.mean() - gauss) ** 2) + 0.01 * np.abs(s).max()


def sym_orth(W):
    s, u = np.linalg.eigh(W @ W.T)
    return u @ np.diag(1.0 / np.sqrt(s)) @ u.T @ W


def infomax(W, X):
    W = sym_orth(W)
    S = np.einsum("ij,nj->ni", W, X)
    return -np.sum(np.log(np.cosh(S))) / X.shape[0] + np.log(
        np.abs(np.linalg.det(W + np.eye(len(W))))
    )


def _x():
    r = np.random.default_rng(1)
    return r.laplace(size=(12, 3)) @ r.normal(size=(3, 3))


CALLS = {
    "negentropy": (("w", "X"), [lambda: (np.array([0.4, -1.0, 0.6]), _x())]),
    "infomax": (
        ("W", "X"),
        [lambda: (np.array([[1, 0.2, 0.1], [0.3, 1.4, -0.2], [0.1, 0.2, 0.7]]), _x())],
    ),
}
