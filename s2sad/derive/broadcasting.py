"""Undoing what broadcasting did, and expanding narrow adjoints: once, here, never in a rule."""

from __future__ import annotations

from dataclasses import replace

from s2sad.analysis.facts import Facts
from s2sad.analysis.types import SCALAR, AnyShape, Shape, Star
from s2sad.derive.adjoints import Adjoint, is_zero
from s2sad.ir.flow import targets_of
from s2sad.ir.nodes import Apply, Const, Each, Expr, Make, Ref, Value, walk
from s2sad.tidy.algebra import add, evaluated, first_to_last, is_negative, mul, neg, simplify


def same_shape(one: AnyShape, other: AnyShape) -> bool:
    """Whether two shapes are certainly equal."""
    if isinstance(one, Shape) and "?" in one.dims:
        return False
    return one == other and one != Star("?")


def call(op: str, *args: Expr, text: str = "", **kwargs: Expr) -> Apply:
    """A call of a NumPy function in generated code."""
    return Apply(op, args, tuple(kwargs.items()), "call", text or op.replace("numpy", "np", 1))


def shape_of_value(node: Expr, facts: Facts) -> Apply:
    """np.shape of a forward value, read off the simplest value that has the same shape."""
    if isinstance(node, Ref):
        return call("numpy.shape", Value(node))
    wanted = facts.shape_of(node)
    inside = {v for n in walk(node) if isinstance(n, Each) for v in targets_of(n.target)}
    for part in walk(node):
        if not isinstance(part, Ref) or part.var in inside:
            continue
        if same_shape(facts.shape_of(part), wanted):
            return call("numpy.shape", Value(part))
    return call("numpy.shape", Value(node))


def shape_from_operands(node: Expr, facts: Facts) -> Apply | None:
    """The shape of a forward value from those of its operands; None where nothing gives it."""
    found = facts.rule_of(node) if isinstance(node, Apply) else None
    if found is None:
        return None
    rule, bound = found
    if isinstance(rule.result, Apply):
        helper = _AT_RUN_TIME.get(rule.result.op)
        if helper is None:
            return None
        operands = [bound[arg.var.hint] for arg in rule.result.args if isinstance(arg, Ref)]
        shapes = [call("numpy.shape", Value(operand)) for operand in operands]
        return call(f"helper.{helper}", *shapes, text=helper) if helper else shapes[0]
    if rule.kind != "elementwise" or rule.result is not None:
        return None
    operands = [bound[o.name] for o in rule.operands if o.name in bound]
    operands = [o for o in operands if facts.shape_of(o) != SCALAR]
    whole = facts.shape_of(node)
    equal = [o for o in operands if same_shape(facts.shape_of(o), whole)] or operands
    shapes = [call("numpy.shape", Value(operand)) for operand in equal]
    return shapes[0] if len(equal) == 1 or equal is not operands else None


_AT_RUN_TIME = {"shape.matmul": "matmul_shape", "shape.dot": "dot_shape", "shape.like": ""}
"""Functions of shapes that are dear to find by computing the value, and their helpers; none where
the shape is the operand's."""


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
    if wanted == SCALAR and not adjoint.full and adjoint.shape == SCALAR:
        return Adjoint(_times_size(adjoint.expr, node, facts), SCALAR, True, True)
    if not adjoint.full:
        adjoint = expand(adjoint, node, facts)
    return reduced_from(whole, adjoint, operand, facts)


def reduced_from(whole: AnyShape, adjoint: Adjoint, operand: Expr, facts: Facts) -> Adjoint:
    """The adjoint of an operand from one of a whole shape that the operand broadcasts to."""
    wanted, expr = facts.shape_of(operand), adjoint.expr
    if is_zero(expr):
        # What cancels is one number, whatever the shapes of its terms were.
        return Adjoint(expr, SCALAR, wanted == SCALAR)
    if same_shape(wanted, whole):
        return replace(adjoint, shape=wanted, root=None, value=None)
    if wanted == SCALAR:
        return Adjoint(summed(expr, None, False, whole, facts), SCALAR, True, True)
    if isinstance(wanted, Star) and isinstance(whole, Star) and wanted.name == whole.name != "?":
        axes = sorted(wanted.ones - whole.ones)
        if axes and not whole.ones - wanted.ones:
            return Adjoint(summed(expr, tuple(axes), True, whole, facts), wanted, True, True)
    down = summed_down(expr, wanted, whole, facts)
    if down is not None:
        return Adjoint(down, wanted, True, down is not expr or adjoint.owned)
    sizes = call("numpy.shape", Value(operand))
    negative = is_negative(expr)
    down = call("helper.unbroadcast", neg(expr) if negative else expr, sizes, text="unbroadcast")
    return Adjoint(neg(down) if negative else down, wanted, True, adjoint.owned or negative)


def is_unbroadcast(expr: Expr) -> bool:
    """Whether an adjoint is summed by the helper, which finds out the axes at run time."""
    match expr:
        case Apply("neg", (inner,)):
            return is_unbroadcast(inner)
        case Apply("helper.unbroadcast"):
            return True
    return False


def summed_down(expr: Expr, wanted: AnyShape, whole: AnyShape, facts: Facts) -> Expr | None:
    """The sum of an adjoint of one shape down to another; None where the axes are not certain."""
    if not (isinstance(wanted, Shape) and isinstance(whole, Shape)):
        return None
    plan = _axes(wanted, whole)
    if plan is None:
        return None
    lead, ones = plan
    if lead:
        expr = summed(expr, lead, False, whole, facts)
    if ones:
        expr = summed(expr, ones, True, Shape(whole.dims[len(lead) :]), facts)
    return expr


def _times_size(expr: Expr, node: Expr, facts: Facts) -> Expr:
    """The sum over all the elements of a value of an adjoint that is the same for each."""
    size = call("numpy.size", *shape_of_value(node, facts).args)
    if isinstance(expr, Const):
        size = call("builtins.float", size, text="float")
    return mul(expr, size)


def summed(
    expr: Expr, axes: tuple[int, ...] | None, keepdims: bool, whole: AnyShape, facts: Facts
) -> Expr:
    """The sum over axes of an adjoint of this shape; None stands for all.

    Factors that are the same along these axes come after the sum, where they cost less.
    """
    sign, factors = first_to_last(expr)
    inside, outside, shapes = [], [], []
    for factor in factors:
        shape = facts.shape_of(factor[1])
        if _same_along(axes, shape, whole):
            outside.append(factor)
        else:
            inside.append(factor)
            shapes.append(shape)
    if outside and not _cover(shapes, axes, whole):
        inside, outside = factors, []
    total = _sum(evaluated(inside), axes, keepdims)
    for op, same in outside:
        total = simplify(Apply(op, (total, same), (), "infix", "*" if op == "mul" else "/"))
    return total if sign > 0 else neg(total)


def _same_along(axes: tuple[int, ...] | None, shape: AnyShape, whole: AnyShape) -> bool:
    """Whether a factor of this shape is the same along axes of the whole product."""
    if shape == SCALAR:
        return True
    if axes is None or not (isinstance(shape, Shape) and isinstance(whole, Shape)):
        return False
    dims = (1,) * (whole.rank - shape.rank) + shape.dims
    return all(dims[axis] == 1 for axis in axes)


def _cover(shapes: list[AnyShape], axes: tuple[int, ...] | None, whole: AnyShape) -> bool:
    """Whether factors of these shapes have the whole product's sizes along axes."""
    if any(same_shape(shape, whole) for shape in shapes):
        return True
    if not isinstance(whole, Shape) or axes is None or "?" in whole.dims:
        return False
    wide = [s for s in shapes if isinstance(s, Shape) and s.rank == whole.rank]
    return all(any(s.dims[axis] == whole.dims[axis] for s in wide) for axis in axes)


def _sum(expr: Expr, axes: tuple[int, ...] | None, keepdims: bool) -> Expr:
    if axes is None:
        return call("numpy.sum", expr)
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


def total_of(found: list[Adjoint]) -> Adjoint:
    """The sum of several adjoints of one value."""
    if len(found) == 1:
        return found[0]
    if any(a.tree for a in found):
        whole = found[0].expr
        for other in found[1:]:
            whole = call("helper.add", whole, other.expr, text="add")
        return Adjoint(whole, tree=True)
    total = add(*(a.expr for a in found))
    best = next((a for a in found if a.full), found[0])
    if isinstance(total, Const):
        return Adjoint(total, SCALAR, best.full and best.shape == SCALAR, True)
    return Adjoint(total, best.shape, best.full, True, root=best.root)


def type_name(name: str) -> Expr:
    """A type as an argument: float, complex."""
    return Apply(f"builtins.{name}", (), (), "name", name)
