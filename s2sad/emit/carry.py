"""What a generated module takes along: the user's functions, classes and constants, and imports.

    from . import helpers                   def scale(v): ...        (of helpers.py)
    y = helpers.scale(x) + EPS        ->    EPS = 1e-8
                                            y = scale(x) + EPS

A generated file imports libraries only. What modules of the project define stands in it under its
own name; where two modules define one name, the later one gets a `_`, everywhere in its text.
"""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import libcst as cst

from s2sad.derive.own_rules import PREFIX
from s2sad.emit.expressions import marked, parenthesized
from s2sad.errors import S2SADError
from s2sad.source.names import dotted_parts
from s2sad.source.scope import bound_names, parameters, target_names

_OWN = ("s2sad.",)


@dataclass(frozen=True)
class _Found:
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
    file and the name there; `imports` the import lines by the name that they bind; `made` the names
    of generated functions.
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
        self._names: dict[tuple[str, str], str] = {}
        self._taken = set(made)
        self._running: set[tuple[str, str]] = set()

    def adopted(self, text: str, module: Any) -> str:
        """A text of a module in which everything of the project's has its name in this file."""
        tree = cst.parse_module(text)
        with_names = tree.visit(_Adopt(self, module, generated=True))
        adopted: str = with_names.code
        self._import_free_names(adopted, module)
        return adopted

    def carried(self, found: _Found) -> str:
        """The name under which something is carried; carries it along when it is first met."""
        key = found.key
        if key not in self._names:
            name = found.name
            while name in self._taken or keyword.iskeyword(name):
                name += "_"
            self._names[key] = name
            self._taken.add(name)
        if key not in self._running:
            self._running.add(key)
            text = self._text(found)
            self.definitions[key] = text  # after what it needs, which was met in its text
        return self._names[key]

    def _text(self, found: _Found) -> str:
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
            node.value.visit(made_by)
            if made_by.found:
                raise S2SADError(
                    "S2S015",
                    f"cannot carry {found.name}, which {made_by.found} makes",
                    module.location(node),
                    "Hand it to the function as a parameter.",
                )
        if isinstance(node, cst.FunctionDef | cst.ClassDef):
            node = node.with_changes(leading_lines=(), lines_after_decorators=())
        adopter = _Adopt(self, module)
        changed = node.visit(adopter)
        assert isinstance(changed, cst.CSTNode)
        if isinstance(changed, cst.FunctionDef | cst.ClassDef):
            changed = changed.with_changes(name=cst.Name(name))
        text: str = module.tree.code_for_node(changed).strip() + "\n"
        self._import_free_names(text, module)
        return text

    def find(self, names: list[str], module: Any, imports: dict[str, str]) -> _Found | None:
        """What a dotted path leads to, if that is the user's; `imports` are those of a function."""
        dotted = f".{'.'.join(names)}"
        if names[0] in imports:
            dotted = ".".join([imports[names[0]], *names[1:]])
        found = module.find_function(dotted)
        if found is not None and found[1].owner is None:
            return _Found(found[0], found[1].name, found[1].node)
        cls = module.find_class(dotted)
        if cls is not None and "." not in cls[1].name:
            return _Found(cls[0], cls[1].name, cls[1].node)
        constant = module.find_constant(dotted)
        if constant is not None:
            home, node = constant
            name = next(name for name, other in home.constants.items() if other is node)
            return _Found(home, name, node)
        return None

    def is_project(self, path: str, module: Any) -> bool:
        """Whether a dotted path leads into the user's own files."""
        return path.startswith(".") or any(True for _ in module._modules(path))

    # ------------------------------------------------------------ imports

    def _import_free_names(self, text: str, module: Any) -> None:
        """Imports what the text reads of libraries."""
        for name in free_names(text):
            path = module.imports.get(name)
            if name in self.made or name in self._names.values():
                continue
            if path is None and name in _OF_TEMPLATES and name not in module.bound.names:
                for library in re.findall(_OF_TEMPLATES[name], text):
                    self.imports[library] = f"import {library}"
            elif path is None:
                self._missing(name, module)
            elif path != "s2sad" and not path.startswith(_OWN):
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


class _Foreign(cst.CSTVisitor):
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


class _Binding(cst.CSTVisitor):
    """Finds the first place that gives a name a value."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.found: cst.CSTNode | None = None

    def visit_AssignTarget(self, node: cst.AssignTarget) -> None:
        if self.found is None and self.name in target_names(node.target):
            self.found = node.target


def _first_binding(name: str, module: Any) -> Any:
    finder = _Binding(name)
    module.tree.visit(finder)
    return None if finder.found is None else module.location(finder.found)


class _Adopt(cst.CSTTransformer):
    """Gives everything of the project's in a text its name in the generated file.

    Takes out what generated files have no use for: s2sad's decorators and markers, annotations that
    would need an import, and imports of the project's modules inside functions.
    """

    def __init__(self, carrier: Carrier, module: Any, generated: bool = False) -> None:
        super().__init__()
        self.carrier = carrier
        self.module = module
        self.generated = generated
        self.frames: list[tuple[set[str], dict[str, str]]] = []
        self.classes: list[int] = []
        self.fixed: set[cst.CSTNode] = set()

    # ------------------------------------------------------------ scopes

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self.fixed.add(node.name)
        names = {p.name.value for p in parameters(node.params)}
        imports: dict[str, str] = {}
        for line in _imports_in(node.body):
            found = self.module.imports_of(line)
            imports |= {n: p for n, p in found.items() if self.carrier.is_project(p, self.module)}
        self.frames.append(((names | bound_names(node.body)) - set(imports), imports))

    def leave_FunctionDef(
        self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef
    ) -> cst.FunctionDef:
        self.frames.pop()
        if self.generated and len(self.frames) == 0:
            return updated_node
        kept = [d for d in updated_node.decorators if not self._is_own(d.decorator)]
        return updated_node.with_changes(returns=None, decorators=kept)

    def visit_Lambda(self, node: cst.Lambda) -> None:
        self.frames.append(({p.name.value for p in parameters(node.params)}, {}))

    def leave_Lambda(self, original_node: cst.Lambda, updated_node: cst.Lambda) -> cst.Lambda:
        self.frames.pop()
        return updated_node

    def visit_ClassDef(self, node: cst.ClassDef) -> None:
        self.fixed.add(node.name)
        self.frames.append((bound_names(node.body), {}))
        self.classes.append(len(self.frames))

    def leave_ClassDef(
        self, original_node: cst.ClassDef, updated_node: cst.ClassDef
    ) -> cst.ClassDef:
        self.frames.pop()
        self.classes.pop()
        return updated_node

    def on_visit(self, node: cst.CSTNode) -> bool:
        if isinstance(node, cst.ListComp | cst.SetComp | cst.DictComp | cst.GeneratorExp):
            names: set[str] = set()
            clause: cst.CompFor | None = node.for_in
            while clause is not None:
                names |= target_names(clause.target)
                clause = clause.inner_for_in
            self.frames.append((names, {}))
        return super().on_visit(node)

    def on_leave(self, original_node: Any, updated_node: Any) -> Any:
        result = super().on_leave(original_node, updated_node)
        comprehensions = cst.ListComp | cst.SetComp | cst.DictComp | cst.GeneratorExp
        if isinstance(original_node, comprehensions):
            self.frames.pop()
        return result

    # ------------------------------------------------------------ names

    def visit_Attribute(self, node: cst.Attribute) -> bool:
        self.fixed.add(node.attr)
        names = dotted_parts(node)
        return names is None or not names[0].startswith(PREFIX)

    def visit_Arg(self, node: cst.Arg) -> None:
        if node.keyword is not None:
            self.fixed.add(node.keyword)

    def visit_Param(self, node: cst.Param) -> None:
        self.fixed.add(node.name)

    def visit_MatchKeywordElement(self, node: cst.MatchKeywordElement) -> None:
        self.fixed.add(node.key)

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:
        return updated_node if original_node in self.fixed else self._named(
            original_node, updated_node
        )  # fmt: skip

    def leave_Attribute(
        self, original_node: cst.Attribute, updated_node: cst.Attribute
    ) -> cst.BaseExpression:
        return self._named(original_node, updated_node)

    def _named(
        self, original: cst.Name | cst.Attribute, updated: cst.BaseExpression
    ) -> cst.BaseExpression:
        names = dotted_parts(original)
        if names is None or names[0] in self.carrier.made:
            return updated
        if self.generated and names[0].startswith(PREFIX) and len(names) > 1:
            return self._of_rule(names, original)
        imports: dict[str, str] = {}
        for bound, local in reversed(self.frames):
            if names[0] in local:
                imports = local
                break
            if names[0] in bound:
                return updated
        found = self.carrier.find(names, self.module, imports)
        if found is None:
            return updated
        name = self.carrier.carried(found)
        if any(name in bound for bound, _ in self.frames) and name != ".".join(names):
            raise S2SADError(
                "S2S019",
                f"{'.'.join(names)} would be called {name}, which is a variable",
                self.module.location(original),
                f"Give the variable {name} another name.",
            )
        return cst.Name(name, lpar=original.lpar, rpar=original.rpar)

    def _of_rule(self, names: list[str], original: Any) -> cst.BaseExpression:
        """What a rule calls a thing by a name of the module that it stands in."""
        module = self.carrier.rule_modules[int(names[0].removeprefix(PREFIX))]
        found = self.carrier.find(names[1:], module, {})
        if found is not None:
            name = self.carrier.carried(found)
        else:
            name = ".".join(names[1:])
            self.carrier._import_free_names(name, module)
        root = name.partition(".")[0]
        if any(root in bound for bound, _ in self.frames):
            raise S2SADError(
                "S2S019",
                f"{name} of a rule would be called {root}, which is a variable",
                None,
                f"Give the variable {root} of the function another name.",
            )
        return cst.parse_expression(name)

    # ------------------------------------------------------------ what is taken out

    def _is_own(self, node: cst.BaseExpression) -> bool:
        inner = node.func if isinstance(node, cst.Call) else node
        return (self._path(inner) or "").startswith(_OWN)

    def _path(self, node: cst.BaseExpression) -> str | None:
        names = dotted_parts(node)
        if names is None or any(names[0] in bound for bound, _ in self.frames):
            return None
        path: str | None = self.module.qualified(node)
        return path

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        if self._path(original_node.func) in self.carrier.markers and updated_node.args:
            return parenthesized(marked(updated_node))
        return updated_node

    def leave_Param(self, original_node: cst.Param, updated_node: cst.Param) -> cst.Param:
        outside = self.generated and len(self.frames) <= 1
        return updated_node if outside else updated_node.with_changes(annotation=None)

    def leave_AnnAssign(
        self, original_node: cst.AnnAssign, updated_node: cst.AnnAssign
    ) -> cst.AnnAssign | cst.Assign:
        is_field = self.classes[-1:] == [len(self.frames)]
        if updated_node.value is None or is_field or self.generated:
            return updated_node
        return cst.Assign([cst.AssignTarget(updated_node.target)], updated_node.value)

    def leave_Import(
        self, original_node: cst.Import, updated_node: cst.Import
    ) -> cst.Import | cst.RemovalSentinel:
        return cst.RemoveFromParent() if self._is_of_project(original_node) else original_node

    def leave_ImportFrom(
        self, original_node: cst.ImportFrom, updated_node: cst.ImportFrom
    ) -> cst.ImportFrom | cst.RemovalSentinel:
        return cst.RemoveFromParent() if self._is_of_project(original_node) else original_node

    def visit_ImportAlias(self, node: cst.ImportAlias) -> bool:
        return False

    def visit_ImportFrom(self, node: cst.ImportFrom) -> bool:
        return False

    def _is_of_project(self, node: cst.Import | cst.ImportFrom) -> bool:
        paths = self.module.imports_of(node).values()
        return any(self.carrier.is_project(path, self.module) for path in paths)


def _imports_in(body: cst.CSTNode) -> Iterator[cst.Import | cst.ImportFrom]:
    """The imports in a function, not those of functions inside it."""
    finder = _Imports()
    body.visit(finder)
    yield from finder.found


class _Imports(cst.CSTVisitor):
    def __init__(self) -> None:
        self.found: list[cst.Import | cst.ImportFrom] = []

    def visit_Import(self, node: cst.Import) -> None:
        self.found.append(node)

    def visit_ImportFrom(self, node: cst.ImportFrom) -> None:
        self.found.append(node)

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:
        return False


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


def free_names(text: str) -> list[str]:
    """The names that a text reads and nothing in it binds, in order."""
    found: set[str] = set()
    _collect_free(ast.parse(text), set(), found)
    return sorted(found)


def _collect_free(node: ast.AST, bound: set[str], found: set[str]) -> None:
    """Adds the free names of a node; `bound` are those of the functions around it."""
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.Name(id=name, ctx=ast.Load()) if name not in bound:
                found.add(name)
            case ast.FunctionDef() | ast.Lambda():
                outside = [*child.args.defaults, *child.args.kw_defaults]
                if isinstance(child, ast.FunctionDef):
                    outside += child.decorator_list
                for part in outside:
                    if part is not None:
                        _collect_free(ast.Expr(part), bound, found)
                _collect_free(child, bound | _bound_in(child), found)
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                targets = {
                    n.id
                    for clause in child.generators
                    for n in ast.walk(clause.target)
                    if isinstance(n, ast.Name)
                }
                _collect_free(child, bound | targets, found)
            case _:
                _collect_free(child, bound, found)


def _bound_in(function: ast.FunctionDef | ast.Lambda) -> set[str]:
    """The names that a function binds, also those of functions inside it."""
    names: set[str] = set()
    for node in ast.walk(function):
        match node:
            case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                names.add(name)
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name) if node is not function:
                names.add(name)
            case ast.alias():
                names.add((node.asname or node.name).partition(".")[0])
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
                names.add(name)
            case ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
                names.add(name)
    return names


def _is_module(path: str) -> bool:
    known = {
        "numpy.linalg", "numpy.random", "numpy.fft", "scipy.special", "scipy.linalg",
        "scipy.optimize", "scipy.fft", "scipy.integrate", "scipy.interpolate", "scipy.signal",
        "scipy.sparse", "scipy.stats", "os.path", "collections.abc", "numpy.typing", "numpy.ma",
        "concurrent.futures", "importlib.resources", "matplotlib.pyplot",
    }  # fmt: skip
    return path in known
