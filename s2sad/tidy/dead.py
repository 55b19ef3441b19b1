"""Removal of statements whose results nobody reads.

Used for the forward half of a callee's backward function, which repeats only what the backward half
needs, and for statements that the derivation made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from s2sad.ir.bindings import CALLS_THAT_WRITE, places_of, written_into
from s2sad.ir.flow import targets_of
from s2sad.ir.nodes import (
    Apply,
    Assign,
    Block,
    Branch,
    Break,
    Context,
    Continue,
    Define,
    Evaluate,
    Expr,
    For,
    Guard,
    Invoke,
    Place,
    Ref,
    Return,
    Stmt,
    Target,
    Unpack,
    Var,
    Verbatim,
    While,
    walk,
)

_Replaced = Mapping[Expr, Var]
"""Expressions for which a variable stands."""


def reads_of(expr: Expr, replaced: _Replaced | None = None) -> set[Var]:
    """The variables that an expression reads, with those that called functions capture."""
    found = set()
    for node in walk(expr):
        if replaced and node in replaced:
            found.add(replaced[node])
        if isinstance(node, Ref):
            found.add(node.var)
        elif isinstance(node, Apply) and node.holder is not None:
            found.add(node.holder)
    return found


def live_part(
    block: Block,
    after: Block,
    returns: Expr,
    replaced: _Replaced,
    regions: Any,
) -> Block:
    """The statements of a block that `after` and `returns` depend on. `regions` knows which
    variables share memory, and what calls write into."""
    live = reads_of(returns)
    for statement in after:
        live |= all_reads(statement)
    return _Sweep({}, None, replaced, regions=regions).block(block, live)


def without_dead(
    block: Block,
    live: set[Var],
    sources: dict[Stmt, list[Stmt]],
    droppable: Callable[[Var], bool] | None = None,
    replaced: _Replaced | None = None,
    regions: Any = None,
) -> Block:
    """A block without the assignments whose targets are not read afterwards; `live` is changed.

    The quotation of a statement that goes, or that is made anew, passes to what follows it. With
    `droppable`, only assignments to such variables go; all else stays.
    """
    return _Sweep(sources, droppable, replaced, regions=regions).block(block, live)


def all_reads(statement: Stmt, replaced: _Replaced | None = None) -> set[Var]:
    """Everything that a statement, or one inside it, reads."""
    found: set[Var] = set()
    stack: list[Stmt] = [statement]
    while stack:
        node = stack.pop()
        match node:
            case Assign():
                found |= reads_of(node.value, replaced)
                for target in node.targets:
                    found |= _target_reads(target)
            case Evaluate():
                found |= reads_of(node.value, replaced)
            case Return():
                found |= reads_of(node.value, replaced) if node.value is not None else set()
            case Branch():
                found |= reads_of(node.test, replaced)
                stack += [*node.then, *node.other]
            case For():
                found |= reads_of(node.iterable, replaced)
                inside = {v for inner in node.body for v in all_reads(inner, replaced)}
                found |= inside - set(targets_of(node.target))
                stack += node.other
            case While():
                found |= reads_of(node.test, replaced)
                stack += [*node.body, *node.other]
            case Context():
                for read in node.reads:
                    found |= reads_of(read, replaced)
                stack += node.body
            case Guard():
                found |= set(node.left)
                stack += node.body
            case Define():
                found |= set(node.callee.captured)
            case Verbatim():
                for read in node.reads:
                    found |= reads_of(read, replaced)
    return found


def _target_reads(target: Target) -> set[Var]:
    match target:
        case Place(base, key):
            found = reads_of(base)
            return found if isinstance(key, str) else found | reads_of(key)
        case Unpack(targets):
            return {var for part in targets for var in _target_reads(part)}
    return set()


def _bound(targets: Iterable[Target]) -> set[Var]:
    found: set[Var] = set()
    for target in targets:
        match target:
            case Var():
                found.add(target)
            case Unpack(parts):
                found |= _bound(parts)
            case Place():
                found |= set(written_into(target))
    return found


@dataclass
class _Sweep:
    """One sweep from the end of a block to its beginning."""

    sources: dict[Stmt, list[Stmt]]
    droppable: Callable[[Var], bool] | None
    replaced: _Replaced | None = None
    exits: tuple[tuple[frozenset[Var], frozenset[Var]], ...] = ()
    regions: Any = None

    def _with_aliases(self, found: set[Var]) -> set[Var]:
        """Variables, and those whose objects may share memory with theirs."""
        if self.regions is None:
            return found
        return found | {other for var in found for other in self.regions.together(var)}

    def _mutated(self, value: Expr) -> set[Var]:
        """The variables whose objects an expression changes, and those that share their memory."""
        found = _mutated(value)
        if self.regions is not None:
            for node in walk(value):
                if isinstance(node, Invoke):
                    found |= set(self.regions.changed_by(node))
                if isinstance(node, Apply) and node.op.startswith("backward:"):
                    # The shadows of what the call has written are those of other names, too.
                    found |= reads_of(node) & self.regions.mirrors.keys()
        return self._with_aliases(found)

    def block(self, block: Block, live: set[Var]) -> Block:
        """The statements of a block that are alive; `live` becomes what is live before it."""
        kept: Block = []
        for statement in reversed(block):
            new = self.statement(statement, live)
            if new is not statement:
                quoted = self.sources.pop(statement, [])
                receiver = new if new is not None else kept[-1] if kept else None
                if quoted and receiver is not None and receiver not in self.sources:
                    self.sources[receiver] = quoted
            if new is not None:
                kept.append(new)
        kept.reverse()
        return kept

    def _stays(self, bound: set[Var]) -> bool:
        return self.droppable is not None and not (bound and all(map(self.droppable, bound)))

    def statement(self, statement: Stmt, live: set[Var]) -> Stmt | None:
        """The statement, or None when it is dead."""
        match statement:
            case Assign():
                bound = _bound(statement.targets)
                plain = not any(True for t in statement.targets for _ in places_of(t))
                changed = set(bound)
                if not plain or statement.augmented is not None:
                    changed = self._with_aliases(bound)
                changed |= self._mutated(statement.value)
                writes = any(_is_tangent_of_write(node) for node in walk(statement.value))
                if not changed & live and not writes and not self._stays(bound):
                    return None
                if plain and statement.augmented is None:
                    live -= bound
                live |= all_reads(statement, self.replaced)
                return statement
            case Evaluate() | Verbatim() | Define():
                if isinstance(statement, Verbatim) and live.intersection(statement.drops):
                    return None
                changed = self._with_aliases(_changed(statement))
                if isinstance(statement, Evaluate):
                    changed |= self._mutated(statement.value)
                if not changed & live and not self._stays(changed) and not _is_probe(statement):
                    return None
                live |= all_reads(statement, self.replaced)
                return statement
            case Branch():
                return self._branch(statement, live)
            case Guard():
                body_live = set(live)
                body = self.block(statement.body, body_live)
                live |= body_live
                live |= set(statement.left)
                return replace(statement, body=body) if body else None
            case Context():
                body = self.block(statement.body, live)
                for read in statement.reads:
                    live |= reads_of(read, self.replaced)
                return replace(statement, body=body) if body or self.droppable else None
            case For() | While():
                return self._loop(statement, live)
        if isinstance(statement, Return):
            live |= all_reads(statement, self.replaced)
        if isinstance(statement, Break | Continue) and self.exits:
            live |= self.exits[-1][isinstance(statement, Continue)]
        return statement

    def _branch(self, branch: Branch, live: set[Var]) -> Stmt | None:
        then_live, other_live = set(live), set(live)
        then = self.block(branch.then, then_live)
        other = self.block(branch.other, other_live)
        if not then and not other and not (self.droppable and branch.origin):
            return None
        live |= then_live | other_live
        live |= reads_of(branch.test, self.replaced)
        if _same(then, branch.then) and _same(other, branch.other):
            return branch
        return replace(branch, then=then, other=other)

    def _loop(self, loop: For | While, live: set[Var]) -> Stmt | None:
        after = frozenset(live)
        other = self.block(loop.other, live)
        head = set(live)
        while True:
            inner = set(head)
            # The quotations stay where they are until the last round.
            exits = (*self.exits, (after, frozenset(head)))
            inner_sweep = _Sweep({}, self.droppable, self.replaced, exits, self.regions)
            body = inner_sweep.block(loop.body, inner)
            if isinstance(loop, While):
                inner |= reads_of(loop.test, self.replaced)
            else:
                own = set(targets_of(loop.target))  # each iteration begins with its own
                if inner & own:  # which may be a part of what the loop runs over
                    inner |= reads_of(loop.iterable, self.replaced)
                inner -= own
            if inner <= head:
                break
            head |= inner
        self.exits = (*self.exits, (after, frozenset(head)))
        body = self.block(loop.body, set(head))
        self.exits = self.exits[:-1]
        empty = not [s for s in body if not isinstance(s, Break | Continue)]
        if empty and self.droppable is None:
            if not isinstance(loop, For) or not _bound([loop.target]) & live:
                return None
        live |= head
        if isinstance(loop, For):
            live |= reads_of(loop.iterable, self.replaced)
        if _same(body, loop.body) and _same(other, loop.other):
            return loop
        return replace(loop, body=body, other=other)


def _same(one: Block, other: Block) -> bool:
    return len(one) == len(other) and all(a is b for a, b in zip(one, other, strict=True))


def _changed(statement: Evaluate | Verbatim | Define) -> set[Var]:
    """The variables that a statement gives a value to, or whose objects it changes."""
    match statement:
        case Evaluate(value):
            return _mutated(value)
        case Verbatim():
            return set(statement.binds) | set(statement.mutates)
        case Define(var):
            return {var}


def _is_tangent_of_write(node: Expr) -> bool:
    """Whether a tangent function is called that writes into what it is handed."""
    return isinstance(node, Apply) and node.op.startswith("jvp.writes:")


def _is_probe(statement: Evaluate | Verbatim | Define) -> bool:
    """Whether a statement is there to show adjoints."""
    value = statement.value if isinstance(statement, Evaluate) else None
    return isinstance(value, Apply) and value.op == "probe"


def _mutated(value: Expr) -> set[Var]:
    """The variables whose objects a call changes."""
    from s2sad.ir.nodes import Opaque

    found: set[Var] = set()
    for node in walk(value):
        if isinstance(node, Opaque):
            found |= set(node.mutates)
        elif isinstance(node, Apply) and node.args and node.op in CALLS_THAT_WRITE:
            found |= reads_of(node.args[0])
    return found
