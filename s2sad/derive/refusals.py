"""What no derivative can be had of: the words for it, the same in both modes.

scipy.optimize.brentq(f, 0.0, x)      cannot differentiate through scipy.optimize.brentq
x.mystery                             cannot differentiate: ... (why it was not understood)
"""

from __future__ import annotations

from typing import NamedTuple

from s2sad.analysis.facts import Facts
from s2sad.derive.complex_numbers import refusal
from s2sad.derive.own_rules import is_own
from s2sad.ir.nodes import Apply, Expr, Opaque
from s2sad.source.perhaps import MAY_NOT_RUN, OUT_OF_ORDER


class Refusal(NamedTuple):
    """Why there is no derivative of a node, and what to write instead."""

    code: str
    message: str
    node: Expr
    advice: str


_INSTEAD = {
    "s2sad does not write out several for clauses inside of such an expression": (
        "Write a loop, or one comprehension inside the other."
    ),
    "s2sad does not see which arguments * stands for": "Write the arguments out.",
    "s2sad does not see which arguments ** stands for": "Write the arguments out.",
    "s2sad does not differentiate a constructor": (
        "Make the class a dataclass or a NamedTuple, or hand over what the object holds."
    ),
    MAY_NOT_RUN: "Assign it in a statement before this one.",
    OUT_OF_ORDER: "Assign it in a statement before this one.",
}
"""What to write instead, by the reason that something was not understood."""


def not_understood(node: Opaque) -> Refusal:
    """Of code that is carried as it stands."""
    advice = "If no derivative should flow here, wrap it in stop_gradient(...)."
    if node.reason.endswith("the class of the object"):
        advice = f"Annotate the object: the method has a rule. {advice}"
    elif node.reason in _INSTEAD:
        advice = f"{_INSTEAD[node.reason]} {advice}"
    elif node.code == "S2S012":
        advice += " Else give it a form that s2sad knows."
    return Refusal(node.code, f"cannot differentiate: {node.reason}", node, advice)


def without_rule(node: Apply, facts: Facts, has_rule: bool) -> Refusal:
    """Of an operator that no rule fits; `has_rule` says whether there is one for other uses."""
    if facts.is_open_product(node):
        message = "cannot tell whether this repeats the list or multiplies what it holds"
        return Refusal(
            "S2S012", message, node, "Annotate the number (n: int), or make an array of it."
        )
    known = refusal(facts, node, has_rule)
    if known is not None:
        code, message, advice = known
        return Refusal(code, message, node, advice)
    name = node.op if "." in node.op else f"the operator {node.text or node.op}"
    if is_own(node.op):
        name = node.text
    advice = "If no derivative should flow through it, wrap it in stop_gradient(...)."
    return Refusal(
        "S2S012",
        f"cannot differentiate through {name}",
        node,
        f"There is no rule for it in this form. {advice}",
    )


def varied_parts_not_understood(node: Apply, facts: Facts) -> list[Opaque]:
    """The operands that are not understood, if a derivative flows into one of them: they are what
    the refusal is about, and not the operator."""
    found = [arg for arg in node.args if isinstance(arg, Opaque) and not arg.inert]
    return found if any(arg in facts.varied for arg in found) else []
