"""Undoing what broadcasting did, and expanding narrow adjoints: once, here, never in a rule."""

from __future__ import annotations

from s2sad.analysis.facts import Facts
from s2sad.analysis.types import SCALAR, AnyShape, Shape, Star
from s2sad.derive.adjoints import Adjoint
from s2sad.ir.nodes import Apply, Const, Expr, Make, Ref, Value, walk


def same_shape(one: AnyShape, other: AnyShape) -> bool:
    """Whether two shapes are certainly equal."""
    if isinstance(one, Shape) and "?" in one.dims:
        return False
    return one == other and one != Star("?")


def call(op: str, *args: Expr, text: str = "", **kwargs: Expr) -> Apply:
    """A call of a NumPy function in generated code."""
    return Apply(op, args, tuple(kwargs.items()), "call", text or op.replace("numpy", "np", 1))


def shape_of_value(node: Expr, facts: Facts) -> Expr:
    """np.shape of a forward value, read off the simplest value that has the same shape."""
    if isinstance(node, Ref):
        return call("numpy.shape", Value(node))
    wanted = facts.shape_of(node)
    for part in walk(node):
        if isinstance(part, Ref) and same_shape(facts.shape_of(part), wanted):
            return call("numpy.shape", Value(part))
    return call("numpy.shape", Value(node))


def expand(adjoint: Adjoint, node: Expr, facts: Facts) -> Adjoint:
    """An adjoint with the whole shape of its value."""
    shape = facts.shape_of(node)
    if adjoint.full or adjoint.tree:
        return adjoint
    if shape == SCALAR:
        return Adjoint(adjoint.expr, SCALAR, True, True)
    return filled(adjoint.expr, shape_of_value(node, facts), shape)


def filled(expr: Expr, sizes: Expr, shape: AnyShape) -> Adjoint:
    """An array of this shape that repeats a narrow adjoint; a constant fills it."""
    match expr:
        case Const(0 | 0.0):
            return Adjoint(call("numpy.zeros", sizes), shape, True, True)
        case Const(1 | 1.0):
            return Adjoint(call("numpy.ones", sizes), shape, True, True)
        case Const():
            return Adjoint(call("numpy.full", sizes, expr), shape, True, True)
    return Adjoint(call("numpy.broadcast_to", expr, sizes), shape, True, False)


def reduced_to(adjoint: Adjoint, node: Expr, operand: Expr, facts: Facts) -> Adjoint:
    """The adjoint of an operand from one of the shape that broadcasting gave the result."""
    wanted, whole = facts.shape_of(operand), facts.shape_of(node)
    if same_shape(wanted, whole):
        return adjoint
    if whole == SCALAR:
        return Adjoint(adjoint.expr, SCALAR, False, adjoint.owned)
    if not adjoint.full:
        adjoint = expand(adjoint, node, facts)
    expr = adjoint.expr
    if wanted == SCALAR:
        return Adjoint(call("numpy.sum", expr), SCALAR, True, True)
    if isinstance(wanted, Star) and isinstance(whole, Star) and wanted.name == whole.name:
        axes = sorted(wanted.ones - whole.ones)
        if axes and not whole.ones - wanted.ones:
            return Adjoint(_sum(expr, tuple(axes), True), wanted, True, True)
    if isinstance(wanted, Shape) and isinstance(whole, Shape):
        plan = _axes(wanted, whole)
        if plan is not None:
            lead, ones = plan
            if lead:
                expr = _sum(expr, lead, False)
            if ones:
                expr = _sum(expr, ones, True)
            return Adjoint(expr, wanted, True, bool(lead or ones))
    sizes = call("numpy.shape", Value(operand))
    summed = call("helper.unbroadcast", expr, sizes, text="unbroadcast")
    return Adjoint(summed, wanted, True, adjoint.owned)


def _sum(expr: Expr, axes: tuple[int, ...], keepdims: bool) -> Expr:
    axis: Expr = Const(axes[0]) if len(axes) == 1 else Make("tuple", tuple(map(Const, axes)))
    kwargs: tuple[tuple[str, Expr], ...] = (("axis", axis),)
    if keepdims:
        kwargs += (("keepdims", Const(True)),)
    if isinstance(expr, Ref):
        return Apply("numpy.sum", (expr,), kwargs, "method", "sum")
    return Apply("numpy.sum", (expr,), kwargs, "call", "np.sum")


def _axes(wanted: Shape, whole: Shape) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
    """The leading axes and the axes of size one to sum over; None when that is not certain."""
    extra = whole.rank - wanted.rank
    if extra < 0:
        return None
    ones = []
    for axis, (small, large) in enumerate(zip(wanted.dims, whole.dims[extra:], strict=True)):
        if small == large and small != "?":
            continue
        if small != 1:
            return None
        ones.append(axis)
    return tuple(range(extra)), tuple(ones)
