"""Loops over directions: what is the same along all of them is computed once, and stays right.

Jacobians are held against central differences, Hessians against differences of gradients.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from jaxtyping import Float
from numpy import ndarray

import s2sad

X = np.array([0.7, -0.4, 1.3])
W = np.array([[0.3, -0.2, 0.5], [0.1, 0.7, -0.4], [0.6, 0.2, 0.9]])


def layers(x: Float[ndarray, " n"], w: Float[ndarray, "n n"]):
    return np.tanh(w @ np.tanh(x)) * x


def unannotated(x, w):
    h = np.sin(w @ x)
    return h * np.exp(x) + h[::-1]


def narrowed(x, w):
    """The parameter's name stands for something of another shape."""
    x = x[1:] * w[0, 0]
    y = np.sin(x)
    return y * x


def made_an_array(x, w):
    """Both modes do the same with the parameter first."""
    x = np.asarray(x)
    return np.cos(w @ x) * x


def grown(x):
    return np.exp(x) - 1.0


@s2sad.adjoint(grown)
def grown_rule(x):
    y = grown(x)  # noqa: F841
    d_x += d_y * np.exp(x)  # noqa: F841


def named_after_itself(x, w):
    """np.exp(x), which the slope of `grown` is, is not the x that was computed so."""
    x = np.exp(x)
    return grown(x) * w[0]


def in_the_else_of_a_loop(x, w):
    """What depends on the direction is read in an `else` alone."""
    scale = np.sum(np.tanh(w @ w))
    y = w[0, 0]
    for _ in range(2):
        y *= 1.1
    else:
        for v in x:
            y += np.sin(v) * v
    return y * scale


def named_before(x, w):
    """np.exp(x) has a name until x is something else."""
    a = np.exp(x)
    x = 0.5 * np.log(a)
    return grown(x) * w[0] + a


def names_taken(x, w):
    """What is computed once may not take these names."""
    cos_x = 2.0 * w[0]
    difference = cos_x * np.sin(x)
    unit = jacobian = difference * np.exp(x * cos_x)
    value = unit * x
    return value + jacobian


def in_place(x, w):
    """On the way back, each iteration finds the array as it was."""
    u = x.copy()
    for _ in range(3):
        u[1:] += 0.1 * np.sin(u[1:]) * u[:-1] * w[0, 1]
    return u


def remembered(x, w):
    """A stack that is taken apart, and a variable that is given back what it was."""
    h = np.zeros(3)
    for row in w:
        h = np.tanh(h * x + row)
        h = np.sin(h) * x
    return h


def held_and_written(x, w):
    """The arrays in the list are written into later: they are not what was remembered."""
    kept = []
    h = np.sin(x)
    for row in w:
        kept.append(h)
        h = h * row + x
    kept[0][1] = x[0] * x[2]
    return kept[0] * kept[1] + h * kept[2]


def overwritten(x, w):
    """The tangent reads the first h, the value the last."""
    h = np.exp(x)
    h = h * (w @ h)
    h = np.sin(h)
    return h


def branches(x, w):
    if w[0, 0] > 0.0:
        y = np.exp(x)
        z = y * x
    else:
        z = np.sin(x)
    return z * np.cos(x)


def bump(x):
    return np.exp(-x * x)


def calls(x, w):
    h = bump(w @ x)
    return h * bump(x)


def run_through(x, w):
    """An iterator can be run through once."""
    pairs = zip(range(3), w, strict=True)
    rows = [row * k for k, row in pairs]
    return np.sin(x) * (rows[1] + rows[2])


def checked(x, w):
    """What is checked is checked once, and what is printed is printed once."""
    if w.shape[0] != x.shape[0]:
        raise ValueError("sizes")
    print("called")
    return np.sqrt(1.0 + x * x) * (w @ x)


FUNCTIONS = [
    layers, unannotated, narrowed, made_an_array, named_after_itself, named_before, names_taken,
    in_the_else_of_a_loop, in_place, remembered, held_and_written, overwritten, branches, calls,
    run_through, checked,
]  # fmt: skip


def by_differences(function: Any, x: np.ndarray, *rest: Any) -> np.ndarray:
    """The Jacobian of an array in an array."""
    step, columns = 1e-6, []
    for unit in np.eye(x.size):
        far, near = (function(x + s * step * unit, *rest) for s in (1.0, -1.0))
        columns.append((far - near) / (2.0 * step))
    return np.stack(columns, axis=-1)


@pytest.mark.parametrize("mode", ["auto", "forward", "reverse"])
@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
def test_jacobian(function: Any, mode: str) -> None:
    made = s2sad.jacobian(function, mode=mode)
    x, w = X.copy(), W.copy()
    found = made(x, w)
    np.testing.assert_allclose(found, by_differences(function, X, W), atol=1e-8)
    np.testing.assert_array_equal(made(x, w), found)
    assert np.array_equal(x, X) and np.array_equal(w, W)


@pytest.mark.parametrize(
    "function", [layers, unannotated, names_taken, in_place, remembered, branches, run_through]
)
def test_rows_have_one_forward_sweep(function: Any) -> None:
    """No row calls a function that does it again."""
    assert "_vjp(" not in s2sad.jacobian(function, mode="reverse").source


@pytest.mark.parametrize("function", [layers, unannotated, narrowed, names_taken, run_through])
def test_columns_have_the_values_once(function: Any) -> None:
    assert "_jvp(" not in s2sad.jacobian(function, mode="forward").source


def test_the_text_is_what_an_expert_writes() -> None:
    text = s2sad.jacobian(layers).source
    body = text[text.index("# Forward.") :]
    assert body.split() == """
    # Forward.
    tanh_x = np.tanh(x)
    tanh = np.tanh(w @ tanh_x)
    value = tanh * x
    difference_2 = 1.0 - tanh * tanh
    difference = 1.0 - tanh_x * tanh_x
    jacobian = np.zeros(np.shape(value) + np.shape(x))
    if np.size(x) <= np.size(value):
        dot_x = np.zeros(np.shape(x))
        for i in range(len(x)):
            dot_x[i] = 1.0
            jacobian[..., i] = w @ (dot_x * difference) * difference_2 * x + dot_x * tanh
            dot_x[i] = 0.0
    else:
        d_out = np.zeros(np.shape(value))
        for i in range(len(value)):
            d_out[i] = 1.0
            # Backward: value = np.tanh(w @ np.tanh(x)) * x
            jacobian[i] = w.T @ (d_out * x * difference_2) * difference + d_out * tanh
            d_out[i] = 0.0
    return jacobian
    """.split()


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_effects_are_those_of_one_call(mode: str, capsys: Any) -> None:
    s2sad.jacobian(checked, mode=mode)(X, W)
    assert capsys.readouterr().out.count("called") == 1
    with pytest.raises(ValueError, match="sizes"):
        s2sad.jacobian(checked, mode=mode)(X, W[:2])


def noisy(x, rng):
    return x * rng.normal(size=3) + np.sin(x)


@pytest.mark.parametrize("mode", ["auto", "forward", "reverse"])
def test_random_numbers_are_drawn_once(mode: str) -> None:
    """Every column is one of the same function."""
    found = s2sad.jacobian(noisy, mode=mode)(X, np.random.default_rng(7))
    noise = np.random.default_rng(7).normal(size=3)
    np.testing.assert_allclose(found, np.diag(noise + np.cos(X)))


def energy(x: Float[ndarray, " n"], w: Float[ndarray, "n n"]) -> float:
    h = np.tanh(w @ x)
    return np.sum(h * h * np.exp(x))


def energy_of_iterator(x, w):
    """The rows of `pairs` are gone after the first direction."""
    pairs = zip(w[0], w[1], strict=True)
    total = 0.0
    for a, b in pairs:
        total += a * b
    return total * np.sum(np.exp(x) * x)


def energy_in_loop(x, w):
    s = 1.0
    for k in range(3):
        s = s * np.sin(x[k]) + np.sum(x * x) * w[0, k]
    return s


@pytest.mark.parametrize("function", [energy, energy_of_iterator, energy_in_loop])
def test_hessian(function: Any) -> None:
    made, slope = s2sad.hessian(function), s2sad.grad(function)
    found = made(X, W)
    np.testing.assert_allclose(found, by_differences(slope, X, W), atol=1e-7)
    np.testing.assert_array_equal(made(X, W), found)


def test_columns_of_a_hessian_have_the_values_once() -> None:
    text = s2sad.hessian(energy).source
    assert "_hvp(" not in text
    loop = text[text.index("dot_x[i] = 1.0") :]
    code = "".join(line for line in loop.splitlines() if not line.strip().startswith("#"))
    assert "np.tanh" not in code and "np.exp" not in code


def test_several_parameters() -> None:
    by_x, by_w = s2sad.jacobian(unannotated, wrt=("x", "w"), mode="reverse")(X, W)
    np.testing.assert_allclose(by_x, by_differences(unannotated, X, W), atol=1e-8)

    def of_w(flat: np.ndarray, x: np.ndarray) -> np.ndarray:
        return np.asarray(unannotated(x, flat.reshape(3, 3)))

    expected = by_differences(of_w, W.ravel(), X).reshape(3, 3, 3)
    np.testing.assert_allclose(by_w, expected, atol=1e-8)
    columns = s2sad.jacobian(unannotated, wrt=("x", "w"), mode="forward")(X, W)
    np.testing.assert_allclose(columns[1], by_w)


def test_sparse_columns_have_the_values_once() -> None:
    made = s2sad.sparse_jacobian(layers)
    assert "_jvp(" not in made.source
    rows, columns = (part.ravel() for part in np.indices((3, 3)))
    found = made(X, W, rows=rows, columns=columns)
    np.testing.assert_allclose(found, by_differences(layers, X, W).ravel(), atol=1e-8)
