"""Generated code is input like any other: derivatives of derivatives of functions without
annotations, whose shapes no text states. The truth is a polynomial through values of the function
nearby."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.polynomial.chebyshev import Chebyshev

from s2sad import grad, hvp, jvp, vjp


def pendulum(x):
    q, v = x, 0.0
    for _ in range(8):
        v = v - 0.1 * np.sin(q)
        q = q + 0.1 * v
    return q * q + v


def piecewise(x):
    if x < 0.5:
        return x**3 * np.exp(x)
    elif x < 1.0:
        return np.sqrt(x) * x
    return np.arctan(x) ** 3


def newton(x):
    g = x
    for _ in range(5):
        g = 0.5 * (g + x / g)
    return g * np.cos(x)


def buffered(x):
    y = np.zeros(4)
    y[0] = x
    for i in range(1, 4):
        y[i] = np.sin(y[i - 1]) * x + y[i - 1] ** 2
    return np.sum(y * y)


def solved(x):
    A = np.array([[2.0, 0.3], [0.1, 1.5]])
    b = np.stack([np.sin(x), x * x])
    return np.sum(np.linalg.solve(A + x * np.eye(2), b) ** 2)


def power_over(u, k):
    return u**k / (1.0 + u)


def calls(x):
    return power_over(power_over(x, 2), 3) + power_over(x, 1)


def items(x):
    d = {"a": x, "b": x * x}
    for name in ("a", "b"):
        d[name] = np.tanh(d[name]) * x
    return d["a"] * d["b"]


def window(x):
    w = np.exp(-x * np.linspace(-1.0, 1.0, 5) ** 2)
    w /= w.sum()
    return np.max(w) + np.prod(w * 3.0) + np.linalg.norm(w)


def unread_items(x):
    """Some items of the list have no adjoint."""
    u = np.sin(x * np.linspace(0.5, 1.5, 3))
    xs = [u * 2.0, u * u]
    xs.append(u - x)
    xs.append(u.copy())
    return np.sum(xs[0] * xs[-1])


POINTS = (0.3, 0.7, 1.4)


def truth(function: Callable[[float], Any], x: float, order: int) -> float:
    """A derivative of the polynomial of degree 11 through values within 0.02."""
    nearby = 0.02 * np.cos(np.pi * (np.arange(12) + 0.5) / 12)
    values = [float(function(float(x + h))) for h in nearby]
    return float(Chebyshev.fit(x + nearby, values, 11).deriv(order)(x))


def along_x(derivative: Any, x: float, **given: Any) -> Any:
    """A call with ones for all directions that are not given."""
    names = [n for n in inspect.signature(derivative).parameters if n != "x"]
    return derivative(x, **{n: given.get(n, 1.0) for n in names})


def rows(x: float) -> float:
    table = np.outer(np.array([1.0, 0.5]), np.array([x, x * x]))
    found = list(table)
    return np.sum(found[0] * found[-1]) + np.sum(table**3)


SECOND = [pendulum, piecewise, newton, buffered, solved, calls, items, window]


@pytest.mark.parametrize("function", SECOND)
def test_second(function: Any) -> None:
    gradient = grad(grad(function))
    tangents = jvp(jvp(function), wrt="x")
    both = vjp(jvp(function), wrt="x")
    for x in POINTS:
        wanted = truth(function, x, 2)
        np.testing.assert_allclose(gradient(x), wanted, rtol=1e-5)
        np.testing.assert_allclose(along_x(tangents, x)[1][1], wanted, rtol=1e-5)
        found = along_x(both, x, d_out=(0.0, 1.0))[1]
        np.testing.assert_allclose(found, wanted, rtol=1e-5)


@pytest.mark.parametrize("function", [unread_items, rows])
def test_lists(function: Any) -> None:
    product = hvp(function)
    for x in POINTS:
        np.testing.assert_allclose(product(x, dot_x=1.0), truth(function, x, 2), rtol=1e-5)


@pytest.mark.parametrize("function", [f for f in SECOND if f is not items])
def test_third(function: Any) -> None:
    gradient, tangent = grad(grad(grad(function))), jvp(grad(grad(function)))
    for x in POINTS:
        wanted = truth(function, x, 3)
        np.testing.assert_allclose(gradient(x), wanted, rtol=1e-4)
        np.testing.assert_allclose(along_x(tangent, x)[1], wanted, rtol=1e-4)
