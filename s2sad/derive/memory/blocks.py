"""Checkpointed loops, cut into blocks.

The loop is planned like any other; then its halves run in blocks, with the state at the beginning
of each (`checkpoints.py` says what that is, and what is refused).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from s2sad.analysis.types import is_number
from s2sad.derive.broadcasting import call
from s2sad.derive.memory import checkpoints
from s2sad.derive.memory.checkpoints import State
from s2sad.derive.memory.halves import Halves
from s2sad.derive.memory.known import Known
from s2sad.derive.memory.needs import Needs
from s2sad.derive.memory.plan import Kept
from s2sad.derive.memory.position import Position
from s2sad.derive.memory.traces import Traces
from s2sad.derive.mirror import MirrorLoop
from s2sad.derive.parts import copied_part, copy_of
from s2sad.ir.bindings import is_exchange, targets_of, written_into
from s2sad.ir.flow import statements
from s2sad.ir.nodes import (
    Assign,
    Block,
    Const,
    Expr,
    For,
    Make,
    Place,
    Ref,
    Stmt,
    Var,
    While,
)
from s2sad.tidy.dead import all_reads, without_dead


class Blocks:
    """Cuts the halves of checkpointed loops into blocks."""

    def __init__(self, known: Known, at: Position, needs: Needs, traces: Traces) -> None:
        self.known = known
        self.at = at
        self.needs = needs
        self.traces = traces
        self.cells = known.cells
        self.facts = known.facts
        self.plan = known.plan
        self.regions = known.regions
        self.shadows = known.shadows

    def wanted(self, loop: Stmt) -> bool:
        """Whether a loop is checkpointed; one that cannot be is refused."""
        if not isinstance(loop, For) or not checkpoints.is_checkpointed(loop):
            return False
        changed: list[Var] = []
        for statement in statements(loop.body):
            places = [p for p in self.cells.places(statement) if p.how != "place"]
            changed += [v for p in places for v in written_into(Place(p.base, Const(None)))]
            bases = [write.base for write in self.regions.writes.get(statement, [])]
            found = [v for base in bases for v, _ in self.regions.aliases(base)]
            changed += [v for v in found if not self.known.is_array(v)]
            changed += self.known.containers_written(statement)
        program = self.known.engine.program
        refused = list(checkpoints.refusals(loop, program, self.facts, self.shadows, changed))
        self.known.engine.errors += refused
        return not refused

    def state(self, loop: For | While, mirror: MirrorLoop, needed: set[Var]) -> list[State]:
        """What is kept of a checkpointed loop at the beginning of a block."""
        assert isinstance(loop, For)
        shadows = {*self.shadows.of.values(), *self.shadows.flags}
        bound = [v for v in self.known.bound_inside(loop) if v not in shadows]
        entry: set[Var] = set()
        self.needs.of_arm(loop.body, mirror.body, set(), set(), entry)
        wanted = checkpoints.exposed(loop, bound) | entry | needed
        own = set(targets_of(loop.target))
        carried = [v for v in bound if v in wanted and v not in own]
        self.at.undefined |= dict.fromkeys(v for v in carried if v not in self.at.defined)
        return checkpoints.state_of(loop, carried, self.at.defined, self.known)

    def halves(
        self,
        loop: For | While,
        state: list[State],
        ahead: For | While,
        mirrored: For,
        traces: Block,
        given: Expr | None,
        needed: set[Var],
    ) -> tuple[For, For, Block]:
        """The two halves of a checkpointed loop, each in blocks, and what stands before both.

        `ahead` and `mirrored` are the halves of the same loop as if it were not checkpointed.
        """
        assert isinstance(loop, For) and isinstance(ahead, For) and given is not None
        block = Var("block")
        live = needed | all_reads(mirrored)
        again = self._run_again(loop, ahead, block, live)
        state = [part for part in state if live & set(self.regions.together(part.var))]
        traced = [self.traces.saved[s] for s in statements(ahead.body) if s in self.traces.saved]
        weight = checkpoints.weight_of(state, traced, self.known)
        kept = [self._kept(loop, part) for part in state]
        backward = call("builtins.reversed", Ref(block), text="reversed")
        mirror = replace(mirrored, iterable=backward, origin=None)
        self.plan.sources[mirror] = self.plan.sources.pop(mirrored)
        steps = checkpoints.without(ahead.body, self.traces.saved)
        blocks = checkpoints.blocks_of(ahead.iterable, weight)
        reverse = checkpoints.blocks_of(given, weight)
        saves = [statement for part in kept for statement in part.ahead]
        restores = [statement for part in kept for statement in part.back]
        return (
            For(block, blocks, [*saves, replace(ahead, body=steps, iterable=Ref(block))]),
            For(
                block,
                call("builtins.reversed", reverse, text="reversed"),
                [*restores, *traces, *again, mirror],
            ),
            [Assign((part.checkpoints,), Make("list", ())) for part in state],
        )

    def _run_again(self, loop: For, ahead: For, block: Var, live: set[Var]) -> Block:
        """The forward loop over one block, as the backward part runs it for its traces and for
        what is `live` after it."""
        exchanged = {s for s in self.known.followers if is_exchange(s)}
        body = checkpoints.again(ahead.body, exchanged, self.facts)
        again = without_dead(
            [For(loop.target, Ref(block), body)],
            live,
            {},
            None,
            self.plan.replaced,
            self.plan.regions,
        )
        self.plan.repeated |= {repeated: loop for repeated in again}
        return again

    def _kept(self, loop: For, part: State) -> Halves:
        """Keeps a variable of the state at the beginning of a block, and brings it back."""
        kind = self.facts.bindings.get(part.var)
        save, restores = checkpoints.kept(part, self._content(part, kind))
        if part.how in ("value", "both"):
            self.regions.keepers[part.checkpoints] = part.var
        self.traces.saved[save] = kind
        why = "the loop is checkpointed: this is its state at the beginning of a block"
        around = tuple(each.statement for each in self.at.loops)
        readers = tuple(self.traces.readers.get(part.var, ()))
        self.plan.kept[save] = Kept(
            part.checkpoints, part.var.hint, kind, loop, around, readers, why, True
        )
        return Halves([save], restores)

    def _content(self, part: State, kind: Any) -> Expr:
        """What is kept of a variable of the state."""
        ref = self.known.noted(Ref(part.var), kind)
        if part.how != "value":
            return copied_part(ref, kind)
        changed = part.var in self.known.mutated and not is_number(kind)
        return copy_of(ref, kind) if changed else ref
