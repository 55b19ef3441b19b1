"""Types, symbolic shapes and activity, by abstract interpretation of the forward program.

Input: a lowered function and what is known of its arguments. Output: `Facts`, tables beside the IR:
the type of each expression, and whether it is *varied* (depends on what is differentiated).
Callees are interpreted with the join of what all their calls hand them.

Loops are interpreted until nothing changes. A symbol that stands for a size inside a loop carries
the loop's mark (`~3`): the same symbol in another iteration may be another size, so a value that is
carried from one iteration into the next gets a new one.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

from s2sad.analysis.aliases import PASS_ITEMS_ON
from s2sad.analysis.call_effects import Calls
from s2sad.analysis.evaluation import Evaluation
from s2sad.analysis.execution import Execution
from s2sad.analysis.levels import Levels
from s2sad.analysis.regions import Regions
from s2sad.analysis.sharing import Effects
from s2sad.analysis.stored import Store, is_container
from s2sad.analysis.tables import LATER, Course, Environment, Fact, Summary, Tables, either
from s2sad.analysis.types import NOTHING, Inert, Type, Unknown
from s2sad.analysis.usage import used_as_numbers
from s2sad.ir.bindings import bound_by
from s2sad.ir.flow import expressions, statements
from s2sad.ir.nodes import (
    Apply,
    Assign,
    Const,
    Expr,
    Function,
    Invoke,
    Ref,
    Var,
    walk,
)


class Facts(Tables):
    """The tables, and the interpreter that fills them: the part that is about functions."""

    def __init__(self, program: Any) -> None:
        super().__init__(program)
        self._course = Course()
        self._evaluation = Evaluation(self, self._course, self.interpret)
        self._execution = Execution(self, self._course, self._evaluation)
        self._known_regions: dict[Function, Regions] = {}
        self._known_levels: dict[Function, Levels] = {}
        self._scanned: set[Function] = set()
        self._sweep = 0
        self._recursive = False
        self._depth = 0

    def made_later(self, expr: Expr) -> Fact:
        """The fact of an expression that the derivation has made of what the tables have."""
        return self._evaluation.value(expr, LATER)

    def interpret(self, function: Function, params: list[Fact]) -> Fact:
        """Interprets a function for these arguments, joined with those of earlier calls."""
        summary = self.summaries.get(function)
        if summary is None:
            summary = self.summaries[function] = Summary(params)
        else:
            joined = [
                either(old, new, f"{self.names.at(function, p.var.hint, marked=False)}~")
                for p, old, new in zip(function.params, summary.params, params, strict=True)
            ]
            if joined == summary.params and summary.sweep == self._sweep:
                self._recursive |= summary.running
                return summary.result
            summary.params = joined
            return self._again(function, summary)
        if summary.running:
            self._recursive = True
            return summary.result
        return self._again(function, summary)

    def again(self, function: Function) -> None:
        """Interprets a function whose body, or that of one that it calls, was changed."""
        self._sweep += 1
        self._known_regions.clear()
        self._again(function, self.summaries[function])

    def settle(self, function: Function) -> None:
        """Interprets a function that was interpreted once more, if something in it shares memory as
        only types tell: `xs + ys` holds the items of lists, but nothing of arrays; and if an array
        without axes is changed in place, which is no number then."""
        nodes = (
            node
            for f in self.summaries
            for statement in statements(f.body)
            for root in expressions(statement)
            for node in walk(root)
        )
        shares = any(isinstance(node, Apply) and self._passes_items_on(node) for node in nodes)
        if shares:
            self.untyped_calls = Calls(self.program, self._container_type)
        if shares or self.changes_boxed:
            self.again(function)

    def _passes_items_on(self, node: Apply) -> bool:
        kinds = (self.types.get(arg) for arg in node.args)
        return node.op in PASS_ITEMS_ON and any(map(is_container, kinds))

    def _container_type(self, expr: Expr) -> Type:
        """The type of a container; of anything else nothing is known that may not change yet."""
        kind = self.types.get(expr)
        return kind if kind is not None and is_container(kind) else Unknown()

    def _again(self, function: Function, summary: Summary) -> Fact:
        """Interprets a function; one that calls itself, directly or not, until nothing changes."""
        if summary.running:
            self._recursive = True
            return summary.result
        summary.running = True
        self._depth += 1
        for _ in range(6):
            before = (summary.result, list(summary.params))
            with self.names.of_callee(self._depth > 1):
                self._run(function, summary)
            summary.sweep = self._sweep
            if not self._recursive or (summary.result, summary.params) == before:
                break
            if self._depth == 1:
                self._sweep += 1
        self._depth -= 1
        if self._depth == 0:
            self._recursive = False
        summary.running = False
        return summary.result

    def _run(self, function: Function, summary: Summary) -> None:
        if function not in self._scanned:
            self._scanned.add(function)
            self.numeric |= used_as_numbers(function.body)
            self._course.fixed |= _given_once(function)
        env = Environment()
        for parameter, fact in zip(function.params, summary.params, strict=True):
            env.own[parameter.var] = fact
            self._execution.binding.bind_type(parameter.var, fact.type)
        outer_returns, self._course.returns = self._course.returns, []
        if function not in self._known_regions:
            calls = self.untyped_calls
            self._known_regions[function] = Regions(function, calls, calls.type_of)
            self._known_levels[function] = Levels(function, self._known_regions[function])
        regions = self._known_regions[function]
        self._course.regions.append(regions)
        self._course.levels.append(self._known_levels[function])
        self._course.stores.append([])
        self._course.modules.append(function.module)
        self._execution.block(function.body, env)
        summary.stores = _seen_by_callers(function, self._course.stores.pop(), env)
        self._course.levels.pop()
        self._course.modules.pop()
        self._course.regions.pop()
        if any(regions.is_written(parameter.var) for parameter in function.params):
            # What is a number cannot be written into: with types, fewer are.
            regions = Regions(function, _Varied(self), self.type_of)
        summary.written = frozenset(
            k
            for k, parameter in enumerate(function.params)
            if parameter.var in regions.written_parameters
            and self._any_varied(function, parameter.var, regions, env)
        )
        returned, self._course.returns = self._course.returns, outer_returns
        result = Fact(Inert("None"))
        if returned:
            result = returned[0]
            for fact in returned[1:]:
                result = either(result, fact, f"{self.names.at(function, '', marked=False)}~")
        summary.result = Fact(Unknown("result")) if result.type == NOTHING else result

    def _any_varied(self, function: Function, var: Var, regions: Regions, env: Environment) -> bool:
        """Whether what a parameter stands for is varied at some point of a function."""
        members = set(regions.members(var))
        if members & self.made_varied:
            return True  # also where its name stands for something else by now
        if any((fact := env.get(other)) is not None and fact.varied for other in members):
            return True
        entry = zip(function.params, self.summaries[function].params, strict=True)
        return any(fact.varied for parameter, fact in entry if parameter.var in members) or any(
            isinstance(node, Ref) and node.var in members and node in self.varied
            for statement in statements(function.body)
            for root in expressions(statement)
            for node in walk(root)
        )


def _seen_by_callers(
    function: Function, stores: list[tuple[Var, Store]], env: Environment
) -> list[tuple[int | Var, Store]]:
    """What is put into containers that a function is handed, by position, or that it captured."""
    positions = {p.var: k for k, p in enumerate(function.params)}
    found: dict[object, tuple[int | Var, Store]] = {}
    for var, (key, item, whole) in stores:
        if var in positions or env.get(var) is None:
            where = positions.get(var, var)
            known = key.value if isinstance(key, Const) else key
            found[where, repr(known), item, whole] = where, (key, item, whole)
    return list(found.values())


class _Varied:
    """What calls write that is varied, as far as the functions that they call were interpreted."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.program = facts.program

    def effects(self, node: Invoke) -> Effects:
        """What a call does to its arguments."""
        found = self.facts.untyped_calls.effects(node)
        summary = self.facts.summaries.get(self.facts.program.function(node.callee))
        if summary is None:
            return found
        return replace(found, writes=found.writes & summary.written)


def _given_once(function: Function) -> set[Var]:
    """The variables that one statement gives a value to, before everything that reads them."""
    counts = Counter(v for statement in function.body for v in bound_by(statement))
    counts.update(parameter.var for parameter in function.params)
    first = {v for s in function.body if isinstance(s, Assign) for v in bound_by(s)}
    return {var for var in first if counts[var] == 1}
