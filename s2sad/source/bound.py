"""Which names a piece of syntax binds, and how each gets its value; which names it reads.

    for i, (a, b) in rows:          i, a and b are elements of rows
        total = a + (c := b)        total and c are values

Functions and classes inside bind their own name here, and nothing else; a comprehension binds what
:= in it does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import libcst as cst

from s2sad.source.walk import Visitor

if TYPE_CHECKING:
    from s2sad.source.classes import Definition
    from s2sad.source.module import SourceModule
    from s2sad.source.scope import Scope


@dataclass(frozen=True)
class Binding:
    """One of the ways in which a name of a function gets a value.

    `how` is value (an assignment of `node`), element (of a loop over `node`, to `target`), def,
    import, parameter, or other. `repeated` ones stand in a loop. `scope` is where `node` is read,
    if that is not the scope of the name.
    """

    how: str
    node: Any = None
    target: cst.CSTNode | None = None
    repeated: bool = False
    scope: Scope | None = None


class Binder(Visitor):
    """Collects the names that a function body binds, not those of functions inside it.

    With a scope it also notes how each gets its value.
    """

    def __init__(self, scope: Scope | None = None) -> None:
        self.names: set[str] = set()
        self.global_names: set[str] = set()
        self.imports: dict[str, str] = {}
        self.scope = scope
        self.loops = 0

    def _bind(self, name: str, how: str, node: Any = None, target: Any = None) -> None:
        self.names.add(name)
        if self.scope is not None:
            self.scope.bind(name, Binding(how, node, target, self.loops > 0))

    def _target(self, node: cst.CSTNode, how: str = "other", value: Any = None) -> None:
        match node:
            case cst.Name():
                self._bind(node.value, how, value, node)
            case cst.Tuple() | cst.List() if how == "element":
                for name in target_names(node):
                    self._bind(name, how, value, node)
            case cst.Tuple() | cst.List():
                for to, part in _pairs(node, value):
                    self._target(to, "other" if part is None else how, part)
            case cst.StarredElement():
                self._target(node.value)

    def visit_Assign(self, node: cst.Assign) -> None:
        for part in node.targets:
            self._target(part.target, "value", node.value)

    def visit_AnnAssign(self, node: cst.AnnAssign) -> None:
        self._target(node.target, "value" if node.value is not None else "other", node.value)

    def visit_AugAssign(self, node: cst.AugAssign) -> None:
        self._target(node.target)

    def visit_For(self, node: cst.For) -> None:
        self.loops += 1
        self._target(node.target, "element", node.iter)

    def leave_For(self, original_node: cst.For) -> None:
        self.loops -= 1

    def visit_While(self, node: cst.While) -> None:
        self.loops += 1

    def leave_While(self, original_node: cst.While) -> None:
        self.loops -= 1

    def visit_NamedExpr(self, node: cst.NamedExpr) -> None:
        self._target(node.target, "value", node.value)

    def visit_AsName(self, node: cst.AsName) -> None:
        self._target(node.name)

    def visit_Import(self, node: cst.Import) -> bool:
        return self._import(node)

    def visit_ImportFrom(self, node: cst.ImportFrom) -> bool:
        return self._import(node)

    def _import(self, node: cst.Import | cst.ImportFrom) -> bool:
        if isinstance(node.names, cst.ImportStar):
            return False
        for alias in node.names:
            bound: cst.BaseExpression = alias.asname.name if alias.asname else alias.name
            while isinstance(bound, cst.Attribute):
                bound = bound.value
            if isinstance(bound, cst.Name):
                self._bind(bound.value, "import", node)
        if self.scope is not None:
            self.imports |= self.scope.module.imports_of(node)
        return False

    def visit_MatchAs(self, node: cst.MatchAs) -> None:
        if node.name is not None:
            self._bind(node.name.value, "other")

    def visit_MatchStar(self, node: cst.MatchStar) -> None:
        if node.name is not None:
            self._bind(node.name.value, "other")

    def visit_MatchMapping(self, node: cst.MatchMapping) -> None:
        if node.rest is not None:
            self._bind(node.rest.value, "other")

    def visit_Global(self, node: cst.Global) -> None:
        self.global_names.update(item.name.value for item in node.names)

    def visit_Nonlocal(self, node: cst.Nonlocal) -> None:
        self.global_names.update(item.name.value for item in node.names)

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:
        self._bind(node.name.value, "def", node)
        if self.scope is not None:
            for name in nonlocal_names(node):
                self.scope.bind(name, Binding("other"))
        return False

    def visit_ClassDef(self, node: cst.ClassDef) -> bool:
        self._bind(node.name.value, "other")
        return False

    def visit_Lambda(self, node: cst.Lambda) -> bool:
        return False

    def visit_ListComp(self, node: cst.ListComp) -> bool:
        return self._comprehension(node)

    def visit_SetComp(self, node: cst.SetComp) -> bool:
        return self._comprehension(node)

    def visit_DictComp(self, node: cst.DictComp) -> bool:
        return self._comprehension(node)

    def visit_GeneratorExp(self, node: cst.GeneratorExp) -> bool:
        return self._comprehension(node)

    def _comprehension(self, node: cst.CSTNode) -> bool:
        walrus = _Walrus()
        walrus.walk(node)
        for name in sorted(walrus.names):
            self._bind(name, "other")
        return False


def _pairs(
    target: cst.Tuple | cst.List, value: cst.CSTNode | None
) -> Iterator[tuple[cst.CSTNode, cst.CSTNode | None]]:
    """The parts of a target with the expressions that they get, where these can be told."""
    items: list[cst.CSTNode | None] = [None] * len(target.elements)
    if isinstance(value, (cst.Tuple, cst.List)) and len(value.elements) == len(items):
        plain = all(isinstance(e, cst.Element) for e in (*value.elements, *target.elements))
        if plain:
            items = [element.value for element in value.elements]
    for element, item in zip(target.elements, items, strict=True):
        yield element.value, item


class _Nonlocals(Visitor):
    def __init__(self) -> None:
        self.names: set[str] = set()

    def visit_Nonlocal(self, node: cst.Nonlocal) -> None:
        self.names |= {item.name.value for item in node.names}


def nonlocal_names(node: cst.CSTNode) -> list[str]:
    """The names of enclosing functions that a function gives new values to."""
    finder = _Nonlocals()
    finder.walk(node)
    return sorted(finder.names)


class _Walrus(Visitor):
    """Collects the names bound by := inside a comprehension; they belong to the function."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def visit_NamedExpr(self, node: cst.NamedExpr) -> None:
        if isinstance(node.target, cst.Name):
            self.names.add(node.target.value)


class _Reader(Visitor):
    """Collects the names that are read anywhere inside a node, functions inside it included."""

    def __init__(self) -> None:
        self.names: dict[str, None] = {}

    def visit_Name(self, node: cst.Name) -> None:
        self.names[node.value] = None

    def visit_Attribute(self, node: cst.Attribute) -> bool:
        self.walk(node.value)
        return False

    def visit_Arg(self, node: cst.Arg) -> bool:
        self.walk(node.value)
        return False

    def visit_Param(self, node: cst.Param) -> bool:
        if node.default is not None:
            self.walk(node.default)
        return False


def parameters(params: cst.Parameters) -> list[cst.Param]:
    """All parameters, in order."""
    found = [*params.posonly_params, *params.params]
    if isinstance(params.star_arg, cst.Param):
        found.append(params.star_arg)
    found += params.kwonly_params
    if params.star_kwarg is not None:
        found.append(params.star_kwarg)
    return found


def original_of(node: cst.CSTNode | None, module: SourceModule) -> Definition | None:
    """The function of the user's that one of a generated module was made from."""
    return module.originals.get(node.name.value) if isinstance(node, cst.FunctionDef) else None


def annotation_of(
    parameter: cst.Param, node: cst.CSTNode | None, module: SourceModule
) -> tuple[cst.BaseExpression, SourceModule] | None:
    """The annotation of a parameter of a function, and the module that it is written in.

    One that a generated module has dropped is that of the original."""
    if parameter.annotation is not None:
        return parameter.annotation.annotation, module
    original = original_of(node, module)
    if original is None:
        return None
    for other in parameters(original.node.params):
        if other.name.value == parameter.name.value and other.annotation is not None:
            return other.annotation.annotation, original.module
    return None


def bound_names(body: cst.CSTNode) -> set[str]:
    """The names that a function body binds."""
    binder = Binder()
    binder.walk(body)
    return binder.names - binder.global_names


def target_names(node: cst.CSTNode) -> set[str]:
    """The names that an assignment target binds."""
    binder = Binder()
    binder._target(node)
    return binder.names


def names_in(node: cst.CSTNode) -> Iterator[str]:
    """The names that occur in a node, in the order of the text, attributes' names left out."""
    reader = _Reader()
    reader.walk(node)
    return iter(reader.names)
