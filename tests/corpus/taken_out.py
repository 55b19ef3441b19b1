"""Items that are taken out of lists, and other values with an effect, inside of expressions."""

import numpy as np


def doubled_last(st):
    return st.pop() * 2.0


def squared(x):
    xs = [x * 2.0, x**2]
    y = xs.pop() ** 2
    return np.sum(y * xs[0])


def emptied(x):
    xs = []
    for v in x:
        xs.append(v * v)
    s = 0.0
    while xs:
        s += xs.pop() ** 2
    return s


def index_from_a_stack(x):
    st = [0, 2, 1]
    s = 0.0
    while st:
        s += x[st.pop()] ** 2 * x[0]
    return s


def last_updated_by_the_last(x):
    """xs[-1] is read before an item is taken out, and written after it."""
    xs = [v * v for v in x]
    xs[-1] += xs.pop() * 2
    return sum(xs)


def grown_in_branches(x):
    xs = []
    for i in range(len(x)):
        xs.append(x[i] ** 2)
        if x[i] > 0.2:
            xs.append(np.sin(x[i]))
    s = 0.0
    while len(xs) > 1:
        a = xs.pop()
        b = xs.pop()
        xs.append(a * b + a)
        s += a
    return xs[0] + s


def reverse_polish(x):
    st = []
    for op in "xx*x+xx*-":
        if op == "x":
            st.append(x[len(st)])
        else:
            b, a = st.pop(), st.pop()
            st.append(a * b if op == "*" else a + b if op == "+" else a - b)
    return st.pop()


def lists_in_a_list(x):
    rows = []
    for i in range(3):
        row = []
        for j in range(3):
            row.append(x[i] * x[j])
        rows.append(row)
    s = 0.0
    while rows:
        r = rows.pop()
        while r:
            s = s * 0.5 + r.pop() ** 2
    return s


def updated_at_a_computed_place(x):
    xs = []
    for v in x:
        xs.append(v * v)
    i = -1
    xs[i] += xs.pop()
    return sum(xs)


def arrays_updated_by_arrays(x):
    us = [x * 1.0, x**2, x**3]
    v = us[0]
    us[0] += us.pop()
    v[1] *= us.pop()[2]
    return np.sum(us[0])


def chosen(x):
    """The list is tested while it shrinks: what it was is not what it is."""
    xs = [v * v for v in x]
    s = 0.0
    for _ in range(6):
        last = xs.pop() if xs else x[0]
        s = s * 0.5 + last**2
    return s


def through_another_name(x):
    xs = [v * v for v in x]
    ys = xs
    return xs[-1] * ys.pop() + xs[-1]


def returned(x):
    xs = [v * v for v in x]
    if xs.pop() > 0.5:
        return xs.pop() * 2 * sum(xs)
    return xs[0] * xs.pop()


def walked_through(x):
    xs = [x * 2, x**2]
    s = 0.0
    for v in xs.pop():
        s = s * v + v
    return s + np.sum(xs[0])


def taken_by_a_callee(x):
    xs = [v * v for v in x]
    a = doubled_last(xs) * xs[-1]
    return a + sum(xs)


def chosen_in_a_loop(x):
    us = [x * 1.0]
    for _ in range(3):
        us.append(np.sin(us[-1]) * x)
    u = us.pop()
    while us:
        u = u * us.pop() + us[-1][0] if us[1:] else u * us.pop()
    return np.sum(u)


def twice(x):
    st = [v for v in x]
    st.append(st.pop() * st.pop())
    st.append(st.pop() + st[0])
    return st.pop()


def of_a_list_in_a_dict(x):
    d = {"s": [v * v for v in x]}
    t = d["s"][0] * d["s"].pop()
    return t + sum(d["s"])


def tested_numbers(x):
    n = list(range(3))
    s = 0.0
    for _ in range(6):
        if n:
            k = n.pop()
            s = s * s + x[k]
        else:
            s = s * x[0]
    return s


def tested_array(x):
    a = np.ones(1)
    s = 1.0
    for i in range(4):
        if a:
            s = s * s * x[1]
        else:
            s = s * x[0]
        a[0] = i % 2
    return s


def named_in_a_test(x):
    xs = [v * v for v in x]
    s = 0.0
    if (v := xs.pop()) > 0.01:
        s += v
    return s + sum(xs) * 2


def named_in_a_sum(x):
    xs = [v * v for v in x]
    s = 0.0
    s += (v := xs.pop()) ** 2 * v
    return s + sum(xs) * 2


def written_into_at_once(x):
    xs = [x * 2, x**2, x**3]
    xs.pop()[1] = x[0]
    return np.sum(xs[0] * xs[1])


def places_from_a_stack(x):
    xs = [x * 2, x**2, x**3]
    i = [2, 1, 0]
    xs[0][i.pop()] = x[0] * 3
    xs[1][i.pop()] *= x[0] * 3
    return np.sum(xs[0] * xs[1])


def base_and_place_from_stacks(x):
    a = [x * 1.0, x**2]
    i = [2, 1, 0, 3]
    a.pop()[i.pop()] = x[i[-1]] * 3
    a[0][i.pop()] *= x[i.pop()] * 3
    return np.sum(a[0] * a[0]) + i[0] * x[0]


def behind_and(x):
    a = x * 1.0
    i = [2, 1, 0, 3]
    s = i and a[i.pop()] * 2
    return s * a[i.pop()]


def in_a_comprehension(x):
    i = [2, 1, 0, 3]
    y = [x[i.pop()] * 2 for _ in range(2)]
    return y[0] * y[1] * x[i.pop()]


def perhaps(x):
    xs = [v * v for v in x]
    y = xs and xs.pop()
    return y + sum(xs)


def several(x):
    xs = [v * v for v in x]
    ys = [xs.pop() * 2 for _ in range(2)]
    return sum(ys) * sum(xs)


def drawn_in_a_test(x):
    rng = np.random.default_rng(0)
    if (y := x[0] * rng.normal()) > -5:
        return y * x[0]
    return x[1]


def listed_twice(x):
    """A list of numbers of which nothing is known but that they come from x."""
    r = list(x)
    r = list(r)
    v = r.pop()
    return v**2


def a_list_of_numbers_given(x):
    r = list(x)
    v = r.pop()
    return v**2 * x[0]


X = np.array([0.7, -0.4, 1.3, 0.6])


def taken_out_under_one_name(x):
    """On the way back an item goes where it was taken from, though its name is bound again."""
    xs, ys = [x * 2.0], [x * 3.0]
    y = xs.pop()
    s = np.sum(x * np.shape(y)[0])
    y = ys.pop()
    return s + np.sum(y * x)


def stacks_taken_apart_in_turn(x):
    xs, ys = [], []
    y = x * 1.0
    for _ in range(2):
        xs.append(y.copy())
        y *= x
        ys.append(y.copy())
        y *= 0.5
    s = np.sum(y * x)
    for _ in range(2):
        y = ys.pop()
        s = s * np.shape(y)[0]
        y = xs.pop()
        s = s + np.sum(y * y)
    return s + np.sum(y * x)


CALLS = {
    "taken_out_under_one_name": ("x", [(X,)]),
    "stacks_taken_apart_in_turn": ("x", [(X,)]),
    "listed_twice": ("x", [(X,)]),
    "a_list_of_numbers_given": ("x", [([0.7, -0.4],), (X,)]),
    "squared": ("x", [(X,)]),
    "emptied": ("x", [(X,)]),
    "index_from_a_stack": ("x", [(X,)]),
    "last_updated_by_the_last": ("x", [(X,)]),
    "grown_in_branches": ("x", [(X,)]),
    "reverse_polish": ("x", [(X,)]),
    "lists_in_a_list": ("x", [(X,)]),
    "updated_at_a_computed_place": ("x", [(X,)]),
    "arrays_updated_by_arrays": ("x", [(X,)]),
    "chosen": ("x", [(X,)]),
    "through_another_name": ("x", [(X,)]),
    "returned": ("x", [(X,)]),
    "walked_through": ("x", [(X,)]),
    "taken_by_a_callee": ("x", [(X,)]),
    "chosen_in_a_loop": ("x", [(X,)]),
    "twice": ("x", [(X,)]),
    "of_a_list_in_a_dict": ("x", [(X,)]),
    "tested_numbers": ("x", [(X,)]),
    "tested_array": ("x", [(X,)]),
    "named_in_a_test": ("x", [(X,)]),
    "named_in_a_sum": ("x", [(X,)]),
    "written_into_at_once": ("x", [(X,)]),
    "places_from_a_stack": ("x", [(X,)]),
    "base_and_place_from_stacks": ("x", [(X,)]),
    "behind_and": ("x", [(X,)]),
    "in_a_comprehension": ("x", [(X,)]),
    "perhaps": ("x", [(X,)]),
    "several": ("x", [(X,)]),
    "drawn_in_a_test": ("x", [(X,)]),
}
REFUSED = {"listed_twice": "S2S011", "perhaps": "S2S012", "several": "S2S012"}
"""What may not be taken out, or several times; in forward mode, too."""
