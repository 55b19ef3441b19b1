"""The adjoints of containers: of what is built, put together, and taken apart.

    pair = (a, b)      d_a, d_b are the parts of d_pair
    xs[i]              its adjoint is added to d_xs[i]

They are trees: dicts and lists of adjoints, in which 0.0 or None stands for what has none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from s2sad.analysis.types import SCALAR, Array, DictOf, ListOf, Star, Struct, TupleOf
from s2sad.derive.adjoints import Adjoint, Slot, is_zero
from s2sad.derive.broadcasting import call, reduced_to
from s2sad.derive.instantiate import as_value, instantiate
from s2sad.ir.nodes import Apply, Assign, Const, Each, Expr, Make, Ref, Slice, Target, Unpack, Var

if TYPE_CHECKING:
    from s2sad.derive.backward.expressions import Expressions
    from s2sad.derive.backward.sweep import Sweep

TREES = (TupleOf, ListOf, DictOf, Struct)
"""What has a tree of adjoints."""


class Trees:
    """Passes the adjoints of containers on to their items, and those of items on to containers."""

    def __init__(self, sweep: Sweep, expressions: Expressions) -> None:
        self.sweep = sweep
        self.facts = sweep.facts
        self.out = sweep.out
        self.state = sweep.state
        self.slots = sweep.slots
        self.adding = sweep.adding
        self.contributions = sweep.contributions
        self.expressions = expressions

    def part_of(self, adjoint: Adjoint, key: str | int) -> Adjoint | None:
        """The adjoint of one item of a container; None when it is zero."""
        expr = adjoint.expr
        key = key[1:] if isinstance(key, str) and key.startswith(".") else key
        match expr:
            case Make("tuple" | "list", items) if isinstance(key, int) and key < len(items):
                part = items[key]
                return None if is_zero(part) else Adjoint(part, tree=_is_tree(part))
            case Make("dict", items, keys):
                for k, item in zip(keys, items, strict=True):
                    if isinstance(k, Const) and k.value == key:
                        return None if is_zero(item) else Adjoint(item, tree=_is_tree(item))
                return None
            case Apply("mul", (Make("list", (item,)), _)):
                return Adjoint(item)
            case Each(element=element, target=Var() as target):
                return Adjoint(instantiate(element, {target: Const(key)}))
        if isinstance(key, int) and isinstance(self.facts.type_of(expr), TupleOf):
            return Adjoint(Apply("getitem", (expr, Const(key)), (), "index"))
        return Adjoint(call("helper.part", expr, Const(key), text="part"))

    def field_of(self, adjoint: Adjoint, name: str, position: int, count: int) -> Adjoint | None:
        """The adjoint of a field of a NamedTuple, which may also be given by its position."""
        names = (name, position, position - count)
        match adjoint.expr:
            case Make("dict", items, keys):
                found = [
                    item
                    for key, item in zip(keys, items, strict=True)
                    if isinstance(key, Const) and key.value in names and not is_zero(item)
                ]
                if not found:
                    return None
                whole = found[0]
                for item in found[1:]:
                    whole = call("helper.add", whole, item, text="add")
                return Adjoint(whole, tree=_is_tree(whole))
            case Make() | Const() | Each():
                return self.part_of(adjoint, position)
        return Adjoint(call("helper.field", adjoint.expr, *map(Const, names), text="field"))

    def pull_make(self, node: Make, adjoint: Adjoint) -> None:
        keys: list[str | int]
        if node.kind in ("tuple", "list"):
            keys = list(range(len(node.items)))
            known = isinstance(adjoint.expr, Ref | Make | Const | Each)
            if may_lack_items(adjoint.expr):
                adjoint = self.slots.let(f"d_{self.slots.hint(node)}", adjoint)
            elif not known and repeated_item(adjoint.expr) is None:
                adjoint = self._unpacked(node, adjoint)
        elif node.kind == "object":
            keys = [f".{k.value}" for k in node.keys if isinstance(k, Const)]
        else:
            keys = [k.value for k in node.keys if isinstance(k, Const)]
            if len(keys) < len(node.keys):
                self.sweep.refuse(
                    "S2S014",
                    "cannot differentiate a dict with computed keys",
                    node,
                    "Write the keys as constants.",
                )
                return
        for key, item in zip(keys, node.items, strict=True):
            if not self.sweep.is_varied(item):
                continue
            if node.counted:
                name = str(key).lstrip(".")
                part = self.field_of(adjoint, name, keys.index(key), len(keys))
            else:
                part = self.part_of(adjoint, key)
            if part is None:
                continue
            tree = part.tree or isinstance(self.facts.type_of(item), TREES)
            if adjoint.result is not None and not tree:
                shape = self.facts.shape_of(adjoint.result)
                whole = Adjoint(part.expr, shape, not isinstance(part.expr, Const))
                self.expressions.pull(item, reduced_to(whole, adjoint.result, item, self.facts))
                continue
            shape = self.facts.shape_of(item)
            asked = is_call(part.expr, "helper.part") or is_call(part.expr, "helper.field")
            unsure = asked and (node.kind == "list" or not adjoint.full)
            unsure = unsure or self._is_of_some_shape(part.expr)
            if unsure and not tree and shape != SCALAR:
                # An item that has no adjoint any more, or on some path, has the number 0.0.
                self.expressions.pull(item, Adjoint(part.expr, Star("?"), False))
                continue
            full = not isinstance(part.expr, Const) or shape == SCALAR
            full = full and not (tree and unsure)
            self.expressions.pull(item, Adjoint(part.expr, shape, full, False, tree))

    def _is_of_some_shape(self, expr: Expr) -> bool:
        """Whether a name stands for a number on one path and for an array on the other."""
        kind = self.facts.types.get(expr) if isinstance(expr, Ref) else None
        return isinstance(kind, Array) and kind.shape == Star("?")

    def _unpacked(self, node: Make, adjoint: Adjoint) -> Adjoint:
        """The adjoints of the items of a list, each under a name of its own."""
        parts: list[Target] = []
        names: list[Expr] = []
        for item in node.items:
            var = Var(f"d_{self.slots.hint(item)}" if self.sweep.is_varied(item) else "_")
            parts.append(var)
            names.append(self.sweep.typed(Ref(var), Array("unknown", self.facts.shape_of(item))))
        self.out.append(Assign((Unpack(tuple(parts)),), adjoint.expr))
        return Adjoint(Make(node.kind, tuple(names)), tree=True)

    def pull_joined(self, node: Apply, adjoint: Adjoint) -> None:
        """Two lists or tuples put together: each gets its part of the adjoints."""
        left, right = node.args
        adjoint = self.slots.let(f"d_{self.slots.hint(node)}", adjoint)
        kind, other = self.facts.type_of(left), self.facts.type_of(right)
        if isinstance(kind, TupleOf) and isinstance(other, TupleOf):
            parts = [self.part_of(adjoint, k) for k in range(len(kind.items) + len(other.items))]
            items = tuple(Const(0.0) if p is None else p.expr for p in parts)
            first = len(kind.items)
            self.expressions.pull(left, Adjoint(Make("tuple", items[:first]), tree=True))
            self.expressions.pull(right, Adjoint(Make("tuple", items[first:]), tree=True))
            return
        size: Expr = call("builtins.len", as_value(left), text="len")
        if isinstance(kind, TupleOf):
            size = Const(len(kind.items))
        for part, span in ((left, Slice(None, size)), (right, Slice(size, None))):
            self.expressions.pull(
                part, Adjoint(Apply("getitem", (adjoint.expr, span), (), "index"), tree=True)
            )

    def pull_repeated(self, node: Apply, adjoint: Adjoint) -> None:
        """A list or tuple n times: an item gets the adjoints of all its places."""
        base = next(arg for arg in node.args if isinstance(self.facts.type_of(arg), TREES))
        kind = self.facts.type_of(base)
        size: Expr = call("builtins.len", as_value(base), text="len")
        if isinstance(kind, TupleOf):
            size = Const(len(kind.items))
        folded = call("helper.folded", adjoint.expr, size, text="folded")
        self.expressions.pull(base, Adjoint(folded, tree=True))

    def pull_item(self, node: Apply, adjoint: Adjoint) -> None:
        """An item of a container at a key that is not constant, or a slice of a list."""
        base = node.args[0]
        name = node.text if node.op == "getattr" else None
        if name is None and isinstance(node.args[1], Const):
            name = node.args[1].value if isinstance(node.args[1].value, str) else None
        if name is not None:
            # A field, or a key that is a string, of what has no slot of its own.
            fields = Make("dict", (adjoint.expr,), (Const(name),))
            self.expressions.pull(base, Adjoint(fields, tree=True))
            return
        key = as_value(node.args[1])
        slot = self.slots.of(base)
        kind = self.facts.type_of(base)
        if slot is None and isinstance(kind, TupleOf) and isinstance(key, Const):
            items: list[Expr] = [Const(0.0)] * len(kind.items)
            items[key.value] = adjoint.expr
            self.expressions.pull(base, Adjoint(Make("tuple", tuple(items)), tree=True))
            return
        if slot is None:
            temporary: Slot = (base, ())
            self.adding.add_item(temporary, key, adjoint)
            self.expressions.pull(base, Adjoint(Ref(self.slots.adjoint_var(temporary)), tree=True))
            self.state.take(base)
            return
        if isinstance(key, Slice):
            self.contributions.pend(slot, adjoint, "slice", key)
            return
        self.contributions.pend(slot, adjoint, "item", key)


def _is_tree(expr: Expr) -> bool:
    return isinstance(expr, Make)


def is_complete(expr: Expr) -> bool:
    """Whether the adjoint of a list has all its items."""
    if isinstance(expr, Make):
        return expr.kind in ("tuple", "list") and not any(is_zero(item) for item in expr.items)
    return not isinstance(expr, Ref) and not is_call(expr, "helper.add")


def may_lack_items(expr: Expr) -> bool:
    """Whether the adjoint of a list, which has no name, may have None for some of its items."""
    match expr:
        case Apply("getitem", (_, Slice())):
            return True
    return any(is_call(expr, f"helper.{name}") for name in ("add", "field", "part"))


def is_literal_tree(expr: Expr) -> bool:
    """Whether the adjoint of a container is known at generation."""
    if isinstance(expr, Make):
        return all(is_literal_tree(item) for item in (*expr.items, *expr.keys))
    return isinstance(expr, Const)


def is_call(expr: Expr, op: str) -> bool:
    """Whether an expression applies an operator."""
    return isinstance(expr, Apply) and expr.op == op


def repeated_item(expr: Expr) -> Expr | None:
    """The item of `[item] * n`."""
    match expr:
        case Apply("mul", (Make("list", (item,)), _)):
            return item
    return None
