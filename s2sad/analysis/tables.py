"""The tables of facts, and what is asked of them.

A `Fact` is what is known of a value: its type, and whether it is varied. `Tables` has those of all
expressions, by expression, and the variant of a rule that fits each use of an operator. It answers
for expressions that the derivation makes, too: `made_later` finds what the tables do not have.

An `Environment` has the facts of variables at one point of a program; a `Summary` what is known of
a function.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any

from s2sad.analysis.call_effects import Calls
from s2sad.analysis.contents import may_be_repeated
from s2sad.analysis.lattice import join
from s2sad.analysis.levels import Levels
from s2sad.analysis.regions import Regions
from s2sad.analysis.size_names import SizeNames
from s2sad.analysis.sizes import UNKNOWN
from s2sad.analysis.stored import Store
from s2sad.analysis.types import (
    NOTHING,
    NUMBER,
    AnyShape,
    Array,
    Inert,
    ListOf,
    Star,
    TupleOf,
    Type,
    Unknown,
)
from s2sad.derive.selection import choose
from s2sad.derive.templates import Rule
from s2sad.ir.nodes import Apply, Expr, Function, Ref, Var


@dataclass(frozen=True)
class Fact:
    """What is known of a value: its type, and whether it is varied."""

    type: Type
    varied: bool = False


@dataclass
class Summary:
    """What is known of a function: its arguments so far, what it returns, into which arguments it
    writes something that is varied, and what it puts into containers that it is handed (by
    position) or captured."""

    params: list[Fact]
    result: Fact = field(default_factory=lambda: Fact(NOTHING))
    written: frozenset[int] = frozenset()
    stores: list[tuple[int | Var, Store]] = field(default_factory=list)
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


class Tables(ABC):
    """The tables. `program` has the rules, and finds the bodies of callees."""

    def __init__(self, program: Any) -> None:
        self.program = program
        self.types: dict[Expr, Type] = {}
        self.varied: set[Expr] = set()
        self.made_varied: set[Var] = set()
        self.summaries: dict[Function, Summary] = {}
        self.bindings: dict[Var, Type] = {}
        self.rules: dict[Apply, tuple[Rule, dict[str, Expr]] | None] = {}
        self.numeric: set[Var] = set()
        self.sizes: dict[Var, Any] = {}
        self.wary = False
        self.mixed = False  # whether anything at all may be complex
        self.counts_truths = False  # whether truth values are counted: NumPy's True + True is True
        self.changes_boxed = False  # whether arrays without axes are changed in place
        self.untyped_calls = Calls(program)
        self.names = SizeNames()

    def type_of(self, expr: Expr) -> Type:
        """The type of an expression of the forward program, or of one made later."""
        found = self.types.get(expr)
        if found is None:
            found = self.made_later(expr).type
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
                return Array(dtype, Star(name or f"value{self.names.count}"))
            case Inert():
                return Array("unknown", Star(f"inert.{kind.what}"))
        return Array("unknown", Star(f"{type(kind).__name__}"))

    def size_of(self, expr: Expr) -> Any:
        """The size that a variable stands for, or the sizes."""
        return self.sizes.get(expr.var, UNKNOWN) if isinstance(expr, Ref) else UNKNOWN

    def rule_of(self, node: Apply) -> tuple[Rule, dict[str, Expr]] | None:
        """The variant of a rule that fits a use of an operator, and what it binds."""
        if node not in self.rules:
            self.rules[node] = self._choose(node)
        return self.rules[node]

    def note_change(self, kind: Type | None) -> None:
        """Notes that values of a type are changed in place: no numbers then."""
        self.changes_boxed |= isinstance(kind, Array) and kind.boxed

    def is_open_product(self, node: Apply) -> bool:
        """Whether only a run tells if an operator repeats a varied list or multiplies its items."""
        if node.op != "mul" or not any(
            arg in self.varied and isinstance(self.types.get(arg), TupleOf | ListOf)
            for arg in node.args
        ):
            return False
        return may_be_repeated(self.type_of(node.args[0]), self.type_of(node.args[1]))

    def _choose(self, node: Apply) -> tuple[Rule, dict[str, Expr]] | None:
        if self.is_open_product(node):
            return None
        variants = self.program.rules.variants(node.op)
        return choose(variants, node, self.type_of, is_varied=self.varied.__contains__)

    @abstractmethod
    def made_later(self, expr: Expr) -> Fact:
        """The fact of an expression that the tables do not have: the derivation has made it."""


@dataclass
class Course:
    """Where the interpreter is: in which modules and functions, what these have returned, and put
    into containers. The variables in `fixed` have one value, from one statement."""

    modules: list[Any] = field(default_factory=list)
    regions: list[Regions] = field(default_factory=list)
    levels: list[Levels] = field(default_factory=list)
    stores: list[list[tuple[Var, Store]]] = field(default_factory=list)
    returns: list[Fact] = field(default_factory=list)
    fixed: set[Var] = field(default_factory=set)


def either(a: Fact, b: Fact, name: str) -> Fact:
    """What is known of a value that is one of two."""
    return Fact(join(a.type, b.type, name), a.varied or b.varied)


LATER = Environment()
"""Stands for the environment of expressions that the derivation makes: their parts are known."""
