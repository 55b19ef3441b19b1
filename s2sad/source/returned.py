"""What a callee gives back to the statement that calls it, without a name for it in between.

def g(x):                     y = g(x), written out
    if x > 0.0:               if x > 0.0:
        return np.sqrt(x)         y = np.sqrt(x)
    return 0.0                else:
                                  y = 0.0
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from s2sad.ir.flow import statements
from s2sad.ir.nodes import (
    Assign,
    Block,
    Branch,
    Context,
    Expr,
    Invoke,
    Opaque,
    Place,
    Ref,
    Stmt,
    Target,
    Unpack,
    Var,
    walk,
)
from s2sad.source.anew import anew
from s2sad.source.caller import nodes_of


@dataclass
class Body:
    """The body of a callee in its caller, its arguments bound, and what it returns."""

    block: Block
    result: Expr


def binds_names(statement: Stmt) -> bool:
    """Whether a statement does nothing but give names to a value or its parts."""
    return (
        isinstance(statement, Assign)
        and statement.augmented is None
        and all(map(_is_names, statement.targets))
    )


def _is_names(target: Target) -> bool:
    parts = target.targets if isinstance(target, Unpack) else (target,)
    return all(isinstance(part, Var) for part in parts)


def with_targets(body: Body, statement: Stmt) -> Block:
    """The body of a callee that gives the targets of the call's statement what it returns, where it
    returns at several places and each is the last statement that runs; else nothing."""
    result = body.result
    if not isinstance(result, Ref) or result.var.user or not isinstance(statement, Assign):
        return []
    value = result.var
    given_to = [s for s in statements(body.block) if isinstance(s, Assign) and value in s.targets]
    if not binds_names(statement) or len(given_to) != _ends(body.block, value):
        return []

    def given(block: Block) -> Block:
        return [made(s) for s in block]

    def made(inner: Stmt) -> Stmt:
        match inner:
            case Assign((target,), returned) if target is value:
                origin = anew(statement, returned, inner)
                return replace(inner, targets=statement.targets, origin=origin)
            case Branch():
                return replace(inner, then=given(inner.then), other=given(inner.other))
            case Context():
                return replace(inner, body=given(inner.body))
        return inner

    return given(body.block)


def _ends(block: Block, value: Var) -> int:
    """How many paths through a block end with a value for a variable; -1 if one does not."""
    match block[-1] if block else None:
        case Assign((target,)) if target is value:
            return 1
        case Branch(then=then, other=other):
            arms = _ends(then, value), _ends(other, value)
            return -1 if -1 in arms else sum(arms)
        case Context(body=body):
            return _ends(body, value)
    return -1


def given_at_once(block: Block) -> Block:
    """The body of a constructor, in which an attribute that is a parameter is given the argument:
    nothing but attributes is assigned before."""
    arguments: dict[Var, Expr] = {}
    made: Block = []
    read = [n.var for s in statements(block) for n in nodes_of(s) if isinstance(n, Ref)]
    for position, statement in enumerate(block):
        match statement:
            case Assign((Var() as var,), value, None) if not made and read.count(var) == 1:
                arguments[var] = value
                continue
            case Assign((Place(Ref(), str()),), Ref(var), None) if var in arguments:
                value = arguments.pop(var)
                made.append(replace(statement, value=value, origin=anew(statement, value)))
                continue
            case Assign((Place(Ref(), str()),), value, None) if not any(
                isinstance(n, Invoke | Opaque) for n in walk(value)
            ):
                made.append(statement)
                continue
        made[:0] = [Assign((var,), value) for var, value in arguments.items()]
        return [*made, *block[position:]]
    return [*(Assign((var,), value) for var, value in arguments.items()), *made]
