"""What bounds and extremes choose: past a bound nothing arrives, of an infinite slope either."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from s2sad import value_and_grad
from tests.checking import check_gradient


def infinite_slopes_at_bounds(x, low):
    """What a bound cuts off has no part in the slope, though that is infinite there."""
    roots = np.sqrt(np.maximum(x, low)) + np.sqrt(-np.minimum(x, -low))
    angles = np.arccos(np.clip(x, -1.0, 1.0)) + np.sqrt(np.clip(x, 0.0, None))
    others = np.sqrt(-np.clip(-x, None, 0.0)) + np.sqrt(np.fmax(x, 0.0)) + np.sqrt(-np.fmin(x, 0.0))
    return np.sum(roots + angles + others)


def infinite_slopes_of_numbers(x: float, low: float) -> float:
    """The same of numbers."""
    roots = np.sqrt(np.maximum(x, low)) + np.sqrt(-np.minimum(x, -low)) + np.sqrt(max(x, 0.0))
    angles = np.arccos(np.clip(x, -1.0, 1.0)) + np.sqrt(np.clip(x, 0.0, None))
    return roots + angles + np.sqrt(-min(x, 0.0)) + np.sqrt(-2.0 - np.clip(x, None, -2.0))


def infinite_slopes_at_extremes(x):
    """The largest element is zero, where the root has no slope to give to the others."""
    below, above = np.minimum(x, 0.0), np.maximum(x, 0.0)
    return np.sum(np.sqrt(np.max(below, axis=0)) + np.sqrt(-np.min(above))) + np.sum(x**3)


CALLS: list[tuple[Any, tuple[Any, ...]]] = [
    (infinite_slopes_at_bounds, (np.array([-1.5, 0.5, 2.0]), 0.0)),
    (infinite_slopes_of_numbers, (-1.5, 0.0)),
    (infinite_slopes_of_numbers, (0.5, 0.0)),
    (infinite_slopes_of_numbers, (-2.5, 0.0)),
    (infinite_slopes_at_extremes, (np.array([[1.0, 0.5], [-1.0, 2.0]]),)),
]


@pytest.mark.parametrize(("function", "args"), CALLS)
@pytest.mark.filterwarnings("ignore:divide by zero:RuntimeWarning")
def test_gradient(function: Any, args: tuple[Any, ...]) -> None:
    check_gradient(function, args, "x", value_and_grad(function))
