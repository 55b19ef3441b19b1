"""The text around what is written out: places of statements that are made anew, and comments.

# y = g(x)[0], written out:           above the first statement of g
# step is written out where it is called, at model.py:12.
"""

from __future__ import annotations

from dataclasses import replace

import libcst as cst

from s2sad.errors import S2SADError
from s2sad.ir.nodes import (
    Anew,
    Block,
    Expr,
    Invoke,
    Origin,
    Stmt,
)


def place_of_call(error: S2SADError, call: Invoke) -> str:
    """Where a function is called that is written out and has an error inside; else nothing."""
    definition, site, at = call.callee.definition, call.site, error.location
    start = definition.module.location(definition.node)
    end = start.line + definition.module.code(definition.node).count("\n")
    if site is None or at is None or at.file != start.file or not start.line <= at.line <= end:
        return ""
    where = site.module.location(site.node)
    name = call.callee.name
    return f"{name} is written out where it is called, at {where.file}:{where.line}."


def anew(statement: Stmt, value: Expr | None = None, returned: Stmt | None = None) -> Origin | None:
    """The place of a statement that is written anew, without the comments above it; with another
    value on its right side, and the comments of the statement that `returned` it."""
    origin = statement.origin
    if origin is None:
        return None
    node, module = origin.node, origin.module
    if isinstance(node, cst.SimpleStatementLine):
        above = getattr(returned and returned.origin and returned.origin.node, "leading_lines", ())
        node = node.with_changes(leading_lines=above)
        small = node.body[0]
        if value is not None and value.origin is not None and isinstance(small, cst.Assign):
            text = value.origin.module.own.code(value.origin.node).strip()
            text = f"({text})" if "\n" in text else text
            small = small.with_changes(value=cst.parse_expression(text))
            node = node.with_changes(body=[small, *node.body[1:]])
        stands_for = origin.node if returned is None or returned.origin is None else (
            returned.origin.node
        )  # fmt: skip
        module.made(node, stands_for)
    return Anew(node, module)


def headed(block: Block, statement: Stmt, call: Invoke | None) -> Block:
    """A block with the comments of the statement that it stands for, and one that tells which."""
    origin = statement.origin
    lines = list(getattr(origin.node, "leading_lines", ())) if origin is not None else []
    if call is not None:
        lines.append(cst.EmptyLine(comment=cst.Comment(f"# {_shown(statement, call)}:")))
    there = block[0].origin if block else None
    if there is None or not lines or not hasattr(there.node, "leading_lines"):
        return block
    node = there.node.with_changes(leading_lines=[*lines, *there.node.leading_lines])
    there.module.made(node, there.node)
    return [replace(block[0], origin=type(there)(node, there.module)), *block[1:]]


def _shown(statement: Stmt, call: Invoke) -> str:
    """The statement with the call, the call, or its function: what is short enough for a line."""
    origins = [o for o in (statement.origin, call.origin) if o is not None]
    for origin in origins:
        if isinstance(origin.node, cst.SimpleStatementLine | cst.Call):
            text = " ".join(origin.module.own.code(origin.node).split())
            if len(text) <= 60:
                return f"{text}, written out"
    return f"{call.callee.name}, written out"
