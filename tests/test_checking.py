"""The checker itself: it accepts a right gradient and rejects each way of being wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from tests.checking import check_gradient


def energy(x: Any, y: float) -> Any:
    return np.sum(x * x) * y


def right(x: Any, y: float) -> Any:
    return energy(x, y), (2.0 * x * y, np.sum(x * x))


def changed(change: Callable[[Any, Any], Any]) -> Callable[[Any, float], Any]:
    """The right answer with its gradient changed."""

    def wrong(x: Any, y: float) -> Any:
        value, (d_x, d_y) = right(x, y)
        return value, change(d_x, d_y)

    return wrong


def writes_its_argument(x: Any, y: float) -> Any:
    result = right(x, y)
    x *= 2.0
    return result


def prints(x: Any, y: float) -> Any:
    print("hello")
    return right(x, y)


def drifts() -> Callable[[Any, float], Any]:
    calls: Iterator[int] = iter(range(9))
    return changed(lambda d_x, d_y: (d_x + 1e-13 * next(calls), d_y))


WRONG = {
    "value": lambda x, y: (energy(x, y) + 1e-13, right(x, y)[1]),
    "a leaf": changed(lambda d_x, d_y: (d_x, d_y + 1e-4)),
    "nan": changed(lambda d_x, d_y: (d_x * np.nan, d_y)),
    "shape": changed(lambda d_x, d_y: (d_x[None], d_y)),
    "dtype": changed(lambda d_x, d_y: (d_x.astype(np.float32), d_y)),
    "structure": changed(lambda d_x, d_y: [d_x, d_y]),
    "None": changed(lambda d_x, d_y: (d_x, None)),
    "memory": lambda x, y: (energy(x, y), (x, np.sum(x * x))),
    "arguments": writes_its_argument,
    "output": prints,
    "second call": drifts(),
}


def test_right() -> None:
    check_gradient(energy, (np.array([1.0, 2.0]), 3.0), ("x", "y"), right)


@pytest.mark.parametrize("way", WRONG)
def test_wrong(way: str) -> None:
    with pytest.raises(AssertionError):
        check_gradient(energy, (np.array([1.0, 2.0]), 0.5), ("x", "y"), WRONG[way])
