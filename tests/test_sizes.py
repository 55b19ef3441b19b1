"""Arrays made from names that are given sizes: their shapes are known, where that is certain."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from jaxtyping import Float
from numpy import ndarray

from s2sad import value_and_grad


def unpacked(x: Float[ndarray, "n m"]) -> float:
    n, m = x.shape
    y = np.zeros((n + 1, m))
    y[1:] = np.sin(x) * x
    return np.sum(y * y)


def whole(x: Float[ndarray, "n m"]) -> float:
    shape = x.shape
    y = np.empty(shape)
    y[:] = np.sin(x) * x
    return np.sum(y * y)


def measured(x: Float[ndarray, "n m"]) -> float:
    n = len(x)
    y = np.zeros(n)
    y[:] = np.sin(x[:, 0]) * x[:, 0]
    return np.sum(y * y)


def given_twice(x: Float[ndarray, "n m"]) -> float:
    n = x.shape[0]
    y = x[:1, 0]
    z = np.zeros(n)
    for _ in range(2):
        z = np.zeros(n)
        z[:] = np.sin(y)
        y = z
        n = 2 * n if len(y) == n else n
        y = y[:1] * x[0, 0]
    return np.sum(z * z)


def changed_inside(x: Float[ndarray, "n m"]) -> float:
    n = x.shape[0]

    def longer():
        nonlocal n
        n = n + 1

    longer()
    y = np.zeros(n)
    y[:] = x[0, 0]
    return np.sum(y * y)


@pytest.mark.parametrize("function", [unpacked, whole, measured, given_twice, changed_inside])
def test_gradient(function):
    gradient = value_and_grad(function)
    random = np.random.default_rng(3)
    for shape in [(3, 4), (1, 2), (2, 1)]:
        x, step = random.standard_normal(shape), random.standard_normal(shape)
        slope = (function(x + 1e-6 * step) - function(x - 1e-6 * step)) / 2e-6
        assert np.sum(gradient(x)[1] * step) == pytest.approx(slope, rel=1e-6, abs=1e-8)
    if function in (unpacked, whole, measured):
        assert "unbroadcast" not in gradient.source


# ---------------------------------------------------------------- shapes that are unpacked


def centred(A):
    rows, columns = A.shape
    B = A
    B -= B.mean(axis=0)
    return np.sum((B @ B.T) ** 2) / (rows * columns)


def unpacked_after_a_return(A):
    if np.ndim(A) == 1:
        return np.sum(A * A)
    n, m = A.shape
    return np.sum(A @ A.T) / (n * m)


def other_array_unpacked(A):
    A = A[0]
    n, m = A.shape
    return np.sum(A * A) / (n * m)


def test_a_shape_that_is_unpacked_says_the_rank() -> None:
    generated = value_and_grad(centred)
    assert "unbroadcast" not in generated.source
    A = np.random.default_rng(0).standard_normal((4, 3))
    check(centred, generated, A)


@pytest.mark.parametrize(
    ("function", "shapes"),
    [(unpacked_after_a_return, [(4,), (4, 3)]), (other_array_unpacked, [(2, 4, 3)])],
)
def test_a_shape_unpacked_elsewhere_says_nothing(function: Any, shapes: list[Any]) -> None:
    for shape in shapes:
        x = np.random.default_rng(0).standard_normal(shape)
        check(function, value_and_grad(function), x)


def check(function: Any, generated: Any, x: np.ndarray) -> None:
    step = np.random.default_rng(1).standard_normal(x.shape)
    value, gradient = generated(x.copy())
    assert value == function(x.copy())
    ahead, behind = function(x + 1e-5 * step), function(x - 1e-5 * step)
    assert np.sum(gradient * step) == pytest.approx((ahead - behind) / 2e-5, rel=1e-6)
