"""The mirror of an assignment: the adjoint of what is bound goes to the value.

    y = np.sin(x)         d_x += np.cos(x) * d_y

What kind of target it is, and whether its array has a shadow, says who takes the adjoint.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from s2sad.analysis.exits import is_iterator
from s2sad.derive.adjoints import Adjoint
from s2sad.derive.backward.allocations import Allocations
from s2sad.derive.backward.calls import Calls
from s2sad.derive.backward.containers import Containers
from s2sad.derive.backward.expressions import Expressions
from s2sad.derive.backward.targets import Targets
from s2sad.derive.backward.writes import Writes
from s2sad.derive.broadcasting import total_of
from s2sad.ir.bindings import bound_by
from s2sad.ir.nodes import Apply, Assign, Const, Expr, Invoke, Place, Ref, Unpack, Var, walk

if TYPE_CHECKING:
    from s2sad.derive.backward.sweep import Sweep


class Assignments:
    """Finds out what an assignment binds, and takes its adjoint."""

    def __init__(
        self,
        sweep: Sweep,
        calls: Calls,
        expressions: Expressions,
        allocations: Allocations,
        containers: Containers,
        writes: Writes,
        targets: Targets,
    ) -> None:
        self.sweep = sweep
        self.facts = sweep.facts
        self.out = sweep.out
        self.regions = sweep.regions
        self.shadows = sweep.shadows
        self.slots = sweep.slots
        self.contributions = sweep.contributions
        self.taking = sweep.taking
        self.calls = calls
        self.expressions = expressions
        self.allocations = allocations
        self.containers = containers
        self.writes = writes
        self.targets = targets

    def pull(self, statement: Assign) -> None:
        first = statement.targets[0]
        read = {n.var for n in walk(statement.value) if isinstance(n, Ref)}
        self.sweep.now.rebound = read & set(bound_by(statement))
        self.sweep.now.rebinds = any(isinstance(t, Place | Unpack) for t in statement.targets)
        if len(statement.targets) == 1 and isinstance(first, Place):
            self.writes.pull_write(statement, first, statement.value, statement.augmented)
            self._pull_effect(statement.value)
            return
        if len(statement.targets) == 1 and isinstance(first, Unpack):
            self.targets.pull_unpacked(statement, first, statement.value)
            return
        if isinstance(first, Var) and first in self.shadows.of:
            self._pull_allocation(statement, statement.value, first)
            return
        if isinstance(statement.value, Apply) and statement.value.op == "list.pop":
            seed = self.taking.take(first) if isinstance(first, Var) else None
            if self.slots.has_shadow(statement.value.args[0]):
                self._pull_taken(statement.value, seed)
                return
            self.containers.pull_pop(statement, statement.value, seed)
            return
        # The targets are assigned from left to right.
        found = [
            self.targets.seed(t, statement, statement.value) for t in reversed(statement.targets)
        ]
        seeds = [seed for seed in found if seed is not None]
        if isinstance(statement.value, Invoke) and self.sweep.engine.writes_varied(statement.value):
            self.calls.pull_call(statement.value, total_of(seeds) if seeds else None)
            return
        if not seeds or not self.sweep.is_varied(statement.value):
            return
        if is_iterator(statement.value):
            self.sweep.refuse(
                "S2S012",
                "cannot differentiate through an iterator that has a name",
                statement.value,
                "What has run over it once is not known any more: make a list of it.",
            )
            return
        self.expressions.pull_root(statement.value, total_of(seeds), first)

    def _pull_taken(self, pop: Apply, seed: Adjoint | None) -> None:
        """A number that is taken out of a list with a shadow was an item of it before; an array
        has its shadow still."""
        if seed is not None:
            listed, *key = pop.args
            item = Apply("getitem", (listed, *(key or [Const(-1)])), (), "index")
            self.facts.varied.add(item)
            self.expressions.pull(item, seed)

    def _pull_effect(self, value: Expr) -> None:
        """What a call writes into has its adjoint, also where nothing flows to its result."""
        if isinstance(value, Invoke) and value not in self.sweep.now.called:
            if self.sweep.engine.writes_varied(value):
                self.calls.pull_call(value, None)

    def _pull_allocation(self, statement: Assign, value: Expr, var: Var) -> None:
        """A name is bound to an array with a shadow: a new one passes its adjoint on; another name
        or a view has the same shadow."""
        if statement in self.shadows.renewed:
            self.allocations.pull_renewed(value, Ref(var))
            return
        if statement.augmented is not None:
            self.writes.pull_write(
                statement, Place(Ref(var), Const(...)), value, statement.augmented
            )
            return
        if isinstance(value, Invoke) and self.sweep.engine.writes_varied(value):
            seed = None if self.regions.aliases(value) else self.taking.take(var)
            self.calls.pull_call(value, seed)
            return
        self.allocations.pull_new(value, Ref(var), var)
