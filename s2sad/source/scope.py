"""What a name stands for inside a function: a local variable, or something of the module's.

A scope maps the names that a function binds to variables. A nested function has a scope of its own
whose unbound names are looked up in the enclosing function first; those are what it captures.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import libcst as cst

from s2sad.ir.nodes import Callee, Var


class Scope:
    """The variables of one function. `module` is the SourceModule it stands in."""

    def __init__(self, module: Any, bound: set[str], outer: Scope | None = None) -> None:
        self.module = module
        self.outer = outer
        self.vars = {name: Var(name, user=True, name=name) for name in sorted(bound)}
        self.callees: dict[Var, Callee] = {}
        self.captured: dict[str, Var] = {}
        self.globals: dict[str, Var] = {}
        self.classes: dict[Var, Any] = {}

    def find(self, name: str) -> Var | None:
        """The local variable of this name, also of an enclosing function; None for a global."""
        if name in self.vars:
            return self.vars[name]
        if self.outer is not None:
            var = self.outer.find(name)
            if var is not None:
                self.captured[name] = var
            return var
        return None

    def global_var(self, name: str) -> Var:
        """The variable that stands for a name of the module's."""
        top = self
        while top.outer is not None:
            top = top.outer
        if name not in top.globals:
            top.globals[name] = Var(name, user=True, name=name)
        return top.globals[name]

    def callee_of(self, var: Var) -> Callee | None:
        """The nested function that a variable is bound to, if there is one."""
        scope: Scope | None = self
        while scope is not None:
            if var in scope.callees:
                return scope.callees[var]
            scope = scope.outer
        return None

    def class_of(self, var: Var) -> Any:
        """The class of the user's that a parameter is annotated with."""
        scope: Scope | None = self
        while scope is not None:
            if var in scope.classes:
                return scope.classes[var]
            scope = scope.outer
        return None

    def __contains__(self, name: str) -> bool:
        return self.find(name) is not None


class _Binder(cst.CSTVisitor):
    """Collects the names that a function body binds, not those of functions inside it."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.global_names: set[str] = set()

    def _target(self, node: cst.CSTNode) -> None:
        match node:
            case cst.Name():
                self.names.add(node.value)
            case cst.Tuple() | cst.List():
                for element in node.elements:
                    self._target(element.value)
            case cst.StarredElement():
                self._target(node.value)

    def visit_AssignTarget(self, node: cst.AssignTarget) -> None:
        self._target(node.target)

    def visit_AnnAssign(self, node: cst.AnnAssign) -> None:
        self._target(node.target)

    def visit_AugAssign(self, node: cst.AugAssign) -> None:
        self._target(node.target)

    def visit_For(self, node: cst.For) -> None:
        self._target(node.target)

    def visit_NamedExpr(self, node: cst.NamedExpr) -> None:
        self._target(node.target)

    def visit_AsName(self, node: cst.AsName) -> None:
        self._target(node.name)

    def visit_ImportAlias(self, node: cst.ImportAlias) -> None:
        if node.asname is None:
            root: cst.BaseExpression = node.name
            while isinstance(root, cst.Attribute):
                root = root.value
            self._target(root)

    def visit_MatchAs(self, node: cst.MatchAs) -> None:
        if node.name is not None:
            self.names.add(node.name.value)

    def visit_MatchStar(self, node: cst.MatchStar) -> None:
        if node.name is not None:
            self.names.add(node.name.value)

    def visit_Global(self, node: cst.Global) -> None:
        self.global_names.update(item.name.value for item in node.names)

    def visit_Nonlocal(self, node: cst.Nonlocal) -> None:
        self.global_names.update(item.name.value for item in node.names)

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:
        self.names.add(node.name.value)
        return False

    def visit_ClassDef(self, node: cst.ClassDef) -> bool:
        self.names.add(node.name.value)
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
        node.visit(walrus)
        self.names |= walrus.names
        return False


class _Walrus(cst.CSTVisitor):
    """Collects the names bound by := inside a comprehension; they belong to the function."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def visit_NamedExpr(self, node: cst.NamedExpr) -> None:
        if isinstance(node.target, cst.Name):
            self.names.add(node.target.value)


class _Reader(cst.CSTVisitor):
    """Collects the names that are read anywhere inside a node, functions inside it included."""

    def __init__(self) -> None:
        self.names: dict[str, None] = {}

    def visit_Name(self, node: cst.Name) -> None:
        self.names[node.value] = None

    def visit_Attribute(self, node: cst.Attribute) -> bool:
        node.value.visit(self)
        return False

    def visit_Arg(self, node: cst.Arg) -> bool:
        node.value.visit(self)
        return False

    def visit_Param(self, node: cst.Param) -> bool:
        if node.default is not None:
            node.default.visit(self)
        return False


def bound_names(body: cst.CSTNode) -> set[str]:
    """The names that a function body binds."""
    binder = _Binder()
    body.visit(binder)
    return binder.names - binder.global_names


def target_names(node: cst.CSTNode) -> set[str]:
    """The names that an assignment target binds."""
    binder = _Binder()
    binder._target(node)
    return binder.names


def names_in(node: cst.CSTNode) -> Iterator[str]:
    """The names that occur in a node, in the order of the text, attributes' names left out."""
    reader = _Reader()
    node.visit(reader)
    return iter(reader.names)
