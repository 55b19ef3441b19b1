"""Text of a module as it stands in a generated file.

    y = helpers.scale(stop_gradient(x)) + EPS        y = scale(x) + EPS

Everything of the project's gets its name in the generated file. What generated files have no use
for is taken out: s2sad's decorators and markers, annotations that would need an import, and imports
of the project's modules inside functions. All else stays as it is written: the text is parsed to
find the places, and edited there.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import libcst as cst

from s2sad.derive.own_rules import PREFIX, words
from s2sad.emit.binds import bound_names, imports_in
from s2sad.errors import S2SADError
from s2sad.source.names import dotted_parts, parts
from s2sad.source.walk import rebuilt

OWN = ("s2sad.",)

_ATOMS = (ast.Name, ast.Call, ast.Subscript, ast.Attribute, ast.Constant)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)

_NAME = re.compile(r"(?:async\s+)?(?:def|class)\s+(\w+)")


@dataclass(frozen=True)
class _Frame:
    """The names that a function, a class or a comprehension binds.

    `imports` are those that an import of a project's module binds, with what they stand for.
    """

    bound: set[str]
    imports: dict[str, str] = field(default_factory=dict)
    is_class: bool = False


@dataclass(frozen=True)
class _Use:
    """A dotted path that nothing in the text binds, and where its names end."""

    names: list[str]
    start: int
    ends: list[int]
    imports: dict[str, str]
    frames: tuple[_Frame, ...]
    reads: bool
    string: tuple[int, int] | None


class Adopter:
    """Edits one text of a module. `carrier` gives what is the project's its name; `within` is the
    part of the module's tree that errors point into; `generated` tells that the text is a generated
    function, which keeps its signature.

    After `adopted`, `free` are the names that are left for imports to bind.
    """

    def __init__(self, carrier: Any, module: Any, within: cst.CSTNode, generated: bool) -> None:
        self.carrier = carrier
        self.module = module
        self.within = within
        self.generated = generated
        self.free: set[str] = set()
        self._frames: tuple[_Frame, ...] = ()
        self._uses: list[_Use] = []
        self._string: tuple[int, int] | None = None
        self._edits: dict[tuple[int, int], str] = {}
        self._removed: list[ast.stmt] = []
        self._found: dict[str, Any] = {}
        self._handlers: dict[type, Callable[[Any], None]] = {}

    def adopted(self, text: str, name: str | None = None) -> str:
        """The text edited; a definition gets a name."""
        self.text = text
        self._starts = [0]
        self._lines = text.split("\n")
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line) + 1)
        tree = ast.parse(text)
        self._visit_all(tree.body)
        if self._removed:
            for node in ast.walk(tree):
                for name_of_suite in ("body", "orelse", "finalbody"):
                    suite = getattr(node, name_of_suite, None)
                    self._remove_from(suite if isinstance(suite, list) else [])
        for use in sorted(self._uses, key=lambda use: use.start):
            self._resolve(use)
        if name is not None:
            self._rename_definition(tree.body[0], name)
        return self._edited(self._edits)

    # ------------------------------------------------------------ places in the text

    def _offset(self, line: int, column: int) -> int:
        shown = self._lines[line - 1]
        if not shown.isascii():
            column = len(shown.encode()[:column].decode())
        return self._starts[line - 1] + column

    def _start(self, node: Any) -> int:
        return self._offset(node.lineno, node.col_offset)

    def _end(self, node: Any) -> int:
        return self._offset(node.end_lineno, node.end_col_offset)

    def _edit(self, start: int, end: int, text: str = "") -> None:
        self._edits[start, end] = text

    def _edited(self, edits: dict[tuple[int, int], str], start: int = 0, end: int = -1) -> str:
        """A part of the text with the edits inside it made; of nested ones the outer."""
        pieces = []
        position = start
        end = len(self.text) if end < 0 else end
        for (first, last), new in sorted(edits.items(), key=lambda edit: (edit[0][0], -edit[0][1])):
            if position <= first and last <= end:
                pieces += [self.text[position:first], new]
                position = last
        return "".join([*pieces, self.text[position:end]])

    # ------------------------------------------------------------ the walk

    def _visit_all(self, nodes: Iterable[ast.AST | None]) -> None:
        for node in nodes:
            if node is not None:
                self._visit(node)

    def _visit(self, node: ast.AST) -> None:
        kind = type(node)
        handler = self._handlers.get(kind)
        if handler is None:
            handler = self._handlers[kind] = getattr(self, f"_{kind.__name__}", self._inside)
        handler(node)

    def _inside(self, node: ast.AST) -> None:
        for name in node._fields:
            value = getattr(node, name, None)
            if isinstance(value, ast.AST):
                if value._fields:
                    self._visit(value)
            elif isinstance(value, list):
                for part in value:
                    if isinstance(part, ast.AST):
                        self._visit(part)

    def _with_frame(self, frame: _Frame, nodes: Iterable[ast.AST | None]) -> None:
        outside = self._frames
        # What a class binds is not seen from the scopes inside it.
        self._frames = (*(f for f in outside if not f.is_class), frame)
        self._visit_all(nodes)
        self._frames = outside

    def _FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        keeps_signature = self.generated and not self._frames
        args = _arguments(node.args)
        line = 0  # after which the next decorator begins
        for decorator in node.decorator_list:
            if not keeps_signature and self._is_own(decorator):
                first = self._starts[line or decorator.lineno - 1]
                self._edit(first, self._starts[decorator.end_lineno or 0])
            else:
                self._visit(decorator)
            line = decorator.end_lineno or 0
        for arg in args:
            if arg.annotation is not None and keeps_signature:
                self._visit(arg.annotation)
            elif arg.annotation is not None:
                start = self._starts[arg.lineno - 1]
                column = arg.col_offset + len(arg.arg.encode())
                self._take_out(":", max(start, self._offset(arg.lineno, column)), arg.annotation)
        self._visit_all([*node.args.defaults, *node.args.kw_defaults])
        if node.returns is not None and keeps_signature:
            self._visit(node.returns)
        elif node.returns is not None:
            start = self.text.rindex("->", 0, self._start(node.returns))
            self._take_out("->", start, node.returns)
        walrus = ":=" in self.text
        bound = bound_names(node.body, walrus) | {arg.arg for arg in args}
        imports: dict[str, str] = {}
        for statement in imports_in(node.body):
            found = self.module.imports_of(_as_cst(statement))
            carrier, module = self.carrier, self.module
            imports |= {n: p for n, p in found.items() if carrier.is_project(p, module)}
        self._with_frame(_Frame(bound - set(imports), imports), node.body)

    _AsyncFunctionDef = _FunctionDef

    def _take_out(self, sign: str, start: int, node: ast.expr) -> None:
        """Takes out an annotation and the sign before it."""
        start = self.text.index(sign, start)
        end = self._end(node)
        for _ in range(self.text.count("(", start, self._start(node))):
            end = self.text.index(")", end) + 1
        self._edit(start, end)

    def _Lambda(self, node: ast.Lambda) -> None:
        self._visit_all([*node.args.defaults, *node.args.kw_defaults])
        bound = {arg.arg for arg in _arguments(node.args)}
        self._with_frame(_Frame(bound), [node.body])

    def _ClassDef(self, node: ast.ClassDef) -> None:
        self._visit_all([*node.decorator_list, *node.bases, *node.keywords])
        bound = bound_names(node.body, ":=" in self.text)
        self._with_frame(_Frame(bound, is_class=True), node.body)

    def _comprehension(self, node: Any) -> None:
        first = node.generators[0]
        self._visit(first.iter)
        bound = {
            n.id for g in node.generators for n in ast.walk(g.target) if isinstance(n, ast.Name)
        }
        elements = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        rest = [part for g in node.generators[1:] for part in (g.iter, *g.ifs)]
        targets = [g.target for g in node.generators]
        self._with_frame(_Frame(bound), [*elements, *targets, *first.ifs, *rest])

    _ListComp = _SetComp = _DictComp = _GeneratorExp = _comprehension

    def _JoinedStr(self, node: ast.JoinedStr) -> None:
        outside, self._string = self._string, self._string or (self._start(node), self._end(node))
        self._inside(node)
        self._string = outside

    def _Call(self, node: ast.Call) -> None:
        arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
        if not arguments or self._path(node.func) not in self.carrier.markers:
            self._inside(node)
            return
        named = [keyword.value for keyword in node.keywords if keyword.arg == "x"]
        argument = (named or arguments)[0]
        start, end = self._start(node), self._end(node)
        enclosed = self.text.endswith("(", 0, start) and self.text.startswith(")", end)
        bare = enclosed or isinstance(argument, _ATOMS)
        self._edit(start, self._start(argument), "" if bare else "(")
        self._edit(self._end(argument), end, "" if bare else ")")
        self._visit(argument)

    def _AnnAssign(self, node: ast.AnnAssign) -> None:
        is_field = bool(self._frames) and self._frames[-1].is_class
        if node.value is None or is_field or self.generated:
            self._inside(node)
            return
        self._visit_all([node.target, node.value])
        self._take_out(":", self._end(node.target), node.annotation)

    def _Import(self, node: ast.Import | ast.ImportFrom) -> None:
        paths = self.module.imports_of(_as_cst(node)).values()
        if any(self.carrier.is_project(path, self.module) for path in paths):
            self._removed.append(node)

    _ImportFrom = _Import

    def _Constant(self, node: ast.Constant) -> None:
        """Holds no names."""

    def _remove_from(self, suite: list[ast.stmt]) -> None:
        """Takes the removed statements out of a suite; what is left of an empty one is `pass`."""
        removed = [node for node in suite if node in self._removed]
        kept = suite[0] if suite and len(removed) == len(suite) else None
        for before, node, after in zip([None, *suite], suite, [*suite[1:], None], strict=False):
            if node is kept:
                self._edit(self._start(node), self._end(node), "pass")
            elif node not in removed:
                continue
            elif after is not None and after.lineno == node.end_lineno:
                self._edit(self._start(node), self._start(after))
            elif before is not None and before.end_lineno == node.lineno:
                self._edit(self._end(before), self._end(node))
            else:
                first = node.lineno - 1
                while self._lines[first - 1].lstrip()[:1] in ("", "#"):
                    first -= 1
                self._edit(self._starts[first], self._starts[node.end_lineno or 0])

    # ------------------------------------------------------------ names

    def _Name(self, node: ast.Name) -> None:
        self._path_met(node, [])

    def _Attribute(self, node: ast.Attribute) -> None:
        attributes = [node]
        root = node.value
        while isinstance(root, ast.Attribute):
            attributes.append(root)
            root = root.value
        if isinstance(root, ast.Name):
            self._path_met(root, attributes[::-1])
        else:
            self._visit(root)

    def _path_met(self, root: ast.Name, attributes: list[ast.Attribute]) -> None:
        imports: dict[str, str] = {}
        for frame in reversed(self._frames):
            if root.id in frame.imports:
                imports = frame.imports
                break
            if root.id in frame.bound:
                return
        names = [root.id, *(attribute.attr for attribute in attributes)]
        ends = [self._end(node) for node in (root, *attributes)]
        reads = isinstance(root.ctx, ast.Load)
        start = self._start(root)
        self._uses.append(_Use(names, start, ends, imports, self._frames, reads, self._string))

    def _resolve(self, use: _Use) -> None:
        """Gives a path its name in the file, as far as it leads to something of the project's."""
        if use.names[0] in self.carrier.made:
            return
        if self.generated and use.names[0].startswith(PREFIX) and len(use.names) > 1:
            self._resolve_of_rule(use)
            return
        renamed = False
        last: tuple[int, int] | None = None
        for count in range(1, len(use.names) + 1):
            names = use.names[:count]
            found = self._find(names, use.imports)
            if found is None:
                continue
            name = self.carrier.carried(found)
            renamed = True
            written = ".".join(names)
            if name == written:
                continue
            if any(name in frame.bound for frame in use.frames):
                raise S2SADError(
                    "S2S019",
                    f"{written} would be called {name}, which is a variable",
                    self._place(names),
                    f"Give the variable {name} another name.",
                )
            if use.string is None:
                if last is not None:
                    del self._edits[last]
                last = use.start, use.ends[count - 1]
                self._edit(*last, name)
            else:
                self._rename_in_string(use.string, names, name)
        if not renamed and use.reads:
            self.free.add(use.names[0])

    def _resolve_of_rule(self, use: _Use) -> None:
        """Gives its name to what a rule calls by a name of the module that it stands in."""
        module = self.carrier.rule_modules[int(use.names[0].removeprefix(PREFIX))]
        found = self.carrier.find(use.names[1:], module, {})
        if found is not None and self.module.made_from is not None:
            # A generated module that is read again may hold it already, word for word.
            twin = self.carrier.find([found.name], self.module, {})
            same = twin is not None and words(twin.node, twin.module)
            found = twin if same == words(found.node, found.module) else found
        name = ".".join(use.names[1:]) if found is None else self.carrier.carried(found)
        root = name.partition(".")[0]
        if found is None:
            self.carrier.import_names({root}, name, module)
        if any(root in frame.bound for frame in use.frames):
            raise S2SADError(
                "S2S019",
                f"{name} of a rule would be called {root}, which is a variable",
                None,
                f"Give the variable {root} of the function another name.",
            )
        self._edit(use.start, use.ends[-1], name)

    def _find(self, names: list[str], imports: dict[str, str]) -> Any:
        if imports:
            return self.carrier.find(names, self.module, imports)
        path = ".".join(names)
        if path not in self._found:
            self._found[path] = self.carrier.find(names, self.module, imports)
        return self._found[path]

    def _rename_in_string(self, span: tuple[int, int], names: list[str], name: str) -> None:
        """Edits an f-string, inside which Python does not tell the places before 3.12."""
        text = self._edits.get(span, self.text[slice(*span)])

        def change(original: cst.CSTNode, updated: cst.CSTNode) -> cst.CSTNode:
            return cst.Name(name) if dotted_parts(original) == names else updated

        changed = rebuilt(cst.parse_expression(f"({text})"), change)
        self._edit(*span, cst.Module([]).code_for_node(changed)[1:-1])

    def _place(self, names: list[str]) -> Any:
        """Where the module's own text has a path."""
        todo = [self.within]
        while todo:
            node = todo.pop()
            if dotted_parts(node) == names:
                return self.module.location(node)
            todo += reversed(list(parts(node)))
        return self.module.location(self.within)

    def _rename_definition(self, node: ast.stmt, name: str) -> None:
        if isinstance(node, (*_FUNCTIONS, ast.ClassDef)) and node.name != name:
            word = _NAME.match(self.text, self._start(node))
            assert word is not None
            self._edit(*word.span(1), name)

    # ------------------------------------------------------------ what is taken out

    def _is_own(self, node: ast.expr) -> bool:
        return (self._path(node.func if isinstance(node, ast.Call) else node) or "").startswith(OWN)

    def _path(self, node: ast.expr) -> str | None:
        """What a dotted path means in the module, if nothing in the text binds it."""
        names: list[str] = []
        while isinstance(node, ast.Attribute):
            names.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name) or any(node.id in f.bound for f in self._frames):
            return None
        path: str | None = self.module.path_of([node.id, *reversed(names)])
        return path


def _arguments(node: ast.arguments) -> list[ast.arg]:
    rest = [arg for arg in (node.vararg, node.kwarg) if arg is not None]
    return [*node.posonlyargs, *node.args, *node.kwonlyargs, *rest]


def _as_cst(node: ast.Import | ast.ImportFrom) -> Any:
    line: Any = cst.parse_statement(ast.unparse(node))
    return line.body[0]
