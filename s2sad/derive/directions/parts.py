"""The two parts of a derivative as text."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import libcst as cst

from s2sad.analysis.types import Array, Shape
from s2sad.derive.directions.lines import Line, code, comments, ends_once, lines_of
from s2sad.derive.directions.memory import Memory
from s2sad.derive.directions.split import Split, split
from s2sad.derive.values import CHEAP, MODERATE, NEVER, cost
from s2sad.ir.flow import statements
from s2sad.ir.nodes import (
    Apply,
    Assign,
    Each,
    Evaluate,
    Expr,
    For,
    Function,
    Make,
    Opaque,
    Ref,
    Return,
    Select,
    Var,
    Verbatim,
    While,
    children,
    walk,
)
from s2sad.tidy.dead import reads_of
from s2sad.tidy.naming import Names, describe


@dataclass(frozen=True)
class Step:
    """One statement as text with the comments above it; the names that it reads and changes."""

    text: str
    reads: frozenset[str]
    changes: frozenset[str]
    comments: tuple[str, ...] = ()

    @property
    def lines(self) -> list[str]:
        """Its text with the comments."""
        return [*self.comments, self.text]


@dataclass(frozen=True)
class Parts:
    """A derivative in two parts, as text.

    `needed` are the names that each direction reads of what is done once. `value` is the name of
    what the function itself returns, empty if the derivative comes without it; `result` is the
    derivative along one direction. `ranks` has the ranks that are known: those of parameters by
    name, that of the value as `value`. `steady` says that the seeds are never bound anew, so that a
    loop may use its own array for one.
    """

    once: list[Step]
    each: list[str]
    needed: frozenset[str]
    value: str
    result: str
    ranks: dict[str, int]
    steady: bool


def in_two_parts(
    function: Function, engine: Any, seeds: Collection[str], named: dict[str, str]
) -> Parts | None:
    """A generated function that `engine` has interpreted, in its two parts; None if it has none, or
    if nothing that is dear is the same along every direction.

    `named` are the names of expressions so far, by their text; those of this function are added.
    """
    lines = lines_of(function)
    if not lines or not ends_once(lines):
        return None
    memory = Memory(function, engine)
    for line in lines:
        memory.describe(line)
    own = {p.var for p in function.params if p.var.hint in seeds}
    found = split(lines, memory, own)
    if found is None:
        return None
    writer = _Writer(function, engine, memory, found, named)
    parts = writer.parts(lines)
    return parts if writer.after or any(map(writer.is_dear, lines)) else None


class _Writer:
    """Writes the two parts. Of a statement of each direction, what does not depend on it and is
    more than an operation gets a name."""

    def __init__(
        self,
        function: Function,
        engine: Any,
        memory: Memory,
        found: Split,
        named: dict[str, str],
    ) -> None:
        self.function, self.facts, self.memory = function, engine.facts, memory
        self.split, self.named = found, named
        self.names = Names(function.names | engine.names.taken | set(named.values()))
        self.once: list[Step] = []
        self.after: list[Step] = []  # names of what is computed from these
        self.needed: set[str] = set()
        self.standing: dict[str, Var] = {}  # what has a name, by its text
        self.operands: dict[Var, set[Var]] = {}

    def parts(self, lines: list[Line]) -> Parts | None:
        """The parts; None if the value is of each direction."""
        *body, last = lines
        returned = last.program[-1]
        assert isinstance(returned, Return)
        value, result = self._returned(returned)
        if result is None or result.origin is None or value is not None and self._varies(value):
            return None
        for line in lines:
            self._note_standing(line)
        each: list[str] = []
        remarks: list[str] = []  # on statements that are done once, and on those behind them
        for line in body:
            above = comments(line.node)
            remarks = [] if above else remarks
            if line.varies and not line.is_dropping:
                each += [*(above or remarks), self._of_each(line)]
                self.needed |= self._names(line.reads - self.split.varying)
                remarks = []
            elif not line.is_dropping:
                remarks = above if each else []
                self.once.append(self._step(line, [] if each else above))
        text = code(self._with_names(result.origin.node, self._standing(result)))
        self.needed |= {v.hint for v in reads_of(result) if not self._is_varying(v)}
        name = "" if value is None else self._value(value)
        each = [*self._begin(), *each]
        once, needed = [*self.once, *self.after], frozenset(self.needed)
        return Parts(once, each, needed, name, text, self._ranks(value), self.split.steady)

    def is_dear(self, line: Line) -> bool:
        """Whether it is worth while to do a statement once: to loop, or to compute much."""
        if line.varies:
            return False
        found = list(statements(line.program))
        values = [s.value for s in found if isinstance(s, Assign)]
        loops = any(isinstance(s, For | While | Verbatim) for s in found)
        return loops or any(cost(value, self.facts) > MODERATE for value in values)

    def _returned(self, statement: Return) -> tuple[Expr | None, Expr | None]:
        """The value and the derivative, of which a product with a Hessian comes alone."""
        found = statement.value
        if self.function.name.endswith("_hvp"):
            return None, found
        if isinstance(found, Make) and found.kind == "tuple" and len(found.items) == 2:
            return found.items[0], found.items[1]
        return None, None

    def _is_varying(self, var: Var) -> bool:
        return bool(self.memory.of([var]) & self.split.varying)

    def _varies(self, expr: Expr) -> bool:
        return any(map(self._is_varying, reads_of(expr)))

    def _names(self, keys: set[Var]) -> frozenset[str]:
        return frozenset(var.hint for var in self.memory.names(keys))

    def _note_standing(self, line: Line) -> None:
        """Notes what a statement gives a name to, as long as nothing changes it, or what it is
        computed from."""
        if line.varies:
            return
        self.standing = {
            text: var
            for text, var in self.standing.items()
            if not self.memory.of([var, *self.operands[var]]) & line.changes
        }
        match line.program:
            case [Assign((Var() as var,), value, None)] if value.origin is not None:
                if not self._is_varying(var) and var not in reads_of(value):
                    self.operands[var] = reads_of(value)
                    self.standing[code(value.origin.node)] = var

    def _step(self, line: Line, above: list[str]) -> Step:
        """A statement that is done once."""
        reads, changes = self._names(line.reads), self._names(line.changes)
        return Step(code(line.node), reads, changes, tuple(above))

    def _let(self, name: str, value: str, reads: set[Var]) -> None:
        """Gives a name to what is done once."""
        read = frozenset(var.hint for var in reads)
        self.after.append(Step(f"{name} = {value}", read, frozenset({name})))

    def _begin(self) -> list[str]:
        """How each direction begins: with what variables stood for before the first."""
        begin = []
        for var, copied in self.split.begin.items():
            last = self.names.fresh(f"{var.hint}_last")
            self._let(last, var.hint, {var})
            self.needed.add(last)
            begin.append(f"{var.hint} = {copied.format(last)}")
        return begin

    def _value(self, value: Expr) -> str:
        """The name of the value; it gets one if it has none."""
        if isinstance(value, Ref):
            return value.var.hint
        assert value.origin is not None
        name = self.names.fresh("value")
        self._let(name, code(value.origin.node), reads_of(value))
        self.once.append(self.after.pop())
        return name

    def _ranks(self, value: Expr | None) -> dict[str, int]:
        given = zip(self.function.params, self.facts.summaries[self.function].params, strict=True)
        kinds = {p.var.hint: fact.type for p, fact in given}
        if value is not None:
            kinds["value"] = self.facts.type_of(value)
        return {
            name: kind.shape.rank
            for name, kind in kinds.items()
            if isinstance(kind, Array) and isinstance(kind.shape, Shape)
        }

    def _of_each(self, line: Line) -> str:
        """A statement of each direction."""
        *_, statement = line.program
        if len(line.program) > 1 or not isinstance(statement, Assign | Evaluate):
            return code(line.node)
        return code(self._with_names(line.node, self._standing(statement.value)))

    def _with_names(self, node: Any, standing: list[Expr]) -> Any:
        """Syntax with names in place of what is computed once."""
        names: dict[int, str] = {}
        for part in standing:
            assert part.origin is not None
            text = code(part.origin.node)
            var = self.standing.get(text)
            name = self._name_of(text, part) if var is None else var.hint
            names[id(part.origin.node)] = name
            self.needed.add(name)
            if var is None and not any(name in step.changes for step in self.after):
                self._let(name, text, reads_of(part))
        return node.visit(_Renamed(names)) if names else node

    def _name_of(self, text: str, part: Expr) -> str:
        if self.named.get(text, "in") in {*self.function.names, "in"}:
            self.named[text] = self.names.fresh(describe(part))
        return self.named[text]

    def _standing(self, root: Expr) -> list[Expr]:
        """The largest operands that do not depend on the direction and are worth a name: what is
        computed from them shares no memory with them."""
        found: list[Expr] = []
        stack = [root]
        while stack:
            node = stack.pop()
            if isinstance(node, Apply):
                for part in children(node):
                    if self._is_worth_a_name(part) and not self.memory.regions.passes_on(
                        node, part
                    ):
                        found.append(part)
                    else:
                        stack.append(part)
            elif isinstance(node, Make):
                stack += children(node)
        return found[::-1]

    def _is_worth_a_name(self, part: Expr) -> bool:
        if not isinstance(part, Apply) or part.origin is None or self._varies(part):
            return False
        if any(isinstance(node, Select | Each | Opaque) for node in walk(part)):
            return False
        return CHEAP < cost(part, self.facts) < NEVER


class _Renamed(cst.CSTTransformer):
    """Puts names in place of expressions."""

    def __init__(self, names: dict[int, str]) -> None:
        super().__init__()
        self.names = names

    def on_leave(self, original_node: Any, updated_node: Any) -> Any:
        """The name of a node that has one."""
        name = self.names.get(id(original_node))
        return updated_node if name is None else cst.Name(name)
