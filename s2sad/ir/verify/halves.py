"""The walk through both halves of a plan: which variables have values, and what goes to traces.

Input: a function and the plan of its derivative. Output: `Halves`, with the variables that are read
without a value, and what is pushed, popped, written and read under an index, each with its place.
In the mirror of an arm or a body, what that arm or body gave a value to has one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from s2sad.ir.flow import Defined, Walk, bound, expressions, reads, targets
from s2sad.ir.nodes import (
    Apply,
    Block,
    Branch,
    Context,
    For,
    Guard,
    Place,
    Ref,
    Stmt,
    Var,
    While,
    walk,
)
from s2sad.tidy.algebra import key

Path: TypeAlias = tuple[int, ...]
"""The blocks around a statement, as the original program has them; 0 for one it does not have."""

Event: TypeAlias = tuple[Stmt, Path]


class Halves(Walk):
    """Follows a derivative through its forward and its backward half, and its traces on the way."""

    def __init__(self, defined: Defined, ignored: set[Var]) -> None:
        super().__init__(defined, ignored)
        self.mirrors: set[Var] = set()
        self.sources: dict[Stmt, list[Stmt]] = {}
        self.repeated: dict[Stmt, Stmt] = {}
        self.pushes: dict[Var, list[Event]] = {}
        self.pops: dict[Var, list[Event]] = {}
        self.written: dict[Var, list[tuple[Stmt, Path, object]]] = {}
        self.indexed: dict[Var, list[tuple[Stmt, Path, object]]] = {}
        self.path: list[int] = []
        self.now_backward = False

    # The forward half.

    def block(self, block: Block, original: Block) -> bool:
        """Walks a block of the forward half."""
        self.path.append(id(original) if original else 0)
        leaves = super().block(block, original)
        self.path.pop()
        return leaves

    def inline(self, block: Block, original: Block) -> bool:
        """Walks the body of a context, which stands in the path of the block around it."""
        return super().block(block, original)

    def read(self, statement: Stmt) -> None:
        """Notes reads without a value, and what goes to and comes from a trace."""
        super().read(statement)
        for target in targets(statement):
            if isinstance(target, Place) and not self.now_backward:
                self._note_write(target, statement)
        for expr in expressions(statement):
            for node in walk(expr):
                if isinstance(node, Apply) and node.args:
                    self._note_use(node, statement)

    def _note_write(self, place: Place, statement: Stmt) -> None:
        match place:
            case Place(Ref(trace), index) if self._is_trace(trace) and not isinstance(index, str):
                found = self.written.setdefault(trace, [])
                found.append((statement, tuple(self.path), key(index)))

    def _is_trace(self, var: Var) -> bool:
        """Whether a variable may be one that remembers; what holds adjoints is none."""
        return not var.user and var not in self.mirrors

    def _note_use(self, node: Apply, statement: Stmt) -> None:
        match node:
            case Apply("list.append", (Ref(trace), _)) if self._is_trace(trace):
                if not self.now_backward:
                    self.pushes.setdefault(trace, []).append((statement, tuple(self.path)))
            case Apply("list.pop", (Ref(trace),)) if self._is_trace(trace):
                if self.now_backward:
                    self.pops.setdefault(trace, []).append((statement, tuple(self.path)))
            case Apply("getitem", (Ref(trace), index)) if trace in self.written:
                if self.now_backward:
                    found = self.indexed.setdefault(trace, [])
                    found.append((statement, tuple(self.path), key(index)))

    # The backward half.

    def mirror(self, block: Block, original: Block) -> None:
        """Walks a block of the backward half, which mirrors `original`."""
        self.path.append(id(original) if original else 0)
        self._mirror(block, original)
        self.path.pop()

    def _mirror(self, block: Block, original: Block) -> None:
        for statement in block:
            if statement in self.repeated:
                self._repeat(statement)
                continue
            self.read(statement)
            match statement:
                case Branch():
                    then, other = self._arms_of(statement, original)
                    arms = [self._mirrored(statement.then, then, ())]
                    arms.append(self._mirrored(statement.other, other, ()))
                    self.defined.join(arms)
                case For() | While():
                    self._mirrored(statement.body, self._body_of(statement), bound(statement))
                    continue
                case Context() | Guard():
                    self._mirror(statement.body, original)
            self.defined.add(bound(statement))

    def _repeat(self, loop: Stmt) -> None:
        """Walks a forward loop that is run again, whose traces are read back after it."""
        self.now_backward = False
        self.read(loop)
        self._inside(loop, self.repeated[loop])
        self.now_backward = True

    def _mirrored(
        self, block: Block, original: Block, own: Iterable[Var]
    ) -> tuple[list[Var], bool]:
        """What an arm or a body adds, given all that the one it mirrors has given a value to."""
        mark = len(self.defined.trail)
        self.defined.add(self.arms.get(id(original), ()))
        self.defined.add(own)
        self.mirror(block, original)
        return self.defined.undo(mark), False

    def _arms_of(self, branch: Branch, original: Block) -> tuple[Block, Block]:
        for source in self.sources.get(branch, ()):
            if isinstance(source, Branch):
                return source.then, source.other
        match branch.test:
            case Apply("not", (test,)):
                return _guarded(original, set(reads(test))), []
        return [], []

    def _body_of(self, loop: For | While) -> Block:
        for source in self.sources.get(loop, ()):
            if isinstance(source, For | While):
                return source.body
        return []


def _guarded(block: Block, left: set[Var]) -> Block:
    """The body of the guard on these flags in a block."""
    for statement in block:
        if isinstance(statement, Guard) and set(statement.left) == left:
            return statement.body
        if isinstance(statement, Context):
            found = _guarded(statement.body, left)
            if found:
                return found
    return []
