"""What a generated function returns as gradient of a parameter: its adjoint, in the same form.

    d_W                                     an array whose shape and dtype are known, and its own
    like(x, d_x)                            an array of which less is known
    type(p)(W=d_p_W, b=d_p_b)               an object, field by field
    like_tree(params, d_params)             a container of which less is known

A gradient has the structure, shape and dtype that the parameter has; no part of it shares memory
with anything else.
"""

from __future__ import annotations

from s2sad.analysis.facts import Facts
from s2sad.analysis.types import (
    SCALAR,
    Array,
    Inert,
    Shape,
    Struct,
    Type,
    is_complex,
    is_integral,
    may_be_complex,
)
from s2sad.derive.adjoints import Adjoint
from s2sad.derive.broadcasting import call, expand, same_shape
from s2sad.ir.bindings import bound_by
from s2sad.ir.nodes import Apply, Const, Expr, Function, Make, Ref, Var


def gradient_of(var: Var, adjoint: Adjoint | None, function: Function, facts: Facts) -> Expr:
    """The gradient of a parameter, in the structure, shape and dtype that the parameter has."""
    index = next(i for i, p in enumerate(function.params) if p.var is var)
    kind = facts.summaries[function].params[index].type
    first = Ref(var)
    facts.types[first] = kind
    if isinstance(kind, Array) and kind.shape == SCALAR and kind.python:
        found = Const(0.0) if adjoint is None else adjoint.expr
        if is_complex(kind):
            return _complex_number(found, facts)
        return found
    rebound = any(var in bound_by(s) for s in function.body)
    whole = adjoint is not None and adjoint.full and not adjoint.tree
    known = not rebound or (
        whole and isinstance(kind, Array) and adjoint is not None
        and same_shape(adjoint.shape, kind.shape)
    )  # fmt: skip
    if isinstance(kind, Array) and kind.dtype in ("float64", "complex128") and known:
        if isinstance(kind.shape, Shape):
            return _array_gradient(first, adjoint, kind, facts)
    value: Expr = Ref(var)
    facts.types[value] = kind
    if isinstance(kind, Array):
        found = Const(0.0) if adjoint is None else adjoint.expr
        if adjoint is not None and adjoint.tree:
            found = call("helper.from_parts", value, found, text="from_parts")
        return _like(value, found, kind)
    return _container_gradient(value, kind, None if adjoint is None else adjoint.expr, facts)


def _like(value: Expr, found: Expr, kind: Type) -> Expr:
    """A gradient in the shape and dtype of an array or number. It is complex where that may be."""
    name = "like_complex" if may_be_complex(kind) else "like"
    return call(f"helper.{name}", value, found, text=name)


def _complex_number(found: Expr, facts: Facts) -> Expr:
    """The gradient of a complex number, which is complex."""
    if isinstance(found, Const):
        return Const(complex(found.value))
    certain = is_complex(facts.type_of(found))
    return found if certain else call("builtins.complex", found, text="complex")


def _container_gradient(value: Expr, kind: Type, found: Expr | None, facts: Facts) -> Expr:
    """The gradient of a container. One whose class and fields are known is built field by
    field, where the adjoints of its fields are."""
    if not (isinstance(kind, Struct) and isinstance(found, Make) and found.kind == "dict"):
        found = Const(None) if found is None else found
        if may_be_complex(kind):
            leaf = Apply("helper.like_complex", (), (), "name", "like_complex")
            return call("helper.like_tree", value, found, leaf, text="like_tree")
        return call("helper.like_tree", value, found, text="like_tree")
    adjoints = {key.value: item for key, item in zip(found.keys, found.items, strict=True)
                if isinstance(key, Const)}  # fmt: skip
    fields = []
    for name, field_kind in kind.fields:
        part = Apply("getattr", (value,), (), "attribute", name)
        facts.types[part] = field_kind
        fields.append((name, _field_gradient(part, field_kind, adjoints.get(name), facts)))
    return Apply("builtins.type", (value,), tuple(fields), "rebuilt", "type")


def _field_gradient(value: Expr, kind: Type, found: Expr | None, facts: Facts) -> Expr:
    if isinstance(kind, Inert) or is_integral(kind):
        return Const(None)
    if isinstance(kind, Array) and kind.shape == SCALAR and kind.python:
        return Const(0.0) if found is None else found
    if isinstance(kind, Array) and not isinstance(found, Make):
        return _like(value, Const(0.0) if found is None else found, kind)
    return _container_gradient(value, kind, found, facts)


def _array_gradient(value: Expr, adjoint: Adjoint | None, kind: Array, facts: Facts) -> Expr:
    mixed = is_complex(kind)
    dtype = Apply("builtins.complex", (), (), "name", "complex")
    if adjoint is None:
        sizes = call("numpy.shape", value)
        if mixed:
            return call("numpy.zeros", sizes, dtype=dtype)
        return call("numpy.zeros", sizes)
    whole = expand(adjoint, value, facts)
    if mixed and not is_complex(facts.type_of(whole.expr)):
        return call("numpy.array", whole.expr, dtype=dtype)
    if whole.owned and kind.shape != SCALAR:
        return whole.expr
    if kind.shape == SCALAR:
        return whole.expr
    return call("numpy.array", whole.expr)
