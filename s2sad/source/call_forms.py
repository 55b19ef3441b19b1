"""Calls by what stands before the parentheses: a marker, a class, a method, a function.

    stop_gradient(x)            s2sad.stop_gradient(x)
    Params(W, b)                Params(W=W, b=b)
    x.sum(axis=0)               numpy.sum(x, axis=0)
    dict(d, a=x)                {**d, "a": x}
    d.get(k, e)                 d[k] if k in d else e
    map(f, xs)                  [invoke f(item) for item in xs]

What is none of these, is a call that is carried as it is, and may change all that it can reach.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import libcst as cst

from s2sad.errors import S2SADError
from s2sad.ir.nodes import Apply, Const, Each, Expr, Invoke, Make, Opaque, Ref, Select, Var
from s2sad.source.calls import Argument, Part, is_static, parts_of
from s2sad.source.classes import ClassInfo
from s2sad.source.folded import as_loop
from s2sad.source.invocations import Invocations, is_literal, split
from s2sad.source.objects import class_of, path_of_class
from s2sad.source.operators import METHODS, canonical
from s2sad.source.plain import unusual
from s2sad.source.spread import Open
from s2sad.source.taken_apart import Construction, is_plain_object

LIST_METHODS = {"append", "extend", "insert", "pop", "clear"}
"""Methods of lists that forward mode repeats on lists of tangents."""


STRUCTURE_METHODS = {"items", "values", "keys"}
"""Methods of dicts that loops understand."""


class CallForms(Invocations):
    """Lowers calls."""

    def _Call(self, node: cst.Call) -> Expr:
        path = self.scope.qualified(node.func)
        if path in self.program.markers:
            return self._marker(self.program.markers[path], node)
        cls = None if path is None else self.module.find_class(path)
        if cls is not None:
            return self._construct(cls, node)
        if path == "builtins.dict":
            return self._dict(node)
        if path == "builtins.map" and len(node.args) == 2:
            return self._mapped(node)
        if path == "functools.reduce" and (reduced := self._reduced(node)) is not None:
            return reduced
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
        if (op := self._method_with_rule(node.func, "__call__")) is not None:
            return self._by_rule(op, "called", "", node.func, node)
        cls = class_of(node.func, self.scope)
        callee = None if cls is None else self.program.method(cls, "__call__")
        if callee is not None:
            return self._invoke(callee, self._given(node), node, self.lower(node.func), "")
        if isinstance(node.func, cst.Attribute):
            return self._call_method(node.func, node)
        found = None if path is None else self.module.find_function(path)
        kind = None if found is None else unusual(found[1].node)
        if kind:
            reason = f"{self.module.code(node.func).strip()} is {kind}"
            return replace(self._unknown_call(node, reason), code="S2S017")
        reason = "the function that is called is computed"
        if isinstance(node.func, cst.Name):
            reason = f"s2sad cannot see which function {node.func.value} is"
        return self._unknown_call(node, self._of_which_class(reason, "__call__"))

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

    def _dict(self, node: cst.Call) -> Expr:
        """dict(a=x) is a display; dict(d) is a copy, where the keys of d are not known."""
        if (merged := self.merged(node)) is not None:
            return merged
        if len(node.args) != 1 or node.args[0].star or node.args[0].keyword is not None:
            return self._unknown_call(node, "s2sad does not see the keys of this dict")
        return self._apply("builtins.dict", node)

    def part(self, part: Part) -> Expr:
        """A part of a container: an expression of the source, or what makes it."""
        return self.lower(part) if isinstance(part, cst.BaseExpression) else part(self)

    def merged(self, node: cst.BaseExpression) -> Make | None:
        """The dict that several are merged into, or that a call makes, as a display; None where its
        keys are not known."""
        parts = parts_of(node, self.scope)
        if parts is None:
            return None
        keys = tuple(Const(key) for key, _ in parts)
        items = tuple(self.part(part) for _, part in parts)
        return Make("dict", items, keys, origin=self.origin(node))

    def _got(self, node: cst.Call, of: cst.BaseExpression) -> Expr | None:
        """d.get(k, e) is `d[k] if k in d else e`, of a dict and a key that can be read twice."""
        if not _can_be_read_twice(of) or not 1 <= len(node.args) <= 2:
            return None
        key = node.args[0].value
        if any(a.star or a.keyword for a in node.args) or not _can_be_read_twice(key):
            return None
        test = Apply("in", (self.lower(key), self.lower(of)), (), "infix", "in")
        item = Apply("getitem", (self.lower(of), self.lower(key)), (), "index")
        other = self.lower(node.args[1].value) if len(node.args) == 2 else Const(None)
        return Select(test, item, other, origin=self.origin(node))

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

    def _reduced(self, node: cst.Call) -> Expr | None:
        """What reduce computes, in a loop before the statement; nothing where the call may stay as
        it is, or has to."""
        if not self.lifting or self.effects or self.scope.node is None:
            return None
        place = self.module.as_read(node)
        self.program.sites.add(place)
        return as_loop(node, self) if place in self.program.written_out else None

    def _call_method(self, func: cst.Attribute, node: cst.Call) -> Expr:
        name = func.attr.value
        inner = func.value.func if isinstance(func.value, cst.Call) else None
        if inner is not None and self.scope.qualified(inner) == "builtins.super":
            return self._unknown_call(node, "s2sad does not follow super()")
        if (op := self._method_with_rule(func.value, name)) is not None:
            return self._by_rule(op, "method", name, func.value, node)
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
        positional, keywords = split(given)
        if name in LIST_METHODS and not keywords and not self.program.structured:
            args = (receiver, *positional)
            return Apply(f"list.{name}", args, (), "method", name, self.origin(node))
        if name == "get" and (found := self._got(node, func.value)) is not None:
            return found
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
        reason = self._of_which_class(f"s2sad does not know the method {name}", name)
        return self._unknown_call(node, reason)

    def _method_with_rule(self, of: cst.BaseExpression, name: str) -> str | None:
        """The operator that a method is by a rule of the user's, of an object whose class is known;
        None if it has no rule."""
        rules = self.program.rules
        if not rules.has_methods:
            return None
        cls = class_of(of, self.scope)
        if cls is not None:
            callee = self.program.method(cls, name)
            op = None if callee is None else rules.op_of_definition(callee.definition)
        else:
            path = path_of_class(of, self.scope)
            op = None if path is None else canonical(f"{path}.{name}")
        return op if op in rules.own else None

    def _of_which_class(self, reason: str, name: str) -> str:
        """Why a call is not understood, where a rule would say more if the class were known."""
        has_rule = any(op.endswith(f".{name}") for op in self.program.rules.own)
        return f"{reason}, since it does not know the class of the object" if has_rule else reason

    def _by_rule(
        self, op: str, form: str, name: str, of: cst.BaseExpression, node: cst.Call
    ) -> Expr:
        """A call of a method that has a rule: its object is the first operand."""
        given = self._given(node)
        if any(argument.star for argument in given):
            return self._unknown_call(node, "s2sad does not see which arguments * stands for")
        positional, keywords = split(given)
        return Apply(op, (self.lower(of), *positional), keywords, form, name, self.origin(node))

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
        counted = cls.kind == "NamedTuple"
        return Make("object", tuple(items), keys, cls.name, self.origin(node), counted)

    def _construct(self, cls: Any, node: cst.Call) -> Expr:
        """An object with all its fields, in the order in which a NamedTuple counts them."""
        info = cls[1] if isinstance(cls, tuple) else cls
        is_record = info.kind in ("NamedTuple", "dataclass")
        fields = info.fields if is_record else info.stored or []
        names = [field.name for field in fields]
        opened = [Open(field.name, field.default) for field in fields]
        arguments = self._spread(self._given(node), opened)
        positional, keywords = split(arguments)
        given = dict(zip(names, positional, strict=False)) | dict(keywords)
        known = (is_record or info.stored is not None) and set(given) <= set(names)
        is_complete = len(given) == len(names)
        for field in fields if known else ():
            if field.name not in given and is_literal(field.default):
                given[field.name] = self.lower(field.default)
        if not known or any(argument.star for argument in arguments):
            self._note_construction(info, node)
            return self._unknown_call(node, "s2sad does not differentiate a constructor")
        if info.kind != "dataclass" and len(given) < len(names):
            return self._unknown_call(node, "s2sad does not know the default of a field")
        if info.kind != "NamedTuple" and is_complete and is_plain_object(info):
            self._note(node, Construction(info, None, tuple(given.items())))
        present = [name for name in names if name in given]
        keys = tuple(Const(name) for name in present)
        text = self.module.code(node.func).strip()
        items = tuple(given[name] for name in present)
        counted = info.kind == "NamedTuple"
        return Make("object", items, keys, text, self.origin(node), counted)

    def _note_construction(self, cls: ClassInfo, node: cst.Call) -> None:
        """Notes how an object of a class is made that may be taken apart."""
        init = self.program.method(cls, "__init__")
        if init is None or not is_plain_object(cls):
            return
        before = len(self.walrus)
        call = self._invoke(init, self._given(node), node, Const(None), "")
        if isinstance(call, Invoke) and len(self.walrus) == before:
            self._note(node, Construction(cls, call))

    def _note(self, node: cst.Call, made: Construction) -> None:
        self.program.built[node] = made
        self.program.sites.add(self.module.as_read(node))


def _can_be_read_twice(node: cst.BaseExpression) -> bool:
    """Whether an expression computes next to nothing: a name, a literal, a part, a sum of such."""
    match node:
        case cst.Name() | cst.SimpleString() | cst.Integer():
            return True
        case cst.Subscript(value=base, slice=[cst.SubscriptElement(cst.Index(value=key))]):
            return _can_be_read_twice(base) and _can_be_read_twice(key)
        case cst.BinaryOperation(left=left, right=right):
            return _can_be_read_twice(left) and _can_be_read_twice(right)
        case cst.UnaryOperation(expression=inner):
            return _can_be_read_twice(inner)
        case cst.Tuple(elements=elements):
            return all(_can_be_read_twice(element.value) for element in elements)
    return False


def _is_path(expr: Expr) -> bool:
    """Whether an expression is a variable, or a part of one."""
    while isinstance(expr, Apply) and expr.op in ("getitem", "getattr"):
        expr = expr.args[0]
    return isinstance(expr, Ref)
