"""Changes of lists inside of expressions, which are statements, or are not understood.

    xs.append(x) if x > 0 else ys.append(x)         if x > 0:
                                                        xs.append(x)
                                                    else:
                                                        ys.append(x)

    [xs.append(f(y)) for y in ys]                   nothing flows through xs: refused where it would

What is taken out of a list inside of an expression gets a name afterwards (`pops.py`).
"""

from __future__ import annotations

from dataclasses import replace

from s2sad.ir.bindings import LIST_CHANGES, written_into
from s2sad.ir.flow import expressions, statements
from s2sad.ir.nodes import (
    Apply,
    Assign,
    Block,
    Branch,
    Const,
    Context,
    Evaluate,
    Expr,
    For,
    Function,
    Guard,
    Opaque,
    Place,
    Return,
    Select,
    Stmt,
    Target,
    Unpack,
    While,
    walk,
)
from s2sad.ir.rebuilt import rebuilt

CHANGES = LIST_CHANGES - {"list.pop"}

REASON = "a list that is changed inside of an expression"


def without_inner_changes(function: Function) -> Function:
    """The function in which each change of a list that is understood is a statement."""
    if not any(_inside(s, expr) for s in statements(function.body) for expr in expressions(s)):
        return function
    return replace(function, body=_block(function.body))


def _block(block: Block) -> Block:
    return [made for statement in block for made in _statement(statement)]


def _statement(statement: Stmt) -> Block:
    match statement:
        case Evaluate(Select(test, then, other) as choice) if any(map(_changes, (then, other))):
            arms = [[] if arm is test else _statement(Evaluate(arm)) for arm in (then, other)]
            return [Branch(_opaque(choice.test), arms[0], arms[1])]
        case Assign(targets, value):
            return [replace(statement, targets=tuple(map(_place, targets)), value=_opaque(value))]
        case Evaluate(value) if not _is_whole(statement, value):
            return [replace(statement, value=_opaque(value))]
        case Return(value) if value is not None:
            return [replace(statement, value=_opaque(value))]
        case Branch(test, then, other):
            then, other = _block(then), _block(other)
            return [replace(statement, test=_opaque(test), then=then, other=other)]
        case While(test, body, other):
            body, other = _block(body), _block(other)
            return [replace(statement, test=_opaque(test), body=body, other=other)]
        case For(iterable=iterable, body=body, other=other):
            body, other = _block(body), _block(other)
            return [replace(statement, iterable=_opaque(iterable), body=body, other=other)]
        case Context(body=body) | Guard(body=body):
            return [replace(statement, body=_block(body))]
    return [statement]


def _place(target: Target) -> Target:
    """A target in whose indices nothing is changed that is understood."""
    match target:
        case Place(base, at):
            at = at if isinstance(at, str) else _opaque(at)
            return replace(target, base=_opaque(base), key=at)
        case Unpack(parts):
            return replace(target, targets=tuple(map(_place, parts)))
    return target


def _inside(statement: Stmt, expr: Expr) -> bool:
    """Whether an expression of a statement changes a list, and is not all of the statement."""
    return _changes(expr) and not _is_whole(statement, expr)


def _is_whole(statement: Stmt, expr: Expr) -> bool:
    """Whether an expression is a statement that does nothing but change a list."""
    match statement:
        case Evaluate(Apply(op, args) as value):
            return value is expr and op in LIST_CHANGES and not any(map(_changes, args))
    return False


def _changes(expr: Expr) -> bool:
    return any(isinstance(node, Apply) and node.op in CHANGES for node in walk(expr))


def _opaque(expr: Expr) -> Expr:
    """An expression in which changes of lists are not understood."""

    def change(node: Expr) -> Expr | None:
        match node:
            case Apply(op, (base, *_)) if op in CHANGES:
                changed = tuple(written_into(Place(base, Const(None))))
                return Opaque(node.args, REASON, "S2S011", changed, False, node.origin)
        return None

    return rebuilt(expr, change)
