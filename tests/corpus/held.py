"""Arrays that lists, dicts and objects hold, and that are written under other names, too."""

import copy
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy import ndarray


def same_array_twice(a, s):
    xs = [a, a]
    xs[0][1] = s
    return np.sum(xs[1] ** 2)


def same_new_array_twice(a, s):
    xs = [a * 2.0] * 2
    xs[0][1] = s
    return np.sum(xs[1] ** 2)


def written_by_name_read_from_list(a, s):
    t = np.tanh(a)
    xs = [a * 2.0, t]
    t[1:] *= s
    return np.sum(xs[1] ** 3) + np.sum(xs[0] ** 2)


def written_in_list_read_by_name(a, s):
    xs = [a * 2.0, a]
    xs[1][1:3] = s * xs[0][:2]
    return np.sum(a**2)


def item_replaced_at_times(a, s, n):
    xs = [s, a]
    total = 0.0
    for i in range(n):
        if i == 2:
            xs[1] = np.where(xs[1] > 0.4, xs[0], xs[1] ** 2)
        total += np.sum(xs[i % 2])
    return total


def rebound_after_appends(a, b: Float[ndarray, "2 n"]):
    xs, ys = [a, np.cos(a)], [a, b[1]]
    d = {"p": a, "q": b[1]}
    for _ in range(2):
        for item in d.values():
            ys.append(item)
    ys = xs.copy()
    return np.sum(d["p"] * d["q"])


def perhaps_a_view_appended(a, b, n):
    d = b
    xs = [a[...], a]
    d[:n] = a[:n]
    for _ in range(n):
        xs.append(np.asarray(d))
        xs.pop()
    return np.sum(d**2)


def by_computed_positions(a: Float[ndarray, "n"], b: Float[ndarray, "n"], s, n):
    xs = [a, b]
    for i in range(n):
        xs[i % 2][i] = xs[(i + 1) % 2][0] * s
        xs[-1][1] += xs[0][i] ** 2
    return np.sum(a * b)


def double_buffer(u: Float[ndarray, "n"], steps):
    us = [u.copy(), np.zeros_like(u)]
    for _ in range(steps):
        us[1][1:-1] = us[0][1:-1] + 0.1 * (us[0][2:] - us[0][:-2]) * us[0][1:-1]
        us[0], us[1] = us[1], us[0]
    return np.sum(us[0] ** 2)


def double_buffer_with_boundary(u: Float[ndarray, "n"], s, steps):
    us = [u, u.copy()]
    for k in range(steps):
        new, old = us[(k + 1) % 2], us[k % 2]
        new[1:-1] = old[1:-1] * old[:-2] - 0.3 * old[2:]
        new[0] = s * new[1]
        new[-1] = new[-2]
    return np.sum(us[0] ** 2) + np.sum(us[1] ** 3)


def three_levels(u: Float[ndarray, "n"], steps):
    levels = [u.copy(), 0.5 * u, np.zeros_like(u)]
    for _ in range(steps):
        levels[2][1:-1] = 2.0 * levels[1][1:-1] - levels[0][1:-1] * levels[1][2:]
        levels[0], levels[1], levels[2] = levels[1], levels[2], levels[0]
    return np.sum(levels[1] ** 2)


def rotated_by_pop_and_append(u: Float[ndarray, "n"], steps):
    levels = [u.copy(), 0.5 * u]
    for _ in range(steps):
        last = levels.pop()
        last[1:] *= np.sin(levels[0][:-1])
        levels.append(last)
        levels[0], levels[1] = levels[1], levels[0]
    return np.sum(levels[0] ** 2)


def slot_rebound_or_written(a: Float[ndarray, "n"], b: Float[ndarray, "n"], s: float):
    xs = [a, b]
    if s > 0.0:
        xs[0] = b * s
    else:
        xs[0][1:] = s
    xs[0] *= xs[1]
    return np.sum(xs[0] ** 2) + np.sum(a**3)


def slot_rebound_to_another(a: Float[ndarray, "n"], b: Float[ndarray, "n"], s):
    xs = [a, b]
    t = xs[0]
    xs[0] = xs[1]
    xs[0][0] = s * t[1]
    t[2] = s * b[0]
    return np.sum(a**2) + np.sum(b**3)


def slot_rebound_in_a_loop(a: Float[ndarray, "n"], s, steps):
    xs = [a, np.zeros_like(a)]
    for i in range(steps):
        xs[0][i] = s * xs[1][i]
        xs[1] = np.sin(xs[0]) + a
    return np.sum(xs[1] ** 2) + np.sum(a**2)


def dict_item_squared_then_rebound(w: Float[ndarray, "n"], s):
    d = {"w": w, "s": s}
    d["w"] *= d["w"]
    v = d["w"]
    d["w"] = np.cos(w) * d["s"]
    v[0] = d["s"]
    return np.sum(d["w"] * w) + np.sum(v)


def two_dicts_share(a: Float[ndarray, "n"], s):
    p = {"v": a, "c": 2.0 * s}
    q = {"v": a, "c": s * s}
    p["v"][1:] *= p["c"]
    q["v"][:2] += q["c"] * p["v"][2]
    return np.sum(a**2) * p["c"] + np.sum(q["v"])


def dict_under_two_names(a: Float[ndarray, "n"], s):
    p = {"v": a * 1.0, "c": s * s}
    q = p
    q["c"] = q["c"] * s + p["v"][0]
    q["v"] = p["v"] * p["c"]
    p["v"][0] = 1.0
    return np.sum(q["v"] ** 2) * p["c"]


def key_added(a: Float[ndarray, "n"], s):
    p = {"v": a}
    p["w"] = np.sin(a)
    w = p["w"]
    w[1:] *= s
    p["v"][0] = w[1]
    return np.sum(p["w"] ** 2) + np.sum(a**2)


def copies_share_items(a, s):
    xs = [a * 2.0, a]
    ys = xs.copy()
    zs = list(ys)
    us = copy.copy(zs)
    ys[0] = a * 3.0
    zs[0][1] = s
    us[1][2] = s * s
    return np.sum(xs[0] ** 2) + np.sum(ys[0]) + np.sum(us[1] ** 2)


def dict_copies_share_items(a, s):
    p = {"v": a * 2.0, "w": a}
    q = p.copy()
    q["v"] = a * 3.0
    r = dict(p)
    r["v"][1] = s
    return np.sum(p["v"] ** 2) + np.sum(q["v"] ** 3)


def lists_put_together(a, b, s):
    xs = [a * 2.0]
    ys = xs + [np.sin(b), b]
    zs = ys + xs
    xs[0][1] = s
    ys[1][0] = s * s
    return np.sum(zs[0] * zs[3]) + np.sum(zs[1] ** 2) + np.sum(zs[2])


def slice_of_a_list(a, b, s):
    xs = [a, b, a * 2.0]
    ys = xs[1:]
    ys[0][1] = s
    ys[1][0] = s * s
    return np.sum(b**2) + np.sum(xs[2] ** 2)


def rows_of_a_list(a: Float[ndarray, "n"], b: Float[ndarray, "n"], s):
    xs = [a, b, a * b]
    for row in xs:
        row[1:] *= s
    for i, row in enumerate(xs):
        row[0] += i * s
    return np.sum(a**2) + np.sum(b**3) + np.sum(xs[2])


def two_lists_together(a: Float[ndarray, "n"], b: Float[ndarray, "n"], s):
    xs, ys = [a, b], [b, np.cos(a)]
    for x, y in zip(xs, ys, strict=True):
        x[0] = y[1] * s
        y *= x[2]
    return np.sum(a**2) + np.sum(b**2) + np.sum(ys[1])


def items_of_a_dict(a: Float[ndarray, "n"], b: Float[ndarray, "n"], s):
    p = {"v": a, "w": b}
    for key, value in p.items():
        value[1:] *= s * len(key)
    for value in p.values():
        value[0] = value[1] ** 2
    for key in p:
        p[key][2] += s
    return np.sum(a**2) + np.sum(b**3)


def unpacked(a: Float[ndarray, "n"], b: Float[ndarray, "n"], s):
    xs = [a, b * 2.0]
    p, q = xs
    p[0] = s
    q[1:] *= p[:-1]
    xs[1][0] = p[1]
    (u, v), w = (q, p), a
    u[2] = w[0] * v[1]
    return np.sum(a**2) + np.sum(xs[1] ** 3)


def pairs_in_a_list(a: Float[ndarray, "n"], b: Float[ndarray, "n"], s):
    pairs = [(a, b), (b, np.sin(a))]
    for x, y in pairs:
        x[0] = y[1] * s
        y[1:] *= x[0]
    return np.sum(a**2) + np.sum(pairs[1][1] ** 2)


def history_of_aliases(u: Float[ndarray, "n"], steps):
    history = []
    for _ in range(steps):
        u[1:] *= np.cos(u[:-1])
        history.append(u)
    return np.sum(history[0] ** 2) + np.sum(history[-1])


def history_of_copies(u: Float[ndarray, "n"], steps):
    history = [u]
    for _ in range(steps):
        u[1:] *= np.cos(u[:-1])
        history.append(u.copy())
    return np.sum(history[0] ** 2) + np.sum(history[1] ** 3) + np.sum(history[-1])


def nested_lists(a: Float[ndarray, "n"], b: Float[ndarray, "n"], s):
    grid = [[a, b], [np.sin(a), a * b]]
    grid[0][0][1] = s
    grid[1][0] *= grid[0][0]
    top = grid[0]
    top[1] = grid[1][1]
    top[1][0] = s * s
    for row in grid:
        row[0][2] = row[1][0] * s
    return np.sum(grid[1][1] ** 2) + np.sum(a**2) + np.sum(grid[1][0])


def dict_of_lists(a: Float[ndarray, "n"], s):
    net = {"layers": [a, np.cos(a)], "scale": s}
    net["layers"][1][1:] *= net["scale"]
    net["layers"].append(net["layers"][0])
    net["layers"][2][0] = net["scale"] ** 2
    return np.sum(net["layers"][1] ** 2) + np.sum(a**2)


@dataclass
class State:
    u: Float[ndarray, "n"]
    v: Float[ndarray, "n"]
    t: float = 0.0


class Pair(NamedTuple):
    first: Float[ndarray, "n"]
    second: Float[ndarray, "n"]


def fields_written(a: Float[ndarray, "n"], s):
    state = State(a, np.sin(a), s)
    state.u[1:] *= state.t
    u, v = state.u, state.v
    v[0] = u[1] * state.v[2]
    return np.sum(state.v**2) + np.sum(a**2) * state.t


def objects_in_a_list(a: Float[ndarray, "n"], b: Float[ndarray, "n"], s):
    states = [State(a, b), State(b, a * b)]
    for state in states:
        state.u[0] = s * state.v[1]
        state.v[1:] *= state.u[0]
    return np.sum(a**2) + np.sum(states[1].v ** 2)


def named_tuple(a: Float[ndarray, "n"], b: Float[ndarray, "n"], s):
    pair = Pair(a, np.cos(b))
    first, second = pair
    first[0] = s
    pair.second[1:] *= first[0]
    second[0] = pair[0][1]
    return np.sum(pair.second**2) + np.sum(a**2)


def parameters_under_names(params: dict[str, Float[ndarray, "..."]], x, steps):
    for _ in range(steps):
        w = params["w"]
        y = np.tanh(w * x) + params["b"]
        w[...] = w - 0.1 * y * x
        params["b"][...] = params["b"] - 0.1 * y
    return np.sum(params["w"] ** 2 + params["b"] ** 2)


def train(params: dict[str, Float[ndarray, "n"]], x: Float[ndarray, "n"], lr: float, steps):
    velocity = {"w": np.zeros_like(params["w"]), "b": np.zeros_like(params["b"])}
    for _ in range(steps):
        y = np.tanh(params["w"] * x) + params["b"]
        grads = {"w": y * x, "b": y}
        for key, v in velocity.items():
            v *= 0.9
            v += grads[key]
            params[key] -= lr * v
    return np.sum(params["w"] ** 2 + params["b"] ** 2)


def list_parameter(xs: list[Float[ndarray, "n"]], s):
    first, last = xs[0], xs[-1]
    first[1:] *= s
    last[0] = first[1] ** 2
    return np.sum(xs[0] * xs[1])


def either_list(a: Float[ndarray, "n"], b: Float[ndarray, "n"], s):
    xs = [a, np.cos(b)] if s > 0.0 else [b, a]
    xs[0][1] = s
    xs[1] *= a
    return np.sum(a**2) + np.sum(b**2) + np.sum(xs[1])


def item_chosen(a: Float[ndarray, "n"], b: Float[ndarray, "n"], s):
    xs = [np.sin(a), b]
    t = xs[0] if s > 0.0 else a
    t[1:] *= s
    xs[1] = t if s > 0.5 else xs[0]
    xs[1][0] = s * s
    return np.sum(xs[0] ** 2) + np.sum(a**2)


def whole_list_read(a: Float[ndarray, "n"], b: Float[ndarray, "n"], s):
    xs = [a, b]
    a[0] = s
    m = np.stack(xs)
    xs[1][1] = m[0, 0] * s
    return np.sum(m**2) + np.sum(np.concatenate(xs) ** 3) + sum(xs)[2]


def bound_at_once(a: Float[ndarray, "n"], b: Float[ndarray, "n"], s):
    xs = ys = [a, np.sin(b)]
    ys[1][0] = s
    xs[0], ys[1] = ys[1], xs[0] * s
    ys[0][1] = xs[1][0]
    return np.sum(xs[0] ** 2) + np.sum(a**2) + np.sum(ys[1])


def left_early(a: Float[ndarray, "n"], s, steps):
    xs = [a, np.zeros_like(a)]
    for i in range(steps):
        xs[1][i] = xs[0][i] * s
        if xs[1][i] > 0.5:
            xs[0] = np.cos(xs[1])
            break
        xs[0], xs[1] = xs[1], xs[0]
    return np.sum(xs[0] ** 2) + np.sum(a**2)


def scaled(x, s):
    x[1:] *= s


def both_scaled(xs, s):
    for x in xs:
        x[1:] *= s * x[0]


def handed_from_a_list(a: Float[ndarray, "n"], b: Float[ndarray, "n"], s):
    xs = [a, b * 2.0]
    scaled(xs[0], s)
    scaled(xs[1], a[1])
    return np.sum(a**2) + np.sum(xs[1] ** 3)


def list_handed_over(a: Float[ndarray, "n"], b: Float[ndarray, "n"], s):
    xs = [a, b * 2.0]
    both_scaled(xs, s)
    xs[0][0] = s
    both_scaled(xs, s)
    return np.sum(a**2) + np.sum(xs[1] ** 3)


def update(params, grads, lr: float):
    for key in params:
        params[key] -= lr * grads[key]


def dict_handed_over(w: Float[ndarray, "n"], x: Float[ndarray, "n"], lr, steps):
    params = {"w": w, "b": np.zeros_like(w)}
    for _ in range(steps):
        y = np.tanh(params["w"] * x) + params["b"]
        update(params, {"w": y * x, "b": y}, lr)
    return np.sum(w**2) + np.sum(params["b"] ** 2)


def repeated_and_exchanged_with_an_item(a: Float[ndarray, "n"], b: Float[ndarray, "n"]):
    """The list holds one array twice, and so does what stands for it in derivatives."""
    d = {"p": a, "q": b}
    xs = [0.7 * a] * 2
    d["q"], xs[1] = (xs[1], d["q"])
    return np.sum(np.cos(d["q"]))


def repeated_and_turned(a: Float[ndarray, "n"], b: Float[ndarray, "n"]):
    xs = [np.sin(a)] * 2
    xs[0], xs[1] = (xs[1], xs[0])
    return np.sum(np.sin(xs[0]) * b)


r = np.random.default_rng(17).standard_normal
A, B, N = ("a", "b", "s"), [(r(5), r(5), 0.7), (r(4), r(4), -0.4)], [(r(5), 0.7), (r(4), -0.4)]


def items_added_to_where_others_see_them(a: Float[ndarray, " n"], b: Float[ndarray, " n"], s):
    xs = [a, b]
    if s > 0.0:
        t = 0.0
        for x in xs[:2]:
            t += np.sum(x * s)
    else:
        b += xs[1]
        t = b[0]
    return t + np.sum(b)


def sine_in_place(a, h):
    c = np.tanh(a)
    np.sin(a, out=a)
    return np.sum(c * h)


def item_written_by_a_call(a, h):
    """The call has two gradients: that of the item goes into the array that others see."""
    params = {"v": a, "w": a * 2.0}
    total = sine_in_place(params["v"], h)
    return total + np.sum(a * a)


def numbers_or_arrays_in_a_dict(a, b):
    """An array is updated in place and a number replaced, in the dict and under its own name."""
    P = {"v": a, "w": b}
    v = P["v"]
    P["v"] *= np.sin(b)
    b += 0.5 * a
    P["w"] *= b
    return np.sum(a * v) + np.sum(b**2) + np.sum(P["v"] * P["w"])


def numbers_or_arrays_in_a_list(a, b, n):
    xs = [a, b]
    for i in range(n):
        xs[i % 2] *= np.cos(a)
        a += 0.3 * xs[1]
        xs[0], xs[1] = xs[1], xs[0]
    return np.sum(xs[0] * a) + np.sum(xs[1] * b)


def number_that_becomes_an_array_in_a_dict(a, b):
    P = {"t": b, "v": a}
    P["t"] += np.sin(a)
    P["v"] *= b
    return np.sum(P["t"] ** 2) + np.sum(a * b)


def rows_or_numbers_stored(A, s):
    """A[-1] is a row or a number, and A.ravel() a view or a copy."""
    P = {"v": A[0] * 2.0, "r": A.ravel()}
    P["v"] = A[-1]
    A[-1] *= s
    P["r"][1] = s * s
    P["v"] = P["v"] * s
    return np.sum(P["v"] ** 2) + np.sum(A**3)


def numbers_or_rows_appended(A, b, s):
    xs = [A[0] * 1.0]
    xs.append(A[-1])
    xs.append(b)
    A[-1] *= s
    b += A[-1]
    xs[0] *= s
    return np.sum(xs[0] * xs[1]) + np.sum(xs[2] ** 2) + np.sum(b * s)


def exchanged_with_what_may_be_a_view(A, b, s):
    b, c = A.ravel(), b
    c *= s
    A[0] = c[0] * s
    b[1] *= s
    return np.sum(A**3) + np.sum(b**2) + np.sum(c)


def item_replaced_and_read_on_one_path(a, b, s, n):
    """Where the list is not read, it has no adjoint; items of it are replaced on both paths."""
    d = np.where(b < 0.4, a, b)
    xs = [np.where(b > 0.4, np.sin(a), d), a]
    xs[n % 2] = a * b
    if s > 0.0:
        d = xs[n]
    return np.sum(d)


def read_by_position_on_one_path(a, b, s, n):
    xs = [np.where(a > -0.2, b, a), np.sin(a)]
    c = np.where(b > -0.2, xs[n % 2], a)
    if s > 0.0:
        c = c * xs[n]
    return np.sum(c)


def appended_to_before_one_path_reads(a, b, s, n):
    xs = [a * 1.0, b * 2.0]
    xs.append(a * b)
    y = np.sum(a)
    if s > 0.0:
        y = y + np.sum(xs[n] ** 2)
    return y


def popped_from_before_one_path_reads(a, b, s, n):
    xs = [a * 1.0, b * 2.0, a * b]
    y = xs.pop()
    w = np.sum(y)
    if s > 0.0:
        w = w + np.sum(xs[n] ** 2)
    return w


def list_in_a_list_read_on_one_path(a, b, s, n):
    xs = [[a * 1.0, b * 2.0], [a * b, b]]
    y = xs[0]
    w = np.sum(y[n])
    if s > 0.0:
        w = w + np.sum(xs[n][0] ** 2)
    return w


def slice_of_a_list_read_on_one_path(a, b, s, n):
    xs = [a * 1.0, b * 2.0, a * b]
    w = np.sum(xs[n + 1])
    ys = xs[1:]
    if s > 0.0:
        w = w + np.sum(ys[n] ** 2)
    return w


def remade_in_a_loop_and_read_after_it(a, b, s, n):
    xs = [a * 1.0, b * 2.0]
    y = np.sum(a)
    for i in range(3):
        xs = [a * y, np.sin(b) * 0.1]
        if s > 0.0:
            y = y + np.sum(xs[(i + n) % 2] ** 2)
    return y * np.sum(xs[n])


def second_item_of_a_list_in_a_list_read_first(a, b, s, n):
    """Items that are read by constant positions, and by others."""
    xs = [[a * s, b * 2.0], [a * b, b]]
    w = np.sum(xs[n][0] ** 2)
    return w + np.sum(xs[0][1]) + np.sum(xs[0][0] ** 3)


def first_item_under_another_name(a, b, s, n):
    xs = [a * s, b * 2.0]
    w = np.sum(xs[n] ** 2)
    y = xs
    w = w + np.sum(y[0])
    xs = y
    return w


def perhaps_a_view_appended_and_popped(b, s):
    """Whether the last item is a view says the list as it was in the iteration."""
    xs = [np.maximum(b, 0.3), np.zeros(5)]
    for i in range(3):
        xs.append(b.ravel())
        xs[1][i] = s
        d = xs.pop()
    return np.sum(b) + np.sum(xs[1] * d)


CALLS = {
    "perhaps_a_view_appended_and_popped": (("b", "s"), [(r(5), 0.7)]),
    **dict.fromkeys(
        ["numbers_or_arrays_in_a_dict", "number_that_becomes_an_array_in_a_dict"],
        (("a", "b"), [(r(4), r(4)), (0.7, -0.4), (np.array(0.7), np.array(-0.4))]),
    ),
    "numbers_or_arrays_in_a_list": (
        ("a", "b"),
        [(r(4), r(4), 3), (0.7, -0.4, 3), (r(4), r(4), 0), (np.float64(0.7), -0.4, 2)],
    ),
    "rows_or_numbers_stored": (
        ("A", "s"),
        [(r((3, 4)), 0.7), (r(5), 0.7), (np.asfortranarray(r((3, 4))), 0.7)],
    ),
    "numbers_or_rows_appended": (
        ("A", "b", "s"),
        [(r((3, 4)), r(4), 0.7), (r(5), 0.3, 0.7), (r(5), r(2), 0.7)],
    ),
    "exchanged_with_what_may_be_a_view": (
        ("A", "b", "s"),
        [(r((2, 3)), r(6), 0.7), (r((3, 2)).T, r(6), 0.7)],
    ),
    "items_added_to_where_others_see_them": (
        ("a", "b", "s"),
        [(r(4), r(4), 0.7), (r(4), r(4), -0.7)],
    ),
    "item_written_by_a_call": (("a", "h"), [(r(4), r(4))]),
    **dict.fromkeys(
        [
            "same_array_twice",
            "same_new_array_twice",
            "written_by_name_read_from_list",
            "written_in_list_read_by_name",
            "two_dicts_share",
            "dict_under_two_names",
            "key_added",
            "copies_share_items",
            "dict_copies_share_items",
            "dict_of_lists",
            "fields_written",
        ],
        (("a", "s"), N),
    ),
    **dict.fromkeys(
        [
            "slot_rebound_or_written",
            "slot_rebound_to_another",
            "lists_put_together",
            "slice_of_a_list",
            "rows_of_a_list",
            "two_lists_together",
            "items_of_a_dict",
            "unpacked",
            "pairs_in_a_list",
            "nested_lists",
            "objects_in_a_list",
            "named_tuple",
            "either_list",
            "item_chosen",
            "whole_list_read",
            "bound_at_once",
            "handed_from_a_list",
            "list_handed_over",
        ],
        (A, B),
    ),
    "dict_item_squared_then_rebound": (("w", "s"), N),
    **dict.fromkeys(
        ["repeated_and_exchanged_with_an_item", "repeated_and_turned"],
        (("a", "b"), [(r(5), r(5))]),
    ),
    "perhaps_a_view_appended": (("a", "b"), [(r(5), r(5), 3)]),
    "rebound_after_appends": (("a", "b"), [(r(3), r((2, 3)))]),
    "item_replaced_at_times": (("a", "s"), [(r(5), 0.7, 4), (r(5), 0.7, 1)]),
    "by_computed_positions": (A, [(r(5), r(5), 0.7, 4), (r(5), r(5), 0.7, 0)]),
    "double_buffer": ("u", [(r(6), 3), (r(6), 0)]),
    "double_buffer_with_boundary": (("u", "s"), [(r(6), 0.7, 3), (r(6), 0.7, 0)]),
    "three_levels": ("u", [(r(6), 4), (r(6), 0)]),
    "rotated_by_pop_and_append": ("u", [(r(6), 4), (r(6), 0)]),
    "slot_rebound_in_a_loop": (("a", "s"), [(r(5), 0.7, 3), (r(5), 0.7, 0)]),
    "history_of_aliases": ("u", [(r(5), 3)]),
    "history_of_copies": ("u", [(r(5), 3)]),
    "parameters_under_names": (("params", "x"), [({"w": r(5), "b": r(5)}, r(5), 3)]),
    "train": (("params", "x", "lr"), [({"w": r(5), "b": r(5)}, r(5), 0.1, 3)]),
    "list_parameter": (("xs", "s"), [([r(5), r(5)], 0.7)]),
    "left_early": (("a", "s"), [(r(5), 0.7, 4), (abs(r(5)), 0.9, 4)]),
    "dict_handed_over": (("w", "x", "lr"), [(r(5), r(5), 0.1, 3)]),
    **dict.fromkeys(
        [
            "item_replaced_and_read_on_one_path",
            "read_by_position_on_one_path",
            "appended_to_before_one_path_reads",
            "popped_from_before_one_path_reads",
            "list_in_a_list_read_on_one_path",
            "slice_of_a_list_read_on_one_path",
            "remade_in_a_loop_and_read_after_it",
            "second_item_of_a_list_in_a_list_read_first",
            "first_item_under_another_name",
        ],
        (("a", "b", "s"), [(r(4), r(4), s, n) for s in (0.7, -0.7) for n in (0, 1)]),
    ),
}

TWICE = dict.fromkeys(("train", "key_added", "lists_put_together"))
