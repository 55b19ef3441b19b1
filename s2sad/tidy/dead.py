"""Removal of statements whose results nobody reads.

Used for the forward half of a callee's backward function, which repeats only what the backward half
needs, and for statements that the derivation made.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from s2sad.ir.nodes import (
    Apply,
    Assign,
    Block,
    Branch,
    Break,
    Context,
    Continue,
    Define,
    Evaluate,
    Expr,
    For,
    Guard,
    Place,
    Ref,
    Return,
    Stmt,
    Target,
    Unpack,
    Var,
    Verbatim,
    While,
    walk,
)


def reads_of(expr: Expr) -> set[Var]:
    """The variables that an expression reads, those that called nested functions capture included."""
    from s2sad.ir.nodes import Invoke

    found = set()
    for node in walk(expr):
        if isinstance(node, Ref):
            found.add(node.var)
        elif isinstance(node, Invoke) and node.callee.local and node.callee.function is not None:
            found |= set(node.callee.function.captured)
    return found


def live_part(block: Block, after: Block, returns: Expr) -> Block:
    """The statements of a block that `after` and `returns` depend on."""
    live = reads_of(returns)
    for statement in after:
        live |= all_reads(statement)
    return _block(block, live)


def without_dead(block: Block, live: set[Var]) -> Block:
    """A block without the assignments whose targets are not read afterwards; `live` is changed."""
    return _block(block, live)


def all_reads(statement: Stmt) -> set[Var]:
    """Everything that a statement, or one inside it, reads."""
    found: set[Var] = set()
    stack: list[Stmt] = [statement]
    while stack:
        node = stack.pop()
        match node:
            case Assign():
                found |= reads_of(node.value)
                for target in node.targets:
                    found |= _target_reads(target)
            case Evaluate():
                found |= reads_of(node.value)
            case Return():
                found |= reads_of(node.value) if node.value is not None else set()
            case Branch():
                found |= reads_of(node.test)
                stack += [*node.then, *node.other]
            case For():
                found |= reads_of(node.iterable)
                stack += node.body
            case While():
                found |= reads_of(node.test)
                stack += node.body
            case Context():
                for read in node.reads:
                    found |= reads_of(read)
                stack += node.body
            case Guard():
                found.add(node.left)
                stack += node.body
            case Define():
                if node.callee.function is not None:
                    found |= set(node.callee.function.captured)
            case Verbatim():
                for read in node.reads:
                    found |= reads_of(read)
    return found


def _target_reads(target: Target) -> set[Var]:
    match target:
        case Place(base, key):
            found = reads_of(base)
            return found if isinstance(key, str) else found | reads_of(key)
        case Unpack(targets):
            return {var for part in targets for var in _target_reads(part)}
    return set()


def _bound(targets: Iterable[Target]) -> set[Var]:
    found: set[Var] = set()
    for target in targets:
        match target:
            case Var():
                found.add(target)
            case Unpack(parts):
                found |= _bound(parts)
            case Place(Ref(var)):
                found.add(var)
    return found


def _block(block: Block, live: set[Var]) -> Block:
    kept: Block = []
    for statement in reversed(block):
        new = _statement(statement, live)
        if new is not None:
            kept.append(new)
    kept.reverse()
    return kept


def _statement(statement: Stmt, live: set[Var]) -> Stmt | None:
    match statement:
        case Assign():
            bound = _bound(statement.targets)
            if not bound & live:
                return None
            plain = all(isinstance(t, Var | Unpack) for t in statement.targets)
            if plain and statement.augmented is None:
                live -= bound
            live |= all_reads(statement)
            return statement
        case Evaluate():
            mutated = _mutated(statement.value)
            if not mutated & live:
                return None
            live |= all_reads(statement)
            return statement
        case Verbatim():
            if not (set(statement.binds) | set(statement.mutates)) & live:
                return None
            live |= all_reads(statement)
            return statement
        case Define():
            if statement.var not in live:
                return None
            live |= all_reads(statement)
            return statement
        case Branch():
            then_live, other_live = set(live), set(live)
            then, other = _block(statement.then, then_live), _block(statement.other, other_live)
            if not then and not other:
                return None
            live |= then_live | other_live
            live |= reads_of(statement.test)
            return replace(statement, then=then, other=other)
        case Guard():
            body_live = set(live)
            body = _block(statement.body, body_live)
            live |= body_live
            return replace(statement, body=body) if body else None
        case Context():
            body = _block(statement.body, live)
            for read in statement.reads:
                live |= reads_of(read)
            return replace(statement, body=body) if body else None
        case For() | While():
            return _loop(statement, live)
        case Break() | Continue() | Return():
            return statement
    return statement


def _loop(loop: For | While, live: set[Var]) -> Stmt | None:
    head = set(live)
    while True:
        inner = set(head)
        body = _block(loop.body, inner)
        if isinstance(loop, While):
            inner |= reads_of(loop.test)
        if inner <= head:
            break
        head |= inner
    if not [s for s in body if not isinstance(s, Break | Continue)]:
        if not isinstance(loop, For) or not _bound([loop.target]) & live:
            return None
    live |= head
    if isinstance(loop, For):
        live |= reads_of(loop.iterable)
    return replace(loop, body=body)


def _mutated(value: Expr) -> set[Var]:
    """The variables whose objects a call changes."""
    from s2sad.ir.nodes import Opaque

    found: set[Var] = set()
    for node in walk(value):
        if isinstance(node, Opaque):
            found |= set(node.mutates)
        elif isinstance(node, Apply) and node.op in ("list.append", "list.pop", "numpy.add.at"):
            found |= reads_of(node.args[0])
    return found


