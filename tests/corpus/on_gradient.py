"""on_gradient: the adjoint passes through a function of the user's."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

import s2sad
from s2sad import on_gradient

LIMIT = 0.5


def clip(d):
    return np.clip(d, -LIMIT, LIMIT)


def halved_in_place(d):
    d *= 0.5
    return d


def scaled(tree):
    return {key: 0.1 * d for key, d in tree.items()}


def of_an_expression(x: NDArray[np.float64]) -> float:
    return np.sum(x * on_gradient(x * x, clip))


def of_a_variable(x: NDArray[np.float64], w: NDArray[np.float64]) -> float:
    """What stands before the mark is differentiated with what it gives."""
    y = x * x
    # From here on back, w times as much.
    y = on_gradient(y, lambda d: d * w)
    return np.sum(y)


def under_another_name(x: NDArray[np.float64]) -> float:
    y = s2sad.on_gradient(function=halved_in_place, x=x)
    return np.sum(x * y * x)


def written_into(x: NDArray[np.float64], w: NDArray[np.float64]) -> float:
    """The adjoint of the marked value is w itself, which must stay as it is."""
    return np.sum(w * on_gradient(x, halved_in_place)) + np.sum(w * x)


def in_a_loop(x: float, n: int) -> float:
    for _ in range(n):
        x = on_gradient(x, partial(np.multiply, 0.5)) * x
    return x


def in_a_branch(x: float, hooked: bool) -> float:
    y = x * x
    if hooked:
        y = on_gradient(y, np.negative)
    return 3.0 * y


def by_a_parameter(x: float, hook: object) -> float:
    return on_gradient(x, hook) ** 2


def of_a_container(params: dict[str, float], x: float) -> float:
    params = on_gradient(params, scaled)
    return params["a"] * x * params["b"]


def inner(x):
    return on_gradient(x, clip) * 10.0


def in_a_callee(x: float) -> float:
    return inner(x * x)


def of_what_is_constant(x: float, y: float) -> float:
    return x * on_gradient(y, clip)


x3 = np.array([0.1, 0.7, -2.2])
w3 = np.array([2.0, -1.0, 0.5])

CALLS = {
    "of_an_expression": ("x", [(x3,)]),
    "of_a_variable": ("x", [(x3, w3)]),
    "under_another_name": ("x", [(x3,)]),
    "written_into": ("x", [(x3, w3)]),
    "in_a_loop": ("x", [(1.1, 2), (1.1, 0)]),
    "in_a_branch": ("x", [(1.1, True), (1.1, False)]),
    "by_a_parameter": ("x", [(1.1, np.sign)]),
    "of_a_container": (("params", "x"), [({"a": 0.7, "b": 2.0}, 1.2)]),
    "in_a_callee": ("x", [(1.1,)]),
    "of_what_is_constant": ("x", [(1.1, 2.0)]),
}
EXPECTED = {
    "of_an_expression": lambda x: x * x + np.clip(x, -0.5, 0.5) * 2.0 * x,
    "of_a_variable": lambda x, w: w * 2.0 * x,
    "under_another_name": lambda x: 2.0 * x * x + 0.5 * x * x,
    "written_into": lambda x, w: 1.5 * w,
    "in_a_loop": lambda x, n: 1.5**n * x ** (2**n - 1),
    "in_a_branch": lambda x, hooked: -6.0 * x if hooked else 6.0 * x,
    "by_a_parameter": lambda x, hook: 1.0,
    "of_a_container": lambda params, x: (
        {"a": 0.1 * x * params["b"], "b": 0.1 * x * params["a"]},
        params["a"] * params["b"],
    ),
    "in_a_callee": lambda x: 0.5 * 2.0 * x,
    "of_what_is_constant": lambda x, y: y,
}
