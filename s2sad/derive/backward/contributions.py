"""What a statement contributes to adjoints, collected until all of it is known.

Several uses of a variable in one statement make one term:

    s += x * x       d_x += 2.0 * x

`flush` writes out what is pending, in an order in which no adjoint is overwritten before it is
read.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from s2sad.derive.adjoints import Adjoint, Slot, holds, is_zero
from s2sad.derive.broadcasting import reduced_from
from s2sad.derive.fresh import is_fresh
from s2sad.derive.instantiate import count_reads
from s2sad.ir.nodes import Apply, Assign, Block, Expr, Make, Ref, Stmt, Unpack, Var, walk
from s2sad.tidy.algebra import add
from s2sad.tidy.algebra import key as structure

if TYPE_CHECKING:
    from s2sad.derive.backward.sweep import Sweep

Pending: TypeAlias = dict[Slot, list[tuple[str, Expr | None, Adjoint]]]
"""What a statement contributes to each slot: how, where, and what."""


class Contributions:
    """What a statement contributes to each slot, until it is written out."""

    def __init__(self, sweep: Sweep) -> None:
        self.sweep = sweep
        self.out = sweep.out
        self.state = sweep.state
        self.slots = sweep.slots
        self.adding = sweep.adding
        self.pending: Pending = {}

    def pend(self, slot: Slot, adjoint: Adjoint, how: str = "add", key: Expr | None = None) -> None:
        """Adds to what a statement contributes to a slot."""
        if self.slots.is_out_of_sight(slot):
            self.sweep.refuse(
                "S2S011",
                "cannot differentiate: a list or dict holds an array that is "
                "written into under another name",
                self.slots.value_of(slot),
                "Take a copy of the array.",
            )
        self.pending.setdefault(slot, []).append((how, key, adjoint))

    def flush(self, assigned: set[int] | None = None) -> None:
        """Writes out the contributions of a statement. Those in `assigned` (by identity) fill a
        place whose adjoint was taken: they assign."""
        if assigned is None:
            assigned = set()
        summed = {slot: self._summed_down(found, assigned) for slot, found in self.pending.items()}
        pending = self._passed_on({slot: found for slot, found in summed.items() if found})
        self.pending = {}
        self._exchange(pending)
        for slot in self._in_order(pending):
            contributions = self._own_seed_kept(slot, pending[slot])
            whole = [a for how, _, a in contributions if how == "add"]
            if whole:
                self.adding.add(slot, whole)
            for how, key, adjoint in _merged(contributions, assigned):
                if how != "add":
                    self.adding.add_part(slot, how, key, adjoint, id(adjoint) in assigned)

    def _summed_down(
        self, found: list[tuple[str, Expr | None, Adjoint]], assigned: set[int]
    ) -> list[tuple[str, Expr | None, Adjoint]]:
        """Contributions of the shapes that they should have: those of one wider shape, to one
        place, are summed first."""
        if not any(adjoint.wide for _, _, adjoint in found):
            return found
        result: list[tuple[str, Expr | None, Adjoint]] = []
        first: dict[object, int] = {}
        for how, at, adjoint in found:
            name = (how, at if at is None else structure(at), adjoint.root)
            if not adjoint.wide or name not in first:
                first[name] = len(result)
                result.append((how, at, adjoint))
                continue
            one = result[first[name]][2]
            total = replace(one, expr=add(one.expr, adjoint.expr), owned=True)
            if id(one) in assigned:
                assigned.add(id(total))
            result[first[name]] = (how, at, total)
        # What adds up to nothing has nothing to sum down: d - d.
        result = [c for c in result if id(c[2]) in assigned or not _is_nothing(c[2])]
        for position, (how, at, adjoint) in enumerate(result):
            if _is_nothing(adjoint):
                assigned.discard(id(adjoint))
                result[position] = (how, at, replace(adjoint, root=None, value=None))
                assigned.add(id(result[position][2]))
            elif adjoint.wide:
                assert adjoint.value is not None
                down = reduced_from(adjoint.shape, adjoint, adjoint.value, self.sweep.facts)
                if id(adjoint) in assigned:
                    assigned.add(id(down))
                result[position] = (how, at, down)
        return result

    @contextmanager
    def apart(self) -> Iterator[Block]:
        """What is contributed in here is written out in a block of its own."""
        outer, self.pending = self.pending, {}
        with self.out.aside() as made:
            yield made
            self.flush()
        self.pending = outer

    def _passed_on(self, pending: Pending) -> Pending:
        """Contributions in which an array that was taken, and that goes to one slot as it is, is
        that slot's own."""
        for slot, found in pending.items():
            for position, (how, key, adjoint) in enumerate(found):
                var = _passed(adjoint.expr)
                if how == "add" and var is not None and var in self.sweep.now.taken:
                    own = self.slots.adjoint_vars.get(slot) is var
                    # What is new is made before the variable gets another value, but for parts.
                    reads = [
                        a.expr
                        for other, contributions in pending.items()
                        for kind, _, a in contributions
                        if not (own and is_fresh(a.expr) and (other != slot or kind == "add"))
                    ]
                    reads += [k for other in pending.values() for _, k, _ in other if k is not None]
                    stale = [s for s in self.out.block if not _makes_new(s)]
                    reads += [e for s in stale for e in _values(s)]
                    if sum(count_reads(e, var) for e in reads) == 1:
                        found[position] = (how, key, replace(adjoint, owned=True))
        return pending

    def _exchange(self, pending: Pending) -> None:
        """Adjoints that trade places do so in one statement: `d_u, d_v = d_v, d_u`."""
        moved: dict[Var, Slot] = {}
        for slot, found in pending.items():
            var = self.slots.adjoint_vars.get(slot)
            _, _, adjoint = found[0]
            if len(found) != 1 or found[0][0] != "add" or not adjoint.owned or var is None:
                continue
            if self.adding.owned_by(slot, adjoint) is not adjoint:
                continue
            if isinstance(adjoint.expr, Ref) and self.state.get(slot) is None:
                moved[adjoint.expr.var] = slot
        targets = {self.slots.adjoint_vars[slot] for slot in moved.values()}
        if len(moved) < 2 or targets != moved.keys():
            return
        if any(self.slots.adjoint_vars[slot] is var for var, slot in moved.items()):
            return
        others = [found for slot, found in pending.items() if slot not in moved.values()]
        exprs = [e for found in others for _, k, a in found for e in (k, a.expr) if e is not None]
        if any(isinstance(n, Ref) and n.var in moved for e in exprs for n in walk(e)):
            return
        slots = list(moved.values())
        refs = [pending.pop(slot)[0][2] for slot in slots]
        names = tuple(self.slots.adjoint_vars[slot] for slot in slots)
        value = Make("tuple", tuple(a.expr for a in refs))
        self.out.append(Assign((Unpack(names),), value))
        for slot, name, adjoint in zip(slots, names, refs, strict=True):
            self.state.set(slot, self.slots.read(name, adjoint))

    def _own_seed_kept(
        self, slot: Slot, contributions: list[tuple[str, Expr | None, Adjoint]]
    ) -> list[tuple[str, Expr | None, Adjoint]]:
        """The contributions to a slot; no parts are added while its own old adjoint is read."""
        var = self.slots.adjoint_vars.get(slot)
        if var is None or all(how == "add" for how, _, _ in contributions):
            return contributions
        read = {n.var for _, _, a in contributions for n in walk(a.expr) if isinstance(n, Ref)}
        entry = self.state.get(slot)
        if var not in read or (entry is not None and holds(entry, var)):
            return contributions
        kept = Var(f"{var.hint}_out")
        self.out.append(Assign((kept,), Ref(var)))
        return [(how, _renamed(key, var, kept), _renamed_adjoint(a, var, kept))
                for how, key, a in contributions]  # fmt: skip

    def _in_order(self, pending: dict[Slot, list[tuple[str, Expr | None, Adjoint]]]) -> list[Slot]:
        """The slots in an order in which no adjoint is overwritten before it is read.

        Where two exchange their adjoints, one is kept under another name first.
        """
        reads: dict[Slot, set[Var]] = {}
        for slot, contributions in pending.items():
            found: set[Var] = set()
            for _, key, adjoint in contributions:
                for expr in (key, adjoint.expr):
                    if expr is not None:
                        found |= {n.var for n in walk(expr) if isinstance(n, Ref)}
            reads[slot] = found
        order: list[Slot] = []
        left = list(pending)
        while left:
            free = [
                slot
                for slot in left
                if not any(
                    self.slots.adjoint_vars.get(slot) in reads[other]
                    for other in left
                    if other != slot
                )
            ]
            if free:
                chosen = next(
                    (s for s in free if not _is_copy_of_complex(s, free, pending)), free[0]
                )
                order.append(chosen)
                left.remove(chosen)
                continue
            slot = left[0]
            old, kept = self.slots.adjoint_var(slot), Var(
                f"{self.slots.adjoint_var(slot).hint}_out"
            )
            self.out.append(Assign((kept,), Ref(old)))
            for other in left:
                if other != slot:
                    pending[other] = [
                        (how, _renamed(key, old, kept), _renamed_adjoint(a, old, kept))
                        for how, key, a in pending[other]
                    ]
                    reads[other].discard(old)
        return order


def _is_nothing(adjoint: Adjoint) -> bool:
    return adjoint.wide and is_zero(adjoint.expr)


def _merged(
    contributions: list[tuple[str, Expr | None, Adjoint]], assigned: set[int]
) -> list[tuple[str, Expr | None, Adjoint]]:
    """Contributions in which those to one place are one sum."""
    result: list[tuple[str, Expr | None, Adjoint]] = []
    places: dict[object, int] = {}
    for how, at, adjoint in contributions:
        name = (how, structure(at)) if how == "index" and at is not None else None
        if name is None or adjoint.tree or name not in places or id(adjoint) in assigned:
            if name is not None:
                places[name] = len(result)
            result.append((how, at, adjoint))
            continue
        first = result[places[name]][2]
        total = replace(first, expr=add(first.expr, adjoint.expr), owned=True)
        if id(first) in assigned:
            assigned.discard(id(first))
            assigned.add(id(total))
        result[places[name]] = (how, at, total)
    return result


def _is_copy_of_complex(slot: Slot, others: list[Slot], pending: Pending) -> bool:
    """Whether a slot gets an adjoint as it is, of which another gets the real or imaginary part:
    that comes first, so that the two are one variable."""
    found = [adjoint.expr for _, _, adjoint in pending[slot]]
    if len(found) != 1 or not isinstance(found[0], Ref):
        return False
    parts = [a.expr for other in others for _, _, a in pending[other] if other != slot]
    return any(
        isinstance(n, Apply) and n.op in ("numpy.real", "numpy.imag") and
        any(isinstance(m, Ref) and m.var is found[0].var for m in walk(n))
        for part in parts for n in walk(part)
    )  # fmt: skip


def _renamed(expr: Expr | None, old: Var, new: Var) -> Expr | None:
    from s2sad.tidy.algebra import rewrite

    if expr is None:
        return None
    return rewrite(expr, lambda n: Ref(new) if isinstance(n, Ref) and n.var is old else None)


def _renamed_adjoint(adjoint: Adjoint, old: Var, new: Var) -> Adjoint:
    expr = _renamed(adjoint.expr, old, new)
    assert expr is not None
    return Adjoint(expr, adjoint.shape, adjoint.full, adjoint.owned, adjoint.tree)


def _passed(expr: Expr) -> Var | None:
    """The variable whose array an adjoint is, if it is not a new one."""
    match expr:
        case Ref(var) | Apply("helper.unbroadcast", (Ref(var), _)):
            return var
    return None


def _makes_new(statement: Stmt) -> bool:
    """Whether a statement of a group gives a name to a new array."""
    return isinstance(statement, Assign) and is_fresh(statement.value)


def _values(statement: Stmt) -> list[Expr]:
    from s2sad.derive.parts import exprs_of

    return exprs_of(statement)
