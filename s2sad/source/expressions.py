"""Expressions of LibCST to expressions of the IR.

`lower(node)` never fails: what is not understood becomes an `Opaque` with the reason, which is
raised only if a derivative turns out to flow through it.

    np.tanh(x @ W + b)   ->   numpy.tanh(add(matmul(x, W), b))
"""

from __future__ import annotations

from dataclasses import replace

import libcst as cst

from s2sad.ir.nodes import Anew, Apply, Const, Each, Expr, Make, Opaque, Ref, Select, Var
from s2sad.source.bound import Binding, target_names
from s2sad.source.call_forms import CallForms
from s2sad.source.calls import parts_of
from s2sad.source.clauses import in_loops
from s2sad.source.objects import class_of
from s2sad.source.operators import ATTRIBUTES, COMPARE, UNARY
from s2sad.source.operators import BINARY as INFIX
from s2sad.source.perhaps import (
    MAY_NOT_RUN,
    OUT_OF_ORDER,
    has_effect,
    is_as_before,
    seen_where_true,
)
from s2sad.source.scope import Scope

_BINARY: dict[type, str] = {
    cst.Add: "+",
    cst.Subtract: "-",
    cst.Multiply: "*",
    cst.Divide: "/",
    cst.FloorDivide: "//",
    cst.Modulo: "%",
    cst.Power: "**",
    cst.MatrixMultiply: "@",
    cst.BitAnd: "&",
    cst.BitOr: "|",
    cst.BitXor: "^",
    cst.LeftShift: "<<",
    cst.RightShift: ">>",
}


_UNARY: dict[type, str] = {cst.Minus: "-", cst.Plus: "+", cst.BitInvert: "~", cst.Not: "not"}


_COMPARE: dict[type, str] = {
    cst.LessThan: "<",
    cst.LessThanEqual: "<=",
    cst.GreaterThan: ">",
    cst.GreaterThanEqual: ">=",
    cst.Equal: "==",
    cst.NotEqual: "!=",
    cst.Is: "is",
    cst.IsNot: "is not",
    cst.In: "in",
    cst.NotIn: "not in",
}


_AUGMENTED: dict[type, str] = {
    cst.AddAssign: "add",
    cst.SubtractAssign: "sub",
    cst.MultiplyAssign: "mul",
    cst.DivideAssign: "truediv",
    cst.FloorDivideAssign: "floordiv",
    cst.ModuloAssign: "mod",
    cst.PowerAssign: "pow",
    cst.MatrixMultiplyAssign: "matmul",
    cst.BitAndAssign: "bitand",
    cst.BitOrAssign: "bitor",
    cst.BitXorAssign: "bitxor",
    cst.LeftShiftAssign: "lshift",
    cst.RightShiftAssign: "rshift",
}


_PROPERTIES = {"builtins.property", "functools.cached_property"}


def augmented_operator(node: cst.BaseAugOp) -> str:
    """The canonical operator of `+=` and its kin."""
    return _AUGMENTED[type(node)]


class ExpressionLowerer(CallForms):
    """Lowers the expressions of one function: names, operators, parts, displays, comprehensions."""

    def _Name(self, node: cst.Name) -> Expr:
        if node.value in ("True", "False", "None"):
            value = {"True": True, "False": False, "None": None}[node.value]
            return Const(value, self.origin(node))
        var = self.scope.find(node.value)
        if var is None:
            path = self.module.qualified(node, self.scope)
            if path is not None and path.startswith("builtins."):
                return Apply(path, (), (), "name", node.value, self.origin(node))
            var = self.scope.global_var(node.value)
        return Ref(var, self.origin(node))

    def _Integer(self, node: cst.Integer) -> Expr:
        return Const(node.evaluated_value, self.origin(node))

    def _Float(self, node: cst.Float) -> Expr:
        return Const(node.evaluated_value, self.origin(node))

    def _Imaginary(self, node: cst.Imaginary) -> Expr:
        return Const(node.evaluated_value, self.origin(node))

    def _SimpleString(self, node: cst.SimpleString) -> Expr:
        return Const(node.evaluated_value, self.origin(node))

    def _Ellipsis(self, node: cst.Ellipsis) -> Expr:
        return Const(..., self.origin(node))

    def _BinaryOperation(self, node: cst.BinaryOperation) -> Expr:
        if isinstance(node.operator, cst.BitOr) and (merged := self.merged(node)) is not None:
            return merged
        # A long sum is a deep tree on the left: unrolled, so that depth is no limit.
        chain = [node]
        while isinstance(chain[-1].left, cst.BinaryOperation):
            chain.append(chain[-1].left)
        result = self.lower(chain[-1].left)
        for link in reversed(chain):
            token = _BINARY[type(link.operator)]
            args = (result, self.lower(link.right))
            result = Apply(INFIX[token], args, (), "infix", token, self.origin(link))
        return result

    def _UnaryOperation(self, node: cst.UnaryOperation) -> Expr:
        token = _UNARY[type(node.operator)]
        inner = self.lower(node.expression)
        if token == "-" and isinstance(inner, Const) and isinstance(inner.value, (int, float)):
            return Const(-inner.value, self.origin(node))
        return Apply(UNARY[token], (inner,), (), "prefix", token, self.origin(node))

    def _BooleanOperation(self, node: cst.BooleanOperation) -> Expr:
        left = self.lower(node.left)
        with self.may_not_run(node.right):
            right = self.lower(node.right)
        if isinstance(node.operator, cst.And):
            return Select(left, right, left, "and", self.origin(node))
        return Select(left, left, right, "or", self.origin(node))

    def _Comparison(self, node: cst.Comparison) -> Expr:
        args = [self.lower(node.left)]
        args += [self.lower(part.comparator) for part in node.comparisons]
        tokens = [_COMPARE[type(part.operator)] for part in node.comparisons]
        if len(tokens) == 1:
            form = ("infix", tokens[0])
            return Apply(COMPARE[tokens[0]], tuple(args), (), *form, self.origin(node))
        return Apply("chain", tuple(args), (), "chain", " ".join(tokens), self.origin(node))

    def _IfExp(self, node: cst.IfExp) -> Expr:
        self.seen |= seen_where_true(node.test, (node.body,))
        test = self.lower(node.test)
        with self.may_not_run(node.body):
            then = self.lower(node.body)
        with self.may_not_run(node.orelse):
            other = self.lower(node.orelse)
        return Select(test, then, other, "if", self.origin(node))

    def _NamedExpr(self, node: cst.NamedExpr) -> Expr:
        in_order = self.effects == 0
        value = self.lower(node.value)
        var = self.target(node.target)
        assert isinstance(var, Var)
        if self.perhaps and not is_as_before(var.hint, value, self.scope.node, self.perhaps):
            value = self.opaque(node.value, MAY_NOT_RUN, pure=False)
        elif self.lifting and in_order and (has_effect(value) or not self.program.structured):
            self.walrus.append((var, value, None))
            return Ref(var, Anew(node, self.module))
        elif has_effect(value):
            value = self.opaque(node.value, OUT_OF_ORDER, pure=False)
        self.walrus.append((var, value, node))
        return Ref(var, self.origin(node))

    def _Subscript(self, node: cst.Subscript) -> Expr:
        args = (self.lower(node.value), self.key(node))
        return Apply("getitem", args, (), "index", "", self.origin(node))

    def _Attribute(self, node: cst.Attribute) -> Expr:
        path = self.scope.qualified(node)
        if path is not None:
            return self._global_path(path, node)
        name = node.attr.value
        inner = self.lower(node.value)
        cls = class_of(node.value, self.scope)
        method = None if cls is None else cls.method(name)
        if method is not None and set(method.decorators) & _PROPERTIES:
            callee = self.program.method(cls, name)
            return self._invoke(callee, [], node, inner, f".{name}")
        op = ATTRIBUTES.get(name, "getattr") if cls is None else "getattr"
        return Apply(op, (inner,), (), "attribute", name, self.origin(node))

    def _global_path(self, path: str, node: cst.BaseExpression) -> Expr:
        if path == "numpy.newaxis":
            return Const(None, self.origin(node))
        text = self.module.code(node).strip()
        return Apply(path, (), (), "name", text, self.origin(node), self.holder(text))

    def _elements(self, node: cst.Tuple | cst.List | cst.Set, kind: str) -> Expr:
        starred = any(isinstance(element, cst.StarredElement) for element in node.elements)
        if starred:
            return self._joined(node, kind)
        if kind == "set":
            return self.opaque(node, "s2sad does not differentiate a set")
        items = tuple(self.lower(element.value) for element in node.elements)
        return Make(kind, items, origin=self.origin(node))

    def _joined(self, node: cst.Tuple | cst.List | cst.Set, kind: str) -> Expr:
        """A display with starred elements: its parts, or where these are not known, their sum."""
        joined: list[Expr] = []
        items: list[Expr] = []
        for element in node.elements:
            parts = None
            if isinstance(element, cst.StarredElement):
                parts = parts_of(element.value, self.scope)
                if parts is None:
                    joined.append(Make(kind, tuple(items)))
                    inside = (self.lower(element.value),)
                    joined.append(Apply(f"builtins.{kind}", inside, (), "call", kind))
                    items = []
                    continue
            for _, part in [("", element.value)] if parts is None else parts:
                items.append(self.part(part))
        if not joined:
            return Make(kind, tuple(items), origin=self.origin(node))
        pieces = [piece for piece in (*joined, Make(kind, tuple(items)))
                  if not (isinstance(piece, Make) and not piece.items)]  # fmt: skip
        total = pieces[0]
        for position, piece in enumerate(pieces[1:], 2):
            origin = self.origin(node) if position == len(pieces) else None
            total = Apply("add", (total, piece), (), "infix", "+", origin)
        return total if len(pieces) > 1 else replace(total, origin=self.origin(node))

    def _Tuple(self, node: cst.Tuple) -> Expr:
        return self._elements(node, "tuple")

    def _List(self, node: cst.List) -> Expr:
        return self._elements(node, "list")

    def _Set(self, node: cst.Set) -> Expr:
        return self._elements(node, "set")

    def _Dict(self, node: cst.Dict) -> Expr:
        if any(isinstance(element, cst.StarredDictElement) for element in node.elements):
            reason = "s2sad does not see the keys that ** stands for in a dict"
            return self.merged(node) or self.opaque(node, reason)
        pairs = [e for e in node.elements if isinstance(e, cst.DictElement)]
        keys = tuple(self.lower(pair.key) for pair in pairs)
        values = tuple(self.lower(pair.value) for pair in pairs)
        return Make("dict", values, keys, origin=self.origin(node))

    def _ListComp(self, node: cst.ListComp) -> Expr:
        return self._comprehension(node, "list", node.elt)

    def _GeneratorExp(self, node: cst.GeneratorExp) -> Expr:
        return self._comprehension(node, "generator", node.elt)

    def _SetComp(self, node: cst.SetComp) -> Expr:
        return self._comprehension(node, "set", node.elt)

    def _DictComp(self, node: cst.DictComp) -> Expr:
        return self._comprehension(node, "dict", node.value, node.key)

    def _comprehension(
        self,
        node: cst.ListComp | cst.GeneratorExp | cst.SetComp | cst.DictComp,
        kind: str,
        element: cst.BaseExpression,
        key: cst.BaseExpression | None = None,
    ) -> Expr:
        clause = node.for_in
        if clause.inner_for_in is not None or clause.asynchronous is not None:
            reason = "s2sad does not write out several for clauses inside of such an expression"
            found = self._in_loops(node, kind, element, key)
            return self._scoped_opaque(node, reason) if found is None else found
        iterable = self.lower(clause.iter)
        names = target_names(clause.target)
        inner = Scope(self.module, names, self.scope)
        for name in names:
            element_of = Binding("element", clause.iter, clause.target, True, self.scope)
            inner.bind(name, element_of)
        lowerer = ExpressionLowerer(inner, self.program)
        lowerer.lifting = False
        target = lowerer.target(clause.target)
        conditions = tuple(lowerer.lower(part.test) for part in clause.ifs)
        lowered_key = None if key is None else lowerer.lower(key)
        body = lowerer.lower(element)
        if lowerer.walrus:
            return self._scoped_opaque(node, "s2sad does not differentiate := in a comprehension")
        for var in inner.vars.values():
            # The backward part runs a comprehension as a loop, where its variable must have a name
            # of its own.
            var.user, var.name = False, None
        return Each(kind, body, target, iterable, conditions, lowered_key, self.origin(node))

    def _in_loops(
        self,
        node: cst.BaseExpression,
        kind: str,
        element: cst.BaseExpression,
        key: cst.BaseExpression | None,
    ) -> Expr | None:
        """The items of a comprehension with several clauses, which loops before the statement
        collect; nothing where it may stay as it is, or has to."""
        if not self.lifting or kind == "set" or self.scope.node is None:
            return None
        place = self.module.as_read(node)
        self.program.sites.add(place)
        if place not in self.program.written_out:
            return None
        found = in_loops(node, element, key, self, self.collected.get(node))
        if found is None:
            return None
        items, block = found
        self.walrus.append(block)
        return Ref(items, self.origin(node))

    def _scoped_opaque(self, node: cst.BaseExpression, reason: str) -> Expr:
        return self.opaque(node, reason, "S2S016")

    def _Lambda(self, node: cst.Lambda) -> Expr:
        reads: list[Expr] = []
        names = {p.name.value for p in node.params.params}
        for read in self.reads(node):
            if not (isinstance(read, Ref) and read.var.hint in names):
                reads.append(read)
        reason = "s2sad does not differentiate through a lambda that is handed on"
        return Opaque(tuple(reads), reason, origin=self.origin(node))
