"""Items of containers that constant keys lead to, and which of them are read as a whole.

Here the item xs[0] is written into, read, and read under other names: xs is read as a whole.

    xs[0][1:] = e
    y = xs[0]
    g(xs), xs[i], sum(xs)

A write into an item of a container that is read as a whole may be seen under another name.
"""

from __future__ import annotations

from typing import Any

from s2sad.ir.bindings import places_of
from s2sad.ir.flow import expressions, statements, targets
from s2sad.ir.nodes import Apply, Const, Expr, Function, Ref, Var, children

Path = tuple[Var, tuple[Any, ...]]
"""A variable, and the keys and fields that lead to an item of it."""


def path_of(expr: Expr) -> Path | None:
    """The path of an item, if constant keys lead to it; a variable alone has an empty one."""
    match expr:
        case Ref(var):
            return var, ()
        case Apply("getitem" | "helper.part", (base, Const(key))) if isinstance(key, str | int):
            inner = path_of(base)
        case Apply("getattr", (base,)):
            inner, key = path_of(base), f".{expr.text}"
        case _:
            return None
    return None if inner is None else (inner[0], (*inner[1], key))


def paths_read(function: Function) -> set[Path]:
    """The paths that a function reads, each as long as it is in the text."""
    found: set[Path] = set()

    def visit(node: Expr) -> None:
        path = path_of(node)
        if path is not None:
            found.add(path)
            return
        for child in children(node):
            visit(child)

    for statement in statements(function.body):
        places = [place for target in targets(statement) for place in places_of(target)]
        # What gets another item is not read: state["u"] = e.
        changed = [p.base for p in places if isinstance(p.key, str | Const) and path_of(p.base)]
        for expr in expressions(statement):
            if not any(expr is base for base in changed):
                visit(expr)
    return found


def is_read_whole(path: Path, read: set[Path]) -> bool:
    """Whether a container that an item is in is read as a whole."""
    var, keys = path
    return any((var, keys[:size]) in read for size in range(len(keys)))
