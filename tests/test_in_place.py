"""Generated functions that work in the caller's arrays: these end as the plain function leaves
them.

Every kernel, and every function of the corpus, that changes what it is handed, in each mode. The
derivatives are to the last bit those of the default, which other tests hold against differences.
"""

import copy
import importlib
import pkgutil
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from jaxtyping import Float

import s2sad
from s2sad.cli import command
from tests import corpus
from tests.checking import Call, random_tangent, same
from tests.kernels import kernels
from tests.test_kernels import cotangent, is_scalar


@dataclass(frozen=True)
class Case:
    """A function that changes its arguments."""

    name: str
    function: Any
    wrt: Any
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    has_aux: bool = False


def leaves(tree: Any) -> Any:
    """Something to compare, of objects too."""
    return vars(tree) if hasattr(tree, "__dict__") and not callable(tree) else tree


def changes(case: Case) -> bool:
    args, kwargs = copy.deepcopy((case.args, case.kwargs))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            case.function(*args, **kwargs)
        except Exception:
            return False
    before = [*map(leaves, case.args), *map(leaves, case.kwargs.values())]
    try:
        return not same([*map(leaves, args), *map(leaves, kwargs.values())], before)
    except (ValueError, TypeError):
        return False


def cases() -> Iterator[Case]:
    for kernel in kernels():
        args = kernel.arguments(kernel.sizes[0])
        yield Case(kernel.name, kernel.function, kernel.wrt, args, {})
    for info in pkgutil.iter_modules(corpus.__path__, corpus.__name__ + "."):
        try:
            module = importlib.import_module(info.name)
        except ModuleNotFoundError:
            continue
        for table in ("CALLS", "VJPS"):
            for name, (wrt, calls) in getattr(module, table, {}).items():
                call = Call.of(calls[0][0] if table == "VJPS" else calls[0])
                has_aux = name in getattr(module, "AUX", ())
                label = f"{info.name.rpartition('.')[2]}.{name}"
                args, kwargs = call.args, call.kwargs
                yield Case(label, getattr(module, name), wrt, args, kwargs, has_aux)


NO_TANGENT = ("particles.nbody", "found.row_or_number_updated")
"""Functions that forward mode does not take yet: places as targets of what a call returns, and
updates in place of what may be a number."""

CASES = [case for case in cases() if changes(case)]


def test_there_is_much_to_test() -> None:
    assert len(CASES) > 60


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_arguments_end_as_the_plain_function_leaves_them(case: Case) -> None:
    plain = copy.deepcopy((case.args, case.kwargs))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        value = case.function(*plain[0], **plain[1])
    scalar = case.has_aux or is_scalar(value)
    modes = [s2sad.value_and_grad, s2sad.grad] if scalar and value is not None else [s2sad.vjp]
    modes = modes[:1] if case.has_aux else modes
    modes += [] if case.name in NO_TANGENT else [s2sad.jvp]
    for make in modes:
        try:
            copying = make(case.function, case.wrt, has_aux=case.has_aux)
        except s2sad.S2SADError:
            continue
        in_place = make(case.function, case.wrt, has_aux=case.has_aux, in_place=True)
        given = copy.deepcopy((case.args, case.kwargs))
        more: dict[str, Any] = {}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if make is s2sad.vjp:
                result = value if value is not None else written(case, copying)
                more = {"d_out": cotangent(result)}
            elif make is s2sad.jvp:
                more = tangents(case)
            expected = copying(*copy.deepcopy(case.args), **copy.deepcopy(case.kwargs), **more)
            seeds = copy.deepcopy(more)
            found = in_place(*given[0], **given[1], **more)
        assert same(as_list(found), as_list(expected)), make.__name__
        for one, other in zip(given, plain, strict=True):
            for ours, theirs in zip(parts(one), parts(other), strict=True):
                assert same(ours, theirs), f"{make.__name__} leaves {ours}, not {theirs}"
        assert same(more, seeds), "the seed was changed"


def parts(arguments: Any) -> list[Any]:
    items = arguments.values() if isinstance(arguments, dict) else arguments
    return [leaves(item) for item in items]


def as_list(result: Any) -> list[Any]:
    return [leaves(part) for part in result] if isinstance(result, tuple) else [leaves(result)]


def written(case: Case, copying: Any) -> Any:
    """What a function that returns nothing has as its results: read off its derivative."""
    tangent = s2sad.jvp(case.function, case.wrt)
    args, kwargs = copy.deepcopy((case.args, case.kwargs))
    return tangent(*args, **kwargs, **tangents(case))[0]


def tangents(case: Case) -> dict[str, Any]:
    import inspect

    bound = inspect.signature(case.function).bind(*case.args, **case.kwargs)
    bound.apply_defaults()
    names = list(bound.arguments)
    wrt = case.wrt if isinstance(case.wrt, tuple) else (case.wrt,)
    chosen = [names[n] if isinstance(n, int) else n or names[0] for n in wrt]
    rng = np.random.default_rng(3)
    return {f"dot_{name}": random_tangent(bound.arguments[name], rng) for name in chosen}


SOURCE = """\
import numpy as np
from jaxtyping import Float
from numpy import ndarray
from s2sad import differentiable


@differentiable(in_place=True)
def smooth(u: Float[ndarray, "n"], steps: int) -> float:
    for _ in range(steps):
        u[1:-1] = np.sin(u[1:-1]) * u[2:]
    return np.sum(u * u)


def linear(u: Float[ndarray, "n"], steps: int) -> float:
    for _ in range(steps):
        u[1:-1] += 0.5 * u[2:]
    return np.sum(u * u)


def returned(u: Float[ndarray, "n"]):
    u[1:] = u[1:] ** 2
    return u
"""


def run(folder: Path, *words: str) -> Any:
    path = folder / "model.py"
    path.write_text(SOURCE)
    return CliRunner().invoke(command, ["generate", str(path), *words])


def compiled(text: str, name: str) -> Any:
    scope: dict[str, Any] = {"__name__": "generated"}
    exec(text, scope)
    return scope[name]


def test_nothing_is_copied_where_nothing_is_put_back(tmp_path: Path) -> None:
    text = run(tmp_path, "--function", "linear", "--in-place").stdout
    assert "--in-place" in text.split('"""')[1]
    assert "copy(" not in text and "u_out" not in text
    generated = compiled(text, "linear_value_and_grad")
    u = np.linspace(0.3, 1.0, 6)
    plain, given = u.copy(), u.copy()
    scope: dict[str, Any] = {}
    exec(SOURCE.replace("@differentiable(in_place=True)", ""), scope)
    value, gradient = generated(given, 3)
    assert value == scope["linear"](plain, 3) and np.array_equal(given, plain)
    step = np.cos(np.arange(6.0))
    ends = [scope["linear"](u + 1e-6 * sign * step, 3) for sign in (1, -1)]
    assert abs(gradient @ step - (ends[0] - ends[1]) / 2e-6) < 1e-6


def test_a_returned_argument_is_the_callers(tmp_path: Path) -> None:
    generated = compiled(
        run(tmp_path, "--function", "returned", "--mode", "vjp", "--in-place").stdout,
        "returned_vjp",
    )
    u = np.array([1.0, 2.0, 3.0])
    value, gradient = generated(u, d_out=np.ones(3))
    assert value is u and np.array_equal(u, [1.0, 4.0, 9.0])
    assert np.array_equal(gradient, [1.0, 4.0, 6.0])


def test_the_decorator_says_so_too(tmp_path: Path) -> None:
    declared = run(tmp_path).stdout
    assert "u[...] = u_out" in declared
    assert "--in-place" not in declared.split('"""')[1]
    result = run(tmp_path, "--mode", "jvp")
    assert "copy(u)" not in result.stdout and "np.copy(dot_u)" in result.stdout


def test_modes_that_run_a_function_more_than_once_are_refused(tmp_path: Path) -> None:
    for mode in ("hvp", "jacobian", "hessian", "sparse-jacobian"):
        result = run(tmp_path, "--function", "linear", "--mode", mode, "--in-place")
        assert result.exit_code == 2 and "in_place" in result.stderr
    # The decorator speaks of those that run it once.
    text = run(tmp_path, "--mode", "hvp").stdout
    assert "np.copy(u)" in text


@s2sad.differentiable(wrt="u", in_place=True)
def doubled(u: Float[np.ndarray, "n"]) -> float:
    u[0] = np.exp(u[0])
    return np.sum(u * u)


def test_a_decorated_function_works_in_place() -> None:
    u = np.array([0.5, 2.0])
    value, gradient = doubled.value_and_grad(u)
    assert np.array_equal(u, [np.exp(0.5), 2.0]) and value == np.sum(u * u)
    assert np.allclose(gradient, [2.0 * np.exp(1.0), 4.0])
    v = np.array([0.5, 2.0])
    s2sad.grad(doubled, in_place=False)(v)
    assert np.allclose(doubled.hvp(v, dot_u=np.array([1.0, 0.0])), [4.0 * np.exp(1.0), 0.0])
    assert np.array_equal(v, [0.5, 2.0])
