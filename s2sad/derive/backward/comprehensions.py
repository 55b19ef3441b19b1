"""The adjoint of a comprehension: a loop over what it runs over.

    ys = [f(x) for x in xs]       for k, x in enumerate(xs): d_xs[k] += ...

What the element is made from besides may get contributions in every iteration, as in a loop.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from s2sad.analysis.iteration import WRAPPERS
from s2sad.analysis.types import SCALAR, Array, DictOf, Star, Unknown
from s2sad.derive.adjoints import Adjoint
from s2sad.derive.broadcasting import call, reduced_to
from s2sad.derive.instantiate import as_value, count_reads, instantiate
from s2sad.derive.mirror import Group, Step
from s2sad.ir.nodes import (
    Apply,
    Assign,
    Block,
    Branch,
    Const,
    Each,
    Expr,
    For,
    Make,
    Place,
    Ref,
    Stmt,
    Target,
    Unpack,
    Var,
)

if TYPE_CHECKING:
    from s2sad.derive.backward.expressions import Expressions
    from s2sad.derive.backward.sweep import Sweep


class Comprehensions:
    """Passes the adjoint of a comprehension on."""

    def __init__(self, sweep: Sweep, expressions: Expressions) -> None:
        self.sweep = sweep
        self.facts = sweep.facts
        self.out = sweep.out
        self.slots = sweep.slots
        self.contributions = sweep.contributions
        self.taking = sweep.taking
        self.iteration = sweep.iteration
        self.repetition = sweep.repetition
        self.expressions = expressions

    def pull(self, node: Each, adjoint: Adjoint) -> None:
        self.contributions.flush()
        position = self.iteration.counter("k")
        kept = self.iteration.counter("kept") if node.conditions else position
        used, placed = [False], [False]
        item = self._item_of(node, adjoint, kept, placed)

        def body() -> list[Step]:
            with self.contributions.apart() as made:
                element = item()
                self.expressions.pull(node.element, element)
                self.contributions.flush()
                seeds = self.taking.take_target(node.target)
                if seeds is not None and self.iteration.pull_element(
                    node.iterable, seeds, Ref(position), node.target
                ):
                    used[0] = True
            if placed[0] and node.conditions:
                more = Apply("add", (Ref(kept), Const(1)), (), "infix", "+")
                made.append(Assign((kept,), more, "add"))
            return [Step(None, [Group(None, made)])]

        before, mirror = self.repetition.repeated(node, body)
        self.out.extend(before)
        statements = [
            s for step in mirror for g in step.nodes if isinstance(g, Group) for s in g.body
        ]
        if statements and node.key is not None and not self._has_distinct_keys(node):
            used[0] = True
            statements = [Branch(self._is_last(node, position), statements, [])]
        statements = _if_kept(node, statements)
        if placed[0] and node.conditions:
            self.out.append(Assign((kept,), Const(0)))
        if statements:
            self.out.append(
                self._each_loop(
                    node,
                    position if used[0] or (placed[0] and kept is position) else None,
                    statements,
                )
            )
        for leaf in self.iteration.leaves(node.iterable, None):
            entry = self.taking.take_root(leaf)
            if entry is not None:
                self.expressions.pull(leaf, entry)

    def _item_of(
        self, node: Each, adjoint: Adjoint, position: Var, used: list[bool]
    ) -> Callable[[], Adjoint]:
        """What gives the adjoint of an item, from that of the whole; `used` says whether it reads
        the item's position, which those that a condition leaves out have none of."""
        shape = self.facts.shape_of(node.element)
        kind = self.facts.type_of(node.element)
        tree = not isinstance(kind, Array | Unknown)
        match adjoint.expr:
            case Apply("mul", (Make("list", (item,)), _)):
                uniform = self.slots.protected(Adjoint(item, shape, True, False, tree), "d_item")
                return lambda: self._broadcast_item(uniform, adjoint, node.element)
            case Each(element=element_, target=Var() as index):
                used[0] = bool(count_reads(element_, index))
                places = {index: Ref(position)}
                return lambda: self._broadcast_item(
                    Adjoint(instantiate(element_, places), shape, True), adjoint, node.element
                )
        whole = self.slots.protected(adjoint, f"d_{self.slots.hint(node)}")

        def element() -> Adjoint:
            key: Expr = Ref(position)
            used[0] = True
            if node.kind == "dict" and node.key is not None:
                used[0] = False
                key = as_value(node.key)
            if isinstance(whole.expr, Make):
                part: Expr = Apply("getitem", (whole.expr, key), (), "index")
            else:
                part = call("helper.part", whole.expr, key, text="part")
            # An item of which nothing was read has the number 0.0.
            full = tree or shape == SCALAR or (whole.full and not whole.gaps)
            known = Adjoint(part, shape if full else Star("?"), full, False, tree)
            return self.slots.let("d_item", known)

        return element

    def _is_last(self, node: Each, position: Var) -> Expr:
        """Whether an item of a dict comprehension is the last one that has its key, which is the
        one that the dict has."""
        assert node.key is not None
        last, key = Var("last"), as_value(node.key)
        self.out.append(Assign((last,), Make("dict", ())))
        noted = Assign((Place(Ref(last), key),), Ref(position))
        self.out.append(self._each_loop(node, position, _if_kept(node, [noted])))
        found = Apply("getitem", (Ref(last), key), (), "index")
        return Apply("eq", (found, Ref(position)), (), "infix", "==")

    def _has_distinct_keys(self, node: Each) -> bool:
        """Whether no key of a dict comprehension certainly comes twice."""
        return isinstance(node.key, Ref) and self._differs(node.key.var, node.target, node.iterable)

    def _differs(self, var: Var, target: Target, iterable: Expr) -> bool:
        """Whether a loop gives a variable another value in each round."""
        if isinstance(iterable, Apply) and iterable.op in WRAPPERS:
            return self._differs(var, target, iterable.args[0])
        match target, iterable:
            case Unpack((first, *_)), Apply("builtins.enumerate" | "dict.items") if first is var:
                return True
            case Unpack(parts), Apply("builtins.zip", args):
                pairs = zip(parts, args, strict=False)
                return any(self._differs(var, part, arg) for part, arg in pairs)
            case Var(), Make("list" | "tuple", items):
                keys = {item.value for item in items if isinstance(item, Const)}
                return target is var and len(keys) == len(items)
            case Var(), Apply("builtins.range" | "dict.keys"):
                return target is var
        return target is var and isinstance(self.facts.type_of(iterable), DictOf)

    def _broadcast_item(self, item: Adjoint, whole: Adjoint, element: Expr) -> Adjoint:
        """The adjoint of one element, summed down to its shape where it was broadcast."""
        if whole.result is None:
            return item
        shape = self.facts.shape_of(whole.result)
        item = Adjoint(item.expr, shape, not item.constant)
        return reduced_to(item, whole.result, element, self.facts)

    def _each_loop(self, node: Each, position: Var | None, body: Block) -> Stmt:
        found, target = self.iteration.keyed_by(node.iterable, node.target)
        iterable = as_value(found)
        if position is not None:
            iterable = call("builtins.enumerate", iterable, text="enumerate")
            target = Unpack((position, target))
        return For(target, iterable, body)


def _if_kept(node: Each, body: Block) -> Block:
    """Statements that run for the items that no condition leaves out."""
    for condition in reversed(node.conditions):
        body = [Branch(as_value(condition), body, [])] if body else []
    return body
