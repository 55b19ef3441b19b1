"""Prices of calls in Heston's model by Monte Carlo with given normal numbers."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Heston:
    kappa: float
    theta: float
    xi: float
    rho: float
    v0: float

    def feller(self) -> bool:
        return 2 * self.kappa * self.theta > self.xi**2


def price(
    model: Heston,
    spot: float,
    strikes: NDArray[np.float64],
    z: NDArray[np.float64],
    rate: float = 0.02,
    maturity: float = 1.0,
) -> NDArray[np.float64]:
    """z has the shape (2, steps, paths)."""
    _, steps, paths = z.shape
    dt = maturity / steps
    root_dt = np.sqrt(dt)
    if not model.feller():
        print("variance may reach zero")
    log_s = np.full(paths, np.log(spot))
    v = np.full(paths, model.v0)
    for k in range(steps):
        w1 = z[0, k]
        w2 = model.rho * w1 + np.sqrt(1 - model.rho**2) * z[1, k]
        v_plus = np.maximum(v, 0.0)
        vol = np.sqrt(v_plus)
        log_s += (rate - 0.5 * v_plus) * dt + vol * root_dt * w1
        v += model.kappa * (model.theta - v_plus) * dt + model.xi * vol * root_dt * w2
    payoff = np.maximum(np.exp(log_s)[:, None] - strikes, 0.0)
    return np.exp(-rate * maturity) * payoff.mean(axis=0)


def calibration(model: Heston, spot, strikes, market, z):
    errors = price(model, spot, strikes, z) - market
    weights = 1.0 / np.maximum(market, 1e-3)
    return np.sum(weights * errors**2)


def _call():
    rng = np.random.default_rng(13)
    model = Heston(1.5, 0.04, 0.1, -0.6, 0.05)
    return (
        model,
        1.1,
        np.array([0.8, 1.0, 1.2]),
        np.array([0.3, 0.15, 0.07]),
        rng.normal(size=(2, 4, 9)),
    )


CALLS = {"calibration": (("model", "spot"), [_call()])}
