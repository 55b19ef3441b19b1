"""The derivatives of one run: each function asked for, and the backward functions of its callees.

A function of the user's that is called becomes a pair: the function itself, and `NAME_backward`,
which takes its arguments and the adjoint of its result and returns the adjoints of its arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

from s2sad.analysis.call_effects import Calls, invocations
from s2sad.analysis.facts import Facts
from s2sad.analysis.imaginary import has_complex_numbers
from s2sad.analysis.regions import Regions
from s2sad.analysis.spelled import spell_out
from s2sad.analysis.tables import Fact
from s2sad.analysis.types import (
    NUMBER,
    SCALAR,
    Array,
    Inert,
    Shape,
    TupleOf,
    Type,
    Unknown,
    is_complex,
    is_integral,
    may_be_complex,
)
from s2sad.analysis.usage import parameter_types
from s2sad.derive.adjoints import Adjoint
from s2sad.derive.arguments import Arguments
from s2sad.derive.backward.reverse import Reverse
from s2sad.derive.broadcasting import call, expand
from s2sad.derive.derived import Derived, Interface
from s2sad.derive.effects import noted, unseen_effects
from s2sad.derive.from_result import result_alone
from s2sad.derive.gradients import gradient_of
from s2sad.derive.holomorphic import no_complex_matrix
from s2sad.derive.memory.plan import Plan
from s2sad.derive.memory.planner import Planner
from s2sad.derive.real_arguments import real_arguments
from s2sad.derive.shadows import Shadows, put_in
from s2sad.errors import S2SADError
from s2sad.ir.bindings import bound_by
from s2sad.ir.flow import statements
from s2sad.ir.nodes import (
    Apply,
    Block,
    Callee,
    Const,
    Expr,
    Function,
    Invoke,
    Make,
    Ref,
    Return,
    Var,
)
from s2sad.tidy.dead import all_reads, live_part, reads_of
from s2sad.tidy.naming import Names

if TYPE_CHECKING:
    from s2sad.pipeline import Request

Observer: TypeAlias = Callable[..., None]
"""Is shown the name of a pass, the function, what the pass made of it, and the seeds."""


class Engine:
    """Derives the functions of one run. `names` gives generated functions theirs."""

    def __init__(self, program: Any, names: Names) -> None:
        self.program = program
        self.facts = Facts(program)
        self.names = names
        self.interfaces: dict[Function, Interface] = {}
        self.derived: dict[Function, Derived] = {}
        self.errors: list[S2SADError] = []
        self.backwards: list[Derived] = []
        self.by_name: dict[str, Interface] = {}
        self.observer: Observer | None = None
        self.calls = Calls(program, self.facts.type_of)
        self._regions: dict[Function, Regions] = {}
        self._asked_early: set[Function] = set()  # those that call themselves

    def regions(self, function: Function) -> Regions:
        """Which variables of an interpreted function share memory, and what it writes into."""
        if function not in self._regions:
            self._regions[function] = Regions(function, self.calls, self.facts.type_of)
        return self._regions[function]

    def observe(self, stage: str, function: Function, program: Any, *given: Var | None) -> None:
        """Shows the observer what a pass made of a function; `given` are the seeds."""
        if self.observer is not None:
            self.observer(stage, function, program, *(var for var in given if var is not None))

    # ------------------------------------------------------------ functions asked for

    def prepare(
        self, function: Function, wrt: list[str], matrix: str = "", again: bool = False
    ) -> Function:
        """Interprets a function with respect to these parameters, for a `matrix` of its derivatives
        if one is named: there is none of some complex functions. What is to be differentiated
        `again` is read from its text, which does not say what containers hold."""
        function = self.program.in_order(function)
        self._return_written(function)
        self.program.write_out(function)
        self.observe("exits", function, function)
        types = parameter_types(function, self.program)
        params = []
        for parameter, kind in zip(function.params, types, strict=True):
            name = parameter.var.hint
            if name in wrt:
                self._check_float(function, parameter, kind)
            params.append(Fact(kind, name in wrt))
            if again and may_be_complex(kind) and not isinstance(kind, Array):
                message = (
                    f"cannot differentiate {function.name} twice: {name} holds complex numbers"
                )
                advice = "Take its arrays as parameters of their own."
                self._refuse_result(function, _result_expr(function), message, "S2S021", advice)
        self.facts.wary = has_complex_numbers(function, self.program)
        self.facts.interpret(function, params)
        self.facts.settle(function)
        self._spell_out(function)
        self.facts.wary = False
        kinds = [fact.type for fact in params if fact.varied]
        if matrix and any(map(may_be_complex, kinds)):
            self.errors += no_complex_matrix(function, self.facts, self.regions, matrix)
        effects = unseen_effects(function, self.facts, self.program)
        for effect in effects:
            if effect.code == "S2S013":
                raise effect  # what the function returns is not known
        self.errors += effects
        self.observe("facts", function, function)
        return function

    def _spell_out(self, function: Function) -> None:
        """Gives names to what needs one, in a function and those that it calls."""
        changed = [
            spell_out(f, self.facts, self.regions(f), self.writes_varied)
            for f in list(self.facts.summaries)
        ]
        if any(changed):
            self.facts.again(function)
            self.calls = Calls(self.program, self.facts.type_of)
        self._regions.clear()

    def _return_written(self, function: Function) -> None:
        """A function that returns nothing has the arguments that it writes into as its results, in
        the order of its parameters."""
        found = [s for s in statements(function.body) if isinstance(s, Return)]
        if any(s.value is not None for s in found):
            return
        effects = Calls(self.program).effects_of(function)
        written = [Ref(function.params[k].var) for k in sorted(effects.writes)]
        if written:
            result = written[0] if len(written) == 1 else Make("tuple", tuple(written))
            body = function.body[:-1] if found else function.body
            function.body = [*body, Return(result)]

    def _check_float(self, function: Function, parameter: Any, kind: Type) -> None:
        if is_integral(kind) or isinstance(kind, Inert):
            location = None
            if function.origin is not None:
                location = function.module.location(function.origin.node.name)
            what = getattr(kind, "dtype", None) or getattr(kind, "what", "") or "no float"
            raise S2SADError(
                "S2S018",
                f"cannot differentiate {function.name} with respect to {parameter.var.hint}, "
                f"which is {what}",
                location,
                "Name a parameter that is a float or an array of floats in wrt.",
            )

    def derive(self, function: Function, wrt: list[str], request: Request) -> Derived:
        """The derivative of a prepared function that a request asks for."""
        mode, has_aux = request.mode, request.has_aux
        names = Names(function.names | self.names.taken)
        variables = [p.var for p in function.params if p.var.hint in wrt]
        variables.sort(key=lambda v: wrt.index(v.hint))
        seed_var = Var("d_out") if mode == "vjp" else None
        result = _result_expr(function)
        kind = self.facts.summaries[function].result.type
        seed = self._seed_of(function, request, kind, result, seed_var)
        is_plain = seed_var is None and not has_aux and result is not None
        is_checked = is_plain and not self._certainly_scalar(function, kind)
        plan = self._planned(function, request, variables, seed, seed_var)
        gradient = plan.results[0] if request.bare else Make("tuple", tuple(plan.results))
        is_part = request.matrix != ""
        plan.forward[:0] = real_arguments(function, self.facts, is_part, variables)
        value = _take_return(plan.forward)
        returns = gradient if mode == "grad" else Make("tuple", (value, gradient))
        if mode == "grad" and has_aux:
            raise S2SADError("S2S010", "has_aux needs the mode value-and-grad", None, "")
        return Derived(
            request.name,
            mode,
            function,
            plan,
            variables,
            returns,
            names,
            seed_var,
            [],
            mode == "vjp",
            request.bare,
            check_scalar=value if is_checked else None,
            params=list(function.params),
            memory_comments=request.memory_comments,
        )

    def _planned(
        self,
        function: Function,
        request: Request,
        variables: list[Var],
        seed: Adjoint | None,
        seed_var: Var | None,
    ) -> Plan:
        """The two halves of a derivative: what goes backward, and what is remembered for it."""
        shadows = self._shadows(function, {})
        reverse = Reverse(function, self.facts, self, self.regions(function), shadows)
        backward = reverse.run(seed, variables)
        self.errors += backward.errors
        if request.mode != "vjp":
            self._check_real_loss(function, request.has_aux)
        self.observe("reverse", function, backward, seed_var, *shadows.of.values(), *shadows.flags)
        regions = self.regions(function)
        planner = Planner(function, self.facts, self, regions, shadows, request.in_place)
        returned = [
            gradient_of(var, adjoint, function, self.facts)
            for var, adjoint in zip(variables, backward.results, strict=True)
        ]
        plan = planner.run(backward.mirror, returned, backward.late)
        if request.in_place:
            plan.forward[:0] = shadows.entry
        else:
            self._protect(plan, function, shadows)
        self.observe("memory", function, plan, seed_var)
        if request.in_place:
            self.arguments(function).work_in_place(plan, variables)
        return plan

    def _seed_of(
        self,
        function: Function,
        request: Request,
        kind: Type,
        result: Expr | None,
        seed_var: Var | None,
    ) -> Adjoint | None:
        """The adjoint of a function's result: what is handed over, or 1.0 for the loss."""
        if seed_var is not None:
            return self._seed(seed_var, kind)
        if request.has_aux:
            return self._aux_seed(function, kind, result)
        self._check_scalar(function, kind, result)
        return Adjoint(Const(1.0), SCALAR, True)

    def _shadows(self, function: Function, handed: dict[Var, Var]) -> Shadows:
        """The shadows of a function, whose body gets the statements that bind them."""
        regions = self.regions(function)
        shadows = put_in(function, self.facts, regions, handed, self.written_argument)
        return shadows

    def arguments(self, function: Function) -> Arguments:
        """The arguments of a function, as its derivative is handed them."""
        return Arguments(function, self.facts, self.regions(function))

    def _protect(
        self, plan: Plan, function: Function, shadows: Shadows, is_lent: bool = False
    ) -> None:
        """Lets a function work in copies of what it is handed and writes into. Behind the copies
        stand the shadows of what it is handed."""
        arguments = self.arguments(function)
        copies = arguments.borrow(plan) if is_lent else arguments.copies(plan)
        plan.forward[:0] = [*copies, *shadows.entry]

    def _seed(self, var: Var, kind: Type) -> Adjoint:
        ref = Ref(var)
        if isinstance(kind, Array):
            # The adjoint that is handed over for a complex result may be real.
            dtype = NUMBER if is_complex(kind) else kind.dtype
            self.facts.types[ref] = replace(kind, dtype=dtype)
            return Adjoint(ref, kind.shape, True, False)
        handed: Type = kind if isinstance(kind, TupleOf) else Unknown("d_out")
        if may_be_complex(kind):
            handed = Unknown("d_out", foreign=True)
        self.facts.types[ref] = handed
        return Adjoint(ref, tree=True)

    def _aux_seed(self, function: Function, kind: Type, result: Expr | None) -> Adjoint:
        if isinstance(kind, TupleOf) and kind.items:
            rest = tuple(Const(0.0) for _ in kind.items[1:])
            return Adjoint(Make("tuple", (Const(1.0), *rest)), tree=True)
        self._refuse_result(function, result, "has_aux asks for a function that returns a tuple")
        return Adjoint(Const(0.0))

    def _check_scalar(self, function: Function, kind: Type, result: Expr | None) -> None:
        if isinstance(kind, Array) and (not isinstance(kind.shape, Shape) or kind.shape == SCALAR):
            return
        if isinstance(kind, Unknown):
            return
        self._refuse_result(function, result, f"{function.name} does not return a scalar")

    def _refuse_result(
        self,
        function: Function,
        result: Expr | None,
        message: str,
        code: str = "S2S010",
        advice: str = "Return a single number, or use the mode vjp for a function of any result.",
    ) -> None:
        node: Any = getattr(result, "origin", None) or function.origin
        location = None if node is None else node.module.location(_name_of(node.node))
        self.errors.append(S2SADError(code, message, location, advice))

    def _check_real_loss(self, function: Function, has_aux: bool) -> None:
        """A gradient is that of a real number."""
        kind = self.facts.summaries[function].result.type
        loss = kind.items[0] if has_aux and isinstance(kind, TupleOf) and kind.items else kind
        if self.errors or not may_be_complex(loss):
            return
        message = f"{function.name} returns a number that may be complex, which has no gradient"
        advice = "Return its real part (.real) or its absolute value, or use the mode vjp."
        self._refuse_result(function, _result_expr(function), message, "S2S021", advice)

    def _certainly_scalar(self, function: Function, kind: Type) -> bool:
        if isinstance(kind, Array) and kind.shape == SCALAR:
            return True
        node = function.origin.node if function.origin is not None else None
        returns = getattr(node, "returns", None)
        text = "" if returns is None else function.module.code(returns.annotation).strip()
        return text in ("float", "np.float64", "'float'", '"float"')

    # ------------------------------------------------------------ callees

    def interface(self, callee: Callee) -> Interface | None:
        """How the backward function of a callee is called; it is derived when first asked for."""
        function = self.program.function(callee)
        if function in self.interfaces:
            if function not in self.derived:
                self._asked_early.add(function)
            return self.interfaces[function]
        interface = self._interface(callee, function, self.names.fresh(f"{function.name}_backward"))
        self._derive_backward(function, interface)
        return interface

    def _interface(self, callee: Callee, function: Function, name: str) -> Interface:
        summary = self.facts.summaries[function]
        written = tuple(sorted(summary.written))
        wrt = tuple(k for k, fact in enumerate(summary.params) if fact.varied or k in written)
        plain = [k for k, p in enumerate(function.params) if p.kind == "positional"]
        rest = [k for k in range(len(function.params)) if k not in plain]
        has_defaults = any(p.default is not None or p.kind == "keyword" for p in function.params)
        if not has_defaults:
            plain, rest = [*plain, *rest], []
        named = tuple((function.params[k].var.hint, k) for k in rest)
        interface = Interface(
            name,
            name,
            callee,
            wrt,
            tuple(plain),
            named,
            has_defaults or bool(named),
            tuple(p.var.hint for p in function.params),
            written,
            summary.result.varied and self.returned_argument(function) is None,
            tuple(k for k, fact in enumerate(summary.params) if may_be_complex(fact.type)),
            taken=function.names,
        )
        self.interfaces[function] = interface
        self.by_name[name] = interface
        return interface

    def returned_argument(self, function: Function) -> int | None:
        """The position of the argument that a function writes into and returns, if it does."""
        effects = self.calls.effects_of(function)
        if not self.facts.summaries[function].written or len(effects.returns) != 1:
            return None
        ((position, how),) = effects.returns.items()
        return position if how == "same" and position in effects.writes else None

    def written_argument(self, node: Invoke) -> Expr | None:
        """The argument of a call that is also its result."""
        position = self.returned_argument(self.program.function(node.callee))
        return None if position is None else node.args[position]

    def writes_varied(self, node: Invoke) -> bool:
        """Whether a call writes something that is varied into what it is handed."""
        function = self.program.function(node.callee)
        return bool(self.facts.summaries[function].written)

    def _calls_of(self, function: Function) -> Iterator[Invoke]:
        """The calls of a function in this run."""
        for caller in self.facts.summaries:
            for node in invocations(caller):
                if self.program.function(node.callee) is function:
                    yield node

    def _derive_backward(self, function: Function, interface: Interface) -> None:
        names = Names(function.names | self.names.taken)
        variables = [function.params[k].var for k in interface.wrt]
        seed_var = Var("d_out") if interface.seeded else None
        if seed_var is not None:
            names.keep(seed_var, interface.seed("d_out"))
        kind = self.facts.summaries[function].result.type
        seed = None if seed_var is None else self._seed(seed_var, kind)
        handed = {function.params[k].var for k in interface.written}
        shadows = self._shadows(function, {v: Var(f"d_{v.hint}") for v in handed})
        reverse = Reverse(function, self.facts, self, self.regions(function), shadows)
        written = [reverse.handed(function.params[k].var) for k in interface.written]
        for var, k in zip(written, interface.written, strict=True):
            names.keep(var, interface.seed(f"d_{interface.names[k]}"))
        backward = reverse.run(seed, variables)
        for error in shadows.of_callers:
            error.calls += noted(self._calls_of(function))
        self.errors += backward.errors
        self.observe(
            "reverse",
            function,
            backward,
            seed_var,
            *written,
            *shadows.of.values(),
            *shadows.flags,
        )
        planner = Planner(function, self.facts, self, self.regions(function), shadows)
        returned = [
            self._callee_result(var, adjoint, k in interface.written)
            for k, var, adjoint in zip(interface.wrt, variables, backward.results, strict=True)
        ]
        plan = planner.run(backward.mirror, returned, backward.late)
        entered = [v for s in shadows.entry for v in bound_by(s)]
        self.observe("memory", function, plan, seed_var, *written, *entered)
        given_back = _take_return(plan.forward)
        results = tuple(plan.results)
        returns = results[0] if len(results) == 1 else Make("tuple", results)
        plan.forward = live_part(plan.forward, plan.backward, returns, plan.replaced, plan.regions)
        params = list(function.params)
        result = None
        if self._may_take_result(function, interface):
            result = result_alone(function, plan, given_back, returns, self.facts)
        if result is not None:
            plan.forward = []
            read = reads_of(returns, plan.replaced)
            read |= {v for s in plan.backward for v in all_reads(s, plan.replaced)}
            params = [parameter for parameter in params if parameter.var in read]
            taken = [k for k in interface.args if function.params[k].var in read]
            interface.args, interface.takes_result = tuple(taken), True
        self._protect(plan, function, shadows, is_lent=True)
        derived = Derived(
            interface.name, "backward", function, plan, variables, returns, names, seed_var,
            written, interface.keyword, params=params, result=result,
        )  # fmt: skip
        self.derived[function] = derived
        self.backwards.append(derived)

    def _may_take_result(self, function: Function, interface: Interface) -> bool:
        """Whether a backward function may be handed the result of its function: not if it was
        called before it was derived, and not for probes, which run the function on its arguments.
        """
        asked = function in self._asked_early or self.program.probed
        return interface.seeded and not (interface.written or interface.keyword or asked)

    def _callee_result(self, var: Var, adjoint: Adjoint | None, is_written: bool) -> Expr:
        if adjoint is None:
            ref = Ref(var)
            kind = self.facts.bindings.get(var, Unknown(var.hint))
            self.facts.types[ref] = kind
            if is_written or (isinstance(kind, Array) and kind.shape != SCALAR):
                sizes = call("numpy.shape", ref)
                if may_be_complex(kind):
                    dtype = Apply("builtins.complex", (), (), "name", "complex")
                    return call("numpy.zeros", sizes, dtype=dtype)
                return call("numpy.zeros", sizes)
            return Const(0.0)
        if adjoint.full or adjoint.tree:
            return adjoint.expr
        node = Ref(var)
        self.facts.types[node] = self.facts.bindings.get(var, Unknown(var.hint))
        whole = expand(adjoint, node, self.facts)
        # The adjoint of what is written into is the caller's own, who adds to it.
        return whole.expr if whole.owned or not is_written else call("numpy.array", whole.expr)


def _result_expr(function: Function) -> Expr | None:
    last = function.body[-1] if function.body else None
    return last.value if isinstance(last, Return) else None


def _name_of(node: Any) -> Any:
    import libcst as cst

    return node.name if isinstance(node, cst.FunctionDef) else node


def _take_return(block: Block) -> Expr:
    """Removes the return at the end of a block and gives what it returned."""
    if block and isinstance(block[-1], Return):
        last = block.pop()
        assert isinstance(last, Return)
        return Const(None) if last.value is None else last.value
    return Const(None)
