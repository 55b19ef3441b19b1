"""Loops over arrays and lists that have shadows: they run over the shadows, too.

for row in A:                       for row, d_row in zip(A, d_A):
for i, row in enumerate(A):         for i, row in enumerate(A):
                                        d_row = d_A[i]
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from s2sad.analysis.alone import alone
from s2sad.analysis.types import (
    ListOf,
    TupleOf,
    Type,
    Unknown,
)
from s2sad.derive.broadcasting import call
from s2sad.derive.held import is_container
from s2sad.derive.shadows.made import Refused, let
from s2sad.derive.shadows.values import Values
from s2sad.ir.bindings import bound_by
from s2sad.ir.flow import expressions, statements, targets_of
from s2sad.ir.nodes import (
    Apply,
    Assign,
    Block,
    Each,
    Evaluate,
    Expr,
    For,
    Make,
    Ref,
    Slice,
    Stmt,
    Target,
    Unpack,
    Var,
    walk,
)


class Loops:
    """Lets loops run over shadows."""

    def __init__(self, values: Values) -> None:
        self.values = values
        self.which = values.which
        self.shadows = values.shadows
        self.function = values.which.function
        self.facts = values.facts
        self.alone = alone(values.which.function)
        self.regions = values.regions

    def beside(self, loop: For, body: Block) -> Block:
        """A loop with this body, and what stands before it: it runs over shadows, too."""
        wanted = [v for v in targets_of(loop.target) if self.which.has_shadow(v)]
        if not wanted:
            return [replace(loop, body=body)]
        target, iterable, first = self._run_beside(loop.target, loop.iterable)
        read = {self.shadows.of.get(v) for v, _ in self.which.aliases(loop.iterable)}
        bound = {v for s in body for v in bound_by(s)}
        beside = [e for s in first for e in expressions(s)]
        if any(n.var in read & bound for e in beside for n in walk(e) if isinstance(n, Ref)):
            match loop.target, loop.iterable:
                case Unpack((Var(), Var() as row)), Apply("builtins.enumerate", (array,)):
                    # The loop runs over what had the name when it began.
                    both = call("builtins.zip", iterable, self._rows(array, row), text="zip")
                    target, first = Unpack((target, self.values.shadow(row))), []
                    iterable = self._in_place_of(iterable, both)
                case _:
                    raise Refused("the loop gives what it runs over another value")
        if self._changes_its_items(loop):
            raise Refused(
                "the loop changes which objects the list or dict that it runs over holds",
                "Run over a copy of it, list(...), or over a range.",
            )
        return [replace(loop, target=target, iterable=iterable, body=[*first, *body])]

    def _changes_its_items(self, loop: For) -> bool:
        """Whether a loop runs over a container whose items its body may replace."""
        if _is_copy(loop.iterable):
            return False
        for statement in statements(loop.body):
            for write in self.regions.writes.get(statement, ()):
                changed = {v for v, _ in self.which.aliases(write.base)}
                if self.regions.is_array(write.base) or not changed:
                    continue
                kind = self.facts.type_of(write.base)
                for container in _run_over(loop.iterable):
                    roots = {v for v, _ in self.which.aliases(container)}
                    other = self.facts.type_of(container)
                    if roots and _may_be_same(kind, other, _changes_length(statement)):
                        if changed & roots:
                            return True
                        if changed <= self.alone.get(statement, frozenset()):
                            continue
                        if self._share_containers(changed | roots):
                            return True
        return False

    def _share_containers(self, variables: set[Var]) -> bool:
        """Whether a container in the regions of variables may have two names, or be in another."""
        regions = {self.regions.of(v) for v in variables}
        for statement in statements(self.function.body):
            exprs = list(expressions(statement))
            bound = isinstance(statement, For) or (
                isinstance(statement, Assign) and not isinstance(statement.value, Make)
            )
            inner = [n for e in exprs for n in walk(e) if isinstance(n, Make)]
            held = [item for n in inner for item in n.items] + (exprs if bound else [])
            for value in held:
                if is_container(self.facts.type_of(value)) and not isinstance(value, Make):
                    if {self.regions.of(v) for v, _ in self.which.aliases(value)} & regions:
                        return True
        return False

    def _run_beside(self, target: Target, iterable: Expr) -> tuple[Target, Expr, Block]:
        """The target and the iterable of a loop that runs over arrays and their shadows; what binds
        shadows in its body first."""
        match target, iterable:
            case Unpack((Var() as count, Var() as row)), Apply("builtins.enumerate", (array,)):
                at = Apply("getitem", (self._rows(array, row), Ref(count)), (), "index")
                return target, iterable, [let(self.values.shadow(row), at)]
            case Unpack((Var() as key, Var() as item)), Apply("dict.items", (whole,)):
                at = Apply("getitem", (self.values.view(whole), Ref(key)), (), "index")
                return target, iterable, [let(self.values.shadow(item), at)]
            case Unpack(parts), _ if self._holds_rows(iterable):
                names = [
                    p if isinstance(p, Var) and self.which.has_shadow(p) else None for p in parts
                ]
                if any(self.which.has_place(p) for p in parts if not isinstance(p, Var)):
                    raise Refused("a loop over parts of what is written into")
                shadows = tuple(Var("_") if p is None else self.values.shadow(p) for p in names)
                view = self.values.view(iterable)
                both = self._in_place_of(iterable, call("builtins.zip", iterable, view, text="zip"))
                return Unpack((target, Unpack(shadows))), both, []
            case Unpack(parts), Apply("builtins.zip", args) if len(parts) == len(args):
                more = [
                    (self.values.shadow(part), self._rows(arg, part))
                    for part, arg in zip(parts, args, strict=True)
                    if isinstance(part, Var) and self.which.has_shadow(part)
                ]
                together = (*args, *(view for _, view in more))
                both = self._in_place_of(iterable, replace(iterable, args=together, origin=None))
                return Unpack((*parts, *(shadow for shadow, _ in more))), both, []
            case Var() as row, _:
                view = self._rows(iterable, row)
                both = self._in_place_of(iterable, call("builtins.zip", iterable, view, text="zip"))
                return Unpack((row, self.values.shadow(row))), both, []
        raise Refused("a loop over parts of what is written into")

    def _holds_rows(self, iterable: Expr) -> bool:
        """Whether a loop runs over lists or tuples that a list holds."""
        kind = self.facts.type_of(iterable)
        items = kind.items if isinstance(kind, TupleOf) else (getattr(kind, "item", None),)
        held = all(isinstance(item, TupleOf | ListOf) for item in items)
        return held and not (isinstance(iterable, Apply) and iterable.op.startswith("builtins."))

    def _rows(self, iterable: Expr, row: Var) -> Expr:
        """The shadow of what a loop runs over; of an array, its rows have to be arrays."""
        if not is_container(self.facts.type_of(iterable)):
            self.values.check_array(row)
            if not self.which.aliases(iterable):
                advice = "Give what the loop runs over a name."
                raise Refused("a write into the rows of what has no name", advice)
        if not self.values.is_settled(iterable):
            raise Refused("what the loop runs over may be a view or a copy")
        return self.values.view(iterable)

    def _in_place_of(self, iterable: Expr, both: Expr) -> Expr:
        """What a loop runs over now; it depends on what it depended on."""
        self.facts.types[both] = self.facts.type_of(both)
        if iterable in self.facts.varied:
            self.facts.varied.add(both)
        return both


def _is_copy(iterable: Expr) -> bool:
    """Whether a loop runs over a list of its own: xs[1:], list(xs)."""
    match iterable:
        case Apply("builtins.list" | "builtins.tuple" | "numpy.copy" | "copy.copy" | "add" | "mul"):
            return True
        case Apply("getitem", (_, key)):
            return isinstance(key, Slice)
        case Apply("builtins.zip" | "builtins.reversed", args):
            return all(_is_copy(arg) for arg in args)
    return isinstance(iterable, Make | Each)


def _run_over(iterable: Expr) -> Iterator[Expr]:
    """What a loop takes its elements from."""
    match iterable:
        case Apply(op, args) if op.startswith(("builtins.", "dict.")):
            for arg in args:
                yield from _run_over(arg)
        case _:
            yield iterable


def _changes_length(statement: Stmt) -> bool:
    """Whether a statement makes a list longer or shorter: what holds it is not seen to have
    another one, then."""
    if isinstance(statement, Evaluate):
        return True
    value = statement.value if isinstance(statement, Assign) else None
    return isinstance(value, Apply) and value.op == "list.pop"


def _may_be_same(one: Type, other: Type, any_list: bool) -> bool:
    """Whether containers of two types may be the same object: a list is no dict, and one that holds
    lists is none that holds numbers, if not `any_list` may be."""
    if isinstance(one, ListOf | TupleOf) != isinstance(other, ListOf | TupleOf):
        return False
    if any_list or not isinstance(one, ListOf | TupleOf):
        return True
    nested = _is_nested(one), _is_nested(other)
    return None in nested or nested[0] == nested[1]


def _is_nested(kind: Type) -> bool | None:
    """Whether a list or tuple holds containers; None where it holds nothing that is known."""
    items = kind.items if isinstance(kind, TupleOf) else (getattr(kind, "item", None),)
    held = {is_container(item) for item in items if not isinstance(item, Unknown)}
    return held.pop() if len(held) == 1 else None
