"""What holds of a plan: values are had, variables have values, what is remembered is read back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from s2sad.ir.flow import Defined, Walk, expressions, statements
from s2sad.ir.nodes import Value, Var, walk
from s2sad.ir.verify.halves import Halves, Path
from s2sad.ir.verify.invariants import Fault, Subject, invariant


@invariant("memory", "tidy")
def no_value_is_left(subject: Subject) -> Iterator[Fault]:
    """Nothing refers to a value by definition any more: the plan says how each is had."""
    plan = _plan(subject)
    for statement in statements([*plan.forward, *plan.backward]):
        for root in expressions(statement):
            if any(isinstance(node, Value) for node in walk(root)):
                yield Fault(statement)
    if any(isinstance(node, Value) for result in plan.results for node in walk(result)):
        yield Fault(None, "in what is returned")


def _plan(subject: Subject) -> Any:
    return getattr(subject.program, "plan", subject.program)


@invariant("memory")
def variables_have_a_value_where_they_are_read(subject: Subject) -> Iterator[Fault]:
    """Every variable has a value where it is read, on every path that leads there, unless the
    user's own code may read it without one."""
    both = _both_parts(subject)
    for statement, var in both.undefined:
        yield Fault(statement, f"{var!r} is read")


@invariant("memory")
def what_is_remembered_is_read_back(subject: Subject) -> Iterator[Fault]:
    """What is pushed on a trace is popped in the mirror image of the order, and what is written
    under an index is read under the same."""
    both = _both_parts(subject)
    for trace, pushes in both.pushes.items():
        pops = both.pops.get(trace, [])
        pairs = zip(pushes, reversed(pops), strict=False)
        if len(pushes) != len(pops) or not all(_same_path(a[1], b[1]) for a, b in pairs):
            yield Fault(pushes[0][0], f"{trace!r}: {len(pushes)} pushed, {len(pops)} popped")
    for trace, pops in both.pops.items():
        if trace not in both.pushes:
            yield Fault(pops[0][0], f"{trace!r} is popped and never pushed")
    for trace, found in both.indexed.items():
        written = both.written[trace]
        for statement, path, index in found:
            if not any(index == k and _same_path(path, p) for _, p, k in written):
                yield Fault(statement, f"{trace!r} is not written under this index")


def _same_path(one: Path, other: Path) -> bool:
    return one == other or 0 in one or 0 in other


def _both_parts(subject: Subject) -> Halves:
    """The walk over both halves of a plan; made once for all invariants that ask for it."""
    if subject.halves is None:
        original = Walk(Defined(given(subject)))
        original.block(subject.function.body, [])
        allowed = {var for _, var in original.undefined}
        mirrors = getattr(subject.program.regions, "mirrors", {})
        allowed |= {shadow for shadow, of in mirrors.items() if of in allowed}
        halves = Halves(Defined(given(subject)), allowed)
        halves.mirrors = set(mirrors)
        halves.sources = subject.program.sources
        halves.repeated = subject.program.repeated
        halves.block(subject.program.forward, subject.function.body)
        halves.now_backward = True
        halves.mirror(subject.program.backward, subject.function.body)
        for result in subject.program.results:
            halves.read_expr(result, None)
        subject.halves = halves
    return subject.halves


def given(subject: Subject) -> list[Var]:
    """What has a value before the first statement."""
    function = subject.function
    params = [p.var for p in function.params]
    return [*params, *function.globals.values(), *subject.given]
