"""The functions of one generation: finds, lowers and remembers the user's functions by name.

A `Program` belongs to one module and one run. Each function is lowered once, when it is first
needed; a `Callee` stands for it before that, so that recursion has something to point at.
"""

from __future__ import annotations

from typing import Any

import libcst as cst

from s2sad.analysis.exits import structure_exits
from s2sad.ir.nodes import Callee, Const, Expr, Function, Make
from s2sad.source.lower import lower_function
from s2sad.source.scope import Scope

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
    "s2sad.differentiable",
    "s2sad.api.differentiable",
}


class Program:
    """The functions that one run works with."""

    def __init__(self, module: Any) -> None:
        self.module = module
        self.markers = {f"s2sad.{name}": name for name in MARKERS}
        self.markers |= {f"s2sad.markers.{name}": name for name in MARKERS}
        self._callees: dict[tuple[str, str], Callee] = {}

    def function(self, callee: Callee) -> Function:
        """The lowered body of a callee."""
        if callee.function is None:
            definition = callee.definition
            lowered = lower_function(
                definition.node, definition.module, self, owner=definition.owner
            )
            callee.function = structure_exits(lowered)
        return callee.function

    def callee(self, module: Any, path: str) -> Callee | None:
        """The user's function that a dotted path names, or None when its source is not at hand."""
        found = module.find_function(path)
        if found is None:
            return None
        return self._of_definition(found[1] if isinstance(found, tuple) else found)

    def method(self, cls: Any, name: str) -> Callee | None:
        """A method of one of the user's classes, or None."""
        definition = cls.method(name)
        return None if definition is None else self._of_definition(definition)

    def _of_definition(self, definition: Any) -> Callee | None:
        if not all(d in _TRANSPARENT for d in definition.decorators):
            return None
        key = (definition.module.filename, definition.qualname)
        if key not in self._callees:
            self._callees[key] = Callee(
                definition.name,
                None,
                definition.module,
                method=definition.owner is not None,
                definition=definition,
            )
        return self._callees[key]

    def local_callee(self, name: str, node: cst.FunctionDef | cst.Lambda, outer: Scope) -> Callee:
        """A function defined inside a function; lowered at once, so that its captures are known."""
        callee = Callee(name, None, outer.module, local=True)
        var = outer.vars.get(name)
        if var is not None:
            outer.callees[var] = callee
        lowered = lower_function(node, outer.module, self, name=name, outer=outer)
        callee.function = structure_exits(lowered)
        return callee

    def lambda_callee(self, node: cst.Lambda, name: str, outer: Scope) -> Callee:
        """A lambda that is called where it stands."""
        return self.local_callee(name, node, outer)

    def bind_call(
        self, callee: Callee, node: cst.Call, receiver: Expr | None, lowerer: Any
    ) -> tuple[tuple[Expr | None, ...], tuple[tuple[str | None, int], ...]] | str:
        """The arguments of a call in the callee's parameter order, or why they cannot be told."""
        definition = callee.definition.node if callee.definition else callee.function
        names, kinds = _signature(definition)
        bound: dict[str, Expr] = {}
        extra: list[Expr] = []
        keywords: list[tuple[str, Expr]] = []
        written: list[tuple[str | None, int]] = []
        queue = [n for n in names if kinds[n] == "positional"]
        if receiver is not None:
            bound[queue.pop(0)] = receiver
        for argument in node.args:
            if argument.star:
                return "s2sad does not see which arguments * stands for"
            value = lowerer.lower(argument.value)
            if argument.keyword is None:
                if queue:
                    written.append((None, names.index(queue[0])))
                    bound[queue.pop(0)] = value
                else:
                    extra.append(value)
            elif argument.keyword.value in names:
                written.append((argument.keyword.value, names.index(argument.keyword.value)))
                bound[argument.keyword.value] = value
                if argument.keyword.value in queue:
                    queue.remove(argument.keyword.value)
            else:
                keywords.append((argument.keyword.value, value))
        for name in names:
            if kinds[name] == "var_positional":
                bound[name] = Make("tuple", tuple(extra))
                extra = []
            if kinds[name] == "var_keyword":
                keys = tuple(Const(k) for k, _ in keywords)
                bound[name] = Make("dict", tuple(v for _, v in keywords), keys)
                keywords = []
        if extra or keywords:
            return f"the arguments do not fit the parameters of {callee.name}"
        return tuple(bound.get(name) for name in names), tuple(written)


def _signature(definition: Any) -> tuple[list[str], dict[str, str]]:
    """The parameter names of a function in order, and the kind of each."""
    if isinstance(definition, Function):
        return (
            [p.var.hint for p in definition.params],
            {p.var.hint: p.kind for p in definition.params},
        )
    params = definition.params
    kinds = {p.name.value: "positional" for p in (*params.posonly_params, *params.params)}
    if isinstance(params.star_arg, cst.Param):
        kinds[params.star_arg.name.value] = "var_positional"
    kinds |= {p.name.value: "keyword" for p in params.kwonly_params}
    if params.star_kwarg is not None:
        kinds[params.star_kwarg.name.value] = "var_keyword"
    return list(kinds), kinds


