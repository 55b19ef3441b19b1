"""What the backward part reads, and of which time.

A variable is *needed* at a point of the forward part when the mirror of an earlier statement reads
its value there. Cells (`cells.py`) are needed as variables are. The mirror of a statement may read
what a variable held before it, and what it holds after it:

    x = np.exp(x * k)          d_x = x * k * d_x       x as it is after the statement: `after`
    x = np.sin(x)              d_x = d_x * np.cos(x)   x as it was before it: `before`

Only what is overwritten somewhere (`self._lost`) has to be followed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from s2sad.derive.held import is_container, is_taken
from s2sad.derive.mirror import Group, MirrorBranch, MirrorContext, MirrorGuard, MirrorLoop, Step
from s2sad.derive.parts import exprs_of, leaves_early, own_targets, plain, refs
from s2sad.derive.recall import break_flag
from s2sad.derive.remade import Remade
from s2sad.ir.bindings import bound_by, is_exchange
from s2sad.ir.flow import expressions, inner_blocks, statements
from s2sad.ir.nodes import (
    Apply,
    Block,
    Branch,
    Expr,
    For,
    Guard,
    Ref,
    Stmt,
    Var,
    While,
)


class Needs(Remade):
    """Says what parts of the mirror read."""

    def _reads(self, body: Block) -> set[Var]:
        return self._read_by(expr for statement in body for expr in exprs_of(statement))

    def _reads_by_time(self, body: Block, bound: dict[Var, None]) -> tuple[set[Var], set[Var]]:
        """What a group reads of the time before its statement, and of the time after it."""
        before: set[Var] = set()
        after: set[Var] = set()
        for statement in body:
            for expr in exprs_of(statement):
                late = {
                    ref
                    for ref in refs(expr)
                    if ref in self.after and (ref.var in bound or ref in self.cells.late)
                }
                for ref in refs(expr):
                    (after if ref in late else before).add(ref.var)
                before |= self.cells.read_by(expr, late)
                if late:
                    after |= self.cells.read_by(expr)
        return before, after

    def _mirror_reads(self, steps: list[Step]) -> set[Var]:
        """All that the backward part of a block reads."""
        found: set[Var] = set()
        stack: list[Any] = [node for step in steps for node in step.nodes]
        while stack:
            node = stack.pop()
            match node:
                case Group():
                    found |= self._reads(node.body)
                case MirrorBranch():
                    tested = self._read_by([self._test(node.source)])
                    found |= set() if self._is_flagged(node.source, tested) else tested
                    stack += [n for s in (*node.then, *node.other) for n in s.nodes]
                case MirrorGuard():
                    found |= set(node.source.left)
                    stack += [n for s in node.body for n in s.nodes]
                case MirrorContext():
                    stack += [n for s in node.body for n in s.nodes]
                case MirrorLoop():
                    if node.iterable is not None:
                        found |= self._read_by([node.iterable])
                    if node.source.count is not None:
                        found.add(node.source.count)
                    with self.cells.inside(node.source):
                        inner = self._mirror_reads(node.body) - own_targets(node.source)
                        inner -= self._variables_again(node.source, inner).keys()
                        makings = self._arrays_again(node.source)
                        inner -= self._covered(makings, inner)
                        inner |= self._operands(makings)
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
                        reads = self._mirror_reads(node.body)
                        found |= own_targets(node.source)
                        found |= self._variables_again(node.source, reads).keys()
                    stack += [n for s in node.body for n in s.nodes]
        return found

    def _is_flagged(self, branch: Branch, tested: set[Var]) -> bool:
        """Whether the outcome of a test is kept, since the branch overwrites what was tested."""
        return branch not in self.flags and bool(self.cells.overwritten_by(branch, tested))

    def _read_by_test(self, statement: Stmt) -> set[Var]:
        """What says whether the parts of a statement were run, if that is asked again."""
        if isinstance(statement, Guard):
            return set(statement.left)
        if not isinstance(statement, Branch):
            return set()
        tested = self._read_by([self._test(statement)])
        return set() if self._is_flagged(statement, tested) else tested

    def _inner_needs(
        self, block: Block, steps: list[Step], changed: set[Var], inner: set[Var], entry: set[Var]
    ) -> None:
        """Which variables the mirror of a block reads after the block changed them (`inner`), and
        which it reads as they were at its entry (`entry`)."""
        by_source = {step.source: step.nodes for step in steps if step.source is not None}
        for step in steps:
            if step.source is None:
                for node in step.nodes:
                    entry |= self._reads(node.body) if isinstance(node, Group) else set()
        for statement in block:
            nodes = by_source.get(statement, [])
            bound = self._bound(statement)
            for follower in self.shadows.follow.get(statement, []):
                bound |= bound_by(follower)
            changed |= {var for _, var in self.extracted.get(statement, [])}
            for part in (statement, *self.shadows.follow.get(statement, [])):
                if is_taken(part):
                    inner.update(bound_by(part))  # it goes back to where it was taken from
                since = changed | set(self._bound_inside(part)) if inner_blocks(part) else changed
                for write in statements([part]):
                    # Arms that only bring something back are chosen by what the test says now.
                    inner |= self._read_by_test(write) & since
                    for place in self.cells.places(write):
                        # What is put back goes to the object that the name stands for now.
                        at = None if place.key is None else self._plain_key(place.key)
                        inner |= self._read_to_reach(place.base, at) & since
            for node in nodes:
                if isinstance(node, Group) and node.source is not None:
                    before, after = self._reads_by_time(node.body, bound)
                    inner |= (before & changed) | after
                    entry |= before - changed
                else:
                    reads = self._mirror_reads([Step(statement, [node])])
                    within = set(self._bound_inside(statement)) | changed
                    inner |= reads & within
                    inner |= self._mirror_binds([node])
                    entry |= reads - changed
            changed |= set(self._bound_inside(statement))
            changed |= self.cells.overwritten_by(statement, self.cells.known)

    # ------------------------------------------------------------ loops

    def _trading_places(self, loop: For | While, wanted: set[Var]) -> set[Var]:
        """The names among which a needed value wanders from one iteration to the next."""
        groups = [set(bound_by(s)) for s in statements(loop.body) if is_exchange(s)]
        found: set[Var] = set()
        while True:
            more = {v for g in groups if g & (wanted | found) for v in g} - found
            if not more:
                return found
            found |= more

    def _read_by_restores(self, loop: For | While, wanted: set[Var]) -> set[Var]:
        """What says where a loop writes to wanted parts of arrays: they are put back there."""
        return self._read_by_writes(loop, wanted & self.cells.known.keys())

    def _read_by_guards(self, loop: For | While, wanted: set[Var]) -> set[Var]:
        """What says whether a loop, or one inside of it, changed something wanted, or was left
        before: that is put back only then."""
        found: set[Var] = set()
        with self.cells.inside(loop):
            blocks = [loop.body]
            while blocks:
                for statement in blocks.pop():
                    if isinstance(statement, For | While):
                        found |= self._read_by_guards(statement, wanted)
                        continue
                    blocks += inner_blocks(statement)
                    flags = _flags_of(statement)
                    if not flags and not isinstance(statement, Branch):
                        continue
                    changed = set(self._bound_inside(statement)) & wanted
                    if changed or self.cells.overwritten_by(statement, wanted):
                        found |= flags
                        if isinstance(statement, Branch) and not flags:
                            found |= self._read_by([self._test(statement)])
        return found

    def _read_by_writes(self, loop: For | While, cells: set[Var]) -> set[Var]:
        found: set[Var] = set()
        with self.cells.inside(loop):
            blocks = [loop.body]
            while blocks:
                for statement in blocks.pop():
                    if isinstance(statement, For | While):
                        found |= self._read_by_writes(statement, cells)
                        continue
                    blocks += inner_blocks(statement)
                    for place in self.cells.places(statement):
                        if self.cells.overwritten_in(place, cells):
                            at = None if place.key is None else self._plain_key(place.key)
                            found |= self._read_to_reach(place.base, at)
        return found - own_targets(loop)

    def _read_to_reach(self, base: Expr, at: Expr | None) -> set[Var]:
        """What says where a part of an array is: the names in its base, and what its keys read."""
        names: set[Var] = set()
        keys = [] if at is None else [at]
        stack = [base]
        while stack:
            node = stack.pop()
            if isinstance(node, Ref):
                names.add(node.var)
            elif isinstance(node, Apply) and node.args:
                stack.append(node.args[0])
                keys += [*node.args[1:], *(value for _, value in node.kwargs)]
            else:
                keys.append(node)
        held = {c for c in self._read_by([base]) & self.cells.known.keys() if self._is_held(c)}
        return (names & self.overwritten) | held | (self._read_by(keys) & self._lost)

    def _is_held(self, cell: Var) -> bool:
        """Whether a cell says which objects a container holds."""
        return is_container(self.facts.bindings.get(self.cells.known[cell].var))

    def _plain_key(self, key: Expr) -> Expr:
        """An index as the halves write it."""
        if key in self.plan.replaced:
            return Ref(self.plan.replaced[key])
        return plain(key)

    def _read_again(self, loop: For | While, bound: Iterable[Var]) -> set[Var]:
        """What running a loop again reads of what was before it."""
        exprs = [e for s in statements(loop.body) for e in expressions(s)]
        return (self._read_by(exprs) - set(bound)) & self._lost

    def _assigned_first(self, loop: For | While) -> set[Var]:
        """The variables that every iteration assigns before anything reads them.

        What they hold is remembered at the end of an iteration, since there is nothing to remember
        before the first.
        """
        return set() if leaves_early(loop.body) else self._given_first(loop.body)

    # ------------------------------------------------------------ for the explanation

    def _read_where(self, steps: list[Step]) -> None:
        """Notes which statements' adjoints read each variable and part of an array."""
        for step in steps:
            for node in step.nodes:
                if isinstance(node, Group):
                    if node.source is not None:
                        for var in self._reads(node.body):
                            self.readers.setdefault(var, []).append(node.source)
                    continue
                if isinstance(node, MirrorBranch):
                    self._read_where([*node.then, *node.other])
                    continue
                self._read_where(node.body)


def _flags_of(statement: Stmt) -> set[Var]:
    """The flags that say whether what a guard holds, or what stands behind a `break`, was run."""
    if isinstance(statement, Guard):
        return set(statement.left)
    flag = break_flag(statement) if isinstance(statement, Branch) else None
    return set() if flag is None else {flag}
