"""Which forward values the backward part refers to, and how each is had there.

A value that stands in a variable is read from it. One that is cheap is computed again. Any other is
given a name in the forward part (*extracted*), and is then a variable like the others.

    np.exp(-z * z) + s     ->     exp_z = np.exp(-z * z)     (the backward part reads exp_z)
                                  exp_z + s
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from s2sad.analysis.facts import Facts
from s2sad.analysis.types import is_integral, is_scalar
from s2sad.derive.own_rules import is_own
from s2sad.ir.bindings import CALLS_THAT_WRITE
from s2sad.ir.nodes import (
    Apply,
    Assign,
    Block,
    Branch,
    Const,
    Context,
    Each,
    Evaluate,
    Expr,
    For,
    Guard,
    Invoke,
    Make,
    Opaque,
    Place,
    Ref,
    Return,
    Select,
    Slice,
    Stmt,
    Unpack,
    Value,
    Var,
    While,
    children,
    walk,
)
from s2sad.tidy.naming import describe

FREE, CHEAP, MODERATE, DEAR, NEVER = 0, 1, 3, 20, 1000
"""What computing an operator again costs, in units of one pass over an array."""
DEAR_IN_LOOPS = 8
"""In a loop each value that is kept is kept for all iterations: what costs no more is repeated."""

_FREE = {
    "getitem", "getattr", "numpy.transpose", "numpy.shape", "numpy.size", "numpy.ndim",
    "builtins.len", "builtins.range", "numpy.reshape", "numpy.ravel", "attribute.dtype",
    "builtins.zip", "builtins.list", "builtins.tuple", "builtins.enumerate", "builtins.reversed",
    "dict.items", "dict.values", "dict.keys", "numpy.expand_dims", "numpy.squeeze",
    "numpy.swapaxes", "numpy.moveaxis",
}  # fmt: skip


def written_place(statement: Stmt) -> Expr | None:
    """What `a[i] *= e` reads: the place that it writes, which no other name can stand for."""
    if isinstance(statement, Assign) and statement.augmented is not None:
        if isinstance(statement.value, Apply):
            return statement.value.args[0]
    return None


class Homes:
    """Where each expression of the forward part stands: its statement, whether it may be taken out
    of it, and how many loops are around it; and the variable, or the place in an array, that an
    assigned value goes to. `holds` says that a place holds it as it is."""

    def __init__(self, body: Block, holds: Callable[[Assign], bool]) -> None:
        self.holds = holds
        self.place: dict[Expr, Place] = {}
        self.statement: dict[Expr, Stmt] = {}
        self.movable: dict[Expr, bool] = {}
        self.depth: dict[Expr, int] = {}
        self.variable: dict[Expr, Var] = {}
        self._block(body, 0)

    def _block(self, block: Block, depth: int) -> None:
        for statement in block:
            match statement:
                case Assign():
                    self._note(statement.value, statement, True, depth)
                    self._targets(statement)
                    if (place := written_place(statement)) is not None:
                        self.movable[place] = False
                case Evaluate():
                    self._note(statement.value, statement, True, depth)
                case Return():
                    if statement.value is not None:
                        self._note(statement.value, statement, True, depth)
                case Branch():
                    self._note(statement.test, statement, True, depth)
                    self._block(statement.then, depth)
                    self._block(statement.other, depth)
                case For():
                    self._note(statement.iterable, statement, True, depth)
                    self.movable[statement.iterable] = False
                    self._block(statement.body, depth + 1)
                case While():
                    self._note(statement.test, statement, False, depth)
                    self._block(statement.body, depth + 1)
                case Context() | Guard():
                    self._block(statement.body, depth)

    def _targets(self, statement: Assign) -> None:
        if statement.embedded:
            return
        for target in statement.targets:
            if isinstance(target, Var):
                self.variable[statement.value] = target
                if isinstance(statement.value, Apply) and statement.value.op.startswith("s2sad."):
                    self.variable[statement.value.args[0]] = target  # markers return what they take
            elif isinstance(target, Place) and len(statement.targets) == 1:
                if self.holds(statement):
                    self.place[statement.value] = target
            elif isinstance(target, Unpack) and isinstance(statement.value, Make):
                if len(statement.value.items) == len(target.targets) and target.star is None:
                    for part, item in zip(target.targets, statement.value.items, strict=True):
                        if isinstance(part, Var):
                            self.variable[item] = part

    def _note(self, expr: Expr, statement: Stmt, movable: bool, depth: int) -> None:
        stack = [(expr, movable)]
        while stack:
            node, free = stack.pop()
            self.statement[node] = statement
            self.movable[node] = free
            self.depth[node] = depth
            match node:
                case Select():
                    stack.append((node.test, free))
                    for arm in (node.then, node.other):
                        if arm is not node.test:
                            stack.append((arm, False))
                case Each():
                    stack.append((node.iterable, free))
                    for inner in children(node):
                        if inner is not node.iterable:
                            stack.append((inner, False))
                case Opaque():
                    stack += [(inner, False) for inner in children(node)]
                case _:
                    stack += [(inner, free) for inner in children(node)]


def cost(node: Expr, facts: Facts) -> int:
    """What it costs to compute a value again from the variables that it reads."""
    total = 0
    stack = [node]
    while stack and total < NEVER:
        part = stack.pop()
        total += _own_cost(part, facts)
        stack.extend(children(part))
    return total


def _own_cost(node: Expr, facts: Facts) -> int:
    match node:
        case Ref(var):
            return NEVER if var in facts.iterators else FREE
        case Const() | Slice() | Value() | Make():
            return FREE
        case Apply(op):
            if op in CALLS_THAT_WRITE:
                return NEVER
            if node.form == "name" or op in _FREE or op.startswith("s2sad."):
                return FREE
            if is_integral(facts.type_of(node)):
                return CHEAP
            found = facts.rule_of(node)
            if found is None:
                return NEVER if not op.startswith(("numpy.", "math.", "builtins.")) else DEAR
            if is_own(op):
                return DEAR
            rule = found[0]
            if rule.view is not None:
                return FREE
            if rule.kind != "elementwise" and not rule.zero:
                return DEAR
            if op.startswith(("numpy.random", "builtins.input")):
                return NEVER
            if node.form in ("infix", "prefix") and op != "pow":
                return CHEAP
            return CHEAP + 1 if is_scalar(facts.type_of(node)) else MODERATE
        case Select():
            return CHEAP
        case Opaque(inert=True, pure=True):
            return FREE
        case Opaque():
            return FREE if node.pure and not node.parts else NEVER if not node.pure else DEAR
        case Invoke() | Each():
            return DEAR


def is_arithmetic(node: Expr, facts: Facts) -> bool:
    """Whether a value takes indices and the four operations, and no function of them."""
    return all(_own_cost(part, facts) <= CHEAP for part in walk(node))


def passes(node: Expr, facts: Facts) -> int:
    """What it costs, but for the indices in it, of which each is one number."""
    found = [part for part in walk(node) if not _is_index(part, facts)]
    return sum(_own_cost(part, facts) for part in found)


def _is_index(node: Expr, facts: Facts) -> bool:
    kind = facts.type_of(node)
    return is_integral(kind) and is_scalar(kind)


def can_repeat(node: Expr, facts: Facts) -> bool:
    """Whether computing a value again gives the same and shows no effect."""
    return cost(node, facts) < NEVER


def extract_or_repeat(node: Expr, homes: Homes, facts: Facts) -> bool:
    """Whether a value is to be given a name in the forward part; else it is computed again."""
    if not homes.movable.get(node, False):
        return False
    price = cost(node, facts)
    if price >= NEVER:
        return True
    return price > (DEAR_IN_LOOPS if homes.depth.get(node, 0) else CHEAP + 1)


def values_in(expr: Any) -> Iterator[Value]:
    """The references to forward values in an expression of the backward part."""
    stack = [expr]
    while stack:
        node = stack.pop()
        if isinstance(node, Value):
            yield node
        else:
            stack.extend(children(node))


def hint_for(node: Expr) -> str:
    """What an extracted value is called."""
    return describe(node)
