"""What calls do to what they are handed: which change nothing, and which write into it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import libcst as cst

from s2sad.analysis.types import SCALAR, Array, DictOf, ListOf, TupleOf
from s2sad.errors import S2SADError
from s2sad.ir.bindings import LIST_CHANGES
from s2sad.ir.flow import expressions, statements
from s2sad.ir.nodes import (
    Apply,
    Evaluate,
    Expr,
    Function,
    Invoke,
    Opaque,
    Ref,
    Stmt,
    Var,
    Verbatim,
    location_of,
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


def is_harmless(expr: Expr, facts: Any) -> bool:
    """Whether a call only reads its arguments: print, logging, np.save, a progress bar's update."""
    if isinstance(expr, Apply):
        return expr.op.startswith(_HARMLESS) or expr.form != "call" or expr.op.startswith("numpy.")
    if isinstance(expr, Opaque) and expr.origin is not None:
        func = expr.origin.node.func if isinstance(expr.origin.node, cst.Call) else None
        if not isinstance(func, cst.Attribute) or func.attr.value not in _LOGGERS:
            return False
        if func.attr.value == "update" and _may_be_dicts(func.value, expr, facts):
            return False
        return not _is_varied(func.value, expr, facts)
    return True


def _may_be_dicts(receiver: cst.BaseExpression, call: Opaque, facts: Any) -> bool:
    """Whether a dict may be updated with the items of another one, and not a progress bar with a
    number."""
    handed = []
    for part in call.parts:
        if isinstance(receiver, cst.Name) and isinstance(part, Ref):
            if part.var.hint == receiver.value:
                if isinstance(facts.type_of(part), DictOf):
                    return True
                continue
        handed.append(part)
    return any(
        part in facts.varied and not isinstance(facts.type_of(part), Array) for part in handed
    )


def changed_by_method(call: Opaque) -> Ref | None:
    """The variable whose object a method changes that is known by its name to do so: g in
    `g.insert(0, x)`."""
    func = getattr(call.origin and call.origin.node, "func", None)
    if not isinstance(func, cst.Attribute) or func.attr.value not in {*_WRITERS, "update"}:
        return None
    receiver = func.value.value if isinstance(func.value, cst.Name) else None
    named = (part for part in call.parts if isinstance(part, Ref) and part.var.hint == receiver)
    return next(named, None)


def filled_by(call: Opaque, facts: Any) -> tuple[Var, ...]:
    """The variables whose objects may hold what a call that s2sad cannot see into is handed."""
    if call.inert or not any(part in facts.varied for part in call.parts):
        return ()
    return () if is_harmless(call, facts) or _only_reads(call) else tuple(call.mutates)


def _is_varied(receiver: cst.BaseExpression, call: Opaque, facts: Any) -> bool:
    """Whether the object of a method carries a derivative, as a dict that is updated does."""
    while isinstance(receiver, cst.Attribute | cst.Subscript | cst.Call):
        receiver = receiver.func if isinstance(receiver, cst.Call) else receiver.value
    return isinstance(receiver, cst.Name) and any(
        isinstance(part, Ref) and part.var.hint == receiver.value and part in facts.varied
        for part in call.parts
    )


def handed_twice(node: Invoke) -> S2SADError:
    """The refusal of a call that writes into an array which it is also handed as something else:
    a function is derived for arguments that do not overlap."""
    name = node.callee.name
    message = f"{name} writes into one argument and is handed the same array in another"
    return _inexpressible(node, message, "Hand it a copy.")


def inner_call(node: Invoke) -> S2SADError:
    """The refusal of a call that writes, inside of an expression that reads what it writes into."""
    message = (
        f"cannot differentiate this call of {node.callee.name}, which writes into what it is "
        "handed, inside of an expression"
    )
    return _inexpressible(node, message, "Give its result a name.")


def unnamed_argument(node: Invoke) -> S2SADError:
    """The refusal of a call that writes into what has no adjoint of its own."""
    advice = (
        "Write into an array that has a name, or build the new value with np.where or "
        "np.concatenate."
    )
    message = "cannot differentiate a call that writes into what has no name"
    return _inexpressible(node, message, advice)


def _inexpressible(node: Invoke, message: str, advice: str) -> S2SADError:
    """The refusal of a call that a function and its backward function cannot stand for."""
    location = None if node.site is None else node.site.location
    error = S2SADError("S2S011", message, location, advice)
    error.calls = noted([node])
    return error


def noted(calls: Iterable[Invoke]) -> tuple[Invoke, ...]:
    """Calls as errors note those that could be written out in place."""
    return tuple(call for call in calls if call.key is not None)


_WRITERS = {
    *("append", "extend", "insert", "pop", "remove", "clear", "reverse", "sort"),
    *(
        "fill",
        "put",
        "partition",
        "resize",
        "setdefault",
        "popitem",
        "add",
        "discard",
        "appendleft",
    ),
}


def writer(expr: Expr) -> str:
    """A call of a method that changes its object, as it is shown: `ys.append`; else nothing."""
    node = getattr(getattr(expr, "origin", None), "node", None)
    func = getattr(node, "func", None)
    attribute = getattr(func, "attr", None)
    known = {*_WRITERS, "update"}
    if not isinstance(expr, Opaque) or attribute is None or attribute.value not in known:
        return ""
    assert expr.origin is not None
    shown: str = expr.origin.module.code(func).strip()
    return shown


def unseen_effects(function: Function, facts: Any, program: Any) -> list[S2SADError]:
    """What a function, and those that it calls, would do that no derivative accounts for: writes by
    out=, arrays that carry a derivative in the hands of unknown functions, exits inside `try`."""
    found = []
    for current in reached(function, program):
        for statement in statements(current.body):
            if isinstance(statement, Verbatim) and statement.exits:
                message = f"cannot leave a function or a loop here: {statement.reason}"
                advice = "Leave it after the statement instead."
                found.append(_refusal(statement, "S2S013", message, advice))
            for node in _nodes(statement):
                found += _effects(node, statement, facts)
    return found


def _is_kept(call: Opaque, facts: Any) -> bool:
    """Whether a method may put into a container, under another name, what varies only later on."""
    if changed_by_method(call) is None:
        return False
    return any(isinstance(part, Ref) and part.var in facts.made_varied for part in call.parts)


def _effects(node: Expr, statement: Stmt, facts: Any) -> Iterator[S2SADError]:
    if not isinstance(node, Apply | Opaque) or node.origin is None:
        return
    whole = isinstance(statement, Evaluate) and statement.value is node
    parts = node.parts if isinstance(node, Opaque) else (*node.args, *(a for _, a in node.kwargs))
    if not any(part in facts.varied for part in parts):
        if isinstance(node, Opaque) and _is_kept(node, facts):
            message = f"cannot differentiate {writer(node)}, which writes in place"
            advice = "Build the new value with np.where, np.concatenate or a list instead."
            yield _refusal(node, "S2S011", message, advice)
        return
    if isinstance(node, Apply) and node.op == "builtins.dict":
        if isinstance(facts.type_of(node.args[0]), ListOf | TupleOf):
            message = "cannot differentiate a dict of pairs that are not written out"
            yield _refusal(
                node, "S2S012", message, "Write a display, {key: value}, or a comprehension."
            )
    elif isinstance(node, Apply) and not node.op.startswith("s2sad."):
        if any(name == "out" for name, _ in node.kwargs):
            advice = "Give the result a name instead."
            yield _refusal(node, "S2S011", "cannot differentiate a write by out=", advice)
        elif whole and node.form == "call" and node.op.startswith("numpy."):
            if not node.op.startswith(_HARMLESS) and facts.rule_of(node) is None:
                message = f"cannot differentiate {node.op}, which writes in place"
                advice = "Build the new value with np.where instead."
                yield _refusal(node, "S2S011", message, advice)
        elif whole and node.form == "call" and not is_harmless(node, facts) and "." in node.op:
            known = node.op in _READERS or node.op in LIST_CHANGES
            if not known and facts.rule_of(node) is None:
                yield _unknown(node, node.op)
    elif (
        isinstance(node, Opaque)
        and not whole
        and node.mutates
        and not (node.inert or is_harmless(node, facts) or _only_reads(node))
    ):
        local = "cannot see which function" in node.reason  # it may change variables around it
        if not local and not any(_is_changeable(part, facts) for part in parts):
            return
        yield _unknown(node, "this function")


_READING_METHODS = {"get", "copy", "index", "count", "tolist", "item"}


def _only_reads(node: Opaque) -> bool:
    """Whether a method is known by its name to leave its object as it is."""
    attribute = getattr(getattr(node.origin and node.origin.node, "func", None), "attr", None)
    return attribute is not None and attribute.value in _READING_METHODS


_READERS = {"functools.partial", "builtins.next", "builtins.repr", "builtins.str", "builtins.id"}


def _is_changeable(part: Expr, facts: Any) -> bool:
    """Whether a varied value may be an object that can be changed."""
    if part not in facts.varied:
        return False
    kind = facts.type_of(part)
    return not (isinstance(kind, Array) and kind.shape == SCALAR)


def _unknown(node: Expr, name: str) -> S2SADError:
    message = f"cannot see what {name} does to what it is handed"
    advice = "If it changes nothing that carries a derivative, hand it stop_gradient(...)."
    return _refusal(node, "S2S012", message, advice)


def _refusal(node: Any, code: str, message: str, advice: str) -> S2SADError:
    return S2SADError(code, message, location_of(node), advice)


def _nodes(statement: Stmt) -> Iterator[Expr]:
    for expr in expressions(statement):
        yield from walk(expr)


def reached(function: Function, program: Any) -> list[Function]:
    """A function and all those that it calls, each once."""
    found = {function: None}
    todo = [function]
    while todo:
        for statement in statements(todo.pop().body):
            for node in _nodes(statement):
                if isinstance(node, Invoke):
                    callee = program.function(node.callee)
                    if callee not in found:
                        found[callee] = None
                        todo.append(callee)
    return list(found)
