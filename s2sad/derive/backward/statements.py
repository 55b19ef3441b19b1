"""The mirror of a statement, and of a block: its statements in reverse order.

A simple statement becomes a `Group` of statements of the backward part; branches, guards, loops and
contexts become their mirrors (`derive/mirror.py`), which contain those of what is inside.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from s2sad.derive.adjoints import Adjoint, State
from s2sad.derive.backward.allocations import Allocations
from s2sad.derive.backward.assignments import Assignments
from s2sad.derive.backward.containers import Containers
from s2sad.derive.backward.expressions import Expressions
from s2sad.derive.backward.loops import Loops
from s2sad.derive.backward.spreading import Spreading
from s2sad.derive.backward.sweep import Sweep, UnderWay
from s2sad.derive.backward.targets import Targets
from s2sad.derive.backward.writes import Writes
from s2sad.derive.backward.writing import is_write
from s2sad.derive.held import written_out
from s2sad.derive.mirror import Group, Mirror, MirrorBranch, MirrorContext, MirrorGuard, Step
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
    Guard,
    Invoke,
    Make,
    Ref,
    Return,
    Stmt,
    Var,
    Verbatim,
    While,
)

if TYPE_CHECKING:
    from s2sad.derive.backward.sweep import Sweep


class Statements:
    """Makes the mirrors of statements."""

    def __init__(self, sweep: Sweep, expressions: Expressions, unread: set[Stmt]) -> None:
        self.sweep = sweep
        self.facts = sweep.facts
        self.out = sweep.out
        self.state = sweep.state
        self.slots = sweep.slots
        self.contributions = sweep.contributions
        self.joins = sweep.joins
        self.taking = sweep.taking
        self.expressions = expressions
        self.calls = expressions.calls
        self.allocations = Allocations(sweep, expressions)
        self.containers = Containers(sweep, expressions)
        spreading = Spreading(sweep)
        self.writes = Writes(
            sweep, expressions, self.allocations, spreading, self.containers, unread
        )
        targets = Targets(sweep, self.calls, expressions, self.allocations, self.writes)
        self.assignments = Assignments(
            sweep, self.calls, expressions, self.allocations, self.containers, self.writes, targets
        )
        self.loops = Loops(sweep, expressions, self)

    def result(self, statement: Return, seed: Adjoint | None) -> list[Step]:
        """The mirror of the last statement, for an adjoint of what it returns."""
        value = statement.value
        if value is None or seed is None:
            return []
        self.sweep.hints[value] = "value"
        nodes = self.group(statement, lambda: self.expressions.pull_root(value, seed))
        return [Step(statement, nodes + self.probe(statement))] if nodes else []

    def block(self, block: Block) -> list[Step]:
        """The mirror of a block: its statements in reverse order."""
        steps = []
        for statement in reversed(block):
            nodes = self.statement(statement)
            if nodes:
                steps.append(Step(statement, nodes + self.probe(statement)))
        return steps

    def statement(self, statement: Stmt) -> list[Mirror]:
        """The mirror of one statement."""
        self.calls.check_calls(statement)
        match statement:
            case Assign():
                return self._assign(statement)
            case Evaluate():
                return self._evaluate(statement)
            case Branch():
                return self._branch(statement)
            case Guard():
                return self._guard(statement)
            case For() | While():
                return self.loops.mirror(statement)
            case Context():
                inner = self.block(statement.body)
                return [MirrorContext(statement, inner)] if inner else []
            case Verbatim():
                self._verbatim(statement)
        return []

    def probe(self, statement: Stmt) -> list[Mirror]:
        """For checks: shows all adjoints as they are before a simple statement."""
        origin = statement.origin
        if not self.sweep.engine.program.probed or origin is None:
            return []
        if not isinstance(statement, Assign | Evaluate | Return):
            return []
        place = origin.location
        shown: list[Expr] = []
        for slot in self.state.slots():
            root, path = slot
            entry = self.state.get(slot)
            if not isinstance(root, Var) or not root.user:
                return []
            if entry is not None:
                keys = Make("tuple", tuple(Const(key) for key in path))
                shown.append(Make("tuple", (Const(root.hint), keys, entry.expr)))
        where = (Const(place.file), Const(place.line))
        call_ = Apply("probe", (*where, Make("list", tuple(shown))), (), "call", "probe__")
        return [Group(None, [Evaluate(call_)])]

    def group(self, source: Stmt | None, work: Callable[[], None]) -> list[Mirror]:
        self.sweep.now = UnderWay(source)
        with self.out.aside() as made:
            work()
            self.contributions.flush()
        return [Group(source, written_out(made, self.sweep.now.held))] if made else []

    def _assign(self, statement: Assign) -> list[Mirror]:
        return self.group(statement, lambda: self.assignments.pull(statement))

    def _evaluate(self, statement: Evaluate) -> list[Mirror]:
        """A call for its effect; handing it something varied is harmless only where it is known."""
        value = statement.value
        if isinstance(value, Apply) and value.op == "s2sad.on_gradient":
            return self.group(statement, lambda: self._pull_mark(value))
        from s2sad.derive.effects import is_harmless, writer

        if isinstance(value, Invoke) and self.sweep.engine.writes_varied(value):
            return self.group(statement, lambda: self.calls.pull_call(value, None))
        if isinstance(value, Apply) and value.op.startswith("list."):
            if self.slots.has_shadow(value.args[0]):
                last = Apply("getitem", (value.args[0], Const(-1)), (), "index")
                new = value.args[1] if len(value.args) > 1 else Const(None)
                return self.group(statement, lambda: self.allocations.pull_new(new, last))
        if isinstance(value, Apply) and value.op == "list.append":
            return self.group(statement, lambda: self.containers.pull_append(statement, value))
        if isinstance(value, Apply) and value.op == "list.pop":
            return self.group(statement, lambda: self.containers.pull_pop(statement, value, None))
        if isinstance(value, Apply) and is_write(value):
            return self.group(
                statement, lambda: self.writes.pull_call_that_writes(statement, value)
            )

        if self.sweep.is_varied(value) and not is_harmless(value, self.facts):
            if written := writer(value):
                self.sweep.refuse(
                    "S2S011",
                    f"cannot differentiate {written}, which writes in place",
                    value,
                    "Build the new value with np.where, np.concatenate or a "
                    "comprehension instead.",
                )
                return []
            mutated = value.mutates if hasattr(value, "mutates") else ()
            if any(self.facts.bindings.get(v) is not None for v in mutated):
                advice = (
                    "If it changes nothing that carries a derivative, hand it stop_gradient(...)."
                )
                self.sweep.refuse(
                    "S2S012", "cannot see what this call does to what it is handed", value, advice
                )
        return []

    def _pull_mark(self, value: Apply) -> None:
        """x = on_gradient(x, function): the adjoint of x is another one from here on."""
        assert isinstance(value.args[0], Ref)
        seed = self.taking.take(value.args[0].var)
        if seed is not None:
            self.expressions.pull_root(value, seed, value.args[0].var)

    def _verbatim(self, statement: Verbatim) -> None:
        varied = any(self.sweep.is_varied(read) for read in statement.reads)
        for var in statement.binds:
            seed = self.taking.take(var)
            if seed is not None and varied:
                reason = statement.reason or "s2sad does not look into this statement"
                advice = "If no derivative should flow here, use stop_gradient(...)."
                message = f"cannot differentiate: {reason}"
                self.sweep.refuse(statement.code, message, statement, advice)

    def _branch(self, statement: Branch) -> list[Mirror]:
        before = self.state.copy()
        arms: list[tuple[list[Step], State]] = []
        for arm in (statement.then, statement.other):
            self.state.become(before)
            mirror = self.block(arm)
            arms.append((mirror, self.state.copy()))
        joins: list[Block] = [[], []]
        unbound = self.sweep.unbound.get(statement, set())
        ends = (joins[0], arms[0][1]), (joins[1], arms[1][1])
        self.state.become(self.joins.merge(*ends, unbound))
        for (mirror, _), join in zip(arms, joins, strict=True):
            if join:
                mirror.append(Step(None, [Group(None, join)]))
        if not arms[0][0] and not arms[1][0]:
            return []
        return [MirrorBranch(statement, arms[0][0], arms[1][0])]

    def _guard(self, statement: Guard) -> list[Mirror]:
        before = self.state.copy()
        mirror = self.block(statement.body)
        join: Block = []
        skipped: Block = []
        unbound = self.sweep.unbound.get(statement, set())
        ends = (join, self.state.copy()), (skipped, before)
        self.state.become(self.joins.merge(*ends, unbound))
        if join:
            mirror.append(Step(None, [Group(None, join)]))
        if not mirror:
            return []
        # What the guarded part leaves undone on the other path is done before it.
        return [*([Group(None, skipped)] if skipped else []), MirrorGuard(statement, mirror)]
