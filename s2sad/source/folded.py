"""`functools.reduce`, as the loop that it stands for.

    y = reduce(f, xs, e)               reduced = e
                                       for item in xs:
                                           reduced = f(reduced, item)
                                       y = reduced

It is written out like comprehensions with several `for` clauses (`clauses.py`): when a derivation
is refused that finds one.
"""

from __future__ import annotations

from typing import Any

import libcst as cst

from s2sad.ir.nodes import Apply, Assign, Block, Const, Expr, For, Opaque, Ref, Slice
from s2sad.source.calls import Argument


def as_loop(node: cst.Call, lowerer: Any) -> Expr | None:
    """The result of reduce, which statements before it compute; None where they cannot."""
    if len(node.args) not in (2, 3) or any(a.star or a.keyword for a in node.args):
        return None
    function, iterable, *initial = (argument.value for argument in node.args)
    items, block = lowerer.lower(iterable), list[Any]()
    if initial:
        first = lowerer.lower(initial[0])
    else:
        whole = lowerer.scope.own("items")
        block.append(Assign((whole,), Apply("builtins.list", (items,), (), "call", "list")))
        first = Apply("getitem", (Ref(whole), Const(0)), (), "index")
        items = Apply("getitem", (Ref(whole), Slice(Const(1), None)), (), "index")
    total, item = lowerer.scope.own("reduced"), lowerer.scope.own("item")
    step = _step(function, Ref(total), Ref(item), lowerer)
    if step is None:
        return None
    body: Block = [Assign((total,), step)]
    lowerer.walrus.append([*block, Assign((total,), first), For(item, items, body, [])])
    return Ref(total, lowerer.origin(node))


def _step(function: cst.BaseExpression, total: Ref, item: Ref, lowerer: Any) -> Expr | None:
    """What the function makes of the total so far and an item."""
    candidates = lowerer.program.callables.of(function, lowerer.scope)
    if candidates is None or len(candidates) != 1:
        return None
    if isinstance(function, cst.Lambda) and not function.lpar:
        function = function.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    called = cst.Call(function, [cst.Arg(cst.Name(ref.var.hint)) for ref in (total, item)])
    given = [Argument(None, total), Argument(None, item)]
    step: Expr = lowerer._call_one(candidates[0], given, called, None)
    return None if isinstance(step, Opaque) else step
