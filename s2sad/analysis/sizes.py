"""Abstract values: what is known at generation of sizes, indices and other arguments.

An abstract value is a Python value where it is known, a `Size` for an integer that is the size of
an axis, the `Shape` of an array (of integers, if it is an index; a `Shape(())` is an integer), a
`Mask` for an array of booleans, a Star for an array of unknown rank, and else UNKNOWN.

Sizes that are sums of symbols are computed with, so that equal ones have equal names: 4*h less 3*h
is h.
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


_TERM = re.compile(r"([+-]?)(?:(\d+)\*)?([A-Za-z_?][\w?.~&*]*)|([+-]?)(\d+)")
_FLAT = re.compile(rf"(?:{_TERM.pattern})+")


@dataclass(frozen=True)
class Linear:
    """A size as a sum: a number, and how often each symbol goes into it.

    What is no sum, such as the size of a slice of which nothing is known, is a symbol.
    """

    number: int
    terms: tuple[tuple[str, int], ...] = ()

    @staticmethod
    def of(size: Dim) -> Linear:
        """The sum that a size is."""
        if isinstance(size, int):
            return Linear(size)
        if not _FLAT.fullmatch(size):
            return Linear(0, ((size, 1),))
        number, counts = 0, dict[str, int]()
        for sign, times, symbol, other_sign, literal in _TERM.findall(size):
            if literal:
                number += -int(literal) if other_sign == "-" else int(literal)
            else:
                count = int(times or 1) * (-1 if sign == "-" else 1)
                counts[symbol] = counts.get(symbol, 0) + count
        return Linear(number, _sorted(counts))

    def plus(self, other: Linear, times: int = 1) -> Linear:
        """The sum with a multiple of another."""
        counts = dict(self.terms)
        for symbol, count in other.terms:
            counts[symbol] = counts.get(symbol, 0) + times * count
        return Linear(self.number + times * other.number, _sorted(counts))

    def over(self, divisor: int) -> Linear | None:
        """The quotient, where it is certainly a whole number."""
        if divisor <= 0 or any(n % divisor for n in (self.number, *(c for _, c in self.terms))):
            return None
        terms = tuple((symbol, count // divisor) for symbol, count in self.terms)
        return Linear(self.number // divisor, terms)

    @property
    def is_certain(self) -> bool:
        """Whether this is certainly not negative, as no size is."""
        return self.number >= 0 and all(count >= 0 for _, count in self.terms)

    @property
    def size(self) -> Dim:
        """The sum as a size, which is zero where it would be negative."""
        if not self.terms:
            return max(self.number, 0)
        text = ""
        for symbol, count in sorted(self.terms, key=lambda term: term[1] < 0):
            sign = "-" if count < 0 else "+" if text else ""
            text += sign + (symbol if abs(count) == 1 else f"{abs(count)}*{symbol}")
        return f"{text}{self.number:+d}" if self.number else text


def _sorted(counts: dict[str, int]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted((symbol, count) for symbol, count in counts.items() if count))


def size_sum(size: Dim, number: int) -> Dim:
    """A size and a number added: ('n-1', -1) is n-2."""
    return "?" if size == "?" else Linear.of(size).plus(Linear(number)).size


def computed(op: str, one: Any, other: Any) -> Any:
    """What arithmetic on abstract integers gives: numbers, and sizes where sums suffice."""
    if not all(type(part) is int or isinstance(part, Size) for part in (one, other)):
        return UNKNOWN
    left, right = Linear.of(one), Linear.of(other)
    found: Linear | None = None
    match op:
        case "add":
            found = left.plus(right)
        case "sub":
            found = left.plus(right, -1)
        case "mul" if not left.terms:
            found = Linear(0).plus(right, left.number)
        case "mul" if not right.terms:
            found = Linear(0).plus(left, right.number)
        case "floordiv" if not right.terms:
            found = left.over(right.number)
    if found is None:
        return UNKNOWN
    return Size(found.size) if found.terms else found.number


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
