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

from s2sad.derive.memory.blocks import Blocks
from s2sad.derive.memory.keep import sorted_by
from s2sad.derive.memory.position import Inner, OpenLoop
from s2sad.derive.memory.tools import Tools
from s2sad.derive.mirror import MirrorLoop
from s2sad.derive.parts import own_targets
from s2sad.ir.bindings import bound_by, targets_of
from s2sad.ir.nodes import (
    Apply,
    Assign,
    Block,
    Const,
    Expr,
    For,
    Ref,
    Target,
    Unpack,
    Var,
    While,
)
from s2sad.tidy.dead import all_reads


class Loops:
    """Plans loops; `block` plans what is inside them."""

    def __init__(self, tools: Tools, block: Inner) -> None:
        self.known = tools.known
        self.at = tools.at
        self.headers = tools.headers
        self.again = tools.again
        self.remade = tools.remade
        self.reach = tools.reach
        self.needs = tools.needs
        self.traces = tools.traces
        self.keep = tools.keep
        self.parts = tools.parts
        self.cells = tools.known.cells
        self.plan = tools.known.plan
        self.blocks = Blocks(tools.known, tools.at, tools.needs, tools.traces)
        self.block = block

    def loop(
        self, loop: For | While, nodes: list[Any], needed: set[Var], kept: set[Var]
    ) -> tuple[Block, Block]:
        mirror = next((n for n in nodes if isinstance(n, MirrorLoop)), None)
        at = nodes.index(mirror) if mirror else 0
        first = [s for n in nodes[:at] for s in n.body]
        last = [s for n in nodes[at + 1 :] for s in n.body] if mirror else []
        if mirror is None and nodes:
            first, last = [s for n in nodes for s in n.body], []
        needed |= self.needs.reads(last) & self.known.lost
        lost = self.cells.overwritten_by(loop, needed - kept)
        filled = self.remade.filled_before(loop, lost, needed, kept)
        last = [*filled, *last]
        bound = self.known.bound_inside(loop)
        with self.cells.inside(loop):
            reads = self.needs.read_by_mirror(mirror.body) if mirror else set()
        reads |= self.reach.besides(loop, reads, needed)
        if mirror is None:
            saves, restores = self.keep.variables(bound, needed, kept)
            kept_parts, put_back = self.parts.save_whole(loop, needed, set(kept))
            saves, restores = [*saves, *kept_parts], [*put_back, *restores]
            needed |= self.needs.reads(first) & self.known.lost
            return [*saves, loop], [*first, *restores, *last]
        targets = set(targets_of(loop.target)) if isinstance(loop, For) else set()
        own = own_targets(loop)
        repeated = self.again.variables(loop, reads)
        once = own | repeated.keys()
        hoisted = [v for v in bound if v in needed and (v in once or v not in reads)]
        saves, restores = self.keep.variables(hoisted, needed, kept)
        outer_kept = kept | set(hoisted)
        if not self.cells.overwritten_by(loop, reads):
            kept_parts, put_back = self.parts.save_whole(loop, needed, outer_kept)
            saves, restores = [*saves, *kept_parts], [*put_back, *restores]
        ahead: Block = [*saves]
        back_after = [*restores, *last]
        header, given = self.headers.pair(loop, mirror)
        inside = OpenLoop(loop, [], self._counter(loop))
        outer, in_blocks = self.at.loops, self.blocks.wanted(loop)
        state = self.blocks.state(loop, mirror, needed) if in_blocks else []
        self.at.loops = [inside] if in_blocks else [*outer, inside]
        makings = self.remade.arrays(loop)
        with self.cells.inside(loop):
            remade = self.remade.covered(makings, reads)
        again = self.cells.earlier(reads - remade, loop)
        body_needed = (needed | (reads & set(bound) & self.known.lost) | again) - own - set(hoisted)
        stacked, popped = self._stacked_target(loop, given, reads)
        fresh = (self.needs.assigned_first(loop) | (targets - own)) & body_needed - needed
        fresh -= repeated.keys()
        body_needed -= fresh | repeated.keys()
        operands = self.known.read_by(repeated.values()) & self.known.lost
        body_needed |= operands - own - fresh - repeated.keys()
        defined = set(self.at.defined)
        self.at.defined |= own
        with self.cells.inside(loop):
            forward, backward = self.block(loop.body, mirror.body, body_needed, outer_kept)
            makings = [m for m in makings if self.remade.covered([m], body_needed)]
            body_needed -= self.remade.covered(makings, body_needed)
            body_needed = self.cells.of_all(body_needed | self.remade.operands(makings), loop)
        computed: Block = [Assign((v,), e) for v, e in repeated.items() if v in body_needed]
        computed += [s for making in makings for s in self.remade.run_again(making)]
        body_needed = (body_needed | operands) - repeated.keys()
        saves, restores = self.keep.variables(sorted_by(fresh, bound), body_needed, outer_kept)
        forward += saves
        backward = [*restores, *computed, *backward]
        self.at.defined = defined
        self.at.loops = outer
        header_reads = self.known.read_by([given]) if given is not None else set()
        header_reads |= {loop.count} if loop.count is not None else set()
        if in_blocks:
            body_needed = (body_needed - (set(bound) - needed)) | self.needs.read_again(loop, bound)
        needed |= body_needed - own
        needed |= header_reads & self.known.lost if backward or popped else set()
        needed |= self.needs.reads(first) & self.known.lost
        planned: For | While
        if isinstance(loop, For):
            assert header is not None
            planned = replace(loop, body=[*stacked, *forward], iterable=header)
        else:
            planned = replace(loop, body=forward)
        mirrored = None
        before = inside.before
        if backward or popped:
            target, iterable = self.headers.reversed(loop, mirror, given)
            read = {v for s in (*popped, *backward) for v in all_reads(s, self.plan.replaced)}
            target = _without(target, (targets - own) if in_blocks else targets - (own & read))
            mirrored = For(target, iterable, [*popped, *backward], origin=loop.origin)
            self.plan.sources[mirrored] = [loop]
            if in_blocks:
                planned, mirrored, before = self.blocks.halves(
                    loop, state, planned, mirrored, before, given, needed
                )
        where = self.at.loops[0].before if self.at.loops else ahead
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
                save, restore = self.traces.remember(var)
                saves += save
                restores = [*restore, *restores]
        return saves, restores


def _without(target: Target, variables: set[Var]) -> Target:
    """A target that leaves these variables alone."""
    match target:
        case Var():
            return Var("_") if target in variables else target
        case Unpack(parts, star):
            return Unpack(tuple(_without(part, variables) for part in parts), star)
    return target
