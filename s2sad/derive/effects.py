"""What calls do to what they are handed: which change nothing, and which write into it."""

from __future__ import annotations

from typing import Any

from s2sad.ir.bindings import written_into
from s2sad.ir.flow import expressions, statements
from s2sad.ir.nodes import (
    Apply,
    Assign,
    Expr,
    Function,
    Invoke,
    Opaque,
    Ref,
    Var,
    walk,
)

_HARMLESS = (
    "builtins.print",
    "numpy.save",
    "numpy.savez",
    "numpy.savetxt",
    "logging.",
    "warnings.",
)

_LOGGERS = {"debug", "info", "warning", "error", "log", "exception", "critical", "write", "update"}


def is_harmless(expr: Expr) -> bool:
    """Whether a call only reads its arguments: print, logging, np.save."""
    if isinstance(expr, Apply):
        return expr.op.startswith(_HARMLESS) or expr.form != "call" or expr.op.startswith("numpy.")
    if isinstance(expr, Opaque) and expr.origin is not None:
        func = getattr(expr.origin.node, "func", None)
        attribute = getattr(func, "attr", None)
        return attribute is not None and attribute.value in _LOGGERS
    return True


def unseen_changes(function: Function, facts: Any, program: Any) -> list[Invoke]:
    """The calls in a function, and in those that it calls, of functions that write something that
    carries a derivative into an object that they are handed."""
    found: list[Invoke] = []
    done: set[Function] = set()
    todo = [function]
    while todo:
        current = todo.pop()
        if current in done:
            continue
        done.add(current)
        for statement in statements(current.body):
            for expr in expressions(statement):
                for node in walk(expr):
                    if isinstance(node, Invoke):
                        callee = program.function(node.callee)
                        todo.append(callee)
                        if _changes(callee, facts, program, set()):
                            found.append(node)
    return found


def _changes(function: Function, facts: Any, program: Any, seen: set[Function]) -> set[Var]:
    """The parameters into whose objects a function writes something that is varied."""
    if function in seen:
        return set()
    seen.add(function)
    params = {p.var for p in function.params}
    changed: set[Var] = set()
    for statement in statements(function.body):
        if isinstance(statement, Assign) and statement.value in facts.varied:
            changed |= {v for target in statement.targets for v in written_into(target)}
        for expr in expressions(statement):
            for node in walk(expr):
                if isinstance(node, Opaque) and any(part in facts.varied for part in node.parts):
                    changed |= set(node.mutates) if not is_harmless(node) else set()
                if isinstance(node, Invoke):
                    callee = program.function(node.callee)
                    inner = _changes(callee, facts, program, seen)
                    pairs = zip(callee.params, node.args, strict=True)
                    changed |= {a.var for p, a in pairs if p.var in inner and isinstance(a, Ref)}
    return changed & params
