"""Whether a function has one complex derivative: every operator between parameter and result does.

    def f(z):                       a @holomorphic rule, or a linear one, for each operator that a
        return np.exp(z) @ A        complex number goes into: the tangent along 1j is 1j times that
                                    along 1, and the columns of a Jacobian are tangents along 1
    def g(z):
        return z * z.conj()         `conj` is not, and the Jacobian of g is refused for it

That is proved or not, and never assumed: the conjugate of a conjugate is refused too. What a test
asks, and what goes into a comparison, does not count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from s2sad.analysis.facts import Facts
from s2sad.analysis.regions import Regions
from s2sad.analysis.types import may_be_complex
from s2sad.derive.effects import reached
from s2sad.derive.instantiate import count_reads
from s2sad.derive.templates import Rule
from s2sad.errors import S2SADError
from s2sad.ir.flow import expressions, statements
from s2sad.ir.nodes import (
    Apply,
    Branch,
    Each,
    Expr,
    Function,
    Make,
    Ref,
    Select,
    While,
    children,
    location_of,
    walk,
)

Variants: TypeAlias = Callable[[str], Iterable[Rule]]
"""The rules of an operator."""


def no_complex_matrix(
    function: Function, facts: Facts, regions: Callable[[Function], Regions], matrix: str
) -> list[S2SADError]:
    """Why a function that takes complex numbers has no Jacobian or Hessian, as `matrix` says; none
    if it has one."""
    parts = "take the real and the imaginary part as parameters: z = x + 1j * y"
    if matrix == "hessian":
        message = f"{function.name} takes complex numbers, and a Hessian is of real ones"
        advice = f"Use its hvp along the directions that you need, or {parts}."
        place = location_of(function)
        return [S2SADError("S2S021", message, place, advice)]
    found = []
    for called in reached(function, facts.program):
        for node in not_holomorphic(called, facts, regions(called)):
            message = f"cannot give {function.name} a complex Jacobian: {node.text or node.op} of "
            message += "complex numbers is not holomorphic"
            advice = f"Use its jvp and vjp, or {parts}. If no derivative should flow here, wrap it "
            advice += "in stop_gradient(...)."
            found.append(S2SADError("S2S021", message, location_of(node), advice))
    return found


def not_holomorphic(function: Function, facts: Facts, regions: Regions) -> Iterator[Apply]:
    """The uses of operators in an interpreted function whose derivative is not one complex number:
    of what is complex, and depends on the parameters."""
    for statement in statements(function.body):
        test = statement.test if isinstance(statement, Branch | While) else None
        for root in expressions(statement):
            for node in _carrying(root, facts) if root is not test else ():
                if _mixes_parts(node, facts, regions):
                    yield node


def _carrying(root: Expr, facts: Facts) -> Iterator[Apply]:
    """The operators in an expression through which a derivative may go to it."""
    stack = [root]
    while stack:
        node = stack.pop()
        match node:
            case Apply():
                found = facts.rule_of(node)
                if found is not None and found[0].zero:
                    continue
                yield node
                stack += children(node)
            case Select(_, then, other):
                stack += [then, other]
            case Each(conditions=conditions):
                stack += [part for part in children(node) if part not in conditions]
            case _:
                stack += children(node)


def _mixes_parts(node: Apply, facts: Facts, regions: Regions) -> bool:
    """Whether an operator may do with the real part of what goes into it something else than with
    the imaginary part. A part of an array that is written into may get what depends on the
    parameters later."""
    found = facts.rule_of(node)
    if found is None or is_holomorphic(found[0], facts.program.rules.variants):
        return False
    operands = [*node.args, *(value for _, value in node.kwargs)]
    return any(
        may_be_complex(facts.type_of(part))
        and (part in facts.varied or found[0].view is not None and _is_written(part, regions))
        for part in _items(operands)
    )


def _items(operands: Iterable[Expr]) -> Iterator[Expr]:
    """Operands, those that are lists written out item by item."""
    for operand in operands:
        yield from _items(operand.items) if isinstance(operand, Make) else [operand]


def _is_written(array: Expr, regions: Regions) -> bool:
    return any(
        isinstance(part, Ref) and regions.knows(part.var) and regions.is_written(part.var)
        for part in walk(array)
    )


def is_holomorphic(rule: Rule, variants_of: Variants) -> bool:
    """Whether the derivative that a rule gives is one complex number, or a matrix of such."""
    if "real" in rule.gives:
        return False
    if rule.numbers != "complex":
        return rule.numbers == "holomorphic"
    dots = {rule.place(f"dot_{operand.name}") for operand in rule.operands if not operand.const}
    if rule.tangent is None or any(
        count_reads(expr, dot) for _, expr in rule.temporaries for dot in dots
    ):
        return False
    return all(
        _is_linear(variants_of(part.op))
        for part in walk(rule.tangent)
        if isinstance(part, Apply) and any(count_reads(part, dot) for dot in dots)
    )


def _is_linear(variants: Iterable[Rule]) -> bool:
    """Whether an operator in a line of tangents is linear in complex ones, by all its rules."""
    taking = [rule for rule in variants if rule.numbers != "real"]
    linear = [rule for rule in taking if rule.numbers == "holomorphic" and "real" not in rule.gives]
    return bool(linear) and len(linear) == len(taking)
