"""The facts of variables from statement to statement: the part of the interpreter that executes.

The arms of a branch are joined after it. A loop is executed until nothing changes at its head:

    x = np.zeros(n)             float64[n]
    for k in range(3):
        x = x[1:]               float64[?x~1.0] at the head: a size of each iteration's own

What is written into an array makes all varied that may share memory with it.
"""

from __future__ import annotations

from typing import Any

from s2sad.analysis.contents import item_at, with_item
from s2sad.analysis.evaluation import Evaluation
from s2sad.analysis.iteration import element
from s2sad.analysis.lattice import renamed
from s2sad.analysis.sizes import UNKNOWN, Size
from s2sad.analysis.tables import Environment, Fact
from s2sad.analysis.types import (
    NUMBER,
    SCALAR,
    Array,
    Inert,
    ListOf,
    Shape,
    Star,
    Type,
    Unknown,
    is_integral,
    may_be_complex,
)
from s2sad.derive.abstract import abstract
from s2sad.derive.rules import rules
from s2sad.ir.bindings import LIST_CHANGES
from s2sad.ir.nodes import (
    Apply,
    Assign,
    Block,
    Branch,
    Const,
    Context,
    Define,
    Evaluate,
    Expr,
    For,
    Guard,
    Make,
    Place,
    Ref,
    Return,
    Slice,
    Stmt,
    Target,
    Unpack,
    Var,
    Verbatim,
    While,
)


class Execution(Evaluation):
    """The part of the interpreter that is about statements."""

    def _block(self, block: Block, env: Environment) -> None:
        for statement in block:
            self._statement(statement, env)

    def _statement(self, statement: Stmt, env: Environment) -> None:
        match statement:
            case Assign():
                fact = self._value(statement.value, env)
                if statement.augmented is not None and isinstance(statement.value, Apply):
                    fact = self._updated(statement, statement.value, fact)
                    if fact.varied:
                        self._written(statement.value.args[0], env)
                for target in statement.targets:
                    self._assign(target, fact, statement.value, env)
                    self._note_sizes(target, statement.value)
            case Evaluate(value):
                self._value(value, env)
                if isinstance(value, Apply) and value.op in LIST_CHANGES:
                    if any(part in self.varied for part in value.args[1:]):
                        self._written(value.args[0], env)
                elif isinstance(value, Apply) and (rules_ := rules().get(value.op)):
                    base = value.args[0] if value.args else None
                    if base is not None and any(rule.writes for rule in rules_):
                        if any(part in self.varied for part in value.args[1:]):
                            self._written(base, env)
                if isinstance(value, Apply) and value.op == "list.append":
                    item = value.args[1]
                    if item in self.varied:
                        self._written(value.args[0], env)
                    self._stored(value.args[0], Slice(None, None), self.types[item], env)
            case Return():
                if statement.value is None:
                    self._returns.append(Fact(Inert("None")))
                else:
                    fact = self._value(statement.value, env)
                    self._returns.append(fact)
            case Branch():
                self._value(statement.test, env)
                self._arms([statement.then, statement.other], env)
            case For():
                fact = self._value(statement.iterable, env)
                self._loop(statement, fact, env)
            case While():
                self._loop(statement, None, env)
            case Context():
                for read in statement.reads:
                    self._value(read, env)
                self._block(statement.body, env)
            case Guard():
                self._block(statement.body, env)
            case Define():
                env.own[statement.var] = Fact(Inert("function"))
            case Verbatim():
                varied = any([self._value(read, env).varied for read in statement.reads])
                for var in statement.binds:
                    kind = Unknown(var.hint, foreign=self.wary)
                    env.own[var] = Fact(kind, varied)
                    self._bind_type(var, kind)

    def _updated(self, statement: Assign, value: Apply, fact: Fact) -> Fact:
        """What `x += e` leaves in x: an array stays the same one, and so does a part of one in
        shape."""
        old = value.args[0]
        kind, found = self.types.get(old), self.types.get(value)
        if isinstance(statement.targets[0], Place) and isinstance(old, Apply):
            of_array = isinstance(self.types.get(old.args[0]), Array)
            if of_array and isinstance(kind, Array) and isinstance(found, Array):
                self.types[value] = Array(found.dtype, kind.shape)
        if isinstance(kind, Array) and isinstance(kind.shape, Shape) and kind.shape != SCALAR:
            if isinstance(found, Array):
                self.types[value] = Array(found.dtype, kind.shape)
            return Fact(kind, fact.varied)
        return fact

    def _arms(self, arms: list[Block], env: Environment) -> None:
        layers = []
        for arm in arms:
            layer = Environment(env)
            # What an arm that leaves the loop found is true after the loop: it is never dropped.
            self._block(arm, layer)
            layers.append(layer)
        changed: dict[Var, None] = {}
        for layer in layers:
            changed |= dict.fromkeys(layer.own)
        for var in changed:
            facts = [fact for layer in layers if (fact := layer.get(var)) is not None]
            joined = facts[0]
            for fact in facts[1:]:
                joined = self._join(joined, fact, var.hint)
            env.own[var] = joined

    def _loop(self, loop: For | While, iterated: Fact | None, env: Environment) -> None:
        self._loops += 1
        mark = f"~{self._loops}"
        head = Environment(env)
        self._marks.append(mark)
        while True:
            body = Environment(head)
            if isinstance(loop, For) and iterated is not None:
                item = Fact(element(iterated.type, mark), iterated.varied)
                self._assign_element(loop.target, item, loop.iterable, body)
            if isinstance(loop, While):
                self._value(loop.test, body)
            self._block(loop.body, body)
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
        self._marks.pop()
        for var, fact in head.own.items():
            env.own[var] = fact
        self._block(loop.other, env)

    def _carried(self, entry: Fact, back: Fact, var: Var, mark: str) -> Fact:
        """The fact of a variable at the head of a loop, from before it and from its end."""
        joined = self._join(entry, back, f"{var.hint}{mark}")
        if mark in repr(back.type) and joined.type == back.type and entry.type != joined.type:
            return Fact(renamed(joined.type, f"{var.hint}{mark}"), joined.varied)
        return joined

    def _note_sizes(self, target: Target, value: Expr) -> None:
        """Notes sizes that names are given: `n = len(x)`, `shape = x.shape`, `n, m = x.shape`."""
        found = abstract(value, self.type_of, self._size_of)
        parts = [(target, found)]
        if isinstance(target, Unpack) and target.star is None:
            inside = isinstance(found, tuple) and len(found) == len(target.targets)
            sizes = found if inside else (None,) * len(target.targets)
            parts = list(zip(target.targets, sizes, strict=True))
        for part, size in parts:
            if isinstance(part, Var) and part in self._fixed:
                self.sizes[part] = size if _is_size(size) else UNKNOWN

    def _assign(self, target: Target, fact: Fact, value: Expr, env: Environment) -> None:
        match target:
            case Var():
                kind = fact.type
                if isinstance(kind, Unknown) and not kind.name:
                    kind = Unknown(target.hint, kind.foreign)
                env.own[target] = Fact(kind, fact.varied and not is_integral(kind))
                self._bind_type(target, kind)
            case Unpack():
                for position, part in enumerate(target.targets):
                    item = item_at(fact.type, position, len(target.targets))
                    if target.star == position:
                        item = ListOf(Unknown())
                    varied = fact.varied
                    if isinstance(value, Make) and len(value.items) == len(target.targets):
                        varied = value.items[position] in self.varied
                    self._assign(part, Fact(item, varied), Const(None), env)
            case Place():
                base = self._value(target.base, env)
                if not isinstance(target.key, str):
                    self._value(target.key, env)
                if fact.varied and not is_integral(base.type):
                    self._written(target.base, env)
                if self.wary and may_be_complex(fact.type):
                    self._written_complex(target.base, env)
                self._stored(target.base, target.key, fact.type, env)

    def _stored(self, base: Expr, key: Expr | str, kind: Type, env: Environment) -> None:
        """A container has another item from here on."""
        if isinstance(base, Ref) and (fact := env.get(base.var)) is not None:
            found = with_item(fact.type, key, kind)
            if found != fact.type:
                env.own[base.var] = Fact(found, fact.varied)
                self._bind_type(base.var, found)
        elif isinstance(base, Apply) and base.op in ("getitem", "getattr"):
            found = with_item(self.types[base], key, kind)
            if found != self.types[base]:
                at = base.text if base.op == "getattr" else base.args[1]
                self._stored(base.args[0], at, found, env)

    def _written(self, base: Expr, env: Environment) -> None:
        """Something varied is written into an object: all that may share memory with it is varied
        from here on. Integers stay what they are: NumPy truncates what is written there."""
        kind = self.types.get(base)
        if isinstance(kind, Inert) or (isinstance(kind, Array) and kind.shape == SCALAR):
            return
        regions = self._regions[-1]
        for root, _ in regions.aliases(base):
            for var in regions.members(root):
                fact = env.get(var)
                if fact is not None and not isinstance(fact.type, Inert):
                    env.own[var] = Fact(fact.type, not is_integral(fact.type))
                    if not is_integral(fact.type):
                        self.made_varied.add(var)

    def _written_complex(self, base: Expr, env: Environment) -> None:
        """Something that may be complex is written into an array or container: what is not known
        to be real may be complex from here on."""
        for root, _ in self._regions[-1].aliases(base):
            for var in self._regions[-1].members(root):
                fact = env.get(var)
                match fact:
                    case Fact(Array("unknown", shape), varied) if shape != SCALAR:
                        env.own[var] = Fact(Array(NUMBER, shape), varied)
                    case Fact(Unknown(name, False), varied):
                        env.own[var] = Fact(Unknown(name, foreign=True), varied)

    def _assign_element(self, target: Target, fact: Fact, iterable: Expr, env: Environment) -> None:
        """Gives the target of a loop an element; of zip and enumerate each part its own source."""
        parts: tuple[Expr, ...] = ()
        match iterable:
            case Apply("builtins.zip", args):
                parts = args
            case Apply("builtins.enumerate", (inner, *_)):
                parts = (Const(0), inner)
        if not isinstance(target, Unpack) or len(parts) != len(target.targets):
            self._assign(target, fact, Const(None), env)
            return
        for position, (part, source) in enumerate(zip(target.targets, parts, strict=True)):
            item = Fact(item_at(fact.type, position, len(parts)), source in self.varied)
            self._assign_element(part, item, source, env)

    def _bind_type(self, var: Var, kind: Type) -> None:
        old = self.bindings.get(var)
        if old is None or old == kind:
            self.bindings[var] = kind
        else:
            self.bindings[var] = self._join(Fact(old), Fact(kind), f"{var.hint}~").type


def _is_size(value: Any) -> bool:
    """Whether an abstract value is a size or a tuple of sizes; some of these may be unknown."""
    if isinstance(value, tuple):
        return all(_is_size(item) or item == SCALAR for item in value)
    return isinstance(value, Size | Star) or type(value) is int
