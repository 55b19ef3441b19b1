"""Calls that go through a list from one item to the next, as the loops that they stand for.

    y = reduce(f, xs, e)               reduced = e
                                       for item in xs:
                                           reduced = f(reduced, item)
                                       y = reduced

    ys = accumulate(xs, f)             items = list(xs)
                                       accumulated = items[0]
                                       accumulate = [accumulated]
                                       for item in items[1:]: ...

They are written out like comprehensions with several `for` clauses (`clauses.py`): when a
derivation is refused that finds one.
"""

from __future__ import annotations

from typing import Any

import libcst as cst

from s2sad.ir.nodes import (
    Apply,
    Assign,
    Block,
    Const,
    Evaluate,
    Expr,
    For,
    Make,
    Opaque,
    Ref,
    Slice,
)
from s2sad.source.calls import Argument

FOLDS = {"functools.reduce": ("function", "iterable", "initial"),
         "itertools.accumulate": ("iterable", "function", "initial")}  # fmt: skip
"""The calls, with what their arguments are."""


def as_loop(path: str, node: cst.Call, lowerer: Any) -> Expr | None:
    """The result of such a call, which statements before it compute; None where they cannot."""
    names = {"func": "function", **{name: name for name in FOLDS[path]}}
    given: dict[str, cst.BaseExpression] = {}
    for name, argument in zip(FOLDS[path], node.args, strict=False):
        key = name if argument.keyword is None else names.get(argument.keyword.value)
        if argument.star or key is None:
            return None
        given[key] = argument.value
    if len(given) < len(node.args) or "iterable" not in given:
        return None
    items, first = lowerer.lower(given["iterable"]), None
    if "initial" in given:
        first = lowerer.lower(given["initial"])
    block: Block = []
    if first is None:
        whole = lowerer.scope.own("items")
        listed = Apply("builtins.list", (items,), (), "call", "list")
        block.append(Assign((whole,), listed))
        first = Apply("getitem", (Ref(whole), Const(0)), (), "index")
        items = Apply("getitem", (Ref(whole), Slice(Const(1), None)), (), "index")
    last = path.rpartition(".")[2]
    total, item = lowerer.scope.own(f"{last}d"), lowerer.scope.own("item")
    block.append(Assign((total,), first))
    step = _step(given.get("function"), Ref(total), Ref(item), lowerer)
    if step is None:
        return None
    body: Block = [Assign((total,), step)]
    result = total
    if path == "itertools.accumulate":
        result = lowerer.scope.own("totals")
        block.append(Assign((result,), Make("list", (Ref(total),))))
        append = Apply("list.append", (Ref(result), Ref(total)), (), "method", "append")
        body.append(Evaluate(append))
    lowerer.walrus.append([*block, For(item, items, body, [])])
    return Ref(result, lowerer.origin(node))


def _step(function: cst.BaseExpression | None, total: Ref, item: Ref, lowerer: Any) -> Expr | None:
    """What the function makes of the total so far and an item: their sum if there is none."""
    if function is None:
        return Apply("add", (total, item), (), "infix", "+")
    candidates = lowerer.program.callables.of(function, lowerer.scope)
    if candidates is None or len(candidates) != 1:
        return None
    if isinstance(function, cst.Lambda) and not function.lpar:
        function = function.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    called = cst.Call(function, [cst.Arg(cst.Name(ref.var.hint)) for ref in (total, item)])
    given = [Argument(None, total), Argument(None, item)]
    step = lowerer._call_one(candidates[0], given, called, None)
    return None if isinstance(step, Opaque) else step
