"""What is added to adjoints is added as soon as it can be, and never too soon."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest
from jaxtyping import Float
from numpy import ndarray

from s2sad import value_and_grad
from tests.checking import check_gradient


def reaction(x: Float[ndarray, " n"], k: float) -> float:
    """Two arrays of adjoints, of which the second comes from the first."""
    y = x.copy()
    for _ in range(3):
        y[1:-1] = x[1:-1] + 0.1 * (k * (x[2:] - 2.0 * x[1:-1] + x[:-2]) - x[1:-1] ** 3)
        x, y = y, x
    return np.sum(x * x)


def into_itself(x: Float[ndarray, " n"], k: float) -> float:
    """What is added to is read, too: all adjoints are of one array."""
    y = x.copy()
    for _ in range(3):
        y[1:-1] = y[1:-1] + 0.1 * (k * (y[2:] - 2.0 * y[1:-1] + y[:-2]) - y[1:-1] ** 3)
    return np.sum(y * y)


def into_a_view(x: Float[ndarray, " n"], k: float) -> float:
    """Adjoints of x and of its reverse are one array under two names."""
    y = np.zeros_like(x)
    z = y[::-1]
    z[1:] = x[1:] * 0.5
    for _ in range(2):
        y[1:-1] = x[1:-1] + k * (z[2:] - 2.0 * x[1:-1] * y[:-2]) - z[1:-1] ** 3
    return np.sum(y * z)


def of_a_number(x: Float[ndarray, " n"], k: float) -> float:
    s = 1.0
    for i in range(3):
        s = (s * k - x[i]) / (s * s + k * k * x[i] * x[i])
    return s * k


@pytest.mark.parametrize("function", [reaction, into_itself, into_a_view, of_a_number])
def test_gradient(function: Any) -> None:
    generated = value_and_grad(function, wrt=("x", "k"))
    x = np.random.default_rng(5).uniform(0.3, 0.9, 6)
    check_gradient(function, (x, 0.7), ("x", "k"), generated)


def test_the_first_array_is_read_before_there_is_the_second() -> None:
    source = value_and_grad(reaction, wrt=("x", "k")).source
    lines = [line.strip() for line in source.split("# Backward")[1].splitlines()]
    of_k = next(k for k, line in enumerate(lines) if line.startswith("d_k +="))
    assert lines.index("d_new *= 0.1") < of_k < lines.index("d_new *= k")
    assert lines.index("d_new *= k") < lines.index("d_x[1:-1] -= 2.0 * d_new")


def test_memory_of_a_stencil() -> None:
    """Three remembered arrays, x and y and their adjoints, and one more at most."""
    generated = value_and_grad(reaction, wrt=("x", "k"))
    x = np.random.default_rng(5).uniform(0.3, 0.9, 100_000)
    generated(x, 0.7)
    tracemalloc.start()
    try:
        generated(x, 0.7)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most / x.nbytes < 3 + 5.1
