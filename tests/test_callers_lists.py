"""What a caller hands over stays as it was, also where a list that says nothing of its items comes
in, and what it holds is changed."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

import s2sad


def writes_into_an_item(us):
    us[0][1] = us[1][0] * 2.0
    return np.sum(us[0] * us[1])


def writes_into_each(us):
    for u in us:
        u[1] = u[0] * 2.0
    return np.sum(us[0] * us[1])


def updates_an_item(us):
    us[0] *= 2.0
    return np.sum(us[0] * us[1])


def takes_out_of_a_row(rows):
    last = rows[0].pop()
    return last * rows[0][0] * 2.0


def arrays() -> list[Any]:
    return [np.array([0.7, 0.3]), np.array([0.2, 0.9])]


@pytest.mark.parametrize("function", [writes_into_an_item, writes_into_each, updates_an_item])
@pytest.mark.parametrize("mode", ["value_and_grad", "jvp"])
def test_arrays_in_a_list(function: Any, mode: str) -> None:
    given = arrays()
    directions = {"dot_us": arrays()} if mode == "jvp" else {}
    getattr(s2sad, mode)(function)(given, **directions)
    assert all(map(np.array_equal, given, arrays()))


def test_rows_of_a_list() -> None:
    given = [[0.7, 0.3], [0.2]]
    s2sad.jvp(takes_out_of_a_row)(given, dot_rows=copy.deepcopy(given))
    assert given == [[0.7, 0.3], [0.2]]
