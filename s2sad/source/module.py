"""A module of the user's, read and never run: its syntax tree and what its names mean.

    module = SourceModule.from_path(Path("model.py"))
    module.functions["loss"]                        the Definition of loss
    module.qualified(<np.linalg.norm>)              "numpy.linalg.norm"
    module.qualified(<dense>)                       "layers.dense" (from layers import dense)
    module.find_function("layers.dense")            its module and Definition, read from layers.py
    module.location(<x @ w>)                        Location("model.py", 7, 12, 17, "    y = x @ w")

Places in the text are computed only when they are asked for, since most modules never need one.
"""

from __future__ import annotations

import ast
import builtins
import importlib
import os
from collections.abc import Callable, Container, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TypeAlias, TypeVar

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider

from s2sad.errors import Location
from s2sad.source.classes import ClassInfo, Definition, statements
from s2sad.source.mutations import mutations
from s2sad.source.names import Assignment, Bindings, bindings, decorator_parts, dotted_parts, parts
from s2sad.source.project import Project
from s2sad.source.text import deep_recursion, normalised, parse, read_text, stamp_of

__all__ = ["ClassInfo", "Definition", "Home", "SourceModule"]

Home: TypeAlias = "tuple[SourceModule, str]"
"""A module of the project and a name in it: `dense`, or `Dense.forward`."""

T = TypeVar("T")

# The libraries from which `import *` is understood.
_STARS = ("numpy", "numpy.linalg", "math", "cmath", "typing")
_SHADOWED = frozenset("abs all any divmod max min pow round sum".split())
_BUILTINS = frozenset(dir(builtins))
_FIELD_MAKERS = ("collections.namedtuple", "typing.NamedTuple")


class SourceModule:
    """A module's text, tree and names.

    `filename` is what errors show. `path` is the absolute path, None for standard input and
    notebook cells. `beyond` tells what a name means that the text does not define: a dotted path,
    or a place in another module; only a module without a file has it, and `neighbours`, the other
    texts that share its globals. A generated module is `made_from` another one, whose rules count;
    `originals` are the functions that its own were made from.
    """

    def __init__(
        self,
        text: str,
        filename: str = "<stdin>",
        path: Path | None = None,
        project: Project | None = None,
    ) -> None:
        self.filename = filename
        self.path = path and Path(os.path.abspath(path))
        self.text = normalised(text)
        self.tree = parse(self.text, filename)
        self.project = project or Project()
        self.beyond: Callable[[str], str | Home | None] | None = None
        self.neighbours: Callable[[], Iterator[SourceModule]] = lambda: iter(())
        self.made_from: SourceModule | None = None
        self.originals: Mapping[str, Definition] = {}
        self._as_read: dict[cst.CSTNode, cst.CSTNode] = {}
        self.stamp: tuple[int, int] | None = None
        self.project.add(self)

    @property
    def own(self) -> SourceModule:
        """The module itself, where another one may stand for it (`elsewhere.py`)."""
        return self

    def __repr__(self) -> str:
        return f"SourceModule({self.filename!r})"

    @classmethod
    def from_path(cls, path: Path, project: Project | None = None) -> SourceModule:
        """Read a file, in the encoding that it declares."""
        stamp = stamp_of(path)
        module = cls(read_text(path), str(path), path, project)
        module.stamp = stamp
        return module

    @classmethod
    def from_text(
        cls,
        text: str,
        filename: str = "<stdin>",
        path: Path | None = None,
        project: Project | None = None,
    ) -> SourceModule:
        """Read a text. With `path`, the imports of the project are found from there."""
        return cls(text, filename, path, project)

    @property
    def sources(self) -> Mapping[str, SourceModule]:
        """Every module read so far by file name, this one and those found from it."""
        return self.project.sources

    def is_current(self) -> bool:
        """Whether the files of all modules read so far are as they were."""
        read = [module for module in self.sources.values() if module.stamp is not None]
        return all(module.path and module.stamp == stamp_of(module.path) for module in read)

    @cached_property
    def as_python_reads_them(self) -> list[ast.FunctionDef]:
        """The outermost functions as trees of Python's own parser: rules are read from them."""
        return [node for node in ast.parse(self.text).body if isinstance(node, ast.FunctionDef)]

    # ------------------------------------------------------------ what names are bound to

    @cached_property
    def bound(self) -> Bindings:
        """What the statements of the module bind."""
        return bindings(self.tree, self._absolute)

    @property
    def imports(self) -> dict[str, str]:
        """Imported names with their dotted paths; relative imports are made absolute."""
        return self.bound.imports

    @property
    def constants(self) -> dict[str, Assignment]:
        """Names that one plain module-level assignment gives a value to."""
        return self.bound.constants

    @property
    def rebound(self) -> set[str]:
        """Names whose meaning depends on what happens at run time."""
        return self.bound.rebound

    @cached_property
    def mutated(self) -> set[str]:
        """Names bound more than once, rebound by a function, or whose object is changed."""
        return self.rebound | mutations(self.tree, self.bound)

    @cached_property
    def functions(self) -> dict[str, Definition]:
        """Functions of the module by name and methods by `Class.name`; the last definition."""
        found = {
            name: Definition(name, name, node, self) for name, node in self.bound.functions.items()
        }
        for cls in self.classes.values():
            if isinstance(cls.node, cst.ClassDef):
                for node in statements(cls.node.body):
                    if isinstance(node, cst.FunctionDef):
                        qualname = f"{cls.name}.{node.name.value}"
                        found[qualname] = Definition(node.name.value, qualname, node, self, cls)
        return found

    @cached_property
    def classes(self) -> dict[str, ClassInfo]:
        """Classes of the module by name, nested ones by `Outer.Inner`."""
        found: dict[str, ClassInfo] = {}
        todo = [(name, node) for name, node in self.bound.classes.items()]
        while todo:
            name, node = todo.pop(0)
            found[name] = ClassInfo(name, node, self)
            inner = [part for part in statements(node.body) if isinstance(part, cst.ClassDef)]
            todo += [(f"{name}.{part.name.value}", part) for part in inner]
        for name, constant in self.constants.items():
            if isinstance(constant.value, cst.Call):
                names = dotted_parts(constant.value.func) or [""]
                path = ".".join([self.imports.get(names[0], ""), *names[1:]])
                if path in _FIELD_MAKERS:
                    found[name] = ClassInfo(name, constant, self)
        return found

    def decorators(self, node: cst.FunctionDef | cst.ClassDef) -> list[str]:
        """The dotted paths of the decorators of a definition, outermost first."""
        return [self._decorator(decorator) for decorator in node.decorators]

    def _decorator(self, decorator: cst.Decorator) -> str:
        expr = decorator.decorator
        names = decorator_parts(decorator)
        path = None if names is None else self.path_of(names)
        return path or self.code(expr.func if isinstance(expr, cst.Call) else expr)

    # ------------------------------------------------------------ what a dotted path means

    def qualified(self, expr: cst.BaseExpression, local_names: Container[str] = ()) -> str | None:
        """The dotted path that a name or attribute stands for.

        Imported names are followed: `numpy.linalg.norm`. The module's own functions and classes
        have a leading dot: `.loss`, `.Model.predict`. Builtins are `builtins.abs`. None for local
        names, for constants and what is inside them, for names with more than one meaning, and for
        anything else.
        """
        names = dotted_parts(expr)
        if names is None or names[0] in local_names:
            return None
        return self.path_of(names)

    def path_of(self, names: list[str]) -> str | None:
        """`qualified` for the names of a dotted path."""
        root, rest = names[0], names[1:]
        start = self._root(root)
        if start is None:
            return None
        path = ".".join([start, *rest])
        if rest and root in self.imports and self.find_constant(start) is not None:
            return None
        return path

    def _root(self, name: str) -> str | None:
        bound = self.bound
        if name in bound.rebound:
            return None
        if name in bound.imports:
            return bound.imports[name]
        if name in bound.functions or name in self.classes:
            return f".{name}"
        if name in bound.names:
            return None
        for star in reversed(bound.stars):
            if self._exports(star, name):
                return f"{star}.{name}"
            if name in _SHADOWED and not self._is_readable(star):
                return None
        if self.beyond is not None:
            found = self.beyond(name)
            if found is not None:
                return found if isinstance(found, str) else f".{name}"
        return f"builtins.{name}" if name in _BUILTINS else None

    def _exports(self, star: str, name: str) -> bool:
        """Whether `from star import *` brings a name."""
        if star in _STARS:
            library = importlib.import_module(star)
            public = getattr(library, "__all__", dir(library))
            return name in public and not name.startswith("_")
        return not name.startswith("_") and self._home(f"{star}.{name}") is not None

    def _is_readable(self, star: str) -> bool:
        return star in _STARS or any(True for _ in self._modules(star))

    def alias(self, name: str) -> str | None:
        """The dotted path that a constant is another name for: `tanh = np.tanh`."""
        seen: set[str] = set()
        while name not in seen and name not in self.rebound:
            seen.add(name)
            constant = self.constants.get(name)
            if constant is None or constant.value is None:
                break
            path = self.qualified(constant.value)
            if path is not None or not isinstance(constant.value, cst.Name):
                return path
            name = constant.value.value
        return None

    def imports_of(self, node: cst.Import | cst.ImportFrom) -> dict[str, str]:
        """What an import inside a function binds, as `imports` does for the module's."""
        line = cst.SimpleStatementLine([node])
        return bindings(cst.Module([line]), self._absolute).imports

    def find_function(self, dotted: str) -> tuple[SourceModule, Definition] | None:
        """The user's function that a dotted path leads to, in this module or another."""
        home = self._home(dotted)
        if home is None:
            return None
        module, name = home
        definition = module.functions.get(name)
        cls, _, method = name.rpartition(".")
        if definition is None and cls in module.classes:
            definition = module.classes[cls].method(method)
        return None if definition is None else (definition.module, definition)

    def find_class(self, dotted: str) -> tuple[SourceModule, ClassInfo] | None:
        """The user's class that a dotted path leads to, in this module or another."""
        return self._find(dotted, lambda module: module.classes)

    def find_constant(self, dotted: str) -> tuple[SourceModule, Assignment] | None:
        """The user's module-level constant that a dotted path leads to."""
        return self._find(dotted, lambda module: module.constants)

    def find_alias(self, dotted: str) -> tuple[SourceModule, cst.BaseExpression] | None:
        """What a name for a type stands for: `Vec = NDArray[np.float64]`, `type Vec = ...`."""
        found = self._find(dotted, lambda module: module.bound.aliases)
        constant = self.find_constant(dotted) if found is None else None
        if constant is not None and constant[1].value is not None:
            return constant[0], constant[1].value
        return found

    def method(self, cls: str | ClassInfo, name: str) -> Definition | None:
        """A method of a class of this module, also one that it inherits."""
        info = self.classes.get(cls) if isinstance(cls, str) else cls
        return None if info is None else info.method(name)

    def _find(
        self, dotted: str, table: Callable[[SourceModule], Mapping[str, T]]
    ) -> tuple[SourceModule, T] | None:
        home = self._home(dotted)
        if home is None:
            return None
        module, name = home
        found = table(module).get(name)
        return None if found is None else (module, found)

    @cached_property
    def _homes(self) -> dict[str, Home | None]:
        return {}

    def _home(self, dotted: str) -> Home | None:
        """The module that defines what a dotted path leads to, and its name there."""
        if dotted not in self._homes:
            self._homes[dotted] = None  # an import that leads back here finds nothing
            self._homes[dotted] = self._search(dotted)
        return self._homes[dotted]

    def _search(self, dotted: str) -> Home | None:
        if not dotted.startswith("."):
            for module, rest in self._modules(dotted):
                home = module._home("." + rest) if rest else None
                if home is not None:
                    return home
            return None
        name = dotted[1:]
        root, _, rest = name.partition(".")
        bound = self.bound
        if root in bound.rebound:
            return None
        if root in bound.imports:
            path = bound.imports[root]
            return None if path.startswith(".") else self._home(f"{path}.{rest}".rstrip("."))
        if root in bound.names:
            tables = (bound.functions, self.classes, bound.constants, bound.aliases)
            return (self, name) if any(root in table for table in tables) else None
        for star in reversed(bound.stars):
            home = None if star in _STARS else self._home(f"{star}.{name}")
            if home is not None:
                return home
        found = self.beyond(root) if self.beyond is not None else None
        if isinstance(found, tuple):
            return found[0], ".".join(filter(None, (found[1], rest)))
        return None

    def _modules(self, dotted: str) -> Iterator[tuple[SourceModule, str]]:
        """The modules of the project that a dotted path may lead into, with the rest of it."""
        if self.path is None or dotted.startswith("."):
            return
        relative = not Path(self.filename).is_absolute()
        for file, rest in self.project.place(self.path).files(dotted.split(".")):
            yield self.project.module_at(file, relative), ".".join(rest)

    def _absolute(self, dots: int, path: str) -> str:
        if dots == 0:
            return path
        if self.path is None:
            return "." * dots + path
        return self.project.place(self.path).absolute(dots, path)

    # ------------------------------------------------------------ text and places

    @cached_property
    def lines(self) -> list[str]:
        """The lines of the text, without their ends."""
        return self.text.split("\n")

    @cached_property
    def _positions(self) -> Mapping[cst.CSTNode, CodeRange]:
        wrapper = MetadataWrapper(self.tree, unsafe_skip_copy=True)
        with deep_recursion():
            positions: Mapping[cst.CSTNode, CodeRange] = wrapper.resolve(PositionProvider)
        return positions

    def made(self, new: cst.CSTNode, node: cst.CSTNode) -> None:
        """Notes that a node was made from another one, whose place in the file it has."""
        self._as_read[new] = self.as_read(node)

    def as_read(self, node: cst.CSTNode) -> cst.CSTNode:
        """The node of the file that a node stands for, or is."""
        return self._as_read.get(node, node)

    def location(self, node: cst.CSTNode) -> Location:
        """Where a node stands; of more than one line, the first. For a node that was made rather
        than read, where what it stands for is, or its first part."""
        todo = [node]
        while todo:
            part = self.as_read(todo.pop(0))
            if part in self._positions:
                span = self._positions[part]
                text = self.lines[span.start.line - 1]
                same = span.end.line == span.start.line
                end = span.end.column if same else len(text.rstrip())
                start = span.start
                return Location(self.filename, start.line, start.column + 1, end + 1, text)
            todo.extend(parts(part))
        return Location(self.filename, 1, 1, 1, self.lines[0])

    def code(self, node: cst.CSTNode) -> str:
        """The code of a node exactly as written. A statement is dedented and comes without the
        comments above it and the end of its line."""
        if hasattr(node, "leading_lines"):
            node = node.with_changes(leading_lines=())
        with deep_recursion():
            return self.tree.code_for_node(node).rstrip("\n")

    @cached_property
    def definitions(self) -> dict[str, list[Definition]]:
        """Every function of the module, however deep inside others, by its plain name."""
        found: dict[str, list[Definition]] = {}
        todo: list[tuple[cst.CSTNode, str, ClassInfo | None]] = [(self.tree, "", None)]
        while todo:
            node, prefix, owner = todo.pop()
            if isinstance(node, cst.FunctionDef):
                name = node.name.value
                definition = Definition(name, prefix + name, node, self, owner)
                found.setdefault(name, []).append(definition)
                prefix, owner = f"{prefix}{name}.<locals>.", None
            elif isinstance(node, cst.ClassDef):
                name = prefix + node.name.value
                owner = self.classes.get(name) or ClassInfo(name, node, self)
                prefix = f"{name}."
            todo.extend((part, prefix, owner) for part in parts(node))
        return found

    def nested(self, qualname: str) -> Definition | None:
        """The function inside a function that has this qualified name, if there is only one."""
        name = qualname.rpartition(".")[2]
        found = [d for d in self.definitions.get(name, ()) if d.qualname == qualname]
        return found[0] if len(found) == 1 else None

    def definition_at(self, line: int, name: str) -> Definition | None:
        """The function of this name whose `def` line, or whose first decorator, is at a line."""
        for definition in self.definitions.get(name, ()):
            node = definition.node
            first = self._positions[node].start.line
            if node.decorators:
                first = min(first, self._positions[node.decorators[0]].start.line)
            if first <= line <= self._positions[node].start.line:
                return definition
        return None
