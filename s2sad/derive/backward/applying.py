"""The adjoint of an operator, by its rule.

The lines of the rule are instantiated for the operands that are varied, broadcasting is undone,
what was broadcast late or masked stays so as long as it may, and each contribution goes on to its
operand:

    y = np.tanh(x)       d_x += d_y * (1.0 - y * y)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from s2sad.analysis.facts import Facts
from s2sad.analysis.types import SCALAR, Array, ListOf, TupleOf, is_integral, may_be_complex
from s2sad.derive.adjoints import Adjoint, is_zero
from s2sad.derive.backward.places import is_everything
from s2sad.derive.backward.trees import is_complete
from s2sad.derive.broadcasting import (
    call,
    expand,
    is_unbroadcast,
    reduced_from,
    reduced_to,
    same_shape,
    shape_of_value,
    summed_down,
    total_of,
)
from s2sad.derive.complex_numbers import adjoints_of, conjugated
from s2sad.derive.fresh import is_fresh
from s2sad.derive.held import is_container
from s2sad.derive.instantiate import as_value, count_reads, instantiate
from s2sad.derive.tangents import needed_temporaries, without_defaults
from s2sad.derive.templates import Contribution, Operand, Rule
from s2sad.ir.nodes import (
    Apply,
    Assign,
    Const,
    Each,
    Evaluate,
    Expr,
    Make,
    Place,
    Ref,
    Value,
    Var,
    walk,
)
from s2sad.tidy.naming import role

if TYPE_CHECKING:
    from s2sad.derive.backward.expressions import Expressions
    from s2sad.derive.backward.sweep import Sweep


class Rules:
    """Applies the rules of operators."""

    def __init__(self, sweep: Sweep, expressions: Expressions) -> None:
        self.sweep = sweep
        self.facts = sweep.facts
        self.out = sweep.out
        self.slots = sweep.slots
        self.contributions = sweep.contributions
        self.expressions = expressions

    def apply(self, node: Apply, rule: Rule, bound: dict[str, Expr], adjoint: Adjoint) -> None:
        """Passes the adjoint of an operator's result on to its operands, by a rule whose operands
        and arguments are `bound`."""
        wanted = {
            o.name for o in rule.operands if not o.const and self._operand_varied(bound, o.name)
        }
        lines = [line for line in rule.contributions if line.operand in wanted]
        temporaries = self._needed_temporaries(rule, lines)
        mask = adjoint.mask
        adjoint = self._seeded(node, rule, bound, adjoint, lines, temporaries)
        places = {rule.place("d_y"): adjoint.expr, rule.place("y"): Value(node)}
        places |= {rule.place(name): as_value(expr) for name, expr in bound.items()}
        lines, temporaries, conj = self.with_conjugates(node, rule, bound, lines, temporaries)
        self._put_temporaries(rule, lines, temporaries, places, conj)
        gathered: dict[str, list[Adjoint]] = {}
        for line in lines:
            assert line.value is not None
            value = instantiate(line.value, places, conj)
            if conj is not None:
                value = self.sweep.complex_numbers.tidied(without_defaults(value))
            operand = bound[line.operand]
            if line.how == "add":
                spec = next(o for o in rule.operands if o.name == line.operand)
                value, passed = self._masked(value, mask, node, operand)
                value = self._real_value(value, operand)
                one = self._contribution(value, node, rule, operand, adjoint, spec)
                gathered.setdefault(line.operand, []).append(replace(one, mask=passed))
            else:
                self._part_contribution(line, value, places, node, operand, adjoint)
        for name, found in gathered.items():
            called = role(node, bound[name])
            if called is not None:
                self.sweep.hints.setdefault(bound[name], called)
            if not all(a.wide for a in found):
                found = [self.summed_down(a, bound[name]) for a in found]
            self.expressions.pull(bound[name], total_of(found))

    def _seeded(
        self,
        node: Apply,
        rule: Rule,
        bound: dict[str, Expr],
        adjoint: Adjoint,
        lines: list[Contribution],
        temporaries: list[tuple[str, Expr]],
    ) -> Adjoint:
        """The adjoint of an operator's result as the lines of its rule want it: complete, as large
        as its value where that counts, and under a name where it is read more than once."""
        if adjoint.tree and isinstance(self.facts.type_of(node), ListOf | TupleOf):
            if not is_complete(adjoint.expr) and not _has_all(
                adjoint.expr, rule.place("d_y"), lines, temporaries
            ):
                parts = call("helper.all_parts", adjoint.expr, Value(node), text="all_parts")
                adjoint = Adjoint(parts, tree=True)
        seed = rule.place("d_y")
        narrow = rule.kind == "elementwise" or _is_whole_reduction(rule, bound)
        narrow = narrow or all(_adds_to_part(line, seed) for line in lines)
        if not adjoint.full and not narrow:
            adjoint = expand(adjoint, node, self.facts)
        reads = _uses(seed, lines, temporaries)
        reads += sum(isinstance(line.value, Each) for line in lines)
        if reads > 1 and not _is_named(adjoint.expr):
            adjoint = self.slots.let(f"d_{self.slots.hint(node)}", adjoint)
        return adjoint

    def _put_temporaries(
        self,
        rule: Rule,
        lines: list[Contribution],
        temporaries: list[tuple[str, Expr]],
        places: dict[Var, Expr],
        conj: Callable[[Expr], Expr] | None,
    ) -> None:
        """Says in `places` what stands for the temporaries of a rule: those that are read more than
        once get names."""
        for name, expr in temporaries:
            var = rule.place(name)
            value = instantiate(expr, places, conj)
            if _uses(var, lines, temporaries) > 1 and not isinstance(value, Ref | Const | Value):
                temporary = Var(name)
                self.out.append(Assign((temporary,), value))
                self.sweep.typed(ref := Ref(temporary), self.facts.type_of(value))
                value = ref
            places[var] = value

    def lowered(self, adjoint: Adjoint, node: Expr, operand: Expr) -> Adjoint:
        """The adjoint of an operand from that of a value that it was broadcast to. Where the axes
        are not known it stays as it is, to be summed down once, at the end of what is elementwise.
        """
        reduced = reduced_to(adjoint, node, operand, self.facts)
        if is_unbroadcast(reduced.expr):
            whole = expand(adjoint, node, self.facts)
            return replace(whole, shape=self.facts.shape_of(node), root=node)
        return reduced

    def takes_wide(self, node: Expr) -> bool:
        """Whether an expression takes an adjoint that is still to be summed down."""
        if self.is_elementwise(node):
            return True
        if not isinstance(node, Apply) or not isinstance(self.facts.type_of(node.args[0]), Array):
            return False
        found = self.facts.rule_of(node)
        if found is None:
            return False
        lines = [line for line in found[0].contributions if line.operand in found[1]]
        seed = found[0].place("d_y")
        return all(line.how == "index" and _adds_to_part(line, seed) for line in lines)

    def summed_down(self, adjoint: Adjoint, node: Expr) -> Adjoint:
        """The adjoint of a value in the shape of that value."""
        if not adjoint.wide:
            return adjoint
        return reduced_from(adjoint.shape, adjoint, node, self.facts)

    def with_conjugates(
        self,
        node: Apply,
        rule: Rule,
        bound: dict[str, Expr],
        lines: list[Contribution],
        temporaries: list[tuple[str, Expr]],
    ) -> tuple[
        list[Contribution], list[tuple[str, Expr]], Callable[[Expr], Expr] | None
    ]:  # fmt: skip
        """The lines of a rule with marks around what is conjugated, and what writes a conjugate.

        Where everything is real the lines stay as they are.
        """
        values = [node, *(bound[operand.name] for operand in rule.operands)]
        mixed = self.facts.mixed and any(
            may_be_complex(self.facts.type_of(value)) for value in values
        )
        if not mixed:
            return lines, temporaries, None
        if rule.numbers != "holomorphic":
            return lines, temporaries, _itself
        seeds = adjoints_of(rule)
        marked = [
            line if line.value is None else replace(line, value=conjugated(line.value, seeds))
            for line in lines
        ]
        passed = [
            (name, conjugated(expr, seeds) if rule.place(name) in seeds else expr)
            for name, expr in temporaries
        ]
        return marked, passed, self.sweep.complex_numbers.conj

    def _real_value(self, value: Expr, operand: Expr) -> Expr:
        """A contribution to an operand: its real part, before it is summed down, if that is
        real."""
        if not self.facts.mixed:
            return value
        kind = self.facts.type_of(operand)
        if not isinstance(kind, Array) or may_be_complex(kind):
            return value
        return self.sweep.complex_numbers.real_part(value)

    def _masked(
        self, value: Expr, mask: Expr | None, node: Apply, operand: Expr
    ) -> tuple[Expr, Expr | None]:
        """A contribution, and the mask that is still to be applied to it.

        np.where gives one of its operands no adjoint where the other was chosen. Zero times an
        infinite slope further down is nan, so the mask waits until the end of the chain of
        elementwise operators of one shape that np.where alone reads.
        """
        chained = self.is_elementwise(operand)
        chained = chained and same_shape(self.facts.shape_of(node), self.facts.shape_of(operand))
        if mask is not None:
            return (value, mask) if chained else (_with_mask(mask, value), None)
        match value:
            case Apply("numpy.where", (_, Const(0.0), inner)) if chained:
                return inner, value
            case Apply("numpy.where", (_, inner, Const(0.0))) if chained:
                return inner, value
        return value, None

    def is_elementwise(self, node: Expr) -> bool:
        """Whether an expression is a varied one whose rule works on each element by itself."""
        if not isinstance(node, Apply) or is_container(self.facts.type_of(node)):
            return False
        if not self.sweep.is_varied(node) or node.op in ("getitem", "getattr", "add"):
            return node.op == "add" and isinstance(self.facts.type_of(node), Array)
        found = self.facts.rule_of(node)
        return found is not None and found[0].kind == "elementwise" and found[0].view is None

    def _operand_varied(self, bound: dict[str, Expr], name: str) -> bool:
        operand = bound.get(name)
        return operand is not None and self.sweep.is_varied(operand)

    def _needed_temporaries(self, rule: Rule, lines: list[Contribution]) -> list[tuple[str, Expr]]:
        """The temporaries of a rule that the lines which are used read, in order."""
        exprs = [line.value for line in lines if line.value is not None]
        exprs += [line.key for line in lines if line.key is not None]
        return needed_temporaries(rule, exprs)

    def _contribution(
        self, value: Expr, node: Apply, rule: Rule, operand: Expr, seed: Adjoint, spec: Operand
    ) -> Adjoint:
        if spec.is_list:
            return self._list_contribution(value, node, operand, spec)
        wanted = self.facts.shape_of(operand)
        fresh = is_fresh(value)
        if self._may_be_integral(value):
            value = _as_float(value)
            fresh = True
        if spec.spec == "" and seed.full and seed.shape == SCALAR and not seed.tree:
            # What gives one number was made from single numbers.
            return Adjoint(value, SCALAR, True, fresh)
        several = self.facts.type_of(node)
        if spec.spec == "" and isinstance(several, TupleOf):
            shape = self.facts.array(several.items[-1]).shape
            if same_shape(shape, wanted):
                return Adjoint(value, wanted, True, fresh)
            sizes = call("numpy.shape", as_value(operand))
            summed = call("helper.unbroadcast", value, sizes, text="unbroadcast")
            return Adjoint(summed, wanted, True, fresh)
        if spec.spec == "":
            whole = self.facts.shape_of(node)
            if isinstance(value, Const) and whole != SCALAR:
                one = Adjoint(value, SCALAR, False, True)
            elif seed.full or rule.kind != "elementwise":
                one = Adjoint(value, whole, True, fresh)
            else:
                shape = self.facts.shape_of(value)
                one = Adjoint(value, shape, same_shape(shape, whole), fresh)
            if seed.wide and one.full:
                return replace(one, shape=seed.shape, root=seed.root)
            if rule.kind == "elementwise":
                return self.lowered(one, node, operand)
            return reduced_to(one, node, operand, self.facts)
        if isinstance(value, Const):
            return Adjoint(value, SCALAR, wanted == SCALAR, True)
        if _is_reduction(rule):
            shape = self.facts.shape_of(value)
            return Adjoint(value, shape, same_shape(shape, wanted), fresh)
        if spec.broadcasts:
            shape = self.facts.shape_of(value)
            if not same_shape(shape, wanted):
                return reduced_to_leading(value, wanted, operand, self.facts)
        return Adjoint(value, wanted, True, fresh)

    def _may_be_integral(self, value: Expr) -> bool:
        """Whether an adjoint may be an integer or an array of them, which truncates additions."""
        if isinstance(value, Const):
            return isinstance(value.value, int)
        kind = self.facts.type_of(value)
        if isinstance(value, Apply) and value.op in ("add", "sub", "mul", "neg"):
            return all(self._may_be_integral(part) for part in value.args)
        if isinstance(value, Value):
            if value.node in self.facts.varied:
                return False
            if not isinstance(kind, Array):
                return True
            return not (kind.dtype.startswith("float") or may_be_complex(kind))
        return is_integral(kind)

    def _list_contribution(self, value: Expr, node: Apply, operand: Expr, spec: Operand) -> Adjoint:
        """The adjoints of the items of a list; items that were broadcast are summed down later."""
        match value:
            case Each(element=element, target=Var() as target):
                if not count_reads(element, target) and not isinstance(operand, Make):
                    size = call("builtins.len", as_value(operand), text="len")
                    items = Make("list", (element,))
                    value = Apply("mul", (items, size), (), "infix", "*")
        return Adjoint(value, tree=True, result=node if spec.broadcasts else None)

    def _part_contribution(
        self,
        line: Contribution,
        value: Expr,
        places: dict[Var, Expr],
        node: Apply,
        operand: Expr,
        seed: Adjoint,
    ) -> None:
        assert line.key is not None
        key = instantiate(line.key, places)
        slot = self.slots.of(operand)
        if seed.wide and (slot is None or is_everything(key)):
            seed = self.summed_down(replace(seed, expr=value), node)
            value = seed.expr
        if is_everything(key):
            # x[...] and x[()] are all of x, which may be a number that cannot be written into.
            shape = self.facts.shape_of(operand) if seed.full else seed.shape
            self.expressions.pull(operand, Adjoint(value, shape, seed.full))
            return
        value = self._real_value(value, operand)
        part = Adjoint(value, seed.shape, root=seed.root, value=node)
        if slot is not None:
            self.contributions.pend(slot, part, line.how, key)
            return
        var = Var(f"d_{self.slots.hint(operand)}")
        shape = self.facts.shape_of(operand)
        mixed = may_be_complex(self.facts.type_of(operand))
        zeros = self.slots.zeros_of(shape_of_value(operand, self.facts), mixed)
        self.out.append(Assign((var,), zeros))
        place = self.sweep.typed(Ref(var), Array("complex128" if mixed else "unknown", shape))
        if line.how == "addat":
            self.out.append(Evaluate(call("numpy.add.at", place, key, value)))
        else:
            self.out.append(Assign((Place(place, key),), value))
        self.expressions.pull(operand, Adjoint(place, shape, True, True))


def _uses(var: Var, lines: list[Contribution], temporaries: list[tuple[str, Expr]]) -> int:
    """How often the lines of a rule, and its temporaries, read a name of it."""
    uses = sum(count_reads(line.value, var) for line in lines if line.value is not None)
    return uses + sum(count_reads(expr, var) for _, expr in temporaries)


def _has_all(
    adjoint: Expr, seed: Var, lines: list[Contribution], temporaries: list[tuple[str, Expr]]
) -> bool:
    """Whether a tuple of adjoints has all the items that the lines of a rule read."""
    if not isinstance(adjoint, Make) or adjoint.kind != "tuple":
        return False
    given = [k for k, item in enumerate(adjoint.items) if not is_zero(item)]
    exprs = [line.value for line in lines if line.value is not None]
    read = 0
    for node in (n for expr in (*exprs, *(e for _, e in temporaries)) for n in walk(expr)):
        match node:
            case Apply("getitem", (Ref(var), Const(int() as k))) if var is seed and k in given:
                read += 1
    return read == _uses(seed, lines, temporaries)


def _adds_to_part(line: Contribution, seed: Var) -> bool:
    """Whether a contribution is d_x[key] += d_y, which expands a narrow d_y by itself."""
    return line.how != "add" and isinstance(line.value, Ref) and line.value.var is seed


def reduced_to_leading(value: Expr, wanted: Any, operand: Expr, facts: Facts) -> Adjoint:
    """The adjoint of an operand whose leading axes were broadcast."""
    shape = facts.shape_of(value)
    down = summed_down(value, wanted, shape, facts)
    if down is not None:
        return Adjoint(down, wanted, True, True)
    sizes = call("numpy.shape", Value(operand))
    summed = call("helper.unbroadcast", value, sizes, text="unbroadcast")
    return Adjoint(summed, wanted, True, is_fresh(value))


def _is_reduction(rule: Rule) -> bool:
    return isinstance(rule.result, Apply) and rule.result.op == "shape.reduced"


def _is_whole_reduction(rule: Rule, bound: dict[str, Expr]) -> bool:
    """Whether a rule reduces over all axes, so that its adjoint is one number for each element."""
    if not _is_reduction(rule) or not isinstance(rule.result, Apply):
        return False
    axis = rule.result.args[1]
    if isinstance(axis, Ref):
        axis = bound.get(axis.var.hint, axis)
    return isinstance(axis, Const) and axis.value is None


def _as_float(value: Expr) -> Expr:
    """An adjoint that is a float where its factors are integers."""
    if isinstance(value, Const):
        return Const(float(value.value))
    return Apply("mul", (Const(1.0), value), (), "infix", "*")


def _is_named(expr: Expr) -> bool:
    """Whether an adjoint is a tuple of results' adjoints, which have names."""
    if not isinstance(expr, Make) or expr.kind != "tuple":
        return False
    return all(isinstance(item, Ref | Const) for item in expr.items)


def _with_mask(mask: Expr, value: Expr) -> Expr:
    """A contribution under the mask of an np.where: where the other operand was chosen, zero."""
    assert isinstance(mask, Apply)
    test, first, _ = mask.args
    if is_zero(first):
        return call("numpy.where", test, Const(0.0), value)
    return call("numpy.where", test, value, Const(0.0))


def _itself(expr: Expr) -> Expr:
    return expr
