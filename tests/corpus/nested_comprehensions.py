"""Comprehensions inside comprehensions, whose numbers become one array."""

import numpy as np


def distance(a, b):
    return np.sqrt(np.sum((a - b) ** 2) + 1.0)


def table_of_calls(a, b):
    table = np.array([[distance(p, q) for q in b] for p in a])
    return np.sum(table**3)


def table_of_products(a, b):
    table = np.array([[p[0] * q[1] for q in b] for p in a])
    return np.sum(np.tanh(table))


def three_deep(a, b, c):
    table = np.array([[[p[0] * q[1] + np.sin(x) for x in c] for q in b] for p in a])
    return np.sum(table**2)


r = np.random.default_rng(5).standard_normal
AB = (("a", "b"), [(r((3, 2)), r((4, 2)))])
CALLS = {
    "table_of_calls": AB,
    "table_of_products": AB,
    "three_deep": (("a", "b", "c"), [(r((3, 2)), r((4, 2)), r(2))]),
}
