"""The facts of expressions: the part of the interpreter that evaluates.

    _value(expr, env)       the fact of an expression where variables have the facts in `env`

Each expression inside is evaluated, and the tables get what was found. A call of the user's own
function is interpreted with what it is handed (`facts.py`).
"""

from __future__ import annotations

from s2sad.analysis.iteration import element
from s2sad.analysis.lattice import annotated, join, renamed
from s2sad.analysis.operations import Operations
from s2sad.analysis.stored import Store
from s2sad.analysis.tables import LATER, Environment, Fact
from s2sad.analysis.types import (
    BOOL,
    FLOAT,
    INT,
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
    Ref,
    Select,
    Slice,
    Target,
    Value,
    Var,
)


class Evaluation(Operations):
    """The part of the interpreter that is about expressions."""

    def _value(self, expr: Expr, env: Environment) -> Fact:
        if env is LATER and expr in self.types:
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
                fact = self._apply(expr, env)
                if expr.op in LIST_CHANGES and env is not LATER:
                    self._list_changed(expr, env)
                return fact
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
                if env is not LATER:
                    for var in filled_by(expr, self):
                        self._written(Ref(var), env)
                    if (changed := changed_by_method(expr)) is not None:
                        self._perhaps_stored(changed, (None, Unknown(""), Unknown("")), env)
                return Fact(Unknown("", foreign=self.wary), any(varied))
        raise AssertionError(expr)

    def _global(self, var: Var) -> Fact:
        kind = self.bindings.get(var)
        return Fact(kind if kind is not None else self._constant(var.hint, Unknown(var.hint)))

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
            kind = refined(annotated(parameter.type, fact.type), unpacked.get(parameter.var))
            params.append(Fact(kind or fact.type, varied))
        result = self.interpret(function, params)
        for position in self.summaries[function].written:
            argument = node.args[position]
            if argument is not None:
                self._written(argument, env)
        name = f"{node.callee.name}{len(self._short)}"
        for where, (key, item, whole) in self.summaries[function].stores:
            given = node.args[where] if isinstance(where, int) else Ref(where)
            if given is not None:
                item = renamed(item, name, only_marked=True)
                self._perhaps_stored(given, (key, item, whole), env)
        return Fact(renamed(result.type, name, only_marked=True), result.varied)

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
                kind = "NamedTuple" if node.counted else "dataclass"
                return Fact(Struct(node.cls, tuple(zip(names, types, strict=True)), kind), varied)
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

    def _join(self, a: Fact, b: Fact, name: str) -> Fact:
        return Fact(join(a.type, b.type, name), a.varied or b.varied)

    def interpret(self, function: Function, params: list[Fact]) -> Fact:
        """What a function returns that is handed these (`facts.py`)."""
        raise NotImplementedError

    def _written(self, base: Expr, env: Environment) -> None:
        """Something varied is written into an object (`execution.py`)."""
        raise NotImplementedError

    def _perhaps_stored(self, base: Expr, store: Store, env: Environment) -> None:
        """What may be the container, or hold it, has another item (`storing.py`)."""
        raise NotImplementedError

    def _list_changed(self, call: Apply, env: Environment) -> None:
        """A method has changed the items of a list (`storing.py`)."""
        raise NotImplementedError

    def _assign_element(self, target: Target, fact: Fact, iterable: Expr, env: Environment) -> None:
        """Gives the target of a loop an element (`execution.py`)."""
        raise NotImplementedError


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
