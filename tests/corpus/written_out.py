"""Calls whose aliases no pair of functions can express: their bodies are written out in place."""

import numpy as np
from jaxtyping import Float
from numpy import ndarray

SCALE = 1.7


def reversed_view(a, n=2):
    a[0] = a[1] * n
    return a[::-1]


def view_is_written(x: Float[ndarray, "n"]):
    a = x.copy()
    b = reversed_view(a)
    b[0] = np.sin(x[2])
    a[1] *= 3.0
    return np.sum(a**2 * np.arange(len(a))) + b[1]


def write_and_leave(a, h):
    b = np.where(a < 0.4, a, a[:])
    k = h
    mask = k < 0.0
    k[mask] = np.tanh(b[:3])[mask]
    for _ in range(3):
        if len(b) > 0:
            break
        np.add(b, a, out=b)
        b = 1.0


def left_at_each_call(a: Float[ndarray, "n"], A: Float[ndarray, "m k"], i):
    held = {"v": a, "M": A}
    for _ in range(3):
        write_and_leave(held["v"], A[:, i[0]])
    return np.sum(A**2)


def adds_and_forgets(target, source):
    target += source
    target = None
    return target


def written_and_forgotten(x: Float[ndarray, "n"]):
    total = np.zeros(len(x))
    adds_and_forgets(total, x[::-1] ** 2)
    other = total
    other[1:] *= x[:-1]
    other = None
    return np.sum(total**2)


def called_twice(x: Float[ndarray, "n"]):
    a = x.copy()
    b = reversed_view(a)
    c = reversed_view(b, n=3)
    c[1] = np.sin(b[0])
    return np.sum(a**3 * np.arange(len(a)))


def add_into(target, source, scale=SCALE):
    """Is handed one array under both names."""
    for i in range(1, len(target)):
        target[i] += scale * source[i - 1]


def same_array_under_two_names(x: Float[ndarray, "n"]):
    a = x * 1.0
    add_into(a, a)
    add_into(a, source=a[::-1], scale=x[0])
    return np.sum(a**2)


def first_or_second(a, b, s):
    """Which argument it returns depends on a run."""
    if s > 0.0:
        a[0] *= 2.0
        return a
    if s < -1.0:
        return b
    b[1] = a[0]
    return b[::-1]


def one_of_several(a: Float[ndarray, "n"], b: Float[ndarray, "n"], s):
    a, b = a * 1.0, b * 1.0
    c = first_or_second(a, b, s)
    c[0] += a[1] * s
    return np.sum(c**2) + np.sum(a * b)


def found_in_a_loop(a, limit):
    for i in range(len(a)):
        a[i] *= 1.5
        if a[i] > limit:
            return a[i:]
    return a


def returned_from_a_loop(x: Float[ndarray, "n"], limit):
    a = x.copy()
    c = found_in_a_loop(a, limit)
    c[0] = x[1] * c[-1]
    return np.sum(a**2 * np.arange(len(a)))


def parts(a, h):
    c = a
    c[1] = h[0] * a[0]
    return a, c[::2]


def results_share(x: Float[ndarray, "n"]):
    a = x.copy()
    b, c = parts(a, x)
    b[0] = c[1] * x[2]
    c[0] *= x[1]
    return np.sum(a**2 * np.arange(len(a)))


def results_into_an_item(x: Float[ndarray, "n"]):
    held = [x.copy(), x * 2.0]
    held[1] = reversed_view(held[0])
    held[1][0] = x[1]
    held[0][1] *= 2.0
    return np.sum(held[0] ** 2 * np.arange(len(x))) + np.sum(held[1])


def inside_of_an_expression(x: Float[ndarray, "n"]):
    """What is read before the call is what was there before it."""
    a = x.copy()
    s = a[0] * x[1] + np.sum(reversed_view(a) ** 2) * a[0]
    return s + np.sum(a[0] * a)


def of_a_part(A: Float[ndarray, "n m"], k):
    B = A.copy()
    y = np.sum(reversed_view(B[k + 1]) * A[0])
    return y + np.sum(B**2)


def chosen_at_run_time(x: Float[ndarray, "n"], s):
    """Only the call that is chosen runs."""
    a, b = x.copy(), x**2
    c = reversed_view(a) if s > 0.0 else reversed_view(b)[1:]
    c[0] = x[1] * s
    return np.sum(a**2) + np.sum(b)


def in_a_test(x: Float[ndarray, "n"]):
    a = x.copy()
    if np.sum(reversed_view(a)[:2]) > 0.0:
        a[2] *= x[0]
    elif reversed_view(a)[0] > -5.0:
        a[1] *= x[0]
    return np.sum(a**2)


def over_a_result(x: Float[ndarray, "n"]):
    a = x.copy()
    s = 0.0
    for v in reversed_view(a):
        s += v * x[0]
        a[-1] = s
    return s + np.sum(a**2)


def smoothed(a, steps):
    """Calls another function in a loop."""
    for n in range(steps):
        b = reversed_view(a[n:])
        b[0] += a[0] * SCALE
    return b


def calls_in_calls(x: Float[ndarray, "n"]):
    a = x.copy()
    b = smoothed(a, 2)
    b[-1] = a[0] * x[1]
    return np.sum(a**2 * np.arange(len(a)))


def taken_names(x: Float[ndarray, "n"], n: int):
    """Has the callee's names for something else, and its callee one for what a loop binds."""
    a = x[::-1].copy()
    for i in range(n):
        target = squares_of(a, i + 2)
        target[0] = x[i]
        a = a * 1.1
    return np.sum(a**2) + np.sum(target)


def squares_of(target, n):
    x = [target[i] ** 2 for i in range(n)]
    a = lambda target: target * n  # noqa: E731
    i = 0
    while i < n:
        target[i] = x[i] + a(0.5)
        i += 1
    return target[:n]


def halved(a):
    a *= 0.5
    return a[1:]


def in_every_iteration(x: Float[ndarray, "n"], n: int):
    a = x.copy()
    b = a
    for _ in range(n):
        b = halved(b)
        b[0] = np.sin(b[0]) * x[0]
        if len(b) < 3:
            b = halved(a)
    return np.sum(a**2) + np.sum(b)


def nothing_to_return(x: Float[ndarray, "n"]):
    a = x.copy()

    def bump(i, by):
        """Writes into an array of the function around it."""
        a[i] += by * a[i]

    bump(0, a[1])
    for k in range(1, len(x)):
        bump(k, a[k - 1])
    return np.sum(a**2)


class Grid:
    def __init__(self, width):
        self.width = width

    def inner(self, a):
        a[0] = 0.0
        return a[1 : 1 + self.width]


def of_a_method(x: Float[ndarray, "n"], grid: Grid):
    a = x.copy()
    b = grid.inner(a)
    b[0] = a[2] * x[0]
    return np.sum(a**2)


def rest(first, *others, scale=2.0):
    for other in others:
        first[0] += scale * other[1]
    return others[0][::-1]


def rest_of_the_arguments(x: Float[ndarray, "n"]):
    a, b = x.copy(), x**2
    c = rest(a, b, a, scale=x[2])
    c[0] = a[1]
    return np.sum(a * b) + np.sum(b**2)


def factorial_like(a, n):
    if n > 0:
        a[n] *= a[n - 1]
        return factorial_like(a, n - 1)
    return a[::-1]


def calls_itself(x: Float[ndarray, "n"]):
    a = x.copy()
    b = factorial_like(a, 2)
    b[0] = a[0]
    return np.sum(a**2)


def end_filled(a, h):
    h[2:] = 0.7
    return h


def rebound_in_both_ways(a, h, exchanged=False):
    """One way exchanges two views, the other takes a view of another array in every iteration."""
    k = h[:]
    if exchanged:
        h, k = (k, h[:])
    else:
        for _ in range(3):
            h = end_filled(a, a[-3:])
            k[::2] = h[::2] * k[::2]
    return np.sum(k**2)


r = np.random.default_rng(31).standard_normal

CALLS = {
    "view_is_written": ("x", [(r(5),), (r(3),)]),
    "left_at_each_call": (("a", "A"), [(r(3), np.sin(np.arange(1.0, 10.0)).reshape(3, 3), [1])]),
    "written_and_forgotten": ("x", [(r(4),)]),
    "called_twice": ("x", [(r(5),)]),
    "same_array_under_two_names": ("x", [(r(5),), (r(1),)]),
    "one_of_several": (("a", "b", "s"), [(r(4), r(4), s) for s in (0.7, -0.6, -1.4)]),
    "returned_from_a_loop": (("x",), [(r(5), limit) for limit in (-9.0, 0.4, 9.0)]),
    "results_share": ("x", [(r(5),)]),
    "results_into_an_item": ("x", [(r(5),)]),
    "inside_of_an_expression": ("x", [(r(5),)]),
    "of_a_part": ("A", [(r((3, 4)), 0), (r((3, 4)), 1)]),
    "chosen_at_run_time": (("x", "s"), [(r(5), 0.4), (r(5), -0.4)]),
    "in_a_test": ("x", [(r(5),), (-r(5),), (r(5) ** 2,)]),
    "over_a_result": ("x", [(r(5),)]),
    "calls_in_calls": ("x", [(r(5),)]),
    "taken_names": ("x", [(r(6), 3)]),
    "in_every_iteration": ("x", [(r(6), 3), (r(6), 1), (r(6), 0)]),
    "nothing_to_return": ("x", [(r(5),)]),
    "of_a_method": ("x", [(r(5), Grid(3))]),
    "rest_of_the_arguments": ("x", [(r(5),)]),
    "calls_itself": ("x", [(r(5),)]),
    "rebound_in_both_ways": (("a", "h"), [(r(5), r(3)), (r(5), r(3), True)]),
}

REFUSED = {"calls_itself": "S2S011"}
