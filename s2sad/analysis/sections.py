"""Parts of arrays: whether two indices may meet, by what is known of loop variables.

    y[i], y[:i]               disjoint: i is not below i
    y[1:-1], y[0]             disjoint
    y[i] in this iteration, y[i - 1] in earlier ones of `for i in range(1, n)`    disjoint

A `Section` is an interval of each axis; its bounds are affine in variables whose values stand still
and in variables of loops over ranges. Unknown bounds are None. Answers are yes or unknown: a
section is as large as the elements that an index may name, never smaller.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import TypeAlias

from s2sad.analysis.iteration import unwrapped
from s2sad.analysis.sizes import Linear
from s2sad.analysis.types import Dim
from s2sad.ir.bindings import bound_by
from s2sad.ir.nodes import Apply, Const, Expr, For, Make, Ref, Slice, Value, Var

Symbol: TypeAlias = Hashable
"""A variable, or a size: ("size", symbol), or ("size", variable, axis) where none is known."""

_SYMBOLS = re.compile(r"[\w*+-]+")
"""The sizes that are sums of symbols which stand for one number all the time."""


@dataclass(frozen=True)
class Affine:
    """A sum of symbols with whole factors, and a constant."""

    terms: tuple[tuple[Symbol, int], ...] = ()
    const: int = 0

    def __add__(self, other: Affine) -> Affine:
        total = dict(self.terms)
        for symbol, factor in other.terms:
            total[symbol] = total.get(symbol, 0) + factor
        kept = tuple((s, f) for s, f in total.items() if f)
        return Affine(tuple(sorted(kept, key=lambda pair: repr(pair[0]))), self.const + other.const)

    def __neg__(self) -> Affine:
        return Affine(tuple((s, -f) for s, f in self.terms), -self.const)

    def __sub__(self, other: Affine) -> Affine:
        return self + -other

    def times(self, factor: int) -> Affine:
        """A multiple."""
        return Affine(tuple((s, f * factor) for s, f in self.terms if factor), self.const * factor)

    def factor(self, symbol: Symbol) -> int:
        """The factor of a symbol."""
        return dict(self.terms).get(symbol, 0)

    def put(self, symbol: Symbol, value: Affine) -> Affine:
        """The sum with a value in the place of a symbol."""
        factor = self.factor(symbol)
        rest = Affine(tuple((s, f) for s, f in self.terms if s != symbol), self.const)
        return rest + value.times(factor)


Bound: TypeAlias = Affine | None
Axis: TypeAlias = tuple[Bound, Bound]


@dataclass(frozen=True)
class Section:
    """The elements of the array of a variable whose indices are in an interval on each axis; axes
    that are not stated are whole."""

    var: Var
    axes: tuple[Axis, ...] = ()


@dataclass
class Ranges:
    """What is known of the variables of loops: the least and the greatest value of each."""

    known: dict[Var, Axis] = field(default_factory=dict)
    steps: dict[Var, int] = field(default_factory=dict)


class Sections:
    """Sections of the indices of one function. `is_fixed` says that a variable never gets another
    value, so that its array keeps its shape; `size_of` gives the size of an axis of a variable's
    array, or the size that an integer variable is (no axis), where one is known."""

    def __init__(
        self,
        is_fixed: Callable[[Var], bool],
        size_of: Callable[[Var, int | None], Dim | None] = lambda var, axis: None,
    ) -> None:
        self.is_fixed = is_fixed
        self.size_of = size_of
        self.ranges = Ranges()

    # ------------------------------------------------------------ loops

    def enter(self, loop: For) -> None:
        """Notes what is known of the variable of a loop over a range."""
        target, iterable = loop.target, _plain(unwrapped(loop.iterable))
        if not isinstance(target, Var) or not isinstance(iterable, Apply):
            return
        if any(target in bound_by(statement) for statement in loop.body):
            return
        if iterable.op == "builtins.reversed":
            inner = _plain(iterable.args[0])
            axis = self._of_range(inner)
            if axis is not None and axis[2] == 1:
                self._note(target, axis[0], axis[1], -1)
            return
        axis = self._of_range(iterable)
        if axis is not None:
            self._note(target, *axis)

    def _note(self, target: Var, low: Bound, high: Bound, step: int) -> None:
        self.ranges.known[target] = (low, high)
        self.ranges.steps[target] = step

    def _of_range(self, iterable: Expr) -> tuple[Bound, Bound, int] | None:
        if not isinstance(iterable, Apply) or iterable.op != "builtins.range" or iterable.kwargs:
            return None
        args = [_plain(arg) for arg in iterable.args]
        step = 1
        if len(args) == 3:
            third = self.affine(args[2])
            if third is None or third.terms or not third.const:
                return None
            step = third.const
        start = self.affine(args[0]) if len(args) > 1 else Affine()
        stop = self.affine(args[1] if len(args) > 1 else args[0])
        one = Affine(const=1)
        if step > 0:
            return start, None if stop is None else stop - one, step
        return None if stop is None else stop + one, start, step

    def earlier(self, section: Section, target: Var) -> Section:
        """What a section was in all earlier iterations of the loop of a variable."""
        if target not in self.ranges.known:
            return self._spread(section, target, (None, None))
        low, high = self.ranges.known[target]
        step = self.ranges.steps[target]
        here = Affine(((target, 1),))
        by = Affine(const=abs(step))
        span = (low, here - by) if step > 0 else (here + by, high)
        return self._spread(section, target, span)

    def all_of(self, section: Section, target: Var) -> Section:
        """What a section is in all iterations of the loop of a variable."""
        return self._spread(section, target, self.ranges.known.get(target, (None, None)))

    def _spread(self, section: Section, target: Var, span: Axis) -> Section:
        axes = tuple(
            (self._end(low, target, span, -1), self._end(high, target, span, 1))
            for low, high in section.axes
        )
        return Section(section.var, axes)

    def _end(self, bound: Bound, target: Var, span: Axis, side: int) -> Bound:
        """The least or greatest value of a bound while a variable runs through a span."""
        if bound is None:
            return None
        factor = bound.factor(target)
        if not factor:
            return bound
        value = span[1] if factor * side > 0 else span[0]
        return None if value is None else bound.put(target, value)

    # ------------------------------------------------------------ indices

    def section(self, var: Var, key: Expr | None) -> Section:
        """The elements that an index of a variable's array may name."""
        axes: list[Axis] = []
        for part in _parts(key):
            if isinstance(part, Const) and (part.value is None or part.value is Ellipsis):
                break  # an axis that is made, or a number of axes that is not known
            axes.append(self._axis(var, len(axes), part))
        return Section(var, tuple(axes))

    def exact(self, var: Var, key: Expr | None) -> Section | None:
        """The section of an index that names all elements of it; None where it may leave some
        out."""
        parts = _parts(key)
        if parts and isinstance(parts[-1], Const) and parts[-1].value is Ellipsis:
            parts = parts[:-1]  # the axes that are left, if any, are whole
        for part in parts:
            step = part.step if isinstance(part, Slice) else None
            if step is not None and self.affine(step) != Affine(const=1):
                return None
            if isinstance(part, Const) and type(part.value) is not int:
                return None
        section = self.section(var, key)
        known = all(low is not None and high is not None for low, high in section.axes)
        return section if known else None

    def _axis(self, var: Var, axis: int, part: Expr) -> Axis:
        size = self.size(var, axis)
        if isinstance(part, Slice):
            step = None if part.step is None else self.affine(_plain(part.step))
            if part.step is not None and (step is None or step.terms or step.const <= 0):
                return None, None
            low = Affine() if part.start is None else self._position(part.start, size)
            high = size if part.stop is None else self._position(part.stop, size)
            return low, high
        found = self._position(part, size)
        return (None, None) if found is None else (found, found + Affine(const=1))

    def _position(self, expr: Expr, size: Affine) -> Bound:
        """An index from the start of its axis; one that may be negative is unknown."""
        found = self.affine(_plain(expr))
        if found is None:
            return None
        if not found.terms and found.const < 0:
            return size + found
        least = self.least(found)
        return found if least is not None and least >= 0 else None

    def affine(self, expr: Expr) -> Bound:
        """An expression as a sum of symbols, where it is one."""
        expr = _plain(expr)
        match expr:
            case Const(value):
                return Affine(const=value) if type(value) is int else None
            case Ref(var):
                if var in self.ranges.known:
                    return Affine(((var, 1),))
                if not self.is_fixed(var):
                    return None
                return self._known(var, None) or Affine(((var, 1),))
            case Apply("neg", (operand,)):
                inner = self.affine(operand)
                return None if inner is None else -inner
            case Apply("add" | "sub" as op, (left, right)):
                one, other = self.affine(left), self.affine(right)
                if one is None or other is None:
                    return None
                return one + other if op == "add" else one - other
            case Apply("mul", (left, right)):
                one, other = self.affine(left), self.affine(right)
                if one is None or other is None:
                    return None
                if not one.terms:
                    return other.times(one.const)
                return one.times(other.const) if not other.terms else None
            case Apply("builtins.len", (array,)):
                return self._size(array, 0)
            case Apply("getitem", (Apply("numpy.shape", (array,)), Const(int(axis)))):
                return self._size(array, axis)
            case Apply("numpy.size", (array,)):
                return self._size(array, -1)
        return None

    def _size(self, array: Expr, axis: int) -> Bound:
        array = _plain(array)
        if not isinstance(array, Ref) or not self.is_fixed(array.var):
            return None
        return self.size(array.var, axis)

    def size(self, var: Var, axis: int) -> Affine:
        """The size of an axis of a variable's array."""
        return self._known(var, axis) or Affine(((("size", var, axis), 1),))

    def _known(self, var: Var, axis: int | None) -> Bound:
        """A size as a sum of the symbols of sizes."""
        dim = self.size_of(var, axis)
        if dim is None or (isinstance(dim, str) and not _SYMBOLS.fullmatch(dim)):
            return None
        total = Linear.of(dim)
        terms = (Affine(((("size", symbol), count),)) for symbol, count in total.terms)
        return sum(terms, Affine(const=total.number))

    # ------------------------------------------------------------ comparing

    def least(self, value: Affine) -> int | None:
        """A number that a sum is never below, or None."""
        total = value
        # Inner loops first: their bounds may depend on the variables of outer ones.
        for loop, (low, high) in reversed(self.ranges.known.items()):
            factor = total.factor(loop)
            if factor:
                bound = low if factor > 0 else high
                if bound is None or bound.factor(loop):
                    return None
                total = total.put(loop, bound)
        if any(f < 0 or not _is_size(s) for s, f in total.terms):
            return None
        return total.const

    def is_before(self, one: Bound, other: Bound) -> bool:
        """Whether one bound is certainly not greater than another."""
        if one is None or other is None:
            return False
        least = self.least(other - one)
        return least is not None and least >= 0

    def are_disjoint(self, one: Section, other: Section) -> bool:
        """Whether two sections of one array certainly have no element in common."""
        if one.var is not other.var:
            return False
        return any(
            self.is_before(a[1], b[0]) or self.is_before(b[1], a[0])
            for a, b in zip(one.axes, other.axes, strict=False)
        )

    def covers(self, one: Section, other: Section) -> bool:
        """Whether a section, if it is exact, certainly has all elements of another."""
        if one.var is not other.var:
            return False
        stated = len(other.axes)
        whole = ((Affine(), self.size(one.var, k)) for k in range(stated, len(one.axes)))
        return all(
            self.is_before(a[0], b[0]) and self.is_before(b[1], a[1])
            for a, b in zip(one.axes, (*other.axes, *whole), strict=False)
        )


def _parts(key: Expr | None) -> list[Expr]:
    """What an index says of each axis."""
    if key is None:
        return []
    key = _plain(key)
    parts = key.items if isinstance(key, Make) and key.kind == "tuple" else (key,)
    return [_plain(part) for part in parts]


def _is_size(symbol: Symbol) -> bool:
    return isinstance(symbol, tuple) and symbol[0] == "size"


def _plain(expr: Expr) -> Expr:
    return _plain(expr.node) if isinstance(expr, Value) else expr
