"""Arrays that get their contents again from the statements that gave them to them.

What the forward part overwrites of an array is not kept where a few cheap statements and loops of
the same block have filled it, and what these read still stands: they are run again.

    for _ in range(steps):                    for _ in reversed(range(steps)):
        p[0] = 0.0                                p[0] = 0.0
        for j in range(1, n):                     for j in range(1, n):
            p[j] = c / (p[j - 1] + b)                 p[j] = c / (p[j - 1] + b)
        ...  # reads p                            ...  # reads p

An array is filled again when the mirror of an iteration begins (`_arrays_again`), if each iteration
fills the same part of it, or where the mirror of a statement ends that overwrites what statements
in front of it have filled (`_filled_before`). Each runs as often as in the forward part at most,
and is no more than a few passes over what it fills (`analysis/filled.py`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from s2sad.analysis.filled import Filling, filling, joined
from s2sad.analysis.sections import Section
from s2sad.analysis.types import Array, Shape
from s2sad.derive import checkpoints
from s2sad.derive.again import CHEAP_ENOUGH, FAR, Again
from s2sad.derive.parts import leaves_early, own_targets
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
    While,
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


class Remade(Again):
    """Finds the statements that fill an array, and says whether they can be run again."""

    # ------------------------------------------------------------ when the mirror begins

    def _arrays_again(self, loop: For | While) -> list[Making]:
        """What fills arrays again when the mirror of an iteration begins, with what the iteration
        left in them."""
        if loop not in self.makings:
            self.makings[loop] = []
            if not leaves_early(loop.body) and not loop.other:
                with self.cells.inside(loop):
                    self.makings[loop] = list(self._makings_of(loop))
        return self.makings[loop]

    def _makings_of(self, loop: For | While) -> Iterable[Making]:
        own = own_targets(loop)
        changing = self._bound_inside(loop).keys() - own
        done: set[Var] = set()
        for var in self._arrays_written_in(loop):
            if var in done:
                continue
            found = self._last_making(loop.body, len(loop.body), var, None)
            if found is None or found.does.variables.keys() & changing:
                continue
            sections = [*found.does.filled, *found.does.before]
            if any(_mentions(section, own) for section in sections):
                continue
            if not self._stand(found.does.before, loop.body):
                continue
            done |= found.arrays.keys()
            yield found

    def _arrays_written_in(self, loop: For | While) -> list[Var]:
        found: dict[Var, None] = {}
        for statement in loop.body:
            for inner in statements([statement]):
                if isinstance(inner, Assign):
                    for target in inner.targets:
                        if isinstance(target, Place):
                            found |= dict.fromkeys(reads(target.base))
        return [var for var in found if self._is_plain_array(var)]

    def _covered(self, makings: Iterable[Making], cells: Iterable[Var]) -> set[Var]:
        """The cells among these of which all is filled."""
        cells = [cell for cell in cells if cell in self.cells.known]
        return {
            cell
            for making in makings
            for cell in cells
            if cell not in self.cells.formers
            and making.does.fills(self.cells.known[cell], self.cells.sections)
        }

    def _operands(self, makings: Iterable[Making]) -> set[Var]:
        """What has to be at hand to run statements again."""
        found: set[Var] = set()
        for making in makings:
            found |= making.does.variables.keys() & self.overwritten
            found |= {self.cells.cell(section) for section in making.does.before}
        return found

    # ------------------------------------------------------------ when it is overwritten

    def _filled_before(
        self, statement: Stmt, lost: set[Var], needed: set[Var], kept: set[Var]
    ) -> Block:
        """The statements that fill again what a statement overwrites of an array, if those in front
        of it in its block have filled it: the cells in `lost`. What is filled again is needed no
        more."""
        arrays = {self.cells.known[cell].var: None for cell in sorted(lost, key=_serial)}
        again: Block = []
        for var in arrays:
            wanted = {cell for cell in lost if self.cells.known[cell].var is var}
            making = self._making_before(statement, var, wanted, needed - kept, kept)
            if making is None:
                continue
            needed -= self._covered([making], needed)
            needed |= self._operands([making])
            again += self._run_again(making)
        return again

    def _making_before(
        self, statement: Stmt, var: Var, wanted: set[Var], needed: set[Var], kept: set[Var]
    ) -> Making | None:
        block, position = self.before
        if not block or block[position] is not statement or wanted & self.cells.formers.keys():
            return None
        if not self._is_plain_array(var):
            return None
        sections = [self.cells.known[cell] for cell in wanted]
        found = self._last_making(block, position, var, sections)
        if found is None or not self._is_lost(found, var, block[position:]):
            return None
        between = block[found.start : position]
        inside = [loop.statement for loop in self.loops]
        own = {v for loop in inside for v in own_targets(loop)}
        for read in found.does.variables.keys() & (self.overwritten - own):
            if any(read in self._bound_inside(s) for s in between) or read in kept:
                return None
            if read not in needed and any(read in self._bound_inside(loop) for loop in inside):
                return None
            if read not in needed and not inside:
                return None
        if not self._stand(found.does.before, between):
            return None
        for section in found.does.before:
            at_hand = any(
                self.cells.sections.covers(self.cells.known[cell], section)
                for cell in needed
                if cell in self.cells.known and cell not in self.cells.formers
            )
            changes = any(self._is_changed_by(loop, section, own) for loop in inside)
            if not at_hand and (changes or not inside or self.cells.cell(section) in kept):
                return None
        originals = set(statements(between))
        if originals & self.made_before:
            return None
        self.made_before |= originals
        return found

    def _is_lost(self, making: Making, var: Var, rest: Block) -> bool:
        """Whether the statements that follow overwrite all that is filled. If not, to keep the part
        that they overwrite is less work."""
        lost: list[Section] = []
        for statement in rest:
            if self._writes_to(statement, var):
                part = self._slice([statement], {var})
                does = filling(part, self.cells.sections, lambda expr: ())
                for section in does.filled if does is not None else ():
                    lost = joined(lost, section, self.cells.sections)
        mine = [section for section in making.does.filled if section.var is var]
        return all(any(self.cells.sections.covers(s, each) for s in lost) for each in mine)

    # ------------------------------------------------------------ the statements

    def _last_making(
        self, block: Block, end: int, var: Var, wanted: list[Section] | None
    ) -> Making | None:
        """The fewest statements at the end of block[:end] that fill some sections of an array; all
        that the block fills of it if no sections are given."""
        best: Making | None = None
        for start in range(end - 1, max(-1, end - 1 - FAR), -1):
            if not self._writes_to(block[start], var):
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
        part = self._slice(whole, {var})
        does = filling(part, self.cells.sections, self._sections_read)
        if does is None or not self._is_cheap_to_run(part):
            return None
        if does.variables.keys() & does.bound.keys():
            return None  # it reads what an iteration before has left in a variable
        arrays = {section.var for section in does.filled}
        if not all(map(self._is_plain_array, arrays)) or does.bound.keys() & arrays:
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

    def _slice(self, block: Block, variables: set[Var]) -> Block:
        """The statements that the contents of arrays depend on."""
        return without_dead(
            list(block), set(variables), {}, None, self.plan.replaced, self.plan.regions
        )

    def _run_again(self, making: Making) -> Block:
        """The statements as the backward part runs them."""
        again = checkpoints.again(making.block, (), self.facts)
        if again:
            self.plan.again[again[0]] = list(making.arrays)
        return again

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

    def _is_plain_array(self, var: Var) -> bool:
        """Whether a variable stands for one array all the time, which has no other name."""
        kind = self.facts.bindings.get(var)
        return (
            isinstance(kind, Array)
            and isinstance(kind.shape, Shape)
            and kind.shape.rank > 0
            and self._is_fixed(var)
            and var not in self.mutated
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
        return same and self._is_value(var)

    @property
    def _loop_variables(self) -> set[Var]:
        """The variables that only the loops read that give them their values."""
        if self.only_in_loops is None:
            self.only_in_loops = set(self.loop_targets)
            self._leave_out_read(self.function.body, frozenset())
        return self.only_in_loops

    def _leave_out_read(self, block: Block, inside: frozenset[Var]) -> None:
        assert self.only_in_loops is not None
        for statement in block:
            for expr in expressions(statement):
                self.only_in_loops -= set(reads(expr)) - inside
            if isinstance(statement, Define):
                self.only_in_loops -= set(statement.callee.captured)
            if isinstance(statement, For):
                own = own_targets(statement)
                self.only_in_loops -= set(targets_of(statement.target)) - own
                self._leave_out_read(statement.body, inside | own)
                self._leave_out_read(statement.other, inside)
                continue
            for inner in inner_blocks(statement):
                self._leave_out_read(inner, inside)

    # ------------------------------------------------------------ what changes

    def _writes_to(self, statement: Stmt, var: Var) -> bool:
        """Whether a statement, or one inside it, may change an array."""
        return var in bound_by(statement) or any(
            alias is var
            for inner in statements([statement])
            for write in self.regions.writes.get(inner, ())
            for alias, _ in self.regions.aliases(write.base)
        )

    def _stand(self, sections: Iterable[Section], block: Block) -> bool:
        """Whether no statement of a block changes any of these sections."""
        cells = {self.cells.cell(section) for section in sections}
        return not cells or not self._changed(block, cells)

    def _is_changed_by(self, loop: For | While, section: Section, own: set[Var]) -> bool:
        """Whether any iteration of a loop may change a section; one that is another in each
        iteration may be changed by any write."""
        if _mentions(section, own):
            return bool(self.cells.overwritten_by(loop, {self.cells.cell(section)}))
        return not self._stand([section], [loop])

    def _changed(self, block: Block, cells: set[Var]) -> bool:
        for statement in block:
            if any(self.cells.overwritten_in(p, cells) for p in self.cells.places(statement)):
                return True
            if isinstance(statement, Assign) and statement.augmented is not None:
                if self.cells.overwritten_by(statement, cells):
                    return True
            with self.cells.inside(statement):
                if any(self._changed(inner, cells) for inner in inner_blocks(statement)):
                    return True
        return False

    def _is_met(self, section: Section, does: Filling) -> bool:
        return not all(
            self.cells.sections.are_disjoint(section, other)
            for other in does.filled
            if other.var is section.var
        )


def _mentions(section: Section, variables: set[Var]) -> bool:
    bounds = [bound for axis in section.axes for bound in axis if bound is not None]
    return any(bound.factor(var) for bound in bounds for var in variables)


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


def _serial(var: Var) -> int:
    return var.serial
