"""A double pendulum by Runge and Kutta's method."""

from dataclasses import dataclass

import numpy as np


@dataclass
class Pendulum:
    m1: float = 1.0
    m2: float = 1.0
    l1: float = 1.0
    l2: float = 1.0
    g: float = 9.81


def derivatives(state, p):
    th1, th2, w1, w2 = state
    delta = th1 - th2
    den = 2 * p.m1 + p.m2 - p.m2 * np.cos(2 * delta)
    a1 = (
        -p.g * (2 * p.m1 + p.m2) * np.sin(th1)
        - p.m2 * p.g * np.sin(th1 - 2 * th2)
        - 2 * np.sin(delta) * p.m2 * (w2**2 * p.l2 + w1**2 * p.l1 * np.cos(delta))
    ) / (p.l1 * den)
    a2 = (
        2
        * np.sin(delta)
        * (
            w1**2 * p.l1 * (p.m1 + p.m2)
            + p.g * (p.m1 + p.m2) * np.cos(th1)
            + w2**2 * p.l2 * p.m2 * np.cos(delta)
        )
        / (p.l2 * den)
    )
    return np.array([w1, w2, a1, a2])


def rk4_step(f, y, h, *args):
    k1 = f(y, *args)
    k2 = f(y + 0.5 * h * k1, *args)
    k3 = f(y + 0.5 * h * k2, *args)
    k4 = f(y + h * k3, *args)
    return y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)


def tip_distance(y0, p: Pendulum, target, n_steps=5, dt=0.02):
    """How far the tip ends from the target."""
    y = y0.copy()
    trajectory = [y]
    for _ in range(n_steps):
        y = rk4_step(derivatives, y, dt, p)
        trajectory.append(y)
    path = np.array(trajectory)
    x = p.l1 * np.sin(path[:, 0]) + p.l2 * np.sin(path[:, 1])
    z = -p.l1 * np.cos(path[:, 0]) - p.l2 * np.cos(path[:, 1])
    return (x[-1] - target[0]) ** 2 + (z[-1] - target[1]) ** 2 + 1e-3 * np.mean(np.diff(x) ** 2)


CALLS = {
    "tip_distance": (
        ("y0", "p"),
        [lambda: (np.array([0.5, 0.8, 0.1, -0.2]), Pendulum(1.1, 0.9), np.array([1.0, -1.0]))],
    )
}
