"""Which variant of a rule fits a use of an operator.

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

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from s2sad.analysis.sizes import UNKNOWN, Mask, Size
from s2sad.analysis.types import (
    SCALAR,
    AnyShape,
    Array,
    ListOf,
    Shape,
    Star,
    TupleOf,
    is_complex,
    may_be_complex,
)
from s2sad.derive.abstract import (
    Bound,
    TypeOf,
    ValueOf,
    abstract,
    is_known,
    item_shapes,
    nothing_known,
    shape_of,
)
from s2sad.derive.folding import einsum_terms, evaluate
from s2sad.derive.rules import bind
from s2sad.derive.stated_dtypes import dtype_kind, dtype_name
from s2sad.derive.templates import Rule
from s2sad.ir.nodes import Apply, Each, Expr, Make, Opaque, Ref


def _nothing_varied(expr: Expr) -> bool:
    return False


def choose(
    variants: Iterable[Rule],
    node: Apply,
    type_of: TypeOf,
    value_of: ValueOf = nothing_known,
    is_varied: Callable[[Expr], bool] = _nothing_varied,
) -> tuple[Rule, Bound] | None:
    """The first variant that is proved to fit, with its arguments; None when none is.

    Nothing that is varied may stand for a static argument, or for an operand that is fixed: no
    derivative would flow into it.
    """
    for rule in variants:
        bound = bind(rule, node)
        if bound is None or any(is_varied(bound[name]) for name, _ in rule.statics):
            continue
        if any(operand.fixed and is_varied(bound[operand.name]) for operand in rule.operands):
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


def fits(rule: Rule, bound: Bound, type_of: TypeOf, value_of: ValueOf = nothing_known) -> bool:
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
    if certain and stated is not None and rule.gives in ("", "complex"):
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


def _only_known(value: Any) -> Any:
    return value if is_known(value) else UNKNOWN
