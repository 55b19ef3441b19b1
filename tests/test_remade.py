"""Arrays that are filled again on the way back instead of being kept, and others."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from jaxtyping import Float
from numpy import ndarray

from s2sad import checkpointed, value_and_grad
from tests.checking import check_gradient


def sweeps(x: Float[ndarray, " n"], c: float, steps: int) -> float:
    """Two systems in each step; the coefficients in p depend on nothing that varies."""
    n = len(x)
    p = np.zeros(n)
    for _ in range(steps):
        p[0] = 0.2
        for j in range(1, n):
            p[j] = 0.5 / (p[j - 1] + 1.3)
        for j in range(n - 2, -1, -1):
            x[j] = p[j] * x[j + 1] + x[j] * c
        p[0] = 0.1
        for j in range(1, n):
            p[j] = 0.4 / (p[j - 1] + 1.7)
        for j in range(1, n):
            x[j] = p[j] * x[j - 1] + x[j]
    return np.sum(x * x)


def coefficients_that_vary(x: Float[ndarray, " n"], c: float, steps: int) -> float:
    """Thomas' algorithm for each step: p and q together, from a number that varies."""
    n = len(x)
    p = np.empty(n)
    q = np.empty(n)
    for _ in range(steps):
        p[0] = c / 3.0
        q[0] = 1.0 / 3.0
        for j in range(1, n):
            p[j] = c / (3.0 - c * p[j - 1])
            q[j] = p[j] * 0.5 + 1.0
        for j in range(n - 2, -1, -1):
            x[j] = q[j] * x[j] - p[j] * x[j + 1] * x[j]
    return np.sum(x * x)


def first_element_from_before(x: Float[ndarray, " n"], c: float, steps: int) -> float:
    """What the loop starts from is given once."""
    n = len(x)
    p = np.empty(n)
    p[0] = c * c
    for _ in range(steps):
        for j in range(1, n):
            p[j] = c / (p[j - 1] + 2.0)
        x[1:] = x[1:] * p[:-1] * x[:-1]
        for j in range(1, n):
            p[j] = 0.5 * c / (p[j - 1] + 2.5)
        x[:-1] = x[1:] * p[1:] * x[:-1]
    return np.sum(x * x) + p[0]


def first_element_changes(x: Float[ndarray, " n"], c: float, steps: int) -> float:
    """What the loop starts from is another in each step."""
    n = len(x)
    p = np.empty(n)
    p[0] = c
    for _ in range(steps):
        for j in range(1, n):
            p[j] = c / (p[j - 1] + 2.0)
        x[1:] = x[1:] * p[:-1] * x[:-1]
        p[0] = p[-1]
    return np.sum(x * x)


def operand_changes(x: Float[ndarray, " n"], c: float, steps: int) -> float:
    p = np.empty(len(x))
    k = c
    for _ in range(steps):
        p[0] = k
        for j in range(1, len(x)):
            p[j] = k / (p[j - 1] + 2.0)
        x[1:] = x[1:] * p[:-1] * x[:-1]
        k = k * 0.5
    return np.sum(x * x)


def operand_array_changes(x: Float[ndarray, " n"], c: float, steps: int) -> float:
    """x is another when the mirror of an iteration begins."""
    p = np.empty(len(x))
    for _ in range(steps):
        for j in range(len(x)):
            p[j] = x[j] * c
        x[1:] = np.sin(p[:-1] * p[1:])
    return np.sum(x * x)


def operand_array_stands(x: Float[ndarray, " n"], c: float, steps: int) -> float:
    w = np.cos(x)
    w[0] = c
    p = np.empty(len(x))
    for t in range(steps):
        p[:] = w * (t + 1.0)
        x[1:] = np.sin(p[:-1] * x[1:])
    w[1] = 0.0
    return np.sum(x * x * w)


def rows_of_a_number(x: Float[ndarray, " n"], c: float, steps: int) -> float:
    """Which row is filled depends on the step: it stands."""
    n = len(x)
    p = np.empty((steps, n))
    for t in range(steps):
        p[t, 0] = c
        for j in range(1, n):
            p[t, j] = c / (p[t, j - 1] + 2.0)
        x = x * p[t] * p[0]
    return np.sum(x * x)


def only_a_part(x: Float[ndarray, " n"], c: float, steps: int) -> float:
    """Every second element keeps what the step before has left there."""
    n = len(x)
    p = x.copy()
    for _ in range(steps):
        for j in range(0, n, 2):
            p[j] = c * (0.1 * j + 1.0)
        x = np.sin(x * p)
        p[:] = p + 0.1 * c
    return np.sum(x * p)


def not_every_step(x: Float[ndarray, " n"], c: float, steps: int) -> float:
    n = len(x)
    p = np.ones(n)
    for t in range(steps):
        if t % 2 == 0:
            for j in range(n):
                p[j] = c * (0.1 * j + 1.0)
        x = np.sin(x * p)
        p[:] = 0.5 * c
        x = np.sin(x * p)
    return np.sum(x)


def the_loop_may_not_run(x: Float[ndarray, " n"], c: float, steps: int) -> float:
    """With no steps p is what it was before the loop, which is needed."""
    n = len(x)
    p = x * x
    s = np.sum(p * p)
    for _ in range(steps):
        p[0] = c
        for j in range(1, n):
            p[j] = c / (p[j - 1] + 2.0)
        x = np.sin(x * p)
    p[:] = 0.0
    return s + np.sum(x)


def inner_loop_may_not_run(x: Float[ndarray, " n"], c: float, steps: int) -> float:
    n = len(x)
    p = np.ones(n)
    for t in range(steps):
        for _ in range(t):
            p[:] = c * 0.5
        x = np.sin(x * p)
        p[:] = 0.5
        x = np.sin(x * p)
    return np.sum(x)


def read_before_it_is_filled(x: Float[ndarray, " n"], c: float, steps: int) -> float:
    """A step reads what the one before has left, and then fills it."""
    n = len(x)
    p = 0.1 * x
    for _ in range(steps):
        x = np.sin(x + p * p)
        p[0] = c
        for j in range(1, n):
            p[j] = c / (p[j - 1] + 2.0)
        x = x * p * p
    return np.sum(x)


def another_array_between(x: Float[ndarray, " n"], c: float, steps: int) -> float:
    """q is filled with p, but changed before p is overwritten."""
    n = len(x)
    p = np.empty(n)
    q = np.empty(n)
    for _ in range(steps):
        for j in range(n):
            q[j] = c * (0.1 * j + 1.0)
            p[j] = q[j] * q[j]
        q[0] = 7.0
        x = np.sin(x * p) + q * q * x
        for j in range(n):
            p[j] = c * 0.1
        x = x * p * p
    return np.sum(x)


def loop_variable_read_after(x: Float[ndarray, " n"], c: float, steps: int) -> float:
    n = len(x)
    p = np.empty(n)
    for _ in range(steps):
        for j in range(n):
            p[j] = c * (0.1 * j + 1.0)
        for j in range(1, n - 1):
            x[j] = x[j] * p[j]
        x[j] = np.sin(x[j] * p[j]) * x[j + 1]
    return np.sum(x * x)


def number_of_the_loop(x: Float[ndarray, " n"], c: float, steps: int) -> float:
    """m is filled in with p and read outside of its loop."""
    n = len(x)
    p = np.empty(n)
    m = 1.0
    for _ in range(steps):
        for j in range(n):
            m = c + 0.1 * j
            p[j] = m * 0.3
        x = np.sin(x * p) * m
        m = m * c
        for j in range(n):
            p[j] = 0.2
        x = x * p * m * m
    return np.sum(x)


def under_another_name(x: Float[ndarray, " n"], c: float, steps: int) -> float:
    n = len(x)
    p = np.empty(n)
    r = p[::-1]
    for _ in range(steps):
        for j in range(n):
            p[j] = c * (0.1 * j + 1.0)
        x = np.sin(x * p)
        r[0] = x[0]
        x = x * p
    return np.sum(x)


def steps_in_steps(x: Float[ndarray, " n"], c: float, steps: int) -> float:
    """The inner steps and the outer ones both fill p."""
    n = len(x)
    p = np.empty(n)
    for _ in range(steps):
        p[0] = c
        for j in range(1, n):
            p[j] = c / (p[j - 1] + 2.0)
        for _ in range(2):
            x = np.sin(x * p)
            p[0] = 0.3 * c
            for j in range(1, n):
                p[j] = c / (p[j - 1] + 3.0)
            x = x * p * p
        x = x * p
    return np.sum(x)


def in_a_branch(x: Float[ndarray, " n"], c: float, steps: int) -> float:
    n = len(x)
    p = np.empty(n)
    k = 0.5
    for t in range(steps):
        if t > 0:
            k = c
            for j in range(n):
                p[j] = k * (0.1 * j + 1.0)
            x = np.sin(x * p)
            for j in range(n):
                p[j] = k * 0.3
            x = np.sin(x * p)
            k = 0.1 * t
        x = x * k
    return np.sum(x * x)


def in_blocks(x: Float[ndarray, " n"], c: float, steps: int) -> float:
    n = len(x)
    p = np.zeros(n)
    for _ in checkpointed(range(steps)):
        p[0] = 0.2 * c
        for j in range(1, n):
            p[j] = 0.5 / (p[j - 1] + 1.3)
        for j in range(n - 2, -1, -1):
            x[j] = p[j] * x[j + 1] + np.sin(x[j])
    return np.sum(x * x)


def while_it_runs(x: Float[ndarray, " n"], c: float, steps: int) -> float:
    n = len(x)
    p = np.zeros(n)
    t = 0
    while t < steps:
        for j in range(n):
            p[j] = c * (0.1 * j + 1.0)
        x = np.sin(x * p)
        p[0] = 0.1
        t += 1
    return np.sum(x * x)


def left_early(x: Float[ndarray, " n"], c: float, steps: int) -> float:
    n = len(x)
    p = np.zeros(n)
    for _ in range(steps):
        for j in range(n):
            p[j] = c * (0.1 * j + 1.0)
        x = np.sin(x * p)
        if x[0] > 0.1:
            break
        for j in range(n):
            p[j] = 0.3 * c
        x = np.sin(x * p) + 1.0
    return np.sum(x * p)


def matrix(x: Float[ndarray, " n"], c: float, steps: int) -> float:
    n = len(x)
    P = np.empty((n, n))
    for _ in range(steps):
        for i in range(n):
            for j in range(n):
                P[i, j] = c * (0.1 * i + 0.2 * j)
        x = np.sin(P @ x)
        P[...] = 0.1 * c
        x = np.sin(P @ x) + x
    return np.sum(x * x)


FILLED = [
    sweeps,
    coefficients_that_vary,
    first_element_from_before,
    operand_array_stands,
    the_loop_may_not_run,
    number_of_the_loop,
    steps_in_steps,
    read_before_it_is_filled,
    another_array_between,
    in_blocks,
    while_it_runs,
    matrix,
    not_every_step,
    inner_loop_may_not_run,
]
KEPT = [
    first_element_changes,
    operand_changes,
    operand_array_changes,
    rows_of_a_number,
    only_a_part,
    loop_variable_read_after,
    in_a_branch,
    under_another_name,
    left_early,
]


@pytest.mark.parametrize("steps", [0, 1, 4])
@pytest.mark.parametrize("n", [3, 6])
@pytest.mark.parametrize("function", FILLED + KEPT, ids=lambda f: f.__name__)
def test_gradient(function: Any, n: int, steps: int) -> None:
    generated = value_and_grad(function, wrt=("x", "c"))
    x = np.random.default_rng(n).uniform(0.3, 0.9, n)
    check_gradient(function, (x, 0.7, steps), ("x", "c"), generated)


@pytest.mark.parametrize("function", FILLED, ids=lambda f: f.__name__)
def test_it_is_filled_again(function: Any) -> None:
    generated: Any = value_and_grad(function, wrt=("x", "c"))
    assert "again." in generated.source, generated.source


@pytest.mark.parametrize("function", KEPT, ids=lambda f: f.__name__)
def test_it_is_kept(function: Any) -> None:
    generated: Any = value_and_grad(function, wrt=("x", "c"))
    assert "again." not in generated.source, generated.source


def test_it_is_filled_again_once() -> None:
    """What an iteration fills twice gets its last contents again, then its first."""
    text = value_and_grad(sweeps).source
    begins = ["for _ in reversed(range(steps)):", "# Fill p again.", "p[0] = 0.1"]
    assert "\n        ".join(begins) in text
    assert text.count("p[0] = 0.2") == text.count("p[0] = 0.1") == 2
    assert "pass" not in text
