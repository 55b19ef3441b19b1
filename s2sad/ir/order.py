"""The order in which the parts of an expression are evaluated.

a[0] + g(a) * (b if c else h(a))        a[0], g(a), c are always evaluated, h(a) is not
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from s2sad.ir.nodes import Each, Expr, Opaque, Select, children


def always(expr: Expr) -> Iterator[list[Expr]]:
    """The expressions inside one that are always evaluated, in the order in which they are, each
    at the end of those that it is inside of."""

    def visit(path: list[Expr]) -> Iterator[list[Expr]]:
        node = path[-1]
        inside: list[Any] = list(children(node))
        if isinstance(node, Select):
            inside = [node.test]
        if isinstance(node, Each):
            inside = [node.iterable]
        if isinstance(node, Opaque):
            inside = []
        for part in inside:
            yield from visit([*path, part])
        yield path

    yield from visit([expr])


def before(path: list[Expr]) -> Iterator[Expr]:
    """What is evaluated before the end of a path and is no part of it."""
    for parent, child in zip(path, path[1:], strict=False):
        for part in children(parent):
            if part is child:
                break
            yield part
