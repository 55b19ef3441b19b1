"""What is remembered: how much of it, and that it is put back where it was."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest
from jaxtyping import Float

import s2sad
from tests.checking import check_gradient
from tests.corpus import checkpointing


def peak(run: Any) -> int:
    """Bytes allocated at most during a call."""
    run()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        run()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


def test_checkpointed_memory_grows_with_the_square_root() -> None:
    u = np.linspace(0.0, 1.0, 20_000)
    gradient = s2sad.grad(checkpointing.in_place, wrt="u")
    arrays = {n: peak(lambda n=n: gradient(u, 0.3, n)) / u.nbytes for n in (25, 100, 400)}
    for steps, found in arrays.items():
        assert found < 2.0 * steps**0.5 + 9.0, arrays


def scaled_row(x: Float[np.ndarray, "n m"]) -> Any:
    """row and top are the same row in some iterations."""
    y = x.copy()
    top = y[0]
    for i in range(4):
        row = y[i % 3]
        row *= np.sin(top[1])
        top[0] = row[1] * row[1]
    return np.sum(y * y) + top[0]


def test_a_view_is_put_back_as_a_view() -> None:
    x = np.array([[0.3, 0.8, 0.5], [0.9, 0.4, -0.6], [0.7, 1.1, 0.2]])
    check_gradient(scaled_row, (x,), "x", s2sad.value_and_grad(scaled_row))


def test_showing_is_not_repeated(capsys: pytest.CaptureFixture[str]) -> None:
    def talkative(x: float, n: int) -> float:
        for i in s2sad.checkpointed(range(n)):
            print("step", i)
            x = np.sin(x)
        return x

    s2sad.grad(talkative)(0.5, 5)
    assert capsys.readouterr().out.count("step") == 5
