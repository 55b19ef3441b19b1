"""New values whose derivative is that of another array, where either is written into afterwards."""

import numpy as np


def appended(a, b):
    c = a * 1.0
    xs = []
    xs.append(c + 1.0)
    c[1:] *= np.sin(b[1:])
    return np.sum(xs[0] * c)


def appended_pair(a, b):
    c = a * b
    xs = []
    xs.append((b + 1.0, {"u": b * 2.0}))
    t = np.sum(xs[0][0] * c) + np.sum(xs[0][1]["u"] * c)
    c[1:] *= xs[0][0][1:]
    return t * np.sum(c)


def listed(a, b):
    c = a * 1.0
    xs = [c + k for k in (1.0, 2.0)]
    c[1:] *= np.sin(b[1:])
    return np.sum(xs[0] * c)


def listed_rows(A, b):
    c = A * 1.0
    xs = [row + 1.0 for row in c]
    c[1:] *= np.sin(b)
    return np.sum(xs[1] * c[1])


def listed_rows_written(A):
    c = A * 1.0
    xs = [row + 1.0 for row in c]
    xs[0] *= 2.0
    return np.sum(xs[1] * c[1]) + np.sum(xs[0] * c[0])


def listed_items_of_a_dict(a, b):
    held = {"u": a * 1.0, "v": b * 2.0}
    moved = {key: x + 1.0 for key, x in held.items()}
    held["u"] *= b
    return np.sum(held["u"] * moved["u"]) + np.sum(moved["v"])


def squared_sum(v, w):
    v *= w
    return np.sum(v * v)


def handed_to_a_writer(a, b):
    return squared_sum(a + 1.0, b) * np.sum(a)


def moved(z):
    y = z + 1.0
    return y


def given_by_a_callee(a, b):
    c = a * 1.0
    u = moved(c)
    c[1:] *= np.sin(b[1:])
    return np.sum(u * c)


def given_by_a_callee_and_appended(a, b):
    c = a * 1.0
    xs = [b]
    xs.append(moved(c))
    c[1:] *= np.sin(b[1:])
    return np.sum(xs[0] * xs[-1] * c)


def copies_appended(a, b):
    """The gradient copies xs: a value that is called `copy` may not hide the module."""
    xs = [a * 2.0, b * a]
    M = np.outer(np.array([1.0, 0.5]), a)
    for row in list(M):
        y = M[1] + row
        xs.append(M[1].copy())
    for x in xs[:2]:
        y = x + y
    return np.sum(xs[0] * xs[-1])


def run_over(A, b):
    c = A * 1.0
    t = 0.0
    for row, other in zip(c + 1.0, A, strict=True):
        t = t + np.sum(row * b) + np.sum(other)
        c[1:] *= np.sin(b)
    return t * np.sum(c)


def stacked_in_a_loop(a, b):
    xs = []
    for k in range(3):
        xs.append(np.sin(a) * k)
    M = np.outer(np.ones(3), b)
    t = np.sum(np.stack(xs) * M) + np.sum(np.concatenate(xs) * M.ravel())
    M[1] *= 2.0
    return t * np.sum(M)


def one_of_many_items_read(A, b):
    xs = [np.outer(row, b) for row in A]
    ys = [x.T + b[0] for x in xs]
    return np.sum(ys[1] * b[0])


def list_of_rows_kept(A, b, s):
    C = A * 1.0
    items = list(C + 1.0)
    C[1:] *= s
    t = 0.0
    for p in items:
        t = t + np.sum(p * p)
    return t * np.sum(C)


def lists_put_together_kept(A, b, s):
    C = A * 1.0
    items = [r for r in C + 1.0] + [C[0] + 1.0]
    C[1:] *= s
    t = 0.0
    for p in items:
        t = t + np.sum(p * p)
    return t * np.sum(C)


def list_of_rows_written(A, b, s):
    C = A * 1.0
    xs = list(C + 1.0)
    xs[0] *= s
    return np.sum(xs[0] * xs[1]) + np.sum(C * C)


def lists_put_together_written(A, b, s):
    C = A * 1.0
    xs = [C[0] + 1.0] + [C[1] + 2.0]
    xs[0] *= s
    return np.sum(xs[0] * xs[1]) + np.sum(C * C)


def sum_of_lists_written(A, b, s):
    xs = [b + 1.0] + [b + 2.0]
    xs[0][1:] *= s
    return np.sum(xs[0] * xs[1]) + np.sum(b * b)


def rows_of_a_list_written_in_a_loop(A, b, s):
    xs = list(A + 1.0)
    for x in xs:
        x[1:] *= s
    return np.sum(xs[0] * xs[1]) + np.sum(A * A)


def repeated_list_with_another_written(A, b, s):
    xs = [b] * 1 + [b + 2.0]
    xs[1][1:] *= s
    return np.sum(xs[0] * xs[1]) + np.sum(b * b)


def lists_in_a_dict_written(A, b, s):
    d = {"u": list(A + 1.0), "v": (b + 1.0, b)}
    d["u"][0][1:] *= s
    d["v"][0][1:] += s
    return np.sum(d["u"][0] * d["v"][0]) + np.sum(A * A) * np.sum(b)


def comprehension_put_together_with_a_list_written(A, b, s):
    xs = [b, A[0]]
    ys = [x + 1.0 for x in xs] + [xs[0] + 2.0]
    for y in ys:
        y[1:] *= s
    return np.sum(ys[0] * ys[2]) + np.sum(b * b)


def tuple_of_a_comprehension_written(A, b, s):
    xs = [b, A[0]]
    ys = tuple(x + 1.0 for x in xs)
    y, z = ys
    y[1:] *= s
    return np.sum(ys[0] * z) + np.sum(b * b)


def items_of_a_slice_written(A, b, s):
    y, z = list(A + 1.0)[:2]
    y[1:] *= s
    return np.sum(y * z) + np.sum(A * A)


def rows_of_new_values_written(A, b, s):
    y, z = (A + 1.0)[:2]
    y[1:] *= s
    return np.sum(y * z) + np.sum(A * A)


def rows_of_a_loop_written(A, b, s):
    for y in list(A + 1.0):
        y[1:] *= s
        s = s + np.sum(y)
    return s * np.sum(A * A)


def repeated_list_written(a, b, s, n):
    xs = [b + 1.0] * 2
    xs[0][1:] *= s
    return np.sum(xs[0] * xs[1]) + np.sum(b * b)


def list_repeated_written(a, b, s, n):
    xs = 2 * [b + 1.0]
    xs[0][1:] *= s
    return np.sum(xs[0] * xs[1]) + np.sum(b * b)


def chosen_list_written(a, b, s, n):
    xs = [b + 1.0, a + 1.0] if n > 2 else [a + 1.0, b * s]
    xs[0][1:] *= s
    return np.sum(xs[0] * xs[1]) + np.sum(a * b)


def chosen_list_put_together_written(a, b, s, n):
    xs = ([b + 1.0] if n > 2 else []) + [a + 1.0, b * s]
    xs[0][1:] *= s
    return np.sum(xs[0] * xs[1]) + np.sum(a * b)


r = np.random.default_rng(46).standard_normal

CALLS = {
    "appended": (("a", "b"), [(r(4), r(4))]),
    "appended_pair": (("a", "b"), [(r(4), r(4))]),
    "listed": (("a", "b"), [(r(4), r(4))]),
    "listed_rows": (("A", "b"), [(r((3, 4)), r(4))]),
    "listed_rows_written": ("A", [(r((2, 4)),)]),
    "listed_items_of_a_dict": (("a", "b"), [(r(4), r(4))]),
    "handed_to_a_writer": (("a", "b"), [(r(4), r(4))]),
    "given_by_a_callee": (("a", "b"), [(r(4), r(4))]),
    "given_by_a_callee_and_appended": (("a", "b"), [(r(4), r(4))]),
    "copies_appended": (("a", "b"), [(r(4), r(4))]),
    "run_over": (("A", "b"), [(r((3, 4)), r(4))]),
    "stacked_in_a_loop": (("a", "b"), [(r(4), r(4))]),
    "one_of_many_items_read": (("A", "b"), [(r((3, 4)), r(4))]),
    "list_of_rows_kept": (("A", "b", "s"), [(r((2, 4)), r(4), 0.7)]),
    "lists_put_together_kept": (("A", "b", "s"), [(r((2, 4)), r(4), 0.7)]),
    "list_of_rows_written": (("A", "b", "s"), [(r((2, 4)), r(4), 0.7)]),
    "lists_put_together_written": (("A", "b", "s"), [(r((2, 4)), r(4), 0.7)]),
    "sum_of_lists_written": (("A", "b", "s"), [(r((2, 4)), r(4), 0.7)]),
    "rows_of_a_list_written_in_a_loop": (("A", "b", "s"), [(r((2, 4)), r(4), 0.7)]),
    "repeated_list_with_another_written": (("A", "b", "s"), [(r((2, 4)), r(4), 0.7)]),
    "lists_in_a_dict_written": (("A", "b", "s"), [(r((2, 4)), r(4), 0.7)]),
    "comprehension_put_together_with_a_list_written": (("A", "b", "s"), [(r((2, 4)), r(4), 0.7)]),
    "tuple_of_a_comprehension_written": (("A", "b", "s"), [(r((2, 4)), r(4), 0.7)]),
    "items_of_a_slice_written": (("A", "b", "s"), [(r((2, 4)), r(4), 0.7)]),
    "rows_of_new_values_written": (("A", "b", "s"), [(r((2, 4)), r(4), 0.7)]),
    "rows_of_a_loop_written": (("A", "b", "s"), [(r((2, 4)), r(4), 0.7)]),
    "repeated_list_written": (("a", "b", "s"), [(r(4), r(4), 0.7, n) for n in (1, 3)]),
    "list_repeated_written": (("a", "b", "s"), [(r(4), r(4), 0.7, n) for n in (1, 3)]),
    "chosen_list_written": (("a", "b", "s"), [(r(4), r(4), 0.7, n) for n in (1, 3)]),
    "chosen_list_put_together_written": (("a", "b", "s"), [(r(4), r(4), 0.7, n) for n in (1, 3)]),
}

TWICE = dict.fromkeys(("run_over",))
