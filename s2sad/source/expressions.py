"""Expressions of LibCST to expressions of the IR.

`lower(node)` never fails: what is not understood becomes an `Opaque` with the reason, which is
raised only if a derivative turns out to flow through it.

    np.tanh(x @ W + b)   ->   numpy.tanh(add(matmul(x, W), b))
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import libcst as cst

from s2sad.errors import S2SADError
from s2sad.ir.nodes import (
    Apply,
    Callee,
    Const,
    Each,
    Expr,
    Invoke,
    Make,
    Opaque,
    Origin,
    Place,
    Ref,
    Select,
    Slice,
    Target,
    Unpack,
    Var,
    walk,
)
from s2sad.source.callables import Candidate, Candidates
from s2sad.source.calls import (
    Argument,
    Part,
    arguments_of,
    bind,
    is_of_class,
    is_static,
    parts_of,
    signature,
)
from s2sad.source.objects import class_of
from s2sad.source.operators import ATTRIBUTES, COMPARE, METHODS, UNARY, canonical
from s2sad.source.operators import BINARY as INFIX
from s2sad.source.scope import Binding, Scope, names_in, target_names
from s2sad.tidy.naming import describe

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

LIST_METHODS = {"append", "extend", "insert", "pop", "clear"}
"""Methods of lists that forward mode repeats on lists of tangents."""

STRUCTURE_METHODS = {"items", "values", "keys"}
"""Methods of dicts that loops understand."""


def augmented_operator(node: cst.BaseAugOp) -> str:
    """The canonical operator of `+=` and its kin."""
    return _AUGMENTED[type(node)]


class ExpressionLowerer:
    """Lowers the expressions of one function; `program` finds callees."""

    def __init__(self, scope: Scope, program: Any) -> None:
        self.scope = scope
        self.module = scope.module
        self.program = program
        self.walrus: list[tuple[Var, Expr, cst.CSTNode | None]] = []
        self.lifting = True

    # ------------------------------------------------------------ entry points

    def lower(self, node: cst.BaseExpression) -> Expr:
        """The IR of an expression."""
        method = getattr(self, f"_{type(node).__name__}", None)
        if method is None:
            return self.opaque(node, f"s2sad does not differentiate {_describe(node)}")
        result: Expr = method(node)
        return result

    def target(self, node: cst.BaseExpression) -> Target:
        """The IR of an assignment target."""
        match node:
            case cst.Name():
                var = self.scope.find(node.value)
                return var if var is not None else self.scope.global_var(node.value)
            case cst.Tuple() | cst.List():
                star = None
                targets = []
                for position, element in enumerate(node.elements):
                    if isinstance(element, cst.StarredElement):
                        star = position
                    targets.append(self.target(element.value))
                return Unpack(tuple(targets), star)
            case cst.Subscript():
                return Place(self.lower(node.value), self._key(node), self.origin(node))
            case cst.Attribute(attr=cst.Name("real" | "imag")):
                # All elements of a view: w.real[...]
                return Place(self.lower(node), Const(...), self.origin(node))
            case cst.Attribute():
                return Place(self.lower(node.value), node.attr.value, self.origin(node))
        raise AssertionError(f"not a target: {node}")

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """What is lowered here may not be taken out of its place: it may never be evaluated, or
        often."""
        lifting, self.lifting = self.lifting, False
        yield
        self.lifting = lifting

    def regrouped(self, value: Expr, target: Unpack, node: cst.BaseExpression) -> Expr:
        """A value as one item for each part of a target, of which the starred one gets a list."""
        count, star = len(target.targets), target.star
        assert star is not None
        if isinstance(value, Make) and value.kind in ("tuple", "list"):
            after = len(value.items) - (count - star - 1)
            middle = Make("list", value.items[star:after])
            return Make("tuple", (*value.items[:star], middle, *value.items[after:]))
        if not isinstance(value, Ref):
            var = Var(describe(value))
            self.walrus.append((var, value, None))
            value = Ref(var, self.origin(node))
        parts: list[Expr] = []
        for position in range(count):
            key: Expr = Const(position if position < star else position - count)
            if position == star:
                stop = position - count + 1
                key = Slice(Const(star), Const(stop) if stop else None)
            whole = value if position == 0 else Ref(value.var)
            parts.append(Apply("getitem", (whole, key), (), "index"))
        return Make("tuple", tuple(parts))

    def origin(self, node: cst.CSTNode) -> Origin:
        """The place of a node."""
        return Origin(node, self.module)

    def opaque(
        self, node: cst.BaseExpression, reason: str, code: str = "S2S014", pure: bool = True
    ) -> Opaque:
        """An expression that is carried verbatim; it reads every variable that it mentions."""
        return Opaque(self.reads(node), reason, code, pure=pure, origin=self.origin(node))

    def reads(self, node: cst.CSTNode) -> tuple[Expr, ...]:
        """The local variables and constants of the module that a node mentions."""
        found = []
        for name in names_in(node):
            var = self.scope.find(name)
            if var is not None:
                found.append(Ref(var))
            elif name in self.module.constants:
                found.append(Ref(self.scope.global_var(name)))
        return tuple(found)

    # ------------------------------------------------------------ atoms

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

    # ------------------------------------------------------------ operators

    def _BinaryOperation(self, node: cst.BinaryOperation) -> Expr:
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
        with self.in_place():
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
        test = self.lower(node.test)
        with self.in_place():
            then, other = self.lower(node.body), self.lower(node.orelse)
        return Select(test, then, other, "if", self.origin(node))

    def _NamedExpr(self, node: cst.NamedExpr) -> Expr:
        value = self.lower(node.value)
        var = self.target(node.target)
        assert isinstance(var, Var)
        self.walrus.append((var, value, node))
        return Ref(var, self.origin(node))

    # ------------------------------------------------------------ parts and containers

    def _Subscript(self, node: cst.Subscript) -> Expr:
        args = (self.lower(node.value), self._key(node))
        return Apply("getitem", args, (), "index", "", self.origin(node))

    def _key(self, node: cst.Subscript) -> Expr:
        parts = [self._key_part(element.slice) for element in node.slice]
        comma = node.slice[-1].comma
        if len(parts) == 1 and not isinstance(comma, cst.Comma):
            return parts[0]
        return Make("tuple", tuple(parts))

    def _key_part(self, part: cst.BaseSlice) -> Expr:
        if isinstance(part, cst.Index):
            return self.lower(part.value)
        assert isinstance(part, cst.Slice)
        lower, upper, step = (
            None if b is None else self.lower(b) for b in (part.lower, part.upper, part.step)
        )
        return Slice(lower, upper, step)

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
        return Apply(path, (), (), "name", text, self.origin(node))

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

    def part(self, part: Part) -> Expr:
        """A part of a container: an expression of the source, or what makes it."""
        return self.lower(part) if isinstance(part, cst.BaseExpression) else part(self)

    def _Tuple(self, node: cst.Tuple) -> Expr:
        return self._elements(node, "tuple")

    def _List(self, node: cst.List) -> Expr:
        return self._elements(node, "list")

    def _Set(self, node: cst.Set) -> Expr:
        return self._elements(node, "set")

    def _Dict(self, node: cst.Dict) -> Expr:
        if any(isinstance(element, cst.StarredDictElement) for element in node.elements):
            parts = parts_of(node, self.scope)
            if parts is None:
                return self.opaque(node, "s2sad does not see the keys that ** stands for in a dict")
            names = tuple(Const(key) for key, _ in parts)
            merged = tuple(self.part(part) for _, part in parts)
            return Make("dict", merged, names, origin=self.origin(node))
        pairs = [e for e in node.elements if isinstance(e, cst.DictElement)]
        keys = tuple(self.lower(pair.key) for pair in pairs)
        values = tuple(self.lower(pair.value) for pair in pairs)
        return Make("dict", values, keys, origin=self.origin(node))

    # ------------------------------------------------------------ comprehensions

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
            reason = "s2sad differentiates comprehensions with one for clause"
            return self._scoped_opaque(node, reason)
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

    def _scoped_opaque(self, node: cst.BaseExpression, reason: str) -> Expr:
        return self.opaque(node, reason, "S2S016")

    # ------------------------------------------------------------ calls

    def _Call(self, node: cst.Call) -> Expr:
        path = self.scope.qualified(node.func)
        if path in self.program.markers:
            return self._marker(self.program.markers[path], node)
        cls = None if path is None else self.module.find_class(path)
        if cls is not None:
            return self._construct(cls, node)
        if path == "builtins.map" and len(node.args) == 2:
            return self._mapped(node)
        if path == "dataclasses.replace" and node.args:
            cls = class_of(node.args[0].value, self.scope)
            if cls is not None:
                whole, *given = self._given(node)
                return self._replaced(cls, whole.value, node.args[0].value, given, node)
        if path is not None and path.startswith("functools."):
            return self._apply(path, node)
        if self._is_rebuilt(node):
            keys = tuple(Const(arg.keyword.value) for arg in node.args if arg.keyword)
            items = tuple(self.lower(arg.value) for arg in node.args)
            return Make("object", items, keys, self.module.code(node.func).strip())
        candidates = self.program.callables.of(node.func, self.scope)
        if candidates:
            return self._call(candidates, node)
        if path is not None and self.module.find_function(path) is None:
            return self._apply(canonical(path), node)
        cls = class_of(node.func, self.scope)
        callee = None if cls is None else self.program.method(cls, "__call__")
        if callee is not None:
            return self._invoke(callee, self._given(node), node, self.lower(node.func), "")
        if isinstance(node.func, cst.Attribute):
            return self._call_method(node.func, node)
        found = None if path is None else self.module.find_function(path)
        kind = None if found is None else _unusual(found[1].node)
        if kind:
            reason = f"{self.module.code(node.func).strip()} is {kind}"
            return replace(self._unknown_call(node, reason), code="S2S017")
        if isinstance(node.func, cst.Name):
            return self._unknown_call(node, f"s2sad cannot see which function {node.func.value} is")
        return self._unknown_call(node, "the function that is called is computed")

    def _is_rebuilt(self, node: cst.Call) -> bool:
        """Whether this is `type(x)(field=...)`, as a gradient gives back a record."""
        return (
            isinstance(node.func, cst.Call)
            and self.program.rules.is_generated
            and self.scope.qualified(node.func.func) == "builtins.type"
            and all(arg.keyword is not None for arg in node.args)
        )

    def _marker(self, name: str, node: cst.Call) -> Expr:
        """A marker of s2sad, its arguments in order."""
        found = self._apply(f"s2sad.{name}", node)
        wanted = ("x", "function")[: 2 if name == "on_gradient" else 1]
        if isinstance(found, Apply):
            given = dict(zip(wanted, found.args, strict=False)) | dict(found.kwargs)
            if len(found.args) + len(found.kwargs) == len(wanted) and set(given) == set(wanted):
                return replace(found, args=tuple(given[key] for key in wanted), kwargs=())
        place = self.module.location(node)
        advice = f"Write {name}({', '.join(wanted)})."
        raise S2SADError("S2S014", f"{name} with other arguments than its own", place, advice)

    def _mapped(self, node: cst.Call) -> Expr:
        """map(f, xs) is a generator expression, (f(x) for x in xs)."""
        candidates = self.program.callables.of(node.args[0].value, self.scope)
        if candidates is None or len(candidates) != 1 or any(a.star for a in node.args):
            return self._unknown_call(node, "s2sad cannot see which function is mapped")
        item = Var("item")
        given = [Argument(None, Ref(item))]
        called = cst.Call(node.args[0].value, [cst.Arg(cst.Name("item"))])
        element = self._call_one(candidates[0], given, called, None)
        if isinstance(element, Opaque):
            return self._unknown_call(node, element.reason)
        element = replace(element, origin=None)
        iterable = self.lower(node.args[1].value)
        return Each("generator", element, item, iterable, origin=self.origin(node))

    def _given(self, node: cst.Call, candidate: Candidate | None = None) -> list[Argument]:
        """The arguments of a call, after those that a partial has bound."""
        listed = [(argument, self.scope) for argument in node.args]
        if candidate is not None:
            named = {a.keyword.value for a in node.args if a.keyword is not None}
            bound = [
                g for g in candidate.given if not (g[0].keyword and g[0].keyword.value in named)
            ]
            listed = [*bound, *listed]
        return list(arguments_of(listed, self, self.program.callables))

    def argument(self, node: cst.BaseExpression) -> Expr:
        """An argument of a call; nothing flows through one that is a function."""
        if isinstance(node, cst.Lambda) or not self.program.callables.of(node, self.scope):
            lowered = self.lower(node)
        else:
            lowered = self.opaque(node, "")
        candidates = self.program.callables.of(node, self.scope)
        if isinstance(lowered, Opaque) and candidates:
            captured = [c.callee.captured for c in candidates if c.callee is not None]
            found = dict.fromkeys(var for variables in captured for var in variables)
            reads = [Ref(v) for v in found if self.scope.bindings_of(v.hint)[0] is not None]
            parts = (*lowered.parts, *reads)
            return replace(lowered, parts=parts, inert=True, function=self._named(candidates))
        return lowered

    def _named(self, candidates: Candidates) -> str:
        """The operator that an argument is, where it can be one function only."""
        if len(candidates) != 1 or candidates[0].given:
            return ""
        callee = candidates[0].callee
        if callee is None:
            return canonical(candidates[0].path)
        return "" if callee.outer else self.program.rules.op_of_definition(callee.definition)

    def _call(self, candidates: Candidates, node: cst.Call) -> Expr:
        """A call of one of several functions: which one, is asked again in the backward part."""
        if len(candidates) == 1:
            return self._call_one(candidates[0], self._given(node, candidates[0]), node, node)
        named = sorted(candidates, key=lambda c: not self._is_nameable(c))
        unnamed = [c for c in named if not self._is_nameable(c)]
        if len(unnamed) > 1:
            return self._unknown_call(
                node, "s2sad cannot tell the functions apart that this may be"
            )
        taken: dict[cst.CSTNode, Var] = {}
        if not all(self._repeatable(argument.value, taken) for argument in node.args):
            reason = "several functions may be called, with arguments that have no names"
            return self._unknown_call(node, reason)
        arms = []
        for candidate in named:
            again = _Again(self, taken)
            given = list(arguments_of(
                [*candidate.given, *((a, self.scope) for a in node.args)],
                again, self.program.callables,
            ))  # fmt: skip
            arms.append((candidate, self._call_one(candidate, given, node, None)))
        result = arms[-1][1]
        for position, (candidate, arm) in enumerate(reversed(arms[:-1])):
            asked = Apply(
                "is", (self.lower(node.func), self._name_of(candidate)), (), "infix", "is"
            )
            origin = self.origin(node) if position == len(arms) - 2 else None
            result = Select(asked, arm, result, "if", origin)
        return result

    def _is_nameable(self, candidate: Candidate) -> bool:
        root = candidate.text.partition(".")[0]
        if not root or candidate.given:
            return False
        local = candidate.callee is not None and candidate.callee.outer is not None
        return local or self.scope.qualified(cst.parse_expression(candidate.text)) is not None

    def _name_of(self, candidate: Candidate) -> Expr:
        if candidate.text.isidentifier():
            found = self._Name(cst.Name(candidate.text))
            assert isinstance(found, Ref)
            return Ref(found.var)
        return Apply(candidate.path or "user", (), (), "name", candidate.text)

    def _repeatable(self, node: cst.BaseExpression, taken: dict[cst.CSTNode, Var]) -> bool:
        """Whether an argument can stand at several places; gives it a name if it must have one."""
        if isinstance(node, (cst.Name, cst.BaseNumber, cst.SimpleString)):
            return True
        value = self.lower(node)
        if self.lifting:
            var = Var(describe(value))
            self.walrus.append((var, value, None))
            taken[node] = var
            return True
        return not any(isinstance(part, Opaque) and not part.pure for part in walk(value))

    def _call_one(
        self, candidate: Candidate, given: list[Argument], node: cst.Call, whole: cst.Call | None
    ) -> Expr:
        origin = None if whole is None else self.origin(whole)
        if not all(self._means_the_same(a.value, scope) for a, scope in candidate.given):
            return self._unknown_call(node, "names that a partial binds mean something else here")
        if candidate.callee is not None:
            return self._invoke(candidate.callee, given, node, None, candidate.text, origin)
        op = canonical(candidate.path)
        if any(argument.star for argument in given):
            return self._unknown_call(node, "s2sad does not see which arguments * stands for")
        positional = tuple(a.value for a in given if a.keyword is None)
        keywords = tuple((a.keyword, a.value) for a in given if a.keyword is not None)
        return Apply(op, positional, keywords, "call", candidate.text, origin)

    def _means_the_same(self, node: cst.BaseExpression, scope: Scope) -> bool:
        """Whether the names of an expression of another scope are the same variables here."""
        return all(
            self.scope.bindings_of(name)[0] is scope.bindings_of(name)[0] for name in names_in(node)
        )

    def _apply(self, op: str, node: cst.Call) -> Expr:
        given = self._given(node)
        if any(argument.star for argument in given):
            return self._unknown_call(node, "s2sad does not see which arguments * stands for")
        positional, keywords = _split(given)
        text = self.module.code(node.func).strip()
        return Apply(op, positional, keywords, "call", text, self.origin(node))

    def _call_method(self, func: cst.Attribute, node: cst.Call) -> Expr:
        name = func.attr.value
        inner = func.value.func if isinstance(func.value, cst.Call) else None
        if inner is not None and self.scope.qualified(inner) == "builtins.super":
            return self._unknown_call(node, "s2sad does not follow super()")
        receiver = self.lower(func.value)
        cls = class_of(func.value, self.scope)
        given = self._given(node)
        if cls is not None:
            callee = self.program.method(cls, name)
            if callee is not None and is_static(callee):
                return self._invoke(callee, given, node, text=self.module.code(func).strip())
            if callee is not None:
                return self._invoke(callee, given, node, receiver, f".{name}")
            if name == "_replace" and cls.kind == "NamedTuple":
                return self._replaced(cls, receiver, func.value, given, node)
        if any(argument.star for argument in given):
            return self._unknown_call(node, "s2sad does not see which arguments * stands for")
        positional, keywords = _split(given)
        if name in LIST_METHODS and not keywords and not self.program.structured:
            args = (receiver, *positional)
            return Apply(f"list.{name}", args, (), "method", name, self.origin(node))
        if name in STRUCTURE_METHODS and not positional and not keywords:
            return Apply(f"dict.{name}", (receiver,), (), "method", name, self.origin(node))
        if name in ("append", "pop") and _is_path(receiver) and not keywords:
            if len(positional) == (1 if name == "append" else 0):
                args = (receiver, *positional)
                return Apply(f"list.{name}", args, (), "method", name, self.origin(node))
        if name == "sort" and {key for key, _ in keywords} - {"axis"}:
            return self._unknown_call(node, "s2sad does not know this form of sort")
        if name in METHODS:
            args = (receiver, *positional)
            return Apply(METHODS[name], args, keywords, "method", name, self.origin(node))
        return self._unknown_call(node, f"s2sad does not know the method {name}")

    def _replaced(
        self,
        cls: Any,
        whole: Expr,
        written: cst.BaseExpression,
        given: list[Argument],
        node: cst.Call,
    ) -> Expr:
        """An object like another one, but for some fields."""
        new = {a.keyword: a.value for a in given}
        names = [field.name for field in cls.fields]
        if None in new or not set(new) <= set(names) or any(a.star for a in given):
            return self._unknown_call(node, "s2sad does not see which fields are replaced")
        items = [
            (
                new[name]
                if name in new
                else Apply("getattr", (self.lower(written),), (), "attribute", name)
            )
            for name in names
        ]
        keys = tuple(Const(name) for name in names)
        return Make("object", tuple(items), keys, cls.name, self.origin(node))

    def _construct(self, cls: Any, node: cst.Call) -> Expr:
        info = cls[1] if isinstance(cls, tuple) else cls
        names = [field[0] for field in info.fields]
        arguments = self._given(node)
        positional, keywords = _split(arguments)
        given = dict(zip(names, positional, strict=False)) | dict(keywords)
        known = info.kind in ("NamedTuple", "dataclass") and set(given) <= set(names)
        if not known or any(argument.star for argument in arguments):
            return self._unknown_call(node, "s2sad does not differentiate a constructor")
        keys = tuple(Const(name) for name in given)
        text = self.module.code(node.func).strip()
        return Make("object", tuple(given.values()), keys, text, self.origin(node))

    def _invoke(
        self,
        callee: Callee,
        given: list[Argument],
        node: cst.Call | cst.Attribute,
        receiver: Expr | None = None,
        text: str = "",
        origin: Origin | None = None,
    ) -> Expr:
        func = node.func if isinstance(node, cst.Call) else None
        if receiver is None and is_of_class(callee) and isinstance(func, cst.Attribute):
            receiver, text = self.lower(func.value), f".{func.attr.value}"
        bound = bind(callee, given, receiver)
        if isinstance(bound, str):
            return self._unknown_call(node, bound)
        callee = self.program.specialised(callee, bound.known)
        args = list(bound.args)
        names = signature(callee)
        for position, name in enumerate(names):
            default = None if callee.outer is None else callee.outer.defaults.get(
                (callee.definition.node, name)
            )  # fmt: skip
            if args[position] is None and default is not None:
                args[position] = Ref(default)
            elif args[position] is None and name in self.program.local_defaults(callee):
                return self._unknown_call(node, "a default of it was computed in a function")
        args += [Ref(self.scope.holder(var)) for var in callee.captured]
        if receiver is None:
            assert isinstance(node, cst.Call)
            text = text or self.module.code(node.func).strip()
        var = self.scope.find(text) if text.isidentifier() else None
        held = None if var is None else Ref(var)
        site = Origin(self.module.original(node), self.module)
        return Invoke(callee, tuple(args), held, text, origin or self.origin(node), site)

    def _unknown_call(self, node: cst.Call | cst.Attribute, reason: str) -> Opaque:
        """A call of something unknown may change every object that it can reach."""
        if isinstance(node, cst.Attribute):
            return self.opaque(node, reason, "S2S012")
        reads = self.reads(node)
        parts: list[Expr] = []
        for argument in node.args:
            parts.append(self.lower(argument.value))
        if isinstance(node.func, cst.Attribute):
            parts.append(self.lower(node.func.value))
        elif isinstance(node.func, cst.Name) and self.scope.find(node.func.value) is not None:
            parts.append(self.lower(node.func))
        mutated = tuple(r.var for r in reads if isinstance(r, Ref))
        return Opaque(tuple(parts), reason, "S2S012", mutated, False, self.origin(node))

    def _Lambda(self, node: cst.Lambda) -> Expr:
        reads: list[Expr] = []
        names = {p.name.value for p in node.params.params}
        for read in self.reads(node):
            if not (isinstance(read, Ref) and read.var.hint in names):
                reads.append(read)
        reason = "s2sad does not differentiate through a lambda that is handed on"
        return Opaque(tuple(reads), reason, origin=self.origin(node))


class _Again:
    """Lowers an argument once more, or refers to the name that it was given."""

    def __init__(self, lowerer: ExpressionLowerer, taken: dict[cst.CSTNode, Var]) -> None:
        self.lowerer = lowerer
        self.taken = taken

    def lower(self, node: cst.BaseExpression) -> Expr:
        """The value of an argument."""
        if node in self.taken:
            return Ref(self.taken[node], self.lowerer.origin(node))
        return self.lowerer.lower(node)

    def argument(self, node: cst.BaseExpression) -> Expr:
        """The value of an argument, which may be a function."""
        return self.lower(node) if node in self.taken else self.lowerer.argument(node)


def _unusual(node: cst.FunctionDef) -> str:
    from s2sad.source.lower import unusual

    return unusual(node)


def _split(given: list[Argument]) -> tuple[tuple[Expr, ...], tuple[tuple[str, Expr], ...]]:
    """Positional arguments and those with keywords."""
    positional = tuple(a.value for a in given if a.keyword is None)
    return positional, tuple((a.keyword, a.value) for a in given if a.keyword is not None)


def _describe(node: cst.CSTNode) -> str:
    names = {
        "Await": "await",
        "Yield": "yield",
        "FormattedString": "f-strings",
        "ConcatenatedString": "strings",
        "Lambda": "a lambda that is handed on",
    }
    return names.get(type(node).__name__, type(node).__name__)


def _is_path(expr: Expr) -> bool:
    """Whether an expression is a variable, or a part of one."""
    while isinstance(expr, Apply) and expr.op in ("getitem", "getattr"):
        expr = expr.args[0]
    return isinstance(expr, Ref)
