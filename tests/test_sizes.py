"""Arrays made from names that are given sizes: their shapes are known, where that is certain."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from jaxtyping import Float
from numpy import ndarray

from s2sad import value_and_grad
from s2sad.analysis.indices import sliced
from s2sad.analysis.sizes import UNKNOWN, Size, computed
from tests.checking import check_gradient


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


@pytest.mark.parametrize(
    ("size", "key", "expected"),
    [
        ("4*h", slice(None, Size("h")), "h"),
        ("4*h", slice(Size("h"), Size("2*h")), "h"),
        ("4*h", slice(Size("3*h"), None), "h"),
        ("4*h", slice(Size("h"), Size("5*h")), "?"),  # past the end
        ("n+m", slice(Size("n"), None), "m"),
        ("n+m", slice(None, Size("n")), "n"),
        ("n", slice(None, Size("m")), "?"),  # m may be larger
        ("n", slice(Size("m"), None), "?"),
        ("n", slice(None, Size("n-1")), "n-1"),
        ("n", slice(1, Size("n-1")), "n-2"),
        ("n", slice(None, Size("n-2")), "n-2"),
        ("n", slice(None, Size("n-3")), "?"),  # x[:n - 3] of two numbers is x[:-1], of one number
        ("n", slice(Size("n-2"), None), "?"),  # x[n - 2:] of one number is x[-1:], that number
        ("n", slice(Size("n"), None), 0),
        ("n", slice(None, Size("n"), 2), "?n[None:None:2]"),
        ("n-2", slice(None, Size("n")), "?"),
        ("?", slice(None, Size("n")), "?"),
        (8, slice(None, Size("n")), "?"),
    ],
)
def test_slices_by_sizes(size: Any, key: slice, expected: Any) -> None:
    assert sliced(size, key) == expected


@pytest.mark.parametrize(
    ("op", "one", "other", "expected"),
    [
        ("mul", 2, Size("h"), "2*h"),
        ("mul", Size("2*h"), 3, "6*h"),
        ("mul", Size("n-1"), 2, "2*n-2"),
        ("mul", Size("n"), Size("m"), UNKNOWN),
        ("sub", Size("4*h"), Size("3*h"), "h"),
        ("sub", Size("n"), Size("n"), 0),
        ("add", Size("n"), Size("m"), "m+n"),
        ("floordiv", Size("4*h"), 4, "h"),
        ("floordiv", Size("n"), 2, UNKNOWN),
        ("floordiv", Size("4*h+1"), 4, UNKNOWN),
        ("floordiv", Size("n"), 0, UNKNOWN),
        ("sub", 2, 3, -1),
        ("add", Size("?x.0"), Size("?x.0"), "2*?x.0"),
        ("add", Size("n[1:]"), 1, "n[1:]+1"),
    ],
)
def test_arithmetic_on_sizes(op: str, one: Any, other: Any, expected: Any) -> None:
    assert computed(op, one, other) == expected


def quarters(W: Float[ndarray, "k 4*h"], x: Float[ndarray, " k"], t: Float[ndarray, " h"]) -> float:
    size = len(t)
    z = x @ W
    a, b = np.sin(z[:size]), z[size : 2 * size]
    c, d = z[2 * size : 3 * size], np.cos(z[3 * size :])
    r = a * b + c * d - t
    return np.sum(r * r)


def first_axes(x: Float[ndarray, "n m k"]) -> float:
    shape = x.shape
    total = np.zeros(shape[:2])
    tail = np.zeros(shape[1:])
    for i in range(shape[2]):
        total[:] = total * x[:, :, i] + np.sin(x[:, :, i])
    tail[:] = x[0] ** 2
    return np.sum(total * total) + np.sum(tail * np.cos(tail))


@pytest.mark.parametrize("size", [1, 2, 3])
def test_parts_whose_sizes_are_computed(size: int) -> None:
    rng = np.random.default_rng(size)
    for function, args in (
        (quarters, (rng.normal(size=(3, 4 * size)), rng.normal(size=3), rng.normal(size=size))),
        (first_axes, (rng.normal(size=(size, 2, 3)),)),
    ):
        wrt = ("W",) if function is quarters else ("x",)
        generated: Any = value_and_grad(function, wrt=wrt)
        assert "unbroadcast" not in generated.source
        check_gradient(function, args, wrt, generated)


def short_slices(x: Float[ndarray, " n"], w: Float[ndarray, " n"]) -> float:
    n = len(x)
    y = np.zeros(n)
    y[: n - 1] = np.sin(x[: n - 1]) * w[:-1]
    y[1 : n - 1] += x[1:-1] * w[: n - 2]
    return np.sum(y * y)


@pytest.mark.parametrize("n", [2, 3, 4])
def test_slices_of_short_arrays(n: int) -> None:
    rng = np.random.default_rng(n)
    args = (rng.normal(size=n), rng.normal(size=n))
    check_gradient(short_slices, args, "x", value_and_grad(short_slices, wrt="x"))
