"""Which functions an expression may stand for, from its syntax alone.

    f = cube if fast else np.tanh           f            cube, numpy.tanh
    TABLE = {"a": np.sin, "b": square}      TABLE[key]   numpy.sin, square
    step = partial(euler, h=0.1)            step         euler with h given

The answer is complete or None: a name that may also stand for something else has no answer. It does
not depend on the place in the function, only on everything that the function binds the name to.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import libcst as cst

from s2sad.ir.nodes import Callee
from s2sad.source.bound import Binding
from s2sad.source.scope import Scope

PARTIAL = "functools.partial"


@dataclass(frozen=True)
class Candidate:
    """A function that may be called.

    It is a library's, found by its `path`, or the user's `callee`. `text` is a name for it, empty
    when it has none; `given` are the arguments that a partial has bound, in their scope.
    """

    path: str = ""
    callee: Callee | None = None
    text: str = ""
    given: tuple[tuple[cst.Arg, Scope], ...] = ()

    @property
    def key(self) -> object:
        """The same for the same function."""
        given = tuple(id(argument) for argument, _ in self.given)
        return (self.path, id(self.callee) if self.callee is not None else 0, given)


Candidates = tuple[Candidate, ...]


class Callables:
    """Finds the functions that expressions stand for; `program` holds the user's functions."""

    def __init__(self, program: Any) -> None:
        self.program = program
        self._running: set[tuple[int, str]] = set()

    def of(self, node: cst.BaseExpression, scope: Scope) -> Candidates | None:
        """The functions that an expression may stand for; None when it may be something else."""
        match node:
            case cst.Name() | cst.Attribute():
                path = scope.qualified(node)
                if path is not None:
                    return self._of_path(path, scope.module.code(node).strip(), scope)
                return self._of_name(node.value, scope) if isinstance(node, cst.Name) else None
            case cst.Lambda():
                return (Candidate(callee=self.program.local_callee("", node, scope)),)
            case cst.IfExp():
                return _union([self.of(node.body, scope), self.of(node.orelse, scope)])
            case cst.BooleanOperation():
                return _union([self.of(node.left, scope), self.of(node.right, scope)])
            case cst.Subscript():
                return self.elements(node.value, scope, _constant_key(node))
            case cst.Call():
                return self._of_call(node, scope)
        return None

    def elements(
        self, node: cst.BaseExpression, scope: Scope, key: str | None = None
    ) -> Candidates | None:
        """The functions that the elements of a container may be; of one element with a key."""
        match node:
            case cst.Tuple() | cst.List() | cst.Set():
                parts = [element.value for element in node.elements]
                starred = any(isinstance(e, cst.StarredElement) for e in node.elements)
                if key is not None and not starred and key.isdecimal() and int(key) < len(parts):
                    return self.of(parts[int(key)], scope)
                return None if starred else _union(self.of(part, scope) for part in parts)
            case cst.Dict():
                pairs = [e for e in node.elements if isinstance(e, cst.DictElement)]
                if len(pairs) != len(node.elements):
                    return None
                chosen = [p for p in pairs if key is not None and _literal(p.key) == key]
                return _union(self.of(pair.value, scope) for pair in chosen or pairs)
            case cst.Name():
                owner, found = scope.bindings_of(node.value)
                if owner is None:
                    value = scope.module.constants.get(node.value)
                    changed = node.value in scope.module.mutated
                    if value is None or value.value is None or changed:
                        return None
                    return self.elements(value.value, self.program.module_scope(scope.module), key)
                if node.value in owner.changed or any(b.how != "value" for b in found):
                    return None
                return _union(self.elements(b.node, owner, key) for b in found)
            case cst.Call(func=cst.Attribute(value=inner, attr=cst.Name("values")), args=[]):
                return self.elements(inner, scope)
            case cst.Call(args=[cst.Arg(value=inner)]):
                wrappers = ("builtins.list", "builtins.tuple", "builtins.reversed")
                return (
                    self.elements(inner, scope) if scope.qualified(node.func) in wrappers else None
                )
        return None

    def _of_path(self, path: str, text: str, scope: Scope) -> Candidates | None:
        program, module = self.program, scope.module
        if path in program.markers:
            return None
        op = program.rules.own_op(module, path)
        if op is not None:
            return (Candidate(op, text=text),)
        callee = program.callee(module, path)
        if callee is not None:
            return (Candidate(callee=callee, text=text),)
        constant = module.find_constant(path)
        if constant is not None and constant[1].value is not None:
            home = program.module_scope(constant[0])
            return _named(self.of(constant[1].value, home), text)
        if path.startswith(".") or module.find_class(path) or module.find_function(path):
            return None
        return (Candidate(path, text=text),) if program.is_function(path) else None

    def _of_name(self, name: str, scope: Scope) -> Candidates | None:
        owner, found = scope.bindings_of(name)
        if owner is None:
            constant = scope.module.constants.get(name)
            if constant is None or constant.value is None or name in scope.module.rebound:
                return None
            home = self.program.module_scope(scope.module)
            return _named(self.of(constant.value, home), name)
        if name in owner.known:
            known: Candidates = owner.known[name]
            return known
        if (id(owner), name) in self._running:
            return ()
        self._running.add((id(owner), name))
        try:
            candidates = _union(self._bound(name, binding, owner) for binding in found)
        finally:
            self._running.discard((id(owner), name))
        if candidates is not None and len(candidates) == 1:
            return _named(candidates, name)
        return candidates

    def _bound(self, name: str, binding: Binding, owner: Scope) -> Candidates | None:
        """The functions that one binding of a name gives it."""
        match binding.how:
            case "value":
                if isinstance(binding.node, cst.Lambda):
                    callee = self.program.local_callee(name, binding.node, owner)
                    return (Candidate(callee=callee),)
                return self.of(binding.node, owner)
            case "def":
                callee = self.program.local_callee(name, binding.node, owner)
                return None if callee is None else (Candidate(callee=callee),)
            case "element":
                return self._iterated(name, binding.target, binding.node, binding.scope or owner)
        return None

    def _iterated(
        self, name: str, target: cst.CSTNode | None, iterable: cst.BaseExpression, scope: Scope
    ) -> Candidates | None:
        """The functions that a loop over `iterable` gives to the name inside `target`."""
        if isinstance(target, cst.Name):
            return self.elements(iterable, scope)
        if not isinstance(target, (cst.Tuple, cst.List)):
            return None
        index = next(
            (k for k, part in enumerate(target.elements) if name in _names(part.value)), None
        )
        if index is None:
            return None
        inner = target.elements[index].value
        if isinstance(iterable, (cst.Tuple, cst.List)):
            rows = [e.value for e in iterable.elements]
            if not isinstance(inner, cst.Name):
                return None
            return _union(self.elements(row, scope, str(index)) for row in rows)
        if isinstance(iterable, cst.Name):
            _, found = scope.bindings_of(iterable.value)
            if len(found) == 1 and found[0].how == "value":
                return self._iterated(name, target, found[0].node, scope)
        if not isinstance(iterable, cst.Call):
            return None
        path = scope.qualified(iterable.func)
        if path == "builtins.zip" and index < len(iterable.args):
            return self._iterated(name, inner, iterable.args[index].value, scope)
        if path == "builtins.enumerate" and index == 1:
            return self._iterated(name, inner, iterable.args[0].value, scope)
        if isinstance(iterable.func, cst.Attribute) and iterable.func.attr.value == "items":
            return self.elements(iterable.func.value, scope) if index == 1 else None
        return None

    def _of_call(self, node: cst.Call, scope: Scope) -> Candidates | None:
        if scope.qualified(node.func) == PARTIAL and node.args:
            inner = self.of(node.args[0].value, scope)
            given = tuple((argument, scope) for argument in node.args[1:])
            fixed = all(scope.is_fixed(argument.value) for argument, _ in given)
            if inner is None or not fixed or any(argument.star for argument, _ in given):
                return None
            if not all(c.text for c in inner):
                return None
            return tuple(replace(c, given=(*c.given, *given)) for c in inner)
        if isinstance(node.func, cst.Attribute) and node.func.attr.value == "get":
            found = [self.elements(node.func.value, scope)]
            found += [self.of(argument.value, scope) for argument in node.args[1:]]
            return _union(found)
        return None


def _union(found: Iterable[Candidates | None]) -> Candidates | None:
    """All of them, each once; None when one is not known."""
    result: dict[object, Candidate] = {}
    for candidates in found:
        if candidates is None:
            return None
        for candidate in candidates:
            result.setdefault(candidate.key, candidate)
    return tuple(result.values())


def _named(candidates: Candidates | None, name: str) -> Candidates | None:
    """One function under the name that is bound to it."""
    if candidates is None or len(candidates) != 1 or candidates[0].given:
        return candidates
    return (replace(candidates[0], text=name),)


def _names(target: cst.CSTNode) -> set[str]:
    from s2sad.source.bound import target_names

    return target_names(target)


def _literal(node: cst.CSTNode) -> str | None:
    if isinstance(node, cst.SimpleString):
        return str(node.evaluated_value)
    return node.value if isinstance(node, cst.Integer) else None


def _constant_key(node: cst.Subscript) -> str | None:
    """The key of a subscript that is a literal."""
    part = node.slice[0].slice
    return _literal(part.value) if isinstance(part, cst.Index) and len(node.slice) == 1 else None
