"""Shadows that are bound on the way back, where the backward part first uses them.

    for row in rows: ...                       for i in reversed(range(n)):
        row = A[i]                                 d_row = d_A[i]
        row *= 2.0                                 d_row *= 2.0

A shadow that a statement binds is a part of another one. Where all that it is made from is still
as it was after the last statement whose mirror uses it, it is bound there, in front of that mirror,
and nothing has to be remembered of it. Else it is bound in the forward part, like any variable.
"""

from __future__ import annotations

from typing import Any

from s2sad.analysis.liveness import live_after
from s2sad.derive.held import is_container
from s2sad.derive.memory.known import Known
from s2sad.derive.mirror import Group, MirrorBranch, Step
from s2sad.derive.parts import exprs_of, refs
from s2sad.ir.bindings import bound_by, is_exchange
from s2sad.ir.flow import expressions, inner_blocks, statements, targets_of
from s2sad.ir.nodes import (
    Assign,
    Block,
    Expr,
    For,
    Ref,
    Stmt,
    Var,
    children,
)


class Deferred:
    """Finds the shadows that can be bound on the way back; `found` are the statements whose shadows
    are."""

    def __init__(self, known: Known) -> None:
        self.known = known
        self.cells = known.cells
        self.facts = known.facts
        self.shadows = known.shadows
        self.found: set[Stmt] = set()
        self._made = {*self.shadows.of.values(), *self.shadows.handed}
        self._live: dict[Stmt, set[Var]] = {}
        self._nodes: dict[Stmt, list[Any]] = {}

    def find(self, steps: list[Step]) -> None:
        """Notes, for each statement, the statements whose shadows are bound before its mirror."""
        if not self.shadows.follow:
            return
        self._live = live_after(self.known.function)
        self._nodes = {}
        placed: dict[Stmt, Stmt] = {}
        self._look_through(self.known.function.body, steps, placed)
        # A shadow that one statement binds on the way back no other binds on the way there.
        binding: dict[Var, list[Stmt]] = {}
        for source, block in self.shadows.follow.items():
            for var in (v for s in block for v in bound_by(s)):
                binding.setdefault(var, []).append(source)
        entered = {v for s in self.shadows.entry for v in bound_by(s)} | self.shadows.handed
        for statement in statements(self.known.function.body):
            # A loop binds the shadow of its target as its target.
            if not inner_blocks(statement) and statement not in self.known.followers:
                entered |= bound_by(statement).keys()
            elif isinstance(statement, For):
                entered |= set(targets_of(statement.target))
        read = {r.var for s in statements(self.known.function.body) for r in _own_refs(s)}
        while True:
            kept = {
                s
                for var, sources in binding.items()
                if var in entered or var in read or not all(s in placed for s in sources)
                for s in sources
            } & placed.keys()
            if not kept:
                break
            for source in kept:
                del placed[source]
        for source, last in reversed(placed.items()):
            self._put(last, self.shadows.follow[source])
            self.found.add(source)
            self.known.overwritten -= {v for s in self.shadows.follow[source] for v in bound_by(s)}

    def _put(self, last: Stmt, bound: Block) -> None:
        """Puts what binds a shadow in front of the mirror of a statement."""
        nodes = self._nodes[last]
        if isinstance(nodes[0], Group):
            nodes[0].body = [*bound, *nodes[0].body]
        else:
            nodes.insert(0, Group(None, bound))

    def _look_through(self, block: Block, steps: list[Step], placed: dict[Stmt, Stmt]) -> None:
        by_source: dict[Stmt, list[Any]] = {
            step.source: step.nodes for step in steps if step.source is not None
        }
        self._nodes |= by_source
        for at, statement in enumerate(block):
            follow = self.shadows.follow.get(statement)
            if follow and all(self._is_view(s) for s in follow):
                last = self._last_use(statement, follow, block[at + 1 :], by_source)
                if last is not None:
                    placed[statement] = last
            for inner, inner_steps in self._inner(statement, by_source.get(statement, [])):
                self._look_through(inner, inner_steps, placed)

    def _is_view(self, statement: Stmt) -> bool:
        """Whether a statement binds the shadow of a part of an array, or says what it is."""
        if not isinstance(statement, Assign) or is_exchange(statement):
            return False
        read = [r.var for r in refs(statement.value)]
        names = [*bound_by(statement), *read]
        if set(read) & set(bound_by(statement)):
            return False
        held = any(is_container(self.facts.bindings.get(v)) for v in names)
        return isinstance(statement.targets[0], Var) and not held

    def _inner(self, statement: Stmt, nodes: list[Any]) -> list[tuple[Block, list[Step]]]:
        mirrors = [n for n in nodes if not isinstance(n, Group)]
        blocks = inner_blocks(statement)
        if not mirrors:
            return [(block, []) for block in blocks]
        (mirror,) = mirrors
        if isinstance(mirror, MirrorBranch):
            return [(blocks[0], mirror.then), (blocks[1], mirror.other)]
        return [(blocks[0], mirror.body)]

    def _last_use(
        self,
        source: Stmt,
        follow: Block,
        rest: Block,
        by_source: dict[Stmt, list[Any]],
    ) -> Stmt | None:
        """The last statement of a block whose mirror uses the shadows that one binds; None where
        they are used elsewhere, or made from what has changed by then."""
        shadows = {v for s in follow for v in bound_by(s)}
        names = {var for var, shadow in self.shadows.of.items() if shadow in shadows}
        last, within = source, [source]
        reach: Block = []
        for statement in rest:
            if statement in follow:
                continue
            if statement in self.known.followers:
                continue
            reach.append(statement)
            if _uses(by_source.get(statement, []), shadows):
                last = statement
                within += reach
                reach = []
            if names & set(bound_by(statement)) and not _is_augmented(statement):
                if last is statement or inner_blocks(statement):
                    return None
                break
        if names & self._live.get(last, set()):
            return None
        needed = {r.var for s in follow for e in expressions(s) for r in refs(e)} - shadows
        cells = {c for s in follow for e in expressions(s) for c in self._cells_read(e)}
        for statement in within[1:]:
            if needed & set(bound_by(statement)) or self.cells.overwritten_by(statement, cells):
                return None
            # The shadows that are bound beside it are bound by other statements of this block.
            if any(needed & set(bound_by(s)) for s in self.shadows.follow.get(statement, ())):
                return None
        return last if by_source.get(last) else None

    def _cells_read(self, expr: Expr) -> set[Var]:
        """The parts of arrays whose values say which part of which shadow an expression is: what
        indices read, and tests. Of the shadows, none is read there."""
        found: set[Var] = set()
        stack = [expr]
        while stack:
            node = stack.pop()
            if any(ref.var in self._made for ref in refs(node)):
                stack.extend(children(node))
            else:
                found |= self.cells.read_by(node)
        return found


def _own_refs(statement: Stmt) -> list[Ref]:
    """What the shadows that a statement binds are made from, but for its own flag."""
    own = bound_by(statement)
    return [r for e in expressions(statement) for r in refs(e) if r.var not in own]


def _is_augmented(statement: Stmt) -> bool:
    return isinstance(statement, Assign) and statement.augmented is not None


def _uses(nodes: list[Any], shadows: set[Var]) -> bool:
    stack = list(nodes)
    while stack:
        node = stack.pop()
        match node:
            case Group():
                if any(r.var in shadows for s in node.body for e in exprs_of(s) for r in refs(e)):
                    return True
                if any(shadows & set(bound_by(s)) for s in node.body):
                    return True
            case MirrorBranch():
                stack += [n for s in (*node.then, *node.other) for n in s.nodes]
            case _:
                stack += [n for s in node.body for n in s.nodes]
    return False
