"""What loops and comprehensions run over, with the tangents beside the values.

for x in xs                     for x, dot_x in zip(xs, dot_xs, strict=True)
for x, y in zip(xs, ys)         for x, y, dot_x in zip(xs, ys, dot_xs, strict=False)
for k, x in enumerate(xs)       for k, (x, dot_x) in enumerate(zip(xs, dot_xs, strict=True))
for k, x in params.items()      dot_x = dot_params[k], first in the loop
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from s2sad.ir.nodes import Apply, Assign, Block, Const, Expr, For, Ref, Target, Unpack, Var

if TYPE_CHECKING:
    from s2sad.derive.push import Push


class Pairs:
    """Iterables and targets with tangents, for one sweep."""

    def __init__(self, sweep: Push) -> None:
        self.sweep = sweep

    def paired(self, iterable: Expr, target: Target) -> tuple[Expr, Target]:
        """What a loop runs over and its target, with tangents beside the values that have some."""
        if not self.sweep.is_varied(iterable):
            return iterable, target
        if isinstance(iterable, Apply) and iterable.op == "builtins.enumerate":
            if isinstance(target, Unpack) and len(target.targets) == 2:
                inner, element = self.paired(iterable.args[0], target.targets[1])
                args = (inner, *iterable.args[1:])
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
        found = self._iterated(iterable)
        strict = (("strict", Const(True)),)
        both = Apply("builtins.zip", (iterable, found), strict, "call", "zip")
        return both, Unpack((target, self.sweep.dotted(target)))

    def _paired_zip(self, iterable: Apply, target: Unpack) -> tuple[Expr, Target]:
        args, targets = list(iterable.args), list(target.targets)
        for arg, part in zip(iterable.args, target.targets, strict=True):
            if self.sweep.is_varied(arg):
                args.append(self._iterated(arg))
                targets.append(self.sweep.dotted(part))
        kwargs = iterable.kwargs or (("strict", Const(False)),)
        both = replace(iterable, args=tuple(args), kwargs=kwargs, origin=None)
        return both, Unpack(tuple(targets))

    def _iterated(self, iterable: Expr) -> Expr:
        """The tangents of what a loop runs over."""
        match iterable:
            case Apply("tqdm.tqdm" | "tqdm.auto.tqdm" | "s2sad.checkpointed", (inner, *_)):
                return self._iterated(inner)
        found = self.sweep.whole(self.sweep.push(iterable), iterable)
        return self.sweep.writes.apart(iterable, found)

    def over_items(self, statement: For, base: Expr) -> tuple[Expr, Target, Block]:
        """for key, x in params.items(): the tangent is looked up by the key."""
        found = self.sweep.push(base)
        assert found is not None
        target = statement.target
        if isinstance(target, Unpack) and isinstance(target.targets[0], Var):
            part = Apply("getitem", (found.expr, Ref(target.targets[0])), (), "index")
            first = Assign((self.sweep.dotted(target.targets[1]),), part)
            return statement.iterable, target, [first]
        iterable, paired = self.paired(statement.iterable, target)
        return iterable, paired, []
