"""What an unannotated parameter is, read off how it is used.

A parameter is a number or an array unless the function takes it apart as a container: by a key that
is a string, by an attribute that arrays do not have, by `.items()`; or iterates over it and takes
the elements apart so, or hands it to a function that does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from s2sad.analysis.types import SCALAR, Array, DictOf, ListOf, Shape, Star, Type, Unknown
from s2sad.ir.bindings import bound_by
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
    Guard,
    Invoke,
    Opaque,
    Place,
    Ref,
    Return,
    Target,
    Unpack,
    Var,
    Verbatim,
    While,
    walk,
)
from s2sad.ir.order import always


def parameter_types(function: Function, program: Any) -> list[Type]:
    """The types of a function's parameters: annotated, else inferred from their use."""
    use = Usage(program)
    use.function(function)
    numbers = used_as_numbers(function.body)
    types: list[Type] = []
    unpacked, counts = unpacked_shapes(function), counted(function)
    stated = stated_shapes(function) if program.rules.is_generated else {}
    for parameter in function.params:
        kind = parameter.type or stated.get(parameter.var.hint)
        kind = refined(kind, unpacked.get(parameter.var))
        if parameter.kind == "var_positional":
            kind = ListOf(kind or Unknown(f"{parameter.var.hint}[]"), "tuple")
        if parameter.kind == "var_keyword":
            kind = DictOf((), kind)
        if kind is None or (isinstance(kind, Unknown) and parameter.annotation is None):
            kind = use.kinds.get(parameter.var)
            certain = parameter.var in use.containers
            if isinstance(kind, Unknown) and parameter.var in numbers and not certain:
                kind = None
        if kind is None and parameter.var in counts:
            kind = Array("int64", SCALAR)
        if kind is None and (parameter.default or "").endswith(("j", "J")):
            kind = Array("complex128", Star(parameter.var.hint))
        if kind is None:
            kind = Array("unknown", Star(parameter.var.hint))
        types.append(kind)
    return types


def stated_shapes(function: Function) -> dict[str, Array]:
    """What the docstring of a generated function says: `Shapes: W (n, m), labels (n,) int64.`"""
    doc = " ".join((function.doc or "").split())
    _, _, listed = doc.partition("Shapes: ")
    found: dict[str, Array] = {}
    for name, dims, dtype in _STATED.findall(listed.partition(". ")[0]):
        if dims == "...":
            found[name] = Array(dtype, Star(name))
            continue
        sizes = [size.strip() for size in dims.split(",") if size.strip()]
        sizes = [f"?{name}.{k}" if size == "?" else size for k, size in enumerate(sizes)]
        shape = Shape(tuple(int(size) if size.isdigit() else size for size in sizes))
        found[name] = Array(dtype or "float64", shape)
    return found


def unpacked_shapes(function: Function) -> dict[Var, Shape]:
    """The parameters whose shape the function unpacks, before it may return: `n, m = A.shape`.

    With another rank it fails there, so that all of it may count on this one.
    """
    found: dict[Var, Shape] = {}
    given = {parameter.var for parameter in function.params}
    for statement in function.body:
        match statement:
            case Assign(
                (Unpack(parts, None),), Apply("numpy.shape", (Ref(var),), form="attribute")
            ):
                if var in given and var not in found:
                    names = [part.hint if isinstance(part, Var) else "size" for part in parts]
                    sizes = [f"?{var.hint}.{k}.{name}" for k, name in enumerate(names)]
                    found[var] = Shape(tuple(sizes))
        given -= bound_by(statement).keys()
        if any(isinstance(inner, Return) for inner in statements([statement])):
            break
    return found


def counted(function: Function) -> set[Var]:
    """The parameters that are certainly integers, since `range` is called with them before the
    function may return, whatever happens."""
    found: set[Var] = set()
    given = {parameter.var for parameter in function.params}
    for statement in function.body:
        for root in expressions(statement):
            for path in always(root):
                if isinstance(node := path[-1], Apply) and node.op == "builtins.range":
                    found |= {arg.var for arg in node.args if isinstance(arg, Ref)} & given
        given -= bound_by(statement).keys()
        if any(isinstance(inner, Return) for inner in statements([statement])):
            break
    return found


def refined(kind: Type | None, shape: Shape | None) -> Type | None:
    """A type, with the shape that its value is known to have where the type does not say it."""
    if shape is None or not (kind is None or isinstance(kind, Array | Unknown)):
        return kind
    if isinstance(kind, Array):
        return kind if isinstance(kind.shape, Shape) else replace(kind, shape=shape)
    return Array("unknown", shape)


_STATED = re.compile(r"(\w+) \(([^()]*)\)(?: (\w+))?")


_STRUCTURAL = (
    *("getitem", "getattr", "builtins.", "dict.", "list.", "copy.", "helper."),
    *("is", "isnot", "in", "notin", "eq", "ne"),
)
"""Operators that say nothing about whether an operand is a number or a container."""


def used_as_numbers(block: Block) -> set[Var]:
    """The variables that arithmetic is done with, so that they hold numbers or arrays."""
    found: set[Var] = set()

    def see(expr: Expr) -> None:
        for node in walk(expr):
            if isinstance(node, Apply) and not node.op.startswith(_STRUCTURAL) and node.op != "add":
                found.update(a.var for a in node.args if isinstance(a, Ref))

    def visit(statements: Block) -> None:
        for statement in statements:
            match statement:
                case Assign():
                    see(statement.value)
                    found.update(_written(statement))
                case Evaluate():
                    see(statement.value)
                case Return():
                    if statement.value is not None:
                        see(statement.value)
                case Branch():
                    see(statement.test)
                    visit(statement.then)
                    visit(statement.other)
                case For():
                    see(statement.iterable)
                    visit(statement.body)
                case While():
                    see(statement.test)
                    visit(statement.body)
                case Context() | Guard():
                    visit(statement.body)

    visit(block)
    return found - tested_as_containers(block)


def _written(statement: Assign) -> Iterable[Var]:
    """The variables into whose elements a statement writes, by numbers, slices or masks."""
    for target in statement.targets:
        match target:
            case Place(Ref(var), Const(str())):
                continue
            case Place(Ref(var), key) if not isinstance(key, str):
                yield var


def tested_as_containers(block: Block) -> set[Var]:
    """The variables that `isinstance` compares with a container type."""
    use = Usage(None)
    use.tests_only = True
    use._block(block)
    return use.containers


class Usage:
    """Collects how variables are used."""

    def __init__(self, program: Any) -> None:
        self.program = program
        self.kinds: dict[Var, Type] = {}
        self.containers: set[Var] = set()
        self.elements: list[tuple[Var, Var]] = []
        self.seen: set[Function] = set()
        self.tests_only = False

    def function(self, function: Function) -> None:
        """Looks at one function, and at those that it calls."""
        if function in self.seen:
            return
        self.seen.add(function)
        self._block(function.body)
        for container, item in self.elements:
            if item in self.kinds and container not in self.kinds:
                self.kinds[container] = ListOf(Unknown(f"{container.hint}[]"))

    def _block(self, block: Block) -> None:
        for statement in block:
            match statement:
                case Assign() | Evaluate():
                    self._expr(statement.value)
                    if isinstance(statement, Assign):
                        self._unpacked(statement)
                case Return():
                    if statement.value is not None:
                        self._expr(statement.value)
                case Branch():
                    self._expr(statement.test)
                    self._block(statement.then)
                    self._block(statement.other)
                case For():
                    self._expr(statement.iterable)
                    self._iterated(statement.iterable, statement.target)
                    self._block(statement.body)
                    self._block(statement.other)
                case While():
                    self._expr(statement.test)
                    self._block(statement.body)
                    self._block(statement.other)
                case Context() | Guard():
                    self._block(statement.body)
                case Verbatim():
                    for read in statement.reads:
                        self._expr(read)

    def _unpacked(self, statement: Assign) -> None:
        """What is unpacked into several names may be an array or a tuple."""
        if isinstance(statement.value, Ref) and isinstance(statement.targets[0], Unpack):
            self.kinds.setdefault(statement.value.var, Unknown(statement.value.var.hint))

    def _expr(self, expr: Expr) -> None:
        for node in walk(expr):
            match node:
                case Apply("getitem", (Ref(var), Const(str()))):
                    self.kinds.setdefault(var, DictOf((), None))
                case Apply("getattr", (Ref(var),)):
                    self.kinds.setdefault(var, Unknown(var.hint))
                case Apply("dict.items" | "dict.values" | "dict.keys", (Ref(var),)):
                    self.kinds.setdefault(var, DictOf((), None))
                case Apply("builtins.isinstance", (Ref(var), kind)):
                    names = {n.op for n in walk(kind) if isinstance(n, Apply)}
                    names |= {n.function for n in walk(kind) if isinstance(n, Opaque)}
                    if names & {f"builtins.{name}" for name in ("tuple", "list", "dict", "str")}:
                        self.containers.add(var)
                        self.kinds.setdefault(var, Unknown(var.hint))
                case Each():
                    self._iterated(node.iterable, node.target)
                case Invoke():
                    self._call(node)

    def _iterated(self, iterable: Expr, target: Target) -> None:
        """Notes which variable holds the elements of which."""
        if isinstance(iterable, Ref) and isinstance(target, Var):
            self.elements.append((iterable.var, target))
        if isinstance(iterable, Ref) and isinstance(target, Unpack):
            self.kinds.setdefault(iterable.var, ListOf(Unknown(f"{iterable.var.hint}[]")))
        if not isinstance(iterable, Apply):
            return
        if iterable.op == "builtins.zip" and isinstance(target, Unpack):
            for part, item in zip(iterable.args, target.targets, strict=False):
                self._iterated(part, item)
        elif iterable.op == "builtins.enumerate" and isinstance(target, Unpack):
            self._iterated(iterable.args[0], target.targets[-1])
        elif iterable.op in ("getitem", "builtins.reversed", "builtins.list"):
            self._iterated(iterable.args[0], target)

    def _call(self, node: Invoke) -> None:
        if self.tests_only:
            return
        callee = self.program.function(node.callee)
        self.function(callee)
        for parameter, argument in zip(callee.params, node.args, strict=True):
            kind = parameter.type if parameter.annotation else self.kinds.get(parameter.var)
            if isinstance(argument, Ref) and kind is not None and not isinstance(kind, Array):
                self.kinds.setdefault(argument.var, kind)
