"""The programs of the acceptance check in second order.

Products with Hessians are held against differences of gradients, Hessians against those products.
Their tangents are in `test_golden`.
"""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import pytest

import s2sad
from tests.checking import (
    Call,
    Path,
    children,
    float_leaves,
    in_double,
    moved,
    positions_of,
    random_tangent,
    same,
)
from tests.golden.cases import HERE, calls_of_programs
from tests.test_golden import each_function, wrt_of


def asked_for(name: str) -> tuple[Any, Any, list[Any]]:
    """The plain function of a program, what it is differentiated for, and its calls."""
    program, _, function = name.partition(".")
    source = importlib.import_module(f"tests.golden.programs.{program}")
    found = getattr(source, function)
    wrt = wrt_of(HERE / "programs" / f"{program}.py")[function]
    return getattr(found, "__wrapped__", found), wrt, calls_of_programs()[name]


@each_function
def test_product_with_the_hessian(name: str) -> None:
    function, wrt, calls = asked_for(name)
    names = wrt if isinstance(wrt, tuple) else (wrt,)
    gradient, product = s2sad.grad(function, wrt=names), s2sad.hvp(function, wrt=names)
    if name == "arrays.where_guards":  # elsewhere it is infinite, as the slope of a root at 0
        calls = [(np.abs(x),) for (x,) in calls]
    for call in calls:
        given = Call.of(call)
        positions = positions_of(function, given, names)
        rng = np.random.default_rng(3)
        steps = {n: random_tangent(given.argument(key), rng) for n, key in positions.items()}
        dots = {f"dot_{n}": step for n, step in steps.items()}
        found, _ = Call(*given.args, **given.kwargs, **dots)(product)
        assert same(list(given.args), list(Call.of(call).args)), "arguments were changed"

        single = any(np.asarray(x).dtype == np.float32 for _, x in float_leaves(list(given.args)))
        step, bound = (1e-2, 1e-3) if single else (1e-4, 1e-6)

        def at(t: float, call: Any = call, steps: Any = steps) -> dict[Path, np.ndarray]:
            there = Call.of(call)
            there.args, there.kwargs = in_double(there.args), in_double(there.kwargs)
            for n, key in positions_of(function, there, names).items():
                move = {p: t * np.asarray(v, float) for p, v in float_leaves(steps[n])}
                there.replace(key, moved(there.argument(key), move))
            found, _ = there(gradient)
            return {path: np.asarray(leaf, float) for path, leaf in float_leaves(found)}

        near, back, far, behind = at(step), at(-step), at(2 * step), at(-2 * step)
        leaves = dict(float_leaves(found))
        assert leaves.keys() == near.keys(), "it is not structured like the gradient"
        for path in near:
            numeric = (8.0 * (near[path] - back[path]) - (far[path] - behind[path])) / (12 * step)
            scale = (
                1.0 + np.max(np.abs(numeric), initial=0.0) + np.max(np.abs(near[path]), initial=0.0)
            )
            error = np.max(np.abs(np.asarray(leaves[path], float) - numeric), initial=0.0)
            assert error <= bound * scale, f"{path}: {leaves[path]}, differences say {numeric}"


@each_function
def test_hessian(name: str) -> None:
    """Where the parameters are numbers and arrays: each column is a product."""
    function, wrt, calls = asked_for(name)
    names = wrt if isinstance(wrt, tuple) else (wrt,)
    given = Call.of(calls[0])
    positions = positions_of(function, given, names)
    if any(children(given.argument(key)) is not None for key in positions.values()):
        pytest.skip("a container has products")
    with np.errstate(all="ignore"):
        blocks, _ = given(s2sad.hessian(function, wrt=names))
        rng = np.random.default_rng(3)
        steps = {n: random_tangent(given.argument(key), rng) for n, key in positions.items()}
        dots = {f"dot_{n}": step for n, step in steps.items()}
        product, _ = Call(*Call.of(calls[0]).args, **given.kwargs, **dots)(
            s2sad.hvp(function, wrt=names)
        )
    for row, wanted in zip(blocks, product, strict=True):
        total: Any = 0.0
        for n, block in zip(names, row, strict=True):
            shape = np.shape(given.argument(positions[n]))
            assert np.shape(block) == np.shape(wanted) + shape
            total = total + np.tensordot(block, steps[n], axes=len(shape))
        np.testing.assert_allclose(total, wanted, rtol=1e-4, atol=1e-5)
