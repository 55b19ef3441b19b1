"""Forward mode: every function of the corpus, against differences and against reverse mode."""

from __future__ import annotations

from typing import Any

import pytest

import s2sad
from s2sad.modes import generate_all
from s2sad.pipeline import Request
from s2sad.source.module import SourceModule
from tests.checking import check_tangent
from tests.test_corpus import programs, standalone


@pytest.mark.parametrize(("module", "name", "wrt", "calls", "as_vjp"), programs())
def test_tangent(module: Any, name: str, wrt: Any, calls: list[Any], as_vjp: bool) -> None:
    function = getattr(module, name)
    has_aux = name in getattr(module, "AUX", ())
    refused = getattr(module, "REFUSED", {}).get(name)
    try:
        live = s2sad.jvp(function, wrt=wrt, has_aux=has_aux)
    except s2sad.S2SADError as refusal:
        assert refusal.code == refused or "in forward mode" in refusal.message
        return
    ways = [live]
    if name not in getattr(module, "LIVE", ()):
        ways.append(standalone(live.source, f"{name}_jvp"))
    expected = getattr(module, "EXPECTED", {}).get(name)
    if module.__name__.endswith("on_gradient"):  # which changes adjoints, and no tangents
        expected, refused = None, "S2S"
    reverse: dict[str, Any] = {}
    if as_vjp and not refused:
        reverse["vjp"] = s2sad.vjp(function, wrt=wrt)
    elif expected is None and not refused:
        reverse["value_and_grad"] = s2sad.value_and_grad(function, wrt=wrt, has_aux=has_aux)
    for way in ways:
        for call in calls:
            call = call[0] if as_vjp else call
            check_tangent(function, call, wrt, way, has_aux=has_aux, expected=expected, **reverse)


REMARKS = """
import numpy as np


def f(x, c):
    # in other units
    y = c * x  # metres
    unit = 2.0 * c  # not varied
    # the sum
    s = np.sum(np.sin(y))
    for _ in range(3):
        # twice
        s = s * s + unit
    # the end
    return s * s  # of all
"""


def written(mode: str) -> list[str]:
    module = SourceModule.from_text(REMARKS, "model.py")
    text = generate_all(module, [Request("f", mode=mode)]).text
    return [line.strip() for line in text[text.index(f"def f_{mode}") :].splitlines()]


def test_comments_stand_above_a_statement_and_its_tangent() -> None:
    lines = written("jvp")
    assert lines[lines.index("# in other units") + 1] == "y = c * x  # metres"
    assert lines[lines.index("# twice") + 1].startswith("dot_s = ")
    assert lines[lines.index("# the end") + 1].startswith("dot_value = ")
    assert lines[-1] == "return s * s, dot_value  # of all"
    assert all(lines.count(f"# {words}") == 1 for words in ("in other units", "twice", "the end"))


def test_comments_stay_where_the_statement_itself_is_left_out() -> None:
    lines = written("hvp")
    assert lines[lines.index("# y = c * x") + 1].startswith("dot_d_x = ")
    assert lines[lines.index("# s = s * s + unit") + 1].startswith("dot_d_s = ")
