"""Which statements are of each direction, and how each begins."""

from __future__ import annotations

from dataclasses import dataclass

from s2sad.derive.directions.lines import Line
from s2sad.derive.directions.memory import Memory
from s2sad.derive.values import FREE, MODERATE, cost
from s2sad.ir.bindings import bound_by
from s2sad.ir.flow import Defined, Walk
from s2sad.ir.nodes import Assign, Var


@dataclass
class Split:
    """What each direction changes, how the variables begin that are given a value before, and the
    seeds, one of which may be bound anew."""

    varying: set[Var]
    begin: dict[Var, str]
    seeds: set[Var]
    steady: bool


def split(lines: list[Line], memory: Memory, seeds: set[Var]) -> Split | None:
    """Marks the statements of each direction; None where one would have to change a parameter for
    good, or a seed."""
    function = memory.function
    given = {p.var for p in function.params} - seeds | set(function.globals.values())
    varying = set(seeds)
    while True:
        changed = _mark(lines, varying)
        before = given | {v for line in lines if not line.varies for v in _bound(line)}
        standing = {var for var in before if not memory.of([var]) & changed}
        begin: dict[Var, str] = {}
        more = set()
        for var in _found(lines, seeds | standing):
            copied = memory.copied(var)
            if copied is None or var not in before or _is_cheap(var, copied, lines, memory):
                more |= memory.of([var])
            else:
                begin[var] = copied
        if not more:
            break
        if more <= varying:
            return None
        varying |= more
    lost = changed & varying
    if memory.of(given) & lost or (memory.of(seeds) - seeds) & changed:
        return None
    return Split(varying | changed, begin, seeds, not seeds & changed)


def _mark(lines: list[Line], varying: set[Var]) -> set[Var]:
    """Marks what has to be done along each direction, where that is so of all that has to do with
    `varying`; gives all that this changes."""
    changed: set[Var] = set()
    read: set[Var] = set()
    for line in lines:
        touched = line.reads | line.changes
        line.varies = bool(touched & (varying | changed) or line.changes & read)
        if line.varies:
            read |= line.reads
            changed |= line.changes
    return changed


def _is_cheap(var: Var, copied: str, lines: list[Line], memory: Memory) -> bool:
    """Whether a variable that each direction changes is given its value by one statement, which
    costs no more than to have it back: as zeros are."""
    if any(p.var is var for p in memory.function.params):
        return False
    keys, limit = memory.of([var]), MODERATE if "copy" in copied else FREE
    giving = [line for line in lines if not line.varies and keys & line.changes]
    if len(giving) != 1 or len(giving[0].program) != 1 or len(giving[0].changes) != 1:
        return False
    (statement,) = giving[0].program
    return isinstance(statement, Assign) and cost(statement.value, memory.facts) <= limit


def _bound(line: Line) -> set[Var]:
    return {var for statement in line.program for var in bound_by(statement)}


def _found(lines: list[Line], defined: set[Var]) -> list[Var]:
    """The variables that the statements of each direction read before they give a value to them,
    but for those that have one."""
    each = [s for line in lines if line.varies and not line.is_dropping for s in line.program]
    search = Walk(Defined(defined))
    search.block(each, each)
    return list(dict.fromkeys(var for _, var in search.undefined))
