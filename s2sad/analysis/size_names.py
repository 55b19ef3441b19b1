"""Names of sizes that nothing else is known of.

A size that a value alone has is named after the value, with the marks of the loops around it: in
another iteration, or another call of the function that it is in, it may be another one. Names that
grow long are given short ones.

    x[x > 0.0]      float64[?v7.0]; in a loop float64[?v7~1.0]
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from s2sad.analysis.types import Array, ListOf, Shape, Star, TupleOf
from s2sad.ir.nodes import Expr


class SizeNames:
    """Gives names to sizes; `marks` are those of the loops that the interpreter is in."""

    def __init__(self) -> None:
        self.marks: list[str] = []
        self._loops = 0
        self._numbers: dict[Expr, int] = {}
        self._sites: dict[tuple[object, str], int] = {}
        self._short: dict[str, str] = {}

    @property
    def count(self) -> int:
        """How many names have become short, which tells apart what is found before and after."""
        return len(self._short)

    def new_mark(self) -> str:
        """The mark of another loop."""
        self._loops += 1
        return f"~{self._loops}"

    def at(self, site: object, hint: str, marked: bool = True) -> str:
        """The name of what is found at a place of the program (a statement, an expression), where
        nothing else is known of it; in this iteration, if `marked`."""
        number = self._sites.setdefault((site, hint), len(self._sites))
        return f"{hint}?{number}" + "".join(self.marks if marked else ())

    @contextmanager
    def of_callee(self, is_called: bool) -> Iterator[None]:
        """What gets a name here belongs to one of several calls of a function."""
        self.marks += ["~"] if is_called else []
        yield
        if is_called:
            self.marks.pop()

    def named(self, shape: Any, node: Expr) -> Any:
        """A result's shape in which every unknown size has a name of its own, and a short one."""
        match shape:
            case Star("?"):
                return Star(self._fresh(node))
            case Star(name, ones) if len(name) > 48:
                return Star(self._shorten(name), ones)
            case Shape(dims):
                return Shape(tuple(self._dim(d, k, node) for k, d in enumerate(dims)))
            case tuple() | list():
                parts = [self.named(part, node) for part in shape]
                return TupleOf(tuple(
                    Array("unknown", part) if isinstance(part, Shape | Star) else part
                    for part in parts
                ))  # fmt: skip
            case ListOf(Array(dtype, inner), kind):
                return ListOf(Array(dtype, self.named(inner, node)), kind)
        return shape

    def _dim(self, dim: int | str, axis: int, node: Expr) -> int | str:
        if dim == "?":
            return f"?{self._fresh(node)}.{axis}"
        return self._shorten(dim) if isinstance(dim, str) and len(dim) > 48 else dim

    def _fresh(self, node: Expr) -> str:
        """A name for a size that the value of this node alone has, in this iteration."""
        if node not in self._numbers:
            self._numbers[node] = len(self._numbers)
        return f"v{self._numbers[node]}" + "".join(self.marks)

    def _shorten(self, name: str) -> str:
        if name not in self._short:
            marks = sorted(set(re.findall(r"~(\w*)", name)))
            prefix = "?" if name.startswith("?") else ""
            tail = "".join(f"~{mark}" for mark in marks)
            self._short[name] = f"{prefix}size{len(self._short)}{tail}"
        return self._short[name]
