"""N-body leapfrog with arrays of energies; all-pairs forces by loops and by broadcasting."""

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from tests.kernels import Kernel


def get_acc(pos, mass, G, softening):
    """Accelerations of all particles, from all pairs at once."""
    x = pos[:, 0:1]
    y = pos[:, 1:2]
    z = pos[:, 2:3]
    dx = x.T - x
    dy = y.T - y
    dz = z.T - z
    inv_r3 = dx**2 + dy**2 + dz**2 + softening**2
    inv_r3[inv_r3 > 0] = inv_r3[inv_r3 > 0] ** (-1.5)
    ax = G * (dx * inv_r3) @ mass
    ay = G * (dy * inv_r3) @ mass
    az = G * (dz * inv_r3) @ mass
    return np.hstack((ax, ay, az))


def get_energy(pos, vel, mass, G):
    KE = 0.5 * np.sum(mass * vel**2)
    x = pos[:, 0:1]
    y = pos[:, 1:2]
    z = pos[:, 2:3]
    dx = x.T - x
    dy = y.T - y
    dz = z.T - z
    r2 = dx**2 + dy**2 + dz**2
    inv_r = np.zeros_like(r2)
    inv_r[r2 > 0] = 1.0 / np.sqrt(r2[r2 > 0])
    PE = G * np.sum(np.triu(-(mass * mass.T) * inv_r, 1))
    return KE, PE


def nbody(mass, pos, vel, N, Nt, dt, G, softening):
    """Kick, drift, kick; kinetic and potential energy of every step."""
    vel -= np.mean(mass * vel, axis=0) / np.mean(mass)
    acc = get_acc(pos, mass, G, softening)
    KE = np.ndarray(Nt + 1, dtype=np.float64)
    PE = np.ndarray(Nt + 1, dtype=np.float64)
    KE[0], PE[0] = get_energy(pos, vel, mass, G)
    t = 0.0
    for i in range(Nt):
        vel += acc * dt / 2.0
        pos += vel * dt
        acc = get_acc(pos, mass, G, softening)
        vel += acc * dt / 2.0
        t += dt
        KE[i + 1], PE[i + 1] = get_energy(pos, vel, mass, G)
    return KE, PE


def nbody_drift(mass, pos, vel, steps):
    """How much the energy wanders."""
    kinetic, potential = nbody(mass, pos.copy(), vel.copy(), len(mass), steps, 0.05, 1.0, 0.1)
    return np.sum((kinetic + potential) ** 2)


def leapfrog_pairs(q: Float[ndarray, "n 2"], v: Float[ndarray, "n 2"], dt: float, steps: int):
    """Forces pair by pair, by Newton's third law; the trajectory is kept."""
    n = len(q)
    q, v = q.copy(), v.copy()
    force = np.zeros_like(q)
    trajectory = np.empty((steps, n, 2))
    for t in range(steps):
        force[:] = 0.0
        for i in range(n):
            for j in range(i):
                r = q[i] - q[j]
                pull = r / (r @ r + 0.1) ** 1.5
                force[i] -= pull
                force[j] += pull
        v += dt * force
        q += dt * v
        trajectory[t] = q
    return trajectory


def lennard_jones(pos, cutoff):
    """Energy and virial; pairs beyond the cut-off are skipped."""
    n = pos.shape[0]
    energy = np.zeros(n)
    for i in range(n):
        for j in range(n):
            if i == j:
                continue
            r2 = np.sum((pos[i] - pos[j]) ** 2)
            if r2 > cutoff**2:
                continue
            s6 = 1.0 / (r2 + 0.5) ** 3
            energy[i] += 2.0 * (s6 * s6 - s6)
    return np.sum(energy) + energy[0] ** 2


# ---------------------------------------------------------------- by other means


def expected_acc(pos, mass):
    n = len(pos)
    acc = np.zeros_like(pos)
    for i in range(n):
        for j in range(n):
            r = pos[j] - pos[i]
            acc[i] += mass[j] * r / (r @ r + 0.01) ** 1.5
    return acc


def expected_energy(pos, vel, mass):
    pairs = [(i, j) for i in range(len(pos)) for j in range(i)]
    potential = -sum(mass[i, 0] * mass[j, 0] / np.linalg.norm(pos[i] - pos[j]) for i, j in pairs)
    return 0.5 * np.sum(mass * vel * vel), potential


def expected_nbody(mass, pos, vel, N, Nt, dt, G, softening):
    vel = vel - np.sum(mass * vel, axis=0) / np.sum(mass)
    energies = [expected_energy(pos, vel, mass)]
    for _ in range(Nt):
        half = vel + dt / 2 * expected_acc(pos, mass)
        pos = pos + dt * half
        vel = half + dt / 2 * expected_acc(pos, mass)
        energies.append(expected_energy(pos, vel, mass))
    kinetic, potential = np.array(energies).T
    return kinetic, potential


def expected_leapfrog(q, v, dt, steps):
    trajectory = []
    for _ in range(steps):
        r = q[:, None] - q[None]
        force = -np.sum(r / (np.sum(r**2, axis=-1, keepdims=True) + 0.1) ** 1.5, axis=1)
        v = v + dt * force
        q = q + dt * v
        trajectory.append(q)
    return np.array(trajectory)


def expected_lennard_jones(pos, cutoff):
    r2 = np.sum((pos[:, None] - pos[None]) ** 2, axis=-1)
    s6 = 1.0 / (r2 + 0.5) ** 3
    near = (r2 <= cutoff**2) & ~np.eye(len(pos), dtype=bool)
    energy = np.sum(np.where(near, 2.0 * (s6 * s6 - s6), 0.0), axis=1)
    return np.sum(energy) + energy[0] ** 2


def bodies(rng, n):
    return 20.0 * np.ones((n, 1)) / n, rng.normal(size=(n, 3)), rng.normal(size=(n, 3))


KERNELS = [
    Kernel(
        nbody,
        ("mass", "pos", "vel"),
        lambda rng, n: (*bodies(rng, n), n, 3, 0.05, 1.0, 0.1),
        (3, 4),
        expected=expected_nbody,
    ),
    Kernel(nbody_drift, ("mass", "pos", "vel"), lambda rng, n: (*bodies(rng, n), n), (3, 4)),
    Kernel(
        leapfrog_pairs,
        ("q", "v", "dt"),
        lambda rng, n: (*rng.normal(size=(2, n, 2)), 0.1, n),
        (3, 4),
        expected=expected_leapfrog,
    ),
    Kernel(
        lennard_jones,
        ("pos",),
        lambda rng, n: (rng.normal(size=(n, 3)), 2.0),
        (4, 6),
        expected=expected_lennard_jones,
    ),
]
