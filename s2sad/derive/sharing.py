"""Which variables hold an array of their own, so that `a += e` is like `a = a + e`."""

from __future__ import annotations

from s2sad.derive.rules import rules
from s2sad.ir.nodes import (
    Apply,
    Assign,
    Block,
    Branch,
    Const,
    Context,
    Each,
    Expr,
    For,
    Function,
    Guard,
    Invoke,
    Make,
    Ref,
    Return,
    Select,
    Unpack,
    Var,
    Verbatim,
    While,
    walk,
)


def makes_new(expr: Expr) -> bool:
    """Whether the value of an expression is an array or number that nothing else refers to."""
    match expr:
        case Const():
            return True
        case Select():
            return makes_new(expr.then) and makes_new(expr.other)
        case Apply(op):
            variants = rules().get(op, ())
            return bool(variants) and all(rule.view is None for rule in variants)
    return False


def unshared(function: Function) -> set[Var]:
    """The local variables whose value is always new, and never given to another name."""
    found: set[Var] = set()
    shared: set[Var] = {p.var for p in function.params}
    _block(function.body, found, shared)
    return found - shared


def _block(block: Block, found: set[Var], shared: set[Var]) -> None:
    for statement in block:
        match statement:
            case Assign():
                _assigned(statement, found, shared)
            case Branch():
                _block(statement.then, found, shared)
                _block(statement.other, found, shared)
            case For():
                shared |= _targets(statement.target)
                _block(statement.body, found, shared)
            case While() | Context() | Guard():
                _block(statement.body, found, shared)
            case Verbatim():
                shared |= set(statement.binds) | {
                    n.var for e in statement.reads for n in walk(e) if isinstance(n, Ref)
                }
            case Return():
                pass


def _assigned(statement: Assign, found: set[Var], shared: set[Var]) -> None:
    pairs = []
    for target in statement.targets:
        if isinstance(target, Unpack) and isinstance(statement.value, Make):
            if len(target.targets) == len(statement.value.items):
                pairs += list(zip(target.targets, statement.value.items, strict=True))
                continue
        pairs.append((target, statement.value))
    for target, value in pairs:
        if isinstance(target, Var):
            found.add(target)
            several = len(statement.targets) > 1 and not isinstance(value, Const)
            if not makes_new(value) or several:
                shared.add(target)
        else:
            shared |= _targets(target)
        if isinstance(value, Ref):
            shared.add(value.var)
    for node in walk(statement.value):
        match node:
            case Make() if node not in (value for _, value in pairs):
                shared |= {item.var for item in node.items if isinstance(item, Ref)}
            case Invoke():
                shared |= {a.var for a in node.args if isinstance(a, Ref)}
            case Each():
                shared |= _targets(node.target)
            case Apply(op, (Ref(var), *_)) if not makes_new(node) and op != "builtins.len":
                shared.add(var)


def _targets(target: object) -> set[Var]:
    if isinstance(target, Var):
        return {target}
    if isinstance(target, Unpack):
        return {var for part in target.targets for var in _targets(part)}
    return set()
