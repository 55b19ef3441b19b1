"""Explicit and implicit time steps: heat in one and three dimensions, FDTD, ADI, Burgers."""

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from numpy.typing import NDArray

from tests.kernels import Kernel


def heat_3d(u: Float[ndarray, "n m k"], alpha: float, steps: int) -> Float[ndarray, "n m k"]:
    """The seven-point stencil, with two buffers that trade places."""
    u = u.copy()
    v = u.copy()
    for _ in range(steps):
        centre = u[1:-1, 1:-1, 1:-1]
        v[1:-1, 1:-1, 1:-1] = (
            centre
            + alpha * (u[2:, 1:-1, 1:-1] - 2.0 * centre + u[:-2, 1:-1, 1:-1])
            + alpha * (u[1:-1, 2:, 1:-1] - 2.0 * centre + u[1:-1, :-2, 1:-1])
            + alpha * (u[1:-1, 1:-1, 2:] - 2.0 * centre + u[1:-1, 1:-1, :-2])
        )
        u, v = v, u
    return u


def heat_3d_misfit(u, target, alpha, steps):
    return np.sum((heat_3d(u, alpha, steps) - target) ** 2)


def heat_in_place(u, alpha, steps):
    """One array: the right-hand side is complete before it is added."""
    for _ in range(steps):
        u[1:-1] += alpha * (u[2:] - 2 * u[1:-1] + u[:-2])
    return u


def conductivity(u: NDArray[np.float64], k: NDArray[np.float64], dt: float, steps: int) -> float:
    """Nonlinear: the flux between cells depends on the temperature."""
    flux = np.zeros(len(u) + 1)
    for step in range(steps):
        flux[1:-1] = k * (1.0 + u[1:] * u[:-1]) * (u[1:] - u[:-1])
        u += dt * (flux[1:] - flux[:-1])
        u[0] = np.sin(0.1 * step)
        u[-1] = u[-2]
    return np.sum(u**2)


def fdtd_2d(ex, ey, hz, fict):
    """Maxwell's equations on staggered grids; fict drives the upper edge."""
    for t in range(len(fict)):
        ey[0, :] = fict[t]
        ey[1:, :] -= 0.5 * (hz[1:, :] - hz[:-1, :])
        ex[:, 1:] -= 0.5 * (hz[:, 1:] - hz[:, :-1])
        hz[:-1, :-1] -= 0.7 * (ex[:-1, 1:] - ex[:-1, :-1] + ey[1:, :-1] - ey[:-1, :-1])


def fdtd_2d_energy(
    ex: Float[ndarray, "n m"],
    ey: Float[ndarray, "n m"],
    hz: Float[ndarray, "n m"],
    fict: Float[ndarray, "t"],
) -> float:
    ex, ey, hz = ex.copy(), ey.copy(), hz.copy()
    fdtd_2d(ex, ey, hz, fict)
    return np.sum(ex**2 + ey**2) + 0.5 * np.sum(hz**2)


def adi(u: Float[ndarray, "n n"], steps: int) -> Float[ndarray, "n n"]:
    """Alternating directions: implicit along columns, then along rows (PolyBench's scheme)."""
    n = u.shape[0]
    u = u.copy()
    v = np.zeros_like(u)
    p = np.zeros_like(u)
    q = np.zeros_like(u)
    dx, dt = 1.0 / n, 1.0 / steps
    mul1, mul2 = 2.0 * dt / dx**2, 1.0 * dt / dx**2
    a = -mul1 / 2.0
    b = 1.0 + mul1
    c = a
    d = -mul2 / 2.0
    e = 1.0 + mul2
    f = d
    for _ in range(steps):
        v[0, 1:-1] = 1.0
        p[1:-1, 0] = 0.0
        q[1:-1, 0] = v[0, 1:-1]
        for j in range(1, n - 1):
            p[1:-1, j] = -c / (a * p[1:-1, j - 1] + b)
            q[1:-1, j] = (
                -d * u[j, :-2] + (1.0 + 2.0 * d) * u[j, 1:-1] - f * u[j, 2:] - a * q[1:-1, j - 1]
            ) / (a * p[1:-1, j - 1] + b)
        v[-1, 1:-1] = 1.0
        for j in range(n - 2, 0, -1):
            v[j, 1:-1] = p[1:-1, j] * v[j + 1, 1:-1] + q[1:-1, j]
        u[1:-1, 0] = 1.0
        p[1:-1, 0] = 0.0
        q[1:-1, 0] = u[1:-1, 0]
        for j in range(1, n - 1):
            p[1:-1, j] = -f / (d * p[1:-1, j - 1] + e)
            q[1:-1, j] = (
                -a * v[:-2, j] + (1.0 + 2.0 * a) * v[1:-1, j] - c * v[2:, j] - d * q[1:-1, j - 1]
            ) / (d * p[1:-1, j - 1] + e)
        u[1:-1, -1] = 1.0
        for j in range(n - 2, 0, -1):
            u[1:-1, j] = p[1:-1, j] * u[1:-1, j + 1] + q[1:-1, j]
    return u


def adi_loss(u, steps):
    return np.sum(np.cos(adi(u, steps)))


def burgers(u, nu, dx, dt, steps):
    """Upwind differences; one temporary per step, periodic."""
    un = np.empty_like(u)
    history = np.empty((steps + 1, len(u)))
    history[0] = u
    for n in range(steps):
        un[:] = u
        u[1:-1] = (
            un[1:-1]
            - un[1:-1] * dt / dx * (un[1:-1] - un[:-2])
            + nu * dt / dx**2 * (un[2:] - 2 * un[1:-1] + un[:-2])
        )
        u[0] = (
            un[0]
            - un[0] * dt / dx * (un[0] - un[-2])
            + nu * dt / dx**2 * (un[1] - 2 * un[0] + un[-2])
        )
        u[-1] = u[0]
        history[n + 1] = u
    return history


def advection_with_out(c, speed, steps):
    """ufuncs that write to out=, and buffers that are filled again."""
    flux = np.empty(c.shape[0] + 1)
    tmp = np.empty_like(c)
    c = c.copy()
    for _ in range(steps):
        flux.fill(0.0)
        np.multiply(c, speed, out=flux[1:])
        np.subtract(flux[1:], flux[:-1], out=tmp)
        np.multiply(tmp, 0.5, out=tmp)
        np.subtract(c, tmp, out=c)
        np.tanh(c, out=c)
    return np.sum(c * c)


# ---------------------------------------------------------------- by other means


def expected_heat_3d(u, alpha, steps):
    from scipy.ndimage import convolve

    stencil = np.zeros((3, 3, 3))
    stencil[1, 1, :] += [1, -2, 1]
    stencil[1, :, 1] += [1, -2, 1]
    stencil[:, 1, 1] += [1, -2, 1]
    inner = np.pad(np.ones(np.array(u.shape) - 2), 1)
    now = u
    for _ in range(steps):
        now = now + alpha * inner * convolve(now, stencil)
    return now


def expected_heat(u, alpha, steps):
    n = len(u)
    second = np.eye(n, k=1) - 2 * np.eye(n) + np.eye(n, k=-1)
    second[0] = second[-1] = 0.0
    return np.linalg.matrix_power(np.eye(n) + alpha * second, steps) @ u


def expected_conductivity(u, k, dt, steps):
    for step in range(steps):
        new = np.empty(len(u))
        for i in range(len(u)):
            left = k[i - 1] * (1 + u[i] * u[i - 1]) * (u[i] - u[i - 1]) if i else 0.0
            last = i == len(u) - 1
            right = 0.0 if last else k[i] * (1 + u[i + 1] * u[i]) * (u[i + 1] - u[i])
            new[i] = u[i] + dt * (right - left)
        new[0] = np.sin(0.1 * step)
        new[-1] = new[-2]
        u = new
    return np.sum(u**2)


def expected_fdtd(ex, ey, hz, fict):
    ex, ey, hz = ex.copy(), ey.copy(), hz.copy()
    n, m = hz.shape
    for value in fict:
        for j in range(m):
            ey[0, j] = value
        for i in range(1, n):
            for j in range(m):
                ey[i, j] = ey[i, j] - 0.5 * (hz[i, j] - hz[i - 1, j])
        for i in range(n):
            for j in range(1, m):
                ex[i, j] = ex[i, j] - 0.5 * (hz[i, j] - hz[i, j - 1])
        for i in range(n - 1):
            for j in range(m - 1):
                curl = ex[i, j + 1] - ex[i, j] + ey[i + 1, j] - ey[i, j]
                hz[i, j] = hz[i, j] - 0.7 * curl
    return ex, ey, hz


def expected_adi(u, steps):
    """Tridiagonal systems, solved as such."""
    n = len(u)
    u = u.copy()
    v = np.zeros((n, n))
    mul1, mul2 = 2.0 * n**2 / steps, 1.0 * n**2 / steps
    for _ in range(steps):
        for row in range(1, n - 1):
            M = np.diag(np.full(n, 1.0 + mul1))
            M += np.diag(np.full(n - 1, -mul1 / 2), 1) + np.diag(np.full(n - 1, -mul1 / 2), -1)
            M[0], M[-1] = np.eye(n)[0], np.eye(n)[-1]
            right = mul2 / 2 * u[:, row - 1] + (1 - mul2) * u[:, row] + mul2 / 2 * u[:, row + 1]
            right[0] = right[-1] = 1.0
            v[:, row] = np.linalg.solve(M, right)
        for row in range(1, n - 1):
            M = np.diag(np.full(n, 1.0 + mul2))
            M += np.diag(np.full(n - 1, -mul2 / 2), 1) + np.diag(np.full(n - 1, -mul2 / 2), -1)
            M[0], M[-1] = np.eye(n)[0], np.eye(n)[-1]
            right = mul1 / 2 * v[row - 1] + (1 - mul1) * v[row] + mul1 / 2 * v[row + 1]
            right[0] = right[-1] = 1.0
            u[row] = np.linalg.solve(M, right)
    return u


def expected_burgers(u, nu, dx, dt, steps):
    history = [u]
    for _ in range(steps):
        ring = u[:-1]
        left, right = np.roll(ring, 1), np.roll(ring, -1)
        # The last point stands for the first of the next period: inner ones see it as it was.
        right[-1], left[0] = u[-1], u[-2]
        new = ring - ring * dt / dx * (ring - left) + nu * dt / dx**2 * (right - 2 * ring + left)
        u = np.append(new, new[0])
        history.append(u)
    return np.array(history)


def expected_advection(c, speed, steps):
    for _ in range(steps):
        c = np.tanh(c - 0.5 * (c * speed - np.append(0.0, (c * speed)[:-1])))
    return np.sum(c * c)


def fields(rng, n):
    return (*rng.normal(size=(3, n, n + 1)), rng.normal(size=n // 2))


KERNELS = [
    Kernel(
        heat_3d,
        ("u", "alpha"),
        lambda rng, n: (rng.normal(size=(n, n + 1, n)), 0.11, n - 1),
        (3, 5),
        expected=expected_heat_3d,
    ),
    Kernel(
        heat_3d_misfit,
        ("u", "target"),
        lambda rng, n: (*rng.normal(size=(2, n, n, n)), 0.11, n - 1),
        (3, 5),
    ),
    Kernel(
        heat_in_place,
        ("u",),
        lambda rng, n: (rng.normal(size=n), 0.2, n // 2),
        expected=expected_heat,
    ),
    Kernel(
        conductivity,
        ("u", "k", "dt"),
        lambda rng, n: (rng.normal(size=n), rng.uniform(0.5, 1.5, size=n - 1), 0.1, 3),
        expected=expected_conductivity,
    ),
    Kernel(
        fdtd_2d,
        ("ex", "ey", "hz", "fict"),
        fields,
        expected=expected_fdtd,
        writes=("ex", "ey", "hz"),
    ),
    Kernel(fdtd_2d_energy, ("ex", "ey", "hz", "fict"), fields),
    Kernel(adi, ("u",), lambda rng, n: (rng.normal(size=(n, n)), n // 2), expected=expected_adi),
    Kernel(adi_loss, ("u",), lambda rng, n: (rng.normal(size=(n, n)), n // 2)),
    Kernel(
        burgers,
        ("u", "nu"),
        lambda rng, n: ((lambda u: np.append(u, u[0]))(rng.normal(size=n)), 0.07, 0.5, 0.1, 3),
        expected=expected_burgers,
    ),
    Kernel(
        advection_with_out,
        ("c", "speed"),
        lambda rng, n: (rng.normal(size=n), rng.normal(size=n), 3),
        expected=expected_advection,
    ),
]
