"""Incompressible flow by Chorin's projection, pressure by a fixed number of Jacobi sweeps."""

import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float64]


def boundary(u: Field, v: Field, lid: float) -> None:
    u[0, :] = 0.0
    u[:, 0] = 0.0
    u[:, -1] = 0.0
    u[-1, :] = lid
    v[0, :] = v[-1, :] = 0.0
    v[:, 0] = v[:, -1] = 0.0


def divergence(u: Field, v: Field, h: float) -> Field:
    b = np.zeros_like(u)
    b[1:-1, 1:-1] = (u[1:-1, 2:] - u[1:-1, :-2]) / (2 * h) + (v[2:, 1:-1] - v[:-2, 1:-1]) / (2 * h)
    return b


def pressure(p: Field, b: Field, h: float, sweeps: int = 5) -> Field:
    for _ in range(sweeps):
        pn = p.copy()
        p[1:-1, 1:-1] = 0.25 * (
            pn[1:-1, 2:] + pn[1:-1, :-2] + pn[2:, 1:-1] + pn[:-2, 1:-1] - h**2 * b[1:-1, 1:-1]
        )
        p[:, -1] = p[:, -2]
        p[0, :] = p[1, :]
        p[:, 0] = p[:, 1]
        p[-1, :] = 0
    return p


def cavity(lid: float, nu: float, n: int = 6, steps: int = 3, dt: float = 0.05) -> float:
    """Kinetic energy of the driven cavity after some steps."""
    h = 1.0 / (n - 1)
    u = np.zeros((n, n))
    v = np.zeros((n, n))
    p = np.zeros((n, n))
    boundary(u, v, lid)
    for it in range(steps):
        un, vn = u.copy(), v.copy()
        # advection and diffusion
        u[1:-1, 1:-1] = (
            un[1:-1, 1:-1]
            - un[1:-1, 1:-1] * dt / h * (un[1:-1, 1:-1] - un[1:-1, :-2])
            - vn[1:-1, 1:-1] * dt / h * (un[1:-1, 1:-1] - un[:-2, 1:-1])
            + nu
            * dt
            / h**2
            * (un[1:-1, 2:] + un[1:-1, :-2] + un[2:, 1:-1] + un[:-2, 1:-1] - 4 * un[1:-1, 1:-1])
        )
        v[1:-1, 1:-1] = (
            vn[1:-1, 1:-1]
            - un[1:-1, 1:-1] * dt / h * (vn[1:-1, 1:-1] - vn[1:-1, :-2])
            - vn[1:-1, 1:-1] * dt / h * (vn[1:-1, 1:-1] - vn[:-2, 1:-1])
            + nu
            * dt
            / h**2
            * (vn[1:-1, 2:] + vn[1:-1, :-2] + vn[2:, 1:-1] + vn[:-2, 1:-1] - 4 * vn[1:-1, 1:-1])
        )
        boundary(u, v, lid)
        # projection
        p = pressure(p, divergence(u, v, h) / dt, h)
        u[1:-1, 1:-1] -= dt * (p[1:-1, 2:] - p[1:-1, :-2]) / (2 * h)
        v[1:-1, 1:-1] -= dt * (p[2:, 1:-1] - p[:-2, 1:-1]) / (2 * h)
        if it % 10 == 0:
            print(f"step {it}: max u = {u.max():.3f}")
    return 0.5 * h * h * np.sum(u**2 + v**2)


CALLS = {"cavity": (("lid", "nu"), [(1.3, 0.1)])}
