"""Values that the derivative gives a name to, and that the program writes into under another."""

import numpy as np
from jaxtyping import Float
from numpy import ndarray


def item_updated(a, b):
    held = {"w": a}
    held["v"] = np.tanh(b)
    held["v"] += a
    return np.sum(held["v"] ** 2 * held["w"])


def item_of_known_shape_updated(a: Float[ndarray, "n"], b: Float[ndarray, "n"]):
    held = {"v": a}
    held["v"] = np.tanh(b)
    held["v"] += a
    held["v"] *= b
    return np.sum(held["v"] ** 2)


def slice_of_a_value(a, b):
    v = np.tanh(b)[1:]
    v += a[1:]
    return np.sum(v**2)


def flattened_value(a: Float[ndarray, "m n"], b: Float[ndarray, "m n"]):
    v = np.tanh(b).reshape(-1)
    v += a.ravel()
    return np.sum(v**2)


def turned_value(a, b: Float[ndarray, "n"]):
    v = np.exp(b)[None].T
    v *= a[0]
    return np.sum(v**2)


def added_to_a_list(a, b):
    xs = [1.0]
    xs += [np.tanh(b)]
    xs[1] += a
    return np.sum(xs[1] ** 2)


def put_under_two_keys(a: Float[ndarray, "n"], b: Float[ndarray, "n"]):
    held = {"w": a}
    held["v"] = held["w"] = np.tanh(b)
    held["v"] += a
    return np.sum(held["w"] ** 2)


def rows_of_a_value(a: Float[ndarray, "n"], A: Float[ndarray, "m n"]):
    total = 0.0
    for row in np.tanh(A):
        row *= a
        total += np.sum(row)
    return total


def rows_of_several_values(a: Float[ndarray, "n"], A: Float[ndarray, "m n"]):
    total = 0.0
    for row, other in zip(np.tanh(A), np.exp(A) * a, strict=True):
        row *= other
        other += row
        total += np.sum(row * other)
    return total


def name_and_item_of_one_value(a, b):
    held = {"w": a}
    v = held["v"] = np.tanh(b)
    v += a
    return np.sum(held["v"] ** 2)


def unpacked_and_whole(b, A):
    x, y = pair = np.exp(A[:2])
    x *= b
    pair[1] += x
    return np.sum(pair * y)


def two_items_of_one_value(a, b):
    xs = [a, b]
    xs[0] = xs[1] = np.exp(a)
    xs[0][1] = b[0]
    return np.sum(xs[1] ** 2)


def terms_cancel(a):
    first = a[0]
    held = [a - a, a.copy()]
    last = held[1] + held[0]
    return np.sum(last[:2]) + first


def this_one_or_a_new_one(a: Float[ndarray, "n"], b: Float[ndarray, "n"], k):
    x = a.copy()
    total = np.sum(b * 3.0)
    y = x if k > 2 else b * b[0]
    y *= 2.0
    return np.sum(x * y) + total


def bound_twice_at_once(b, A):
    x, x = np.tanh(A)[:2]
    y = x
    y += b
    return np.sum(x**2)


def tested_before_it_is_written(a, h):
    if a[1] > -0.2:
        if h[0] < -0.2:
            h = np.full((3,), a[0])
        else:
            h.fill(1.5)
    a[:2] = np.cos(h[:2]) - 1.0
    return np.sum(a**2)


def gives_back(x):
    return x


def nothing_flows_through_the_call(a, b):
    held = [a, b]
    kept = gives_back(b)
    held[0][0] = 0.9
    b[::-1] += kept
    return np.sum(a**2)


def trades_places_with_rows(b, A):
    first = b
    for row in A:
        b[::2] -= A @ first
        b, row = row, b
    return np.sum(first)


def halves_but_one(x):
    for i in range(1, len(x)):
        x[i] *= 0.5
    return x


def under_the_name_of_its_part(b):
    d = b * 1.5
    for _ in range(2):
        d = halves_but_one(d[:])
        d = halves_but_one(d)
    return np.sum(np.sin(d))


def put_back_where_it_was_put(a, b):
    held = {"v": a, "w": a * b}
    for k in b:
        if k > 0.1:
            held["v"] = a
    held["v"] += b
    return np.sum(held["v"] * held["w"] * a)


def put_at_times(a: Float[ndarray, "n"], b: Float[ndarray, "n"]):
    c = b
    xs = [c - b, a]
    held = {"v": a, "w": b}
    for k in c:
        if k > 0.1:
            held["v"] = a
    xs[1] = c
    return np.sum(a) + np.sum(xs[1])


def value_over_what_it_is_of(b):
    c = b
    c[...] = np.tanh(np.cos(b))
    return np.sum(c)


def value_over_a_neighbour(b: Float[ndarray, "n"]):
    c = b[1:]
    c[:] = np.tanh(np.cos(b[:-1]))
    return np.sum(c * b[:-1])


def parts_bound_by_the_whole(A: Float[ndarray, "m n"], a: Float[ndarray, "n"]):
    x, y = x = np.tanh(A[:2])
    y += a
    return np.sum(x[0] * y) + np.sum(x[1] ** 2)


def whole_under_the_name_of_a_part(A: Float[ndarray, "m n"], a: Float[ndarray, "n"]):
    z = np.tanh(A[:2])
    y, z = x = z
    z *= a
    return np.sum(x[0] * y * a) + np.sum(x[1] ** 2)


def rows_put_under_keys(A: Float[ndarray, "m n"], a: Float[ndarray, "n"]):
    held = {"u": a}
    held["u"], held["v"] = np.exp(A[:2])
    held["u"] += a
    return np.sum(held["u"] * held["v"])


def rows_put_into_a_list(A: Float[ndarray, "m n"], a: Float[ndarray, "n"]):
    w = np.tanh(A[:2])
    xs = [a, a]
    xs[0], xs[1] = w
    xs[0] += a
    return np.sum(xs[0] * w)


def turned_and_written(a):
    c = np.cos(a)
    for _ in range(3):
        c, a = a, c
    c[:2] += a[1:3]
    return np.sum(np.sin(a))


def trades_places_in_a_callee(a):
    return turned_and_written(a)


r = np.random.default_rng(33).standard_normal

CALLS = {
    "item_updated": (("a", "b"), [(r(4), r(4))]),
    "item_of_known_shape_updated": (("a", "b"), [(r(4), r(4))]),
    "slice_of_a_value": (("a", "b"), [(r(4), r(4))]),
    "flattened_value": (("a", "b"), [(r((2, 3)), r((2, 3)))]),
    "turned_value": (("a", "b"), [(r(3), r(4))]),
    "added_to_a_list": (("a", "b"), [(r(4), r(4))]),
    "put_under_two_keys": (("a", "b"), [(r(4), r(4))]),
    "rows_of_a_value": (("a", "A"), [(r(3), r((2, 3)))]),
    "rows_of_several_values": (("a", "A"), [(r(3), r((2, 3)))]),
    "name_and_item_of_one_value": (("a", "b"), [(r(4), r(4))]),
    "unpacked_and_whole": (("b", "A"), [(r(4), r((3, 4)))]),
    "two_items_of_one_value": (("a", "b"), [(r(4), r(4))]),
    "terms_cancel": ("a", [(r(4),)]),
    "this_one_or_a_new_one": (("a", "b"), [(r(4), r(4), k) for k in (1, 3)]),
    "bound_twice_at_once": (("b", "A"), [(r(4), r((3, 4)))]),
    "tested_before_it_is_written": (
        ("a", "h"),
        [
            (np.array([0.3, x, 0.1]), np.array([y, 0.2, 0.4]))
            for x in (0.7, -0.7)
            for y in (0.3, -0.3)
        ],
    ),
    "nothing_flows_through_the_call": ("a", [(r(4), r(4))]),
    "trades_places_with_rows": (("b", "A"), [(r(5), r((3, 5)))]),
    "under_the_name_of_its_part": ("b", [(r(4),)]),
    "put_back_where_it_was_put": (("a", "b"), [(r(3), np.array([0.3, 0.7, -0.7]))]),
    "put_at_times": (("a", "b"), [(r(3), np.array([0.3, 0.7, -0.7]))]),
    "value_over_what_it_is_of": ("b", [(r(4),)]),
    "value_over_a_neighbour": ("b", [(r(4),)]),
    "parts_bound_by_the_whole": (("A", "a"), [(r((3, 4)), r(4))]),
    "whole_under_the_name_of_a_part": (("A", "a"), [(r((3, 4)), r(4))]),
    "rows_put_under_keys": (("A", "a"), [(r((3, 4)), r(4))]),
    "trades_places_in_a_callee": ("a", [(r(4),)]),
    "rows_put_into_a_list": (("A", "a"), [(r((3, 4)), r(4))]),
}
