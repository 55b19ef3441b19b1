"""Gravity, cloth, smoothed particles, coordination numbers."""

import itertools
from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True)
class Bodies:
    pos: np.ndarray
    vel: np.ndarray
    mass: np.ndarray


def accelerations(b: Bodies, G=1.0, soft=0.05):
    n = len(b.mass)
    acc = np.zeros_like(b.pos)
    for i in range(n):
        for j in range(n):
            if i == j:
                continue
            d = b.pos[j] - b.pos[i]
            r2 = d @ d + soft**2
            acc[i] += G * b.mass[j] * d / r2**1.5
    return acc


def leapfrog(b: Bodies, dt: float) -> Bodies:
    vel = b.vel + 0.5 * dt * accelerations(b)
    moved = replace(b, pos=b.pos + dt * vel, vel=vel)
    return replace(moved, vel=moved.vel + 0.5 * dt * accelerations(moved))


def total_energy(b: Bodies) -> float:
    kinetic = 0.5 * np.sum(b.mass * np.sum(b.vel**2, axis=1))
    potential = 0.0
    for i, j in itertools.combinations(range(len(b.mass)), 2):
        potential -= b.mass[i] * b.mass[j] / np.linalg.norm(b.pos[i] - b.pos[j])
    return kinetic + potential


def closest_approach(b: Bodies, steps: int = 3) -> float:
    e0 = total_energy(b)
    distances = []
    for _ in range(steps):
        b = leapfrog(b, 0.05)
        distances.append(np.linalg.norm(b.pos[0] - b.pos[1]))
    return min(distances) + (total_energy(b) - e0) ** 2


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
    "closest_approach": (
        "b",
        [lambda: (Bodies(_r(3, 2), _r(3, 2, seed=1), np.array([1.0, 0.5, 0.7])),)],
    ),
    "drape": (
        ("nodes", "k"),
        [lambda: (np.array([[0.0, 0.0], [1.1, 0.1], [1.9, -0.2]]), 10.0, np.zeros((3, 2)))],
    ),
    "sph_pressure": (("x", "m"), [lambda: (0.5 * _r(4, 2), np.ones(4) * 0.3)]),
    "coordination": ("pos", [lambda: (2 * _r(4, 3),)]),
}
