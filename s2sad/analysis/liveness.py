"""Which variables are read again after a statement.

    row = A[i]                 here row is read again,
    s += row @ x               and from here on it is not
    A[i + 1] = 0.0

One walk backwards, loops until nothing changes. What a loop runs over is in use until it ends,
under whatever name; so are the parameters of a function until it returns.
"""

from __future__ import annotations

from s2sad.ir.flow import expressions, reads, targets_of
from s2sad.ir.nodes import (
    Assign,
    Block,
    Branch,
    Break,
    Context,
    Continue,
    Define,
    For,
    Function,
    Guard,
    Return,
    Stmt,
    Var,
    Verbatim,
    While,
)


def live_after(function: Function) -> dict[Stmt, set[Var]]:
    """The variables that are read after each statement, those inside of others included."""
    walk = _Walk({p.var for p in function.params})
    walk.block(function.body, set())
    return walk.after


class _Walk:
    def __init__(self, parameters: set[Var]) -> None:
        self.parameters = parameters
        self.after: dict[Stmt, set[Var]] = {}
        self.held: list[set[Var]] = [parameters]
        self.exits: list[set[Var]] = []

    def block(self, block: Block, live: set[Var]) -> set[Var]:
        """What is live before a block, of what is live after it."""
        for statement in reversed(block):
            self._note(statement, live)
            live = self._before(statement, live)
        return live

    def _note(self, statement: Stmt, live: set[Var]) -> None:
        self.after.setdefault(statement, set()).update(live, *self.held)

    def _before(self, statement: Stmt, live: set[Var]) -> set[Var]:
        own = {v for expr in expressions(statement) for v in reads(expr)}
        match statement:
            case Assign():
                bound = {v for t in statement.targets for v in targets_of(t)}
                return (live | own) if statement.augmented else (live - bound) | own
            case Return():
                return own
            case Break() | Continue():
                return live.union(*self.exits)
            case Branch():
                inner = self.block(statement.then, live) | self.block(statement.other, live)
                return inner | own
            case For() | While():
                return self._loop(statement, live, own)
            case Context():
                return self.block(statement.body, live) | own
            case Guard():
                return self.block(statement.body, live) | live | set(statement.left)
            case Define():
                return live | set(statement.callee.captured)
            case Verbatim():
                return live | own | set(statement.mutates)
        return live | own

    def _loop(self, loop: For | While, live: set[Var], own: set[Var]) -> set[Var]:
        out = self.block(loop.other, live)
        head = out | live | own
        if isinstance(loop, For):
            self.held.append(own)
        while True:
            self.exits.append(head)
            inner = self.block(loop.body, set(head))
            self.exits.pop()
            if inner <= head:
                break
            head |= inner
        if isinstance(loop, For):
            self.held.pop()
            return head | own
        return head
