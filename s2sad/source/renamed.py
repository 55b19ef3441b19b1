"""Functions with other names for their variables, as syntax.

    def g(a, n):                     def g(u, g_n):
        m = n + 1            ->          m = g_n + 1
        return [n * v for n in a]        return [n * v for n in u]

Names belong to scopes: what a comprehension or a function inside binds keeps its name there. Nodes
that change are made anew, and their module is told which ones they stand for, so that errors point
at what is in the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import libcst as cst

from s2sad.source.bound import bound_names, parameters, target_names
from s2sad.source.names import children, parts
from s2sad.source.walk import Visitor


def renamed(node: cst.CSTNode, names: Mapping[str, str], module: Any) -> cst.CSTNode:
    """A node of a module in which variables have other names, those of its own scope."""
    if not names:
        return node
    changed = _changed(node, names, module)
    if changed is not node:
        module.made(changed, node)
    return changed


def is_renamable(node: cst.CSTNode) -> bool:
    """Whether all names in a function are written as names: none is that of a module or of a class
    inside, and none belongs to another scope."""
    finder = _Unusual()
    finder.walk(node)
    return not finder.found


class _Unusual(Visitor):
    def __init__(self) -> None:
        self.found = False

    def enter(self, node: cst.CSTNode) -> bool | None:
        unusual = (cst.Import, cst.ImportFrom, cst.Global, cst.Nonlocal, cst.ClassDef, cst.Match)
        self.found = self.found or isinstance(node, unusual)
        return not self.found


def _changed(node: cst.CSTNode, names: Mapping[str, str], module: Any) -> cst.CSTNode:
    match node:
        case cst.Name(value) if value in names:
            return _named(node, names[value])
        case cst.Attribute():
            return _with(node, {"value": renamed(node.value, names, module)})
        case cst.Arg():
            return _with(node, {"value": renamed(node.value, names, module)})
        case cst.Lambda() | cst.FunctionDef():
            return _function(node, names, module)
        case cst.ListComp() | cst.SetComp() | cst.DictComp() | cst.GeneratorExp():
            return _comprehension(node, names, module)
    return _inside(node, names, module)


def _named(node: cst.Name, name: str) -> cst.BaseExpression:
    """Another name in place of one; it may be that of something in a module."""
    place, _, last = name.rpartition(".")
    if not place:
        return node.with_changes(value=last)
    return cst.Attribute(cst.Name(place), cst.Name(last), lpar=node.lpar, rpar=node.rpar)


def _with(node: cst.CSTNode, fields: dict[str, object]) -> cst.CSTNode:
    new = {name: value for name, value in fields.items() if value is not getattr(node, name)}
    return node.with_changes(**new) if new else node


def _inside(
    node: cst.CSTNode, names: Mapping[str, str], module: Any, skipped: tuple[str, ...] = ()
) -> cst.CSTNode:
    fields: dict[str, object] = {}
    for name, value in children(node):
        if name in skipped:
            continue
        if isinstance(value, cst.CSTNode):
            fields[name] = renamed(value, names, module)
            continue
        made = [renamed(part, names, module) for part in value]
        if any(a is not b for a, b in zip(made, value, strict=True)):
            fields[name] = made
    return _with(node, fields)


def _function(
    node: cst.Lambda | cst.FunctionDef, names: Mapping[str, str], module: Any
) -> cst.CSTNode:
    """A function inside: its defaults are read where it stands."""
    own = {p.name.value for p in parameters(node.params)}
    own |= set() if isinstance(node, cst.Lambda) else bound_names(node.body)
    inner = {name: new for name, new in names.items() if name not in own}
    params = _parameters(node.params, names, module)
    made = _with(_inside(node, names, module, ("params", "body")), {"params": params})
    return _with(made, {"body": renamed(node.body, inner, module)})


def _parameters(node: cst.Parameters, names: Mapping[str, str], module: Any) -> cst.CSTNode:
    found = {
        p.default: renamed(p.default, names, module)
        for p in parameters(node)
        if p.default is not None
    }
    if all(new is old for old, new in found.items()):
        return node

    def changed(value: Any) -> Any:
        if isinstance(value, cst.Param) and value.default is not None:
            return _with(value, {"default": found[value.default]})
        return value

    fields: dict[str, object] = {}
    for name, value in children(node):
        if isinstance(value, cst.CSTNode):
            fields[name] = changed(value)
        else:
            fields[name] = [changed(part) for part in value]
    return node.with_changes(**fields)


def _comprehension(node: Any, names: Mapping[str, str], module: Any) -> cst.CSTNode:
    """A comprehension: what its first clause runs over is read where it stands."""
    clauses: list[cst.CompFor] = []
    clause = node.for_in
    while clause is not None:
        clauses.append(clause)
        clause = clause.inner_for_in
    own = {name for clause in clauses for name in target_names(clause.target)}
    inner = {name: new for name, new in names.items() if name not in own}
    first = clauses[0]
    made = _with(
        _inside(first, inner, module, ("iter",)), {"iter": renamed(first.iter, names, module)}
    )
    return _with(_inside(node, inner, module, ("for_in",)), {"for_in": made})


def inner_names(node: cst.CSTNode) -> set[str]:
    """The names that comprehensions and functions inside a function's body bind."""
    finder = _Inner()
    for part in parts(node.body) if isinstance(node, cst.FunctionDef) else (node,):
        finder.walk(part)
    return finder.names


class _Inner(Visitor):
    def __init__(self) -> None:
        self.names: set[str] = set()

    def visit_CompFor(self, node: cst.CompFor) -> None:
        self.names |= target_names(node.target)

    def visit_Lambda(self, node: cst.Lambda) -> None:
        self.names |= {p.name.value for p in parameters(node.params)}

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self.names |= {p.name.value for p in parameters(node.params)} | bound_names(node.body)
