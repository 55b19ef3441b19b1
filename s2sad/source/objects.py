"""Of which class an expression is an object, from annotations and constructors.

    def predict(net: Network, x):
        for layer in net.layers[:-1]:       layer: Linear, as Network declares layers: list[Linear]
            x = layer(x)
        state = State(x, 0.0)               state: State

The answer is certain or None: of a name that is bound to objects of two classes there is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import libcst as cst

from s2sad.source.bound import Binding, annotation_of, parameters
from s2sad.source.classes import ClassInfo
from s2sad.source.scope import Scope
from s2sad.source.walk import Visitor


@dataclass(frozen=True)
class _Declared:
    """What an annotation says; `module` is where it is written."""

    annotation: cst.BaseExpression
    module: Any


@dataclass(frozen=True)
class _Same:
    """What a name stands for by its other bindings: `s = s._replace(p=0.0)` does not change it."""


@dataclass(frozen=True)
class _Items:
    """A list or tuple of objects of one class; a list may get others later."""

    cls: ClassInfo
    fixed: bool


@dataclass(frozen=True)
class _Made:
    """What a function of another package gives: an object of it, if it is a class."""

    path: str


_Kind = ClassInfo | _Declared | _Same | _Items | _Made

_SEQUENCES = {"list", "tuple", "List", "Tuple", "Sequence", "Iterable", "Collection", "set"}
_MAPPINGS = {"dict", "Dict", "Mapping", "MutableMapping", "OrderedDict", "defaultdict"}


def class_of(node: cst.BaseExpression, scope: Scope) -> ClassInfo | None:
    """The class of the user's that an expression is an object of."""
    return _class(_kind(node, scope, frozenset()))


def path_of_class(node: cst.BaseExpression, scope: Scope) -> str | None:
    """The dotted path of the class of another package that an expression is an object of."""
    match _kind(node, scope, frozenset()):
        case _Declared(annotation, module):
            path: str | None = module.qualified(annotation)
            return None if path is None or module.find_class(path) else path
        case _Made(path):
            return path
    return None


def _class(kind: _Kind | None) -> ClassInfo | None:
    if not isinstance(kind, _Declared):
        return kind if isinstance(kind, ClassInfo) else None
    path = kind.module.qualified(kind.annotation)
    found = None if path is None else kind.module.find_class(path)
    return None if found is None else found[1]


def _kind(node: cst.BaseExpression, scope: Scope, seen: frozenset[str]) -> _Kind | None:
    match node:
        case cst.Name():
            return _of_name(node.value, scope, seen)
        case cst.Attribute(value=base, attr=cst.Name(name)):
            cls = _class(_kind(base, scope, seen))
            for item in cls.fields if cls is not None else ():
                if item.name == name and item.annotation is not None:
                    return _declared(item.annotation, item.module)
        case cst.Subscript(value=base):
            kind = _kind(base, scope, seen)
            sliced = any(isinstance(part.slice, cst.Slice) for part in node.slice)
            return kind if sliced else _element(kind)
        case cst.Call():
            return _of_call(node, scope, seen)
        case cst.List(elements) | cst.Tuple(elements) if elements:
            first, *others = (_class(_kind(e.value, scope, seen)) for e in elements)
            if first is not None and all(cls is first for cls in others):
                return _Items(first, isinstance(node, cst.Tuple))
    return None


def _declared(annotation: cst.BaseExpression, module: Any) -> _Declared | None:
    if isinstance(annotation, cst.SimpleString):
        try:
            annotation = cst.parse_expression(str(annotation.evaluated_value))
        except cst.ParserSyntaxError:
            return None
    return _Declared(annotation, module)


def _of_name(name: str, scope: Scope, seen: frozenset[str]) -> _Kind | None:
    owner, bindings = scope.bindings_of(name)
    if owner is None:
        return None
    if name in seen:
        return _Same()
    if owner.vars[name] in owner.classes:
        cls: ClassInfo = owner.classes[owner.vars[name]]
        return cls if all(b.how == "parameter" for b in bindings) else None
    found = [_of_binding(name, binding, owner, seen | {name}) for binding in bindings]
    found = [kind for kind in found if not isinstance(kind, _Same)] or found[:1]
    if any(isinstance(k, _Items) and not (k.fixed or name not in owner.changed) for k in found):
        return None
    classes = {_class(kind) for kind in found}
    same = len(set(found)) == 1 or (len(classes) == 1 and None not in classes)
    return found[0] if same else None


def _of_binding(name: str, binding: Binding, owner: Scope, seen: frozenset[str]) -> _Kind | None:
    match binding.how:
        case "parameter" if owner.node is not None:
            for parameter in parameters(owner.node.params):
                if parameter.name.value == name:
                    stated = annotation_of(parameter, owner.node, owner.module)
                    return None if stated is None else _declared(*stated)
        case "value":
            return _kind(binding.node, owner, seen)
        case "element":
            return _iterated(name, binding.target, binding.node, binding.scope or owner, seen)
    return None


def _iterated(
    name: str,
    target: cst.CSTNode | None,
    iterable: cst.BaseExpression,
    scope: Scope,
    seen: frozenset[str],
) -> _Kind | None:
    """What a loop over an iterable gives to the name in its target."""
    call = iterable if isinstance(iterable, cst.Call) else None
    path = None if call is None else scope.qualified(call.func)
    if call is not None and path in ("builtins.reversed", "builtins.list", "builtins.tuple"):
        return _iterated(name, target, call.args[0].value, scope, seen) if call.args else None
    if isinstance(target, cst.Name):
        if call is not None and isinstance(call.func, cst.Attribute):
            values = call.func.attr.value == "values" and not call.args
            return _element(_kind(call.func.value, scope, seen)) if values else None
        return _element(_kind(iterable, scope, seen))
    if not isinstance(target, (cst.Tuple, cst.List)) or call is None:
        return None
    for position, part in enumerate(target.elements):
        if not isinstance(part.value, cst.Name) or part.value.value != name:
            continue
        if path == "builtins.enumerate" and position == 1:
            return _iterated(name, part.value, call.args[0].value, scope, seen)
        if path == "builtins.zip" and position < len(call.args):
            return _iterated(name, part.value, call.args[position].value, scope, seen)
        if isinstance(call.func, cst.Attribute) and call.func.attr.value == "items":
            return _element(_kind(call.func.value, scope, seen)) if position == 1 else None
    return None


def _element(kind: _Kind | None) -> _Kind | None:
    """What the elements of a container are, from its annotation or what it was made of."""
    if isinstance(kind, _Items):
        return kind.cls
    if not isinstance(kind, _Declared) or not isinstance(kind.annotation, cst.Subscript):
        return None
    path = kind.module.qualified(kind.annotation.value) or ""
    name = path.rpartition(".")[2]
    inside = [p.slice.value for p in kind.annotation.slice if isinstance(p.slice, cst.Index)]
    if name in _MAPPINGS and len(inside) == 2:
        return _declared(inside[1], kind.module)
    same = len(inside) == 1 or (len(inside) == 2 and isinstance(inside[1], cst.Ellipsis))
    return _declared(inside[0], kind.module) if name in _SEQUENCES and same else None


def _of_call(node: cst.Call, scope: Scope, seen: frozenset[str]) -> _Kind | None:
    path = scope.qualified(node.func)
    if path is not None:
        cls = scope.module.find_class(path)
        if cls is not None:
            found: ClassInfo = cls[1]
            return found
        if path in ("dataclasses.replace", "copy.copy", "copy.deepcopy") and node.args:
            return _kind(node.args[0].value, scope, seen)
        function = scope.module.find_function(path)
        if function is not None and function[1].node.returns is not None:
            return _declared(function[1].node.returns.annotation, function[0])
        return None if path.startswith(".") else _Made(path)
    if isinstance(node.func, cst.Attribute) and isinstance(node.func.value, cst.Name):
        if node.func.attr.value == "pop" and not node.args:
            return _popped(node.func.value.value, scope, seen)
    if isinstance(node.func, cst.Attribute):
        kind = _kind(node.func.value, scope, seen)
        if node.func.attr.value == "_replace" and isinstance(kind, _Same):
            return kind
        owner = _class(kind)
        if owner is not None and node.func.attr.value == "_replace":
            return owner
        method = None if owner is None else owner.method(node.func.attr.value)
        if method is not None and method.node.returns is not None:
            return _declared(method.node.returns.annotation, method.module)
    return None


def _popped(name: str, scope: Scope, seen: frozenset[str]) -> _Kind | None:
    """What comes out of a list that is empty at first, and is only appended to and popped from."""
    owner, bindings = scope.bindings_of(name)
    empty = len(bindings) == 1 and isinstance(bindings[0].node, cst.List)
    if owner is None or owner.node is None or not empty or bindings[0].node.elements:
        return None
    uses = _Stack(name)
    uses.walk(owner.node)
    found = {_kind(value, owner, seen) for value in uses.appended} - {_Same()}
    if uses.count != 1 or len(found) > 1:
        return None
    return found.pop() if found else _Same()


class _Stack(Visitor):
    """What a name of a list appends, and how often it is read for anything but appending and
    popping: once, where it is bound."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.appended: list[cst.BaseExpression] = []
        self.count = 0

    def visit_Name(self, node: cst.Name) -> None:
        self.count += node.value == self.name

    def visit_Call(self, node: cst.Call) -> None:
        match node:
            case cst.Call(func=cst.Attribute(value=cst.Name(name), attr=cst.Name(method))):
                if name == self.name and method in ("append", "pop"):
                    self.count -= 1
                    self.appended += [argument.value for argument in node.args]
