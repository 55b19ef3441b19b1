"""Arrays that a loop binds first, of another size in each iteration, and that are read after it."""

import numpy as np
from jaxtyping import Float
from numpy import ndarray


def shortened(x: Float[ndarray, " n"], steps: int) -> float:
    for _ in range(steps):
        y = np.sin(x)
        x = y[:-1] * y[1:]
    return np.sum(x) + np.sum(y)


def allocated(x: Float[ndarray, " n"], steps: int) -> float:
    n = len(x)
    for _ in range(steps):
        y = np.zeros(n)
        y[:] = np.sin(x[:n])
        n = n - 1
        x = y[:n] * y[1:]
    return np.sum(x) + np.sum(y)


def tails(x: Float[ndarray, " n"], steps: int) -> float:
    s = 0.0
    for i in range(steps):
        y = x[i:] * x[i]
        s = s + np.sum(np.sin(y) * y)
    return s + np.sum(y * y)


def written_by_element(x: Float[ndarray, " n"], steps: int) -> float:
    n = x.shape[0]
    for _ in range(steps):
        n = n - 1
        z = np.zeros(n)
        for j in range(n):
            z[j] = x[j] * x[j + 1]
        x = np.sin(z)
    return np.sum(z * z) + np.sum(x)


def in_a_branch(x: Float[ndarray, " n"], steps: int) -> float:
    s = 0.0
    for i in range(steps):
        if i % 2 == 0:
            y = x[i:]
        else:
            y = y[1:] * y[0]
        s = s + np.sum(y * y) + y[0]
    return s


X = np.array([0.3, 0.8, -0.4, 1.2, 0.6, 0.9])
CALLS = dict.fromkeys(
    ("shortened", "allocated", "tails", "written_by_element", "in_a_branch"),
    ("x", [(X, 1), (X, 3)]),
)
