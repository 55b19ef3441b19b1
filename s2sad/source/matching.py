"""`match` statements to branches: each pattern is a test, and parts of the subject with names.

match action:                       if isinstance(action, (tuple, list)) and len(action) == 2
    case ("power", int(n)):                 and action[0] == "power" and isinstance(action[1], int):
        y = x**n                        n = action[1]
                                        y = x**n
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import libcst as cst

from s2sad.ir.nodes import (
    Apply,
    Assign,
    Block,
    Branch,
    Const,
    Expr,
    Make,
    Origin,
    Ref,
    Select,
    Slice,
    Var,
)
from s2sad.tidy.algebra import rewrite

_BUILTIN = {"bool", "bytes", "dict", "float", "int", "list", "set", "str", "tuple"}
"""Classes whose one positional pattern is the object itself."""


@dataclass
class _Pattern:
    """What a pattern tests, and the names that it gives to parts of the subject."""

    tests: list[Expr] = field(default_factory=list)
    captures: list[tuple[Var, _Path]] = field(default_factory=list)


class _Unclear(Exception):
    """A pattern that is not understood."""


@dataclass(frozen=True)
class _Path:
    """A part of the subject: the steps that lead to it."""

    subject: Var
    steps: tuple[Expr | str, ...] = ()

    def of(self, step: Expr | str) -> _Path:
        """A part of this part."""
        return _Path(self.subject, (*self.steps, step))

    def expr(self) -> Expr:
        """The expression for it, a new one each time."""
        node: Expr = Ref(self.subject)
        for step in self.steps:
            if isinstance(step, str):
                node = Apply("getattr", (node,), (), "attribute", step)
            else:
                node = Apply("getitem", (node, rewrite_copy(step)), (), "index")
        return node


def rewrite_copy(step: Expr) -> Expr:
    """A copy of the key of a part."""
    match step:
        case Const(value):
            return Const(value)
        case Slice(start, stop):
            first, last = (None if b is None else rewrite_copy(b) for b in (start, stop))
            return Slice(first, last)
    raise AssertionError(step)


def lower_match(node: cst.Match, lowerer: Any) -> Block | None:
    """The statements of a match, or None when one of its patterns is not understood.

    The subject is evaluated once and given a name, unless it is a name already.
    """
    subject = lowerer.expressions.lower(node.subject)
    before: Block = lowerer._embedded()
    if not isinstance(subject, Ref):
        var = Var("subject")
        before.append(Assign((var,), subject))
        subject = Ref(var)
    arms: list[tuple[Expr | None, Block]] = []
    try:
        for case in node.cases:
            found = _Pattern()
            _read(case.pattern, _Path(subject.var), found, lowerer)
            captures = dict(found.captures)
            if case.guard is not None:
                found.tests.append(_guard(case.guard, captures, lowerer))
            named: Block = [Assign((var,), path.expr()) for var, path in captures.items()]
            arms.append((_both(found.tests), [*named, *lowerer.suite(case.body)]))
    except _Unclear:
        return None
    return [*before, *_chain(arms, Origin(node, lowerer.module))]


def _guard(node: cst.BaseExpression, captures: dict[Var, _Path], lowerer: Any) -> Expr:
    """A guard, in which the captured names are the parts of the subject that they stand for."""
    with lowerer.expressions.in_place():
        guard: Expr = lowerer.expressions.lower(node)
    if not captures:
        return guard

    def part(expr: Expr) -> Expr | None:
        if isinstance(expr, Ref) and expr.var in captures:
            return captures[expr.var].expr()
        return None

    return rewrite(guard, part)


def _both(tests: list[Expr]) -> Expr | None:
    if not tests:
        return None
    result = tests[-1]
    for test in reversed(tests[:-1]):
        result = Select(test, result, test, "and")
    return result


def _chain(arms: list[tuple[Expr | None, Block]], origin: Origin) -> Block:
    block: Block = []
    for test, body in reversed(arms):
        block = body if test is None else [Branch(test, body, block)]
    return block


def _compare(op: str, token: str, left: Expr, right: Expr) -> Expr:
    return Apply(op, (left, right), (), "infix", token)


def _instance(path: _Path, classes: Expr) -> Expr:
    return Apply("builtins.isinstance", (path.expr(), classes), (), "call", "isinstance")


def _class(name: str) -> Expr:
    return Apply(f"builtins.{name}", (), (), "name", name)


def _read(node: cst.MatchPattern, path: _Path, found: _Pattern, lowerer: Any) -> None:
    """Adds the tests and captures of a pattern for a part of the subject."""
    match node:
        case cst.MatchValue():
            value = lowerer.expressions.lower(node.value)
            found.tests.append(_compare("eq", "==", path.expr(), value))
        case cst.MatchSingleton():
            value = lowerer.expressions.lower(node.value)
            found.tests.append(_compare("is", "is", path.expr(), value))
        case cst.MatchOr():
            found.tests.append(_any_of(node, path, lowerer))
        case cst.MatchAs():
            if node.pattern is not None:
                _read(node.pattern, path, found, lowerer)
            if node.name is not None:
                var = lowerer.scope.find(node.name.value)
                found.captures.append((var, path))
        case cst.MatchSequence():
            _read_sequence(node, path, found, lowerer)
        case cst.MatchMapping():
            _read_mapping(node, path, found, lowerer)
        case cst.MatchClass():
            _read_class(node, path, found, lowerer)
        case _:
            raise _Unclear


def _any_of(node: cst.MatchOr, path: _Path, lowerer: Any) -> Expr:
    patterns = [part.pattern for part in node.patterns]
    if all(isinstance(p, cst.MatchValue) for p in patterns):
        values = [p.value for p in patterns if isinstance(p, cst.MatchValue)]
        items = tuple(lowerer.expressions.lower(value) for value in values)
        return _compare("in", "in", path.expr(), Make("tuple", items))
    tests = []
    for pattern in patterns:
        part = _Pattern()
        _read(pattern, path, part, lowerer)
        test = _both(part.tests)
        if part.captures or test is None:
            raise _Unclear
        tests.append(test)
    result = tests[-1]
    for test in reversed(tests[:-1]):
        result = Select(test, test, result, "or")
    return result


def _read_sequence(node: cst.MatchSequence, path: _Path, found: _Pattern, lowerer: Any) -> None:
    patterns = list(node.patterns)
    star = next((k for k, p in enumerate(patterns) if isinstance(p, cst.MatchStar)), None)
    count = len(patterns) - (star is not None)
    found.tests.append(_instance(path, Make("tuple", (_class("tuple"), _class("list")))))
    length = Apply("builtins.len", (path.expr(),), (), "call", "len")
    relation = ("eq", "==") if star is None else ("ge", ">=")
    found.tests.append(_compare(*relation, length, Const(count)))
    for position, part in enumerate(patterns):
        if isinstance(part, cst.MatchStar):
            if part.name is not None:
                after = len(patterns) - position - 1
                stop = Const(-after) if after else None
                var = lowerer.scope.find(part.name.value)
                found.captures.append((var, path.of(Slice(Const(position), stop))))
            continue
        index = position if star is None or position < star else position - len(patterns)
        _read(part.value, path.of(Const(index)), found, lowerer)


def _read_mapping(node: cst.MatchMapping, path: _Path, found: _Pattern, lowerer: Any) -> None:
    if node.rest is not None:
        raise _Unclear
    found.tests.append(_instance(path, _class("dict")))
    for element in node.elements:
        key = lowerer.expressions.lower(element.key)
        if not isinstance(key, Const):
            raise _Unclear
        found.tests.append(_compare("in", "in", key, path.expr()))
        _read(element.pattern, path.of(Const(key.value)), found, lowerer)


def _read_class(node: cst.MatchClass, path: _Path, found: _Pattern, lowerer: Any) -> None:
    """Of a builtin class: a generated file has no other class that the subject could be of."""
    name = lowerer.scope.qualified(node.cls)
    if name is None or name.removeprefix("builtins.") not in _BUILTIN or node.kwds:
        raise _Unclear
    if len(node.patterns) > 1:
        raise _Unclear
    found.tests.append(_instance(path, _class(name.removeprefix("builtins."))))
    for part in node.patterns:
        _read(part.value, path, found, lowerer)
