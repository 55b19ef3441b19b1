"""Loops that write into what they run over, where that has no name of its own."""

import numpy as np


def doubled(u):
    return u * 2.0


def squared_after(v, w):
    v *= w
    return np.sum(v * v)


def rows_of_a_display_handed_to_a_writer(A, a, b, s):
    t = 0.0
    for y in (b * s, a * b):
        t = t + squared_after(y, s)
        t = t + np.sum(y * y)
    return t


def rows_of_a_tuple_display_written(A, a, b, s):
    t = 0.0
    for y in (b + 1.0, a + 1.0):
        y[1:] *= s
        t = t + np.sum(y * y)
    return t + np.sum(a * b)


def rows_of_products_written(A, a, b, s):
    t = 0.0
    for y in (b * s, a * b):
        y[1:] *= y[:-1]
        t = t + np.sum(y * y)
    return t


def pairs_of_a_display_written(A, a, b, s):
    t = 0.0
    for y, z in ((b * s, a * b), (a * s, b * b)):
        y[1:] = z[:-1] * s
        t = t + np.sum(y * y)
    return t


def zipped_displays_written(A, a, b, s):
    t = 0.0
    for y, z in zip((b * s, a * b), [a * s, b * b], strict=True):
        y[1:] *= z[:-1] * s
        t = t + np.sum(y * y)
    return t


def rows_of_a_comprehension_written(A, a, b, s):
    t = 0.0
    for y in [r * s for r in A]:
        y[1:] *= y[:-1] * s
        t = t + np.sum(y * y)
    return t


def items_of_a_dict_display_written(A, a, b, s):
    t = 0.0
    for _, y in {"u": b * s, "v": a * b}.items():
        y[1:] *= y[:-1] * s
        t = t + np.sum(y * y)
    return t


def reversed_display_written(A, a, b, s):
    t = 0.0
    for y in reversed([b * s, a * b]):
        y[1:] *= y[:-1] * s
        t = t + np.sum(y * y)
    return t


def rows_of_a_generator_written(A, a, b, s):
    t = 0.0
    for y in (r * s for r in A):
        y[1:] *= y[:-1] * s
        t = t + np.sum(y * y)
    return t


def mapped_rows_written(A, a, b, s):
    t = 0.0
    for y in map(doubled, A):
        y[1:] *= y[:-1] * s
        t = t + np.sum(y * y)
    return t


def slice_of_a_display_written(A, a, b, s):
    t = 0.0
    for y in [b * s, a * b][:1]:
        y[1:] *= y[:-1] * s
        t = t + np.sum(y * y)
    return t


def rows_of_a_choice_written(A, a, b, s):
    t = 0.0
    for y in (A * s if s > 0 else A + b):
        y[1:] *= y[:-1] * s
        t = t + np.sum(y * y)
    return t


def constant_rows_written(b):
    """The rows vary from the second iteration on."""
    B = np.ones((3, 4))
    t = 0.0
    for row in B:
        B[1:, 0] = b[0] * row[0] + B[1:, 0]
        t += row[0] ** 2
    return np.sum(B) * t


def constant_rows_written_by_another_name(b, s):
    B = np.ones((3, 4))
    C = B
    for row, k in zip(C, (1.0, s, 2.0), strict=True):
        B[2][0] = b[:1] @ row[:1] * k
    return np.sum(B * B)


def constant_items_written(b):
    xs = [np.ones(4), np.ones(4)]
    for x in xs:
        xs[1][0] = b[0] * x[0]
    return np.sum(xs[0]) + np.sum(xs[1])


r = np.random.default_rng(17).standard_normal
CALLS = {
    "constant_rows_written": ("b", [(r(4),)]),
    "constant_rows_written_by_another_name": (("b", "s"), [(r(4), 0.7)]),
    "constant_items_written": ("b", [(r(4),)]),
    "rows_of_a_display_handed_to_a_writer": (
        ("A", "a", "b", "s"),
        [(r((2, 4)), r(4), r(4), s) for s in (0.7, -0.7)],
    ),
    "rows_of_a_tuple_display_written": (
        ("A", "a", "b", "s"),
        [(r((2, 4)), r(4), r(4), s) for s in (0.7, -0.7)],
    ),
    "rows_of_products_written": (
        ("A", "a", "b", "s"),
        [(r((2, 4)), r(4), r(4), s) for s in (0.7, -0.7)],
    ),
    "pairs_of_a_display_written": (
        ("A", "a", "b", "s"),
        [(r((2, 4)), r(4), r(4), s) for s in (0.7, -0.7)],
    ),
    "zipped_displays_written": (
        ("A", "a", "b", "s"),
        [(r((2, 4)), r(4), r(4), s) for s in (0.7, -0.7)],
    ),
    "rows_of_a_comprehension_written": (
        ("A", "a", "b", "s"),
        [(r((2, 4)), r(4), r(4), s) for s in (0.7, -0.7)],
    ),
    "items_of_a_dict_display_written": (
        ("A", "a", "b", "s"),
        [(r((2, 4)), r(4), r(4), s) for s in (0.7, -0.7)],
    ),
    "reversed_display_written": (
        ("A", "a", "b", "s"),
        [(r((2, 4)), r(4), r(4), s) for s in (0.7, -0.7)],
    ),
    "rows_of_a_generator_written": (
        ("A", "a", "b", "s"),
        [(r((2, 4)), r(4), r(4), s) for s in (0.7, -0.7)],
    ),
    "mapped_rows_written": (
        ("A", "a", "b", "s"),
        [(r((2, 4)), r(4), r(4), s) for s in (0.7, -0.7)],
    ),
    "slice_of_a_display_written": (
        ("A", "a", "b", "s"),
        [(r((2, 4)), r(4), r(4), s) for s in (0.7, -0.7)],
    ),
    "rows_of_a_choice_written": (
        ("A", "a", "b", "s"),
        [(r((2, 4)), r(4), r(4), s) for s in (0.7, -0.7)],
    ),
}
