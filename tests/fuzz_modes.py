"""What is wrong with tangents and Hessians of the programs of `fuzz_writes`.

    python -W ignore -m tests.fuzz_writes --mode jvp --count 500
    python -W ignore -m tests.fuzz_writes --mode hvp --count 500
    python -W ignore -m tests.fuzz_writes --mode hessian --count 500

A tangent is held against a complex step of the plain program, and so is a Jacobian along a
direction; a Hessian along two directions, or times one, against differences of complex steps, where
no branch flips nearby.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tests import fuzz_writes
from tests.checking import along
from tests.fuzz_writes import COMPLEX_NUMPY, PARAMETERS, complex_step, run, same_bits, wrt_of


def derivative_of(text: str, mode: str) -> Callable[..., Any]:
    """The function that is generated for a program in one mode."""
    from s2sad.modes import generate_all
    from s2sad.pipeline import Request
    from s2sad.source.module import SourceModule

    module = SourceModule.from_text(text, "program.py")
    request = Request("f", wrt_of(text), mode=mode, bare=False)
    with fuzz_writes.unformatted():
        generated = generate_all(module, [request]).text
    scope: dict[str, Any] = {"__name__": "generated"}
    exec(compile(generated, "<generated>", "exec", dont_inherit=True), scope)
    return scope[request.name]


def steps_of(args: tuple[Any, ...], wrt: tuple[str, ...], seed: int) -> list[Any]:
    """A direction: one step for each parameter, zero for those that are not in `wrt`."""
    rng = np.random.default_rng(seed)
    drawn = [rng.standard_normal(np.shape(x)) for x in args[:5]]
    return [step * float(name in wrt) for name, step in zip(PARAMETERS, drawn, strict=True)]


def tangents(step: list[Any], wrt: tuple[str, ...]) -> dict[str, Any]:
    """A direction as keyword arguments."""
    given = dict(zip(PARAMETERS, step, strict=True))
    return {f"dot_{n}": given[n] if np.ndim(given[n]) else np.float64(given[n]) for n in wrt}


def called(generated: Callable[..., Any], args: tuple[Any, ...], dots: dict[str, Any]) -> Any:
    """The result of a call, which must leave what it is handed as it was."""
    given, seeds = copy.deepcopy(args), copy.deepcopy(dots)
    found = generated(*given, **seeds)
    for before, after in zip([*args, *dots.values()], [*given, *seeds.values()], strict=True):
        assert same_bits(before, after), "arguments: what the caller handed over was changed"
    return found


def wrong_tangent(text: str, generated: Callable[..., Any], args: tuple[Any, ...]) -> str:
    """What is wrong with a jvp at one point; empty when nothing is."""
    value = run(text, np)(*copy.deepcopy(args))
    wrt, plain = wrt_of(text), run(text, COMPLEX_NUMPY)
    for label in ["all", *wrt]:
        step = steps_of(args, wrt if label == "all" else (label,), 8)
        found, tangent = called(generated, args, tangents(step, wrt))
        if not same_bits(found, value):
            return f"value {found!r}, should be {value!r}"
        right = complex_step(plain, args, step)
        if not math.isfinite(right) or abs(right) > 1e8:
            continue
        if np.ndim(tangent):
            return f"shape: the tangent has shape {np.shape(tangent)}"
        near = 1e-8 * (1.0 + abs(right) + abs(float(value)))
        if not (
            abs(tangent - right) <= near or fuzz_writes.is_tie(text, args, step, float(tangent))
        ):
            return f"tangent along {label}: {tangent:.10g}, should be {right:.10g}"
    return ""


def second_derivative(
    plain: Callable[..., Any], args: tuple[Any, ...], step: list[Any], other: list[Any]
) -> tuple[float, float] | None:
    """The derivative along `step` of the one along `other`, by differences of complex steps, and
    what is near it; None where they say nothing: near a branch that flips, say."""

    def slope(t: float) -> float:
        there = [x + t * v for x, v in zip(args[:5], step, strict=True)]
        return complex_step(plain, (*there, *args[5:]), other)

    wide, right = along(slope, 1e-4), along(slope, 2e-5)
    if not math.isfinite(right) or abs(right) > 1e8:
        return None
    size = 1.0 + abs(right) + abs(slope(0.0))
    return None if abs(wide - right) > 1e-7 * size else (right, 1e-6 * size)


def weights_of(other: list[Any], wrt: tuple[str, ...]) -> list[Any]:
    """The parts of a direction that are of the parameters in `wrt`."""
    given = dict(zip(PARAMETERS, other, strict=True))
    return [given[name] for name in wrt]


def wrong_product(text: str, generated: Callable[..., Any], args: tuple[Any, ...]) -> str:
    """What is wrong with an hvp at one point; empty when nothing is."""
    wrt, plain = wrt_of(text), run(text, COMPLEX_NUMPY)
    for seed in (8, 9):
        step, other = steps_of(args, wrt, seed), steps_of(args, wrt, seed + 10)
        dots = tangents(step, wrt)
        product = called(generated, args, dots)
        again = called(generated, args, dots)
        if not all(same_bits(x, y) for x, y in zip(product, again, strict=True)):
            return "again: a second call gives something else"
        for name, part in zip(wrt, product, strict=True):
            if np.shape(part) != np.shape(args[PARAMETERS.index(name)]):
                return f"shape: dot_d_{name} has shape {np.shape(part)}"
        found = second_derivative(plain, args, step, other)
        weights = weights_of(other, wrt)
        exact = sum(float(np.sum(p * w)) for p, w in zip(product, weights, strict=True))
        if found is not None and not abs(exact - found[0]) <= found[1]:
            return f"product along all: {exact:.10g}, should be {found[0]:.10g}"
    return ""


def wrong_hessian(text: str, generated: Callable[..., Any], args: tuple[Any, ...]) -> str:
    """What is wrong with a Hessian at one point; empty when nothing is."""
    wrt, plain = wrt_of(text), run(text, COMPLEX_NUMPY)
    blocks = called(generated, args, {})
    shapes = [np.shape(args[PARAMETERS.index(name)]) for name in wrt]
    for name, row, shape in zip(wrt, blocks, shapes, strict=True):
        for other, block, inner in zip(wrt, row, shapes, strict=True):
            if np.shape(block) != shape + inner:
                return f"shape: that of {name} and {other} has shape {np.shape(block)}"
    for seed in (8, 9):
        step, other = steps_of(args, wrt, seed), steps_of(args, wrt, seed + 10)
        along_step = [
            sum(
                np.tensordot(b, s, np.ndim(s))
                for b, s in zip(row, weights_of(step, wrt), strict=True)
            )
            for row in blocks
        ]
        weights = weights_of(other, wrt)
        exact = sum(float(np.sum(p * w)) for p, w in zip(along_step, weights, strict=True))
        found = second_derivative(plain, args, step, other)
        if found is not None and not abs(exact - found[0]) <= found[1]:
            return f"Hessian along all: {exact:.10g}, should be {found[0]:.10g}"
    return ""


def wrong_columns(text: str, generated: Callable[..., Any], args: tuple[Any, ...]) -> str:
    """What is wrong with a Jacobian that was found by columns, at one point."""
    wrt = wrt_of(text)
    found = called(generated, args, {})

    def tangent(*given: Any, **dots: Any) -> Any:
        parts = zip(found, dots.values(), strict=True)
        return run(text, np)(*copy.deepcopy(given)), sum(float(np.sum(d * w)) for d, w in parts)

    for name, part in zip(wrt, found, strict=True):
        if np.shape(part) != np.shape(args[PARAMETERS.index(name)]):
            return f"shape: that of {name} has shape {np.shape(part)}"
    return wrong_tangent(text, tangent, args)


WRONG = {
    "jvp": wrong_tangent,
    "hvp": wrong_product,
    "hessian": wrong_hessian,
    "jacobian-forward": wrong_columns,
}
