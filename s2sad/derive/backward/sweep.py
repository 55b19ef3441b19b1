"""What all parts of the backward sweep of a function share.

What is known beforehand (facts, regions, shadows, callees), what is known at the point that the
sweep has come to (the adjoints at hand, the statements being written, the loops around), and the
tools that keep it. Tools know nothing of expressions and statements, and the order in which they
are made is the order in which they build on each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from s2sad.analysis.facts import Facts
from s2sad.analysis.regions import Regions
from s2sad.analysis.types import Type
from s2sad.derive.adjoints import Slot, State
from s2sad.derive.backward.adding import Additions
from s2sad.derive.backward.around import Around
from s2sad.derive.backward.contributions import Contributions
from s2sad.derive.backward.iteration import Iteration
from s2sad.derive.backward.joins import Joins
from s2sad.derive.backward.out import Out
from s2sad.derive.backward.places import Places
from s2sad.derive.backward.repetition import Repetition
from s2sad.derive.backward.slots import Slots
from s2sad.derive.backward.standing import Standing
from s2sad.derive.backward.taking import Taking
from s2sad.derive.callees import Callees
from s2sad.derive.complex_numbers import ComplexNumbers
from s2sad.derive.shadows import Shadows
from s2sad.errors import S2SADError
from s2sad.ir.nodes import Expr, Invoke, Stmt, Var, location_of


@dataclass
class UnderWay:
    """What is known while the mirror of one statement is under way.

    `statement` is that one. `seeds` are the variables that the adjoint of its value reads, `taken`
    those whose arrays have no other name any more. `items` are the slots of items of containers
    that have shadows, and `held` says where each stands. `rebound` are the variables that the
    statement both reads and binds; it `rebinds` where a target is a place, or takes a tuple apart.
    `whole_call` says that its value is a call; `called` are the calls whose adjoints are done.
    """

    statement: Stmt | None = None
    seeds: set[Var] = field(default_factory=set)
    taken: set[Var] = field(default_factory=set)
    items: dict[object, Slot] = field(default_factory=dict)
    held: dict[Var, Expr] = field(default_factory=dict)
    rebound: set[Var] = field(default_factory=set)
    rebinds: bool = False
    whole_call: bool = False
    called: set[Invoke] = field(default_factory=set)


class Sweep:
    """The backward sweep of one function: what its parts share.

    `unbound` are the variables that may have no value where a statement begins, and `iterators`
    those that hold what can be run over once, `perhaps_iterators` also what nothing is known of.
    `late` are the expressions that are read as they are after their statement. `loops` are those
    that the sweep is in, and `around` is what is known of each.
    """

    def __init__(self, facts: Facts, engine: Callees, regions: Regions, shadows: Shadows) -> None:
        self.facts = facts
        self.engine = engine
        self.regions = regions
        self.shadows = shadows
        self.complex_numbers = ComplexNumbers(facts)
        self.errors: list[S2SADError] = list(shadows.errors)

        self.state = State()
        self.out = Out()
        self.now = UnderWay()
        self.hints: dict[Expr, str] = {}
        self.late: set[Expr] = set()
        self.unbound: Mapping[Stmt, set[Var]] = {}
        self.iterators: set[Var] = set()
        self.perhaps_iterators: set[Var] = set()
        self.numbers: set[Stmt] = set()
        self.loops: list[object] = []
        self.around: dict[object, Around] = {}

        self.slots = Slots(self)
        self.adding = Additions(self)
        self.contributions = Contributions(self)
        self.joins = Joins(self)
        self.taking = Taking(self)
        self.standing = Standing(self)
        self.places = Places(self)
        self.iteration = Iteration(self)
        self.repetition = Repetition(self)

    def refuse(self, code: str, message: str, node: Expr | Any, advice: str) -> None:
        """Records a refusal; derivation goes on, so that all of them are shown."""
        location = location_of(node) or location_of(self.now.statement)
        self.add_error(S2SADError(code, message, location, advice))

    def add_error(self, error: S2SADError) -> None:
        """Records a refusal once."""
        if all(str(error) != str(other) for other in self.errors):
            self.errors.append(error)

    def typed(self, expr: Expr, kind: Type) -> Expr:
        """Notes the type of an expression that the derivation made."""
        self.facts.types[expr] = kind
        return expr

    def is_varied(self, expr: Expr) -> bool:
        """Whether an expression depends on what is differentiated."""
        return expr in self.facts.varied
