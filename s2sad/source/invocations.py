"""Calls of functions that are known: of the user's own, and of operators.

    step(u, dt=0.1)             invoke step(u, 0.1)
    np.tanh(x)                  numpy.tanh(x)
    rule(x)                     (numpy.tanh(x) if rule is np.tanh else invoke rule(x)), where the
                                callee is one of several

Arguments are bound as Python binds them, after those that a partial has bound. A callee that is
handed functions is specialised for them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import libcst as cst

from s2sad.analysis.exits import is_iterator
from s2sad.ir.nodes import Apply, Callee, Expr, Invoke, Opaque, Origin, Ref, Select, Var, walk
from s2sad.source.bound import names_in
from s2sad.source.callables import Candidate, Candidates
from s2sad.source.calls import Argument, arguments_of, bind, is_of_class, signature
from s2sad.source.lowering import Lowering
from s2sad.source.operators import canonical
from s2sad.source.scope import Scope
from s2sad.source.spread import Open, spread
from s2sad.tidy.naming import describe


class Invocations(Lowering):
    """Lowers calls of known functions."""

    def _given(self, node: cst.Call, candidate: Candidate | None = None) -> list[Argument]:
        """The arguments of a call, after those that a partial has bound."""
        listed = [(argument, self.scope) for argument in node.args]
        if candidate is not None:
            named = {a.keyword.value for a in node.args if a.keyword is not None}
            bound = [
                g for g in candidate.given if not (g[0].keyword and g[0].keyword.value in named)
            ]
            listed = [*bound, *listed]
        return list(arguments_of(listed, self, self.program.callables))

    def argument(self, node: cst.BaseExpression) -> Expr:
        """An argument of a call; nothing flows through one that is a function."""
        if isinstance(node, cst.Lambda) or not self.program.callables.of(node, self.scope):
            lowered = self.lower(node)
        else:
            lowered = self.opaque(node, "")
        candidates = self.program.callables.of(node, self.scope)
        if isinstance(lowered, Opaque) and candidates:
            captured = [c.callee.captured for c in candidates if c.callee is not None]
            found = dict.fromkeys(var for variables in captured for var in variables)
            reads = [Ref(v) for v in found if self.scope.bindings_of(v.hint)[0] is not None]
            parts = (*lowered.parts, *reads)
            return replace(lowered, parts=parts, inert=True, function=self._named(candidates))
        return lowered

    def _named(self, candidates: Candidates) -> str:
        """The operator that an argument is, where it can be one function only."""
        if len(candidates) != 1 or candidates[0].given:
            return ""
        callee = candidates[0].callee
        if callee is None:
            return canonical(candidates[0].path)
        return "" if callee.outer else self.program.rules.op_of_definition(callee.definition)

    def _call(self, candidates: Candidates, node: cst.Call) -> Expr:
        """A call of one of several functions: which one, is asked again in the backward part."""
        if len(candidates) == 1:
            return self._call_one(candidates[0], self._given(node, candidates[0]), node, node)
        named = sorted(candidates, key=lambda c: not self._is_nameable(c))
        unnamed = [c for c in named if not self._is_nameable(c)]
        if len(unnamed) > 1:
            return self._unknown_call(
                node, "s2sad cannot tell the functions apart that this may be"
            )
        taken: dict[cst.CSTNode, Var] = {}
        if not all(self._repeatable(argument.value, taken) for argument in node.args):
            reason = "several functions may be called, with arguments that have no names"
            return self._unknown_call(node, reason)
        arms = []
        for candidate in named:
            again = _Again(self, taken)
            given = list(arguments_of(
                [*candidate.given, *((a, self.scope) for a in node.args)],
                again, self.program.callables,
            ))  # fmt: skip
            arms.append((candidate, self._call_one(candidate, given, node, None)))
        result = arms[-1][1]
        for position, (candidate, arm) in enumerate(reversed(arms[:-1])):
            asked = Apply(
                "is", (self.lower(node.func), self._name_of(candidate)), (), "infix", "is"
            )
            origin = self.origin(node) if position == len(arms) - 2 else None
            result = Select(asked, arm, result, "if", origin)
        return result

    def _is_nameable(self, candidate: Candidate) -> bool:
        root = candidate.text.partition(".")[0]
        if not root or candidate.given:
            return False
        local = candidate.callee is not None and candidate.callee.outer is not None
        return local or self.scope.qualified(cst.parse_expression(candidate.text)) is not None

    def _name_of(self, candidate: Candidate) -> Expr:
        if candidate.text.isidentifier():
            found = self.lower(cst.Name(candidate.text))
            assert isinstance(found, Ref)
            return Ref(found.var)
        return Apply(candidate.path or "user", (), (), "name", candidate.text)

    def _repeatable(self, node: cst.BaseExpression, taken: dict[cst.CSTNode, Var]) -> bool:
        """Whether an argument can stand at several places; gives it a name if it must have one."""
        if isinstance(node, (cst.Name, cst.BaseNumber, cst.SimpleString)):
            return True
        value = self.lower(node)
        if self.lifting:
            var = Var(describe(value))
            self.walrus.append((var, value, None))
            taken[node] = var
            return True
        return not any(isinstance(part, Opaque) and not part.pure for part in walk(value))

    def _call_one(
        self, candidate: Candidate, given: list[Argument], node: cst.Call, whole: cst.Call | None
    ) -> Expr:
        origin = None if whole is None else self.origin(whole)
        if not all(self._means_the_same(a.value, scope) for a, scope in candidate.given):
            return self._unknown_call(node, "names that a partial binds mean something else here")
        if candidate.callee is not None:
            return self._invoke(candidate.callee, given, node, None, candidate.text, origin)
        op = canonical(candidate.path)
        if any(argument.star for argument in given):
            return self._unknown_call(node, "s2sad does not see which arguments * stands for")
        positional = tuple(a.value for a in given if a.keyword is None)
        keywords = tuple((a.keyword, a.value) for a in given if a.keyword is not None)
        text = candidate.text
        return Apply(op, positional, keywords, "call", text, origin, self.holder(text))

    def _means_the_same(self, node: cst.BaseExpression, scope: Scope) -> bool:
        """Whether the names of an expression of another scope are the same variables here."""
        return all(
            self.scope.bindings_of(name)[0] is scope.bindings_of(name)[0] for name in names_in(node)
        )

    def _apply(self, op: str, node: cst.Call) -> Expr:
        given = self._given(node)
        if any(argument.star for argument in given):
            return self._unknown_call(node, "s2sad does not see which arguments * stands for")
        positional, keywords = split(given)
        text = self.module.code(node.func).strip()
        return Apply(op, positional, keywords, "call", text, self.origin(node), self.holder(text))

    def holder(self, text: str) -> Var | None:
        """The local variable that stands in the text of an operator: a function, or a module."""
        return self.scope.find(text.partition(".")[0])

    def _invoke(
        self,
        callee: Callee,
        given: list[Argument],
        node: cst.Call | cst.Attribute,
        receiver: Expr | None = None,
        text: str = "",
        origin: Origin | None = None,
    ) -> Expr:
        func = node.func if isinstance(node, cst.Call) else None
        if receiver is None and is_of_class(callee) and isinstance(func, cst.Attribute):
            receiver, text = self.lower(func.value), f".{func.attr.value}"
        given = self._spread(given, open_parameters(callee, receiver))
        bound = bind(callee, given, receiver)
        if isinstance(bound, str):
            return self._unknown_call(node, bound)
        callee = self.program.specialised(callee, bound.known)
        args = list(bound.args)
        order = _order(args, [receiver, *(argument.value for argument in given)])
        names = signature(callee)
        for position, name in enumerate(names):
            default = None if callee.outer is None else callee.outer.defaults.get(
                (callee.definition.node, name)
            )  # fmt: skip
            if args[position] is None and default is not None:
                args[position] = Ref(self.scope.holder(default))
            elif args[position] is None and name in self.program.local_defaults(callee):
                return self._unknown_call(node, "a default of it was computed in a function")
        args += [Ref(self.scope.holder(var)) for var in callee.captured]
        if receiver is None:
            assert isinstance(node, cst.Call)
            text = text or self.module.code(node.func).strip()
        var = self.scope.find(text) if text.isidentifier() else None
        held = None if var is None else Ref(var)
        site = Origin(self.module.as_read(node), self.module)
        order += tuple(range(len(order), len(args))) if order else ()
        return Invoke(callee, tuple(args), held, text, origin or self.origin(node), site, order)

    def _spread(self, given: list[Argument], parameters: list[Open] | None) -> list[Argument]:
        """The arguments of a call, those behind `*` and `**` one by one where the parameters say
        which these are."""
        if parameters is None:
            return given
        return spread(given, parameters, self._again, self._literal)

    def _again(self, argument: Argument) -> Callable[[], Expr] | None:
        """What refers to the value of an argument as often as one likes; it gets a name for that,
        if it can have one."""
        value, node = argument.value, argument.node
        if isinstance(node, cst.Name | cst.Attribute) and isinstance(value, Ref | Apply):
            return lambda: self.lower(node)
        if not isinstance(value, Ref):
            if not self.lifting or isinstance(value, Opaque):
                return None
            var = Var(describe(value))
            if is_iterator(value):
                value = Apply("builtins.list", (value,), (), "call", "list")
            self.walrus.append((var, value, None))
            return lambda: Ref(var)
        return lambda: Ref(value.var)

    def _literal(self, node: cst.BaseExpression) -> Expr | None:
        """A default that means the same everywhere."""
        return self.lower(node) if is_literal(node) else None

    def _unknown_call(self, node: cst.Call | cst.Attribute, reason: str) -> Opaque:
        """A call of something unknown may change every object that it can reach."""
        if isinstance(node, cst.Attribute):
            return self.opaque(node, reason, "S2S012")
        reads = self.reads(node)
        parts: list[Expr] = []
        for argument in node.args:
            parts.append(self.lower(argument.value))
        if isinstance(node.func, cst.Attribute):
            parts.append(self.lower(node.func.value))
        elif isinstance(node.func, cst.Name) and self.scope.find(node.func.value) is not None:
            parts.append(self.lower(node.func))
        mutated = tuple(r.var for r in reads if isinstance(r, Ref))
        return Opaque(tuple(parts), reason, "S2S012", mutated, False, self.origin(node))


class _Again:
    """Lowers an argument once more, or refers to the name that it was given."""

    def __init__(self, lowerer: Invocations, taken: dict[cst.CSTNode, Var]) -> None:
        self.lowerer = lowerer
        self.taken = taken

    def lower(self, node: cst.BaseExpression) -> Expr:
        """The value of an argument."""
        if node in self.taken:
            return Ref(self.taken[node], self.lowerer.origin(node))
        return self.lowerer.lower(node)

    def argument(self, node: cst.BaseExpression) -> Expr:
        """The value of an argument, which may be a function."""
        return self.lower(node) if node in self.taken else self.lowerer.argument(node)


def open_parameters(callee: Callee, receiver: Expr | None) -> list[Open] | None:
    """The parameters of a callee that the arguments of a call go to; None where it takes any."""
    params = callee.definition.node.params
    if isinstance(params.star_arg, cst.Param) or params.star_kwarg is not None:
        return None
    listed = [*params.posonly_params, *params.params]
    found = [
        Open(p.name.value, p.default, True, k >= len(params.posonly_params))
        for k, p in enumerate(listed)
    ]
    found += [Open(p.name.value, p.default, by_position=False) for p in params.kwonly_params]
    return found if receiver is None else found[1:]


def is_literal(node: cst.BaseExpression | None) -> bool:
    """Whether an expression is a number, a string or None, which means the same everywhere."""
    match node:
        case cst.UnaryOperation():
            return is_literal(node.expression)
        case cst.Name(value):
            return value in ("None", "True", "False")
    return isinstance(node, cst.BaseNumber | cst.SimpleString)


def split(given: list[Argument]) -> tuple[tuple[Expr, ...], tuple[tuple[str, Expr], ...]]:
    """Positional arguments and those with keywords."""
    positional = tuple(a.value for a in given if a.keyword is None)
    return positional, tuple((a.keyword, a.value) for a in given if a.keyword is not None)


def _order(args: list[Expr | None], given: list[Expr | None]) -> tuple[int, ...]:
    """The positions of arguments in the order in which they are `given`; () if they are in it."""

    def turn(position: int) -> int:
        argument = args[position]
        for node in () if argument is None else walk(argument):
            for place, value in enumerate(given):
                if node is value:
                    return place
        return len(given)

    order = sorted(range(len(args)), key=turn)
    return () if order == sorted(order) else tuple(order)
