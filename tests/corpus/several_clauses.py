"""Comprehensions with several for clauses: they become loops."""

import numpy as np


def penalty(params, scale=0.1):
    # of the weights alone
    weights = scale * sum(
        np.sum(v**2) for layer in params["layers"] for k, v in layer.items() if k.startswith("W")
    )
    return weights + np.sum(params["head"])


def pairs(x, y):
    return sum((a - b) ** 2 for a in x for b in y)


def named_pairs(x):
    products = [x[i] * x[j] for i in range(len(x)) for j in range(i)]
    differences = [x[i] - x[j] for i in range(len(x)) for j in range(i) if i != 2]
    return np.prod(products) + np.sum(np.array(differences) ** 2)


def largest_in_a_loop(x, n: int):
    total = 0.0
    for _ in range(n):
        x = np.tanh(x)
        total += max(a * b for a in x for b in x if a > b)
    return total


def table_of_pairs(rows):
    table = {(i, j): v * v for i, row in enumerate(rows) for j, v in enumerate(row)}
    return table[0, 1] * table[1, 0]


def three_clauses(rows, x):
    cubes = [u * v * w for row in rows for u in row for v, w in zip(x[1:], x[:-1], strict=True)]
    return np.mean(cubes)


def in_a_helper(x):
    return _spread(x) * _spread(np.sin(x))


def _spread(x):
    return sum(np.abs(a - b) for k, a in enumerate(x) for b in x[:k]) / len(x)


def names_of_others(x, v: float):
    total = 0.0
    for k, a in enumerate(x):
        total += a * v * sum(a * v * x[k] for a in x for k in range(2) if k < a + 2.0)
    return total + sum(v * w for v in x for w in x[1:]) * v


def constants_beside(x):
    keys = [(i, j) for i in range(2) for j in range(i)]
    return sum(x[i] * x[j] for i, j in keys)


_X = np.array([0.3, 0.5, -0.2])
_LAYERS = [{"W1": _X[:2] * 0.5, "b": _X}, {"W1": _X[:2], "W2": _X[2:]}]

CALLS = {
    "penalty": ("params", [({"layers": _LAYERS, "head": _X},)]),
    "pairs": (("x", "y"), [(_X, _X[:2] * 1.5)]),
    **dict.fromkeys(["named_pairs", "in_a_helper", "constants_beside"], ("x", [(_X,)])),
    "names_of_others": (("x", "v"), [(_X, 0.7)]),
    "largest_in_a_loop": ("x", [(_X, 2)]),
    "table_of_pairs": ("rows", [(np.array([[0.3, 0.4], [0.5, 0.6]]),)]),
    "three_clauses": (("rows", "x"), [(np.array([[0.3, 0.4], [0.5, 0.6]]), _X)]),
}

TWICE = dict.fromkeys(("table_of_pairs",))
