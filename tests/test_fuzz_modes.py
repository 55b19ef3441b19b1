"""A few of the programs that `python -m tests.fuzz_writes --mode jvp` and `--mode hvp` try."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests import fuzz_modes, fuzz_writes
from tests.fuzz_writes import Writer, outcome

TANGENTS = [*range(60), 1197, 1622, 2304, 2343, 2650, 2851, 3266, 3555, 3888, 12222, 20231, 41068]
PRODUCTS = [*range(24), *range(26, 60), 5004]


@pytest.mark.parametrize("seed", TANGENTS)
def test_tangent(seed: int) -> None:
    found = outcome(Writer(seed).text(), "jvp")
    assert found in ("right", "fails") or found.startswith("refused"), found


@pytest.mark.parametrize("seed", PRODUCTS)
def test_product_with_the_hessian(seed: int) -> None:
    found = outcome(Writer(seed).text(), "hvp")
    assert found in ("right", "fails") or found.startswith("refused"), found


PROGRAM = """
import numpy as np


def f(a, b, h, A, s, idx, n):
    c = a * b
    c[1:] = np.sin(c[:-1]) * s
    return np.sum(c * c) + s
"""


@pytest.mark.parametrize(("mode", "kind"), [("jvp", "wrong tangent"), ("hvp", "wrong product")])
def test_finds_what_is_wrong(mode: str, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    right = fuzz_modes.derivative_of(PROGRAM, mode)

    def wrong(text: str, mode: str) -> Any:
        def generated(*args: Any, **dots: Any) -> Any:
            found = right(*args, **dots)
            if mode == "jvp":
                return found[0], found[1] + 1e-3
            return tuple(part * np.float64(1.001) for part in found)

        return generated

    assert fuzz_writes.outcome(PROGRAM, mode) == "right"
    monkeypatch.setattr(fuzz_modes, "derivative_of", wrong)
    assert fuzz_writes.outcome(PROGRAM, mode).startswith(kind)
