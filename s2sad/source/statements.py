"""Statements of LibCST to the IR.

A statement that is not understood becomes `Verbatim`, and is refused only if a derivative turns out
to flow through it. One line may become several: what := binds, and what is taken out of it.

    x[0] += y                    Assign(x[0], add(x[0], y), augmented="add")
    u = held["v"] = e            u = e, then held["v"] = u
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import libcst as cst

from s2sad.errors import S2SADError
from s2sad.ir.nodes import (
    Apply,
    Assign,
    Block,
    Branch,
    Break,
    Context,
    Continue,
    Define,
    Evaluate,
    Expr,
    For,
    Origin,
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
from s2sad.ir.rebuilt import again
from s2sad.source.bound import bound_names, parameters
from s2sad.source.clauses import is_collected
from s2sad.source.expressions import ExpressionLowerer, augmented_operator
from s2sad.source.perhaps import seen_where_true
from s2sad.source.scope import Scope
from s2sad.source.updates import as_updates
from s2sad.source.verbatim import reason_for, verbatim
from s2sad.source.writing import as_write, bindings, with_names

_TRANSPARENT = {
    "builtins.open",
    "contextlib.closing",
    "contextlib.nullcontext",
    "contextlib.redirect_stderr",
    "contextlib.redirect_stdout",
    "decimal.localcontext",
    "numpy.errstate",
    "numpy.printoptions",
    "threadpoolctl.threadpool_limits",
    "tqdm.tqdm",
    "tqdm.auto.tqdm",
    "warnings.catch_warnings",
}
"""Contexts that let every exception out."""


class StatementLowerer:
    """Lowers the statements of one function."""

    def __init__(self, scope: Scope, program: Any) -> None:
        self.scope = scope
        self.program = program
        self.module = scope.module
        self.expressions = ExpressionLowerer(scope, program)

    # ------------------------------------------------------------ blocks

    def suite(self, suite: cst.BaseSuite, skip_docstring: bool = False) -> Block:
        """The statements of an indented block or of a one-line suite."""
        body: Sequence[cst.BaseStatement | cst.BaseSmallStatement] = suite.body
        block: Block = []
        for position, statement in enumerate(body):
            if skip_docstring and position == 0:
                continue
            block += self.statement(statement)
        return block

    def statement(self, node: cst.CSTNode) -> Block:
        """The IR of one statement; several when a line holds several."""
        if isinstance(node, cst.SimpleStatementLine):
            if len(node.body) == 1:
                return self._small(node.body[0], node)
            return [s for small in node.body for s in self._small(small, small)]
        if isinstance(node, cst.BaseSmallStatement):
            return self._small(node, node)
        method = getattr(self, f"_{type(node).__name__}", None)
        if method is None:
            return [self.verbatim(node, reason_for(node))]
        result: Block = method(node)
        return result

    def _small(self, node: cst.BaseSmallStatement, line: cst.CSTNode) -> Block:
        method = getattr(self, f"_{type(node).__name__}", None)
        if method is None:
            return [self.verbatim(node, reason_for(node), line)]
        self.expressions.begin()
        lowered: Stmt | Block | None = method(node, Origin(line, self.module))
        block: Block = self._embedded()
        if isinstance(lowered, list):
            block += lowered
        elif lowered is not None:
            block.append(lowered)
        return block

    def _embedded(self) -> Block:
        """What a statement binds by := and what is taken out of it, before it."""
        found = self.expressions.walrus
        self.expressions.begin()
        block: Block = []
        for entry in found:
            if isinstance(entry, list):
                block += entry
                continue
            var, value, node = entry
            origin = None if node is None else Origin(node, self.module)
            block.append(Assign((var,), value, origin=origin, embedded=node is not None))
        return block

    # ------------------------------------------------------------ simple statements

    def _Assign(self, node: cst.Assign, origin: Origin) -> Stmt | Block:
        if isinstance(node.value, cst.Lambda) and len(node.targets) == 1:
            target = node.targets[0].target
            if isinstance(target, cst.Name):
                return self._define(target.value, node.value, origin)
        value, collected = self._collected(node)
        if collected:
            return []
        targets = tuple(self.expressions.target(t.target) for t in node.targets)
        if len(targets) == 1 and isinstance(targets[0], Unpack) and targets[0].star is not None:
            value = self.expressions.regrouped(value, targets[0], node.value)
            targets = (replace(targets[0], star=None),)
        if any(_global_target(t, self.scope) for t in targets):
            return self.verbatim(node, "it assigns to a global or nonlocal name", origin.node)
        if len(targets) == 1 and _is_mark(targets[0], value):
            return Evaluate(value, origin)
        write = as_write(value, origin)
        if write is not None and isinstance(write.targets[0], Place):
            return [write, Assign(targets, again(write.targets[0].base))]
        return bindings(targets, value, origin)

    def _collected(self, node: cst.Assign) -> tuple[Expr, bool]:
        """The value of an assignment, and whether loops before it have given it to the target."""
        first, *others = node.targets
        var = None
        if not others and is_collected(node.value, first.target):
            target = self.expressions.target(first.target)
            if isinstance(target, Var) and not _global_target(target, self.scope):
                self.expressions.collected[node.value] = var = target
        value = self.expressions.lower(node.value)
        return value, isinstance(value, Ref) and value.var is var

    def _AnnAssign(self, node: cst.AnnAssign, origin: Origin) -> Stmt | None:
        if node.value is None:
            return self.verbatim(node, "", origin.node)
        value = self.expressions.lower(node.value)
        return Assign((self.expressions.target(node.target),), value, origin=origin)

    def _AugAssign(self, node: cst.AugAssign, origin: Origin) -> Stmt | Block:
        if (updates := as_updates(node, self.expressions, origin)) is not None:
            return updates
        op = augmented_operator(node.operator)
        target = self.expressions.target(node.target)
        if _global_target(target, self.scope):
            return self.verbatim(node, "it assigns to a global or nonlocal name", origin.node)
        old = self.expressions.lower(node.target)
        value = Apply(op, (old, self.expressions.lower(node.value)), (), "infix", "")
        return Assign((target,), value, op, origin)

    def _Expr(self, node: cst.Expr, origin: Origin) -> Stmt | Block:
        if (updates := as_updates(node, self.expressions, origin)) is not None:
            return updates
        value = self.expressions.lower(node.value)
        if isinstance(value, Apply) and value.op == "s2sad.on_gradient":
            message = "on_gradient whose result is not used"
            place = self.module.location(node)
            raise S2SADError("S2S014", message, place, "Write x = on_gradient(x, function).")
        write = as_write(value, origin)
        return Evaluate(value, origin) if write is None else write

    def _Return(self, node: cst.Return, origin: Origin) -> Stmt:
        value = None if node.value is None else self.expressions.lower(node.value)
        return Return(value, origin)

    def _Del(self, node: cst.Del, origin: Origin) -> Stmt:
        targets: list[cst.BaseExpression] = [node.target]
        if isinstance(node.target, cst.Tuple):
            targets = [element.value for element in node.target.elements]
        dropped = [self.scope.vars.get(t.value) for t in targets if isinstance(t, cst.Name)]
        if len(dropped) < len(targets) or None in dropped:
            return self.verbatim(node, reason_for(node), origin.node)
        return Verbatim((), (), pure=True, drops=tuple(filter(None, dropped)), origin=origin)

    def _Pass(self, node: cst.Pass, origin: Origin) -> Stmt | None:
        return Verbatim((), (), pure=True, origin=origin)

    def _Break(self, node: cst.Break, origin: Origin) -> Stmt:
        return Break(origin)

    def _Continue(self, node: cst.Continue, origin: Origin) -> Stmt:
        return Continue(origin)

    # ------------------------------------------------------------ compound statements

    def _If(self, node: cst.If) -> Block:
        self.expressions.begin()
        self.expressions.seen = dict(seen_where_true(node.test, (node.body,)))
        test = self.expressions.lower(node.test)
        before = self._embedded()
        other: Block = []
        if isinstance(node.orelse, cst.Else):
            other = self.suite(node.orelse.body)
        elif isinstance(node.orelse, cst.If):
            other = self._If(node.orelse)
        branch = Branch(test, self.suite(node.body), other, Origin(node, self.module))
        return [*before, branch]

    def _For(self, node: cst.For) -> Block:
        if node.asynchronous is not None:
            return [self.verbatim(node, "s2sad does not differentiate async code")]
        self.expressions.begin()
        iterable = self.expressions.lower(node.iter)
        before = self._embedded()
        target = self.expressions.target(node.target)
        other = self.suite(node.orelse.body) if node.orelse is not None else []
        target, given = _items_for_places(target)
        body = [*given, *self.suite(node.body)]
        names, iterable = with_names(target, iterable, body)
        before += names
        return [*before, For(target, iterable, body, other, Origin(node, self.module))]

    def _While(self, node: cst.While) -> Block:
        self.expressions.begin()
        self.expressions.seen = dict(seen_where_true(node.test, (node.body,)))
        with self.expressions.in_place():
            test = self.expressions.lower(node.test)
        tested = self._embedded()
        other = self.suite(node.orelse.body) if node.orelse is not None else []
        body = [*tested, *self.suite(node.body)]
        loop = While(test, body, other, Origin(node, self.module))
        # A := in the test runs before each iteration and once more when the loop ends.
        self.expressions.lower(node.test)
        return [loop, *self._embedded()]

    def _With(self, node: cst.With) -> Block:
        if node.asynchronous is not None:
            return [self.verbatim(node, "s2sad does not differentiate async code")]
        reads = tuple(self.expressions.lower(item.item) for item in node.items)
        header = ", ".join(self.module.code(item.with_changes(comma=cst.MaybeSentinel.DEFAULT))
                           for item in node.items)  # fmt: skip
        unknown = next((item.item for item in node.items if not self._is_transparent(item)), None)
        if unknown is not None:
            shown = self.module.code(unknown).strip()
            return [self.verbatim(node, f"the with statement's {shown} may swallow exceptions")]
        body = self.suite(node.body)
        binds = {n for item in node.items if item.asname for n in bound_names(item.asname)}
        before: Block = []
        if binds:
            bound = tuple(v for n in sorted(binds) if (v := self.scope.find(n)) is not None)
            before = [Verbatim(reads, bound, pure=True, reason="it is bound by a with statement")]
        return [*before, Context(header, reads, body, Origin(node, self.module))]

    def _is_transparent(self, item: cst.WithItem) -> bool:
        """Whether a context is known to let every exception out."""
        found = item.item.func if isinstance(item.item, cst.Call) else item.item
        if isinstance(item.item, cst.Name) or not isinstance(found, cst.Name | cst.Attribute):
            return False
        return self.module.qualified(found, self.scope) in _TRANSPARENT

    def _FunctionDef(self, node: cst.FunctionDef) -> Block:
        return self._define(node.name.value, node, Origin(node, self.module))

    def _define(self, name: str, node: cst.FunctionDef | cst.Lambda, origin: Origin) -> Block:
        callee = self.program.local_callee(name, node, self.scope)
        if callee is None:
            return [self.verbatim(node, "s2sad does not differentiate this kind of function")]
        # A default has the value that it has here, where the function is defined.
        before: Block = []
        for parameter in parameters(node.params):
            found = None if parameter.default is None else self.expressions.lower(parameter.default)
            if found is not None and any(isinstance(part, Ref) for part in walk(found)):
                default = self.scope.hold_default(node, name, parameter.name.value)
                before.append(Assign((default,), found))
        return [*before, Define(self.scope.vars[name], callee, origin)]

    def _Match(self, node: cst.Match) -> Block:
        from s2sad.source.matching import lower_match

        lowered = lower_match(node, self)
        return lowered if lowered is not None else [self.verbatim(node, reason_for(node))]

    # ------------------------------------------------------------ what is carried verbatim

    def verbatim(self, node: cst.CSTNode, reason: str, line: cst.CSTNode | None = None) -> Verbatim:
        """A statement that is carried through; its expressions are read, its names bound."""
        return verbatim(node, reason, self.scope, self.expressions, line)


def _items_for_places(target: Target) -> tuple[Target, Block]:
    """The target of a loop with names for the places in it, which are given the items then."""
    match target:
        case Place():
            item = Var("item")
            return item, [Assign((target,), Ref(item))]
        case Unpack(parts):
            named = [_items_for_places(part) for part in parts]
            given = [statement for _, block in named for statement in block]
            return replace(target, targets=tuple(part for part, _ in named)), given
    return target, []


def _global_target(target: Target, scope: Scope) -> bool:
    """Whether an assignment reaches a name that is not local to the function."""
    match target:
        case Var():
            return scope.vars.get(target.hint) is not target
        case Unpack():
            return any(_global_target(t, scope) for t in target.targets)
        case Place():
            return False


def _is_mark(target: Target, value: Expr) -> bool:
    """Whether an assignment changes nothing: x = on_gradient(x, function)."""
    if not isinstance(value, Apply) or value.op != "s2sad.on_gradient" or not value.args:
        return False
    return isinstance(value.args[0], Ref) and value.args[0].var is target
