"""What statements read and bind, and which variables have a value at which point.

Definedness is followed through branches and loops in one walk. What an arm of a branch gives a
value to is kept, so that the mirror of the arm can start from it.

    if test:           y has a value in the arm and in its mirror, not after the branch
        y = x * x
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from s2sad.ir.nodes import (
    Assign,
    Block,
    Branch,
    Break,
    Const,
    Context,
    Continue,
    Define,
    Each,
    Evaluate,
    Expr,
    For,
    Guard,
    Make,
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


def inner_blocks(statement: Stmt) -> tuple[Block, ...]:
    """The blocks inside a statement."""
    match statement:
        case Branch():
            return (statement.then, statement.other)
        case For() | While():
            return (statement.body, statement.other)
        case Context() | Guard():
            return (statement.body,)
    return ()


def statements(block: Block) -> Iterator[Stmt]:
    """All statements of a block, those inside others included, in the order of the text."""
    stack = block[::-1]
    while stack:
        statement = stack.pop()
        yield statement
        for inner in reversed(inner_blocks(statement)):
            stack.extend(reversed(inner))


def targets(statement: Stmt) -> tuple[Target, ...]:
    """The targets of a statement."""
    match statement:
        case Assign():
            return statement.targets
        case For():
            return (statement.target,)
    return ()


def pairs_of(parts: tuple[Target, ...], items: tuple[Expr, ...]) -> Iterator[tuple[Target, Expr]]:
    """Each target with what it is bound to, where both are taken apart."""
    for part, item in zip(parts, items, strict=True):
        if isinstance(part, Unpack) and isinstance(item, Make):
            yield from pairs_of(part.targets, item.items)
        else:
            yield part, item


def targets_of(target: Target) -> Iterator[Var]:
    """The variables that a target gives a value to."""
    match target:
        case Var():
            yield target
        case Unpack():
            for part in target.targets:
                yield from targets_of(part)


def bound(statement: Stmt) -> Iterator[Var]:
    """The variables that a statement itself gives a value to."""
    match statement:
        case Assign() | For():
            for target in targets(statement):
                yield from targets_of(target)
        case Define():
            yield statement.var
        case Verbatim():
            yield from statement.binds


def expressions(statement: Stmt) -> Iterator[Expr]:
    """The expressions that a statement itself evaluates, those inside its targets included."""
    match statement:
        case Assign() | Evaluate():
            yield statement.value
        case Return() if statement.value is not None:
            yield statement.value
        case Branch() | While():
            yield statement.test
        case For():
            yield statement.iterable
        case Context() | Verbatim():
            yield from statement.reads
    for target in targets(statement):
        yield from expressions_in(target)


def expressions_in(target: Target) -> Iterator[Expr]:
    """The expressions that a target evaluates, those of its parts included."""
    match target:
        case Place():
            yield target.base
            if not isinstance(target.key, str):
                yield target.key
        case Unpack():
            for part in target.targets:
                yield from expressions_in(part)


def reads(expr: Expr) -> list[Var]:
    """The variables that an expression reads, those inside a `Value` left out."""
    if isinstance(expr, Ref):
        return [expr.var]
    found: list[Var] = []
    own: set[Var] = set()
    for node in walk(expr):
        match node:
            case Ref():
                found.append(node.var)
            case Each():
                own.update(targets_of(node.target))
    return [var for var in found if var not in own] if own else found


# ---------------------------------------------------------------- definedness


class Defined:
    """The variables that certainly have a value at one point of a walk.

    `trail` holds them in the order in which they got it, so that an arm can be undone.
    """

    def __init__(self, start: Iterable[Var]) -> None:
        self.now = set(start)
        self.trail: list[Var] = []

    def add(self, found: Iterable[Var]) -> None:
        """Variables that have a value from here on."""
        for var in found:
            if var not in self.now:
                self.now.add(var)
                self.trail.append(var)

    def undo(self, mark: int) -> list[Var]:
        """Back to where the trail had this length; gives what was added since."""
        added = self.trail[mark:]
        del self.trail[mark:]
        self.now.difference_update(added)
        return added

    def join(self, arms: list[tuple[list[Var], bool]]) -> bool:
        """What all arms added; those that leave do not count. Says whether all of them leave."""
        staying = [added for added, leaves in arms if not leaves]
        if not staying:
            self.add(var for added, _ in arms for var in added)
            return True
        common = set(staying[0]).intersection(*staying[1:])
        self.add(var for var in staying[0] if var in common)
        return False


@dataclass
class Walk:
    """Follows definedness through a forward program; `undefined` are reads that find no value.

    `arms` has what each arm of a branch, and each body, gives a value to, by its first statement's
    block in the original program.
    """

    defined: Defined
    ignored: set[Var] = field(default_factory=set)
    undefined: list[tuple[Stmt | None, Var]] = field(default_factory=list)
    arms: dict[int, list[Var]] = field(default_factory=dict)
    exits: list[tuple[int, list[set[Var]]]] = field(default_factory=list)

    def block(self, block: Block, original: Block) -> bool:
        """Walks a block that stands for `original`; says whether control leaves before its end."""
        matches = counterparts(block, original)
        leaves = False
        for statement in block:
            self.read(statement)
            leaves = self._inside(statement, matches.get(statement)) or leaves
            self.defined.add(bound(statement))
        return leaves

    def inline(self, block: Block, original: Block) -> bool:
        """Walks the body of a context, which runs whenever the statement is reached."""
        return self.block(block, original)

    def read(self, statement: Stmt) -> None:
        """Notes what a statement itself reads that has no value."""
        for expr in expressions(statement):
            self.read_expr(expr, statement)

    def read_expr(self, expr: Expr, statement: Stmt | None) -> None:
        """Notes what an expression reads that has no value."""
        for var in reads(expr):
            if var not in self.defined.now and var not in self.ignored:
                self.undefined.append((statement, var))

    def _inside(self, statement: Stmt, original: Stmt | None) -> bool:
        match statement:
            case Branch():
                blocks = (
                    (original.then, original.other) if isinstance(original, Branch) else ([], [])
                )
                arms = [self._arm(statement.then, blocks[0]), self._arm(statement.other, blocks[1])]
                return self.defined.join(arms)
            case For() | While():
                body = original.body if isinstance(original, For | While) else []
                self._loop(statement, body)
            case Context():
                body = original.body if isinstance(original, Context) else []
                return self.inline(statement.body, body)
            case Guard():
                mark = len(self.defined.trail)
                body = original.body if isinstance(original, Guard) else []
                leaves = self.block(statement.body, body)
                self.arms[id(body)] = self.defined.trail[mark:]
                return leaves
            case Break() | Continue():
                mark, found = self.exits[-1]
                found.append(set(self.defined.trail[mark:]))
                return True
            case Return():
                return True
            case Verbatim():
                return statement.leaves
        return False

    def _arm(self, block: Block, original: Block) -> tuple[list[Var], bool]:
        mark = len(self.defined.trail)
        leaves = self.block(block, original)
        added = self.defined.undo(mark)
        self.arms[id(original)] = added
        return added, leaves

    def _loop(self, loop: For | While, original: Block) -> None:
        mark = len(self.defined.trail)
        self.exits.append((mark, []))
        self.defined.add(bound(loop))
        leaves = self.block(loop.body, original)
        found = self.exits.pop()[1]
        added = self.defined.undo(mark)
        ends = found if leaves else [*found, set(added)]
        self.arms[id(original)] = [v for v in added if all(v in end for end in ends)]
        if isinstance(loop, While) and isinstance(loop.test, Const) and loop.test.value is True:
            self.defined.add(self.arms[id(original)])
        for inner in (loop.other,):
            self.block(inner, [])


def counterparts(block: Block, original: Block) -> dict[Stmt, Stmt]:
    """The compound statements of a block, with those of the original that they stand for."""
    left = [s for s in original if inner_blocks(s)]
    found: dict[Stmt, Stmt] = {}
    position = 0
    for statement in block:
        if not inner_blocks(statement):
            continue
        while position < len(left) and type(left[position]) is not type(statement):
            position += 1
        if position < len(left):
            found[statement] = left[position]
            position += 1
    return found
