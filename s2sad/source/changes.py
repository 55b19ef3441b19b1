"""Which names of a function stand for objects that may be changed, or may get another name.

    xs[0] = 1.0         xs is changed
    ys = xs             xs gets another name
    len(xs), xs[0]      these read xs

What a list or dict holds that is only read, is known from where it is made.
"""

from __future__ import annotations

import libcst as cst

from s2sad.source.walk import Visitor

_READERS = {"get", "items", "values", "keys", "copy", "index", "count"}

_READING = {"len", "enumerate", "zip", "list", "tuple", "dict", "reversed", "sorted", "range"}


class Changes(Visitor):
    """Collects the names whose object may be changed, or may get another name.

    What reads a container without changing it is known: an index, a loop, `*` and `**`, `len`, ...
    """

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.harmless: set[cst.CSTNode] = set()

    def visit_Subscript(self, node: cst.Subscript) -> None:
        self.harmless.add(node.value)

    def visit_AssignTarget(self, node: cst.AssignTarget) -> None:
        self._written(node.target)

    def visit_AugAssign(self, node: cst.AugAssign) -> None:
        self.names |= {node.target.value} if isinstance(node.target, cst.Name) else set()
        self._written(node.target)

    def visit_Del(self, node: cst.Del) -> None:
        self._written(node.target)

    def _written(self, target: cst.CSTNode) -> None:
        if isinstance(target, cst.Name):
            self.harmless.add(target)
        elif isinstance(target, (cst.Tuple, cst.List)):
            for element in target.elements:
                self._written(element.value)
        elif isinstance(target, (cst.Subscript, cst.Attribute)):
            base: cst.CSTNode = target
            while isinstance(base, (cst.Subscript, cst.Attribute)):
                base = base.value
            if isinstance(base, cst.Name):
                self.names.add(base.value)

    def visit_For(self, node: cst.For) -> None:
        self.harmless.add(node.iter)
        self._written(node.target)

    def visit_CompFor(self, node: cst.CompFor) -> None:
        self.harmless.add(node.iter)
        self._written(node.target)

    def visit_StarredElement(self, node: cst.StarredElement) -> None:
        self.harmless.add(node.value)

    def visit_StarredDictElement(self, node: cst.StarredDictElement) -> None:
        self.harmless.add(node.value)

    def visit_ComparisonTarget(self, node: cst.ComparisonTarget) -> None:
        self.harmless.add(node.comparator)

    def visit_Call(self, node: cst.Call) -> None:
        self.harmless.add(node.func)
        if isinstance(node.func, cst.Attribute) and node.func.attr.value in _READERS:
            self.harmless.add(node.func.value)
        reading = isinstance(node.func, cst.Name) and node.func.value in _READING
        for argument in node.args:
            if argument.star or reading:
                self.harmless.add(argument.value)

    def visit_Attribute(self, node: cst.Attribute) -> bool:
        self.walk(node.value)
        return False

    def visit_Arg(self, node: cst.Arg) -> bool:
        self.walk(node.value)
        return False

    def visit_Name(self, node: cst.Name) -> None:
        if node not in self.harmless:
            self.names.add(node.value)
