"""Tangents of arrays and lists that are written in place: what is written there is written here.

    a = np.zeros(n)         dot_a = np.zeros_like(a)
    a[k] = x * x            dot_a[k] = 2.0 * dot_x * x
    a *= 2.0                dot_a[...] = 2.0 * dot_a
    np.add.at(a, k, x)      np.add.at(dot_a, k, dot_x)
    steps.append(x)         dot_steps.append(dot_x)

`mirrored.py` says for which names. Their tangents share memory exactly where they do: what is new
has a tangent that no other name stands for (`to_name`), and what only reads from such an array has
one that does not change with it (`apart`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from s2sad.analysis.types import SCALAR, Array, Struct, Type, Unknown, is_complex, may_be_complex
from s2sad.derive.adjoints import Adjoint as Tangent
from s2sad.derive.broadcasting import call
from s2sad.derive.complex_numbers import DISCARDED, KEEP_COMPLEX
from s2sad.derive.effects import changed_by_method, filled_by, is_harmless, writer
from s2sad.derive.fresh import is_fresh
from s2sad.derive.held import is_container
from s2sad.derive.instantiate import as_value
from s2sad.derive.mirrored import may_be_number
from s2sad.derive.own_rules import is_own
from s2sad.derive.rules import rules
from s2sad.derive.tangents import on_tangents
from s2sad.derive.templates import Rule
from s2sad.ir.flow import targets_of
from s2sad.ir.nodes import (
    Apply,
    Assign,
    Block,
    Const,
    Each,
    Evaluate,
    Expr,
    Invoke,
    Make,
    Opaque,
    Place,
    Ref,
    Target,
    Value,
    Var,
    walk,
)
from s2sad.tidy.algebra import neg

if TYPE_CHECKING:
    from s2sad.derive.forward import Forward


_NOTHING: Mapping[Var, list[Var]] = {}


class TangentWrites:
    """Writes into tangents, for one sweep."""

    def __init__(self, sweep: Forward) -> None:
        self.sweep = sweep
        self.facts = sweep.facts
        self.mirrored = sweep.mirrored
        self.dots = sweep.dots
        self.zeros = sweep.zeros

    def into_place(
        self, target: Place, value: Expr, statement: Assign
    ) -> list[tuple[Target, Expr]]:
        """a[key] = e: the tangent of e is written into that of a."""
        if isinstance(target.key, str) and not self._has_fields(target.base):
            if self.sweep.is_varied(value):
                self._refuse_field(statement)
            return []
        if not self.mirrored.roots(target.base):
            return []
        base = self.sweep.push(target.base)
        assert base is not None
        into = self.facts.type_of(target.base)
        if isinstance(into, Array) and not is_complex(into):
            if may_be_complex(self.facts.type_of(value)):
                refused = self.sweep.refused(*DISCARDED, statement, KEEP_COMPLEX)
                self.sweep.engine.errors.append(self.sweep.refusals[refused.expr])
                return []
        key = target.key if isinstance(target.key, str) else as_value(target.key)
        place = Place(base.expr, key)
        is_array = isinstance(self.facts.type_of(target.base), Array)
        if statement.augmented in ("add", "sub") and is_array and isinstance(value, Apply):
            assert not isinstance(key, str)
            found = self.sweep.push(value.args[1])
            if found is None:
                return []
            term = found.expr if statement.augmented == "add" else neg(found.expr)
            old = Apply("getitem", (base.expr, key), (), "index")
            return [(place, Apply("add", (old, term), (), "infix", "+"))]
        if isinstance(value, Apply) and statement.augmented is not None:
            if self.sweep.is_varied(value.args[0]):
                self.facts.varied.add(value)
        found = self.sweep.push(value)
        if is_array:
            return [(place, Const(0.0) if found is None else found.expr)]
        if statement.augmented is not None and isinstance(value, Apply):
            item = self.sweep.push(value.args[0])
            if item is not None and self.facts.shape_of(value.args[0]) != SCALAR:
                # The item is an array, which is changed itself.
                return [self._changed_in_place(item.expr, Place(base.expr, key), found, value)]
        return [(place, self._given(found, value, target.base))]

    def _has_fields(self, base: Expr) -> bool:
        """Whether an object has one of tangents: its class says which fields it has, or it is one
        with respect to which the derivative is."""
        if isinstance(self.facts.type_of(base), Struct):
            return bool(self.mirrored.roots(base))
        function = self.sweep.function
        given = zip(function.params, self.facts.summaries[function].params, strict=True)
        handed = {parameter.var for parameter, fact in given if fact.varied}
        return any(var in handed for var in self.mirrored.roots(base))

    def _refuse_field(self, statement: Assign) -> None:
        """The tangents of an object stand in an object of tangents, where its fields are known."""
        message = "cannot differentiate a write into a field of an object"
        advice = "Make its class a dataclass, or keep the value in a variable."
        refused = self.sweep.refused("S2S011", message, statement, advice)
        self.sweep.engine.errors.append(self.sweep.refusals[refused.expr])

    def _given(self, found: Tangent | None, value: Expr, into: Expr) -> Expr:
        """The tangent that is put into a container where a value is put: what is new there, and
        may be written into, has a tangent that is new, too."""
        if found is None:
            return self.zeros.of_result(value)
        expr = self.sweep.whole(found, value)
        if not any(map(self.mirrored.has_written_arrays, self.mirrored.roots(into))):
            return self.apart(value, expr)
        return self.own(value, expr)

    def to_name(self, target: Var, value: Expr, statement: Assign) -> list[tuple[Target, Expr]]:
        """A name for an array that is written into: the same of its tangent, new or shared."""
        dot = Ref(self.dots.of(target))
        if statement.augmented is not None and isinstance(value, Apply):
            if statement.augmented in ("add", "sub"):
                found = self.sweep.push(value.args[1])
                if found is None:
                    return []
                term = found.expr if statement.augmented == "add" else neg(found.expr)
                if is_container(self.facts.type_of(value.args[1])):
                    term = self.bound_to(target, value.args[1], term)
                return [(self.dots.of(target), Apply("add", (dot, term), (), "infix", "+"))]
            if is_container(self.facts.bindings.get(target)):
                what = "cannot differentiate items put into a list or dict in this way"
                refused = self.sweep.refused("S2S011", what, statement, "Build a new one.")
                self.sweep.engine.errors.append(self.sweep.refusals[refused.expr])
                return []
            self.facts.varied |= {value, value.args[0]}
            found = self.sweep.push(value)
            assert found is not None
            return [self._changed_in_place(dot, self.dots.of(target), found, value)]
        if self.mirrored.roots(value):
            found = self.sweep.push(value)
            assert found is not None
            return [(self.dots.of(target), self.own_items(value, found.expr))]
        found = self.sweep.push(value)
        if found is None:
            kind = self.facts.type_of(value)
            if isinstance(kind, Array) and kind.shape != SCALAR and may_be_number(kind):
                zero = call("helper.zero_tangent", Value(value), text="zero_tangent")
                return [(self.dots.of(target), zero)]
            if isinstance(kind, Array) and not kind.python and kind.dtype.startswith("float"):
                return [(self.dots.of(target), call("numpy.zeros_like", Value(value)))]
            return [(self.dots.of(target), self.zeros.of_result(value))]
        expr = self.sweep.whole(found, value)
        expr = self.own_items(value, expr)
        if not self.mirrored.has_written_arrays(target):
            return [(self.dots.of(target), self.apart(value, expr))]
        mixed = may_be_complex(self.facts.bindings.get(target, Unknown()))
        if mixed and not self.dots.is_surely_complex(expr):
            return [(self.dots.of(target), as_complex(expr))]
        kind = self.facts.type_of(value)
        if self.mirrored.may_be_viewed(target) and isinstance(kind, Array) and kind.shape != SCALAR:
            made = call("helper.laid_out_like", Value(value), expr, text="laid_out_like")
            return [(self.dots.of(target), made)]
        if not self._is_own(value, expr) and isinstance(kind, Array | Unknown):
            expr = self._own(value, expr)
        return [(self.dots.of(target), expr)]

    def _changed_in_place(
        self, dot: Expr, target: Target, found: Tangent | None, value: Apply
    ) -> tuple[Target, Expr]:
        """x *= e: an array is changed itself, and so is its tangent; a number has a new one."""
        expr = self.sweep.whole(found, value)
        if may_be_number(self.facts.type_of(value.args[0])):
            return target, call("helper.written_into", dot, expr, text="written_into")
        return Place(dot, Const(...)), expr

    def apart(self, value: Expr, expr: Expr, sources: Mapping[Var, list[Var]] = _NOTHING) -> Expr:
        """A tangent that outlasts its statement: that of what is new is not written when those of
        the arrays are which it was read from. `sources` are these for the names that a
        comprehension binds."""
        if isinstance(value, Each) and isinstance(expr, Each):
            sources = {**sources, **self._sources(value)}
            return replace(expr, element=self.apart(value.element, expr.element, sources))
        whole = self._put_together(value, expr, lambda v, e: self.apart(v, e, sources))
        if whole is not None:
            return whole
        kind = self.facts.type_of(value)
        shared = self.mirrored.shared_by(value)
        if self.mirrored.roots(value) or shared & sources.keys() or is_fresh(expr):
            return expr
        if not isinstance(kind, Array | Unknown) or self.facts.shape_of(value) == SCALAR:
            return expr
        mirrored = {self.dots.of(var): [var] for var in self.mirrored}
        mirrored |= {self.dots.of(var): found for var, found in sources.items()}
        mirrored |= {dot: self._handed_to(node) for node, (_, dot) in self.sweep.called.items()}
        if not shared:
            mirrored |= {self.dots.of(var): [var] for var in self.sweep.handed_back}
        read = {n.var for n in walk(expr) if isinstance(n, Ref)} & mirrored.keys()
        changing = bool(read) and not self._are_left_alone(v for dot in read for v in mirrored[dot])
        return self._own(value, expr) if changing else expr

    def _sources(self, node: Each) -> dict[Var, list[Var]]:
        """The mirrored variables whose arrays a comprehension has under other names."""
        found = self.mirrored.roots(node.iterable)
        return {var: found for var in targets_of(node.target)} if found else {}

    def _are_left_alone(self, variables: Iterable[Var]) -> bool:
        """Whether nothing is written any more into the arrays that mirrored variables stand for."""
        return self.sweep.asked and self.mirrored.is_left_alone(self.sweep.current, set(variables))

    def may_change(self, node: Expr) -> bool:
        """Whether the tangent of what a call gives may be one that it is handed, and changes later
        though the value does not: f(x) may be x + 1.0."""
        found = self._handed_to(node)
        return bool(found) and not self._are_left_alone(found)

    def is_kept(self, target: Target, value: Expr) -> bool:
        """Whether the new array that a call gives is put into a container: its tangent there is
        new, too."""
        if not isinstance(target, Place) or isinstance(self.facts.type_of(target.base), Array):
            return False
        return bool(self.mirrored.roots(target.base)) and not self.mirrored.roots(value)

    def _handed_to(self, node: Expr) -> list[Var]:
        """The mirrored variables whose tangents the result of a call may have, unlike its value."""
        if not isinstance(node, Invoke) or self.mirrored.roots(node):
            return []
        if self.facts.shape_of(node) == SCALAR:
            return []
        refs = (n.var for a in node.args if a is not None for n in walk(a) if isinstance(n, Ref))
        return [var for var in refs if var in self.mirrored]

    def _own(self, value: Expr, expr: Expr) -> Expr:
        """A tangent as memory of its own, if its value is an array."""
        kind = self.facts.type_of(value)
        match expr:
            case Apply("numpy.broadcast_to", (narrow, _)) if may_be_number(kind):
                return call("helper.laid_out_like", Value(value), narrow, text="laid_out_like")
        if may_be_number(kind) and self._is_computed(value):
            # Of an array without axes, too, what is computed is a number: so is +dot_x.
            return Apply("pos", (expr,), (), "prefix", "+")
        return copied(expr, kind)

    def _is_own(self, value: Expr, expr: Expr) -> bool:
        """Whether a tangent is memory of its own, and a number where its value is one."""
        if isinstance(expr, Make | Const):
            return True
        if not is_fresh(expr) or getattr(expr, "op", "") == "numpy.broadcast_to":
            return False
        makes = rules().get(expr.op, ()) if isinstance(expr, Apply) else ()
        if not any(rule.array for rule in makes) or not self._is_computed(value):
            return True
        return not may_be_number(self.facts.type_of(value))

    def _is_computed(self, value: Expr) -> bool:
        """Whether a value is what an operator on elements gives."""
        if not isinstance(value, Apply) or is_own(value.op):
            return False
        found = self.facts.rule_of(value)
        if found is None or found[0].array or found[0].view is not None:
            return False
        return found[0].result is None

    def own_result(self, var: Var, dot: Expr) -> Expr:
        """The tangent of what a call has given to a name, as memory of its own."""
        kind = self.facts.bindings.get(var, Unknown(var.hint))
        if isinstance(kind, Array) and may_be_number(kind):
            return call("helper.laid_out_like", Ref(var), dot, text="laid_out_like")
        return copied(dot, kind)

    def _put_together(
        self, value: Expr, expr: Expr, settled: Callable[[Expr, Expr], Expr]
    ) -> Expr | None:
        """A container's tangent with `settled` parts: (a, b + 1.0), list(zip(c + 1.0, rows)); None
        if it is not put together here."""
        match value, expr:
            case Make(), Make():
                return replace(expr, items=tuple(map(settled, value.items, expr.items)))
            case Apply(args=args), Apply() if value.op == expr.op:
                if isinstance(self.facts.type_of(value), Array | Unknown):
                    return None
                if isinstance(expr.args[0], Const) and not isinstance(args[0], Const):
                    # 2 * [dot_a], of [a] * 2
                    args = args[::-1]
                pairs = zip(args, expr.args, strict=True)
                parts = (settled(v, e) if self.sweep.is_varied(v) else e for v, e in pairs)
                return replace(expr, args=tuple(parts))
        return None

    def own_items(self, value: Expr, expr: Expr) -> Expr:
        """A container's tangent in which what is new in the container is new, too."""
        if isinstance(value, Each) and isinstance(expr, Each):
            bound = set(targets_of(value.target))
            if bound & self.mirrored.shared_by(value.element):
                return expr  # rows of what it runs over
            return replace(expr, element=self.own(value.element, expr.element))
        whole = self._put_together(value, expr, self.own)
        return expr if whole is None else whole

    def bound_to(self, target: Target, value: Expr, expr: Expr) -> Expr:
        """The tangent of what a target takes its parts of, or gets one after another: its own where
        something is written into these."""
        if any(map(self.mirrored.has_written_arrays, targets_of(target))):
            return self.own(value, expr)
        return self.apart(value, expr)

    def own(self, value: Expr, expr: Expr) -> Expr:
        """The tangent of what may be written into: new where the value is."""
        settled = self.own_items(value, expr)
        if settled is not expr or isinstance(value, Make | Each):
            return settled
        is_array = isinstance(self.facts.type_of(value), Array)
        if not is_array or self._is_own(value, expr) or self.mirrored.roots(value):
            return expr
        return self._own(value, expr)

    def into_list(self, statement: Evaluate, value: Apply) -> Block:
        """xs.append(e): the tangent of e is appended to the list of tangents."""
        base = self.sweep.push(value.args[0])
        assert base is not None
        *places, last = value.args[1:] or (None,)
        args = tuple(as_value(place) for place in places if place is not None)
        if last is not None and value.op == "list.pop":
            args += (as_value(last),)
        elif last is not None:
            found = self.sweep.push(last)
            args += (self._given(found, last, value.args[0]),)
        made = Apply(value.op, (base.expr, *args), (), value.form, value.text)
        return self.sweep.placed(statement, [Evaluate(made)])

    def is_unseen(self, value: Expr) -> bool:
        """Whether a call for its effect may change something that carries a derivative."""
        if isinstance(value, Opaque):
            changed = any(var in self.mirrored for var in value.mutates)
            filled = filled_by(value, self.facts)
            changed = changed or (bool(filled) and changed_by_method(value) is not None)
            changed = changed or bool(self.sweep.is_varied(value) and writer(value))
            return changed and not is_harmless(value, self.facts)
        if not isinstance(value, Apply) or value.form not in ("call", "method"):
            return False
        found = self.facts.rule_of(value)
        reads = value.op.startswith(("builtins.print", "numpy.save", "logging.", "warnings."))
        # What a rule says is written has a tangent, if anything varied is written there.
        reads = reads or (found is not None and (found[0].zero or found[0].writes))
        return not reads and any(self.mirrored.roots(arg) for arg in value.args)

    def by_operator(
        self, statement: Evaluate, value: Apply, rule: Rule, bound: dict[str, Expr]
    ) -> Block:
        """np.add.at(a, key, e): the same of tangents."""
        first, *others = (o.name for o in rule.operands if not o.const)
        whole = self.sweep.push(bound[first])
        assert whole is not None
        tangents = {bound[first]: whole.expr}
        found = [self.sweep.push(bound[name]) for name in others]
        into = self.facts.type_of(bound[first])
        if isinstance(into, Array) and not is_complex(into):
            if any(may_be_complex(self.facts.type_of(bound[name])) for name in others):
                refused = self.sweep.refused(*DISCARDED, statement, KEEP_COMPLEX)
                self.sweep.engine.errors.append(self.sweep.refusals[refused.expr])
        clears = any(line.how == "clear" for line in rule.contributions)
        if others and not clears and all(part is None for part in found):
            return [statement]
        for name, part in zip(others, found, strict=True):
            tangents[bound[name]] = Const(0.0) if part is None else part.expr
        made = Evaluate(on_tangents(value, tangents))
        return self.sweep.placed(statement, [made])


def copied(expr: Expr, kind: Type) -> Expr:
    """A copy of the tangent of a value of this type. That of a number is no array, which would be
    changed where the number is not."""
    if may_be_number(kind):
        return call("copy.copy", expr, text="copy.copy")
    return call("numpy.array", expr)


def as_complex(expr: Expr) -> Expr:
    """A new complex array with these elements."""
    dtype = Apply("builtins.complex", (), (), "name", "complex")
    return call("numpy.array", expr, dtype=dtype)
