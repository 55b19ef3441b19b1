"""A few of the programs that `python -m tests.fuzz_kept` makes by the thousand."""

from __future__ import annotations

import pytest

from tests.fuzz_kept import Writer
from tests.fuzz_writes import outcome


@pytest.mark.parametrize("mode", ["grad", "jvp"])
@pytest.mark.parametrize("first", range(0, 30, 10))
def test_derivative(first: int, mode: str) -> None:
    """Each is right, or refused for a reason that the pages name."""
    for seed in range(first, first + 10):
        found = outcome(Writer(seed).text(), mode)
        assert found.startswith(("right", "fails", "refused S2S011")), f"{seed}: {found}"


def test_most_are_right() -> None:
    found = [outcome(Writer(seed).text()) for seed in range(100, 130)]
    assert found.count("right") >= 25, found
