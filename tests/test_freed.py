"""Arrays that are let go of before the backward loop."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from jaxtyping import Float
from numpy import ndarray

from s2sad import hvp, value_and_grad
from tests.checking import check_gradient
from tests.test_memory import peak


def linear(u: Float[ndarray, " n"], target: Float[ndarray, " n"], steps: int) -> float:
    for _ in range(steps):
        u[1:-1] += 0.2 * (u[2:] - 2.0 * u[1:-1] + u[:-2])
    r = u - target
    return np.sum(r * r)


def another_name(u: Float[ndarray, " n"], steps: int) -> float:
    r = 2.0 * u
    s = r
    for _ in range(steps):
        u = u * s
    return np.sum(u)


def a_view(u: Float[ndarray, " n"], steps: int) -> float:
    r = 2.0 * u
    s = r[1:]
    for _ in range(steps):
        u = np.append(u[1:] * s, 0.5)
    return np.sum(u)


def returned(u: Float[ndarray, " n"], steps: int) -> Any:
    r = u * u
    x = 1.0
    for i in range(steps):
        x = x * np.sin(u[i])
    return x * r


def in_a_branch(u: Float[ndarray, " n"], steps: int) -> float:
    x = 1.0
    if steps > 1:
        r = u * u
        x = np.sum(r * r)
    for i in range(steps):
        x = x * np.sin(u[i])
    return x


def name_of_a_shadow(u: Float[ndarray, " n"], steps: int) -> float:
    """The adjoint of u goes on under the name of the shadow of d."""
    k = u * u
    c = np.where(u < 0.5, 0.0, u)
    d = u.copy()
    for _ in range(steps):
        k[1:] += k[:-1] * k[0]
    e = d
    if steps:
        e[0] *= k[1]
    d[1] *= 2.0
    return np.sum(d * e) + np.sum(c) + np.sum(k)


def in_a_closure(u: Float[ndarray, " n"], steps: int) -> float:
    r = u * u

    def part(i, x):
        return x * r[i]

    x = 1.0
    for i in range(steps):
        x = x * part(i, x) * u[i]
    return x


def unread_arrays(u: Float[ndarray, " n"], steps: int) -> float:
    r = u * u
    t = np.tanh(r)
    x = np.sum(t)
    for i in range(steps):
        x = x * np.sin(u[i])
    return x


U = np.array([0.4, 1.2, -0.7, 0.9, 0.3])


@pytest.mark.parametrize("steps", [0, 1, 3])
@pytest.mark.parametrize(
    "function", [another_name, a_view, in_a_branch, name_of_a_shadow, in_a_closure, unread_arrays]
)
def test_gradient(function: Any, steps: int) -> None:
    check_gradient(function, (U, steps), "u", value_and_grad(function))


def test_a_result_stays() -> None:
    from s2sad import vjp

    c = np.arange(5.0)
    check_gradient(returned, (U, 3), "u", vjp(returned), cotangent=c)


def test_what_is_unread_is_let_go_of() -> None:
    source = value_and_grad(linear).source
    assert "    del u, r\n" in source
    check_gradient(linear, (U, U[::-1].copy(), 3), "u", value_and_grad(linear))
    for function in (another_name, a_view, in_a_closure):
        assert "del " not in value_and_grad(function).source


def test_a_linear_stencil_takes_four_arrays() -> None:
    u, target = np.linspace(0.0, 1.0, 50_000), np.linspace(1.0, 0.0, 50_000)
    generated = value_and_grad(linear)
    found = [peak(lambda n=n: generated(u, target, n)) / u.nbytes for n in (3, 30)]
    assert max(found) < 4.1 and abs(found[0] - found[1]) < 0.1


def test_a_second_derivative_of_it() -> None:
    v = np.array([0.3, -0.2, 0.5, 0.1, 0.7])
    found = hvp(linear)(U, U[::-1], 3, dot_u=v)
    slope = value_and_grad(linear)
    ends = [slope(U + s * 1e-6 * v, U[::-1], 3)[1] for s in (1, -1)]
    assert np.allclose(found, (ends[0] - ends[1]) / 2e-6, rtol=1e-6, atol=1e-8)
