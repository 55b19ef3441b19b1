"""Lennard-Jones particles in a periodic box; cells give the neighbours; velocity Verlet."""

import numpy as np


def minimum_image(d, box):
    return d - box * np.round(d / box)


def neighbour_pairs(pos, box, cutoff):
    """Pairs nearer than the cutoff, found cell by cell."""
    n_cells = max(1, int(box // cutoff))
    cells = {}
    for i, p in enumerate(pos):
        key = tuple((p / box * n_cells).astype(int) % n_cells)
        if key not in cells:
            cells[key] = []
        cells[key].append(i)
    pairs = []
    for (cx, cy), members in cells.items():
        for dx in (-1, 0, 1):
            for dy in (-1, 0, 1):
                other = ((cx + dx) % n_cells, (cy + dy) % n_cells)
                for i in members:
                    for j in cells.get(other, []):
                        if i < j and (i, j) not in pairs:
                            d = minimum_image(pos[i] - pos[j], box)
                            if d @ d < cutoff**2:
                                pairs.append((i, j))
    return pairs


def forces(pos, pairs, box, eps, sigma):
    F = np.zeros_like(pos)
    energy = 0.0
    for i, j in pairs:
        d = minimum_image(pos[i] - pos[j], box)
        r2 = d @ d
        s6 = (sigma**2 / r2) ** 3
        energy += 4 * eps * (s6**2 - s6)
        f = 24 * eps * (2 * s6**2 - s6) / r2 * d
        F[i] += f
        F[j] -= f
    return F, energy


def simulate(pos, vel, eps, sigma, box=4.0, cutoff=1.9, dt=0.002, steps=3):
    from_start = pos.copy()
    pairs = neighbour_pairs(pos, box, cutoff)
    F, pot = forces(pos, pairs, box, eps, sigma)
    history = [pot]
    for _ in range(steps):
        vel = vel + 0.5 * dt * F
        pos = pos + dt * vel
        F, pot = forces(pos, pairs, box, eps, sigma)
        vel = vel + 0.5 * dt * F
        history.append(pot + 0.5 * np.sum(vel**2))
    drift = (history[-1] - history[1]) ** 2
    return np.mean(np.sum((pos - from_start) ** 2, axis=1)) + drift + 0.01 * sum(history)


def _call():
    rng = np.random.default_rng(6)
    grid = np.array([[x, y] for x in range(3) for y in range(2)]) * 1.2 + 0.3
    return grid + 0.05 * rng.normal(size=grid.shape), rng.normal(size=grid.shape), 1.0, 1.0


CALLS = {"simulate": (("pos", "vel", "eps", "sigma"), [_call])}
