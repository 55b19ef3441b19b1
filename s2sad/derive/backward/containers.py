"""The adjoints of lists and dicts that are written to: they are lists and dicts themselves.

    xs[k] = e             d_e = d_xs[k]; d_xs[k] = 0.0
    xs.append(e)          d_e = d_xs.pop()
    x = xs.pop()          d_xs.append(d_x)

A container that other names may see has a shadow instead (`derive/shadows/`), or is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from s2sad.analysis.types import SCALAR, Array, Star, Unknown
from s2sad.derive.adjoints import Adjoint, Slot
from s2sad.derive.backward.expressions import Expressions
from s2sad.derive.broadcasting import call
from s2sad.derive.instantiate import as_value
from s2sad.ir.nodes import Apply, Assign, Const, Evaluate, Expr, Place, Ref, Stmt, Var

if TYPE_CHECKING:
    from s2sad.derive.backward.sweep import Sweep


class Containers:
    """Passes on the adjoints of what is put into lists and dicts."""

    def __init__(self, sweep: Sweep, expressions: Expressions) -> None:
        self.sweep = sweep
        self.facts = sweep.facts
        self.out = sweep.out
        self.regions = sweep.regions
        self.state = sweep.state
        self.slots = sweep.slots
        self.taking = sweep.taking
        self.standing = sweep.standing
        self.places = sweep.places
        self.expressions = expressions

    def pull_item(self, statement: Stmt, target: Place, value: Expr) -> None:
        """The adjoint of `xs[key] = value`: that of the item, which has none before."""
        slot = self.container(statement, target.base)
        if slot is None:
            return
        adjoint = self.taken_item(slot, target, value)
        if adjoint is not None and self.sweep.is_varied(value):
            self.expressions.pull(value, adjoint)

    def container(self, statement: Stmt, base: Expr) -> Slot | None:
        """The slot of a container that is written to; None when nothing flows there."""
        roots = [var for var, _ in self.regions.aliases(base)]
        names = {other for var in roots for other in self.regions.members(var)}
        if not self.sweep.is_varied(base) and not any(self.state.entries.get(v) for v in names):
            return None
        slot = self.slots.of(base)
        root = slot[0] if slot is not None else None
        if slot is None or not isinstance(root, Var) or self.regions.is_container_shared(root):
            self.places.refuse_write(statement, "a write into a container that other names may see")
            return None
        if self.standing.is_inside(slot):
            self.places.refuse_write(statement, "a write into a container inside another one")
            return None
        return slot if self.standing.entries_of(slot) else None

    def taken_item(self, slot: Slot, target: Place, value: Expr) -> Adjoint | None:
        key = target.key
        assert not isinstance(key, str)
        node = Apply("getitem", (target.base, key), (), "index")
        own = self.slots.of(node)
        paths = self.standing.entries_of(slot)
        if own is not None and all(len(path) > len(slot[1]) for path in paths):
            return self.taking.take_part(own)
        self.standing.stand_whole(slot)
        var, at = self.slots.adjoint_var(slot), as_value(key)
        part = call("helper.part", Ref(var), at, text="part")
        adjoint = self.named(value, part)
        self.out.append(Assign((Place(Ref(var), at),), Const(0.0)))
        return adjoint

    def named(self, value: Expr, adjoint: Expr) -> Adjoint:
        """An adjoint under a name; an item that has none is the number 0.0."""
        var = Var("d_new")
        self.out.append(Assign((var,), adjoint))
        shape = self.facts.shape_of(value)
        kind = self.facts.type_of(value)
        if not isinstance(kind, Array | Unknown):
            return Adjoint(Ref(var), full=False, tree=True)
        if self.facts.mixed and self.sweep.complex_numbers.may_be_complex(adjoint):
            self.slots.complex_vars.add(var)
        if shape == SCALAR:
            return self.slots.read(var, Adjoint(Ref(var), SCALAR, True))
        return self.slots.read(var, Adjoint(Ref(var), Star("?"), False))

    def pull_append(self, statement: Stmt, node: Apply) -> None:
        """xs.append(e): e has the adjoint of the last item."""
        slot = self.container(statement, node.args[0])
        if slot is None:
            return
        self.standing.stand_whole(slot, 1)
        last = call("helper.take_last", Ref(self.slots.adjoint_var(slot)), text="take_last")
        if not self.sweep.is_varied(node.args[1]):
            self.out.append(Evaluate(last))
            return
        self.expressions.pull(node.args[1], self.named(node.args[1], last))

    def pull_pop(self, statement: Stmt, node: Apply, seed: Adjoint | None) -> None:
        """x = xs.pop(): the last item has the adjoint of x."""
        base = node.args[0]
        if (
            seed is not None
            and self.slots.of(base) is not None
            and not self.standing.has_adjoint(base)
        ):
            slot = self.slots.of(base)
            assert slot is not None
            self.out.append(
                Assign((self.slots.adjoint_var(slot),), self.slots.empty_tree(slot, -1))
            )
            left = Adjoint(Ref(self.slots.adjoint_var(slot)), tree=True, gaps=True)
            self.state.set(slot, left)
        slot = self.container(statement, base)
        if slot is None:
            return
        self.standing.stand_whole(slot, -1)
        value = Const(0.0) if seed is None else seed.expr
        var = Ref(self.slots.adjoint_var(slot))
        self.out.append(Evaluate(Apply("list.append", (var, value), (), "method", "append")))
