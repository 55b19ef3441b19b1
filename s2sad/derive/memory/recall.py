"""Where a forward value that the backward part refers to is had from.

Input: an expression of the mirror, with `Value(expr)` for the value that `expr` had. Output: the
same over variables:

- it stands in its variable, or in the place of an array that it was written to;
- it is cheap: it is computed again from variables;
- it is dear: it is *extracted*, given a name in the forward part (`Known.extracted`).

    Value(np.exp(-z * z))  ->  exp_z         exp_z = np.exp(-z * z) stands in the forward part
    Value(z * z)           ->  z * z         computed again; z is a variable
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from s2sad.analysis.types import SCALAR, Array, Shape
from s2sad.derive.broadcasting import call, same_shape, shape_from_operands
from s2sad.derive.memory.known import Known
from s2sad.derive.parts import rebuilt
from s2sad.derive.values import can_repeat, extract_or_repeat, hint_for
from s2sad.ir.nodes import (
    Apply,
    Branch,
    Const,
    Expr,
    Place,
    Ref,
    Stmt,
    Value,
    Var,
)
from s2sad.tidy.algebra import key, rewrite


class Recall:
    """Says what gives a forward value in the backward part.

    `after` are the references that mean the value after a statement; `flags` the variables that say
    whether a branch was taken.
    """

    def __init__(self, known: Known) -> None:
        self.known = known
        self.cells = known.cells
        self.facts = known.facts
        self.plan = known.plan
        self.shadows = known.shadows
        self.after: set[Ref] = set()
        self.flags: dict[Stmt, Var] = {}
        self._tests: dict[Branch, Expr] = {}

    def resolved(self, expr: Expr, named: dict[Any, Var] | None = None) -> Expr:
        def change(node: Expr) -> Expr | None:
            if isinstance(node, Apply) and node.op == "numpy.shape":
                return self._shape(node.args[0])
            if isinstance(node, Apply) and node.op == "numpy.size" and len(node.args) == 1:
                return self._size(node, node.args[0])
            if not isinstance(node, Value):
                return None
            if named:
                var = named.get(key(node.node))
                if var is not None:
                    return self.known.typed(Ref(var), node.node)
            return self._value(node.node, named)

        return rewrite(expr, change)

    def _shadow_at(self, node: Ref) -> Ref:
        """The shadow of a variable, where it is read."""
        shadow = self.known.typed(Ref(self.shadows.of[node.var]), node)
        if node in self.after:
            self.after.add(shadow)
        return shadow

    def _shape(self, value: Expr) -> Expr | None:
        """The shape of a value that nothing has needed so far but for this: that of an operand, or
        computed from those of the operands if the value is dear."""
        if not isinstance(value, Value):
            return None
        node = value.node
        if isinstance(node, Ref) and node.var in self.known.overwritten & self.shadows.of.keys():
            return call("numpy.shape", self._shadow_at(node))
        if isinstance(node, Ref) and node.var in self.known.overwritten:
            return self._shape_of_parameter(node)
        if node in self.plan.replaced or node in self.known.homes.variable:
            return None
        shape = shape_from_operands(node, self.facts)
        if shape is None:
            return None
        is_dear = extract_or_repeat(node, self.known.homes, self.facts)
        return self.resolved(shape) if is_dear or shape.op == "numpy.shape" else None

    def _shape_of_parameter(self, node: Ref) -> Expr | None:
        """The shape of a variable that is overwritten, as that of a parameter that is not."""
        shape = self.facts.shape_of(node)
        if not isinstance(shape, Shape) or shape == SCALAR:
            return None
        for parameter in self.known.function.params:
            kind = self.facts.bindings.get(parameter.var)
            if parameter.var not in self.known.overwritten and isinstance(kind, Array):
                if same_shape(kind.shape, shape):
                    return call("numpy.shape", self.known.typed(Ref(parameter.var), node))
        return None

    def _size(self, size: Apply, value: Expr) -> Expr | None:
        """The size of a value as that of a variable of the same shape, if the value is not at
        hand."""
        shape = self._shape(value)
        if not isinstance(shape, Apply) or shape.op != "numpy.shape":
            return None
        return replace(size, args=shape.args) if isinstance(shape.args[0], Ref) else None

    def _value(self, node: Expr, named: dict[Any, Var] | None = None) -> Expr:
        """What stands for a forward value in the backward part; `named` have names there."""
        var = named.get(key(node)) if named and not isinstance(node, Const | Ref) else None
        if var is not None:
            return self.known.typed(Ref(var), node)
        match node:
            case Const():
                return node
            case Ref(var):
                ref = self.known.typed(Ref(var), node)
                if node in self.after:
                    self.after.add(ref)
                return ref
        if node in self.plan.replaced:
            return self.known.typed(Ref(self.plan.replaced[node]), node)
        if node in self.known.homes.variable:
            ref = self.known.typed(Ref(self.known.homes.variable[node]), node)
            self.after.add(ref)
            return ref
        if node in self.known.homes.place:
            return self._read_back(self.known.homes.place[node], node)
        if extract_or_repeat(node, self.known.homes, self.facts):
            var = self.extract(node, self.known.homes.statement[node])
            if self.known.homes.depth[node]:
                self.known.overwritten.add(var)
            return self.known.typed(Ref(var), node)
        again = rebuilt(node, lambda part: self._value(part, named))
        self.facts.types[again] = self.facts.type_of(node)
        return again

    def extract(self, node: Expr, statement: Stmt) -> Var:
        """The name that a value gets before its statement; `a[k()] *= e` has `k()` once."""
        found = self.known.extracted.setdefault(statement, [])
        same = (var for other, var in found if key(other) == key(node))
        var = next(same, None) if can_repeat(node, self.facts) else None
        if var is None:
            var = Var(hint_for(node))
            found.append((node, var))
        self.plan.replaced[node] = var
        return var

    def again(self, node: Expr) -> Expr:
        """An expression computed again from variables, whatever it costs."""
        if (
            isinstance(node, Const | Ref)
            or node in self.plan.replaced
            or node in self.known.homes.variable
            or node in self.known.homes.place
        ):
            return self._value(node)
        again = rebuilt(node, self.again)
        self.facts.types[again] = self.facts.type_of(node)
        return again

    def _read_back(self, place: Place, node: Expr) -> Expr:
        """A value that was written into an array, read from there."""
        assert isinstance(place.base, Ref) and not isinstance(place.key, str)
        base = self.known.typed(Ref(place.base.var), place.base)
        self.after.add(base)
        self.cells.late.add(base)
        found = Apply("getitem", (base, self.again(place.key)), (), "index")
        self.facts.types[found] = self.facts.type_of(node)
        return found

    def test(self, branch: Branch) -> Expr:
        """The test of a branch as the backward part evaluates it."""
        if branch in self.flags:
            return Ref(self.flags[branch])
        if branch not in self._tests:
            self._tests[branch] = self.again(branch.test)
        return self._tests[branch]
