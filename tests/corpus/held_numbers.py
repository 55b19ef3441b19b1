"""Numbers that lists and dicts hold, which have several names or are copied."""

import numpy as np


def updated_under_another_name(x: float):
    p = [x, 0.3]
    q = p
    q[0] *= x
    return sum(p)


def added_to_under_another_name(x: float, y: float, n: int):
    p = {"a": x, "b": y}
    q = p
    for _ in range(n):
        q["a"] += y * p["b"]
        p["b"] *= 0.5
    return q["a"] * q["b"]


def copy_with_another_item(x: float, y: float):
    p = [y, 1.5]
    q = p[:]
    q[1] = x
    return q[0] * p[1] + q[1]


def copied_beside_an_array(x: float, y: float, u):
    p = [y, u * x]
    q = p[:]
    q[1][0] = x
    return q[0] * np.sum(p[1])


def copied_table(x: float, y: float, u):
    p = {"rate": y, "u": u * x}
    q = p.copy()
    q["u"][0] = x
    return q["rate"] * np.sum(p["u"])


def joined_beside_an_array(x: float, y: float, u):
    p = [y, u * x]
    q = p + [x]
    q[1][0] = x
    return q[0] * np.sum(p[1]) * q[2]


def unpacked_beside_an_array(x: float, y: float, u):
    p = [y, u * x]
    r, s = p
    s[1] = r
    q = list(p)
    z = [*q, x]
    return z[0] * np.sum(p[1]) * z[2]


def grown_into_a_mixture(x: float, y: float, u):
    p = [y]
    p.append(u)
    q = p[:]
    p.append(u * 1.5)
    p[-1][0] = x
    return q[0] * np.sum(p[1]) * np.sum(p[2])


def lists_of_numbers_in_a_copy(x: float, y: float):
    p = [[y, 0.3], [x, y]]
    q = p[:]
    p.append([1.0, x])
    q[0][1] = x * y
    q[1][0] *= x * y
    t = q[0].copy()
    t[0] = 0.3 * x
    w = p[1]
    w[1] += y
    return p[0][0] * p[0][1] * p[1][0] + t[0] * t[1] + p[1][1]


def mean_of_a_repeated_number(x: float):
    w = [x] * 3
    b = np.mean(w)
    return b * x


def repeated_lists(x: float, y: float, u, n: int):
    w = [x, u] * n
    p = 2 * (y,)
    z = [x * y] * n
    for k in range(n):
        z[k] = z[k] * x + z[k - 1]
    q = [0.0] * n
    q[1] = y
    s = [[x, y]] * 2 * 2
    return np.sum(w[1]) * w[2] + p[0] * p[-1] + sum(z) * sum(q) + s[3][0] * s[1][1] + len(w) * p[1]


def repeated_and_written(x: float, y: float, u, n: int):
    w = [x, u * y] * n
    w[1][0] = x
    q = [y, u * x]
    z = q * 2
    z[1][1] = y
    return np.sum(w[3]) * w[2] + z[2] * np.sum(q[1])


def last_item_by_two_positions(x: float):
    w = [0.2, 0.2]
    q = w[:]
    q[-1] = x
    d = q[1]
    return d * x


def kept_and_divided(rates, weights):
    kept = []
    discount = 1.0
    for r, w in zip(rates, weights, strict=True):
        discount /= 1.0 + r * w
        kept.append(discount)
    total = sum(w * d for w, d in zip(weights, kept, strict=True))
    return np.sum((1.0 - kept[-1]) / total)


CALLS = {
    "mean_of_a_repeated_number": ("x", [(0.7,)]),
    "last_item_by_two_positions": ("x", [(0.7,)]),
    **dict.fromkeys(
        ["repeated_lists", "repeated_and_written"],
        (("x", "y", "u"), [(0.7, -0.4, np.array([0.3, -0.7, 1.1]), 3)]),
    ),
    "updated_under_another_name": ("x", [(0.7,)]),
    "kept_and_divided": (
        ("rates", "weights"),
        [
            (np.array([0.1, 0.3, 0.2]), np.array([1.0, 0.5, 0.7])),
            (np.array([[0.1, 0.3], [0.2, 0.4], [0.3, 0.1]]), np.array([1.0, 0.5, 0.7])),
        ],
    ),
    "added_to_under_another_name": (("x", "y"), [(0.7, -0.4, 3), (0.7, -0.4, 0)]),
    "copy_with_another_item": (("x", "y"), [(0.7, -0.4)]),
    "lists_of_numbers_in_a_copy": (("x", "y"), [(0.7, -0.4)]),
    **dict.fromkeys(
        [
            "copied_beside_an_array",
            "copied_table",
            "joined_beside_an_array",
            "unpacked_beside_an_array",
            "grown_into_a_mixture",
        ],
        (("x", "y", "u"), [(0.7, -0.4, np.array([0.3, -0.7, 1.1]))]),
    ),
}

TWICE = dict.fromkeys(
    (
        "mean_of_a_repeated_number",
        "copied_table",
        "unpacked_beside_an_array",
        "grown_into_a_mixture",
    )
)
