"""The plan of loops.

The backward loop runs over what the forward loop ran over, reversed; what is kept in an iteration
is kept on a trace that is made before the outermost loop. What the body overwrites, and nothing in
it reads, is kept once before the loop. A loop over `checkpointed(range(n))` is planned like any
other, and then cut into blocks (`checkpoints.py`).

    x_trace = np.empty(n)
    for i in range(n):                for i in reversed(range(n)):
        x_trace[i] = x                    x = x_trace[i]
        x = np.sin(x)                     d_x = d_x * np.cos(x)
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from s2sad.analysis.exits import one_shot
from s2sad.analysis.types import is_number
from s2sad.derive import checkpoints
from s2sad.derive.branches import Branches
from s2sad.derive.broadcasting import call
from s2sad.derive.checkpoints import State
from s2sad.derive.explain import Kept
from s2sad.derive.keep import sorted_by
from s2sad.derive.mirror import MirrorLoop
from s2sad.derive.parts import copied_part, copy_of, own_targets
from s2sad.derive.plan import OpenLoop
from s2sad.derive.recall import _is_sequence
from s2sad.ir.bindings import bound_by, is_exchange, targets_of, written_into
from s2sad.ir.flow import statements
from s2sad.ir.nodes import (
    Apply,
    Assign,
    Block,
    Const,
    Expr,
    For,
    Make,
    Place,
    Ref,
    Stmt,
    Target,
    Unpack,
    Var,
    While,
)
from s2sad.tidy.dead import all_reads, without_dead


class Loops(Branches):
    """Plans loops."""

    def _loop(
        self, loop: For | While, nodes: list[Any], needed: set[Var], kept: set[Var]
    ) -> tuple[Block, Block]:
        mirror = next((n for n in nodes if isinstance(n, MirrorLoop)), None)
        at = nodes.index(mirror) if mirror else 0
        first = [s for n in nodes[:at] for s in n.body]
        last = [s for n in nodes[at + 1 :] for s in n.body] if mirror else []
        if mirror is None and nodes:
            first, last = [s for n in nodes for s in n.body], []
        needed |= self._reads(last) & self._lost
        lost = self.cells.overwritten_by(loop, needed - kept)
        filled = self._filled_before(loop, lost, needed, kept)
        last = [*filled, *last]
        bound = self._bound_inside(loop)
        with self.cells.inside(loop):
            reads = self._mirror_reads(mirror.body) if mirror else set()
        reads |= self._read_besides(loop, reads, needed)
        if mirror is None:
            saves, restores = self._save(bound, needed, kept)
            kept_parts, put_back = self._save_whole(loop, needed, set(kept))
            saves, restores = [*saves, *kept_parts], [*put_back, *restores]
            needed |= self._reads(first) & self._lost
            return [*saves, loop], [*first, *restores, *last]
        targets = set(targets_of(loop.target)) if isinstance(loop, For) else set()
        own = own_targets(loop)
        repeated = self._variables_again(loop, reads)
        once = own | repeated.keys()
        hoisted = [v for v in bound if v in needed and (v in once or v not in reads)]
        saves, restores = self._save(hoisted, needed, kept)
        outer_kept = kept | set(hoisted)
        if not self.cells.overwritten_by(loop, reads):
            kept_parts, put_back = self._save_whole(loop, needed, outer_kept)
            saves, restores = [*saves, *kept_parts], [*put_back, *restores]
        ahead: Block = [*saves]
        back_after = [*restores, *last]
        header, given = self._header(loop, mirror)
        inside = OpenLoop(loop, [], self._counter(loop))
        outer, in_blocks = self.loops, self._runs_in_blocks(loop)
        state = self._state(loop, mirror, needed) if in_blocks else []
        self.loops = [inside] if in_blocks else [*outer, inside]
        makings = self._arrays_again(loop)
        with self.cells.inside(loop):
            remade = self._covered(makings, reads)
        again = self.cells.earlier(reads - remade, loop)
        body_needed = (needed | (reads & set(bound) & self._lost) | again) - own - set(hoisted)
        stacked, popped = self._stacked_target(loop, given, reads)
        fresh = (self._assigned_first(loop) | (targets - own)) & body_needed - needed
        fresh -= repeated.keys()
        body_needed -= fresh | repeated.keys()
        operands = self._read_by(repeated.values()) & self._lost
        body_needed |= operands - own - fresh - repeated.keys()
        defined = set(self.defined)
        self.defined |= own
        with self.cells.inside(loop):
            forward, backward = self._block(loop.body, mirror.body, body_needed, outer_kept)
            makings = [m for m in makings if self._covered([m], body_needed)]
            body_needed -= self._covered(makings, body_needed)
            body_needed = self.cells.of_all(body_needed | self._operands(makings), loop)
        computed: Block = [Assign((v,), e) for v, e in repeated.items() if v in body_needed]
        computed += [s for making in makings for s in self._run_again(making)]
        body_needed = (body_needed | operands) - repeated.keys()
        saves, restores = self._save(sorted_by(fresh, bound), body_needed, outer_kept)
        forward += saves
        backward = [*restores, *computed, *backward]
        self.defined = defined
        self.loops = outer
        header_reads = self._read_by([given]) if given is not None else set()
        header_reads |= {loop.count} if loop.count is not None else set()
        if in_blocks:
            body_needed = (body_needed - (set(bound) - needed)) | self._read_again(loop, bound)
        needed |= body_needed - own
        needed |= header_reads & self._lost if backward or popped else set()
        needed |= self._reads(first) & self._lost
        planned: For | While
        if isinstance(loop, For):
            assert header is not None
            planned = replace(loop, body=[*stacked, *forward], iterable=header)
        else:
            planned = replace(loop, body=forward)
        mirrored = None
        before = inside.before
        if backward or popped:
            target, iterable = self._reversed(loop, mirror, given)
            read = {v for s in (*popped, *backward) for v in all_reads(s, self.plan.replaced)}
            target = _without(target, (targets - own) if in_blocks else targets - (own & read))
            mirrored = For(target, iterable, [*popped, *backward], origin=loop.origin)
            self.plan.sources[mirrored] = [loop]
            if in_blocks:
                planned, mirrored, before = self._in_blocks(
                    loop, state, planned, mirrored, before, given, needed
                )
        where = self.loops[0].before if self.loops else ahead
        where += before
        ahead.append(planned)
        if mirrored is None:
            return ahead, [*first, *back_after]
        return ahead, [*first, mirrored, *back_after]

    def _counter(self, loop: For | While) -> Expr | None:
        """The expression that counts a loop's iterations from 0, where its own variable does."""
        if not isinstance(loop, For) or loop.count is not None:
            return None
        iterable, target = loop.iterable, loop.target
        if not (isinstance(iterable, Apply) and iterable.op == "builtins.range"):
            return None
        plain = len(iterable.args) == 1 or (
            len(iterable.args) == 2
            and isinstance(iterable.args[0], Const)
            and iterable.args[0].value == 0
        )
        if not plain or not isinstance(target, Var) or target.hint == "_":
            return None
        if any(target in bound_by(s) for s in loop.body):
            return None
        return Ref(target)

    def _read_besides(self, loop: For | While, reads: set[Var], needed: set[Var]) -> set[Var]:
        """What the mirror of a loop reads besides what adjoints read: to bring back what is read or
        needed. What says where that is may have been brought back itself, from another name."""
        found: set[Var] = set()
        while True:
            wanted = reads | needed | found
            more = self._trading_places(loop, wanted)
            more |= self._read_by_restores(loop, wanted | more)
            more |= self._read_by_guards(loop, wanted | more)
            if more <= found:
                return found
            found |= more

    def _header(self, loop: For | While, mirror: MirrorLoop) -> tuple[Expr | None, Expr | None]:
        """The iterable of the forward loop, and that of the backward loop."""
        if isinstance(loop, While):
            return None, None
        if one_shot(loop.iterable, self.used_up):
            return loop.iterable, None
        header = self.headers.get(loop)
        if header is None and self._of_unknown_kind(loop.iterable) and loop.count is not None:
            return loop.iterable, None
        return loop.iterable if header is None else header, mirror.iterable

    def _stacked_target(
        self, loop: For | While, given: Expr | None, reads: set[Var]
    ) -> tuple[Block, Block]:
        """Remembers the element of an iterable that cannot be run over again."""
        if not isinstance(loop, For) or given is not None:
            return [], []
        saves: Block = []
        restores: Block = []
        for var in targets_of(loop.target):
            if var in reads:
                save, restore = self._remember(var)
                saves += save
                restores = [*restore, *restores]
        return saves, restores

    def _reversed(
        self, loop: For | While, mirror: MirrorLoop, given: Expr | None
    ) -> tuple[Target, Expr]:
        """The target and the iterable of the backward loop."""
        count = loop.count
        if given is None or isinstance(loop, While):
            assert count is not None
            times = call("builtins.range", Ref(count), text="range")
            if mirror.position is not None:
                return mirror.position, call("builtins.reversed", times, text="reversed")
            return Var("_"), times
        target = mirror.target
        assert target is not None
        is_range = isinstance(given, Apply) and given.op == "builtins.range"
        position = mirror.position
        if position is not None and not mirror.enumerated:
            given = call("builtins.enumerate", given, text="enumerate")
            target = Unpack((position, target))
        if not is_range or (position is not None and not mirror.enumerated):
            if not _is_sequence(given, self.facts):
                given = call("builtins.list", given, text="list")
        if count is not None:
            from s2sad.ir.nodes import Slice

            given = Apply("getitem", (given, Slice(None, Ref(count))), (), "index")
        return target, call("builtins.reversed", given, text="reversed")

    # ------------------------------------------------------------ checkpointed loops

    def _runs_in_blocks(self, loop: Stmt) -> bool:
        """Whether a loop is checkpointed; one that cannot be is refused."""
        if not isinstance(loop, For) or not checkpoints.is_checkpointed(loop):
            return False
        changed: list[Var] = []
        for statement in statements(loop.body):
            places = [p for p in self.cells.places(statement) if p.how != "place"]
            changed += [v for p in places for v in written_into(Place(p.base, Const(None)))]
            bases = [write.base for write in self.regions.writes.get(statement, [])]
            found = [v for base in bases for v, _ in self.regions.aliases(base)]
            changed += [v for v in found if not self.is_array(v)]
            changed += self._containers_written(statement)
        program = self.engine.program
        refused = list(checkpoints.refusals(loop, program, self.facts, self.shadows, changed))
        self.engine.errors += refused
        return not refused

    def _state(self, loop: For | While, mirror: MirrorLoop, needed: set[Var]) -> list[State]:
        """What is kept of a checkpointed loop at the beginning of a block."""
        assert isinstance(loop, For)
        shadows = {*self.shadows.of.values(), *self.shadows.flags}
        bound = [v for v in self._bound_inside(loop) if v not in shadows]
        entry: set[Var] = set()
        self._inner_needs(loop.body, mirror.body, set(), set(), entry)
        wanted = checkpoints.exposed(loop, bound) | entry | needed
        own = set(targets_of(loop.target))
        carried = [v for v in bound if v in wanted and v not in own]
        self.undefined |= dict.fromkeys(v for v in carried if v not in self.defined)
        return checkpoints.state_of(loop, carried, self.defined, self)

    def _in_blocks(
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
        exchanged = {s for s in self.followers if is_exchange(s)}
        again: Block = [
            For(loop.target, Ref(block), checkpoints.again(ahead.body, exchanged, self.facts))
        ]
        again = without_dead(again, live, {}, None, self.plan.replaced, self.plan.regions)
        self.plan.repeated |= {repeated: loop for repeated in again}
        state = [part for part in state if live & set(self.regions.together(part.var))]
        traced = [self.saved[s] for s in statements(ahead.body) if s in self.saved]
        weight = checkpoints.weight_of(state, traced, self)
        saves: Block = []
        restores: Block = []
        for part in state:
            kind = self.facts.bindings.get(part.var)
            save, restore = checkpoints.kept(part, self._content(part, kind))
            if part.how in ("value", "both"):
                self.regions.keepers[part.checkpoints] = part.var
            saves += self._saving(save, kind)
            restores += restore
            why = "the loop is checkpointed: this is its state at the beginning of a block"
            around = tuple(each.statement for each in self.loops)
            readers = tuple(self.readers.get(part.var, ()))
            self.plan.kept[save] = Kept(
                part.checkpoints, part.var.hint, kind, loop, around, readers, why, True
            )
        backward = call("builtins.reversed", Ref(block), text="reversed")
        mirror = replace(mirrored, iterable=backward, origin=None)
        self.plan.sources[mirror] = self.plan.sources.pop(mirrored)
        steps = checkpoints.without(ahead.body, self.saved)
        blocks = checkpoints.blocks_of(ahead.iterable, weight)
        reverse = checkpoints.blocks_of(given, weight)
        return (
            For(block, blocks, [*saves, replace(ahead, body=steps, iterable=Ref(block))]),
            For(
                block,
                call("builtins.reversed", reverse, text="reversed"),
                [*restores, *traces, *again, mirror],
            ),
            [Assign((part.checkpoints,), Make("list", ())) for part in state],
        )

    def _content(self, part: State, kind: Any) -> Expr:
        """What is kept of a variable of the state."""
        ref = self._noted(Ref(part.var), kind)
        if part.how != "value":
            return copied_part(ref, kind)
        changed = part.var in self.mutated and not is_number(kind)
        return copy_of(ref, kind) if changed else ref


def _without(target: Target, variables: set[Var]) -> Target:
    """A target that leaves these variables alone."""
    match target:
        case Var():
            return Var("_") if target in variables else target
        case Unpack(parts, star):
            return Unpack(tuple(_without(part, variables) for part in parts), star)
    return target
