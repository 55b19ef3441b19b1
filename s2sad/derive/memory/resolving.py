"""The mirror over variables: each `Value` in it becomes what gives it in the backward part.

A value that is computed again, and that the statements of one group use more than once, gets a name
there; indices that read the array that they write into get one in the forward part.

    d_a = value(z * z) * d_y           z_z = z * z
    d_b = value(z * z) * d_w           d_a = z_z * d_y
                                       d_b = z_z * d_w
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from s2sad.analysis.types import is_integral, is_scalar
from s2sad.derive.memory.flags import break_flag
from s2sad.derive.memory.headers import Headers
from s2sad.derive.memory.known import Known
from s2sad.derive.memory.recall import Recall
from s2sad.derive.mirror import (
    Group,
    MirrorBranch,
    MirrorContext,
    MirrorGuard,
    MirrorLoop,
    Step,
    groups,
)
from s2sad.derive.parts import own_values
from s2sad.derive.values import CHEAP, cost, extract_or_repeat, hint_for
from s2sad.ir.flow import statements
from s2sad.ir.nodes import (
    Assign,
    Block,
    Branch,
    Const,
    Evaluate,
    Expr,
    For,
    Place,
    Ref,
    Slice,
    Stmt,
    Target,
    Unpack,
    Value,
    Var,
    children,
)
from s2sad.tidy.algebra import key
from s2sad.tidy.sooner import sooner
from s2sad.tidy.taken_over import TakingOver


class Resolving:
    """Replaces each value of the mirror by what gives it in the backward part."""

    def __init__(self, known: Known, recall: Recall, headers: Headers) -> None:
        self.known = known
        self.recall = recall
        self.headers = headers
        self.cells = known.cells
        self.facts = known.facts
        self.plan = known.plan
        self.regions = known.regions

    def mirror(self, steps: list[Step]) -> None:
        """Replaces each `Value` of the mirror by a variable or by the expression that gives it."""
        for step in steps:
            for node in step.nodes:
                match node:
                    case Group():
                        node.body = self._group(node.body)
                    case MirrorBranch():
                        flag = break_flag(node.source)
                        if flag is not None:
                            self.recall.flags[node.source] = flag
                        self.recall.test(node.source)
                        self.mirror(node.then)
                        self.mirror(node.other)
                    case MirrorGuard() | MirrorContext():
                        self.mirror(node.body)
                    case MirrorLoop():
                        self.mirror(node.body)
                        if node.iterable is not None:
                            node.iterable = self.headers.kept(node, node.iterable)

    def take_over(self, steps: list[Step], outside: Collection[Var]) -> None:
        """Lets products in resolved groups take over memory; the `outside` variables are read
        elsewhere, too."""
        taking_over = TakingOver(
            self.regions.together, lambda expr: self.facts.made_later(expr).type, outside
        )
        taking_over.groups([group.body for group in groups(steps)])

    def name_keys(self) -> None:
        """Indices that read the array that they write into are given a name: afterwards they would
        be others."""
        for statement in statements(self.known.function.body):
            if not isinstance(statement, Assign):
                continue
            for target in statement.targets:
                if not isinstance(target, Place) or isinstance(target.key, str):
                    continue
                place = next((p for p in self.cells.places(statement) if p.key is target.key), None)
                read = self.cells.read_by(target.key)
                if place is None or not self.cells.overwritten_in(place, read):
                    continue
                var = self.recall.extract(target.key, statement)
                self.facts.bindings[var] = self.facts.type_of(target.key)
                if self.known.homes.depth.get(statement.value):
                    self.known.overwritten.add(var)

    def _group(self, body: Block) -> Block:
        """The statements of a group; a value that is computed again, but used more than once, gets
        a name. What it is computed from counts once for it."""
        counts: dict[Any, int] = {}

        def count(node: Expr) -> None:
            name = key(node)
            counts[name] = counts.get(name, 0) + 1
            if counts[name] == 1:
                for part in self._computed_parts(node):
                    count(part)

        for statement in body:
            for value in own_values(statement):
                if self._is_computed(value.node):
                    count(value.node)
        shared = {name for name, found in counts.items() if found > 1}
        named: dict[Any, Var] = {}
        result: Block = []

        def give_name(node: Expr) -> None:
            name = key(node)
            if name in named:
                return
            for part in self._computed_parts(node):
                give_name(part)
            if name in shared:
                var = Var(hint_for(node))
                result.append(Assign((var,), self.recall.resolved(Value(node), named)))
                named[name] = var

        for statement in body:
            if shared:
                for value in own_values(statement):
                    if self._is_computed(value.node):
                        give_name(value.node)
            result.append(self._statement(statement, named))
        return sooner(result, self.regions.together)

    def _is_computed(self, node: Expr) -> bool:
        """Whether a value is computed again where it is needed, and that costs more than reading a
        name would: not `i - 1`, nor `i + 1:`."""
        if isinstance(node, Slice):
            return False
        kind = self.facts.type_of(node)
        limit = CHEAP if is_integral(kind) and is_scalar(kind) else 0
        return self._repeats(node) and cost(node, self.facts) > limit

    def _computed_parts(self, node: Expr) -> list[Expr]:
        return [part for part in children(node) if self._is_computed(part)]

    def _repeats(self, node: Expr) -> bool:
        """Whether a value is computed again where it is needed."""
        if isinstance(node, Const | Ref) or node in self.known.homes.variable:
            return False
        if node in self.plan.replaced or node in self.known.homes.place:
            return False
        return not extract_or_repeat(node, self.known.homes, self.facts)

    def _statement(self, statement: Stmt, named: dict[Any, Var]) -> Stmt:
        match statement:
            case Assign():
                targets = tuple(self._target(t, named) for t in statement.targets)
                value = self.recall.resolved(statement.value, named)
                return Assign(targets, value, statement.augmented)
            case Evaluate():
                return Evaluate(self.recall.resolved(statement.value, named))
            case Branch():
                test = self.recall.resolved(statement.test, named)
                then = self._group(statement.then)
                return Branch(test, then, self._group(statement.other))
            case For():
                iterable = self.recall.resolved(statement.iterable, named)
                return For(statement.target, iterable, self._group(statement.body))
        raise AssertionError(statement)

    def _target(self, target: Target, named: dict[Any, Var]) -> Target:
        match target:
            case Place(base, key) if not isinstance(key, str):
                return Place(self.recall.resolved(base, named), self.recall.resolved(key, named))
            case Unpack(parts, star):
                return Unpack(tuple(self._target(p, named) for p in parts), star)
        return target
