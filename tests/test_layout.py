"""Arguments that are slices, transposes or reversed: what is a view of one, and what is a copy,
depends on their layout in memory. A copy that is made without care would change that."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import s2sad
from tests.checking import along


def row_written(a: Any, s: float) -> Any:
    r = a.ravel()
    r[0] = s * r[1]
    return np.sum(a**3) + np.sum(r)


def put(a: Any, s: float) -> None:
    r = a.reshape(-1)
    r[0] = s * r[1]


def written_by_a_callee(a: Any, s: float) -> Any:
    put(a, s)
    return np.sum(a**3)


def transposed_and_scaled(a: Any, s: float) -> Any:
    c = np.reshape(a.T, -1)
    c *= s
    return np.sum(a**3)


LAYOUTS: dict[str, Callable[[Any], Any]] = {
    "whole": lambda x: x,
    "transposed": lambda x: x.T,
    "reversed": lambda x: x[::-1],
    "every other": lambda x: x[:, ::2],
    "inner part": lambda x: x[1:, 1:],
    "columns reversed": lambda x: x[:, ::-1],
    "transposed and reversed": lambda x: x.T[::-1],
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("function", [row_written, written_by_a_callee, transposed_and_scaled])
def test_every_mode_keeps_the_layout(function: Callable[..., Any], layout: str) -> None:
    rng = np.random.default_rng(3)
    base = rng.uniform(0.5, 1.5, (4, 6))
    step = rng.standard_normal(LAYOUTS[layout](base).shape)

    def argument(e: float = 0.0) -> Any:
        made = LAYOUTS[layout](base.copy())
        made += e * step
        return made

    value_and_grad = s2sad.value_and_grad(function, wrt="a")
    slope = along(lambda e: function(argument(e), 0.7), 1e-6)
    given = argument()
    value, gradient = value_and_grad(given, 0.7)
    assert np.array_equal(given, argument())
    assert value == function(argument(), 0.7)
    assert np.isclose(np.sum(gradient * step), slope, rtol=1e-6)
    assert np.isclose(
        s2sad.jvp(function, wrt="a")(argument(), 0.7, dot_a=step)[1], slope, rtol=1e-6
    )

    curvature = along(lambda e: np.sum(value_and_grad(argument(e), 0.7)[1] * step), 1e-6)
    product = s2sad.hvp(function, wrt="a")(argument(), 0.7, dot_a=step)
    assert np.isclose(np.sum(product * step), curvature, rtol=1e-6)
