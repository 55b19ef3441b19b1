"""The names that generated text gives to what it makes."""

from __future__ import annotations

import re

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from s2sad import value_and_grad
from tests.checking import check_gradient


def smoothed_twice(u: Float[ndarray, " n"], steps: int) -> float:
    """The mirror of each write has a temporary, which is over when the next one begins."""
    v = u * u
    for _ in range(steps):
        v[1:-1] = np.sin(v[:-2]) * v[2:]
        v[1:-1] = np.cos(v[:-2]) * v[2:]
    v[0] = v[1] * v[1]
    return np.sum(v)


def nested_differences(u: Float[ndarray, " n"], v: Float[ndarray, " n"]) -> float:
    """The adjoint of one difference is in use while that of the other is made."""
    return np.sum(np.sin(np.cos(v) * (u - v) - np.sin(u) * (2.0 * u - v)))


def of_two_shapes(x: Float[ndarray, " n"], A: Float[ndarray, "m n"]) -> float:
    """Temporaries of one hint and of two shapes."""
    y = np.sum(np.sin(A - 1.0) * (A - 2.0), axis=0)
    return np.sum(np.sin(x - y) * (x - 2.0 * y))


def made(text: str) -> set[str]:
    return set(re.findall(r"\w+", text))


def test_temporaries_share_a_name() -> None:
    text = value_and_grad(smoothed_twice).source
    assert text.count("d_new = ") == 3
    assert "d_new_" not in text


def test_names_in_use_at_one_time_differ() -> None:
    text = value_and_grad(nested_differences, wrt=("u", "v")).source
    assert "d_difference_2" in text


def test_a_number_tells_names_apart_and_an_underscore_those_of_python() -> None:
    def several(x: float) -> float:
        return np.exp(x + np.sin(x)) * np.exp(x * x) + np.arctan(np.sinh(x) + np.cosh(x))

    text = value_and_grad(several).source
    assert {"exp", "exp_2", "sum_"} <= made(text)
    assert not [name for name in made(text) if name.endswith("__")]


def test_gradients() -> None:
    r = np.random.default_rng(3).standard_normal
    for function, wrt, args in (
        (smoothed_twice, "u", (r(6), 2)),
        (nested_differences, ("u", "v"), (r(4), r(4))),
        (of_two_shapes, ("x", "A"), (r(3), r((2, 3)))),
    ):
        check_gradient(function, args, wrt, value_and_grad(function, wrt=wrt))
