"""What loops run over: the types of iterables and of their elements.

zip(xs, ys)      a list of pairs
params.items()   a list of (key, value) pairs
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import count

from s2sad.analysis.lattice import common
from s2sad.analysis.types import (
    INT,
    NUMBER,
    Array,
    DictOf,
    Inert,
    ListOf,
    Shape,
    Star,
    TupleOf,
    Type,
    Unknown,
    may_be_complex,
)
from s2sad.ir.nodes import Apply, Expr


def element(kind: Type, mark: str) -> Type:
    """The type of one element; `mark` is the loop's, since elements of a list may differ."""
    match kind:
        case Array(dtype, Shape(dims)) if dims:
            return Array(dtype, Shape(dims[1:]))
        case Array(dtype, Star() as shape):
            return Array(dtype, Star(f"{shape.inner}[]"))
        case ListOf(TupleOf(items)):
            return TupleOf(tuple(_marked(item, mark) for item in items))
        case ListOf(item):
            return _marked(item, mark)
        case TupleOf(items) if items and all(item == items[0] for item in items):
            return items[0]
        case TupleOf(items) if items and all(isinstance(item, Array) for item in items):
            dtype = NUMBER if may_be_complex(kind) else "unknown"
            return Array(dtype, Star(f"item{mark}"))
        case TupleOf(items) if items and all(isinstance(i, TupleOf | ListOf) for i in items):
            return common(items)
        case DictOf():
            return Inert("key")
        case Unknown(name, foreign):
            return Unknown(f"{name}[]{mark}", foreign)
    return Unknown(f"item{mark}", may_be_complex(kind))


def _marked(kind: Type, mark: str) -> Type:
    match kind:
        case Array(dtype, Star() as shape) if mark:
            return Array(dtype, Star(f"{shape.inner}{mark}"))
        case Array(dtype, Shape(dims), python) if any(_made_up(d) for d in dims):
            return Array(
                dtype, Shape(tuple(f"{d}{mark}" if _made_up(d) else d for d in dims)), python
            )
        case Unknown(name, foreign):
            return Unknown(f"{name}{mark}", foreign)
    return kind


def _made_up(dim: int | str) -> bool:
    return isinstance(dim, str) and dim.startswith("?")


def _elements(kind: Type) -> Type:
    """The type of the elements of an iterable, before a loop marks it."""
    return element(kind, "")


def _told_apart(kind: Type, position: int) -> Type:
    """The type of the elements of one of several iterables."""
    found = _elements(kind)
    return (
        Unknown(f"{found.name}.{position}", found.foreign) if isinstance(found, Unknown) else found
    )


def _values(kind: Type) -> Type:
    if isinstance(kind, DictOf):
        if kind.items and kind.rest is None:
            found = element(TupleOf(tuple(item for _, item in kind.items)), "")
            if not isinstance(found, Unknown):
                return found
        if kind.rest is not None and not kind.items:
            return kind.rest
    return Unknown("value", may_be_complex(kind))


ITERABLES: dict[str, Callable[[list[Type]], Type]] = {
    "builtins.range": lambda args: ListOf(INT),
    "builtins.enumerate": lambda args: ListOf(TupleOf((INT, _elements(args[0])))),
    "builtins.zip": lambda args: ListOf(TupleOf(tuple(map(_told_apart, args, count())))),
    "builtins.reversed": lambda args: _same(args[0]),
    "builtins.list": lambda args: _same(args[0]) if args else ListOf(Unknown("")),
    "builtins.tuple": lambda args: _same(args[0]) if args else ListOf(Unknown("")),
    "builtins.iter": lambda args: _same(args[0]),
    "tqdm.tqdm": lambda args: _same(args[0]),
    "tqdm.auto.tqdm": lambda args: _same(args[0]),
    "tqdm.trange": lambda args: ListOf(INT),
    "dict.items": lambda args: ListOf(TupleOf((Inert("key"), _values(args[0])))),
    "dict.values": lambda args: ListOf(_values(args[0])),
    "dict.keys": lambda args: ListOf(Inert("key")),
    "s2sad.checkpointed": lambda args: _same(args[0]),
}
"""The type of an iterable by the operator that makes it, from the types of its arguments."""


def _same(kind: Type) -> Type:
    return kind if isinstance(kind, ListOf | TupleOf | Unknown) else ListOf(_elements(kind))


WRAPPERS = {
    "builtins.list",
    "builtins.tuple",
    "builtins.iter",
    "tqdm.tqdm",
    "tqdm.auto.tqdm",
    "s2sad.checkpointed",
}
"""Functions that hand on the elements of what they are given."""


def unwrapped(iterable: Expr) -> Expr:
    """What a loop runs over without what is only wrapped around it (a progress bar, list())."""
    match iterable:
        case Apply(op, (inner, *_)) if op in WRAPPERS:
            return unwrapped(inner)
        case Apply("builtins.enumerate" | "builtins.zip", args):
            parts = tuple(unwrapped(arg) for arg in args)
            if all(a is b for a, b in zip(args, parts, strict=True)):
                return iterable
            return replace(iterable, args=parts, origin=None)
    return iterable
