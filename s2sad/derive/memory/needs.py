"""What the backward part reads, and of which time.

A variable is *needed* at a point of the forward part when the mirror of an earlier statement reads
its value there. Cells (`cells.py`) are needed as variables are. The mirror of a statement may read
what a variable held before it, and what it holds after it:

    x = np.exp(x * k)          d_x = x * k * d_x       x as it is after the statement: `after`
    x = np.sin(x)              d_x = d_x * np.cos(x)   x as it was before it: `before`

Only what is overwritten somewhere (`Known.lost`) has to be followed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from s2sad.derive.held import is_taken
from s2sad.derive.memory.again import Again
from s2sad.derive.memory.known import Known
from s2sad.derive.memory.reach import Reach
from s2sad.derive.memory.recall import Recall
from s2sad.derive.memory.remade import Remade
from s2sad.derive.mirror import (
    Group,
    MirrorBranch,
    MirrorContext,
    MirrorGuard,
    MirrorLoop,
    Step,
    groups,
)
from s2sad.derive.parts import exprs_of, leaves_early, own_targets, refs
from s2sad.ir.bindings import bound_by
from s2sad.ir.flow import expressions, inner_blocks, statements
from s2sad.ir.nodes import (
    Block,
    Branch,
    For,
    Stmt,
    Var,
    While,
)


class Needs:
    """Says what parts of the mirror read."""

    def __init__(
        self, known: Known, recall: Recall, again: Again, remade: Remade, reach: Reach
    ) -> None:
        self.known = known
        self.recall = recall
        self.again = again
        self.remade = remade
        self.reach = reach
        self.cells = known.cells
        self.shadows = known.shadows

    def reads(self, body: Block) -> set[Var]:
        return self.known.read_by(expr for statement in body for expr in exprs_of(statement))

    def reads_by_time(self, body: Block, bound: dict[Var, None]) -> tuple[set[Var], set[Var]]:
        """What a group reads of the time before its statement, and of the time after it."""
        before: set[Var] = set()
        after: set[Var] = set()
        for statement in body:
            for expr in exprs_of(statement):
                late = {
                    ref
                    for ref in refs(expr)
                    if ref in self.recall.after and (ref.var in bound or ref in self.cells.late)
                }
                for ref in refs(expr):
                    (after if ref in late else before).add(ref.var)
                before |= self.cells.read_by(expr, late)
                if late:
                    after |= self.cells.read_by(expr)
        return before, after

    def read_by_mirror(self, steps: list[Step]) -> set[Var]:
        """All that the backward part of a block reads."""
        found: set[Var] = set()
        stack: list[Any] = [node for step in steps for node in step.nodes]
        while stack:
            node = stack.pop()
            match node:
                case Group():
                    found |= self.reads(node.body)
                case MirrorBranch():
                    tested = self.known.read_by([self.recall.test(node.source)])
                    found |= set() if self._is_flagged(node.source, tested) else tested
                    stack += [n for s in (*node.then, *node.other) for n in s.nodes]
                case MirrorGuard():
                    found |= set(node.source.left)
                    stack += [n for s in node.body for n in s.nodes]
                case MirrorContext():
                    stack += [n for s in node.body for n in s.nodes]
                case MirrorLoop():
                    if node.iterable is not None:
                        found |= self.known.read_by([node.iterable])
                    if node.source.count is not None:
                        found.add(node.source.count)
                    with self.cells.inside(node.source):
                        inner = self.read_by_mirror(node.body) - own_targets(node.source)
                        inner -= self.again.variables(node.source, inner).keys()
                        makings = self.remade.arrays(node.source)
                        inner -= self.remade.covered(makings, inner)
                        inner |= self.remade.operands(makings)
                        found |= self.cells.of_all(inner, node.source)
        return found

    def _mirror_binds(self, nodes: list[Any]) -> set[Var]:
        """What the loops of the backward part give values to: their targets, and what is computed
        again when the mirror of an iteration begins."""
        found: set[Var] = set()
        stack = list(nodes)
        while stack:
            node = stack.pop()
            match node:
                case MirrorBranch():
                    stack += [n for s in (*node.then, *node.other) for n in s.nodes]
                case MirrorGuard() | MirrorContext():
                    stack += [n for s in node.body for n in s.nodes]
                case MirrorLoop():
                    with self.cells.inside(node.source):
                        reads = self.read_by_mirror(node.body)
                        found |= own_targets(node.source)
                        found |= self.again.variables(node.source, reads).keys()
                    stack += [n for s in node.body for n in s.nodes]
        return found

    def _is_flagged(self, branch: Branch, tested: set[Var]) -> bool:
        """Whether the outcome of a test is kept, since the branch overwrites what was tested."""
        return branch not in self.recall.flags and bool(self.cells.overwritten_by(branch, tested))

    def of_arm(
        self, block: Block, steps: list[Step], changed: set[Var], inner: set[Var], entry: set[Var]
    ) -> None:
        """Which variables the mirror of a block reads after the block changed them (`inner`), and
        which it reads as they were at its entry (`entry`)."""
        by_source = {step.source: step.nodes for step in steps if step.source is not None}
        for step in steps:
            if step.source is None:
                for node in step.nodes:
                    entry |= self.reads(node.body) if isinstance(node, Group) else set()
        for statement in block:
            nodes = by_source.get(statement, [])
            bound = self.known.bound(statement)
            for follower in self.shadows.follow.get(statement, []):
                bound |= bound_by(follower)
            changed |= {var for _, var in self.known.extracted.get(statement, [])}
            for part in (statement, *self.shadows.follow.get(statement, [])):
                if is_taken(part):
                    inner.update(bound_by(part))  # it goes back to where it was taken from
                since = (
                    changed | set(self.known.bound_inside(part)) if inner_blocks(part) else changed
                )
                for write in statements([part]):
                    for place in self.cells.places(write):
                        # What is put back goes to the object that the name stands for now.
                        at = None if place.key is None else self.reach.plain_key(place.key)
                        inner |= self.reach.of_place(place.base, at) & since
            for node in nodes:
                if isinstance(node, Group) and node.source is not None:
                    before, after = self.reads_by_time(node.body, bound)
                    inner |= (before & changed) | after
                    entry |= before - changed
                else:
                    reads = self.read_by_mirror([Step(statement, [node])])
                    within = set(self.known.bound_inside(statement)) | changed
                    inner |= reads & within
                    inner |= self._mirror_binds([node])
                    entry |= reads - changed
            changed |= set(self.known.bound_inside(statement))
            changed |= self.cells.overwritten_by(statement, self.cells.known)

    def read_again(self, loop: For | While, bound: Iterable[Var]) -> set[Var]:
        """What running a loop again reads of what was before it."""
        exprs = [e for s in statements(loop.body) for e in expressions(s)]
        return (self.known.read_by(exprs) - set(bound)) & self.known.lost

    def assigned_first(self, loop: For | While) -> set[Var]:
        """The variables that every iteration assigns before anything reads them.

        What they hold is remembered at the end of an iteration, since there is nothing to remember
        before the first.
        """
        return set() if leaves_early(loop.body) else self.again.given_first(loop.body)

    def readers(self, steps: list[Step]) -> dict[Var, list[Stmt]]:
        """The statements whose adjoints read each variable and part of an array."""
        found: dict[Var, list[Stmt]] = {}
        for group in groups(steps):
            if group.source is not None:
                for var in self.reads(group.body):
                    found.setdefault(var, []).append(group.source)
        return found
