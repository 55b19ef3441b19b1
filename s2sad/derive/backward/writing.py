"""A write whose adjoint is under way, and what the rule of its operator says of it.

y[i] = e          the place is y[i]; its adjoint d_y[i] is taken, and 0.0 takes its place
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from s2sad.derive.adjoints import Slot
from s2sad.derive.instantiate import as_value, instantiate
from s2sad.derive.rules import rules
from s2sad.derive.templates import Rule
from s2sad.derive.values import written_place
from s2sad.ir.nodes import Apply, Assign, Expr, Place, Stmt, Var


@dataclass
class Writing:
    """A write: where it goes, and the rule of the operator. `adjoint` writes the view of the
    adjoint that it goes through; `is_cleared` says that the adjoint of the place is read again."""

    statement: Stmt
    base: Expr
    rule: Rule
    bound: dict[str, Expr]
    slot: Slot
    adjoint: Callable[[], Expr]
    is_cleared: bool

    def places(self) -> dict[Var, Expr]:
        """What stands for the names of the rule."""
        rule = self.rule
        places = {rule.place(n): as_value(e) for n, e in self.bound.items()}
        places[rule.place(f"d_{rule.operands[0].name}")] = self.adjoint()
        for name, expr in rule.temporaries:
            places[rule.place(name)] = instantiate(expr, places)
        return places

    def taken(self) -> Expr:
        """The adjoint of the place that was written to."""
        name = value_name(self.rule)
        line = next(c for c in self.rule.contributions if c.operand == name)
        assert line.value is not None
        return instantiate(line.value, self.places())

    def node(self) -> Expr:
        """A forward expression of the shape of the place."""
        key = self.bound.get("key")
        place = written_place(self.statement)
        if isinstance(place, Apply) and place.op == "getitem" and key is self._own_key():
            return place
        if key is None:
            cleared = next(c.key for c in self.rule.contributions if c.how == "clear")
            assert cleared is not None
            key = instantiate(cleared, self.places())
        return Apply("getitem", (self.base, key), (), "index")

    def _own_key(self) -> Expr | str | None:
        """The index that the statement itself writes to, of an array and not of what holds it."""
        target = self.statement.targets[0] if isinstance(self.statement, Assign) else None
        return target.key if isinstance(target, Place) else None

    def cleared(self) -> tuple[Expr, Expr] | None:
        """The place whose adjoint is cleared and what it becomes, where anything reads it again."""
        clears = [c for c in self.rule.contributions if c.how == "clear"]
        if not clears or not self.is_cleared:
            return None
        places = self.places()
        assert clears[0].key is not None and clears[0].value is not None
        return instantiate(clears[0].key, places), instantiate(clears[0].value, places)


def is_write(node: Apply) -> bool:
    """Whether a call writes into its first argument, by a rule."""
    return any(rule.writes for rule in rules().get(node.op, ()))


def value_name(rule: Rule) -> str:
    """The operand that is written."""
    return rule.operands[1].name
