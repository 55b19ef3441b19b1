"""Arrays without axes, which are written into in place as no number is, and numbers that may be."""

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


def as_array(a, s: float):
    t = np.asarray(s * 2.0)
    u = t
    t += a[0]
    return u * t


def chosen(a, s: float):
    t = np.where(s > 0.0, s, 0.5 * s)
    found = [t]
    for x in a:
        t += x * s
        found.append(t)
    return found[0] * found[-1]


def reshaped(a, s: float):
    c = a[:1] * s
    t = c.reshape(())
    t += s * a[1]
    return c[0] * s


def part_with_dots(a, s):
    c = np.outer(a, a) * s
    t = c[0, 1, ...]
    t += s * a[1]
    return np.sum(c * c)


def number_computed_from_one(a, s: float):
    t = np.array(s * 2.0)
    w = t
    w += s
    u, c = t + 1.0, np.clip(t, -9.0, 9.0)
    v, d = u, c
    u += a[0]
    c *= a[1]
    return u * v * c * d + t


def number_of_two_names(a, s):
    u = w = s * a[0]
    u += s
    return u * w


def numbers_that_grow(a, s):
    u = np.maximum(s, 0.1)
    found = [u]
    for x in a:
        u += np.maximum(x, s)
        found.append(u)
    return found[0] * found[1] * found[-1]


def ramp(x):
    return np.maximum(x, -9.0)


def number_of_a_callee(a, s):
    u = ramp(s)
    v = u
    u += a[0]
    return u * v


def means_that_move(a, s):
    lo = hi = np.mean(a)
    mid = np.mean(a)
    lo -= s
    hi += s
    mid += s * s
    return lo * hi * mid


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
        "as_array",
        "chosen",
        "reshaped",
        "part_with_dots",
        "number_computed_from_one",
        "number_of_two_names",
        "numbers_that_grow",
        "number_of_a_callee",
        "means_that_move",
        "kept_by_extend",
        "kept_by_update",
    )
}

REFUSED = {"kept_by_extend": "S2S011", "kept_by_update": "S2S011"}
