"""Dicts and lists that calls and operators make, merge, update and extend."""

from collections import Counter, OrderedDict, defaultdict

import numpy as np


def made_by_keywords(x, s):
    m = dict(a=x, b=s)
    return np.sum(m["a"]) * m["b"]


def made_of_pairs(x, s):
    m = dict([("a", x), ("b", s)])
    return np.sum(m["a"]) * m["b"]


def made_of_another(x, s):
    d = {"a": x, "b": 1.0}
    m = dict(d, b=s)
    return np.sum(m["a"]) * m["b"] + d["b"]


def merged(x, s):
    m = {"a": x, "b": 2.0} | {"b": s, "c": x * s}
    return np.sum(m["a"] * m["c"]) * m["b"]


def merged_with_itself(x, s):
    m = {"a": x, "b": s}
    m = m | {"c": x * s}
    return np.sum(m["c"]) + np.sum(m["a"])


def merged_in_place(x, s):
    m = {"a": x, "b": s}
    n = m
    m |= {"c": m["a"] * m["b"], "b": s * s}
    return np.sum(n["c"]) * n["b"]


def updated(x, s):
    m = {"a": x, "b": 1.0}
    m.update(b=m["a"][0] * s, c=m["b"])  # the values before anything is put in
    m.update({"d": x * s})
    return np.sum(m["d"]) * m["c"] * m["b"]


def updated_in_a_loop(x, s):
    m = {"w": x}
    for _ in range(3):
        m.update(w=m["w"] * s)
    return np.sum(m["w"])


def change(params, s):
    params.update(w=params["w"] * s)


def updated_by_a_callee(x, s):
    p = {"w": x}
    change(p, s)
    return np.sum(p["w"])


def item_or_default(x, s):
    m = {"a": x}
    total = np.sum(m.get("a", s)) + m.get("z", s) * s
    for key in ("a", "b"):
        m[key] = m.get(key, 0.0) + s * x
    return total + np.sum(m["a"] * m["b"])


def counted(x, s):
    groups = defaultdict(float)
    for i, v in enumerate(x):
        groups[i % 2] += v * s
    counts = Counter()
    counts["a"] += s
    return groups[0] * groups[1] + counts["a"] ** 2


def in_order(x, s):
    m = OrderedDict()
    m["a"] = x
    m["b"] = s * s
    total = 0.0
    for value in m.values():
        total += np.sum(value) ** 2
    return total


def pairs_by_name(x, s):
    pairs = [("a", x), ("b", s)]
    m = dict(pairs)
    return np.sum(m["a"]) * m["b"]


def bits_of_masks(x, s):
    m = (x > 0.1) | (x < -0.1)
    k = ~m & (x > 0)
    y = x * 1.0
    y[m ^ k] *= s
    return np.sum(y) * x[len(x) & 1]


def extended(x, s):
    xs = [x, s]
    xs.extend([s * s, x])
    return np.sum(xs[3]) * xs[2]


def extended_under_two_names(x, s):
    xs = [x]
    ys = xs
    ys += [s, x * s]
    return np.sum(xs[0] * xs[2]) * xs[1]


def extended_by_another(x, s):
    xs = [x, s]
    ys = xs
    ys += [s] + xs
    return np.sum(xs[0]) * xs[2]


def repeated_in_place(x, s):
    xs = [x, s]
    ys = xs
    ys *= 2
    return np.sum(xs[2]) * xs[1]


def slice_replaced(x, s):
    xs = [x, s]
    xs[:1] = [s * s, x]
    return np.sum(xs[1]) * xs[0]


X = np.array([0.31, -0.52, 0.93, 0.44, -0.15])

CALLS = {
    name: (("x", "s"), [(X, 0.7)])
    for name, function in list(globals().items())
    if callable(function) and getattr(function, "__code__", None) is not None and name != "change"
}

REFUSED = {
    "merged_with_itself": "S2S012",
    "pairs_by_name": "S2S012",
    "extended_by_another": "S2S011",
    "repeated_in_place": "S2S011",
    "slice_replaced": "S2S011",
}

TWICE = dict.fromkeys(("counted", "updated", "item_or_default"))
