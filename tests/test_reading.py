"""What an expert would not write is not in generated text: needless copies, sums, shapes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

s2sad = pytest.importorskip("s2sad")


def dense(x, W, b):
    return np.tanh(x @ W + b)


def layers_in_a_loop(layers, x):
    for layer in layers:
        x = dense(x, layer["W"], layer["b"])
        x = dense(x, layer["V"], layer["c"])
    return np.sum(x * x)


def penalty(params):
    total = 0.0
    for W in [params["first"], params["second"]]:
        total += np.sum(W**2)
    return total


def log_determinant(a, b):
    sign, logdet = np.linalg.slogdet(a)
    return logdet * b


def chain_of_factors(a, b, x):
    return np.sum((a * x + b) * np.exp(a * x))


def parts_of_a_sequence(p, x):
    width, height = p
    return np.sum(height * np.exp(-width * x))


def worked_in_a_copy(u, steps):
    u = u.copy()
    for _ in range(steps):
        u += 0.1 * np.sin(u)
    return np.sum(u)


def backward(function: Callable[..., Any], wrt: str) -> str:
    """The body of the function that is asked for."""
    text = str(s2sad.value_and_grad(function, wrt=wrt).source)
    return text[text.index(f"def {function.__name__}_value_and_grad") :]


def test_no_adjoint_is_copied_to_another_name_in_a_loop() -> None:
    text = backward(layers_in_a_loop, "layers")
    assert re.findall(r"^ +d_\w+ = d_\w+$", text, re.MULTILINE) == []
    assert '{"V": d_V, "c": d_c, "W": d_W, "b": d_b}' in text


def test_a_list_that_is_written_out_has_its_length_written_out() -> None:
    assert "[None] * 2" in backward(penalty, "params")


def test_parts_that_no_rule_reads_are_not_filled_in() -> None:
    assert "all_parts" not in backward(log_determinant, "a")


def test_what_is_elementwise_is_summed_down_once() -> None:
    text = backward(chain_of_factors, "a")
    assert "unbroadcast(unbroadcast(" not in text.replace("\n", "").replace(" ", "")
    assert text.count("unbroadcast(") == 2
    assert "np.shape(product)" not in text


def test_items_are_named_after_what_they_are_given_to() -> None:
    assert "{0: d_width, 1: d_height}" in backward(parts_of_a_sequence, "p")


def test_a_parameter_that_gives_its_name_to_a_copy_is_not_copied() -> None:
    assert "np.copy(u)" not in backward(worked_in_a_copy, "u").partition("for _")[0]


@pytest.mark.parametrize(
    ("function", "wrt", "args"),
    [
        (log_determinant, "a", (np.eye(3) + 0.1 * np.arange(9.0).reshape(3, 3), 0.7)),
        (chain_of_factors, "a", (0.3, np.array([0.5, 0.1]), np.array([[0.2], [0.7]]))),
        (chain_of_factors, "b", (np.array([0.4]), 0.5, np.array([[0.2], [0.7]]))),
        (worked_in_a_copy, "u", (np.array([0.3, 0.9]), 3)),
    ],
)
def test_the_gradient_is_that_of_differences(
    function: Callable[..., Any], wrt: str, args: tuple[Any, ...]
) -> None:
    position = function.__code__.co_varnames.index(wrt)
    gradient = s2sad.grad(function, wrt=wrt)(*args)
    direction = np.cos(np.arange(np.size(args[position]))).reshape(np.shape(args[position]))

    def at(step: float) -> Any:
        moved = args[position] + step * direction
        return function(*args[:position], moved, *args[position + 1 :])

    slope = (at(1e-6) - at(-1e-6)) / 2e-6
    assert np.sum(gradient * direction) == pytest.approx(slope, rel=1e-7)
