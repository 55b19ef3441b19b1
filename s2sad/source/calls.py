"""Calls of the user's functions: which argument goes to which parameter.

    def full(a, b=1.0, *rest, scale, **more)
    full(*(x, y), 2.0, scale=k, **{"c": z})     a=x, b=y, rest=(2.0,), scale=k, more={"c": z}

What `*` and `**` stand for is known of displays, of names that are bound to one, and of the rest
parameters of a function that is specialised for a call; of others, what the parameters say of it
(`spread.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import libcst as cst

from s2sad.ir.nodes import Apply, Callee, Const, Expr, Make
from s2sad.source.bound import parameters
from s2sad.source.callables import Candidates
from s2sad.source.scope import Scope
from s2sad.source.walk import Visitor


@dataclass(frozen=True)
class Argument:
    """An argument: its keyword, its value, and the functions that it may be.

    `star` says that it stands for any number of arguments: `*` or `**`, before `node`.
    """

    keyword: str | None
    value: Expr
    functions: Candidates | None = None
    star: str = ""
    node: cst.BaseExpression | None = None


@dataclass(frozen=True)
class Bound:
    """The arguments of a call in the order of the parameters, None where the default stands, and
    the functions that parameters are, by name."""

    args: tuple[Expr | None, ...]
    known: tuple[tuple[str, Any], ...] = ()


def arguments_of(
    given: list[tuple[cst.Arg, Scope]], lowerer: Any, callables: Any
) -> Iterator[Argument]:
    """The arguments of a call, those behind `*` and `**` one by one where they are known."""
    for argument, scope in given:
        node = argument.value
        if not argument.star:
            keyword = argument.keyword.value if argument.keyword is not None else None
            yield Argument(keyword, lowerer.argument(node), callables.of(node, scope))
            continue
        parts = parts_of(node, scope)
        if parts is None:
            yield Argument(None, lowerer.lower(node), None, argument.star, node)
            continue
        for key, part in parts:
            functions = None
            if isinstance(part, cst.BaseExpression):
                value, functions = lowerer.argument(part), callables.of(part, scope)
            else:
                value = part(lowerer)
            yield Argument(key if argument.star == "**" else None, value, functions)


Part = cst.BaseExpression | Callable[[Any], Expr]


def parts_of(node: cst.BaseExpression, scope: Scope) -> list[tuple[str, Part]] | None:
    """The elements of a container with their keys: expressions, or what lowers to them."""
    match node:
        case cst.Tuple() | cst.List():
            listed: list[tuple[str, Part]] = []
            for element in node.elements:
                if isinstance(element, cst.StarredElement):
                    inner = parts_of(element.value, scope)
                    if inner is None:
                        return None
                    listed += inner
                else:
                    listed.append(("", element.value))
            return listed
        case cst.Dict():
            merged: dict[str, Part] = {}
            for pair in node.elements:
                if isinstance(pair, cst.StarredDictElement):
                    inner = parts_of(pair.value, scope)
                    if inner is None:
                        return None
                    merged.update(inner)
                elif isinstance(pair, cst.DictElement) and isinstance(pair.key, cst.SimpleString):
                    merged[str(pair.key.evaluated_value)] = pair.value
                else:
                    return None
            return list(merged.items())
        case cst.Call(func=cst.Name("dict")) if scope.qualified(node.func) == "builtins.dict":
            return _parts_of_dict(node, scope)
        case cst.BinaryOperation(operator=cst.BitOr()):
            return _merged([parts_of(node.left, scope), parts_of(node.right, scope)])
        case cst.Name():
            keys = keys_of(node, scope)
            if keys is None:
                return None
            names = [k if isinstance(k, str) else "" for k in keys]
            return [(name, _item(node, k)) for name, k in zip(names, keys, strict=True)]
    return None


def _parts_of_dict(node: cst.Call, scope: Scope) -> list[tuple[str, Part]] | None:
    """The items of `dict(...)`: of a dict or of pairs, of keywords, of what `**` stands for."""
    found: list[list[tuple[str, Part]] | None] = []
    for argument in node.args:
        if argument.keyword is not None:
            found.append([(argument.keyword.value, argument.value)])
        elif argument.star != "*":
            pairs = _pairs(argument.value) if not argument.star else None
            found.append(parts_of(argument.value, scope) if pairs is None else pairs)
        else:
            return None
    return _merged(found)


def _pairs(node: cst.BaseExpression) -> list[tuple[str, Part]] | None:
    """The items that a list of pairs stands for, whose keys are written out."""
    if not isinstance(node, cst.List | cst.Tuple):
        return None
    found: list[tuple[str, Part]] = []
    for element in node.elements:
        match element.value:
            case cst.Tuple(elements=[key, value]) if isinstance(key.value, cst.SimpleString):
                found.append((str(key.value.evaluated_value), value.value))
            case _:
                return None
    return found


def _merged(found: list[list[tuple[str, Part]] | None]) -> list[tuple[str, Part]] | None:
    """The items of several dicts, the later ones in place of the earlier."""
    merged: dict[str, Part] = {}
    for parts in found:
        if parts is None or not all(key for key, _ in parts):
            return None
        merged.update(parts)
    return list(merged.items())


def keys_of(node: cst.Name, scope: Scope) -> list[str | int] | None:
    """The keys of the container that a name is bound to, once and for all."""
    owner, found = scope.bindings_of(node.value)
    if owner is None:
        return None
    if node.value in owner.rest:
        return list(owner.rest[node.value])
    if len(found) != 1 or found[0].how != "value" or node.value in owner.changed:
        return None
    value = found[0].node
    parts = None if isinstance(value, cst.Name) else parts_of(value, owner)
    if parts is None:
        return None
    is_dict = isinstance(value, (cst.Dict, cst.Call, cst.BinaryOperation))
    return [key if is_dict else k for k, (key, _) in enumerate(parts)]


def _item(node: cst.Name, key: str | int) -> Callable[[Any], Expr]:
    return lambda lowerer: Apply("getitem", (lowerer.lower(node), Const(key)), (), "index")


def bind(callee: Callee, given: list[Argument], receiver: Expr | None) -> Bound | str:
    """What each parameter of a callee gets, or why that cannot be told."""
    kinds = signature(callee)
    bound: dict[str, Expr] = {}
    functions: dict[str, Any] = {}
    extra: list[Expr] = []
    more: dict[str, Expr] = {}
    whole: dict[str, Expr] = {}
    queue = [name for name, kind in kinds.items() if kind == "positional"]
    unseen = "s2sad does not see which arguments {} stands for"
    if receiver is not None:
        if not queue:
            return f"the arguments do not fit the parameters of {callee.name}"
        bound[queue.pop(0)] = receiver
    for argument in given:
        if argument.star:
            if argument.star in whole or (argument.star == "*" and queue) or extra or more:
                return unseen.format(argument.star)
            whole[argument.star] = argument.value
        elif argument.keyword is None:
            if "*" in whole:
                return unseen.format("*")
            if queue:
                name = queue.pop(0)
                bound[name], functions[name] = argument.value, argument.functions
            else:
                extra.append(argument.value)
        elif kinds.get(argument.keyword) in ("positional", "keyword"):
            bound[argument.keyword] = argument.value
            functions[argument.keyword] = argument.functions
            if argument.keyword in queue:
                queue.remove(argument.keyword)
        else:
            more[argument.keyword] = argument.value
    if "**" in whole and any(n not in bound for n, k in kinds.items() if not k.startswith("var")):
        return unseen.format("**")
    known = {name: found for name, found in functions.items() if found}
    for name, kind in kinds.items():
        if kind == "var_positional":
            bound[name] = whole.pop("*") if "*" in whole else Make("tuple", tuple(extra))
            if isinstance(bound[name], Make):
                known[name] = tuple(range(len(extra)))
            extra = []
        if kind == "var_keyword":
            keys = tuple(Const(key) for key in more)
            bound[name] = (
                whole.pop("**") if "**" in whole else Make("dict", tuple(more.values()), keys)
            )
            if isinstance(bound[name], Make):
                known[name] = tuple(more)
            more = {}
    if extra or more or whole:
        return f"the arguments do not fit the parameters of {callee.name}"
    return Bound(tuple(bound.get(name) for name in kinds), tuple(sorted(known.items())))


def is_static(callee: Callee) -> bool:
    """Whether a method is called without an object."""
    return "builtins.staticmethod" in callee.definition.decorators


def is_of_class(callee: Callee) -> bool:
    """Whether a method has its class as its first argument."""
    return callee.method and "builtins.classmethod" in callee.definition.decorators


def is_property(callee: Callee) -> bool:
    """Whether a method is called by reading an attribute."""
    node = callee.definition.node
    names = ("builtins.property", "functools.cached_property")
    return isinstance(node, cst.FunctionDef) and any(
        decorator in names for decorator in callee.definition.decorators
    )


def signature(callee: Callee) -> dict[str, str]:
    """The names of a callee's parameters in order, with their kinds."""
    params = callee.definition.node.params
    kinds = {p.name.value: "keyword" for p in parameters(params)}
    kinds |= {p.name.value: "positional" for p in (*params.posonly_params, *params.params)}
    if isinstance(params.star_arg, cst.Param):
        kinds[params.star_arg.name.value] = "var_positional"
    if params.star_kwarg is not None:
        kinds[params.star_kwarg.name.value] = "var_keyword"
    return kinds


class _Forwards(Visitor):
    """Collects the names that are handed on with `*` or `**`."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def visit_Arg(self, node: cst.Arg) -> None:
        if node.star and isinstance(node.value, cst.Name):
            self.names.add(node.value.value)

    def visit_StarredElement(self, node: cst.StarredElement) -> None:
        if isinstance(node.value, cst.Name):
            self.names.add(node.value.value)

    def visit_StarredDictElement(self, node: cst.StarredDictElement) -> None:
        if isinstance(node.value, cst.Name):
            self.names.add(node.value.value)


def forwarded(node: cst.CSTNode) -> set[str]:
    """The names that a function hands on with `*` or `**`."""
    finder = _Forwards()
    finder.walk(node)
    return finder.names
