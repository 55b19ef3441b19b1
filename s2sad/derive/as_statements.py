"""Choices and comprehensions as branches and loops, where a tangent needs statements of its own.

    y = [f(x) for x in xs]      y, dot_y = [], []
                                for x, dot_x in zip(xs, dot_xs, strict=True):
                                    item, dot_item = f_jvp(x, dot_x)
                                    ...

That is where a function of the user's is called inside one, whose value and tangent come together,
and where a choice gives an array that is written later, or a new one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from s2sad.ir.flow import expressions, targets_of
from s2sad.ir.nodes import (
    Apply,
    Assign,
    Block,
    Branch,
    Each,
    Evaluate,
    Expr,
    For,
    Invoke,
    Make,
    Opaque,
    Place,
    Ref,
    Return,
    Select,
    Stmt,
    Var,
    children,
    walk,
)
from s2sad.tidy.naming import describe

if TYPE_CHECKING:
    from s2sad.derive.forward import Forward


class AsStatements:
    """Writes expressions out as statements, for one sweep."""

    def __init__(self, sweep: Forward) -> None:
        self.sweep = sweep
        self.facts = sweep.facts
        self.mirrored = sweep.mirrored

    def found_in(self, statement: Stmt) -> Iterator[Expr]:
        """The choices and comprehensions inside which something has to be called for its tangent:
        they become branches and loops."""
        if not isinstance(statement, Assign | Return | Evaluate):
            return
        for root in expressions(statement):
            stack = [root]
            while stack:
                node = stack.pop()
                if isinstance(node, Select | Each) and self.sweep.is_varied(node):
                    if self._calls(node) or self._mixes(node, statement):
                        yield node
                        continue
                if not isinstance(node, Select | Each):
                    stack += children(node)

    def _mixes(self, node: Expr, statement: Stmt) -> bool:
        """Whether a choice may give a mirrored variable a new array, or one that is not."""
        return (
            isinstance(node, Select)
            and isinstance(statement, Assign)
            and any(t in self.mirrored for t in statement.targets)
            and not all(self.mirrored.roots(arm) for arm in (node.then, node.other))
        )

    def _calls(self, node: Expr) -> bool:
        return any(
            isinstance(part, Invoke) and self.sweep.gives_tangent(part)
            or isinstance(part, Opaque) and not part.pure and not part.inert
            for part in walk(node)
        )  # fmt: skip

    def written(self, node: Expr, statement: Stmt) -> Block:
        """The statements that give a choice or a comprehension in a statement a name."""
        if node in self.sweep.placing.replaced:
            return []
        hint = describe(node) if not isinstance(node, Each) else "items"
        var, _ = self.sweep.taken_out.setdefault(node, (Var(hint), Var("item")))
        self.facts.bindings[var] = self.facts.type_of(node)
        self.sweep.varied.add(var)
        if self.mirrored.roots(node) or self._mixes(node, statement):
            self.mirrored.add(var)
        ref = Ref(var)
        self.facts.types[ref] = self.facts.type_of(node)
        self.facts.varied.add(ref)
        block: Block
        if isinstance(node, Select):
            block = [self._as_branch(node, var)]
        else:
            assert isinstance(node, Each)
            block = self._as_loop(node, var)
        self.sweep.placing.replaced[node] = var
        self.sweep.called[node] = (var, self.sweep.dot(var))
        return block

    def _as_branch(self, node: Select, var: Var) -> Branch:
        return Branch(node.test, self._arm(node.then, var), self._arm(node.other, var))

    def _arm(self, value: Expr, var: Var) -> Block:
        """What gives a name its value in an arm: another choice between calls is an elif."""
        if isinstance(value, Select) and self.sweep.is_varied(value) and self._calls(value):
            return [self._as_branch(value, var)]
        return self.sweep.block([Assign((var,), value)])

    def _as_loop(self, node: Each, var: Var) -> Block:
        for bound in targets_of(node.target):
            bound.name = bound.hint
        dot, element = self.sweep.dot(var), self.sweep.taken_out[node][1]
        self.sweep.varied.add(element)
        self.facts.bindings[element] = self.facts.type_of(node.element)
        empty = Make("dict" if node.kind == "dict" else "list", ())
        body = self.sweep.block([Assign((element,), node.element)])
        for target, value in ((var, element), (dot, self.sweep.dot(element))):
            body.append(_collected(node, target, value))
        for condition in reversed(node.conditions):
            body = [Branch(condition, body, [])]
        shell = For(node.target, node.iterable, [], [])
        made = self.sweep.loop(shell)
        loop = made[-1]
        assert isinstance(loop, For)
        return [*made[:-1], Assign((var,), empty), Assign((dot,), replace(empty)),
                replace(loop, body=[*loop.body, *body])]  # fmt: skip


def _collected(node: Each, target: Var, value: Var) -> Stmt:
    if node.kind == "dict" and node.key is not None:
        return Assign((Place(Ref(target), node.key),), Ref(value))
    return Evaluate(Apply("list.append", (Ref(target), Ref(value)), (), "method", "append"))
