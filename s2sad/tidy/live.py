"""Tangents that nobody reads taken out, and functions that nobody calls any more.

Input: what forward mode made. Output: its body without the assignments to tangents whose values
are not read. The user's own statements stay.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from s2sad.ir.flow import expressions, inner_blocks, statements
from s2sad.ir.nodes import (
    Apply,
    Assign,
    Block,
    Branch,
    Context,
    Define,
    Expr,
    For,
    Make,
    Ref,
    Return,
    Stmt,
    Target,
    Unpack,
    Var,
    Verbatim,
    While,
    children,
)
from s2sad.tidy.dead import without_dead


def live_tangents(found: Any, regions: Any) -> Block:
    """The body of a function with those tangents alone that its result depends on."""
    dots = set(found.dots.values())
    body: Block = found.body
    droppable = dots - found.kept
    while True:
        kept = without_dead(body, set(), {}, lambda var: var in droppable, found.replaced, regions)
        read = set(_read(kept, found.replaced))
        tidied = _tidied_block(kept, read, dots, found)
        tidied = [s for s in tidied if not (isinstance(s, Define) and s.var not in read)]
        # A loop over values alone no longer reads the tangents that it ran over.
        same = all(a is b for a, b in zip(kept, tidied, strict=False))
        if same and sum(1 for _ in statements(tidied)) == sum(1 for _ in statements(body)):
            return tidied
        body = tidied


def tangent_alone(block: Block, replaced: dict[Expr, Var], fixed: set[Var], regions: Any) -> Block:
    """A body that returns the tangent of its result and not the result, and what that needs; what
    is assigned to the variables `fixed` stays."""
    body = _without_values(block)
    while True:
        kept = without_dead(body, set(), {}, lambda var: var not in fixed, replaced, regions)
        if sum(1 for _ in statements(kept)) == sum(1 for _ in statements(body)):
            return kept
        body = kept


def _without_values(block: Block) -> Block:
    found: Block = []
    for statement in block:
        match statement:
            case Verbatim(drops=drops) if drops:
                continue  # what it deletes may not be there any more
            case Return(Make("tuple", (_, tangent))):
                match found[-1:], tangent:
                    case [Assign((Var() as named,), value)], Ref(var) if named is var and (
                        not var.user
                    ):
                        found.pop()
                        tangent = value
                statement = replace(statement, value=tangent)
            case Branch():
                then, other = _without_values(statement.then), _without_values(statement.other)
                statement = replace(statement, then=then, other=other)
            case For() | While() | Context():
                statement = replace(statement, body=_without_values(statement.body))
        found.append(statement)
    return found


def _read(block: Block, replaced: dict[Expr, Var]) -> Iterator[Var]:
    """The variables that the text of a block mentions."""
    for statement in statements(block):
        own = statement.value if isinstance(statement, Assign) else None
        for root in expressions(statement):
            stack = [root]
            while stack:
                node = stack.pop()
                if node in replaced and not (node is own and replaced[node] in _targets(statement)):
                    continue
                if isinstance(node, Ref):
                    yield node.var
                elif isinstance(node, Apply) and node.holder is not None:
                    yield node.holder
                stack.extend(children(node))
        if isinstance(statement, Define):
            yield from statement.callee.captured


def _targets(statement: Stmt) -> tuple[Target, ...]:
    return statement.targets if isinstance(statement, Assign) else ()


def _tidied_block(block: Block, read: set[Var], dots: set[Var], found: Any) -> Block:
    """The statements of a block, each tidied; the block itself if all are as they were."""
    made = [_tidied(statement, read, dots, found) for statement in block]
    return block if all(a is b for a, b in zip(made, block, strict=True)) else made


def _tidied(statement: Stmt, read: set[Var], dots: set[Var], found: Any) -> Stmt:
    """A statement in which no tangent is bound that nobody reads."""
    match statement:
        case Branch():
            then = _tidied_block(statement.then, read, dots, found)
            other = _tidied_block(statement.other, read, dots, found)
            if then is not statement.then or other is not statement.other:
                statement = replace(statement, then=then, other=other)
        case For() | While() | Context() if inner_blocks(statement):
            body = _tidied_block(statement.body, read, dots, found)
            if body is not statement.body:
                statement = replace(statement, body=body)
    if isinstance(statement, For) and statement.target in found.headers:
        iterable, target = found.headers[statement.target]
        bound = set(_bound(statement.target)) - set(_bound(target))
        if bound and not read & bound:
            return replace(statement, iterable=iterable, target=target)
    if isinstance(statement, Assign) and any(isinstance(t, Unpack) for t in statement.targets):
        targets = tuple(_with_holes(t, read, dots) for t in statement.targets)
        if targets != statement.targets:
            return replace(statement, targets=targets)
    return statement


def _with_holes(target: Target, read: set[Var], dots: set[Var]) -> Target:
    """A target in which `_` stands for tangents that nobody reads."""
    match target:
        case Unpack(targets):
            parts = tuple(_with_holes(t, read, dots) for t in targets)
            unchanged = all(a is b for a, b in zip(parts, targets, strict=True))
            return target if unchanged else replace(target, targets=parts)
        case Var() if target in dots and target not in read:
            return Var("_", user=True, name="_")
    return target


def _bound(target: Target) -> Iterator[Var]:
    match target:
        case Var():
            yield target
        case Unpack(targets):
            for part in targets:
                yield from _bound(part)
