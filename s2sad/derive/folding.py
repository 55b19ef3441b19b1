"""Expressions of rules computed at generation, where all that they read is known then.

    static.inverse((2, 0, 1))           (1, 2, 0)
    keepdims or axis is None            True, for axis=None

`evaluate` gives UNKNOWN as soon as something that is needed is not known; what is not needed (the
other branch of a conditional expression) does not matter.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

from s2sad.analysis.sizes import UNKNOWN
from s2sad.ir.nodes import Apply, Const, Expr, Make, Ref, Select, Var

# ---------------------------------------------------------------- functions of literals


def inverse(axes: Sequence[int]) -> tuple[int, ...]:
    """The permutation that undoes this one."""
    positive = [axis % len(axes) for axis in axes]
    return tuple(positive.index(axis) for axis in range(len(axes)))


def einsum_adjoint(spec: str, position: int) -> str:
    """The specification of an operand's adjoint: ('ij,jk->ik', 0) gives 'ik,jk->ij'.

    The adjoint of the result comes first, the other operands follow in order.
    """
    terms, output = einsum_terms(spec)
    target = terms.pop(position)
    return ",".join([output, *terms]) + "->" + target


def distinct(spec: str) -> bool:
    """Whether no operand of an einsum has a letter twice."""
    terms, _ = einsum_terms(spec.replace(".", ""))
    return all(len(set(term)) == len(term) for term in terms)


def sums_nothing(spec: str) -> bool:
    """Whether an einsum of one operand has all its letters in the result, which is a view then."""
    (term, *_), output = einsum_terms(spec)
    return set(term) <= set(output)


def adjoint_norm(norm: str | None) -> str:
    """The argument `norm` of the Fourier transform that is the adjoint of one with this `norm`."""
    return {"ortho": "ortho", "forward": "backward"}.get(norm or "backward", "forward")


def einsum_terms(spec: str) -> tuple[list[str], str]:
    """The letters of the operands and of the result, which may be left to be understood."""
    inputs, arrow, output = spec.replace(" ", "").partition("->")
    if not arrow:
        output = "".join(sorted(c for c in set(inputs) - {","} if inputs.count(c) == 1))
    return inputs.split(","), output


FOLDED: dict[str, Callable[..., Any]] = {
    "static.inverse": inverse,
    "static.einsum_adjoint": einsum_adjoint,
    "static.adjoint_norm": adjoint_norm,
    "static.distinct": distinct,
    "static.sums_nothing": sums_nothing,
}
"""Functions that templates call on literals as `static.NAME(...)`, always at generation."""

_OPERATORS: dict[str, Callable[..., Any]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "floordiv": operator.floordiv,
    "truediv": operator.truediv,
    "mod": operator.mod,
    "pow": operator.pow,
    "neg": operator.neg,
    "not": operator.not_,
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
    "eq": operator.eq,
    "ne": operator.ne,
    "is": operator.is_,
    "isnot": operator.is_not,
    "in": lambda item, items: item in items,
    "notin": lambda item, items: item not in items,
    "getitem": operator.getitem,
    "builtins.int": int,
    "builtins.float": float,
    "builtins.len": len,
    "builtins.abs": abs,
    "builtins.max": max,
    "builtins.min": min,
    "builtins.tuple": tuple,
    **FOLDED,
}


def evaluate(expr: Expr, value_of: Callable[[Var], Any]) -> Any:
    """The value of an expression over names whose values are known, or UNKNOWN."""
    match expr:
        case Const(value):
            return value
        case Ref(var):
            return value_of(var)
        case Make("tuple" | "list", items):
            values = [evaluate(item, value_of) for item in items]
            if any(value is UNKNOWN for value in values):
                return UNKNOWN
            return tuple(values) if expr.kind == "tuple" else values
        case Select():
            return _select(expr, value_of)
        case Apply("builtins.isinstance", (subject, Apply(path))):
            value = evaluate(subject, value_of)
            wanted = path.removeprefix("builtins.")
            return UNKNOWN if value is UNKNOWN else type(value).__name__ == wanted
        case Apply(op, args, ()) if op in _OPERATORS and args:
            values = [evaluate(arg, value_of) for arg in args]
            return UNKNOWN if any(v is UNKNOWN for v in values) else _applied(op, values)
        case Apply(op, args, ()) if op in FOLDED:
            values = [evaluate(arg, value_of) for arg in args]
            return UNKNOWN if any(v is UNKNOWN for v in values) else FOLDED[op](*values)
    return UNKNOWN


def _applied(op: str, values: list[Any]) -> Any:
    """The result on literals; UNKNOWN where it has none, as for an order of 3 and None."""
    try:
        return _OPERATORS[op](*values)
    except (TypeError, ValueError, ZeroDivisionError, IndexError, OverflowError):
        return UNKNOWN


def _select(expr: Select, value_of: Callable[[Var], Any]) -> Any:
    """A conditional expression, `and` or `or`; only the side that counts has to be known."""
    test = evaluate(expr.test, value_of)
    if test is not UNKNOWN:
        return evaluate(expr.then if test else expr.other, value_of)
    if expr.form == "if":
        return UNKNOWN
    settled = expr.form == "or"
    other = evaluate(expr.other if settled else expr.then, value_of)
    return other if other is not UNKNOWN and bool(other) is settled else UNKNOWN
