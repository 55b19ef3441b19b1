"""The statements of a generated function as they stand in its text, with what they became."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import libcst as cst

from s2sad.ir.flow import statements
from s2sad.ir.nodes import Function, Return, Stmt, Var, Verbatim


@dataclass
class Line:
    """A statement of the text, with those of the program that it became."""

    node: Any
    program: list[Stmt] = field(default_factory=list)
    reads: set[Var] = field(default_factory=set)
    changes: set[Var] = field(default_factory=set)
    varies: bool = False

    @property
    def is_dropping(self) -> bool:
        """Whether all it does is to let go of names."""
        return all(isinstance(s, Verbatim) and s.drops for s in self.program)


def lines_of(function: Function) -> list[Line]:
    """The statements of a function as they stand in the text; none if the program has some that do
    not."""
    body = function.origin.node.body.body if function.origin is not None else []
    lines = [Line(node) for node in body if not _is_docstring(node)]
    place = {id(inner): line for line in lines for inner in _nodes(line.node)}
    waiting: list[Stmt] = []
    for statement in function.body:
        waiting.append(statement)
        if statement.origin is not None:
            found = place.get(id(statement.origin.node))
            if found is None:
                return []
            found.program += waiting
            waiting = []
    complete = not waiting and all(line.program for line in lines)
    return lines if complete and not any(_has_long_text(line.node) for line in lines) else []


def ends_once(lines: list[Line]) -> bool:
    """Whether a function returns at its end, and nowhere else."""
    found = [s for line in lines for s in statements(line.program)]
    exits = [s for s in found if isinstance(s, Return) or isinstance(s, Verbatim) and s.exits]
    return exits == lines[-1].program[-1:] and isinstance(exits[0], Return)


def _is_docstring(node: Any) -> bool:
    return isinstance(node, cst.SimpleStatementLine) and isinstance(
        getattr(node.body[0], "value", None), cst.SimpleString
    ) and isinstance(node.body[0], cst.Expr)  # fmt: skip


def _nodes(node: Any) -> Iterator[Any]:
    stack = [node]
    while stack:
        inner = stack.pop()
        yield inner
        stack += inner.children


def _has_long_text(node: Any) -> bool:
    """Whether a string goes over several lines, which cannot be indented."""
    return any(isinstance(n, cst.SimpleString) and "\n" in n.value for n in _nodes(node))


def comments(node: Any) -> list[str]:
    """The comments above a statement."""
    above = getattr(node, "leading_lines", ())
    return [line.comment.value for line in above if line.comment is not None]


def code(node: Any) -> str:
    """The text of a statement without the comments above it, or of an expression by itself."""
    if hasattr(node, "leading_lines"):
        node = node.with_changes(leading_lines=())
        return cst.Module([]).code_for_node(node).rstrip("\n")
    if getattr(node, "lpar", ()):
        node = node.with_changes(lpar=(), rpar=())
    text = cst.Module([]).code_for_node(node)
    return f"({text})" if "\n" in text else text
