"""Full-waveform inversion in one and two dimensions."""

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray


def ricker(t: Float[ndarray, "nt"], f: float, t0: float) -> Float[ndarray, "nt"]:
    a = (np.pi * f * (t - t0)) ** 2
    return (1 - 2 * a) * np.exp(-a)


def misfit_1d(
    c: Float[ndarray, "nx"],
    data: Float[ndarray, "nt receivers"],
    receivers: Int[ndarray, "receivers"],
    source: int,
    dx: float = 1.0,
    dt: float = 0.3,
) -> float:
    """Least squares over the seismograms."""
    nt = data.shape[0]
    nx = c.shape[0]
    wavelet = ricker(np.arange(nt) * dt, 0.3, 1.5)
    past, now, future = np.zeros(nx), np.zeros(nx), np.zeros(nx)
    seismogram = np.zeros((nt, len(receivers)))
    for it in range(nt):
        lap = (now[2:] - 2.0 * now[1:-1] + now[:-2]) / dx**2
        future[1:-1] = 2.0 * now[1:-1] - past[1:-1] + (c[1:-1] * dt) ** 2 * lap
        future[source] += dt**2 * wavelet[it]
        # absorbing at the left, fixed at the right
        future[0] = now[1] + (c[0] * dt - dx) / (c[0] * dt + dx) * (future[1] - now[0])
        past, now, future = now, future, past
        seismogram[it] = now[receivers]
    residual = seismogram - data
    return 0.5 * np.sum(residual**2) * dt


def misfit_2d(model, data, sources, receivers, dt=0.2, h=1.0):
    nz, nx = model.shape
    m = (model * dt / h) ** 2
    J = 0.0
    for s, (sz, sx) in enumerate(sources):
        u0 = np.zeros((nz, nx))
        u1 = np.zeros((nz, nx))
        for it in range(data.shape[1]):
            u2 = np.zeros((nz, nx))
            u2[1:-1, 1:-1] = (
                2 * u1[1:-1, 1:-1]
                - u0[1:-1, 1:-1]
                + m[1:-1, 1:-1]
                * (u1[2:, 1:-1] + u1[:-2, 1:-1] + u1[1:-1, 2:] + u1[1:-1, :-2] - 4 * u1[1:-1, 1:-1])
            )
            u2[sz, sx] += np.exp(-((it - 2.0) ** 2))
            u0, u1 = u1, u2
            for r, (rz, rx) in enumerate(receivers):
                J += 0.5 * (u1[rz, rx] - data[s, it, r]) ** 2
    return J


def _call_1d():
    rng = np.random.default_rng(9)
    return rng.uniform(1.0, 2.0, 9), rng.normal(size=(8, 2)), np.array([2, 6]), 4


def _call_2d():
    rng = np.random.default_rng(10)
    return (
        rng.uniform(1.0, 2.0, (6, 5)),
        rng.normal(size=(2, 5, 2)),
        [(1, 1), (3, 2)],
        [(2, 3), (4, 1)],
    )


CALLS = {"misfit_1d": ("c", [_call_1d]), "misfit_2d": ("model", [_call_2d])}
