"""The tangent functions of one run: each that is asked for, and those of the functions it calls.

A function of the user's that is called becomes `NAME_jvp`, which takes its arguments and their
tangents and returns its result and the result's tangent.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from s2sad.analysis.spelled import is_first
from s2sad.analysis.types import SCALAR, Array, Inert, TupleOf, is_integral
from s2sad.derive.broadcasting import call
from s2sad.derive.derived import Interface
from s2sad.derive.effects import handed_twice, inner_call, noted
from s2sad.derive.engine import Engine
from s2sad.derive.forward import Forward, Tangents
from s2sad.derive.fresh import is_fresh
from s2sad.derive.instantiate import as_value
from s2sad.derive.real_arguments import real_arguments
from s2sad.errors import S2SADError
from s2sad.ir.flow import expressions, statements
from s2sad.ir.nodes import (
    Apply,
    Assign,
    Block,
    Callee,
    Const,
    Evaluate,
    Expr,
    Function,
    Invoke,
    Make,
    Origin,
    Parameter,
    Ref,
    Return,
    Var,
    location_of,
    walk,
)
from s2sad.ir.order import always
from s2sad.tidy.live import live_tangents, tangent_alone
from s2sad.tidy.naming import Names

if TYPE_CHECKING:
    from s2sad.pipeline import Request


@dataclass
class Tangent:
    """A generated tangent function before it is written.

    `kind` is jvp for one that was asked for, tangent for a callee's; `dots` are the tangents that
    it takes, of the parameters `wrt`, behind `*` if they are given by `keyword`; `groups` as in
    `Tangents`.
    """

    name: str
    kind: str
    function: Function
    body: Block
    replaced: dict[Expr, Var]
    wrt: list[Var]
    dots: list[Var]
    names: Names
    keyword: bool = True
    bare: bool = True
    params: list[Parameter] = field(default_factory=list)
    kept: set[Var] = field(default_factory=set)
    groups: dict[Expr, Origin] = field(default_factory=dict)


class ForwardEngine(Engine):
    """Derives the tangent functions of one run."""

    def __init__(self, program: Any, names: Names) -> None:
        super().__init__(program, names)
        self.tangents: list[Tangent] = []
        self.has_aux = False
        self.in_place = False
        self.current: Function | None = None

    def derive(  # type: ignore[override]
        self, function: Function, wrt: list[str], request: Request
    ) -> Tangent:
        """The tangent function of a prepared function."""
        self.has_aux, self.in_place = request.has_aux, request.in_place
        by_name = {p.var.hint: p.var for p in function.params}
        variables = [by_name[name] for name in wrt]
        made = self._tangent(function, request.name, request.mode, variables)
        made.bare = request.bare
        seen = variables if request.mode == "hvp" else []
        made.body[:0] = real_arguments(function, self.facts, request.matrix != "", seen)
        if request.mode == "hvp":
            made.body = tangent_alone(made.body, made.replaced, made.kept, self.regions(function))
        return made

    def _check_results(self, function: Function) -> None:
        """Results of a call that share memory have tangents that do not: none may be written."""
        for statement in self.regions(function).tangled_results():
            message = "cannot differentiate: parts of what this call returns may share memory"
            advice = "Take a copy of one of them."
            error = S2SADError("S2S011", message, location_of(statement), advice)
            assert isinstance(statement.value, Invoke)
            error.calls = noted([statement.value])
            self.errors.append(error)

    def _check_order(self, function: Function) -> None:
        """The statement of a call with its tangent comes first, so that the rest of an expression
        may not have been evaluated before the call, and the call itself has to be evaluated."""
        regions = self.regions(function)
        for statement in statements(function.body):
            value = statement.value if isinstance(statement, Assign | Evaluate | Return) else None
            for expr in expressions(statement):
                calls = [n for n in walk(expr) if isinstance(n, Invoke) and self.writes_varied(n)]
                paths = [path for path in always(expr) if path[-1] in calls]
                first = {path[-1] for path in paths if is_first(path, regions)}
                if expr is not value:
                    first.clear()  # a test, or an index, which is evaluated at another time
                self.errors += [inner_call(call) for call in calls if call not in first]

    def _tangent(
        self, function: Function, name: str, kind: str, variables: list[Var], keyword: bool = True
    ) -> Tangent:
        outer, self.current = self.current, function
        self._check_results(function)
        self._check_order(function)
        sweep = Forward(self.facts, self, function, asked=kind != "tangent")
        dots = [sweep.dot(var) for var in variables]
        sweep.dots.shared |= set(dots)
        found = sweep.run(variables)
        body = live_tangents(found, self.regions(function))
        self._report(body, found)
        self.observe("forward", function, replace(function, body=body), *dots)
        self.current = outer
        names = Names(function.names | self.names.taken)
        called = self.interfaces.get(function) if kind == "tangent" else None
        for var, dot in zip(variables, dots, strict=True):
            if called is not None:
                names.keep(dot, called.seed(f"dot_{var.hint}"))
            else:
                names.name(dot)
        shared = {v for v in sweep.mirrored if sweep.mirrored.is_shared(v)}
        shared |= sweep.mirrored.popped()
        return Tangent(name, kind, function, body, found.replaced, variables, dots, names,
                       keyword, params=list(function.params), kept=found.kept | shared,
                       groups=found.groups)  # fmt: skip

    def _report(self, body: Block, found: Tangents) -> None:
        """The refusals of tangents that something reads."""
        for statement in statements(body):
            for root in expressions(statement):
                for node in walk(root):
                    if node in found.refusals:
                        self.errors.append(found.refusals[node])

    # ------------------------------------------------------------ callees

    def interface(self, callee: Callee) -> Interface:
        """How a callee's tangent function is called; it is derived when first asked for."""
        function = self.program.function(callee)
        if function in self.interfaces:
            return self.interfaces[function]
        interface = self._interface(callee, function, self.names.fresh(f"{function.name}_jvp"))
        has_aux, self.has_aux = self.has_aux, False
        variables = [function.params[k].var for k in interface.wrt]
        made = self._tangent(function, interface.name, "tangent", variables, interface.keyword)
        self.tangents.append(made)
        self.has_aux = has_aux
        return interface

    def check_arguments(self, node: Invoke) -> None:
        """Refuses a call that writes into an array which it is handed twice."""
        assert self.current is not None
        regions, function = self.regions(self.current), self.program.function(node.callee)
        written = self.facts.summaries[function].written
        if any(regions.hands_over_twice(node, k) for k in written):
            error = handed_twice(node)
            self.errors += [error] if str(error) not in map(str, self.errors) else []

    # ------------------------------------------------------------ results

    def aux(self, sweep: Forward) -> bool:
        """Whether a result has a part that is only carried along."""
        return self.has_aux

    def returned(self, sweep: Forward, value: Expr) -> Expr:
        """The tangent of what a function returns: whole, and memory of its own."""
        asked = sweep.function is self.current and sweep.function not in self.interfaces
        if self.has_aux:
            if isinstance(value, Make):
                return self._own(sweep, value.items[0], asked)
            found = sweep.push(value)
            if found is None:
                return Const(0.0)
            return Apply("getitem", (found.expr, Const(0)), (), "index")
        return self._own(sweep, value, asked)

    def _own(self, sweep: Forward, value: Expr, asked: bool) -> Expr:
        kind = self.facts.type_of(value)
        if isinstance(value, Make) and value.kind in ("tuple", "list", "dict", "object"):
            items = tuple(self._own(sweep, item, asked) for item in value.items)
            return Make(value.kind, items, value.keys, value.cls)
        if isinstance(kind, Inert) or is_integral(kind):
            return Const(None) if asked else Const(0.0)
        found = sweep.push(value)
        expr = sweep.whole(found, value)
        if not asked:
            return expr
        if isinstance(kind, Array) and kind.shape == SCALAR:
            return expr
        if isinstance(kind, Array):
            fresh = is_fresh(expr) or isinstance(expr, Ref) and expr.var not in sweep.dots.shared
            fresh = fresh or isinstance(value, Ref) and value.var in sweep.mirrored
            broadcast = getattr(expr, "op", "") == "numpy.broadcast_to"
            return expr if fresh and not broadcast else call("numpy.array", expr)
        rule = self.facts.rule_of(value) if isinstance(value, Apply) else None
        if rule is not None and rule[0].is_structured:
            return as_value(value) if rule[0].zero else expr  # zeros are their own tangent
        floats = isinstance(kind, TupleOf) and all(
            isinstance(item, Array) and not is_integral(item) for item in kind.items
        )
        if floats and isinstance(expr, Make) and all(map(is_fresh, expr.items)):
            return expr
        return call("helper.tangent_like", value, expr, text="tangent_like")
