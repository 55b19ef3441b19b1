"""Which functions run from their start to their return when they are called."""

from __future__ import annotations

import libcst as cst

from s2sad.source.bound import nonlocal_names
from s2sad.source.walk import Visitor


def is_plain(node: cst.FunctionDef | cst.Lambda) -> bool:
    """Whether a function runs from its start to its return and changes no variable around it."""
    if isinstance(node, cst.Lambda):
        return True
    return node.asynchronous is None and not _yields(node) and not nonlocal_names(node)


def unusual(node: cst.FunctionDef | cst.Lambda) -> str:
    """What a function is that does not run from its start to its return when it is called."""
    if isinstance(node, cst.Lambda):
        return ""
    if node.asynchronous is not None:
        return "an async function"
    return "a generator" if _yields(node) else ""


def _yields(node: cst.FunctionDef) -> bool:
    finder = _Yields()
    finder.walk(node.body)
    return finder.found


class _Yields(Visitor):
    def __init__(self) -> None:
        self.found = False

    def visit_Yield(self, node: cst.Yield) -> None:
        self.found = True

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:
        return False
