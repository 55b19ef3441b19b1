"""The statements of the backward part that are being written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from s2sad.ir.nodes import Block, Stmt


class Out:
    """Where the statements of a group go: one block at a time."""

    def __init__(self) -> None:
        self.block: Block = []

    def append(self, statement: Stmt) -> None:
        """Writes one statement."""
        self.block.append(statement)

    def extend(self, statements: Iterable[Stmt]) -> None:
        """Writes several."""
        self.block.extend(statements)

    @contextmanager
    def aside(self, into: Block | None = None) -> Iterator[Block]:
        """What is written in here goes to a block of its own, or into a given one."""
        outer, self.block = self.block, [] if into is None else into
        try:
            yield self.block
        finally:
            self.block = outer
