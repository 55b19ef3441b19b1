"""Derivatives of every order against closed forms, JAX's conventions of shapes, and each other."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

import s2sad


def residual(x, a):
    return np.sin(x) * a - x[::-1] ** 2


def loss(x, s: float) -> float:
    return np.sum(x**3) * s * s + np.sin(s) * x[0]


def quartic(x: float) -> float:
    y = x * x
    return y * y * np.exp(x)


def wide(x, w):
    """Fewer results than parameters."""
    return w @ np.tanh(x)


def pair_product(a, b):
    return a[:, None] * b


def mix(a, b):
    return a * np.exp(-b * b)


def through_a_callee(x):
    total = 0.0
    for k in range(3):
        total = total + np.sum(mix(x, x * k))
    return total


X = np.array([0.3, -1.2, 0.8])


def differences(function: Any, x: np.ndarray, step: float = 1e-5) -> np.ndarray:
    """The Jacobian by central differences, of the shape output.shape + input.shape."""
    columns = []
    for i in np.ndindex(x.shape):
        unit = np.zeros(x.shape)
        unit[i] = step
        columns.append((function(x + unit) - function(x - unit)) / (2.0 * step))
    return np.reshape(np.stack(columns, -1), np.shape(columns[0]) + x.shape)


def test_hvp_is_the_derivative_of_the_gradient() -> None:
    gradient = s2sad.grad(loss)
    product = s2sad.hvp(loss)
    direction = np.array([0.5, 1.0, -2.0])
    wanted = differences(lambda x: gradient(x, 0.7), X) @ direction
    np.testing.assert_allclose(product(X, 0.7, dot_x=direction), wanted, atol=1e-8)
    np.testing.assert_allclose(product(X, 0.7, dot_x=direction), 6.0 * X * 0.49 * direction)


def test_hvp_through_callees_and_loops() -> None:
    gradient, product = s2sad.grad(through_a_callee), s2sad.hvp(through_a_callee)
    direction = np.array([0.5, 1.0, -2.0])
    wanted = differences(gradient, X) @ direction
    np.testing.assert_allclose(product(X, dot_x=direction), wanted, atol=1e-7)


def test_hvp_of_several_parameters_is_structured_like_the_gradient() -> None:
    product = s2sad.hvp(loss, wrt=("x", "s"))
    dot_d_x, dot_d_s = product(X, 0.7, dot_x=np.zeros(3), dot_s=1.0)
    np.testing.assert_allclose(dot_d_x, 6.0 * X**2 * 0.7 + np.cos(0.7) * np.eye(3)[0])
    np.testing.assert_allclose(dot_d_s, 2.0 * np.sum(X**3) - np.sin(0.7) * X[0])


def test_hessian_has_the_shape_of_the_input_twice() -> None:
    found = s2sad.hessian(loss)(X, 0.7)
    np.testing.assert_allclose(found, np.diag(6.0 * X * 0.49))


def test_hessian_of_several_parameters_is_a_tuple_of_tuples() -> None:
    (xx, xs), (sx, ss) = s2sad.hessian(loss, wrt=("x", "s"))(X, 0.7)
    assert xx.shape == (3, 3) and xs.shape == sx.shape == (3,) and np.shape(ss) == ()
    np.testing.assert_allclose(xs, 6.0 * X**2 * 0.7 + np.cos(0.7) * np.eye(3)[0])
    np.testing.assert_allclose(sx, xs)


@pytest.mark.parametrize("mode", ["auto", "forward", "reverse"])
@pytest.mark.parametrize(
    ("function", "args"),
    [(residual, (X, 2.0)), (wide, (X, np.ones((2, 3)))), (wide, (X, np.ones((4, 3))))],
    ids=["square", "wide", "tall"],
)
def test_jacobian(function: Any, args: Any, mode: str) -> None:
    found = s2sad.jacobian(function, mode=mode)(*args)
    wanted = differences(lambda x: function(x, args[1]), args[0])
    assert found.shape == wanted.shape
    np.testing.assert_allclose(found, wanted, atol=1e-8)


@pytest.mark.parametrize("mode", ["auto", "forward", "reverse"])
def test_jacobian_of_several_parameters(mode: str) -> None:
    j_a, j_b = s2sad.jacobian(pair_product, wrt=("a", "b"), mode=mode)(X, X[:2])
    assert j_a.shape == (3, 2, 3) and j_b.shape == (3, 2, 2)
    np.testing.assert_allclose(j_a, np.einsum("j,ik->ijk", X[:2], np.eye(3)))
    np.testing.assert_allclose(j_b, np.einsum("i,jk->ijk", X, np.eye(2)))


def test_jacobian_of_a_number_is_its_gradient() -> None:
    found = s2sad.jacobian(loss)(X, 0.7)
    np.testing.assert_allclose(found, s2sad.grad(loss)(X, 0.7))


def test_jacobian_of_an_unknown_mode_is_refused() -> None:
    with pytest.raises(s2sad.S2SADError) as refusal:
        s2sad.jacobian(residual, mode="sideways")
    assert refusal.value.code == "S2S006"


def banded(x):
    return x[1:] * x[:-1] ** 2


def test_sparse_jacobian_finds_columns_together() -> None:
    x = np.linspace(0.5, 2.0, 9)
    dense = differences(banded, x)
    rows, columns = np.nonzero(dense)
    function = s2sad.sparse_jacobian(banded)
    values = function(x, rows=rows, columns=columns)
    np.testing.assert_allclose(values, dense[rows, columns], atol=1e-8)
    group = function.__globals__["column_groups"](rows, columns, 9)
    assert max(group) + 1 == 2  # a band of two diagonals needs two directions
    for k in range(max(group) + 1):
        touched = rows[group[columns] == k]
        assert len(set(touched)) == len(touched)


def test_third_derivatives() -> None:
    third = s2sad.grad(s2sad.grad(s2sad.grad(quartic)))
    x = 0.7
    wanted = (x**4 + 12 * x**3 + 36 * x**2 + 24 * x) * np.exp(x)
    np.testing.assert_allclose(third(x), wanted, rtol=1e-12)


def orbit(x: float, n: int) -> float:
    s = 0.0
    for _ in range(n):
        if x > 1.0:
            x = 1.1 * np.sin(x)
        else:
            x = x * x + 0.5
        s += x * x
    return s


def until_large(x: float, n: int) -> float:
    while x < n:
        x = x * x + 0.3 * np.sin(x)
    return x


def heat(u, n: int):
    """Its gradient takes what was overwritten from a list."""
    u = u.copy()
    for _ in range(n):
        u[1:-1] = u[1:-1] + 0.1 * u[1:-1] * (u[2:] - u[:-2])
    return np.sum(u * u)


def prefixes(x, n: int):
    y = np.empty_like(x)
    y[0] = x[0]
    for i in range(1, len(x)):
        y[i] = np.tanh(y[i - 1]) * x[i] + 0.1 * y[i - 1] ** 2
    return y[-1] * n + np.dot(y, x)


def test_third_derivatives_of_a_loop() -> None:
    first = s2sad.grad(orbit)
    second = s2sad.grad(first)
    third = s2sad.grad(second)
    for lower, higher in ((first, second), (second, third)):
        numeric = (lower(0.7 + 1e-6, 5) - lower(0.7 - 1e-6, 5)) / 2e-6
        np.testing.assert_allclose(higher(0.7, 5), numeric, rtol=1e-6)


@pytest.mark.parametrize(
    ("function", "args"),
    [(until_large, (1.7, 10)), (heat, (X, 3)), (heat, (X, 0)), (prefixes, (X, 2))],
    ids=lambda part: getattr(part, "__name__", ""),
)
def test_reverse_over_reverse(function: Any, args: Any) -> None:
    """The gradient's own code, with its traces and stacks, in reverse mode."""
    gradient = s2sad.grad(function)
    weight = np.asarray([0.5, 1.0, -2.0])[: np.size(args[0])].reshape(np.shape(args[0]))
    value, found = s2sad.vjp(gradient)(*args, d_out=weight if np.ndim(weight) else float(weight))
    np.testing.assert_array_equal(value, gradient(*args))
    x, *rest = args
    numeric = (gradient(x + 1e-6 * weight, *rest) - gradient(x - 1e-6 * weight, *rest)) / 2e-6
    np.testing.assert_allclose(found, numeric, rtol=1e-6, atol=1e-7)


def test_tangents_of_tangents() -> None:
    """jvp of jvp: the second derivative along two directions."""
    outer = s2sad.jvp(s2sad.jvp(loss), wrt="x")
    (value, first), (slope, second) = outer(X, 0.7, dot_x=np.eye(3)[0], dot_x_=np.eye(3)[0])
    assert value == loss(X, 0.7)
    np.testing.assert_allclose(first, slope)
    np.testing.assert_allclose(second, 6.0 * X[0] * 0.49)


def test_adjoints_of_tangents() -> None:
    """vjp of jvp gives the Hessian times a direction, as hvp does."""
    back = s2sad.vjp(s2sad.jvp(loss), wrt="x")
    direction = np.array([0.5, 1.0, -2.0])
    _, found = back(X, 0.7, dot_x=direction, d_out=(0.0, 1.0))
    np.testing.assert_allclose(found, s2sad.hvp(loss)(X, 0.7, dot_x=direction))


def test_several_modes_in_one_file() -> None:
    from s2sad.modes import generate_all
    from s2sad.pipeline import Request
    from s2sad.source.module import SourceModule

    text = """
import numpy as np


def mix(a, b):
    return a * np.exp(-b * b)


def f(x):
    return np.sum(mix(x, x))
"""
    module = SourceModule.from_text(text, "several.py")
    modes = ("value-and-grad", "vjp", "jvp", "hvp", "hessian", "jacobian")
    made = generate_all(module, [Request("f", ("x",), mode=mode) for mode in modes]).text
    assert made.count("def mix_jvp(") == made.count("def mix_backward(") == 1
    assert "mix_jvp_" not in made
    scope: dict[str, Any] = {}
    exec(made, scope)
    np.testing.assert_allclose(scope["f_jacobian"](X), scope["f_value_and_grad"](X)[1])
    np.testing.assert_allclose(scope["f_hessian"](X) @ X, scope["f_hvp"](X, dot_x=X))


class Spring:
    def __init__(self, stiffness: float) -> None:
        self.stiffness = stiffness

    def energy(self, x):
        return 0.5 * self.stiffness * x * x


@dataclasses.dataclass
class Stated:
    stiffness: float


class Damped(Stated):
    def energy(self, x):
        return 0.5 * self.stiffness * x * x


def test_an_object_whose_fields_nothing_states_has_no_gradient() -> None:
    for mode in ("grad", "hessian", "hvp"):
        with pytest.raises(s2sad.S2SADError) as refusal:
            getattr(s2sad, mode)(Spring.energy, wrt="self")
        assert refusal.value.code == "S2S018"
    assert s2sad.grad(Spring.energy, wrt="x")(Spring(3.0), 2.0) == 6.0
    _, dot = s2sad.jvp(Spring.energy, wrt="self")(Spring(3.0), 2.0, dot_self=Spring(1.0))
    assert dot == 2.0
    assert s2sad.grad(Damped.energy, wrt="self")(Damped(3.0), 2.0) == Damped(2.0)
