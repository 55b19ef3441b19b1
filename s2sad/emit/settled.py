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


_Simple = ast.Assign | ast.AugAssign | ast.Expr | ast.Return | ast.Pass | ast.Break | ast.Continue


class _Unsure(Exception):
    """A form for which this module does not know what black does."""


def without_settled(text: str, width: int) -> tuple[str, dict[str, str]]:
    """The text with a name in place of each run of settled statements, and the runs by these names.

    black treats a name standing alone as it treats an assignment; only the blank lines around it
    and its indentation matter.
    """
    runs: dict[str, str] = {}
    if _DIRECTIVE.search(text):
        return text, runs
    mark = "_settled_"
    while mark in text:
        mark += "_"
    lines = text.split("\n")
    kept: list[str] = []
    position = 0
    for first, last, settled in _Settler(lines, width).runs(ast.parse(text).body, 0):
        name = f"{mark}{len(runs)}"
        runs[name] = "\n".join(settled)
        kept += [*lines[position:first], _indent_of(lines[first]) + name]
        position = last + 1
    return "\n".join([*kept, *lines[position:]]), runs


def with_settled(text: str, runs: dict[str, str]) -> str:
    """The text with the runs back in their places."""
    lines = (runs.get(line.lstrip(), line) for line in text.split("\n"))
    return "\n".join(lines) if runs else text


def _indent_of(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


class _Settler:
    """Finds the settled statements of a text."""

    def __init__(self, lines: list[str], width: int) -> None:
        self.lines = lines
        self.width = width
        self._known: dict[ast.AST, list[str] | None] = {}

    def runs(self, suite: Sequence[ast.AST], depth: int) -> Iterator[tuple[int, int, list[str]]]:
        """The settled statements of a suite that follow each other: the numbers of the first and
        the last line, and the lines between as they are to be."""
        first, last, run = 0, -1, list[str]()
        for node in suite:
            settled = self._settled(node, depth)
            start = getattr(node, "lineno", 0) - 1
            between = self._between(last + 1, start, depth) if run and settled else None
            if run and between is None:
                yield first, last, run
                run = []
            if settled:
                first = first if run else start
                run += [*(between or ()), *settled]
                last = start + len(settled) - 1
                continue
            for name in ("body", "handlers", "orelse", "finalbody", "cases"):
                inner = getattr(node, name, None)
                if isinstance(inner, list):
                    same = name == "handlers" or _is_elif(self.lines, node, inner)
                    yield from self.runs(inner, depth + (not same))
        if run:
            yield first, last, run

    def _between(self, start: int, end: int, depth: int) -> list[str] | None:
        """The comments and blank lines before a statement, if black leaves them."""
        indent = " " * (_INDENT * depth)
        lines = self.lines[start:end]
        for number, line in enumerate(lines):
            if not line:
                if depth == 0 or (number and not lines[number - 1]):
                    return None
            elif not line.startswith(indent) or not _COMMENT.fullmatch(line, len(indent)):
                return None
        return lines

    def _settled(self, node: ast.AST, depth: int) -> list[str] | None:
        """The lines of a statement as black writes them, if that is certain."""
        if node not in self._known:
            self._known[node] = self._found(node, depth)
        return self._known[node]

    def _found(self, node: ast.AST, depth: int, word: str = "if") -> list[str] | None:
        if not isinstance(node, _Simple | ast.If | ast.For | ast.While) or depth == 0:
            return None
        if isinstance(node, _Simple):
            line = self._line(node, depth)
            return [line] if line is not None and node.end_lineno == node.lineno else None
        header = self._line(node, depth, word)
        body = self._suite(node.body, node.lineno, depth + 1)
        if header is None or body is None or self._comment_follows(node.end_lineno or 0, depth):
            return None
        lines = [header, *body]
        if node.orelse:
            if not isinstance(node, ast.If):
                return None
            end = node.lineno - 1 + len(lines)  # the number of the line that follows
            if _is_elif(self.lines, node, node.orelse):
                start = node.orelse[0].lineno - 1
                other = self._found(node.orelse[0], depth, "elif") if start == end else None
            else:
                other = self._suite(node.orelse, end + 1, depth + 1)
                title = " " * (_INDENT * depth) + "else:"
                other = [title, *other] if other and self.lines[end] == title else None
            if other is None:
                return None
            lines += other
        return lines

    def _comment_follows(self, line: int, depth: int) -> bool:
        """Whether a block is followed by a comment that black takes to be in it."""
        following = next((text for text in self.lines[line:] if text), "")
        return len(_indent_of(following)) > _INDENT * depth and following.lstrip()[0] == "#"

    def _suite(self, suite: list[ast.stmt], start: int, depth: int) -> list[str] | None:
        """The lines of a block that begins with a line, its comments included."""
        if not self.lines[start]:
            return None
        lines: list[str] = []
        for node in suite:
            between = self._between(start + len(lines), node.lineno - 1, depth)
            settled = self._settled(node, depth)
            if between is None or settled is None:
                return None
            lines += [*between, *settled]
        return lines

    def _line(self, node: ast.stmt, depth: int, word: str = "") -> str | None:
        """The line of a simple statement, or the header of a compound one."""
        line = self.lines[node.lineno - 1]
        if not line.isascii():
            return None
        try:
            text = " " * (_INDENT * depth) + _Layout(line).statement(node, word)
        except _Unsure:
            return None
        same = text.replace(" ** ", "**") == line.replace(" ** ", "**")
        return text if same and len(text) <= self.width else None


def _is_elif(lines: list[str], node: ast.AST, inner: Sequence[ast.AST]) -> bool:
    """Whether the other branch of an `if` is an `elif`."""
    if not isinstance(node, ast.If) or inner is not node.orelse or len(inner) != 1:
        return False
    other = inner[0]
    return isinstance(other, ast.If) and lines[other.lineno - 1].startswith(
        "elif", other.col_offset
    )


class _Layout:
    """Writes the nodes of one line as black lays them out."""

    def __init__(self, line: str) -> None:
        self.line = line

    def statement(self, node: ast.stmt, word: str = "") -> str:
        """A simple statement, or the header of a compound one that begins with `word`."""
        match node:
            case ast.Expr(ast.Call() as value):
                return self.expression(value)
            case ast.AugAssign(target, op, value):
                return f"{self.expression(target)} {_BINARY[type(op)][0]}= {self.listed(value)}"
            case ast.Assign(targets, value):
                return " = ".join(self.listed(part) for part in (*targets, value))
            case ast.Return(value):
                return "return" if value is None else f"return {self.listed(value)}"
            case ast.Pass() | ast.Break() | ast.Continue():
                return type(node).__name__.lower()
            case ast.If(test):
                return f"{word} {self.expression(test)}:"
            case ast.While(test):
                return f"while {self.expression(test)}:"
            case ast.For(target, iterable):
                return f"for {self.listed(target)} in {self.expression(iterable)}:"
        raise _Unsure

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
