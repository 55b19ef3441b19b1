"""What a file asks for: its `@differentiable` functions, read from the source.

    @differentiable(wrt=("W", "b"))     requests_in(module) ==
    def loss(W, b, x, t): ...               [Request("loss", ("W", "b"), bare=False)]

`requests_for` says the same for functions that are named, decorated or not. The module is not
run, so what the decorator is given has to be written out.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import libcst as cst

from s2sad.derivatives import ONE_PASS
from s2sad.errors import ManyErrors, S2SADError
from s2sad.parameters import Wrt, chosen, suggestion
from s2sad.pipeline import Request
from s2sad.source.classes import Definition
from s2sad.source.module import SourceModule

FLAGS = ("has_aux", "in_place", "memory_comments")
"""What a decorator is given as True or False."""

DECORATORS = ("s2sad.differentiable", "s2sad.api.differentiable")


def requests_in(module: SourceModule) -> list[Request]:
    """One request for each decorated function of a module, methods after functions.

    Functions inside functions are left out: they do not exist until the outer one is called.
    """
    found = [definition for definition in module.functions.values() if _is_decorated(definition)]
    return _all_of([lambda each=each: _declared(each) for each in found])


def requests_for(
    module: SourceModule,
    functions: Sequence[str] = (),
    wrt: Wrt = None,
    modes: Sequence[str] = ("value-and-grad",),
    has_aux: bool = False,
    in_place: bool = False,
    memory_comments: bool = False,
) -> list[Request]:
    """The requests for the functions that are named, or for every decorated function.

    What is given here goes before what the decorator was given.

    Raises:
        S2SADError: S2S003, there is no such function; S2S004, no such parameter.
    """
    if functions:
        found = _all_of([lambda name=name: _request(module, name) for name in _once(functions)])
    else:
        found = requests_in(module)
    if not found:
        raise S2SADError(
            "S2S003",
            f"{module.filename} has no function decorated with @differentiable",
            None,
            "Decorate one, or name one with --function.",
        )
    if wrt is not None:
        found = _all_of([lambda each=each: _with_wrt(module, each, wrt) for each in found])
    found = [
        replace(
            each,
            mode=mode,
            has_aux=each.has_aux or has_aux,
            in_place=in_place or (each.in_place and mode in ONE_PASS),
            memory_comments=each.memory_comments or memory_comments,
        )
        for each in found
        for mode in _once(modes)
    ]
    _refuse_equal_names(found)
    return found


def parsed_wrt(text: str | None) -> Wrt:
    """What `--wrt W,b` stands for: names and positions. `W,` is a tuple of one."""
    if text is None:
        return None
    words = [word.strip() for word in text.split(",")]
    parts = [int(word) if word.isdecimal() else word for word in words if word]
    return parts[0] if len(words) == 1 and parts else tuple(parts)


def parameters_of(definition: Definition) -> list[str]:
    """The names of the parameters of a function, as its `def` lists them."""
    listed = definition.node.params
    starred = [p for p in (listed.star_arg,) if isinstance(p, cst.Param)]
    last = [listed.star_kwarg] if listed.star_kwarg is not None else []
    named = [*listed.posonly_params, *listed.params, *starred, *listed.kwonly_params, *last]
    return [parameter.name.value for parameter in named]


def _is_decorated(definition: Definition) -> bool:
    return any(path in DECORATORS for path in definition.decorators)


def _request(module: SourceModule, name: str) -> Request:
    definition = module.functions.get(name)
    if definition is None:
        known = list(module.functions)
        advice = "It has no functions." if not known else f"It has {', '.join(known)}."
        raise S2SADError(
            "S2S003",
            f"{module.filename} has no function {name}",
            None,
            advice + suggestion(name, known),
        )
    return _declared(definition) if _is_decorated(definition) else Request(name)


def _with_wrt(module: SourceModule, request: Request, wrt: Wrt) -> Request:
    definition = module.functions[request.function]
    location = module.location(definition.node.name)
    names, bare = chosen(wrt, parameters_of(definition), request.function, location)
    return replace(request, wrt=names, bare=bare)


def _declared(definition: Definition) -> Request:
    """The request that a decorator makes."""
    request = Request(definition.qualname)
    for decorator, path in zip(definition.node.decorators, definition.decorators, strict=True):
        if path in DECORATORS and isinstance(decorator.decorator, cst.Call):
            for argument in decorator.decorator.args:
                request = _with_argument(definition, request, argument)
    return request


def _with_argument(definition: Definition, request: Request, argument: cst.Arg) -> Request:
    module = definition.module
    location = module.location(argument.value)
    name = argument.keyword.value if argument.keyword is not None else argument.star
    if name != "wrt" and name not in FLAGS:
        raise S2SADError(
            "S2S006",
            f"@differentiable takes no argument {name or module.code(argument.value)}",
            location,
            f"It takes wrt=..., and as True {', '.join(FLAGS)}.",
        )
    written = argument.value
    if isinstance(written, cst.Name) and written.value not in module.mutated:
        constant = module.constants.get(written.value)
        written = written if constant is None or constant.value is None else constant.value
    try:
        value: Any = ast.literal_eval(module.code(written))
    except ValueError:
        raise S2SADError(
            "S2S006",
            f"what {name} is cannot be seen without running the file",
            location,
            'Write it out: wrt="W", wrt=("W", "b") or has_aux=True.',
        ) from None
    if name in FLAGS:
        flag: dict[str, Any] = {name: bool(value)}
        return replace(request, **flag)
    names, bare = chosen(value, parameters_of(definition), request.function, location)
    return replace(request, wrt=names, bare=bare)


def _refuse_equal_names(requests: Sequence[Request]) -> None:
    made: dict[str, Request] = {}
    for request in requests:
        other = made.setdefault(request.name, request)
        if other != request:
            raise S2SADError(
                "S2S006",
                f"{other.function} and {request.function} would both become {request.name}",
                None,
                "Name one of them with --function, and write the other to a file of its own.",
            )


def _all_of(steps: Sequence[Any]) -> list[Request]:
    """The results of all steps; every refusal among them is reported, not only the first."""
    found, errors = [], []
    for step in steps:
        try:
            found.append(step())
        except S2SADError as error:
            errors.append(error)
    if errors:
        raise errors[0] if len(errors) == 1 else ManyErrors(errors)
    return found


def _once(names: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(names))
