"""A rule's expressions with the user's values in the place of the placeholders, simplified."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from s2sad.analysis.sizes import UNKNOWN
from s2sad.derive.folding import evaluate
from s2sad.ir.nodes import Apply, Const, Each, Expr, Make, Ref, Select, Slice, Value, Var
from s2sad.tidy.algebra import rewrite, simplify


def as_value(expr: Expr) -> Expr:
    """The value that an expression of the forward part had, its literal structure kept."""
    match expr:
        case Const() | Value():
            return expr
        case Slice(start, stop, step):
            first, last, by = (None if p is None else as_value(p) for p in (start, stop, step))
            return Slice(first, last, by)
        case Make("tuple" | "list" as kind, items):
            return Make(kind, tuple(as_value(item) for item in items))
    return Value(expr)


CONJUGATE = "template.conj"
"""A mark around a value of a rule's line that is conjugated where it is complex."""


def instantiate(
    expr: Expr, places: Mapping[Var, Expr], conj: Callable[[Expr], Expr] | None = None
) -> Expr:
    """An expression of a rule with its placeholders replaced, folded and simplified; `conj` gives
    the conjugate of what stands in a mark."""
    if conj is not None:
        expr = _with_conjugates(expr, places, conj)
    match expr:
        case Ref(var):
            return places.get(var, expr)
        case Const() | Value():
            return expr
        case Select():
            test = instantiate(expr.test, places)
            known = _folded(test)
            if known is not UNKNOWN and expr.form == "if":
                return instantiate(expr.then if known else expr.other, places)
            then, other = instantiate(expr.then, places), instantiate(expr.other, places)
            folded = _folded(Select(test, then, other, expr.form))
            if folded is not UNKNOWN:
                return _constant(folded)
            return Select(test, then, other, expr.form)
        case Slice(start, stop, step):
            first, last, by = (
                None if p is None else instantiate(p, places) for p in (start, stop, step)
            )
            return Slice(first, last, by)
        case Make(kind, items):
            return Make(kind, tuple(instantiate(item, places) for item in items))
        case Each():
            return _each(expr, places)
        case Apply(op, args, kwargs, form, text):
            called = tuple(instantiate(a, places) for a in args)
            named = tuple((name, instantiate(a, places)) for name, a in kwargs)
            match op, called:
                case "getitem", (Make("tuple" | "list", items), Const(int() as k)) if (
                    -len(items) <= k < len(items)
                ):
                    return items[k]
                case "builtins.len", (Make("tuple" | "list", items),):
                    return Const(len(items))
            node = Apply(op, called, named, form, text)
            if op.startswith("static.") or _all_literal(called):
                folded = UNKNOWN if named else _folded(node)
                if folded is not UNKNOWN:
                    return _constant(folded)
            return simplify(node)
    return expr


def _with_conjugates(expr: Expr, places: Mapping[Var, Expr], conj: Callable[[Expr], Expr]) -> Expr:
    """An expression with conjugates in the place of the marks."""

    def change(part: Expr) -> Expr | None:
        if isinstance(part, Apply) and part.op == CONJUGATE:
            return conj(instantiate(part.args[0], places))
        return None

    return rewrite(expr, change)


def _each(expr: Each, places: Mapping[Var, Expr]) -> Expr:
    inner = dict(places)
    target = expr.target
    if isinstance(target, Var):
        own = Var(target.hint)
        inner[target] = Ref(own)
        target = own
    conditions = tuple(instantiate(c, inner) for c in expr.conditions)
    element = instantiate(expr.element, inner)
    return Each(expr.kind, element, target, instantiate(expr.iterable, places), conditions)


def _all_literal(args: tuple[Expr, ...]) -> bool:
    return bool(args) and all(isinstance(a, Const) for a in args)


def _folded(expr: Expr) -> object:
    return evaluate(expr, lambda var: UNKNOWN)


def _constant(value: object) -> Expr:
    if isinstance(value, tuple | list):
        kind = "tuple" if isinstance(value, tuple) else "list"
        return Make(kind, tuple(_constant(v) for v in value))
    return Const(value)


def count_reads(expr: Expr, var: Var) -> int:
    """How often a rule's expression reads a placeholder."""
    found = 0

    def see(node: Expr) -> Expr | None:
        nonlocal found
        if isinstance(node, Ref) and node.var is var:
            found += 1
        return None

    rewrite(expr, see)
    if isinstance(expr, Each):
        found += count_reads(expr.element, var) + count_reads(expr.iterable, var)
    return found
