"""What the names of a module are bound to, from its syntax tree alone.

    import numpy as np                 imports    {"np": "numpy"}
    EPS = 1e-8                         constants  {"EPS": <EPS = 1e-8>}
    def f(x): ...                      functions  {"f": <def f>}
    if FAST: g = 1                     names      {"np", "EPS", "f", "g", ...}
    else: g = 2                        rebound    {"g"}

`bindings` reads the statements of the module only, not the bodies of its functions. `mutations`
reads everything: it tells which module-level objects are changed by anybody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar

import libcst as cst

Assignment: TypeAlias = cst.Assign | cst.AnnAssign
"""A module-level assignment of one value to one name."""

T = TypeVar("T")

_TRIVIA = tuple(
    "whitespace lpar rpar comma semicolon leading_lines lines_after header footer"
    " trailing_whitespace equal dot lbrace rbrace lbracket rbracket indent __".split()
)
# Where the order of the fields is not that of the text.
_FIRST = {
    "Arg": ("keyword",),
    "ClassDef": ("decorators", "name", "type_parameters", "bases", "keywords"),
    "ExceptHandler": ("type", "name"),
    "ExceptStarHandler": ("type", "name"),
    "FunctionDef": ("decorators", "name", "type_parameters", "params", "returns"),
    "IfExp": ("body",),
    "ImportFrom": ("relative", "module"),
    "Lambda": ("params",),
    "MatchCase": ("pattern", "guard"),
    "Parameters": ("posonly_params", "posonly_ind"),
}
_FIELDS: dict[type, tuple[str, ...]] = {}


def _fields(kind: type) -> tuple[str, ...]:
    """The fields of a kind of node that hold nodes, in the order they are written."""
    names = _FIELDS.get(kind)
    if names is None:
        fields = [n for n in getattr(kind, "__dataclass_fields__", {}) if not n.startswith(_TRIVIA)]
        first = [name for name in _FIRST.get(kind.__name__, ()) if name in fields]
        names = (*first, *(name for name in fields if name not in first))
        _FIELDS[kind] = names
    return names


def children(node: cst.CSTNode) -> Iterator[tuple[str, cst.CSTNode | Sequence[cst.CSTNode]]]:
    """The nodes and lists of nodes directly inside a node, with the names of their fields."""
    for name in _fields(type(node)):
        value = getattr(node, name)
        if isinstance(value, (cst.CSTNode, list, tuple)):
            yield name, value


def parts(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The nodes directly inside a node, in the order they are written, without whitespace."""
    for name in _fields(type(node)):
        value = getattr(node, name)
        if isinstance(value, cst.CSTNode):
            yield value
        elif isinstance(value, (list, tuple)):
            yield from value


def dotted_parts(expr: cst.CSTNode) -> list[str] | None:
    """The names of a dotted path: `a.b.c` is ["a", "b", "c"]. None for anything else."""
    names: list[str] = []
    while isinstance(expr, cst.Attribute):
        names.append(expr.attr.value)
        expr = expr.value
    if not isinstance(expr, cst.Name):
        return None
    names.append(expr.value)
    return names[::-1]


def decorator_parts(decorator: cst.Decorator) -> list[str] | None:
    """The dotted path of a decorator, called or not: `@numba.njit(cache=True)`."""
    expr = decorator.decorator
    return dotted_parts(expr.func if isinstance(expr, cst.Call) else expr)


def target_names(target: cst.CSTNode) -> Iterator[str]:
    """The names that an assignment target binds."""
    if isinstance(target, cst.Name):
        yield target.value
    elif isinstance(target, (cst.Tuple, cst.List)):
        for element in target.elements:
            yield from target_names(element.value)


# ---------------------------------------------------------------- bindings of a module


@dataclass
class Bindings:
    """The names bound at module level. The last binding of a name is the one that is kept.

    `names` are all of them, `rebound` those whose meaning depends on what happens at run time:
    bound again as something else, or in several branches. A fallback (in `except ImportError`) or
    an import for type checkers never competes with the real binding.
    """

    imports: dict[str, str] = field(default_factory=dict)
    stars: list[str] = field(default_factory=list)
    functions: dict[str, cst.FunctionDef] = field(default_factory=dict)
    classes: dict[str, cst.ClassDef] = field(default_factory=dict)
    constants: dict[str, Assignment] = field(default_factory=dict)
    aliases: dict[str, cst.BaseExpression] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    rebound: set[str] = field(default_factory=set)


def bindings(tree: cst.Module, absolute: Callable[[int, str], str]) -> Bindings:
    """Read what the module binds. `absolute(dots, path)` resolves a relative import."""
    reader = _Reader(absolute)
    reader.block(tree.body, "always")
    return reader.bound


class _Reader:
    """Reads module-level statements in order.

    `mode` is how certain it is that a statement runs: always, maybe (a branch or a loop), or
    fallback (an exception handler, or what only a type checker sees).
    """

    def __init__(self, absolute: Callable[[int, str], str]) -> None:
        self.bound = Bindings()
        self.absolute = absolute
        self.weak: set[str] = set()

    def block(self, body: Iterable[cst.CSTNode], mode: str) -> None:
        for statement in body:
            if isinstance(statement, cst.SimpleStatementLine):
                for small in statement.body:
                    self.small(small, mode)
            else:
                self.compound(statement, mode)

    def suite(self, node: cst.CSTNode | None, mode: str) -> None:
        if isinstance(node, cst.IndentedBlock):
            self.block(node.body, mode)
        elif isinstance(node, cst.SimpleStatementSuite):
            for small in node.body:
                self.small(small, mode)

    def compound(self, node: cst.CSTNode, mode: str) -> None:
        match node:
            case cst.FunctionDef():
                self.bind(node.name.value, mode, self.bound.functions, node)
            case cst.ClassDef():
                self.bind(node.name.value, mode, self.bound.classes, node)
            case cst.If():
                self.branch(node, mode)
            case cst.Try() | cst.TryStar():
                self.suite(node.body, mode)
                for handler in node.handlers:
                    self.suite(handler.body, "fallback")
                for rest in (node.orelse, node.finalbody):
                    self.suite(rest and rest.body, mode)
            case cst.With():
                for item in node.items:
                    self.plain(item.asname and item.asname.name, mode)
                self.suite(node.body, mode)
            case cst.For():
                self.plain(node.target, "maybe")
                self.suite(node.body, "maybe")
                self.suite(node.orelse and node.orelse.body, "maybe")
            case cst.While():
                self.suite(node.body, "maybe")
                self.suite(node.orelse and node.orelse.body, "maybe")
            case cst.Match():
                for case in node.cases:
                    self.suite(case.body, "maybe")

    def branch(self, node: cst.If, mode: str) -> None:
        then, other = "maybe", "maybe"
        test = node.test
        if _is_type_checking(test):
            then, other = "fallback", mode
        elif isinstance(test, cst.UnaryOperation) and _is_type_checking(test.expression):
            then, other = mode, "fallback"
        self.suite(node.body, then)
        if isinstance(node.orelse, cst.If):
            self.branch(node.orelse, other)
        elif node.orelse is not None:
            self.suite(node.orelse.body, other)

    def small(self, node: cst.CSTNode, mode: str) -> None:
        match node:
            case cst.Import():
                for alias in node.names:
                    self.imported(alias, mode)
            case cst.ImportFrom():
                self.imported_from(node, mode)
            case cst.Assign():
                self.assign(node, mode)
            case cst.AnnAssign(target=cst.Name(value=name), value=value) if value is not None:
                self.constant(name, node, mode)
                if dotted_parts(node.annotation.annotation) in (
                    ["TypeAlias"],
                    ["typing", "TypeAlias"],
                ):
                    self.bound.aliases[name] = value
            case cst.AugAssign():
                self.plain(node.target, mode)
            case cst.Del():
                self.plain(node.target, mode)
            case cst.TypeAlias():
                self.bind(node.name.value, mode, self.bound.aliases, node.value)

    def imported(self, alias: cst.ImportAlias, mode: str) -> None:
        path = dotted_parts(alias.name) or []
        if alias.asname is None:
            self.bind(path[0], mode, self.bound.imports, path[0])
        elif isinstance(alias.asname.name, cst.Name):
            self.bind(alias.asname.name.value, mode, self.bound.imports, ".".join(path))

    def imported_from(self, node: cst.ImportFrom, mode: str) -> None:
        source = ".".join((node.module and dotted_parts(node.module)) or [])
        source = self.absolute(len(node.relative), source)
        if isinstance(node.names, cst.ImportStar):
            self.bound.stars.append(source)
            return
        for alias in node.names:
            name = alias.name.value
            asname = alias.asname.name if alias.asname else alias.name
            if isinstance(name, str) and isinstance(asname, cst.Name):
                joined = source + name if source.endswith(".") else f"{source}.{name}"
                self.bind(asname.value, mode, self.bound.imports, joined)

    def assign(self, node: cst.Assign, mode: str) -> None:
        """NAME = e; also A = B = 1.0 and A, B = 1.0, 2.0, as if written one by one."""
        value = node.value
        shared = isinstance(value, (cst.BaseNumber, cst.SimpleString))
        for part in node.targets:
            target = part.target
            if len(node.targets) > 1 and not shared:
                self.plain(target, mode)
            elif isinstance(target, cst.Name):
                single = node if len(node.targets) == 1 else _assignment(target, value)
                self.constant(target.value, single, mode)
            else:
                self.unpack(target, value, mode)

    def unpack(self, target: cst.CSTNode, value: cst.BaseExpression, mode: str) -> None:
        if isinstance(target, (cst.Tuple, cst.List)) and isinstance(value, (cst.Tuple, cst.List)):
            pairs = list(zip(target.elements, value.elements, strict=False))
            plain = all(
                isinstance(to, cst.Element)
                and isinstance(e, cst.Element)
                and isinstance(to.value, cst.Name)
                for to, e in pairs
            )
            if plain and len(target.elements) == len(value.elements):
                for to, e in pairs:
                    if isinstance(to.value, cst.Name):
                        self.constant(to.value.value, _assignment(to.value, e.value), mode)
                return
        self.plain(target, mode)

    def constant(self, name: str, node: Assignment, mode: str) -> None:
        self.bind(name, mode, self.bound.constants if mode == "always" else None, node)
        if mode == "fallback" and name in self.weak and node.value is not None:
            self.bound.aliases[name] = node.value

    def plain(self, target: cst.CSTNode | None, mode: str) -> None:
        """Names bound to something that is not looked into."""
        for name in target_names(target) if target is not None else ():
            self.bind(name, mode, None, None)

    def bind(self, name: str, mode: str, table: dict[str, T] | None, value: T) -> None:
        """Bind a name, and note when the binding competes with an earlier one."""
        bound = self.bound
        if mode == "fallback" and name in bound.names:
            if name not in bound.imports and name not in self.weak:
                bound.rebound.add(name)
            return
        if name in bound.names and name not in self.weak:
            again = table is not None and name in table
            redefined = table is bound.functions or table is bound.classes
            same = table is bound.imports and again and table[name] == value
            if not same and not (redefined and again and mode == "always"):
                bound.rebound.add(name)
        for other in (bound.imports, bound.functions, bound.classes, bound.constants):
            other.pop(name, None)
        bound.aliases.pop(name, None)
        bound.names.add(name)
        self.weak.discard(name)
        if mode == "fallback":
            self.weak.add(name)
        if table is not None:
            table[name] = value


def _is_type_checking(test: cst.BaseExpression) -> bool:
    names = dotted_parts(test)
    return names is not None and names[-1] == "TYPE_CHECKING"


def _assignment(target: cst.Name, value: cst.BaseExpression) -> cst.Assign:
    return cst.Assign([cst.AssignTarget(target)], value)
