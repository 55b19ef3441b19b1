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

from dataclasses import dataclass, replace

from s2sad.derive.memory.blocks import Blocks
from s2sad.derive.memory.halves import Halves
from s2sad.derive.memory.keep import sorted_by
from s2sad.derive.memory.makings import Making
from s2sad.derive.memory.position import Inner, OpenLoop
from s2sad.derive.memory.tools import Tools
from s2sad.derive.mirror import Group, Mirror, MirrorLoop
from s2sad.derive.parts import own_targets
from s2sad.ir.bindings import bound_by
from s2sad.ir.flow import targets_of
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


@dataclass
class Turn:
    """How the mirror of an iteration of a loop has what it reads.

    Its `own` variables are those `targets` that nothing else gives values to. The variables in
    `repeated` are computed again from `operands`, arrays are filled again by `makings`, what is
    `fresh` in each iteration is kept at its end, and what is `needed` is kept where the body
    overwrites it.
    """

    targets: set[Var]
    own: set[Var]
    repeated: dict[Var, Expr]
    operands: set[Var]
    makings: list[Making]
    fresh: set[Var]
    needed: set[Var]


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
        self, loop: For | While, nodes: list[Mirror], needed: set[Var], kept: set[Var]
    ) -> Halves:
        """The halves of a loop, whose mirror is among these nodes."""
        mirror, first, last = _around(nodes)
        needed |= self.needs.reads(last) & self.known.lost
        lost = self.cells.overwritten_by(loop, needed - kept)
        last = [*self.remade.filled_before(loop, lost, needed, kept), *last]
        with self.cells.inside(loop):
            reads = self.needs.read_by_mirror(mirror.body) if mirror else set()
        reads |= self.reach.besides(loop, reads, needed)
        if mirror is None:
            halves = self.keep.variables(self.known.bound_inside(loop), needed, kept)
            halves.then(self.parts.save_whole(loop, needed, set(kept)))
            halves.ahead.append(loop)
        else:
            halves = self._mirrored(loop, mirror, reads, needed, kept, self.needs.reads(first))
        needed |= self.needs.reads(first) & self.known.lost
        return Halves(halves.ahead, [*first, *halves.back, *last])

    def _mirrored(
        self,
        loop: For | While,
        mirror: MirrorLoop,
        reads: set[Var],
        needed: set[Var],
        kept: set[Var],
        entry: set[Var],
    ) -> Halves:
        """The halves of a loop that is run backward. `reads` is all that its mirror reads, `entry`
        what is read where the mirror has ended."""
        bound = self.known.bound_inside(loop)
        repeated = self.again.variables(loop, reads)
        once = own_targets(loop) | repeated.keys()
        hoisted = [v for v in bound if v in needed and (v in once or v not in reads)]
        halves = self.keep.variables(hoisted, needed, kept)
        kept = kept | set(hoisted)
        if not self.cells.overwritten_by(loop, reads):
            halves.then(self.parts.save_whole(loop, needed, kept))
        header, given = self.headers.pair(loop, mirror)
        opened = OpenLoop(loop, [], self._counter(loop))
        in_blocks = self.blocks.wanted(loop)
        state = self.blocks.state(loop, mirror, needed) if in_blocks else []
        with self.at.inside(opened, alone=in_blocks):
            turn = self._turn(loop, reads, needed, repeated, set(hoisted))
            self.at.defined |= turn.own
            body = self._iteration(loop, mirror, turn, kept)
            read = {v for s in body.back for v in all_reads(s, self.plan.replaced)}
            element = self._element(loop, given, read)
        is_reversed = bool(body.back or element.back)
        inside = turn.needed
        if in_blocks:
            inside = (inside - (set(bound) - needed)) | self.needs.read_again(loop, bound)
        needed |= inside - turn.own
        needed |= self._read_by_header(loop, given) if is_reversed else set()
        needed |= entry & self.known.lost
        body = Halves([*element.ahead, *body.ahead], [*element.back, *body.back])
        ahead = _with_body(loop, header, body.ahead)
        if not is_reversed:
            self._put(ahead, opened.before, halves)
            return halves
        target, iterable = self.headers.reversed(loop, mirror, given)
        unused = turn.targets - turn.own if in_blocks else turn.targets - (turn.own & read)
        back = For(_without(target, unused), iterable, body.back, origin=loop.origin)
        self.plan.sources[back] = [loop]
        before = opened.before
        if in_blocks:
            ahead, back, before = self.blocks.halves(
                loop, state, ahead, back, before, given, needed
            )
        self._put(ahead, before, halves)
        halves.back = [back, *halves.back]
        return halves

    def _turn(
        self,
        loop: For | While,
        reads: set[Var],
        needed: set[Var],
        repeated: dict[Var, Expr],
        hoisted: set[Var],
    ) -> Turn:
        """How the mirror of an iteration has what it reads. What is `hoisted` was kept before."""
        lost = self.known.lost
        targets = set(targets_of(loop.target)) if isinstance(loop, For) else set()
        own = own_targets(loop)
        makings = self.remade.arrays(loop)
        with self.cells.inside(loop):
            remade = self.remade.covered(makings, reads)
        earlier = self.cells.earlier(reads - remade, loop)
        changed = reads & set(self.known.bound_inside(loop)) & lost
        inside = (needed | changed | earlier) - own - hoisted
        fresh = (self.needs.assigned_first(loop) | (targets - own)) & (inside - needed)
        fresh -= repeated.keys()
        operands = self.known.read_by(repeated.values()) & lost
        inside -= fresh | repeated.keys()
        inside |= operands - own - fresh - repeated.keys()
        return Turn(targets, own, repeated, operands, makings, fresh, inside)

    def _iteration(
        self, loop: For | While, mirror: MirrorLoop, turn: Turn, kept: set[Var]
    ) -> Halves:
        """The halves of an iteration. Afterwards `turn.needed` is what they need before it."""
        with self.cells.inside(loop):
            body = self.block(loop.body, mirror.body, turn.needed, kept)
            makings = [m for m in turn.makings if self.remade.covered([m], turn.needed)]
            turn.needed -= self.remade.covered(makings, turn.needed)
            operands = self.remade.operands(makings)
            turn.needed = self.cells.of_all(turn.needed | operands, loop)
        again: Block = [Assign((v,), e) for v, e in turn.repeated.items() if v in turn.needed]
        again += [s for making in makings for s in self.remade.run_again(making)]
        turn.needed = (turn.needed | turn.operands) - turn.repeated.keys()
        fresh = sorted_by(turn.fresh, self.known.bound_inside(loop))
        end = self.keep.variables(fresh, turn.needed, kept)
        return Halves([*body.ahead, *end.ahead], [*end.back, *again, *body.back])

    def _read_by_header(self, loop: For | While, given: Expr | None) -> set[Var]:
        """What the header of the backward loop reads."""
        reads = self.known.read_by([given]) if given is not None else set()
        reads |= {loop.count} if loop.count is not None else set()
        return reads & self.known.lost

    def _put(self, loop: For | While, before: Block, halves: Halves) -> None:
        """Puts a forward loop behind what has to stand before the outermost one."""
        if self.at.loops:
            self.at.loops[0].before += before
            before = []
        halves.ahead = [*halves.ahead, *before, loop]

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

    def _element(self, loop: For | While, given: Expr | None, reads: set[Var]) -> Halves:
        """Remembers what is read of the element of an iterable that cannot be run over again."""
        halves = Halves()
        if isinstance(loop, For) and given is None:
            for var in targets_of(loop.target):
                if var in reads:
                    halves.then(self.traces.remember(var))
        return halves


def _around(nodes: list[Mirror]) -> tuple[MirrorLoop | None, Block, Block]:
    """The mirror of a loop among the nodes of its step, what is before it, and what is behind."""
    mirror = next((n for n in nodes if isinstance(n, MirrorLoop)), None)
    at = nodes.index(mirror) if mirror is not None else len(nodes)
    before = [s for n in nodes[:at] if isinstance(n, Group) for s in n.body]
    return mirror, before, [s for n in nodes[at + 1 :] if isinstance(n, Group) for s in n.body]


def _with_body(loop: For | While, header: Expr | None, body: Block) -> For | While:
    if isinstance(loop, While):
        return replace(loop, body=body)
    assert header is not None
    return replace(loop, body=body, iterable=header)


def _without(target: Target, variables: set[Var]) -> Target:
    """A target that leaves these variables alone."""
    match target:
        case Var():
            return Var("_") if target in variables else target
        case Unpack(parts, star):
            return Unpack(tuple(_without(part, variables) for part in parts), star)
    return target
