"""Functions of LibCST to the IR. Only what is in `source/` knows which Python is accepted.

`lower_function` never fails on a statement that it does not understand (`statements.py`).

    def f(x, n=2):              f(x, n=2):
        return n * x                return mul(n, x)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import libcst as cst

from s2sad.analysis.types import DictOf, ListOf
from s2sad.ir.nodes import (
    Block,
    Function,
    Origin,
    Parameter,
    Return,
    Var,
)
from s2sad.source.annotations import read_annotation
from s2sad.source.bound import annotation_of, bound_names, names_in, original_of, parameters
from s2sad.source.scope import Scope
from s2sad.source.statements import StatementLowerer


@dataclass(frozen=True)
class Setting:
    """Where a function stands, and what is known of its parameters.

    `owner` is the class of a method that is called on an object or on the class; `outer` the scope
    of the enclosing function; `known` are the functions, or the keys of the rest, that parameters
    stand for; `captured` the variables of enclosing functions that it reads, with those that stand
    for them in it; `symbols` goes before the names of sizes, so that those of two functions differ.
    What is to become a part of another function has its variables: `held` are those that parameters
    are, `module_names` those of names of the module.
    """

    owner: Any = None
    outer: Scope | None = None
    known: Mapping[str, Any] = field(default_factory=dict)
    captured: Mapping[Var, Var] = field(default_factory=dict)
    symbols: str = ""
    held: Mapping[str, Var] = field(default_factory=dict)
    module_names: dict[str, Var] | None = None


def lower_function(
    node: cst.FunctionDef | cst.Lambda,
    module: Any,
    program: Any,
    setting: Setting | None = None,
    name: str = "",
) -> Function:
    """The IR of a function definition or a lambda, which is called `name`."""
    setting = setting or Setting()
    scope = _scope(node, module, setting)
    original = original_of(node, module)
    owner = setting.owner if original is None else original.class_of_first
    params = _parameters(node, scope, module, owner, setting.symbols)
    scope.carried = dict(setting.captured)
    params += [Parameter(var, "captured") for var in scope.carried.values()]
    lowerer = StatementLowerer(scope, program)
    doc = None
    if isinstance(node, cst.Lambda):
        lowerer.expressions.lifting = False
        body: Block = [Return(lowerer.expressions.lower(node.body), Origin(node.body, module))]
        title = name or "lambda"
    else:
        doc = node.get_docstring()
        body = lowerer.suite(node.body, skip_docstring=doc is not None)
        title = node.name.value
    top = scope
    while top.outer is not None:
        top = top.outer
    return Function(
        title,
        params,
        body,
        doc,
        top.globals,
        frozenset(names_in(node)) | {p.var.hint for p in params},
        module,
        Origin(node, module),
    )


def _scope(node: cst.FunctionDef | cst.Lambda, module: Any, setting: Setting) -> Scope:
    """The names of a function, with what is known of them."""
    names = {p.name.value for p in parameters(node.params)}
    bound = names if isinstance(node, cst.Lambda) else names | bound_names(node.body)
    scope = Scope(module, bound, setting.outer, node)
    scope.vars |= setting.held
    if setting.outer is None and setting.module_names is not None:
        scope.globals = setting.module_names
    for parameter, value in setting.known.items():
        if all(isinstance(part, int | str) for part in value):
            scope.rest[parameter] = value
        else:
            scope.known[parameter] = tuple(replace(c, text=parameter) for c in value)
    return scope


def _parameters(
    node: cst.FunctionDef | cst.Lambda, scope: Scope, module: Any, owner: Any, symbols: str
) -> list[Parameter]:
    kinds = {id(p): "positional" for p in (*node.params.posonly_params, *node.params.params)}
    kinds |= {id(p): "keyword" for p in node.params.kwonly_params}
    if isinstance(node.params.star_arg, cst.Param):
        kinds[id(node.params.star_arg)] = "var_positional"
    if node.params.star_kwarg is not None:
        kinds[id(node.params.star_kwarg)] = "var_keyword"
    params = []
    for position, p in enumerate(parameters(node.params)):
        var = scope.vars[p.name.value]
        stated = annotation_of(p, node, module)
        kind: Any = None
        if stated is not None:
            kind = read_annotation(*stated, p.name.value, symbols)
            cls = _class_of(*stated)
            if cls is not None:
                scope.classes[var] = cls
        if owner is not None and position == 0:
            scope.classes[var] = owner
        if kind is not None and kinds[id(p)] == "var_positional":
            kind = ListOf(kind, "tuple")
        elif kind is not None and kinds[id(p)] == "var_keyword":
            kind = DictOf((), kind)
        default = None if p.default is None else module.code(p.default).strip()
        if p.default is not None and any(n in (scope.outer or ()) for n in names_in(p.default)):
            default = "None"  # handed over by every call: it was evaluated where the function is
        text = None if p.annotation is None else module.code(p.annotation.annotation).strip()
        params.append(Parameter(var, kinds[id(p)], default, text, kind))
    return params


def _class_of(annotation: cst.BaseExpression, module: Any) -> Any:
    """The class of the user's that an annotation names, also in quotes."""
    if isinstance(annotation, cst.SimpleString):
        try:
            annotation = cst.parse_expression(str(annotation.evaluated_value))
        except cst.ParserSyntaxError:
            return None
    path = module.qualified(annotation)
    found = None if path is None else module.find_class(path)
    return None if found is None else found[1]
