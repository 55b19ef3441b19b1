"""Arguments for a function, made from its annotations.

    def loss(W: Float[ndarray, "inputs outputs"], n: int, rate: float = 0.1): ...

gets a random 3 x 2 array, a small integer, and the default. Equal symbols are equal sizes. Where a
rank is not known, vectors, numbers and matrices are tried in turn.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from s2sad.analysis.types import (
    Array,
    Shape,
    TupleOf,
    Type,
    is_complex,
    is_integral,
    may_be_complex,
)
from s2sad.analysis.usage import parameter_types
from s2sad.errors import S2SADError
from s2sad.source.module import SourceModule

SIZES = (3, 2, 4, 5, 6, 7)
UNKNOWN_SHAPES = ((3,), (), (3, 3))
Make = Callable[[np.random.Generator], dict[str, Any]]


def made_inputs(module: SourceModule, name: str, wrt: tuple[str, ...]) -> list[Make]:
    """Ways to make the arguments of a function, the likeliest first.

    Raises:
        S2SADError: S2S082, a parameter is something that no numbers can be made for.
    """
    from s2sad.source.lower import lower_function
    from s2sad.source.program import Program

    program = Program(module)
    definition = module.functions[name]
    function = lower_function(definition.node, module, program)
    kinds = parameter_types(function, program)
    wanted: dict[str, Type] = {}
    for parameter, kind in zip(function.params, kinds, strict=True):
        if parameter.default is None or parameter.var.hint in wrt:
            wanted[parameter.var.hint] = kind
        if parameter.kind.startswith("var_"):
            wanted.pop(parameter.var.hint, None)
    for parameter_name, kind in wanted.items():
        if not _is_plain(kind):
            raise S2SADError(
                "S2S082",
                f"s2sad verify cannot make a value for {parameter_name} of {name}",
                module.location(definition.node.name),
                "Write a function that returns the arguments, and name it with --inputs.",
            )
    ways = UNKNOWN_SHAPES if not all(map(_is_known, wanted.values())) else UNKNOWN_SHAPES[:1]
    return [_Maker(wanted, shape, positive) for positive in (False, True) for shape in ways]


def _is_plain(kind: Type) -> bool:
    if isinstance(kind, TupleOf):
        return all(_is_plain(item) for item in kind.items)
    return isinstance(kind, Array)


def _is_known(kind: Type) -> bool:
    if isinstance(kind, TupleOf):
        return all(_is_known(item) for item in kind.items)
    return isinstance(kind, Array) and isinstance(kind.shape, Shape)


@dataclass(frozen=True)
class _Maker:
    """Makes arguments; `unknown` is the shape where none is known."""

    wanted: dict[str, Type]
    unknown: tuple[int, ...]
    positive: bool

    def __call__(self, rng: np.random.Generator) -> dict[str, Any]:
        """Random arguments."""
        sizes: dict[str, int] = {}
        return {
            name: _value(kind, rng, self.unknown, self.positive, sizes)
            for name, kind in self.wanted.items()
        }


def _value(
    kind: Type,
    rng: np.random.Generator,
    unknown: tuple[int, ...],
    positive: bool,
    sizes: dict[str, int],
) -> Any:
    if isinstance(kind, TupleOf):
        return tuple(_value(item, rng, unknown, positive, sizes) for item in kind.items)
    assert isinstance(kind, Array)
    shape = unknown
    if isinstance(kind.shape, Shape):
        shape = tuple(_size(dim, sizes) for dim in kind.shape.dims)
    if kind.dtype == "bool":
        return True if kind.python else rng.random(shape) < 0.5
    if is_integral(kind):
        return 3 if kind.python else rng.integers(0, 2, size=shape)
    found = rng.uniform(0.2, 1.5, size=shape) if positive else rng.normal(size=shape)
    dtype = "float64" if kind.dtype == "unknown" else kind.dtype
    if may_be_complex(kind):
        found = found + 1j * rng.normal(size=shape)
        dtype = kind.dtype if is_complex(kind) else "complex128"
    return np.asarray(found, dtype=dtype) if shape else np.asarray(found).item()


def _size(dim: int | str, sizes: dict[str, int]) -> int:
    """The size of an axis; a symbol gets one when it is first met, an expression is computed."""
    if isinstance(dim, int):
        return dim
    for name in re.findall(r"[A-Za-z_?][\w.?]*", dim):
        if name not in sizes:
            sizes[name] = SIZES[len(sizes) % len(SIZES)]
    if dim in sizes:
        return sizes[dim]
    terms = re.sub(r"[A-Za-z_?][\w.?]*", lambda found: str(sizes[found[0]]), dim)
    return max(1, int(_number(ast.parse(terms, mode="eval").body)))


def _number(node: ast.expr) -> int:
    match node:
        case ast.Constant(int(value)):
            return value
        case ast.BinOp(left, ast.Add(), right):
            return _number(left) + _number(right)
        case ast.BinOp(left, ast.Sub(), right):
            return _number(left) - _number(right)
        case ast.BinOp(left, ast.Mult(), right):
            return _number(left) * _number(right)
        case ast.BinOp(left, ast.FloorDiv(), right):
            return _number(left) // _number(right)
        case ast.UnaryOp(ast.USub(), operand):
            return -_number(operand)
    return 1


def given_inputs(returned: Any, parameters: list[str]) -> Iterator[dict[str, Any]]:
    """What a function named by --inputs returned: one set of arguments, or several."""
    several = returned if not isinstance(returned, tuple | dict) else [returned]
    for one in several:
        yield dict(one) if isinstance(one, dict) else dict(zip(parameters, one, strict=False))
