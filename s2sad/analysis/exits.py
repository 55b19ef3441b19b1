"""Exits made structured: after this pass a function has one return, its last statement.

    if x < 0:                       if x < 0:
        return -x          ->           value = -x
    return x * x                    else:
                                        value = x * x
                                    return value

Where the structure allows, what follows an exit becomes the other branch. Where it does not (an
exit from a loop, or from a part of a branch) a flag says that it was taken. Loops that can end
early count their iterations, so that the backward part can run the same ones in reverse.

Invariants afterwards: `Return` only as the last statement of the function; no `other` on loops;
each `Break` comes after its loop's flag was set; a loop with a `Break`, and every `While`, counts.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from s2sad.ir.bindings import bound_by
from s2sad.ir.flow import statements, targets_of
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
    Expr,
    For,
    Function,
    Guard,
    Invoke,
    Opaque,
    Ref,
    Return,
    Select,
    Stmt,
    Target,
    Unpack,
    Var,
    Verbatim,
    While,
    walk,
)
from s2sad.tidy.dead import without_dead


@dataclass
class _Loop:
    """The loop that a statement stands in, and a flag for each way to leave it."""

    flags: list[Var] = field(default_factory=list)

    def leave(self) -> Block:
        """The statements that leave the loop."""
        self.flags.append(Var("broke"))
        return [_set(self.flags[-1]), Break()]


class _Exits:
    def __init__(self, iterators: set[Var]) -> None:
        self.iterators = iterators
        self.value = Var("value")
        self.returned = Var("returned")
        self.flagged = False
        self.guards: set[Var] = set()

    def block(self, block: Block, loop: _Loop | None) -> Block:
        """The structured form of a block, and of what follows an exit inside it."""
        result: Block = []
        for position, statement in enumerate(block):
            rest = block[position + 1 :]
            match statement:
                case Return():
                    result += self._return(statement, loop)
                    return result
                case Break():
                    assert loop is not None
                    return [*result, *loop.leave()[:1], statement]
                case Continue():
                    return [*result, statement]
                case Branch() if not _exits(statement):
                    then, other = self.block(statement.then, loop), self.block(
                        statement.other, loop
                    )
                    result.append(replace(statement, then=then, other=other))
                case Branch():
                    return [*result, *self._branch(statement, rest, loop)]
                case For() | While():
                    made, after = self._loop(statement)
                    result += made
                    if _returns(statement.body):
                        return [*result, *self._unless(self.returned, [*after, *rest], loop)]
                    if after:
                        return [*result, *self.block([*after, *rest], loop)]
                case Context():
                    result.append(replace(statement, body=self.block(statement.body, loop)))
                    if _returns(statement.body):
                        return [*result, *self._unless(self.returned, rest, loop)]
                case _:
                    result.append(statement)
        return result

    def _return(self, statement: Return, loop: _Loop | None) -> Block:
        value = Const(None) if statement.value is None else statement.value
        block: Block = [Assign((self.value,), value, origin=statement.origin)]
        if self.flagged or loop is not None:
            self.flagged = True
            block.append(_set(self.returned))
        if loop is not None:
            block += loop.leave()
        return block

    def _branch(self, branch: Branch, rest: Block, loop: _Loop | None) -> Block:
        then_leaves, other_leaves = _always(branch.then), _always(branch.other)
        if then_leaves and other_leaves:
            rest = []
        if then_leaves or other_leaves or not rest:
            then = [*branch.then, *([] if then_leaves else rest)]
            other = [*branch.other, *([] if other_leaves else rest)]
            structured = self.block(then, loop), self.block(other, loop)
            flat = not branch.other and then_leaves and loop is not None
            return [replace(branch, then=structured[0], other=structured[1], flat=flat)]
        # Some paths leave and some go on: a flag tells them apart.
        self._flag_returns(branch)
        known = len(loop.flags) if loop is not None else 0
        then, other = self.block(branch.then, loop), self.block(branch.other, loop)
        head = replace(branch, then=then, other=other)
        if loop is None:
            return [head, *self._unless(self.returned, rest, None)]
        if _continues(branch):
            skipped = Var("skipped")
            head = replace(branch, then=_mark(then, skipped), other=_mark(other, skipped))
            left = (skipped, *loop.flags[known:])
            guard = Guard(left, self.block(rest, loop))
            return [Assign((skipped,), Const(False)), head, guard]
        left = tuple(loop.flags[known:])
        return [head, Guard(left, self.block(rest, loop))]

    def _flag_returns(self, branch: Branch) -> None:
        if _returns([branch]):
            self.flagged = True

    def _loop(self, loop: For | While) -> tuple[Block, Block]:
        """The structured loop, and what its `else` is: statements after it."""
        inner = _Loop()
        if _returns(loop.body):
            self.flagged = True
        body = self.block(loop.body, inner)
        before: Block = []
        after: Block = []
        before += [Assign((flag,), Const(False)) for flag in inner.flags]
        if loop.other:
            after = loop.other
            if inner.flags:
                after = [Branch(none_of(inner.flags), after, [])]
        count = None
        if inner.flags or isinstance(loop, While) or one_shot(loop.iterable, self.iterators):
            count = Var("iterations")
            before.append(Assign((count,), Const(0)))
            one = Apply("add", (Ref(count), Const(1)), (), "infix", "+")
            body = [Assign((count,), one, "add"), *body]
        return [*before, replace(loop, body=body, other=[], count=count)], after

    def _unless(self, flag: Var, rest: Block, loop: _Loop | None) -> Block:
        """What runs after statements that may have returned."""
        if loop is not None:
            leave = loop.leave()
            inner = self.block(rest, loop)
            return [Branch(Ref(flag), leave, inner, flat=True)]
        if not rest:
            return []
        return [Branch(_not(flag), self.block(rest, loop), [])]


def structure_exits(function: Function) -> Function:
    """A function with one return at its end; the same object when it has that form already."""
    body = _own_targets(function.body)
    if body is not function.body:
        function = copy.copy(function)
        function.body = body
    iterators = used_up(function.body)
    if function.body and not _needs(function.body, iterators):
        return function
    exits = _Exits(iterators)
    exits.flagged = _partial(function.body)
    body = exits.block(function.body, None)
    if (
        not function.body
        or not isinstance(function.body[-1], Return)
        or _returns(function.body[:-1])
    ):
        body = [*body, Return(Ref(exits.value))]
    else:
        last = body.pop()
        assert isinstance(last, Assign)
        body.append(function.body[-1])
    if exits.flagged:
        body = [Assign((exits.returned,), Const(False)), *body]
    if not _always(function.body) and _returns(function.body):
        body = [Assign((exits.value,), Const(None)), *body]
    if not _returns(function.body):
        body = [*body[:-1], Return(None)]
    body = without_dead(body, set(), {}, lambda var: var is exits.returned)
    return Function(
        function.name,
        function.params,
        body,
        function.doc,
        function.globals,
        function.names,
        function.module,
        function.origin,
    )


def used_up(body: Block, unknown: bool = True) -> set[Var]:
    """The variables that hold an iterator, which can be run over once; those too that hold what is
    `unknown`."""
    found: set[Var] = set()
    for statement in body:
        if isinstance(statement, Assign) and isinstance(statement.targets[0], Var):
            value = statement.value
            given = isinstance(value, Invoke) and gives_iterator(value.callee.function)
            if given or is_iterator(value) or (unknown and isinstance(value, Opaque)):
                found.add(statement.targets[0])
        for inner in _inner(statement):
            found |= used_up(inner, unknown)
    return found


def is_iterator(value: Expr) -> bool:
    """Whether a value can certainly be run over once only."""
    match value:
        case Each():
            return value.kind == "generator"
        case Apply(op):
            return op.startswith("itertools.") or op in _ITERATORS
    return False


_ITERATORS = {f"builtins.{n}" for n in ("iter", "map", "filter", "zip", "enumerate", "reversed")}


def gives_iterator(function: Function | None) -> bool:
    """Whether a function, once it was read, returns what can be run over once only."""
    names: set[Var] = set()
    returned: list[Expr] = []
    for statement in statements(function.body) if function is not None else ():
        match statement:
            case Assign((Var() as var,), value) if is_iterator(value):
                names.add(var)
            case Return(value) if value is not None:
                returned.append(value)
    return any(is_iterator(v) or isinstance(v, Ref) and v.var in names for v in returned)


def one_shot(iterable: Expr, iterators: set[Var]) -> bool:
    """Whether an iterable may be used up by running over it once."""
    for part in walk(iterable):
        match part:
            case Ref(var) if var in iterators:
                return True
            case Opaque() if not part.pure or part.parts:
                return True
            case Each(kind="generator") | Invoke():
                return True
            case Apply(op) if part.form == "call" and not _runs_again(op):
                return True
    return False


def _runs_again(op: str) -> bool:
    """Whether what a library function gives can be run over as often as one likes."""
    root = op.partition(".")[0]
    known = root == op or root in ("numpy", "math", "builtins", "dict", "tqdm", "s2sad", "scipy")
    used_up = ("iter", "map", "filter", "next", "open", "input")
    return known and op not in {f"builtins.{name}" for name in used_up}


def _set(flag: Var) -> Stmt:
    return Assign((flag,), Const(True))


def _own_targets(block: Block) -> Block:
    """A block in which no loop's body gives the loop's target another value.

    for k in items:             for k_item in items:
        k = k * x       ->          k = k_item
                                    k = k * x
    """
    changed = False
    result: Block = []
    for statement in block:
        new = _with_own_target(statement)
        changed = changed or new is not statement
        result.append(new)
    return result if changed else block


def _with_own_target(statement: Stmt) -> Stmt:
    match statement:
        case Branch():
            then, other = _own_targets(statement.then), _own_targets(statement.other)
            if then is statement.then and other is statement.other:
                return statement
            return replace(statement, then=then, other=other)
        case Context():
            body = _own_targets(statement.body)
            return statement if body is statement.body else replace(statement, body=body)
        case For() | While():
            body, other = _own_targets(statement.body), _own_targets(statement.other)
            if body is not statement.body or other is not statement.other:
                statement = replace(statement, body=body, other=other)
            return statement if isinstance(statement, While) else _with_own_items(statement)
    return statement


def _with_own_items(loop: For) -> For:
    bound = {v for s in loop.body for v in bound_by(s)}
    renamed = {v: Var(f"{v.hint}_item") for v in targets_of(loop.target) if v in bound}
    if not renamed:
        return loop
    first: Block = [Assign((old,), Ref(new)) for old, new in renamed.items()]
    target = _renamed_target(loop.target, renamed)
    return replace(loop, target=target, body=[*first, *loop.body])


def _renamed_target(target: Target, renamed: dict[Var, Var]) -> Target:
    match target:
        case Var():
            return renamed.get(target, target)
        case Unpack(targets, star):
            return Unpack(tuple(_renamed_target(t, renamed) for t in targets), star)
    return target


def none_of(flags: Sequence[Var]) -> Expr:
    """The test that no flag is set."""
    test: Expr = Ref(flags[0])
    for flag in flags[1:]:
        test = Select(test, test, Ref(flag), "or")
    return Apply("not", (test,), (), "prefix", "not")


def _not(flag: Var) -> Apply:
    return Apply("not", (Ref(flag),), (), "prefix", "not")


def _needs(block: Block, iterators: set[Var]) -> bool:
    """Whether a function body has an exit before its end, or a loop that can end early."""
    return not isinstance(block[-1], Return) or _returns(block[:-1]) or _early(block, iterators)


def _early(block: Block, iterators: set[Var]) -> bool:
    """Whether a loop stands in a block that has to count its iterations."""
    for statement in block:
        if isinstance(statement, While | Break | Continue):
            return True
        if isinstance(statement, For) and (
            statement.other or one_shot(statement.iterable, iterators)
        ):
            return True
        if any(_early(inner, iterators) for inner in _inner(statement)):
            return True
    return False


def _inner(statement: Stmt) -> list[Block]:
    match statement:
        case Branch():
            return [statement.then, statement.other]
        case For() | While():
            return [statement.body, statement.other]
        case Context() | Guard():
            return [statement.body]
    return []


def _returns(block: Block) -> bool:
    """Whether a return stands anywhere in a block."""
    return any(isinstance(s, Return) or any(_returns(inner) for inner in _inner(s)) for s in block)


def _exits(statement: Branch) -> bool:
    """Whether a branch holds an exit of the function or of the loop around it."""
    return _returns([statement]) or _leaves_loop(statement) or _continues(statement)


def _own(statement: Stmt, kind: type) -> bool:
    """Whether a break or continue of the loop around stands in a statement."""
    if isinstance(statement, kind):
        return True
    if isinstance(statement, For | While):
        return any(_own(s, kind) for s in statement.other)
    return any(_own(s, kind) for inner in _inner(statement) for s in inner)


def _leaves_loop(statement: Stmt) -> bool:
    return _own(statement, Break) or _returns([statement])


def _continues(statement: Stmt) -> bool:
    return _own(statement, Continue)


def _always(block: Block) -> bool:
    """Whether control never reaches the end of a block."""
    if not block:
        return False
    last = block[-1]
    if isinstance(last, Return | Break | Continue):
        return True
    if isinstance(last, Verbatim):
        return last.leaves
    if isinstance(last, Context):
        return _always(last.body)
    if isinstance(last, While) and isinstance(last.test, Const) and last.test.value is True:
        return not any(_own(s, Break) for s in last.body)
    return isinstance(last, Branch) and _always(last.then) and _always(last.other)


def _partial(block: Block) -> bool:
    """Whether some branch returns on a part of its paths only, or a loop returns."""
    for position, statement in enumerate(block):
        if isinstance(statement, For | While | Context) and _returns([statement]):
            return True
        if isinstance(statement, Branch) and _returns([statement]):
            arms = (statement.then, statement.other)
            if any(_partial(arm) for arm in arms):
                return True
            rest = block[position + 1 :]
            if rest and not any(_always(arm) for arm in arms):
                return True
            if any(_returns(arm) and not _always(arm) for arm in arms) and rest:
                return True
    return False


def _mark(block: Block, flag: Var) -> Block:
    """A block whose continue statements set a flag first."""
    result: Block = []
    for statement in block:
        match statement:
            case Continue():
                result += [_set(flag), statement]
            case Branch():
                then, other = _mark(statement.then, flag), _mark(statement.other, flag)
                result.append(replace(statement, then=then, other=other))
            case Context() | Guard():
                result.append(replace(statement, body=_mark(statement.body, flag)))
            case _:
                result.append(statement)
    return result
