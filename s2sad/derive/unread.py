"""Writes after whose adjoint nothing reads the adjoint of the place again.

    y = np.empty(n)
    for i in range(n):
        y[i] = e              d_e = d_y[i]; no earlier statement gave y[i] a value, so that d_y[i]
                              may keep what it holds

A place of an array is *consumed* by the statements that give it a value: on the way back they take
its adjoint. The function is walked forwards with the sections that were consumed so far; a write to
a section that meets none of them needs no clearing.
"""

from __future__ import annotations

from s2sad.analysis.facts import Facts
from s2sad.analysis.regions import Regions
from s2sad.analysis.sections import Section, Sections
from s2sad.derive.rules import rules
from s2sad.ir.flow import inner_blocks, statements, targets_of
from s2sad.ir.nodes import (
    Apply,
    Assign,
    Block,
    Define,
    Expr,
    For,
    Function,
    Place,
    Ref,
    Stmt,
    Unpack,
    Var,
    Verbatim,
    While,
)


def unread_writes(function: Function, facts: Facts, regions: Regions) -> set[Stmt]:
    """The writes whose place need not be cleared in the adjoint."""
    return _Walk(function, facts, regions).result()


class _Walk:
    def __init__(self, function: Function, facts: Facts, regions: Regions) -> None:
        self.function = function
        self.facts = facts
        self.regions = regions
        self.given: dict[Var, int] = {p.var: 2 for p in function.params}
        self.made: dict[Var, Expr] = {}
        for statement in statements(function.body):
            self._count(statement)
        self.sections = Sections(lambda var: self.given.get(var, 0) < 2)
        self.found: set[Stmt] = set()

    def result(self) -> set[Stmt]:
        if any(isinstance(t, Place) for s in statements(self.function.body)
               if isinstance(s, Assign) for t in s.targets):  # fmt: skip
            self._block(self.function.body, {})
        return self.found

    def _count(self, statement: Stmt, weight: int = 1) -> None:
        """How many values a variable gets; the target of a loop gets many."""
        bound: list[Var] = []
        match statement:
            case Assign():
                bound = [v for t in statement.targets for v in targets_of(t)]
                if len(bound) == 1 and bound[0] is statement.targets[0]:
                    self.made[bound[0]] = statement.value
                if statement.augmented:
                    bound *= 2
            case For():
                bound = list(targets_of(statement.target)) * 2
            case Define():
                bound = [statement.var]
            case Verbatim():
                bound = [*statement.binds, *statement.mutates] * 2
        for var in bound:
            self.given[var] = self.given.get(var, 0) + weight

    # ------------------------------------------------------------ the walk

    def _block(self, block: Block, consumed: dict[Section, None]) -> None:
        for statement in block:
            self._statement(statement, consumed)

    def _statement(self, statement: Stmt, consumed: dict[Section, None]) -> None:
        match statement:
            case Assign():
                self._assign(statement, consumed)
            case For() | While():
                self._loop(statement, consumed)
            case _:
                for inner in inner_blocks(statement):
                    self._block(inner, consumed)
        for write in self.regions.writes.get(statement, []):
            if not isinstance(statement, Assign) or not isinstance(write.base, Ref):
                for var, _ in self.regions.aliases(write.base):
                    consumed[Section(var)] = None

    def _assign(self, statement: Assign, consumed: dict[Section, None]) -> None:
        for target in statement.targets:
            match target:
                case Place(Ref(var), key) if not isinstance(key, str):
                    section = self.sections.section(var, key)
                    if len(statement.targets) == 1 and self._is_followed(var):
                        meets = any(not self.sections.are_disjoint(section, other)
                                    for other in consumed if other.var is var)  # fmt: skip
                        if not meets:
                            self.found.add(statement)
                    if statement.value in self.facts.varied:
                        consumed[section] = None
                case Unpack():
                    for write in self.regions.writes.get(statement, []):
                        for var, _ in self.regions.aliases(write.base):
                            consumed[Section(var)] = None

    def _is_followed(self, var: Var) -> bool:
        """Whether a variable is one array all the time, which starts without a derivative."""
        if self.given.get(var, 0) > 1 or self.regions.is_shared(var) or var not in self.made:
            return False
        value = self.made[var]
        new = isinstance(value, Apply) and any(r.zero for r in rules().get(value.op, ()))
        return new and value not in self.facts.varied

    def _loop(self, loop: For | While, consumed: dict[Section, None]) -> None:
        target = loop.target if isinstance(loop, For) else None
        outer = dict(self.sections.ranges.known)
        # What earlier iterations consumed is found by walking the body once to collect it.
        kept, self.found = self.found, set()
        inside: dict[Section, None] = {}
        if isinstance(loop, For):
            self.sections.enter(loop)
        self._block(loop.body, inside)
        self.found = kept
        known = dict(self.sections.ranges.known)
        for section in inside:
            by = section
            if isinstance(target, Var):
                by = self.sections.earlier(section, target)
            consumed[by] = None
        self._block(loop.body, consumed)
        self.sections.ranges.known = known
        if isinstance(target, Var):
            for section in list(consumed):
                consumed[self.sections.all_of(section, target)] = None
                if any(b is not None and b.factor(target) for axis in section.axes for b in axis):
                    del consumed[section]
        self.sections.ranges.known = outer
        self._block(loop.other, consumed)
