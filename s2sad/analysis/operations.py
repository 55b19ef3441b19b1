"""What operators give: the types of their results, from their rules and from their operands.

    numpy.sum(x, axis=0), x: float64[n, m]      float64[m]

The shape is what the rule says; a size that nothing is known of gets a name, which in a loop has
the loop's mark. Operators on containers have types without a rule.
"""

from __future__ import annotations

from collections.abc import Callable

from s2sad.analysis.contents import attribute, index, joined_lists, last_item, repeated
from s2sad.analysis.imaginary import constant_type
from s2sad.analysis.iteration import ITERABLES
from s2sad.analysis.shapes import SOME
from s2sad.analysis.tables import Course, Environment, Fact, Tables
from s2sad.analysis.types import (
    BOOL,
    FLOAT,
    INT,
    NUMBER,
    REAL,
    SCALAR,
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
from s2sad.derive.own_rules import is_own
from s2sad.derive.result_shapes import result_shape
from s2sad.derive.stated_dtypes import dtype_name
from s2sad.derive.templates import Rule
from s2sad.ir.nodes import Apply, Const, Expr, Make, Opaque, Slice
from s2sad.source.operators import COMPARE

_CLOSED = set(
    "add sub mul floordiv mod pow neg pos bitand bitor bitxor lshift rshift invert builtins.abs "
    "builtins.max builtins.min builtins.sum builtins.pow numpy.sum numpy.max numpy.min".split()
)
"""Operators whose result on integers is an integer."""

_OF_BITS = {"bitand", "bitor", "bitxor", "invert"}
"""Operators whose result on booleans is a boolean; `~True`, of a Python bool, is -2."""

_ALLOCATIONS = {
    "numpy.zeros": "", "numpy.ones": "", "numpy.empty": "", "numpy.full": "fill_value",
    "numpy.zeros_like": "a", "numpy.ones_like": "a", "numpy.empty_like": "a",
    "numpy.full_like": "a", "numpy.eye": "", "numpy.identity": "",
}  # fmt: skip
"""Operators that allocate, with the argument whose dtype the result has: float64 where there is
none."""

_INTEGERS = {"builtins.len", "builtins.int", "numpy.size", "numpy.ndim"}
"""Operators whose result is a Python integer."""

_DTYPES = {"complex": "complex128", "integer": "int64", "boolean": "bool"}
"""The dtypes of what rules say of their results."""

_DICTS = {f"collections.{name}" for name in ("defaultdict", "OrderedDict", "Counter")}
"""Classes of dicts, whose objects begin empty."""

_LISTS = {"builtins.list", "builtins.tuple", "builtins.sorted"}
"""Operators that make a list of what they run over: of a dict, of its keys."""

_COPIES = {"copy.copy", "copy.deepcopy"}
"""Operators whose result is of their operand's type, whatever it is."""

_NUMBERS = {f"{home}.{name}" for home in ("math", "numpy") for name in ("pi", "e", "inf", "nan")}
_NUMBERS |= {"math.tau", "numpy.euler_gamma", "user.number"}
"""Constants that are Python floats."""


class Operations:
    """The part of the interpreter that is about operators; `value` evaluates operands."""

    def __init__(
        self, tables: Tables, course: Course, value: Callable[[Expr, Environment], Fact]
    ) -> None:
        self.tables = tables
        self.names = tables.names
        self.course = course
        self.value = value

    def result(self, node: Apply, env: Environment) -> Fact:
        facts = [self.value(a, env) for a in node.args]
        facts += [self.value(a, env) for _, a in node.kwargs]
        varied = any(fact.varied for fact in facts)
        if not varied and node.form == "call" and node.op != "functools.partial":
            # A function that is handed to another one brings along what it has captured.
            handed = (a for a in (*node.args, *(a for _, a in node.kwargs)))
            varied = any(
                part in self.tables.varied
                for a in handed if isinstance(a, Opaque) and a.inert for part in a.parts
            )  # fmt: skip
        if node.form == "name":
            return Fact(FLOAT if node.op in _NUMBERS else self.constant(node.op, Inert(node.op)))
        if node.op == "s2sad.stop_gradient":
            return Fact(facts[0].type)
        if node.op in _DICTS and not varied:
            return Fact(DictOf())
        if node.op == "list.pop":
            taken = last_item(facts[0].type)
            if len(node.args) > 1:
                taken = index(facts[0].type, node.args[1]) or Unknown("")
            return Fact(taken, varied)
        if node.op == "list.append":
            return Fact(Inert("None"))
        if node.op == "copy.copy" or (node.op == "numpy.copy" and node.form == "method"):
            if isinstance(facts[0].type, ListOf | TupleOf | DictOf | Struct):
                return facts[0]
        if node.op == "s2sad.on_gradient":
            return facts[0]
        if node.op == "chain":
            return Fact(BOOL)  # `and` asks for one truth value, so that no operand is an array
        if node.op in _LISTS and len(node.args) == 1 and isinstance(facts[0].type, DictOf):
            return Fact(ListOf(Inert("key")))
        if node.op in ITERABLES:
            return Fact(ITERABLES[node.op]([fact.type for fact in facts[: len(node.args)]]), varied)
        if node.op in _COPIES and not isinstance(facts[0].type, Array):
            return Fact(facts[0].type, varied)
        if node.op == "getattr":
            return Fact(attribute(facts[0].type, node.text), varied)
        if node.op == "add" and any(isinstance(f.type, TupleOf | ListOf) for f in facts):
            return Fact(joined_lists(facts[0].type, facts[1].type), varied)
        if node.op == "mul" and (listed := repeated(facts[0].type, facts[1].type)) is not None:
            return Fact(listed, varied)
        if node.op == "getitem" and _only_of_arrays(facts[0].type, node.args[1]):
            array = self.tables.array(facts[0].type, node.args[0])
            facts[0] = Fact(array, facts[0].varied)
            self.tables.types[node.args[0]] = array
        if node.op == "getitem" and not isinstance(facts[0].type, Array):
            item = index(facts[0].type, node.args[1])
            if item is not None:
                return Fact(item, varied)
        return self._operator(node, facts, varied)

    def constant(self, path: str, otherwise: Type) -> Type:
        """The type of a name of a module, if it is that of a constant that may be complex."""
        found = None
        if self.tables.wary and self.course.modules:
            found = constant_type(path, self.course.modules[-1])
        return otherwise if found is None else found

    def _operator(self, node: Apply, facts: list[Fact], varied: bool) -> Fact:
        self.tables.rules.pop(node, None)
        found = self.tables.rule_of(node)
        if found is None:
            mixed = any(may_be_complex(fact.type) for fact in facts)
            foreign = self.tables.wary and not node.op.startswith(("numpy.random.", "builtins."))
            return Fact(Unknown("", foreign=mixed or foreign), varied)
        rule, bound = found
        if node.op in _INTEGERS:
            return Fact(INT)
        if node.op == "numpy.shape":
            shape = self.tables.array(facts[0].type, node.args[0]).shape
            if isinstance(shape, Shape):
                return Fact(TupleOf((INT,) * shape.rank))
            return Fact(ListOf(INT, "tuple"))
        found_shape = result_shape(rule, bound, self.tables.type_of, self.tables.size_of)
        boxed = found_shape == SCALAR and _gives_array(node, rule)
        if boxed and self.tables.changes_boxed:
            found_shape = SOME
        shape = self.names.named(found_shape, node)
        dtype = self._complex_dtype(rule, bound)
        if not isinstance(shape, Shape | Star):
            kind = shape if dtype is None else with_dtype(shape, dtype)
            if isinstance(shape, Unknown) and not shape.name:
                kind = Unknown("", foreign=dtype is not None)
            if isinstance(shape, TupleOf) and " " in rule.gives and dtype is not None:
                parts = zip(shape.items, rule.gives.split(), strict=True)
                kind = TupleOf(tuple(
                    with_dtype(item, REAL if gives == "real" else dtype) for item, gives in parts
                ))  # fmt: skip
            return Fact(kind, varied and not rule.zero)
        if node.op in COMPARE.values():
            return Fact(Array("bool", shape, python=False))
        operands = [self.tables.array(self.tables.type_of(bound[o.name]))
                    for o in rule.operands if not o.is_list and o.name in bound]  # fmt: skip
        if operands and all(operand.dtype == "bool" for operand in operands):
            self.tables.counts_truths |= _promote(node.op, operands) != "bool"
        if rule.zero:
            if node.op in _CLOSED and operands and all(map(is_integral, operands)):
                dtype = _promote(node.op, operands)
            dtype = self._allocated(node, bound, dtype or "unknown")
            return Fact(Array(dtype, shape, boxed=boxed))
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
        return Fact(Array(dtype or _promote(node.op, operands), shape, python, boxed), varied)

    def _complex_dtype(self, rule: Rule, bound: dict[str, Expr]) -> str | None:
        """The dtype of what an operator gives that has to do with complex numbers; None for what
        is real."""
        if rule.gives in _DTYPES:
            return _DTYPES[rule.gives]
        operands = [self.tables.type_of(bound[operand.name]) for operand in rule.operands]
        mixed = any(map(may_be_complex, operands))
        stated = bound.get("dtype")
        if stated is not None and not (isinstance(stated, Const) and stated.value is None):
            name = dtype_name(stated, self.tables.type_of)
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
            return dtype_name(stated, self.tables.type_of)
        like = _ALLOCATIONS.get(node.op)
        if like is None:
            return otherwise
        if not like:
            return "float64"
        model = self.tables.array(self.tables.type_of(bound[like]), bound[like])
        return "unknown" if model.dtype == "float64" and model.python else model.dtype


def _gives_array(node: Apply, rule: Rule) -> bool:
    """Whether an operator gives an array also where that has no axes: of what it takes a part of,
    only `x[..., 0]`."""
    if node.op == "getitem":
        key = node.args[1]
        parts = key.items if isinstance(key, Make) else (key,)
        return any(isinstance(part, Const) and part.value is ... for part in parts)
    return rule.array or rule.view is not None and node.op != "getattr"


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
        if op in _OF_BITS and all(a.dtype == "bool" for a in operands):
            return "int64" if op == "invert" and operands[0].shape == SCALAR else "bool"
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


def _only_of_arrays(kind: Type, key: Expr) -> bool:
    """Whether only an array has a part like b[:, None], as what this is taken from may be."""
    if not isinstance(kind, Unknown) or not isinstance(key, Make):
        return False
    return any(
        isinstance(part, Slice) or (isinstance(part, Const) and part.value in (None, ...))
        for part in key.items
    )
