"""Backward functions that are handed the result of their function, and others."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from jaxtyping import Float
from numpy import ndarray

from s2sad import value_and_grad
from tests.checking import check_gradient


def sigmoid(v):
    return 1.0 / (1.0 + np.exp(-v))


def root(v):
    y = np.sqrt(v + 2.0)
    return y


def scaled(v, k):
    return np.tanh(k * v)


def layer(v, W):
    return np.tanh(W @ v)


def nested(v, n: int):
    """It is called before it is derived."""
    if n == 0:
        return v
    return np.tanh(nested(v, n - 1))


def gates(x: Float[ndarray, " n"], steps: int) -> float:
    """The results are overwritten, and one is used for nothing else."""
    for _ in range(steps):
        y = sigmoid(x[1:])
        x = root(x * x) * sigmoid(x) - 0.1
        x[1:] = x[1:] * y
    return np.sum(x)


def in_a_comprehension(x: Float[ndarray, " n"]) -> float:
    return sum([sigmoid(v) * root(2.0 * v) for v in x])


def on_one_path(x: Float[ndarray, " n"], c: float) -> float:
    y = sigmoid(x) if c > 0.0 else root(x)
    return np.sum(y * y) if np.sum(sigmoid(y)) > 1.0 else np.sum(y)


def of_two_arguments(x: Float[ndarray, " n"], W: Float[ndarray, "n n"], k: float) -> float:
    for _ in range(2):
        x = x + layer(scaled(x, k), W)
    return np.sum(x * nested(x, 2))


r = np.random.default_rng(8).standard_normal
CALLS: list[tuple[Any, Any, list[Any]]] = [
    (gates, "x", [(r(4), 3), (r(4), 0)]),
    (in_a_comprehension, "x", [(np.abs(r(3)),)]),
    (on_one_path, "x", [(np.abs(r(3)), 1.0), (np.abs(r(3)), -1.0)]),
    (of_two_arguments, ("x", "W", "k"), [(r(3), r((3, 3)), 0.7)]),
]


@pytest.mark.parametrize(("function", "wrt", "calls"), CALLS)
def test_gradient(function: Any, wrt: Any, calls: list[Any]) -> None:
    for call in calls:
        check_gradient(function, call, wrt, value_and_grad(function, wrt=wrt))


def backward_function(text: str, name: str) -> str:
    return text.partition(f"def {name}_backward(")[2].partition("\n\n\n")[0]


def test_the_result_is_handed_over() -> None:
    text = value_and_grad(gates).source
    assert backward_function(text, "sigmoid").startswith("value, d_out):")
    assert backward_function(text, "root").startswith("y, d_out):")
    assert (
        "np.exp" not in backward_function(text, "sigmoid").partition("# value")[2].split("\n", 1)[1]
    )


def test_arguments_are_handed_over_where_they_are_needed() -> None:
    text = value_and_grad(of_two_arguments, wrt=("x", "W", "k")).source
    assert backward_function(text, "scaled").startswith("v, k, d_out):")
    assert backward_function(text, "layer").startswith("v, W, value, d_out):")
    assert backward_function(text, "nested").startswith("v, n, d_out):")


def test_a_slope_is_no_nan_where_exp_overflows() -> None:
    with np.errstate(over="ignore"):
        _, slope = value_and_grad(overflowing)(np.array([-1000.0, 0.0, 1000.0]))
    np.testing.assert_array_equal(slope, [0.0, 0.25, 0.0])


def overflowing(x: Float[ndarray, " n"]) -> float:
    return np.sum(sigmoid(x))
