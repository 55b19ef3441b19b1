"""What becomes of the objects that a generated function is handed and writes into.

It works in copies, so that the caller's stay as they were; or, where it is asked to work *in
place*, in the caller's own, which it leaves as the plain function does. Where the backward part
puts old contents back into one of these, its last contents are kept beside it meanwhile:

    by default          in place
    u = u.copy()        # Forward.
    # Forward.          u_out = u.copy()
    # Backward.         # Backward.
                        u[...] = u_out

The value that is returned, and gradients that read what was put back, are had before that.
"""

from __future__ import annotations

from s2sad.analysis.facts import Facts
from s2sad.analysis.layout import viewed_by_layout
from s2sad.analysis.regions import Regions
from s2sad.analysis.types import Array, Shape, Type, Unknown
from s2sad.derive.broadcasting import call
from s2sad.derive.held import is_container
from s2sad.derive.memory.plan import Plan
from s2sad.ir.bindings import bound_by, written_by
from s2sad.ir.flow import expressions, statements, targets_of
from s2sad.ir.nodes import (
    Assign,
    Block,
    Const,
    Evaluate,
    Expr,
    Function,
    Invoke,
    Parameter,
    Place,
    Ref,
    Stmt,
    Var,
    walk,
)
from s2sad.tidy.dead import reads_of, without_dead


class Arguments:
    """The arguments of a function that is derived."""

    def __init__(self, function: Function, facts: Facts, regions: Regions) -> None:
        self.function = function
        self.facts = facts
        self.regions = regions
        self._by_layout: set[Var] | None = None

    def written(self, block: Block) -> list[Parameter]:
        """The parameters whose objects a block may change."""
        changed = {v for s in block for inner in statements([s]) for v in self._changed_by(inner)}
        changed = {other for var in changed for other in self.regions.members(var)}
        kept = self.regions.written_parameters
        return [p for p in self.function.params if p.var in changed and p.var in kept]

    def _changed_by(self, statement: Stmt) -> set[Var]:
        """The variables whose objects a statement of either half changes."""
        found = set(written_by(statement))
        if isinstance(statement, Assign) and statement.augmented is not None:
            found |= {v for t in statement.targets for v in targets_of(t)}
        for expr in expressions(statement):
            for node in walk(expr):
                if isinstance(node, Invoke):
                    found |= set(self.regions.changed_by(node))
        found = {self.regions.keepers.get(v, v) for v in found}
        return {v for v in found if self.regions.knows(v) and self.regions.is_written(v)}

    def copies(self, plan: Plan) -> Block:
        """Copies of what the halves write into, in place of the caller's."""
        found: Block = []
        for parameter in self.written([*plan.forward, *plan.backward]):
            var = parameter.var
            found.append(Assign((var,), self._copied(var, self.facts.bindings.get(var))))
        return found

    def borrow(self, plan: Plan) -> Block:
        """Copies of the arrays that the halves write into. Containers, whose arrays may share
        memory, are worked in, and get back what they held."""
        found: Block = []
        for parameter in self.written([*plan.forward, *plan.backward]):
            var = parameter.var
            kind = self.facts.bindings.get(var)
            if not is_container(kind) or self._is_rebound(var, plan):
                found.append(Assign((var,), self._copied(var, kind)))
                continue
            kept = Var(f"{var.hint}_given")
            found.append(Assign((kept,), call("helper.contents", Ref(var), text="contents")))
            plan.backward.append(Evaluate(call("helper.leave", Ref(kept), text="leave")))
            plan.left.append(kept)
        return found

    def work_in_place(self, plan: Plan, wrt: list[Var]) -> None:
        """Lets the halves work in the caller's objects, which are left as the plain function leaves
        them. `plan.results` are the gradients of the parameters `wrt`."""
        live = {var for result in plan.results for var in reads_of(result)}
        plan.backward = without_dead(
            plan.backward, live, plan.sources, None, plan.replaced, plan.regions
        )
        written = self.written(plan.backward)
        if not written:
            return
        changed = {other for p in written for other in self.regions.members(p.var)}
        for k, (result, var) in enumerate(zip(plan.results, wrt, strict=True)):
            if not isinstance(result, Ref) and reads_of(result) & changed:
                settled = Var(f"d_{var.hint}")
                plan.backward.append(Assign((settled,), result))
                plan.results[k] = Ref(settled)
        before: Block = []
        after: Block = []
        for parameter in written:
            var = parameter.var
            given = var
            if self._is_rebound(var, plan):
                given = Var(f"{var.hint}_given")
                before.append(Assign((given,), Ref(var)))
            kept = Var(f"{var.hint}_out")
            kind = self.facts.bindings.get(var)
            if _is_array(kind):
                after.append(Assign((kept,), call("numpy.copy", Ref(given))))
                plan.backward.append(Assign((Place(Ref(given), Const(...)),), Ref(kept)))
                plan.left.append(given)
            else:
                after.append(Assign((kept,), call("helper.contents", Ref(given), text="contents")))
                leave = call("helper.leave", Ref(kept), text="leave")
                plan.backward.append(Evaluate(leave))
                plan.left.append(kept)
        plan.forward = [*before, *plan.forward[:-1], *after, plan.forward[-1]]

    def _copied(self, var: Var, kind: Type | None) -> Expr:
        """A copy of an argument to work in."""
        if self._by_layout is None:
            self._by_layout = viewed_by_layout(self.function, self.regions)
        if isinstance(kind, Array | Unknown) and self.regions.of(var) in self._by_layout:
            return call("helper.copy_of", Ref(var), text="copy_of")
        if _is_array(kind):
            return call("numpy.copy", Ref(var))
        shallow = isinstance(kind, Array | Unknown) and not self.regions.is_written_inside(var)
        copier = "copy.copy" if shallow else "copy.deepcopy"
        return call(copier, Ref(var), text=copier)

    def _is_rebound(self, var: Var, plan: Plan) -> bool:
        return any(var in bound_by(s) for s in (*plan.forward, *plan.backward))


def _is_array(kind: Type | None) -> bool:
    """Whether something is certainly an array, and no number."""
    return isinstance(kind, Array) and isinstance(kind.shape, Shape)
