"""A few of the programs that `python -m tests.fuzz_writes` and `python -m tests.fuzz` try with
`--mode jvp`, `hvp`, `hessian` and `jacobian-forward`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import s2sad
from tests import fuzz, fuzz_modes, fuzz_writes
from tests.fuzz_writes import Writer, outcome

TANGENTS = [
    *range(30),
    60498,
    70199,
    1197,
    1622,
    2304,
    2343,
    2650,
    2851,
    3266,
    3555,
    3888,
    12222,
    20231,
    41068,
]
PRODUCTS = [*range(20), 5004]
HESSIANS = [90001, 90007, 90012, 90017]
COLUMNS = [90002, 90003]


@pytest.mark.parametrize("seed", TANGENTS)
def test_tangent(seed: int) -> None:
    found = outcome(Writer(seed).text(), "jvp")
    assert found in ("right", "fails") or found.startswith("refused"), found


@pytest.mark.parametrize("seed", PRODUCTS)
def test_product_with_the_hessian(seed: int) -> None:
    found = outcome(Writer(seed).text(), "hvp")
    assert found in ("right", "fails") or found.startswith("refused"), found


@pytest.mark.parametrize(
    ("mode", "seed"),
    [("hessian", seed) for seed in HESSIANS] + [("jacobian-forward", seed) for seed in COLUMNS],
)
def test_blocks(mode: str, seed: int) -> None:
    found = outcome(Writer(seed).text(), mode)
    assert found in ("right", "fails") or found.startswith("refused"), found


PROGRAM = """
import numpy as np


def f(a, b, h, A, s, idx, n):
    c = a * b
    c[1:] = np.sin(c[:-1]) * s
    return np.sum(c * c) + s
"""


FOUND = [
    ("jvp", "wrong tangent"),
    ("hvp", "wrong product"),
    ("hessian", "wrong Hessian"),
    ("jacobian-forward", "wrong tangent"),
]


@pytest.mark.parametrize(("mode", "kind"), FOUND)
def test_finds_what_is_wrong(mode: str, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    right = fuzz_modes.derivative_of(PROGRAM, mode)

    def wrong(text: str, mode: str) -> Any:
        def generated(*args: Any, **dots: Any) -> Any:
            found = right(*args, **dots)
            if mode == "jvp":
                return found[0], found[1] + 1e-3
            if mode == "hessian":
                return tuple(tuple(block * 1.001 for block in row) for row in found)
            return tuple(part * np.float64(1.001) for part in found)

        return generated

    assert fuzz_writes.outcome(PROGRAM, mode) == "right"
    monkeypatch.setattr(fuzz_modes, "derivative_of", wrong)
    assert fuzz_writes.outcome(PROGRAM, mode).startswith(kind)


CONTROL_TANGENTS = [*range(10), 1007, 1010, 1053, 1103, 1118, 1137]
CONTROL_PRODUCTS = [1, 1003, 1029, 1045, 1070]
CONTROL_HESSIANS = [90012]


@pytest.mark.parametrize(
    ("mode", "seed"),
    [("jvp", seed) for seed in CONTROL_TANGENTS]
    + [("hvp", seed) for seed in CONTROL_PRODUCTS]
    + [("hessian", seed) for seed in CONTROL_HESSIANS],
)
def test_control_flow(mode: str, seed: int, tmp_path: Path) -> None:
    with fuzz_writes.unformatted():
        found = fuzz.outcome(fuzz.Writer(seed).text(), tmp_path / f"fuzz_{seed}.py", mode)
    assert found in ("ok", "rough"), found


DOUBLED = "def f(x: float, y: float, u, v, n: int = 3):\n    return x * x * y + x\n"


@pytest.mark.parametrize("mode", ["jvp", "hvp", "hessian"])
def test_finds_what_is_wrong_with_control_flow(
    mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert fuzz.outcome(DOUBLED, tmp_path / "fuzz_right.py", mode) == "ok"
    make = getattr(s2sad, mode)

    def wrong(function: Any, wrt: Any) -> Any:
        right = make(function, wrt=wrt)

        def generated(*args: Any, **dots: Any) -> Any:
            value, *rest = right(*args, **dots)
            if mode == "hessian":
                return ((value[0] + 1e-2, *value[1:]), *rest)
            return (value, rest[0] + 1e-3) if mode == "jvp" else (value + 1e-3, *rest)

        return generated

    monkeypatch.setattr(s2sad, mode, wrong)
    assert fuzz.outcome(DOUBLED, tmp_path / "fuzz_wrong.py", mode).startswith("wrong")
