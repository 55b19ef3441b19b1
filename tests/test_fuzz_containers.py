"""A few of the programs that `python -m tests.fuzz_containers` makes by the thousand."""

from __future__ import annotations

import pytest

from tests.fuzz_containers import Writer
from tests.fuzz_writes import outcome


@pytest.mark.parametrize("first", range(0, 60, 10))
def test_gradient(first: int) -> None:
    """Each is right, or refused for a reason that the pages name."""
    for seed in range(first, first + 10):
        found = outcome(Writer(seed).text())
        assert found.startswith(("right", "fails", "refused S2S011")), f"{seed}: {found}"


def test_most_are_right() -> None:
    found = [outcome(Writer(seed).text()) for seed in range(200, 240)]
    assert found.count("right") >= 30, found


def test_same_number_same_program() -> None:
    assert Writer(17).text() == Writer(17).text() != Writer(18).text()
