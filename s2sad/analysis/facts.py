"""Types, symbolic shapes and activity, by abstract interpretation of the forward program.

Input: a lowered function and what is known of its arguments. Output: `Facts`, tables beside the IR:
the type of each expression, and whether it is *varied* (depends on what is differentiated).
Callees are interpreted with the join of what all their calls hand them.

Loops are interpreted until nothing changes. A symbol that stands for a size inside a loop carries
the loop's mark (`~3`): the same symbol in another iteration may be another size, so a value that is
carried from one iteration into the next gets a new one.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

from s2sad.analysis.imaginary import constant_type
from s2sad.analysis.iteration import ITERABLES, element
from s2sad.analysis.regions import Calls, Effects, Regions
from s2sad.analysis.sizes import UNKNOWN, Size
from s2sad.analysis.types import (
    BOOL,
    FLOAT,
    INT,
    NUMBER,
    REAL,
    SCALAR,
    AnyShape,
    Array,
    DictOf,
    Inert,
    ListOf,
    Shape,
    Star,
    Struct,
    TupleOf,
    Type,
    Unknown,
    is_complex,
    is_integral,
    may_be_complex,
    with_dtype,
)
from s2sad.analysis.usage import refined, unpacked_shapes, used_as_numbers
from s2sad.derive.own_rules import is_own
from s2sad.derive.rules import rules
from s2sad.derive.selection import abstract, choose, dtype_name, result_shape
from s2sad.derive.templates import Rule
from s2sad.ir.bindings import LIST_CHANGES, bound_by
from s2sad.ir.flow import expressions, statements
from s2sad.ir.nodes import (
    Apply,
    Assign,
    Block,
    Branch,
    Const,
    Context,
    Define,
    Each,
    Evaluate,
    Expr,
    For,
    Function,
    Guard,
    Invoke,
    Make,
    Opaque,
    Place,
    Ref,
    Return,
    Select,
    Slice,
    Stmt,
    Target,
    Unpack,
    Value,
    Var,
    Verbatim,
    While,
    walk,
)
from s2sad.source.operators import COMPARE

_CLOSED = set(
    "add sub mul floordiv mod pow neg pos bitand bitor bitxor lshift rshift invert builtins.abs "
    "builtins.max builtins.min builtins.sum builtins.pow numpy.sum numpy.max numpy.min".split()
)
"""Operators whose result on integers is an integer."""

_ALLOCATIONS = {
    "numpy.zeros": "", "numpy.ones": "", "numpy.empty": "", "numpy.full": "fill_value",
    "numpy.zeros_like": "a", "numpy.ones_like": "a", "numpy.empty_like": "a",
    "numpy.full_like": "a", "numpy.eye": "", "numpy.identity": "",
}  # fmt: skip
"""Operators that allocate, with the argument whose dtype the result has: float64 where there is
none."""

_INTEGERS = {"builtins.len", "builtins.int", "numpy.size", "numpy.ndim"}
"""Operators whose result is a Python integer."""


_COPIES = {"copy.copy", "copy.deepcopy"}
"""Operators whose result is of their operand's type, whatever it is."""

_NUMBERS = {f"{home}.{name}" for home in ("math", "numpy") for name in ("pi", "e", "inf", "nan")}
_NUMBERS |= {"math.tau", "numpy.euler_gamma", "user.number"}
"""Constants that are Python floats."""


@dataclass(frozen=True)
class Fact:
    """What is known of a value: its type, and whether it is varied."""

    type: Type
    varied: bool = False


@dataclass
class Summary:
    """What is known of a function: its arguments so far, what it returns, and into which arguments
    it writes something that is varied."""

    params: list[Fact]
    result: Fact = field(default_factory=lambda: Fact(Unknown("result")))
    written: frozenset[int] = frozenset()
    running: bool = False
    sweep: int = 0


class Environment:
    """Facts by variable, as layers: a branch has a layer of its own over the facts before it."""

    def __init__(self, outer: Environment | None = None) -> None:
        self.outer = outer
        self.own: dict[Var, Fact] = {}

    def get(self, var: Var) -> Fact | None:
        """The fact of a variable here."""
        layer: Environment | None = self
        while layer is not None:
            if var in layer.own:
                return layer.own[var]
            layer = layer.outer
        return None


class Facts:
    """The tables, and the interpreter that fills them. `program` finds the bodies of callees."""

    def __init__(self, program: Any) -> None:
        self.program = program
        self.types: dict[Expr, Type] = {}
        self.varied: set[Expr] = set()
        self.summaries: dict[Function, Summary] = {}
        self.bindings: dict[Var, Type] = {}
        self.rules: dict[Apply, tuple[Rule, dict[str, Expr]] | None] = {}
        self.numeric: set[Var] = set()
        self.sizes: dict[Var, Any] = {}
        self.wary = False
        self.mixed = False  # whether anything at all may be complex
        self._modules: list[Any] = []
        self._fixed: set[Var] = set()
        self.untyped_calls = Calls(program)
        self._regions: list[Regions] = []
        self._known_regions: dict[Function, Regions] = {}
        self._scanned: set[Function] = set()
        self._sweep = 0
        self._recursive = False
        self._depth = 0
        self._loops = 0
        self._marks: list[str] = []
        self._numbers: dict[Expr, int] = {}
        self._short: dict[str, str] = {}
        self._returns: list[tuple[Function, Fact]] = []

    # ------------------------------------------------------------ questions

    def type_of(self, expr: Expr) -> Type:
        """The type of an expression of the forward program, or of one made later."""
        found = self.types.get(expr)
        if found is None:
            found = self._value(expr, _LATER).type
        return found

    def shape_of(self, expr: Expr) -> AnyShape:
        """The shape of an expression that is a number or an array."""
        return self.array(self.type_of(expr), expr).shape

    def array(self, kind: Type, expr: Expr | None = None) -> Array:
        """A type seen as a number or an array, as arithmetic sees it."""
        match kind:
            case Array():
                return kind
            case Unknown(name, foreign):
                dtype = NUMBER if foreign else "unknown"
                return Array(dtype, Star(name or f"value{len(self._short)}"))
            case Inert():
                return Array("unknown", Star(f"inert.{kind.what}"))
        return Array("unknown", Star(f"{type(kind).__name__}"))

    def rule_of(self, node: Apply) -> tuple[Rule, dict[str, Expr]] | None:
        """The variant of a rule that fits a use of an operator, and what it binds."""
        if node not in self.rules:
            self.rules[node] = self._choose(node)
        return self.rules[node]

    def _choose(self, node: Apply) -> tuple[Rule, dict[str, Expr]] | None:
        variants = self.program.rules.variants(node.op)
        return choose(variants, node, self.type_of, is_varied=self.varied.__contains__)

    # ------------------------------------------------------------ functions

    def interpret(self, function: Function, params: list[Fact]) -> Fact:
        """Interprets a function for these arguments, joined with those of earlier calls."""
        summary = self.summaries.get(function)
        if summary is None:
            summary = self.summaries[function] = Summary(params)
        else:
            joined = [
                self._join(old, new, f"{p.var.hint}")
                for p, old, new in zip(function.params, summary.params, params, strict=True)
            ]
            if joined == summary.params and summary.sweep == self._sweep:
                self._recursive |= summary.running
                return summary.result
            summary.params = joined
            return self._again(function, summary)
        if summary.running:
            self._recursive = True
            return summary.result
        return self._again(function, summary)

    def again(self, function: Function) -> None:
        """Interprets a function whose body, or that of one that it calls, was changed."""
        self._sweep += 1
        self._known_regions.clear()
        self._again(function, self.summaries[function])

    def _again(self, function: Function, summary: Summary) -> Fact:
        """Interprets a function; one that calls itself, directly or not, until nothing changes."""
        if summary.running:
            self._recursive = True
            return summary.result
        summary.running = True
        self._depth += 1
        for _ in range(6):
            before = (summary.result, list(summary.params))
            self._run(function, summary)
            summary.sweep = self._sweep
            if not self._recursive or (summary.result, summary.params) == before:
                break
            if self._depth == 1:
                self._sweep += 1
        self._depth -= 1
        if self._depth == 0:
            self._recursive = False
        summary.running = False
        return summary.result

    def _run(self, function: Function, summary: Summary, env: Environment | None = None) -> None:
        if function not in self._scanned:
            self._scanned.add(function)
            self.numeric |= used_as_numbers(function.body)
            self._fixed |= _given_once(function)
        env = Environment(env)
        for parameter, fact in zip(function.params, summary.params, strict=True):
            env.own[parameter.var] = fact
            self._bind_type(parameter.var, fact.type)
        outer_returns, self._returns = self._returns, []
        if function not in self._known_regions:
            self._known_regions[function] = Regions(function, self.untyped_calls)
        regions = self._known_regions[function]
        self._regions.append(regions)
        self._modules.append(function.module)
        self._block(function.body, env)
        self._modules.pop()
        self._regions.pop()
        if any(regions.is_written(parameter.var) for parameter in function.params):
            # What is a number cannot be written into: with types, fewer are.
            regions = Regions(function, _Varied(self), self.type_of)
        summary.written = frozenset(
            k
            for k, parameter in enumerate(function.params)
            if parameter.var in regions.written_parameters
            and self._any_varied(function, parameter.var, regions, env)
        )
        returned = [fact for owner, fact in self._returns if owner is None or owner is function]
        self._returns = outer_returns
        result = Fact(Inert("None"))
        if returned:
            result = returned[0]
            for fact in returned[1:]:
                result = self._join(result, fact, f"{function.name}.result")
        summary.result = result

    def _any_varied(self, function: Function, var: Var, regions: Regions, env: Environment) -> bool:
        """Whether what a parameter stands for is varied at some point of a function."""
        members = set(regions.members(var))
        if any((fact := env.get(other)) is not None and fact.varied for other in members):
            return True
        entry = zip(function.params, self.summaries[function].params, strict=True)
        return any(fact.varied for parameter, fact in entry if parameter.var in members) or any(
            isinstance(node, Ref) and node.var in members and node in self.varied
            for statement in statements(function.body)
            for root in expressions(statement)
            for node in walk(root)
        )

    _captured: dict[Var, Fact] = {}

    # ------------------------------------------------------------ statements

    def _block(self, block: Block, env: Environment) -> None:
        for statement in block:
            self._statement(statement, env)

    def _statement(self, statement: Stmt, env: Environment) -> None:
        match statement:
            case Assign():
                fact = self._value(statement.value, env)
                if statement.augmented is not None and isinstance(statement.value, Apply):
                    fact = self._updated(statement, statement.value, fact)
                    if fact.varied:
                        self._written(statement.value.args[0], env)
                for target in statement.targets:
                    self._assign(target, fact, statement.value, env)
                    self._note_sizes(target, statement.value)
            case Evaluate(value):
                self._value(value, env)
                if isinstance(value, Apply) and value.op in LIST_CHANGES:
                    if any(part in self.varied for part in value.args[1:]):
                        self._written(value.args[0], env)
                elif isinstance(value, Apply) and (rules_ := rules().get(value.op)):
                    base = value.args[0] if value.args else None
                    if base is not None and any(rule.writes for rule in rules_):
                        if any(part in self.varied for part in value.args[1:]):
                            self._written(base, env)
                if isinstance(value, Apply) and value.op == "list.append":
                    item = value.args[1]
                    if item in self.varied:
                        self._written(value.args[0], env)
                    self._stored(value.args[0], Slice(None, None), self.types[item], env)
            case Return():
                if statement.value is None:
                    self._returns.append((None, Fact(Inert("None"))))  # type: ignore[arg-type]
                else:
                    fact = self._value(statement.value, env)
                    self._returns.append((None, fact))  # type: ignore[arg-type]
            case Branch():
                self._value(statement.test, env)
                self._arms([statement.then, statement.other], env)
            case For():
                fact = self._value(statement.iterable, env)
                self._loop(statement, fact, env)
            case While():
                self._loop(statement, None, env)
            case Context():
                for read in statement.reads:
                    self._value(read, env)
                self._block(statement.body, env)
            case Guard():
                self._block(statement.body, env)
            case Define():
                env.own[statement.var] = Fact(Inert("function"))
            case Verbatim():
                varied = any([self._value(read, env).varied for read in statement.reads])
                for var in statement.binds:
                    kind = Unknown(var.hint, foreign=self.wary)
                    env.own[var] = Fact(kind, varied)
                    self._bind_type(var, kind)

    def _updated(self, statement: Assign, value: Apply, fact: Fact) -> Fact:
        """What `x += e` leaves in x: an array stays the same one, and so does a part of one in
        shape."""
        old = value.args[0]
        kind, found = self.types.get(old), self.types.get(value)
        if isinstance(kind, Array) and isinstance(kind.shape, Shape) and kind.shape != SCALAR:
            return Fact(kind, fact.varied)
        inside = isinstance(statement.targets[0], Place) and isinstance(old, Apply)
        if inside and isinstance(kind, Array) and isinstance(found, Array):
            assert isinstance(old, Apply)
            if isinstance(self.types.get(old.args[0]), Array):
                self.types[value] = Array(found.dtype, kind.shape)
        return fact

    def _arms(self, arms: list[Block], env: Environment) -> None:
        layers = []
        for arm in arms:
            layer = Environment(env)
            # What an arm that leaves the loop found is true after the loop: it is never dropped.
            self._block(arm, layer)
            layers.append(layer)
        changed: dict[Var, None] = {}
        for layer in layers:
            changed |= dict.fromkeys(layer.own)
        for var in changed:
            facts = [fact for layer in layers if (fact := layer.get(var)) is not None]
            joined = facts[0]
            for fact in facts[1:]:
                joined = self._join(joined, fact, var.hint)
            env.own[var] = joined

    def _loop(self, loop: For | While, iterated: Fact | None, env: Environment) -> None:
        self._loops += 1
        mark = f"~{self._loops}"
        head = Environment(env)
        self._marks.append(mark)
        while True:
            body = Environment(head)
            if isinstance(loop, For) and iterated is not None:
                item = Fact(element(iterated.type, mark), iterated.varied)
                self._assign_element(loop.target, item, loop.iterable, body)
            if isinstance(loop, While):
                self._value(loop.test, body)
            self._block(loop.body, body)
            changed = False
            for var, back in body.own.items():
                entry = head.get(var)
                if entry is None:
                    # Bound by the loop alone: after it, what the last iteration left.
                    new = self._carried(back, back, var, mark)
                else:
                    new = self._carried(entry, back, var, mark)
                if new != entry:
                    head.own[var] = new
                    changed = True
            if not changed:
                break
        self._marks.pop()
        for var, fact in head.own.items():
            env.own[var] = fact
        self._block(loop.other, env)

    def _carried(self, entry: Fact, back: Fact, var: Var, mark: str) -> Fact:
        """The fact of a variable at the head of a loop, from before it and from its end."""
        joined = self._join(entry, back, f"{var.hint}{mark}")
        if mark in repr(back.type) and joined.type == back.type and entry.type != joined.type:
            return Fact(_renamed(joined.type, f"{var.hint}{mark}"), joined.varied)
        return joined

    def _note_sizes(self, target: Target, value: Expr) -> None:
        """Notes sizes that names are given: `n = len(x)`, `shape = x.shape`, `n, m = x.shape`."""
        found = abstract(value, self.type_of, self._size_of)
        parts = [(target, found)]
        if isinstance(target, Unpack) and target.star is None:
            inside = isinstance(found, tuple) and len(found) == len(target.targets)
            sizes = found if inside else (None,) * len(target.targets)
            parts = list(zip(target.targets, sizes, strict=True))
        for part, size in parts:
            if isinstance(part, Var) and part in self._fixed:
                self.sizes[part] = size if _is_size(size) else UNKNOWN

    def _size_of(self, expr: Expr) -> Any:
        return self.sizes.get(expr.var, UNKNOWN) if isinstance(expr, Ref) else UNKNOWN

    def _assign(self, target: Target, fact: Fact, value: Expr, env: Environment) -> None:
        match target:
            case Var():
                kind = fact.type
                if isinstance(kind, Unknown) and not kind.name:
                    kind = Unknown(target.hint, kind.foreign)
                env.own[target] = Fact(kind, fact.varied and not is_integral(kind))
                self._bind_type(target, kind)
            case Unpack():
                for position, part in enumerate(target.targets):
                    item = _item(fact.type, position, len(target.targets))
                    if target.star == position:
                        item = ListOf(Unknown())
                    varied = fact.varied
                    if isinstance(value, Make) and len(value.items) == len(target.targets):
                        varied = value.items[position] in self.varied
                    self._assign(part, Fact(item, varied), Const(None), env)
            case Place():
                base = self._value(target.base, env)
                if not isinstance(target.key, str):
                    self._value(target.key, env)
                if fact.varied and not is_integral(base.type):
                    self._written(target.base, env)
                if self.wary and may_be_complex(fact.type):
                    self._written_complex(target.base, env)
                self._stored(target.base, target.key, fact.type, env)

    def _stored(self, base: Expr, key: Expr | str, kind: Type, env: Environment) -> None:
        """A container has another item from here on."""
        if isinstance(base, Ref) and (fact := env.get(base.var)) is not None:
            found = with_item(fact.type, key, kind)
            if found != fact.type:
                env.own[base.var] = Fact(found, fact.varied)
                self._bind_type(base.var, found)

    def _written(self, base: Expr, env: Environment) -> None:
        """Something varied is written into an object: all that may share memory with it is varied
        from here on. Integers stay what they are: NumPy truncates what is written there."""
        kind = self.types.get(base)
        if isinstance(kind, Inert) or (isinstance(kind, Array) and kind.shape == SCALAR):
            return
        regions = self._regions[-1]
        for root, _ in regions.aliases(base):
            for var in regions.members(root):
                fact = env.get(var)
                if fact is not None and not isinstance(fact.type, Inert):
                    env.own[var] = Fact(fact.type, not is_integral(fact.type))

    def _written_complex(self, base: Expr, env: Environment) -> None:
        """Something that may be complex is written into an array or container: what is not known
        to be real may be complex from here on."""
        for root, _ in self._regions[-1].aliases(base):
            for var in self._regions[-1].members(root):
                fact = env.get(var)
                match fact:
                    case Fact(Array("unknown", shape), varied) if shape != SCALAR:
                        env.own[var] = Fact(Array(NUMBER, shape), varied)
                    case Fact(Unknown(name, False), varied):
                        env.own[var] = Fact(Unknown(name, foreign=True), varied)

    def _assign_element(self, target: Target, fact: Fact, iterable: Expr, env: Environment) -> None:
        """Gives the target of a loop an element; of zip and enumerate each part its own source."""
        parts: tuple[Expr, ...] = ()
        match iterable:
            case Apply("builtins.zip", args):
                parts = args
            case Apply("builtins.enumerate", (inner, *_)):
                parts = (Const(0), inner)
        if not isinstance(target, Unpack) or len(parts) != len(target.targets):
            self._assign(target, fact, Const(None), env)
            return
        for position, (part, source) in enumerate(zip(target.targets, parts, strict=True)):
            item = Fact(_item(fact.type, position, len(parts)), source in self.varied)
            self._assign_element(part, item, source, env)

    def _bind_type(self, var: Var, kind: Type) -> None:
        old = self.bindings.get(var)
        if old is None or old == kind:
            self.bindings[var] = kind
        else:
            self.bindings[var] = self._join(Fact(old), Fact(kind), f"{var.hint}~").type

    # ------------------------------------------------------------ expressions

    def _value(self, expr: Expr, env: Environment) -> Fact:
        if env is _LATER and expr in self.types:
            return Fact(self.types[expr], expr in self.varied)
        fact = self._expression(expr, env)
        if fact.varied and (is_integral(fact.type) or isinstance(fact.type, Inert)):
            fact = Fact(fact.type)
        self.types[expr] = fact.type
        self.mixed = self.mixed or may_be_complex(fact.type)
        if fact.varied:
            self.varied.add(expr)
        else:
            self.varied.discard(expr)
        return fact

    def _expression(self, expr: Expr, env: Environment) -> Fact:
        match expr:
            case Const(value):
                return Fact(_literal_type(value))
            case Ref(var):
                fact = env.get(var) or self._global(var)
                if isinstance(fact.type, Unknown) and var in self.numeric:
                    return Fact(self.array(fact.type, expr), fact.varied)
                return fact
            case Apply():
                return self._apply(expr, env)
            case Invoke():
                return self._invoke(expr, env)
            case Make():
                return self._make(expr, env)
            case Slice(start, stop, step):
                for part in (start, stop, step):
                    if part is not None:
                        self._value(part, env)
                return Fact(Inert("slice"))
            case Select():
                test = self._value(expr.test, env)
                then = test if expr.then is expr.test else self._value(expr.then, env)
                other = test if expr.other is expr.test else self._value(expr.other, env)
                return self._join(then, other, f"select{len(self._short)}")
            case Each():
                return self._each(expr, env)
            case Value(node):
                return Fact(self.type_of(node))
            case Opaque():
                varied = [self._value(part, env).varied for part in expr.parts]
                if expr.inert:
                    return Fact(Inert("function"))
                return Fact(Unknown("", foreign=self.wary), any(varied))
        raise AssertionError(expr)

    def _global(self, var: Var) -> Fact:
        kind = self.bindings.get(var)
        return Fact(kind if kind is not None else self._constant(var.hint, Unknown(var.hint)))

    def _apply(self, node: Apply, env: Environment) -> Fact:
        facts = [self._value(a, env) for a in node.args]
        facts += [self._value(a, env) for _, a in node.kwargs]
        varied = any(fact.varied for fact in facts)
        if not varied and node.form == "call" and node.op != "functools.partial":
            # A function that is handed to another one brings along what it has captured.
            handed = (a for a in (*node.args, *(a for _, a in node.kwargs)))
            varied = any(
                part in self.varied
                for a in handed if isinstance(a, Opaque) and a.inert for part in a.parts
            )  # fmt: skip
        if node.form == "name":
            return Fact(FLOAT if node.op in _NUMBERS else self._constant(node.op, Inert(node.op)))
        if node.op == "s2sad.stop_gradient":
            return Fact(facts[0].type)
        if node.op == "list.pop":
            return Fact(_last_item(facts[0].type), varied)
        if node.op == "list.append":
            return Fact(Inert("None"))
        if node.op == "copy.copy" or (node.op == "numpy.copy" and node.form == "method"):
            if isinstance(facts[0].type, ListOf | TupleOf | DictOf | Struct):
                return facts[0]
        if node.op == "s2sad.on_gradient":
            return facts[0]
        if node.op == "chain":
            return Fact(BOOL)  # `and` asks for one truth value, so that no operand is an array
        if node.op in ITERABLES:
            return Fact(ITERABLES[node.op]([fact.type for fact in facts[: len(node.args)]]), varied)
        if node.op in _COPIES and not isinstance(facts[0].type, Array):
            return Fact(facts[0].type, varied)
        if node.op == "getattr":
            return Fact(_attribute(facts[0].type, node.text), varied)
        if node.op == "add" and any(isinstance(f.type, TupleOf | ListOf) for f in facts):
            return Fact(_joined_lists(facts[0].type, facts[1].type), varied)
        if node.op == "mul" and (repeated := _repeated(facts[0].type, facts[1].type)) is not None:
            return Fact(repeated, varied)
        if node.op == "getitem" and not isinstance(facts[0].type, Array):
            item = _index(facts[0].type, node.args[1])
            if item is not None:
                return Fact(item, varied)
        return self._operator(node, facts, varied)

    def _constant(self, path: str, otherwise: Type) -> Type:
        """The type of a name of a module, if it is that of a constant that may be complex."""
        found = None
        if self.wary and self._modules:
            found = constant_type(path, self._modules[-1])
        return otherwise if found is None else found

    def _operator(self, node: Apply, facts: list[Fact], varied: bool) -> Fact:
        self.rules.pop(node, None)
        found = self.rule_of(node)
        if found is None:
            mixed = any(may_be_complex(fact.type) for fact in facts)
            foreign = self.wary and not node.op.startswith(("numpy.random.", "builtins."))
            return Fact(Unknown("", foreign=mixed or foreign), varied)
        rule, bound = found
        if node.op in _INTEGERS:
            return Fact(INT)
        if node.op == "numpy.shape":
            shape = self.array(facts[0].type, node.args[0]).shape
            if isinstance(shape, Shape):
                return Fact(TupleOf((INT,) * shape.rank))
            return Fact(ListOf(INT, "tuple"))
        shape = self._named(result_shape(rule, bound, self.type_of, self._size_of), node)
        dtype = self._complex_dtype(rule, bound)
        if not isinstance(shape, Shape | Star):
            kind = shape if dtype is None else with_dtype(shape, dtype)
            return Fact(kind, varied and not rule.zero)
        if node.op in COMPARE.values():
            return Fact(Array("bool", shape, python=False))
        if rule.zero:
            return Fact(Array(self._allocated(node, bound, dtype or "unknown"), shape))
        operands = [self.array(self.type_of(bound[o.name]))
                    for o in rule.operands if not o.is_list and o.name in bound]  # fmt: skip
        kinds = [f.type for f in facts]
        python = shape == SCALAR and node.form in ("infix", "prefix", "call")
        python = (
            python
            and not (node.op.startswith("numpy.") or is_own(node.op))
            and not node.text.startswith("np.")
        )
        python = python and all(isinstance(k, Array) and k.python for k in kinds)
        if node.op.startswith("math."):
            python = True
        return Fact(Array(dtype or _promote(node.op, operands), shape, python), varied)

    def _complex_dtype(self, rule: Rule, bound: dict[str, Expr]) -> str | None:
        """The dtype of what an operator gives that has to do with complex numbers; None for what
        is real."""
        if rule.gives == "complex":
            return "complex128"
        operands = [self.type_of(bound[operand.name]) for operand in rule.operands]
        mixed = any(map(may_be_complex, operands))
        stated = bound.get("dtype")
        if stated is not None and not (isinstance(stated, Const) and stated.value is None):
            name = dtype_name(stated, self.type_of)
            if name.startswith("complex"):
                return name
            if name != "unknown":
                return name if mixed else None
            return NUMBER if mixed else None
        if not mixed:
            return None
        if rule.gives == "real":
            return REAL
        certain = [
            _has_complex(kind)
            for operand, kind in zip(rule.operands, operands, strict=True)
            if not operand.const or rule.zero
        ]
        several = isinstance(rule.result, Make) and not all(certain)
        return "complex128" if any(certain) and not several else NUMBER

    def _allocated(self, node: Apply, bound: dict[str, Expr], otherwise: str) -> str:
        """The dtype of an array that is made without a derivative."""
        stated = bound.get("dtype")
        if stated is not None and not (isinstance(stated, Const) and stated.value is None):
            return dtype_name(stated, self.type_of)
        like = _ALLOCATIONS.get(node.op)
        if like is None:
            return otherwise
        if not like:
            return "float64"
        model = self.array(self.type_of(bound[like]), bound[like])
        return "unknown" if model.dtype == "float64" and model.python else model.dtype

    def _named(self, shape: Any, node: Expr) -> Any:
        """A result's shape in which every unknown size has a name of its own, and a short one."""
        match shape:
            case Star("?"):
                return Star(self._fresh(node))
            case Star(name, ones) if len(name) > 48:
                return Star(self._shorten(name), ones)
            case Shape(dims):
                return Shape(tuple(self._dim(d, k, node) for k, d in enumerate(dims)))
            case tuple() | list():
                parts = [self._named(part, node) for part in shape]
                return TupleOf(tuple(
                    Array("unknown", part) if isinstance(part, Shape | Star) else part
                    for part in parts
                ))  # fmt: skip
            case ListOf(Array(dtype, inner), kind):
                return ListOf(Array(dtype, self._named(inner, node)), kind)
        return shape

    def _dim(self, dim: int | str, axis: int, node: Expr) -> int | str:
        if dim == "?":
            return f"?{self._fresh(node)}.{axis}"
        return self._shorten(dim) if isinstance(dim, str) and len(dim) > 48 else dim

    def _fresh(self, node: Expr) -> str:
        """A name for a size that the value of this node alone has, in this iteration."""
        if node not in self._numbers:
            self._numbers[node] = len(self._numbers)
        return f"v{self._numbers[node]}" + "".join(self._marks)

    def _shorten(self, name: str) -> str:
        if name not in self._short:
            marks = sorted(set(re.findall(r"~(\w*)", name)))
            prefix = "?" if name.startswith("?") else ""
            tail = "".join(f"~{mark}" for mark in marks)
            self._short[name] = f"{prefix}size{len(self._short)}{tail}"
        return self._short[name]

    def _invoke(self, node: Invoke, env: Environment) -> Fact:
        function = self.program.function(node.callee)
        unpacked = unpacked_shapes(function)
        params = []
        for parameter, argument in zip(function.params, node.args, strict=True):
            if argument is None:
                params.append(Fact(parameter.type or Unknown(parameter.var.hint)))
                continue
            fact = self._value(argument, env)
            varied = fact.varied or self._may_become_varied(node, argument)
            kind = refined(_annotated(parameter.type, fact.type), unpacked.get(parameter.var))
            params.append(Fact(kind or fact.type, varied))
        result = self.interpret(function, params)
        for position in self.summaries[function].written:
            argument = node.args[position]
            if argument is not None:
                self._written(argument, env)
        kind = _renamed(result.type, f"{node.callee.name}{len(self._short)}", only_marked=True)
        return Fact(kind, result.varied)

    def _may_become_varied(self, node: Invoke, argument: Expr) -> bool:
        """Whether what is varied may be written later into the memory that a call is handed and
        returns."""
        returned = self.untyped_calls.effects(node).returns
        if argument not in [node.args[k] for k in returned]:
            return False
        kind = self.types[argument]
        if isinstance(kind, Inert) or is_integral(kind):
            return False
        regions = self._regions[-1]
        return any(regions.is_written(var) for var, _ in regions.aliases(argument))

    def _make(self, node: Make, env: Environment) -> Fact:
        for key in node.keys:
            self._value(key, env)
        facts = [self._value(item, env) for item in node.items]
        varied = any(fact.varied for fact in facts)
        types = tuple(fact.type for fact in facts)
        match node.kind:
            case "tuple" | "list":
                return Fact(TupleOf(types), varied)
            case "dict" if all(isinstance(key, Const) for key in node.keys):
                keys = [key.value for key in node.keys if isinstance(key, Const)]
                return Fact(DictOf(tuple(zip(keys, types, strict=True))), varied)
            case "object":
                names = [key.value for key in node.keys if isinstance(key, Const)]
                return Fact(Struct(node.cls, tuple(zip(names, types, strict=True))), varied)
        return Fact(Unknown(node.kind), varied)

    def _each(self, node: Each, env: Environment) -> Fact:
        iterated = self._value(node.iterable, env)
        self._loops += 1
        mark = f"~{self._loops}"
        self._marks.append(mark)
        inner = Environment(env)
        item = Fact(element(iterated.type, mark), iterated.varied)
        self._assign_element(node.target, item, node.iterable, inner)
        for condition in node.conditions:
            self._value(condition, inner)
        if node.key is not None:
            self._value(node.key, inner)
        fact = self._value(node.element, inner)
        self._marks.pop()
        if node.kind == "dict":
            return Fact(DictOf((), fact.type), fact.varied)
        return Fact(ListOf(fact.type), fact.varied)

    # ------------------------------------------------------------ joins

    def _join(self, a: Fact, b: Fact, name: str) -> Fact:
        return Fact(join(a.type, b.type, name), a.varied or b.varied)


class _Varied:
    """What calls write that is varied, as far as the functions that they call were interpreted."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.program = facts.program

    def effects(self, node: Invoke) -> Effects:
        """What a call does to its arguments."""
        found = self.facts.untyped_calls.effects(node)
        summary = self.facts.summaries.get(self.facts.program.function(node.callee))
        if summary is None:
            return found
        return replace(found, writes=found.writes & summary.written)


_LATER = Environment()
"""Stands for the environment of expressions that the derivation makes: their parts are known."""


def join(a: Type, b: Type, name: str) -> Type:
    """A type that both are; `name` names sizes that differ."""
    if a == b:
        return a
    if isinstance(a, Array) and isinstance(b, Array):
        dtype = a.dtype if a.dtype == b.dtype else _join_dtype(a, b)
        return Array(dtype, _join_shape(a.shape, b.shape, name), a.python and b.python)
    if isinstance(a, TupleOf) and isinstance(b, TupleOf) and len(a.items) == len(b.items):
        pairs = enumerate(zip(a.items, b.items, strict=True))
        return TupleOf(tuple(join(x, y, f"{name}.{k}") for k, (x, y) in pairs))
    if isinstance(a, TupleOf | ListOf) and isinstance(b, TupleOf | ListOf):
        # A list that is empty on one path has the items of the other.
        if TupleOf(()) in (a, b):
            other = b if a == TupleOf(()) else a
            return ListOf(_common(other.items)) if isinstance(other, TupleOf) else other
    if isinstance(a, TupleOf) and isinstance(b, TupleOf | ListOf):
        a = ListOf(_common(a.items), "tuple")
    if isinstance(b, TupleOf) and isinstance(a, ListOf):
        b = ListOf(_common(b.items), "tuple")
    if isinstance(a, ListOf) and isinstance(b, ListOf):
        return ListOf(join(a.item, b.item, f"{name}.item"), a.kind)
    if isinstance(a, DictOf) and isinstance(b, DictOf):
        items: dict[str | int, Type] = dict(a.items)
        for k, kind in b.items:
            items[k] = join(items[k], kind, f"{name}.{k}") if k in items else kind
        rests = [rest for rest in (a.rest, b.rest) if rest is not None]
        if len(rests) == 2:
            rests = [join(rests[0], rests[1], f"{name}.rest")]
        return DictOf(tuple(items.items()), rests[0] if rests else None)
    return Unknown(name, may_be_complex(a) or may_be_complex(b))


def with_item(kind: Type, key: Expr | str, item: Type) -> Type:
    """The type of a container after an item was put at a key; a Slice stands for its end."""
    value = key.value if isinstance(key, Const) else key if isinstance(key, str) else None
    match kind:
        case TupleOf(()) if isinstance(key, Slice):
            return ListOf(item)
        case TupleOf(items) if type(value) is int and -len(items) <= value < len(items):
            at = value % len(items)
            return TupleOf((*items[:at], item, *items[at + 1 :]))
        case TupleOf(items):
            return ListOf(join(_common(items), item, "item~") if items else item)
        case ListOf(old, form):
            return ListOf(old if old == item else join(old, item, "item~"), form)
        case DictOf(items, rest) if isinstance(value, str | int):
            kept = tuple(pair for pair in items if pair[0] != value)
            return DictOf((*kept, (value, item)), rest)
        case DictOf(items, rest):
            # Any of the items may be the one.
            both = tuple(
                (name, old if old == item else join(old, item, "item~")) for name, old in items
            )
            return DictOf(both, item if rest is None else join(rest, item, "item~"))
    return kind


def _repeated(one: Type, other: Type) -> Type | None:
    """The type of a list that is repeated: [0.0] * n."""
    for kind, times in ((one, other), (other, one)):
        if isinstance(kind, TupleOf | ListOf) and isinstance(times, Array | Unknown):
            if isinstance(times, Array) and not (is_integral(times) and times.shape == SCALAR):
                return None
            return ListOf(_common(kind.items) if isinstance(kind, TupleOf) else kind.item)
    return None


def _last_item(kind: Type) -> Type:
    match kind:
        case ListOf(item):
            return item
        case TupleOf(items) if items:
            return items[-1]
    return Unknown("")


def _joined_lists(a: Type, b: Type) -> Type:
    """The type of two lists or tuples put together."""
    if isinstance(a, TupleOf) and isinstance(b, TupleOf):
        return TupleOf(a.items + b.items)
    parts = [_common(t.items) if isinstance(t, TupleOf) else getattr(t, "item", Unknown(""))
             for t in (a, b)]  # fmt: skip
    return ListOf(join(parts[0], parts[1], "item~"))


def _join_dtype(a: Array, b: Array) -> str:
    if a.python and is_integral(a) and b.dtype.startswith("float"):
        return b.dtype
    if b.python and is_integral(b) and a.dtype.startswith("float"):
        return a.dtype
    if may_be_complex(a) or may_be_complex(b):
        return NUMBER
    return REAL if REAL in (a.dtype, b.dtype) and "unknown" not in (a.dtype, b.dtype) else "unknown"


def _join_shape(a: AnyShape, b: AnyShape, name: str) -> AnyShape:
    if a == b:
        return a
    if isinstance(a, Shape) and isinstance(b, Shape) and a.rank == b.rank:
        pairs = enumerate(zip(a.dims, b.dims, strict=True))
        return Shape(tuple(x if x == y else f"?{name}.{k}" for k, (x, y) in pairs))
    return Star(name)


def _renamed(kind: Type, name: str, only_marked: bool = False) -> Type:
    """A type whose made-up sizes have new names."""
    match kind:
        case Array(dtype, Star(old, ones), python) if not only_marked or "~" in old:
            return Array(dtype, Star(name, ones), python)
        case Array(dtype, Shape(dims), python):
            fresh = tuple(
                f"?{name}.{k}" if isinstance(d, str) and "~" in d else d for k, d in enumerate(dims)
            )
            return Array(dtype, Shape(fresh), python)
        case TupleOf(items):
            parts = enumerate(items)
            return TupleOf(tuple(_renamed(t, f"{name}.{k}", only_marked) for k, t in parts))
        case ListOf(item, form):
            return ListOf(_renamed(item, f"{name}.item", only_marked), form)
        case Unknown(_, foreign):
            return Unknown(name, foreign)
    return kind


def _annotated(annotation: Type | None, given: Type) -> Type:
    """What a callee's parameter is: the annotation is trusted where it says more."""
    if annotation is None or isinstance(annotation, Unknown):
        return given
    if isinstance(annotation, Array) and isinstance(annotation.shape, Star):
        return given if isinstance(given, Array) and isinstance(given.shape, Shape) else annotation
    return annotation


def _literal_type(value: object) -> Type:
    match value:
        case bool():
            return BOOL
        case int():
            return INT
        case float():
            return FLOAT
        case complex():
            return Array("complex128", SCALAR, python=True)
    return Inert(type(value).__name__)


def _has_complex(kind: Type) -> bool:
    """Whether a value, or an item of a list of them, certainly is complex."""
    match kind:
        case TupleOf(items):
            return any(map(_has_complex, items))
        case ListOf(item):
            return is_complex(item)
    return is_complex(kind)


def _promote(op: str, operands: list[Array]) -> str:
    if not operands:
        return "unknown"
    if all(is_integral(a) for a in operands):
        return "int64" if op in _CLOSED else "float64"
    strong = {a.dtype for a in operands if not a.python}
    floats = {d for d in strong if not d.startswith(("int", "uint")) and d != "bool"}
    if "unknown" in strong:
        return "unknown"
    if REAL in strong:
        return REAL
    if not strong or strong == floats == {"float64"}:
        return "float64"
    if len(strong) == 1 and floats:
        return next(iter(floats))
    if floats and floats <= {"float32", "float64"} and "float64" in floats:
        return "float64"
    return "float64" if not floats else "unknown"


def _attribute(kind: Type, name: str) -> Type:
    if isinstance(kind, Struct):
        for field_name, field_type in kind.fields:
            if field_name == name:
                return field_type
    base = kind.name if isinstance(kind, Unknown) else getattr(kind, "what", "")
    return Unknown(f"{base}.{name}", may_be_complex(kind))


def _item(kind: Type, position: int, count: int) -> Type:
    """The type of one part of a value that is unpacked."""
    match kind:
        case TupleOf(items) if len(items) == count:
            return items[position]
        case ListOf(item):
            return _renamed(item, f"part{position}", only_marked=True)
        case Struct(_, fields) if len(fields) == count:
            return fields[position][1]
        case Array(dtype, Shape(dims)) if dims:
            return Array(dtype, Shape(dims[1:]))
        case Array(dtype, Star() as shape):
            return Array(dtype, Star(f"{shape.inner}[]"))
        case Unknown(name, foreign):
            return Unknown(f"{name}.{position}", foreign)
    return Unknown("", may_be_complex(kind))


def _index(kind: Type, key: Expr) -> Type | None:
    """The type of container[key], or None when it is an array."""
    value = key.value if isinstance(key, Const) else None
    match kind:
        case TupleOf(items):
            if isinstance(value, int) and -len(items) <= value < len(items):
                return items[value]
            if isinstance(key, Slice):
                return ListOf(_common(items), "tuple")
            return _common(items)
        case ListOf(item):
            return kind if isinstance(key, Slice) else item
        case DictOf(items, rest):
            for name, item in items:
                if name == value:
                    return item
            if value is None and items:
                return _common((*(item for _, item in items), *([] if rest is None else [rest])))
            if rest is not None and not isinstance(rest, Unknown):
                return rest
            return Unknown(f"item.{value}" if value is not None else "", may_be_complex(kind))
        case Struct(_, fields):
            if isinstance(value, int) and -len(fields) <= value < len(fields):
                return fields[value][1]
            return Unknown("", may_be_complex(kind))
        case Unknown(name, foreign):
            return Unknown(f"{name}.{value}" if isinstance(value, str | int) else "", foreign)
        case Inert():
            return Unknown("")
    return None


def _common(items: tuple[Type, ...]) -> Type:
    if not items:
        return Unknown("")
    result = items[0]
    for item in items[1:]:
        result = join(result, item, "item~")
    return result


def _given_once(function: Function) -> set[Var]:
    """The variables that one statement gives a value to, before everything that reads them."""
    counts = Counter(v for statement in function.body for v in bound_by(statement))
    counts.update(parameter.var for parameter in function.params)
    first = {v for s in function.body if isinstance(s, Assign) for v in bound_by(s)}
    return {var for var in first if counts[var] == 1}


def _is_size(value: Any) -> bool:
    """Whether an abstract value is a size or a tuple of sizes; some of these may be unknown."""
    if isinstance(value, tuple):
        return all(_is_size(item) or item == SCALAR for item in value)
    return isinstance(value, Size | Star) or type(value) is int
