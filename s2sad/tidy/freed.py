"""Which arrays are let go of before the backward part's first loop, for the memory that it takes.

    d_u = 2.0 * r
    del u, r
    for _ in reversed(range(steps)):

Input: the two halves. Output: the loop, and the arrays of the forward part that neither it nor what
follows it reads, under any name. Only what is certainly an array, made by the function itself, and
bound whatever path was taken, is let go of.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from s2sad.analysis.types import SCALAR, Array, Shape, Type
from s2sad.ir.bindings import bound_by, is_exchange
from s2sad.ir.flow import statements
from s2sad.ir.nodes import Apply, Assign, Block, Define, Expr, For, Ref, Stmt, Var, Verbatim
from s2sad.tidy.dead import all_reads


def freed(
    forward: Block,
    backward: Block,
    live: set[Var],
    bindings: Mapping[Var, Type],
    regions: Any,
    replaced: Mapping[Expr, Var],
    root: Callable[[Var], Var],
) -> tuple[Stmt, list[Var]] | None:
    """The first loop of the backward part, and what is deleted before it; `live` are the variables
    that are read after both halves, `root` is the variable whose name one has."""
    position = next((k for k, s in enumerate(backward) if isinstance(s, For)), None)
    if position is None or any(isinstance(s, Define | Verbatim) for s in statements(forward)):
        return None
    read = set(live)
    for statement in backward[position:]:
        read |= all_reads(statement, dict(replaced)) | bound_by(statement).keys()
    read |= {other for var in read for other in _together(var, regions)}
    read |= {root(var) for var in read}
    found: dict[Var, None] = {}
    for statement in forward:
        match statement:
            case Assign((Var() as var,), value) if not is_exchange(statement):
                if not {var, root(var)} & read and _is_made(value, var, regions):
                    if _is_large(bindings.get(var)):
                        found[var] = None
    # Memory is short where a function works in place; elsewhere the line would only be in the way.
    in_place = any(regions.is_written(var) for var in found if regions.knows(var))
    return (backward[position], list(found)) if in_place else None


def _together(var: Var, regions: Any) -> list[Var]:
    """The variables that may stand for the memory of another one; a shadow's are shadows."""
    if regions is None or not regions.knows(var):
        return []
    return [*regions.members(var), *regions.together(var)]


def _is_made(value: Expr, var: Var, regions: Any) -> bool:
    """Whether an expression makes an array, and is no other name of one."""
    if isinstance(value, Apply) and value.op in ("numpy.copy", "copy.copy"):
        return True
    return not isinstance(value, Ref) and not [v for v, _ in regions.aliases(value) if v is not var]


def _is_large(kind: Type | None) -> bool:
    if not isinstance(kind, Array) or kind.dtype != "float64":
        return False
    return isinstance(kind.shape, Shape) and kind.shape != SCALAR
