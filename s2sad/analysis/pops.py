"""What is taken out of a list gets a name before it is written elsewhere.

    u[1:-1] = trace.pop()        part = trace.pop()
                                 u[1:-1] = part

Input: a function as it was lowered. Output: the same, in which reverse mode finds every item that
is taken out in a variable.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from s2sad.ir.nodes import (
    Apply,
    Assign,
    Block,
    Branch,
    Context,
    For,
    Function,
    Guard,
    Place,
    Ref,
    Stmt,
    Var,
    While,
)


def named_pops(function: Function) -> Function:
    """The function with a variable for each item that a statement takes out of a list and puts
    into another place."""
    return replace(function, body=_block(function.body))


def _block(block: Block) -> Block:
    return [made for statement in block for made in _named(statement)]


def _named(statement: Stmt) -> Iterator[Stmt]:
    match statement:
        case Assign((Place(),), Apply("list.pop", (base, *_)) as taken, None):
            var = Var(f"{base.var.hint}_last" if isinstance(base, Ref) else "last")
            yield Assign((var,), taken)
            yield replace(statement, value=Ref(var), origin=None)
        case Branch(then=then, other=other):
            yield replace(statement, then=_block(then), other=_block(other))
        case For(body=body, other=other) | While(body=body, other=other):
            yield replace(statement, body=_block(body), other=_block(other))
        case Context(body=body) | Guard(body=body):
            yield replace(statement, body=_block(body))
        case _:
            yield statement
