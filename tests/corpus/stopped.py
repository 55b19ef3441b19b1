"""stop_gradient: what is inside is a constant for the derivative."""

import numpy as np

import s2sad
from s2sad import stop_gradient


def straight_through(x):
    q = x + stop_gradient(np.round(x) - x)
    return np.sum(q**2)


def half_of_a_product(x: float) -> float:
    return x * s2sad.stop_gradient(x * x)


def around_an_unknown_call(x):
    """Anything may stand inside."""
    weights = stop_gradient(np.histogram(x, bins=3)[0])
    return np.sum(x**2) * weights[0]


def whole_containers(params: dict, x: float) -> float:
    frozen = stop_gradient(params)
    return frozen["a"] * params["a"] * x


def in_a_loop(x: float, n: int = 3) -> float:
    scale = 1.0
    for _ in range(n):
        scale = stop_gradient(x) * scale
        x = x * 2.0
    return x * scale


CALLS = {
    "straight_through": ("x", [(np.array([0.3, 1.7, -2.2]),)]),
    "half_of_a_product": ("x", [(0.7,)]),
    "around_an_unknown_call": ("x", [(np.array([0.3, 1.7, -2.2]),)]),
    "whole_containers": (("params", "x"), [({"a": 0.7}, 1.2)]),
    "in_a_loop": ("x", [(0.7,), (0.7, 0)]),
}
EXPECTED = {
    "straight_through": lambda x: 2.0 * np.round(x),
    "half_of_a_product": lambda x: x * x,
    "around_an_unknown_call": lambda x: 2.0 * x * np.histogram(x, bins=3)[0][0],
    "whole_containers": lambda params, x: ({"a": params["a"] * x}, params["a"] ** 2),
    "in_a_loop": lambda x, n=3: 2.0**n * x**n * 2.0 ** (n * (n - 1) / 2),
}
