"""The walk over a function that plans its memory.

A variable is needed at a point when the backward part of an earlier statement reads its value
there. The forward program is walked once, in order, with the set of needed variables; a statement
that overwrites one remembers it first. Only variables that are overwritten somewhere are followed.

    x_in = x                       needed: x, by the mirror of y = x * x
    x = np.sin(x)                  x = x_in, at the end of the mirror
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from s2sad.analysis.facts import Facts
from s2sad.analysis.regions import Regions
from s2sad.analysis.types import Array, is_number
from s2sad.derive.held import exchanges_items, is_container
from s2sad.derive.memory.branches import Branches
from s2sad.derive.memory.cells import SHAPES
from s2sad.derive.memory.deferred import Deferred
from s2sad.derive.memory.flags import is_flag
from s2sad.derive.memory.halves import Halves, in_order
from s2sad.derive.memory.loops import Loops
from s2sad.derive.memory.plan import Plan
from s2sad.derive.memory.resolving import Resolving
from s2sad.derive.memory.tools import Tools
from s2sad.derive.mirror import Group, Mirror, MirrorLoop, Step
from s2sad.derive.parts import copied_part, copy_of, exprs_of, inner_first, several_times
from s2sad.derive.shadows import Shadows
from s2sad.ir.bindings import (
    LIST_CHANGES,
    bound_by,
    is_exchange,
    places_of,
    written_by,
    written_into,
)
from s2sad.ir.flow import reads, targets_of
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
    Invoke,
    Ref,
    Return,
    Stmt,
    Unpack,
    Var,
    While,
    children,
    walk,
)


class Planner:
    """Plans the memory of one function; `in_place` says that it works in the caller's arrays."""

    def __init__(
        self,
        function: Function,
        facts: Facts,
        engine: Any,
        regions: Regions,
        shadows: Shadows,
        in_place: bool = False,
    ) -> None:
        tools = Tools(function, facts, engine, regions, shadows)
        self.known = tools.known
        self.at = tools.at
        self.recall = tools.recall
        self.needs = tools.needs
        self.traces = tools.traces
        self.keep = tools.keep
        self.parts = tools.parts
        self.between = tools.between
        self.cells = tools.known.cells
        self.facts = tools.known.facts
        self.plan = tools.known.plan
        self.regions = tools.known.regions
        self.shadows = tools.known.shadows
        self.in_place = in_place
        self.resolving = Resolving(self.known, self.recall, tools.headers)
        self.deferred = Deferred(self.known)
        self.branches = Branches(tools, self.block)
        self.loops = Loops(tools, self.block)

    def run(self, steps: list[Step], results: list[Expr], late: set[Ref]) -> Plan:
        """The plan for a function with these steps as its mirror, which returns these adjoints."""
        self.recall.after |= late
        # Containers of shadows are followed item by item.
        self.cells.late |= {ref for ref in late if is_container(self.facts.bindings.get(ref.var))}
        self.resolving.name_keys()
        self.resolving.mirror(steps)
        returned = {var for expr in results for var in reads(expr)} | {ref.var for ref in late}
        self.resolving.take_over(steps, returned | self.regions.mirrors.keys())
        self.deferred.find(steps)
        self.plan.results = [self.recall.resolved(expr) for expr in results]
        self.traces.readers = self.needs.readers(steps)
        needed = self.known.read_by(self.plan.results) & self.known.lost
        halves = self.block(self.known.function.body, steps, needed, set())
        nothing: Block = [Assign((var,), Const(None)) for var in self.at.undefined]
        self.plan.unbound = set(self.at.undefined)
        self.plan.forward = [*nothing, *self._kept_value(halves.ahead, halves.back)]
        self.plan.backward = halves.back
        return self.plan

    def _kept_value(self, forward: Block, backward: Block) -> Block:
        """A returned value that the backward part restores is kept: a variable under another name,
        an array whose contents are restored as a copy."""
        last = forward[-1] if forward else None
        if not isinstance(last, Return) or last.value is None:
            return forward
        returned = last.value
        at = len(forward) - 1
        if isinstance(returned, Ref) and returned.var is self.known.value:
            found = [
                s for s in forward if isinstance(s, Assign) and s.targets == (self.known.value,)
            ]
            origin = found[-1].value if found else returned
        else:
            origin = returned
        written = {self.regions.of(v) for s in backward for v in written_by(s)
                   if self.regions.knows(v)}  # fmt: skip
        shared = [v for v, _ in self.regions.aliases(origin) if self.regions.of(v) in written]
        if shared and all(self._is_left(v, backward) for v in shared):
            return forward
        if shared:
            kind = self.facts.type_of(origin)
            result = (
                Var("result")
                if origin is not returned or not _is_user(returned)
                else self.known.value
            )
            copied = (
                copied_part(returned, kind) if isinstance(kind, Array) else copy_of(returned, kind)
            )
            return [*forward[:at], Assign((result,), copied), Return(Ref(result))]
        if isinstance(returned, Ref) and any(returned.var in bound_by(s) for s in backward):
            result = Var("result") if returned.var is self.known.value else self.known.value
            return [*forward[:at], Assign((result,), returned), Return(Ref(result))]
        return forward

    def _is_left(self, var: Var, backward: Block) -> bool:
        """Whether a variable stands for an object of the caller's all the time, which gets back at
        the end what the forward part left in it."""
        rebound = any(var in bound_by(s) for s in (*self.known.function.body, *backward))
        return self.in_place and var in self.regions.written_parameters and not rebound

    def block(self, block: Block, steps: list[Step], needed: set[Var], kept: set[Var]) -> Halves:
        """The forward and backward statements of a block.

        `needed` is changed to what is needed at its end; what is in `kept` was remembered before.
        """
        by_source = {step.source: step.nodes for step in steps if step.source is not None}
        closing = [s for step in steps if step.source is None for s in _in_groups(step.nodes)]
        needed |= self.needs.reads(closing) & self.known.lost
        halves = [Halves([], closing)]
        outer = self.at.block
        for position, statement in enumerate(block):
            if statement in self.known.followers:
                continue  # was taken together with the statement before it
            self.at.block, self.at.statement = (block, position), statement
            nodes = by_source.get(statement, [])
            named, calls = self._named(statement, nodes, needed, kept)
            planned = self._statement(statement, nodes, needed, kept, calls.ahead)
            self.known.settle(statement, needed)
            halves += [named, Halves(planned.ahead, [*calls.back, *planned.back])]
        self.at.block = outer
        return in_order(halves)

    def _named(
        self, statement: Stmt, nodes: list[Mirror], needed: set[Var], kept: set[Var]
    ) -> tuple[Halves, Halves]:
        """The values of a statement that get names before it. The calls among them that write
        somewhere come behind what the statement keeps; in front of its mirror, what brings back
        the contents of values that it gives away."""
        named, calls = Halves(), Halves()
        for expr, var in self._extracted_of(statement):
            named.then(self.keep.variables([var], needed, kept))
            self.at.defined.add(var)
            ahead = calls.ahead if self._writes(expr) else named.ahead
            ahead.append(Assign((var,), several_times(expr)))
            if self._is_given_away(statement, expr) and _reads_contents(nodes, var):
                contents = self.keep.contents(var, expr)
                ahead += contents.ahead
                calls.back += contents.back
        return named, calls

    def _is_given_away(self, statement: Stmt, expr: Expr) -> bool:
        """Whether what is taken out of a statement may be written into later: the statement gives
        it, or a view of it, another name or puts it into a list or dict."""
        if is_number(self.facts.type_of(expr)):
            return False
        match statement:
            case Assign(targets, value):
                holders = [v for t in targets if isinstance(t, Var | Unpack) for v in targets_of(t)]
                places = [p for t in targets for p in places_of(t) if not self.known.is_in_array(p)]
                holders += [v for p in places for v in written_into(p)]
                given = [value]
            case For(target, iterable):
                holders, given = list(targets_of(target)), [iterable]
            case Evaluate(Apply(op, (items, *put))) if op in LIST_CHANGES:
                holders, given = [v for v, _ in self.regions.aliases(items)], put
            case _:
                return False
        written = any(self.regions.is_written(v) for v in holders if self.regions.knows(v))
        return written and any(self.regions.passes_on(e, expr) for e in given)

    def _extracted_of(self, statement: Stmt) -> list[tuple[Expr, Var]]:
        """The values taken out of a statement, inner ones first."""
        found = self.known.extracted.get(statement, [])
        if len(found) < 2:
            return found
        order: dict[Var, int] = {}
        for position, node in enumerate(inner_first(statement)):
            if node in self.plan.replaced:  # a name may stand for several equal values
                order.setdefault(self.plan.replaced[node], position)
        return sorted(found, key=lambda pair: order.get(pair[1], sys.maxsize))

    def _writes(self, expr: Expr) -> bool:
        return any(isinstance(n, Invoke) and self.regions.changed_by(n) for n in walk(expr))

    def _statement(
        self,
        statement: Stmt,
        nodes: list[Mirror],
        needed: set[Var],
        kept: set[Var],
        calls: Block,
    ) -> Halves:
        """The halves of a statement; `calls` are those taken out of it that write somewhere."""
        match statement:
            case Branch():
                halves = self.branches.branch(statement, nodes, needed, kept)
            case Guard():
                halves = self.branches.guard(statement, nodes, needed, kept)
            case Context():
                halves = self.branches.context(statement, nodes, needed, kept)
            case For() | While():
                return self.loops.loop(statement, nodes, needed, kept)
            case _:
                return self._simple(statement, _in_groups(nodes), needed, kept, calls)
        first = _in_groups(nodes)
        needed |= self.needs.reads(first) & self.known.lost
        return Halves(halves.ahead, [*first, *halves.back])

    def _simple(
        self, statement: Stmt, body: Block, needed: set[Var], kept: set[Var], calls: Block
    ) -> Halves:
        """The halves of a simple statement, and of those that bind the shadows beside what it
        binds; `body` is its mirror."""
        follow = [] if statement in self.deferred.found else self.shadows.follow.get(statement, [])
        bound = self.known.bound(statement)
        for follower in follow:
            bound |= bound_by(follower)
        before, after = self.needs.reads_by_time(body, bound)
        needed |= before & self.known.lost
        if isinstance(statement, Assign) and is_flag(statement):
            self.at.defined |= set(bound)
            return Halves([statement], self._reset_flag(statement, needed))
        parts = (statement, *follow)
        saved = self._saved(parts, bound, needed, kept)
        self.known.settle(statement, needed)
        needed |= after & self.known.lost
        self.at.defined |= set(bound)
        # An extracted call of which nothing else is done stands alone.
        whole = isinstance(statement, Evaluate) and statement.value in self.plan.replaced
        ahead = [*saved.ahead, *calls, *([] if whole else self._forward(statement)), *follow]
        if body:
            self.plan.sources[body[0]] = [statement]
        if saved.back:
            places = [place for part in parts for place in self.cells.places(part)]
            body = self.between.with_restores(body, saved.back, places)
        return Halves(ahead, body)

    def _saved(
        self, parts: Iterable[Stmt], bound: dict[Var, None], needed: set[Var], kept: set[Var]
    ) -> Halves:
        """What statements overwrite, kept before them; the names that they bind come back before
        the contents of arrays, which are those that the names stood for before."""
        names, contents, ends = Halves(), Halves(), Halves()
        for part in parts:
            if is_exchange(part) and not kept & set(bound):
                names.then(self.keep.exchanged(part, needed))
            else:
                left = self.keep.left_alone(part)
                names.then(self.keep.variables(self.known.bound(part), needed, kept, left))
        for part in parts:
            if exchanges_items(part, self.facts):
                put_back = self.parts.exchanged(part, needed)
            else:
                put_back, part_ends = self.parts.save(part, needed, kept)
                ends.then(Halves([], part_ends))
            contents = Halves([*contents.ahead, *put_back.ahead], [*contents.back, *put_back.back])
        return Halves([*names.ahead, *contents.ahead], [*ends.back, *names.back, *contents.back])

    def _reset_flag(self, statement: Assign, needed: set[Var]) -> Block:
        """A flag was False before it was set: nothing has to be remembered for that."""
        flag = statement.targets[0]
        assert isinstance(flag, Var)
        return [Assign((flag,), Const(False))] if flag in needed else []

    def _forward(self, statement: Stmt) -> Block:
        if isinstance(statement, Return) and statement.value is not None:
            if self.known.homes.variable.get(statement.value) is self.known.value:
                assign = Assign((self.known.value,), statement.value, origin=statement.origin)
                return [assign, Return(Ref(self.known.value))]
        return [statement]


def _in_groups(nodes: list[Mirror]) -> Block:
    """The statements of the nodes that are groups."""
    return [s for n in nodes if isinstance(n, Group) for s in n.body]


def _reads_contents(nodes: list[Mirror], var: Var) -> bool:
    """Whether the mirror of a statement reads what an array holds, and not its shape alone."""
    exprs = [e for s in _in_groups(nodes) for e in exprs_of(s)]
    exprs += [n.iterable for n in nodes if isinstance(n, MirrorLoop) and n.iterable is not None]
    while exprs:
        node = exprs.pop()
        if isinstance(node, Ref) and node.var is var:
            return True
        exprs += () if isinstance(node, Apply) and node.op in SHAPES else children(node)
    return False


def _is_user(expr: Expr) -> bool:
    return isinstance(expr, Ref) and expr.var.user
