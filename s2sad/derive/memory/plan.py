"""What the plan of memory gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from s2sad.analysis.regions import Regions
from s2sad.ir.nodes import Block, Expr, Stmt, Var


@dataclass(frozen=True)
class Kept:
    """A value that the forward part keeps under the name `keeper` before `statement` overwrites it.

    `loops` are those around it, for each iteration of which one is kept; `needed` the statements
    whose adjoints read it; `why` it is not computed again.
    """

    keeper: Var
    what: str
    kind: Any
    statement: Stmt | None
    loops: tuple[Stmt, ...]
    needed: tuple[Stmt, ...]
    why: str
    per_block: bool = False


@dataclass
class Plan:
    """The derivative's two halves. `replaced` maps expressions of the forward part to the variables
    that stand in their place now, `repeated` the loops of the backward part that run a forward loop
    again to those, `kept` what is remembered and why, by the statement that keeps it. `again` are
    the first statements of those that fill arrays again, with these arrays. What is in
    the objects of `left` is read when the function has returned; `unbound` are None before a loop
    that binds them."""

    forward: Block = field(default_factory=list)
    backward: Block = field(default_factory=list)
    replaced: dict[Expr, Var] = field(default_factory=dict)
    results: list[Expr] = field(default_factory=list)
    sources: dict[Stmt, list[Stmt]] = field(default_factory=dict)
    repeated: dict[Stmt, Stmt] = field(default_factory=dict)
    kept: dict[Stmt, Kept] = field(default_factory=dict)
    again: dict[Stmt, list[Var]] = field(default_factory=dict)
    left: list[Var] = field(default_factory=list)
    unbound: set[Var] = field(default_factory=set)
    regions: Regions | None = None
