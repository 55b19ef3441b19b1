"""Which objects of a module are changed after they were made, by anybody in the module.

    TABLE = np.zeros(9)
    def fill():
        t = TABLE
        t[0] = 1.0               # TABLE is changed, through another name
    STEP = 0.1
    def faster():
        global STEP              # STEP is rebound
        STEP = 0.2

A change is an item or attribute that is assigned, an augmented assignment, a method or function
known to change its object, `out=`; it counts for every name that may stand for the same object:
aliases, views, loop variables, and the parameters of the module's own functions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

import libcst as cst

from s2sad.source.names import Bindings, dotted_parts, parts

_METHODS = frozenset(
    "append appendleft extend insert remove pop popitem popleft clear sort reverse rotate update"
    " setdefault add discard fill put resize itemset partition setfield setflags byteswap"
    " move_to_end __setitem__ difference_update intersection_update".split()
)
_FUNCTIONS = frozenset(
    "copyto fill_diagonal put place putmask put_along_axis shuffle at setattr delattr setitem"
    " heappush heappop heapify insort insort_left insort_right".split()
)
_VIEWS = frozenset(
    "reshape ravel view transpose squeeze swapaxes asarray asanyarray atleast_1d atleast_2d"
    " ascontiguousarray expand_dims broadcast_to moveaxis flip diagonal real imag list iter"
    " values items enumerate zip reversed".split()
)
_NUMBERS = frozenset("float int sqrt exp log sin cos tan float64 float32 radians deg2rad".split())


@dataclass(eq=False)
class _Scope:
    """The names that one scope binds, with how often."""

    kind: str
    outer: _Scope | None = None
    bound: dict[str, int] = field(default_factory=dict)
    elsewhere: dict[str, str] = field(default_factory=dict)  # name: global or nonlocal

    def bind(self, name: str) -> None:
        self.bound[name] = self.bound.get(name, 0) + 1

    def owner(self, name: str) -> _Scope:
        """The scope whose variable a name is here; the module's when nothing else binds it."""
        scope = self
        while scope.outer is not None:
            if scope.elsewhere.get(name) == "global":
                break
            visible = scope is self or scope.kind != "class"
            if visible and name in scope.bound and name not in scope.elsewhere:
                return scope
            scope = scope.outer
        while scope.outer is not None:
            scope = scope.outer
        return scope


_NOTED = frozenset(
    getattr(cst, name)
    for name in "FunctionDef ClassDef Lambda ListComp SetComp DictComp GeneratorExp Param Assign"
    " AnnAssign NamedExpr For CompFor AugAssign Del AsName MatchAs MatchStar ImportAlias Global"
    " Nonlocal Call".split()
)  # looked up by type first: matching every node against every class takes ten times as long

_Variable: TypeAlias = tuple[_Scope, str]


def mutations(tree: cst.Module, bound: Bindings) -> set[str]:
    """The names of the module that are bound more than once, or whose object may be changed."""
    reader = _Reader(bound)
    reader.read(tree)
    return reader.result()


class _Reader:
    """Walks the whole module once, then follows the changes back through the aliases."""

    def __init__(self, bound: Bindings) -> None:
        self.bound = bound
        self.module = _Scope("module")
        self.scopes = [self.module]
        self.functions: dict[int, _Scope] = {}
        self.changes: list[_Variable] = []
        self.aliases: list[tuple[_Variable, _Variable]] = []
        self.calls: list[tuple[_Scope, cst.FunctionDef, cst.Call]] = []

    def read(self, tree: cst.Module) -> None:
        todo: list[tuple[cst.CSTNode, _Scope]] = [(tree, self.module)]
        while todo:
            node, scope = todo.pop()
            inner = self.node(node, scope) if type(node) in _NOTED else scope
            todo.extend((part, inner) for part in parts(node))

    def node(self, node: cst.CSTNode, scope: _Scope) -> _Scope:
        """Note what one node does; return the scope of what is inside it."""
        match node:
            case cst.FunctionDef() | cst.ClassDef():
                scope.bind(node.name.value)
                return self.enter("class" if isinstance(node, cst.ClassDef) else "", scope, node)
            case cst.Lambda():
                return self.enter("", scope, node)
            case cst.ListComp() | cst.SetComp() | cst.DictComp() | cst.GeneratorExp():
                return self.enter("comprehension", scope, node)
            case cst.Param():
                scope.bind(node.name.value)
            case cst.Assign():
                for part in node.targets:
                    self.target(part.target, node.value, scope)
            case cst.AnnAssign() if node.value is not None or scope is not self.module:
                self.target(node.target, node.value, scope)
            case cst.NamedExpr():
                while scope.kind == "comprehension" and scope.outer is not None:
                    scope = scope.outer
                self.target(node.target, node.value, scope)
            case cst.For() | cst.CompFor():
                self.target(node.target, node.iter, scope)
            case cst.AugAssign():
                self.target(node.target, None, scope)
                self.changed(node.target, scope)
            case cst.Del():
                self.target(node.target, None, scope)
            case cst.AsName() | cst.MatchAs() | cst.MatchStar() if node.name is not None:
                self.target(node.name, None, scope)
            case cst.ImportAlias(asname=None):
                scope.bind((dotted_parts(node.name) or [""])[0])
            case cst.Global():
                scope.elsewhere.update((item.name.value, "global") for item in node.names)
            case cst.Nonlocal():
                scope.elsewhere.update((item.name.value, "nonlocal") for item in node.names)
            case cst.Call():
                self.call(node, scope)
        return scope

    def enter(self, kind: str, outer: _Scope, node: cst.CSTNode) -> _Scope:
        scope = _Scope(kind or "function", outer)
        self.scopes.append(scope)
        self.functions[id(node)] = scope
        return scope

    def target(self, target: cst.CSTNode, value: cst.CSTNode | None, scope: _Scope) -> None:
        match target:
            case cst.Name():
                scope.bind(target.value)
                for source in _may_be(value):
                    self.aliases.append(((scope, target.value), (scope, source)))
            case cst.Tuple() | cst.List():
                for element in target.elements:
                    self.target(element.value, value, scope)
            case cst.Subscript() | cst.Attribute():
                self.changed(target, scope)

    def changed(self, node: cst.CSTNode, scope: _Scope) -> None:
        self.changes.extend((scope, name) for name in _may_be(node))

    def call(self, node: cst.Call, scope: _Scope) -> None:
        names = dotted_parts(node.func)
        name = names[-1] if names else ""
        if isinstance(node.func, cst.Attribute):
            name = node.func.attr.value
            root = names[0] if names else ""
            if name in _METHODS and root not in self.bound.imports:
                self.changed(node.func.value, scope)
        if name in _FUNCTIONS and node.args:
            self.changed(node.args[0].value, scope)
        for argument in node.args:
            if argument.keyword is not None and argument.keyword.value == "out":
                self.changed(argument.value, scope)
        if isinstance(node.func, cst.Name) and node.func.value in self.bound.functions:
            self.calls.append((scope, self.bound.functions[node.func.value], node))

    def result(self) -> set[str]:
        """The module's names that are bound again, or reached by a change."""
        sources: dict[_Variable, list[_Variable]] = {}
        for scope, function, call in self.calls:
            for name, value in _bound_arguments(function, call):
                inner = self.functions[id(function)]
                for source in _may_be(value):
                    self.aliases.append(((inner, name), (scope, source)))
        for (scope, name), (there, source) in self.aliases:
            variable = scope.owner(name), name
            sources.setdefault(variable, []).append((there.owner(source), source))
        seen = {(scope.owner(name), name) for scope, name in self.changes}
        todo = list(seen)
        while todo:
            for variable in sources.get(todo.pop(), ()):
                if variable not in seen:
                    seen.add(variable)
                    todo.append(variable)
        again = {name for name, count in self.module.bound.items() if count > 1}
        for scope in self.scopes:
            again |= {name for name in scope.bound if scope.elsewhere.get(name) == "global"}
        touched = {name for scope, name in seen if scope is self.module}
        return again | {name for name in touched if not self.is_number(name)}

    def is_number(self, name: str, depth: int = 20) -> bool:
        """Whether a constant is certainly a number, a string or a tuple of these."""
        constant = self.bound.constants.get(name)
        if constant is None or constant.value is None:
            return False
        return self._is_immutable(constant.value, depth)

    def _is_immutable(self, node: cst.BaseExpression, depth: int) -> bool:
        if depth == 0:
            return False
        match node:
            case cst.BaseNumber() | cst.BaseString():
                return True
            case cst.Name():
                return node.value in ("True", "False", "None") or self.is_number(
                    node.value, depth - 1
                )
            case cst.Attribute():
                names = dotted_parts(node)
                return names is not None and self.bound.imports.get(names[0]) in ("math", "numpy")
            case cst.UnaryOperation():
                return self._is_immutable(node.expression, depth - 1)
            case cst.BinaryOperation():
                sides = (node.left, node.right)
                return all(self._is_immutable(side, depth - 1) for side in sides)
            case cst.Tuple():
                return all(self._is_immutable(e.value, depth - 1) for e in node.elements)
            case cst.Call():
                names = dotted_parts(node.func)
                known = names is not None and (
                    names[-1] in _NUMBERS or self.bound.imports.get(names[0]) == "math"
                )
                return known and all(self._is_immutable(a.value, depth - 1) for a in node.args)
        return False


def _may_be(node: cst.CSTNode | None) -> Iterator[str]:
    """The names whose object a value may be, hold, or share memory with."""
    todo = [] if node is None else [node]
    while todo:
        node = todo.pop()
        match node:
            case cst.Name():
                yield node.value
            case cst.Subscript() | cst.Attribute() | cst.StarredElement():
                todo.append(node.value)
            case cst.NamedExpr():
                todo.append(node.value)
            case cst.IfExp():
                todo += [node.body, node.orelse]
            case cst.BooleanOperation():
                todo += [node.left, node.right]
            case cst.Tuple() | cst.List():
                todo += [element.value for element in node.elements]
            case cst.Dict():
                todo += [element.value for element in node.elements]
            case cst.Call(func=cst.Attribute(value=value, attr=attr)) if attr.value in _VIEWS:
                todo += [value, *(argument.value for argument in node.args)]
            case cst.Call(func=cst.Name(value=name)) if name in _VIEWS:
                todo += [argument.value for argument in node.args]


def _bound_arguments(
    function: cst.FunctionDef, call: cst.Call
) -> Iterator[tuple[str, cst.BaseExpression]]:
    """Parameters of a function with what a call gives them."""
    params = [*function.params.posonly_params, *function.params.params]
    position = 0
    for argument in call.args:
        if argument.keyword is not None:
            yield argument.keyword.value, argument.value
        elif argument.star or position >= len(params):
            return
        else:
            yield params[position].name.value, argument.value
            position += 1
