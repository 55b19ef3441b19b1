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
from typing import TYPE_CHECKING, Any

from s2sad.analysis.facts import Facts
from s2sad.analysis.iteration import ITERABLES
from s2sad.analysis.once import may_be_used_up
from s2sad.analysis.types import (
    SCALAR,
    Array,
    Inert,
    Type,
    Unknown,
)
from s2sad.derive.adjoints import Adjoint as Tangent
from s2sad.derive.broadcasting import expand, same_shape
from s2sad.derive.complex_numbers import ComplexNumbers
from s2sad.derive.dots import Dots
from s2sad.derive.instantiate import as_value
from s2sad.derive.mirrored import Mirrored
from s2sad.derive.operator_tangents import OperatorTangents
from s2sad.derive.pairs import Pairs
from s2sad.derive.refusals import (
    not_understood,
    run_over_once,
    varied_parts_not_understood,
    without_rule,
)
from s2sad.derive.tangent_zeros import ZeroTangents
from s2sad.errors import S2SADError
from s2sad.ir.flow import targets_of
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
    Place,
    Ref,
    Select,
    Target,
    Unpack,
    Var,
    location_of,
    walk,
)
from s2sad.tidy.naming import describe

if TYPE_CHECKING:
    from s2sad.derive.tangent_writes import TangentWrites


class Push:
    """Tangents of expressions. `Forward` adds the statements."""

    writes: TangentWrites
    iterators: set[Var]

    def __init__(self, facts: Facts, engine: Any, mirrored: Mirrored) -> None:
        self.facts = facts
        self.engine = engine
        self.mirrored = mirrored
        self.dots = Dots(facts, mirrored)
        self.zeros = ZeroTangents(facts)
        self.pairs = Pairs(self)
        self.out: Block = []
        self.fixed = 0
        self.refusals: dict[Expr, S2SADError] = {}
        self.hints: dict[Expr, str] = {}
        self.called: dict[Expr, tuple[Var, Var]] = {}
        self.replaced: dict[Expr, Var] = {}
        self.root: Expr | None = None
        self.taken_out: dict[Expr, tuple[Var, Var]] = {}
        self.complex_numbers = ComplexNumbers(facts)
        self.operators = OperatorTangents(self)

    # ------------------------------------------------------------ small tools

    def is_varied(self, expr: Expr) -> bool:
        """Whether an expression depends on what is differentiated."""
        return expr in self.facts.varied

    def dot(self, var: Var) -> Var:
        """The variable that holds the tangent of a variable."""
        return self.dots.of(var)

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
        return self.refusal(S2SADError(code, message, location_of(node), advice))

    def refusal(self, error: S2SADError) -> Tangent:
        """Stands for a tangent that cannot be had for this reason."""
        mark = Opaque((), error.message, error.code)
        self.refusals[mark] = error
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
            return self.zeros.of(node)
        return expand(found, node, self.facts).expr

    # ------------------------------------------------------------ expressions

    def push(self, node: Expr) -> Tangent | None:
        """The tangent of an expression; None when it is zero."""
        if not self.is_varied(node):
            return None
        if node in self.called:
            return self._called(node)
        match node:
            case Ref(var):
                return self.dots.read(var, node)
            case Apply():
                return self._apply(node)
            case Make():
                return self._make(node)
            case Select():
                return self._select(node)
            case Each():
                if may_be_used_up(node, self.iterators):
                    return self.refusal(run_over_once(node))
                return self._each(node)
            case Invoke():
                return self._invoke(node)
            case Opaque():
                return self.refused(*not_understood(node))
        return None

    # ------------------------------------------------------------ operators

    def _apply(self, node: Apply) -> Tangent | None:
        base = self.facts.type_of(node.args[0]) if node.args else Inert()
        if node.op in ("getitem", "getattr") and not isinstance(base, Array):
            return self._part(node)
        if node.op in ITERABLES or node.op == "dict.get":
            return self._iterable(node)
        open_ = isinstance(base, Array | Unknown) and node.op != "builtins.dict"
        if node.op in _COPIES and not node.kwargs and not open_:
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
            inner = varied_parts_not_understood(node, self.facts)
            if inner:
                return self.push(next(part for part in inner if self.is_varied(part)))
            has_rule = self.engine.program.rules.has(node.op)
            return self.refused(*without_rule(node, self.facts, has_rule))
        return self.operators.tangent(node, *found)

    def _popped(self, node: Apply) -> Tangent | None:
        """What is taken out of a list: the same of its tangents, once."""
        base = self.push(node.args[0])
        if base is None:
            return None
        # As pop() or as take_last(), which gives 0.0 for an item without an adjoint.
        key, otherwise = map(as_value, node.args[1:2]), node.args[2:]
        given = (base.expr, *key, *(self.whole(self.push(part), part) for part in otherwise))
        taken = replace(node, args=given, origin=None)
        expr = taken if node is self.root else self.let("dot_taken", self.typed(taken, Unknown("")))
        return self.tangent(expr, node, True)

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
        """list(xs), zip(xs, ys), reversed(xs): the same of tangents. What counts, and the keys of a
        dict, have zeros: where they stand, another time there may be a float."""
        parted = node.args[:1] if node.op == "dict.get" else node.args
        args = tuple(self.whole(self.push(arg), arg) for arg in parted)
        match node.op, args:
            case "builtins.enumerate", (items, *_):
                return Tangent(_behind_zeros(items), tree=True)
            case ("dict.items" | "dict.values"), (tangents,):
                key = Var("key")
                tangent: Expr = Apply("getitem", (tangents, Ref(key)), (), "index")
                if node.op == "dict.items":
                    tangent = Make("tuple", (Const(0.0), tangent))
                return Tangent(Each("list", tangent, key, as_value(node.args[0]), ()), tree=True)
            case "builtins.list", (Each(kind="list") as items,):
                return Tangent(items, tree=True)
        args += tuple(map(as_value, node.args[len(parted) :]))
        return Tangent(replace(node, args=args, origin=None), tree=True)

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
        for var in targets_of(node.target):
            var.name = var.hint
        self.fixed += 1
        found = None
        match node.iterable:
            case Apply("dict.items" | "dict.values", (base,)) if self.is_varied(base):
                found = self.pairs.in_comprehension(node, base)
        iterable, target = found or self.pairs.paired(node.iterable, node.target)
        element = self.whole(self.push(node.element), node.element)
        self.fixed -= 1
        if found is not None:
            key = None if node.key is None else as_value(node.key)
            conditions = tuple(as_value(c) for c in node.conditions)
            return Tangent(Each(node.kind, element, target, iterable, conditions, key), tree=True)
        read = {n.var for n in walk(element) if isinstance(n, Ref)}
        dots = {self.dots.of_var[v] for v in targets_of(node.target) if v in self.dots.of_var}
        if not read & dots:
            iterable, target = as_value(node.iterable), node.target
        key = None if node.key is None else as_value(node.key)
        conditions = tuple(as_value(c) for c in node.conditions)
        each = Each(node.kind, element, target, iterable, conditions, key)
        return Tangent(each, tree=True)

    def dotted(self, target: Target) -> Target:
        """The target of a tangent; `_` for a place in what has none."""
        match target:
            case Place(base, key):
                if not self.mirrored.roots(base):
                    return Var("_", user=True, name="_")
                found = self.push(base)
                assert found is not None
                return Place(found.expr, key)
            case Var():
                return self.dot(target)
            case Unpack(targets, star):
                return Unpack(tuple(self.dotted(part) for part in targets), star)

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
        written = self.mirrored.regions.calls.effects(node).writes
        named += [(n, as_value(a)) for n, i in interface.named if (a := node.args[i]) is not None]
        for index in interface.wrt:
            given = node.args[index]
            # A default is a literal, or what is not varied: its tangent is zero.
            tangent = Const(0.0) if given is None else self.whole(self.push(given), given)
            if given is not None and index in written:
                tangent = self.writes.own(given, tangent)
            if interface.keyword:
                named.append((interface.seed(f"dot_{interface.names[index]}"), tangent))
            else:
                args.append(tangent)
        op = "jvp.writes" if self.engine.writes_varied(node) else "jvp"
        return Apply(f"{op}:{interface.key}", tuple(args), tuple(named), "call", interface.name)


def _behind_zeros(dots: Expr) -> Expr:
    """Pairs of zero and each of these tangents: [(0.0, dot_item) for dot_item in dots]."""
    dot = Var("dot_item")
    return Each("list", Make("tuple", (Const(0.0), Ref(dot))), dot, dots, ())


_COPIES = {"numpy.copy", "copy.copy", "copy.deepcopy", "builtins.dict"}
"""Operators whose result is a container, if their operand is one."""
