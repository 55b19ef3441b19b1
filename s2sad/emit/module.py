"""The generated module: header, imports, carried constants and functions, helpers, derivatives."""

from __future__ import annotations

import ast
import re
from typing import Any

import libcst as cst

from s2sad.derive.folder import templates_folder
from s2sad.emit.expressions import parenthesized
from s2sad.errors import S2SADError

_STRIPPED = ("s2sad.",)


class Carrier:
    """Collects what generated text needs of the modules that it was made from."""

    def __init__(self, module: Any, markers: dict[str, str]) -> None:
        self.module = module
        self.markers = markers
        self.imports: dict[str, str] = {}
        self.definitions: dict[str, str] = {}
        self.made: set[str] = set()
        self._running: set[str] = set()

    def carry(self, text: str, module: Any) -> None:
        """Collects what the free names of a text stand for in a module."""
        for name in free_names(text):
            self.carry_name(name, module)

    def carry_name(self, name: str, module: Any) -> None:
        """Collects what one name stands for."""
        if name in self.made:
            return
        key = f"{module.filename}:{name}"
        if key in self._running:
            return
        self._running.add(key)
        found = module.find_function(f".{name}")
        if found is not None:
            self._define(name, found[1].node, found[0])
            return
        imported = module.imports.get(name)
        if imported is not None:
            self._imported(name, imported, module)
            return
        if name in module.classes:
            self._define(name, module.classes[name].node, module)
        elif name in module.constants:
            self._constant(name, module)
        elif name in getattr(module.bound, "names", ()):
            raise S2SADError("S2S015", f"cannot carry the module's name {name}", None,
                             "Give it a value once, at the top level of the module.")  # fmt: skip

    def _imported(self, name: str, path: str, module: Any) -> None:
        if path.startswith(_STRIPPED) or path == "s2sad":
            return
        for find in (module.find_function, module.find_class, module.find_constant):
            found = find(path)
            if found is not None:
                home, definition = found
                node = getattr(definition, "node", definition)
                self._define(name, node, home)
                return
        root = path.split(".")[0]
        if not root:
            return
        if path == name:
            self.imports[name] = f"import {path}"
        elif "." in path and path.rpartition(".")[2] == name:
            self.imports[name] = f"from {path.rpartition('.')[0]} import {name}"
        elif "." in path and not _is_module(path):
            base, _, last = path.rpartition(".")
            self.imports[name] = f"from {base} import {last} as {name}"
        else:
            self.imports[name] = f"import {path} as {name}"

    def _constant(self, name: str, module: Any) -> None:
        if name in module.mutated:
            location = module.location(module.constants[name])
            raise S2SADError("S2S015", f"cannot carry {name}, which the module changes", location,
                             "Hand it to the function as a parameter.")  # fmt: skip
        self._define(name, module.constants[name], module)

    def _define(self, name: str, node: Any, module: Any) -> None:
        if isinstance(node, cst.FunctionDef):
            text = self.function_text(node, module)
        elif isinstance(node, cst.SimpleStatementLine | cst.ClassDef):
            text = module.tree.code_for_node(node.with_changes(leading_lines=()))
        else:
            text = module.tree.code_for_node(node).strip() + "\n"
        self.carry(text, module)
        if name in self.definitions and self.definitions[name] != text:
            raise S2SADError("S2S019", f"two things are called {name}", module.location(node),
                             "Give one of them another name.")  # fmt: skip
        self.definitions[name] = text

    def function_text(self, node: cst.FunctionDef, module: Any) -> str:
        """A function of the user's as it is carried: without s2sad's decorators and markers, and
        without annotations that would need an import."""
        kept = [
            d for d in node.decorators
            if not (_decorator_path(d, module) or "").startswith(_STRIPPED)
        ]  # fmt: skip
        plain = node.with_changes(decorators=kept, leading_lines=(), lines_after_decorators=())
        stripped = plain.visit(_Strip(module, self.markers))
        assert isinstance(stripped, cst.FunctionDef)
        text: str = module.tree.code_for_node(stripped)
        return text


class _Strip(cst.CSTTransformer):
    """Takes s2sad's markers and annotations out of a function."""

    def __init__(self, module: Any, markers: dict[str, str]) -> None:
        self.module = module
        self.markers = markers

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> Any:
        path = self.module.qualified(original_node.func)
        if path in self.markers and updated_node.args:
            return parenthesized(updated_node.args[0].value)
        return updated_node

    def leave_Param(self, original_node: cst.Param, updated_node: cst.Param) -> Any:
        return updated_node.with_changes(annotation=None)

    def leave_FunctionDef(self, original_node: Any, updated_node: Any) -> Any:
        return updated_node.with_changes(returns=None)

    def leave_AnnAssign(self, original_node: Any, updated_node: cst.AnnAssign) -> Any:
        if updated_node.value is None:
            return updated_node
        target = cst.AssignTarget(updated_node.target)
        return cst.Assign([target], updated_node.value)


def _decorator_path(decorator: cst.Decorator, module: Any) -> str | None:
    node = decorator.decorator
    path: str | None = module.qualified(node.func if isinstance(node, cst.Call) else node)
    return path


def free_names(text: str) -> list[str]:
    """The names that a text reads and does not bind at its own top level, in order."""
    tree = ast.parse(text)
    found: dict[str, None] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            found[node.id] = None
    return sorted(found)


def _is_module(path: str) -> bool:
    known = {
        "numpy.linalg", "numpy.random", "numpy.fft", "scipy.special", "scipy.linalg",
        "scipy.optimize", "scipy.fft", "scipy.integrate", "scipy.interpolate", "scipy.signal",
        "scipy.sparse", "scipy.stats", "os.path", "collections.abc", "numpy.typing", "numpy.ma",
        "concurrent.futures", "importlib.resources", "matplotlib.pyplot",
    }  # fmt: skip
    return path in known


class HelperSource:
    """The helper functions that templates refer to, by name."""

    def __init__(self) -> None:
        text = (templates_folder() / "helpers.py").read_text(encoding="utf-8")
        lines = text.splitlines()
        self.texts: dict[str, str] = {}
        self.needs: dict[str, list[str]] = {}
        tree = ast.parse(text)
        for node in tree.body:
            if isinstance(node, ast.FunctionDef):
                self.texts[node.name] = "\n".join(lines[node.lineno - 1 : node.end_lineno])
        for node in tree.body:
            if isinstance(node, ast.FunctionDef):
                names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
                self.needs[node.name] = sorted((names & set(self.texts)) - {node.name})

    def closure(self, names: list[str]) -> list[str]:
        """These helpers and those that they call, each after those that it needs."""
        order: dict[str, None] = {}

        def visit(name: str) -> None:
            if name in order:
                return
            for need in self.needs[name]:
                visit(need)
            order[name] = None

        for name in names:
            visit(name)
        return list(order)


def rename_helpers(text: str, numpy: str) -> str:
    """A helper's text with NumPy under the name that the module has for it."""
    return text if numpy == "np" else re.sub(r"\bnp\.", f"{numpy}.", text)
