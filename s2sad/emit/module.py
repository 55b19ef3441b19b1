"""The helper functions of a generated module."""

from __future__ import annotations

import ast
import re
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

    def found_in(self, text: str) -> set[str]:
        """The helpers that a module holds: one that was generated, and is read again."""
        ours = {name: ast.dump(node) for name, node in self.nodes.items()}
        theirs = (n for n in ast.parse(text).body if isinstance(n, ast.FunctionDef))
        return {n.name for n in theirs if ours.get(n.name) == ast.dump(n)}

    def renamed(self, taken: set[str]) -> dict[str, str]:
        """New names for the helpers whose names the user's code has."""
        found = {}
        for name in self.texts:
            new = name
            while new in taken:
                new += "_"
            if new != name:
                found[name] = new
        return found

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


def rename_helpers(text: str, numpy: str, renamed: dict[str, str]) -> str:
    """A helper's text with NumPy and the other helpers under the names that the module has."""
    for old, new in renamed.items():
        text = re.sub(rf"\b{old}(?=\()|(?<=\bmap\(){old}\b", new, text)
    return text if numpy == "np" else re.sub(r"\bnp\.", f"{numpy}.", text)
