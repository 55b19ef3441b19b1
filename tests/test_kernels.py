"""Kernels of scientific code: each computes what its name says, and its gradient is right."""

from __future__ import annotations

import copy
import inspect
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.checking import along, children, float_leaves, moved, same
from tests.kernels import Kernel, kernels

s2sad = pytest.importorskip("s2sad")

KERNELS = kernels()
IDS = [kernel.name for kernel in KERNELS]


@pytest.mark.parametrize("kernel", [k for k in KERNELS if k.expected], ids=lambda k: k.name)
def test_computes_what_its_name_says(kernel: Kernel) -> None:
    assert kernel.expected is not None
    for size in kernel.sizes:
        args = kernel.arguments(size)
        result = [leaf for _, leaf in float_leaves(kernel.results(args))]
        expected = [leaf for _, leaf in float_leaves(kernel.expected(*copy.deepcopy(args)))]
        assert len(result) == len(expected) > 0
        for ours, theirs in zip(result, expected, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("kernel", KERNELS, ids=IDS)
def test_is_smooth_where_it_is_tested(kernel: Kernel) -> None:
    """Differences of two widths agree: none of the directions meets a kink."""
    for size in kernel.sizes:
        for name, wide, narrow in differences(kernel, size, 1e-4, 3e-5):
            assert abs(wide - narrow) <= 1e-6 * (1.0 + abs(wide)), (name, wide, narrow)


def keyed(kernel: Kernel, args: tuple[Any, ...]) -> dict[str, int]:
    return {name: k for k, name in enumerate(inspect.signature(kernel.function).parameters)}


def directions(kernel: Kernel, args: tuple[Any, ...]) -> list[tuple[str, list[Any]]]:
    """Three along all that it is differentiated for, and one for each parameter alone."""
    rng = np.random.default_rng(11)
    steps = [[rng.standard_normal(np.shape(a)) for a in args] for _ in range(3)]
    where = keyed(kernel, args)
    chosen = [where[name] for name in kernel.wrt]

    def only(step: list[Any], kept: list[int]) -> list[Any]:
        return [v if k in kept else None for k, v in enumerate(step)]

    found = [("all of them", only(step, chosen)) for step in steps]
    if len(kernel.wrt) > 1:
        found += [(name, only(steps[0], [where[name]])) for name in kernel.wrt]
    return found


def cotangent(result: Any) -> Any:
    """Random weights for each float of a result; numbers become arrays without axes."""
    rng = np.random.default_rng(5)

    def weights(tree: Any) -> Any:
        parts = children(tree)
        if parts is None:
            shape = np.shape(tree)
            return rng.standard_normal(shape) if shape else float(rng.standard_normal())
        return type(tree)(weights(part) for _, part in parts)

    return weights(result)


def is_scalar(result: Any) -> bool:
    return children(result) is None and np.ndim(result) == 0


def single(args: tuple[Any, ...]) -> bool:
    return any(np.asarray(leaf).dtype == np.float32 for _, leaf in float_leaves(list(args)))


def differences(kernel: Kernel, size: int, *widths: float) -> list[tuple[Any, ...]]:
    """For each direction its name and the differences of these widths."""
    args = kernel.arguments(size)
    if single(args):
        args = tuple(a.astype(float) if isinstance(a, np.ndarray) else a for a in args)
    result = kernel.results(args)
    seeds = None if is_scalar(result) else dict(float_leaves(cotangent(result)))
    found = []
    for name, step in directions(kernel, args):

        def at(t: float, step: list[Any] = step) -> float:
            there = tuple(
                a if v is None else moved(a, {(): t * v}) for a, v in zip(args, step, strict=True)
            )
            result = kernel.results(there)
            if seeds is None:
                return float(result)
            return float(sum(np.sum(leaf * seeds[p]) for p, leaf in float_leaves(result)))

        with np.errstate(all="ignore"):
            found.append((name, *(along(at, width) for width in widths)))
    return found


REFUSED: dict[str, str] = {}
"""Kernels that are refused as yet, and the code of the refusal; one that works must leave."""


def is_refused(kernel: Kernel, make: Callable[[], Any], table: dict[str, str]) -> bool:
    """Whether a table names the kernel; what it says has to be true then."""
    if kernel.name not in table:
        return False
    with pytest.raises(s2sad.S2SADError) as refusal:
        make()
    assert refusal.value.code == table[kernel.name]
    return True


def test_refusals_name_kernels() -> None:
    assert set(REFUSED) <= set(IDS)


@pytest.mark.parametrize("kernel", KERNELS, ids=IDS)
def test_gradient(kernel: Kernel) -> None:
    scalar = is_scalar(kernel.results(kernel.arguments(kernel.sizes[0])))
    make = s2sad.value_and_grad if scalar else s2sad.vjp
    if is_refused(kernel, lambda: make(kernel.function, wrt=kernel.wrt), REFUSED):
        return
    generated = make(kernel.function, wrt=kernel.wrt)
    if kernel.stops:
        with pytest.raises(ValueError, match=kernel.stops):
            check(kernel, kernel.sizes[0], generated, scalar)
        return
    for size in kernel.sizes:
        check(kernel, size, generated, scalar)


def check(kernel: Kernel, size: int, generated: Any, scalar: bool) -> None:
    args = kernel.arguments(size)
    true_value = kernel.results(args)
    seed = {} if scalar else {"d_out": cotangent(true_value)}
    given, given_seed = copy.deepcopy(args), copy.deepcopy(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        value, gradient = generated(*given, **given_seed)
        again = generated(*copy.deepcopy(args), **copy.deepcopy(seed))

    assert same(value, true_value), f"value {value!r}, should be {true_value!r}"
    assert same(list(given), list(args)), "the caller's arguments were changed"
    assert same(given_seed, seed), "the seed was changed"
    assert same(list(again), [value, gradient]), "a second call gives something else"

    where = keyed(kernel, args)
    assert isinstance(gradient, tuple) and len(gradient) == len(kernel.wrt)
    outside = [given, given_seed]
    for name, d in zip(kernel.wrt, gradient, strict=True):
        argument = args[where[name]]
        assert np.shape(d) == np.shape(argument), f"d_{name} has shape {np.shape(d)}"
        if isinstance(argument, np.ndarray):
            assert isinstance(d, np.ndarray) and d.dtype == argument.dtype, f"d_{name}: {d!r}"
    results = [*gradient, *(leaf for _, leaf in float_leaves(value))]
    for k, result in enumerate(results):
        for _, other in float_leaves(outside):
            assert not np.shares_memory(result, other), "a result shares memory with an argument"
        for other in results[:k]:
            assert not np.shares_memory(result, other), "two results share memory"

    tolerance = 1e-4 if single(args) else 1e-6
    for (label, step), (_, numeric) in zip(
        directions(kernel, args), differences(kernel, size, 1e-4), strict=True
    ):
        exact = sum(
            float(np.sum(np.asarray(d, dtype=float) * step[where[name]]))
            for name, d in zip(kernel.wrt, gradient, strict=True)
            if step[where[name]] is not None
        )
        assert abs(exact - numeric) <= tolerance * (
            1.0 + abs(numeric)
        ), f"size {size}, {label}: {exact:.10g}, differences say {numeric:.10g}"
