"""Operands of which the derivative is not known are refused where they are varied."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import s2sad
from s2sad.errors import S2SADError

pytest.importorskip("scipy")

from scipy import special


def incomplete(a: float, x: float) -> float:
    return special.gammainc(a, x)


def of_an_order(a: float, x: float) -> float:
    return special.jv(2.0 * a, x)


def width(delta: float, r: float) -> float:
    return special.huber(delta, r)


@pytest.mark.parametrize("function", [incomplete, of_an_order])
@pytest.mark.parametrize("mode", ["grad", "jvp"])
def test_a_varied_parameter_is_refused(function: Any, mode: str) -> None:
    """Its derivative was zero, silently."""
    with pytest.raises(S2SADError, match="S2S012"):
        getattr(s2sad, mode)(function, wrt="a").source  # noqa: B018


@pytest.mark.parametrize("function", [incomplete, of_an_order])
def test_the_argument_has_its_derivative(function: Any) -> None:
    h = 1e-5
    numeric = (function(1.3, 0.7 + h) - function(1.3, 0.7 - h)) / (2.0 * h)
    assert np.isclose(s2sad.grad(function, wrt="x")(1.3, 0.7), numeric)


def test_the_width_of_a_loss_has_a_derivative() -> None:
    assert s2sad.grad(width)(1.0, 2.5) == 1.5
    assert s2sad.grad(width)(1.0, 0.5) == 0.0
