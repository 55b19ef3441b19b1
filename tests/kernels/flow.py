"""Incompressible flow on a square: the lid-driven cavity and the channel, after Barba's steps."""

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from tests.kernels import Kernel


def build_up_b(b, rho, dt, u, v, dx, dy):
    b[1:-1, 1:-1] = rho * (
        1
        / dt
        * ((u[1:-1, 2:] - u[1:-1, 0:-2]) / (2 * dx) + (v[2:, 1:-1] - v[0:-2, 1:-1]) / (2 * dy))
        - ((u[1:-1, 2:] - u[1:-1, 0:-2]) / (2 * dx)) ** 2
        - 2 * ((u[2:, 1:-1] - u[0:-2, 1:-1]) / (2 * dy) * (v[1:-1, 2:] - v[1:-1, 0:-2]) / (2 * dx))
        - ((v[2:, 1:-1] - v[0:-2, 1:-1]) / (2 * dy)) ** 2
    )


def pressure_poisson(nit, p, dx, dy, b):
    pn = np.empty_like(p)
    pn[:] = p.copy()
    for _ in range(nit):
        pn[:] = p.copy()
        p[1:-1, 1:-1] = (
            (pn[1:-1, 2:] + pn[1:-1, 0:-2]) * dy**2 + (pn[2:, 1:-1] + pn[0:-2, 1:-1]) * dx**2
        ) / (2 * (dx**2 + dy**2)) - dx**2 * dy**2 / (2 * (dx**2 + dy**2)) * b[
            1:-1, 1:-1
        ]
        p[:, -1] = p[:, -2]  # dp/dx = 0 at x = 2
        p[0, :] = p[1, :]  # dp/dy = 0 at y = 0
        p[:, 0] = p[:, 1]  # dp/dx = 0 at x = 0
        p[-1, :] = 0  # p = 0 at y = 2


def cavity_flow(nx, ny, nt, nit, u, v, dt, dx, dy, p, rho, nu):
    """The lid moves with speed one; u, v and p are updated in place."""
    un = np.empty_like(u)
    vn = np.empty_like(v)
    b = np.zeros((ny, nx))
    for _ in range(nt):
        un[:] = u.copy()
        vn[:] = v.copy()
        build_up_b(b, rho, dt, u, v, dx, dy)
        pressure_poisson(nit, p, dx, dy, b)
        u[1:-1, 1:-1] = (
            un[1:-1, 1:-1]
            - un[1:-1, 1:-1] * dt / dx * (un[1:-1, 1:-1] - un[1:-1, 0:-2])
            - vn[1:-1, 1:-1] * dt / dy * (un[1:-1, 1:-1] - un[0:-2, 1:-1])
            - dt / (2 * rho * dx) * (p[1:-1, 2:] - p[1:-1, 0:-2])
            + nu
            * (
                dt / dx**2 * (un[1:-1, 2:] - 2 * un[1:-1, 1:-1] + un[1:-1, 0:-2])
                + dt / dy**2 * (un[2:, 1:-1] - 2 * un[1:-1, 1:-1] + un[0:-2, 1:-1])
            )
        )
        v[1:-1, 1:-1] = (
            vn[1:-1, 1:-1]
            - un[1:-1, 1:-1] * dt / dx * (vn[1:-1, 1:-1] - vn[1:-1, 0:-2])
            - vn[1:-1, 1:-1] * dt / dy * (vn[1:-1, 1:-1] - vn[0:-2, 1:-1])
            - dt / (2 * rho * dy) * (p[2:, 1:-1] - p[0:-2, 1:-1])
            + nu
            * (
                dt / dx**2 * (vn[1:-1, 2:] - 2 * vn[1:-1, 1:-1] + vn[1:-1, 0:-2])
                + dt / dy**2 * (vn[2:, 1:-1] - 2 * vn[1:-1, 1:-1] + vn[0:-2, 1:-1])
            )
        )
        u[0, :] = 0
        u[:, 0] = 0
        u[:, -1] = 0
        u[-1, :] = 1  # set velocity on cavity lid equal to 1
        v[0, :] = 0
        v[-1, :] = 0
        v[:, 0] = 0
        v[:, -1] = 0


def cavity_energy(
    u: Float[ndarray, "n n"],
    v: Float[ndarray, "n n"],
    p: Float[ndarray, "n n"],
    nu: float,
    steps: int,
) -> float:
    n = u.shape[0]
    u, v, p = u.copy(), v.copy(), p.copy()
    h = 2.0 / (n - 1)
    cavity_flow(n, n, steps, 2, u, v, 0.01, h, h, p, 1.0, nu)
    return np.sum(u**2 + v**2) + np.sum(p**2)


def channel_flow(u, v, nu, force, tol, dt=0.01):
    """Periodic in x, walls in y; until the mean velocity no longer changes."""
    n = u.shape[0]
    h = 2.0 / (n - 1)
    udiff = 1.0
    stepcount = 0
    while udiff > tol:
        un = u.copy()
        vn = v.copy()
        u[1:-1, 1:-1] = (
            un[1:-1, 1:-1]
            - un[1:-1, 1:-1] * dt / h * (un[1:-1, 1:-1] - un[1:-1, 0:-2])
            - vn[1:-1, 1:-1] * dt / h * (un[1:-1, 1:-1] - un[0:-2, 1:-1])
            + nu
            * dt
            / h**2
            * (un[1:-1, 2:] + un[1:-1, 0:-2] + un[2:, 1:-1] + un[0:-2, 1:-1] - 4 * un[1:-1, 1:-1])
            + force * dt
        )
        # Periodic at both ends.
        for edge, before, after in ((-1, -2, 0), (0, -1, 1)):
            u[1:-1, edge] = (
                un[1:-1, edge]
                - un[1:-1, edge] * dt / h * (un[1:-1, edge] - un[1:-1, before])
                + nu * dt / h**2 * (un[1:-1, after] - 2 * un[1:-1, edge] + un[1:-1, before])
                + force * dt
            )
        v[1:-1, 1:-1] = vn[1:-1, 1:-1] - un[1:-1, 1:-1] * dt / h * (vn[1:-1, 1:-1] - vn[1:-1, 0:-2])
        u[0, :] = 0
        u[-1, :] = 0
        v[0, :] = 0
        v[-1, :] = 0
        udiff = (np.sum(u) - np.sum(un)) / np.sum(u)
        stepcount += 1
        if stepcount == 4:
            break
    return stepcount


def channel_flow_loss(u, v, nu, force):
    u = u.copy()
    v = v.copy()
    count = channel_flow(u, v, nu, force, 1e-6)
    return np.sum(u * u) + np.sum(v) * count


# ---------------------------------------------------------------- by other means


def gradient(f, at, h):
    """Central differences of f at an inner point: along x, along y."""
    i, j = at
    return (f[i, j + 1] - f[i, j - 1]) / (2 * h), (f[i + 1, j] - f[i - 1, j]) / (2 * h)


def laplacian(f, at, h):
    i, j = at
    return (f[i, j + 1] + f[i, j - 1] + f[i + 1, j] + f[i - 1, j] - 4 * f[i, j]) / h**2


def backward_differences(f, at, h):
    i, j = at
    return (f[i, j] - f[i, j - 1]) / h, (f[i, j] - f[i - 1, j]) / h


def expected_cavity(nx, ny, nt, nit, u, v, dt, h, _, p, rho, nu):
    """Point by point, for square cells."""
    inner = [(i, j) for i in range(1, ny - 1) for j in range(1, nx - 1)]
    for _ in range(nt):
        b = np.zeros((ny, nx))
        for at in inner:
            (ux, uy), (vx, vy) = gradient(u, at, h), gradient(v, at, h)
            b[at] = rho * ((ux + vy) / dt - ux**2 - 2 * uy * vx - vy**2)
        for _ in range(nit):
            new = p.copy()
            for i, j in inner:
                around = p[i, j + 1] + p[i, j - 1] + p[i + 1, j] + p[i - 1, j]
                new[i, j] = 0.25 * (around - h**2 * b[i, j])
            p = new
            p[:, -1] = p[:, -2]
            p[0] = p[1]
            p[:, 0] = p[:, 1]
            p[-1] = 0.0
        new_u, new_v = np.zeros_like(u), np.zeros_like(v)
        for at in inner:
            px, py = gradient(p, at, h)
            for f, new, slope in ((u, new_u, px), (v, new_v, py)):
                fx, fy = backward_differences(f, at, h)
                advected = u[at] * fx + v[at] * fy
                new[at] = f[at] + dt * (nu * laplacian(f, at, h) - advected - slope / rho)
        new_u[-1] = 1.0
        u, v = new_u, new_v
    return u, v, p


def cavity(rng, n):
    h = 2.0 / (n - 1)
    u, v, p = 0.3 * rng.normal(size=(3, n, n))
    return n, n, 2, 2, u, v, 0.01, h, h, p, 1.0, 0.1


def channel(rng, n):
    return 0.5 + 0.1 * rng.normal(size=(n, n)), 0.1 * rng.normal(size=(n, n)), 0.1, 1.0


KERNELS = [
    Kernel(
        cavity_flow,
        ("u", "v", "p", "nu"),
        cavity,
        (4, 5),
        expected=expected_cavity,
        writes=("u", "v", "p"),
    ),
    Kernel(
        cavity_energy,
        ("u", "v", "p", "nu"),
        lambda rng, n: (*0.3 * rng.normal(size=(3, n, n)), 0.1, 2),
        (4, 5),
    ),
    Kernel(channel_flow_loss, ("u", "v", "nu", "force"), channel, (4, 5)),
]
