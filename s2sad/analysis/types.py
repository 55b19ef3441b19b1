"""What a value is: the types and symbolic shapes that s2sad reasons with.

A `Shape` has a known rank; each axis is a number or a symbol. Equal symbols are equal sizes;
different symbols may each be 1 at run time. A symbol that begins with `?` is anonymous: a size
that is known to exist and nothing else. A `Star` is a shape of unknown rank, named after the value
that it belongs to; `ones` are the axes that are known to have size one (as `keepdims` leaves them).
Two Stars with the same name are the same shape up to those axes.

    Array("float64", Shape(("n", "m")))       a matrix
    Array("float64", Shape(()), python=True)  a Python float
    Array("unknown", Star("x"))               an unannotated parameter x
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

Dim: TypeAlias = int | str
"""The size of an axis: a number, or a symbol."""


@dataclass(frozen=True)
class Shape:
    """A shape of known rank."""

    dims: tuple[Dim, ...]

    @property
    def rank(self) -> int:
        """The number of axes."""
        return len(self.dims)


@dataclass(frozen=True)
class Star:
    """A shape of unknown rank. The name says what it follows from: h&v0 is what h and v0 are
    broadcast to."""

    name: str
    ones: frozenset[int] = frozenset()

    @property
    def inner(self) -> str:
        """The name as part of a longer one, in which it is no longer what is broadcast."""
        return f"({self.name.replace('&', '+')})" if "&" in self.name else self.name


AnyShape: TypeAlias = Shape | Star
"""A shape of known or unknown rank."""

SCALAR = Shape(())


@dataclass(frozen=True)
class Array:
    """A number or an array of numbers.

    `dtype` is a NumPy name (float64, float32, int64, bool, complex128), `unknown`, which is real,
    or `number`, which may be complex; `python` is true for what is certainly a Python number. What
    has no axes is a number, unless it is `boxed`: then it may be an array that has none.
    """

    dtype: str
    shape: AnyShape
    python: bool = False
    boxed: bool = False


@dataclass(frozen=True)
class TupleOf:
    """A tuple of known length."""

    items: tuple[Type, ...]


@dataclass(frozen=True)
class ListOf:
    """A list or tuple of unknown length, each element of one type; `kind` is list or tuple."""

    item: Type
    kind: str = "list"


@dataclass(frozen=True)
class DictOf:
    """A dict: `items` are (key, type) pairs that are known, `rest` the type of all others."""

    items: tuple[tuple[str | int, Type], ...] = ()
    rest: Type | None = None


@dataclass(frozen=True)
class Struct:
    """An object of a class of the user's with known fields (NamedTuple or dataclass)."""

    name: str
    fields: tuple[tuple[str, Type], ...]
    kind: str = "dataclass"


@dataclass(frozen=True)
class Unknown:
    """Anything: a number, an array, or a container of them. What is `foreign` comes from code that
    s2sad does not look into, so that its numbers may be complex; all others are real."""

    name: str = ""
    foreign: bool = False


@dataclass(frozen=True)
class Inert:
    """What carries no derivative whatever happens: a string, None, a function, a module. An object
    of a class whose fields nothing states is one; what it holds may `change`."""

    what: str = ""
    changes: bool = False


Type: TypeAlias = Array | TupleOf | ListOf | DictOf | Struct | Unknown | Inert
"""What a value is."""

FLOAT = Array("float64", SCALAR, python=True)
INT = Array("int64", SCALAR, python=True)
BOOL = Array("bool", SCALAR, python=True)

NOTHING = Inert("nothing")
"""What a function returns that calls itself, as long as nothing is known of it: whatever is
computed from it is found out when it is."""

NUMBER = "number"
"""The dtype of what may be complex."""

REAL = "real"
"""The dtype of the parts and absolute values of complex numbers: real, whatever is written there,
and of a precision that is not known."""


def is_integral(kind: Type) -> bool:
    """Whether values of this type are integers or booleans, and so carry no derivative."""
    return isinstance(kind, Array) and (
        kind.dtype.startswith(("int", "uint")) or kind.dtype == "bool"
    )


def is_scalar(kind: Type) -> bool:
    """Whether this is certainly a single number."""
    return isinstance(kind, Array) and kind.shape == SCALAR


def is_number(kind: Type | None) -> bool:
    """Whether values of a type are certainly numbers, or something else that cannot be changed."""
    if isinstance(kind, Inert):
        return not kind.changes
    return isinstance(kind, Array) and kind.shape == SCALAR


def holds_numbers(kind: Type | None) -> bool:
    """Whether values of a type are containers, which hold nothing that can be changed."""
    match kind:
        case TupleOf(items):
            return all(map(is_number, items))
        case ListOf(item):
            return is_number(item)
        case DictOf(items, rest):
            return all(is_number(item) for _, item in items) and (rest is None or is_number(rest))
        case Struct(_, fields):
            return all(is_number(item) for _, item in fields)
    return False


def has_only_numbers(kind: Type | None) -> bool:
    """Whether a value is certainly a number, or a container of nothing else at any depth."""
    match kind:
        case TupleOf(items):
            return all(map(has_only_numbers, items))
        case ListOf(item):
            return has_only_numbers(item)
        case DictOf(items, rest):
            parts = [item for _, item in items]
            return all(map(has_only_numbers, parts)) and (rest is None or has_only_numbers(rest))
        case Struct(_, fields):
            return all(has_only_numbers(item) for _, item in fields)
    return is_number(kind)


def is_complex(kind: object) -> bool:
    """Whether values of this type certainly have a complex dtype."""
    return isinstance(kind, Array) and kind.dtype.startswith("complex")


def may_be_complex(kind: object) -> bool:
    """Whether a value of this type, or a part of it, may be complex."""
    match kind:
        case Array(dtype):
            return dtype == NUMBER or dtype.startswith("complex")
        case TupleOf(items):
            return any(may_be_complex(item) for item in items)
        case ListOf(item):
            return may_be_complex(item)
        case DictOf(items, rest):
            return may_be_complex(rest) or any(may_be_complex(item) for _, item in items)
        case Struct(_, fields):
            return any(may_be_complex(item) for _, item in fields)
        case Unknown(_, foreign):
            return foreign
    return False


def with_dtype(kind: Type, dtype: str) -> Type:
    """A type in which the arrays of unknown dtype have this one."""
    match kind:
        case Array("unknown"):
            return replace(kind, dtype=dtype)
        case TupleOf(items):
            return TupleOf(tuple(with_dtype(item, dtype) for item in items))
        case ListOf(item, form):
            return ListOf(with_dtype(item, dtype), form)
    return kind
