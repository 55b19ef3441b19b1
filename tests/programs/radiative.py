"""Two-stream radiative transfer through a column of layers; layers are added from below."""

from collections.abc import Sequence

import numpy as np


def layer(tau, omega, g, mu0=0.6):
    """Reflection and transmission of one layer (Eddington, delta-scaled)."""
    f = g * g
    tau = (1.0 - omega * f) * tau
    omega = (1.0 - f) * omega / (1.0 - omega * f)
    g = g / (1.0 + g)
    gamma1 = 0.25 * (7.0 - omega * (4.0 + 3.0 * g))
    gamma2 = -0.25 * (1.0 - omega * (4.0 - 3.0 * g))
    k = np.sqrt(np.maximum(gamma1**2 - gamma2**2, 1e-12))
    e = np.exp(-2.0 * k * tau)
    denominator = k + gamma1 + (k - gamma1) * e
    r = gamma2 * (1.0 - e) / denominator
    t = 2.0 * k * np.exp(-k * tau) / denominator
    direct = np.exp(-tau / mu0)
    return r, t, direct


def planetary_albedo(tau, omega, g, surface_albedo: float, bands: Sequence[float] = (0.6, 0.4)):
    total = 0.0
    for band, weight in enumerate(bands):
        scale = 1.0 + 0.5 * band
        R = surface_albedo
        for level in reversed(range(len(tau))):
            r, t, direct = layer(scale * tau[level], omega[level], g[level])
            R = r + t * t * R / (1.0 - r * R) + 1e-3 * direct
        total += weight * R
    return total


def _call():
    rng = np.random.default_rng(8)
    return rng.uniform(0.1, 1.0, 5), rng.uniform(0.5, 0.95, 5), rng.uniform(0.1, 0.8, 5), 0.3


CALLS = {"planetary_albedo": (("tau", "omega", "g", "surface_albedo"), [_call])}
