"""The tangent of a use of an operator, from those of its operands and the operator's rule.

    np.tanh(x)      dot_x * (1.0 - y * y)       the lines of an elementwise rule, summed
    x.sum()         dot_x.sum()                 a linear call keeps the user's spelling
    a @ b           dot_a @ b + a @ dot_b       the product rule
    solve(a, b)     solve(a, dot_b - dot_a @ y) a line of its own, which takes whole tangents

`tangents.py` has the formulas; here the tangents of operands are had, and expanded where the
formula is not elementwise.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from s2sad.analysis.types import SCALAR, Shape, may_be_complex
from s2sad.derive.adjoints import Adjoint as Tangent
from s2sad.derive.broadcasting import same_shape
from s2sad.derive.instantiate import as_value, count_reads
from s2sad.derive.tangents import (
    Unclear,
    by_product_rule,
    line_without,
    on_scaled_tangent,
    on_tangents,
    with_temporaries,
)
from s2sad.derive.templates import Operand, Rule
from s2sad.ir.nodes import Apply, Const, Each, Expr, Value, Var, walk
from s2sad.tidy.algebra import add, evaluated, first_to_last, holds_derivative, neg, rewrite
from s2sad.tidy.naming import role

if TYPE_CHECKING:
    from s2sad.derive.push import Push


class OperatorTangents:
    """Tangents of operators, for one sweep."""

    def __init__(self, sweep: Push) -> None:
        self.sweep = sweep
        self.facts = sweep.facts

    def tangent(self, node: Apply, rule: Rule, bound: dict[str, Expr]) -> Tangent | None:
        found: dict[str, Tangent] = {}
        for operand in rule.operands:
            if operand.const:
                continue
            value = bound[operand.name]
            self._name_after_role(node, value)
            pushed = self._operand(value, operand)
            if pushed is not None:
                found[operand.name] = pushed
        if not found:
            return None
        if rule.tangent is not None:
            return self._by_line(node, rule, bound, found)
        if rule.kind == "general":
            message = f"cannot differentiate through {node.text or node.op} in forward mode"
            advice = "Its rule has no line dot_y = ...: add one."
            return self.sweep.refused("S2S012", message, node, advice)
        if rule.kind == "elementwise":
            return self._elementwise(node, rule, bound, found)
        several = len([o for o in rule.operands if not o.const]) > 1 and rule.kind == "linear"
        tangents: dict[Expr, Expr] = {}
        for operand in rule.operands:
            if operand.const or operand.name not in found and not several:
                continue
            value = bound[operand.name]
            tangents[value] = self.sweep.whole(found.get(operand.name), value)
        whole = self._as_written(node, bound)
        if rule.kind == "linear":
            if len(tangents) == 1:
                [(operand_value, dot)] = tangents.items()
                if self._reduces(node, operand_value):
                    scaled = on_scaled_tangent(whole, operand_value, dot)
                    return self.sweep.tangent(scaled, node, True)
            return self.sweep.tangent(on_tangents(whole, tangents), node, True)
        return self.sweep.tangent(by_product_rule(whole, tangents), node, True)

    def _reduces(self, node: Apply, operand: Expr) -> bool:
        """Whether a result has fewer dimensions than the operand, as a sum has."""
        before, after = self.facts.shape_of(operand), self.facts.shape_of(node)
        if not isinstance(after, Shape):
            return False
        return after.rank < before.rank if isinstance(before, Shape) else after.rank == 0

    def _as_written(self, node: Apply, bound: dict[str, Expr]) -> Apply:
        """The use of an operator with the operands that its rule has bound."""
        inside = set(walk(node))
        if all(value in inside or isinstance(value, Const) for value in bound.values()):
            return node
        swapped = {}
        for value in bound.values():
            match value:
                case Apply("numpy.array", (inner,)) if value not in inside:
                    swapped[inner] = value
        args = tuple(swapped.get(arg, arg) for arg in node.args)
        named = tuple((name, swapped.get(arg, arg)) for name, arg in node.kwargs)
        return replace(node, args=args, kwargs=named, origin=None)

    def _name_after_role(self, node: Apply, operand: Expr) -> None:
        called = role(node, operand)
        if called is not None:
            self.sweep.hints.setdefault(operand, called)

    def _operand(self, value: Expr, operand: Operand) -> Tangent | None:
        if not self.sweep.is_varied(value) and not isinstance(value, Apply):
            return None
        match value:  # np.array of a list, where NumPy takes an array
            case Apply("numpy.array", (inner,)) if value not in self.facts.varied:
                if not self.sweep.is_varied(inner):
                    return None
                self.facts.varied.add(value)
        return self.sweep.push(value)

    def _by_line(
        self, node: Apply, rule: Rule, bound: dict[str, Expr], found: dict[str, Tangent]
    ) -> Tangent | None:
        active = set(found)
        try:
            line = line_without(rule, active)
        except Unclear:
            active = {o.name for o in rule.operands if not o.const}
            line = rule.tangent
        if line is None:
            return None
        places: dict[Var, Expr] = {rule.place("y"): Value(node)}
        for name, expr in bound.items():
            places[rule.place(name)] = as_value(expr)
        temporaries = [expr for _, expr in rule.temporaries]
        for name in active:
            var = rule.place(f"dot_{name}")
            expr = self.sweep.whole(found.get(name), bound[name])
            if rule.kind == "elementwise" and name in found:
                expr = found[name].expr
            if isinstance(expr, Each):
                # Taken apart by number: a list, and made once.
                expr = self.sweep.let(f"dot_{self.sweep.hint(bound[name])}", _listed(expr))
            elif sum(count_reads(e, var) for e in (line, *temporaries)) > 1:
                expr = self.sweep.let(f"dot_{self.sweep.hint(bound[name])}", expr)
            places[var] = expr
        result = with_temporaries(rule, line, places, self.sweep.let)
        if any(may_be_complex(self.facts.type_of(value)) for value in bound.values()):
            result = self.sweep.complex_numbers.tidied(result)
        if rule.kind != "elementwise":
            return self.sweep.tangent(result, node, True)
        full = self._is_full(node, rule, bound, found)
        return self.sweep.tangent(self._numbers_first(result), node, full or None)

    def _elementwise(
        self, node: Apply, rule: Rule, bound: dict[str, Expr], found: dict[str, Tangent]
    ) -> Tangent:
        terms: list[Expr] = []
        seed = rule.place("d_y")
        for line in rule.contributions:
            if line.operand not in found or line.value is None:
                continue
            operand, expr = bound[line.operand], found[line.operand].expr
            if count_reads(line.value, seed) > 1:
                expr = self.sweep.let(f"dot_{self.sweep.hint(operand)}", expr)
            places: dict[Var, Expr] = {rule.place("y"): Value(node), seed: expr}
            places |= {rule.place(name): as_value(value) for name, value in bound.items()}
            terms.append(with_temporaries(rule, line.value, places, self.sweep.let))
        total = terms[0] if len(terms) == 1 else add(*terms)
        full = self._is_full(node, rule, bound, found)
        return self.sweep.tangent(self._numbers_first(total), node, full or None)

    def _numbers_first(self, expr: Expr) -> Expr:
        """A product of several numbers and arrays with the numbers first: they are multiplied
        once, and not with each element. The first is a float, as the user's may be integers, whose
        product may be too large."""

        def change(part: Expr) -> Expr | None:
            if not isinstance(part, Apply) or part.op != "mul" or part.form != "infix":
                return None
            sign, factors = first_to_last(part)
            numbers = [self.facts.shape_of(factor) == SCALAR for _, factor in factors]
            if sum(numbers) < 2 or all(numbers) or any(op != "mul" for op, _ in factors):
                return None
            given = [(op, self._numbers_first(factor)) for op, factor in factors]
            ordered = [f for f, n in zip(given, numbers, strict=True) if n]
            if not (isinstance(ordered[0][1], Const) or holds_derivative(ordered[0][1])):
                return None
            ordered += [f for f, n in zip(given, numbers, strict=True) if not n]
            product = evaluated(ordered)
            return product if sign > 0 else neg(product)

        return rewrite(expr, change)

    def _is_full(
        self, node: Apply, rule: Rule, bound: dict[str, Expr], found: dict[str, Tangent]
    ) -> bool:
        """Whether the tangent of an elementwise operator has the shape of its result: if that of
        an operand has it, or if they broadcast to all that the operands do."""
        shape = self.facts.shape_of(node)
        if any(
            t.full and same_shape(self.facts.shape_of(bound[n]), shape) for n, t in found.items()
        ):
            return True
        return all(
            o.name in found and found[o.name].full or self.facts.shape_of(bound[o.name]) == SCALAR
            for o in rule.operands
        )


def _listed(expr: Each) -> Each:
    """A comprehension whose items can be read again: a list in place of a generator."""
    return replace(expr, kind="list") if expr.kind == "generator" else expr
