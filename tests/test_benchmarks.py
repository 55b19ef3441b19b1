"""Generated gradients of the benchmarks' programs are those written by hand."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from benchmarks.run import CASES, agrees, generated


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[1])
def test_gradients_are_those_written_by_hand(case: Any) -> None:
    module, name, wrt, hand, sizes = case
    by_hand = getattr(importlib.import_module(f"benchmarks.hand.{hand}"), f"{name}_value_and_grad")
    args = sizes["small"]()
    assert agrees(generated(module, name, wrt)(*args), by_hand(*args))
