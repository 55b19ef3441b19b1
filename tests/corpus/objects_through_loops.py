"""Objects that a loop hands on, where not all fields are read after it; items of dicts that are
taken apart as arrays."""

from dataclasses import dataclass

import numpy as np


@dataclass
class State:
    h: np.ndarray
    u: np.ndarray


def step(s: State, dt) -> State:
    return State(s.h + dt * s.u, s.u - dt * s.h)


def one_field_read_at_the_end(s: State, n=2, dt=0.1):
    for _ in range(n):
        s = step(s, dt)
    return np.sum(s.h**2)


def one_field_read_at_times(s: State, observed, n=2, dt=0.1):
    cost = 0.0
    for k in range(n):
        s = step(s, dt)
        if k in observed:
            cost += np.sum(s.h**2)
    return cost


def new_axes_of_an_item(P, x):
    h = np.maximum(x + P["b"][:, None, None], 0.0)
    n = h.shape[0]
    return np.sum(h.reshape(n, -1) @ P["W"])


r = np.random.default_rng(6).standard_normal
STATE = State(r(3), r(3))
CALLS = {
    "one_field_read_at_the_end": ("s", [(STATE,), (STATE, 0)]),
    "one_field_read_at_times": ("s", [(STATE, {1}), (STATE, {0})]),
    "new_axes_of_an_item": (("P", "x"), [({"b": r(3), "W": r((4, 2))}, r((3, 2, 2)))]),
}
