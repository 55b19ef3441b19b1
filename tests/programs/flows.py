"""Burgers' equation with a limiter, reaction and diffusion, a lattice Boltzmann method."""

import numpy as np


def minmod(a, b):
    return np.where(a * b > 0, np.where(np.abs(a) < np.abs(b), a, b), 0.0)


def flux(u):
    return 0.5 * u**2


def burgers(u0, target, nu=0.01, dx=0.1, cfl=0.4, t_end=0.1):
    u = u0.copy()
    t = 0.0
    while t < t_end:
        dt = min(cfl * dx / np.max(np.abs(u)), t_end - t)
        up = np.pad(u, 2, mode="wrap")
        slope = minmod(up[1:-1] - up[:-2], up[2:] - up[1:-1])
        left = up[1:-2] + 0.5 * slope[:-1]
        right = up[2:-1] - 0.5 * slope[1:]
        a = np.maximum(np.abs(left), np.abs(right))
        F = 0.5 * (flux(left) + flux(right)) - 0.5 * a * (right - left)
        u = u - dt / dx * (F[1:] - F[:-1]) + nu * dt / dx**2 * (up[3:-1] - 2 * u + up[1:-3])
        t += dt
    return np.mean((u - target) ** 2)


def laplacian(Z):
    return (
        np.roll(Z, 1, axis=0)
        + np.roll(Z, -1, axis=0)
        + np.roll(Z, 1, axis=1)
        + np.roll(Z, -1, axis=1)
        - 4 * Z
    )


def gray_scott(params, U, V, steps=4):
    Du, Dv, F, k = params["Du"], params["Dv"], params["F"], params["k"]
    for _ in range(steps):
        uvv = U * V * V
        U += Du * laplacian(U) - uvv + F * (1 - U)
        V += Dv * laplacian(V) + uvv - (F + k) * V
    return V.mean() + 0.1 * (U * V).sum()


W = np.array([4 / 9] + [1 / 9] * 4 + [1 / 36] * 4)
E = np.array([[0, 0], [1, 0], [0, 1], [-1, 0], [0, -1], [1, 1], [-1, 1], [-1, -1], [1, -1]])


def equilibrium(rho, ux, uy):
    feq = np.empty((9,) + rho.shape)
    usq = 1.5 * (ux**2 + uy**2)
    for i, (w, (ex, ey)) in enumerate(zip(W, E, strict=True)):
        cu = 3.0 * (ex * ux + ey * uy)
        feq[i] = w * rho * (1 + cu + 0.5 * cu**2 - usq)
    return feq


def lattice_boltzmann(ux0, tau, n_steps=2):
    rho = np.ones_like(ux0)
    f = equilibrium(rho, ux0, np.zeros_like(ux0))
    for _step in range(n_steps):
        rho = f.sum(axis=0)
        ux = np.tensordot(E[:, 0], f, axes=1) / rho
        uy = np.tensordot(E[:, 1], f, axes=1) / rho
        f += (equilibrium(rho, ux, uy) - f) / tau
        for i in range(9):
            f[i] = np.roll(f[i], shift=tuple(E[i]), axis=(0, 1))
    return np.sum(ux**2 + uy**2)


def _r(*s, seed=0):
    return np.random.default_rng(seed + sum(s)).normal(size=s)


CALLS = {
    "burgers": ("u0", [lambda: (1 + 0.5 * np.sin(np.arange(8.0)), np.ones(8))]),
    "gray_scott": (
        ("params", "U", "V"),
        [
            lambda: (
                {"Du": 0.16, "Dv": 0.08, "F": 0.035, "k": 0.06},
                1 + 0.1 * _r(4, 5),
                0.2 + 0.1 * _r(4, 5),
            )
        ],
    ),
    "lattice_boltzmann": (("ux0", "tau"), [lambda: (0.1 * _r(3, 4), 0.8)]),
}
