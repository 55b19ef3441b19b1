"""The functions of one generation: finds, lowers and remembers the user's functions by name.

A `Program` belongs to one module and one run. Each function is lowered once, when it is first
needed; a `Callee` stands for it before that, so that recursion has something to point at.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

import libcst as cst

from s2sad.analysis.exits import structure_exits
from s2sad.analysis.inner_changes import without_inner_changes
from s2sad.analysis.pops import named_pops
from s2sad.analysis.settled_targets import settled_targets
from s2sad.errors import S2SADError
from s2sad.ir.nodes import Callee, Function, Var
from s2sad.source.bound import bound_names, names_in, parameters
from s2sad.source.callables import Callables
from s2sad.source.calls import forwarded, signature
from s2sad.source.classes import Definition
from s2sad.source.lower import Setting, lower_function
from s2sad.source.operators import canonical
from s2sad.source.plain import is_plain
from s2sad.source.scope import Scope
from s2sad.source.taken_apart import Construction

if TYPE_CHECKING:
    from s2sad.derive.own_rules import RuleBook

MARKERS = ("stop_gradient", "checkpointed", "on_gradient")
"""Functions of s2sad that mean something to the derivation."""

_TRANSPARENT = {
    "numba.njit",
    "numba.jit",
    "functools.lru_cache",
    "functools.cache",
    "functools.wraps",
    "builtins.staticmethod",
    "builtins.classmethod",
    "builtins.property",
    "functools.cached_property",
    "s2sad.differentiable",
    "s2sad.api.differentiable",
}


class Program:
    """The functions that one run works with; `structured` asks for their exits made structured;
    `written_out` are the calls that are to be written out in place (`inlined.py`), and those that
    make objects that are to be taken apart (`taken_apart.py`); `built` are all that make objects,
    which stand at `sites`; `rules` are the module's, read if they are not given; `unmarked` and
    `probed` are those of `pipeline.generate`."""

    def __init__(
        self,
        module: Any,
        structured: bool = True,
        written_out: frozenset[Any] = frozenset(),
        rules: RuleBook | None = None,
    ) -> None:
        from s2sad.derive.own_rules import RuleBook

        self.module = module
        self.structured = structured
        self.written_out = written_out
        self.statements_written_out = 0
        self.built: dict[Any, Construction] = {}
        self.sites: set[object] = set()
        self.rules = rules or RuleBook(module)
        self.unmarked = False
        self.probed = False
        self.markers = {f"s2sad.{name}": name for name in MARKERS}
        self.markers |= {f"s2sad.markers.{name}": name for name in MARKERS}
        self.callables = Callables(self)
        self._callees: dict[object, Callee] = {}
        self._scopes: dict[str, Scope] = {}

    def function(self, callee: Callee) -> Function:
        """The lowered body of a callee."""
        if callee.function is None:
            definition = callee.definition
            lowered = lower_function(
                definition.node,
                definition.module,
                self,
                Setting(
                    definition.class_of_first,
                    callee.outer,
                    dict(callee.known),
                    _carried(callee),
                    callee.name,
                ),
                callee.name,
            )
            lowered.definition = definition
            callee.function = self.in_order(lowered)
            self.write_out(callee.function)
        return callee.function

    def in_order(self, function: Function) -> Function:
        """A function as it was lowered, with names for what it takes out of lists; with structured
        exits, if the program is to run backward."""
        named = named_pops(without_inner_changes(settled_targets(function)))
        return structure_exits(named) if self.structured else named

    def write_out(self, function: Function) -> None:
        """Writes out the calls of a function that are to be written out."""
        if self.written_out:
            from s2sad.source.inlined import write_out

            write_out(function, self)

    def callee(self, module: Any, path: str) -> Callee | None:
        """The user's function that a dotted path names, or None when its source is not at hand."""
        found = module.find_function(path)
        if found is None:
            return None
        return self._of_definition(found[1] if isinstance(found, tuple) else found)

    def method(self, cls: Any, name: str) -> Callee | None:
        """A method of one of the user's classes, or None; one that is inherited calls those of
        the class that it is called on."""
        definition = cls.method(name)
        if definition is not None and definition.owner is not cls:
            definition = replace(definition, owner=cls)
        return None if definition is None else self._of_definition(definition)

    def scope_around(self, definition: Any) -> Scope | None:
        """The scope of the function that a definition stands in; None outside of all functions."""
        around, _, _ = definition.qualname.rpartition(".<locals>.")
        enclosing = definition.module.nested(around) or definition.module.functions.get(around)
        if not around or enclosing is None:
            return None
        node = enclosing.node
        names = {p.name.value for p in parameters(node.params)} | bound_names(node.body)
        return Scope(definition.module, names, self.scope_around(enclosing), node)

    def captured_by(self, definition: Any, outer: Scope | None) -> dict[Var, Var]:
        """The variables that a function asked for reads of the functions around it, or of the
        notebook around its cell: values that are handed to its derivative."""
        module = definition.module
        own = set(names_in(definition.node.body))
        found: dict[Var, Var] = {}
        for var in self._captured(definition.node, outer, set()) if outer is not None else ():
            if var.hint not in own:
                raise S2SADError(
                    "S2S015",
                    f"{definition.name} calls a function that reads {var.hint}",
                    module.location(definition.node.name),
                    f"Read {var.hint} in {definition.name} too, or hand it on as an argument.",
                )
            found[var] = var
        return found

    def local_defaults(self, callee: Callee) -> set[str]:
        """The parameters of a nested function whose defaults read variables around it."""
        if callee.outer is None:
            return set()
        return {
            p.name.value
            for p in parameters(callee.definition.node.params)
            if p.default is not None
            and any(callee.outer.bindings_of(n)[0] is not None for n in names_in(p.default))
        }

    def module_scope(self, module: Any) -> Scope:
        """The scope of what stands outside of all functions of a module."""
        if module.filename not in self._scopes:
            self._scopes[module.filename] = Scope(module, set())
        return self._scopes[module.filename]

    def is_function(self, path: str) -> bool:
        """Whether a dotted path leads to a function of a library."""
        return self.rules.has(canonical(path)) or _is_callable(path)

    def _of_definition(self, definition: Any) -> Callee | None:
        if not all(d in _TRANSPARENT for d in definition.decorators):
            return None
        if not is_plain(definition.node):
            return None
        key = (definition.module.filename, definition.qualname, definition.owner)
        if key not in self._callees:
            self._callees[key] = Callee(
                definition.name,
                None,
                definition.module,
                method=definition.owner is not None,
                definition=definition,
            )
        return self._callees[key]

    def local_callee(
        self, name: str, node: cst.FunctionDef | cst.Lambda, outer: Scope
    ) -> Callee | None:
        """A function defined inside a function, or a lambda.

        None for one that is not understood: a generator, one with decorators.
        """
        key = (id(node), id(outer))
        if key not in self._callees:
            if isinstance(node, cst.FunctionDef) and (node.decorators or not is_plain(node)):
                return None
            name = name or "function"
            definition = Definition(name, name, node, outer.module)  # type: ignore[arg-type]
            callee = Callee(name, None, outer.module, definition=definition, outer=outer)
            self._callees[key] = callee
            callee.captured = tuple(self._captured(node, outer, set()))
        return self._callees[key]

    def _captured(
        self, node: cst.FunctionDef | cst.Lambda, outer: Scope, seen: set[int]
    ) -> dict[Var, None]:
        """The variables around a function that it reads, or that functions it calls read."""
        seen.add(id(node))
        own = {p.name.value for p in parameters(node.params)}
        own |= set() if isinstance(node, cst.Lambda) else bound_names(node.body)
        found: dict[Var, None] = {}
        for name in names_in(node.body):
            owner, bindings = outer.bindings_of(name)
            if name in own or owner is None:
                continue
            found[owner.vars[name]] = None
            for candidate in owner.known.get(name, ()):
                if candidate.callee is not None:
                    found |= dict.fromkeys(map(outer.holder, candidate.callee.captured))
            for binding in bindings:
                inner = binding.node
                if not isinstance(inner, cst.FunctionDef | cst.Lambda):
                    continue
                if id(inner) not in seen:
                    found |= self._captured(inner, owner, seen)
                    found |= dict.fromkeys(_defaults(inner, owner))
        return found

    def specialised(self, callee: Callee, known: tuple[tuple[str, Any], ...]) -> Callee:
        """A callee for the functions and the numbers of arguments that it is handed.

        That counts only where it calls them, or hands them on one by one.
        """
        definition = callee.definition
        kinds = signature(callee)
        passed = forwarded(definition.node)
        given = dict(known)
        for parameter in parameters(definition.node.params):
            name = parameter.name.value
            if name not in given and parameter.default is not None:
                scope = callee.outer or self.module_scope(definition.module)
                found = self.callables.of(parameter.default, scope)
                if found:
                    given[name] = found
        wanted = {
            name: value
            for name, value in given.items()
            if (name in passed if kinds[name].startswith("var") else True)
        }
        if not wanted:
            return callee
        key = (id(definition.node), id(callee.outer), *sorted(
            (name, _key_of(value)) for name, value in wanted.items()
        ))  # fmt: skip
        if key not in self._callees:
            special = Callee(callee.name, None, callee.module, callee.method, definition)
            special.known, special.outer = tuple(wanted.items()), callee.outer
            special.captured = callee.captured + _captured_by(wanted.values())
            self._callees[key] = special
        return self._callees[key]


def _candidates(value: Any) -> Any:
    return [part for part in value if not isinstance(part, int | str)]


def _key_of(value: Any) -> object:
    return repr([getattr(part, "key", part) for part in value])


def _captured_by(values: Iterable[Any]) -> tuple[Var, ...]:
    """What functions read of the functions around them."""
    found: dict[Var, None] = {}
    for candidate in (c for value in values for c in _candidates(value)):
        if (callee := candidate.callee) is not None:
            found |= dict.fromkeys(callee.captured)
            found |= dict.fromkeys(_defaults(callee.definition.node, callee.outer))
    return tuple(found)


def _defaults(node: cst.CSTNode, outer: Scope | None) -> list[Var]:
    """The variables that hold the defaults of a function that is defined inside a function."""
    return [] if outer is None else [v for (of, _), v in outer.defaults.items() if of is node]


def _carried(callee: Callee) -> dict[Var, Var]:
    """The variables that a callee captures, with those that stand for them in it.

    What it reads itself is the variable; what a function reads that it is handed has a name of its
    own, as the callee may mean something else by the name.
    """
    given = _captured_by(value for _, value in callee.known)
    node = callee.definition.node
    taken = set(names_in(node)) | {p.name.value for p in parameters(node.params)}
    carried: dict[Var, Var] = {}
    for var in callee.captured:
        name = var.hint
        while var in given and name in taken:
            name += "_"
        taken.add(name)
        carried[var] = Var(name, user=True, name=name) if var in given else var
    return carried


@cache
def _is_callable(path: str) -> bool:
    home, _, name = path.rpartition(".")
    if home not in ("numpy", "math", "cmath", "builtins", "operator", "numpy.linalg"):
        return False
    found = getattr(importlib.import_module(home), name, None)
    return callable(found) and not isinstance(found, type)
