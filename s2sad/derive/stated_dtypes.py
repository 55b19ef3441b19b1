"""What an argument `dtype` means: its NumPy name, as far as the source says it.

    dtype_name(float)           float64
    dtype_kind(np.int32)        integral
    dtype_name(x.dtype)         complex128, where x is complex

What is computed when the program runs is `unknown`.
"""

from __future__ import annotations

import re

from s2sad.analysis.types import Array, may_be_complex
from s2sad.derive.abstract import TypeOf
from s2sad.ir.nodes import Apply, Const, Expr, Opaque, Ref


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
