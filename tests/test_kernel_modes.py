"""Kernels of scientific code: their tangents and second derivatives are right.

A tangent is held against differences of the plain function; the derivative of the gradient along a
direction against differences of the gradient, which `test_kernels` holds against the function.
"""

from __future__ import annotations

import copy
import functools
import inspect
import warnings
from typing import Any

import numpy as np
import pytest

from tests.checking import check_tangent, moved, same
from tests.fuzz_writes import unformatted
from tests.kernels import Kernel, kernels
from tests.test_kernels import REFUSED, cotangent, is_refused, is_scalar, keyed, single

s2sad = pytest.importorskip("s2sad")

KERNELS = kernels()
IDS = [kernel.name for kernel in KERNELS]


def results_of(kernel: Kernel) -> Any:
    """The plain function, with what it writes as its result if it returns nothing."""

    def function(*args: Any) -> Any:
        result = kernel.function(*args)
        if not kernel.writes:
            return result
        where = keyed(kernel, args)
        written = tuple(args[where[name]] for name in kernel.writes)
        return written if len(written) > 1 else written[0]

    function.__signature__ = inspect.signature(kernel.function)
    return function


FORWARD_REFUSED: dict[str, str] = {}
"""Kernels whose tangent is refused as yet, and the code of the refusal."""

TWICE_REFUSED: dict[str, str] = {}
"""Kernels whose gradient is not differentiated again as yet, and the code of the refusal."""


def test_refusals_name_kernels() -> None:
    assert set(FORWARD_REFUSED) | set(TWICE_REFUSED) <= set(IDS)


@pytest.mark.parametrize("kernel", KERNELS, ids=IDS)
def test_tangent(kernel: Kernel) -> None:
    make = functools.partial(s2sad.jvp, kernel.function, wrt=kernel.wrt)
    if is_refused(kernel, make, FORWARD_REFUSED):
        return
    generated = make()
    args = kernel.arguments(kernel.sizes[0])
    check_tangent(results_of(kernel), args, kernel.wrt, generated)


KINKS = {"signals.floyd_warshall"}


@pytest.mark.parametrize("kernel", KERNELS, ids=IDS)
def test_derivative_of_the_gradient(kernel: Kernel) -> None:
    size = kernel.sizes[0]
    args = kernel.arguments(size)
    value = kernel.results(args)
    scalar = is_scalar(value)
    seed = {} if scalar else {"d_out": cotangent(value)}
    if kernel.name in REFUSED or kernel.stops:
        return
    # As in test_kernels, so that it is generated once.
    gradient = (s2sad.value_and_grad if scalar else s2sad.vjp)(kernel.function, wrt=kernel.wrt)
    twice = s2sad.hvp if scalar else s2sad.jvp
    make = functools.partial(twice, kernel.function if scalar else gradient, wrt=kernel.wrt)
    if is_refused(kernel, make, TWICE_REFUSED):
        return
    with unformatted():
        product = make()
    rng = np.random.default_rng(3)
    where = keyed(kernel, args)
    steps = {n: rng.standard_normal(np.shape(args[where[n]])) for n in kernel.wrt}
    dots = {
        f"dot_{n}": v.astype(np.asarray(args[where[n]]).dtype) if v.ndim else float(v)
        for n, v in steps.items()
    }
    given, given_seed = copy.deepcopy(args), copy.deepcopy(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        found = product(*given, **given_seed, **dots)
        assert same(list(given), list(args)), "the caller's arguments were changed"
        if not scalar:
            _, (_, found) = found

        def at(t: float) -> list[np.ndarray]:
            there = list(copy.deepcopy(args))
            for n, v in steps.items():
                there[where[n]] = moved(there[where[n]], {(): t * v})
            _, out = gradient(*there, **copy.deepcopy(seed))
            return [np.asarray(d, float) for d in out]

        step, bound = (1e-2, 1e-2) if single(args) else (1e-4, 1e-6)
        near, back, far, behind = at(step), at(-step), at(2 * step), at(-2 * step)
    for k, name in enumerate(kernel.wrt):
        by_near, by_far = (near[k] - back[k]) / (2.0 * step), (far[k] - behind[k]) / (4.0 * step)
        if np.max(np.abs(by_near - by_far), initial=0.0) > 0.1 * (
            1.0 + np.max(np.abs(by_far), initial=0.0)
        ):
            assert kernel.name in KINKS  # its gradient has a step there
            continue
        numeric = (8.0 * (near[k] - back[k]) - (far[k] - behind[k])) / (12.0 * step)
        scale = 1.0 + np.max(np.abs(numeric), initial=0.0) + np.max(np.abs(near[k]), initial=0.0)
        assert np.shape(found[k]) == np.shape(args[where[name]])
        error = np.max(np.abs(np.asarray(found[k], float) - numeric), initial=0.0)
        assert error <= bound * scale, f"d_{name}: {found[k]}, differences say {numeric}"


def check_hessian(kernel: Kernel) -> bool:
    """The Hessian times a direction against the product with it; whether the kernel has one."""
    args = kernel.arguments(kernel.sizes[0])
    if kernel.name in REFUSED or kernel.stops or not is_scalar(kernel.results(args)):
        return False
    with unformatted():
        hessian = s2sad.hessian(kernel.function, wrt=kernel.wrt)
        product = s2sad.hvp(kernel.function, wrt=kernel.wrt)
    rng = np.random.default_rng(0)
    given = [np.asarray(args[keyed(kernel, args)[name]]) for name in kernel.wrt]
    steps = [rng.standard_normal(x.shape).astype(x.dtype) if x.ndim else 0.7 for x in given]
    dots = {f"dot_{name}": step for name, step in zip(kernel.wrt, steps, strict=True)}
    blocks = hessian(*copy.deepcopy(args))
    found = product(*copy.deepcopy(args), **dots)
    bound = 1e-3 if single(args) else 1e-8
    for row, expected in zip(blocks, found, strict=True):
        total = sum(np.tensordot(b, v, np.ndim(v)) for b, v in zip(row, steps, strict=True))
        np.testing.assert_allclose(total, expected, bound, bound, err_msg=kernel.name)
    return True


@pytest.mark.parametrize("kernel", KERNELS[::40], ids=IDS[::40])
def test_hessian(kernel: Kernel) -> None:
    """A few of those that `python -W ignore -m tests.test_kernel_modes` checks."""
    check_hessian(kernel)


if __name__ == "__main__":
    print(f"{sum(map(check_hessian, KERNELS))} Hessians agree with products with them")
