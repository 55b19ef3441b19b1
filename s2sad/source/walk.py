"""Walks over syntax trees that leave alone what they do not change.

LibCST's own visitors make every node anew, also those that only read; on a long function that is
most of the time there is. `Visitor` reads, `rebuilt` makes new only the nodes above a change.
Neither looks at whitespace, commas and parentheses.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import libcst as cst

from s2sad.source.names import children, parts

_HOOKS: dict[tuple[type, type], tuple[Any, Any]] = {}


class Visitor:
    """Reads a tree in the order it is written.

    A `visit_Call` of a subclass is called with each call before its parts, and keeps the walk out
    of them by returning False; a `leave_Call` is called after them. `enter` and `leave` are what is
    called for nodes of every kind.
    """

    def walk(self, node: cst.CSTNode) -> None:
        """Reads a node and what is inside it."""
        if self.enter(node) is not False:
            for part in parts(node):
                self.walk(part)
        self.leave(node)

    def enter(self, node: cst.CSTNode) -> bool | None:
        """Is shown a node before its parts; False keeps the walk out of them."""
        visit = self._hooks(type(node))[0]
        skipped: bool | None = None if visit is None else visit(self, node)
        return skipped

    def leave(self, node: cst.CSTNode) -> None:
        """Is shown a node after its parts."""
        leave = self._hooks(type(node))[1]
        if leave is not None:
            leave(self, node)

    @classmethod
    def _hooks(cls, kind: type) -> tuple[Any, Any]:
        found = _HOOKS.get((cls, kind))
        if found is None:
            name = kind.__name__
            found = (getattr(cls, f"visit_{name}", None), getattr(cls, f"leave_{name}", None))
            _HOOKS[cls, kind] = found
        return found


def rebuilt(
    node: cst.CSTNode, change: Callable[[cst.CSTNode, cst.CSTNode], cst.CSTNode]
) -> cst.CSTNode:
    """A tree in which each node is what `change` makes of it, given the node as it was and as it is
    with its parts changed."""
    changes: dict[str, object] = {}
    for name, value in children(node):
        if isinstance(value, cst.CSTNode):
            new: object = rebuilt(value, change)
            if new is not value:
                changes[name] = new
        else:
            made = [rebuilt(part, change) for part in value]
            if any(a is not b for a, b in zip(made, value, strict=True)):
                changes[name] = made
    return change(node, node.with_changes(**changes) if changes else node)
