"""Swing up of a cart-pole, an extended Kalman filter, the attitude of a quadrotor."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def cartpole(s: np.ndarray, u: float, p: dict[str, float]) -> np.ndarray:
    x, th, xd, thd = s
    M, m, length, g = p["M"], p["m"], p["l"], p["g"]
    sn, cs = np.sin(th), np.cos(th)
    A = np.array([[M + m, m * length * cs], [m * length * cs, m * length**2]])
    rhs = np.array([u + m * length * thd**2 * sn, -m * g * length * sn])
    acc = np.linalg.solve(A, rhs)
    return np.hstack([xd, thd, acc])


def rollout(dynamics: Callable, s0, controls, dt, p):
    states = [s0]
    for u in controls:
        states.append(states[-1] + dt * dynamics(states[-1], u, p))
    return states


def swing_up(controls: np.ndarray, s0: np.ndarray, p: dict[str, float], dt: float = 0.05) -> float:
    states = rollout(cartpole, s0, controls, dt, p)
    running = sum(
        0.1 * (1 + np.cos(s[1])) + 1e-3 * u**2 for s, u in zip(states, controls, strict=False)
    )
    final = states[-1]
    return running + 10 * final[0] ** 2 + (1 + np.cos(final[1]))


def ekf(q, r, zs, x0):
    x = x0
    P = np.eye(3)
    nis = []
    for _k, z in enumerate(zs, start=1):
        F = np.array([[1, 0, -0.1 * np.sin(x[2])], [0, 1, 0.1 * np.cos(x[2])], [0, 0, 1]])
        x = np.array([x[0] + 0.1 * np.cos(x[2]), x[1] + 0.1 * np.sin(x[2]), x[2] + 0.05])
        P = F @ P @ F.T + q * np.eye(3)
        rng = np.hypot(x[0], x[1])
        bearing = np.arctan2(x[1], x[0]) - x[2]
        H = np.array([[x[0] / rng, x[1] / rng, 0.0], [-x[1] / rng**2, x[0] / rng**2, -1.0]])
        S = H @ P @ H.T + r * np.eye(2)
        innovation = z - np.array([rng, bearing])
        innovation[1] = (innovation[1] + np.pi) % (2 * np.pi) - np.pi
        K = np.linalg.solve(S, H @ P).T
        x = x + K @ innovation
        P = (np.eye(3) - K @ H) @ P
        nis.append(innovation @ np.linalg.inv(S) @ innovation)
    return np.mean(nis) + np.trace(P)


def quat_mul(a, b):
    w0, x0, y0, z0 = a
    w1, x1, y1, z1 = b
    return np.array(
        [
            w0 * w1 - x0 * x1 - y0 * y1 - z0 * z1,
            w0 * x1 + x0 * w1 + y0 * z1 - z0 * y1,
            w0 * y1 - x0 * z1 + y0 * w1 + z0 * x1,
            w0 * z1 + x0 * y1 - y0 * x1 + z0 * w1,
        ]
    )


def attitude(thrusts, inertia, q_ref, dt=0.02):
    q = np.array([1.0, 0.0, 0.0, 0.0])
    omega = np.zeros(3)
    for T in thrusts:
        torque = np.array([T[1] - T[3], T[0] - T[2], 0.1 * (T[0] - T[1] + T[2] - T[3])])
        omega = omega + dt * (torque - np.cross(omega, inertia * omega)) / inertia
        q = q + 0.5 * dt * quat_mul(q, np.concatenate([[0.0], omega]))
        q /= np.linalg.norm(q)
    return 1 - np.dot(q, q_ref) ** 2 + 1e-3 * np.sum(thrusts**2)


CALLS = {
    "swing_up": (
        ("controls", "s0", "p"),
        [
            lambda: (
                np.array([1.0, -0.5, 0.3]),
                np.array([0.0, 0.3, 0.0, 0.1]),
                {"M": 1.0, "m": 0.2, "l": 0.5, "g": 9.81},
            )
        ],
    ),
    "ekf": (
        ("q", "r", "x0"),
        [lambda: (0.01, 0.05, np.array([[2.3, 0.2], [2.4, 0.15]]), np.array([2.0, 1.0, 0.3]))],
    ),
    "attitude": (
        ("thrusts", "inertia"),
        [
            lambda: (
                np.random.default_rng(0).normal(size=(3, 4)),
                np.array([0.1, 0.12, 0.2]),
                np.array([1.0, 0, 0, 0]),
            )
        ],
    ),
}
