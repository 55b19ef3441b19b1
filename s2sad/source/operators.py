"""The canonical names of operators: one name per operation, however it is written.

`a + b`, `np.add(a, b)` and `operator.add(a, b)` are all `add`; `x.sum()` and `np.sum(x)` are both
`numpy.sum`. Rules, analyses and tidying know canonical names only. User code and templates get
theirs from the same tables, which hold names and nothing else: what an operator means stands in
its template.

    canonical("numpy.add")       "add"
    canonical("numpy.absolute")  "numpy.abs"
    canonical("math.sin")        "math.sin"
    METHODS["sum"]               "numpy.sum"
    ATTRIBUTES["T"]              "numpy.transpose"
"""

from __future__ import annotations

import ast

BINARY = {
    "+": "add",
    "-": "sub",
    "*": "mul",
    "/": "truediv",
    "//": "floordiv",
    "%": "mod",
    "**": "pow",
    "@": "matmul",
    "&": "bitand",
    "|": "bitor",
    "^": "bitxor",
    "<<": "lshift",
    ">>": "rshift",
}
"""Infix operators, by token. An augmented assignment `+=` has the operator of its token `+`."""

UNARY = {"-": "neg", "+": "pos", "~": "invert", "not": "not"}
"""Prefix operators, by token."""

COMPARE = {
    "<": "lt",
    "<=": "le",
    ">": "gt",
    ">=": "ge",
    "==": "eq",
    "!=": "ne",
    "is": "is",
    "is not": "isnot",
    "in": "in",
    "not in": "notin",
}
"""Comparisons, by token."""

AST: dict[type[ast.AST], str] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "truediv",
    ast.FloorDiv: "floordiv",
    ast.Mod: "mod",
    ast.Pow: "pow",
    ast.MatMult: "matmul",
    ast.BitAnd: "bitand",
    ast.BitOr: "bitor",
    ast.BitXor: "bitxor",
    ast.LShift: "lshift",
    ast.RShift: "rshift",
    ast.USub: "neg",
    ast.UAdd: "pos",
    ast.Invert: "invert",
    ast.Not: "not",
    ast.Lt: "lt",
    ast.LtE: "le",
    ast.Gt: "gt",
    ast.GtE: "ge",
    ast.Eq: "eq",
    ast.NotEq: "ne",
    ast.Is: "is",
    ast.IsNot: "isnot",
    ast.In: "in",
    ast.NotIn: "notin",
}
"""Operators, by the class that the standard library's `ast` has for them."""

TOKENS = {op: token for table in (BINARY, UNARY, COMPARE) for token, op in table.items()}
"""The token of each operator that is written with one."""

ATTRIBUTES = {
    "T": "numpy.transpose",
    "mT": "numpy.matrix_transpose",
    "shape": "numpy.shape",
    "size": "numpy.size",
    "ndim": "numpy.ndim",
    "real": "numpy.real",
    "imag": "numpy.imag",
    "dtype": "attribute.dtype",
    "flat": "attribute.flat",
}
"""Attributes of arrays that are operators."""

_SAME_NAME = """
    all any argmax argmin argpartition argsort choose clip copy cumprod cumsum diagonal dot max mean
    min nonzero prod ravel repeat reshape round searchsorted squeeze std sum swapaxes take trace
    transpose var
"""

METHODS = {name: f"numpy.{name}" for name in _SAME_NAME.split()} | {
    "astype": "numpy.astype",
    "compress": "method.compress",
    "conj": "numpy.conj",
    "conjugate": "numpy.conj",
    "fill": "method.fill",
    "flatten": "method.flatten",
    "item": "method.item",
    "sort": "method.sort",
    "tolist": "method.tolist",
}
"""Methods of arrays that are operators. The array is their first argument.

`numpy.*` methods take the arguments of the function in the same order. A `method.*` has no function
with the same meaning and the same order of arguments.
"""

PACKED = {"reshape": "shape", "transpose": "axes", "item": "args"}
"""Methods that take a tuple also as several arguments (`x.reshape(2, 3)`), and its parameter."""

_OF_ONE = """
    abs arccos arccosh arcsin arcsinh arctan arctanh cbrt ceil conj cos cosh degrees exp exp2 expm1
    fabs floor log log10 log1p log2 radians reciprocal rint sign sin sinh sqrt square tan tanh trunc
"""

_OF_TWO = "arctan2 copysign fmax fmin fmod hypot logaddexp logaddexp2 maximum minimum"

UFUNCS = {f"numpy.{name}": 1 for name in _OF_ONE.split()} | {
    f"numpy.{name}": 2 for name in _OF_TWO.split()
}
"""How many arguments the ufuncs without a token compute with. A table, so that reading a program
need not import NumPy."""

_ALIASES = {
    # The ufuncs that stand behind Python's operators.
    "numpy.add": "add",
    "numpy.subtract": "sub",
    "numpy.multiply": "mul",
    "numpy.divide": "truediv",
    "numpy.true_divide": "truediv",
    "numpy.floor_divide": "floordiv",
    "numpy.mod": "mod",
    "numpy.remainder": "mod",
    "numpy.power": "pow",
    "numpy.pow": "pow",
    "numpy.matmul": "matmul",
    "numpy.negative": "neg",
    "numpy.positive": "pos",
    "numpy.invert": "invert",
    "numpy.bitwise_not": "invert",
    "numpy.bitwise_invert": "invert",
    "numpy.bitwise_and": "bitand",
    "numpy.bitwise_or": "bitor",
    "numpy.bitwise_xor": "bitxor",
    "numpy.left_shift": "lshift",
    "numpy.bitwise_left_shift": "lshift",
    "numpy.right_shift": "rshift",
    "numpy.bitwise_right_shift": "rshift",
    "numpy.less": "lt",
    "numpy.less_equal": "le",
    "numpy.greater": "gt",
    "numpy.greater_equal": "ge",
    "numpy.equal": "eq",
    "numpy.not_equal": "ne",
    "builtins.pow": "pow",
    # Two names of one NumPy function.
    "numpy.absolute": "numpy.abs",
    "numpy.amax": "numpy.max",
    "numpy.amin": "numpy.min",
    "numpy.around": "numpy.round",
    "numpy.round_": "numpy.round",
    "numpy.concat": "numpy.concatenate",
    "numpy.conjugate": "numpy.conj",
    "numpy.fix": "numpy.trunc",
    "numpy.product": "numpy.prod",
    "numpy.cumproduct": "numpy.cumprod",
    "numpy.row_stack": "numpy.vstack",
    "numpy.in1d": "numpy.isin",
    "numpy.trapz": "numpy.trapezoid",
    "numpy.permute_dims": "numpy.transpose",
    "numpy.linalg.cross": "numpy.cross",
    "numpy.linalg.matmul": "matmul",
    "numpy.linalg.outer": "numpy.outer",
    "numpy.linalg.tensordot": "numpy.tensordot",
    "numpy.linalg.matrix_transpose": "numpy.matrix_transpose",
    "numpy.linalg.vecdot": "numpy.vecdot",
    "scipy.special.psi": "scipy.special.digamma",
    "numpy.deg2rad": "numpy.radians",
    "numpy.rad2deg": "numpy.degrees",
    "numpy.asin": "numpy.arcsin",
    "numpy.acos": "numpy.arccos",
    "numpy.atan": "numpy.arctan",
    "numpy.atan2": "numpy.arctan2",
    "numpy.asinh": "numpy.arcsinh",
    "numpy.acosh": "numpy.arccosh",
    "numpy.atanh": "numpy.arctanh",
    "numpy.double": "numpy.float64",
    "numpy.single": "numpy.float32",
    # The operator module. Its functions are the operators, with an underscore after a keyword.
    "operator.abs": "builtins.abs",
    "operator.getitem": "getitem",
    "operator.not_": "not",
    "operator.is_": "is",
    "operator.is_not": "isnot",
    "operator.and_": "bitand",
    "operator.or_": "bitor",
    "operator.xor": "bitxor",
    "operator.inv": "invert",
} | {f"operator.{op}": op for op in TOKENS if op not in ("is", "isnot", "in", "notin", "not")}


def canonical(path: str) -> str:
    """The canonical name of the function with a dotted path."""
    return _ALIASES.get(path, path)
