"""The body of a callee as a part of its caller.

The callee is read once more, with names for its variables that the caller does not have; an
argument that is a name stands for a parameter that the callee does not bind.

    def g(a, n=2):                  g(x), n = 2 where the caller has another n:
        a[0] = n * a[1]             g_n = 2
                                    x[0] = g_n * x[1]
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import libcst as cst

from s2sad.analysis.call_effects import invocations
from s2sad.analysis.exits import structure_exits
from s2sad.analysis.inner_changes import without_inner_changes
from s2sad.analysis.pops import named_pops
from s2sad.ir.flow import statements
from s2sad.ir.nodes import (
    Anew,
    Assign,
    Block,
    Callee,
    Const,
    Expr,
    Function,
    Guard,
    Invoke,
    Origin,
    Ref,
    Return,
    Var,
    walk,
)
from s2sad.source.bound import bound_names, names_in, parameters
from s2sad.source.caller import Caller, is_name, variables_of
from s2sad.source.calls import is_of_class
from s2sad.source.classes import ClassInfo
from s2sad.source.elsewhere import Elsewhere
from s2sad.source.expressions import ExpressionLowerer
from s2sad.source.lower import Setting, lower_function
from s2sad.source.renamed import inner_names, is_renamable, renamed
from s2sad.source.returned import Body
from s2sad.source.scope import Scope

LARGEST = 2000
"""So many statements may be written out in one run."""

_TRANSPARENT = {"builtins.staticmethod", "builtins.property", "numba.njit", "numba.jit",
                "s2sad.differentiable", "s2sad.api.differentiable"}  # fmt: skip
"""Decorators of functions that are the same when their body is run in place."""


class Callees:
    """Reads the bodies of functions that a caller calls."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        self.program = caller.program

    def body(self, call: Invoke, owner: ClassInfo | None) -> Body | None:
        """The body of a callee as a part of the caller; None if it cannot be one. `owner` is the
        class whose methods it calls."""
        callee = call.callee
        definition = callee.definition
        if not self._may_stand_here(call):
            return None
        node = definition.node
        reader = _Reader(self.caller, call)
        if not reader.bind():
            return None
        made = renamed_function(node, reader.names, definition.module)
        module, module_names = self.caller.seen_from_here(definition.module)
        known = {reader.names.get(name, name): value for name, value in callee.known}
        lowered = lower_function(
            made,
            module,
            self.program,
            Setting(
                owner,
                callee.outer,
                known,
                {var: var for var in callee.captured},
                callee.name,
                reader.held,
                module_names,
            ),
            callee.name,
        )
        self.caller.function.globals |= {
            var.name or name: var for name, var in module_names.items()
        }
        body = self._structured(lowered)
        if body is None:
            return None
        self.program.statements_written_out += sum(1 for _ in statements(body.body))
        if self.program.statements_written_out > LARGEST:
            return None
        self.caller.names |= body.names
        self.caller.variables |= reader.held | variables_of(replace(body, params=[]))
        last = body.body[-1]
        assert isinstance(last, Return)
        result = Const(None) if last.value is None else last.value
        return Body([*reader.prelude, *body.body[:-1]], result)

    def _structured(self, function: Function) -> Function | None:
        """A function with one return, its last statement."""
        function = named_pops(without_inner_changes(function))
        if not self.program.structured:
            returns = [s for s in statements(function.body) if isinstance(s, Return)]
            if not returns:
                return replace(function, body=[*function.body, Return(None)])
            if len(returns) == 1 and returns[0] is function.body[-1]:
                return function
        made = structure_exits(function)
        if self.program.structured:
            return made
        guarded = any(isinstance(s, Guard) for s in statements(made.body))
        return None if guarded else made

    def _may_stand_here(self, call: Invoke) -> bool:
        callee = call.callee
        definition = callee.definition
        if is_of_class(callee):
            return False
        if not set(definition.decorators) <= _TRANSPARENT:
            return False
        if not is_renamable(definition.node) or self._calls_itself(callee):
            return False
        # What a name of the callee's stands for that it does not bind.
        own = {p.name.value for p in parameters(definition.node.params)}
        if isinstance(definition.node, cst.FunctionDef):
            own |= bound_names(definition.node.body)
        around = {} if callee.outer is None else {
            name: callee.outer.find(name) for name in names_in(definition.node.body)
        }  # fmt: skip
        module, _ = self.caller.seen_from_here(definition.module)
        for name in set(names_in(definition.node.body)) - own:
            if isinstance(module, Elsewhere) and module.is_marked(name):
                continue
            if self.caller.variables.get(name) is not around.get(name):
                return False
        given = call.args[len(call.args) - len(callee.captured) :] if callee.captured else ()
        return all(
            isinstance(a, Ref) and a.var is var
            for a, var in zip(given, callee.captured, strict=True)
        )

    def _calls_itself(self, callee: Callee) -> bool:
        """Whether a function leads to itself."""
        reached = [callee]
        for current in reached:
            for node in invocations(self.program.function(current)):
                if node.callee.definition.node is callee.definition.node:
                    return True
                if not any(node.callee is other for other in reached):
                    reached.append(node.callee)
        return False


class _Reader:
    """Gives names to the variables of a callee, and its arguments to its parameters.

    `names` are the new names by the old ones, `held` the variables of the caller that parameters
    are, by their new names, `prelude` the statements that bind the other parameters.
    """

    def __init__(self, caller: Caller, call: Invoke) -> None:
        self.caller = caller
        self.call = call
        self.callee: Callee = call.callee
        self.node = call.callee.definition.node
        self.names: dict[str, str] = {}
        self.held: dict[str, Var] = {}
        self.prelude: Block = []

    def bind(self) -> bool:
        """Whether each parameter has a value."""
        inner = inner_names(self.node)
        is_lambda = isinstance(self.node, cst.Lambda)
        local = set() if is_lambda else bound_names(self.node.body)
        params = parameters(self.node.params)
        own = {p.name.value for p in params}
        here = set(self.caller.variables.values())
        read = set(names_in(self.node.body))
        fresh: list[tuple[Any, Expr]] = []
        used: set[Var] = set()
        for param, argument in zip(params, self.call.args, strict=False):
            name = param.name.value
            value = self._default(param) if argument is None else argument
            if value is None:
                return False
            is_plain = isinstance(value, Ref) and value.var in here and value.var.user
            if name not in read and (isinstance(value, Const) or is_plain):
                continue
            if is_plain and name not in local:
                assert isinstance(value, Ref)
                var = value.var
                if var not in used and var.hint not in inner and var.hint == (var.name or var.hint):
                    used.add(var)
                    self.names[name] = var.hint
                    self.held[var.hint] = var
                    continue
            fresh.append((param, value))
        for name in sorted(local - own):
            self.names[name] = self._free(name, read)
        for param, value in fresh:
            name = param.name.value
            self.names[name] = self._free(name, read)
            var = Var(self.names[name], user=True, name=self.names[name])
            self.held[self.names[name]] = var
            self.prelude.append(Assign((var,), value, None, self._line(self.names[name], value)))
        return True

    def _free(self, name: str, read: set[str]) -> str:
        if name not in self.caller.names:
            self.caller.names.add(name)
            return name
        free = self.caller.free(f"{self.callee.name.strip('_')}_{name}")
        while free in read:
            free = self.caller.free(f"{self.callee.name.strip('_')}_{name}")
        return free

    def _default(self, param: cst.Param) -> Expr | None:
        """A default that is the same whenever it is evaluated."""
        if param.default is None:
            return None
        module, names = self.caller.seen_from_here(self.callee.definition.module)
        scope = Scope(module, set())
        scope.globals = names
        value = ExpressionLowerer(scope, self.caller.program).lower(param.default)
        same = all(isinstance(n, Const | Ref) or is_name(n) for n in walk(value))
        return value if same else None

    def _line(self, name: str, value: Expr) -> Origin | None:
        """The statement that binds a parameter, as text."""
        if value.origin is None:
            return None
        text = value.origin.module.own.code(value.origin.node).strip()
        text = f"({text})" if "\n" in text else text
        module = value.origin.module
        line = cst.parse_statement(f"{name} = {text}")
        module.made(line, value.origin.node)
        return Anew(line, module)


def renamed_function(node: Any, names: dict[str, str], module: Any) -> Any:
    """A function with other names for its parameters and variables."""
    if not any(old != new for old, new in names.items()):
        return node
    changed = {old: new for old, new in names.items() if old != new}
    params = _renamed_parameters(node.params, changed, module)
    return node.with_changes(params=params, body=renamed(node.body, changed, module))


def _renamed_parameters(node: cst.Parameters, names: dict[str, str], module: Any) -> Any:
    def made(param: Any) -> Any:
        if not isinstance(param, cst.Param):
            return param
        name = names.get(param.name.value, param.name.value)
        return param.with_changes(name=cst.Name(name))

    return node.with_changes(
        params=[made(p) for p in node.params],
        posonly_params=[made(p) for p in node.posonly_params],
        kwonly_params=[made(p) for p in node.kwonly_params],
        star_arg=made(node.star_arg),
        star_kwarg=made(node.star_kwarg),
    )
