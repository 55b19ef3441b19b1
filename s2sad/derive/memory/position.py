"""Where the walk over a function is while its memory is planned."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from s2sad.derive.memory.halves import Halves
from s2sad.derive.mirror import Step
from s2sad.derive.shadows import Shadows
from s2sad.ir.bindings import bound_by
from s2sad.ir.nodes import Block, Expr, For, Function, Stmt, Var, While

Inner = Callable[[Block, list[Step], set[Var], set[Var]], Halves]
"""Plans a block with these steps as its mirror: the two halves of it. The set of what is needed at
its end is changed; what is in the last set is kept already."""


@dataclass
class OpenLoop:
    """A loop that the walk is in. `before` collects the statements that must stand before it;
    `counter` counts its iterations from 0; `direct` says that the walk is in no branch in it."""

    statement: For | While
    before: Block
    counter: Expr | None = None
    direct: bool = True


class Position:
    """A statement, the block that it is in, the loops around it, and what has a value there.

    `undefined` are variables that are kept where they may have no value yet.
    """

    def __init__(self, function: Function, shadows: Shadows) -> None:
        self.statement: Stmt | None = None
        self.block: tuple[Block, int] = ([], 0)
        self.loops: list[OpenLoop] = []
        self.defined: set[Var] = {p.var for p in function.params} | shadows.handed
        self.defined |= {v for s in shadows.entry for v in bound_by(s)}
        self.undefined: dict[Var, None] = {}

    @contextmanager
    def inside(self, loop: OpenLoop, alone: bool) -> Iterator[None]:
        """Inside a loop; `alone` if what is kept in it is kept for this loop alone."""
        outer, defined = self.loops, self.defined
        self.loops = [loop] if alone else [*outer, loop]
        self.defined = set(defined)
        yield
        self.loops, self.defined = outer, defined

    @contextmanager
    def in_arm(self) -> Iterator[None]:
        """Inside statements that not every iteration of the innermost loop runs."""
        if not self.loops:
            yield
            return
        innermost = self.loops[-1]
        direct, innermost.direct = innermost.direct, False
        yield
        innermost.direct = direct
