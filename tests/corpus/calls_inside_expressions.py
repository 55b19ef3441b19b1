"""Calls that write into what they are handed, where the rest of a statement reads it, too: before
the call, behind it, or only where the call is made."""

import numpy as np


def halve(u):
    u *= 0.5
    return np.sum(u * u)


def read_before_a_call_that_may_not_be_made(a, n):
    a = a.copy()
    t = halve(a) * a[1] + (halve(a) if n > 1 else a[0])
    return t + a[2]


def read_before_a_call_in_one_arm(a, n):
    a = a.copy()
    t = a[1] * (halve(a) if n > 1 else a[0])
    return t + a[2]


def item_updated(a):
    a = a.copy()
    a[0] += halve(a)
    return a[0] * a[1] * a[2]


def slice_updated(a):
    a = a.copy()
    a[1:] *= halve(a)
    a[:2] -= halve(a) * a[1:3]
    return a[0] * a[1] * a[2]


def item_of_a_list_updated(a):
    a = a.copy()
    xs = [a, halve(a)]
    xs[0] += halve(a)
    xs[1] += halve(a)
    return np.sum(a**2) * xs[1] + np.sum(xs[0])


def item_of_a_dict_updated(a):
    a = a.copy()
    state = {"u": a[1], "v": halve(a)}
    state["u"] += halve(a)
    return np.sum(a**2) * state["u"] + state["v"]


def weighted(p, q, r=1.0):
    return p * q[1] + r


def keywords_in_another_order(a):
    a = a.copy()
    t = weighted(r=a[1], p=halve(a), q=a)
    return t + np.sum(a)


def list_that_is_chosen(a, n):
    xs = [a * 1.0]
    ys = [a * 2.0]
    for k in range(n):
        top = xs[-1]
        xs.append(np.sin(top)) if k % 2 else ys.append(top * ys[-1])
    return sum([np.sum(x * y) for x, y in zip(xs, ys, strict=False)])


def appended_where_it_holds(a, n):
    xs = [a * 1.0]
    for k in range(n):
        k % 2 and xs.append(xs[-1] ** 2)
        len(xs) > 2 or xs.append(xs[0] * a)
    return sum([np.sum(x * x) for x in xs])


def appended_in_a_comprehension(a):
    xs = [a * 1.0]
    [xs.append(a * k) for k in range(3)]
    return sum([np.sum(x * x) for x in xs])


def appended_inside(a):
    xs = [a * 1.0]
    t = xs.append(a * 3.0) or 2.0
    return t * sum([np.sum(x * x) for x in xs])


def appended_in_an_index(a, s):
    xs = [a * 1.0]
    b = np.zeros(3)
    b[0 if xs.append(a * s) is None else 1] = s
    return np.sum(xs[1]) * b[0] + np.sum(xs[0])


def index_that_writes(a):
    a = a.copy()
    a[int(halve(a) > 1e9)] += a[2]
    return a[0] * a[1] * a[2]


def test_that_writes(a):
    a = a.copy()
    t = 0.0
    while halve(a) > 0.01:
        t += a[1]
    return t + a[2]


def items_that_write(a):
    a = a.copy()
    return sum([a[k] * halve(a) for k in range(3)]) + a[0]


r = np.random.default_rng(59).standard_normal

CALLS = {
    "read_before_a_call_that_may_not_be_made": ("a", [(r(4), 1), (r(4), 2)]),
    "read_before_a_call_in_one_arm": ("a", [(r(4), 1), (r(4), 2)]),
    "item_updated": ("a", [(r(4),)]),
    "slice_updated": ("a", [(r(4),)]),
    "item_of_a_list_updated": ("a", [(r(4),)]),
    "item_of_a_dict_updated": ("a", [(r(4),)]),
    "keywords_in_another_order": ("a", [(r(4),)]),
    "list_that_is_chosen": ("a", [(r(4), 4)]),
    "appended_where_it_holds": ("a", [(r(4), 4)]),
    "appended_in_a_comprehension": ("a", [(r(4),)]),
    "appended_inside": ("a", [(r(4),)]),
    "appended_in_an_index": (("a", "s"), [(r(4), 0.7)]),
    "index_that_writes": ("a", [(r(4),)]),
    "test_that_writes": ("a", [(r(4),)]),
    "items_that_write": ("a", [(r(4),)]),
}

REFUSED = {
    "appended_in_a_comprehension": "S2S012",
    "appended_inside": "S2S011",
    "appended_in_an_index": "S2S012",
    "index_that_writes": "S2S011",
    "test_that_writes": "S2S011",
    "items_that_write": "S2S011",
}
