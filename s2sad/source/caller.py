"""The function that calls are written out in, and the names that stand in it."""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from keyword import iskeyword
from typing import Any

from s2sad.ir.flow import bound, expressions, statements
from s2sad.ir.nodes import (
    Apply,
    Assign,
    Expr,
    Function,
    Ref,
    Stmt,
    Var,
    walk,
)
from s2sad.source.elsewhere import Elsewhere


class Caller:
    """`names` are all names that stand in a function, `variables` those of its variables."""

    def __init__(self, function: Function, program: Any) -> None:
        self.function = function
        self.program = program
        self.names: set[str] = set()
        self.variables: dict[str, Var] = {}
        self._elsewhere: dict[Any, Elsewhere] = {}

    def begin(self) -> None:
        """Notes the names that stand in the function before anything is written out."""
        self.names |= {*self.function.names, *self.function.globals}
        self.variables |= variables_of(self.function)

    def named(self, value: Expr, hint: str) -> tuple[Assign, Ref]:
        """A statement that gives a value a name, and the name."""
        name = self.free(hint)
        var = Var(name, user=True, name=name)
        self.variables[name] = var
        return Assign((var,), value), Ref(var)

    def free(self, name: str) -> str:
        """A name that the function does not have, and that means nothing in Python."""
        name = f"{name}_" if hasattr(builtins, name) or iskeyword(name) else name
        free, number = name, 2
        while free in self.names:
            free, number = f"{name}_{number}", number + 1
        self.names.add(free)
        return free

    def seen_from_here(self, module: Any) -> tuple[Any, dict[str, Var]]:
        """A module as its text stands in the function, and the variables of its names."""
        here = self.function.module
        if module is here.own:
            return here, self.function.globals
        if module not in self._elsewhere:
            mark = self.program.rules.mark_of(module)
            self._elsewhere[module] = Elsewhere(module, here, mark)
        return self._elsewhere[module], self._elsewhere[module].globals


def variables_of(function: Function) -> dict[str, Var]:
    """The variables of a function by their names."""
    found = {p.var.hint: p.var for p in function.params}
    for statement in statements(function.body):
        found |= {var.hint: var for var in bound(statement) if var.user}
    return found


def is_name(node: Expr) -> bool:
    """Whether an expression is the name of something that a library has."""
    return isinstance(node, Apply) and node.form == "name"


def nodes_of(statement: Stmt) -> Iterator[Expr]:
    """All expressions in a statement."""
    for expr in expressions(statement):
        yield from walk(expr)
