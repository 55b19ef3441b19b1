"""Statements that fill an array, and that can be run again to fill it once more.

A `Making` is the fewest statements at the end of a block that give parts of an array their
contents, if they are cheap and running them again does nothing else.

    p[0] = 0.0                           the sections p[0] and p[1:n], hence p[0:n];
    for j in range(1, n):                reads c and b
        p[j] = c / (p[j - 1] + b)
"""

from __future__ import annotations

from dataclasses import dataclass

from s2sad.analysis.filled import Filling, filling
from s2sad.analysis.sections import Section
from s2sad.analysis.types import Array, Shape
from s2sad.derive.memory.again import CHEAP_ENOUGH, FAR, Again
from s2sad.derive.memory.known import Known
from s2sad.derive.parts import own_targets
from s2sad.derive.values import is_arithmetic, passes
from s2sad.ir.bindings import bound_by, targets_of
from s2sad.ir.flow import expressions, inner_blocks, reads, statements
from s2sad.ir.nodes import (
    Assign,
    Block,
    Define,
    For,
    Place,
    Stmt,
    Var,
    walk,
)
from s2sad.tidy.dead import without_dead


@dataclass(frozen=True)
class Making:
    """Statements of a block, from the one at `start` on, that fill arrays, and what they do."""

    block: Block
    start: int
    does: Filling

    @property
    def arrays(self) -> dict[Var, None]:
        """The arrays that are filled."""
        return {section.var: None for section in self.does.filled}


class Makings:
    """Finds the statements that fill an array and can be run again."""

    def __init__(self, known: Known, again: Again) -> None:
        self.known = known
        self.again = again
        self.cells = known.cells
        self.facts = known.facts
        self.plan = known.plan
        self.regions = known.regions
        self.shadows = known.shadows
        self._only_in_loops: set[Var] | None = None

    def last(self, block: Block, end: int, var: Var, wanted: list[Section] | None) -> Making | None:
        """The fewest statements at the end of block[:end] that fill some sections of an array; all
        that the block fills of it if no sections are given."""
        best: Making | None = None
        for start in range(end - 1, max(-1, end - 1 - FAR), -1):
            if not self.writes_to(block[start], var):
                continue
            found = self._making(block, start, end, var)
            if found is None:
                continue
            if wanted is None:
                filled = [s for s in found.does.filled if s.var is var]
                if best is None or not all(
                    best.does.fills(section, self.cells.sections) for section in filled
                ):
                    best = found
            elif all(found.does.fills(section, self.cells.sections) for section in wanted):
                return found
        return best

    def _making(self, block: Block, start: int, end: int, var: Var) -> Making | None:
        """The statements of block[start:end] that the contents of an array depend on, if they are
        cheap and running them again does nothing else."""
        whole = block[start:end]
        part = self.slice(whole, {var})
        does = filling(part, self.cells.sections, self._sections_read)
        if does is None or not self._is_cheap_to_run(part):
            return None
        if does.variables.keys() & does.bound.keys():
            return None  # it reads what an iteration before has left in a variable
        arrays = {section.var for section in does.filled}
        if not all(map(self.is_plain_array, arrays)) or does.bound.keys() & arrays:
            return None
        if any(section.var in arrays and self._is_met(section, does) for section in does.before):
            return None
        # Other statements in between must not write into the same arrays.
        for array in arrays - {var}:
            if _count_writes(whole, array) != _count_writes(part, array):
                return None
        for bound in does.bound:
            if not self._may_be_bound(bound, whole, part):
                return None
        return Making(part, start, does)

    def slice(self, block: Block, variables: set[Var]) -> Block:
        """The statements that the contents of arrays depend on."""
        return without_dead(
            list(block), set(variables), {}, None, self.plan.replaced, self.plan.regions
        )

    def _sections_read(self, expr: object) -> list[Section]:
        return [self.cells.known[cell] for cell in self.cells.read_by(expr)]  # type: ignore[arg-type]

    def _is_cheap_to_run(self, block: Block) -> bool:
        """Whether statements are assignments of a few sums and products, and as many of them fill
        arrays as they take passes over them."""
        total = writes = 0
        for statement in statements(block):
            exprs = list(expressions(statement))
            if any(node in self.plan.replaced for expr in exprs for node in walk(expr)):
                return False
            if isinstance(statement, For):
                continue
            if not isinstance(statement, Assign) or not is_arithmetic(statement.value, self.facts):
                return False
            total += passes(statement.value, self.facts)
            writes += isinstance(statement.targets[0], Place)
        return total <= CHEAP_ENOUGH * writes

    def is_plain_array(self, var: Var) -> bool:
        """Whether a variable stands for one array all the time, which has no other name."""
        kind = self.facts.bindings.get(var)
        return (
            isinstance(kind, Array)
            and isinstance(kind.shape, Shape)
            and kind.shape.rank > 0
            and self.known.is_fixed(var)
            and var not in self.known.mutated
            and self.regions.knows(var)
            and not self.regions.is_shared(var)
            and self.regions.members(var) == [var]
        )

    def _may_be_bound(self, var: Var, whole: Block, part: Block) -> bool:
        """Whether a variable may get its value again: it is that which it has, or only loops that
        bind it read it."""
        if var in self.shadows.of:
            return False
        if var in self._loop_variables:
            return True
        same = _count_bindings(whole, var) == _count_bindings(part, var)
        return same and self.again.is_value(var)

    @property
    def _loop_variables(self) -> set[Var]:
        """The variables that only the loops read that give them their values."""
        if self._only_in_loops is None:
            self._only_in_loops = set(self.known.loop_targets)
            self._leave_out_read(self.known.function.body, frozenset())
        return self._only_in_loops

    def _leave_out_read(self, block: Block, inside: frozenset[Var]) -> None:
        assert self._only_in_loops is not None
        for statement in block:
            for expr in expressions(statement):
                self._only_in_loops -= set(reads(expr)) - inside
            if isinstance(statement, Define):
                self._only_in_loops -= set(statement.callee.captured)
            if isinstance(statement, For):
                own = own_targets(statement)
                self._only_in_loops -= set(targets_of(statement.target)) - own
                self._leave_out_read(statement.body, inside | own)
                self._leave_out_read(statement.other, inside)
                continue
            for inner in inner_blocks(statement):
                self._leave_out_read(inner, inside)

    def writes_to(self, statement: Stmt, var: Var) -> bool:
        """Whether a statement, or one inside it, may change an array."""
        return var in bound_by(statement) or any(
            alias is var
            for inner in statements([statement])
            for write in self.regions.writes.get(inner, ())
            for alias, _ in self.regions.aliases(write.base)
        )

    def _is_met(self, section: Section, does: Filling) -> bool:
        return not all(
            self.cells.sections.are_disjoint(section, other)
            for other in does.filled
            if other.var is section.var
        )


def _count_bindings(block: Block, var: Var) -> int:
    found = 0
    for statement in statements(block):
        if not inner_blocks(statement):
            found += var in bound_by(statement)
        elif isinstance(statement, For):
            found += var in targets_of(statement.target)
    return found


def _count_writes(block: Block, var: Var) -> int:
    return sum(
        isinstance(target, Place) and var in reads(target.base)
        for statement in statements(block)
        if isinstance(statement, Assign)
        for target in statement.targets
    )
