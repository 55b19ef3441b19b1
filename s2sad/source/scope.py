"""What a name stands for inside a function: a local variable, or something of the module's.

A scope maps the names that a function binds to variables. A nested function has a scope of its own
whose unbound names are looked up in the enclosing function first; those are what it captures.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import count
from typing import Any

import libcst as cst

from s2sad.ir.nodes import Var
from s2sad.source.bound import (
    Binder,
    Binding,
    bound_names,
    names_in,
    original_of,
    parameters,
)
from s2sad.source.changes import Changes
from s2sad.source.names import dotted_parts


class Scope:
    """The variables of one function. `module` is the SourceModule it stands in.

    `node` is the function, None for the module's own scope and for a comprehension. `bindings` are
    the ways in which each name gets its value; `known` the functions that a parameter is, and
    `rest` the keys of a rest parameter, in a function that is specialised for them; `defaults` hold
    the values of defaults that nested functions have; `carried` what stands here for the variables
    that functions read of the functions around them, and `added` the names that were not its own.
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
        self.added: set[str] = set()
        if node is not None:
            self._read(node)

    def _read(self, node: cst.FunctionDef | cst.Lambda) -> None:
        for parameter in parameters(node.params):
            self.bind(parameter.name.value, Binding("parameter", parameter.default))
        if isinstance(node, cst.Lambda):
            return
        binder = Binder(self)
        binder.walk(node.body)
        uses = Changes()
        uses.walk(node.body)
        self.changed = uses.names
        for name, path in binder.imports.items():
            if all(binding.how == "import" for binding in self.bindings.get(name, ())):
                self.imports[name] = path

    @cached_property
    def made_from(self) -> Scope | None:
        """The scope of the function that one of a generated module was made from: its names mean
        the same there."""
        original = original_of(self.node, self.module)
        if original is None:
            return None
        given = [p.name.value for p in parameters(original.node.params)]
        names = {*given, *bound_names(original.node.body)}
        scope = Scope(original.module, names, None, original.node)
        if original.class_of_first is not None:
            scope.classes[scope.vars[given[0]]] = original.class_of_first
        return scope

    def bind(self, name: str, binding: Binding) -> None:
        """Notes a way in which a name gets its value."""
        self.bindings.setdefault(name, []).append(binding)

    def add(self, name: str, binding: Binding) -> None:
        """Makes the variable of a comprehension that is written out one of the function."""
        self.added.add(name)
        self.vars.setdefault(name, Var(name, user=True, name=name))
        self.bind(name, binding)

    def own(self, hint: str) -> Var:
        """A new variable of the function, by a name that nothing in it has."""
        assert self.node is not None
        taken = {*self.vars, *names_in(self.node)}
        name = hint
        for number in count(2):
            if name not in taken:
                break
            name = f"{hint}_{number}"
        self.add(name, Binding("other"))
        return self.vars[name]

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

    def hold_default(self, node: cst.CSTNode, function: str, parameter: str) -> Var:
        """A variable for a default of a function that is defined here. Other functions in here may
        read it, by a name that nothing else has."""
        name, taken = f"{function}_{parameter}", set[str]()
        scope: Scope | None = self
        while scope is not None:
            taken |= {*scope.vars, *(var.hint for var in scope.defaults.values())}
            taken |= set() if scope.node is None else set(names_in(scope.node.body))
            scope = scope.outer
        while name in taken:
            name += "_"
        self.defaults[node, parameter] = var = Var(name, user=True, name=name)
        return var

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
