"""An American put on a Cox-Ross-Rubinstein tree; greeks as derivatives."""

import numpy as np


def american_put(S0: float, K: float, sigma: float, r: float, T: float = 1.0, n: int = 8) -> float:
    dt = T / n
    u = np.exp(sigma * np.sqrt(dt))
    d = 1.0 / u
    p = (np.exp(r * dt) - d) / (u - d)
    discount = np.exp(-r * dt)

    values = [0.0] * (n + 1)
    for j in range(n + 1):
        values[j] = max(K - S0 * u**j * d ** (n - j), 0.0)
    for i in range(n - 1, -1, -1):
        for j in range(i + 1):
            hold = discount * (p * values[j + 1] + (1 - p) * values[j])
            exercise = K - S0 * u**j * d ** (i - j)
            values[j] = hold if hold > exercise else exercise
    return values[0]


def american_put_vectorised(
    S0: float, K: float, sigma: float, r: float, T: float = 1.0, n: int = 8
):
    dt = T / n
    u = np.exp(sigma * np.sqrt(dt))
    d = 1 / u
    p = (np.exp(r * dt) - d) / (u - d)
    j = np.arange(n + 1)
    prices = S0 * u ** (2.0 * j - n)
    v = np.maximum(K - prices, 0)
    for _ in range(n, 0, -1):
        prices = prices[1:] * d
        v = np.exp(-r * dt) * (p * v[1:] + (1 - p) * v[:-1])
        v = np.maximum(v, K - prices)
    return v[0]


CALLS = {
    "american_put": (("S0", "K", "sigma", "r"), [(1.0, 1.05, 0.25, 0.03), (1.0, 1.4, 0.2, 0.1)]),
    "american_put_vectorised": (("S0", "K", "sigma", "r"), [(1.0, 1.05, 0.25, 0.03)]),
}
