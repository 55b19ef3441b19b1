"""What is computed again on the way back instead of being kept, and what must not be."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from jaxtyping import Float
from numpy import ndarray

from s2sad import value_and_grad
from tests.checking import check_gradient

w = np.array([0.3, -0.7, 1.1, 0.4, 0.9])


def of_each_iteration(w: Float[ndarray, " n"], x: float) -> float:
    for k in range(len(w) - 1):
        g = 0.5 * (w[k] + w[k + 1])
        h = g * g
        x = x * np.sin(h) + g * x
    return x


def before_an_iteration_ends_early(w: Float[ndarray, " n"], x: float) -> float:
    """Two loops, so that the outer one must not keep what the inner one computes again."""
    for i in range(len(w)):
        for j in range(i + 1, len(w)):
            d = w[i] - w[j]
            r = d * d + 0.1
            if r > 1.5:
                continue
            x = x * np.sin(r) + 1.0 / r
    return x


def needed_before_the_loop_too(w: Float[ndarray, " n"], x: float, steps: int) -> float:
    g = np.exp(w[0] * x)
    x = x * g * g
    for k in range(steps):
        g = w[k] * w[k + 1]
        x = x + np.sin(g * x)
    return x * g


def after_the_loop(w: Float[ndarray, " n"], x: float) -> float:
    g = 0.1
    for k in range(3):
        g = w[k] + 1.0
        x = np.sin(x * g)
    g = g * x
    return g * g


def operand_changes_later(w: Float[ndarray, " n"], x: float) -> float:
    a = 1.5
    for k in range(4):
        g = a * w[k]
        x = x * np.sin(g) + g * g
        a = a * x
    return x


def carried_operand(w: Float[ndarray, " n"], x: float) -> float:
    for k in range(4):
        x = np.sin(x) + w[k]
        g = x * w[k]
        x2 = g * g * x
        w = w + 0.1 * x2
    return np.sum(w) * x


def changed_in_place_later(w: Float[ndarray, " n"], x: float) -> float:
    s = 0.0
    for _ in range(3):
        g = 0.5 * w
        g[0] = x * x
        g *= x
        x = x + np.sum(g * g) * 0.1
        s = s + x
    return s


def written_later(w: Float[ndarray, " n"], x: float) -> float:
    for _ in range(3):
        g = 0.5 * w
        g[0] = x * x
        x = x + np.sum(g * g) * 0.1
    return x


def element_of_what_is_written(w: Float[ndarray, " n"], x: float) -> float:
    c = w.copy()
    for k in range(3):
        g = c[k] * 2.0
        x = x * np.sin(g) + g * g
        c[k] = x
        c[k + 1] = x * c[k + 1]
    return x * np.sum(c)


def view_of_what_is_not_written(w: Float[ndarray, " n"], x: float) -> float:
    for k in range(3):
        part = w[k : k + 2]
        x = x * np.sum(part * part) * 0.5
    return x


def view_of_what_is_written(w: Float[ndarray, " n"], x: float) -> float:
    for k in range(3):
        part = w[k : k + 2]
        x = x * np.sum(part * part) * 0.5
        w[k] = x
    return x


def given_in_a_branch(w: Float[ndarray, " n"], x: float) -> float:
    g = 1.0
    for k in range(4):
        if w[k] > 0.35:
            g = w[k] * x
        x = np.sin(x * g) + g * g
    return x


def inner_loop(w: Float[ndarray, " n"], x: float) -> float:
    for k in range(3):
        a = w[k] * 2.0
        for j in range(2):
            b = a * w[j]
            x = x * np.cos(b * x)
    return x


def operand_of_an_outer_loop(w: Float[ndarray, " n"], x: float) -> float:
    a = x
    for k in range(3):
        a = np.sin(a * w[k])
        for j in range(2):
            b = a * w[j]
            x = x * np.cos(b * x)
    return x * a


def contents(w: Float[ndarray, " n"], x: float) -> float:
    c = np.zeros(5)
    for k in range(5):
        c[k] = x * w[k]
        c[k] = c[k] * np.sin(c[k])
    return np.sum(c * c)


def contents_of_a_changed_operand(w: Float[ndarray, " n"], x: float) -> float:
    c = np.zeros(5)
    for k in range(5):
        c[k] = x * w[k]
        x = np.sin(x) + 0.1
        c[k] = c[k] * c[k] * x
    return np.sum(c * c) * x


def contents_written_between(w: Float[ndarray, " n"], x: float) -> float:
    c = np.zeros(5)
    for k in range(1, 5):
        c[k] = x * w[k]
        c[k - 1 : k + 1] = c[k - 1 : k + 1] * w[0]
        c[k] = np.sin(c[k] * x)
    return np.sum(c * c) * x


def contents_at_a_changed_index(w: Float[ndarray, " n"], x: float) -> float:
    c = np.zeros(5)
    k = 0
    for _ in range(4):
        c[k] = x * w[k]
        k = k + 1
        c[k] = x * c[k - 1]
        c[k] = np.sin(c[k] * c[k - 1])
    return np.sum(c * c)


def contents_from_themselves(w: Float[ndarray, " n"], x: float) -> float:
    c = np.zeros(5)
    for k in range(1, 5):
        c[k] = x * c[k - 1] + w[k]
        c[k - 1] = x
        c[k] = np.sin(c[k]) * c[k - 1]
    return np.sum(c * c)


CALLS: dict[Any, tuple[Any, ...]] = {
    of_each_iteration: (),
    before_an_iteration_ends_early: (),
    needed_before_the_loop_too: (3,),
    after_the_loop: (),
    operand_changes_later: (),
    carried_operand: (),
    changed_in_place_later: (),
    written_later: (),
    element_of_what_is_written: (),
    view_of_what_is_not_written: (),
    view_of_what_is_written: (),
    given_in_a_branch: (),
    inner_loop: (),
    operand_of_an_outer_loop: (),
    contents: (),
    contents_of_a_changed_operand: (),
    contents_written_between: (),
    contents_at_a_changed_index: (),
    contents_from_themselves: (),
}


@pytest.mark.parametrize("function", CALLS, ids=lambda f: f.__name__)
def test_gradient(function: Any) -> None:
    generated = value_and_grad(function, wrt=("w", "x"))
    check_gradient(function, (w.copy(), 0.8, *CALLS[function]), ("w", "x"), generated)


def test_a_loop_that_does_not_run() -> None:
    generated = value_and_grad(needed_before_the_loop_too, wrt=("w", "x"))
    check_gradient(needed_before_the_loop_too, (w.copy(), 0.8, 0), ("w", "x"), generated)


@pytest.mark.parametrize(
    ("function", "lines"),
    [
        (of_each_iteration, ["g = 0.5 * (w[k] + w[k + 1])", "h = g * g"]),
        (before_an_iteration_ends_early, ["d = w[i] - w[j]", "r = d * d + 0.1"]),
        (needed_before_the_loop_too, ["g_in = g", "g = w[k] * w[k + 1]", "g = g_in"]),
        (view_of_what_is_not_written, ["part = w[k : k + 2]"]),
        (inner_loop, ["a = w[k] * 2.0", "b = a * w[j]"]),
        (contents, ["c[k] = x * w[k]"]),
    ],
    ids=lambda f: getattr(f, "__name__", ""),
)
def test_nothing_else_is_kept(function: Any, lines: list[str]) -> None:
    generated: Any = value_and_grad(function, wrt=("w", "x"))
    forward, backward = generated.source.split("# Backward")
    assert all(name not in forward for name in ("g_trace", "h_trace", "part_trace", "d_trace"))
    assert all(name not in forward for name in ("a_trace", "b_trace", "c_trace", "r_trace"))
    for line in lines:
        assert line in (forward if line == "g_in = g" else backward), generated.source
