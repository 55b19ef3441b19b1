"""Containers whose items become others than they were made with: integers become varied floats,
numbers become arrays; under another name, in an inner list, in a callee, in a closure."""

import numpy as np


def table_of_integers(x: float) -> float:
    table = [[0] * 3 for _ in range(3)]
    for i in range(1, 3):
        for j in range(1, 3):
            table[i][j] = table[i - 1][j] + table[i][j - 1] * x + x
    return table[2][2]


def rows_written_out(x: float) -> float:
    rows = [[0, 0], [0, 0]]
    rows[1][1] = x * x
    return rows[1][1] * x


def inner_dict(x: float) -> float:
    d = {"a": {"b": 0}}
    d["a"]["b"] = x * x
    return d["a"]["b"] * x


def another_name(x: float) -> float:
    xs = [0, 0]
    ys = xs
    ys[0] = x * x
    return xs[0] * x


def set_by_a_callee(x: float) -> float:
    xs = [0, 0]
    put(xs, x)
    return xs[0] * x


def put(xs, x):
    xs[0] = x * x


def table_set_by_a_callee(x: float) -> float:
    table = [[0] * 2 for _ in range(2)]
    fill(table, x)
    return table[0][1] * x


def fill(table, x):
    for i in range(2):
        for j in range(2):
            table[i][j] = x * (i + j)


def counted_by_a_callee(x: float) -> float:
    s = {"n": 0}
    count(s, x)
    count(s, x)
    return s["n"] * x


def count(s, x):
    s["n"] += x * x


def counted_by_a_closure(x: float) -> float:
    s = {"n": 0}

    def add(v):
        s["n"] += v

    add(x * x)
    return s["n"] * x


def advanced(x: float) -> float:
    state = {"position": 0, "velocity": 1, "log": []}
    for _ in range(3):
        advance(state, x)
    return state["position"] * state["velocity"]


def advance(state, a, dt=0.1):
    state["velocity"] += a * dt
    state["position"] += state["velocity"] * dt
    state["log"].append(state["position"])


def an_array_for_a_number(x: float) -> float:
    xs = [1.0, 2.0]
    ys = xs
    ys[0] = np.ones(3)
    return np.sum(xs[0] * x)


def an_array_inserted(x: float) -> float:
    xs = [1.0]
    xs.insert(0, np.ones(3))
    return np.sum(xs[0] * x)


def what_is_left_of_a_list(x: float) -> float:
    xs = [1.0, np.ones(3)]
    xs.pop(0)
    return np.sum(xs[0] * x)


def turned_around(x: float) -> float:
    xs = [1.0, np.ones(3)]
    xs.reverse()
    return np.sum(xs[0] * x)


def grown_by_a_callee(x: float) -> float:
    xs = [1.0, 2.0]
    grow(xs)
    return np.sum(xs[0] * x)


def grow(xs):
    xs.insert(0, np.ones(3))


def appended_under_another_name(x: float) -> float:
    xs = [1.0]
    ys = xs
    ys.append(np.ones(3))
    return np.sum(xs[-1] * x)


def an_array_in_an_inner_list(x: float) -> float:
    xs = [[1.0], [2.0]]
    xs[0][0] = np.ones(3)
    return np.sum(xs[0][0] * x)


def one_of_two_lists(x: float) -> float:
    xs, ys = [1.0], [2.0]
    for zs in (xs, ys):
        zs[0] = np.ones(3)
    return np.sum(xs[0] * x)


def a_list_in_a_dict(x: float) -> float:
    xs = [1.0, 2.0]
    d = {"l": xs}
    d["l"][0] = np.ones(3)
    return np.sum(xs[0] * x)


def set_by_a_closure(x: float) -> float:
    xs = [1.0, 2.0]

    def change():
        xs[0] = np.ones(3)

    change()
    return np.sum(xs[0] * x)


CALLS = {
    name: ("x", [(1.3,)])
    for name in (
        "table_of_integers",
        "rows_written_out",
        "inner_dict",
        "another_name",
        "set_by_a_callee",
        "table_set_by_a_callee",
        "counted_by_a_callee",
        "counted_by_a_closure",
        "advanced",
        "an_array_for_a_number",
        "an_array_inserted",
        "what_is_left_of_a_list",
        "turned_around",
        "grown_by_a_callee",
        "appended_under_another_name",
        "an_array_in_an_inner_list",
        "one_of_two_lists",
        "a_list_in_a_dict",
        "set_by_a_closure",
    )
}
