"""What a generated module takes along: the user's functions, classes and constants, and imports.

    from . import helpers                   def scale(v): ...        (of helpers.py)
    y = helpers.scale(x) + EPS        ->    EPS = 1e-8
                                            y = scale(x) + EPS

A generated file imports libraries only. What modules of the project define stands in it under its
own name; where two modules define one name, the later one gets a `_`, everywhere in its text.
"""

from __future__ import annotations

import keyword
import re
from dataclasses import dataclass
from typing import Any

import libcst as cst

from s2sad.emit.adopt import OWN, Adopter
from s2sad.errors import S2SADError
from s2sad.source.bound import target_names
from s2sad.source.classes import Definition
from s2sad.source.names import dotted_parts
from s2sad.source.walk import Visitor


@dataclass(frozen=True)
class Found:
    """A function, class or constant of the user's: the module that defines it, and where."""

    module: Any
    name: str
    node: Any

    @property
    def key(self) -> tuple[str, str]:
        return (self.module.filename, self.name)


class Carrier:
    """Collects what generated text needs of the modules that it was made from.

    `definitions` are the texts that are carried, each after those that it needs, by the module's
    file and the name there; `found` is what they are, by its name in the generated file;
    `imports` the import lines by the name that they bind; `made` the names of generated functions.
    """

    def __init__(
        self, module: Any, markers: dict[str, str], made: set[str], rule_modules: list[Any]
    ) -> None:
        self.module = module
        self.rule_modules = rule_modules
        self.markers = markers
        self.made = made
        self.imports: dict[str, str] = {}
        self.definitions: dict[tuple[str, str], str] = {}
        self.found: dict[str, Found] = {}
        self._names: dict[tuple[str, str], str] = {}
        self._taken = set(made)
        self._running: set[tuple[str, str]] = set()

    def adopted(self, text: str, module: Any) -> str:
        """A text of a module in which everything of the project's has its name in this file."""
        adopter = Adopter(self, module, module.tree, generated=True)
        adopted = adopter.adopted(text)
        self.import_names(adopter.free, adopted, module)
        return adopted

    def carried(self, found: Found) -> str:
        """The name under which something is carried; carries it along when it is first met."""
        key = found.key
        if key not in self._names:
            name = found.name
            while name in self._taken or keyword.iskeyword(name):
                name += "_"
            self._names[key] = name
            self.found[name] = found
            self._taken.add(name)
        if key not in self._running:
            self._running.add(key)
            text = self._text(found)
            self.definitions[key] = text  # after what it needs, which was met in its text
        return self._names[key]

    def _text(self, found: Found) -> str:
        node, module, name = found.node, found.module, self._names[found.key]
        if isinstance(node, cst.Assign | cst.AnnAssign) and found.name in module.mutated:
            raise S2SADError(
                "S2S015",
                f"cannot carry {found.name}, which the module changes",
                module.location(node),
                "Hand it to the function as a parameter.",
            )
        if isinstance(node, cst.Assign | cst.AnnAssign) and node.value is not None:
            made_by = _Foreign(module)
            made_by.walk(node.value)
            if made_by.found:
                raise S2SADError(
                    "S2S015",
                    f"cannot carry {found.name}, which {made_by.found} makes",
                    module.location(node),
                    "Hand it to the function as a parameter.",
                )
        if isinstance(node, cst.FunctionDef | cst.ClassDef):
            node = node.with_changes(lines_after_decorators=())
        adopter = Adopter(self, module, found.node, generated=False)
        text = adopter.adopted(module.code(node).strip() + "\n", name)
        self.import_names(adopter.free, text, module)
        return text

    def functions(self) -> dict[str, Definition]:
        """The functions that are carried, by their names in the generated file."""
        known = ((name, f.module.functions.get(f.name), f.node) for name, f in self.found.items())
        return {name: d for name, d, node in known if d is not None and d.node is node}

    def find(self, names: list[str], module: Any, imports: dict[str, str]) -> Found | None:
        """What a dotted path leads to, if that is the user's; `imports` are those of a function."""
        dotted = f".{'.'.join(names)}"
        if names[0] in imports:
            dotted = ".".join([imports[names[0]], *names[1:]])
        found = module.find_function(dotted)
        if found is not None and found[1].owner is None:
            return Found(found[0], found[1].name, found[1].node)
        cls = module.find_class(dotted)
        if cls is not None and "." not in cls[1].name:
            return Found(cls[0], cls[1].name, cls[1].node)
        constant = module.find_constant(dotted)
        if constant is not None:
            home, node = constant
            name = next(name for name, other in home.constants.items() if other is node)
            return Found(home, name, node)
        if module.made_from is not None and names[0] not in module.bound.names:
            # A class of which a gradient is made anew by type(p), and its tangent by name.
            return self.find(names, module.made_from, imports)
        return None

    def is_project(self, path: str, module: Any) -> bool:
        """Whether a dotted path leads into the user's own files."""
        return path.startswith(".") or any(True for _ in module._modules(path))

    # ------------------------------------------------------------ imports

    def import_names(self, free: set[str], text: str, module: Any) -> None:
        """Imports what a text reads of libraries; `free` are the names that nothing in it binds."""
        for name in sorted(free):
            path = module.imports.get(name)
            if name in self.made or name in self._names.values():
                continue
            if path is None and name in _OF_TEMPLATES and name not in module.bound.names:
                for library in re.findall(_OF_TEMPLATES[name], text):
                    self.imports[library] = f"import {library}"
            elif path is None:
                self._missing(name, module)
            elif path != "s2sad" and not path.startswith(OWN):
                self._import(name, path, module)

    def _missing(self, name: str, module: Any) -> None:
        path = module._root(name)
        if path is not None and "." in path and not path.startswith((".", "builtins.")):
            self._import(name, path, module)  # of `from numpy import *`
        elif name in module.bound.names and name not in module.imports:
            raise S2SADError(
                "S2S015",
                f"cannot carry the module's name {name}",
                _first_binding(name, module),
                "Give it a value once, at the top level of the module.",
            )

    def _import(self, name: str, path: str, module: Any) -> None:
        if self.is_project(path, module):
            raise S2SADError(
                "S2S015",
                f"cannot carry the module {path}",
                None,
                "Use its functions and constants by name.",
            )
        line = import_line(name, path)
        if self.imports.setdefault(name, line) != line:
            raise S2SADError(
                "S2S019", f"two things are called {name}", None, "Give one of them another name."
            )
        self._taken.add(name)


_OF_TEMPLATES = {"math": r"\bmath\b", "scipy": r"\bscipy\.\w+\b"}
"""How templates spell the modules whose functions the user may have imported one by one."""

_CONSTANT_MAKERS = {
    *("builtins", "collections", "dataclasses", "decimal", "enum", "fractions", "functools"),
    *("itertools", "logging", "math", "numpy", "operator", "re", "string", "typing"),
}


class _Foreign(Visitor):
    """Looks in a constant's value for what only running the module could tell."""

    def __init__(self, module: Any) -> None:
        self.module = module
        self.found = ""

    def visit_Lambda(self, node: cst.Lambda) -> bool:
        return False

    def visit_Attribute(self, node: cst.Attribute) -> bool:
        self._look(node)
        return not isinstance(node.value, cst.Name)

    def visit_Call(self, node: cst.Call) -> None:
        self._look(node.func)

    def _look(self, node: cst.BaseExpression) -> None:
        names = dotted_parts(node)
        path = None if names is None else self.module.imports.get(names[0])
        if path is None and names in (["open"], ["input"]):
            self.found = names[0]
        if path is None or path.startswith(".") or any(True for _ in self.module._modules(path)):
            return
        if path.partition(".")[0] not in _CONSTANT_MAKERS and names is not None:
            self.found = ".".join(names)


class _Binding(Visitor):
    """Finds the first place that gives a name a value."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.found: cst.CSTNode | None = None

    def visit_AssignTarget(self, node: cst.AssignTarget) -> None:
        if self.found is None and self.name in target_names(node.target):
            self.found = node.target


def _first_binding(name: str, module: Any) -> Any:
    finder = _Binding(name)
    finder.walk(module.tree)
    return None if finder.found is None else module.location(finder.found)


def import_line(name: str, path: str) -> str:
    """The import that binds a name to what a dotted path leads to."""
    base, _, last = path.rpartition(".")
    if path == name:
        return f"import {path}"
    if base and last == name:
        return f"from {base} import {name}"
    if base and not _is_module(path):
        return f"from {base} import {last} as {name}"
    return f"import {path} as {name}"


def _is_module(path: str) -> bool:
    known = {
        "numpy.linalg", "numpy.random", "numpy.fft", "scipy.special", "scipy.linalg",
        "scipy.optimize", "scipy.fft", "scipy.integrate", "scipy.interpolate", "scipy.signal",
        "scipy.sparse", "scipy.stats", "os.path", "collections.abc", "numpy.typing", "numpy.ma",
        "concurrent.futures", "importlib.resources", "matplotlib.pyplot",
    }  # fmt: skip
    return path in known
