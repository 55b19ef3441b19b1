"""Which expressions make an array that nothing else refers to.

np.tanh(x)        is fresh
x.T, x[1:]        are not: they may share memory with x
"""

from __future__ import annotations

from s2sad.derive.own_rules import is_own
from s2sad.derive.rules import rules
from s2sad.ir.nodes import Apply, Const, Expr, Ref, Value

_PASSED_ON = ("numpy.real", "numpy.imag", "helper.unbroadcast")
"""Operators whose result is new if their operand is."""


def is_fresh(expr: Expr) -> bool:
    """Whether evaluating an expression makes an array that nothing else refers to."""
    if isinstance(expr, Const):
        return True
    if isinstance(expr, Apply) and expr.op in _PASSED_ON:
        return not isinstance(expr.args[0], Ref | Value) and is_fresh(expr.args[0])
    if not isinstance(expr, Apply) or expr.op.startswith("backward"):
        return False
    if is_own(expr.op) or expr.op == "call":
        return False
    return not any(rule.view or rule.is_tree for rule in rules().get(expr.op, ()))
