"""Model predictive control of a cart with a pole: the cost of a sequence of forces."""

from collections.abc import Callable

import numpy as np

PARAMS = {"mass_cart": 1.0, "mass_pole": 0.1, "length": 0.5, "g": 9.81}
Q = np.array([1.0, 10.0, 0.1, 0.1])


def dynamics(state, force, p=PARAMS):
    x, theta, v, omega = state
    m, M, length, g = p["mass_pole"], p["mass_cart"], p["length"], p["g"]
    s, c = np.sin(theta), np.cos(theta)
    acc = (force + m * s * (length * omega**2 + g * c)) / (M + m * s**2)
    alpha = (-force * c - m * length * omega**2 * c * s - (M + m) * g * s) / (
        length * (M + m * s**2)
    )
    return np.array([v, omega, acc, alpha])


def rollout(state, forces, f: Callable = dynamics, dt: float = 0.05):
    trajectory = [state]
    for force in forces:
        k1 = f(state, force)
        k2 = f(state + 0.5 * dt * k1, force)
        state = state + dt * k2
        trajectory.append(state)
    return np.stack(trajectory)


def cost(forces, state, goal: np.ndarray | None = None, limit=10.0, final_weight=10.0):
    if goal is None:
        goal = np.zeros(4)
    squashed = limit * np.tanh(forces / limit)
    xs = rollout(state, squashed)
    errors = xs - goal
    running = np.einsum("ti,i,ti->", errors[:-1], Q, errors[:-1])
    final = final_weight * errors[-1] @ (Q * errors[-1])
    return running + final + 1e-3 * np.sum(squashed**2)


def _call():
    rng = np.random.default_rng(15)
    return rng.normal(size=4), np.array([0.1, 2.8, 0.0, 0.3])


CALLS = {"cost": (("forces", "state"), [_call, lambda: (*_call(), np.array([0.0, 3.0, 0.0, 0.0]))])}
