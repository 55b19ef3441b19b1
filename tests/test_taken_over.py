"""Products take over the memory of an adjoint that is about to be cleared, and only such memory."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from jaxtyping import Float
from numpy import ndarray

from s2sad import value_and_grad
from tests.checking import check_gradient

Line = Float[ndarray, " n"]


def scaled(x: Line, k: float) -> float:
    """What is read of the adjoint besides the product is read before."""
    y = np.zeros_like(x)
    for _ in range(3):
        y[1:-1] = x[1:-1] + k * (x[2:] * x[:-2])
        x = x + 0.1 * y
    return np.sum(x * y)


def twice(x: Line, k: float) -> float:
    """Two products: of the second only the adjoint itself is left to take."""
    y = x.copy()
    z = x * x
    for _ in range(3):
        y[1:-1] = k * (z[2:] * z[:-2]) + 2.0 * k * (np.sin(z[1:-1]) * z[2:])
        z = z + 0.1 * y
    return np.sum(z * y)


def by_an_array(x: Line, k: float) -> float:
    """A factor that is no number."""
    y = x.copy()
    w = np.cos(x)
    for _ in range(3):
        y[1:-1] = x[1:-1] + w[1:-1] * (x[2:] * x[:-2] + k * x[1:-1])
        x = x + 0.1 * y
    return np.sum(x * y)


def other_names(x: Line, k: float) -> float:
    """The adjoint has another name, to which is added."""
    y = x.copy()
    z = y[1:]
    for _ in range(3):
        y[1:-1] = x[1:-1] + k * (x[2:] * z[1:] + z[:-1])
    return np.sum(y * z[0])


def given_on(x: Line, k: float) -> float:
    """The product is the whole adjoint of another array."""
    y = x.copy()
    for _ in range(3):
        z = np.sin(x[1:-1])
        y[1:-1] = z * k
        x = x + y * x
    return np.sum(x * y)


def divided(x: Line, k: float) -> float:
    y = x.copy()
    for _ in range(2):
        y[1:-1] = (x[1:-1] * x[2:] + np.sin(x[:-2])) / k - x[1:-1]
        x, y = y, x
    return np.sum(x * x)


@pytest.mark.parametrize("function", [scaled, twice, by_an_array, other_names, given_on, divided])
def test_gradient(function: Any) -> None:
    generated = value_and_grad(function, wrt=("x", "k"))
    x = np.random.default_rng(5).uniform(0.3, 0.9, 6)
    check_gradient(function, (x, 0.7), ("x", "k"), generated)


def test_products_in_place() -> None:
    source = value_and_grad(scaled, wrt=("x", "k")).source
    assert "d_new = d_y[1:-1]" in source
    assert "d_new *= k" in source
    assert "d_new /= k" in value_and_grad(divided, wrt=("x", "k")).source


@pytest.mark.parametrize("function", [by_an_array, other_names])
def test_products_that_stay_apart(function: Any) -> None:
    source = value_and_grad(function, wrt=("x", "k")).source
    assert "d_new *=" not in source
