"""What the planning of statements works with, each built on those above it."""

from __future__ import annotations

from typing import Any

from s2sad.analysis.facts import Facts
from s2sad.analysis.regions import Regions
from s2sad.derive.memory.again import Again
from s2sad.derive.memory.between import Between
from s2sad.derive.memory.headers import Headers
from s2sad.derive.memory.keep import Keep
from s2sad.derive.memory.known import Known
from s2sad.derive.memory.makings import Makings
from s2sad.derive.memory.needs import Needs
from s2sad.derive.memory.parts import Parts
from s2sad.derive.memory.position import Position
from s2sad.derive.memory.reach import Reach
from s2sad.derive.memory.recall import Recall
from s2sad.derive.memory.remade import Remade
from s2sad.derive.memory.traces import Traces
from s2sad.derive.shadows import Shadows
from s2sad.ir.nodes import Function


class Tools:
    """The parts of the plan of one function."""

    def __init__(
        self, function: Function, facts: Facts, engine: Any, regions: Regions, shadows: Shadows
    ) -> None:
        self.known = Known(function, facts, engine, regions, shadows)
        self.at = Position(function, shadows)
        # Where a value is had from.
        self.recall = Recall(self.known)
        self.headers = Headers(self.known, self.recall)
        self.again = Again(self.known, self.at, self.recall)
        self.remade = Remade(self.known, self.at, Makings(self.known, self.again))
        # What is needed.
        self.reach = Reach(self.known, self.recall)
        self.needs = Needs(self.known, self.recall, self.again, self.remade, self.reach)
        # How it is kept.
        self.traces = Traces(self.known, self.at)
        self.keep = Keep(self.known, self.traces)
        self.parts = Parts(
            self.known, self.at, self.again, self.remade, self.reach, self.traces, self.recall
        )
        self.between = Between(self.known, self.recall)
