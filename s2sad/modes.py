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
from typing import Any

from s2sad import drivers, pipeline
from s2sad.derive.directions import Parts
from s2sad.emit.layout import formatted
from s2sad.emit.module import helper_source, rename_helpers
from s2sad.errors import Location, S2SADError
from s2sad.pipeline import Generated, Request
from s2sad.source.bound import parameters
from s2sad.source.module import SourceModule

SECOND = {"hvp": "grad"}
"""The modes that are forward mode over the text of another one."""

AROUND = {
    "jacobian": ("jvp", "vjp"),
    "jacobian-forward": ("jvp",),
    "jacobian-reverse": ("jvp", "vjp"),
    "sparse-jacobian": ("jvp",),
    "hessian": ("hvp",),
}
"""The modes that are a loop over directions, and what they call."""


def generate_all(
    module: SourceModule, requests: Sequence[Request], *, command: str = "", dump: str = ""
) -> Generated:
    """The derivatives asked for, of every mode, as one standalone module.

    Raises:
        S2SADError: a function cannot be differentiated; `ManyErrors` if for several reasons.
        InternalError: a pass left a program that does not satisfy an invariant.
    """
    loops = [request for request in requests if request.mode in AROUND]
    for request in requests:
        if request.has_aux and (request.mode in SECOND or request.mode in AROUND):
            message = f"has_aux and the mode {request.mode} do not go together"
            raise S2SADError("S2S010", message, None, "Differentiate a function of the loss alone.")
        if request.in_place and (request.mode in SECOND or request.mode in AROUND):
            message = f"in_place and the mode {request.mode} do not go together"
            advice = "It calls the function more than once: leave in_place out."
            raise S2SADError("S2S006", message, None, advice)
    called = {request: _called(module, request) for request in loops}
    inner = [call for calls in called.values() for call in calls]
    plain = [request for request in requests if request.mode not in AROUND]
    made = _generated(module, list(dict.fromkeys([*plain, *inner])), command, dump)
    if not loops or dump:
        return made
    parts, captured = [made.text, "import numpy as np"], dict(made.captured)
    split = _in_two_parts(module, [(r, call) for r in loops for call in called[r]], made)
    helpers, renamed = _helpers(made.text)
    parts += helpers
    for request in loops:
        parts.append(_driver(module, request, called[request], made, renamed, split))
        captured[request.name] = captured.get(called[request][0].name, ())
    if any(request.mode == "sparse-jacobian" for request in loops):
        parts.append(drivers.COLUMN_GROUPS)
    text = merged(parts[0], "\n".join(parts[1:]), [request.name for request in requests])
    captured = {name: names for name, names in captured.items() if names}
    return Generated(formatted(text, module.path), made.sources, captured)


def _called(module: SourceModule, request: Request) -> list[Request]:
    """What a loop over directions calls. A function of one number has one column, and one that
    returns a number has one row: there the other way is left out."""
    modes = AROUND[request.mode]
    definition = module.functions.get(request.function)
    if request.mode.startswith("jacobian") and definition is not None:
        of = {p.name.value: p.annotation for p in parameters(definition.node.params)}
        wrt = request.wrt or tuple(of)[:1]
        stated = {module.code(a.annotation).strip() for n in wrt if (a := of.get(n)) is not None}
        returns = definition.node.returns
        if stated == {"float"} and request.mode == "jacobian":
            modes = ("jvp",)
        elif request.mode != "jacobian-forward" and _is_float(returns, module):
            modes = ("vjp",)
    matrix = "hessian" if request.mode == "hessian" else "jacobian"
    return [replace(request, mode=mode, matrix=matrix) for mode in modes]


def _is_float(returns: Any, module: SourceModule) -> bool:
    return returns is not None and module.code(returns.annotation).strip() == "float"


def _driver(
    module: SourceModule,
    request: Request,
    called: Sequence[Request],
    made: Generated,
    renamed: dict[str, str],
    split: dict[str, Parts],
) -> str:
    text = made.text
    wrt = request.wrt or (_first_parameter(text, called[0].name),)
    of = request.function.rpartition(".")[2]
    seeds = [f"dot_{name}" for name in wrt] + ["d_out"]
    inner = {
        call.mode: drivers.inner_function(
            text, call.name, seeds, split.get(call.name), call.mode != "hvp"
        )
        for call in called
    }
    containers, imaginary = made.containers[called[0].name], made.imaginary[called[0].name]
    if imaginary and request.mode != "hessian":
        _check_columns(module, request, bool(containers) or "jvp" not in inner)
        inner.pop("vjp", None)
    if request.mode == "sparse-jacobian":
        _check_places(module, request, containers)
        return drivers.sparse_jacobian(request.name, of, wrt, inner["jvp"])
    if containers and called[0].mode != "vjp":
        kept = frozenset(containers)
        around = drivers.Around(request.name, of, wrt, request.bare, kept, renamed)
        by_rows = request.mode == "jacobian-reverse"
        if request.mode == "hessian":
            return drivers.tree_hessian(around, inner["hvp"])
        return drivers.tree_jacobian(around, inner["jvp"], inner.get("vjp"), by_rows)
    check = renamed.get("refuse_container", "refuse_container")
    checks = [f"{check}({x})" for x in wrt if _may_be_taken_apart(module, request, x, text)]
    if request.mode == "hessian":
        return drivers.hessian(request.name, of, wrt, request.bare, inner["hvp"], checks)
    forward, reverse = inner.get("jvp"), inner.get("vjp")
    by_rows = request.mode == "jacobian-reverse"
    return drivers.jacobian(
        request.name, of, wrt, request.bare, forward, reverse, by_rows, checks, imaginary
    )


def _may_be_taken_apart(module: SourceModule, request: Request, name: str, text: str) -> bool:
    """Whether a parameter that is taken for an array may be a list of arrays: nothing is said of
    it, and the function takes items of it by number (`p[0]`)."""
    definition = module.functions.get(request.function)
    if definition is not None:
        given = [p for p in parameters(definition.node.params) if p.name.value == name]
        if any(p.annotation is not None for p in given):
            return False
    return re.search(rf"(?<![\w.]){name}\[-?\d+\]", text) is not None


def _in_two_parts(
    module: SourceModule, called: Sequence[tuple[Request, Request]], made: Generated
) -> dict[str, Parts]:
    """What of the functions that loops go around is the same along every direction, where it can be
    told apart; read from their text."""
    read = SourceModule.from_text(made.text, module.filename, module.path)
    read.made_from = module
    read.originals = made.originals
    found: dict[str, Parts] = {}
    named: dict[tuple[str, ...], dict[str, str]] = {}
    for request, call in called:
        seeds = _seeds_of(made.text, call.name)
        same = named.setdefault((request.function, *request.wrt), {})
        try:
            parts = pipeline.two_parts(read, call.name, seeds, same)
        except S2SADError:
            parts = None  # what is carried along in it is not understood from the text alone
        if parts is not None:
            found[call.name] = parts
    return found


def _seeds_of(text: str, name: str) -> tuple[str, ...]:
    """The seeds that a generated function takes."""
    functions = (n for n in ast.parse(text).body if isinstance(n, ast.FunctionDef))
    node = next(node for node in functions if node.name == name)
    return tuple(a.arg for a in node.args.kwonlyargs if a.arg.startswith(("dot_", "d_out")))


def _check_columns(module: SourceModule, request: Request, is_other: bool) -> None:
    """A complex Jacobian is found by columns, and is an array."""
    if is_other or request.mode in ("jacobian-reverse", "sparse-jacobian"):
        message = f"{request.function} takes or returns complex numbers: its Jacobian is complex"
        advice = "It is found by columns, of arrays: use jacobian, and not its reverse mode."
        raise S2SADError("S2S021", message, _place(module, request), advice)


def _place(module: SourceModule, request: Request) -> Location | None:
    """Where the function stands that is asked for."""
    definition = module.functions.get(request.function)
    return None if definition is None else module.location(definition.node.name)


def _check_places(module: SourceModule, request: Request, containers: dict[str, bool]) -> None:
    """A container has no rows and columns to name."""
    if any(containers.values()):
        message = f"{request.function} takes or returns a container, where no place has a number"
        advice = "Use jacobian, or write a function of one array that returns one array."
        raise S2SADError("S2S018", message, _place(module, request), advice)


def _helpers(text: str) -> tuple[list[str], dict[str, str]]:
    """The helpers that drivers call, under names that nothing in a generated text has."""
    source = helper_source()
    nodes = list(ast.walk(ast.parse(text)))
    taken = {n.id for n in nodes if isinstance(n, ast.Name)}
    taken |= {n.arg for n in nodes if isinstance(n, ast.arg)}
    taken |= {n.name for n in nodes if isinstance(n, ast.FunctionDef | ast.ClassDef)}
    renamed = source.renamed(taken, source.found_in(text))
    needed = source.closure(["size_of", "flat", "direction", "blocks", "refuse_container"])
    return [rename_helpers(source.texts[name], "np", renamed) for name in needed], renamed


def _first_parameter(text: str, name: str) -> str:
    """The parameter that a derivative is with respect to when none is named: after `self`."""
    node = next(
        n for n in ast.parse(text).body if isinstance(n, ast.FunctionDef) and n.name == name
    )
    dots = [a.arg.removeprefix("dot_") for a in node.args.kwonlyargs if a.arg.startswith("dot_")]
    return dots[0] if dots else node.args.args[0].arg


def _generated(
    module: SourceModule, requests: Sequence[Request], command: str, dump: str
) -> Generated:
    """The same for modes that are no loops."""
    later = [request for request in requests if request.mode in SECOND]
    if not later:
        return pipeline.generate(module, requests, command=command, dump=dump)
    first = [request for request in requests if request.mode not in SECOND]
    needed = [
        replace(request, again=True, mode=SECOND[request.mode], memory_comments=False)
        for request in later
    ]
    before = list(dict.fromkeys([*first, *needed]))
    if dump and dump != "forward":
        return pipeline.generate(module, before, dump=dump)
    made = pipeline.generate(module, before, command=command)
    read = SourceModule.from_text(made.text, module.filename, module.path)
    read.made_from = module
    read.originals = made.originals
    asked = [
        replace(request, function=inner.name, mode=request.mode, title=request.name)
        for request, inner in zip(later, needed, strict=True)
    ]
    outer = pipeline.generate(read, asked, command=command, dump=dump)
    if dump:
        tangents = [request for request in first if request.mode in pipeline.FORWARD]
        others = pipeline.generate(module, tangents, dump=dump).text if tangents else ""
        return Generated("\n\n".join(filter(None, [others, outer.text])), made.sources)
    wanted = [request.name for request in first] + [request.name for request in asked]
    text = merged(made.text, outer.text, wanted)
    containers = made.containers | outer.containers
    for inner, request in zip(needed, asked, strict=True):  # the text says less than the source
        found = made.containers[inner.name] | outer.containers[request.name]
        containers[request.name] = {n: sure for n, sure in found.items() if n != "return"}
    captured = made.captured | outer.captured
    captured |= {
        request.name: made.captured[inner.name]
        for inner, request in zip(needed, asked, strict=True)
        if inner.name in made.captured
    }
    originals = dict(made.originals)
    originals |= {r.name: originals[i.name] for i, r in zip(needed, asked, strict=True)}
    imaginary = made.imaginary | outer.imaginary
    return Generated(text, made.sources, captured, containers, imaginary, originals)


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
