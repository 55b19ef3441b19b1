"""Text of one module in a function of another one.

    # library.py                       # model.py
    def scaled(v):                     from library import scaled
        v *= RATE            ->        ... x *= rule_of_0.RATE
        return v[1:]                   ... y = x[1:]

What is written out of another module means what it means there. Its names are written as those of
rules are: with a mark of their module, which `emit/carry.py` resolves.
"""

from __future__ import annotations

from typing import Any

import libcst as cst

from s2sad.ir.nodes import Var
from s2sad.source.bound import names_in
from s2sad.source.renamed import renamed


class Elsewhere:
    """A module whose names are written with `mark` before them, but for those that mean the same in
    the module `here`; all else is as in the module itself."""

    def __init__(self, module: Any, here: Any, mark: str) -> None:
        self._module = module
        self._here = here
        self.mark = mark
        self.globals: dict[str, Var] = _Globals(self)
        self.tree = _Text(self)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)

    def code(self, node: cst.CSTNode) -> str:
        """The code of a node as it is written elsewhere."""
        code: str = self._module.code(self.marked(node))
        return code

    def marked(self, node: cst.CSTNode) -> cst.CSTNode:
        """A node with the mark before the names of the module."""
        names = {name: f"{self.mark}.{name}" for name in names_in(node) if self.is_marked(name)}
        return renamed(node, names, self._module)

    def is_marked(self, name: str) -> bool:
        """Whether a name means something else in the other module."""
        bound = self._module.bound
        if name not in bound.names and name not in bound.imports:
            return False
        path = self._module.path_of([name])
        same = path is not None and not path.startswith(".") and "." not in path
        return not (same and self._here.path_of([name]) == path)


class _Text:
    """The tree of a module, whose nodes are written elsewhere."""

    def __init__(self, module: Elsewhere) -> None:
        self._module = module

    def code_for_node(self, node: cst.CSTNode) -> str:
        """The code of a node."""
        code: str = self._module._module.tree.code_for_node(self._module.marked(node))
        return code


class _Globals(dict[str, Var]):
    """The variables that stand for names of a module, as they are written elsewhere."""

    def __init__(self, module: Elsewhere) -> None:
        super().__init__()
        self._module = module

    def __setitem__(self, name: str, var: Var) -> None:
        if self._module.is_marked(name):
            var.name = f"{self._module.mark}.{name}"
        super().__setitem__(name, var)
