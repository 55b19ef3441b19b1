"""Types of containers after something was put into them.

    with_item((), end, float)                 a list of float: what `xs.append(0.0)` makes of `[]`
    with_item_at([[int]], (0, 1), float)      what `rows[0][1] = 0.5` makes of a list of lists
    perhaps_with_item({"n": int}, "n", float, ...)      for a dict that may be the one

A container may be changed by another of its names, through one that holds it, or by a function
that it is handed to; each type that stands for it has to allow for what was put there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from s2sad.analysis.contents import attribute, index
from s2sad.analysis.lattice import common, join
from s2sad.analysis.types import (
    DictOf,
    ListOf,
    Struct,
    TupleOf,
    Type,
    Unknown,
    may_be_complex,
)
from s2sad.ir.nodes import Apply, Const, Expr, Ref, Slice, Var

Key: TypeAlias = Expr | str | None
"""A key of an item, or the name of an attribute; a Slice stands for the end of a list, None for any
number of changes that nothing is known of."""

Store: TypeAlias = tuple[Key, Type, Type]
"""That an item of a type was put at a key into a container of a type."""


def is_container(kind: Type | None) -> bool:
    """Whether values of a type are containers whose items are known."""
    return isinstance(kind, TupleOf | ListOf | DictOf | Struct)


def with_item(kind: Type, key: Key, item: Type) -> Type:
    """The type of a container after an item was put at a key; a Slice stands for its end."""
    value = key.value if isinstance(key, Const) else key if isinstance(key, str) else None
    match kind:
        case TupleOf(()) if isinstance(key, Slice):
            return ListOf(item)
        case TupleOf(items) if type(value) is int and -len(items) <= value < len(items):
            at = value % len(items)
            return TupleOf((*items[:at], item, *items[at + 1 :]))
        case TupleOf(items):
            return ListOf(join(common(items), item, "?") if items else item)
        case ListOf(old, form):
            return ListOf(old if old == item else join(old, item, "?"), form)
        case DictOf(items, rest) if isinstance(value, str | int):
            kept = tuple(pair for pair in items if pair[0] != value)
            return DictOf((*kept, (value, item)), rest)
        case DictOf(items, rest):
            # Any of the items may be the one.
            both = tuple(
                (name, old if old == item else join(old, item, "?")) for name, old in items
            )
            return DictOf(both, item if rest is None else join(rest, item, "?"))
        case Struct(name, fields, form) if isinstance(key, str):
            return Struct(name, tuple((k, item if k == key else t) for k, t in fields), form)
    return kind


def with_item_at(kind: Type, path: Sequence[Key], item: Type) -> Type:
    """The type of a container after an item was put where several keys lead to."""
    key, *rest = path
    if not rest or key is None:
        return with_item(kind, key, item)
    inner = attribute(kind, key) if isinstance(key, str) else index(kind, key)
    if inner is None or not is_container(inner):
        return kind
    return with_item(kind, key, with_item_at(inner, rest, item))


def perhaps_with_item(
    kind: Type, store: Store, may_be_one: bool = True, may_hold: bool = True
) -> Type:
    """The type of a container that may be the one into which an item was put, or hold it."""
    key, item, base = store

    def inside(part: Type) -> Type:
        return perhaps_with_item(part, store) if may_hold else part

    if key is None and isinstance(kind, TupleOf | ListOf | DictOf):
        return Unknown("", may_be_complex(kind))
    match kind:
        case TupleOf(items):
            found: Type = TupleOf(tuple(map(inside, items)))
        case ListOf(one, form):
            found = ListOf(inside(one), form)
        case DictOf(items, rest):
            pairs = tuple((name, inside(one)) for name, one in items)
            found = DictOf(pairs, None if rest is None else inside(rest))
        case Struct(name, fields, form):
            found = Struct(name, tuple((k, inside(t)) for k, t in fields), form)
        case _:
            return kind
    fits = may_be_one and _may_be(kind, base, item)
    return join(found, with_item(found, key, item), "?") if fits else found


def _may_be(kind: Type, base: Type, item: Type) -> bool:
    """Whether a value of one type may be an object that is known as one of another type, into which
    an item is put. All that was put there before stands in both types; and nobody puts a list
    among numbers, or a number among lists."""
    match kind, base:
        case (Struct(name), Struct(other)):
            return name == other
        case (DictOf(items, None), DictOf(known)) if (
            not {k for k, _ in known} <= dict(items).keys()
        ):
            return False
        case (DictOf(items), DictOf() | Unknown()):
            parts = tuple(one for _, one in items)
        case (TupleOf(parts), TupleOf() | ListOf() | Unknown()):
            pass
        case (ListOf(one), TupleOf() | ListOf() | Unknown()):
            parts = (one,)
        case _:
            return False
    return not parts or any(is_container(one) == is_container(item) for one in parts)


def shortened(kind: Type) -> Type:
    """The type of a list after some item was taken out."""
    return ListOf(common(kind.items)) if isinstance(kind, TupleOf) and kind.items else kind


def path_of(base: Expr, key: Key) -> tuple[Var, tuple[Key, ...]] | None:
    """The variable that a place starts from, and the keys that lead to it."""
    path: tuple[Key, ...] = (key,)
    while isinstance(base, Apply) and base.op in ("getitem", "getattr"):
        path = (base.args[1] if base.op == "getitem" else base.text, *path)
        base = base.args[0]
    return (base.var, path) if isinstance(base, Ref) else None
