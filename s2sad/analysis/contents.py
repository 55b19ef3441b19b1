"""Types of containers and of what is in them.

    item_at((float, int), 1, 2)           int
    index({"W": float64[n, m]}, "W")      float64[n, m]

A container that is indexed by what is not known gives the join of its items.
"""

from __future__ import annotations

from s2sad.analysis.lattice import common, join, renamed
from s2sad.analysis.types import (
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
    is_integral,
    may_be_complex,
)
from s2sad.ir.nodes import Const, Expr, Slice


def repeated(one: Type, other: Type) -> Type | None:
    """The type of a list that is repeated: [0.0] * n."""
    for kind, times in ((one, other), (other, one)):
        if isinstance(kind, TupleOf | ListOf) and isinstance(times, Array | Unknown):
            if isinstance(times, Array) and not (is_integral(times) and times.shape == SCALAR):
                # An array may multiply a list of numbers; one of arrays is repeated.
                if times.dtype != "unknown" or not _holds_arrays(kind):
                    return None
            return ListOf(common(kind.items) if isinstance(kind, TupleOf) else kind.item)
    return None


def may_be_repeated(one: Type, other: Type) -> bool:
    """Whether a product repeats a list or multiplies what it holds, as only a run tells."""
    for kind, times in ((one, other), (other, one)):
        if isinstance(kind, TupleOf | ListOf) and isinstance(times, Array):
            return times.dtype == "unknown" and isinstance(times.shape, Star)
    return False


def _holds_arrays(kind: TupleOf | ListOf) -> bool:
    """Whether a list certainly holds arrays, lists, dicts or objects, and no numbers."""
    items = kind.items if isinstance(kind, TupleOf) else (kind.item,)
    return bool(items) and all(
        isinstance(item, Array) and isinstance(item.shape, Shape) and item.shape.rank > 0
        or isinstance(item, TupleOf | ListOf | DictOf | Struct)
        for item in items
    )  # fmt: skip


def last_item(kind: Type) -> Type:
    """The type of the last item of a list or tuple."""
    match kind:
        case ListOf(item):
            return item
        case TupleOf(items) if items:
            return items[-1]
    return Unknown("")


def joined_lists(a: Type, b: Type) -> Type:
    """The type of two lists or tuples put together."""
    if isinstance(a, TupleOf) and isinstance(b, TupleOf):
        return TupleOf(a.items + b.items)
    parts = [common(t.items) if isinstance(t, TupleOf) else getattr(t, "item", Unknown(""))
             for t in (a, b)]  # fmt: skip
    return ListOf(join(parts[0], parts[1], "?"))


def attribute(kind: Type, name: str) -> Type:
    """The type of a field of an object."""
    if isinstance(kind, Struct):
        for field_name, field_type in kind.fields:
            if field_name == name:
                return field_type
    base = kind.name if isinstance(kind, Unknown) else getattr(kind, "what", "")
    return Unknown(f"{base}.{name}", may_be_complex(kind))


def item_at(kind: Type, position: int, count: int, name: str = "part") -> Type:
    """The type of one part of a value that is unpacked; `name` is for what nothing is known of."""
    match kind:
        case TupleOf(items) if len(items) == count:
            return items[position]
        case ListOf(item):
            return renamed(item, name, only_marked=True)
        case Struct(_, fields) if len(fields) == count:
            return fields[position][1]
        case Array(dtype, Shape(dims)) if dims:
            return Array(dtype, Shape(dims[1:]))
        case Array(dtype, Star() as shape):
            return Array(dtype, Star(f"{shape.inner}[]"))
        case Unknown(whole, foreign):
            return Unknown(f"{whole}.{position}" if whole else name, foreign)
    return Unknown("", may_be_complex(kind))


def index(kind: Type, key: Expr) -> Type | None:
    """The type of container[key], or None when it is an array."""
    value = key.value if isinstance(key, Const) else None
    match kind:
        case TupleOf(items):
            if isinstance(value, int) and -len(items) <= value < len(items):
                return items[value]
            if isinstance(key, Slice):
                return ListOf(common(items), "tuple")
            return common(items)
        case ListOf(item):
            return kind if isinstance(key, Slice) else item
        case DictOf(items, rest):
            for name, item in items:
                if name == value:
                    return item
            if value is None and items:
                return common((*(item for _, item in items), *([] if rest is None else [rest])))
            if rest is not None and not isinstance(rest, Unknown):
                return rest
            return Unknown(f"item.{value}" if value is not None else "", may_be_complex(kind))
        case Struct(_, fields):
            if isinstance(value, int) and -len(fields) <= value < len(fields):
                return fields[value][1]
            return Unknown("", may_be_complex(kind))
        case Unknown(name, foreign):
            return Unknown(f"{name}.{value}" if isinstance(value, str | int) else "", foreign)
        case Inert():
            return Unknown("")
    return None
