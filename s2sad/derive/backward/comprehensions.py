"""The adjoint of a comprehension: a loop over what it runs over.

    ys = [f(x) for x in xs]       for k, x in enumerate(xs): d_xs[k] += ...

What the element is made from besides may get contributions in every iteration, as in a loop.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from s2sad.analysis.types import SCALAR, Array, Star, Unknown
from s2sad.derive.adjoints import Adjoint
from s2sad.derive.broadcasting import call, reduced_to
from s2sad.derive.instantiate import as_value, count_reads, instantiate
from s2sad.derive.mirror import Group, Step
from s2sad.ir.nodes import (
    Apply,
    Assign,
    Block,
    Branch,
    Each,
    Expr,
    For,
    Make,
    Ref,
    Stmt,
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
        used = [False]
        item = self._item_of(node, adjoint, position, used)

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
            return [Step(None, [Group(None, made)])]

        before, mirror = self.repetition.repeated(node, body)
        self.out.extend(before)
        statements = [
            s for step in mirror for g in step.nodes if isinstance(g, Group) for s in g.body
        ]
        for condition in reversed(node.conditions):
            statements = [Branch(as_value(condition), statements, [])]
        if statements:
            self.out.append(self._each_loop(node, position if used[0] else None, statements))
        for leaf in self.iteration.leaves(node.iterable, None):
            entry = self.taking.take_root(leaf)
            if entry is not None:
                self.expressions.pull(leaf, entry)

    def _item_of(
        self, node: Each, adjoint: Adjoint, position: Var, used: list[bool]
    ) -> Callable[[], Adjoint]:
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
        if node.conditions:
            items = Var("d_items")
            self.out.append(Assign((items,), call("builtins.iter", whole.expr, text="iter")))
            taken = call("builtins.next", Ref(items), text="next")
            return lambda: self.slots.let("d_item", Adjoint(taken, shape, True, False, tree))

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
