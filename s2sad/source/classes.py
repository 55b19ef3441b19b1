"""The functions and classes of a module, as they are written."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import libcst as cst

from s2sad.source.names import Assignment, parts

if TYPE_CHECKING:
    from s2sad.source.module import SourceModule


class Field(NamedTuple):
    """A field of a class: its name, annotation and default, None where there is none.

    `module` is where it is written; a field may be inherited from a class of another module.
    """

    name: str
    annotation: cst.BaseExpression | None
    default: cst.BaseExpression | None
    module: SourceModule


@dataclass(eq=False)
class Definition:
    """A function that is written somewhere in a module.

    `decorators` are the dotted paths of its decorators as `qualified` gives them, called or not;
    the code itself where that is not known.
    """

    name: str
    qualname: str
    node: cst.FunctionDef = field(repr=False)
    module: SourceModule
    owner: ClassInfo | None = None

    @cached_property
    def decorators(self) -> list[str]:
        """The dotted paths of the decorators, outermost first; a lambda has none."""
        return self.module.decorators(self.node) if hasattr(self.node, "decorators") else []

    @property
    def class_of_first(self) -> ClassInfo | None:
        """The class that a method has as its first argument, or has an object of."""
        return None if "builtins.staticmethod" in self.decorators else self.owner


@dataclass(eq=False)
class ClassInfo:
    """A class that is written in a module.

    `kind` is NamedTuple, dataclass, TypedDict or plain. `node` is the class statement, or the
    assignment for `Point = namedtuple("Point", "x y")`.
    """

    name: str
    node: cst.ClassDef | Assignment = field(repr=False)
    module: SourceModule

    @cached_property
    def decorators(self) -> list[str]:
        """The dotted paths of the decorators, outermost first."""
        return self.module.decorators(self.node) if isinstance(self.node, cst.ClassDef) else []

    @cached_property
    def bases(self) -> list[str]:
        """The dotted paths of the base classes, where known."""
        if not isinstance(self.node, cst.ClassDef):
            return []
        paths = [self.module.qualified(base.value) for base in self.node.bases]
        return [path for path in paths if path is not None]

    @cached_property
    def parents(self) -> list[ClassInfo]:
        """The base classes that are the user's own."""
        found = [self.module.find_class(base) for base in self.bases]
        return [cls for place in found if place is not None for cls in [place[1]] if cls != self]

    @cached_property
    def kind(self) -> str:
        """What fields mean here: NamedTuple, dataclass, TypedDict or plain."""
        if not isinstance(self.node, cst.ClassDef):
            return "NamedTuple"
        if "dataclasses.dataclass" in self.decorators:
            return "dataclass"
        for base in self.bases:
            name = base.rpartition(".")[2]
            if base in (f"typing.{name}", f"typing_extensions.{name}"):
                if name in ("NamedTuple", "TypedDict"):
                    return name
        kinds = {parent.kind for parent in self.parents}
        return "TypedDict" if kinds == {"TypedDict"} else "plain"

    @cached_property
    def is_opaque(self) -> bool:
        """Whether nothing says which fields its objects have: no decorator, and no base class that
        is not like that itself."""
        return (
            self.kind == "plain"
            and isinstance(self.node, cst.ClassDef)
            and not self.decorators
            and len(self.parents) == len(self.node.bases)
            and all(parent.is_opaque for parent in self.parents)
        )

    @cached_property
    def fields(self) -> list[Field]:
        """The fields in order, those of base classes first."""
        if not isinstance(self.node, cst.ClassDef):
            return [Field(name, kind, None, self.module) for name, kind in _made_fields(self.node)]
        found: dict[str, Field] = {}
        for parent in reversed(self.parents):
            found.update((item.name, item) for item in parent.fields)
        for statement in statements(self.node.body):
            if isinstance(statement, cst.AnnAssign) and isinstance(statement.target, cst.Name):
                annotation = statement.annotation.annotation
                if not self._is_class_variable(annotation):
                    name = statement.target.value
                    found[name] = Field(name, annotation, statement.value, self.module)
        return list(found.values())

    @cached_property
    def stored(self) -> list[Field] | None:
        """What `__init__` is handed, if it puts all of it under its name into the object and does
        nothing else, and no other method gives the object anything: the fields of a plain class
        whose objects are records."""
        init = self.method("__init__")
        if init is None or not self.is_opaque or self.parents:
            return None
        definitions = [d for d in self.module.functions.values() if d.owner is self]
        own = [d for d in definitions if d.name.startswith("__") and d.name in UNLIKE_RECORDS]
        if own or not isinstance(self.node, cst.ClassDef) or self.node.keywords:
            return None
        first, *given = init.node.params.params
        if (
            init.node.params.star_kwarg
            or init.node.params.star_arg is not cst.MaybeSentinel.DEFAULT
        ):
            return None
        names = {p.name.value for p in given}
        if _put_into(init.node, first.name.value) != names:
            return None
        if not all(_only_reads(d.node) for d in definitions if d is not init):
            return None
        return [Field(p.name.value, _annotation(p), p.default, self.module) for p in given]

    def _is_class_variable(self, annotation: cst.BaseExpression) -> bool:
        outer = annotation.value if isinstance(annotation, cst.Subscript) else annotation
        path = self.module.qualified(outer)
        return path in ("typing.ClassVar", "dataclasses.KW_ONLY")

    def method(self, name: str) -> Definition | None:
        """The method that `self.name` is, also from a base class of the user's."""
        found = self.module.functions.get(f"{self.name}.{name}")
        if found is not None:
            return found
        for parent in self.parents:
            found = parent.method(name)
            if found is not None:
                return found
        return None


UNLIKE_RECORDS = {"__setattr__", "__getattr__", "__getattribute__", "__delattr__", "__new__",
                  "__del__", "__slots__"}  # fmt: skip
"""Methods by which attributes are not what is assigned to them."""


def _annotation(parameter: cst.Param) -> cst.BaseExpression | None:
    return None if parameter.annotation is None else parameter.annotation.annotation


def _put_into(node: cst.FunctionDef, name: str) -> set[str] | None:
    """The parameters that a method puts into its object, each under its own name; None if it does
    anything else."""
    found: set[str] = set()
    for position, line in enumerate(statements(node.body)):
        match line:
            case cst.Expr(cst.SimpleString()) if position == 0:
                continue
            case cst.Assign([cst.AssignTarget(target)], value):
                pass
            case cst.AnnAssign(target, value=value) if value is not None:
                pass
            case _:
                return None
        pairs: list[tuple[cst.CSTNode, cst.CSTNode]] = [(target, value)]
        if isinstance(target, cst.Tuple) and isinstance(value, cst.Tuple):
            both = zip(target.elements, value.elements, strict=False)
            pairs = [(one.value, other.value) for one, other in both]
        for part, given in pairs:
            match part, given:
                case cst.Attribute(cst.Name(owner), cst.Name(key)), cst.Name(same):
                    if owner != name or key != same:
                        return None
                    found.add(key)
                case _:
                    return None
    return found


def _only_reads(node: cst.FunctionDef) -> bool:
    """Whether a method does nothing with its object but to read attributes and call methods."""
    params = node.params.params
    if not params:
        return True
    name = params[0].name.value
    todo: list[cst.CSTNode] = [node.body]
    while todo:
        part = todo.pop()
        match part:
            case cst.Attribute(cst.Name(value)) if value == name:
                continue
            case cst.Name(value) if value == name:
                return False
            case cst.AssignTarget(target) | cst.AugAssign(target) | cst.AnnAssign(target):
                if isinstance(target, cst.Attribute | cst.Tuple | cst.List):
                    return False
            case cst.Del() | cst.Nonlocal() | cst.Global():
                return False
            case cst.For(target) if not isinstance(target, cst.Name | cst.Tuple):
                return False
        todo += parts(part)
    return True


def statements(body: cst.BaseSuite) -> Iterator[cst.CSTNode]:
    """The statements of a class body, also those in its branches."""
    todo: list[cst.CSTNode] = list(body.body)
    while todo:
        node = todo.pop(0)
        match node:
            case cst.SimpleStatementLine():
                yield from node.body
            case cst.If() | cst.Try() | cst.Else() | cst.With():
                todo = [*parts(node), *todo]
            case cst.IndentedBlock() | cst.SimpleStatementSuite():
                todo = [*node.body, *todo]
            case _:
                yield node


def _made_fields(node: Assignment) -> Iterator[tuple[str, cst.BaseExpression | None]]:
    """The fields of `namedtuple("P", "x y")` and `NamedTuple("P", [("x", float)])`."""
    if not isinstance(node.value, cst.Call) or len(node.value.args) < 2:
        return
    listed = node.value.args[1].value
    if isinstance(listed, cst.SimpleString):
        for name in textwrap.dedent(str(listed.evaluated_value)).replace(",", " ").split():
            yield name, None
    elif isinstance(listed, (cst.List, cst.Tuple)):
        for element in listed.elements:
            match element.value:
                case cst.SimpleString() as literal:
                    yield str(literal.evaluated_value), None
                case cst.Tuple(elements=[cst.Element(value=cst.SimpleString() as literal), item]):
                    yield str(literal.evaluated_value), item.value
