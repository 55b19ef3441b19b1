"""The list of invariants: what one is, and what it is asked about.

    @invariant("exits")                 what holds after the pass exits
    def return_stands_last(subject):
        ...                             gives a Fault for each statement where it does not hold

The docstring of such a function is the sentence that is printed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from s2sad.ir.nodes import Function, Var

if TYPE_CHECKING:
    from s2sad.ir.verify.halves import Halves

STAGES = ("lower", "exits", "facts", "reverse", "memory", "tidy")
"""The passes, in their order."""


@dataclass
class Subject:
    """What is verified: `function` is the forward program, `program` what the pass made of it.

    `given` are variables that have a value from the start, besides parameters and captured ones.
    """

    program: Any
    function: Function
    given: tuple[Var, ...] = ()
    halves: Halves | None = None


@dataclass
class Fault:
    """Where an invariant does not hold; `node` is a statement, a step, or nothing."""

    node: Any
    detail: str = ""


Invariant: TypeAlias = Callable[[Subject], Iterator[Fault]]
"""Finds the faults of one kind. Its docstring is the sentence that does not hold."""

INVARIANTS: list[tuple[frozenset[str], Invariant]] = []
"""All invariants, each with the passes after which it holds."""


def invariant(*stages: str) -> Callable[[Invariant], Invariant]:
    """Adds an invariant to the list."""

    def add(check: Invariant) -> Invariant:
        INVARIANTS.append((frozenset(stages), check))
        return check

    return add
