"""Which variant of a rule fits a use of an operator, and the shape of its result.

    choose(rules()["numpy.sum"], node, type_of)    (rule, {'x': ..., 'axis': ...}), or None

A variant fits when its arguments bind, when the shapes that it states for its operands are proved,
and when its conditions are proved:

    @when(axis is None)            any expression over static arguments that are known at generation
    @when(isinstance(n, int))      the type of a static argument
    @when(literal(n))              it is known at generation
    @when(inexact(dtype))          a dtype that is named, and means integers, does not fit
    key: basic                     integers, slices, None and ... only
    key: mask                      an array of booleans
    @when(array(x))                certainly an array
    @when(is_complex(x))           certainly complex
    @when(perhaps_real(x))         not certainly complex
    @when(single(x))               not a list
    @when(floating(dtype))         or integral: a dtype that is named
    @when(aligned(spec, a, b))     an einsum whose adjoints are einsums
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from s2sad.analysis import indices, shapes
from s2sad.analysis.shapes import Result
from s2sad.analysis.sizes import UNKNOWN, Mask, Size, computed
from s2sad.analysis.types import (
    SCALAR,
    AnyShape,
    Array,
    ListOf,
    Shape,
    Star,
    TupleOf,
    Type,
    Unknown,
    is_complex,
    is_integral,
    may_be_complex,
)
from s2sad.derive.folding import einsum_terms, evaluate
from s2sad.derive.rules import bind
from s2sad.derive.templates import Rule
from s2sad.ir.nodes import Apply, Const, Each, Expr, Make, Opaque, Ref, Slice

TypeOf: TypeAlias = Callable[[Expr], Type | AnyShape]
"""What is known of the type of an expression."""

ValueOf: TypeAlias = Callable[[Expr], Any]
"""What is known of the value of a name: an abstract value."""

Bound: TypeAlias = dict[str, Expr]
"""What stands for each operand and static argument."""


def _nothing_known(expr: Expr) -> Any:
    return UNKNOWN


def _nothing_varied(expr: Expr) -> bool:
    return False


def choose(
    variants: Iterable[Rule],
    node: Apply,
    type_of: TypeOf,
    value_of: ValueOf = _nothing_known,
    is_varied: Callable[[Expr], bool] = _nothing_varied,
) -> tuple[Rule, Bound] | None:
    """The first variant that is proved to fit, with its arguments; None when none is.

    Nothing that is varied may stand for a static argument: no derivative would flow into it.
    """
    for rule in variants:
        bound = bind(rule, node)
        if bound is None or any(is_varied(bound[name]) for name, _ in rule.statics):
            continue
        if any(_brings_varied(expr, is_varied) for expr in bound.values()):
            continue
        if fits(rule, bound, type_of, value_of):
            return rule, _with_arrays(rule, bound, type_of)
    return None


def _brings_varied(expr: Expr, is_varied: Callable[[Expr], bool]) -> bool:
    """Whether an argument is a function that has captured something varied."""
    return isinstance(expr, Opaque) and expr.inert and any(is_varied(p) for p in expr.parts)


def _with_arrays(rule: Rule, bound: Bound, type_of: TypeOf) -> Bound:
    """A list where NumPy takes an array is read as np.array of it."""
    if rule.zero or not rule.op.startswith(("numpy.", "scipy.", "matmul")):
        return bound
    lists = [o.name for o in rule.operands if not o.is_list and _is_list(bound[o.name], type_of)]
    return bound | {name: Apply("numpy.array", (bound[name],), text="np.array") for name in lists}


def _is_list(expr: Expr, type_of: TypeOf) -> bool:
    if isinstance(expr, Make):
        return expr.kind in ("tuple", "list")
    return isinstance(type_of(expr), TupleOf | ListOf)


def fits(rule: Rule, bound: Bound, type_of: TypeOf, value_of: ValueOf = _nothing_known) -> bool:
    """Whether the shapes and conditions of a variant are proved."""
    operands = {operand.name for operand in rule.operands}
    values = {
        rule.place(name): (
            shape_of(type_of(expr)) if name in operands else abstract(expr, type_of, value_of)
        )
        for name, expr in bound.items()
    }
    found = any(may_be_complex(type_of(bound[operand.name])) for operand in rule.operands)
    if not _numbers_fit(rule, bound, type_of, found):
        return False
    where = rule.where + rule.if_complex if found else rule.where
    return all(
        _spec_fits(operand.spec, bound[operand.name], type_of) for operand in rule.operands
    ) and all(_holds(condition, values, bound, type_of) for condition in where)


def _numbers_fit(rule: Rule, bound: Bound, type_of: TypeOf, found: bool) -> bool:
    """Whether a rule is for numbers such as these: real ones, or complex ones.

    A dtype that is stated must not be real where an operand is complex: NumPy would leave out its
    imaginary part.
    """
    if rule.numbers == "any":
        return True
    if not found:
        return rule.numbers != "complex"
    stated = bound.get("dtype")
    certain = any(is_complex(type_of(bound[operand.name])) for operand in rule.operands)
    if certain and stated is not None and rule.gives != "real":
        if dtype_name(stated, type_of).startswith(("float", "int", "uint", "bool")):
            return False
    return rule.numbers != "real"


def _spec_fits(spec: str, expr: Expr, type_of: TypeOf) -> bool:
    if spec.startswith("list "):
        if not isinstance(expr, Make | Each) and not isinstance(type_of(expr), TupleOf | ListOf):
            return False
        spec = spec.removeprefix("list ")
        return spec in ("", "*s") or all(_shape_fits(spec, s) for s in item_shapes(expr, type_of))
    return (
        spec in ("", "const") or spec.startswith("*") or _shape_fits(spec, shape_of(type_of(expr)))
    )


def _shape_fits(spec: str, shape: AnyShape) -> bool:
    """Whether a shape is certainly one that a specification such as `... n 3` allows."""
    if not isinstance(shape, Shape):
        return spec.startswith("*")
    names = spec.replace("scalar", "").split()
    dims = shape.dims
    if names[:1] == ["..."]:
        names = names[1:]
        if len(dims) < len(names):
            return False
        dims = dims[len(dims) - len(names) :]
    sizes: dict[str, Any] = {name: int(name) for name in names if name.isdigit()}
    return len(names) == len(dims) and all(
        sizes.setdefault(name, size) == size and (size != "?" or names.count(name) == 1)
        for name, size in zip(names, dims, strict=True)
    )


CONDITIONS = {
    f"template.{name}"
    for name in (
        "basic mask literal array single aligned inexact integral floating is_complex"
        " perhaps_real".split()
    )
}
"""The conditions that are no expressions."""


def _holds(condition: Expr, values: Mapping[Any, Any], bound: Bound, type_of: TypeOf) -> bool:
    """Whether a condition is proved."""
    match condition:
        case Apply("template.basic", (Ref(var),)):
            return _is_basic(values[var])
        case Apply("template.mask", (Ref(var),)):
            return isinstance(values[var], Mask)
        case Apply("template.literal", (Ref(var),)):
            return is_known(values[var])
        case Apply("template.is_complex", (Ref(var),)):
            kind = type_of(bound[var.hint])
            return isinstance(kind, Array) and is_complex(kind)
        case Apply("template.perhaps_real", (Ref(var),)):
            kind = type_of(bound[var.hint])
            return not (isinstance(kind, Array) and is_complex(kind))
        case Apply("template.array", (Ref(var),)):
            return isinstance(type_of(bound[var.hint]), Array | Shape | Star)
        case Apply("template.single", (Ref(var),)):
            return not _is_list(bound[var.hint], type_of)
        case Apply("template.aligned", refs):
            return _is_aligned(*(values[ref.var] for ref in refs if isinstance(ref, Ref)))
        case Apply("template.inexact", (Ref(var),)):
            return dtype_kind(bound[var.hint]) != "integral"
        case Apply("template.integral" | "template.floating" as op, (Ref(var),)):
            return dtype_kind(bound[var.hint]) == op.removeprefix("template.")
    return evaluate(condition, lambda var: _only_known(values[var])) is True


def _is_basic(key: Any) -> bool:
    """Whether an index makes a view, and names each element once."""
    return all(
        k is None
        or k is Ellipsis
        or isinstance(k, slice | Size)
        or type(k) is int
        or (isinstance(k, Shape) and k == SCALAR)
        for k in (key if isinstance(key, tuple) else (key,))
    )


def _is_aligned(spec: Any, *operands: AnyShape) -> bool:
    """Whether the adjoint of each operand of an einsum is an einsum of its own shape.

    Each letter of an operand is to be in another one or in the result, once in each, and all
    axes of a letter are to have one size: NumPy would repeat an axis of size one.
    """
    if not isinstance(spec, str) or "." in spec:
        return False
    terms, output = einsum_terms(spec)
    sizes: dict[str, Any] = {}
    for position, (term, shape) in enumerate(zip(terms, operands, strict=True)):
        others = "".join([output, *terms[:position], *terms[position + 1 :]])
        if not isinstance(shape, Shape) or shape.rank != len(term) or len(set(term)) < len(term):
            return False
        for letter, size in zip(term, shape.dims, strict=True):
            if letter not in others or size == "?" or sizes.setdefault(letter, size) != size:
                return False
    return True


def dtype_kind(dtype: Expr) -> str:
    """Whether an argument `dtype` means integers (or booleans), floats, or something unknown."""
    match dtype:
        case Const(str(name)):
            pass
        case Ref(var):
            name = var.hint
        case Apply("attribute.dtype"):
            name = "float"
        case Opaque(function=name) if name:
            pass
        case Apply(path, ()):
            name = path
        case _:
            return "unknown"
    name = name.rpartition(".")[2].rstrip("_")
    if name in ("float", "float64", "float32", "float16", "longdouble"):
        return "floating"
    return "integral" if re.fullmatch(r"bool|u?int\d*|intp", name) else "unknown"


def dtype_name(dtype: Expr, type_of: TypeOf | None = None) -> str:
    """The NumPy name of the dtype that an argument `dtype` means, or `unknown`."""
    match dtype:
        case Const(str(name)):
            pass
        case Apply("attribute.dtype", (array,)) if type_of is not None:
            kind = type_of(array)
            return kind.dtype if isinstance(kind, Array) and may_be_complex(kind) else "unknown"
        case Ref(var):
            name = var.hint
        case Apply(path, ()):
            name = path
        case Opaque(function=name) if name:
            pass
        case _:
            return "unknown"
    name = name.rpartition(".")[2].rstrip("_")
    named = {"float": "float64", "int": "int64", "complex": "complex128", "double": "float64"}
    named |= {"cdouble": "complex128", "csingle": "complex64"}
    name = named.get(name, name)
    return name if re.fullmatch(r"bool|(u?int|float|complex)\d+", name) else "unknown"


def is_known(value: Any) -> bool:
    """Whether an abstract value is a Python value that is known in full."""
    if isinstance(value, tuple | list):
        return all(is_known(item) for item in value)
    return value is not UNKNOWN and not isinstance(value, Size | Shape | Star | Mask)


def _only_known(value: Any) -> Any:
    return value if is_known(value) else UNKNOWN


# ---------------------------------------------------------------- abstract values


def shape_of(kind: Type | AnyShape) -> AnyShape:
    """The shape of a value of this type."""
    if isinstance(kind, Shape | Star):
        return kind
    if isinstance(kind, Unknown) and kind.name:
        return Star(kind.name)
    if isinstance(kind, TupleOf):
        return shapes.stacked([shape_of(item) for item in kind.items])
    return kind.shape if isinstance(kind, Array) else shapes.SOME


def item_shapes(expr: Expr, type_of: TypeOf) -> tuple[AnyShape, ...]:
    """The shapes of the items of a list: of each where they are known, else one for all."""
    if isinstance(expr, Make):
        return tuple(shape_of(type_of(item)) for item in expr.items)
    match type_of(expr):
        case TupleOf(items):
            return tuple(shape_of(item) for item in items)
        case ListOf(item):
            return (shape_of(item),)
    return (shapes.SOME,)


def abstract(expr: Expr, type_of: TypeOf, value_of: ValueOf = _nothing_known) -> Any:
    """What is known at generation of the value of an argument."""

    def inner(part: Expr) -> Any:
        return abstract(part, type_of, value_of)

    match expr:
        case Const(value):
            return value
        case Make("tuple" | "list" as kind, items):
            values = [inner(item) for item in items]
            return tuple(values) if kind == "tuple" else values
        case Slice(start, stop, step):
            return slice(*(None if part is None else inner(part) for part in (start, stop, step)))
        case Apply("numpy.shape", (array,)):
            shape = shape_of(type_of(array))
            return shape if isinstance(shape, Star) else _as_values(shape)
        case Apply("getitem", (Apply("numpy.shape") as part, Const(int(axis)))):
            sizes = inner(part)
            inside = isinstance(sizes, tuple) and -len(sizes) <= axis < len(sizes)
            return sizes[axis] if inside else SCALAR
        case Apply("builtins.len", (array,)):
            shape = shape_of(type_of(array))
            known = isinstance(shape, Shape) and shape.rank > 0
            return _as_values(shape)[0] if known else SCALAR
        case Apply("numpy.ndim", (array,)):
            shape = shape_of(type_of(array))
            return shape.rank if isinstance(shape, Shape) else SCALAR
        case Apply("neg", (operand,)):
            value = inner(operand)
            return -value if isinstance(value, int | float) else _by_type(expr, type_of)
        case Apply("add" | "sub" | "mul" | "floordiv" as op, (left, right)):
            one, other = inner(left), inner(right)
            if op == "add" and isinstance(one, tuple) and isinstance(other, tuple):
                return one + other
            found = computed(op, one, other)
            if found is not UNKNOWN:
                return found
        case Apply("getitem", (Ref() as part, key)):
            sizes, place = inner(part), inner(key)
            if isinstance(sizes, tuple) and _is_literal(place):
                if isinstance(place, slice):
                    return sizes[place]
                return sizes[place] if -len(sizes) <= place < len(sizes) else SCALAR
    known = value_of(expr)
    return _by_type(expr, type_of) if known is UNKNOWN else known


def _is_literal(key: Any) -> bool:
    parts = (key.start, key.stop, key.step) if isinstance(key, slice) else (key,)
    return all(part is None or type(part) is int for part in parts) and key is not None


def _as_values(shape: AnyShape) -> tuple[Any, ...]:
    """The sizes of a shape as abstract integers."""
    dims = shape.dims if isinstance(shape, Shape) else ()
    return tuple(
        SCALAR if size == "?" else Size(size) if isinstance(size, str) else size for size in dims
    )


def _by_type(expr: Expr, type_of: TypeOf) -> Any:
    kind = type_of(expr)
    if isinstance(kind, Array):
        if kind.dtype == "bool":
            return Mask(kind.shape)
        return kind.shape if is_integral(kind) else UNKNOWN
    return UNKNOWN


# ---------------------------------------------------------------- the shape of a result


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
    rule: Rule, bound: Bound, type_of: TypeOf, value_of: ValueOf = _nothing_known
) -> Result:
    """The shape of what a rule's operator gives.

    A list of shapes stands for a tuple of results; a ListOf for a list of unknown length.
    """
    operands = {rule.place(operand.name): operand for operand in rule.operands}

    def argument(expr: Expr) -> Any:
        match expr:
            case Ref(var) if var in operands and operands[var].is_list:
                return item_shapes(bound[operands[var].name], type_of)
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
