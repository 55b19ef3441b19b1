"""Mean-field magnetisation of an Ising model, iterated until it stands still."""

import numpy as np


def magnetisation(J, h, beta=1.0, tol=1e-10, max_iter=1000, damping=0.5):
    m = np.tanh(beta * h)
    it = 0
    while True:
        new = np.tanh(beta * (J @ m + h))
        change = np.max(np.abs(new - m))
        m = damping * m + (1 - damping) * new
        it += 1
        if change < tol or it >= max_iter:
            break
    assert it < max_iter, f"no convergence after {it} iterations"
    return m


def entropy(m):
    p = 0.5 * (1 + m)
    q = 1.0 - p
    return -np.sum(p * np.log(p) + q * np.log(q))


def free_energy(J, h, beta):
    """Variational free energy at the fixed point."""
    J = 0.5 * (J + J.T)
    np.fill_diagonal(J, 0.0)
    m = magnetisation(J, h, beta=beta)
    energy = -0.5 * m @ J @ m - h @ m
    return energy - entropy(m) / beta


def _call():
    rng = np.random.default_rng(5)
    return 0.2 * rng.normal(size=(4, 4)), rng.normal(size=4), 0.9


CALLS = {"free_energy": (("J", "h", "beta"), [_call])}
