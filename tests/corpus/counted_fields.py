"""Objects whose fields have names and positions, and what holds None at first."""

from typing import NamedTuple

import numpy as np


class State(NamedTuple):
    q: float
    p: float = 0.5


def default_left_out(x: float, n: int):
    s = State(x)
    for _ in range(n):
        s = State(s.q, 0.5)
    return s[0]


def keywords_in_another_order(x: float, y: float):
    s = State(p=x, q=y * x)
    a, b = s
    return s[0] * s.p * a + b


def by_name_and_by_position(s):
    return s.q * s[0] * s.p


def unpacked_and_by_name(s):
    a, b = s
    return s.q * a * s.p * s[-1] + b


def advanced(state, n):
    best = None
    for _ in range(n):
        if best is None or state.q > best[0]:
            best = state
        state = State(state[0] + 0.1 * state[1], state[-1])
    a, b = best
    return state[0] * state.p * best.q + a * b


def best_state(x: float, y: float, n: int):
    return advanced(State(x, y), n)


def best_table(x: float, y: float, u):
    best = None
    for t in u:
        if best is None or t > best["a"]:
            best = {"a": t * y, "b": x}
    return best["a"] * x


def best_pair(x: float, y: float, u, n: int):
    best = None
    for k in range(n):
        cand = (k * y, x * u * k)
        if best is None or cand[0] > best[0]:
            best = cand
    return best[0] * x + np.sum(best[1] * u)


U = np.array([0.3, 0.7, -1.1])
CALLS = {
    "default_left_out": ("x", [(0.7, 3), (0.7, 0)]),
    "keywords_in_another_order": (("x", "y"), [(0.7, -0.4)]),
    "by_name_and_by_position": ("s", [(State(0.7, 1.3),)]),
    "unpacked_and_by_name": ("s", [(State(0.7, 1.3),)]),
    "best_state": (("x", "y"), [(0.7, 0.4, 3), (0.7, -0.4, 1)]),
    "best_table": (("x", "y", "u"), [(0.7, 0.4, U), (0.7, -0.4, U)]),
    "best_pair": (("x", "y", "u"), [(0.7, 0.4, U, 3), (0.7, -0.4, U, 3)]),
}

TWICE = dict.fromkeys(("best_state", "by_name_and_by_position", "unpacked_and_by_name"))
