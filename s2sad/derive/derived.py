"""What the engine makes of a function: its derivative before it is written; how it is called."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from s2sad.derive.memory.plan import Plan
from s2sad.ir.nodes import Callee, Expr, Function, Var
from s2sad.tidy.naming import Names

if TYPE_CHECKING:
    pass


@dataclass
class Derived:
    """A generated function before it is written.

    `kind` is value-and-grad, grad, vjp or backward. `returns` is what it returns; `wrt` the
    parameters (and captured variables) whose adjoints these are. `written` are the adjoints that a
    backward function is handed of the arguments into which the function writes; `result` is what
    the function returned, if it is handed that, too.
    """

    name: str
    kind: str
    function: Function
    plan: Plan
    wrt: list[Var]
    returns: Expr
    names: Names
    seed: Var | None = None
    written: list[Var] = field(default_factory=list)
    keyword_seed: bool = False
    bare: bool = True
    check_scalar: Expr | None = None
    params: list[Any] = field(default_factory=list)
    memory_comments: bool = False
    result: Var | None = None


@dataclass
class Interface:
    """How a callee's backward function is called; `args` and `named` are parameters' positions.

    `written` are the parameters into which it writes something that is varied: their adjoints are
    handed over, as they are after the call, and come back as they are before it. `seeded` says that
    it takes the adjoint of its result; a result that is one of its `written` parameters has none.
    With `takes_result` the result itself is handed over before it (`derive/from_result.py`).
    `taken` are the names in the callee.
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
    takes_result: bool = False
    taken: frozenset[str] = frozenset()

    def seed(self, hint: str) -> str:
        """What a parameter is called that the function itself does not have: `d_out`, `dot_x`."""
        while hint in self.taken:
            hint += "_"
        return hint

    def is_complex(self, index: int) -> bool:
        """Whether a parameter may be complex, and its adjoint with it."""
        return index in self.mixed
