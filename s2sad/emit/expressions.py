"""Expressions of the IR as text.

What came from the user's source and was not changed is written as it stands there. The rest is
written from the IR, with the parentheses that precedence asks for and no others.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any, cast

import libcst as cst

from s2sad.analysis.facts import Facts
from s2sad.analysis.types import Array, Shape
from s2sad.ir.nodes import (
    Anew,
    Apply,
    Const,
    Each,
    Expr,
    Invoke,
    Make,
    Opaque,
    Place,
    Ref,
    Select,
    Slice,
    Target,
    Unpack,
    Value,
    Var,
    walk,
)
from s2sad.source.calls import is_property
from s2sad.source.operators import TOKENS
from s2sad.source.walk import rebuilt
from s2sad.tidy.naming import Names

# Precedence, from loose to tight.
_TUPLE, _LAMBDA, _IF, _OR, _AND, _NOT, _COMPARE = range(7)
_BITOR, _BITXOR, _BITAND, _SHIFT, _SUM, _PRODUCT, _SIGN, _POWER, _ATOM = range(7, 16)

_LEVELS = {
    "bitor": _BITOR, "bitxor": _BITXOR, "bitand": _BITAND, "lshift": _SHIFT, "rshift": _SHIFT,
    "add": _SUM, "sub": _SUM, "mul": _PRODUCT, "truediv": _PRODUCT, "floordiv": _PRODUCT,
    "mod": _PRODUCT, "matmul": _PRODUCT, "pow": _POWER,
    "lt": _COMPARE, "le": _COMPARE, "gt": _COMPARE, "ge": _COMPARE, "eq": _COMPARE,
    "ne": _COMPARE, "is": _COMPARE, "isnot": _COMPARE, "in": _COMPARE, "notin": _COMPARE,
}  # fmt: skip

_CST_LEVELS: dict[type, int] = {
    cst.Lambda: _LAMBDA,
    cst.IfExp: _IF,
    cst.Comparison: _COMPARE,
    cst.NamedExpr: _TUPLE,
    cst.Tuple: _TUPLE,
    cst.Await: _POWER,
}


class Writer:
    """Writes expressions of one function. `numpy` is the name under which NumPy is imported."""

    def __init__(self, names: Names, facts: Facts, replaced: dict[Expr, Var], numpy: str) -> None:
        self.names = names
        self.facts = facts
        self.replaced = replaced
        self.numpy = numpy
        self.used: dict[str, None] = {}
        self.helpers: dict[str, str] = {}
        self.unbound: set[Var] = set()  # those that are None for a while

    def text(self, expr: Expr, level: int = 0, taken_out: bool = False) -> str:
        """An expression, in parentheses when it binds less tightly than `level`.

        `taken_out` asks for the expression itself where a variable stands for it elsewhere.
        """
        if expr in self.replaced and not taken_out:
            return self.names.name(self.replaced[expr])
        if isinstance(expr, Value):
            return self.text(expr.node, level)
        if isinstance(expr, Apply) and expr.op.startswith("s2sad."):
            return self.text(expr.args[0], level)
        if expr.origin is not None and not isinstance(expr, Ref):
            return self._original(expr, level)
        text, own = self._written(expr)
        return f"({text})" if own < level else text

    # ------------------------------------------------------------ the user's own text

    def _original(self, expr: Expr, level: int) -> str:
        assert expr.origin is not None
        node, module = expr.origin.node, expr.origin.module
        changed = self.changes(expr)
        if changed:
            node = self.changed(node, changed)
        if isinstance(expr, Opaque):
            node = _with_names(node, self._renamed(expr))
        text: str = module.tree.code_for_node(node)
        text = text.strip()
        if getattr(node, "lpar", ()):
            return text
        if isinstance(node, cst.GeneratorExp):
            return f"({text})"  # the call that it was the only argument of has lent it its own
        own = _cst_level(node)
        if "\n" in text and own < _ATOM:
            return f"({text})"
        return f"({text})" if own < level else text

    def _renamed(self, expr: Expr) -> dict[str, str]:
        """The variables under an expression that have another name here than in the source. What
        belongs to another module has its name from there."""
        refs = (part.var for part in walk(expr) if isinstance(part, Ref))
        found = {v.hint: self.names.name(v) for v in refs}
        return {old: new for old, new in found.items() if new != old and "." not in new}

    def changes(self, expr: Expr) -> dict[Any, str | None]:
        """The nodes of the source inside an expression that a variable stands for now, with its
        name, and the markers that are left out, with None."""
        found: dict[Any, str | None] = {}
        for part in walk(expr):
            if part.origin is None:
                continue
            if part in self.replaced and part is not expr:
                found[part.origin.node] = self.names.name(self.replaced[part])
            elif isinstance(part, Ref) and (
                isinstance(part.origin, Anew)
                or not isinstance(part.origin.node, cst.Name | cst.NamedExpr)
            ):
                found[part.origin.node] = self.names.name(part.var)
            elif isinstance(part, Apply) and part.op.startswith("s2sad."):
                found[part.origin.node] = None
        return found

    def changed(self, node: Any, changes: dict[Any, str | None]) -> Any:
        """A node of the source in which some expressions are replaced by names."""
        return _with_changes(node, changes)

    # ------------------------------------------------------------ written from the IR

    def _written(self, expr: Expr) -> tuple[str, int]:
        match expr:
            case Const(value):
                return _literal(value, self.numpy)
            case Ref(var):
                return self.names.name(var), _ATOM
            case Apply():
                return self._apply(expr)
            case Make():
                return self._make(expr)
            case Slice(start, stop, step):
                bounds = [Const(None) if b is None else b for b in (start, stop, step)]
                inside = ", ".join(self.text(b, _IF) for b in bounds)
                return f"slice({inside})", _ATOM
            case Select():
                return self._select(expr)
            case Invoke():
                return self._invoke(expr), _ATOM
            case Each():
                return self._each(expr), _ATOM
            case Opaque():
                raise AssertionError("an opaque expression without a source")
        raise AssertionError(expr)

    def _invoke(self, node: Invoke) -> str:
        """A call of the user's function; what it captures is not written."""
        assert node.callee.function is not None
        pairs = list(zip(node.callee.function.params, node.args, strict=True))
        text = node.text if node.function is None else self.text(node.function)
        if node.function is None and (not text or text.startswith(".")):
            _, receiver = pairs.pop(0)
            assert receiver is not None
            text = self.text(receiver, _ATOM) + text
            if is_property(node.callee):
                return text
        parts: list[str] = []
        by_name = False
        for parameter, argument in pairs:
            if argument is None:
                by_name = True
            elif parameter.kind == "var_positional":
                items = argument.items if isinstance(argument, Make) else None
                parts += [f"*{self.text(argument, _BITOR)}"] if items is None else [
                    self.text(item, _IF) for item in items
                ]  # fmt: skip
            elif parameter.kind == "var_keyword":
                parts.append(f"**{self.text(argument, _BITOR)}")
            elif parameter.kind != "captured":
                named = by_name or parameter.kind == "keyword"
                prefix = f"{parameter.var.hint}=" if named else ""
                parts.append(prefix + self.text(argument, _IF))
        return f"{text}({', '.join(parts)})"

    def _apply(self, node: Apply) -> tuple[str, int]:
        if node.op == "numpy.shape" and node.form == "call":
            return self._attribute(node, "shape")
        if node.op == "numpy.size" and node.form == "call" and len(node.args) == 1:
            return self._attribute(node, "size")
        args = node.args
        match node.form:
            case "infix":
                return self._infix(node)
            case "prefix":
                token = TOKENS[node.op] if node.op != "neg" else "-"
                own = _NOT if token == "not" else _SIGN
                space = " " if token == "not" else ""
                return f"{token}{space}{self.text(args[0], own)}", own
            case "attribute":
                return f"{self.text(args[0], _ATOM)}.{node.text}", _ATOM
            case "index":
                whole = isinstance(args[1], Const) and args[1].value is Ellipsis
                if whole and isinstance(args[0], Ref) and node.origin is None:
                    return self._written(args[0])
                return f"{self.text(args[0], _ATOM)}[{self.key(args[1])}]", _ATOM
            case "method":
                inside = self._arguments(args[1:], node.kwargs)
                return f"{self.text(args[0], _ATOM)}.{node.text}({inside})", _ATOM
            case "chain":
                tokens = node.text.replace("not in", "notin").replace("is not", "isnot").split()
                parts = [self.text(args[0], _BITOR)]
                for token, arg in zip(tokens, args[1:], strict=True):
                    spaced = {"notin": "not in", "isnot": "is not"}.get(token, token)
                    parts += [spaced, self.text(arg, _BITOR)]
                return " ".join(parts), _COMPARE
            case "name":
                return self._function(node), _ATOM
            case "rebuilt":
                return f"type({self.text(args[0], _IF)})({self._arguments((), node.kwargs)})", _ATOM
            case "called":
                inside = self._arguments(args[1:], node.kwargs)
                return f"{self.text(args[0], _ATOM)}({inside})", _ATOM
            case "starred":
                return f"*{self.text(args[0], _BITOR)}", _ATOM  # it stands among items alone
        inside = self._arguments(args, node.kwargs)
        return f"{self._function(node)}({inside})", _ATOM

    def _attribute(self, node: Apply, name: str) -> tuple[str, int]:
        """x.shape where x is certainly an array, else np.shape(x)."""
        kind = self.facts.type_of(node.args[0])
        base = node.args[0].node if isinstance(node.args[0], Value) else node.args[0]
        unbound = isinstance(base, Ref) and base.var in self.unbound
        known = isinstance(kind, Array) and isinstance(kind.shape, Shape) and kind.shape.rank > 0
        if known and not unbound:
            return f"{self.text(node.args[0], _ATOM)}.{name}", _ATOM
        return f"{self.numpy}.{name}({self.text(node.args[0], _IF)})", _ATOM

    def _function(self, node: Apply) -> str:
        text = node.text or node.op
        if node.op.startswith("helper."):
            name = node.op.removeprefix("helper.")
            self.used[name] = None
            return self.helpers.get(name, name)
        if text.startswith("np."):
            return self.numpy + text[2:]
        return text

    def _infix(self, node: Apply) -> tuple[str, int]:
        token = node.text if node.text in TOKENS.values() else TOKENS[node.op]
        own = _LEVELS[node.op]
        left, right = node.args
        if node.op == "pow":
            return f"{self.text(left, _ATOM)} ** {self.text(right, _SIGN)}", own
        if own == _COMPARE:
            return f"{self.text(left, _BITOR)} {token} {self.text(right, _BITOR)}", own
        # A sum on the right of a sum keeps its parentheses: the order of operations is the user's.
        return f"{self.text(left, own)} {token} {self.text(right, own + 1)}", own

    def _arguments(self, args: tuple[Expr, ...], kwargs: tuple[tuple[str, Expr], ...]) -> str:
        only = args[0] if len(args) == 1 and not kwargs else None
        if isinstance(only, Each) and only.kind == "generator" and only not in self.replaced:
            if only.origin is None:
                return self._each(only, "bare")
            text = self._original(only, 0)
            return text[1:-1] if text.startswith("(") else text  # map(f, xs)
        parts = [self.text(arg, _IF) for arg in _spread(args)]
        parts += [f"{name}={self.text(value, _IF)}" for name, value in kwargs]
        return ", ".join(parts)

    def key(self, expr: Expr) -> str:
        """What stands between the brackets of an index."""
        if isinstance(expr, Make) and expr.kind == "tuple" and expr.items and expr.origin is None:
            inside = ", ".join(self.key(item) for item in expr.items)
            return inside + ("," if len(expr.items) == 1 else "")
        if isinstance(expr, Slice) and expr.origin is None:
            return self._slice(expr)
        return self.text(expr, _IF)

    def _slice(self, expr: Slice) -> str:
        start, stop, step = (
            "" if part is None else self.text(part, _IF)
            for part in (expr.start, expr.stop, expr.step)
        )
        return f"{start}:{stop}" + (f":{step}" if step else "")

    def _make(self, expr: Make) -> tuple[str, int]:
        items = [self.text(item, _IF) for item in _spread(expr.items)]
        match expr.kind:
            case "tuple":
                inside = ", ".join(items) + ("," if len(items) == 1 else "")
                return f"({inside})", _ATOM
            case "list":
                return f"[{', '.join(items)}]", _ATOM
            case "set":
                return f"{{{', '.join(items)}}}", _ATOM
            case "dict":
                keys = [self.text(k, _IF) for k in expr.keys]
                pairs = [f"{k}: {v}" for k, v in zip(keys, items, strict=True)]
                return f"{{{', '.join(pairs)}}}", _ATOM
        names = [k.value for k in expr.keys if isinstance(k, Const)]
        pairs = [f"{k}={v}" for k, v in zip(names, items, strict=True)]
        return f"{expr.cls}({', '.join(pairs)})", _ATOM

    def _select(self, expr: Select) -> tuple[str, int]:
        if expr.form == "and":
            return f"{self.text(expr.test, _AND)} and {self.text(expr.then, _AND + 1)}", _AND
        if expr.form == "or":
            return f"{self.text(expr.test, _OR)} or {self.text(expr.other, _OR + 1)}", _OR
        test, then = self.text(expr.test, _OR), self.text(expr.then, _OR)
        return f"{then} if {test} else {self.text(expr.other, _IF)}", _IF

    def _each(self, expr: Each, form: str = "") -> str:
        target = self.target(expr.target)
        conditions = "".join(f" if {self.text(c, _OR)}" for c in expr.conditions)
        tail = f" for {target} in {self.text(expr.iterable, _OR)}{conditions}"
        element = self.text(expr.element, _IF)
        if expr.kind == "dict" and expr.key is not None:
            return f"{{{self.text(expr.key, _IF)}: {element}{tail}}}"
        brackets = {"list": ("[", "]"), "set": ("{", "}"), "generator bare": ("", "")}
        opening, closing = brackets.get(f"{expr.kind} {form}".strip(), ("(", ")"))
        return f"{opening}{element}{tail}{closing}"

    def target(self, target: Target, inner: bool = False) -> str:
        """An assignment target."""
        match target:
            case Var():
                return self.names.name(target)
            case Unpack(targets, star):
                parts = [
                    ("*" if position == star else "") + self.target(part, True)
                    for position, part in enumerate(targets)
                ]
                inside = ", ".join(parts) + ("," if len(parts) == 1 else "")
                return f"({inside})" if inner else inside
            case Place(base, key):
                whole = self.text(base, _ATOM)
                return f"{whole}.{key}" if isinstance(key, str) else f"{whole}[{self.key(key)}]"


def _with_changes(node: cst.CSTNode, changes: dict[Any, str | None]) -> cst.CSTNode:
    def change(original: cst.CSTNode, updated: Any) -> cst.CSTNode:
        if original not in changes:
            return cast(cst.CSTNode, updated)
        name = changes[original]
        return cst.Name(name) if name is not None else parenthesized(marked(updated))

    return rebuilt(node, change)


def _with_names(node: cst.CSTNode, renamed: dict[str, str]) -> cst.CSTNode:
    """Gives names that are read other names; attributes and keywords keep theirs."""

    def change(original: cst.CSTNode, updated: Any) -> Any:
        match original:
            case cst.Name(value) if value in renamed:
                return updated.with_changes(value=renamed[value])
            case cst.Attribute(attr=attr) if updated is not original:
                return updated.with_changes(attr=attr)
            case cst.Arg(keyword=keyword) if updated is not original:
                return updated.with_changes(keyword=keyword)
        return updated

    return rebuilt(node, change)


def marked(node: cst.Call) -> cst.BaseExpression:
    """What a marker is around: its argument x."""
    named = [a for a in node.args if a.keyword is not None and a.keyword.value == "x"]
    return (named or node.args)[0].value


def parenthesized(node: cst.BaseExpression) -> cst.BaseExpression:
    """An expression that can stand anywhere."""
    atom = isinstance(node, cst.Name | cst.Call | cst.Subscript | cst.Attribute | cst.BaseNumber)
    if atom or node.lpar:
        return node
    return node.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])


def _cst_level(node: Any) -> int:
    if isinstance(node, cst.BinaryOperation):
        op = type(node.operator).__name__
        return {
            "Add": _SUM, "Subtract": _SUM, "Power": _POWER, "BitOr": _BITOR, "BitXor": _BITXOR,
            "BitAnd": _BITAND, "LeftShift": _SHIFT, "RightShift": _SHIFT,
        }.get(op, _PRODUCT)  # fmt: skip
    if isinstance(node, cst.UnaryOperation):
        return _NOT if isinstance(node.operator, cst.Not) else _SIGN
    if isinstance(node, cst.BooleanOperation):
        return _AND if isinstance(node.operator, cst.And) else _OR
    if isinstance(node, cst.ConcatenatedString):
        return _SIGN
    return _CST_LEVELS.get(type(node), _ATOM)


def _literal(value: object, numpy: str) -> tuple[str, int]:
    if isinstance(value, float):
        if math.isnan(value):
            return f"{numpy}.nan", _ATOM
        if math.isinf(value):
            return (f"{numpy}.inf", _ATOM) if value > 0 else (f"-{numpy}.inf", _SIGN)
    if value is Ellipsis:
        return "...", _ATOM
    if isinstance(value, slice):
        raise AssertionError("a slice is a Slice")
    if isinstance(value, int | float) and not isinstance(value, bool) and value < 0:
        return repr(value), _SIGN
    if isinstance(value, complex) and value.real == 0.0:
        return repr(complex(0.0, value.imag)), _SIGN if value.imag < 0.0 else _ATOM
    if isinstance(value, str):
        return '"' + repr(value)[1:-1].replace('"', '\\"').replace("\\'", "'") + '"', _ATOM
    return repr(value), _ATOM


def _spread(items: Iterable[Expr]) -> Iterator[Expr]:
    """Items in which those of a display that is spread among them stand by themselves."""
    for item in items:
        match item:
            case Apply("starred", (Make("tuple" | "list", inner),)):
                yield from _spread(inner)
            case _:
                yield item
