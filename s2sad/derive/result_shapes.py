"""The shape of what an operator gives, from the annotation of its rule's result.

    -> reduced(x, axis, keepdims)       a function of `analysis/shapes.py` on shapes and arguments
    -> "... n m"                        sizes by the names that the operands give them
    -> "tree"                           a number, an array or a container of what operands hold
    -> structured(x)                    of the type of x, which may be a container
    no annotation                       that of the elementwise operands, broadcast

The functions know shapes, and no operator.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from s2sad.analysis import indices, shapes
from s2sad.analysis.shapes import Result
from s2sad.analysis.sizes import UNKNOWN
from s2sad.analysis.types import SCALAR, AnyShape, Array, ListOf, Shape, TupleOf, Unknown
from s2sad.derive.abstract import (
    Bound,
    TypeOf,
    ValueOf,
    abstract,
    item_shapes,
    nothing_known,
    shape_of,
)
from s2sad.derive.templates import Rule
from s2sad.ir.nodes import Apply, Const, Expr, Make, Ref

RESULTS: dict[str, Callable[..., Result]] = {
    function.__name__: function
    for function in (
        indices.indexed,
        indices.taken,
        shapes.at_least,
        shapes.broadcast,
        shapes.columns,
        shapes.contracted,
        shapes.diag,
        shapes.diagonal,
        shapes.divided,
        shapes.listed,
        shapes.dot,
        shapes.einsum,
        shapes.expanded,
        shapes.filled,
        shapes.inner,
        shapes.joined,
        shapes.like,
        shapes.matmul,
        shapes.meshed,
        shapes.moved,
        shapes.outer,
        shapes.padded,
        shapes.paired,
        shapes.raveled,
        shapes.reduced,
        shapes.reshaped,
        shapes.resized,
        shapes.selected,
        shapes.squeezed,
        shapes.stacked,
        shapes.summed,
        shapes.swapped,
        shapes.transposed,
    )
}
"""The functions that the annotation of a template's result may name."""


def result_shape(
    rule: Rule, bound: Bound, type_of: TypeOf, value_of: ValueOf = nothing_known
) -> Result:
    """The shape of what a rule's operator gives.

    A list of shapes stands for a tuple of results; a ListOf for a list of unknown length.
    """
    operands = {rule.place(operand.name): operand for operand in rule.operands}

    def argument(expr: Expr) -> Any:
        match expr:
            case Ref(var) if var in operands and operands[var].is_list:
                listed = bound[operands[var].name]
                several = item_shapes(listed, type_of)
                known = isinstance(listed, Make) or isinstance(type_of(listed), TupleOf)
                return several if known else ListOf(Array("unknown", several[0]))
            case Ref(var) if var in operands:
                return shape_of(type_of(bound[operands[var].name]))
            case Ref(var):
                return abstract(bound[var.hint], type_of, value_of)
            case Const(value):
                return value
            case Make(_, items):
                return tuple(argument(item) for item in items)
            case Apply(op, args):
                return RESULTS[op.removeprefix("shape.")](*(argument(arg) for arg in args))
        return UNKNOWN

    def annotated(result: Expr) -> Result:
        match result:
            case Const("?"):
                return shapes.SOME
            case Const("tree"):
                return Unknown("")
            case Apply("shape.structured", (Ref(var),)):
                kind = type_of(bound[var.hint])
                return kind.shape if isinstance(kind, Array) else kind
            case Const(str(spec)):
                return _from_spec(spec, rule, bound, type_of)
            case Make(_, parts):
                return tuple(annotated(part) for part in parts)
        found: Result = argument(result)
        return shapes.SOME if found is UNKNOWN else found

    if rule.result is None:
        elementwise = [o.name for o in rule.operands if o.spec in ("", "const")]
        return shapes.broadcast(*(shape_of(type_of(bound[name])) for name in elementwise))
    return annotated(rule.result)


def _from_spec(spec: str, rule: Rule, bound: Bound, type_of: TypeOf) -> AnyShape:
    """The shape that `... n m` is, by the sizes that the operands' specifications name."""
    sizes: dict[str, Any] = {}
    leads: list[AnyShape] = []
    for operand in rule.operands:
        shape = shape_of(type_of(bound[operand.name]))
        names = operand.spec.split()
        if (
            not isinstance(shape, Shape)
            or operand.spec in ("const", "scalar")
            or "*" in operand.spec
        ):
            continue
        if names[:1] == ["..."]:
            names = names[1:]
            leads.append(Shape(shape.dims[: shape.rank - len(names)]))
        for name, size in zip(reversed(names), reversed(shape.dims), strict=False):
            sizes.setdefault(name, size)
    names = spec.split()
    lead = shapes.broadcast(*leads) if names[:1] == ["..."] else SCALAR
    inner = tuple(
        int(name) if name.isdigit() else sizes.get(name, "?") for name in names if name != "..."
    )
    return Shape(lead.dims + inner) if isinstance(lead, Shape) else shapes.SOME
