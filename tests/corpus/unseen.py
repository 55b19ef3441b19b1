"""Writes that nobody sees: into arrays without a name, and into what is not read again."""

import numpy as np


def scaled_first(b):
    b[0] *= b[1]
    return b[2] * 2


def into_sums_and_copies(x):
    a = x * 1.0
    (a + 1.0)[1] = x[0]
    a[[0, 1]][0] = x[1] * 7.0
    a[[0, 1]][0] += x[1] * 7.0
    np.sin(a)[0] *= a[0]
    return np.sum(a**2)


def into_what_is_chosen(x):
    a = x * 1.0
    idx = np.array([0, 2])
    a[idx][0] = x[1] * 7.0
    a[a > 0][0] = x[1] * 7.0
    a.copy()[0] = 3.0
    return np.sum(a**2)


def one_of_several_targets(x):
    a = x * 1.0
    (a + 1.0)[1], a[2] = x[0], x[1]
    a[1] = (a + 1.0)[1] = x[3] * 2
    return np.sum(a**2)


def chosen_by_a_list(x, k=(0, 1)):
    a = x * 1.0
    a[list(k)][0] = x[1] * 7.0
    return np.sum(a**2)


def by_calls(x):
    a = x * 1.0
    np.add.at(a[[0, 1]], [0], x[0])
    np.copyto(a + 1, x)
    a[::2][[0, 1]][0] = x[0]
    (a + 1.0)[:] += x
    return np.sum(a**2)


def rows_of_a_copy(x):
    a = x * 1.0
    for r in a[[0, 1]]:
        r += x[0]
    a.reshape(2, 2)[0, 1] = x[0] * 3
    a.reshape(2, 2)[[0, 1]][0, 1] = x[0] * 3
    a.flatten()[0] = x[1]
    a.ravel()[0] = x[1]
    return np.sum(a**2)


def calls_with_effects(x):
    a = x * 1.0
    b = x * 2.0
    y = np.zeros(3)
    y[0] = scaled_first(b)
    (a + 1.0)[1] = scaled_first(b)
    return np.sum(a**2) * b[0]


def into_what_nobody_reads(x):
    b = x * 2.0
    y = np.zeros(3)
    y[0] = scaled_first(b)
    return np.sum(x**2) * b[0]


def all_of_what_nobody_reads(x):
    b = x * 2.0
    y = x * 1.0
    y[:] = scaled_first(b)
    return np.sum(x**2) * b[0]


def into_a_dict_that_nobody_reads(x):
    b = x * 2.0
    y = {"a": x}
    y["b"] = scaled_first(b)
    return np.sum(x**2) * b[0]


def several_that_nobody_reads(x):
    b = x * 2.0
    y = np.zeros(3)
    y[0] = x[0] * scaled_first(b)
    y[1], y[2] = scaled_first(b), scaled_first(b)
    return np.sum(x**2) * b[0]


def sums_by_letters(x):
    """Written into, a sum is an array of its own."""
    y = np.outer(x, x)
    z = np.einsum("ij->i", y)
    z *= x
    y[0] *= x
    return np.sum(y**2) + np.sum(z**2)


def diagonal_by_letters(x):
    y = np.outer(x, x)
    z = np.einsum("ii->i", y)
    z *= x
    return np.sum(y**2)


def written_through_letters(x):
    y = np.outer(x, x)
    np.einsum("ii->i", y)[:] = x * x
    return np.sum(y**2)


X = np.array([0.7, -0.4, 1.3, 0.6])
CALLS = {
    "sums_by_letters": ("x", [(X,)]),
    "diagonal_by_letters": ("x", [(X,)]),
    "written_through_letters": ("x", [(X,)]),
    "into_sums_and_copies": ("x", [(X,)]),
    "into_what_is_chosen": ("x", [(X,)]),
    "one_of_several_targets": ("x", [(X,)]),
    "chosen_by_a_list": ("x", [(X,)]),
    "by_calls": ("x", [(X,)]),
    "rows_of_a_copy": ("x", [(X,)]),
    "calls_with_effects": ("x", [(X,)]),
    "into_what_nobody_reads": ("x", [(X,)]),
    "all_of_what_nobody_reads": ("x", [(X,)]),
    "into_a_dict_that_nobody_reads": ("x", [(X,)]),
    "several_that_nobody_reads": ("x", [(X,)]),
}
REFUSED = {
    "diagonal_by_letters": "S2S011",
    "written_through_letters": "S2S011",
}
