"""What the calls of a program do to their arguments, from the bodies of the functions called.

    def step(u, v):                 writes into the first argument, and returns it
        u[1:] += v[:-1]
        return u

Functions that call each other are asked again until no answer changes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from s2sad.analysis.regions import Regions
from s2sad.analysis.sharing import Effects, TypeOf
from s2sad.ir.flow import expressions, statements
from s2sad.ir.nodes import Function, Invoke, walk


class Calls:
    """What the calls of a program do to their arguments."""

    def __init__(self, program: Any, type_of: TypeOf | None = None) -> None:
        self.program = program
        self.type_of = type_of
        self._known: dict[Function, Effects] = {}

    def effects(self, node: Invoke) -> Effects:
        """What a call does to its arguments, through all the functions that it leads to."""
        return self.effects_of(self.program.function(node.callee))

    def effects_of(self, function: Function) -> Effects:
        """What each call of a function does to its arguments."""
        if function not in self._known:
            found = [f for f in self._reached(function) if f not in self._known]
            self._known |= {f: Effects() for f in found}
            # Functions may call each other: all are asked again until no answer changes.
            while True:
                changed = False
                for f in found:
                    effects = Regions(f, self, self.type_of).effects()
                    changed |= effects != self._known[f]
                    self._known[f] = effects
                if not changed:
                    break
        return self._known[function]

    def _reached(self, function: Function) -> list[Function]:
        """The functions that a function leads to, those called first, and itself as the last."""
        order = [function]
        for current in order:
            for node in invocations(current):
                callee = self.program.function(node.callee)
                if callee not in order:
                    order.append(callee)
        return order[::-1]


def invocations(function: Function) -> Iterator[Invoke]:
    """The calls of the user's own functions in a function."""
    for statement in statements(function.body):
        for expr in expressions(statement):
            for node in walk(expr):
                if isinstance(node, Invoke):
                    yield node
