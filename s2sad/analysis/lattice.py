"""Types where paths meet, and types with new names.

`join(a, b, name)` is a type that values of both types have. What differs is left open: a size gets
a name that is made of `name`, a rank that differs becomes a Star, a list on one path and an array
on the other become `Unknown`. Types that are equal are not touched, so that joining again changes
nothing, and loops come to an end.

    join(float64[n], float64[m], "x")     float64[?x.0]
    join((float, float), [], "xs")        a list of float
"""

from __future__ import annotations

from dataclasses import replace

from s2sad.analysis.types import (
    NOTHING,
    NUMBER,
    REAL,
    AnyShape,
    Array,
    DictOf,
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


def join(a: Type, b: Type, name: str) -> Type:
    """A type that both are; `name` names sizes that differ."""
    if a == b or b == NOTHING:
        return a
    if a == NOTHING:
        return b
    if isinstance(a, Array) and isinstance(b, Array):
        dtype = a.dtype if a.dtype == b.dtype else _join_dtype(a, b)
        shape = _join_shape(a.shape, b.shape, name)
        return Array(dtype, shape, a.python and b.python, a.boxed or b.boxed)
    if isinstance(a, TupleOf) and isinstance(b, TupleOf) and len(a.items) == len(b.items):
        pairs = enumerate(zip(a.items, b.items, strict=True))
        return TupleOf(tuple(join(x, y, f"{name}.{k}") for k, (x, y) in pairs))
    if isinstance(a, TupleOf | ListOf) and isinstance(b, TupleOf | ListOf):
        # A list that is empty on one path has the items of the other.
        if TupleOf(()) in (a, b):
            other = b if a == TupleOf(()) else a
            return ListOf(common(other.items)) if isinstance(other, TupleOf) else other
    if isinstance(a, TupleOf) and isinstance(b, TupleOf | ListOf):
        a = ListOf(common(a.items), "tuple")
    if isinstance(b, TupleOf) and isinstance(a, ListOf):
        b = ListOf(common(b.items), "tuple")
    if isinstance(a, ListOf) and isinstance(b, ListOf):
        return ListOf(join(a.item, b.item, f"{name}.item"), a.kind)
    if isinstance(a, DictOf) and isinstance(b, DictOf):
        items: dict[str | int, Type] = dict(a.items)
        for k, kind in b.items:
            items[k] = join(items[k], kind, f"{name}.{k}") if k in items else kind
        rests = [rest for rest in (a.rest, b.rest) if rest is not None]
        if len(rests) == 2:
            rests = [join(rests[0], rests[1], f"{name}.rest")]
        return DictOf(tuple(items.items()), rests[0] if rests else None)
    if isinstance(a, Struct) and isinstance(b, Struct) and a.name == b.name:
        if [field for field, _ in a.fields] == [field for field, _ in b.fields]:
            both = zip(a.fields, b.fields, strict=True)
            fields = tuple((k, join(x, y, f"{name}.{k}")) for (k, x), (_, y) in both)
            return Struct(a.name, fields, a.kind)
    return Unknown(name, may_be_complex(a) or may_be_complex(b))


def common(items: tuple[Type, ...]) -> Type:
    """A type that all of these are."""
    if not items:
        return Unknown("")
    result = items[0]
    for item in items[1:]:
        result = join(result, item, "?")
    return result


def _join_dtype(a: Array, b: Array) -> str:
    if a.python and is_integral(a) and b.dtype.startswith("float"):
        return b.dtype
    if b.python and is_integral(b) and a.dtype.startswith("float"):
        return a.dtype
    if may_be_complex(a) or may_be_complex(b):
        return NUMBER
    return REAL if REAL in (a.dtype, b.dtype) and "unknown" not in (a.dtype, b.dtype) else "unknown"


def _join_shape(a: AnyShape, b: AnyShape, name: str) -> AnyShape:
    if a == b:
        return a
    if isinstance(a, Shape) and isinstance(b, Shape) and a.rank == b.rank:
        pairs = enumerate(zip(a.dims, b.dims, strict=True))
        size = "?" if name == "?" else f"?{name}.{{}}"
        return Shape(tuple(x if x == y else size.format(k) for k, (x, y) in pairs))
    return Star(name)


def renamed(kind: Type, name: str, only_marked: bool = False) -> Type:
    """A type whose made-up sizes have new names."""
    match kind:
        case Array(_, Star("?")):
            return kind  # an item of a list that holds different ones
        case Array(shape=Star(old, ones)) if not only_marked or "~" in old:
            return replace(kind, shape=Star(name, ones))
        case Array(shape=Shape(dims)):
            fresh = tuple(
                f"?{name}.{k}" if isinstance(d, str) and "~" in d else d for k, d in enumerate(dims)
            )
            return replace(kind, shape=Shape(fresh))
        case TupleOf(items):
            numbered = enumerate(items)
            return TupleOf(tuple(renamed(t, f"{name}.{k}", only_marked) for k, t in numbered))
        case ListOf(item, form):
            return ListOf(renamed(item, f"{name}.item", only_marked), form)
        case DictOf(items, rest):
            values = tuple((k, renamed(t, f"{name}.{k}", only_marked)) for k, t in items)
            return DictOf(values, rest and renamed(rest, f"{name}.rest", only_marked))
        case Struct(cls, fields, form):
            parts = tuple((k, renamed(t, f"{name}.{k}", only_marked)) for k, t in fields)
            return Struct(cls, parts, form)
        case Unknown(_, foreign):
            return Unknown(name, foreign)
    return kind


def annotated(annotation: Type | None, given: Type) -> Type:
    """What a callee's parameter is: the annotation is trusted where it says more."""
    if annotation is None or isinstance(annotation, Unknown):
        return given
    if isinstance(annotation, Array) and isinstance(annotation.shape, Star):
        return given if isinstance(given, Array) and isinstance(given.shape, Shape) else annotation
    return annotation
