"""Which arrays have names that are views or copies as their layout in memory decides.

    r = a.ravel()              a view where a lies in memory in one piece, else a copy

What such a name is bound to must not change when the function works in copies of its arguments:
their copies are laid out as they are, strides and all.

Input: a function and its regions. Output: the regions of these arrays.
"""

from __future__ import annotations

from typing import Any

from s2sad.ir.flow import expressions, statements
from s2sad.ir.nodes import Apply, Expr, Function, Invoke, Var, walk


def viewed_by_layout(function: Function, regions: Any) -> set[Var]:
    """The regions of the arrays of which a function, or one that it calls, may take such views."""
    program = regions.calls.program
    found: set[Var] = set()
    for node in _nodes(function):
        if isinstance(node, Apply) and _may_be_view(node, program):
            found |= {regions.of(var) for var, _ in regions.aliases(node)}
        elif isinstance(node, Invoke) and _takes_views(
            program.function(node.callee), program, set()
        ):
            given = [argument for argument in node.args if argument is not None]
            found |= {regions.of(var) for arg in given for var, _ in regions.aliases(arg)}
    return found


def _takes_views(function: Function, program: Any, seen: set[Function]) -> bool:
    """Whether a function, or one that it calls, takes any view of this kind."""
    if function in seen:
        return False
    seen.add(function)
    return any(
        (
            _may_be_view(node, program)
            if isinstance(node, Apply)
            else isinstance(node, Invoke)
            and _takes_views(program.function(node.callee), program, seen)
        )
        for node in _nodes(function)
    )


def _may_be_view(node: Apply, program: Any) -> bool:
    variants = program.rules.variants(node.op)
    return any(rule.view is not None and rule.view[1] == "maybe" for rule in variants)


def _nodes(function: Function) -> list[Expr]:
    return [n for s in statements(function.body) for e in expressions(s) for n in walk(e)]
