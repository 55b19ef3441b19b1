"""What the statements of the two halves consist of, and how they are written again.

The forward half keeps the nodes that were lowered, the backward half is made of new ones: `plain`
gives an expression of the forward part as the backward part writes it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from s2sad.analysis.types import Array, Shape
from s2sad.derive.broadcasting import call
from s2sad.derive.values import values_in
from s2sad.ir.bindings import bound_by
from s2sad.ir.flow import expressions_in, targets_of
from s2sad.ir.nodes import (
    Apply,
    Assign,
    Block,
    Branch,
    Break,
    Const,
    Context,
    Continue,
    Each,
    Evaluate,
    Expr,
    For,
    Guard,
    Make,
    Place,
    Ref,
    Return,
    Select,
    Stmt,
    Target,
    Unpack,
    Value,
    Var,
    While,
    children,
    walk,
)
from s2sad.tidy.algebra import rewrite


def exprs_of(statement: Stmt) -> list[Expr]:
    """The expressions of a statement of the backward part, those of nested ones included."""
    match statement:
        case Assign():
            inside = [e for target in statement.targets for e in expressions_in(target)]
            return [statement.value, *inside]
        case Evaluate():
            return [statement.value]
        case Branch():
            inner = [e for s in (*statement.then, *statement.other) for e in exprs_of(s)]
            return [statement.test, *inner]
        case For():
            return [statement.iterable, *(e for s in statement.body for e in exprs_of(s))]
        case Context():
            return [e for s in statement.body for e in exprs_of(s)]
    return []


def own_values(statement: Stmt) -> list[Value]:
    """The references to values in a statement, not in those inside it, nor in comprehensions."""
    exprs = exprs_of(statement)
    if isinstance(statement, Branch):
        exprs = [statement.test]
    if isinstance(statement, For):
        exprs = [statement.iterable]
    return [v for e in exprs if not isinstance(e, Each) for v in values_in(e)]


def refs(expr: Expr) -> list[Ref]:
    """The references in an expression."""
    return [n for n in walk(expr) if isinstance(n, Ref)]


def refs_of(statement: Stmt) -> list[Ref]:
    """The references in the expressions of a statement."""
    return [ref for expr in exprs_of(statement) for ref in refs(expr)]


def rewritten(statement: Stmt, change: Any) -> Stmt:
    """A statement of the backward part whose expressions are rewritten by `change`."""
    match statement:
        case Assign():
            targets = tuple(rewritten_target(target, change) for target in statement.targets)
            return Assign(targets, rewrite(statement.value, change), statement.augmented)
        case Evaluate():
            return Evaluate(rewrite(statement.value, change))
        case Branch():
            then = [rewritten(s, change) for s in statement.then]
            other = [rewritten(s, change) for s in statement.other]
            return Branch(rewrite(statement.test, change), then, other)
        case For():
            body = [rewritten(s, change) for s in statement.body]
            return For(statement.target, rewrite(statement.iterable, change), body)
    return statement


def rewritten_target(target: Target, change: Any) -> Target:
    """A target in which the expressions that say where a value goes are rewritten by `change`."""
    match target:
        case Place(base, str()):
            return replace(target, base=rewrite(base, change))
        case Place(base, key) if not isinstance(key, str):
            return replace(target, base=rewrite(base, change), key=rewrite(key, change))
        case Unpack(targets):
            return replace(target, targets=tuple(rewritten_target(t, change) for t in targets))
    return target


def inner_statements(statement: Stmt) -> Iterable[Stmt]:
    """A statement and those inside it."""
    stack = [statement]
    while stack:
        node = stack.pop()
        yield node
        match node:
            case Branch():
                stack += [*node.then, *node.other]
            case For() | While() | Context() | Guard():
                stack += node.body


def inner_first(statement: Stmt) -> list[Expr]:
    """The expressions of a statement, parts before what they are parts of."""
    roots: list[Expr] = []
    match statement:
        case Assign() | Evaluate():
            roots = [statement.value]
        case Return():
            roots = [statement.value] if statement.value is not None else []
        case Branch() | While():
            roots = [statement.test]
        case For():
            roots = [statement.iterable]
    order: list[Expr] = []
    stack = list(reversed(roots))
    while stack:
        node = stack.pop()
        order.append(node)
        stack.extend(children(node))
    return order[::-1]


def plain(expr: Expr) -> Expr:
    """An expression as the backward part writes it, without its place in the source."""
    return rebuilt(expr, plain)


def rebuilt(node: Expr, inner: Any) -> Expr:
    """A node of the forward part made again from parts that `inner` gives."""
    from s2sad.ir.nodes import Invoke, Slice

    match node:
        case Const() | Ref():
            return node
        case Apply(_, args, kwargs):
            named = tuple((name, inner(value)) for name, value in kwargs)
            return replace(node, args=tuple(map(inner, args)), kwargs=named, origin=None)
        case Make(kind, items, keys, cls):
            return Make(kind, tuple(inner(i) for i in items), tuple(inner(k) for k in keys), cls)
        case Slice(start, stop, step):
            return Slice(*(None if p is None else inner(p) for p in (start, stop, step)))
        case Select(test, then, other, form):
            again = inner(test)
            return Select(
                again,
                again if then is test else inner(then),
                again if other is test else inner(other),
                form,
            )
        case Invoke(_, args, function):
            called = tuple(None if a is None else inner(a) for a in args)
            held = None if function is None else inner(function)
            return replace(node, args=called, function=held, origin=None)
    return node


def copied_part(value: Expr, kind: Any) -> Expr:
    """A copy of a part of an array; of one that may be a number too."""
    if isinstance(kind, Array) and isinstance(kind.shape, Shape):
        return Apply("numpy.copy", (value,), (), "method", "copy")
    return call("numpy.copy", value)


def copy_of(value: Expr, kind: Any) -> Expr:
    """A copy of an object that the program changes later."""
    if isinstance(kind, Array):
        return call("numpy.copy", value)
    return call("copy.deepcopy", value, text="copy.deepcopy")


def own_targets(loop: For | While) -> set[Var]:
    """The targets of a loop; one that the body gives another value to is a variable like others."""
    targets = targets_of(loop.target) if isinstance(loop, For) else ()
    return {v for v in targets if not any(v in bound_by(s) for s in loop.body)}


def leaves_early(block: Block) -> bool:
    """Whether an iteration may end before the end of its block."""
    for statement in block:
        match statement:
            case Break() | Continue():
                return True
            case Branch():
                if leaves_early(statement.then) or leaves_early(statement.other):
                    return True
            case Context() | Guard():
                if leaves_early(statement.body):
                    return True
    return False


def several_times(value: Expr) -> Expr:
    """What gets a name is read by both parts: of a generator expression, a list."""
    if isinstance(value, Each) and value.kind == "generator":
        return call("builtins.list", replace(value), text="list")
    return value
