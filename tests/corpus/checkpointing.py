"""Loops over checkpointed(range(...)): they are run again in blocks."""

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from s2sad import checkpointed


def of_a_number(x: float, n: int) -> float:
    s = 0.0
    for i in checkpointed(range(n)):
        x = np.sin(x) + 0.1 * i  # before its square
        s += x * x
    return s * x


def downwards(x: float, n: int) -> float:
    for i in checkpointed(range(n, 0, -3)):
        if x > 0.5:
            x = np.sin(x) + 0.1 * i
        else:
            x = x * x + 0.6
    return x


def bound_before_and_after(x: float, n: int) -> float:
    y = np.exp(x)
    x = y * x
    for _ in checkpointed(range(n)):
        y = np.sin(x)
        x = x + y * 0.1
    x = x * y
    y = np.cos(y) * x
    return y


def read_from_outside(x: float, n: int) -> float:
    """c is overwritten after the loop, which has to see the old one when it runs again."""
    c = x * x
    y = x
    for i in checkpointed(range(n)):
        y = np.sin(c * y) + 0.01 * i
    c = np.exp(y)
    return c * y


def set_in_some_iterations(x: float, n: int) -> float:
    last = x * 0.5
    for i in checkpointed(range(n)):
        if i % 3 == 1:
            last = np.sin(x)
        x = x * 0.9 + last * last
    return x * last


def inside_a_loop(x: float, n: int) -> float:
    s = 0.0
    for k in range(3):
        x = x * np.cos(x) + k
        for j in checkpointed(range(1, n)):
            x = np.sin(x) + 0.1 * k
            s += x * j
    return s


def inside_each_other(x: float, n: int) -> float:
    s = 0.0
    for i in checkpointed(range(n)):
        x = x * np.cos(x)
        for j in checkpointed(range(1, n)):
            x = np.sin(x) + 0.1 * i
            for _ in range(j):
                x = x * x * 0.5 + 0.3
            s += x * x
    return s * x


def with_a_loop_inside(x: float, n: int) -> float:
    for i in checkpointed(range(n)):
        k = 0
        while x < 1.0 + 0.1 * i:
            x = x * x + 0.5
            k += 1
            if k > 3:
                break
        x = np.sin(x) * 0.8 * k
    return x


def in_place(u: Float[ndarray, "n"], k: float, steps: int) -> float:
    u = u.copy()
    for _ in checkpointed(range(steps)):
        u[1:-1] += 0.1 * (k * (u[2:] - 2.0 * u[1:-1] + u[:-2]) - u[1:-1] ** 3)
    return np.sum(u * u)


def scaled_afterwards(u: Float[ndarray, "n"], k: float, steps: int) -> float:
    u = u.copy()
    w = np.sum(np.sin(u))
    for i in checkpointed(range(steps)):
        u[i % 3] = np.sin(u[(i + 1) % 3]) * k
    u *= w
    return np.sum(u * u)


def two_buffers(x: Float[ndarray, "n"], k: float, steps: int) -> float:
    u = x.copy()
    v = np.zeros_like(u)
    first = u
    scale = np.sum(first * first)
    for _ in checkpointed(range(steps)):
        v[1:-1] = u[1:-1] + 0.1 * (k * (u[2:] - 2.0 * u[1:-1] + u[:-2]) - u[1:-1] ** 3)
        u, v = v, u
    return np.sum(u * u * u) + np.sum(v) + scale * np.sum(first * first)


def through_views(A: Float[ndarray, "n m"], steps: int) -> float:
    B = A.copy()
    top = B[0]
    for i in checkpointed(range(steps)):
        row = B[i % 3]
        row *= np.sin(top[1])
        top[0] = row[1] * row[1]
    return np.sum(B * B) + top[0]


def rows_of_a_table(x: Float[ndarray, "n"], steps: int) -> float:
    """Every element is written once; nothing has to be remembered of it."""
    y = np.zeros((steps + 1, len(x)))
    y[0] = x
    for t in checkpointed(range(steps)):
        y[t + 1] = np.sin(y[t]) * 1.1
    return np.sum(y * y)


def new_arrays(x: Float[ndarray, "n"], steps: int) -> float:
    for t in checkpointed(range(steps)):
        y = np.tanh(x)
        y[0] = x[1] * t
        x = x * 0.9 + y * y
    return np.sum(x * x)


def kept_from_before(x: Float[ndarray, "n"], steps: int) -> float:
    """The loop writes into arrays that it makes; w is the one that it began with."""
    u = np.sin(x)
    w = u
    total = 0.0
    for i in checkpointed(range(steps)):
        t = u * 0.9
        for j in range(i % 3):
            t[j] = np.sin(t[j + 1]) * u[j]
        u = t if i % 2 == 0 else u + 0.1 * t * t
        total = total + np.sum(u * w)
    return total * np.sum(u)


def step(x, u):
    u[0] = u[0] * np.sin(x)
    return np.cos(x) + u[1]


def with_callee(x: float, u: Float[ndarray, "n"], steps: int) -> float:
    u = u.copy()
    for _ in checkpointed(range(steps)):
        x = step(x, u)
    return x + u[0]


_X = np.array([0.3, -0.7, 0.9, 0.2, 0.5])
_A = np.array([[0.3, 0.8, 0.5], [0.9, 0.4, -0.6], [0.7, 1.1, 0.2]])
_STEPS = [0, 1, 2, 7, 16, 23]

CALLS = {
    **{
        name: (
            "x",
            [(0.7, n) for n in _STEPS],
        )
        for name in (
            "of_a_number", "downwards", "bound_before_and_after", "read_from_outside",
            "set_in_some_iterations", "inside_a_loop", "with_a_loop_inside",
        )
    },
    "inside_each_other": ("x", [(0.7, n) for n in (0, 1, 2, 5)]),
    **{
        name: (("u", "k"), [(_X, 0.3, n) for n in _STEPS])
        for name in ("in_place", "scaled_afterwards")
    },
    "two_buffers": (("x", "k"), [(_X, 0.3, n) for n in _STEPS]),
    "through_views": ("A", [(_A, n) for n in _STEPS]),
    **{
        name: ("x", [(_X, n) for n in _STEPS])
        for name in ("rows_of_a_table", "new_arrays", "kept_from_before")
    },
    "with_callee": (("x", "u"), [(0.7, _X, n) for n in _STEPS]),
}  # fmt: skip
