"""What is known of a function while its memory is planned.

Which of its variables are given more than one value, which objects are changed in place, what a
statement changes, what expressions read. Names that the plan gives to values are noted here too.

    x_trace[i] = x                 x is overwritten: followed
    y[i] = np.sin(x)               y is written into: its parts are followed (`cells.py`)
    c = 0.5 * k                    c has one value for good: never followed
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from s2sad.analysis.exits import used_up
from s2sad.analysis.facts import Facts
from s2sad.analysis.regions import Regions
from s2sad.analysis.types import SCALAR, Array, Shape, Unknown, is_integral
from s2sad.derive.broadcasting import same_shape
from s2sad.derive.held import item_at
from s2sad.derive.memory.cells import Cells
from s2sad.derive.memory.plan import Plan
from s2sad.derive.parts import inner_statements, refs
from s2sad.derive.shadows import Shadows
from s2sad.derive.values import Homes
from s2sad.ir.bindings import bound_by, mutated_by, places_of, written_into
from s2sad.ir.flow import statements, targets_of
from s2sad.ir.nodes import (
    Apply,
    Assign,
    Block,
    Branch,
    Const,
    Context,
    Evaluate,
    Expr,
    For,
    Function,
    Guard,
    Place,
    Ref,
    Return,
    Stmt,
    Var,
    Verbatim,
    While,
    walk,
)


class Known:
    """What the parts of the plan know of one function.

    `extracted` are the values that get a name before a statement, with these names.
    """

    def __init__(
        self, function: Function, facts: Facts, engine: Any, regions: Regions, shadows: Shadows
    ) -> None:
        self.function = function
        self.facts = facts
        self.engine = engine
        self.regions = regions
        self.shadows = shadows
        self.plan = Plan(regions=regions)
        self.followers = {s for block in shadows.follow.values() for s in block}
        self.value = _returned_variable(function)
        self.homes = Homes(function.body, self._holds_value)
        last = function.body[-1] if function.body else None
        if isinstance(last, Return) and not isinstance(last.value, Ref | None):
            self.homes.variable.setdefault(last.value, self.value)
        self.extracted: dict[Stmt, list[tuple[Expr, Var]]] = {}
        self.overwritten = _overwritten(function, shadows)
        self._settling = _settling(function, self.overwritten)
        self._settled: set[Var] = set()
        self.cells = Cells(facts, regions, self.is_fixed)
        self.objects = {v for p in _places(function) if isinstance(p.key, str)
                        for v in written_into(p)}  # fmt: skip
        self.mutated = self._mutated()
        for statement in statements(function.body):
            self.overwritten |= set(self.containers_written(statement))
        self.used_up = used_up(function.body)
        self.loop_targets = {
            v for s in statements(function.body) if isinstance(s, For) for v in targets_of(s.target)
        }

    def _mutated(self) -> set[Var]:
        """The variables whose objects are changed in place somewhere, so that a copy has to be
        remembered. Of arrays that are written into, the parts that are overwritten are."""
        found: set[Var] = set()
        for statement in statements(self.function.body):
            match statement:
                case Assign():
                    found |= set(mutated_by(statement.value))
                    if statement.augmented is not None:
                        # Of what other names share, the parts are remembered, and the name.
                        augmented = {v for t in statement.targets for v in targets_of(t)}
                        found |= {v for v in augmented if not self.regions.is_shared(v)}
                case Evaluate():
                    found |= set(mutated_by(statement.value))
                case Verbatim():
                    found |= set(statement.mutates)
            found |= set(self.containers_written(statement))
        return found

    def containers_written(self, statement: Stmt) -> list[Var]:
        """The lists and dicts that a statement itself writes into."""
        exprs = [statement.value] if isinstance(statement, Evaluate) else []
        found = [v for e in exprs for v in self._changed_lists(e)]
        if isinstance(statement, Assign):
            places = [p for t in statement.targets for p in places_of(t)]
            if statement.augmented is not None:
                places = [p for p in places if not self._is_array_updated(p)]
            found += [v for p in places if not self.is_in_array(p) for v in written_into(p)]
            found = [v for v in found if v in self.objects or not self.is_array(v)]
            found += self._changed_lists(statement.value)
        # What is put at a place of a list or dict, or at its end, is taken away again.
        undone = {v for place in self.cells.places(statement) if place.how != "place"
                  for v in written_into(Place(place.base, Const(None)))}  # fmt: skip
        return [v for v in found if v not in undone]

    def _changed_lists(self, expr: Expr) -> list[Var]:
        bases = [n.args[0] for n in walk(expr)
                 if isinstance(n, Apply) and n.args and n.op.startswith("list.")]  # fmt: skip
        return [v for base in bases for v in written_into(Place(base, Const(None)))]

    def is_in_array(self, place: Place) -> bool:
        """Whether a place is a part of an array, which is followed by itself; no field is."""
        return not isinstance(place.key, str) and isinstance(self.facts.type_of(place.base), Array)

    def _is_array_updated(self, place: Place) -> bool:
        """Whether `place += e` changes the contents of an array, which are followed."""
        kind = self.facts.type_of(item_at(place))
        return isinstance(kind, Array) and isinstance(kind.shape, Shape) and kind.shape != SCALAR

    def is_array(self, var: Var) -> bool:
        """Whether the contents of a variable are followed part by part."""
        return isinstance(self.facts.bindings.get(var), Array | Unknown)

    def is_fixed(self, var: Var) -> bool:
        """Whether a variable stands for the same object from here on."""
        if var in self.loop_targets:
            return False
        return var in self._settled or var not in self.overwritten

    def settle(self, statement: Stmt, needed: set[Var]) -> None:
        """Notes which variables a statement gives their last values to. What is needed of the
        arrays that they stood for is not reached through them any more, if the new ones are
        others."""
        for var in self._settling.pop(statement, ()):
            is_other = (
                isinstance(statement, Assign)
                and statement.augmented is None
                and all(isinstance(target, Var) for target in statement.targets)
                and not self.regions.aliases(statement.value)
            )
            before = {c for c in needed if c in self.cells.known and self.cells.known[c].var is var}
            if before:
                needed -= before
                needed.add(self.cells.former(var, is_other))
            self._settled.add(var)

    def _holds_value(self, statement: Assign) -> bool:
        """Whether the place that a statement writes to holds the value that was written: in the
        same shape, and with no more lost than the precision of the array."""
        target = statement.targets[0]
        if not isinstance(target, Place) or not isinstance(target.base, Ref):
            return False
        kind = self.facts.type_of(target.base)
        if isinstance(target.key, str) or not isinstance(kind, Array) or is_integral(kind):
            return False
        part = Apply("getitem", (target.base, target.key), (), "index")
        value = self.facts.type_of(statement.value)
        return (
            isinstance(value, Array)
            and value.dtype.startswith("complex") <= kind.dtype.startswith("complex")
            and same_shape(self.facts.shape_of(part), value.shape)
        )

    def bound(self, statement: Stmt) -> dict[Var, None]:
        """What a statement gives values to; a list that it changes counts as another one."""
        bound = bound_by(statement)
        for inner in inner_statements(statement):
            bound |= dict.fromkeys(self.containers_written(inner))
        return bound

    def bound_inside(self, statement: Stmt) -> dict[Var, None]:
        """What a compound statement gives values to, the values taken out of its parts included."""
        bound = self.bound(statement)
        for inner in inner_statements(statement):
            if inner is not statement:
                bound |= {var: None for _, var in self.extracted.get(inner, [])}
        return bound

    @property
    def lost(self) -> set[Var]:
        """The variables, and the parts of arrays, that are overwritten somewhere."""
        return self.overwritten | self.cells.known.keys()

    def read_by(self, exprs: Iterable[Expr]) -> set[Var]:
        """The variables that expressions read, and the parts of arrays that are written into."""
        found: set[Var] = set()
        for expr in exprs:
            found |= {ref.var for ref in refs(expr)} | self.cells.read_by(expr)
        return found

    def typed(self, ref: Ref, node: Expr) -> Ref:
        self.facts.types[ref] = self.facts.type_of(node)
        return ref

    def noted(self, expr: Expr, kind: Any) -> Expr:
        if kind is not None:
            self.facts.types[expr] = kind
        return expr


def _places(function: Function) -> Iterator[Place]:
    """The places that the statements of a function write to."""
    for statement in statements(function.body):
        for target in statement.targets if isinstance(statement, Assign) else ():
            yield from places_of(target)


def _returned_variable(function: Function) -> Var:
    """The variable that holds the result: the one that the exits made, else a new one."""
    last = function.body[-1] if function.body else None
    if isinstance(last, Return) and isinstance(last.value, Ref):
        if last.value.var.hint == "value" and not last.value.var.user:
            return last.value.var
    return Var("value")


def _settling(function: Function, overwritten: set[Var]) -> dict[Stmt, list[Var]]:
    """For each statement the overwritten variables that get their last value there."""
    last: dict[Var, Stmt] = {}
    for statement in function.body:
        last |= dict.fromkeys(bound_by(statement), statement)
    found: dict[Stmt, list[Var]] = {}
    for var, statement in last.items():
        if var in overwritten:
            found.setdefault(statement, []).append(var)
    return found


def _overwritten(function: Function, shadows: Shadows) -> set[Var]:
    """The variables that are given a value more than once when the function runs."""
    counts: dict[Var, int] = {p.var: 1 for p in function.params}
    counts |= {v: 1 for s in shadows.entry for v in bound_by(s)}
    counts |= dict.fromkeys(shadows.handed, 1)

    def visit(block: Block, weight: int) -> None:
        for statement in block:
            match statement:
                case Branch():
                    visit(statement.then, weight)
                    visit(statement.other, weight)
                case For() | While():
                    if isinstance(statement, For):
                        for var in targets_of(statement.target):
                            counts[var] = counts.get(var, 0) + 1
                    visit(statement.body, 2)
                case Context() | Guard():
                    visit(statement.body, weight)
                case _:
                    for var in bound_by(statement):
                        counts[var] = counts.get(var, 0) + weight

    visit(function.body, 1)
    return {var for var, count in counts.items() if count > 1}
