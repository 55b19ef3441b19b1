"""Likelihood of a local linear trend, with missing observations."""

import numpy as np
from numpy.linalg import inv, slogdet


def build_model(theta):
    sigma_level, sigma_trend, sigma_obs = np.exp(theta)
    T = np.array([[1.0, 1.0], [0.0, 1.0]])
    Q = np.diag([sigma_level**2, sigma_trend**2])
    Z = np.array([[1.0, 0.0]])
    H = np.array([[sigma_obs**2]])
    return {"T": T, "Q": Q, "Z": Z, "H": H}


def predict(a, P, model):
    return model["T"] @ a, model["T"] @ P @ model["T"].T + model["Q"]


def update(a, P, y, model):
    Z, H = model["Z"], model["H"]
    v = y - Z @ a
    F = Z @ P @ Z.T + H
    K = P @ Z.T @ inv(F)
    a = a + K @ v
    P = (np.eye(len(a)) - K @ Z) @ P
    sign, logdet = slogdet(F)
    ll = -0.5 * (len(v) * np.log(2 * np.pi) + logdet + v @ inv(F) @ v)
    return a, P, ll


def neg_loglik(theta, ys, burn_in=1):
    model = build_model(theta)
    a = np.zeros(2)
    P = np.eye(2) * 10.0
    total = 0.0
    for t, y in enumerate(ys):
        if t > 0:
            a, P = predict(a, P, model)
        if np.isnan(y):
            continue
        a, P, ll = update(a, P, np.atleast_1d(y), model)
        if t >= burn_in:
            total += ll
    return -total


CALLS = {
    "neg_loglik": (
        "theta",
        [lambda: (np.array([-0.5, -1.0, 0.1]), np.array([0.1, 0.5, np.nan, 1.1, 0.9, 1.6]))],
    )
}
