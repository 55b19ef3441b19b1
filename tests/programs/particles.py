"""Cloth, smoothed particles, coordination numbers."""

import numpy as np


class Cloth:
    def __init__(self, nodes, springs, k=10.0, damping=0.1):
        self.x = nodes
        self.v = np.zeros_like(nodes)
        self.springs = springs
        self.k = k
        self.damping = damping

    def forces(self):
        f = np.zeros_like(self.x)
        f[:, 1] -= 9.81 * 0.1
        for i, j, rest in self.springs:
            d = self.x[j] - self.x[i]
            length = np.sqrt(np.sum(d**2))
            pull = self.k * (length - rest) * d / length
            f[i] += pull
            f[j] -= pull
        return f - self.damping * self.v

    def step(self, dt):
        self.v += dt * self.forces()
        self.v[0] = 0.0
        self.x = self.x + dt * self.v


def drape(nodes, k, target, n=3):
    cloth = Cloth(nodes, [(0, 1, 1.0), (1, 2, 1.0), (0, 2, 1.8)], k=k)
    for _ in range(n):
        cloth.step(0.05)
    return np.sum((cloth.x - target) ** 2)


def kernel(r, h):
    q = r / h
    sigma = 10 / (7 * np.pi * h**2)
    return sigma * np.where(
        q < 1, 1 - 1.5 * q**2 + 0.75 * q**3, np.where(q < 2, 0.25 * (2 - q) ** 3, 0)
    )


def sph_pressure(x, m, h=0.6, gamma=7, rho0=1.0):
    diff = x[:, None, :] - x[None, :, :]
    r = np.sqrt((diff**2).sum(-1) + 1e-12)
    rho = kernel(r, h) @ m
    p = ((rho / rho0) ** gamma - 1) / gamma
    return np.sum(m * p / rho)


def coordination(pos, cutoff=1.5, box=4.0):
    n = pos.shape[0]
    i, j = np.triu_indices(n, k=1)
    d = pos[i] - pos[j]
    d -= box * np.round(d / box)
    r = np.linalg.norm(d, axis=-1)
    s = 1 / (1 + np.exp(8 * (r - cutoff)))
    count = np.zeros(n)
    np.add.at(count, i, s)
    np.add.at(count, j, s)
    return count.var() + count.max()


def _r(*s, seed=0):
    return np.random.default_rng(seed + sum(s)).normal(size=s)


CALLS = {
    "drape": (
        ("nodes", "k"),
        [lambda: (np.array([[0.0, 0.0], [1.1, 0.1], [1.9, -0.2]]), 10.0, np.zeros((3, 2)))],
    ),
    "sph_pressure": (("x", "m"), [lambda: (0.5 * _r(4, 2), np.ones(4) * 0.3)]),
    "coordination": ("pos", [lambda: (2 * _r(4, 3),)]),
}
