"""Arrays that get their contents again from the statements that gave them to them.

What the forward part overwrites of an array is not kept where a few cheap statements and loops of
the same block have filled it, and what these read still stands: they are run again.

    for _ in range(steps):                    for _ in reversed(range(steps)):
        p[0] = 0.0                                p[0] = 0.0
        for j in range(1, n):                     for j in range(1, n):
            p[j] = c / (p[j - 1] + b)                 p[j] = c / (p[j - 1] + b)
        ...  # reads p                            ...  # reads p

An array is filled again when the mirror of an iteration begins (`arrays`), if each iteration
fills the same part of it, or where the mirror of a statement ends that overwrites what statements
in front of it have filled (`filled_before`). Each runs as often as in the forward part at most,
and is no more than a few passes over what it fills (`analysis/filled.py`).
"""

from __future__ import annotations

from collections.abc import Iterable

from s2sad.analysis.filled import filling, joined
from s2sad.analysis.sections import Section
from s2sad.derive.memory import checkpoints
from s2sad.derive.memory.known import Known
from s2sad.derive.memory.makings import Making, Makings
from s2sad.derive.memory.position import Position
from s2sad.derive.parts import leaves_early, own_targets
from s2sad.ir.flow import inner_blocks, reads, statements
from s2sad.ir.nodes import (
    Assign,
    Block,
    For,
    Place,
    Stmt,
    Var,
    While,
)


class Remade:
    """Says which arrays are filled again, and where."""

    def __init__(self, known: Known, at: Position, makings: Makings) -> None:
        self.known = known
        self.at = at
        self.makings = makings
        self.cells = known.cells
        self.facts = known.facts
        self.plan = known.plan
        self._makings: dict[Stmt, list[Making]] = {}
        self._made_before: set[Stmt] = set()

    def arrays(self, loop: For | While) -> list[Making]:
        """What fills arrays again when the mirror of an iteration begins, with what the iteration
        left in them."""
        if loop not in self._makings:
            self._makings[loop] = []
            if not leaves_early(loop.body) and not loop.other:
                with self.cells.inside(loop):
                    self._makings[loop] = list(self._makings_of(loop))
        return self._makings[loop]

    def _makings_of(self, loop: For | While) -> Iterable[Making]:
        own = own_targets(loop)
        changing = self.known.bound_inside(loop).keys() - own
        done: set[Var] = set()
        for var in self._arrays_written_in(loop):
            if var in done:
                continue
            found = self.makings.last(loop.body, len(loop.body), var, None)
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
        return [var for var in found if self.makings.is_plain_array(var)]

    def covered(self, makings: Iterable[Making], cells: Iterable[Var]) -> set[Var]:
        """The cells among these of which all is filled."""
        cells = [cell for cell in cells if cell in self.cells.known]
        return {
            cell
            for making in makings
            for cell in cells
            if cell not in self.cells.formers
            and making.does.fills(self.cells.known[cell], self.cells.sections)
        }

    def operands(self, makings: Iterable[Making]) -> set[Var]:
        """What has to be at hand to run statements again."""
        found: set[Var] = set()
        for making in makings:
            found |= making.does.variables.keys() & self.known.overwritten
            found |= {self.cells.cell(section) for section in making.does.before}
        return found

    def run_again(self, making: Making) -> Block:
        """The statements as the backward part runs them."""
        again = checkpoints.again(making.block, (), self.facts)
        if again:
            self.plan.again[again[0]] = list(making.arrays)
        return again

    def filled_before(
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
            needed -= self.covered([making], needed)
            needed |= self.operands([making])
            again += self.run_again(making)
        return again

    def _making_before(
        self, statement: Stmt, var: Var, wanted: set[Var], needed: set[Var], kept: set[Var]
    ) -> Making | None:
        block, position = self.at.block
        if not block or block[position] is not statement or wanted & self.cells.formers.keys():
            return None
        if not self.makings.is_plain_array(var):
            return None
        sections = [self.cells.known[cell] for cell in wanted]
        found = self.makings.last(block, position, var, sections)
        if found is None or not self._is_lost(found, var, block[position:]):
            return None
        between = block[found.start : position]
        inside = [loop.statement for loop in self.at.loops]
        own = {v for loop in inside for v in own_targets(loop)}
        for read in found.does.variables.keys() & (self.known.overwritten - own):
            if any(read in self.known.bound_inside(s) for s in between) or read in kept:
                return None
            if read not in needed and any(read in self.known.bound_inside(loop) for loop in inside):
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
        if originals & self._made_before:
            return None
        self._made_before |= originals
        return found

    def _is_lost(self, making: Making, var: Var, rest: Block) -> bool:
        """Whether the statements that follow overwrite all that is filled. If not, to keep the part
        that they overwrite is less work."""
        lost: list[Section] = []
        for statement in rest:
            if self.makings.writes_to(statement, var):
                part = self.makings.slice([statement], {var})
                does = filling(part, self.cells.sections, lambda expr: ())
                for section in does.filled if does is not None else ():
                    lost = joined(lost, section, self.cells.sections)
        mine = [section for section in making.does.filled if section.var is var]
        return all(any(self.cells.sections.covers(s, each) for s in lost) for each in mine)

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


def _mentions(section: Section, variables: set[Var]) -> bool:
    bounds = [bound for axis in section.axes for bound in axis if bound is not None]
    return any(bound.factor(var) for bound in bounds for var in variables)


def _serial(var: Var) -> int:
    return var.serial
