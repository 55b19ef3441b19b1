"""The plan of branches, of what follows an exit, and of contexts.

The backward part takes the arm that the forward part took: it tests again where that is cheap and
the operands are at hand, reads the flag of an exit, or a flag that kept the outcome.

    if x > 1.0:                      x = x_trace[i]
        x = 1.1 * np.sin(x)          if x > 1.0:
                                         d_x = 1.1 * d_x * np.cos(x)

What both arms overwrite, and nothing inside reads, is kept once before the branch.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace

from s2sad.analysis.exits import none_of
from s2sad.derive.broadcasting import call
from s2sad.derive.memory.flags import break_flag, is_flag
from s2sad.derive.memory.halves import Halves
from s2sad.derive.memory.position import Inner
from s2sad.derive.memory.tools import Tools
from s2sad.derive.mirror import Mirror, MirrorBranch, MirrorContext, MirrorGuard, Step
from s2sad.derive.parts import inner_statements
from s2sad.derive.values import can_repeat, cost, hint_for
from s2sad.ir.bindings import bound_by
from s2sad.ir.nodes import (
    Assign,
    Block,
    Branch,
    Const,
    Context,
    Expr,
    Guard,
    Ref,
    Var,
)


class Branches:
    """Plans branches, guards and contexts; `block` plans what is inside them."""

    def __init__(self, tools: Tools, block: Inner) -> None:
        self.known = tools.known
        self.at = tools.at
        self.recall = tools.recall
        self.needs = tools.needs
        self.traces = tools.traces
        self.keep = tools.keep
        self.cells = tools.known.cells
        self.facts = tools.known.facts
        self.plan = tools.known.plan
        self.regions = tools.known.regions
        self.block = block

    def branch(
        self, branch: Branch, nodes: list[Mirror], needed: set[Var], kept: set[Var]
    ) -> Halves:
        """The halves of a branch, whose mirror is among these nodes."""
        mirror = next((n for n in nodes if isinstance(n, MirrorBranch)), None)
        steps = (mirror.then, mirror.other) if mirror is not None else ([], [])
        bound = {v: None for v in self.known.bound_inside(branch) if v in self.known.overwritten}
        inner: set[Var] = set()
        entry: set[Var] = set()
        for arm, arm_steps in zip((branch.then, branch.other), steps, strict=True):
            self.needs.of_arm(arm, arm_steps, set(), inner, entry)
        flag = break_flag(branch)
        if flag is not None:
            self.recall.flags[branch] = flag
        tested: set[Var] = set()
        outcome = Halves()
        is_tested = mirror is not None or bool(self.cells.overwritten_by(branch, needed - kept))
        if is_tested:
            tested, outcome = self._tested(branch, bound.keys() & inner)
        hoisted = [
            v
            for v in bound
            if v not in inner
            and (v in needed or v in entry or v in tested)
            and (v in tested or mirror is None or self._bound_in_both(v, branch))
        ]
        flags = [
            v for v in hoisted if self._only_flag(branch, v) and (v is flag or v not in tested)
        ]
        hoisted = [v for v in hoisted if v not in flags]
        needed |= set(hoisted) | (entry & self.known.lost)
        names = self.keep.variables(hoisted, needed, kept)
        then, other = self._arms(branch, steps, needed, kept | {*hoisted, *flags}, hoisted)
        if not is_tested and (then.back or other.back):
            # The arms have nothing but variables to bring back.
            tested, outcome = self._tested(branch, bound.keys() - set(hoisted))
        needed |= (tested - set(hoisted)) & self.known.lost
        test = branch.test
        if flag is None and branch in self.recall.flags:
            test = Ref(self.recall.flags[branch])
        ahead = replace(branch, test=test, then=then.ahead, other=other.ahead)
        back: Block = []
        if mirror is not None or then.back or other.back:
            again = self.recall.test(branch)
            back = [Branch(again, then.back, other.back, origin=branch.origin)]
            self.plan.sources[back[0]] = [branch]
        resets: Block = [Assign((v,), Const(False)) for v in flags]
        return Halves(
            [*outcome.ahead, *names.ahead, ahead],
            [*names.back, *outcome.back, *back, *resets],
        )

    def _tested(self, branch: Branch, changing: Set[Var]) -> tuple[set[Var], Halves]:
        """What a test reads when it is evaluated again. Where the branch changes that (`changing`
        is what it gives values to), or where it is dear, nothing: the outcome is kept."""
        tested = self.known.read_by([self.recall.test(branch)])
        changed = tested & changing or self.cells.overwritten_by(branch, tested)
        if break_flag(branch) is None and (changed or not self._can_test_again(branch)):
            return set(), self._flag(branch)
        return tested, Halves()

    def _arms(
        self,
        branch: Branch,
        steps: tuple[list[Step], list[Step]],
        needed: set[Var],
        kept: set[Var],
        hoisted: list[Var],
    ) -> tuple[Halves, Halves]:
        """The halves of both arms; what is `hoisted` was kept before them."""
        then_needed, other_needed = set(needed), set(needed)
        defined = set(self.at.defined)
        with self.at.in_arm():
            then = self.block(branch.then, steps[0], then_needed, kept)
            then_defined, self.at.defined = self.at.defined, defined
            other = self.block(branch.other, steps[1], other_needed, kept)
            self.at.defined &= then_defined
        needed |= then_needed | other_needed
        needed -= set(hoisted) - then_needed - other_needed
        return then, other

    def _flag(self, branch: Branch) -> Halves:
        """Keeps the outcome of a test under a name; in a loop, on a trace of its own."""
        flag = Var(hint_for(branch.test))
        self.recall.flags[branch] = flag
        self.at.defined.add(flag)
        assign = Assign((flag,), self._outcome(branch.test))
        halves = self.traces.remember(flag) if self.at.loops else Halves()
        return Halves([assign, *halves.ahead], halves.back)

    def _outcome(self, test: Expr) -> Expr:
        """The truth of a test: the list or array that it may be is changed later."""
        if any(self.regions.is_written(var) for var, _ in self.regions.aliases(test)):
            return call("builtins.bool", test, text="bool")
        return test

    def _can_test_again(self, branch: Branch) -> bool:
        return can_repeat(branch.test, self.facts) and cost(branch.test, self.facts) <= 8

    def _bound_in_both(self, var: Var, branch: Branch) -> bool:
        then = any(var in bound_by(s) for s in branch.then)
        return then and any(var in bound_by(s) for s in branch.other)

    def _only_flag(self, branch: Branch, var: Var) -> bool:
        """Whether a variable is a flag that the branch sets: it was False before."""
        found = [
            s for s in inner_statements(branch) if isinstance(s, Assign) and var in bound_by(s)
        ]
        return bool(found) and all(is_flag(s) for s in found)

    def guard(self, guard: Guard, nodes: list[Mirror], needed: set[Var], kept: set[Var]) -> Halves:
        """The halves of what follows an exit of a loop: on the way back it is tested."""
        mirror = next((n for n in nodes if isinstance(n, MirrorGuard)), None)
        with self.at.in_arm():
            body = self.block(guard.body, mirror.body if mirror else [], needed, kept)
        ahead: Block = [Guard(guard.left, body.ahead)]
        if not body.back:
            return Halves(ahead)
        needed |= set(guard.left) & self.known.lost
        return Halves(ahead, [Branch(none_of(guard.left), body.back, [])])

    def context(
        self, context: Context, nodes: list[Mirror], needed: set[Var], kept: set[Var]
    ) -> Halves:
        """The halves of a with block: on the way back, what is inside alone but for errstate."""
        mirror = next((n for n in nodes if isinstance(n, MirrorContext)), None)
        body = self.block(context.body, mirror.body if mirror else [], needed, kept)
        back = body.back
        if back and "errstate" in context.header:
            back = [replace(context, body=back, origin=None)]
        return Halves([replace(context, body=body.ahead)], back)
