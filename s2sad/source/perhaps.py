"""A := that may not be evaluated: behind `and` or `or`, or in an arm of a conditional expression.

    if n and (v := f(x)) > 0.0:       v is read where it certainly has the value
        y = v

    v = x
    if n and (v := f(x)) > 0.0:       v is read where it may have the other one
        pass
    y = v

The first is as if v had been given its value before the statement, as far as anybody can see. The
second is not: nothing may flow through such a v.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst

from s2sad.ir.bindings import LIST_CHANGES
from s2sad.ir.nodes import Apply, Expr, Invoke, Opaque, walk

OUT_OF_ORDER = "a := whose value has an effect cannot stand here"
MAY_NOT_RUN = "a := that may not be evaluated gives a value to a name that is read elsewhere"


def seen_where_true(
    test: cst.BaseExpression, seen: Sequence[cst.CSTNode]
) -> Iterator[tuple[cst.CSTNode, tuple[cst.CSTNode, ...]]]:
    """The operands of a chain of `and` that may not be evaluated, each with what runs only when it
    was; `seen` is what runs when the test is true."""
    if isinstance(test, cst.BooleanOperation) and isinstance(test.operator, cst.And):
        yield test.right, (test.right, *seen)
        yield from seen_where_true(test.left, (test.right, *seen))


def has_effect(value: Expr) -> bool:
    """Whether evaluating a value may change something, so that it is done once."""
    return any(
        isinstance(node, Invoke)
        or (isinstance(node, Opaque) and not node.pure)
        or (isinstance(node, Apply) and node.op in LIST_CHANGES)
        for node in walk(value)
    )


def is_as_before(
    name: str, value: Expr, function: cst.CSTNode | None, seen: Sequence[cst.CSTNode]
) -> bool:
    """Whether it does not matter that a name may not be given its value: it occurs nowhere but in
    `seen`, and evaluating the value changes nothing."""
    if has_effect(value):
        return False
    return function is not None and _count(name, function) == sum(_count(name, n) for n in seen)


def _count(name: str, node: cst.CSTNode) -> int:
    """How often a name occurs; that of an attribute or keyword counts, too, since it does no
    harm."""
    found, todo = 0, [node]
    while todo:
        part = todo.pop()
        found += isinstance(part, cst.Name) and part.value == name
        todo += part.children
    return found
