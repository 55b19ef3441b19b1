"""Statements that are carried through as they stand, and why.

Their expressions are read, their names bound: what depends on them knows so.

    try: ...              Verbatim, reads what is mentioned in it, binds what it assigns
"""

from __future__ import annotations

import libcst as cst

from s2sad.ir.nodes import (
    Expr,
    Opaque,
    Origin,
    Ref,
    Verbatim,
    walk,
)
from s2sad.source.bound import bound_names, nonlocal_names
from s2sad.source.expressions import ExpressionLowerer
from s2sad.source.scope import Scope
from s2sad.source.walk import Visitor


def verbatim(
    node: cst.CSTNode,
    reason: str,
    scope: Scope,
    expressions: ExpressionLowerer,
    line: cst.CSTNode | None = None,
) -> Verbatim:
    """A statement that is carried through; `line` is the one that it stands in."""
    collector = _Expressions(expressions)
    collector.walk(node)
    expressions.begin()
    names = bound_names(node) | set(nonlocal_names(node))
    bound = (scope.find(name) for name in sorted(names))
    binds = tuple(var for var in bound if var is not None)
    if isinstance(node, cst.Del):
        binds = tuple(r.var for r in expressions.reads(node) if isinstance(r, Ref))
    mutated = {r.var: None for e in collector.found for r in _opaque_refs(e)}
    pure = isinstance(node, (cst.Pass, cst.Import, cst.ImportFrom, cst.AnnAssign))
    return Verbatim(
        tuple(collector.found),
        binds,
        tuple(mutated),
        pure,
        reason,
        exits=collector.exits,
        leaves=isinstance(node, cst.Raise),
        origin=Origin(line if line is not None else node, scope.module),
    )


class _Expressions(Visitor):
    """Lowers the outermost expressions inside a statement."""

    def __init__(self, lowerer: ExpressionLowerer) -> None:
        self.lowerer = lowerer
        self.found: list[Expr] = []
        self.exits = False
        self.loops = 0

    def leave(self, node: cst.CSTNode) -> None:
        if isinstance(node, (cst.For, cst.While)):
            self.loops -= 1

    def enter(self, node: cst.CSTNode) -> bool:
        if isinstance(node, cst.Return) or (
            isinstance(node, (cst.Break, cst.Continue)) and not self.loops
        ):
            self.exits = True
        if isinstance(node, (cst.For, cst.While)):
            self.loops += 1
        if isinstance(node, cst.FunctionDef):
            self.found += self.lowerer.reads(node)
            return False
        if isinstance(node, (cst.Annotation, cst.AsName, cst.AssignTarget)):
            if isinstance(node, cst.AssignTarget) and isinstance(node.target, cst.Subscript):
                self.found += self.lowerer.reads(node.target)
            return False
        if isinstance(node, (cst.Import, cst.ImportFrom)):
            return False
        if isinstance(node, cst.BaseExpression):
            self.found.append(self.lowerer.lower(node))
            return False
        return True


def _opaque_refs(expr: Expr) -> list[Ref]:
    found = []
    for node in walk(expr):
        if isinstance(node, Opaque):
            found += [Ref(var) for var in node.mutates]
    return found


def reason_for(node: cst.CSTNode) -> str:
    """Why a statement is not understood."""
    names = {
        "Try": "s2sad does not differentiate a try statement",
        "TryStar": "s2sad does not differentiate a try statement",
        "Global": "it makes a name global",
        "Nonlocal": "it makes a name nonlocal",
        "ClassDef": "s2sad does not differentiate a class definition",
        "Match": "s2sad does not differentiate this form of match",
        "Del": "s2sad does not differentiate del of anything but a name",
        "Import": "",
        "ImportFrom": "",
    }
    return names.get(type(node).__name__, f"s2sad does not differentiate {type(node).__name__}")
