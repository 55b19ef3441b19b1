"""What holds when exits are structured: one return, and loops that tell how they ended."""

from __future__ import annotations

from collections.abc import Iterator

from s2sad.ir.flow import bound, inner_blocks, reads, statements
from s2sad.ir.nodes import (
    Assign,
    Block,
    Branch,
    Break,
    Const,
    For,
    Guard,
    Ref,
    Return,
    Stmt,
    Var,
    While,
)
from s2sad.ir.verify.invariants import Fault, Subject, invariant


@invariant("exits", "facts")
def return_stands_last(subject: Subject) -> Iterator[Fault]:
    """A return is the last statement of the function, and nowhere else."""
    body = subject.function.body
    for statement in statements(body):
        if isinstance(statement, Return) and statement is not body[-1]:
            yield Fault(statement)


@invariant("exits", "facts")
def loops_have_no_other(subject: Subject) -> Iterator[Fault]:
    """A loop has no `else`: what stood there is a branch on the loop's flag."""
    for statement in statements(subject.function.body):
        if isinstance(statement, For | While) and statement.other:
            yield Fault(statement)


@invariant("exits", "facts")
def break_follows_its_flag(subject: Subject) -> Iterator[Fault]:
    """A break comes directly after its loop's flag was set, which was false before the loop."""
    yield from _flags(subject.function.body, set(), None)


def _flags(block: Block, cleared: set[Var], own: set[Var] | None) -> Iterator[Fault]:
    """`cleared` are the flags set to false before; `own` those that the loop around may use."""
    before: Stmt | None = None
    cleared = set(cleared)
    for statement in block:
        match statement:
            case Break() if own is None or _flag(before, True) not in own:
                yield Fault(statement)
            case For() | While():
                yield from _flags(statement.body, set(), cleared)
            case _:
                if (flag := _flag(statement, False)) is not None:
                    cleared.add(flag)
                for inner in inner_blocks(statement):
                    yield from _flags(inner, cleared, own)
        before = statement


def _flag(statement: Stmt | None, value: bool) -> Var | None:
    """The variable that a statement sets to true or to false, if that is all it does."""
    match statement:
        case Assign((Var() as var,), Const(constant)) if constant is value and not var.user:
            return var
    return None


@invariant("exits", "facts")
def the_result_is_assigned_once(subject: Subject) -> Iterator[Fault]:
    """What may follow a return that was taken does not assign the result, except under a test of
    the flag that says so."""
    body = subject.function.body
    match body[-1] if body else None:
        case Return(Ref(result)) if not result.user:
            yield from _results(body, result)


def _results(block: Block, result: Var) -> Iterator[Fault]:
    """Faults of a block; a statement that assigns the result as a whole is the last that does."""
    assigned = False
    for statement in block:
        if isinstance(statement, Assign) and isinstance(statement.value, Const):
            continue  # the result of a function that ends without a return
        inside = inner_blocks(statement)
        if not any(result in bound(s) for s in statements([statement])):
            continue
        if assigned and not _tests_flag(statement):
            yield Fault(statement)
        assigned = True
        for inner in inside:
            yield from _results(inner, result)


def _tests_flag(statement: Stmt) -> bool:
    """Whether a statement runs its blocks by flags that a pass made."""
    match statement:
        case Guard():
            return True
        case Branch():
            found = reads(statement.test)
            return bool(found) and not any(var.user for var in found)
    return False


@invariant("exits", "facts")
def early_loops_count(subject: Subject) -> Iterator[Fault]:
    """A loop that can end early has a variable that counts its iterations, as its first act."""
    for statement in statements(subject.function.body):
        if not isinstance(statement, For | While):
            continue
        if statement.count is None:
            if isinstance(statement, While) or any(map(_breaks, statement.body)):
                yield Fault(statement, "it does not count")
        elif not statement.body or statement.count not in bound(statement.body[0]):
            yield Fault(statement, "its count is not the first that is assigned in it")


def _breaks(statement: Stmt) -> bool:
    """Whether a break of the loop around stands in a statement."""
    if isinstance(statement, For | While):
        return any(map(_breaks, statement.other))
    return isinstance(statement, Break) or any(
        any(map(_breaks, inner)) for inner in inner_blocks(statement)
    )
