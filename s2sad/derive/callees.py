"""Functions that are called: how their backward functions are, and who knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from s2sad.ir.nodes import Callee, Expr, Invoke


@dataclass
class Interface:
    """How a callee's backward function is called; `args` and `named` are parameters' positions.

    `written` are the parameters into which it writes something that is varied: their adjoints are
    handed over, as they are after the call, and come back as they are before it. `seeded` says that
    it takes the adjoint of its result; a result that is one of its `written` parameters has none.
    """

    key: str
    name: str
    callee: Callee
    wrt: tuple[int, ...]
    args: tuple[int, ...]
    named: tuple[tuple[str, int], ...]
    keyword: bool
    names: tuple[str, ...] = ()
    written: tuple[int, ...] = ()
    seeded: bool = True
    mixed: tuple[int, ...] = ()

    def is_complex(self, index: int) -> bool:
        """Whether a parameter may be complex, and its adjoint with it."""
        return index in self.mixed


class Callees(Protocol):
    """What the backward sweep of a function asks about the program that the function is in."""

    program: Any

    def interface(self, callee: Callee) -> Interface | None:
        """How the backward function of a callee is called."""

    def writes_varied(self, node: Invoke) -> bool:
        """Whether a call writes something that is varied into what it is handed."""

    def written_argument(self, node: Invoke) -> Expr | None:
        """The argument of a call that is also its result."""
