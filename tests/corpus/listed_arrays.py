"""Arrays as lists of their items: list(), tuple(), starred targets and displays."""

import numpy as np


def listed_numbers(a):
    xs = list(a * 2.0)
    return xs[1] * np.sum(a) + xs[-1]


def listed_name(A, b):
    xs = list(A)
    return np.sum(xs[1] * b)


def listed_rows_in_order(A, b):
    t = 0.0
    for row in tuple(A * 2.0):
        t = t * np.sum(row) + np.sum(row * b)
    return t


def listed_and_longer(A, b):
    xs = list(A)[::-1]
    xs.append(b * 2.0)
    return np.sum(xs[0] * xs[-1])


def first_and_others(A, b):
    first, *others = A * 2.0
    return np.sum(first * b) + np.sum(others[0] * first)


def others_and_last(a):
    *others, last = a * a
    return last * others[0] + sum(others)


def display_with_star(a, s):
    xs = [*(a * 2.0), s]
    return xs[1] * xs[2] + xs[-1]


r = np.random.default_rng(47).standard_normal

CALLS = {
    "listed_numbers": ("a", [(r(4),)]),
    "listed_name": (("A", "b"), [(r((3, 4)), r(4))]),
    "listed_rows_in_order": (("A", "b"), [(r((3, 4)), r(4))]),
    "listed_and_longer": (("A", "b"), [(r((3, 4)), r(4))]),
    "first_and_others": (("A", "b"), [(r((3, 4)), r(4))]),
    "others_and_last": ("a", [(r(4),), (r(2),)]),
    "display_with_star": (("a", "s"), [(r(4), 0.7)]),
}
