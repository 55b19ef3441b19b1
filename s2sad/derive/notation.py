"""The notation of rules: Python expressions over placeholders, read into the IR.

    np.tanh(x) * d_y      mul(numpy.tanh(x), d_y)

Operators get the canonical names that user code has. A name of a function is looked up where it
stands: `np.sum` in the file's imports, `reduced` of a result among the shape functions, `literal`
of a condition among the conditions, and all others among Python's built-in functions.
"""

from __future__ import annotations

import ast
import builtins
from typing import NoReturn

from s2sad.errors import Location, S2SADError
from s2sad.ir.nodes import Apply, Const, Each, Expr, Make, Ref, Select, Slice, Var
from s2sad.source.operators import AST, ATTRIBUTES, METHODS, canonical


class Notation:
    """Reads the expressions of one rule. `vars` are its placeholders, one for each name."""

    def __init__(self, file: str, lines: list[str], modules: dict[str, str]) -> None:
        self.file = file
        self.lines = lines
        self.modules = modules
        self.vars: dict[str, Var] = {}

    def expr(self, node: ast.expr, home: str = "builtins") -> Expr:
        """An expression over placeholders. `home` is where a bare function name is looked up."""
        match node:
            case ast.Constant(value):
                return Const(value)
            case ast.Name():
                return self._name(node)
            case ast.UnaryOp(ast.USub(), ast.Constant(int() | float() as value)):
                return Const(-value)
            case ast.UnaryOp(op, operand):
                return Apply(AST[type(op)], (self.expr(operand, home),), form="prefix")
            case ast.BinOp(left, op, right):
                sides = (self.expr(left, home), self.expr(right, home))
                return Apply(AST[type(op)], sides, form="infix")
            case ast.Compare(left, [op], [right]):
                sides = (self.expr(left, home), self.expr(right, home))
                return Apply(AST[type(op)], sides, form="infix")
            case ast.BoolOp():
                return self._choice(node, home)
            case ast.IfExp(test, then, other):
                return Select(self.expr(test, home), self.expr(then, home), self.expr(other, home))
            case ast.Tuple(items) | ast.List(items):
                kind = "tuple" if isinstance(node, ast.Tuple) else "list"
                return Make(kind, tuple(self.expr(item, home) for item in items))
            case ast.Starred(value):
                return Apply("starred", (self.expr(value, home),), form="starred")
            case ast.Slice(lower, upper, step):
                start, stop, stride = map(self._optional, (lower, upper, step))
                return Slice(start, stop, stride)
            case ast.Subscript(value, key):
                return Apply("getitem", (self.expr(value), self.expr(key)), form="index")
            case ast.ListComp(element, [ast.comprehension(ast.Name(name), source, conditions)]):
                return self._each(element, name, source, conditions)
            case ast.Call():
                return self._call(node, home)
            case ast.Attribute():
                return self._attribute(node)
        self.refuse(node, "an expression that rules do not have")

    def _name(self, node: ast.Name) -> Expr:
        """A placeholder, a constant of the rule's module or a builtin function."""
        if node.id in self.vars:
            return Ref(self.vars[node.id])
        found = self.constant(node)
        if found is not None:
            return found
        if hasattr(builtins, node.id):
            return Apply(f"builtins.{node.id}", (), form="name", text=node.id)
        message = f"a rule that reads {node.id}, which it does not have"
        self.refuse(node, message, f"It has {', '.join(self.vars)}.")

    def _choice(self, node: ast.BoolOp, home: str) -> Expr:
        """`and` and `or`, from the left."""
        result, *rest = (self.expr(part, home) for part in node.values)
        for other in rest:
            if isinstance(node.op, ast.And):
                result = Select(result, other, result, "and")
            else:
                result = Select(result, result, other, "or")
        return result

    def _each(
        self, element: ast.expr, name: str, source: ast.expr, conditions: list[ast.expr]
    ) -> Expr:
        """A comprehension, whose target is a placeholder from there on."""
        iterable = self.expr(source)
        self.declare(name)
        found = self.expr(element), self.vars[name], iterable
        return Each("list", *found, tuple(self.expr(condition) for condition in conditions))

    def _attribute(self, node: ast.Attribute) -> Expr:
        """What stands in a module, or an attribute of an array."""
        path = self.path(node)
        if path is not None:
            return Apply(path, (), form="name", text=self.spelled(node, path))
        if node.attr in ATTRIBUTES:
            array = self.expr(node.value)
            return Apply(ATTRIBUTES[node.attr], (array,), form="attribute", text=node.attr)
        self.refuse(node, "an expression that rules do not have")

    def _optional(self, node: ast.expr | None) -> Expr | None:
        return None if node is None else self.expr(node)

    def _call(self, node: ast.Call, home: str) -> Apply:
        args = tuple(self.expr(arg, home) for arg in node.args)
        kwargs = tuple((kw.arg or "**", self.expr(kw.value, home)) for kw in node.keywords)
        path = self.path(node.func)
        if path is not None:
            return Apply(canonical(path), args, kwargs, text=self.spelled(node.func, path))
        match node.func:
            case ast.Name(name) if name in self.vars:
                return Apply("call", (Ref(self.vars[name]), *args), kwargs, form="called")
            case ast.Name(name):
                assert isinstance(node.func, ast.Name)
                return Apply(self.called(node.func, home), args, kwargs, text=name)
            case ast.Attribute(value, name) if name in METHODS:
                receiver = self.expr(value)
                return Apply(METHODS[name], (receiver, *args), kwargs, form="method", text=name)
        advice = "Call a function by its name, if need be one that does what stands here."
        self.refuse(node, "a call that rules do not have", advice)

    def called(self, node: ast.Name, home: str) -> str:
        """The operator that a bare name of a function is, looked up in `home`."""
        scope = "builtins" if home != "shape" and hasattr(builtins, node.id) else home
        return canonical(f"{scope}.{node.id}")

    def constant(self, node: ast.Name) -> Expr | None:
        """What a name stands for that the rule's module gives a value to."""
        return None

    def spelled(self, node: ast.expr, path: str) -> str:
        """How generated text names what a dotted path leads to."""
        return ast.unparse(node)

    def path(self, node: ast.expr) -> str | None:
        """The dotted path of a name that belongs to a module, such as numpy.linalg.norm."""
        match node:
            case ast.Name(name) if name in self.modules and name not in self.vars:
                return self.modules[name]
            case ast.Name("static" | "helper" as name):
                return name
            case ast.Attribute(value, name):
                base = self.path(value)
                return f"{base}.{name}" if base else None
        return None

    def declare(self, *names: str) -> None:
        """Makes placeholders of names."""
        for name in names:
            self.vars.setdefault(name, Var(name))

    def refuse(
        self, node: ast.expr | ast.stmt | ast.arg, message: str, advice: str = ""
    ) -> NoReturn:
        """Raises the error about a part of a template."""
        text = self.lines[node.lineno - 1]
        end = node.end_col_offset if node.end_lineno == node.lineno else len(text)
        place = Location(self.file, node.lineno, node.col_offset + 1, (end or 0) + 1, text)
        raise S2SADError("S2S080", message, place, advice)
