"""What is brought back, between the statements that read what it is and what it was.

The mirror of a statement may read what a variable holds after it, and what it held before it. The
first come before the restores; where the two are mixed, the new value gets a name of its own.

    x = np.exp(x * k)          d_k = x * d_x          # x as it is after the statement
                               x = x_trace.pop()
                               d_k = x * d_k          # x as it was before
"""

from __future__ import annotations

from collections.abc import Iterable

from s2sad.analysis.types import is_number
from s2sad.derive.broadcasting import call
from s2sad.derive.memory.cells import Written
from s2sad.derive.memory.known import Known
from s2sad.derive.memory.recall import Recall
from s2sad.derive.parts import exprs_of, refs, refs_of, rewritten
from s2sad.ir.bindings import bound_by, written_by
from s2sad.ir.flow import targets_of
from s2sad.ir.nodes import (
    Apply,
    Assign,
    Block,
    Expr,
    For,
    Ref,
    Var,
    walk,
)
from s2sad.tidy.algebra import key


class Between:
    """Puts what is brought back where it has to be."""

    def __init__(self, known: Known, recall: Recall) -> None:
        self.known = known
        self.recall = recall
        self.cells = known.cells
        self.facts = known.facts
        self.regions = known.regions

    def with_restores(self, body: Block, restores: Block, places: Iterable[Written]) -> Block:
        """Restores variables, and what stood at places, between the statements that read their new
        and their old values."""
        targets = [r.targets[0] for r in restores if isinstance(r, Assign)]
        targets += [v for r in restores if isinstance(r, For) for v in bound_by(r)]
        written = {v for r in restores for v in written_by(r)}
        restored = written | {v for target in targets for v in targets_of(target)}
        last = -1
        for position, statement in enumerate(body):
            if any(r in self.recall.after and r.var in restored for r in refs_of(statement)):
                last = position
        early = body[: last + 1]
        mixed = any(
            r.var in restored and r not in self.recall.after for s in early for r in refs_of(s)
        )
        if not mixed and not self._read_before(early, places):
            return [*early, *restores, *body[last + 1 :]]
        late = {r.var: None for s in body for r in refs_of(s) if r in self.recall.after}
        copies: Block = []
        instead: dict[Expr, Expr] = {}
        for var in (v for v in late if v in restored):
            new = Var(f"{var.hint}_out")
            reads = self._late_reads(body, var, restored) if var in written else []
            part = reads[0] if reads else Ref(var)
            fixed = var not in written or is_number(self.facts.type_of(part))
            if var in self.regions.mirrors:  # the item is another one, not changed
                fixed = True
                self.regions.mirrors[new] = self.regions.mirrors[var]
            copies.append(Assign((new,), part if fixed else call("numpy.copy", part)))
            late_refs = (
                r for s in body for r in refs_of(s) if r in self.recall.after and r.var is var
            )
            instead |= {read: Ref(new) for read in reads or late_refs}

        return [*copies, *restores, *(rewritten(s, instead.get) for s in body)]

    def _read_before(self, body: Block, places: Iterable[Written]) -> bool:
        """Whether statements read, under whatever name, what stood at places before."""
        exprs = [expr for statement in body for expr in exprs_of(statement)]
        cells = {cell for e in exprs for cell in self.cells.read_by(e, self.recall.after)}
        return any(self.cells.overwritten_in(place, cells) for place in places)

    def _late_reads(self, body: Block, var: Var, restored: set[Var]) -> list[Apply]:
        """The reads of an array's new value, where all of them are of one and the same part."""
        nodes = [node for s in body for expr in exprs_of(s) for node in walk(expr)]
        late = [n for n in nodes if isinstance(n, Ref) and n.var is var and n in self.recall.after]
        parts = [
            n for n in nodes if isinstance(n, Apply) and n.op == "getitem" and n.args[0] in late
        ]
        keys = [part.args[1] for part in parts]
        moved = any(ref.var in restored for place in keys for ref in refs(place))
        same = len(parts) == len(late) and len({key(place) for place in keys}) == 1
        return parts if same and not moved else []
