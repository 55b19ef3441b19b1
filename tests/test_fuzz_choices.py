"""A few of the programs that `python -m tests.fuzz_choices` makes by the thousand."""

from __future__ import annotations

import pytest

from tests.fuzz_choices import Writer
from tests.fuzz_writes import outcome


@pytest.mark.parametrize("mode", ["grad", "jvp"])
@pytest.mark.parametrize("first", range(0, 30, 10))
def test_derivative(first: int, mode: str) -> None:
    """Each is right, or refused as it cannot be known which array is written into."""
    for seed in range(first, first + 10):
        found = outcome(Writer(seed).text(), mode)
        assert found.startswith(("right", "fails", "refused S2S011")), f"{seed}: {found}"
