# ruff: noqa: UP037
"""Annotations in every form; known ranks make the text shorter, never the numbers different."""

from __future__ import annotations

import typing
from typing import TYPE_CHECKING, Annotated, Optional, Union

import jaxtyping as jt
import numpy as np
import numpy.typing as npt
from jaxtyping import Float, Float64, Int
from numpy import ndarray

if TYPE_CHECKING:
    from jaxtyping import Array

Vector = Float[ndarray, "n"]
Matrix = np.ndarray[tuple[int, int], np.dtype[np.float64]]


def python_numbers(x: float, n: int, flag: bool) -> float:
    return x**n if flag else x


def numpy_typing(x: npt.NDArray[np.float64], k: npt.NDArray[np.int64]) -> float:
    return float(np.sum(x[k] ** 2))


def ranks_by_numpy(
    M: np.ndarray[tuple[int, int], np.dtype[np.float64]],
    v: np.ndarray[tuple[int], np.dtype[np.float64]],
) -> np.float64:
    return np.sum(np.tanh(M @ v + v[0]))


def sizes_by_jaxtyping(
    W: Float[ndarray, "inputs outputs"],
    b: Float64[ndarray, "outputs"],
    x: Float[Array, "batch inputs"],
    labels: Int[ndarray, "batch"],
) -> Float[ndarray, ""]:
    z = x @ W + b
    return np.sum(z[np.arange(len(labels)), labels] ** 2)


def sizes_of_one_and_sums(
    a: jt.Float[ndarray, "n 1"], b: jt.Float[ndarray, "1 m"], c: jt.Float[ndarray, "n-1 m"]
):
    return np.sum((a * b)[1:] * c) + np.sum(a + b)


def any_leading_axes(
    x: Float[ndarray, "... n"], y: Float[ndarray, "*batch n"], s: Float[ndarray, ""]
):
    return np.sum(x * y) * s + np.sum(x * x)


def named_types(v: Vector, M: Matrix) -> float:
    return np.sum(M @ v) + np.sum(v * v)


def as_strings(x: "Float[ndarray, 'n m']", b: "Float[np.ndarray, 'm']"):
    return np.sum((x + b) ** 3)


def unions_and_optionals(
    x: np.ndarray | float,
    b: Optional[np.ndarray] = None,  # noqa: UP045
    c: Union[float, None] = 2.0,  # noqa: UP007
):
    y = x * c
    if b is not None:
        y = y + b
    return np.sum(y * y)


def unknown_annotations(x: typing.Any, y: np.ndarray, z: Annotated[float, "positive"]):
    return np.sum(x * y) * z


def containers(params: dict[str, np.ndarray], pair: tuple[float, np.ndarray], ws: list[np.ndarray]):
    total = np.sum(params["a"] * pair[1]) * pair[0]
    for w in ws:
        total = total + np.sum(w * w)
    return total


def on_locals(x: Float[ndarray, "n"]) -> float:
    y: Float[ndarray, "n"] = x * 2.0
    total: float = np.sum(y * x)
    return total * 3.0


r = np.random.default_rng(19).standard_normal
CALLS = {
    "python_numbers": ("x", [(0.7, 3, True), (0.7, 3, False)]),
    "numpy_typing": ("x", [(r(3), np.array([0, 2, 2])), (r((3, 2)), np.array([1]))]),
    "ranks_by_numpy": (("M", "v"), [(r((2, 3)), r(3)), (r((1, 1)), r(1))]),
    "sizes_by_jaxtyping": (
        ("W", "b", "x"),
        [
            (r((3, 2)), r(2), r((4, 3)), np.array([0, 1, 1, 0])),
            (r((3, 1)), r(1), r((1, 3)), np.array([0])),
        ],
    ),
    "sizes_of_one_and_sums": (
        ("a", "b", "c"),
        [(r((3, 1)), r((1, 4)), r((2, 4))), (r((2, 1)), r((1, 1)), r((1, 1)))],
    ),
    "any_leading_axes": (
        ("x", "y", "s"),
        [(r((2, 3)), r((2, 3)), np.array(0.7)), (r(3), r((4, 2, 3)), np.array(0.7))],
    ),
    "named_types": (("v", "M"), [(r(3), r((2, 3)))]),
    "as_strings": (("x", "b"), [(r((2, 3)), r(3)), (r((1, 1)), r(1))]),
    "unions_and_optionals": ("x", [(r(3),), (0.7, r(3)), (r((2, 3)), r(3), 1.5)]),
    "unknown_annotations": (("x", "y", "z"), [(r(3), r((2, 3)), 0.7), (0.7, r(2), 1.2)]),
    "containers": (
        ("params", "pair", "ws"),
        [({"a": r(3), "b": r(2)}, (0.7, r(3)), [r(2), r((2, 2))])],
    ),
    "on_locals": ("x", [(r(3),)]),
}
