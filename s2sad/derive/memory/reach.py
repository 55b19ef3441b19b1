"""What has to be at hand to bring something back.

What was remembered is put back where it was: the names and indices that say where that is have to
be what they were. What a branch changed is put back if the branch was taken, and what trades places
with something needed is needed, too.

    us[k][i] = e          us and the item k of it, and k and i, if anything changes them
"""

from __future__ import annotations

from s2sad.derive.held import is_container
from s2sad.derive.memory.flags import flags_of
from s2sad.derive.memory.known import Known
from s2sad.derive.memory.recall import Recall
from s2sad.derive.parts import (
    own_targets,
    plain,
)
from s2sad.ir.bindings import bound_by, is_exchange
from s2sad.ir.flow import inner_blocks, statements
from s2sad.ir.nodes import (
    Apply,
    Branch,
    Expr,
    For,
    Ref,
    Var,
    While,
)


class Reach:
    """Says what bringing values back reads."""

    def __init__(self, known: Known, recall: Recall) -> None:
        self.known = known
        self.recall = recall
        self.cells = known.cells
        self.facts = known.facts
        self.plan = known.plan

    def besides(self, loop: For | While, reads: set[Var], needed: set[Var]) -> set[Var]:
        """What the mirror of a loop reads besides what adjoints read: to bring back what is read or
        needed. What says where that is may have been brought back itself, from another name."""
        found: set[Var] = set()
        while True:
            wanted = reads | needed | found
            more = self._trading_places(loop, wanted)
            more |= self._of_restores(loop, wanted | more)
            more |= self._of_guards(loop, wanted | more)
            if more <= found:
                return found
            found |= more

    def _trading_places(self, loop: For | While, wanted: set[Var]) -> set[Var]:
        """The names among which a needed value wanders from one iteration to the next."""
        groups = [set(bound_by(s)) for s in statements(loop.body) if is_exchange(s)]
        found: set[Var] = set()
        while True:
            more = {v for g in groups if g & (wanted | found) for v in g} - found
            if not more:
                return found
            found |= more

    def _of_restores(self, loop: For | While, wanted: set[Var]) -> set[Var]:
        """What says where a loop writes to wanted parts of arrays: they are put back there."""
        return self._of_writes(loop, wanted & self.cells.known.keys())

    def _of_guards(self, loop: For | While, wanted: set[Var]) -> set[Var]:
        """What says whether a loop, or one inside of it, changed something wanted, or was left
        before: that is put back only then."""
        found: set[Var] = set()
        with self.cells.inside(loop):
            blocks = [loop.body]
            while blocks:
                for statement in blocks.pop():
                    if isinstance(statement, For | While):
                        found |= self._of_guards(statement, wanted)
                        continue
                    blocks += inner_blocks(statement)
                    flags = flags_of(statement)
                    if not flags and not isinstance(statement, Branch):
                        continue
                    changed = set(self.known.bound_inside(statement)) & wanted
                    if changed or self.cells.overwritten_by(statement, wanted):
                        found |= flags
                        if isinstance(statement, Branch) and not flags:
                            found |= self.known.read_by([self.recall.test(statement)])
        return found

    def _of_writes(self, loop: For | While, cells: set[Var]) -> set[Var]:
        found: set[Var] = set()
        with self.cells.inside(loop):
            blocks = [loop.body]
            while blocks:
                for statement in blocks.pop():
                    if isinstance(statement, For | While):
                        found |= self._of_writes(statement, cells)
                        continue
                    blocks += inner_blocks(statement)
                    for place in self.cells.places(statement):
                        if self.cells.overwritten_in(place, cells):
                            at = None if place.key is None else self.plain_key(place.key)
                            found |= self.of_place(place.base, at)
        return found - own_targets(loop)

    def of_place(self, base: Expr, at: Expr | None) -> set[Var]:
        """What says where a part of an array is: the names in its base, and what its keys read."""
        names: set[Var] = set()
        keys = [] if at is None else [at]
        stack = [base]
        while stack:
            node = stack.pop()
            if isinstance(node, Ref):
                names.add(node.var)
            elif isinstance(node, Apply) and node.args:
                stack.append(node.args[0])
                keys += [*node.args[1:], *(value for _, value in node.kwargs)]
            else:
                keys.append(node)
        held = {c for c in self.known.read_by([base]) & self.cells.known.keys() if self._is_held(c)}
        return (
            (names & self.known.overwritten) | held | (self.known.read_by(keys) & self.known.lost)
        )

    def _is_held(self, cell: Var) -> bool:
        """Whether a cell says which objects a container holds."""
        return is_container(self.facts.bindings.get(self.cells.known[cell].var))

    def plain_key(self, key: Expr) -> Expr:
        """An index as the halves write it."""
        if key in self.plan.replaced:
            return Ref(self.plan.replaced[key])
        return plain(key)
