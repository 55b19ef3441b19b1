"""What loops and comprehensions run over, with the tangents beside the values.

for x in xs                     for x, dot_x in zip(xs, dot_xs, strict=True)
for x, y in zip(xs, ys)         for x, y, dot_x in zip(xs, ys, dot_xs, strict=False)
for k, x in enumerate(xs)       for k, (x, dot_x) in enumerate(zip(xs, dot_xs, strict=True))
for k, x in params.items()      dot_x = dot_params[k], first in the loop
[f(x) for x in p.values()]      [... dot_p[key] ... for key, x in p.items()]

The tangent of a dict is asked by its keys, since it may have them in another order. Where the loop
gives `params` another value, the tangents that it began with keep a name.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from s2sad.derive.instantiate import as_value
from s2sad.ir.bindings import bound_by
from s2sad.ir.nodes import (
    Apply,
    Assign,
    Block,
    Const,
    Each,
    Expr,
    For,
    Ref,
    Target,
    Unpack,
    Var,
    walk,
)

if TYPE_CHECKING:
    from s2sad.derive.push import Push


class Pairs:
    """Iterables and targets with tangents, for one sweep."""

    def __init__(self, sweep: Push) -> None:
        self.sweep = sweep
        self.is_loop = False

    def of_loop(self, iterable: Expr, target: Target) -> tuple[Expr, Target]:
        """The same for a loop, whose header evaluates what it runs over; a comprehension refers to
        the values that the user's had."""
        self.is_loop = True
        found = self.paired(iterable, target)
        self.is_loop = False
        return found

    def paired(self, iterable: Expr, target: Target) -> tuple[Expr, Target]:
        """What a comprehension runs over and its target, with tangents beside the values that have
        some."""
        if not self.sweep.is_varied(iterable):
            return self._value(iterable), target
        if isinstance(iterable, Apply) and iterable.op == "builtins.enumerate":
            if isinstance(target, Unpack) and len(target.targets) == 2:
                inner, element = self.paired(iterable.args[0], target.targets[1])
                args = (inner, *map(self._value, iterable.args[1:]))
                return (replace(iterable, args=args, origin=None),
                        Unpack((target.targets[0], element)))  # fmt: skip
        if isinstance(iterable, Apply) and iterable.op == "builtins.zip":
            if isinstance(target, Unpack) and len(target.targets) == len(iterable.args):
                return self._paired_zip(iterable, target)
        match iterable:  # what is listed in order to be reversed, or changed
            case Apply("builtins.list", (listed,), ()):
                inner, paired = self.paired(listed, target)
                return replace(iterable, args=(inner,), origin=None), paired
            case Apply("builtins.reversed", (Apply("builtins.list", (_,), ()) as listed,)):
                inner, paired = self.paired(listed, target)
                return replace(iterable, args=(inner,), origin=None), paired
        found = self._iterated(iterable, target)
        strict = (("strict", Const(True)),)
        values = self._value(iterable)
        both = Apply("builtins.zip", (values, found), strict, "call", "zip")
        return both, Unpack((target, self.sweep.dotted(target)))

    def _paired_zip(self, iterable: Apply, target: Unpack) -> tuple[Expr, Target]:
        args, targets = list(map(self._value, iterable.args)), list(target.targets)
        for arg, part in zip(iterable.args, target.targets, strict=True):
            if self.sweep.is_varied(arg):
                args.append(self._iterated(arg, part))
                targets.append(self.sweep.dotted(part))
        kwargs = iterable.kwargs or (("strict", Const(False)),)
        both = replace(iterable, args=tuple(args), kwargs=kwargs, origin=None)
        return both, Unpack(tuple(targets))

    def _value(self, expr: Expr) -> Expr:
        return expr if self.is_loop else as_value(expr)

    def _iterated(self, iterable: Expr, target: Target) -> Expr:
        """The tangents of what a loop runs over."""
        match iterable:
            case Apply("tqdm.tqdm" | "tqdm.auto.tqdm" | "s2sad.checkpointed", (inner, *_)):
                return self._iterated(inner, target)
        found = self.sweep.whole(self.sweep.push(iterable), iterable)
        return self.sweep.writes.bound_to(target, iterable, found)

    def by_key(self, statement: For, base: Expr) -> tuple[Expr, Target, Block]:
        """A loop over the items or values of a dict: what it runs over, its target, and its first
        statement, which looks the tangent up by the key."""
        iterable, target = items_of(statement.iterable, statement.target)
        if not (isinstance(target, Unpack) and isinstance(target.targets[0], Var)):
            return (*self.of_loop(statement.iterable, statement.target), [])
        tangents = self._of_dict(base)
        given = {self.sweep.dot(v) for s in statement.body for v in bound_by(s)}
        if not _is_path(tangents) or any(
            isinstance(n, Ref) and n.var in given for n in walk(tangents)
        ):
            held = Var("dot_items")
            self.sweep.out.append(Assign((held,), tangents))
            tangents = Ref(held)
        part = Apply("getitem", (tangents, Ref(target.targets[0])), (), "index")
        return iterable, target, [Assign((self.sweep.dotted(target.targets[1]),), part)]

    def in_comprehension(self, node: Each, base: Expr) -> tuple[Expr, Target] | None:
        """The same for a comprehension, in which the place in the dict stands for the tangent;
        None where that has no name to stand for."""
        _, target = items_of(node.iterable, node.target)
        match target:
            case Unpack((Var() as key, Var() as value)):
                tangents = self._of_dict(base)
                if _is_path(tangents):
                    part = Apply("getitem", (tangents, Ref(key)), (), "index")
                    self.sweep.dots.standing[value] = part
                    items = Apply("dict.items", (as_value(base),), (), "method", "items")
                    return items, target
        return None

    def _of_dict(self, base: Expr) -> Expr:
        found = self.sweep.push(base)
        assert found is not None
        return found.expr


def items_of(iterable: Expr, target: Target) -> tuple[Expr, Target]:
    """A loop over the values of a dict as one over its items: the keys of tangents that are handed
    over may have another order."""
    if isinstance(iterable, Apply) and iterable.op == "dict.values":
        items = Apply("dict.items", iterable.args, (), "method", "items")
        return items, Unpack((Var("key"), target))
    return iterable, target


def _is_path(expr: Expr) -> bool:
    """Whether an expression is a variable, or a part of one, which costs nothing."""
    while isinstance(expr, Apply) and expr.op in ("getitem", "getattr"):
        expr = expr.args[0]
    return isinstance(expr, Ref)
