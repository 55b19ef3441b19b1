"""Jacobians and Hessians of containers: JAX's structure and numbers, and central differences."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import numpy as np
import pytest

import s2sad
from s2sad.modes import generate_all
from s2sad.pipeline import Request
from s2sad.source.module import SourceModule


class Layer(NamedTuple):
    w: np.ndarray
    b: np.ndarray


@dataclass
class Spring:
    rest: np.ndarray
    stiffness: float


def layer(p, x):
    h = np.tanh(x @ p["w"] + p["b"])
    return {"h": h, "norm": np.sum(h * h)}


def named(p: Layer, x):
    h = np.tanh(x @ p.w + p.b)
    return h, [np.sum(h) * x[0], (h * 2.0, x)]


def forces(s: Spring, x):
    stretch = x[:, None] - s.rest
    return Spring(s.stiffness * stretch, s.stiffness * np.sum(stretch**2))


def into_named(s: Spring, x):
    return Layer(np.exp(x) * s.stiffness, s.rest * x[0])


def layers(ps: list, x):
    for w, b in ps:
        x = np.tanh(x @ w + b)
    return x


def two_results(x, s: float):
    """Several numbers of one array, and no container among the parameters."""
    return np.sin(x) * s, s * x[0]


def polar(z):
    r, phi = z
    return np.stack([r * np.cos(phi), r * np.sin(phi)])


def energy(p, x):
    h = np.tanh(x @ p["w"] + p["b"])
    return np.sum(h * h) + p["b"][0] ** 3


def energy_of_object(s: Spring, x) -> float:
    return s.stiffness * np.sum((x[:, None] - s.rest) ** 2) + np.sum(np.cos(s.rest)) * x[0]


def energy_of_layers(ps: list, x):
    for w, b in ps:
        x = np.tanh(x @ w + b)
    return np.sum(x * x)


W, B = np.array([[0.3, -0.2, 0.5], [0.1, 0.7, -0.4]]), np.array([0.1, -0.3, 0.2])
X = np.array([0.5, 1.2])
DICT, SPRING = {"w": W, "b": B}, Spring(W.copy(), 1.7)
STACK = [(W, B), (np.outer(B, X), X * 0.2)]

CASES = [
    (layer, ("p",), (DICT, X)),
    (layer, ("p", "x"), (DICT, X)),
    (named, ("p",), (Layer(W, B), X)),
    (named, ("x", "p"), (Layer(W, B), X)),
    (forces, ("s", "x"), (SPRING, X)),
    (into_named, ("s",), (SPRING, X)),
    (into_named, ("s", "x"), (SPRING, X)),
    (layers, ("ps",), (STACK, X)),
    (layers, ("ps", "x"), (STACK, X)),
    (two_results, ("x", "s"), (X, 0.7)),
    (two_results, ("s",), (X, 0.7)),
    (polar, ("z",), (np.array([1.3, 0.4]),)),
    (polar, ("z",), ([1.3, 0.4],)),
]
LOSSES = [
    (energy, ("p",), (DICT, X)),
    (energy, ("p", "x"), (DICT, X)),
    (energy_of_object, ("s", "x"), (SPRING, X)),
    (energy_of_object, ("s",), (SPRING, X)),
    (energy_of_layers, ("ps", "x"), (STACK, X)),
]


def named_case(part: Any) -> str:
    return getattr(part, "__name__", "_".join(part) if all_text(part) else "")


def all_text(part: Any) -> bool:
    return isinstance(part, tuple) and all(isinstance(item, str) for item in part)


def places(function: Callable[..., Any], wrt: tuple[str, ...]) -> int | tuple[int, ...]:
    """The parameters as JAX numbers them: one alone has no tuple around it."""
    names = list(function.__code__.co_varnames)
    found = tuple(names.index(name) for name in wrt)
    return found if len(found) > 1 else found[0]


@pytest.fixture
def jax(monkeypatch: pytest.MonkeyPatch) -> Any:
    """JAX in double precision. It runs the functions of this file with its own NumPy."""
    found = pytest.importorskip("jax")
    found.config.update("jax_enable_x64", True)
    try:
        names = [field.name for field in fields(Spring)]
        found.tree_util.register_dataclass(Spring, data_fields=names, meta_fields=[])
    except ValueError:
        pass  # it has been registered by an earlier test
    return found


def with_their_numpy(jax: Any, derivative: Any, args: Any) -> Any:
    """What JAX finds, where `np` in this file stands for its own."""
    module = sys.modules[__name__]
    ours = module.__dict__["np"]
    module.__dict__["np"] = jax.numpy
    try:
        return derivative(*jax.tree_util.tree_map(jax.numpy.asarray, args))
    finally:
        module.__dict__["np"] = ours


def same(found: Any, wanted: Any, place: str = "the whole") -> None:
    """Compares structures with their classes, shapes and numbers.

    A class that the function makes objects of is defined in the generated file, too.
    """
    if isinstance(wanted, dict):
        assert type(found) is type(wanted) and set(found) == set(wanted), place
        for key, item in wanted.items():
            same(found[key], item, f"{place}[{key!r}]")
    elif isinstance(wanted, Spring):
        assert type(found).__name__ == "Spring", place
        for field in fields(wanted):
            name = field.name
            same(getattr(found, name), getattr(wanted, name), f"{place}.{name}")
    elif isinstance(wanted, list | tuple):
        assert type(found).__name__ == type(wanted).__name__, place
        assert len(found) == len(wanted), place
        for k, (one, other) in enumerate(zip(found, wanted, strict=True)):
            same(one, other, f"{place}[{k}]")
    else:
        assert np.shape(found) == np.shape(wanted), place
        np.testing.assert_allclose(found, wanted, atol=1e-12, err_msg=place)


@pytest.mark.parametrize("mode", ["auto", "forward", "reverse"])
@pytest.mark.parametrize(("function", "wrt", "args"), CASES, ids=named_case)
def test_jacobian_is_nested_as_that_of_jax(
    function: Any, wrt: Any, args: Any, mode: str, jax: Any
) -> None:
    found = s2sad.jacobian(function, wrt=wrt if len(wrt) > 1 else wrt[0], mode=mode)(*args)
    theirs = jax.jacrev if mode == "reverse" else jax.jacfwd
    same(found, with_their_numpy(jax, theirs(function, places(function, wrt)), args))


@pytest.mark.parametrize(("function", "wrt", "args"), LOSSES, ids=named_case)
def test_hessian_is_nested_as_that_of_jax(function: Any, wrt: Any, args: Any, jax: Any) -> None:
    found = s2sad.hessian(function, wrt=wrt if len(wrt) > 1 else wrt[0])(*args)
    same(found, with_their_numpy(jax, jax.hessian(function, places(function, wrt)), args))


@pytest.mark.parametrize(("function", "wrt", "args"), LOSSES, ids=named_case)
def test_jacobian_of_a_number_is_its_gradient(function: Any, wrt: Any, args: Any, jax: Any) -> None:
    found = s2sad.jacobian(function, wrt=wrt if len(wrt) > 1 else wrt[0])(*args)
    same(found, with_their_numpy(jax, jax.grad(function, places(function, wrt)), args))


@pytest.mark.parametrize("mode", ["auto", "forward", "reverse"])
def test_blocks_agree_with_differences(mode: str) -> None:
    found = s2sad.jacobian(layer, mode=mode)(DICT, X)
    step = 1e-6
    for name, array in DICT.items():
        for i in np.ndindex(array.shape):
            unit = np.zeros(array.shape)
            unit[i] = step
            more, less = (layer(DICT | {name: array + s * unit}, X) for s in (1.0, -1.0))
            for part in ("h", "norm"):
                numeric = (more[part] - less[part]) / (2.0 * step)
                np.testing.assert_allclose(found[part][name][(..., *i)], numeric, atol=1e-8)


def test_hessian_agrees_with_differences_of_the_gradient() -> None:
    found = s2sad.hessian(energy)(DICT, X)
    slope, step = s2sad.grad(energy), 1e-6
    for name, array in DICT.items():
        for i in np.ndindex(array.shape):
            unit = np.zeros(array.shape)
            unit[i] = step
            more, less = (slope(DICT | {name: array + s * unit}, X) for s in (1.0, -1.0))
            for part in DICT:
                numeric = (more[part] - less[part]) / (2.0 * step)
                np.testing.assert_allclose(found[part][name][(..., *i)], numeric, atol=1e-8)


def labelled(p, x):
    return {"y": x * p["scale"], "steps": p["steps"], "of": "x", "fixed": np.ones(2)}


@pytest.mark.parametrize("mode", ["auto", "forward", "reverse"])
def test_what_is_no_float_has_none(mode: str) -> None:
    """An integer and a string in a container have no block; a number that is constant has zeros."""
    args = ({"scale": 2.0, "steps": 3, "label": "s"}, X)
    found = s2sad.jacobian(labelled, mode=mode)(*args)
    assert found["steps"] is None and found["of"] is None
    assert found["y"]["steps"] is None and found["y"]["label"] is None
    np.testing.assert_array_equal(found["y"]["scale"], X)
    np.testing.assert_array_equal(found["fixed"]["scale"], np.zeros(2))


@pytest.mark.parametrize("mode", ["auto", "forward", "reverse"])
def test_integers_handed_over_as_a_parameter_are_floats(mode: str) -> None:
    j_x, j_s = s2sad.jacobian(two_results, wrt=("x", "s"), mode=mode)(np.array([1, 2]), 3)[1]
    np.testing.assert_array_equal(j_x, [3.0, 0.0])
    assert j_s == 1.0


def test_without_any_float_it_is_refused_when_called() -> None:
    with pytest.raises(TypeError, match="no float"):
        s2sad.jacobian(polar)(np.array([1, 2]))


def test_complex_numbers_in_a_container_are_refused_when_called() -> None:
    with pytest.raises(TypeError, match="real numbers"):
        s2sad.jacobian(layer)({"w": W * 1j, "b": B}, X)


def test_empty_arrays_have_empty_blocks() -> None:
    found = s2sad.jacobian(labelled, wrt="x")({"scale": 2.0, "steps": 3}, np.zeros(0))
    assert found["y"].shape == (0, 0) and found["fixed"].shape == (2, 0)


def polar_at(x, y):
    return np.array([1.0, 2.0]) * x * y


def test_a_sparse_jacobian_of_containers_is_refused() -> None:
    for function in (layer, named, two_results):
        with pytest.raises(s2sad.S2SADError) as refusal:
            s2sad.sparse_jacobian(function)
        assert refusal.value.code == "S2S018"
    with pytest.raises(s2sad.S2SADError, match="by several parameters"):
        s2sad.sparse_jacobian(polar_at, wrt=("x", "y"))
    values = s2sad.sparse_jacobian(polar)(np.array([1.3, 0.0]), rows=[0, 1], columns=[0, 1])
    np.testing.assert_allclose(values, [1.0, 1.3])


def by_number(p):
    return p[0] * np.sin(p[1])


def by_number_of_tuple(p: tuple):
    return p[0] * np.sin(p[1])


def energy_by_number(p):
    return np.sum(p[0] ** 2 * p[1])


@pytest.mark.parametrize("mode", ["auto", "forward", "reverse"])
def test_what_is_taken_apart_by_number_is_an_array_or_says_that_it_is_none(mode: str) -> None:
    made = s2sad.jacobian(by_number, mode=mode)
    expected = [np.sin(0.4), 1.3 * np.cos(0.4)]
    for point in (np.array([1.3, 0.4]), [1.3, 0.4], (1.3, 0.4)):
        np.testing.assert_allclose(made(point), expected)
    for nested in ((X, X), [X, 2.0], {0: X, 1: X}):
        with pytest.raises(TypeError, match="annotate the parameter"):
            made(nested)
    first, second = s2sad.jacobian(by_number_of_tuple, mode=mode)((X, 2.0 * X))
    np.testing.assert_allclose(first, np.diag(np.sin(2.0 * X)))
    np.testing.assert_allclose(second, np.diag(X * np.cos(2.0 * X)))


def test_the_hessian_of_what_is_taken_apart_by_number() -> None:
    made = s2sad.hessian(energy_by_number)
    np.testing.assert_allclose(made([3.0, 2.0]), [[4.0, 6.0], [6.0, 0.0]])
    with pytest.raises(TypeError, match="annotate the parameter"):
        made((X, X))


CLASHES = """
import numpy as np


def flat(x):
    return np.ravel(x) * 2.0


def like_tree(x, k):
    return x * k


def size_of(n, blocks, k, matrix):
    return {"a": flat(n["w"]) * k, "b": like_tree(blocks, 3.0) * matrix}
"""


def test_names_of_the_users_stay_theirs() -> None:
    module = SourceModule.from_text(CLASHES, "clashes.py")
    wrt = ("n", "blocks")
    modes = ("jacobian", "jacobian-forward", "jacobian-reverse")
    for mode in modes:
        made = generate_all(module, [Request("size_of", wrt, bare=False, mode=mode)])
        scope: dict[str, Any] = {}
        exec(made.text, scope)
        found = scope["size_of_jacobian"]({"w": W}, X, 5.0, 0.5)
        j_w = found["a"][0]["w"]
        np.testing.assert_array_equal(j_w, 10.0 * np.eye(6).reshape(6, 2, 3))
        np.testing.assert_array_equal(found["b"][1], 1.5 * np.eye(2))
        np.testing.assert_array_equal(found["b"][0]["w"], np.zeros((2, 2, 3)))


def test_the_helpers_are_left_out_where_there_are_only_arrays() -> None:
    module = SourceModule.from_text("def f(x):\n    return x * x\n", "arrays.py")
    assert "map_floats" not in generate_all(module, [Request("f", mode="jacobian")]).text
