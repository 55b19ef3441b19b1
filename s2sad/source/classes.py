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
