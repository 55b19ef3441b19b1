"""The statements of a text that black would leave as they are, so that it need not read them.

    d_r = 2.0 * r                          settled
    d_W += x.T @ d_h[:, 0]                 settled
    y = (a + b)                            black decides: it takes the parentheses away
    z = {'a': 1}                           black decides: here about quotes

black takes a hundred times as long as this. Most lines of a gradient are short assignments; each is
written anew from its tree, with the parentheses that it needs and no others. A line that reads the
same is as black would have it; whatever is not covered here is left to black.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

_INDENT = 4
_COMMENT = re.compile(r"# \S(?:.*\S)?")
_DIRECTIVE = re.compile(r"#.*(?:fmt|yapf|type) *:|# *pragma")
_NUMBER = re.compile(r"\d+(?:\.\d+)?(?:e-?\d+)?")
_STRING = re.compile(r'"[^"\\]*"')

# Precedence, from loose to tight.
_IF, _OR, _AND, _NOT, _COMPARE, _BITOR, _BITXOR, _BITAND, _SHIFT = range(9)
_SUM, _PRODUCT, _SIGN, _POWER, _ATOM = range(9, 14)
_BINARY: dict[type, tuple[str, int]] = {
    ast.Add: ("+", _SUM), ast.Sub: ("-", _SUM), ast.Mult: ("*", _PRODUCT),
    ast.Div: ("/", _PRODUCT), ast.FloorDiv: ("//", _PRODUCT), ast.Mod: ("%", _PRODUCT),
    ast.MatMult: ("@", _PRODUCT), ast.Pow: ("**", _POWER), ast.LShift: ("<<", _SHIFT),
    ast.RShift: (">>", _SHIFT), ast.BitAnd: ("&", _BITAND), ast.BitXor: ("^", _BITXOR),
    ast.BitOr: ("|", _BITOR),
}  # fmt: skip
_COMPARISONS: dict[type, str] = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
    ast.Is: "is", ast.IsNot: "is not", ast.In: "in", ast.NotIn: "not in",
}  # fmt: skip
_SIGNS: dict[type, str] = {ast.USub: "-", ast.UAdd: "+", ast.Invert: "~"}


class _Unsure(Exception):
    """A form for which this module does not know what black does."""


def without_settled(text: str, width: int) -> tuple[str, dict[str, str]]:
    """The text with a name in place of each run of settled statements, and the runs by these names.

    black treats a name standing alone as it treats an assignment; only the blank lines around it
    and its indentation matter.
    """
    lines = text.split("\n")
    mark = "_settled_"
    while mark in text:
        mark += "_"
    runs: dict[str, str] = {}
    kept: list[str] = []
    position = 0
    if _DIRECTIVE.search(text):
        return text, runs
    for first, last, settled in _runs(lines, ast.parse(text).body, 0, width):
        name = f"{mark}{len(runs)}"
        runs[name] = "\n".join(settled)
        indent = len(lines[first]) - len(lines[first].lstrip())
        kept += [*lines[position:first], " " * indent + name]
        position = last + 1
    return "\n".join([*kept, *lines[position:]]), runs


def with_settled(text: str, runs: dict[str, str]) -> str:
    """The text with the runs back in their places."""
    lines = (runs.get(line.lstrip(), line) for line in text.split("\n"))
    return "\n".join(lines) if runs else text


def _runs(
    lines: list[str], suite: Sequence[ast.AST], depth: int, width: int
) -> Iterator[tuple[int, int, list[str]]]:
    """The settled statements of a suite that follow each other: the numbers of the first and the
    last line, and the lines between as they are to be."""
    first, run = 0, list[str]()
    last = -1
    for node in suite:
        line = _settled_line(lines, node, depth, width)
        start = getattr(node, "lineno", 0) - 1
        between = _between(lines[last + 1 : start], depth) if run and line is not None else None
        if run and between is None:
            yield first, last, run
            run = []
        if line is not None:
            run, first = ([*run, *(between or ()), line], first) if run else ([line], start)
            last = start
        for name in ("body", "handlers", "orelse", "finalbody", "cases"):
            inner = getattr(node, name, None)
            if isinstance(inner, list):
                deeper = name not in ("handlers", "cases") or isinstance(node, ast.Match)
                yield from _runs(lines, inner, depth + deeper, width)
    if run:
        yield first, last, run


def _between(lines: list[str], depth: int) -> list[str] | None:
    """The comments and blank lines between two statements, if black leaves them."""
    indent = " " * (_INDENT * depth)
    for number, line in enumerate(lines):
        if not line:
            if depth == 0 or (number and not lines[number - 1]):
                return None
        elif not line.startswith(indent) or not _COMMENT.fullmatch(line, len(indent)):
            return None
    return lines


def _settled_line(lines: list[str], node: ast.AST, depth: int, width: int) -> str | None:
    """The line of a statement as black writes it, if that is certain."""
    if not isinstance(node, ast.Assign | ast.AugAssign | ast.Expr):
        return None
    line = lines[node.lineno - 1]
    if node.end_lineno != node.lineno or not line.isascii():
        return None
    try:
        text = " " * (_INDENT * depth) + _Layout(line).statement(node)
    except _Unsure:
        return None
    same = text.replace(" ** ", "**") == line.replace(" ** ", "**")
    return text if same and len(text) <= width else None


class _Layout:
    """Writes the nodes of one line as black lays them out."""

    def __init__(self, line: str) -> None:
        self.line = line

    def statement(self, node: ast.Assign | ast.AugAssign | ast.Expr) -> str:
        if isinstance(node, ast.Expr):
            if not isinstance(node.value, ast.Call):
                raise _Unsure
            return self.expression(node.value)
        value = self.listed(node.value)
        if isinstance(node, ast.AugAssign):
            return f"{self.expression(node.target)} {_BINARY[type(node.op)][0]}= {value}"
        return " = ".join([*(self.listed(target) for target in node.targets), value])

    def listed(self, node: ast.expr) -> str:
        """An expression that may be a tuple without parentheses."""
        if isinstance(node, ast.Tuple) and len(node.elts) > 1:
            return ", ".join(self.expression(item) for item in node.elts)
        return self.expression(node)

    def expression(self, node: ast.expr, level: int = _IF) -> str:
        """An expression, in parentheses if it binds more loosely than `level`."""
        text, own = _FORMS.get(type(node), _unknown)(self, node)
        return f"({text})" if own < level else text

    def name(self, node: ast.Name) -> tuple[str, int]:
        return node.id, _ATOM

    def constant(self, node: ast.Constant) -> tuple[str, int]:
        text = self.line[node.col_offset : node.end_col_offset]
        form = _STRING if isinstance(node.value, str) else _NUMBER
        known = node.value is None or node.value is ... or isinstance(node.value, bool)
        if not known and not form.fullmatch(text):
            raise _Unsure
        return text, _ATOM

    def attribute(self, node: ast.Attribute) -> tuple[str, int]:
        if isinstance(node.value, ast.Constant):
            raise _Unsure
        return f"{self.expression(node.value, _ATOM)}.{node.attr}", _ATOM

    def call(self, node: ast.Call) -> tuple[str, int]:
        parts = [self.expression(argument) for argument in node.args]
        for keyword in node.keywords:
            if keyword.arg is None:
                raise _Unsure
            parts.append(f"{keyword.arg}={self.expression(keyword.value)}")
        return f"{self.expression(node.func, _ATOM)}({', '.join(parts)})", _ATOM

    def subscript(self, node: ast.Subscript) -> tuple[str, int]:
        keys = [node.slice]
        if isinstance(node.slice, ast.Tuple):
            keys = node.slice.elts
            if len(keys) < 2:
                raise _Unsure
        inside = ", ".join(
            self.slice(key) if isinstance(key, ast.Slice) else self.expression(key) for key in keys
        )
        return f"{self.expression(node.value, _ATOM)}[{inside}]", _ATOM

    def slice(self, node: ast.Slice) -> str:
        bounds = ["", ""] if node.step is None else ["", "", ""]
        for position, bound in enumerate((node.lower, node.upper, node.step)):
            plain = bound.operand if isinstance(bound, ast.UnaryOp) else bound
            if plain is not None and not isinstance(plain, ast.Name | ast.Constant):
                raise _Unsure  # black puts spaces around the colon, depending on the rest
            if bound is not None:
                bounds[position] = self.expression(bound)
        return ":".join(bounds)

    def binary(self, node: ast.BinOp) -> tuple[str, int]:
        sign, own = _BINARY[type(node.op)]
        if own == _POWER:
            if not (_is_simple(node.left) and _is_simple(node.right)):
                raise _Unsure  # spaces or none, depending on how simple the operands are
            return f"{self.expression(node.left)}**{self.expression(node.right)}", own
        return (
            f"{self.expression(node.left, own)} {sign} {self.expression(node.right, own + 1)}",
            own,
        )

    def unary(self, node: ast.UnaryOp) -> tuple[str, int]:
        if isinstance(node.op, ast.Not):
            return f"not {self.expression(node.operand, _NOT)}", _NOT
        if isinstance(node.operand, ast.BinOp) and isinstance(node.operand.op, ast.Pow):
            raise _Unsure
        return f"{_SIGNS[type(node.op)]}{self.expression(node.operand, _SIGN)}", _SIGN

    def comparison(self, node: ast.Compare) -> tuple[str, int]:
        pairs = zip(node.ops, node.comparators, strict=True)
        rest = (f" {_COMPARISONS[type(op)]} {self.expression(e, _BITOR)}" for op, e in pairs)
        return self.expression(node.left, _BITOR) + "".join(rest), _COMPARE

    def boolean(self, node: ast.BoolOp) -> tuple[str, int]:
        word, own = (" and ", _AND) if isinstance(node.op, ast.And) else (" or ", _OR)
        return word.join(self.expression(value, own + 1) for value in node.values), own

    def conditional(self, node: ast.IfExp) -> tuple[str, int]:
        then, test = self.expression(node.body, _OR), self.expression(node.test, _OR)
        return f"{then} if {test} else {self.expression(node.orelse)}", _IF

    def sequence(self, node: ast.Tuple | ast.List) -> tuple[str, int]:
        inside = ", ".join(self.expression(item) for item in node.elts)
        if isinstance(node, ast.List):
            return f"[{inside}]", _ATOM
        if len(node.elts) < 2:
            raise _Unsure
        return f"({inside})", _ATOM


def _is_simple(node: ast.expr) -> bool:
    """Whether something is a name or a number."""
    number = isinstance(node, ast.Constant) and type(node.value) in (int, float)
    return number or isinstance(node, ast.Name)


def _unknown(layout: _Layout, node: ast.expr) -> tuple[str, int]:
    raise _Unsure


_FORMS: dict[type, Callable[[_Layout, Any], tuple[str, int]]] = {
    ast.Name: _Layout.name, ast.Constant: _Layout.constant, ast.Attribute: _Layout.attribute,
    ast.Call: _Layout.call, ast.Subscript: _Layout.subscript, ast.BinOp: _Layout.binary,
    ast.UnaryOp: _Layout.unary, ast.Compare: _Layout.comparison, ast.BoolOp: _Layout.boolean,
    ast.IfExp: _Layout.conditional, ast.Tuple: _Layout.sequence, ast.List: _Layout.sequence,
}  # fmt: skip
