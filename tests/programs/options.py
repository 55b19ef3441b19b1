"""A volatility smile, a yield curve, jumps, early exercise, swaps and credit."""

import math
from collections import namedtuple

import numpy as np
from scipy.stats import norm

Quote = namedtuple("Quote", "strike expiry vol")


def sabr_vol(F, K, T, alpha, beta, rho, nu):
    """Hagan's lognormal approximation."""
    if abs(F - K) < 1e-12:
        fb = F ** (1 - beta)
        term = (
            (1 - beta) ** 2 / 24 * alpha**2 / fb**2
            + rho * beta * nu * alpha / 4 / fb
            + (2 - 3 * rho**2) / 24 * nu**2
        )
        return alpha / fb * (1 + term * T)
    fk = (F * K) ** ((1 - beta) / 2)
    logfk = math.log(F / K)
    z = nu / alpha * fk * logfk
    x = np.log((np.sqrt(1 - 2 * rho * z + z**2) + z - rho) / (1 - rho))
    denom = fk * (1 + (1 - beta) ** 2 / 24 * logfk**2 + (1 - beta) ** 4 / 1920 * logfk**4)
    term = (
        (1 - beta) ** 2 / 24 * alpha**2 / fk**2
        + rho * beta * nu * alpha / 4 / fk
        + (2 - 3 * rho**2) / 24 * nu**2
    )
    return alpha / denom * z / x * (1 + term * T)


def sabr_calibration(theta, quotes, forward, beta=0.5):
    alpha, rho, nu = np.exp(theta[0]), np.tanh(theta[1]), np.exp(theta[2])
    errors = [sabr_vol(forward, q.strike, q.expiry, alpha, beta, rho, nu) - q.vol for q in quotes]
    return math.fsum(e * e for e in errors)


def nelson_siegel(t, b0, b1, b2, tau):
    x = t / tau
    decay = (1 - np.exp(-x)) / x
    return b0 + b1 * decay + b2 * (decay - np.exp(-x))


def curve_fit(params, bonds):
    """bonds: list of (price, [(time, cash), ...])."""
    total = 0.0
    for price, flows in bonds:
        pv = sum(cash * np.exp(-nelson_siegel(t, *params) * t) for t, cash in flows)
        total += (pv - price) ** 2
    return np.sqrt(total / len(bonds))


def bs_call(S, K, r, sigma, T):
    d1 = (np.log(S / K) + (r + 0.5 * sigma**2) * T) / (sigma * np.sqrt(T))
    d2 = d1 - sigma * np.sqrt(T)
    return S * norm.cdf(d1) - K * np.exp(-r * T) * norm.cdf(d2)


def merton(S, K, r, sigma, T, lam, mu, delta, terms=8):
    price = 0.0
    k = np.exp(mu + 0.5 * delta**2) - 1
    for n in range(terms):
        sig_n = np.sqrt(sigma**2 + n * delta**2 / T)
        r_n = r - lam * k + n * (mu + 0.5 * delta**2) / T
        weight = np.exp(-lam * (1 + k) * T) * (lam * (1 + k) * T) ** n / math.factorial(n)
        price += weight * bs_call(S, K, r_n, sig_n, T)
    return price


def implied_vol(price, S, K, r, T, guess=0.2, tol=1e-12):
    sigma = guess
    for _ in range(50):
        d1 = (np.log(S / K) + (r + 0.5 * sigma**2) * T) / (sigma * np.sqrt(T))
        vega = S * norm.pdf(d1) * np.sqrt(T)
        diff = bs_call(S, K, r, sigma, T) - price
        if abs(diff) < tol:
            break
        sigma -= diff / vega
    return sigma


def smile(params, strikes):
    vols = []
    for K in strikes:
        p = merton(S=100.0, K=K, r=0.01, T=0.5, **params)
        vols.append(implied_vol(p, 100.0, K, 0.01, 0.5))
    return np.asarray(vols).std() + vols[0]


def american_put_lsm(S0, sigma, K, z, r=0.05, T=1.0):
    n_steps, n_paths = z.shape
    dt = T / n_steps
    S = S0 * np.exp(np.cumsum((r - 0.5 * sigma**2) * dt + sigma * np.sqrt(dt) * z, axis=0))
    cash = np.maximum(K - S[-1], 0)
    for t in range(n_steps - 2, -1, -1):
        cash = cash * np.exp(-r * dt)
        itm = S[t] < K
        if itm.sum() > 3:
            X = np.vander(S[t][itm] / K, 3)
            coef = np.linalg.lstsq(X, cash[itm], rcond=None)[0]
            cont = X @ coef
            exercise = K - S[t][itm]
            cash[itm] = np.where(exercise > cont, exercise, cash[itm])
    return np.exp(-r * dt) * cash.mean()


def swap_par(rates, taus):
    factors = []
    df = 1.0
    for r, tau in zip(rates, taus, strict=True):
        df /= 1 + r * tau
        factors.append(df)
    annuity = sum(tau * d for tau, d in zip(taus, factors, strict=True))
    return (1 - factors[-1]) / annuity


def cva(hazard, exposures, times, recovery=0.4, rate=0.02):
    survival = np.exp(-hazard * np.concatenate(([0.0], times)))
    pd = survival[:-1] - survival[1:]
    ee = np.maximum(exposures, 0).mean(axis=1)
    return (1 - recovery) * np.sum(pd * ee * np.exp(-rate * times))


CALLS = {
    "sabr_calibration": (
        ("theta", "forward"),
        [
            lambda: (
                np.array([-1.5, -0.3, -0.5]),
                [Quote(90.0, 1.0, 0.25), Quote(100.0, 1.0, 0.2), Quote(110.0, 1.0, 0.22)],
                101.0,
            )
        ],
    ),
    "curve_fit": (
        "params",
        [
            lambda: (
                np.array([0.03, -0.01, 0.01, 1.5]),
                [(98.0, [(1.0, 3.0), (2.0, 103.0)]), (99.0, [(1.5, 102.0)])],
            )
        ],
    ),
    "smile": (
        "params",
        [lambda: ({"sigma": 0.2, "lam": 0.5, "mu": -0.1, "delta": 0.15}, [95.0, 105.0])],
    ),
    "american_put_lsm": (
        ("S0", "sigma", "K"),
        [lambda: (100.0, 0.2, 101.0, np.random.default_rng(0).normal(size=(3, 12)))],
    ),
    "swap_par": ("rates", [lambda: (np.array([0.01, 0.02, 0.025]), np.array([1.0, 1.0, 0.5]))]),
    "cva": (
        ("hazard", "exposures"),
        [lambda: (0.02, np.random.default_rng(0).normal(size=(3, 5)), np.array([1.0, 2.0, 3.0]))],
    ),
}
