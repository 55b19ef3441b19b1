"""What is known at generation of the value of an argument.

    abstract(axis=(0, 1))       (0, 1)
    abstract(x.shape[0])        Size("n"), where x: float64[n, m]
    abstract(i)                 SCALAR, where i is an integer
    abstract(keep)              Mask, where keep is an array of booleans

A Python value where all of it is known; else what is known of it, or UNKNOWN.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from s2sad.analysis import shapes
from s2sad.analysis.sizes import UNKNOWN, Mask, Size, computed
from s2sad.analysis.types import (
    SCALAR,
    AnyShape,
    Array,
    ListOf,
    Shape,
    Star,
    TupleOf,
    Type,
    Unknown,
    is_integral,
)
from s2sad.ir.nodes import Apply, Const, Expr, Make, Ref, Slice

TypeOf: TypeAlias = Callable[[Expr], Type | AnyShape]
"""What is known of the type of an expression."""

ValueOf: TypeAlias = Callable[[Expr], Any]
"""What is known of the value of a name: an abstract value."""

Bound: TypeAlias = dict[str, Expr]
"""What stands for each operand and static argument."""


def nothing_known(expr: Expr) -> Any:
    """Knows the value of no name."""
    return UNKNOWN


def is_known(value: Any) -> bool:
    """Whether an abstract value is a Python value that is known in full."""
    if isinstance(value, tuple | list):
        return all(is_known(item) for item in value)
    return value is not UNKNOWN and not isinstance(value, Size | Shape | Star | Mask)


def shape_of(kind: Type | AnyShape) -> AnyShape:
    """The shape of a value of this type."""
    if isinstance(kind, Shape | Star):
        return kind
    if isinstance(kind, Unknown) and kind.name:
        return Star(kind.name)
    if isinstance(kind, TupleOf):
        return shapes.stacked([shape_of(item) for item in kind.items])
    return kind.shape if isinstance(kind, Array) else shapes.SOME


def item_shapes(expr: Expr, type_of: TypeOf) -> tuple[AnyShape, ...]:
    """The shapes of the items of a list: of each where they are known, else one for all."""
    if isinstance(expr, Make):
        return tuple(shape_of(type_of(item)) for item in expr.items)
    match type_of(expr):
        case TupleOf(items):
            return tuple(shape_of(item) for item in items)
        case ListOf(item):
            return (shape_of(item),)
    return (shapes.SOME,)


def abstract(expr: Expr, type_of: TypeOf, value_of: ValueOf = nothing_known) -> Any:
    """What is known at generation of the value of an argument."""

    def inner(part: Expr) -> Any:
        return abstract(part, type_of, value_of)

    match expr:
        case Const(value):
            return value
        case Make("tuple" | "list" as kind, items):
            values = [inner(item) for item in items]
            return tuple(values) if kind == "tuple" else values
        case Slice(start, stop, step):
            return slice(*(None if part is None else inner(part) for part in (start, stop, step)))
        case Apply("numpy.shape", (array,)):
            shape = shape_of(type_of(array))
            return shape if isinstance(shape, Star) else _as_values(shape)
        case Apply("getitem", (Apply("numpy.shape") as part, Const(int(axis)))):
            sizes = inner(part)
            inside = isinstance(sizes, tuple) and -len(sizes) <= axis < len(sizes)
            return sizes[axis] if inside else SCALAR
        case Apply("builtins.len", (array,)):
            shape = shape_of(type_of(array))
            known = isinstance(shape, Shape) and shape.rank > 0
            return _as_values(shape)[0] if known else SCALAR
        case Apply("numpy.ndim", (array,)):
            shape = shape_of(type_of(array))
            return shape.rank if isinstance(shape, Shape) else SCALAR
        case Apply("neg", (operand,)):
            value = inner(operand)
            return -value if isinstance(value, int | float) else _by_type(expr, type_of)
        case Apply("add" | "sub" | "mul" | "floordiv" as op, (left, right)):
            one, other = inner(left), inner(right)
            if op == "add" and isinstance(one, tuple) and isinstance(other, tuple):
                return one + other
            found = computed(op, one, other)
            if found is not UNKNOWN:
                return found
        case Apply("getitem", (Ref() as part, key)):
            sizes, place = inner(part), inner(key)
            if isinstance(sizes, tuple) and _is_literal(place):
                if isinstance(place, slice):
                    return sizes[place]
                return sizes[place] if -len(sizes) <= place < len(sizes) else SCALAR
    known = value_of(expr)
    return _by_type(expr, type_of) if known is UNKNOWN else known


def _is_literal(key: Any) -> bool:
    parts = (key.start, key.stop, key.step) if isinstance(key, slice) else (key,)
    return all(part is None or type(part) is int for part in parts) and key is not None


def _as_values(shape: AnyShape) -> tuple[Any, ...]:
    """The sizes of a shape as abstract integers."""
    dims = shape.dims if isinstance(shape, Shape) else ()
    return tuple(
        SCALAR if size == "?" else Size(size) if isinstance(size, str) else size for size in dims
    )


def _by_type(expr: Expr, type_of: TypeOf) -> Any:
    kind = type_of(expr)
    if isinstance(kind, Array):
        if kind.dtype == "bool":
            return Mask(kind.shape)
        return kind.shape if is_integral(kind) else UNKNOWN
    return UNKNOWN
