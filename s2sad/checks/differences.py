"""The derivative of a function of one variable at 0, without its source.

By complex steps where the function takes complex numbers and is holomorphic, which differences
have to confirm, since abs(), comparisons and the like are wrong for them without a sign; else by
central differences of fourth order, of the two steps that agree best.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

STEPS = (1e-1, 3e-2, 1e-2, 3e-3, 1e-3, 3e-4, 1e-4, 1e-5, 1e-6)
TINY = 1e-40


@dataclass(frozen=True)
class Slope:
    """A derivative, by what it was found (`complex steps`, `differences`), and its likely error."""

    value: float
    how: str
    error: float


def slope(function: Callable[[complex], complex]) -> Slope:
    """The derivative of a function at 0; `function` gets real numbers, and imaginary ones."""
    found = _by_differences(function)
    step = _by_a_complex_step(function)
    if step is not None and abs(step - found.value) <= 1e-5 * abs(step) + 10.0 * found.error:
        return Slope(step, "complex steps", 1e-14 * abs(step))
    return found


def _by_differences(function: Callable[[complex], complex]) -> Slope:
    best = Slope(float("nan"), "differences", float("inf"))
    before: float | None = None
    for step in STEPS:
        found = _difference(function, step)
        if found is not None and before is not None:
            error = abs(found - before)
            if error < best.error:
                best = Slope(found, "differences", error)
        before = found
    return best


def _difference(function: Callable[[complex], complex], step: float) -> float | None:
    """The central difference of fourth order; None where the function has no value."""
    try:
        near = function(step) - function(-step)
        far = function(2.0 * step) - function(-2.0 * step)
    except (ArithmeticError, ValueError, np.linalg.LinAlgError):
        return None
    found = float(np.real(8.0 * near - far)) / (12.0 * step)
    return found if np.isfinite(found) else None


def _by_a_complex_step(function: Callable[[complex], complex]) -> float | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = float(np.imag(function(TINY * 1j))) / TINY
    except Exception:  # whatever the function makes of complex numbers
        return None
    return found if np.isfinite(found) else None
