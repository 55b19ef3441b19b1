"""Values of unknown shape that have one name, one place or one function in common, and no shape."""

import numpy as np


def scaled(x, w):
    return x * w


def summed(x, axis):
    return np.sum(x, axis=axis)


def two_calls(x, w):
    h = scaled(w, x)
    y = scaled(x, x)
    return np.sum(y * h)


def call_of_a_call(x):
    h = summed(x, 0)
    return np.sum(summed(h, 0)) * np.sum(h)


def joined_twice(x, w, swap: bool):
    z = x if swap else w
    y = z * 1.5
    z = w if swap else x
    return np.sum(y * z)


def joined_twice_in_branches(x, w, swap: bool):
    if swap:
        z = x
    else:
        z = w
    y = z * 1.5
    if swap:
        z = w
    else:
        z = x
    return np.sum(y * z)


def bound_again(z, w, swap: bool):
    y = z * 2.0
    if swap:
        z = w
    return np.sum(y * z)


def unpacked_lists(xs: list, ys: list):
    a, b = xs
    c, d = ys
    return np.sum(a * c) + np.sum(b * d)


def two_lists_at_once(xs: list, ys: list):
    total = 0.0
    for x, y in zip(xs, ys, strict=True):
        total += np.sum(x * y)
    return total


def items_by_key(table: dict, first: str, second: str):
    a = table[first]
    y = a * 2.0
    a = table[second]
    return np.sum(y * a)


_ROW = np.array([0.1, 0.5, 0.9])
_EITHER = [(_ROW, 0.3), (0.3, _ROW)]

CALLS = {
    "two_calls": (("x", "w"), _EITHER),
    "call_of_a_call": ("x", [(np.array([[0.1, 0.2, 0.5], [0.3, 0.4, 0.7]]),)]),
    **dict.fromkeys(
        ["joined_twice", "joined_twice_in_branches"],
        (("x", "w"), [(*pair, swap) for pair in _EITHER for swap in (True, False)]),
    ),
    "bound_again": (("z", "w"), [(*pair, swap) for pair in _EITHER for swap in (True, False)]),
    "unpacked_lists": (("xs", "ys"), [([_ROW, 0.5], [0.3, _ROW])]),
    "two_lists_at_once": (("xs", "ys"), [([_ROW, 0.5], [0.3, _ROW])]),
    "items_by_key": ("table", [({"a": _ROW, "b": 0.5}, *keys) for keys in ("ab", "ba")]),
}
