"""Items that a call or an operator puts into a dict or list, as the writes that they are.

    d.update(b=s, c=t)           d["b"], d["c"] = s, t
    d |= {k: s}                  d[k] = s
    xs.extend([s, t])            xs.append(s); xs.append(t)

Only what is written out is followed: items that come from another container stay a call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from s2sad.ir.nodes import (
    Anew,
    Apply,
    Assign,
    Const,
    Evaluate,
    Expr,
    Make,
    Origin,
    Place,
    Stmt,
    Unpack,
)
from s2sad.source.objects import class_of

if TYPE_CHECKING:
    from s2sad.source.expressions import ExpressionLowerer


def as_updates(
    node: cst.Expr | cst.AugAssign, lowerer: ExpressionLowerer, origin: Origin
) -> list[Stmt] | None:
    """The writes that a statement is; None when it is none of these."""
    match node:
        case cst.AugAssign(target=cst.Name(), operator=cst.BitOrAssign(), value=cst.Dict()):
            return _updated(node.target, _items(node.value, lowerer), lowerer, origin)
        case cst.Expr(value=cst.Call(func=cst.Attribute(value=cst.Name()) as method) as call):
            if class_of(method.value, lowerer.scope) is not None:
                return None
            if method.attr.value == "update":
                return _updated(method.value, _given(call, lowerer), lowerer, origin)
            if method.attr.value == "extend":
                return _extended(method.value, call, lowerer, origin)
    return None


_Items = list[tuple[Expr, Expr]]


def _given(call: cst.Call, lowerer: ExpressionLowerer) -> _Items | None:
    """The items that `update` is handed: in a display, by keywords, or both."""
    found: _Items = []
    for argument in call.args:
        if argument.keyword is not None:
            key = Const(argument.keyword.value)
            found.append((key, lowerer.lower(argument.value)))
            continue
        items = None
        if isinstance(argument.value, cst.Dict) and not argument.star:
            items = _items(argument.value, lowerer)
        if items is None:
            return None
        found += items
    return found


def _items(display: cst.BaseExpression, lowerer: ExpressionLowerer) -> _Items | None:
    assert isinstance(display, cst.Dict)
    if not all(isinstance(element, cst.DictElement) for element in display.elements):
        return None
    pairs = [e for e in display.elements if isinstance(e, cst.DictElement)]
    return [(lowerer.lower(pair.key), lowerer.lower(pair.value)) for pair in pairs]


def _updated(
    name: cst.BaseExpression, items: _Items | None, lowerer: ExpressionLowerer, origin: Origin
) -> list[Stmt] | None:
    if not items:
        return None
    places = tuple(Place(lowerer.lower(name), key) for key, _ in items)
    values = tuple(value for _, value in items)
    if len(places) == 1:
        return [Assign(places, values[0], origin=origin)]
    return [Assign((Unpack(places),), Make("tuple", values), origin=origin)]


def _extended(
    name: cst.BaseExpression, call: cst.Call, lowerer: ExpressionLowerer, origin: Origin
) -> list[Stmt] | None:
    if len(call.args) != 1 or not isinstance(call.args[0].value, cst.List | cst.Tuple):
        return None
    elements = call.args[0].value.elements
    if call.args[0].star or any(isinstance(e, cst.StarredElement) for e in elements):
        return None
    found: list[Stmt] = []
    for element in elements:
        args = (lowerer.lower(name), lowerer.lower(element.value))
        append = Apply("list.append", args, (), "method", "append")
        found.append(Evaluate(append, Anew(origin.node, origin.module)))
    return found
