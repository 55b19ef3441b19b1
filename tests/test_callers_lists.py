"""What a caller hands over stays as it was, also where a list that says nothing of its items comes
in, or an object of any class, and what it holds is changed. What is read of it is what it was then.
"""

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


class Spring:
    def __init__(self, k: float):
        self.k = k

    def force(self, x):
        return self.k * x


def softened(x: float, spring: Spring):
    y = x * x * spring.k
    spring.k = 5.0
    return y * x * spring.k


def softened_in_a_loop(x: float, spring: Spring):
    for _ in range(3):
        x = x * spring.force(x)
        spring.k = spring.k * 0.9
    return x


def softened_unseen(x: float, spring):
    y = x * x * spring.k
    spring.k = 5.0
    return y * x * spring.k


def given_a_field(x: float, spring: Spring):
    spring.k = x
    return spring.k * x


def made_here(x: float):
    spring = Spring(2.0)
    spring.k = x
    return spring.force(x)


@pytest.mark.parametrize("function", [softened, softened_in_a_loop, softened_unseen])
def test_objects_are_read_as_they_were(function: Any) -> None:
    def value(x: float) -> float:
        return function(x, Spring(1.3))

    x, h = 0.7, 1e-4
    numeric = (value(x + h) - value(x - h)) / (2.0 * h)
    spring = Spring(1.3)
    for mode in ("forward", "reverse"):
        assert np.isclose(s2sad.jacobian(function, mode=mode)(x, spring), numeric, rtol=1e-5)
    assert spring.k == 1.3


def test_second_derivatives_read_objects_as_they_were() -> None:
    x, h = 0.7, 1e-4
    near, far = softened(x + h, Spring(1.3)), softened(x - h, Spring(1.3))
    curvature = (near - 2.0 * softened(x, Spring(1.3)) + far) / h**2
    found = s2sad.hvp(softened)(x, Spring(1.3), dot_x=1.0)
    assert np.isclose(found, curvature, rtol=1e-5)


@pytest.mark.parametrize("mode", ["grad", "jvp"])
def test_a_field_that_varies_is_one_of_an_object_made_here(mode: str) -> None:
    with pytest.raises(s2sad.S2SADError, match="S2S011 .* a write into a field of an object"):
        getattr(s2sad, mode)(given_a_field)
    if mode == "jvp":
        assert np.isclose(s2sad.jvp(made_here)(0.7, dot_x=1.0)[1], 1.4)
