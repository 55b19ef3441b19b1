"""The tangent of an expression, from those of the variables that it reads.

`push(expr)` gives an expression for the tangent, or None when it is zero. What it refers to of the
forward values stands in it as `Value(expression)`; `placing.py` decides how each is had.

    np.tanh(x @ W)      (dot_x @ W + x @ dot_W) * (1.0 - value * value)
    params["W"]         dot_params["W"]
    f(x, n)             dot_f_out, after  f_out, dot_f_out = f_jvp(x, n, dot_x)

A tangent may be *narrow*, of a shape that broadcasts to its value's; it is expanded before anything
but elementwise arithmetic sees it. The tangent of a container has its structure, with None for what
is no float.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from s2sad.analysis.facts import Facts
from s2sad.analysis.iteration import ITERABLES
from s2sad.analysis.types import (
    NUMBER,
    SCALAR,
    AnyShape,
    Array,
    Inert,
    Shape,
    Type,
    Unknown,
    is_complex,
    is_integral,
    may_be_complex,
)
from s2sad.derive.adjoints import Adjoint as Tangent
from s2sad.derive.broadcasting import call, expand, same_shape, shape_of_value
from s2sad.derive.complex_numbers import ComplexNumbers, refusal
from s2sad.derive.instantiate import as_value, count_reads
from s2sad.derive.tangents import (
    Unclear,
    by_product_rule,
    line_without,
    on_scaled_tangent,
    on_tangents,
    with_temporaries,
)
from s2sad.derive.templates import Operand, Rule
from s2sad.errors import S2SADError
from s2sad.ir.nodes import (
    Apply,
    Assign,
    Block,
    Const,
    Each,
    Expr,
    Invoke,
    Make,
    Opaque,
    Ref,
    Select,
    Target,
    Unpack,
    Value,
    Var,
    walk,
)
from s2sad.tidy.algebra import add
from s2sad.tidy.naming import describe, role


class Push:
    """Tangents of expressions. `Forward` adds the statements."""

    def __init__(self, facts: Facts, engine: Any) -> None:
        self.facts = facts
        self.engine = engine
        self.dots: dict[Var, Var] = {}
        self.narrow: dict[Var, AnyShape] = {}
        self.out: Block = []
        self.fixed = 0
        self.refusals: dict[Expr, S2SADError] = {}
        self.hints: dict[Expr, str] = {}
        self.called: dict[Expr, tuple[Var, Var]] = {}
        self.replaced: dict[Expr, Var] = {}
        self.root: Expr | None = None
        self.taken_out: dict[Expr, tuple[Var, Var]] = {}
        self.complex_numbers = ComplexNumbers(facts)

    # ------------------------------------------------------------ small tools

    def is_varied(self, expr: Expr) -> bool:
        """Whether an expression depends on what is differentiated."""
        return expr in self.facts.varied

    def dot(self, var: Var) -> Var:
        """The variable that holds the tangent of a variable."""
        if var not in self.dots:
            self.dots[var] = Var(f"dot_{var.hint}")
        return self.dots[var]

    def typed(self, expr: Expr, kind: Type) -> Expr:
        """Notes the type of an expression that the derivation made."""
        self.facts.types[expr] = kind
        return expr

    def let(self, hint: str, expr: Expr) -> Expr:
        """Gives an expression a name in a statement of its own, where there can be one."""
        if self.fixed or isinstance(expr, Ref | Const):
            return expr
        var = Var(hint)
        self.out.append(Assign((var,), expr))
        return self.typed(Ref(var), self.facts.type_of(expr))

    def refused(self, code: str, message: str, node: Any, advice: str) -> Tangent:
        """Stands for a tangent that cannot be had; an error only if something reads it."""
        origin = getattr(node, "origin", None)
        location = None if origin is None else origin.module.location(origin.node)
        mark = Opaque((), message, code)
        self.refusals[mark] = S2SADError(code, message, location, advice)
        return Tangent(mark, self.facts.shape_of(mark))

    def tangent(self, expr: Expr, node: Expr, full: bool | None = None) -> Tangent:
        """An expression as the tangent of a node; whether it is full is seen by its shape."""
        kind = self.facts.type_of(node)
        if not isinstance(kind, Array | Unknown):
            return Tangent(expr, tree=True)
        shape = self.facts.shape_of(node)
        if shape == SCALAR or full and not isinstance(expr, Const):
            if not isinstance(expr, Ref | Const):
                self.typed(expr, kind)
            return Tangent(expr, shape, True)
        own = self.facts.shape_of(expr)
        return Tangent(expr, own, same_shape(own, shape))

    def whole(self, found: Tangent | None, node: Expr) -> Expr:
        """The tangent of a node in its whole shape; zeros when there is none."""
        if found is None:
            return self.zero(node)
        return expand(found, node, self.facts).expr

    def zero(self, node: Expr) -> Expr:
        """A tangent of zeros; None for what is no float."""
        kind = self.facts.type_of(node)
        if isinstance(node, Make) and node.kind in ("tuple", "list", "dict", "object"):
            return replace(node, items=tuple(map(self.zero, node.items)), origin=None)
        if isinstance(kind, Inert) or is_integral(kind):
            return Const(None)
        if isinstance(kind, Array):
            if kind.shape == SCALAR:
                return Const(0.0)
            if isinstance(node, Ref) and kind.dtype.startswith(("float", "complex")):
                return call("numpy.zeros_like", as_value(node))
            return call("numpy.zeros", shape_of_value(node, self.facts))
        return call("helper.zero_tangent", as_value(node), text="zero_tangent")

    # ------------------------------------------------------------ expressions

    def push(self, node: Expr) -> Tangent | None:
        """The tangent of an expression; None when it is zero."""
        if not self.is_varied(node):
            return None
        if node in self.called:
            return self._called(node)
        match node:
            case Ref(var):
                return self.read(var, node)
            case Apply():
                return self._apply(node)
            case Make():
                return self._make(node)
            case Select():
                return self._select(node)
            case Each():
                return self._each(node)
            case Invoke():
                return self._invoke(node)
            case Opaque():
                advice = "If no derivative should flow here, wrap it in stop_gradient(...)."
                if node.code == "S2S012":
                    advice += " Else give it a form that s2sad knows."
                message = f"cannot differentiate: {node.reason}"
                return self.refused(node.code, message, node, advice)
        return None

    def read(self, var: Var, node: Expr) -> Tangent:
        """The tangent that stands in a variable."""
        kind = self.facts.type_of(node)
        ref = Ref(self.dot(var))
        if not isinstance(kind, Array | Unknown):
            self.typed(ref, kind)
            return Tangent(ref, tree=True)
        shape = self.facts.shape_of(node)
        full = var not in self.narrow or shape == SCALAR
        shape = shape if full else self.narrow[var]
        if isinstance(kind, Array) or not full:
            kind = Array(NUMBER if may_be_complex(kind) else "float64", shape)
        self.typed(ref, kind)
        return Tangent(ref, shape, full)

    def is_surely_complex(self, expr: Expr) -> bool:
        """Whether a tangent has a complex dtype: that of a complex value need not."""
        match expr:
            case Const(value):
                return isinstance(value, complex)
            case Value(node):
                return is_complex(self.facts.type_of(node))
            case Apply(_, args):
                found = self.facts.rule_of(expr)
                if found is not None and found[0].gives:
                    return found[0].gives == "complex"
                stated = dict(expr.kwargs).get("dtype")
                if isinstance(stated, Apply) and stated.op == "builtins.complex":
                    return True
                return any(map(self.is_surely_complex, args))
        return False

    # ------------------------------------------------------------ operators

    def _apply(self, node: Apply) -> Tangent | None:
        base = self.facts.type_of(node.args[0]) if node.args else Inert()
        if node.op in ("getitem", "getattr") and not isinstance(base, Array):
            return self._part(node)
        if node.op in ITERABLES or node.op == "dict.get":
            return self._iterable(node)
        if node.op in _COPIES and not node.kwargs and not isinstance(base, Array | Unknown):
            return self._iterable(node)
        if node.op == "add" and not isinstance(self.facts.type_of(node), Array):
            parts = tuple(self.whole(self.push(arg), arg) for arg in node.args)
            return Tangent(Apply("add", parts, (), "infix", "+"), tree=True)
        if node.op == "list.pop":
            return self._popped(node)
        if node.op == "s2sad.on_gradient":
            return self.push(node.args[0])
        found = self.facts.rule_of(node)
        if found is None:
            return self._without_rule(node)
        return self._by_rule(node, *found)

    def _popped(self, node: Apply) -> Tangent | None:
        """What is taken out of a list: the same of its tangents, once."""
        base = self.push(node.args[0])
        if base is None:
            return None
        taken = Apply("list.pop", (base.expr, *map(as_value, node.args[1:])), (), "method", "pop")
        expr = taken if node is self.root else self.let("dot_taken", self.typed(taken, Unknown("")))
        return self.tangent(expr, node, True)

    def _without_rule(self, node: Apply) -> Tangent | None:
        for inner in node.args:
            if isinstance(inner, Opaque) and not inner.inert and self.is_varied(inner):
                return self.push(inner)
        known = refusal(self.facts, node, self.engine.program.rules.has(node.op))
        if known is not None:
            return self.refused(known[0], known[1], node, known[2])
        advice = "If no derivative should flow through it, wrap it in stop_gradient(...)."
        name = node.op if "." in node.op else f"the operator {node.text or node.op}"
        return self.refused("S2S012", f"cannot differentiate through {name}", node,
                            f"There is no rule for it in this form. {advice}")  # fmt: skip

    def _part(self, node: Apply) -> Tangent | None:
        """A part of a container: the same part of its tangent."""
        base = self.push(node.args[0])
        if base is None:
            return None
        if node.op == "getattr":
            return self.tangent(replace(node, args=(base.expr,), origin=None), node, True)
        key = as_value(node.args[1])
        if isinstance(base.expr, Make) and base.expr.kind in ("tuple", "list"):
            if isinstance(key, Const) and isinstance(key.value, int):
                return self.tangent(base.expr.items[key.value], node, True)
        return self.tangent(Apply("getitem", (base.expr, key), (), "index"), node, True)

    def _iterable(self, node: Apply) -> Tangent:
        """list(xs), zip(xs, ys), reversed(xs): the same of tangents."""
        parted = node.args[:1] if node.op == "dict.get" else node.args
        args = tuple(self.whole(self.push(arg), arg) for arg in parted)
        args += tuple(map(as_value, node.args[len(parted) :]))
        return Tangent(replace(node, args=args, origin=None), tree=True)

    def _by_rule(self, node: Apply, rule: Rule, bound: dict[str, Expr]) -> Tangent | None:
        found: dict[str, Tangent] = {}
        for operand in rule.operands:
            if operand.const:
                continue
            value = bound[operand.name]
            self._name_after_role(node, value)
            pushed = self._operand(value, operand)
            if pushed is not None:
                found[operand.name] = pushed
        if not found:
            return None
        if rule.tangent is not None:
            return self._by_line(node, rule, bound, found)
        if rule.kind == "general":
            return self.refused("S2S012", f"cannot differentiate through {node.text or node.op} "
                                "in forward mode", node,
                                "Its rule has no line dot_y = ...: add one.")  # fmt: skip
        if rule.kind == "elementwise":
            return self._elementwise(node, rule, bound, found)
        several = len([o for o in rule.operands if not o.const]) > 1 and rule.kind == "linear"
        tangents: dict[Expr, Expr] = {}
        for operand in rule.operands:
            if operand.const or operand.name not in found and not several:
                continue
            value = bound[operand.name]
            tangents[value] = self.whole(found.get(operand.name), value)
        whole = self._as_written(node, bound)
        if rule.kind == "linear":
            if len(tangents) == 1:
                [(operand_value, dot)] = tangents.items()
                if self._reduces(node, operand_value):
                    return self.tangent(on_scaled_tangent(whole, operand_value, dot), node, True)
            return self.tangent(on_tangents(whole, tangents), node, True)
        return self.tangent(by_product_rule(whole, tangents), node, True)

    def _reduces(self, node: Apply, operand: Expr) -> bool:
        """Whether a result has fewer dimensions than the operand, as a sum has."""
        before, after = self.facts.shape_of(operand), self.facts.shape_of(node)
        if not isinstance(after, Shape):
            return False
        return after.rank < before.rank if isinstance(before, Shape) else after.rank == 0

    def _as_written(self, node: Apply, bound: dict[str, Expr]) -> Apply:
        """The use of an operator with the operands that its rule has bound."""
        inside = set(walk(node))
        if all(value in inside or isinstance(value, Const) for value in bound.values()):
            return node
        swapped = {}
        for value in bound.values():
            match value:
                case Apply("numpy.array", (inner,)) if value not in inside:
                    swapped[inner] = value
        args = tuple(swapped.get(arg, arg) for arg in node.args)
        named = tuple((name, swapped.get(arg, arg)) for name, arg in node.kwargs)
        return replace(node, args=args, kwargs=named, origin=None)

    def _name_after_role(self, node: Apply, operand: Expr) -> None:
        called = role(node, operand)
        if called is not None:
            self.hints.setdefault(operand, called)

    def _operand(self, value: Expr, operand: Operand) -> Tangent | None:
        if not self.is_varied(value) and not isinstance(value, Apply):
            return None
        match value:  # np.array of a list, where NumPy takes an array
            case Apply("numpy.array", (inner,)) if value not in self.facts.varied:
                if not self.is_varied(inner):
                    return None
                self.facts.varied.add(value)
        return self.push(value)

    def _by_line(
        self, node: Apply, rule: Rule, bound: dict[str, Expr], found: dict[str, Tangent]
    ) -> Tangent | None:
        active = set(found)
        try:
            line = line_without(rule, active)
        except Unclear:
            active = {o.name for o in rule.operands if not o.const}
            line = rule.tangent
        if line is None:
            return None
        places: dict[Var, Expr] = {rule.place("y"): Value(node)}
        for name, expr in bound.items():
            places[rule.place(name)] = as_value(expr)
        temporaries = [expr for _, expr in rule.temporaries]
        for name in active:
            var = rule.place(f"dot_{name}")
            expr = self.whole(found.get(name), bound[name])
            if rule.kind == "elementwise" and name in found:
                expr = found[name].expr
            if sum(count_reads(e, var) for e in (line, *temporaries)) > 1:
                expr = self.let(f"dot_{self.hint(bound[name])}", expr)
            places[var] = expr
        result = with_temporaries(rule, line, places, self.let)
        if any(may_be_complex(self.facts.type_of(value)) for value in bound.values()):
            result = self.complex_numbers.tidied(result)
        return self.tangent(result, node, None if rule.kind == "elementwise" else True)

    def _elementwise(
        self, node: Apply, rule: Rule, bound: dict[str, Expr], found: dict[str, Tangent]
    ) -> Tangent:
        terms: list[Tangent] = []
        seed = rule.place("d_y")
        for line in rule.contributions:
            if line.operand not in found or line.value is None:
                continue
            operand, pushed = bound[line.operand], found[line.operand]
            expr = pushed.expr
            if count_reads(line.value, seed) > 1:
                expr = self.let(f"dot_{self.hint(operand)}", expr)
            places: dict[Var, Expr] = {rule.place("y"): Value(node), seed: expr}
            places |= {rule.place(name): as_value(value) for name, value in bound.items()}
            value = with_temporaries(rule, line.value, places, self.let)
            same = same_shape(self.facts.shape_of(operand), self.facts.shape_of(node))
            terms.append(self.tangent(value, node, True if pushed.full and same else None))
        total = terms[0].expr if len(terms) == 1 else add(*(term.expr for term in terms))
        if any(term.full for term in terms) or self._all_full(rule, bound, found):
            return self.tangent(total, node, True)
        return self.tangent(total, node)

    def _all_full(self, rule: Rule, bound: dict[str, Expr], found: dict[str, Tangent]) -> bool:
        """Whether the tangents of an elementwise operator broadcast to all that its operands do."""
        return all(
            o.name in found and found[o.name].full or self.facts.shape_of(bound[o.name]) == SCALAR
            for o in rule.operands
        )

    def hint(self, node: Expr) -> str:
        """What an unnamed value is called: after what it is."""
        return self.hints.get(node) or describe(node)

    # ------------------------------------------------------------ containers and choices

    def _make(self, node: Make) -> Tangent:
        items = tuple(self.whole(self.push(item), item) for item in node.items)
        keys = tuple(as_value(key) for key in node.keys)
        return Tangent(Make(node.kind, items, keys, node.cls), tree=True)

    def _select(self, node: Select) -> Tangent:
        self.fixed += 1
        then, other = self.push(node.then), self.push(node.other)
        self.fixed -= 1
        kind = self.facts.type_of(node)
        simple = all(p is not None and p.full and not p.tree for p in (then, other))
        if simple or isinstance(kind, Array) and kind.shape == SCALAR:
            arms = [Const(0.0) if p is None else p.expr for p in (then, other)]
        else:
            arms = [self.whole(then, node.then), self.whole(other, node.other)]
        return self.tangent(Select(as_value(node.test), arms[0], arms[1], "if"), node, True)

    # ------------------------------------------------------------ comprehensions

    def _each(self, node: Each) -> Tangent:
        """A comprehension over pairs of values and tangents."""
        for var in bound_in(node.target):
            var.name = var.hint
        self.fixed += 1
        iterable, target = self.paired(node.iterable, node.target)
        element = self.whole(self.push(node.element), node.element)
        self.fixed -= 1
        read = {n.var for n in walk(element) if isinstance(n, Ref)}
        dots = {self.dots[v] for v in bound_in(node.target) if v in self.dots}
        if not read & dots:
            iterable, target = as_value(node.iterable), node.target
        key = None if node.key is None else as_value(node.key)
        conditions = tuple(as_value(c) for c in node.conditions)
        each = Each(node.kind, element, target, iterable, conditions, key)
        return Tangent(each, tree=True)

    def paired(self, iterable: Expr, target: Target) -> tuple[Expr, Target]:
        """What a loop runs over and its target, with tangents beside the values that have some.

        for x, y in zip(xs, ys)      for x, y, dot_x in zip(xs, ys, dot_xs)
        for k, x in enumerate(xs)    for k, (x, dot_x) in enumerate(zip(xs, dot_xs))
        """
        if not self.is_varied(iterable):
            return iterable, target
        if isinstance(iterable, Apply) and iterable.op == "builtins.enumerate":
            if isinstance(target, Unpack) and len(target.targets) == 2:
                inner, element = self.paired(iterable.args[0], target.targets[1])
                args = (inner, *iterable.args[1:])
                return (replace(iterable, args=args, origin=None),
                        Unpack((target.targets[0], element)))  # fmt: skip
        if isinstance(iterable, Apply) and iterable.op == "builtins.zip":
            if isinstance(target, Unpack) and len(target.targets) == len(iterable.args):
                return self._paired_zip(iterable, target)
        found = self._iterated(iterable)
        strict = (("strict", Const(True)),)
        both = Apply("builtins.zip", (iterable, found), strict, "call", "zip")
        return both, Unpack((target, self.dotted(target)))

    def _paired_zip(self, iterable: Apply, target: Unpack) -> tuple[Expr, Target]:
        args, targets = list(iterable.args), list(target.targets)
        for arg, part in zip(iterable.args, target.targets, strict=True):
            if self.is_varied(arg):
                args.append(self._iterated(arg))
                targets.append(self.dotted(part))
        kwargs = iterable.kwargs or (("strict", Const(False)),)
        both = replace(iterable, args=tuple(args), kwargs=kwargs, origin=None)
        return both, Unpack(tuple(targets))

    def _iterated(self, iterable: Expr) -> Expr:
        """The tangents of what a loop runs over."""
        match iterable:
            case Apply("tqdm.tqdm" | "tqdm.auto.tqdm" | "s2sad.checkpointed", (inner, *_)):
                return self._iterated(inner)
        return self.whole(self.push(iterable), iterable)

    def dotted(self, target: Target) -> Target:
        """The target of a tangent."""
        match target:
            case Var():
                return self.dot(target)
            case Unpack(targets, star):
                return Unpack(tuple(self.dotted(part) for part in targets), star)
        raise AssertionError(target)

    # ------------------------------------------------------------ calls

    def _invoke(self, node: Invoke) -> Tangent | None:
        """A call of the user's function: its value and tangent come together, before."""
        if self.fixed:
            raise AssertionError("a call with a tangent has no statement of its own")
        hint = f"{node.callee.name}_out"
        value, dot = self.taken_out.setdefault(node, (Var(hint), Var(f"dot_{hint}")))
        call_ = self.call_of(node)
        self.called[node] = (value, dot)
        self.replaced[node] = value
        self.out.append(Assign((Unpack((value, dot)),), call_))
        return self._called(node)

    def _called(self, node: Expr) -> Tangent:
        """The tangent of what has been taken out of its statement."""
        ref = Ref(self.called[node][1])
        kind = self.facts.type_of(node)
        self.typed(ref, kind)
        tree = not isinstance(kind, Array | Unknown)
        return Tangent(ref, self.facts.shape_of(node), True, tree=tree)

    def call_of(self, node: Invoke) -> Apply:
        """The call of a callee's tangent function, which gives its value and tangent."""
        interface = self.engine.interface(node.callee)
        self.engine.check_arguments(node)
        args: list[Expr] = []
        named: list[tuple[str, Expr]] = []
        for index in interface.args:
            given = node.args[index]
            if given is None:
                continue
            # Behind a parameter that keeps its default, the others are given by name.
            if len(args) == index and not named:
                args.append(as_value(given))
            else:
                named.append((interface.names[index], as_value(given)))
        named += [(n, as_value(a)) for n, i in interface.named if (a := node.args[i]) is not None]
        for index in interface.wrt:
            given = node.args[index]
            # A default is a literal, or what is not varied: its tangent is zero.
            tangent = Const(0.0) if given is None else self.whole(self.push(given), given)
            if interface.keyword:
                named.append((f"dot_{interface.names[index]}", tangent))
            else:
                args.append(tangent)
        op = "jvp.writes" if self.engine.writes_varied(node) else "jvp"
        return Apply(f"{op}:{interface.key}", tuple(args), tuple(named), "call", interface.name)


_COPIES = {"numpy.copy", "copy.copy", "copy.deepcopy", "builtins.dict"}
"""Operators whose result is a container, if their operand is one."""


def bound_in(target: Target) -> list[Var]:
    """The variables that a target binds."""
    match target:
        case Var():
            return [target]
        case Unpack():
            return [var for part in target.targets for var in bound_in(part)]
    return []
