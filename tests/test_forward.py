"""Forward mode: every function of the corpus, against differences and against reverse mode."""

from __future__ import annotations

from typing import Any

import pytest

import s2sad
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
