"""The tangent of an operator, from its rule: by its kind, or by its line `dot_y = ...`.

    np.tanh(x)          dot_x * (1.0 - y * y)              elementwise: the adjoint line on tangents
    np.sum(x, axis=0)   np.sum(dot_x, axis=0)              @linear: the operator on tangents
    a @ b               dot_a @ b + a @ dot_b              @multilinear: the product rule
    solve(a, b)         solve(a, dot_b - dot_a @ y)        a line of its own

What has no tangent is zero and is left out: a line is linear in its tangents, so a part of it that
reads only such ones is zero.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from s2sad.derive.instantiate import as_value, count_reads, instantiate
from s2sad.derive.rules import is_default, parameters_of
from s2sad.derive.templates import Rule
from s2sad.ir.nodes import Apply, Const, Each, Expr, Make, Ref, Select, Slice, Value, Var, walk
from s2sad.tidy.algebra import add, mul, number_apart, rewrite


class Unclear(Exception):
    """A line in which a zero cannot be left out; it has to be written as an array of zeros."""


def on_tangents(node: Apply, tangents: Mapping[Expr, Expr]) -> Expr:
    """A use of a linear operator with tangents in the place of operands, as the user wrote it."""

    def change(part: Expr) -> Expr | None:
        if part is node:
            return None
        if part in tangents:
            return tangents[part]
        if isinstance(part, Make) and any(inner in tangents for inner in walk(part)):
            return None
        return as_value(part)

    changed = rewrite(node, change)
    assert isinstance(changed, Apply)
    return changed


def on_scaled_tangent(node: Apply, operand: Expr, tangent: Expr) -> Expr:
    """A use of a linear operator on a tangent, its number outside: 2.0 * np.sum(dot_x * x).

    For operators whose result has fewer elements than the operand, which then are multiplied.
    """
    number, rest = number_apart(tangent)
    if number == 1.0:
        return on_tangents(node, {operand: tangent})
    return mul(Const(number), on_tangents(node, {operand: rest}))


def by_product_rule(node: Apply, tangents: Mapping[Expr, Expr]) -> Expr:
    """The tangent of an operator that is linear in each operand."""
    return add(*(on_tangents(node, {operand: dot}) for operand, dot in tangents.items()))


def line_without(rule: Rule, active: set[str]) -> Expr | None:
    """The line `dot_y = ...` of a rule where only some operands have a tangent; None is zero.

    Raises:
        Unclear: a zero cannot be left out.
    """
    assert rule.tangent is not None
    dots = {rule.place(f"dot_{o.name}") for o in rule.operands if not o.const}
    live = {rule.place(f"dot_{name}") for name in active}
    for name, expr in rule.temporaries:  # a temporary may read tangents, too
        if _reads(expr, dots):
            dots.add(rule.place(name))
        if _reads(expr, live):
            live.add(rule.place(name))
    return without(rule.tangent, dots, live)


def without(expr: Expr, dots: set[Var], live: set[Var]) -> Expr | None:
    """An expression that is linear in `dots`, of which only `live` are not zero; None is zero."""
    if not _reads(expr, dots):
        return expr
    if not _reads(expr, live):
        return None

    def inner(part: Expr) -> Expr | None:
        return without(part, dots, live)

    match expr:
        case Apply("add" | "sub", (a, b)):
            left, right = inner(a), inner(b)
            if right is None:
                return left
            if left is None:
                return right if expr.op == "add" else Apply("neg", (right,), form="prefix")
            return Apply(expr.op, (left, right), form="infix")
        case Apply("numpy.where", (test, a, b)):
            arms = tuple(Const(0.0) if p is None else p for p in (inner(a), inner(b)))
            return replace(expr, args=(test, *arms), origin=None)
        case Make("tuple" | "list" as kind, items):
            parts = (inner(item) for item in items)
            return Make(kind, tuple(Const(0.0) if p is None else p for p in parts))
        case Select(test, a, b, form):
            then, other = inner(a), inner(b)
            zero = Const(0.0)
            return Select(test, zero if then is None else then,
                          zero if other is None else other, form)  # fmt: skip
        case Apply(_, args, kwargs):
            found = [inner(arg) for arg in args]
            named = [(name, inner(arg)) for name, arg in kwargs]
            if any(part is None for part in (*found, *(part for _, part in named))):
                raise Unclear
            given = tuple(p for p in found if p is not None)
            keywords = tuple((n, p) for n, p in named if p is not None)
            return replace(expr, args=given, kwargs=keywords, origin=None)
        case Each():
            element = inner(expr.element)
            if element is None:
                raise Unclear
            return Each(expr.kind, element, expr.target, expr.iterable, expr.conditions)
    return expr


def _reads(expr: Expr, wanted: set[Var]) -> bool:
    return any(count_reads(expr, var) for var in wanted)


def needed_temporaries(rule: Rule, exprs: list[Expr]) -> list[tuple[str, Expr]]:
    """The temporaries of a rule that these expressions read, in order."""
    exprs = list(exprs)
    needed: list[tuple[str, Expr]] = []
    for name, expr in reversed(rule.temporaries):
        if any(count_reads(e, rule.place(name)) for e in exprs):
            needed.insert(0, (name, expr))
            exprs.append(expr)
    return needed


def with_temporaries(
    rule: Rule,
    expr: Expr,
    places: dict[Var, Expr],
    let: Callable[[str, Expr], Expr],
) -> Expr:
    """A line of a rule with values in the place of its placeholders.

    A temporary that is read more than once is given a name by `let`.
    """
    temporaries = needed_temporaries(rule, [expr])
    for name, value in temporaries:
        var = rule.place(name)
        uses = count_reads(expr, var) + sum(count_reads(e, var) for _, e in temporaries)
        found = instantiate(value, places)
        if uses > 1 and not isinstance(found, Ref | Const | Value | Slice):
            found = let(name, found)
        places[var] = found
    return without_defaults(instantiate(expr, places))


def without_defaults(expr: Expr) -> Expr:
    """An expression whose calls leave out the keywords that have their default values."""
    return rewrite(expr, _without_defaults)


def _without_defaults(node: Expr) -> Expr | None:
    """A call without the keywords that have their default values."""
    if not isinstance(node, Apply) or not node.kwargs:
        return None
    known = parameters_of(node.op)
    kept = tuple((key, value) for key, value in node.kwargs if not is_default(known, key, value))
    if len(kept) == len(node.kwargs):
        return None
    args = tuple(rewrite(arg, _without_defaults) for arg in node.args)
    return replace(node, args=args, kwargs=kept, origin=None)
