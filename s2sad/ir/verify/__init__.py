"""The verifier: what must hold after each pass, as functions with a sentence each.

Input: the program as a pass left it. Nothing comes out; where an invariant does not hold, an
`InternalError` with its sentence and the program around the fault.

    verify(function, "exits")
    InternalError: A return is the last statement of the function, and nowhere else.
        3     if lt(x, 0.0):
      > 4         return neg(x)

The backward part runs the arm of a branch, and the iterations of a loop, that the forward part ran:
in the mirror of an arm, what the arm gave a value to has one. Each invariant takes one walk over
the program.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from s2sad.errors import InternalError
from s2sad.ir.nodes import Function, Var
from s2sad.ir.printer import Printer
from s2sad.ir.verify import exits, lowered, memory, mirrors, names
from s2sad.ir.verify.invariants import INVARIANTS, STAGES, Fault, Invariant, Subject

__all__ = ["GROUPS", "INVARIANTS", "STAGES", "namer", "verify"]

GROUPS = (lowered, exits, mirrors, memory, names)
"""The modules that have the invariants, each those of one pass or two."""


def verify(program: Any, stage: str, function: Function | None = None, *given: Var) -> None:
    """Checks the invariants that hold after a pass.

    `program` is what the pass made of `function`: the Function itself, a Backward, a Plan, or a
    Derived.

    Raises:
        InternalError: one does not hold.
    """
    subject = Subject(program, program if function is None else function, given)
    for stages, check in INVARIANTS:
        if stage in stages:
            for fault in check(subject):
                raise InternalError(_report(subject, stage, check, fault))


def namer(derived: Any) -> Callable[[Var], str | None]:
    """The name of a variable of a generated function, None while it has none."""

    def name(var: Var) -> str | None:
        found: str | None = derived.names.root(var).name
        return found

    return name


def _report(subject: Subject, stage: str, check: Invariant, fault: Fault) -> str:
    sentence = " ".join((check.__doc__ or "").split())
    place = f"in {subject.function.name}, after the pass {stage}"
    detail = f": {fault.detail}" if fault.detail else ""
    return f"{sentence}\nThis does not hold {place}{detail}.\n\n{_context(subject, fault)}"


def _context(subject: Subject, fault: Fault) -> str:
    """The program around a fault; the whole of it when the fault has no place."""
    printer = Printer()
    program = subject.program
    if hasattr(program, "plan"):
        printer.names = namer(program)
        program = program.plan
    if hasattr(program, "forward"):
        printer.halves(subject.function.name, program, program.results)
    else:
        printer.program(program)
    return printer.around(fault.node)
