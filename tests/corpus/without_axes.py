"""Arrays without axes, which are written into in place as no number is."""

import numpy as np


def of_two_names(a, s):
    t = np.zeros(())
    u = t
    t += s
    return u * t + a[0]


def of_a_number(a, s):
    t = np.array(s)
    u = t
    t *= a[1]
    return u * t + a[0]


def in_a_list(a, s):
    t = np.zeros(())
    xs = [t, t]
    t += s
    xs[0] += a[0]
    return xs[1] * t


def in_a_copied_list(a, s):
    xs = [np.zeros(()), np.zeros_like(a)]
    ys = list(xs)
    ys[1] += 2.0 * a
    ys[0] += a[1]
    return s * xs[1][0] * xs[0]


def written_as_a_whole(a, s):
    t = np.zeros(())
    t[...] = s
    u = t
    u[()] = a[1] * t
    return u * t


def add_to(t, v):
    t += v


def handed_to_a_writer(a, s):
    t = np.zeros(())
    for x in a:
        add_to(t, x * x)
    return t * s


def kept_by_extend(a, s):
    xs = [np.zeros_like(a)]
    ys = [np.zeros_like(a)]
    ys.extend(xs)
    ys[1][1:] += 2.0 * a[1:]
    return s * xs[0][1]


def kept_by_update(a, s):
    held = {"u": np.zeros_like(a)}
    other = {"v": np.zeros_like(a)}
    other.update(held)
    other["u"] += 2.0 * a
    return s * held["u"][0]


r = np.random.default_rng(61).standard_normal

CALLS = {
    name: (("a", "s"), [(r(4), 0.7)])
    for name in (
        "of_two_names",
        "of_a_number",
        "in_a_list",
        "in_a_copied_list",
        "written_as_a_whole",
        "handed_to_a_writer",
        "kept_by_extend",
        "kept_by_update",
    )
}

REFUSED = {"kept_by_extend": "S2S011", "kept_by_update": "S2S011"}
