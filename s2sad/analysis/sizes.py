"""Abstract values: what is known at generation of sizes, indices and other arguments.

An abstract value is a Python value where it is known, a `Size` for an integer that is the size of
an axis, the `Shape` of an array (of integers, if it is an index; a `Shape(())` is an integer), a
`Mask` for an array of booleans, a Star for an array of unknown rank, and else UNKNOWN.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from s2sad.analysis.types import AnyShape, Dim


class _Unknown:
    """What is not known at generation."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Any = _Unknown()
"""Stands for a value that is not known at generation."""


class Size(str):
    """The size of an axis, by its symbol, where it is used as an integer."""


@dataclass(frozen=True)
class Mask:
    """An array of booleans of this shape."""

    shape: AnyShape


def size_sum(size: Dim, number: int) -> Dim:
    """A size and a number added: ('n-1', -1) is n-2."""
    if isinstance(size, int):
        return max(size + number, 0)
    if size == "?":
        return "?"
    parts = re.fullmatch(r"(.+?)([+-]\d+)?", size)
    assert parts is not None
    total = int(parts[2] or 0) + number
    return f"{parts[1]}{total:+d}" if total else parts[1]


def merged_size(one: Dim, other: Dim) -> Dim:
    """The size of two axes that are broadcast together."""
    if one == 1 or (one == other and one != "?"):
        return other
    if other == 1 or isinstance(one, int):
        return one
    if isinstance(other, int):
        return other
    if "?" in (one, other):
        return "?"
    return "?" + "&".join(sorted({*one.lstrip("?").split("&"), *other.lstrip("?").split("&")}))


def as_size(value: Any) -> Dim:
    """An abstract integer as a size."""
    if isinstance(value, Size):
        return str(value)
    return value if type(value) is int and value >= 0 else "?"


def product(sizes: Iterable[Dim]) -> Dim:
    """The number of elements of an array with these sizes."""
    number, symbols = 1, []
    for size in sizes:
        if isinstance(size, int):
            number *= size
        else:
            symbols.append(size)
    if not symbols or number == 0:
        return number
    if "?" in symbols:
        return "?"
    if number == 1 and len(symbols) == 1:
        return symbols[0]
    return "*".join(
        [str(number)] * (number > 1)
        + [f"({s})" if "-" in s or "+" in s else s for s in sorted(symbols)]
    )
