"""Calls that write into an array, as the writes that they are.

np.copyto(a, b)          a[...] = b
a.fill(x)                a[...] = x
a.sort()                 a[...] = np.sort(a)
np.sin(x, out=a)         a[...] = np.sin(x)
np.sin(x, a)             a[...] = np.sin(x)
np.copyto(a, b, where=m) a[...] = np.where(m, b, a), and so of functions with out= and where=
"""

from __future__ import annotations

from dataclasses import replace

from s2sad.ir.nodes import Apply, Assign, Const, Expr, Origin, Place, Ref
from s2sad.source.operators import BINARY, COMPARE, UFUNCS, UNARY


def as_write(value: Expr, origin: Origin) -> Assign | None:
    """The write that a call is, whose result is dropped; None when it is none."""
    if not isinstance(value, Apply):
        return None
    match value:
        case Apply("numpy.copyto" | "method.fill", (target, written), ()):
            return _write(target, written, origin)
        case Apply("numpy.copyto", (target, written), (("where", mask),)):
            return _write(target, _where(mask, written, target), origin)
        case Apply("method.sort", (target, *rest), kwargs):
            ordered = Apply("numpy.sort", (again(target), *rest), kwargs, "call", "np.sort")
            return _write(target, ordered, origin)
    count = inputs(value.op)
    kwargs = tuple((name, given) for name, given in value.kwargs if name != "out")
    out = next((given for name, given in value.kwargs if name == "out"), None)
    if out is None and value.form == "call" and count is not None and len(value.args) == count + 1:
        out = value.args[-1]
        value = replace(value, args=value.args[:-1])
    if out is None or (isinstance(out, Const) and out.value is None):
        return None
    given_where = [given for name, given in kwargs if name == "where"]
    kwargs = tuple((name, given) for name, given in kwargs if name != "where")
    written = replace(value, kwargs=kwargs, origin=None)
    found = _where(given_where[0], written, out) if given_where else written
    return _write(out, found, origin)


def _where(mask: Expr, value: Expr, otherwise: Expr) -> Apply:
    return Apply("numpy.where", (mask, value, again(otherwise)), (), "call", "np.where")


def inputs(op: str) -> int | None:
    """How many arguments a ufunc of one result computes with; a further one is its `out`."""
    for count, table in ((1, UNARY), (2, BINARY), (2, COMPARE)):
        if op in table.values():
            return count
    return UFUNCS.get(op)


def _write(target: Expr, value: Expr, origin: Origin) -> Assign:
    return Assign((Place(target, Const(...)),), value, origin=origin)


def again(expr: Expr) -> Expr:
    """An expression once more: each node stands at one place."""
    match expr:
        case Ref(var):
            return Ref(var)
        case Apply():
            args = tuple(again(arg) for arg in expr.args)
            return replace(expr, args=args, origin=None)
    return expr
