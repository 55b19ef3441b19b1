"""Generated derivatives of the benchmarks' programs are those written by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from benchmarks.cases import CASES
from benchmarks.hand import tangents
from benchmarks.measuring import agrees, by_hand, generated
from benchmarks.modes import contestants, functions_of, jacobians


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[1])
def test_gradients_are_those_written_by_hand(case: Any) -> None:
    module, name, wrt, hand, sizes = case
    args = sizes["small"]()
    assert agrees(generated(module, name, wrt)(*args), by_hand(hand, name)(*args))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[1])
def test_tangents_and_hessians_agree_with_what_is_written_by_hand(case: Any) -> None:
    contestants(case, case[4]["small"](), functions_of(case))  # raises if one differs


def test_a_wrong_tangent_is_not_timed() -> None:
    case = next(case for case in CASES if case[1] == "rosenbrock")
    functions = functions_of(case)
    for mode in ("hand", "jvp"):
        wrong = {
            **functions,
            mode: lambda x, *, dot_x: (tangents.rosenbrock_jvp(x, dot_x=dot_x)[0], 0.0),
        }
        with pytest.raises(ArithmeticError, match=f"tangent of rosenbrock differs: {mode}"):
            contestants(case, case[4]["small"](), wrong)
    wrong = {**functions, "hvp": lambda x, *, dot_x: 1.001 * functions["hvp"](x, dot_x=dot_x)}
    with pytest.raises(ArithmeticError, match="Hessian of rosenbrock"):
        contestants(case, case[4]["small"](), wrong)


def test_jacobians_agree_with_the_closed_form() -> None:
    runs = jacobians(7)
    assert {"s2sad, forward", "s2sad, reverse"} <= set(runs)
    for run in runs.values():
        assert np.shape(run()) in {(7,), (7, 7)}
