"""The mirror of a loop: a loop that runs through the same iterations, backwards.

    for i in range(n):        for i in reversed(range(n)):
        s += x[i] * w             d_x[i] += ...

The adjoints of the elements that it runs over are passed on at the end of each iteration.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from s2sad.analysis.iteration import unwrapped
from s2sad.derive.backward.expressions import Expressions
from s2sad.derive.backward.iteration import enumerated
from s2sad.derive.memory.cells import Cells
from s2sad.derive.mirror import Group, Mirror, MirrorLoop, Step
from s2sad.ir.flow import statements
from s2sad.ir.nodes import For, Ref, Var, While

if TYPE_CHECKING:
    from s2sad.derive.backward.statements import Statements
    from s2sad.derive.backward.sweep import Sweep


class Loops:
    """Makes the mirrors of loops. `cells` tells whether a loop writes through names that change."""

    def __init__(self, sweep: Sweep, expressions: Expressions, statements: Statements) -> None:
        self.sweep = sweep
        self.regions = sweep.regions
        self.taking = sweep.taking
        self.iteration = sweep.iteration
        self.repetition = sweep.repetition
        self.expressions = expressions
        self.statements = statements
        self.cells = Cells(sweep.facts, sweep.regions, lambda var: False)

    def mirror(self, statement: For | While) -> list[Mirror]:
        position = self.iteration.position(statement) if isinstance(statement, For) else None
        used = [False]

        def body() -> list[Step]:
            steps = self.statements.block(statement.body)
            if isinstance(statement, For) and position is not None:
                nodes = self.statements.group(
                    None, lambda: self._pull_target(statement, position, used)
                )
                steps += [Step(None, nodes)] if nodes else []
            return steps

        before, inner = self.repetition.repeated(statement, body)
        after: list[Mirror] = []
        if isinstance(statement, For):
            for leaf in self.iteration.leaves(statement.iterable, statement):
                entry = self.taking.take_root(leaf)
                if entry is not None:
                    pulled = partial(self.expressions.pull, leaf, entry)
                    after += self.statements.group(None, pulled)
        changes = self._changes_containers(statement)
        changes = changes or self.cells.writes_under_changing_names(statement)
        if not inner and not after and not changes:
            return [Group(None, before)] if before else []
        loop = MirrorLoop(statement, inner)
        if isinstance(statement, For):
            loop.iterable, loop.target = self.iteration.keyed_by(
                statement.iterable, statement.target
            )
            loop.iterable = unwrapped(loop.iterable)
            if used[0]:
                loop.position = position
                loop.enumerated = enumerated(statement) is not None
        head: list[Mirror] = [Group(None, before)] if before else []
        return [*head, loop, *after]

    def _pull_target(self, loop: For, position: Var, used: list[bool]) -> None:
        seeds = self.taking.take_target(loop.target)
        if seeds is not None and self.sweep.is_varied(loop.iterable):
            if self.iteration.pull_element(loop.iterable, seeds, Ref(position), loop.target):
                used[0] = True

    def _changes_containers(self, loop: For | While) -> bool:
        """Whether a loop changes which objects a container holds, or what these hold: that is put
        back statement by statement."""
        return any(
            not self.regions.is_array(write.base)
            or any(self.regions.is_in_container(v) for v, _ in self.regions.aliases(write.base))
            for inner in statements(loop.body)
            for write in self.regions.writes.get(inner, ())
        )
