"""A few of the programs that `python -m tests.fuzz_writes` makes by the thousand."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

from s2sad.pipeline import Request, generate
from s2sad.source.module import SourceModule
from tests import fuzz_writes
from tests.checking import along
from tests.fuzz_writes import COMPLEX_NUMPY, POINTS, Writer, complex_step, minimal, outcome, run


@pytest.mark.parametrize("seed", range(30))
def test_truth(seed: int) -> None:
    """Complex steps agree with differences, where these are smooth."""
    text = Writer(seed).text()
    if not fuzz_writes.runs(text):
        return
    args = POINTS[seed % 2]
    rng = np.random.default_rng(seed)
    step = [rng.standard_normal(np.shape(x)) for x in args[:5]]

    def at(t: float) -> float:
        there = [x + t * v for x, v in zip(args[:5], step, strict=True)]
        return float(run(text, np)(*there, *copy.deepcopy(args[5:])))

    wide, narrow = along(at, 1e-3), along(at, 1e-4)
    if abs(wide - narrow) < 1e-7 * (1.0 + abs(wide)):
        exact = complex_step(run(text, COMPLEX_NUMPY), args, step)
        assert abs(exact - narrow) < 1e-6 * (1.0 + abs(exact))


REFUSED = {
    "S2S011": [200278, 200284],
}
"""Which of the programs below are refused as yet, by the code of the refusal. The table is what
`python -W ignore -m tests.fuzz_writes --first 200183 --count 120 --refused` prints."""


@pytest.mark.parametrize("first", range(200183, 200303, 20))
def test_gradient(first: int) -> None:
    """Each is right, but for those in the table, which are refused."""
    known = {seed: code for code, seeds in REFUSED.items() for seed in seeds}
    for seed in range(first, first + 20):
        found = outcome(Writer(seed).text())
        if seed in known:
            assert found.startswith(f"refused {known[seed]}"), f"{seed}: {found}"
        else:
            assert found in ("right", "fails"), f"{seed}: {found}"


def test_same_number_same_program() -> None:
    assert Writer(17).text() == Writer(17).text() != Writer(18).text()


PROGRAM = """
import numpy as np


def g0(a, h, s, n=2):
    a[0] = s * h[1]


def f(a, b, h, A, s, idx, n):
    c = a * 1.0
    for i in range(3):
        if n > 1:
            g0(c, h, np.sin(s))
            b[1] += c[0]
    return np.sum(np.sin(b)) + s
"""


@pytest.mark.parametrize("seed", [214, 252])
def test_same_program_same_text(seed: int) -> None:
    """Whatever lies in memory: copies that are kept stood in the order of their addresses."""
    text = Writer(seed).text()
    request = Request("f", fuzz_writes.wrt_of(text), bare=False)
    kept, texts = [], set()
    with fuzz_writes.unformatted():
        for k in range(6):
            kept.append([object() for _ in range(997 * k)])
            texts.add(generate(SourceModule.from_text(text, "program.py"), [request]).text)
    assert len(texts) == 1


def test_finds_a_wrong_gradient(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that takes the first write for the last, say."""

    def wrong(text: str) -> Any:
        def generated(*args: Any) -> Any:
            value = run(text, np)(*copy.deepcopy(args))
            return value, tuple(np.zeros(np.shape(x)) for x in args[:5])

        return generated

    monkeypatch.setattr(fuzz_writes, "gradient_of", wrong)
    assert fuzz_writes.outcome(PROGRAM).startswith("wrong gradient along all")
    small = minimal(PROGRAM)
    assert fuzz_writes.outcome(small).startswith("wrong gradient")
    assert "for" not in small and "g0" not in small and "sin" not in small, small
