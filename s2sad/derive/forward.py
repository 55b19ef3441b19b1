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

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import libcst as cst

from s2sad.analysis.facts import Facts
from s2sad.analysis.regions import Regions
from s2sad.analysis.types import (
    SCALAR,
    Array,
    Inert,
    Star,
    Unknown,
    is_complex,
    is_integral,
    may_be_complex,
)
from s2sad.derive.adjoints import Adjoint as Tangent
from s2sad.derive.broadcasting import call
from s2sad.derive.effects import is_harmless, writer
from s2sad.derive.instantiate import as_value
from s2sad.derive.mirrored import Mirrored, copy_of, may_be_number
from s2sad.derive.placing import Placing
from s2sad.derive.pull import is_fresh
from s2sad.derive.push import Push, bound_in
from s2sad.derive.tangents import on_tangents
from s2sad.derive.templates import Rule
from s2sad.derive.writes import DISCARDED, KEEP_COMPLEX
from s2sad.errors import S2SADError
from s2sad.ir.bindings import LIST_CHANGES, bound_by
from s2sad.ir.flow import expressions, statements
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
    Function,
    Invoke,
    Make,
    Opaque,
    Origin,
    Place,
    Ref,
    Return,
    Select,
    Stmt,
    Target,
    Unpack,
    Value,
    Var,
    Verbatim,
    While,
    children,
    walk,
)
from s2sad.tidy.algebra import neg
from s2sad.tidy.naming import describe

PASSES = 20
"""How often a function is gone through, at most, until it is known which tangents are narrow."""


@dataclass
class Tangents:
    """A function with tangents: its body, and the variables that stand for expressions in it."""

    body: Block
    replaced: dict[Expr, Var]
    dots: dict[Var, Var]
    headers: dict[Target, tuple[Expr, Target]] = field(default_factory=dict)
    refusals: dict[Expr, S2SADError] = field(default_factory=dict)
    kept: set[Var] = field(default_factory=set)


class Forward(Push):
    """The forward sweep over the statements of one function."""

    def __init__(self, facts: Facts, engine: Any, function: Function, asked: bool = True) -> None:
        super().__init__(facts, engine)
        self.function = function
        self.asked = asked
        self.varied = varied_variables(function, facts)
        handed = set() if asked else {parameter.var for parameter in function.params}
        regions = engine.regions(function)
        self.mirrored = Mirrored(function, regions, facts, self.varied, handed)
        self.varied |= self.mirrored.variables
        self.mirrored.mark()
        self.handed_back = set() if asked else handed_back(function, regions)
        self.placing = Placing(facts, {}, self.mirrored)
        self.shared: set[Var] = set()
        self.kept: set[Var] = set()
        self.unsettled = False
        self.current: Stmt = Return(None)
        self.headers: dict[Target, tuple[Expr, Target]] = {}
        self.result = (Var("dot_value"), Var("value"))

    def run(self, wrt: list[Var]) -> Tangents:
        """The function with tangents; done again while it turns out which ones are narrow."""
        for _ in range(PASSES):
            self.unsettled = False
            self.placing = Placing(self.facts, {}, self.mirrored)
            self.refusals, self.called, self.replaced = {}, {}, self.placing.replaced
            copies = self.own_parameters(wrt) if self.asked else []
            zeros = self._zero_parameters(wrt)
            body = [*copies, *zeros, *self.block(self.function.body)]
            if not self.unsettled:
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
        return Tangents(body, self.placing.replaced, self.dots, self.headers, self.refusals,
                        self.kept)  # fmt: skip

    def own_parameters(self, wrt: list[Var]) -> Block:
        """Copies of what the function is handed and writes into: the caller's stays as it was. Of
        the tangents it is handed, too where it works in place."""
        block: Block = []
        for parameter in self.function.params:
            copier = self.mirrored.copied(parameter.var)
            if copier is not None:
                if not self.engine.in_place:
                    block.append(Assign((parameter.var,), copy_of(copier, Ref(parameter.var))))
                if parameter.var in wrt:
                    dot = Ref(self.dot(parameter.var))
                    mixed = is_complex(self.facts.bindings.get(parameter.var, Unknown()))
                    copied = as_complex(dot) if mixed else copy_of(copier, dot)
                    block.append(Assign((dot.var,), copied))
                self.shared.discard(self.dot(parameter.var))
        return block

    def _zero_parameters(self, wrt: list[Var]) -> Block:
        """Zeros for the parameters that something varied is assigned to later."""
        return [
            Assign((self.dot(p.var),), self._zero_of_variable(p.var))
            for p in self.function.params
            if p.var in self.varied and p.var not in wrt
        ]

    # ------------------------------------------------------------ statements

    def block(self, block: Block) -> Block:
        """The statements of a block with their tangents."""
        return [made for statement in block for made in self.statement(statement)]

    def statement(self, statement: Stmt) -> Block:
        """One statement with its tangent."""
        before: Block = []
        for node in list(self._to_be_written_out(statement)):
            before += self._written_out(node)
        return [*before, *self._with_tangent(statement)]

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
                return self._for(statement)
            case While():
                body, other = self.block(statement.body), self.block(statement.other)
                return [replace(statement, body=body, other=other)]
            case Context():
                return [replace(statement, body=self.block(statement.body))]
            case Verbatim():
                return self._verbatim(statement)
        return [statement]

    def _placed(self, statement: Stmt, tangent: Block) -> Block:
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
                                      for v in bound_in(t)):  # fmt: skip
            statement = replace(statement, embedded=False, origin=None)
        value = statement.value
        if isinstance(value, Invoke) and self.gives_tangent(value) and len(statement.targets) == 1:
            return self._assign_call(statement, value)
        pairs: list[tuple[Target, Expr]] = []
        names = [t for t in statement.targets if isinstance(t, Var) and t in self.varied]
        if len(names) > 1 and len(names) == len(statement.targets):
            # Several names of one array have one tangent.
            first = next((name for name in names if name in self.mirrored), names[0])
            pairs = self._tangents_of(first, value, statement)
            for name in names:
                self.shared.add(self.dot(name))
                if first in self.narrow:
                    self.narrow[name] = self.narrow[first]
            made = [Assign(tuple(map(self.dot, names)), expr) for _, expr in pairs]
            return self._placed(statement, list(made))
        for target in statement.targets:
            pairs += self._tangents_of(target, value, statement)
        return self._placed(statement, self._together(pairs, statement))

    def _tangents_of(
        self, target: Target, value: Expr, statement: Assign
    ) -> list[tuple[Target, Expr]]:
        """What a target gives tangents, and which."""
        match target:
            case Place():
                return self._written_place(target, value, statement)
            case Var() if target in self.mirrored:
                return self._mirrored_target(target, value, statement)
            case Var():
                if target not in self.varied:
                    return []
                found = self.push(value)
                expr = self._zero_result(value) if found is None else found.expr
                expr = self._apart(value, expr)
                self._note(target, None if found is None else replace(found, expr=expr))
                return [(self.dot(target), expr)]
            case Unpack(targets=targets, star=star):
                if isinstance(value, Make) and len(value.items) == len(targets) and star is None:
                    pairs = zip(targets, value.items, strict=True)
                    return [p for part, item in pairs
                            for p in self._tangents_of(part, item, statement)]  # fmt: skip
                if not any(var in self.varied for var in bound_in(target)):
                    return []
                found = self.push(value)
                if found is None:
                    return [(self.dot(var), self._zero_of_variable(var))
                            for var in bound_in(target) if var in self.varied]  # fmt: skip
                return [(self.dotted(target), self.whole(found, value))]

    # ------------------------------------------------------------ arrays written in place

    def _written_place(
        self, target: Place, value: Expr, statement: Assign
    ) -> list[tuple[Target, Expr]]:
        """a[key] = e: the tangent of e is written into that of a."""
        if not self.mirrored.roots(target.base):
            return []
        base = self.push(target.base)
        assert base is not None
        into = self.facts.type_of(target.base)
        if isinstance(into, Array) and not is_complex(into):
            if may_be_complex(self.facts.type_of(value)):
                refused = self.refused(*DISCARDED, statement, KEEP_COMPLEX)
                self.engine.errors.append(self.refusals[refused.expr])
                return []
        key = target.key if isinstance(target.key, str) else as_value(target.key)
        place = Place(base.expr, key)
        is_array = isinstance(self.facts.type_of(target.base), Array)
        if statement.augmented in ("add", "sub") and is_array and isinstance(value, Apply):
            assert not isinstance(key, str)
            found = self.push(value.args[1])
            if found is None:
                return []
            term = found.expr if statement.augmented == "add" else neg(found.expr)
            old = Apply("getitem", (base.expr, key), (), "index")
            return [(place, Apply("add", (old, term), (), "infix", "+"))]
        if isinstance(value, Apply) and statement.augmented is not None:
            if self.is_varied(value.args[0]):
                self.facts.varied.add(value)
        found = self.push(value)
        if is_array:
            return [(place, Const(0.0) if found is None else found.expr)]
        if statement.augmented is not None and isinstance(value, Apply):
            item = self.push(value.args[0])
            if item is not None and self.facts.shape_of(value.args[0]) != SCALAR:
                # The item is an array, which is changed itself.
                return [self._changed_in_place(item.expr, Place(base.expr, key), found, value)]
        return [(place, self._zero_result(value) if found is None else self.whole(found, value))]

    def _mirrored_target(
        self, target: Var, value: Expr, statement: Assign
    ) -> list[tuple[Target, Expr]]:
        """A name for an array that is written into: the same of its tangent, new or shared."""
        dot = Ref(self.dot(target))
        if statement.augmented is not None and isinstance(value, Apply):
            if statement.augmented in ("add", "sub"):
                found = self.push(value.args[1])
                if found is None:
                    return []
                term = found.expr if statement.augmented == "add" else neg(found.expr)
                return [(self.dot(target), Apply("add", (dot, term), (), "infix", "+"))]
            self.facts.varied |= {value, value.args[0]}
            found = self.push(value)
            assert found is not None
            return [self._changed_in_place(dot, self.dot(target), found, value)]
        if self.mirrored.roots(value):
            found = self.push(value)
            assert found is not None
            return [(self.dot(target), self._own_items(value, found.expr))]
        found = self.push(value)
        if found is None:
            kind = self.facts.type_of(value)
            if isinstance(kind, Array) and not kind.python and kind.dtype.startswith("float"):
                return [(self.dot(target), call("numpy.zeros_like", Value(value)))]
            return [(self.dot(target), self._zero_result(value))]
        expr = self.whole(found, value)
        expr = self._own_items(value, expr)
        if not self.mirrored.has_written_arrays(target):
            return [(self.dot(target), self._apart(value, expr))]
        mixed = may_be_complex(self.facts.bindings.get(target, Unknown()))
        if mixed and not self.is_surely_complex(expr):
            return [(self.dot(target), as_complex(expr))]
        kind = self.facts.type_of(value)
        if self.mirrored.may_be_viewed(target) and isinstance(kind, Array) and kind.shape != SCALAR:
            made = call("helper.laid_out_like", Value(value), expr, text="laid_out_like")
            return [(self.dot(target), made)]
        if not is_fresh(expr) or getattr(expr, "op", "") == "numpy.broadcast_to":
            if not isinstance(expr, Make | Const) and isinstance(kind, Array | Unknown):
                copier = "numpy.array" if isinstance(kind, Array) else "copy.copy"
                expr = call(copier, expr, text="" if copier == "numpy.array" else copier)
        return [(self.dot(target), expr)]

    def _changed_in_place(
        self, dot: Expr, target: Target, found: Tangent | None, value: Apply
    ) -> tuple[Target, Expr]:
        """x *= e: an array is changed itself, and so is its tangent; a number has a new one."""
        expr = self.whole(found, value)
        if may_be_number(self.facts.type_of(value.args[0])):
            return target, call("helper.written_into", dot, expr, text="written_into")
        return Place(dot, Const(...)), expr

    def _apart(self, value: Expr, expr: Expr) -> Expr:
        """A tangent that is not written when that of an array is which it was read from."""
        mirrored = {self.dot(var) for var in self.mirrored}
        if not self.mirrored.shared_by(value):
            mirrored |= {self.dot(var) for var in self.handed_back}
        kind = self.facts.type_of(value)
        if is_fresh(expr) or not isinstance(kind, Array | Unknown):
            return self._own_items(value, expr)
        if isinstance(kind, Array) and kind.shape == SCALAR:
            return expr
        read = {n.var for n in walk(expr) if isinstance(n, Ref)} & mirrored
        written = {var for var in self.mirrored if self.dot(var) in read}
        alone = self.asked and self.mirrored.is_left_alone(self.current, written)
        if not read or alone:
            return expr
        copier = "numpy.array" if isinstance(kind, Array) else "copy.copy"
        return call(copier, expr, text="" if copier == "numpy.array" else copier)

    def _own_items(self, value: Expr, expr: Expr) -> Expr:
        """A container's tangent in which what is new in the container is new, too."""
        if not isinstance(value, Make) or not isinstance(expr, Make):
            return expr
        items = []
        for item, dot in zip(value.items, expr.items, strict=True):
            is_array = isinstance(self.facts.type_of(item), Array) and not isinstance(dot, Const)
            shared = not is_fresh(dot) or getattr(dot, "op", "") == "numpy.broadcast_to"
            if is_array and shared and not self.mirrored.roots(item):
                dot = call("numpy.array", dot)
            items.append(dot)
        return replace(expr, items=tuple(items))

    def _evaluate(self, statement: Evaluate) -> Block:
        """A call for its effect: of an operator that writes, or of a function of the user's."""
        value = statement.value
        match value:
            case Invoke() if self.engine.writes_varied(value):
                before, both = self._settled(statement, self.call_of(value))
                return [*before, Evaluate(both, _comments(statement))]
            case Apply(op=op, args=(base, *_)) if op in LIST_CHANGES and self.mirrored.roots(base):
                return self._list_changed(statement, value)
            case Apply():
                found = self.facts.rule_of(value) if value.args else None
                if found is not None and found[0].writes and self.mirrored.roots(value.args[0]):
                    return self._written_by(statement, value, *found)
        if self._changes_unseen(value):
            shown = writer(value) or getattr(value, "text", "") or "this call"
            advice = "Build the new value with np.where, np.concatenate or a list instead."
            message = f"cannot differentiate {shown}, which writes in place"
            refused = self.refused("S2S011", message, value, advice)
            self.engine.errors.append(self.refusals[refused.expr])
        return [statement]

    def _list_changed(self, statement: Evaluate, value: Apply) -> Block:
        """xs.append(e): the tangent of e is appended to the list of tangents."""
        base = self.push(value.args[0])
        assert base is not None
        *places, last = value.args[1:] or (None,)
        args = tuple(as_value(place) for place in places if place is not None)
        if last is not None and value.op == "list.pop":
            args = (as_value(last),)
        elif last is not None:
            found = self.push(last)
            args += (self._zero_result(last) if found is None else self.whole(found, last),)
        made = Apply(value.op, (base.expr, *args), (), "method", value.text)
        return self._placed(statement, [Evaluate(made)])

    def _changes_unseen(self, value: Expr) -> bool:
        """Whether a call for its effect may change something that carries a derivative."""
        if isinstance(value, Opaque):
            changed = any(var in self.mirrored for var in value.mutates)
            return bool(self.is_varied(value) and writer(value)) or (
                changed and not is_harmless(value)
            )
        if not isinstance(value, Apply) or value.form not in ("call", "method"):
            return False
        reads = value.op.startswith(("builtins.print", "numpy.save", "logging.", "warnings."))
        return not reads and any(self.mirrored.roots(arg) for arg in value.args)

    def _written_by(
        self, statement: Evaluate, value: Apply, rule: Rule, bound: dict[str, Expr]
    ) -> Block:
        """np.add.at(a, key, e): the same of tangents."""
        first, *others = (o.name for o in rule.operands if not o.const)
        whole = self.push(bound[first])
        assert whole is not None
        tangents = {bound[first]: whole.expr}
        found = [self.push(bound[name]) for name in others]
        into = self.facts.type_of(bound[first])
        if isinstance(into, Array) and not is_complex(into):
            if any(may_be_complex(self.facts.type_of(bound[name])) for name in others):
                refused = self.refused(*DISCARDED, statement, KEEP_COMPLEX)
                self.engine.errors.append(self.refusals[refused.expr])
        clears = any(line.how == "clear" for line in rule.contributions)
        if not clears and all(part is None for part in found):
            return [statement]
        for name, part in zip(others, found, strict=True):
            tangents[bound[name]] = Const(0.0) if part is None else part.expr
        made = Evaluate(on_tangents(value, tangents))
        return self._placed(statement, [made])

    def _together(self, pairs: list[tuple[Target, Expr]], statement: Assign) -> Block:
        """Assignments of tangents; at once where one reads what another one changes."""
        several = len(pairs) > 1
        if several and any(isinstance(target, Place) for target, _ in pairs):
            return [_at_once(pairs)]
        for position, (target, _) in enumerate(pairs):
            later = [n.var for _, e in pairs[position + 1 :] for n in walk(e) if isinstance(n, Ref)]
            if any(var in later for var in bound_in(target)):
                return [_at_once(pairs)]
        made = [Assign((t,), e, self._in_place(statement, t)) for t, e in pairs]
        return [s for s in made if not _is_copy_of_itself(s)]

    def _in_place(self, statement: Assign, target: Target) -> str | None:
        """Whether a tangent may be added to in place, as the user adds to its value."""
        if statement.augmented not in ("add", "sub"):
            return None
        if isinstance(target, Place):
            return "add" if isinstance(self.facts.type_of(statement.value), Array) else None
        if not isinstance(target, Var) or any(self.dots.get(v) is target for v in self.mirrored):
            return "add"
        return None if target in self.shared or self._is_narrow(target) else "add"

    def _is_narrow(self, dot: Var) -> bool:
        return any(self.dots[var] is dot for var in self.narrow)

    def _note(self, var: Var, found: Tangent | None) -> None:
        """Notes whether the tangent of a variable may be narrow, or an array that others see."""
        if found is None or found.tree:
            return
        if not found.full:
            old = self.narrow.get(var)
            new = found.shape if old in (None, found.shape) else Star("?")
            self.unsettled |= new != old
            self.narrow[var] = new
        mixed = may_be_complex(self.facts.bindings.get(var, Unknown()))
        if mixed and not self.is_surely_complex(found.expr):
            # What is added in place would have to be real.
            self.unsettled |= self.dot(var) not in self.shared
            self.shared.add(self.dot(var))
        if not is_fresh(found.expr):
            seen = {n.var for n in walk(found.expr) if isinstance(n, Ref)} | {self.dot(var)}
            seen &= set(self.dots.values()) - {self.dot(v) for v in self.mirrored}
            self.unsettled |= not seen <= self.shared
            self.shared |= seen

    def _zero_result(self, value: Expr) -> Expr:
        """Zeros for the tangent of the variable that a statement gives a value to."""
        kind = self.facts.type_of(value)
        match kind:
            case Array(shape=shape) if shape == SCALAR:
                return Const(0.0)
            case Inert("None"):
                return Const(None)
            case Array(dtype=dtype) if dtype.startswith(("float", "complex")):
                return call("numpy.zeros_like", Value(value))
            case Array():
                return call("numpy.zeros", call("numpy.shape", Value(value)))
        if isinstance(value, Make):
            return self.zero(value)
        return call("helper.zero_tangent", Value(value), text="zero_tangent")

    def _zero_of_variable(self, var: Var) -> Expr:
        kind = self.facts.bindings.get(var, Unknown(var.hint))
        if isinstance(kind, Array) and kind.shape == SCALAR:
            return Const(0.0)
        if isinstance(kind, Array) and not is_integral(kind):
            return call("numpy.zeros_like", Ref(var))
        return call("helper.zero_tangent", Ref(var), text="zero_tangent")

    def _assign_call(self, statement: Assign, value: Invoke) -> Block:
        """y = f(x): the value and its tangent from one call."""
        if isinstance(self.facts.type_of(value), Inert):
            before, both = self._settled(Evaluate(value), self.call_of(value))
            nothing = Assign(statement.targets, Const(None))
            return [*before, Evaluate(both, _comments(statement)), nothing]
        target = statement.targets[0]
        dotted = self.dotted(target)
        for var in bound_in(target):
            self.shared.add(self.dot(var))
        before, both = self._settled(Evaluate(value), self.call_of(value))
        own = [
            Assign((self.dot(var),), call("numpy.copy", Ref(self.dot(var))))
            for var in bound_in(target)
            if var in self.mirrored and not self.mirrored.roots(value)
        ]
        made = Assign((Unpack((target, dotted)),), both, origin=_comments(statement))
        return [*before, made, *own]

    def dotted(self, target: Target) -> Target:
        """The target of a tangent; `_` for a place in what has none."""
        match target:
            case Place(base, key):
                if not self.mirrored.roots(base):
                    return Var("_", user=True, name="_")
                found = self.push(base)
                assert found is not None
                return Place(found.expr, key)
        return super().dotted(target)

    # ------------------------------------------------------------ loops

    def _for(self, statement: For) -> Block:
        for var in bound_in(statement.target):
            self.shared.add(self.dot(var))
        iterable, target = statement.iterable, statement.target
        header: Block = []
        match _unwrapped(iterable):
            case Apply("dict.items", (base,)) if self.is_varied(base):
                iterable, target, header = self._over_items(statement, base)
            case _:
                iterable, target = self.paired(iterable, target)
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
        given = {*bound_in(target), *(v for s in header for v in bound_by(s))}
        return [
            Assign((self.dot(var),), self._zero_of_variable(var))
            for var in bound_in(statement.target)
            if var in self.varied and self.dot(var) not in given
        ]

    def _over_items(self, statement: For, base: Expr) -> tuple[Expr, Target, Block]:
        """for key, x in params.items(): the tangent is looked up by the key."""
        found = self.push(base)
        assert found is not None
        target = statement.target
        if isinstance(target, Unpack) and isinstance(target.targets[0], Var):
            part = Apply("getitem", (found.expr, Ref(target.targets[0])), (), "index")
            return statement.iterable, target, [Assign((self.dotted(target.targets[1]),), part)]
        iterable, paired = self.paired(statement.iterable, target)
        return iterable, paired, []

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
        settled = self._placed(Assign((held,), value), [made])
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
                found.append(Assign((self.dot(var),), self._zero_of_variable(var)))
        return found

    # ------------------------------------------------------------ what is written out

    def gives_tangent(self, node: Invoke) -> bool:
        """Whether the result of a call has a tangent."""
        return self.is_varied(node) or bool(self.engine.writes_varied(node))

    def _to_be_written_out(self, statement: Stmt) -> Iterator[Expr]:
        """The choices and comprehensions inside which something has to be called for its tangent:
        they become branches and loops."""
        if not isinstance(statement, Assign | Return | Evaluate):
            return
        for root in expressions(statement):
            stack = [root]
            while stack:
                node = stack.pop()
                if isinstance(node, Select | Each) and self.is_varied(node):
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
            isinstance(part, Invoke) and self.gives_tangent(part)
            or isinstance(part, Opaque) and not part.pure and not part.inert
            for part in walk(node)
        )  # fmt: skip

    def _written_out(self, node: Expr) -> Block:
        if node in self.placing.replaced:
            return []
        hint = describe(node) if not isinstance(node, Each) else "items"
        var, _ = self.taken_out.setdefault(node, (Var(hint), Var("item")))
        self.facts.bindings[var] = self.facts.type_of(node)
        self.varied.add(var)
        if self.mirrored.roots(node):
            self.mirrored.add(var)
        ref = Ref(var)
        self.facts.types[ref] = self.facts.type_of(node)
        self.facts.varied.add(ref)
        block: Block
        if isinstance(node, Select):
            then = self.block([Assign((var,), node.then)])
            block = [Branch(node.test, then, self.block([Assign((var,), node.other)]))]
        else:
            assert isinstance(node, Each)
            block = self._as_loop(node, var)
        self.placing.replaced[node] = var
        self.called[node] = (var, self.dot(var))
        return block

    def _as_loop(self, node: Each, var: Var) -> Block:
        for bound in bound_in(node.target):
            bound.name = bound.hint
        dot, element = self.dot(var), self.taken_out[node][1]
        self.varied.add(element)
        self.facts.bindings[element] = self.facts.type_of(node.element)
        empty = Make("dict" if node.kind == "dict" else "list", ())
        body = self.block([Assign((element,), node.element)])
        for target, value in ((var, element), (dot, self.dot(element))):
            body.append(_collected(node, target, value))
        for condition in reversed(node.conditions):
            body = [Branch(condition, body, [])]
        shell = For(node.target, node.iterable, [], [])
        made = self._for(shell)
        loop = made[-1]
        assert isinstance(loop, For)
        return [*made[:-1], Assign((var,), empty), Assign((dot,), replace(empty)),
                replace(loop, body=[*loop.body, *body])]  # fmt: skip


def as_complex(expr: Expr) -> Expr:
    """A new complex array with these elements."""
    dtype = Apply("builtins.complex", (), (), "name", "complex")
    return call("numpy.array", expr, dtype=dtype)


def _collected(node: Each, target: Var, value: Var) -> Stmt:
    if node.kind == "dict" and node.key is not None:
        return Assign((Place(Ref(target), node.key),), Ref(value))
    return Evaluate(Apply("list.append", (Ref(target), Ref(value)), (), "method", "append"))


def handed_back(function: Function, regions: Regions) -> set[Var]:
    """The variables that may share memory with what a function is handed and returns: its caller
    may write there, which tangents must not show that their values do not."""
    returned = regions.effects().returns
    return {m for k in returned for m in regions.members(function.params[k].var)}


def varied_variables(function: Function, facts: Facts) -> set[Var]:
    """The variables of a function that are varied somewhere in it."""
    found: set[Var] = set()
    for statement in statements(function.body):
        for root in expressions(statement):
            for node in walk(root):
                match node:
                    case Ref(var) if node in facts.varied:
                        found.add(var)
                    case Each() if node in facts.varied:
                        found |= set(bound_in(node.target))
        match statement:
            case Assign(targets, value) if value in facts.varied:
                found |= {v for t in targets for v in bound_in(t)}
            case For(target, iterable) if iterable in facts.varied:
                found |= set(bound_in(target))
    return found


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
    if origin is None:
        return None
    node = origin.node
    if isinstance(node, cst.SimpleStatementLine):
        node = node.with_changes(body=[cst.Pass()])
        return Origin(node, origin.module)
    return None
