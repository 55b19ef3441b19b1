"""The facts of expressions: the part of the interpreter that evaluates.

    value(expr, env)       the fact of an expression where variables have the facts in `env`

Each expression inside is evaluated, and the tables get what was found. A call of the user's own
function is interpreted with what it is handed (`facts.py`).
"""

from __future__ import annotations

import ast
from collections.abc import Callable

from s2sad.analysis.binding import Binding
from s2sad.analysis.iteration import element
from s2sad.analysis.lattice import annotated, renamed
from s2sad.analysis.operations import Operations
from s2sad.analysis.tables import LATER, Course, Environment, Fact, Tables, either
from s2sad.analysis.types import (
    BOOL,
    FLOAT,
    INT,
    NOTHING,
    SCALAR,
    Array,
    DictOf,
    Inert,
    ListOf,
    Struct,
    TupleOf,
    Type,
    Unknown,
    is_integral,
    may_be_complex,
)
from s2sad.analysis.usage import refined, unpacked_shapes
from s2sad.derive.effects import changed_by_method, filled_by
from s2sad.ir.bindings import LIST_CHANGES
from s2sad.ir.nodes import (
    Apply,
    Const,
    Each,
    Expr,
    Function,
    Invoke,
    Make,
    Opaque,
    Parameter,
    Ref,
    Select,
    Slice,
    Value,
    Var,
)


class Evaluation:
    """The part of the interpreter that is about expressions; `interpret` says what a function
    returns that is handed these."""

    def __init__(
        self, tables: Tables, course: Course, interpret: Callable[[Function, list[Fact]], Fact]
    ) -> None:
        self.tables = tables
        self.names = tables.names
        self.course = course
        self.interpret = interpret
        self.operations = Operations(tables, course, self.value)
        self.binding = Binding(tables, course, self.value)

    def value(self, expr: Expr, env: Environment) -> Fact:
        if env is LATER and expr in self.tables.types:
            return Fact(self.tables.types[expr], expr in self.tables.varied)
        fact = self._expression(expr, env)
        if fact.varied and (is_integral(fact.type) or isinstance(fact.type, Inert)):
            fact = Fact(fact.type)
        if isinstance(expr, Apply) and any(self._is_open(part) for part in expr.args):
            fact = Fact(NOTHING, fact.varied)
        elif isinstance(fact.type, Unknown) and not fact.type.name:
            name = self.names.at(expr, "value")
            fact = Fact(Unknown(name, fact.type.foreign), fact.varied)
        self.tables.types[expr] = fact.type
        self.tables.mixed = self.tables.mixed or may_be_complex(fact.type)
        if fact.varied:
            self.tables.varied.add(expr)
        else:
            self.tables.varied.discard(expr)
        return fact

    def _expression(self, expr: Expr, env: Environment) -> Fact:
        match expr:
            case Const(value):
                return Fact(_literal_type(value))
            case Ref(var):
                fact = env.get(var) or self._global(var)
                if isinstance(fact.type, Unknown) and var in self.tables.numeric:
                    return Fact(self.tables.array(fact.type, expr), fact.varied)
                return fact
            case Apply():
                fact = self.operations.result(expr, env)
                if expr.op in LIST_CHANGES and env is not LATER:
                    self.binding.storing.list_changed(expr, env)
                return fact
            case Invoke():
                return self._invoke(expr, env)
            case Make():
                return self._make(expr, env)
            case Slice(start, stop, step):
                for part in (start, stop, step):
                    if part is not None:
                        self.value(part, env)
                return Fact(Inert("slice"))
            case Select():
                test = self.value(expr.test, env)
                then = test if expr.then is expr.test else self.value(expr.then, env)
                other = test if expr.other is expr.test else self.value(expr.other, env)
                return either(then, other, self.names.at(expr, "select"))
            case Each():
                return self._each(expr, env)
            case Value(node):
                return Fact(self.tables.type_of(node))
            case Opaque():
                varied = [self.value(part, env).varied for part in expr.parts]
                if expr.inert:
                    return Fact(Inert("function"))
                if env is not LATER:
                    self._unseen(expr, env)
                return Fact(Unknown("", foreign=self.tables.wary), any(varied))
        raise AssertionError(expr)

    def _is_open(self, part: Expr) -> bool:
        return self.tables.types.get(part) == NOTHING

    def _global(self, var: Var) -> Fact:
        kind = self.tables.bindings.get(var)
        if kind is None:
            kind = self.operations.constant(var.hint, Unknown(var.hint))
        return Fact(kind)

    def _invoke(self, node: Invoke, env: Environment) -> Fact:
        function = self.tables.program.function(node.callee)
        unpacked = unpacked_shapes(function)
        params = []
        for parameter, argument in zip(function.params, node.args, strict=True):
            if argument is None:
                params.append(Fact(_default_type(parameter)))
                continue
            fact = self.value(argument, env)
            varied = fact.varied or self._may_become_varied(node, argument)
            kind = refined(annotated(parameter.type, fact.type), unpacked.get(parameter.var))
            params.append(Fact(kind or fact.type, varied))
        result = self.interpret(function, params)
        for position in self.tables.summaries[function].written:
            argument = node.args[position]
            if argument is not None:
                self.binding.storing.written(argument, env)
        name = self.names.at(node, node.callee.name)
        for where, (key, item, whole) in self.tables.summaries[function].stores:
            given = node.args[where] if isinstance(where, int) else Ref(where)
            if given is not None:
                item = renamed(item, name, only_marked=True)
                self.binding.storing.perhaps_stored(given, (key, item, whole), env)
        return Fact(renamed(result.type, name, only_marked=True), result.varied)

    def _unseen(self, call: Opaque, env: Environment) -> None:
        """A call that s2sad does not look into may put what it is handed into what it changes."""
        for var in filled_by(call, self.tables):
            self.binding.storing.written(Ref(var), env)
        if (changed := changed_by_method(call)) is not None:
            anything = (None, Unknown(""), Unknown(""))
            self.binding.storing.perhaps_stored(changed, anything, env)

    def _may_become_varied(self, node: Invoke, argument: Expr) -> bool:
        """Whether what is varied may be written later into the memory that a call is handed and
        returns."""
        returned = self.tables.untyped_calls.effects(node).returns
        if argument not in [node.args[k] for k in returned]:
            return False
        kind = self.tables.types[argument]
        if isinstance(kind, Inert) or is_integral(kind):
            return False
        regions = self.course.regions[-1]
        return any(regions.is_written(var) for var, _ in regions.aliases(argument))

    def _make(self, node: Make, env: Environment) -> Fact:
        for key in node.keys:
            self.value(key, env)
        facts = [self.value(item, env) for item in node.items]
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
                kind = "NamedTuple" if node.counted else "dataclass"
                return Fact(Struct(node.cls, tuple(zip(names, types, strict=True)), kind), varied)
        return Fact(Unknown(node.kind), varied)

    def _each(self, node: Each, env: Environment) -> Fact:
        iterated = self.value(node.iterable, env)
        mark = self.names.new_mark()
        self.names.marks.append(mark)
        inner = Environment(env)
        item = Fact(element(iterated.type, mark), iterated.varied)
        self.binding.assign_element(node.target, item, node.iterable, inner)
        for condition in node.conditions:
            self.value(condition, inner)
        if node.key is not None:
            self.value(node.key, inner)
        fact = self.value(node.element, inner)
        self.names.marks.pop()
        if node.kind == "dict":
            return Fact(DictOf((), fact.type), fact.varied)
        return Fact(ListOf(fact.type), fact.varied)


def _default_type(parameter: Parameter) -> Type:
    """What a parameter is where a call leaves it at its default."""
    otherwise: Type = Unknown(parameter.var.hint)
    try:
        literal = _literal_type(ast.literal_eval(parameter.default or ""))
    except (ValueError, SyntaxError):
        literal = otherwise  # no literal
    numeric = isinstance(literal, Array)
    return annotated(parameter.type, literal if numeric else otherwise)


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
