"""The helper functions of a generated module."""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Mapping
from functools import cache

from s2sad.derive.folder import templates_folder


@cache
def helper_source() -> HelperSource:
    """The helpers that s2sad comes with."""
    return HelperSource((templates_folder() / "helpers.py").read_text(encoding="utf-8"))


class HelperSource:
    """The helper functions that templates refer to, by name."""

    def __init__(self, text: str) -> None:
        lines = text.splitlines()
        functions = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]
        self.nodes = {node.name: node for node in functions}
        self.texts = {
            node.name: "\n".join(lines[node.lineno - 1 : node.end_lineno]) for node in functions
        }

    def needs(self, name: str) -> list[str]:
        """The helpers that a helper calls."""
        names = {node.id for node in ast.walk(self.nodes[name]) if isinstance(node, ast.Name)}
        return sorted((names & set(self.texts)) - {name})

    def found_in(self, text: str) -> dict[str, str]:
        """The helpers that a module holds, one that was generated and is read again: the name
        that each has there, since the user's code may have its own, with its own."""
        tree = ast.parse(text)
        numpy = _name_of_numpy(tree)
        theirs = {n.name: n for n in tree.body if isinstance(n, ast.FunctionDef)}
        own = {name: base for name in theirs if (base := name.rstrip("_") or name) in self.nodes}
        own |= {name: name for name in theirs if name in self.nodes}
        found = {}
        for name, base in own.items():
            if _spelled(theirs[name], own | {numpy: "np"}) == ast.dump(self.nodes[base]):
                found[name] = base
        return found

    def renamed(self, taken: set[str], found: Mapping[str, str]) -> dict[str, str]:
        """New names for the helpers whose names the user's code has; those that are there already,
        as in `found_in`, keep the names that they have."""
        there = {own: name for name, own in found.items()}
        others = {}
        for name in self.texts:
            new = there.get(name, name)
            while new in taken and new != there.get(name):
                new += "_"
            if new != name:
                others[name] = new
        return others

    def closure(self, names: list[str]) -> list[str]:
        """These helpers and those that they call, each after those that it needs."""
        order: dict[str, None] = {}

        def visit(name: str) -> None:
            if name in order:
                return
            for need in self.needs(name):
                visit(need)
            order[name] = None

        for name in names:
            visit(name)
        return list(order)


def _name_of_numpy(tree: ast.Module) -> str:
    """What a module calls NumPy."""
    for node in tree.body:
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name == "numpy":
                    return alias.asname or alias.name
    return "np"


def _spelled(node: ast.FunctionDef, names: dict[str, str]) -> str:
    """What a function says, with other names for some."""
    copied = copy.deepcopy(node)
    for part in ast.walk(copied):
        if isinstance(part, ast.Name):
            part.id = names.get(part.id, part.id)
        elif isinstance(part, ast.FunctionDef) and part.name == node.name:
            part.name = names.get(part.name, part.name)
    return ast.dump(copied)


def rename_helpers(text: str, numpy: str, renamed: dict[str, str]) -> str:
    """A helper's text with NumPy and the other helpers under the names that the module has."""
    for old, new in renamed.items():
        text = re.sub(rf"\b{old}(?=\()|(?<=\bmap\(){old}\b", new, text)
    return text if numpy == "np" else re.sub(r"\bnp\.", f"{numpy}.", text)
