"""Every mode of derivative in one file: those of one pass, and those that are made of others.

    grad, value-and-grad, vjp       reverse mode
    jvp                             forward mode
    hvp                             forward mode over the text of the gradient
    jacobian, hessian               a loop over directions, around a jvp, a vjp or an hvp

A mode that is made of others is generated from their text, as anybody's code would be: the file
that holds both has each function once. What nothing that was asked for needs is left out.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import replace

from s2sad import pipeline
from s2sad.errors import S2SADError
from s2sad.pipeline import Generated, Request
from s2sad.source.module import SourceModule

SECOND = {"hvp": "grad"}
"""The modes that are forward mode over the text of another one."""


def generate_all(
    module: SourceModule, requests: Sequence[Request], *, command: str = "", dump: str = ""
) -> Generated:
    """The derivatives asked for, of every mode, as one standalone module.

    Raises:
        S2SADError: a function cannot be differentiated; `ManyErrors` if for several reasons.
        InternalError: a pass left a program that does not satisfy an invariant.
    """
    later = [request for request in requests if request.mode in SECOND]
    if not later or dump:
        return pipeline.generate(module, requests, command=command, dump=dump)
    first = [request for request in requests if request.mode not in SECOND]
    needed = [replace(request, mode=SECOND[request.mode]) for request in later]
    for request in later:
        if request.has_aux:
            message = f"has_aux and the mode {request.mode} do not go together"
            raise S2SADError("S2S010", message, None, "Differentiate a function of the loss alone.")
    made = pipeline.generate(module, list(dict.fromkeys([*first, *needed])), command=command)
    read = SourceModule.from_text(made.text, module.filename, module.path)
    read.made_from = module
    asked = [
        replace(request, function=inner.name, mode=request.mode, title=request.name)
        for request, inner in zip(later, needed, strict=True)
    ]
    outer = pipeline.generate(read, asked, command=command)
    wanted = [request.name for request in first] + [request.name for request in asked]
    text = merged(made.text, outer.text, wanted)
    return Generated(text, made.sources, made.captured | outer.captured)


def merged(one: str, other: str, wanted: Sequence[str]) -> str:
    """Two generated modules as one: what the functions that are wanted need, each thing once."""
    header = one[: one.index('"""', 3) + 3]
    imports: dict[str, None] = {}
    parts: dict[str, str] = {}
    for text in (one, _shared(one, other)):
        lines = text.splitlines()
        for node in ast.parse(text).body:
            start = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
            source = "\n".join(lines[start - 1 : node.end_lineno])
            if isinstance(node, ast.Import | ast.ImportFrom):
                imports[source] = None
            elif (name := _name_of(node)) and name not in parts:
                parts[name] = source
    kept = _reached(parts, wanted)
    body = [source for name, source in parts.items() if name in kept]
    used = {n.id for part in body for n in ast.walk(ast.parse(part)) if isinstance(n, ast.Name)}
    lines = [line for line in imports if _binds(line) & used]
    return "\n\n\n".join([f"{header}\n\n" + "\n".join(lines), *body]) + "\n"


def _shared(one: str, other: str) -> str:
    """The other module, in which what it has under a name with `_` is called as in the first."""
    known = {n.name: ast.unparse(n) for n in ast.parse(one).body if isinstance(n, ast.FunctionDef)}
    for node in ast.parse(other).body:
        if isinstance(node, ast.FunctionDef) and (base := node.name.rstrip("_")) in known:
            name = rf"\b{node.name}\b"
            if base != node.name and re.sub(name, base, ast.unparse(node)) == known[base]:
                other = re.sub(name, base, other)
    return other


def _name_of(node: ast.stmt) -> str:
    match node:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return name
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return name
    return ""


def _binds(line: str) -> set[str]:
    (node,) = ast.parse(line).body
    assert isinstance(node, ast.Import | ast.ImportFrom)
    return {(alias.asname or alias.name).partition(".")[0] for alias in node.names}


def _reached(parts: dict[str, str], wanted: Sequence[str]) -> set[str]:
    """The names of a module that some of its functions need, those included."""
    reached: set[str] = set()
    todo = list(wanted)
    while todo:
        name = todo.pop()
        if name in parts and name not in reached:
            reached.add(name)
            todo += [n.id for n in ast.walk(ast.parse(parts[name])) if isinstance(n, ast.Name)]
    return reached
