"""Lists of numbers with two names, whose items are exchanged, taken out, joined and repeated; and
what numbers go through on their way to them."""

import math

import numpy as np


def written_through_the_second_name(x: float, y: float, v, n: int):
    a, c = x, 0.4
    for _ in range(n):
        a = 1.5
        w = [y, math.sin(c)]
        z = w
        z[1] = a
        a = w[1]
        c = v[n % 3]
    return a * x


def exchanged_with_itself(x: float, y: float, n: int):
    w = [x, y]
    v = w
    for k in range(n % 3):
        v[0], v[k] = v[k], v[0]
    return w[0] * 2.0 + v[1] * y * w[1]


def exchanged_with_itself_of_any_kind(x, y, n):
    w = [x, y]
    v = w
    for k in range(n % 3):
        v[0], v[k] = v[k] * y, v[0]
    return w[0] * 2.0 + v[1] * y * w[1]


def one_place_twice(x, y):
    w = [x, y]
    v = w
    v[0], w[0] = w[1] * 2.0, w[0] * x
    return w[0] * 2.0 + v[1] * y * w[1]


def one_place_twice_in_a_tuple(x, y):
    w = [x, y]
    v = w
    (v[0], p), w[0] = (w[1] * 2.0, w[0]), w[0] * x
    return w[0] * 2.0 + v[1] * y * w[1] * p


def one_array_twice(u, x: float, y: float):
    w = [u * x, u * y]
    v = w
    c = u + x
    v[0], w[0] = w[1] * 2.0, c
    w[0][1] *= y
    return np.sum(w[0] * 2.0 + v[1] * w[1]) + np.sum(c)


def one_key_twice(x: float, y: float, n: int):
    w = {0: x, 1: y}
    v = w
    for k in range(n % 3):
        v[0], w[k] = w[k] * x, w[0]
    return w[0] * 2.0 + w[1] * y * w[1]


def rows_exchanged_with_themselves(u, x: float, n: int):
    rows = [u * x, u]
    names = rows
    for k in range(n % 3):
        rows[0], names[k] = names[k], rows[0]
        rows[0][1] *= x
    return np.sum(rows[0] * names[1])


def longer_under_two_names(x: float, y: float, n: int):
    w = [x, y]
    v = w
    for _ in range(n):
        w = w + [v[-1] * x]
        v = w
        v[0] = w[-1]
    return sum(w) * v[0]


def repeated_under_two_names(x: float, y: float, n: int):
    w = [x * y] * 3
    v = w
    for k in range(n % 4):
        v[k] = w[k - 1] * x + w[2]
    return sum(w) * v[0]


def repeated_under_two_names_of_any_kind(x, y, n):
    w = [x * y] * 3
    v = w
    for k in range(n % 4):
        v[k] = w[k - 1] * x + w[2]
    return sum(w) * v[0]


def taken_and_put_back(x: float, y: float):
    w = [x, y]
    v = w
    v.append(x * y)
    z = w.pop()
    v[0] = z * x + v[1]
    return v[0] * z * x


def what_counts_truths(x: float, y: float, n: int):
    for k in range(n):
        y = 0.3 + 0.01 * k if (y > 0.2) + (x > 0.4) == 1 else x
    return y


def counts_truths(x: float, y: float):
    return y * x if (y > 0.2) + (x > 0.4) == 2 else x


def calls_what_counts_truths(x: float, y: float, n: int):
    for k in range(n):
        y = counts_truths(x, y) + 0.3 * k
    return y


def first_of(rows):
    for row in rows:
        for value in row:
            return value


def doubled(x, y, n):
    u = y
    v = u
    return y + v


def with_doubled(x, y, n):
    d = 1.0
    d += doubled(y, y, n)
    return y + d


def sometimes_a_number(x, y, n):
    q = y / x
    p = x
    for _ in range(1, n, 2):
        p = q
        for _ in range(2):
            w = [[p, x], q]
            c = math.sin(first_of(w))
            p = with_doubled(1, c, n)
    return q + p


def in_two_terms(p: float, q: float):
    a, c = 0.7 * p, 0.4 * q
    s = c * a
    t = a + c
    return s + t


def number_before_an_array(x: float, y: float, u, n: int):
    for _ in range(n):
        scale = in_two_terms(y, 0.3)
        y = in_two_terms(y - x, 0.5 * x)
        x = scale * math.sin(y)
    y = u * x
    return x + np.sum(y)


U = np.array([0.3, -0.7, 1.1])

CALLS = {
    "written_through_the_second_name": (("x", "y", "v"), [(0.7, -0.4, U, 3)]),
    **dict.fromkeys(
        [
            "exchanged_with_itself",
            "exchanged_with_itself_of_any_kind",
            "one_key_twice",
            "longer_under_two_names",
            "repeated_under_two_names",
            "repeated_under_two_names_of_any_kind",
            "what_counts_truths",
            "calls_what_counts_truths",
            "sometimes_a_number",
        ],
        (("x", "y"), [(0.7, -0.4, 2), (0.7, 0.6, 5)]),
    ),
    **dict.fromkeys(
        ["one_place_twice", "one_place_twice_in_a_tuple", "taken_and_put_back"],
        (("x", "y"), [(0.7, -0.4)]),
    ),
    "number_before_an_array": (("x", "y", "u"), [(0.7, -0.4, U, 3)]),
    "one_array_twice": (("u", "x", "y"), [(U, 0.7, -0.4)]),
    "rows_exchanged_with_themselves": (("u", "x"), [(U, 0.7, 2)]),
}
