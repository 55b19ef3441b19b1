"""What holds of a mirror: it follows the forward part in reverse, and its adjoints have values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from s2sad.derive.mirror import Group, MirrorBranch, MirrorContext, MirrorGuard, MirrorLoop, Step
from s2sad.ir.flow import Defined, Walk, targets_of
from s2sad.ir.nodes import Block, Var
from s2sad.ir.verify.invariants import Fault, Subject, invariant


@invariant("reverse")
def steps_mirror_the_forward_part(subject: Subject) -> Iterator[Fault]:
    """Each step belongs to a statement of the block that its list mirrors, in reverse order."""
    yield from _mirrors(subject.program.mirror, subject.function.body)


def _mirrors(steps: list[Step], block: Block) -> Iterator[Fault]:
    places = {statement: place for place, statement in enumerate(block)}
    last = len(block)
    for step in steps:
        if step.source is not None:
            place = places.get(step.source, last)
            if place >= last:
                yield Fault(step)
            last = place
        for node in step.nodes:
            if node.source is not None and node.source is not step.source:
                yield Fault(node)
            match node:
                case MirrorBranch():
                    yield from _mirrors(node.then, node.source.then)
                    yield from _mirrors(node.other, node.source.other)
                case MirrorGuard() | MirrorContext() | MirrorLoop():
                    yield from _mirrors(node.body, node.source.body)


@invariant("reverse")
def adjoints_are_assigned_before_they_are_read(subject: Subject) -> Iterator[Fault]:
    """No adjoint is read before it was given a value, on every path that leads there."""
    walk = _MirrorWalk(Defined(subject.given))
    walk.steps(subject.program.mirror)
    for result in subject.program.results:
        if result is not None:
            walk.read_expr(result.expr, None)
    for statement, var in walk.undefined:
        if not var.user:
            yield Fault(statement, f"{var!r} is read")


class _MirrorWalk(Walk):
    """Follows the adjoints through a mirror."""

    def steps(self, steps: list[Step]) -> None:
        """The steps in the order in which they run."""
        for step in steps:
            for node in step.nodes:
                match node:
                    case Group():
                        self.block(node.body, [])
                    case MirrorBranch():
                        self.defined.join([self._steps_of(node.then), self._steps_of(node.other)])
                    case MirrorLoop():
                        self._steps_of(node.body, _loop_variables(node))
                    case MirrorGuard():
                        self._steps_of(node.body)
                    case MirrorContext():
                        self.steps(node.body)

    def _steps_of(self, steps: list[Step], own: Iterable[Var] = ()) -> tuple[list[Var], bool]:
        mark = len(self.defined.trail)
        self.defined.add(own)
        self.steps(steps)
        return self.defined.undo(mark), False


def _loop_variables(loop: MirrorLoop) -> list[Var]:
    found = [] if loop.target is None else list(targets_of(loop.target))
    return found if loop.position is None else [*found, loop.position]
