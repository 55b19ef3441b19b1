"""What the loops of the two halves run over.

The backward loop runs over the same as the forward loop, reversed. What the loop changes, or what
is dear to compute again, gets a name before the forward loop; what can be walked once is walked
once.

    for k in range(n):                 for k in reversed(range(n)):
    for u in (items := list(us)):      for u in reversed(items):
    while x > 1.0:                     for _ in range(iterations):
"""

from __future__ import annotations

from s2sad.analysis.exits import one_shot
from s2sad.analysis.facts import Facts
from s2sad.analysis.iteration import ITERABLES, unwrapped
from s2sad.analysis.types import Array, Shape
from s2sad.derive.broadcasting import call
from s2sad.derive.instantiate import as_value
from s2sad.derive.memory.known import Known
from s2sad.derive.memory.recall import Recall
from s2sad.derive.mirror import MirrorLoop
from s2sad.derive.parts import refs
from s2sad.derive.values import cost
from s2sad.errors import S2SADError
from s2sad.ir.flow import statements
from s2sad.ir.nodes import (
    Apply,
    Expr,
    For,
    Ref,
    Stmt,
    Target,
    Unpack,
    Var,
    While,
    walk,
)


class Headers:
    """Says what the forward and the backward part of a loop run over."""

    def __init__(self, known: Known, recall: Recall) -> None:
        self.known = known
        self.recall = recall
        self.facts = known.facts
        self.plan = known.plan
        self.regions = known.regions
        self.names: dict[Stmt, Ref] = {}

    def kept(self, mirror: MirrorLoop, iterable: Expr) -> Expr:
        """What the backward loop runs over: the same as the forward loop or, where that cannot be
        written again, a list of it that is made before the forward loop."""
        loop = mirror.source
        given = self.recall.resolved(as_value(iterable))
        if not isinstance(loop, For) or loop.iterable in self.plan.replaced:
            return given
        if one_shot(loop.iterable, self.known.used_up):
            return given
        unknown = self._of_unknown_kind(loop.iterable)
        if unknown and loop.count is not None:
            return given
        reads = {r.var for r in refs(given)}
        costly = cost(unwrapped(loop.iterable), self.facts) > 8
        changed = reads & set(self.known.bound_inside(loop)) or self._items_changed(loop, reads)
        if not (unknown or costly or changed):
            return given
        # With a target of its own the backward loop runs over keys too, the forward loop does not.
        keyed = mirror.target is not loop.target
        whole = iterable if keyed else loop.iterable
        ref = self.known.typed(Ref(Var("items")), whole)
        if unknown or not is_sequence(whole, self.facts):
            self._check_items(loop)
            whole = call("builtins.list", whole, text="list")
        self.known.extracted.setdefault(loop, []).append((whole, ref.var))
        if self.known.homes.depth[loop.iterable]:
            self.known.overwritten.add(ref.var)
        if not keyed:
            self.names[loop] = ref
        return ref

    def pair(self, loop: For | While, mirror: MirrorLoop) -> tuple[Expr | None, Expr | None]:
        """The iterable of the forward loop, and that of the backward loop."""
        if isinstance(loop, While):
            return None, None
        if one_shot(loop.iterable, self.known.used_up):
            return loop.iterable, None
        header = self.names.get(loop)
        if header is None and self._of_unknown_kind(loop.iterable) and loop.count is not None:
            return loop.iterable, None
        return loop.iterable if header is None else header, mirror.iterable

    def reversed(
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
            if not is_sequence(given, self.facts):
                given = call("builtins.list", given, text="list")
        if count is not None:
            from s2sad.ir.nodes import Slice

            given = Apply("getitem", (given, Slice(None, Ref(count))), (), "index")
        return target, call("builtins.reversed", given, text="reversed")

    def _items_changed(self, loop: For, reads: set[Var]) -> bool:
        """Whether a loop changes which objects the containers hold that its header reads."""
        regions = {self.regions.of(v) for v in reads if self.regions.knows(v)}
        return any(
            self.regions.of(v) in regions
            for statement in statements(loop.body)
            for write in self.regions.writes.get(statement, ())
            if not self.regions.is_array(write.base)
            for v, _ in self.regions.aliases(write.base)
        )

    def _check_items(self, loop: For) -> None:
        """Refuses a list of numbers that the loop changes before their turn comes."""
        inside = [w for s in statements(loop.body) for w in self.regions.writes.get(s, ())]
        written = {self.regions.of(v) for w in inside for v, _ in self.regions.aliases(w.base)}
        for node in walk(loop.iterable):
            if not isinstance(node, Ref) or not self.regions.knows(node.var):
                continue
            kind = self.facts.type_of(node)
            rows = isinstance(kind, Array) and isinstance(kind.shape, Shape) and kind.shape.rank > 1
            if isinstance(kind, Array) and not rows and self.regions.of(node.var) in written:
                name = node.var.hint
                message = f"cannot differentiate: the loop changes {name} while it runs over it"
                location = None
                if loop.origin is not None:
                    location = loop.origin.module.location(loop.origin.node)
                advice = "Run over a copy, or over positions: for i in range(len(...))."
                self.known.engine.errors.append(S2SADError("S2S011", message, location, advice))

    def _of_unknown_kind(self, iterable: Expr) -> bool:
        """Whether a parameter that a loop runs over may be an iterator, since nothing says what it
        is. What carries a derivative is an array or a list."""
        if not isinstance(iterable, Ref) or iterable in self.facts.varied:
            return False
        return any(p.var is iterable.var and p.annotation is None and p.kind == "positional"
                   for p in self.known.function.params)  # fmt: skip


def is_sequence(expr: Expr, facts: Facts) -> bool:
    """Whether reversed() takes a value as it is: a list, a tuple, an array, a range."""
    from s2sad.analysis.types import ListOf, TupleOf

    if isinstance(expr, Apply) and expr.op in ITERABLES:
        return expr.op in ("builtins.range", "builtins.list", "builtins.tuple")
    return isinstance(facts.type_of(expr), Array | ListOf | TupleOf)
