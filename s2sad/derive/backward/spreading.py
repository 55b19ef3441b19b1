"""The adjoint of a place that was written to is taken, cleared, and passed on.

In that order, since what was written may have read the same array. The adjoint is read where it
stands if nothing changes it meanwhile:

    y[i] = 2.0 * y[i - 1]       d_new = d_y[i]; d_y[i] = 0.0; d_y[i - 1] += 2.0 * d_new
    y[i] = 2.0 * x[i]           d_x[i] += 2.0 * d_y[i]
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from s2sad.analysis.types import SCALAR
from s2sad.derive.adjoints import Adjoint, Slot
from s2sad.derive.backward.writing import Writing
from s2sad.derive.fresh import is_fresh
from s2sad.derive.instantiate import count_reads
from s2sad.ir.flow import bound, expressions, reads, statements, targets_of
from s2sad.ir.nodes import Apply, Assign, Block, Expr, Place, Ref, Stmt, Var, walk
from s2sad.tidy.algebra import key as structure
from s2sad.tidy.algebra import rewrite

if TYPE_CHECKING:
    from s2sad.derive.backward.sweep import Sweep


class Spreading:
    """Takes the adjoint of a place, and writes out what it contributes."""

    def __init__(self, sweep: Sweep) -> None:
        self.sweep = sweep
        self.facts = sweep.facts
        self.out = sweep.out
        self.state = sweep.state
        self.slots = sweep.slots
        self.contributions = sweep.contributions
        self.places = sweep.places

    def spread(
        self, writing: Writing, seed: Var, made: Block, cleared: tuple[Expr, Expr] | None
    ) -> None:
        """Takes the adjoint of the place, clears it, and writes out what it contributes.

        The adjoint is read where it stands, unless something changes it before or keeps it: then it
        gets a name, and a copy if it is an array.
        """
        taken = writing.taken()
        aliased = self.slots.aliased(self.slots.adjoint_var(writing.slot))
        own = [
            slot
            for slot in self.contributions.pending
            if self.slots.adjoint_vars.get(slot) in aliased
        ]
        added = [adjoint for slot in own for _, _, adjoint in self.contributions.pending[slot]]
        emptied = cleared is not None and self._filled(writing, cleared[0], own) is None
        is_changed = False
        if self._must_be_named(writing, seed, made, own, emptied):
            self.out.append(Assign((seed,), self.kept(taken, writing.node())))
            # Arms of a choice, loops and calls add to it by themselves.
            is_changed = any(_mentions(statement, aliased) for statement in statements(made))
        else:
            self._inline(seed, taken, made)
        clearing: Block = []
        if cleared is not None:
            clearing = [Assign((Place(writing.adjoint(), cleared[0]),), cleared[1])]
        assigned: set[int] = set()
        if cleared is not None and added and not is_changed:
            assigned = self._filling(writing, cleared[0], own)
        is_early = bool(added) or is_changed
        self.out.extend(clearing if is_early and not assigned else [])
        self.out.extend(made)
        self.contributions.flush(assigned)
        self.out.extend([] if is_early else clearing)

    def _must_be_named(
        self, writing: Writing, seed: Var, made: Block, own: list[Slot], is_emptied: bool
    ) -> bool:
        """Whether the adjoint of a place cannot be read where it stands, or is read too often.

        What goes into slots of `own` is added to the same array, the place being cleared before
        that if it `is_emptied`.
        """
        views = _views_of(seed, made)
        pending = [
            (slot, how, a)
            for slot, found in self.contributions.pending.items()
            for how, _, a in found
        ]
        uses = sum(_reads(s, seed) for s in made)
        uses += sum(count_reads(a.expr, seed) for _, _, a in pending)
        if uses == 0:
            return False
        simple = all(
            isinstance(s, Assign) and not s.augmented and isinstance(s.targets[0], Var) and
            not any(isinstance(n, Apply) and n.op.startswith("backward") for n in walk(s.value))
            for s in made
        )  # fmt: skip

        def is_read_by(adjoint: Adjoint, names: set[Var]) -> bool:
            return any(count_reads(adjoint.expr, name) for name in names)

        kept = any(
            (how in ("item", "slice") or (how == "add" and self.state.get(slot) is None))
            and not is_fresh(a.expr) and is_read_by(a, views)
            for slot, how, a in pending
        )  # fmt: skip
        added = [a for slot, _, a in pending if slot in own]
        later = len(added) > 1 and any(is_read_by(a, views) for a in added)
        if added:
            # `flush` knows the order for what reads the adjoint by its own name alone.
            unordered = views if own != [writing.slot] else views - {seed}
            later |= any(is_read_by(a, unordered) for slot, _, a in pending if slot not in own)
        return not simple or kept or later or (is_emptied and bool(added)) or uses > 3

    def kept(self, taken: Expr, node: Expr) -> Expr:
        """The adjoint of a place, as a value that no later write changes."""
        if self.facts.shape_of(node) == SCALAR or not isinstance(taken, Apply):
            return taken
        if taken.op != "getitem" or not self.places.is_view(node):
            return taken
        return Apply("numpy.copy", (taken,), (), "method", "copy")

    def _inline(self, seed: Var, taken: Expr, made: Block) -> None:
        made[:] = [_inlined(s, seed, taken) for s in made]
        for slot, found in self.contributions.pending.items():
            self.contributions.pending[slot] = [
                (how, key and _put(key, seed, taken), replace(a, expr=_put(a.expr, seed, taken)))
                for how, key, a in found
            ]

    def _filling(self, writing: Writing, key: Expr, own: list[Slot]) -> set[int]:
        """The contribution that fills the whole place again, so that nothing has to be cleared: it
        is made the first one, and assigns."""
        position = self._filled(writing, key, own)
        if position is None:
            return set()
        found = self.contributions.pending[writing.slot]
        found.insert(0, found.pop(position))
        return {id(found[0][2])}

    def _filled(self, writing: Writing, key: Expr, own: list[Slot]) -> int | None:
        """Which of the contributions to the array of a place fills all of the place."""
        if own != [writing.slot] or not isinstance(writing.base, Ref):
            return None
        found = self.contributions.pending[writing.slot]
        if any(how != "index" for how, _, _ in found):
            return None
        for position, (_, at, _) in enumerate(found):
            if at is not None and structure(at) == structure(key):
                return position
        return None


def _views_of(var: Var, made: Block) -> set[Var]:
    """A variable, and those that statements bind to what may be a view of it."""
    found = {var}
    for statement in made:
        if isinstance(statement, Assign) and not is_fresh(statement.value):
            if any(isinstance(n, Ref) and n.var in found for n in walk(statement.value)):
                found |= {v for t in statement.targets for v in targets_of(t)}
    return found


def _mentions(statement: Stmt, variables: set[Var]) -> bool:
    """Whether a statement by itself reads or changes one of these variables."""
    read = {var for expr in expressions(statement) for var in reads(expr)}
    return not variables.isdisjoint({*read, *bound(statement)})


def _reads(statement: Stmt, var: Var) -> int:
    from s2sad.derive.parts import exprs_of

    return sum(count_reads(expr, var) for expr in exprs_of(statement))


def _put(expr: Expr, var: Var, value: Expr) -> Expr:
    return rewrite(expr, lambda n: value if isinstance(n, Ref) and n.var is var else None)


def _inlined(statement: Stmt, var: Var, value: Expr) -> Stmt:
    if not isinstance(statement, Assign):
        return statement
    return replace(statement, value=_put(statement.value, var, value))
