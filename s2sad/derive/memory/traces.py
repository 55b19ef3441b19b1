"""Where a value is kept: the statement of the forward part that keeps it, and what reads it.

    outside of loops                  x_in = x                x = x_in
    a number in a counted loop        x_trace[i] = x          x = x_trace[i]
    else                              x_trace.append(x)       x = x_trace.pop()

What each statement keeps, and why, is noted for the explanation (`explain.py`).
"""

from __future__ import annotations

from typing import Any

from s2sad.analysis.types import SCALAR, Array, is_number
from s2sad.derive.broadcasting import call
from s2sad.derive.memory.halves import Halves
from s2sad.derive.memory.known import Known
from s2sad.derive.memory.plan import Kept
from s2sad.derive.memory.position import Position
from s2sad.derive.parts import copy_of, plain
from s2sad.ir.bindings import written_into
from s2sad.ir.flow import targets_of
from s2sad.ir.nodes import (
    Apply,
    Assign,
    Evaluate,
    Expr,
    For,
    Make,
    Place,
    Ref,
    Stmt,
    Target,
    Var,
)


class Traces:
    """Gives the statements that keep a value and that bring it back.

    `saved` are those that keep something for each iteration of a loop, with the type of it;
    `readers` the statements whose adjoints read a variable.
    """

    def __init__(self, known: Known, at: Position) -> None:
        self.known = known
        self.at = at
        self.cells = known.cells
        self.facts = known.facts
        self.plan = known.plan
        self.regions = known.regions
        self.saved: dict[Stmt, Any] = {}
        self.readers: dict[Var, list[Stmt]] = {}

    def remember(self, var: Var, is_left_alone: bool = False) -> Halves:
        """The statements that keep a variable's value and that bring it back."""
        if var not in self.at.defined:
            self.at.undefined[var] = None
        kind = self.facts.bindings.get(var)
        value: Expr = self.known.noted(Ref(var), kind)
        if var in self.known.mutated and not is_number(kind) and not is_left_alone:
            value = copy_of(value, None if var in self.known.objects else kind)
        return self.keep(var.hint, kind, value, var)

    def keep(self, hint: str, kind: Any, value: Expr, target: Target) -> Halves:
        """The statements that keep a value and that bring it back to a target."""
        keeper = Var(f"{hint}_trace" if self.at.loops else f"{hint}_in")
        if isinstance(value, Ref):
            self.regions.keepers[keeper] = value.var
        save: Stmt
        back: Expr
        if not self.at.loops:
            save, back = Assign((keeper,), value), Ref(keeper)
        elif self._is_counted(kind):
            save, back = self._in_array(keeper, value)
        else:
            save, back = self._on_stack(keeper, value)
        self.known.noted(back, kind)
        self._explain(save, keeper, kind, target)
        if self.at.loops:
            self.saved[save] = kind
        return Halves([save], [Assign((target,), back)])

    def _is_counted(self, kind: Any) -> bool:
        """Whether each iteration keeps one number, and how many there are is known before. What an
        array gives back is NumPy's number, and comparisons of it are NumPy's truth values."""
        loop, *inside = self.at.loops
        counted = not inside and loop.counter is not None and loop.direct
        return counted and _is_float(kind) and not self.facts.counts_truths

    def _in_array(self, keeper: Var, value: Expr) -> tuple[Stmt, Expr]:
        """An array that is made before the loop, with a place for each iteration."""
        (loop,) = self.at.loops
        assert isinstance(loop.statement, For) and loop.counter is not None
        iterable = loop.statement.iterable
        if isinstance(iterable, Apply):
            iterable = plain(iterable)
        size = call("builtins.len", iterable, text="len")
        loop.before.append(Assign((keeper,), call("numpy.empty", size)))
        save = Assign((Place(Ref(keeper), loop.counter),), value)
        return save, Apply("getitem", (Ref(keeper), loop.counter), (), "index")

    def _on_stack(self, keeper: Var, value: Expr) -> tuple[Stmt, Expr]:
        """A list that is made before the outermost loop, and is gone through from its end."""
        self.at.loops[0].before.append(Assign((keeper,), Make("list", ())))
        append = Apply("list.append", (Ref(keeper), value), (), "method", "append")
        return Evaluate(append), Apply("list.pop", (Ref(keeper),), (), "method", "pop")

    def _explain(self, save: Stmt, keeper: Var, kind: Any, target: Target) -> None:
        """Notes what a statement keeps, and why."""
        taken_out = {var for found in self.known.extracted.values() for _, var in found}
        variables = [*targets_of(target), *written_into(target)]
        cells = {c for c, s in self.cells.known.items() if s.var in variables}
        readers = [s for v in (*variables, *cells) for s in self.readers.get(v, ())]
        if isinstance(target, Place):
            why = "this part of it is overwritten in place"
        elif set(variables) & taken_out:
            why = "it costs more to compute it again"
        else:
            why = "the line gives it another value, and what it comes from is not at hand later"
        what = ", ".join(v.hint for v in variables)
        loops = tuple(loop.statement for loop in self.at.loops)
        needed = tuple(dict.fromkeys(readers))
        self.plan.kept[save] = Kept(keeper, what, kind, self.at.statement, loops, needed, why)


def _is_float(kind: Any) -> bool:
    return isinstance(kind, Array) and kind.shape == SCALAR and kind.dtype == "float64"
