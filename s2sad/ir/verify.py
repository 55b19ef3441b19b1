"""The verifier: what must hold after each pass, as functions with a sentence each.

Input: the program as a pass left it. Nothing comes out; where an invariant does not hold, an
`InternalError` with its sentence and the program around the fault.

    verify(function, "exits")
    InternalError: A return is the last statement of the function, and nowhere else.
        3     if lt(x, 0.0):
      > 4         return neg(x)

The backward part runs the arm of a branch, and the iterations of a loop, that the forward part ran:
in the mirror of an arm, what the arm gave a value to has one. Each invariant takes one walk over
the program.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from s2sad.derive.mirror import (
    Group,
    MirrorBranch,
    MirrorContext,
    MirrorGuard,
    MirrorLoop,
    Step,
)
from s2sad.errors import InternalError
from s2sad.ir.flow import (
    Defined,
    Walk,
    bound,
    expressions,
    inner_blocks,
    reads,
    statements,
    targets,
    variables,
)
from s2sad.ir.nodes import (
    Apply,
    Assign,
    Block,
    Branch,
    Break,
    Const,
    Context,
    Expr,
    For,
    Function,
    Guard,
    Place,
    Ref,
    Return,
    Select,
    Stmt,
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
    halves: _Halves | None = None


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


# ---------------------------------------------------------------- after lowering


@invariant("lower", "exits")
def every_expression_stands_once(subject: Subject) -> Iterator[Fault]:
    """Every expression stands at one place of the program, as tables are kept by expression."""
    seen: set[Expr] = set()
    for statement in statements(subject.function.body):
        if isinstance(statement, Verbatim) and statement.origin is None:
            continue  # the names bound by a with statement, which has the same items
        for root in expressions(statement):
            for node in _occurrences(root):
                if node in seen and not isinstance(node, Const | Ref):
                    yield Fault(statement, Printer().expr(node))
                seen.add(node)


def _occurrences(root: Expr) -> Iterator[Expr]:
    """The expressions inside one, each as often as it stands there; what a Select tests and gives
    as well (`a or b`) stands there once."""
    stack = [root]
    while stack:
        node = stack.pop()
        yield node
        inside = children(node)
        stack.extend(dict.fromkeys(inside) if isinstance(node, Select) else inside)


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
def the_result_is_assigned_once(subject: Subject) -> Iterator[Fault]:
    """What may follow a return that was taken does not assign the result, except under a test of
    the flag that says so."""
    body = subject.function.body
    match body[-1] if body else None:
        case Return(Ref(result)) if not result.user:
            yield from _results(body, result)


def _results(block: Block, result: Var) -> Iterator[Fault]:
    """Faults of a block; a statement that assigns the result as a whole is the last that does."""
    assigned = False
    for statement in block:
        if isinstance(statement, Assign) and isinstance(statement.value, Const):
            continue  # the result of a function that ends without a return
        inside = inner_blocks(statement)
        if not any(result in bound(s) for s in statements([statement])):
            continue
        if assigned and not _tests_flag(statement):
            yield Fault(statement)
        assigned = True
        for inner in inside:
            yield from _results(inner, result)


def _tests_flag(statement: Stmt) -> bool:
    """Whether a statement runs its blocks by flags that a pass made."""
    match statement:
        case Guard():
            return True
        case Branch():
            found = reads(statement.test)
            return bool(found) and not any(var.user for var in found)
    return False


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


# ---------------------------------------------------------------- after the backward sweep


@invariant("reverse")
def steps_mirror_the_forward_part(subject: Subject) -> Iterator[Fault]:
    """Each step belongs to a statement of the block that its list mirrors, in reverse order."""
    yield from _mirrors(subject.program.mirror, subject.function.body)


def _mirrors(steps: list[Step], block: Block) -> Iterator[Fault]:
    places = {statement: place for place, statement in enumerate(block)}
    last = len(block)
    for step in steps:
        if step.source is not None:
            place = places.get(step.source, last)
            if place >= last:
                yield Fault(step)
            last = place
        for node in step.nodes:
            if node.source is not None and node.source is not step.source:
                yield Fault(node)
            match node:
                case MirrorBranch():
                    yield from _mirrors(node.then, node.source.then)
                    yield from _mirrors(node.other, node.source.other)
                case MirrorGuard() | MirrorContext() | MirrorLoop():
                    yield from _mirrors(node.body, node.source.body)


@invariant("reverse")
def adjoints_are_assigned_before_they_are_read(subject: Subject) -> Iterator[Fault]:
    """No adjoint is read before it was given a value, on every path that leads there."""
    walk = _MirrorWalk(Defined(subject.given))
    walk.steps(subject.program.mirror)
    for result in subject.program.results:
        if result is not None:
            walk.read_expr(result.expr, None)
    for statement, var in walk.undefined:
        if not var.user:
            yield Fault(statement, f"{var!r} is read")


class _MirrorWalk(Walk):
    """Follows the adjoints through a mirror."""

    def steps(self, steps: list[Step]) -> None:
        """The steps in the order in which they run."""
        for step in steps:
            for node in step.nodes:
                match node:
                    case Group():
                        self.block(node.body, [])
                    case MirrorBranch():
                        self.defined.join([self._steps_of(node.then), self._steps_of(node.other)])
                    case MirrorLoop():
                        self._steps_of(node.body, _loop_variables(node))
                    case MirrorGuard():
                        self._steps_of(node.body)
                    case MirrorContext():
                        self.steps(node.body)

    def _steps_of(self, steps: list[Step], own: Iterable[Var] = ()) -> tuple[list[Var], bool]:
        mark = len(self.defined.trail)
        self.defined.add(own)
        self.steps(steps)
        return self.defined.undo(mark), False


def _loop_variables(loop: MirrorLoop) -> list[Var]:
    found = [] if loop.target is None else list(variables(loop.target))
    return found if loop.position is None else [*found, loop.position]


# ---------------------------------------------------------------- after the plan of memory


@invariant("memory", "tidy")
def no_value_is_left(subject: Subject) -> Iterator[Fault]:
    """Nothing refers to a value by definition any more: the plan says how each is had."""
    plan = _plan(subject)
    for statement in statements([*plan.forward, *plan.backward]):
        for root in expressions(statement):
            if any(isinstance(node, Value) for node in walk(root)):
                yield Fault(statement)
    if any(isinstance(node, Value) for result in plan.results for node in walk(result)):
        yield Fault(None, "in what is returned")


def _plan(subject: Subject) -> Any:
    return getattr(subject.program, "plan", subject.program)


@invariant("memory")
def variables_have_a_value_where_they_are_read(subject: Subject) -> Iterator[Fault]:
    """Every variable has a value where it is read, on every path that leads there, unless the
    user's own code may read it without one."""
    both = _both_parts(subject)
    for statement, var in both.undefined:
        yield Fault(statement, f"{var!r} is read")


@invariant("memory")
def what_is_remembered_is_read_back(subject: Subject) -> Iterator[Fault]:
    """What is pushed on a trace is popped in the mirror image of the order, and what is written
    under an index is read under the same."""
    both = _both_parts(subject)
    for trace, pushes in both.pushes.items():
        pops = both.pops.get(trace, [])
        pairs = zip(pushes, reversed(pops), strict=False)
        if len(pushes) != len(pops) or not all(_same_path(a[1], b[1]) for a, b in pairs):
            yield Fault(pushes[0][0], f"{trace!r}: {len(pushes)} pushed, {len(pops)} popped")
    for trace, pops in both.pops.items():
        if trace not in both.pushes:
            yield Fault(pops[0][0], f"{trace!r} is popped and never pushed")
    for trace, found in both.indexed.items():
        written = both.written[trace]
        for statement, path, index in found:
            if not any(index == k and _same_path(path, p) for _, p, k in written):
                yield Fault(statement, f"{trace!r} is not written under this index")


Path: TypeAlias = tuple[int, ...]
"""The blocks around a statement, as the original program has them; 0 for one it does not have."""


def _same_path(one: Path, other: Path) -> bool:
    return one == other or 0 in one or 0 in other


def _both_parts(subject: Subject) -> _Halves:
    """The walk over both halves of a plan; made once for all invariants that ask for it."""
    if subject.halves is None:
        original = Walk(Defined(_given(subject)))
        original.block(subject.function.body, [])
        allowed = {var for _, var in original.undefined}
        mirrors = getattr(subject.program.regions, "mirrors", {})
        allowed |= {shadow for shadow, of in mirrors.items() if of in allowed}
        halves = _Halves(Defined(_given(subject)), allowed)
        halves.mirrors = set(mirrors)
        halves.sources = subject.program.sources
        halves.repeated = subject.program.repeated
        halves.block(subject.program.forward, subject.function.body)
        halves.now_backward = True
        halves.mirror(subject.program.backward, subject.function.body)
        for result in subject.program.results:
            halves.read_expr(result, None)
        subject.halves = halves
    return subject.halves


def _given(subject: Subject) -> list[Var]:
    """What has a value before the first statement."""
    function = subject.function
    params = [p.var for p in function.params]
    return [*params, *function.globals.values(), *subject.given]


Event: TypeAlias = tuple[Stmt, Path]


class _Halves(Walk):
    """Follows a derivative through its forward and its backward half, and its traces on the way."""

    def __init__(self, defined: Defined, ignored: set[Var]) -> None:
        super().__init__(defined, ignored)
        self.mirrors: set[Var] = set()
        self.sources: dict[Stmt, list[Stmt]] = {}
        self.repeated: dict[Stmt, Stmt] = {}
        self.pushes: dict[Var, list[Event]] = {}
        self.pops: dict[Var, list[Event]] = {}
        self.written: dict[Var, list[tuple[Stmt, Path, object]]] = {}
        self.indexed: dict[Var, list[tuple[Stmt, Path, object]]] = {}
        self.path: list[int] = []
        self.now_backward = False

    # The forward half.

    def block(self, block: Block, original: Block) -> bool:
        """Walks a block of the forward half."""
        self.path.append(id(original) if original else 0)
        leaves = super().block(block, original)
        self.path.pop()
        return leaves

    def inline(self, block: Block, original: Block) -> bool:
        """Walks the body of a context, which stands in the path of the block around it."""
        return super().block(block, original)

    def read(self, statement: Stmt) -> None:
        """Notes reads without a value, and what goes to and comes from a trace."""
        super().read(statement)
        for target in targets(statement):
            if isinstance(target, Place) and not self.now_backward:
                self._note_write(target, statement)
        for expr in expressions(statement):
            for node in walk(expr):
                if isinstance(node, Apply) and node.args:
                    self._note_use(node, statement)

    def _note_write(self, place: Place, statement: Stmt) -> None:
        match place:
            case Place(Ref(trace), index) if self._is_trace(trace) and not isinstance(index, str):
                found = self.written.setdefault(trace, [])
                found.append((statement, tuple(self.path), key(index)))

    def _is_trace(self, var: Var) -> bool:
        """Whether a variable may be one that remembers; what holds adjoints is none."""
        return not var.user and var not in self.mirrors

    def _note_use(self, node: Apply, statement: Stmt) -> None:
        match node:
            case Apply("list.append", (Ref(trace), _)) if self._is_trace(trace):
                if not self.now_backward:
                    self.pushes.setdefault(trace, []).append((statement, tuple(self.path)))
            case Apply("list.pop", (Ref(trace),)) if self._is_trace(trace):
                if self.now_backward:
                    self.pops.setdefault(trace, []).append((statement, tuple(self.path)))
            case Apply("getitem", (Ref(trace), index)) if trace in self.written:
                if self.now_backward:
                    found = self.indexed.setdefault(trace, [])
                    found.append((statement, tuple(self.path), key(index)))

    # The backward half.

    def mirror(self, block: Block, original: Block) -> None:
        """Walks a block of the backward half, which mirrors `original`."""
        self.path.append(id(original) if original else 0)
        self._mirror(block, original)
        self.path.pop()

    def _mirror(self, block: Block, original: Block) -> None:
        for statement in block:
            if statement in self.repeated:
                self._repeat(statement)
                continue
            self.read(statement)
            match statement:
                case Branch():
                    then, other = self._arms_of(statement, original)
                    arms = [self._mirrored(statement.then, then, ())]
                    arms.append(self._mirrored(statement.other, other, ()))
                    self.defined.join(arms)
                case For() | While():
                    self._mirrored(statement.body, self._body_of(statement), bound(statement))
                    continue
                case Context() | Guard():
                    self._mirror(statement.body, original)
            self.defined.add(bound(statement))

    def _repeat(self, loop: Stmt) -> None:
        """Walks a forward loop that is run again, whose traces are read back after it."""
        self.now_backward = False
        self.read(loop)
        self._inside(loop, self.repeated[loop])
        self.now_backward = True

    def _mirrored(
        self, block: Block, original: Block, own: Iterable[Var]
    ) -> tuple[list[Var], bool]:
        """What an arm or a body adds, given all that the one it mirrors has given a value to."""
        mark = len(self.defined.trail)
        self.defined.add(self.arms.get(id(original), ()))
        self.defined.add(own)
        self.mirror(block, original)
        return self.defined.undo(mark), False

    def _arms_of(self, branch: Branch, original: Block) -> tuple[Block, Block]:
        for source in self.sources.get(branch, ()):
            if isinstance(source, Branch):
                return source.then, source.other
        match branch.test:
            case Apply("not", (test,)):
                return _guarded(original, set(reads(test))), []
        return [], []

    def _body_of(self, loop: For | While) -> Block:
        for source in self.sources.get(loop, ()):
            if isinstance(source, For | While):
                return source.body
        return []


def _guarded(block: Block, left: set[Var]) -> Block:
    """The body of the guard on these flags in a block."""
    for statement in block:
        if isinstance(statement, Guard) and set(statement.left) == left:
            return statement.body
        if isinstance(statement, Context):
            found = _guarded(statement.body, left)
            if found:
                return found
    return []


# ---------------------------------------------------------------- after naming


@invariant("tidy")
def no_generated_name_is_the_users(subject: Subject) -> Iterator[Fault]:
    """A name that s2sad made belongs to one variable, and the user's text does not mention it."""
    derived = subject.program
    users = set(subject.function.names)
    owner: dict[str, Var] = {}
    for statement, var in _named(subject):
        root = derived.names.root(var)
        if root.user or root.name is None or root.name == "_":
            continue
        if root.name in users or owner.setdefault(root.name, root) is not root:
            yield Fault(statement, root.name)


def _named(subject: Subject) -> Iterator[tuple[Stmt | None, Var]]:
    """The variables that a generated function gives a value to, and where."""
    plan = subject.program.plan
    for var in subject.given:
        yield None, var
    for statement in statements([*plan.forward, *plan.backward]):
        for var in bound(statement):
            yield statement, var


@invariant("tidy")
def what_is_read_is_assigned(subject: Subject) -> Iterator[Fault]:
    """Every variable of the function that is read is assigned in it, or handed to it."""
    plan, root = subject.program.plan, subject.program.names.root
    known = {root(var) for var in _given(subject)} | {root(var) for _, var in _named(subject)}
    for statement in statements([*plan.forward, *plan.backward]):
        for expr in expressions(statement):
            for var in reads(expr):
                if root(var) not in known and _is_local(var, subject):
                    yield Fault(statement, f"{var!r} is read")


def _is_local(var: Var, subject: Subject) -> bool:
    """Whether a variable is one that the function itself assigns, or that a pass made."""
    return not var.user or any(var in bound(s) for s in statements(subject.function.body))


@invariant("tidy")
def a_name_holds_what_is_read(subject: Subject) -> Iterator[Fault]:
    """A variable has its own value where it is read: no other of its name was assigned since."""
    derived = subject.program
    names: dict[str, set[Var]] = {}
    for _, var in _named(subject):
        name = derived.names.root(var).name
        if name is not None and name != "_":
            names.setdefault(name, set()).add(var)
    given = [p.var for p in subject.function.params]
    for var in given:
        names.setdefault(var.hint, set()).add(var)
    shared = {v: n for n, owners in names.items() if len(owners) > 1 for v in owners}
    if not shared:
        return
    holders = _Holders(shared)
    held = {shared[v]: {v} for v in given if v in shared}
    held = holders.block([*derived.plan.forward, *derived.plan.backward], held)
    holders.read(derived.returns, None, held)
    yield from holders.faults


class _Holders:
    """Follows which variables the names hold that several variables share."""

    def __init__(self, shared: dict[Var, str]) -> None:
        self.shared = shared
        self.faults: list[Fault] = []

    def block(self, block: Block, held: dict[str, set[Var]]) -> dict[str, set[Var]]:
        """The holders after a block."""
        for statement in block:
            for expr in expressions(statement):
                self.read(expr, statement, held)
            held = self._inside(statement, held)
            if not isinstance(statement, For):
                held = self._assigned(statement, held)
        return held

    def read(self, expr: Expr, statement: Stmt | None, held: dict[str, set[Var]]) -> None:
        """Notes what an expression reads under a name that holds something else."""
        for var in reads(expr):
            name = self.shared.get(var)
            if name is not None and name in held and var not in held[name]:
                self.faults.append(Fault(statement, name))

    def _assigned(self, statement: Stmt, held: dict[str, set[Var]]) -> dict[str, set[Var]]:
        for var in bound(statement):
            name = self.shared.get(var)
            if name is None:
                continue
            match statement:
                case Assign((Var(),), Ref(old), None) if old in held.get(name, ()):
                    held = held | {name: held[name] | {var}}
                case _:
                    held = held | {name: {var}}
        return held

    def _inside(self, statement: Stmt, held: dict[str, set[Var]]) -> dict[str, set[Var]]:
        match statement:
            case Branch():
                return _joined(self.block(statement.then, held), self.block(statement.other, held))
            case For() | While():
                # Assignments act on a name whatever it held: running the body twice is enough.
                first = self.block(statement.body, self._assigned(statement, held))
                head = _joined(held, first)
                return _joined(held, self.block(statement.body, self._assigned(statement, head)))
            case Context() | Guard():
                return self.block(statement.body, held)
        return held


def _joined(one: dict[str, set[Var]], other: dict[str, set[Var]]) -> dict[str, set[Var]]:
    """The holders where two paths meet: those on both; a name that one does not have is free."""
    return {
        name: one[name] & other[name] if name in one and name in other else {**other, **one}[name]
        for name in one | other
    }
