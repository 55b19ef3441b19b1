"""What the pass makes: the shadow of each variable; and how it refuses what has none."""

from __future__ import annotations

from dataclasses import dataclass, field

from s2sad.analysis.regions import Regions
from s2sad.errors import S2SADError
from s2sad.ir.nodes import (
    Assign,
    Block,
    Expr,
    Ref,
    Stmt,
    Var,
)


@dataclass
class Shadows:
    """The shadow of each variable that has one.

    `entry` binds the shadows of parameters, before all else, but for those in `handed`, which are
    parameters themselves. `follow` are the statements that bind
    shadows right after a statement of the user's: on the way back, both are one. `sharing` says,
    for a value that is a view or a copy as NumPy decides, what says that it is a view.
    `renewed` are the updates in place, x += e, after which x has another shadow if it is a number.
    `errors` are refusals, `of_callers` those of what is done to a list or dict of a caller's.
    """

    of: dict[Var, Var] = field(default_factory=dict)
    renewed: set[Stmt] = field(default_factory=set)
    entry: Block = field(default_factory=list)
    handed: set[Var] = field(default_factory=set)
    follow: dict[Stmt, Block] = field(default_factory=dict)
    sharing: dict[Expr, Expr] = field(default_factory=dict)
    errors: list[S2SADError] = field(default_factory=list)
    of_callers: list[S2SADError] = field(default_factory=list)

    @property
    def flags(self) -> list[Var]:
        """The variables that say whether something is a view."""
        return [test.var for test in self.sharing.values() if isinstance(test, Ref)]

    def together(self, shadow: Var, regions: Regions) -> set[Var]:
        """The shadows that may share memory with one."""
        return set(regions.together(shadow))


class Refused(Exception):
    """What cannot be mirrored, and what to write instead; whether it is what is done to an object
    `of_caller`, whose function could do it."""

    def __init__(
        self,
        why: str,
        advice: str = "Annotate the array with its rank, or take a copy instead of a view.",
        of_caller: bool = False,
    ) -> None:
        super().__init__(why)
        self.advice = advice
        self.of_caller = of_caller


def let(var: Var, value: Expr) -> Stmt:
    """The statement that binds a shadow."""
    return Assign((var,), value)
