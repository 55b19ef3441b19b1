"""The names that the body of a function or class binds, from Python's own tree of it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def _statements(body: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """The statements of a function, handlers and cases among them, not those of functions in it."""
    for node in body:
        yield node
        if isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
            continue
        for name in ("body", "handlers", "orelse", "finalbody", "cases"):
            yield from _statements(getattr(node, name, ()))


def imports_in(body: Iterable[ast.AST]) -> Iterator[ast.Import | ast.ImportFrom]:
    """The imports in a function, not those of functions inside it."""
    for node in _statements(body):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node


def bound_names(body: Iterable[ast.AST], walrus: bool = True) -> set[str]:
    """The names that the body of a function binds. `walrus` tells whether some := may."""
    names: set[str] = set()
    elsewhere: set[str] = set()
    for node in _statements(body):
        match node:
            case (
                ast.FunctionDef(name=name)
                | ast.AsyncFunctionDef(name=name)
                | ast.ClassDef(name=name)
            ):
                names.add(name)
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                names |= {(a.asname or a.name).partition(".")[0] for a in aliases}
            case ast.Global(names=listed) | ast.Nonlocal(names=listed):
                elsewhere |= set(listed)
            case ast.Assign(targets=targets) | ast.Delete(targets=targets):
                names |= _stored(targets)
            case ast.AugAssign(target=target) | ast.AnnAssign(target=target):
                names |= _stored([target])
            case ast.For(target=target) | ast.AsyncFor(target=target):
                names |= _stored([target])
            case ast.With(items=items) | ast.AsyncWith(items=items):
                names |= _stored(i.optional_vars for i in items if i.optional_vars is not None)
            case ast.ExceptHandler(name=str(name)):
                names.add(name)
            case ast.match_case(pattern=pattern):
                names |= _captured(pattern)
        if walrus and isinstance(node, ast.AST):
            names |= _walrus(node)
    return names - elsewhere


def _stored(targets: Iterable[ast.AST]) -> set[str]:
    found = set()
    for target in targets:
        if isinstance(target, ast.Name):
            found.add(target.id)
        elif isinstance(target, ast.Tuple | ast.List):
            found |= _stored(target.elts)
        elif isinstance(target, ast.Starred):
            found |= _stored([target.value])
    return found


def _captured(pattern: ast.AST) -> set[str]:
    found = set()
    for node in ast.walk(pattern):
        match node:
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                found.add(name)
            case ast.MatchMapping(rest=str(name)):
                found.add(name)
    return found


def _walrus(node: ast.AST) -> set[str]:
    """The names bound by := in the expressions of a statement, not in functions inside it."""
    found = set()
    todo = [part for part in ast.iter_child_nodes(node) if not isinstance(part, ast.stmt)]
    if isinstance(node, _FUNCTIONS):
        todo = []
    while todo:
        part = todo.pop()
        if isinstance(part, ast.NamedExpr):
            found |= _stored([part.target])
        if not isinstance(part, ast.Lambda):
            todo += [
                inner for inner in ast.iter_child_nodes(part) if not isinstance(inner, ast.stmt)
            ]
    return found
