"""What a name stands for inside a function: a local variable, or something of the module's.

A scope maps the names that a function binds to variables. A nested function has a scope of its own
whose unbound names are looked up in the enclosing function first; those are what it captures.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import libcst as cst

from s2sad.ir.nodes import Var
from s2sad.source.names import dotted_parts
from s2sad.source.walk import Visitor


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


class Scope:
    """The variables of one function. `module` is the SourceModule it stands in.

    `node` is the function, None for the module's own scope and for a comprehension. `bindings` are
    the ways in which each name gets its value; `known` the functions that a parameter is, and
    `rest` the keys of a rest parameter, in a function that is specialised for them; `defaults` hold
    the values of defaults that nested functions have; `carried` what stands here for the variables
    that functions read of the functions around them.
    """

    def __init__(
        self,
        module: Any,
        bound: set[str],
        outer: Scope | None = None,
        node: cst.FunctionDef | cst.Lambda | None = None,
    ) -> None:
        self.module = module
        self.outer = outer
        self.node = node
        self.vars = {name: Var(name, user=True, name=name) for name in sorted(bound)}
        self.carried: dict[Var, Var] = {}
        self.globals: dict[str, Var] = {}
        self.classes: dict[Var, Any] = {}
        self.known: dict[str, Any] = {}
        self.rest: dict[str, Any] = {}
        self.defaults: dict[tuple[cst.CSTNode, str], Var] = {}
        self.bindings: dict[str, list[Binding]] = {}
        self.changed: set[str] = set()
        self.imports: dict[str, str] = {}
        if node is not None:
            self._read(node)

    def _read(self, node: cst.FunctionDef | cst.Lambda) -> None:
        for parameter in parameters(node.params):
            self.bind(parameter.name.value, Binding("parameter", parameter.default))
        if isinstance(node, cst.Lambda):
            return
        binder = _Binder(self)
        binder.walk(node.body)
        uses = _Changes()
        uses.walk(node.body)
        self.changed = uses.names
        for name, path in binder.imports.items():
            if all(binding.how == "import" for binding in self.bindings.get(name, ())):
                self.imports[name] = path

    def bind(self, name: str, binding: Binding) -> None:
        """Notes a way in which a name gets its value."""
        self.bindings.setdefault(name, []).append(binding)

    def bindings_of(self, name: str) -> tuple[Scope | None, Sequence[Binding]]:
        """The scope that a name belongs to, None for the module's, and how it gets its value."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.vars:
                return scope, scope.bindings.get(name, [Binding("other")])
            scope = scope.outer
        return None, ()

    def qualified(self, node: cst.BaseExpression) -> str | None:
        """The dotted path that a name or attribute stands for; None for what is a variable."""
        names = dotted_parts(node)
        if names is None:
            return None
        owner, _ = self.bindings_of(names[0])
        if owner is None:
            path: str | None = self.module.qualified(node)
            return path
        if names[0] not in owner.imports:
            return None
        return ".".join([owner.imports[names[0]], *names[1:]])

    def is_fixed(self, node: cst.BaseExpression) -> bool:
        """Whether an expression is the same wherever it is evaluated: a literal, or a name that is
        bound once."""
        if isinstance(node, (cst.BaseNumber, cst.SimpleString)):
            return True
        if isinstance(node, cst.UnaryOperation):
            return self.is_fixed(node.expression)
        if not isinstance(node, cst.Name):
            return self.qualified(node) is not None
        owner, found = self.bindings_of(node.value)
        return owner is None or (len(found) == 1 and not found[0].repeated)

    def holder(self, var: Var) -> Var:
        """The variable that stands here for one of a function that this one is handed to."""
        scope: Scope | None = self
        while scope is not None:
            if var in scope.carried:
                return scope.carried[var]
            scope = scope.outer
        return var

    def find(self, name: str) -> Var | None:
        """The local variable of this name, also of an enclosing function; None for a global."""
        if name in self.vars:
            return self.vars[name]
        return None if self.outer is None else self.outer.find(name)

    def global_var(self, name: str) -> Var:
        """The variable that stands for a name of the module's."""
        top = self
        while top.outer is not None:
            top = top.outer
        if name not in top.globals:
            top.globals[name] = Var(name, user=True, name=name)
        return top.globals[name]

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


class _Binder(Visitor):
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


_READERS = {"get", "items", "values", "keys", "copy", "index", "count"}
_READING = {"len", "enumerate", "zip", "list", "tuple", "dict", "reversed", "sorted", "range"}


class _Changes(Visitor):
    """Collects the names whose object may be changed, or may get another name.

    What reads a container without changing it is known: an index, a loop, `*` and `**`, `len`, ...
    """

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.harmless: set[cst.CSTNode] = set()

    def visit_Subscript(self, node: cst.Subscript) -> None:
        self.harmless.add(node.value)

    def visit_AssignTarget(self, node: cst.AssignTarget) -> None:
        self._written(node.target)

    def visit_AugAssign(self, node: cst.AugAssign) -> None:
        self.names |= {node.target.value} if isinstance(node.target, cst.Name) else set()
        self._written(node.target)

    def visit_Del(self, node: cst.Del) -> None:
        self._written(node.target)

    def _written(self, target: cst.CSTNode) -> None:
        if isinstance(target, cst.Name):
            self.harmless.add(target)
        elif isinstance(target, (cst.Tuple, cst.List)):
            for element in target.elements:
                self._written(element.value)
        elif isinstance(target, (cst.Subscript, cst.Attribute)):
            base: cst.CSTNode = target
            while isinstance(base, (cst.Subscript, cst.Attribute)):
                base = base.value
            if isinstance(base, cst.Name):
                self.names.add(base.value)

    def visit_For(self, node: cst.For) -> None:
        self.harmless.add(node.iter)
        self._written(node.target)

    def visit_CompFor(self, node: cst.CompFor) -> None:
        self.harmless.add(node.iter)
        self._written(node.target)

    def visit_StarredElement(self, node: cst.StarredElement) -> None:
        self.harmless.add(node.value)

    def visit_StarredDictElement(self, node: cst.StarredDictElement) -> None:
        self.harmless.add(node.value)

    def visit_ComparisonTarget(self, node: cst.ComparisonTarget) -> None:
        self.harmless.add(node.comparator)

    def visit_Call(self, node: cst.Call) -> None:
        self.harmless.add(node.func)
        if isinstance(node.func, cst.Attribute) and node.func.attr.value in _READERS:
            self.harmless.add(node.func.value)
        reading = isinstance(node.func, cst.Name) and node.func.value in _READING
        for argument in node.args:
            if argument.star or reading:
                self.harmless.add(argument.value)

    def visit_Attribute(self, node: cst.Attribute) -> bool:
        self.walk(node.value)
        return False

    def visit_Arg(self, node: cst.Arg) -> bool:
        self.walk(node.value)
        return False

    def visit_Name(self, node: cst.Name) -> None:
        if node not in self.harmless:
            self.names.add(node.value)


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


def bound_names(body: cst.CSTNode) -> set[str]:
    """The names that a function body binds."""
    binder = _Binder()
    binder.walk(body)
    return binder.names - binder.global_names


def target_names(node: cst.CSTNode) -> set[str]:
    """The names that an assignment target binds."""
    binder = _Binder()
    binder._target(node)
    return binder.names


def names_in(node: cst.CSTNode) -> Iterator[str]:
    """The names that occur in a node, in the order of the text, attributes' names left out."""
    reader = _Reader()
    reader.walk(node)
    return iter(reader.names)
