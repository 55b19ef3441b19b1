"""Loops whose memory grows with the square root of their length.

The forward part of `for i in checkpointed(range(n))` keeps the state of the loop at the beginning
of each block of iterations. On the way back each block, the last one first, is run again from
there, with the traces of one block:

    for block in in_blocks(range(n)):        for block in reversed(in_blocks(range(n))):
        x_checkpoints.append(x)                  x = x_checkpoints.pop()
        for i in block:                          x_trace = []
            x = np.sin(x)                        for i in block:
                                                     x_trace.append(x)
                                                     x = np.sin(x)
                                                 for i in reversed(block):
                                                     x = x_trace.pop()
                                                     d_x = d_x * np.cos(x)

The *state* is what an iteration may read of what earlier ones gave a value to: variables, and the
contents of arrays that the loop writes into. An array that has other names is kept as itself and as
a copy of its contents, so that all names find both again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from s2sad.analysis.types import Array, Unknown, is_number
from s2sad.derive.broadcasting import call
from s2sad.derive.effects import is_harmless
from s2sad.derive.memory.known import Known
from s2sad.derive.values import can_repeat
from s2sad.errors import S2SADError
from s2sad.ir.bindings import CALLS_THAT_WRITE, bound_by, is_exchange
from s2sad.ir.flow import Defined, Walk, expressions, reads, statements
from s2sad.ir.nodes import (
    Apply,
    Assign,
    Block,
    Branch,
    Break,
    Const,
    Context,
    Evaluate,
    Expr,
    For,
    Function,
    Guard,
    Invoke,
    Make,
    Origin,
    Place,
    Ref,
    Stmt,
    Unpack,
    Var,
    Verbatim,
    While,
    walk,
)

MARKER = "s2sad.checkpointed"


def is_checkpointed(loop: Stmt) -> bool:
    """Whether a loop is marked with `checkpointed`."""
    return isinstance(loop, For) and any(
        isinstance(node, Apply) and node.op == MARKER for node in walk(loop.iterable)
    )


@dataclass(frozen=True)
class State:
    """A variable of the state of a loop, and the list on which it is kept. `how` says what is kept:
    the `value`; a `copy` that takes its place; the `contents`, which are put back; or `both`, the
    array and its contents."""

    var: Var
    how: str
    checkpoints: Var


# ---------------------------------------------------------------- what is refused


def refusals(
    loop: For, program: Any, facts: Any, shadows: Any, changed: Collection[Var]
) -> Iterator[S2SADError]:
    """Why the iterations of a loop cannot be run again in blocks; `changed` are the lists and the
    like that it writes into."""
    match loop.iterable:
        case Apply(op, (Apply("builtins.range"),)) if op == MARKER:
            over_range = True
        case _:
            over_range = False
    if not over_range:
        yield _refusal(
            loop.iterable,
            "a checkpointed loop runs over a range",
            "Write `for i in checkpointed(range(n))`, and take elements by index.",
        )
    if loop.count is not None or any(_leaves(s) for s in loop.body):
        yield _refusal(
            loop.iterable,
            "cannot checkpoint a loop that may end early",
            "Run it to its end, or leave checkpointed() out.",
        )
    for var in dict.fromkeys(changed):
        yield _refusal(
            loop.iterable,
            f"cannot checkpoint a loop that changes the object {var.hint}",
            "Write into an array that is made before the loop, or leave checkpointed() out.",
        )
    yield from _of_shadows(loop, shadows)
    for statement in statements(loop.body):
        found = _impure(statement, program, facts, True)
        if found is not None:
            yield _refusal(
                found,
                "cannot run this again, as a checkpointed loop does",
                "Take it out of the loop (draw random numbers before it), or leave "
                "checkpointed() out.",
            )


def _of_shadows(loop: For, shadows: Any) -> Iterator[S2SADError]:
    """The shadows that a loop binds are not kept. Names that trade places do so once; views of
    other shadows are bound again; what is made in the loop would be made twice."""
    bound = {v for s in statements(loop.body) for v in bound_by(s)}
    followers = [f for s in statements(loop.body) for f in shadows.follow.get(s, ())]
    others = [f for f in followers if not is_exchange(f)]
    made = any(isinstance(n, Apply) and n.op == "numpy.zeros_like"
               for f in others for e in expressions(f) for n in walk(e))  # fmt: skip
    names = [v.hint for v, shadow in shadows.of.items() if shadow in bound]
    carried = exposed(loop, bound) & {v for f in others for v in bound_by(f)}
    if made or carried or (others and len(others) < len(followers)):
        yield _refusal(
            loop.iterable,
            f"cannot checkpoint a loop in which {', '.join(names)} become other arrays that are "
            "written into",
            "Write into arrays that are made before the loop, or leave checkpointed() out.",
        )


def _leaves(statement: Stmt) -> bool:
    match statement:
        case Break():
            return True
        case Branch():
            return any(map(_leaves, (*statement.then, *statement.other)))
        case Context() | Guard():
            return any(map(_leaves, statement.body))
    return False


_IMPURE = ("numpy.random", "random.", "time.", "builtins.input", "builtins.next", "builtins.open")


def _impure(statement: Stmt, program: Any, facts: Any, shown: bool) -> Any | None:
    """What must not be done again in a statement. Where it is `shown`, what only shows something
    is left out when the loop is run again."""
    if isinstance(statement, Verbatim):
        return None if statement.pure and not statement.mutates else statement
    if isinstance(statement, Evaluate) and shown and shows_only(statement, facts):
        return None
    for expr in expressions(statement):
        for node in walk(expr):
            if isinstance(node, Invoke):
                callee: Function = program.function(node.callee)
                if any(_of_callee(callee, program, facts, set())):
                    return node
            elif isinstance(node, Apply) and (
                node.op.startswith(_IMPURE)
                or (not node.op.startswith("s2sad.") and node.op not in CALLS_THAT_WRITE
                    and node.form == "call" and not can_repeat(node, facts)
                    and facts.rule_of(node) is None)
            ):  # fmt: skip
                return node
            elif not isinstance(node, Apply) and getattr(node, "pure", True) is False:
                return node
    return None


def _of_callee(function: Function, program: Any, facts: Any, seen: set[Function]) -> Iterator[bool]:
    if function in seen:
        return
    seen.add(function)
    for statement in statements(function.body):
        yield _impure(statement, program, facts, False) is not None


def shows_only(statement: Stmt, facts: Any) -> bool:
    """Whether a statement prints, logs or documents, and changes nothing that is computed with."""
    if not isinstance(statement, Evaluate):
        return False
    value = statement.value
    if isinstance(value, Apply):
        return value.op.startswith(("builtins.print", "logging.", "warnings."))
    return isinstance(value, Const) or (not isinstance(value, Invoke) and is_harmless(value, facts))


def _refusal(node: Any, message: str, advice: str) -> S2SADError:
    origin = getattr(node, "origin", None)
    location = None if origin is None else origin.module.location(origin.node)
    return S2SADError("S2S020", message, location, advice)


# ---------------------------------------------------------------- the state


def exposed(loop: For, bound: Collection[Var]) -> set[Var]:
    """The variables among these that an iteration may read before it gives them a value."""
    mentioned = {v for s in statements(loop.body) for e in expressions(s) for v in reads(e)}
    found = Walk(Defined([*(mentioned - set(bound)), *_targets(loop)]))
    found.exits.append((0, []))
    found.block(loop.body, loop.body)
    return {var for _, var in found.undefined}


def _targets(loop: For) -> Iterator[Var]:
    return (v for v in bound_by(replace(loop, body=[])))


def state_of(
    loop: For, carried: Iterable[Var], defined: Collection[Var], known: Known
) -> list[State]:
    """The state of a loop that carries these variables; `defined` have a value before it."""
    regions = known.regions
    carried = list(carried)
    rebound = set(known.bound_inside(loop))
    bases: dict[Var, list[Var]] = {}
    for statement in statements(loop.body):
        for write in regions.writes.get(statement, []):
            for var, _ in regions.aliases(write.base):
                bases.setdefault(regions.of(var), []).append(var)
    alive = {v for v in defined if v not in rebound} | set(carried)
    contents: dict[Var, None] = {}
    for region, found in bases.items():
        members = [v for v in regions.members(region) if v in alive and known.is_array(v)]
        if all(v in alive for v in found):
            members = [v for v in members if v in found]
        contents |= dict.fromkeys(members)
    state = []
    for var in dict.fromkeys((*carried, *contents)):
        kind = known.facts.bindings.get(var)
        if is_number(kind) or not regions.knows(var) or not regions.is_written(var):
            how = "value"
        elif var not in rebound:
            how = "contents"
        else:
            how = "both" if regions.is_shared(var) else "copy"
        state.append(State(var, how, Var(f"{var.hint}_checkpoints")))
    return state


# ---------------------------------------------------------------- statements


def kept(state: State, value: Expr) -> tuple[Stmt, Block]:
    """The statement that keeps a variable of the state, and those that bring it back."""
    var, trace = state.var, state.checkpoints
    what = Make("tuple", (Ref(var), value)) if state.how == "both" else value
    save = Evaluate(Apply("list.append", (Ref(trace), what), (), "method", "append"))
    pop = Apply("list.pop", (Ref(trace),), (), "method", "pop")
    whole = Place(Ref(var), Const(...))
    if state.how == "contents":
        return save, [Assign((whole,), pop)]
    if state.how == "both":
        contents = Var(f"{var.hint}_contents")
        both = Assign((Unpack((var, contents)),), pop)
        return save, [both, Assign((whole,), Ref(contents))]
    return save, [Assign((var,), pop)]


def without(block: Block, left_out: Collection[Stmt]) -> Block:
    """A block without some statements."""
    found: Block = []
    for statement in block:
        if statement in left_out:
            continue
        match statement:
            case Branch():
                then, other = without(statement.then, left_out), without(statement.other, left_out)
                found.append(replace(statement, then=then, other=other))
            case For() | While() | Context() | Guard():
                found.append(replace(statement, body=without(statement.body, left_out)))
            case _:
                found.append(statement)
    return found


def again(block: Block, left_out: Collection[Stmt], facts: Any) -> Block:
    """The statements of a block to be run a second time: without comments, without those that are
    left out and those that only show something."""
    found: Block = []
    for statement in block:
        if statement in left_out or shows_only(statement, facts):
            continue
        match statement:
            case Branch():
                then = again(statement.then, left_out, facts)
                other = again(statement.other, left_out, facts)
                statement = replace(statement, then=then, other=other)
            case For() | While() | Context() | Guard():
                statement = replace(statement, body=again(statement.body, left_out, facts))
        origin = getattr(statement, "origin", None)
        if origin is not None and hasattr(origin.node, "leading_lines"):
            bare = Origin(origin.node.with_changes(leading_lines=()), origin.module)
            statement = replace(statement, origin=bare)
        else:
            statement = replace(statement)
        found.append(statement)
    return found


def blocks_of(iterable: Expr, weight: int) -> Expr:
    """The blocks of a range. A checkpoint has the memory of the traces of `weight` steps."""
    more = (Const(weight),) if weight > 1 else ()
    return call("helper.in_blocks", iterable, *more, text="in_blocks")


def weight_of(state: Iterable[State], traced: Iterable[Any], known: Known) -> int:
    """How many arrays a checkpoint has for each array that an iteration remembers."""
    arrays = (Array, Unknown)
    kept = [known.facts.bindings.get(s.var) for s in state]
    large = [k for k in kept if isinstance(k, arrays) and not is_number(k)]
    traces = [k for k in traced if isinstance(k, arrays) and not is_number(k)]
    return max(1, round(len(large) / max(1, len(traces))))
