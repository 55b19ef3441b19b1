"""The adjoint of an expression: what flows into the variables that it reads.

`pull(expr, adjoint)` walks an expression from its result to its leaves. What flows into a variable
is pending until its statement is done (`contributions.py`).

    y = x * np.sin(x)     d_x = np.sin(x) * d_y + x * np.cos(x) * d_y
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from s2sad.analysis.once import may_be_used_up
from s2sad.analysis.types import SCALAR, Array, Inert, may_be_complex
from s2sad.derive.adjoints import Adjoint, State
from s2sad.derive.backward.applying import Rules
from s2sad.derive.backward.calls import Calls
from s2sad.derive.backward.comprehensions import Comprehensions
from s2sad.derive.backward.trees import Trees
from s2sad.derive.broadcasting import call, expand
from s2sad.derive.fresh import is_fresh
from s2sad.derive.held import is_container
from s2sad.derive.instantiate import as_value
from s2sad.derive.refusals import (
    not_understood,
    run_over_once,
    varied_parts_not_understood,
    without_rule,
)
from s2sad.ir.nodes import (
    Apply,
    Assign,
    Block,
    Branch,
    Each,
    Expr,
    Invoke,
    Make,
    Opaque,
    Ref,
    Select,
    Target,
    Value,
    Var,
    walk,
)

if TYPE_CHECKING:
    from s2sad.derive.backward.sweep import Sweep

_SAME_ITEMS = {
    "builtins.list", "builtins.tuple", "builtins.dict", "builtins.iter", "copy.copy",
    "copy.deepcopy",
}  # fmt: skip
"""Operators whose result is a container with the items of their operand."""


class Expressions:
    """Passes the adjoint of an expression on to what it reads."""

    def __init__(self, sweep: Sweep) -> None:
        self.sweep = sweep
        self.facts = sweep.facts
        self.state = sweep.state
        self.out = sweep.out
        self.slots = sweep.slots
        self.contributions = sweep.contributions
        self.joins = sweep.joins
        self.rules = Rules(sweep, self)
        self.trees = Trees(sweep, self)
        self.comprehensions = Comprehensions(sweep, self)
        self.calls = Calls(sweep, self)

    def pull_root(self, value: Expr, seed: Adjoint, target: Target | None = None) -> None:
        self.hint_for(value, target)
        self.sweep.now.seeds |= {n.var for n in walk(seed.expr) if isinstance(n, Ref)}
        self.sweep.now.whole_call = isinstance(value, Invoke)
        if self.writes_early(value):
            seed = self.slots.protected(seed, f"d_{self.slots.hint(value)}_out")
        self.pull(value, seed)

    def hint_for(self, value: Expr, target: Target | None) -> None:
        if isinstance(target, Var):
            self.sweep.hints[value] = target.hint

    def writes_early(self, value: Expr) -> bool:
        """Whether contributions are written out while a part of the value is still to be pulled."""
        return any(isinstance(n, Select | Each) and self.sweep.is_varied(n) for n in walk(value))

    def pull(self, node: Expr, adjoint: Adjoint) -> None:
        """Passes the adjoint of an expression on to what it reads."""
        if not self.sweep.is_varied(node):
            return
        adjoint = self._real_for(node, adjoint)
        slot = self.slots.of(node)
        if slot is not None or isinstance(node, Invoke):
            adjoint = self._number_for(node, adjoint)
        if slot is not None:
            self.contributions.pend(slot, replace(adjoint, value=node))
            return
        if adjoint.wide and not self.rules.takes_wide(node):
            adjoint = self.rules.summed_down(adjoint, node)
        match node:
            case Apply():
                self._pull_apply(node, adjoint)
            case Make():
                self.trees.pull_make(node, adjoint)
            case Select():
                self._pull_select(node, adjoint)
            case Each() if may_be_used_up(node, self.sweep.perhaps_iterators):
                self.sweep.add_error(run_over_once(node))
            case Each():
                self.comprehensions.pull(node, adjoint)
            case Invoke():
                self.calls.pull(node, adjoint)
            case Opaque():
                self.sweep.refuse(*not_understood(node))

    def _real_for(self, node: Expr, adjoint: Adjoint) -> Adjoint:
        """The adjoint of an expression; of a real value its real part. It is complex where the
        value went into a complex one."""
        if not self.facts.mixed or adjoint.tree or may_be_complex(self.facts.type_of(node)):
            return adjoint
        if not self.sweep.complex_numbers.may_be_complex(adjoint.expr):
            return adjoint
        part = self.sweep.complex_numbers.real_part(adjoint.expr)
        return replace(adjoint, expr=part, owned=is_fresh(part))

    def _number_for(self, node: Expr, adjoint: Adjoint) -> Adjoint:
        """The adjoint of what has a name or comes from a function; of a number it is a number. That
        of a variable that is a number at times may be an array without axes, which an update in
        place would change for all who have it."""
        if adjoint.tree or adjoint.wide or self.facts.shape_of(node) != SCALAR:
            return adjoint
        if not isinstance(adjoint.expr, Ref) or self.facts.shape_of(adjoint.expr) == SCALAR:
            return adjoint
        name = "complex" if may_be_complex(self.facts.type_of(node)) else "float"
        number = call(f"builtins.{name}", adjoint.expr, text=name)
        return Adjoint(number, SCALAR, True, True)

    def _pull_apply(self, node: Apply, adjoint: Adjoint) -> None:
        kind = self.facts.type_of(node.args[0]) if node.args else Inert()
        taken = node.op in ("getitem", "getattr") or node.op == "helper.part" and is_container(kind)
        if taken and not isinstance(kind, Array):
            self.trees.pull_item(node, adjoint)
            return
        same = node.op in _SAME_ITEMS and adjoint.tree
        if same or (node.op == "numpy.copy" and is_container(kind)):
            listed = node.args[0]
            self.pull(
                listed, self._of_items(listed, adjoint) if isinstance(kind, Array) else adjoint
            )
            return
        if node.op == "add" and not isinstance(self.facts.type_of(node), Array):
            self.trees.pull_joined(node, adjoint)
            return
        if node.op == "mul" and is_container(self.facts.type_of(node)):
            self.trees.pull_repeated(node, adjoint)
            return
        if node.op == "s2sad.on_gradient":
            self._pull_marked(node, adjoint)
            return
        found = self.facts.rule_of(node)
        if found is None or found[0].forward:
            inner = varied_parts_not_understood(node, self.facts)
            for part in inner:
                self.pull(part, adjoint)
            if not inner:
                has_rule = self.sweep.engine.program.rules.has(node.op)
                self.sweep.refuse(*without_rule(node, self.facts, has_rule))
            return
        self.rules.apply(node, *found, adjoint)

    def _of_items(self, array: Expr, adjoint: Adjoint) -> Adjoint:
        """The adjoint of an array from those of its items, which a list has."""
        whole = call("helper.from_parts", Value(array), adjoint.expr, text="from_parts")
        return Adjoint(whole, self.facts.shape_of(array), True, True)

    def _pull_marked(self, node: Apply, adjoint: Adjoint) -> None:
        """on_gradient(x, function): the adjoint goes through a function of the user's, once."""
        x, function = node.args
        if self.sweep.engine.program.unmarked:
            self.pull(x, adjoint)
            return
        if adjoint.tree:
            whole: Expr = call("helper.like_tree", Value(x), adjoint.expr, text="like_tree")
        else:
            expanded = expand(adjoint, node, self.facts)
            whole = expanded.expr
            own = expanded.owned or expanded.shape == SCALAR or is_fresh(whole)
            if not own:  # the function may write into what it is handed
                whole = call("numpy.array", whole)
        result = Apply("call", (as_value(function), whole), (), "called")
        passed = Adjoint(result, self.facts.shape_of(x), True, False, adjoint.tree)
        if self.slots.of(x) is None:
            var = Var(f"d_{self.slots.hint(x)}")
            self.out.append(Assign((var,), result))
            passed = self.slots.read(var, passed)
        self.pull(x, passed)

    def _pull_select(self, node: Select, adjoint: Adjoint) -> None:
        # What is pending may stand in a variable that an arm adds to.
        self.contributions.flush()
        adjoint = self.slots.protected(adjoint, f"d_{self.slots.hint(node)}")
        arms: list[tuple[Block, State]] = []
        before = self.state.copy()
        for arm in (node.then, node.other):
            self.state.become(before)
            with self.contributions.apart() as made:
                if arm is not node.test or self.sweep.is_varied(arm):
                    self.pull(arm, adjoint)
            arms.append((made, self.state.copy()))
        self.state.become(self.joins.merge(arms[0], arms[1]))
        if arms[0][0] or arms[1][0]:
            self.out.append(Branch(as_value(node.test), arms[0][0], arms[1][0]))
