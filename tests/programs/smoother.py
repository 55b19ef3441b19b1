"""Kalman filter and Rauch-Tung-Striebel smoother; missing observations are NaN."""

import numpy as np


def kalman_filter(y, F, H, Q, R, m0, P0):
    m, P = m0, P0
    filtered = []
    predicted = []
    loglik = 0.0
    for obs in y:
        m = F @ m
        P = F @ P @ F.T + Q
        predicted.append((m, P))
        if not np.isnan(obs):
            v = obs - H @ m
            S = H @ P @ H + R
            K = P @ H / S
            m = m + K * v
            P = P - np.outer(K, K) * S
            loglik -= 0.5 * (np.log(2 * np.pi * S) + v**2 / S)
        filtered.append((m, P))
    return filtered, predicted, loglik


def smooth(filtered, predicted, F):
    ms, Ps = filtered[-1]
    smoothed = [ms]
    for k in range(len(filtered) - 2, -1, -1):
        (m, P), (mp, Pp) = filtered[k], predicted[k + 1]
        G = P @ F.T @ np.linalg.inv(Pp)
        ms = m + G @ (ms - mp)
        Ps = P + G @ (Ps - Pp) @ G.T
        smoothed.append(ms)
    return np.array(smoothed[::-1])


def objective(log_q, log_r, y, dt=0.5, truth=None):
    F = np.array([[1.0, dt], [0.0, 1.0]])
    H = np.array([1.0, 0.0])
    Q = np.exp(log_q) * np.array([[dt**3 / 3, dt**2 / 2], [dt**2 / 2, dt]])
    filtered, predicted, ll = kalman_filter(y, F, H, Q, np.exp(log_r), np.zeros(2), np.eye(2))
    if truth is None:
        return -ll
    path = smooth(filtered, predicted, F)
    return -ll + np.sum((path[:, 0] - truth) ** 2)


_y = np.array([0.3, 0.5, np.nan, 1.1, 0.9])
CALLS = {
    "objective": (
        ("log_q", "log_r"),
        [(0.1, -0.5, _y), (0.1, -0.5, _y, 0.4, np.linspace(0, 1, 5))],
    ),
}
