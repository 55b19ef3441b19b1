"""Arrays that a list, tuple or dict holds, written into by constant keys, where the container is
read in other ways, too."""

import numpy as np


def fold(u):
    u[2] -= u[0] * u[1]


def energy(state):
    return np.sum(state["u"] ** 2) + np.sum(state["v"] ** 3)


def step(state):
    state[1][1:-1] += 0.3 * state[0][2:] - state[0][:-2]


def handed_item_read_by_position(a, b, n):
    xs = [np.cos(a), b.copy()]
    fold(xs[0])
    return np.sum(np.maximum(b, xs[n % 2]) * a)


def written_item_read_by_position(a, b, n):
    xs = [np.cos(a), b.copy()]
    xs[0][2] -= xs[0][0]
    return np.sum(np.maximum(b, xs[n % 2]) * a)


def handed_value_read_by_key(a, b, n):
    held = {"u": np.cos(a), "v": b.copy()}
    key = "u" if n > 1 else "v"
    fold(held["u"])
    return np.sum(held[key] * a)


def item_of_a_tuple_read_by_position(a, b, n):
    xs = (np.cos(a), b * b)
    fold(xs[1])
    return np.sum(xs[n % 2] ** 2)


def state_handed_as_a_whole(a):
    state = {"u": a.copy(), "v": np.zeros(5)}
    for _ in range(4):
        state["v"][1:-1] += 0.3 * state["u"][2:] - state["u"][:-2]
        state["u"][1:-1] += 0.1 * state["v"][1:-1] ** 2
    return energy(state)


def state_written_here_and_there(a):
    state = [a.copy(), np.zeros(5)]
    for _ in range(4):
        step(state)
        state[0][1:-1] += 0.1 * state[1][1:-1] ** 2
    return np.sum(state[0] ** 2) + np.sum(state[1] ** 3)


def written_and_stacked(a, b):
    xs = [a.copy(), b.copy()]
    np.add(xs[0], xs[1], out=xs[0])
    rows = np.stack(xs)
    return np.sum(rows * rows)


def written_and_kept_in_a_loop(a):
    history = []
    state = {"u": a.copy()}
    for _ in range(3):
        state["u"][1:] *= np.cos(state["u"][:-1])
        history.append(state["u"].copy())
    return sum(np.sum(w * w) for w in history) + sum(np.sum(w) for w in state.values())


def written_and_run_over(a, b):
    state = {"u": a.copy(), "w": b * 2.0}
    state["u"][0] = 1.0
    state["w"] = state["w"] * state["u"]
    total = 0.0
    for key in state:
        total += np.sum(state[key] ** 2)
    return total


def trade(c, q):
    t = np.sin(c[0])
    if q < 0.1:
        q, t = t, q
    t *= c[-1]
    c[2] = t


def number_that_trades_places(a):
    """A number that a function is handed stays what it is outside of it."""
    a = a.copy()
    w = a[1] * 0.1 - 3.0
    trade(a, w)
    return np.sum(np.sin(a)) + w


r = np.random.default_rng(53).standard_normal

BY_POSITION = [(r(5), r(5), 0), (r(5), r(5), 1), (r(5), r(5), 2)]

CALLS = {
    "handed_item_read_by_position": (("a", "b"), BY_POSITION),
    "written_item_read_by_position": (("a", "b"), BY_POSITION),
    "handed_value_read_by_key": (("a", "b"), BY_POSITION),
    "item_of_a_tuple_read_by_position": (("a", "b"), BY_POSITION),
    "state_handed_as_a_whole": ("a", [(r(5),)]),
    "state_written_here_and_there": ("a", [(r(5),)]),
    "written_and_stacked": (("a", "b"), [(r(5), r(5))]),
    "written_and_kept_in_a_loop": ("a", [(r(5),)]),
    "written_and_run_over": (("a", "b"), [(r(5), r(5))]),
    "number_that_trades_places": ("a", [(r(5),)]),
}

TWICE = dict.fromkeys(("number_that_trades_places",))
