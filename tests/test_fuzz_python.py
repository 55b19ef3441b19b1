"""A few of the programs that `python -m tests.fuzz_python` makes by the thousand."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import fuzz
from tests.fuzz_python import Writer
from tests.fuzz_writes import unformatted

RIGHT = [2, 8, 11, 12, 13, 14, 15, 16, 18, 23]


@pytest.mark.parametrize("seed", RIGHT)
def test_gradient(seed: int, tmp_path: Path) -> None:
    with unformatted():
        found = fuzz.outcome(Writer(seed).text(), tmp_path / f"fuzz_{seed}.py")
    assert found in ("ok", "rough"), found


def test_same_number_same_program() -> None:
    assert Writer(17).text() == Writer(17).text() != Writer(18).text()
