"""Belief propagation on a chain and a tree given by parent lists; a Potts energy."""

import numpy as np


def tree_log_partition(unary, coupling, parent):
    """Messages from the leaves to the root; children come after their parents."""
    n, states = unary.shape
    belief = unary.copy()
    for i in range(n - 1, 0, -1):
        scores = belief[i][:, None] + coupling * np.eye(states)
        top = scores.max(axis=0)
        message = top + np.log(np.sum(np.exp(scores - top), axis=0))
        belief[parent[i]] += message
    m = np.max(belief[0])
    return m + np.log(np.sum(np.exp(belief[0] - m)))


def potts_energy(spins, J, edges, h=None):
    E = 0.0
    for k, (i, j) in enumerate(edges):
        E -= J[k] * np.dot(spins[i], spins[j])
    if h is not None:
        E -= np.sum(h * spins[:, 0])
    return E


_rng = np.random.default_rng(33)
CALLS = {
    "tree_log_partition": (
        ("unary", "coupling"),
        [(_rng.normal(size=(5, 3)), 0.7, [-1, 0, 0, 1, 1])],
    ),
    "potts_energy": (
        ("spins", "J"),
        [(_rng.normal(size=(4, 2)), _rng.normal(size=3), [(0, 1), (1, 2), (0, 3)])],
    ),
}
