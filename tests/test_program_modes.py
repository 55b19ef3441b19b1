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
from tests.checking import Call, check_product, children, positions_of, random_tangent
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
        assert check_product(function, call, names, gradient, product)


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
