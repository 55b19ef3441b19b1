"""Annotations are read as types, from the source alone."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import libcst as cst
import pytest

from s2sad.analysis.types import (
    BOOL,
    FLOAT,
    INT,
    SCALAR,
    Array,
    DictOf,
    Inert,
    ListOf,
    Shape,
    Star,
    Struct,
    TupleOf,
    Type,
    Unknown,
)
from s2sad.errors import S2SADError
from s2sad.source.annotations import may_be_none, read_annotation
from s2sad.source.module import SourceModule

PREAMBLE = """
import collections.abc
import typing as t
from dataclasses import dataclass
from typing import *

import jaxtyping as jt
import numpy as np
from jaxtyping import Bool, Complex, Float, Float32, Int, Num, UInt8
from numpy import ndarray
from numpy.typing import ArrayLike, NDArray

Vec = NDArray[np.float64]
MaybeVec: TypeAlias = Vec | None
type New = Float[ndarray, "n"]
Metres = NewType("Metres", float)
DIMS = "n m"

class Layer(NamedTuple):
    W: Float[ndarray, "n m"]
    b: "Vec"

@dataclass
class Node:
    value: float
    next: "Node | None"

class Options(TypedDict):
    rate: float

class Plain: ...
class Params(dict): ...
"""

MODULE = SourceModule.from_text(PREAMBLE, "model.py")


def read(annotation: str, scope: str = "") -> Type:
    return read_annotation(cst.parse_expression(annotation), MODULE, "x", scope)


def array(dtype: str, *dims: int | str) -> Array:
    return Array(dtype, Shape(dims))


ANY_SHAPE = Array("float64", Star("x"))
LAYER = Struct(
    "Layer",
    (("W", array("float64", "x.n", "x.m")), ("b", Array("float64", Star("x.b")))),
    "NamedTuple",
)


@pytest.mark.parametrize(
    ("annotation", "kind"),
    [
        ("float", FLOAT),
        ("int", INT),
        ("bool", BOOL),
        ("complex", Array("complex128", SCALAR, python=True)),
        ("int | float", FLOAT),
        ("Metres", FLOAT),
        ("np.float64", array("float64")),
        ("np.floating[Any]", array("float64")),
        ("np.int32", array("int32")),
    ],
)
def test_numbers(annotation: str, kind: Type) -> None:
    assert read(annotation) == kind


@pytest.mark.parametrize(
    ("annotation", "kind"),
    [
        ("np.ndarray", Array("unknown", Star("x"))),
        ("NDArray[np.float64]", ANY_SHAPE),
        ("NDArray[np.float32 | np.float64]", Array("unknown", Star("x"))),
        ("np.ndarray[Any, np.dtype[np.int64]]", Array("int64", Star("x"))),
        (
            "np.ndarray[tuple[int, int], np.dtype[np.float64]]",
            array("float64", "?x.0", "?x.1"),
        ),
        (
            "np.ndarray[tuple[int, Literal[3]], np.dtype[np.float64]]",
            array("float64", "?x.0", 3),
        ),
        ("np.ndarray[tuple[int, ...], np.dtype[np.float64]]", ANY_SHAPE),
        ("Vec | float", ANY_SHAPE),
        ("float | np.ndarray", Array("unknown", Star("x"))),
    ],
)
def test_arrays_of_numpy(annotation: str, kind: Type) -> None:
    assert read(annotation) == kind


@pytest.mark.parametrize(
    ("annotation", "kind"),
    [
        ('Float[ndarray, "batch features"]', array("float64", "batch", "features")),
        ('Float32[ndarray, "3 n"]', array("float32", 3, "n")),
        ('jt.Int[np.ndarray, "n"]', array("int64", "n")),
        ('Bool[ndarray, "n"]', array("bool", "n")),
        ('UInt8[ndarray, "n"]', array("uint8", "n")),
        ('Complex[ndarray, "n"]', array("complex128", "n")),
        ('Num[ndarray, "n"]', array("unknown", "n")),
        ('Float[ndarray, ""]', array("float64")),
        ('Float[ndarray, "rows=4 n-1 2*n"]', array("float64", 4, "n-1", "2*n")),
        ('Float[ndarray, "_ #batch ?leaf _n"]', array("float64", "?x.0", "?x.1", "?x.2", "?x.3")),
        ('Float[ndarray, "..."]', ANY_SHAPE),
        ('Float[ndarray, "... n"]', ANY_SHAPE),
        ('Float[ndarray, "*batch n"]', Array("float64", Star("*batch n"))),
        ('Float[ndarray, "*batch _"]', ANY_SHAPE),
        ("Float[ndarray, DIMS]", array("float64", "n", "m")),
        ('Float[Float[ndarray, "n"], "batch"]', array("float64", "batch", "n")),
    ],
)
def test_arrays_of_jaxtyping(annotation: str, kind: Type) -> None:
    assert read(annotation) == kind


@pytest.mark.parametrize(
    "dims",
    ["n,m", "4*", "*a *b", "... *a", "...n", "*4", "_4", "##n", "#_", "n m-", "*", "_n+1"],
)
@pytest.mark.parametrize("quote", ["Float[ndarray, '{}']", "\"Float[ndarray, '{}']\""])
def test_a_shape_that_breaks_the_grammar_is_refused(dims: str, quote: str) -> None:
    text = PREAMBLE + f"def f(x: {quote.format(dims)}): ...\n"
    module = SourceModule.from_text(text, "model.py")
    annotation = module.functions["f"].node.params.params[0].annotation
    assert annotation is not None
    with pytest.raises(S2SADError) as caught:
        read_annotation(annotation.annotation, module, "x")
    assert caught.value.code == "S2S008"
    assert caught.value.location is not None
    assert caught.value.location.text.startswith("def f(x:")


@pytest.mark.parametrize(
    ("annotation", "kind"),
    [
        ("list[float]", ListOf(FLOAT)),
        ("collections.abc.Sequence[Vec]", ListOf(Array("float64", Star("x[]")))),
        ("t.List", ListOf(Unknown())),
        ("tuple[float, int]", TupleOf((FLOAT, INT))),
        ("tuple[Vec, ...]", ListOf(Array("float64", Star("x[]")), "tuple")),
        ("tuple[()]", TupleOf(())),
        ("tuple", ListOf(Unknown(), "tuple")),
        ("dict[str, float]", DictOf((), FLOAT)),
        ("Mapping[str, dict]", DictOf((), DictOf((), Unknown()))),
        ("dict", DictOf((), Unknown())),
        ("Layer", LAYER),
        ("Options", DictOf((("rate", FLOAT),))),
        ("Node", Struct("Node", (("value", FLOAT), ("next", Unknown("x.next"))))),
    ],
)
def test_containers(annotation: str, kind: Type) -> None:
    assert read(annotation) == kind


def test_objects_in_a_list_may_differ() -> None:
    kind = read("list[Layer]")
    assert isinstance(kind, ListOf) and isinstance(kind.item, Struct)
    assert kind.item.fields[0] == ("W", array("float64", "?x[].n", "?x[].m"))


@pytest.mark.parametrize(
    ("annotation", "kind"),
    [
        ("str", Inert("str")),
        ("None", Inert("None")),
        ("Callable[[float], float]", Inert("Callable")),
        ('Literal["a", "b"]', Inert("str")),
        ("Literal[1, 2]", INT),
        ("np.random.Generator", Inert("Generator")),
        ("Plain", Inert("Plain", changes=True)),  # it may be another one later
    ],
)
def test_what_carries_no_derivative(annotation: str, kind: Type) -> None:
    assert read(annotation) == kind


@pytest.mark.parametrize(
    "annotation",
    ["Any", "ArrayLike", "NotDefined", "f(1)", "'not an expression +'", "Params", "set[float]"],
)
def test_what_is_not_understood_may_be_anything(annotation: str) -> None:
    assert read(annotation) == Unknown("x")


def test_an_unannotated_parameter_is_real() -> None:
    assert read_annotation(None, MODULE, "x") == Array("unknown", Star("x"))


@pytest.mark.parametrize(
    "annotation",
    ["Vec", "'Vec'", "MaybeVec", "Optional[Vec]", "Vec | None", "t.Annotated['Vec', 'metres']"],
)
def test_other_ways_to_write_the_same(annotation: str) -> None:
    assert read(annotation) == ANY_SHAPE


@pytest.mark.parametrize(
    ("annotation", "answer"),
    [
        ("Vec", False),
        ("Vec | None", True),
        ("'Vec | None'", True),
        ("Optional[float]", True),
        ("Union[float, None]", True),
        ("Annotated[MaybeVec, 1]", True),
        ("list[Vec | None]", False),
    ],
)
def test_none_beside_other_types(annotation: str, answer: bool) -> None:
    assert may_be_none(cst.parse_expression(annotation), MODULE) is answer


def test_symbols_of_two_functions_are_kept_apart() -> None:
    assert read('Float[ndarray, "n min(n,m) 3"]', "dense") == array(
        "float64", "dense.n", "min(dense.n,dense.m)", 3
    )
    assert read("New", "dense") == array("float64", "dense.n")


def test_types_of_another_module(tmp_path: Path) -> None:
    (tmp_path / "shapes.py").write_text(PREAMBLE)
    (tmp_path / "model.py").write_text(dedent("""
            from __future__ import annotations
            import shapes
            from shapes import Layer, MaybeVec
            def f(x: Layer, y: shapes.Vec, z: MaybeVec): ...
            """))
    module = SourceModule.from_path(tmp_path / "model.py")
    kinds = [
        read_annotation(param.annotation.annotation, module, "x")
        for param in module.functions["f"].node.params.params
        if param.annotation
    ]
    assert kinds == [LAYER, ANY_SHAPE, ANY_SHAPE]
