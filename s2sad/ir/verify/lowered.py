"""What holds of a lowered program: each expression stands once, targets are legal."""

from __future__ import annotations

from collections.abc import Iterator

from s2sad.ir.flow import expressions, statements, targets
from s2sad.ir.nodes import Assign, Const, Expr, Place, Ref, Select, Unpack, Var, Verbatim, children
from s2sad.ir.printer import Printer
from s2sad.ir.verify.invariants import Fault, Subject, invariant


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
