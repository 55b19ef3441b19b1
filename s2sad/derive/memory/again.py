"""What is computed again on the way back instead of being kept.

A variable that each iteration gives its value before anything reads it is computed again when the
mirror of an iteration begins, where that is cheap and what it comes from is at hand then:

    for k in range(n):                    for k in reversed(range(n)):
        g = 0.5 * (w[k] + w[k + 1])           g = 0.5 * (w[k] + w[k + 1])
        x = x * np.sin(g)                     ...

A part of an array that the block gave its contents a few statements before it overwrites them gets
them back in the same way:

    c[:, k] = g * a                       # c[:, k] = c[:, k] * d
    c[:, k] = c[:, k] * d                 ...
                                          c[:, k] = g * a

Nothing is kept only to be computed with again: what an expression reads must be at hand anyway.
"""

from __future__ import annotations

from itertools import takewhile

from s2sad.analysis.types import is_number
from s2sad.derive.held import is_container
from s2sad.derive.memory.cells import Written
from s2sad.derive.memory.known import Known
from s2sad.derive.memory.position import Position
from s2sad.derive.memory.recall import Recall
from s2sad.derive.parts import leaves_early, own_targets, rebuilt, refs
from s2sad.derive.values import cost, is_arithmetic
from s2sad.ir.bindings import bound_by, written_into
from s2sad.ir.flow import statements
from s2sad.ir.nodes import Assign, Block, Const, Expr, For, Place, Ref, Stmt, Var, While
from s2sad.tidy.algebra import key
from s2sad.tidy.dead import all_reads

CHEAP_ENOUGH = 4
"""What computing something again may cost, in passes over an array."""

FAR = 16
"""How many statements before it is overwritten a part of an array may have got its contents."""


class Again:
    """Finds what can be computed again."""

    def __init__(self, known: Known, at: Position, recall: Recall) -> None:
        self.known = known
        self.at = at
        self.recall = recall
        self.cells = known.cells
        self.facts = known.facts
        self.regions = known.regions
        self.shadows = known.shadows

    def variables(self, loop: For | While, reads: set[Var]) -> dict[Var, Expr]:
        """The variables that are computed again when the mirror of an iteration begins, in the
        order in which an iteration gives them their values. `reads` are what the mirror reads."""
        found: dict[Var, Expr] = {}
        always = list(takewhile(lambda statement: not leaves_early([statement]), loop.body))
        candidates = self.given_first(always) & reads
        own = own_targets(loop)
        bound = [self.known.bound_inside(statement) for statement in loop.body]
        exchanged = {
            var for statement in statements(loop.body) for var in self._items_of(statement)
        }
        for place, statement in enumerate(always):
            match statement:
                case Assign((Var() as var,), value, None) if var in candidates:
                    pass
                case _:
                    continue
            later = {v for each in bound[place + 1 :] for v in each}
            earlier = {v for each in bound[:place] for v in each}
            if var in later | earlier or not self.is_value(var):
                continue
            operands = {ref.var for ref in refs(value)}
            at_hand = own | found.keys() | (reads - self.cells.known.keys())
            if operands & (later | exchanged) or (operands & earlier) - at_hand or var in operands:
                continue
            if self._is_cheap(value) and not self.cells.read_by(value):
                found[var] = rebuilt(value, self.recall.again)
        return found

    def _items_of(self, statement: Stmt) -> set[Var]:
        """The lists and dicts that hold other objects after a statement than before."""
        places = [Place(place.base, Const(None)) for place in self.cells.places(statement)]
        found = {var for place in places for var in written_into(place)}
        return {var for var in found if is_container(self.facts.bindings.get(var))}

    def given_first(self, block: Block) -> set[Var]:
        """The variables that a block assigns before anything in it reads them. The mirror of what
        reads an array adds to its shadow."""
        seen: set[Var] = set()
        found: set[Var] = set()
        for statement in block:
            read = all_reads(statement)
            seen |= {self.shadows.of[var] for var in read if var in self.shadows.of}
            if isinstance(statement, Assign) and statement.augmented is None:
                seen |= read
                found |= set(bound_by(statement)) - seen
                seen |= set(bound_by(statement))
            else:
                for _, var in self.known.extracted.get(statement, []):
                    found.add(var)
                seen |= read | set(bound_by(statement))
            found |= {var for _, var in self.known.extracted.get(statement, [])}
        return found & self.known.lost

    def is_value(self, var: Var) -> bool:
        """Whether what a variable stands for is never changed in place; the mirror adds to what a
        list or dict of shadows holds."""
        kind = self.facts.bindings.get(var)
        if var in self.regions.mirrors and is_container(kind):
            return False
        written = self.regions.knows(var) and self.regions.is_written(var)
        return var not in self.known.mutated and (not written or is_number(kind))

    def _is_cheap(self, value: Expr) -> bool:
        return cost(value, self.facts) <= CHEAP_ENOUGH and is_arithmetic(value, self.facts)

    def contents(self, place: Written, needed: set[Var]) -> Expr | None:
        """What was written to a place before, in the block that overwrites it now, if it can be
        computed again where the mirror of the statement ends."""
        if place.key is None or not isinstance(place.base, Ref) or place.how != "place":
            return None
        between: list[Stmt] = []
        block, position = self.at.block
        for statement in reversed(block[max(0, position - FAR) : position]):
            match statement:
                case Assign((Place(Ref(var), at),), value, None) if (
                    var is place.base.var and not isinstance(at, str) and key(at) == key(place.key)
                ):
                    found = rebuilt(value, self.recall.again)
                    own = {v for loop in self.at.loops for v in own_targets(loop.statement)}
                    wanted = self.known.read_by([found]) & self.known.lost
                    unchanged = self._unchanged([value, place.base, at], between)
                    if self._is_cheap(value) and unchanged and wanted <= needed | own:
                        return found
                    return None
            if self.cells.overwritten_by(statement, self.cells.read_by(place.part)):
                return None
            between.append(statement)
        return None

    def _unchanged(self, exprs: list[Expr], block: list[Stmt]) -> bool:
        """Whether expressions have the same values before and after these statements."""
        variables = {ref.var for expr in exprs for ref in refs(expr)}
        if any(variables & bound_by(s).keys() for s in block):
            return False
        cells = self.cells.read_by(exprs[0])
        return not any(self.cells.overwritten_by(s, cells) for s in block)
