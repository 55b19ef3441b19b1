"""Expressions in which parts are others, written as the rest was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

from s2sad.ir.nodes import Apply, Each, Expr, Invoke, Make, Opaque, Ref, Select, Slice

_PARTS = (Apply, Invoke, Make, Slice, Select, Each, Opaque)


def rebuilt(expr: Expr, change: Callable[[Expr], Expr | None]) -> Expr:
    """An expression in which `change` has replaced what it gives something for. What is around it
    keeps its place in the source; a part that stands at two places of a node still does."""
    made: dict[Any, Any] = {}

    def part(node: Any) -> Any:
        if isinstance(node, tuple):
            items = tuple(map(part, node))
            return node if all(map(_is, node, items)) else items
        if node is None or isinstance(node, str | int):
            return node
        if node not in made:
            new = change(node)
            if new is None and isinstance(node, _PARTS):
                inner = {f.name: part(getattr(node, f.name)) for f in fields(node)}
                same = all(inner[f.name] is getattr(node, f.name) for f in fields(node))
                new = node if same else replace(node, **inner)
            made[node] = node if new is None else new
        return made[node]

    result: Expr = part(expr)
    return result


def again(expr: Expr) -> Expr:
    """An expression once more, of nodes of its own: each stands at one place of a program. It is
    written anew, but for what is carried through verbatim."""
    made: dict[Any, Any] = {}

    def part(node: Any) -> Any:
        if isinstance(node, tuple):
            return tuple(map(part, node))
        if not isinstance(node, (Ref, *_PARTS)):
            return node
        if node not in made:
            inner = {f.name: part(getattr(node, f.name)) for f in fields(node)}
            inner |= {} if isinstance(node, Opaque) else {"origin": None}
            made[node] = replace(node, **inner)
        return made[node]

    result: Expr = part(expr)
    return result


def _is(one: object, other: object) -> bool:
    return one is other
