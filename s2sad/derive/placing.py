"""How the values that a tangent refers to are had, and whether it stands before or after its
statement.

    h = np.tanh(z)               the result is read from h:       dot_h = dot_z * (1.0 - h * h)
    x = x * x                    the old x is read: before        dot_x = 2.0 * dot_x * x
    y = a * np.exp(b)            what is dear gets a name:        exp_b = np.exp(b)

What is cheap is written again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TypeAlias

from s2sad.analysis.facts import Facts
from s2sad.analysis.types import is_scalar
from s2sad.derive.mirrored import Mirrored
from s2sad.derive.parts import rewritten_target, several_times
from s2sad.derive.values import CHEAP, NEVER, cost, values_in, written_place
from s2sad.ir.flow import expressions
from s2sad.ir.nodes import (
    Apply,
    Assign,
    Block,
    Const,
    Each,
    Evaluate,
    Expr,
    Make,
    Opaque,
    Ref,
    Select,
    Stmt,
    Unpack,
    Value,
    Var,
    children,
    walk,
)
from s2sad.tidy.algebra import rewrite
from s2sad.tidy.naming import describe

FEW = 3
"""As many operations on single numbers are done once, and fewer are written again."""


class Placing:
    """Puts one statement and its tangent into order. `replaced` says which variable stands for an
    expression of the user's in the text."""

    def __init__(self, facts: Facts, replaced: dict[Expr, Var], mirrored: Mirrored) -> None:
        self.facts = facts
        self.replaced = replaced
        self.mirrored = mirrored

    def order(self, statement: Stmt, calls: Block, tangent: Block) -> tuple[Block, Block]:
        """What stands before a statement and what follows it.

        `calls` are those that give a value and its tangent, and what these need: they come first.
        """
        results = {} if _is_embedded(statement) else dict(_results(statement))
        parts = {} if _is_embedded(statement) else dict(_parts(statement))
        group = [*calls, *tangent]
        wanted = list(dict.fromkeys(n for s in group for n in _wanted(s, parts)))
        wanted = [node for node in wanted if node not in self.replaced]
        movable, printed = _movable(statement), self._printed(statement, group)
        taken = {
            node: Var(describe(node))
            for node in wanted
            if node not in results and self._must_be_named(node, movable, printed)
        }
        given = self.mirrored.changed(statement)
        after = {n for s in tangent for n in _wanted(s, parts)}
        written_again = [n for n in wanted if n in after and n not in results and n not in taken]
        reads_old = any(self._reads(node, taken) & given for node in written_again)
        reads_old |= any(self.mirrored.shared_by(node) & given for node in taken if node in after)
        reads_result = any(n in results for n in wanted)
        reads_result = reads_result or any(_read_parts(s, parts) for s in group)
        if reads_old and reads_result or _is_embedded(statement):
            if isinstance(statement, Assign) and (parts or statement.value in wanted):
                results, parts = {}, {}
                taken[statement.value] = Var(describe(statement.value))
            taken |= {n: Var(describe(n)) for n in wanted if n in results}
            results = {}
        self.replaced |= taken
        first = self._named(calls, tangent, taken)
        settled = [self._settled(s, results, parts) for s in tangent]
        first = [self._settled(s, results, parts) for s in first]
        if reads_old or _is_embedded(statement):
            return [*first, *settled], []
        return first, settled

    def _named(self, before: Block, tangent: Block, taken: dict[Expr, Var]) -> Block:
        """The statements before, each after the names that it reads."""
        done: set[Expr] = set()
        block: Block = []

        def name(node: Expr) -> None:
            for inner in _inside_out(node):
                if inner in taken and inner not in done:
                    done.add(inner)
                    block.append(Assign((taken[inner],), several_times(inner)))

        for statement in before:
            for value in _values(statement):
                name(value.node)
            block.append(statement)
        for statement in tangent:
            for value in _values(statement):
                name(value.node)
        return block

    def _must_be_named(self, node: Expr, movable: set[Expr], printed: dict[Expr, int]) -> bool:
        price = cost(node, self.facts)
        if node not in movable:
            return False
        again = printed.get(node, 0) - 1
        return price >= NEVER or again > 0 and self._is_dear(node, price, again)

    def _is_dear(self, node: Expr, price: int, again: int) -> bool:
        """Whether a value is to be computed once, and not a few times `again`: an array of more
        than one operation, a number of more than a few in all, or what a function computes."""
        if not is_scalar(self.facts.type_of(node)):
            return price > CHEAP
        return price > CHEAP and (
            price * again >= FEW
            or any(
                isinstance(part, Apply) and part.form in ("call", "method") for part in walk(node)
            )
        )

    def _printed(self, statement: Stmt, group: Block) -> dict[Expr, int]:
        """How often each value would be computed: in the statement, and where it is written again.

        What is inside a call that is taken out of the statement is written in that call alone.
        """
        counts: dict[Expr, int] = {}
        inside = set()
        for root in expressions(statement):
            for node in walk(root):
                if node in self.replaced:
                    inside |= set(walk(node)) - {node}
                counts[node] = counts.get(node, 0) + 1
        for node in inside:
            counts[node] = 0
        for part in group:
            for value in _values(part):
                counts[value.node] = counts.get(value.node, 0) + 1
        return counts

    def _reads(self, node: Expr, taken: dict[Expr, Var]) -> set[Var]:
        """The variables that a value reads where it is written again."""
        found: set[Var] = set()
        stack = [node]
        while stack:
            part = stack.pop()
            if part in self.replaced or part in taken:
                continue
            if isinstance(part, Ref):
                found.add(part.var)
            stack.extend(children(part))
        return found

    def _settled(self, statement: Stmt, results: Mapping[Expr, Var], parts: _Parts) -> Stmt:
        """A statement in which values are read from the variables that have them."""

        def change(node: Expr) -> Expr | None:
            match node:
                case Apply("getitem", (Value(root), Const(place))) if (root, place) in parts:
                    return self._ref(parts[root, place], node)
                case Value(root):
                    var = self.replaced.get(root) or results.get(root)
                    if var is not None:
                        return self._ref(var, root)
                    return root  # written again
            return None

        return rewritten(statement, change)

    def _ref(self, var: Var, node: Expr) -> Ref:
        ref = Ref(var)
        self.facts.types[ref] = self.facts.type_of(node)
        return ref


_Parts: TypeAlias = Mapping[tuple[Expr, int], Var]
"""Which variable gets which part of a value that is taken apart."""


def rewritten(statement: Stmt, change: Callable[[Expr], Expr | None]) -> Stmt:
    """A simple statement with its expressions rewritten."""

    match statement:
        case Assign():
            targets = tuple(rewritten_target(target, change) for target in statement.targets)
            return replace(statement, targets=targets, value=rewrite(statement.value, change))
        case Evaluate():
            return replace(statement, value=rewrite(statement.value, change))
    return statement


def _results(statement: Stmt) -> Iterator[tuple[Expr, Var]]:
    """The values that stand in variables after a statement."""
    if not isinstance(statement, Assign):
        return
    for target in statement.targets:
        match target:
            case Var():
                yield statement.value, target
            case Unpack(parts) if isinstance(statement.value, Make) and target.star is None:
                if len(parts) == len(statement.value.items):
                    for part, item in zip(parts, statement.value.items, strict=True):
                        if isinstance(part, Var):
                            yield item, part


def _parts(statement: Stmt) -> Iterator[tuple[tuple[Expr, int], Var]]:
    """The parts of its value that stand in variables after a statement."""
    if isinstance(statement, Assign) and not isinstance(statement.value, Make):
        for target in statement.targets:
            if isinstance(target, Unpack) and target.star is None:
                for place, part in enumerate(target.targets):
                    if isinstance(part, Var):
                        yield (statement.value, place), part


def _wanted(statement: Stmt, parts: _Parts) -> Iterator[Expr]:
    """The values that a statement refers to, those left out of which it reads parts."""
    stack = list(expressions(statement))
    while stack:
        node = stack.pop()
        match node:
            case Apply("getitem", (Value(root), Const(place))) if (root, place) in parts:
                continue
            case Value(inner):
                yield inner
            case _:
                stack += list(children(node))[::-1]


def _read_parts(statement: Stmt, parts: _Parts) -> bool:
    return any(
        isinstance(node, Apply)
        and node.op == "getitem"
        and isinstance(node.args[0], Value)
        and isinstance(node.args[1], Const)
        and (node.args[0].node, node.args[1].value) in parts
        for root in expressions(statement)
        for node in walk(root)
    )


def _is_embedded(statement: Stmt) -> bool:
    return isinstance(statement, Assign) and statement.embedded


def _values(statement: Stmt) -> Iterator[Value]:
    for expr in expressions(statement):
        yield from values_in(expr)


def _inside_out(node: Expr) -> Iterator[Expr]:
    for inner in children(node):
        yield from _inside_out(inner)
    yield node


def _movable(statement: Stmt) -> set[Expr]:
    """The expressions of a statement that are evaluated whenever it runs."""
    found: set[Expr] = set()
    stack = list(expressions(statement))
    place = written_place(statement)
    while stack:
        node = stack.pop()
        if node is not place:
            found.add(node)
        match node:
            case Select():
                stack.append(node.test)
            case Each():
                stack.append(node.iterable)
            case Opaque():
                pass
            case _:
                stack += children(node)
    return found
