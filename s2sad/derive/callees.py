"""What the backward sweep of a function asks about those that it calls."""

from __future__ import annotations

from typing import Any, Protocol

from s2sad.derive.derived import Interface
from s2sad.ir.nodes import Callee, Expr, Invoke


class Callees(Protocol):
    """What the backward sweep of a function asks about the program that the function is in."""

    program: Any

    def interface(self, callee: Callee) -> Interface | None:
        """How the backward function of a callee is called."""

    def writes_varied(self, node: Invoke) -> bool:
        """Whether a call writes something that is varied into what it is handed."""

    def written_argument(self, node: Invoke) -> Expr | None:
        """The argument of a call that is also its result."""
