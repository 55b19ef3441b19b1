"""What all lowering of expressions rests on: targets, origins, and what is carried as it is.

`lower(node)` is the IR of an expression; it never fails (`expressions.py`). What is evaluated
before the statement that it stands in, as it has to have a name, is put down in `walrus`, with
statements that come before it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import libcst as cst

from s2sad.analysis.exits import is_iterator
from s2sad.ir.nodes import (
    Apply,
    Block,
    Const,
    Expr,
    Make,
    Opaque,
    Origin,
    Place,
    Ref,
    Slice,
    Target,
    Unpack,
    Var,
)
from s2sad.source.bound import names_in
from s2sad.source.perhaps import has_effect
from s2sad.source.scope import Scope
from s2sad.tidy.naming import describe


class Lowering:
    """Lowers the expressions of one function; `program` finds callees. What is lowered may never be
    evaluated if there is something in `perhaps`, which runs only if it was; `seen` says of some
    operands what that is. `effects` counts what may have an effect in the statement so far, and
    `collected` says of comprehensions which variable gets them."""

    def __init__(self, scope: Scope, program: Any) -> None:
        self.scope = scope
        self.module = scope.module
        self.program = program
        self.walrus: list[tuple[Var, Expr, cst.CSTNode | None] | Block] = []
        self.collected: dict[cst.CSTNode, Var] = {}
        self.effects = 0
        self.lifting = True
        self.seen: dict[cst.CSTNode, tuple[cst.CSTNode, ...]] = {}
        self.perhaps: tuple[cst.CSTNode, ...] = ()

    def begin(self) -> None:
        """Another statement begins."""
        self.walrus, self.effects = [], 0

    def lower(self, node: cst.BaseExpression) -> Expr:
        """The IR of an expression."""
        method = getattr(self, f"_{type(node).__name__}", None)
        if method is None:
            return self.opaque(node, f"s2sad does not differentiate {_describe(node)}")
        result: Expr = method(node)
        self.effects += isinstance(node, cst.Call) and has_effect(result)
        return result

    def target(self, node: cst.BaseExpression) -> Target:
        """The IR of an assignment target."""
        match node:
            case cst.Name():
                var = self.scope.find(node.value)
                return var if var is not None else self.scope.global_var(node.value)
            case cst.Tuple() | cst.List():
                star = None
                targets = []
                for position, element in enumerate(node.elements):
                    if isinstance(element, cst.StarredElement):
                        star = position
                    targets.append(self.target(element.value))
                return Unpack(tuple(targets), star)
            case cst.Subscript():
                return Place(self.lower(node.value), self.key(node), self.origin(node))
            case cst.Attribute(attr=cst.Name("real" | "imag")):
                # All elements of a view: w.real[...]
                return Place(self.lower(node), Const(...), self.origin(node))
            case cst.Attribute():
                return Place(self.lower(node.value), node.attr.value, self.origin(node))
        raise AssertionError(f"not a target: {node}")

    def key(self, node: cst.Subscript) -> Expr:
        """The key of an index; several make a tuple."""
        parts = [self._key_part(element.slice) for element in node.slice]
        comma = node.slice[-1].comma
        if len(parts) == 1 and not isinstance(comma, cst.Comma):
            return parts[0]
        return Make("tuple", tuple(parts))

    def _key_part(self, part: cst.BaseSlice) -> Expr:
        if isinstance(part, cst.Index):
            return self.lower(part.value)
        assert isinstance(part, cst.Slice)
        lower, upper, step = (
            None if b is None else self.lower(b) for b in (part.lower, part.upper, part.step)
        )
        return Slice(lower, upper, step)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """What is lowered here may not be taken out of its place: it may never be evaluated, or
        often."""
        lifting, self.lifting = self.lifting, False
        yield
        self.lifting = lifting

    @contextmanager
    def may_not_run(self, node: cst.CSTNode) -> Iterator[None]:
        """What is lowered here is an operand that may never be evaluated."""
        perhaps, self.perhaps = self.perhaps, self.seen.get(node, (node,))
        with self.in_place():
            yield
        self.perhaps = perhaps

    def regrouped(self, value: Expr, target: Unpack, node: cst.BaseExpression) -> Expr:
        """A value as one item for each part of a target, of which the starred one gets a list."""
        count, star = len(target.targets), target.star
        assert star is not None
        if isinstance(value, Make) and value.kind in ("tuple", "list"):
            after = len(value.items) - (count - star - 1)
            middle = Make("list", value.items[star:after])
            return Make("tuple", (*value.items[:star], middle, *value.items[after:]))
        if not isinstance(value, Ref):
            var = Var(describe(value))
            if is_iterator(value):
                value = Apply("builtins.list", (value,), (), "call", "list")
            self.walrus.append((var, value, None))
            value = Ref(var, self.origin(node))
        parts: list[Expr] = []
        for position in range(count):
            key: Expr = Const(position if position < star else position - count)
            if position == star:
                stop = position - count + 1
                key = Slice(Const(star), Const(stop) if stop else None)
            whole = value if position == 0 else Ref(value.var)
            part = Apply("getitem", (whole, key), (), "index")
            listed = Apply("builtins.list", (part,), (), "call", "list")
            parts.append(listed if position == star else part)
        return Make("tuple", tuple(parts))

    def origin(self, node: cst.CSTNode) -> Origin:
        """The place of a node."""
        return Origin(node, self.module)

    def opaque(
        self, node: cst.BaseExpression, reason: str, code: str = "S2S014", pure: bool = True
    ) -> Opaque:
        """An expression that is carried verbatim; it reads every variable that it mentions."""
        return Opaque(self.reads(node), reason, code, pure=pure, origin=self.origin(node))

    def reads(self, node: cst.CSTNode) -> tuple[Expr, ...]:
        """The local variables and constants of the module that a node mentions."""
        found = []
        for name in names_in(node):
            var = self.scope.find(name)
            if var is not None:
                found.append(Ref(var))
            elif name in self.module.constants:
                found.append(Ref(self.scope.global_var(name)))
        return tuple(found)


def _describe(node: cst.CSTNode) -> str:
    names = {
        "Await": "await",
        "Yield": "yield",
        "FormattedString": "f-strings",
        "ConcatenatedString": "strings",
        "Lambda": "a lambda that is handed on",
    }
    return names.get(type(node).__name__, type(node).__name__)
