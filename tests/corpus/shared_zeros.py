"""Lists that share their items, in which nothing carries a derivative at first."""

import numpy as np


def three_lists_of_zeros_put_together(a, b, s):
    xs = [np.zeros_like(a)]
    ys = xs + [np.zeros_like(b), np.zeros_like(b)]
    zs = ys + xs
    zs[1] += 2.0 * a
    return s * ys[1][0]


def lists_of_zeros_put_together(a, b, s):
    xs = [np.zeros_like(a)]
    ys = [np.zeros_like(b), np.zeros_like(b)]
    zs = ys + xs
    zs[1] += 2.0 * a
    return s * ys[1][0]


def copied_list_of_zeros(a, b, s):
    ys = [np.zeros_like(a), np.zeros_like(a)]
    zs = ys.copy()
    zs[1] += 2.0 * a
    return s * ys[1][0]


def repeated_list_of_zeros(a, b, s):
    ys = [np.zeros_like(a), np.zeros_like(a)]
    zs = ys * 2
    zs[1] += 2.0 * a
    return s * ys[1][0]


def tuples_of_zeros_put_together(a, b, s):
    ys = (np.zeros_like(a),)
    ws = (np.zeros_like(a),)
    zs = ys + ws
    zs[0][1:] += 2.0 * a[1:]
    return s * ys[0][1]


def lists_in_a_list_put_together(a, b, s):
    ys = [[np.zeros_like(a)], [np.zeros_like(b)]]
    ws = ys[0] + ys[1]
    ws[1][1:] += 2.0 * a[1:]
    return s * ys[1][0][1]


def put_together_by_a_writer(a, b, s):
    def put(xs, ys):
        zs = xs + ys
        zs[1] += 2.0 * a

    ys = [np.zeros_like(a)]
    put([np.zeros_like(a)], ys)
    return s * ys[0][0]


def put_together_by_a_callee(a, b, s):
    def both(xs, ys):
        return xs + ys

    ys = [np.zeros_like(a)]
    zs = both([np.zeros_like(a)], ys)
    zs[1] += 2.0 * a
    return s * ys[0][0]


r = np.random.default_rng(19).standard_normal
CALLS = {
    "three_lists_of_zeros_put_together": (("a", "b", "s"), [(r(5), r(5), 0.7)]),
    "lists_of_zeros_put_together": (("a", "b", "s"), [(r(5), r(5), 0.7)]),
    "copied_list_of_zeros": (("a", "b", "s"), [(r(5), r(5), 0.7)]),
    "repeated_list_of_zeros": (("a", "b", "s"), [(r(5), r(5), 0.7)]),
    "tuples_of_zeros_put_together": (("a", "b", "s"), [(r(5), r(5), 0.7)]),
    "lists_in_a_list_put_together": (("a", "b", "s"), [(r(5), r(5), 0.7)]),
    "put_together_by_a_writer": (("a", "b", "s"), [(r(5), r(5), 0.7)]),
    "put_together_by_a_callee": (("a", "b", "s"), [(r(5), r(5), 0.7)]),
}
