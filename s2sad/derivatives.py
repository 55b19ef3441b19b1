"""From a Python function to its derivative, a Python function.

`derivative(loss, Options("grad"))` takes the generated module from the cache or has it generated,
runs it, and hands out the function in it. What is handed out

- is a real function, with the parameters, defaults and docstring of the generated source, and with
  the annotations of the function it was derived from;
- has that source as its attribute `source`, and shows it in tracebacks and debuggers;
- is found by pickle where its qualified name says: `loss.grad` for a decorated function, else
  `loss_grad` in the module of `loss`;
- reads the values that `loss` captured from around it when it is called, as `loss` does.

Nothing of the compiler is imported unless something has to be generated.
"""

from __future__ import annotations

import functools
import inspect
import linecache
import os
from collections.abc import Callable, Mapping
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any, NamedTuple

from s2sad import cache
from s2sad.errors import S2SADError

if TYPE_CHECKING:
    from s2sad.pipeline import Generated, Request
    from s2sad.source.classes import Definition
    from s2sad.source.module import SourceModule

Reader = Callable[[], object]

ONE_PASS = ("value-and-grad", "grad", "vjp", "jvp")
"""The modes that run the function once, and may work in the caller's arrays."""


class Options(NamedTuple):
    """What is asked for: `pipeline.Request` without the function."""

    mode: str
    wrt: tuple[str, ...] = ()
    bare: bool = True
    has_aux: bool = False
    in_place: bool = False
    memory_comments: bool = False

    def of_mode(self, mode: str) -> Options:
        """The same for another mode; one that runs the function more than once works in copies."""
        return self._replace(mode=mode, in_place=self.in_place and mode in ONE_PASS)


class Record:
    """What s2sad keeps with a function, as its attribute `__s2sad__`.

    Attributes:
        function: whose record it is; a decorator made with `functools.wraps` copies attributes.
        declared: what `@differentiable` was given.
        made: the derivatives so far.
        origin: where a generated function comes from.
    """

    def __init__(self, function: FunctionType) -> None:
        self.function = function
        self.declared: Options | None = None
        self.made: dict[Options, FunctionType] = {}
        self.origin: Origin | None = None


class Origin(NamedTuple):
    """The generated module that a function stands in, the function that it was made from, and where
    its captured values come from."""

    text: str
    filename: str
    readers: Mapping[str, Reader]
    function: Any  # mypy takes a FunctionType for a method


def record_of(function: FunctionType) -> Record:
    """The record of a function, a new one if it has none."""
    record = function.__dict__.get("__s2sad__")
    if not isinstance(record, Record) or record.function is not function:
        record = Record(function)
        function.__dict__["__s2sad__"] = record
    return record


def derivative(function: FunctionType, options: Options, attribute: str = "") -> FunctionType:
    """The derivative of `function` that `options` describe, the same one every time.

    `attribute` is the attribute of `function` under which it will be found, if there is to be one.

    Raises:
        S2SADError: it cannot be generated.
    """
    found = kept_derivative(function, options, attribute)
    if found is None:
        generated, name = _generate(function, options)
        captured = generated.captured.get(name, ())
        key = _key(function, options)
        entry = cache.store(key, generated.text, name, captured, generated.sources)
        found = _remembered(function, options, _function(function, entry, attribute))
    return found


def kept_derivative(
    function: FunctionType, options: Options, attribute: str = ""
) -> FunctionType | None:
    """The same if it has been generated before, in this process or another, else None."""
    found = record_of(function).made.get(options)
    if found is None:
        entry = cache.load(_key(function, options))
        if entry is not None:
            found = _remembered(function, options, _function(function, entry, attribute))
    return found


def _remembered(function: FunctionType, options: Options, found: FunctionType) -> FunctionType:
    return record_of(function).made.setdefault(options, found)


def _function(function: FunctionType, entry: cache.Entry, attribute: str) -> FunctionType:
    """The function that a generated module was made for."""
    namespace: dict[str, Any] = {"__name__": function.__module__}
    exec(entry.code, namespace)
    found: FunctionType = namespace[entry.name]
    _describe(found, function, attribute)
    origin = record_of(function).origin
    readers = dict(origin.readers) if origin else {}
    readers |= {name: _reader(function, name) for name in entry.captured}
    if readers:
        found = _bound(found, readers)
    found.source = entry.text  # type: ignore[attr-defined]
    record_of(found).origin = Origin(entry.text, entry.code.co_filename, readers, function)
    return found


def _key(function: FunctionType, options: Options) -> cache.Key:
    code = function.__code__
    origin = record_of(function).origin
    filename = origin.filename if origin else code.co_filename
    module = cache.digest(origin.text) if origin else _digest_of_module(function)
    name = "".join(c for c in function.__name__ if c.isidentifier() or c.isdigit())
    return cache.Key(
        stem=f"{name}_{options.mode.replace('-', '_')}",
        identity=(filename, function.__module__, code.co_qualname, *map(repr, options)),
        made_from=(module, cache.digest(_meaning(code)), _digest_of_settings(filename)),
    )


def _meaning(code: CodeType) -> str:
    """What tells a function from another at the same place, of an earlier or later text."""
    consts = [_meaning(c) if isinstance(c, CodeType) else _constant(c) for c in code.co_consts]
    names = (code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)
    return repr((code.co_firstlineno, code.co_code, names, consts))


def _constant(value: object) -> str:
    """A constant of a code object; the order of a set differs from process to process."""
    return repr(sorted(map(repr, value)) if isinstance(value, frozenset) else value)


def _digest_of_module(function: FunctionType) -> str:
    """The checksum of the text that `function` comes from, as it is now."""
    name = function.__code__.co_filename
    found = cache.digest_of_file(name)
    if found is None:  # a notebook's cell, a module in a zip file
        found = cache.digest("".join(linecache.getlines(name, function.__globals__)))
    return found


@functools.cache
def _digest_of_settings(filename: str) -> str:
    """The checksum of the nearest pyproject.toml, whose [tool.black] decides the layout, and of the
    folder of templates that it names."""
    folder = os.path.dirname(os.path.abspath(filename))
    while True:
        settings = os.path.join(folder, "pyproject.toml")
        found = cache.digest_of_file(settings)
        above = os.path.dirname(folder)
        if found is not None:
            return found + _stamps_of_templates(settings)
        if above == folder:
            return ""
        folder = above


def _stamps_of_templates(settings: str) -> str:
    """What changes when a rule in the project's folder of templates does."""
    with open(settings, "rb") as file:
        if b"templates" not in file.read():  # reading TOML costs an import
            return ""
    from pathlib import Path

    from s2sad.project import templates_of

    try:
        folder = templates_of(Path(settings))
    except S2SADError:  # generation will say so
        return ""
    return "" if folder is None else cache.digest("\n".join(sorted(cache.stamps(str(folder)))))


def _generate(function: FunctionType, options: Options) -> tuple[Generated, str]:
    """The generated module, and the name of the function in it."""
    from s2sad.modes import generate_all
    from s2sad.pipeline import Request

    module, qualname = _source(function)
    wrt, has_aux, in_place = options.wrt, options.has_aux, options.in_place
    request = Request(
        qualname,
        wrt,
        options.bare,
        options.mode,
        has_aux,
        in_place=in_place,
        memory_comments=options.memory_comments,
    )
    made = generate_all(module, [request], command=_command(function, options, request))
    return made, request.name


def _source(function: FunctionType) -> tuple[SourceModule, str]:
    from s2sad.source.live import source_of
    from s2sad.source.module import SourceModule

    origin = record_of(function).origin
    if origin is not None:
        module = SourceModule.from_text(origin.text, origin.filename)
        try:
            module.made_from, original = _source(origin.function)
            own = module.made_from.functions[original]
            module.originals = _originals(module, module.made_from) | {function.__name__: own}
        except S2SADError:  # its text is gone, and with it the rules
            pass
        return module, function.__name__
    live = source_of(_alone(function))
    return live.module, live.qualname


def _originals(module: SourceModule, made_from: SourceModule) -> dict[str, Definition]:
    """The user's functions that those of a generated module were made from, by their names and
    parameters, as far as these tell."""
    named: dict[str, list[Definition]] = {}
    for definition in made_from.functions.values():
        named.setdefault(definition.name, []).append(definition)
    found = {}
    for name, made in module.functions.items():
        base = name.removesuffix("_backward").removesuffix("_jvp")
        given = {p for p in _parameters_of(made) if not p.startswith(("d_", "dot_", "value"))}
        same = [each for each in named.get(base, ()) if given <= set(_parameters_of(each))]
        if len(same) == 1:
            found[name] = made_from.originals.get(same[0].name, same[0])
    return found


def _parameters_of(definition: Definition) -> list[str]:
    from s2sad.source.bound import parameters

    return [p.name.value for p in parameters(definition.node.params)]


def _alone(function: FunctionType) -> FunctionType:
    """The function itself, also if it says that it wraps another one: what it does counts."""
    if not hasattr(function, "__wrapped__"):
        return function
    return FunctionType(
        function.__code__,
        function.__globals__,
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )


def _command(function: FunctionType, options: Options, request: Request) -> str:
    """The command that would write the same file, nothing when there is none."""
    from pathlib import Path

    from s2sad.command import canonical_command

    path = Path(function.__code__.co_filename)
    record = record_of(function)
    if record.origin or "<" in function.__qualname__ or not path.is_file():
        return ""
    declared = record.declared is not None and record.declared.of_mode(options.mode) == options
    wrt = options.wrt[0] if options.wrt and options.bare else options.wrt or None
    return canonical_command(
        path,
        functions=[request.function],
        wrt=None if declared else wrt,
        modes=[options.mode],
        has_aux=options.has_aux and not declared,
        in_place=options.in_place and not declared,
        memory_comments=options.memory_comments and not declared,
    )


def _complex_captured(function: str, name: str) -> S2SADError:
    """What is captured has no annotation, and is taken to be real."""
    message = f"{function} has captured {name}, which is complex"
    advice = "Hand it over as a parameter that is annotated as complex."
    return S2SADError("S2S021", message, None, advice)


def _reader(function: FunctionType, name: str) -> Reader:
    """Gives the value of a name that `function` captured, as it is when this is called."""
    names = function.__code__.co_freevars
    if name in names and function.__closure__ is not None:
        cell = function.__closure__[names.index(name)]
        return lambda: cell.cell_contents
    return lambda: function.__globals__[name]


def _bound(generated: FunctionType, readers: Mapping[str, Reader]) -> FunctionType:
    """`generated` without its keyword parameters for captured values, which are filled in."""

    def bound(*args: Any, **kwargs: Any) -> Any:
        for name, read in readers.items():
            value = kwargs[name] = read()
            dtype = getattr(value, "dtype", None)
            if isinstance(value, complex) or getattr(dtype, "kind", "") == "c":
                raise _complex_captured(generated.__name__, name)
        return generated(*args, **kwargs)

    signature = inspect.signature(generated)
    shown = [p for name, p in signature.parameters.items() if name not in readers]
    functools.update_wrapper(bound, generated)
    del bound.__wrapped__  # type: ignore[attr-defined]  # else readers would show again
    bound.__signature__ = signature.replace(parameters=shown)  # type: ignore[attr-defined]
    assert isinstance(bound, FunctionType)
    return bound


def _describe(generated: FunctionType, function: FunctionType, attribute: str) -> None:
    """Makes `generated` tell where it belongs and what its parameters are."""
    scope = function.__qualname__.rpartition(".")[0]
    prefix = function.__qualname__ if attribute else scope
    name = attribute or generated.__name__
    generated.__module__ = function.__module__
    generated.__qualname__ = f"{prefix}.{name}" if prefix else name
    names = inspect.signature(generated).parameters
    known = _annotations(function)
    generated.__annotations__ |= {name: known[name] for name in names if name in known}


def _annotations(function: FunctionType) -> dict[str, Any]:
    """The annotations of a function; of those in quotes, the ones that have a meaning already."""
    try:
        annotations = dict(function.__annotations__)
    except NameError:  # Python 3.14 reads them here, and a name may be defined later
        return {}
    for name, annotation in list(annotations.items()):
        if isinstance(annotation, str):
            try:
                annotations[name] = eval(annotation, function.__globals__)
            except Exception:  # whatever a half-imported module has in store
                del annotations[name]
    return annotations
