"""The facts of variables from statement to statement: the part of the interpreter that executes.

The arms of a branch are joined after it. A loop is executed until nothing changes at its head:

    x = np.zeros(n)             float64[n]
    for k in range(3):
        x = x[1:]               float64[?x~1.0] at the head: a size of each iteration's own
"""

from __future__ import annotations

from s2sad.analysis.evaluation import Evaluation
from s2sad.analysis.iteration import element
from s2sad.analysis.lattice import renamed
from s2sad.analysis.tables import Course, Environment, Fact, Tables, either
from s2sad.analysis.types import (
    SCALAR,
    Array,
    Inert,
    Shape,
    Unknown,
)
from s2sad.derive.rules import rules
from s2sad.ir.bindings import LIST_CHANGES
from s2sad.ir.nodes import (
    Apply,
    Assign,
    Block,
    Branch,
    Context,
    Define,
    Evaluate,
    Expr,
    For,
    Guard,
    Place,
    Return,
    Slice,
    Stmt,
    Target,
    Var,
    Verbatim,
    While,
)


class Execution:
    """The part of the interpreter that is about statements."""

    def __init__(self, tables: Tables, course: Course, evaluation: Evaluation) -> None:
        self.tables = tables
        self.names = tables.names
        self.course = course
        self.evaluation = evaluation
        self.binding = evaluation.binding

    def block(self, block: Block, env: Environment) -> None:
        for statement in block:
            self._statement(statement, env)

    def _statement(self, statement: Stmt, env: Environment) -> None:
        match statement:
            case Assign():
                fact = self.evaluation.value(statement.value, env)
                if statement.augmented is not None and isinstance(statement.value, Apply):
                    fact = self._updated(statement, statement.value, fact)
                    if fact.varied:
                        self.binding.storing.written(statement.value.args[0], env)
                for target in statement.targets:
                    self.binding.assign(target, fact, statement.value, env)
                    self.binding.note_sizes(target, statement.value)
            case Evaluate(value):
                self.evaluation.value(value, env)
                if isinstance(value, Apply):
                    self._done(value, env)
            case Return():
                if statement.value is None:
                    self.course.returns.append(Fact(Inert("None")))
                else:
                    fact = self.evaluation.value(statement.value, env)
                    self.course.returns.append(fact)
            case Branch():
                self.evaluation.value(statement.test, env)
                self._arms(statement, env)
            case For():
                fact = self.evaluation.value(statement.iterable, env)
                self._loop(statement, fact, env)
            case While():
                self._loop(statement, None, env)
            case Context():
                for read in statement.reads:
                    self.evaluation.value(read, env)
                self.block(statement.body, env)
            case Guard():
                self.block(statement.body, env)
            case Define():
                env.own[statement.var] = Fact(Inert("function"))
            case Verbatim():
                varied = any([self.evaluation.value(read, env).varied for read in statement.reads])
                for var in statement.binds:
                    kind = Unknown(var.hint, foreign=self.tables.wary)
                    env.own[var] = Fact(kind, varied)
                    self.binding.bind_type(var, kind)

    def _done(self, value: Apply, env: Environment) -> None:
        """What an operator that is applied for its effect does to its first operand."""
        if not value.args:
            return
        base = value.args[0]
        writes = any(rule.writes for rule in rules().get(value.op, ()))
        if writes:
            self.tables.note_change(self.tables.types.get(base))
        varied = any(part in self.tables.varied for part in value.args[1:])
        if varied and (value.op in LIST_CHANGES or writes):
            self.binding.storing.written(base, env)
        if value.op == "list.append":
            kind = self.tables.types[value.args[1]]
            self.binding.storing.stored(base, Slice(None, None), kind, env)

    def _updated(self, statement: Assign, value: Apply, fact: Fact) -> Fact:
        """What `x += e` leaves in x: an array stays the same one, and so does a part of one in
        shape."""
        old = value.args[0]
        kind, found = self.tables.types.get(old), self.tables.types.get(value)
        if self._is_seen(statement.targets[0]):
            self.tables.note_change(kind)
        if isinstance(statement.targets[0], Place) and isinstance(old, Apply):
            of_array = isinstance(self.tables.types.get(old.args[0]), Array)
            if of_array and isinstance(kind, Array) and isinstance(found, Array):
                self.tables.types[value] = Array(found.dtype, kind.shape)
        if isinstance(kind, Array) and isinstance(kind.shape, Shape) and kind.shape != SCALAR:
            if isinstance(found, Array):
                self.tables.types[value] = Array(found.dtype, kind.shape)
            return Fact(kind, fact.varied)
        return fact

    def _is_seen(self, target: Target) -> bool:
        """Whether more than one name may show that what a target stands for is changed."""
        regions = self.course.regions[-1]
        return (
            not isinstance(target, Var)
            or regions.is_shared(target)
            or bool(regions.written_parameters & set(regions.members(target)))
        )

    def _arms(self, branch: Branch, env: Environment) -> None:
        layers = []
        for arm in (branch.then, branch.other):
            layer = Environment(env)
            # What an arm that leaves the loop found is true after the loop: it is never dropped.
            self.block(arm, layer)
            layers.append(layer)
        changed: dict[Var, None] = {}
        for layer in layers:
            changed |= dict.fromkeys(layer.own)
        for var in changed:
            facts = [fact for layer in layers if (fact := layer.get(var)) is not None]
            joined = facts[0]
            for fact in facts[1:]:
                joined = either(joined, fact, self.names.at(branch, var.hint))
            env.own[var] = joined

    def _loop(self, loop: For | While, iterated: Fact | None, env: Environment) -> None:
        mark = self.names.new_mark()
        head = Environment(env)
        self.names.marks.append(mark)
        while True:
            body = Environment(head)
            if isinstance(loop, For) and iterated is not None:
                iterated = self._written_by_now(loop.iterable, iterated, head)
                item = Fact(element(iterated.type, mark), iterated.varied)
                self.binding.assign_element(loop.target, item, loop.iterable, body)
            if isinstance(loop, While):
                self.evaluation.value(loop.test, body)
            self.block(loop.body, body)
            changed = False
            for var, back in body.own.items():
                entry = head.get(var)
                if entry is None:
                    # Bound by the loop alone: after it, what the last iteration left.
                    new = self._carried(back, back, var, mark)
                else:
                    new = self._carried(entry, back, var, mark)
                if new != entry:
                    head.own[var] = new
                    changed = True
            if not changed:
                break
        self.names.marks.pop()
        for var, fact in head.own.items():
            env.own[var] = fact
        self.block(loop.other, env)

    def _written_by_now(self, iterable: Expr, before: Fact, env: Environment) -> Fact:
        """What a loop runs over, where its body writes into that: the objects are read when their
        turn comes."""
        regions, written = self.course.regions[-1], self.tables.made_varied
        members = {m for root, _ in regions.aliases(iterable) for m in regions.members(root)}
        found = {
            var: Fact(fact.type, True)
            for var in members & written
            if (fact := env.get(var)) is not None and fact.varied
        }
        if not found:
            return before
        now = Environment(env)
        now.own.update(found)
        return Fact(before.type, self.evaluation.value(iterable, now).varied)

    def _carried(self, entry: Fact, back: Fact, var: Var, mark: str) -> Fact:
        """The fact of a variable at the head of a loop, from before it and from its end."""
        joined = either(entry, back, f"{var.hint}{mark}")
        if mark in repr(back.type) and joined.type == back.type and entry.type != joined.type:
            return Fact(renamed(joined.type, f"{var.hint}{mark}"), joined.varied)
        return joined
