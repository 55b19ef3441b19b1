"""The verifier: what must hold after each pass, as functions with a sentence each.

Input: the program as a pass left it. Nothing comes out; where an invariant does not hold, an
`InternalError` with its sentence and the program around the fault.

    verify(function, "exits")
    InternalError: A return is the last statement of the function, and nowhere else.
        3     if lt(x, 0.0):
      > 4         return neg(x)

Definedness is followed through branches and loops. The backward part runs the arm of a branch, and
the iterations of a loop, that the forward part ran: in the mirror of an arm, what the arm gave a
value to has one. All of it takes one walk over the program for each invariant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from s2sad.derive.mirror import (
    Backward,
    Group,
    MirrorBranch,
    MirrorContext,
    MirrorGuard,
    MirrorLoop,
    Step,
)
from s2sad.errors import InternalError
from s2sad.ir.nodes import (
    Apply,
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
    Function,
    Guard,
    Invoke,
    Make,
    Place,
    Ref,
    Return,
    Stmt,
    Target,
    Unpack,
    Value,
    Var,
    Verbatim,
    While,
    children,
    walk,
)
from s2sad.ir.printer import Printer
from s2sad.tidy.algebra import key

STAGES = ("lower", "exits", "facts", "reverse", "memory", "tidy")
"""The passes, in their order."""


@dataclass
class Subject:
    """What is verified: `function` is the forward program, `program` what the pass made of it.

    `given` are variables that have a value from the start, besides parameters and captured ones.
    """

    program: Any
    function: Function
    given: tuple[Var, ...] = ()


@dataclass
class Fault:
    """Where an invariant does not hold; `node` is a statement, a step, or nothing."""

    node: Any
    detail: str = ""


Invariant: TypeAlias = Callable[[Subject], Iterator[Fault]]
"""Finds the faults of one kind. Its docstring is the sentence that does not hold."""

INVARIANTS: list[tuple[frozenset[str], Invariant]] = []
"""All invariants, each with the passes after which it holds."""


def invariant(*stages: str) -> Callable[[Invariant], Invariant]:
    """Adds an invariant to the list."""

    def add(check: Invariant) -> Invariant:
        INVARIANTS.append((frozenset(stages), check))
        return check

    return add


def verify(program: Any, stage: str, function: Function | None = None, *given: Var) -> None:
    """Checks the invariants that hold after a pass.

    `program` is what the pass made of `function`: the Function itself, a Backward, a Plan, or a
    Derived.

    Raises:
        InternalError: one does not hold.
    """
    subject = Subject(program, program if function is None else function, given)
    for stages, check in INVARIANTS:
        if stage in stages:
            for fault in check(subject):
                raise InternalError(_report(subject, stage, check, fault))


def _report(subject: Subject, stage: str, check: Invariant, fault: Fault) -> str:
    sentence = " ".join((check.__doc__ or "").split())
    place = f"in {subject.function.name}, after the pass {stage}"
    detail = f": {fault.detail}" if fault.detail else ""
    return f"{sentence}\nThis does not hold {place}{detail}.\n\n{_context(subject, fault)}"


def _context(subject: Subject, fault: Fault) -> str:
    """The program around a fault; the whole of it when the fault has no place."""
    printer = Printer()
    program = subject.program
    if hasattr(program, "plan"):
        printer.names = namer(program)
        program = program.plan
    if hasattr(program, "forward"):
        printer.halves(subject.function.name, program, program.results)
    else:
        printer.program(program)
    return printer.around(fault.node)


def namer(derived: Any) -> Callable[[Var], str | None]:
    """The name of a variable of a generated function, None while it has none."""

    def name(var: Var) -> str | None:
        found: str | None = derived.names.root(var).name
        return found

    return name


# ---------------------------------------------------------------- walking


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


def variables(target: Target) -> Iterator[Var]:
    """The variables that a target gives a value to."""
    match target:
        case Var():
            yield target
        case Unpack():
            for part in target.targets:
                yield from variables(part)


def bound(statement: Stmt) -> Iterator[Var]:
    """The variables that a statement itself gives a value to."""
    match statement:
        case Assign() | For():
            for target in targets(statement):
                yield from variables(target)
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
        yield from _in_target(target)


def _in_target(target: Target) -> Iterator[Expr]:
    match target:
        case Place():
            yield target.base
            if not isinstance(target.key, str):
                yield target.key
        case Unpack():
            for part in target.targets:
                yield from _in_target(part)


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
                own.update(variables(node.target))
            case Invoke() if node.callee.local and node.callee.function is not None:
                found += node.callee.function.captured
    return [var for var in found if var not in own] if own else found


# ---------------------------------------------------------------- after lowering


@invariant("lower", "exits")
def every_expression_stands_once(subject: Subject) -> Iterator[Fault]:
    """Every expression stands at one place of the program, as tables are kept by expression."""
    seen: set[Expr] = set()
    loops = _tests_with_walrus(subject.function.body)
    for statement in statements(subject.function.body):
        if isinstance(statement, Verbatim) and statement.origin is None:
            continue  # the names bound by a with statement, which has the same items
        if isinstance(statement, Assign) and statement.embedded and statement.value in loops:
            continue
        for root in expressions(statement):
            for node in walk(root):
                if node in seen and not isinstance(node, Const | Ref):
                    yield Fault(statement, Printer().expr(node))
                seen.add(node)
                if isinstance(node, Invoke | Apply) and len(set(node.args)) < len(node.args):
                    yield Fault(statement, Printer().expr(node))


def _tests_with_walrus(body: Block) -> set[Expr]:
    """The values of := in tests of loops: each is a part of the test as well."""
    return {s.value for s in statements(body) if isinstance(s, Assign) and s.embedded}


@invariant("lower", "exits")
def every_target_is_legal(subject: Subject) -> Iterator[Fault]:
    """An assignment has targets; each is a variable, a place or a tuple of them, and one that is
    augmented or embedded has a single one that is no tuple."""
    for statement in statements(subject.function.body):
        found = targets(statement)
        if not all(map(_is_legal, found)):
            yield Fault(statement)
        if isinstance(statement, Assign):
            single = statement.augmented is not None or statement.embedded
            if not found or (single and (len(found) > 1 or isinstance(found[0], Unpack))):
                yield Fault(statement)


def _is_legal(target: object) -> bool:
    match target:
        case Unpack():
            star = target.star
            inside = star is None or 0 <= star < len(target.targets)
            return inside and all(map(_is_legal, target.targets))
    return isinstance(target, Var | Place)


# ---------------------------------------------------------------- after exits


@invariant("exits", "facts")
def return_stands_last(subject: Subject) -> Iterator[Fault]:
    """A return is the last statement of the function, and nowhere else."""
    body = subject.function.body
    for statement in statements(body):
        if isinstance(statement, Return) and statement is not body[-1]:
            yield Fault(statement)


@invariant("exits", "facts")
def loops_have_no_other(subject: Subject) -> Iterator[Fault]:
    """A loop has no `else`: what stood there is a branch on the loop's flag."""
    for statement in statements(subject.function.body):
        if isinstance(statement, For | While) and statement.other:
            yield Fault(statement)


@invariant("exits", "facts")
def break_follows_its_flag(subject: Subject) -> Iterator[Fault]:
    """A break comes directly after its loop's flag was set, which was false before the loop."""
    yield from _flags(subject.function.body, set(), None)


def _flags(block: Block, cleared: set[Var], own: set[Var] | None) -> Iterator[Fault]:
    """`cleared` are the flags set to false before; `own` those that the loop around may use."""
    before: Stmt | None = None
    cleared = set(cleared)
    for statement in block:
        match statement:
            case Break() if own is None or _flag(before, True) not in own:
                yield Fault(statement)
            case For() | While():
                yield from _flags(statement.body, set(), cleared)
            case _:
                if (flag := _flag(statement, False)) is not None:
                    cleared.add(flag)
                for inner in inner_blocks(statement):
                    yield from _flags(inner, cleared, own)
        before = statement


def _flag(statement: Stmt | None, value: bool) -> Var | None:
    """The variable that a statement sets to true or to false, if that is all it does."""
    match statement:
        case Assign((Var() as var,), Const(constant)) if constant is value and not var.user:
            return var
    return None


@invariant("exits", "facts")
def early_loops_count(subject: Subject) -> Iterator[Fault]:
    """A loop that can end early has a variable that counts its iterations, as its first act."""
    for statement in statements(subject.function.body):
        if not isinstance(statement, For | While):
            continue
        if statement.count is None:
            if isinstance(statement, While) or any(map(_breaks, statement.body)):
                yield Fault(statement, "it does not count")
        elif not statement.body or statement.count not in bound(statement.body[0]):
            yield Fault(statement, "its count is not the first that is assigned in it")


def _breaks(statement: Stmt) -> bool:
    """Whether a break of the loop around stands in a statement."""
    if isinstance(statement, For | While):
        return any(map(_breaks, statement.other))
    return isinstance(statement, Break) or any(
        any(map(_breaks, inner)) for inner in inner_blocks(statement)
    )


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
                blocks = (original.then, original.other) if isinstance(original, Branch) else ([], [])
                arms = [self._arm(statement.then, blocks[0]), self._arm(statement.other, blocks[1])]
                return self.defined.join(arms)
            case For() | While():
                body = original.body if isinstance(original, For | While) else []
                self._loop(statement, body)
            case Context() | Guard():
                mark = len(self.defined.trail)
                body = original.body if isinstance(original, Context | Guard) else []
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
    """The compound statements of a block with those of the original that they stand for, by order."""
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
