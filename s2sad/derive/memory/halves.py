"""The two halves of what is planned: what runs on the way there, and what undoes it on the way
back.

x_in = x          x = x_in        the first that is done is the last that is undone
y_in = y          y = y_in
"""

from __future__ import annotations

from dataclasses import dataclass, field

from s2sad.ir.nodes import Block


@dataclass
class Halves:
    """Statements of the forward part, `ahead`, and of the backward part, `back`."""

    ahead: Block = field(default_factory=list)
    back: Block = field(default_factory=list)

    def then(self, later: Halves) -> None:
        """Adds what runs after this on the way there, and before it on the way back."""
        self.ahead = [*self.ahead, *later.ahead]
        self.back = [*later.back, *self.back]


def in_order(parts: list[Halves]) -> Halves:
    """All that these do, the first one first on the way there and last on the way back."""
    ahead = [statement for part in parts for statement in part.ahead]
    return Halves(ahead, [statement for part in reversed(parts) for statement in part.back])
