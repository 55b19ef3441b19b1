"""The backward part before memory is planned: a mirror image of the forward program.

Each node of the mirror belongs to a statement of the forward part, and refers to forward values as
`Value(expression)`. The nodes stand in the order in which they run.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from s2sad.derive.adjoints import Adjoint
from s2sad.errors import S2SADError
from s2sad.ir.nodes import (
    Block,
    Branch,
    Context,
    Expr,
    For,
    Guard,
    Ref,
    Stmt,
    Target,
    Var,
    While,
)


@dataclass(eq=False)
class Group:
    """The adjoint of a simple statement; `source` is None for what a join or a loop needs."""

    source: Stmt | None
    body: Block


@dataclass(eq=False)
class MirrorBranch:
    """The adjoint of a branch."""

    source: Branch
    then: list[Step]
    other: list[Step]


@dataclass(eq=False)
class MirrorGuard:
    """The adjoint of what follows an exit of a loop."""

    source: Guard
    body: list[Step]


@dataclass(eq=False)
class MirrorContext:
    """The adjoint of a with block."""

    source: Context
    body: list[Step]


@dataclass(eq=False)
class MirrorLoop:
    """The adjoint of a loop. `position` is the variable that counts its iterations, where one of
    the adjoints is indexed by it; `iterable` is what it runs over, reversed when it is written."""

    source: For | While
    body: list[Step]
    position: Var | None = None
    target: Target | None = None
    iterable: Expr | None = None
    enumerated: bool = False


Mirror: TypeAlias = Group | MirrorBranch | MirrorGuard | MirrorContext | MirrorLoop
"""A node of the mirror."""


@dataclass(eq=False)
class Step:
    """What the backward part does for one statement of the forward part.

    A `source` of None stands for what the beginning of a block needs (the joins of branches, the
    closing of an iteration).
    """

    source: Stmt | None
    nodes: list[Mirror]


def inner_steps(node: Mirror) -> list[Step]:
    """The steps inside a node of the mirror."""
    match node:
        case Group():
            return []
        case MirrorBranch():
            return [*node.then, *node.other]
    return node.body


def groups(steps: list[Step]) -> Iterator[Group]:
    """The groups of a mirror, those of nested blocks included, in their order."""
    for step in steps:
        for node in step.nodes:
            if isinstance(node, Group):
                yield node
            else:
                yield from groups(inner_steps(node))


@dataclass(eq=False)
class Backward:
    """The whole backward part: the mirror and the adjoints that it returns. `late` are references
    to shadows, and to what says whether they are views, as their statement left them."""

    mirror: list[Step]
    results: list[Adjoint | None]
    late: set[Ref] = field(default_factory=set)
    errors: list[S2SADError] = field(default_factory=list)
