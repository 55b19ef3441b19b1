"""`match` statements to branches: literals, alternatives, captures, guards and the wildcard."""

from __future__ import annotations

from typing import Any

import libcst as cst

from s2sad.ir.nodes import Apply, Assign, Block, Branch, Expr, Make, Origin, Ref, Select, Var


def lower_match(node: cst.Match, lowerer: Any) -> Block | None:
    """The statements of a match, or None when one of its patterns is not understood.

    The subject is evaluated once and given a name, unless it is a name already.
    """
    subject = lowerer.expressions.lower(node.subject)
    before: Block = []
    if not isinstance(subject, Ref):
        var = Var("subject")
        before = [Assign((var,), subject)]
        subject = Ref(var)
    arms = []
    for case in node.cases:
        read = _pattern(case.pattern, subject, lowerer)
        if read is None:
            return None
        test, captures = read
        if case.guard is not None:
            if captures:
                return None
            guard = lowerer.expressions.lower(case.guard)
            test = guard if test is None else Select(test, guard, test, "and")
        arms.append((test, [*captures, *lowerer.suite(case.body)]))
    return [*before, *_chain(arms, Origin(node, lowerer.module))]


def _chain(arms: list[tuple[Expr | None, Block]], origin: Origin) -> Block:
    block: Block = []
    for test, body in reversed(arms):
        block = body if test is None else [Branch(test, body, block)]
    return block


def _pattern(
    pattern: cst.MatchPattern, subject: Ref, lowerer: Any
) -> tuple[Expr | None, Block] | None:
    """The test of a pattern (None when it always matches) and the names that it binds."""
    match pattern:
        case cst.MatchValue() | cst.MatchSingleton():
            value = lowerer.expressions.lower(pattern.value)
            form = ("is", "is") if isinstance(pattern, cst.MatchSingleton) else ("eq", "==")
            return Apply(form[0], (subject, value), (), "infix", form[1]), []
        case cst.MatchOr():
            values = [p.pattern for p in pattern.patterns]
            if not all(isinstance(v, cst.MatchValue) for v in values):
                return None
            items = tuple(
                lowerer.expressions.lower(v.value) for v in values if isinstance(v, cst.MatchValue)
            )
            return Apply("in", (subject, Make("tuple", items)), (), "infix", "in"), []
        case cst.MatchAs() if pattern.pattern is None:
            if pattern.name is None:
                return None, []
            var = lowerer.scope.find(pattern.name.value)
            return None, [Assign((var,), subject)]
    return None


