"""The plan of branches, of what follows an exit, and of contexts.

The backward part takes the arm that the forward part took: it tests again where that is cheap and
the operands are at hand, reads the flag of an exit, or a flag that kept the outcome.

    if x > 1.0:                      x = x_trace[i]
        x = 1.1 * np.sin(x)          if x > 1.0:
                                         d_x = 1.1 * d_x * np.cos(x)

What both arms overwrite, and nothing inside reads, is kept once before the branch.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from s2sad.analysis.exits import none_of
from s2sad.derive.broadcasting import call
from s2sad.derive.memory.flags import break_flag, is_flag
from s2sad.derive.memory.position import Inner
from s2sad.derive.memory.tools import Tools
from s2sad.derive.mirror import Group, MirrorBranch, MirrorContext, MirrorGuard
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
        self, branch: Branch, nodes: list[Any], needed: set[Var], kept: set[Var]
    ) -> tuple[Block, Block]:
        mirror = next((n for n in nodes if isinstance(n, MirrorBranch)), None)
        then_steps = mirror.then if mirror else []
        other_steps = mirror.other if mirror else []
        bound = {v: None for v in self.known.bound_inside(branch) if v in self.known.overwritten}
        inner: set[Var] = set()
        entry: set[Var] = set()
        for arm, steps in ((branch.then, then_steps), (branch.other, other_steps)):
            self.needs.of_arm(arm, steps, set(), inner, entry)
        tested: set[Var] = set()
        before: Block = []
        recalled: Block = []
        flag = break_flag(branch)
        if flag is not None:
            self.recall.flags[branch] = flag
        is_tested = mirror is not None or bool(self.cells.overwritten_by(branch, needed - kept))
        if is_tested:
            tested = self.known.read_by([self.recall.test(branch)])
            changing = {v for v in tested if v in bound and v in inner}
            changing |= self.cells.overwritten_by(branch, tested)
            if flag is None and (changing or not self._can_test_again(branch)):
                before, recalled = self._flag(branch)
                tested = set()
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
        saves, restores = self.keep.variables(hoisted, needed, kept)
        resets: Block = [Assign((v,), Const(False)) for v in flags]
        inside = kept | set(hoisted) | set(flags)
        outer_direct = self.at.loops[-1].direct if self.at.loops else True
        if self.at.loops:
            self.at.loops[-1].direct = False
        then_needed, other_needed = set(needed), set(needed)
        defined = set(self.at.defined)
        then = self.block(branch.then, then_steps, then_needed, inside)
        then_defined, self.at.defined = self.at.defined, defined
        other = self.block(branch.other, other_steps, other_needed, inside)
        self.at.defined &= then_defined
        if self.at.loops:
            self.at.loops[-1].direct = outer_direct
        needed |= then_needed | other_needed
        for var in hoisted:
            if var not in then_needed and var not in other_needed:
                needed.discard(var)
        if not is_tested and (then[1] or other[1]):
            # The arms have nothing but variables to bring back.
            tested = self.known.read_by([self.recall.test(branch)])
            changing = tested & bound.keys() - set(hoisted)
            changing |= self.cells.overwritten_by(branch, tested)
            if flag is None and (changing or not self._can_test_again(branch)):
                before, recalled = self._flag(branch)
                tested = set()
        test: Expr = branch.test
        if branch in self.recall.flags and flag is None:
            test = Ref(self.recall.flags[branch])
        needed |= {v for v in tested if v not in hoisted} & self.known.lost
        ahead = [*before, *saves, replace(branch, test=test, then=then[0], other=other[0])]
        back: Block = []
        if mirror is not None or then[1] or other[1]:
            back = [Branch(self.recall.test(branch), then[1], other[1], origin=branch.origin)]
            self.plan.sources[back[0]] = [branch]
        return ahead, [*restores, *recalled, *back, *resets]

    def _flag(self, branch: Branch) -> tuple[Block, Block]:
        """Keeps the outcome of a test under a name; in a loop, on a trace of its own."""
        flag = Var(hint_for(branch.test))
        self.recall.flags[branch] = flag
        self.at.defined.add(flag)
        assign = Assign((flag,), self._outcome(branch.test))
        if not self.at.loops:
            return [assign], []
        save, restore = self.traces.remember(flag)
        return [assign, *save], restore

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

    def guard(
        self, guard: Guard, nodes: list[Any], needed: set[Var], kept: set[Var]
    ) -> tuple[Block, Block]:
        mirror = next((n for n in nodes if isinstance(n, MirrorGuard)), None)
        first = [s for n in nodes if isinstance(n, Group) for s in n.body]
        steps = mirror.body if mirror else []
        outer_direct = self.at.loops[-1].direct if self.at.loops else True
        if self.at.loops:
            self.at.loops[-1].direct = False
        forward, backward = self.block(guard.body, steps, needed, kept)
        if self.at.loops:
            self.at.loops[-1].direct = outer_direct
        ahead: Block = [Guard(guard.left, forward)]
        if not backward and not first:
            return ahead, []
        needed |= self.needs.reads(first) & self.known.lost
        back: Block = [*first]
        if backward:
            needed |= set(guard.left) & self.known.lost
            back.append(Branch(none_of(guard.left), backward, []))
        return ahead, back

    def context(
        self, context: Context, nodes: list[Any], needed: set[Var], kept: set[Var]
    ) -> tuple[Block, Block]:
        mirror = next((n for n in nodes if isinstance(n, MirrorContext)), None)
        steps = mirror.body if mirror else []
        forward, backward = self.block(context.body, steps, needed, kept)
        ahead: Block = [replace(context, body=forward)]
        if not backward:
            return ahead, []
        if "errstate" in context.header:
            return ahead, [replace(context, body=backward, origin=None)]
        return ahead, backward
