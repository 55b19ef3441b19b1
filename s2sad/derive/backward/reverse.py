"""Reverse mode: the backward sweep over the statements of a function.

Input: a function with structured exits, and its facts. Output: a `Backward`, the mirror image of
the function, in which forward values are referred to by definition; what must be remembered for
that is decided later (`derive/memory/`).

    h = np.tanh(z)                 d_z = d_h * (1.0 - h * h)
    for i in range(n): ...         for i in reversed(range(n)): ...
"""

from __future__ import annotations

from s2sad.analysis.exits import used_up
from s2sad.analysis.facts import Facts
from s2sad.analysis.regions import Regions
from s2sad.analysis.unbound import unbound_before
from s2sad.derive.adjoints import Adjoint, Slot
from s2sad.derive.backward.expressions import Expressions
from s2sad.derive.backward.statements import Statements
from s2sad.derive.backward.sweep import Sweep, UnderWay
from s2sad.derive.callees import Callees
from s2sad.derive.held import is_container
from s2sad.derive.mirror import Backward, Step
from s2sad.derive.shadows import Shadows
from s2sad.derive.unread import unread_writes
from s2sad.ir.nodes import Function, Ref, Return, Var


class Reverse:
    """The backward sweep of one function, in whose body the statements that bind `shadows` are."""

    def __init__(
        self, function: Function, facts: Facts, engine: Callees, regions: Regions, shadows: Shadows
    ) -> None:
        self.function = function
        self.sweep = Sweep(facts, engine, regions, shadows)
        self.sweep.unbound = unbound_before(function)
        self.sweep.iterators = used_up(function.body, unknown=False)
        self.sweep.perhaps_iterators = used_up(function.body)
        self._mirror(shadows)
        self.expressions = Expressions(self.sweep)
        unread = unread_writes(function, facts, regions)
        self.statements = Statements(self.sweep, self.expressions, unread)

    def _mirror(self, shadows: Shadows) -> None:
        """Variables with shadows have these as their adjoints all the time."""
        sweep = self.sweep
        for var, shadow in shadows.of.items():
            slot: Slot = (var, ())
            sweep.slots.hold(slot, shadow)
            tree = is_container(sweep.slots.type_of(slot))
            whole = Adjoint(Ref(shadow), sweep.slots.shape_of(slot), True, True, tree)
            sweep.state.shadows[slot] = whole if tree else sweep.slots.read(shadow, whole)

    def handed(self, var: Var) -> Var:
        """The variable in which a backward function is handed the adjoint of an argument that is
        written into: its own array, as it is after the call."""
        sweep, slot = self.sweep, (var, ())
        adjoint = sweep.slots.adjoint_var(slot)
        if var in sweep.shadows.of:
            return adjoint
        whole = Adjoint(Ref(adjoint), sweep.slots.shape_of(slot), True, True)
        sweep.state.set(slot, sweep.slots.read(adjoint, whole))
        return adjoint

    def run(self, seed: Adjoint | None, wrt: list[Var]) -> Backward:
        """The backward part for an adjoint of the function's result.

        `wrt` are the variables whose adjoints are returned, in order.
        """
        steps: list[Step] = []
        body = self.function.body
        if body and isinstance(body[-1], Return):
            steps += self.statements.result(body[-1], seed)
            body = body[:-1]
        steps += self.statements.block(body)
        self.sweep.now = UnderWay()
        results = [self.sweep.taking.take(var) for var in wrt]
        late = {ref for ref in self.sweep.late if isinstance(ref, Ref)}
        return Backward(steps, results, late, self.sweep.errors)
