"""Objects that are taken apart: each attribute of one is a variable.

    grid = Grid(u * 1.0)            grid_u = u * 1.0
    grid.step(dt)                   grid_u[1:-1] += dt * (grid_u[2:] * grid_u[:-2])
    return np.sum(grid.u**2)        return np.sum(grid_u**2)

An object of a class of the user's, which its function makes and hands to nobody else, is a set of
variables under one name. With its constructor and methods written out where they are called
(`inlined.py`), nothing but its attributes is left of it.

Input: statements in which that has been done, and the variables of the objects. Output: statements
without the objects. `Whole` is raised where something else is done with one, so that it stays.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import libcst as cst

from s2sad.ir.bindings import bound_by, places_of
from s2sad.ir.flow import expressions, inner_blocks, statements, targets
from s2sad.ir.nodes import (
    Anew,
    Apply,
    Assign,
    Block,
    Branch,
    Const,
    Context,
    Evaluate,
    Expr,
    For,
    Guard,
    Invoke,
    Opaque,
    Place,
    Ref,
    Return,
    Stmt,
    Target,
    Unpack,
    Var,
    Verbatim,
    While,
    walk,
)
from s2sad.ir.rebuilt import rebuilt
from s2sad.source.bound import names_in
from s2sad.source.classes import ClassInfo
from s2sad.source.classes import statements as class_statements
from s2sad.source.invocations import is_literal


class Whole(Exception):
    """An object cannot be taken apart."""


@dataclass(frozen=True)
class Construction:
    """A call that makes an object of a class: the call of `__init__`, whose first argument the
    object will be, or the values of its fields."""

    cls: ClassInfo
    init: Invoke | None
    fields: tuple[tuple[str, Expr], ...] = ()


_SPECIAL = ("__setattr__", "__getattr__", "__getattribute__", "__delattr__", "__new__",
            "__post_init__", "__del__")  # fmt: skip


def is_plain_object(cls: ClassInfo) -> bool:
    """Whether the attributes of an object are what is assigned to them, and nothing else."""
    if any(cls.method(name) is not None for name in _SPECIAL):
        return False
    if cls.kind == "dataclass":
        return len(cls.parents) == len(cls.bases)
    return cls.is_opaque and not getattr(cls.node, "keywords", ())


def may_run_in_place(definition: Any) -> bool:
    """Whether a method does not ask for its class."""
    return not {"super", "__class__"} & set(names_in(definition.node))


def constants_of(cls: ClassInfo) -> dict[str, cst.BaseExpression]:
    """The literals that the objects of a class have from it, if nothing changes the class."""
    if not isinstance(cls.node, cst.ClassDef) or cls.name in cls.module.mutated:
        return {}
    found: dict[str, cst.BaseExpression] = {}
    for parent in reversed(cls.parents):
        found |= constants_of(parent)
    bound = list(_bound_by(cls))
    for line in cls.node.body.body:
        for node in line.body if isinstance(line, cst.SimpleStatementLine) else ():
            match node:
                case cst.Assign([cst.AssignTarget(cst.Name(name))], value):
                    found[name] = value
                case cst.AnnAssign(cst.Name(name), value=value) if value is not None:
                    found[name] = value
    return {n: e for n, e in found.items() if is_literal(e) and bound.count(n) < 2}


def _own_names(cls: ClassInfo) -> set[str]:
    """What the objects of a class have without being given it: methods, and what the class has."""
    return {*_bound_by(cls), *(name for parent in cls.parents for name in _own_names(parent))}


def _bound_by(cls: ClassInfo) -> Iterator[str]:
    """The names that a class statement gives to its class."""
    if isinstance(cls.node, cst.ClassDef):
        for node in class_statements(cls.node.body):
            match node:
                case cst.FunctionDef(name=cst.Name(name)):
                    yield name
                case cst.AnnAssign(target=cst.Name(name), value=value) if value is not None:
                    if cls.kind != "dataclass":
                        yield name
                case cst.Assign():
                    yield from (n for t in node.targets for n in names_in(t.target))


@dataclass
class Apart:
    """Takes objects apart. `classes` has the class of each variable's; `free` makes a name that the
    function does not have."""

    classes: dict[Var, ClassInfo]
    free: Callable[[str], str]
    variables: dict[tuple[Var, str], Var] = field(default_factory=dict)
    same: dict[Var, Var] = field(default_factory=dict)

    def block(self, body: Block, once: set[Var]) -> Block:
        """The statements without the objects; those in `once` are made once, when the function
        begins."""
        self._find_names(body, once)
        assigned = {
            (self._object(place.base), place.key)
            for s in statements(body) for t in targets(s) for place in places_of(t)
        }  # fmt: skip
        made = self._block(body)
        for (var, name), variable in self.variables.items():
            literal = constants_of(self.classes[var]).get(name)
            if literal is not None and (var, name) not in assigned:
                value = ast.literal_eval(self.classes[var].module.code(literal).strip())
                made = [Assign((variable,), Const(value)), *made]
            elif (var, name) not in assigned or name in _own_names(self.classes[var]):
                raise Whole
        left = {*self.classes, *self.same}
        for statement in statements(made):
            if left & self._mentioned(statement):
                raise Whole
        return made

    def _find_names(self, body: Block, once: set[Var]) -> None:
        """Finds other names of the objects, which stand for them from then on."""
        bindings: dict[Var, int] = {}
        for statement in statements(body):
            for var in bound_by(statement) if not inner_blocks(statement) else ():
                bindings[var] = bindings.get(var, 0) + 1
            if isinstance(statement, For):
                for var in bound_by(replace(statement, body=[], other=[])):
                    bindings[var] = bindings.get(var, 0) + 1
        if bindings.keys() & self.classes.keys():
            raise Whole
        for statement in statements(body):
            match statement:
                case Assign((Var() as var,), Ref(of)) if self._of(of) is not None:
                    there = self._of(of)
                    if bindings[var] > 1 or there not in once:
                        raise Whole
                    assert there is not None
                    self.same[var] = there

    def _of(self, var: Var) -> Var | None:
        """The object that a variable stands for."""
        found = self.same.get(var, var)
        return found if found in self.classes else None

    def _object(self, expr: Expr) -> Var | None:
        return self._of(expr.var) if isinstance(expr, Ref) else None

    def _mentioned(self, statement: Stmt) -> set[Var]:
        found = set(bound_by(statement)) if not inner_blocks(statement) else set()
        for expr in expressions(statement):
            for node in walk(expr):
                if isinstance(node, Ref):
                    found.add(node.var)
                elif isinstance(node, Invoke):
                    root = node.text.partition(".")[0]
                    found |= {var for var in (*self.classes, *self.same) if var.hint == root}
                elif isinstance(node, Opaque):
                    found |= set(node.mutates)
        if isinstance(statement, Verbatim):
            found |= {*statement.mutates, *statement.drops}
        return found

    # ------------------------------------------------------------ statements

    def _block(self, block: Block) -> Block:
        return [made for statement in block for made in self._statement(statement)]

    def _statement(self, statement: Stmt) -> Block:
        match statement:
            case Assign((Var() as var,), Ref()) if var in self.same:
                return []
            case Assign(made_for, value):
                found = tuple(self._target(t) for t in made_for)
                new = self._expr(value)
                if new is value and all(a is b for a, b in zip(found, made_for, strict=True)):
                    return [statement]
                return [replace(statement, targets=found, value=new, origin=self._text(statement))]
            case Evaluate(value) | Return(value) if value is not None:
                new = self._expr(value)
                if new is value:
                    return [statement]
                return [replace(statement, value=new, origin=self._text(statement))]
            case Branch(test, then, other):
                then, other = self._block(then), self._block(other)
                return [replace(statement, test=self._expr(test), then=then, other=other)]
            case While(test, body, other):
                body, other = self._block(body), self._block(other)
                return [replace(statement, test=self._expr(test), body=body, other=other)]
            case For(target, iterable, body, other):
                target, iterable = self._target(target), self._expr(iterable)
                body, other = self._block(body), self._block(other)
                return [replace(statement, target=target, iterable=iterable, body=body,
                                other=other)]  # fmt: skip
            case Context(body=body) | Guard(body=body):
                return [replace(statement, body=self._block(body))]
        return [statement]

    def _target(self, target: Target) -> Target:
        match target:
            case Place(base, str() as name) if (var := self._object(base)) is not None:
                if name in ("real", "imag"):
                    raise Whole
                return self._variable(var, name)
            case Place(base, key):
                new = key if isinstance(key, str) else self._expr(key)
                there = self._expr(base)
                if there is base and new is key:
                    return target
                return replace(target, base=there, key=new)
            case Unpack(parts):
                found = tuple(self._target(part) for part in parts)
                same = all(a is b for a, b in zip(found, parts, strict=True))
                return target if same else replace(target, targets=found)
        return target

    def _expr(self, expr: Expr) -> Expr:
        def attribute(node: Expr) -> Expr | None:
            if isinstance(node, Apply) and node.form == "attribute" and len(node.args) == 1:
                var = self._object(node.args[0])
                if var is not None:
                    return Ref(self._variable(var, node.text), node.origin)
            return None

        return rebuilt(expr, attribute)

    def _variable(self, var: Var, name: str) -> Var:
        if (var, name) not in self.variables:
            text = self.free(f"{var.hint}_{name.lstrip('_')}")
            self.variables[var, name] = Var(text, user=True, name=text)
        return self.variables[var, name]

    # ------------------------------------------------------------ the text

    def _text(self, statement: Assign | Evaluate | Return) -> Any:
        """The place of a statement, whose text has the names of the variables."""
        if statement.origin is None:
            return None
        node, module = statement.origin.node, statement.origin.module
        names = {self._named(v, n): made.hint for (v, n), made in self.variables.items()}
        new = node.visit(_Names(names))
        if new is not node:
            module.made(new, node)
        return Anew(new, module)

    def _named(self, var: Var, name: str) -> tuple[str, str]:
        return var.hint, name


class _Names(cst.CSTTransformer):
    """Writes the names of variables for attributes: grid_u for grid.u."""

    def __init__(self, names: dict[tuple[str, str], str]) -> None:
        super().__init__()
        self.names = names

    def leave_Attribute(self, original_node: Any, updated_node: Any) -> Any:
        """An attribute of one of the objects is a variable."""
        match updated_node:
            case cst.Attribute(value=cst.Name(base), attr=cst.Name(name)):
                if (base, name) in self.names:
                    return cst.Name(self.names[base, name])
        return updated_node
