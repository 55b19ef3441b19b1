"""`s2sad verify` and `s2sad.testing`: what is right passes, what is wrong is found and located."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import s2sad
from s2sad.checks.differences import slope
from s2sad.checks.trees import inner, moved, same
from s2sad.checks.verify import Report, live_report
from s2sad.cli import command
from s2sad.testing import check_gradients
from tests.checking import Call
from tests.corpus import (
    containers,
    functions,
    inactive,
    indexing,
    loops,
    models,
    on_gradient,
    own_rules,
    while_loops,
)

HEAD = """
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from s2sad import adjoint, differentiable


def root(p, q):
    return brentq(lambda v: v**3 + q * v - p, -10.0, 10.0, xtol=1e-15)


@adjoint(root)
def root_rule(p, q):
    y = root(p, q)
    d_p += d_y / (3.0 * y**2 + q)
    d_q -= d_y * y / (3.0 * y**2 + q)
""".lstrip()

STRAIGHT = """

@differentiable(wrt=("p", "q"))
def loss(p: float, q: float) -> float:
    a = np.sin(p) * q
    b = a * a + p
    v = root(b, q)
    w = v * q
    return w * w
""".lstrip()

LOOP = """

@differentiable(wrt="x")
def loss(x: NDArray[np.float64], n: int) -> float:
    total = 0.0
    for k in range(n):
        x = np.tanh(x) + 0.1 * k
        if k > 0:
            q = 1.0 + x[0] * x[0]
            x = x * root(
                x[1],
                q,
            )
        total += np.sum(x)
    return total
""".lstrip()

CALLEE = """

def step(x, q):
    y = x * x
    z = root(y, q)
    return z + y


@differentiable
def loss(x: float, q: float) -> float:
    s = step(x, q) * x
    t = step(s, q)
    return np.sin(t)
""".lstrip()

WRONG = ("d_y * y /", "0.7 * d_y * y /")


def verify(path: Path, text: str, *options: str) -> Any:
    path.write_text(text)
    return CliRunner().invoke(command, ["verify", str(path), *options])


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "path", [*sys.path])
    return tmp_path / f"s2sad_verified_{abs(hash(tmp_path.name)) % 10**6}.py"


# ------------------------------------------------------------ verify


@pytest.mark.parametrize("body", [STRAIGHT, LOOP, CALLEE])
def test_what_is_right_passes(model, body):
    result = verify(model, HEAD + body)
    assert result.exit_code == 0, result.output
    assert "WRONG" not in result.output
    assert "by differences" in result.output


def test_a_wrong_rule_is_found_and_located(model):
    result = verify(model, (HEAD + STRAIGHT).replace(*WRONG))
    assert result.exit_code == 1, result.output
    rows = [line.split() for line in result.output.splitlines()]
    verdicts = {row[0]: row[-1] for row in rows if row and row[0] in "pq"}
    assert verdicts == {"p": "differences", "q": "WRONG"}
    assert "    v = root(b, q)\n" in result.output
    assert sum("^" in line for line in result.output.splitlines()) == 1


def test_it_is_located_inside_a_loop_and_a_branch(model):
    result = verify(model, (HEAD + LOOP).replace(*WRONG))
    assert result.exit_code == 1, result.output
    assert "            x = x * root(\n" in result.output


def test_it_is_located_inside_a_callee(model):
    wrong = (HEAD + CALLEE).replace(*WRONG).replace("@differentiable", '@differentiable(wrt="q")')
    result = verify(model, wrong)
    assert result.exit_code == 1, result.output
    assert "    z = root(y, q)\n" in result.output
    assert "    t = step(s, q)\n" in result.output
    assert "    s = step(x, q) * x\n" not in result.output


def test_a_wrong_sign_in_the_last_statement(model):
    body = "\n\n@differentiable\ndef loss(p: float) -> float:\n    q = p * p\n"
    result = verify(model, (HEAD + body + "    return root(2.0, q)\n").replace("d_q -=", "d_q +="))
    assert result.exit_code == 1, result.output
    assert "    return root(2.0, q)\n" in result.output


def test_a_wrong_tangent_is_told_from_a_wrong_adjoint(model):
    right = "    d_q -= d_y * y / (3.0 * y**2 + q)\n"
    stated = right + "    dot_y = (dot_p + dot_q * y) / (3.0 * y**2 + q)\n"
    result = verify(model, (HEAD + STRAIGHT).replace(right, stated))
    assert result.exit_code == 1, result.output
    assert "The adjoints are right: it is the tangent" in result.output
    assert "whose adjoint is wrong" not in result.output


def test_inputs_of_the_users_own(model):
    body = """

@differentiable
def loss(params, n: int) -> float:
    s = 0.0
    for k in range(n):
        s += root(params["a"] + k, params["b"][k])
    return s


def points():
    yield {"a": 1.0, "b": np.array([1.0, 2.0])}, 2
    yield {"params": {"a": 1.0, "b": np.array([3.0])}, "n": 1}
"""
    result = verify(model, HEAD + body)
    assert result.exit_code == 2
    assert "S2S082 s2sad verify cannot make a value for params" in result.stderr
    result = verify(model, HEAD + body, "--inputs", "points")
    assert result.exit_code == 0, result.output
    assert result.output.count("params['b']") == 2
    assert verify(model, HEAD + body, "--inputs", "nothing").exit_code == 2


def test_an_array_result_is_verified_as_a_vjp(model):
    body = "\n\ndef rows(x: NDArray[np.float64]):\n    return np.tanh(x) * root(2.0, 1.0), x * x\n"
    result = verify(model, HEAD + body, "--function", "rows")
    assert result.exit_code == 0, result.output
    assert "complex steps" in result.output


def test_inputs_are_made_where_the_function_has_a_value(model):
    body = "\n\ndef f(x: NDArray[np.float64], k: int) -> float:\n"
    result = verify(model, HEAD + body + "    return np.sum(np.log(x) ** k)\n", "--function", "f")
    assert result.exit_code == 0, result.output
    result = verify(model, HEAD + body + "    return np.sum(x[99:]) / 0.0\n", "--function", "f")
    assert result.exit_code == 2
    assert "S2S082" in result.stderr


def test_on_gradient_is_left_out(model):
    body = (
        "\n\nfrom s2sad import on_gradient\n\n\ndef f(x: float) -> float:\n"
        "    return on_gradient(x, np.sign) ** 2\n"
    )
    result = verify(model, HEAD + body, "--function", "f")
    assert result.exit_code == 0, result.output
    assert "without on_gradient" in result.output


def test_what_the_users_code_raises(model):
    result = verify(model, "raise RuntimeError('no')\n\n\ndef f(x: float):\n    return x\n",
                    "--function", "f")  # fmt: skip
    assert result.exit_code == 2
    assert "RuntimeError('no')" in result.stderr


def test_a_module_of_a_package(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path])
    package = tmp_path / "s2sad_verified_package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "rules.py").write_text(HEAD)
    body = "from .rules import root\n\n\ndef f(x: float) -> float:\n    return root(x, x * x)\n"
    result = verify(package / "model.py", body, "--function", "f")
    assert result.exit_code == 0, result.output


# ------------------------------------------------------------ check_gradients


def test_functions_that_are_right():
    check_gradients(own_rules.by_rule, (1000.0, 17.0), wrt=("pressure", "temperature"))
    check_gradients(own_rules.two_results, (np.array([1.0, 2.0, -0.5]),))
    check_gradients(on_gradient.of_what_is_constant, (1.1, 2.0))
    for module, name in ((containers, 0), (inactive, 1), (loops, 0), (models, 0), (while_loops, 0)):
        function_name, (wrt, calls) = list(module.CALLS.items())[name]
        call = calls[0]
        args = call() if callable(call) else call
        if isinstance(args, tuple):
            check_gradients(getattr(module, function_name), args, wrt=wrt)


def test_a_wrong_gradient_is_reported_with_its_statement():
    with pytest.raises(AssertionError, match="WRONG") as raised:
        check_gradients(own_rules.instead_of_a_rule, (np.array([0.3, 0.7]),))
    assert "return np.sum(np.sinh(x))" in str(raised.value)


def test_a_marked_gradient_is_found_wrong_but_not_located():
    with pytest.raises(AssertionError, match="could not be told"):
        check_gradients(on_gradient.in_a_callee, (1.1,))


def cubed(x: float, y: float) -> float:
    return x**3 * y


def levelled(x: float, a):
    b = a + x
    b %= 4.0
    return np.sum((b[1:] - b[:-1]) ** 2 * x)


def test_second_order():
    check_gradients(cubed, (1.3, 0.7), wrt=("x", "y"), order=2)
    check_gradients(cubed, kwargs={"x": 1.3, "y": 0.7}, wrt="y", order=2)
    # The second derivative is zero, but for rounding.
    check_gradients(levelled, (0.7, np.array([0.3, 0.9, 0.2])), order=2)


HELD_TWICE = {
    "replaced_in_a_list",
    "states_in_a_new_list",
    "rows_in_a_dict",
    "rows_in_a_list",
    "taken_from_a_list_and_left",
}
"""What a list or dict holds has two names in these, and its adjoint is counted under both."""


@pytest.mark.parametrize("module", [containers, functions, indexing], ids=lambda m: m.__name__)
def test_no_statement_of_what_is_right_is_blamed(module, monkeypatch):
    """Reports are asked for the wrong statement even though all is right."""
    monkeypatch.setattr(Report, "is_right", property(lambda report: False))
    monkeypatch.delattr(s2sad, "jvp")  # the adjoints are what is looked at
    for name, (wrt, calls) in module.CALLS.items():
        if name in getattr(module, "EXPECTED", {}) or name in getattr(module, "REFUSED", {}):
            continue
        if name in HELD_TWICE:
            continue
        function, call = getattr(module, name), Call.of(calls[0])
        bound = inspect.signature(function).bind(*call.args, **call.kwargs)
        bound.apply_defaults()
        names = wrt if isinstance(wrt, tuple) else (wrt,)
        report = live_report(function, names, dict(bound.arguments))
        assert not report.wrong, f"{name}\n{report.text}"


# ------------------------------------------------------------ parts


def test_slopes():
    assert slope(lambda t: np.exp(2.0 * t)).how == "complex steps"
    assert np.isclose(slope(lambda t: np.exp(2.0 * t)).value, 2.0, rtol=1e-14)
    found = slope(lambda t: abs(t - 1.0) ** 2)
    assert found.how == "differences"
    assert np.isclose(found.value, -2.0, rtol=1e-9)
    assert np.isnan(slope(lambda t: float("nan")).value)


def test_trees():
    tree = {"a": np.arange(3.0), "b": [1.0, (2.0, 3)]}
    steps = {("a",): np.ones(3), ("b", 1, 0): 0.5}
    after = moved(tree, steps)
    assert same(after, {"a": np.arange(3.0) + 1.0, "b": [1.0, (2.5, 3)]})
    assert not same(after, tree)
    assert inner({"a": 2.0}, {"a": np.arange(3.0), "b": 1.0}) == (6.0, 6.0)
    assert inner([None, -1.0], (1.0, 2.0)) == (-2.0, 2.0)
