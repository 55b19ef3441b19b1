"""Forward mode: each statement of a function, followed by its tangent.

Input: a function as it was lowered, and its facts. Output: a `Tangents`, the same program with
tangents in it. Control flow, names and comments stay; what is not varied is left alone.

    h = np.tanh(z)              h = np.tanh(z)
                                dot_h = dot_z * (1.0 - h * h)
    for i in range(n):          for i in range(n):
        x = x * h                   dot_x = dot_x * h + x * dot_h
                                    x = x * h

A variable that is varied anywhere has a tangent wherever it has a value: zeros, where it is not
varied. What nothing reads is taken out afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from s2sad.analysis.exits import used_up
from s2sad.analysis.facts import Facts
from s2sad.analysis.layout import viewed_by_layout
from s2sad.analysis.types import (
    Array,
    Inert,
    Unknown,
    is_complex,
)
from s2sad.derive.as_statements import AsStatements
from s2sad.derive.broadcasting import call
from s2sad.derive.effects import writer
from s2sad.derive.mirrored import Mirrored, copy_of, handed_back, varied_variables
from s2sad.derive.placing import Placing
from s2sad.derive.push import Push
from s2sad.derive.tangent_writes import TangentWrites, as_complex
from s2sad.derive.values import can_repeat
from s2sad.errors import S2SADError
from s2sad.ir.bindings import CALLS_THAT_WRITE, LIST_CHANGES, bound_by
from s2sad.ir.flow import expressions, targets_of
from s2sad.ir.nodes import (
    Anew,
    Apply,
    Assign,
    Block,
    Branch,
    Const,
    Context,
    Evaluate,
    Expr,
    For,
    Function,
    Invoke,
    Make,
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

PASSES = 20
"""How often a function is gone through, at most, until it is known which tangents are narrow."""


@dataclass
class Tangents:
    """A function with tangents: its body, and the variables that stand for expressions in it.

    `groups` says to which statement of the user's another one belongs, by what that evaluates."""

    body: Block
    replaced: dict[Expr, Var]
    dots: dict[Var, Var]
    headers: dict[Target, tuple[Expr, Target]] = field(default_factory=dict)
    refusals: dict[Expr, S2SADError] = field(default_factory=dict)
    kept: set[Var] = field(default_factory=set)
    groups: dict[Expr, Origin] = field(default_factory=dict)


class Forward(Push):
    """The forward sweep over the statements of one function."""

    def __init__(self, facts: Facts, engine: Any, function: Function, asked: bool = True) -> None:
        self.function = function
        self.asked = asked
        self.varied = varied_variables(function, facts)
        handed = set() if asked else {parameter.var for parameter in function.params}
        regions = engine.regions(function)
        mirrored = Mirrored(function, regions, facts, self.varied, handed)
        self.varied |= mirrored.variables
        mirrored.mark()
        super().__init__(facts, engine, mirrored)
        self.writes = TangentWrites(self)
        self.iterators = used_up(function.body)
        self.as_statements = AsStatements(self)
        self.handed_back = set() if asked else handed_back(function, regions)
        self.placing = Placing(facts, {}, self.mirrored)
        self.kept: set[Var] = set()
        self.current: Stmt = Return(None)
        self.headers: dict[Target, tuple[Expr, Target]] = {}
        self.groups: dict[Expr, Origin] = {}
        self.result = (Var("dot_value"), Var("value"))

    def run(self, wrt: list[Var]) -> Tangents:
        """The function with tangents; done again while it turns out which ones are narrow."""
        for _ in range(PASSES):
            self.dots.unsettled = False
            self.placing = Placing(self.facts, {}, self.mirrored)
            self.refusals, self.called, self.replaced = {}, {}, self.placing.replaced
            self.groups = {}
            copies = self.own_parameters(wrt) if self.asked else []
            zeros = self._zero_parameters(wrt)
            body = [*copies, *zeros, *self.block(self.function.body)]
            if not self.dots.unsettled:
                break
        else:
            message = f"cannot tell the shapes of the tangents in {self.function.name}"
            advice = "Annotate the shapes of its parameters."
            raise S2SADError("S2S012", message, None, advice)
        self.kept |= {self.dot(v) for v in self.mirrored.popped()}
        self.kept |= {
            self.dot(v)
            for v in self.mirrored
            if self.mirrored.is_handed(v) or self.mirrored.is_shared(v)
        }
        return Tangents(body, self.placing.replaced, self.dots.of_var, self.headers, self.refusals,
                        self.kept, self.groups)  # fmt: skip

    def own_parameters(self, wrt: list[Var]) -> Block:
        """Copies of what the function is handed and writes into: the caller's stays as it was. Of
        the tangents it is handed, too where it works in place."""
        block: Block = []
        by_layout = viewed_by_layout(self.function, self.mirrored.regions)
        for parameter in self.function.params:
            copier = self.mirrored.copied(parameter.var)
            laid_out = self.mirrored.regions.of(parameter.var) in by_layout
            if copier is not None:
                if not self.engine.in_place:
                    own = copy_of("helper.copy_of" if laid_out else copier, Ref(parameter.var))
                    block.append(Assign((parameter.var,), own))
                if parameter.var in wrt:
                    dot = Ref(self.dot(parameter.var))
                    mixed = is_complex(self.facts.bindings.get(parameter.var, Unknown()))
                    copied = as_complex(dot) if mixed else copy_of(copier, dot)
                    if laid_out and not mixed:
                        given = (Ref(parameter.var), dot)
                        copied = call("helper.laid_out_like", *given, text="laid_out_like")
                    block.append(Assign((dot.var,), copied))
                self.dots.shared.discard(self.dot(parameter.var))
        return block

    def _zero_parameters(self, wrt: list[Var]) -> Block:
        """Zeros for the parameters that something varied is assigned to later."""
        return [
            Assign((self.dot(p.var),), self.zeros.of_variable(p.var))
            for p in self.function.params
            if p.var in self.varied and p.var not in wrt
        ]

    # ------------------------------------------------------------ statements

    def block(self, block: Block) -> Block:
        """The statements of a block with their tangents."""
        return [made for statement in block for made in self.statement(statement)]

    def statement(self, statement: Stmt) -> Block:
        """One statement with its tangent."""
        made: Block = []
        for node in list(self.as_statements.found_in(statement)):
            made += self.as_statements.written(node, statement)
        made += self._with_tangent(statement)
        if statement.origin is not None:
            evaluated = (evaluated_by(part) for part in made if part.origin is None)
            self.groups |= {expr: statement.origin for expr in evaluated if expr is not None}
        return made

    def _with_tangent(self, statement: Stmt) -> Block:
        match statement:
            case Assign():
                self.root = statement.value
                return self._assign(statement)
            case Evaluate():
                return self._evaluate(statement)
            case Return():
                return self._return(statement)
            case Branch():
                then, other = self.block(statement.then), self.block(statement.other)
                return [replace(statement, then=then, other=other)]
            case For():
                return self.loop(statement)
            case While():
                body, other = self.block(statement.body), self.block(statement.other)
                return [replace(statement, body=body, other=other)]
            case Context():
                return [replace(statement, body=self.block(statement.body))]
            case Verbatim():
                return self._verbatim(statement)
        return [statement]

    def placed(self, statement: Stmt, tangent: Block) -> Block:
        """A statement, its tangent, and what these need, in an order that is right."""
        last = max((k for k, s in enumerate(self.out) if _is_call(s)), default=-1)
        calls, lets = self.out[: last + 1], self.out[last + 1 :]
        self.out = []
        before, after = self.placing.order(statement, calls, [*lets, *tangent])
        return [*before, statement, *after]

    def _settled(self, source: Stmt, expr: Expr) -> tuple[Block, Expr]:
        """An expression in the place of a statement's, and what has to stand before."""
        holder = Assign((Var("_"),), expr)
        calls, self.out = self.out, []
        before, after = self.placing.order(source, calls, [holder])
        *first, last = [*before, *after]
        assert isinstance(last, Assign)
        return first, last.value

    # ------------------------------------------------------------ assignments

    def _assign(self, statement: Assign) -> Block:
        self.current = statement
        if statement.embedded and any(v in self.varied for t in statement.targets
                                      for v in targets_of(t)):  # fmt: skip
            if not can_repeat(statement.value, self.facts):
                message = "cannot differentiate a := whose value has an effect, in forward mode"
                advice = "Write it as a statement of its own."
                refused = self.refused("S2S012", message, statement, advice)
                self.engine.errors.append(self.refusals[refused.expr])
            statement = replace(statement, embedded=False, origin=None)
        value = statement.value
        whole = len(statement.targets) == 1 and not self.writes.is_kept(statement.targets[0], value)
        if isinstance(value, Invoke) and self.gives_tangent(value) and whole:
            return self._assign_call(statement, value)
        pairs: list[tuple[Target, Expr]] = []
        names = [t for t in statement.targets if isinstance(t, Var) and t in self.varied]
        if len(names) > 1 and len(names) == len(statement.targets):
            # Several names of one array have one tangent.
            first = next((name for name in names if name in self.mirrored), names[0])
            pairs = self._tangents_of(first, value, statement)
            for name in names:
                self.dots.shared.add(self.dot(name))
                if first in self.dots.narrow:
                    self.dots.narrow[name] = self.dots.narrow[first]
            made = [Assign(tuple(map(self.dot, names)), expr) for _, expr in pairs]
            return self.placed(statement, list(made))
        for target in statement.targets:
            pairs += self._tangents_of(target, value, statement)
        return self.placed(statement, self._together(pairs, statement))

    def _tangents_of(
        self, target: Target, value: Expr, statement: Assign
    ) -> list[tuple[Target, Expr]]:
        """What a target gives tangents, and which."""
        match target:
            case Place():
                return self.writes.into_place(target, value, statement)
            case Var() if target in self.mirrored:
                return self.writes.to_name(target, value, statement)
            case Var():
                if target not in self.varied:
                    return []
                found = self.push(value)
                expr = self.zeros.of_result(value) if found is None else found.expr
                expr = self.writes.apart(value, expr)
                self.dots.note(target, None if found is None else replace(found, expr=expr))
                return [(self.dot(target), expr)]
            case Unpack(targets=targets, star=star):
                if isinstance(value, Make) and len(value.items) == len(targets) and star is None:
                    pairs = zip(targets, value.items, strict=True)
                    return [p for part, item in pairs
                            for p in self._tangents_of(part, item, statement)]  # fmt: skip
                if not any(var in self.varied for var in targets_of(target)):
                    return []
                found = self.push(value)
                if found is None:
                    return [(self.dot(var), self.zeros.of_variable(var))
                            for var in targets_of(target) if var in self.varied]  # fmt: skip
                expr = self.writes.bound_to(target, value, self.whole(found, value))
                return [(self.dotted(target), expr)]

    def _evaluate(self, statement: Evaluate) -> Block:
        """A call for its effect: of an operator that writes, or of a function of the user's."""
        value = statement.value
        match value:
            case Invoke() if self.engine.writes_varied(value):
                before, both = self._settled(statement, self.call_of(value))
                return [*before, Evaluate(both, _comments(statement))]
            case Apply(op=op, args=(base, *_)) if op in LIST_CHANGES and self.mirrored.roots(base):
                return self.writes.into_list(statement, value)
            case Apply():
                found = self.facts.rule_of(value) if value.args else None
                if found is not None and found[0].writes:
                    if self.mirrored.roots(value.args[0]):
                        return self.writes.by_operator(statement, value, *found)
                    if value.op in CALLS_THAT_WRITE:
                        return [statement]  # nothing varied is ever written there
        if self.writes.is_unseen(value):
            shown = writer(value) or getattr(value, "text", "") or "this call"
            advice = "Build the new value with np.where, np.concatenate or a list instead."
            message = f"cannot differentiate {shown}, which writes in place"
            refused = self.refused("S2S011", message, value, advice)
            self.engine.errors.append(self.refusals[refused.expr])
        return [statement]

    def _together(self, pairs: list[tuple[Target, Expr]], statement: Assign) -> Block:
        """Assignments of tangents; at once where one reads what another one changes."""
        several = len(pairs) > 1
        if several and any(isinstance(target, Place) for target, _ in pairs):
            return [_at_once(pairs)]
        for position, (target, _) in enumerate(pairs):
            later = [n.var for _, e in pairs[position + 1 :] for n in walk(e) if isinstance(n, Ref)]
            if any(var in later for var in targets_of(target)):
                return [_at_once(pairs)]
        made = [Assign((t,), e, self._in_place(statement, t)) for t, e in pairs]
        return [s for s in made if not _is_copy_of_itself(s)]

    def _in_place(self, statement: Assign, target: Target) -> str | None:
        """Whether a tangent may be added to in place, as the user adds to its value."""
        if statement.augmented not in ("add", "sub"):
            return None
        if isinstance(target, Place):
            return "add" if isinstance(self.facts.type_of(statement.value), Array) else None
        if not isinstance(target, Var) or self.dots.is_mirrored(target):
            return "add"
        return None if target in self.dots.shared or self.dots.is_narrow(target) else "add"

    def _assign_call(self, statement: Assign, value: Invoke) -> Block:
        """y = f(x): the value and its tangent from one call."""
        if isinstance(self.facts.type_of(value), Inert):
            before, both = self._settled(Evaluate(value), self.call_of(value))
            nothing = Assign(statement.targets, Const(None))
            return [*before, Evaluate(both, _comments(statement)), nothing]
        target = statement.targets[0]
        dotted = self.dotted(target)
        for var in targets_of(target):
            self.dots.shared.add(self.dot(var))
        before, both = self._settled(Evaluate(value), self.call_of(value))
        own = [
            Assign((self.dot(var),), self.writes.own_result(var, Ref(self.dot(var))))
            for var in targets_of(target)
            if (
                not self.mirrored.roots(value)
                if var in self.mirrored
                else self.writes.may_change(value)
            )
        ]
        made = Assign((Unpack((target, dotted)),), both, origin=_comments(statement))
        return [*before, made, *own]

    # ------------------------------------------------------------ loops

    def loop(self, statement: For) -> Block:
        for var in targets_of(statement.target):
            self.dots.shared.add(self.dot(var))
        iterable, target = statement.iterable, statement.target
        header: Block = []
        match _unwrapped(iterable):
            case Apply("dict.items" | "dict.values", (base,)) if self.is_varied(base):
                iterable, target, header = self.pairs.by_key(statement, base)
            case _:
                iterable, target = self.pairs.of_loop(iterable, target)
        before, iterable = self._settled(Evaluate(statement.iterable), iterable)
        zeros = self._zero_targets(statement, target, header)
        body = [*header, *zeros, *self.block(statement.body)]
        other = self.block(statement.other)
        if target is not statement.target:
            self.headers[target] = (statement.iterable, statement.target)
        made = replace(statement, iterable=iterable, target=target, body=body, other=other)
        return [*before, made]

    def _zero_targets(self, statement: For, target: Target, header: Block) -> Block:
        """Zeros for what a loop binds that is varied elsewhere only."""
        given = {*targets_of(target), *(v for s in header for v in bound_by(s))}
        return [
            Assign((self.dot(var),), self.zeros.of_variable(var))
            for var in targets_of(statement.target)
            if var in self.varied and self.dot(var) not in given
        ]

    def gives_tangent(self, node: Invoke) -> bool:
        """Whether the result of a call has a tangent."""
        return self.is_varied(node) or bool(self.engine.writes_varied(node))

    # ------------------------------------------------------------ results

    def _return(self, statement: Return) -> Block:
        value = statement.value
        if value is None:
            value = Const(None)
        elif isinstance(value, Invoke) and self.gives_tangent(value) and not self.engine.aux(self):
            before, both = self._settled(Evaluate(value), self.call_of(value))
            return [*before, Return(both, _comments(statement))]
        dot, held = self.result
        made = Assign((dot,), self.engine.returned(self, value))
        settled = self.placed(Assign((held,), value), [made])
        final = next(s for s in settled if isinstance(s, Assign) and s.targets == (dot,))
        named = not (isinstance(final.value, Ref | Const) or _is_plain_tuple(final.value))
        read = {n.var for s in settled for e in expressions(s) for n in walk(e)
                if isinstance(n, Ref)}  # fmt: skip
        block = [s for s in settled if isinstance(s, Assign)
                 and (s.targets != (held,) or held in read)
                 and (s is not final or named)]  # fmt: skip
        pair = Make("tuple", (Ref(held) if held in read else value,
                              Ref(dot) if named else final.value))  # fmt: skip
        return [*block, Return(pair, _comments(statement))]

    def _verbatim(self, statement: Verbatim) -> Block:
        found: Block = [statement]
        varied = any(self.is_varied(read) for read in statement.reads)
        for var in statement.binds:
            if var not in self.varied:
                continue
            if varied:
                reason = statement.reason or "s2sad does not look into this statement"
                advice = "If no derivative should flow here, use stop_gradient(...)."
                message = f"cannot differentiate: {reason}"
                refused = self.refused(statement.code, message, statement, advice)
                found.append(Assign((self.dot(var),), refused.expr))
            else:
                found.append(Assign((self.dot(var),), self.zeros.of_variable(var)))
        return found


def evaluated_by(statement: Stmt) -> Expr | None:
    """What a statement evaluates first: it stands for the statement in tables, since a pass that
    changes targets or bodies keeps it."""
    match statement:
        case Assign(value=expr) | Evaluate(expr) | Branch(expr) | While(expr):
            return expr
        case For(iterable=expr):
            return expr
    return None


def _unwrapped(iterable: Expr) -> Expr:
    match iterable:
        case Apply("tqdm.tqdm" | "tqdm.auto.tqdm" | "s2sad.checkpointed", (inner, *_)):
            return _unwrapped(inner)
    return iterable


def _is_call(statement: Stmt) -> bool:
    """Whether a statement calls a callee for its value and its tangent."""
    return isinstance(statement, Assign) and (
        isinstance(statement.value, Apply)
        and statement.value.op.startswith(("jvp:", "jvp.writes:"))
    )


def _at_once(pairs: list[tuple[Target, Expr]]) -> Assign:
    """Several assignments as one, which reads everything before it writes."""
    targets = Unpack(tuple(target for target, _ in pairs))
    return Assign((targets,), Make("tuple", tuple(expr for _, expr in pairs)))


def _is_copy_of_itself(statement: Assign) -> bool:
    return isinstance(statement.value, Ref) and statement.targets == (statement.value.var,)


def _is_plain_tuple(expr: Expr) -> bool:
    return isinstance(expr, Make) and all(
        isinstance(item, Ref | Const) or _is_plain_tuple(item) for item in expr.items
    )


def _comments(statement: Stmt) -> Origin | None:
    """The place of a statement that is written anew: its comments stay."""
    origin = statement.origin
    return None if origin is None else Anew(origin.node, origin.module)
