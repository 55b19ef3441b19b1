"""Tangents that are zero, where one has to stand: of the shape and structure of their values.

x, of shape (n,)        np.zeros_like(x)
(a, k), k an integer    (0.0, None)
something unknown       zero_tangent(x)

An integer has zeros, too: where it stands, another time there may be a float.
"""

from __future__ import annotations

from dataclasses import replace

from s2sad.analysis.facts import Facts
from s2sad.analysis.types import SCALAR, Array, Inert, Struct, Unknown, is_integral
from s2sad.derive.broadcasting import call, shape_of_value
from s2sad.derive.instantiate import as_value
from s2sad.ir.nodes import Apply, Const, Expr, Make, Ref, Value, Var

_ZEROS = {"numpy.zeros", "numpy.zeros_like"}
"""What makes zeros, also an array of no dimensions, which is no number."""


def _again(node: Expr) -> Expr:
    assert isinstance(node, Apply)
    args = tuple(as_value(arg) for arg in node.args)
    kwargs = tuple((name, as_value(arg)) for name, arg in node.kwargs)
    return replace(node, args=args, kwargs=kwargs, origin=None)


class ZeroTangents:
    """Makes zeros for the values of one function."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    def of(self, node: Expr) -> Expr:
        """A tangent of zeros; None for what is no number."""
        kind = self.facts.type_of(node)
        if isinstance(node, Make) and node.kind in ("tuple", "list", "dict", "object"):
            return replace(node, items=tuple(map(self.of, node.items)), origin=None)
        if isinstance(kind, Inert):
            return Const(None)
        if isinstance(kind, Array):
            if kind.shape == SCALAR:
                is_array = isinstance(node, Apply) and node.op in _ZEROS and not is_integral(kind)
                return _again(node) if is_array else Const(0.0)
            if isinstance(node, Ref) and kind.dtype.startswith(("float", "complex")):
                return call("numpy.zeros_like", as_value(node))
            return call("numpy.zeros", shape_of_value(node, self.facts))
        if isinstance(kind, Struct) and self._is_plain(kind):
            return self._record(node, kind)
        return call("helper.zero_tangent", as_value(node), text="zero_tangent")

    def _is_plain(self, kind: Struct) -> bool:
        """Whether nothing tells a helper which fields an object has: it is of a plain class."""
        found = self.facts.program.module.find_class(f".{kind.name}")
        return found is not None and found[1].kind == "plain"

    def _record(self, node: Expr, kind: Struct) -> Expr:
        """The zeros of an object, field by field."""
        zeros = []
        for name, held in kind.fields:
            part = Apply("getattr", (node,), (), "attribute", name)
            self.facts.types[part] = held
            zeros.append(self.of(part))
        keys = tuple(Const(name) for name, _ in kind.fields)
        return Make("object", tuple(zeros), keys, kind.name)

    def of_result(self, value: Expr) -> Expr:
        """Zeros for the tangent of the variable that a statement gives a value to."""
        kind = self.facts.type_of(value)
        match kind:
            case Array(shape=shape) if shape == SCALAR:
                return Const(0.0)
            case Inert("None"):
                return Const(None)
            case Array(dtype=dtype) if dtype.startswith(("float", "complex")):
                return call("numpy.zeros_like", Value(value))
            case Array():
                return call("numpy.zeros", call("numpy.shape", Value(value)))
        if isinstance(value, Make):
            return self.of(value)
        return call("helper.zero_tangent", Value(value), text="zero_tangent")

    def of_variable(self, var: Var) -> Expr:
        """Zeros for the tangent of what stands in a variable."""
        kind = self.facts.bindings.get(var, Unknown(var.hint))
        if isinstance(kind, Array) and kind.shape == SCALAR:
            return Const(0.0)
        if isinstance(kind, Array) and not is_integral(kind):
            return call("numpy.zeros_like", Ref(var))
        return call("helper.zero_tangent", Ref(var), text="zero_tangent")
