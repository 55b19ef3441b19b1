"""The source behind a live function: its module's text, its place there, what it has captured.

    live = source_of(loss)
    live.module             the SourceModule of the file, or of the notebook cell
    live.qualname           "loss", "Model.predict", "make_loss.<locals>.loss"
    live.captured           {"rate": 0.1}: variables of enclosing functions; in a notebook, globals

The names of a module are read from its text, never from live objects: while a decorator runs, the
rest of the module does not exist yet. What has no file (a notebook cell, a doctest, `exec` with a
text in `linecache`) may use names that other cells define; these are resolved from its globals.
"""

from __future__ import annotations
import __future__

import ast
import dis
import functools
import importlib.machinery
import inspect
import linecache
import os
import re
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FunctionType, MethodType, ModuleType

from s2sad.errors import Location, S2SADError
from s2sad.source.classes import Definition
from s2sad.source.module import Home, SourceModule
from s2sad.source.project import Project, is_external, is_installed


@dataclass
class LiveSource:
    """The source of a function that was found behind an object.

    Attributes:
        module: the module that it stands in.
        qualname: its name there.
        captured: what its free variables hold; for a function without a file also the globals that
            its text does not define, unless they are modules, functions or classes with a name.
        definition: the function in the module.
        function: the plain function.
        wrappers: what was taken off to get to it (a partial, a dispatcher), outermost first.
    """

    module: SourceModule
    qualname: str
    captured: dict[str, object]
    definition: Definition = field(repr=False)
    function: FunctionType
    wrappers: list[object] = field(default_factory=list)


def source_of(function: object) -> LiveSource:
    """The source behind a function, method or wrapped function.

    Raises:
        S2SADError: S2S007, it has no source, or the source is not what is running.
    """
    plain, wrappers = unwrapped(function)
    code = plain.__code__
    if code.co_name == "<lambda>":
        raise _refusal(plain, "is a lambda", "Write it as a function with def and a name.")
    module = _module_of(plain)
    definition = _definition(module, plain)
    captured = dict(_cells(plain))
    if module.path is None:
        captured |= _loose_globals(plain, module)
    return LiveSource(module, definition.qualname, captured, definition, plain, wrappers)


def unwrapped(function: object) -> tuple[FunctionType, list[object]]:
    """The plain function inside methods, partials, dispatchers of Numba, caches and wrappers that
    name what they wrap, and these, outermost first."""
    wrappers: list[object] = []
    while (inner := _inside(function)) is not None and len(wrappers) < 100:
        wrappers.append(function)
        function = inner
    if isinstance(function, FunctionType) and not _is_library(function):
        return function, wrappers
    name = getattr(function, "__qualname__", None) or getattr(function, "__name__", None)
    fault = "is not written in Python by you"
    advice = "Call it in a function of yours, and give that."
    if isinstance(function, type):
        fault, advice = "is a class", "Give one of its methods."
    elif name is None:
        name, fault, advice = repr(function), "is not a function", "Give a function."
    raise S2SADError("S2S007", f"{name} {fault}", None, advice)


def _is_library(function: FunctionType) -> bool:
    top = function.__module__ and function.__module__.partition(".")[0]
    return bool(top) and is_external(top) and is_installed(function.__code__.co_filename)


def _inside(function: object) -> object:
    """What a wrapper wraps, None when it is none."""
    if isinstance(function, functools.partial):
        return function.func
    if isinstance(function, MethodType | staticmethod | classmethod):
        return function.__func__
    inner = getattr(function, "py_func", None)  # Numba's dispatcher
    return inner if isinstance(inner, FunctionType) else getattr(function, "__wrapped__", None)


# ---------------------------------------------------------------- the text


_FUTURE = functools.reduce(
    int.__or__, (getattr(__future__, name).compiler_flag for name in __future__.all_feature_names)
)

_recent: dict[str, SourceModule] = {}


def _module_of(function: FunctionType, project: Project | None = None) -> SourceModule:
    """The module that a function was compiled from.

    That of an earlier call is taken while no file of its project has changed. `project` is that of
    the cell which names the function, if it is found from there.
    """
    filename = function.__code__.co_filename
    text = _text(function)
    known = project.sources.get(filename) if project is not None else _recent.get(filename)
    if known is not None and known.text == text and (project is not None or known.is_current()):
        return known
    if os.path.isfile(filename):
        module = SourceModule.from_text(text, filename, Path(filename), project)
        if project is None:
            _recent.pop(filename, None)
            _recent[filename] = module
            while len(_recent) > 8:
                del _recent[next(iter(_recent))]
        return module
    module = SourceModule.from_text(text, filename, None, project)
    module.beyond = _beyond(function.__globals__, module.project)
    module.neighbours = lambda: _cells_of(function.__globals__, module.project)
    return module


def _cells_of(namespace: Mapping[str, object], project: Project) -> Iterator[SourceModule]:
    """The cells of a notebook that functions in its globals stand in, each once."""
    seen: set[str] = set()
    for value in list(namespace.values()):
        if not isinstance(value, FunctionType) or value.__globals__ is not namespace:
            continue
        filename = value.__code__.co_filename
        if filename not in seen and not os.path.isfile(filename):
            seen.add(filename)
            try:
                yield _module_of(value, project)
            except S2SADError:  # its text is gone
                continue


def _text(function: FunctionType) -> str:
    """The text that a function was compiled from: what its file holds now, or, when that has
    changed since, what is remembered of it."""
    filename = function.__code__.co_filename
    remembered = _remembered(filename)
    linecache.checkcache(filename)
    texts = ["".join(linecache.getlines(filename, function.__globals__)), remembered]
    if not any(texts):
        texts = [_prompt_text(function)]
    if not any(texts):
        advice = "Put it into a file, or run it in a notebook."
        raise _refusal(function, "has no source text", advice)
    for text in texts:
        if _is_text_of(text, function):
            return text
    advice = "Import the module again, so that what runs is what the file says."
    raise _refusal(function, f"is not what stands in {filename} now", advice)


def _prompt_text(function: FunctionType) -> str:
    """What was typed at the prompt of a Python that keeps it (3.13 and later)."""
    try:
        return "".join(inspect.findsource(function)[0])
    except (OSError, TypeError):
        return ""


def _remembered(filename: str) -> str:
    entry = linecache.cache.get(filename)
    return "".join(entry[2]) if entry is not None and len(entry) > 2 else ""


def _is_text_of(text: str, function: FunctionType) -> bool:
    """Whether compiling a text gives the code that is running.

    Where an import hook has rewritten the module (pytest's assertions, type checkers), it can only
    be asked whether the `def` line is there.
    """
    code = function.__code__
    lines = text.split("\n")[code.co_firstlineno - 1 :]
    heads = (re.match(r"\s*(?:async\s+)?def\s+(\w+)", line) for line in lines)
    head = next(filter(None, heads), None)
    if head is None or head[1] != code.co_name or not re.match(r"\s*(@|async\b|def\b)", lines[0]):
        return False
    spec = function.__globals__.get("__spec__")
    loader = getattr(spec, "loader", None)
    if loader is not None and type(loader) is not importlib.machinery.SourceFileLoader:
        return True
    try:
        compiled = _compiled(text, code.co_filename, code.co_flags & _FUTURE)
    except (SyntaxError, ValueError):
        return False
    return any(_same(other, code) for other in _codes(compiled))


@functools.lru_cache(maxsize=8)
def _compiled(text: str, filename: str, flags: int) -> CodeType:
    """The code of a file: as a rule that of many functions that are asked for one by one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        code: CodeType = compile(text, filename, "exec", flags, dont_inherit=True)
        return code


def _codes(code: CodeType) -> Iterator[CodeType]:
    """A code object and all those inside it."""
    todo = [code]
    while todo:
        code = todo.pop()
        yield code
        todo.extend(const for const in code.co_consts if isinstance(const, CodeType))


def _same(one: CodeType, other: CodeType) -> bool:
    """Whether two code objects do the same."""
    names = ("co_qualname", "co_code", "co_names", "co_varnames", "co_freevars", "co_firstlineno")
    if any(getattr(one, name) != getattr(other, name) for name in names):
        return False
    if len(one.co_consts) != len(other.co_consts):
        return False
    for a, b in zip(one.co_consts, other.co_consts, strict=True):
        if isinstance(a, CodeType) and isinstance(b, CodeType):
            if not _same(a, b):
                return False
        elif type(a) is not type(b) or (a != b and repr(a) != repr(b)):
            return False
    return True


def _definition(module: SourceModule, function: FunctionType) -> Definition:
    """Where a function stands in its module."""
    code = function.__code__
    found = None
    if len(re.findall(rf"\bdef\s+{re.escape(code.co_name)}\b", module.text)) == 1:
        found = module.functions.get(code.co_qualname)
    found = found or module.definition_at(code.co_firstlineno, code.co_name)
    if found is None:
        advice = "Write it as a function with def, in a file."
        raise _refusal(function, "cannot be found in its source", advice)
    return found


def _refusal(function: FunctionType, fault: str, advice: str) -> S2SADError:
    code = function.__code__
    text = linecache.getline(code.co_filename, code.co_firstlineno).rstrip("\n")
    location = None
    if text:
        start = len(text) - len(text.lstrip()) + 1
        location = Location(code.co_filename, code.co_firstlineno, start, len(text) + 1, text)
    return S2SADError("S2S007", f"{function.__qualname__} {fault}", location, advice)


# ---------------------------------------------------------------- what it has captured


def _cells(function: FunctionType) -> Iterator[tuple[str, object]]:
    """The variables of enclosing functions that have a value by now."""
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            yield name, cell.cell_contents
        except ValueError:
            continue


def _loose_globals(function: FunctionType, module: SourceModule) -> Iterator[tuple[str, object]]:
    """The globals that a function without a file reads as values.

    A constant of the same cell is left to the text, if it is a literal that still has its value.
    """
    namespace = function.__globals__
    for name in dict.fromkeys(_global_names(function.__code__)):
        if name not in namespace:
            continue
        bound, value = module.bound, namespace[name]
        if name in bound.constants:
            if not _is_literal(module, name, value):
                yield name, value
        elif name not in bound.names and module.beyond and module.beyond(name) is None:
            yield name, value


def _global_names(code: CodeType) -> Iterator[str]:
    for inner in _codes(code):
        for instruction in dis.get_instructions(inner):
            if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
                yield instruction.argval


def _is_literal(module: SourceModule, name: str, value: object) -> bool:
    written = module.constants[name].value
    try:
        literal = written is not None and ast.literal_eval(module.code(written))
    except (ValueError, SyntaxError):
        return False
    return type(literal) is type(value) and repr(literal) == repr(value)


def _beyond(
    namespace: Mapping[str, object], project: Project
) -> Callable[[str], str | Home | None]:
    """What names mean that only live globals define."""

    def beyond(name: str) -> str | Home | None:
        return meaning(namespace[name], project) if name in namespace else None

    return beyond


def meaning(value: object, project: Project | None = None) -> str | Home | None:
    """What a live object is called: a dotted path for a library's (`numpy.tanh`), a module and a
    name in it for the user's own function or class, None for any other value.

    A function that a Python wrapper or a partial changes has no such name.
    """
    if isinstance(value, ModuleType):
        return value.__name__
    path = _dotted(value)
    top = (getattr(value, "__module__", None) or "").partition(".")[0]
    if path is not None and (is_external(top) or not isinstance(value, type | FunctionType)):
        return path
    try:
        if isinstance(value, type):
            return _home_of_class(value, project) or path
        if callable(value):
            plain, wrappers = unwrapped(value)
            if any(isinstance(w, FunctionType | functools.partial | MethodType) for w in wrappers):
                return None
            if is_installed(plain.__code__.co_filename):
                return path
            module = _module_of(plain, project)
            return module, _definition(module, plain).qualname
    except S2SADError:
        return path
    return None


def _dotted(value: object) -> str | None:
    """The shortest path under which a library shows an object: `scipy.linalg.solve`, not
    `scipy.linalg._basic.solve`."""
    name = getattr(value, "__qualname__", None) or getattr(value, "__name__", None)
    if not isinstance(name, str):
        return None
    home = getattr(value, "__module__", None)
    parts = home.split(".") if isinstance(home, str) and home != "__main__" else []
    homes = [".".join(parts[: i + 1]) for i in range(len(parts))]
    for place in [*homes, "numpy", "math", "builtins", "scipy.special"]:
        found: object = sys.modules.get(place)
        for part in name.split("."):
            found = getattr(found, part, None)
        if found is value:
            return f"{place}.{name}"
    return None


def _home_of_class(cls: type, project: Project | None) -> Home | None:
    """The module and name of a class of the user's, found by its text."""
    file = getattr(sys.modules.get(cls.__module__), "__file__", None)
    if file is not None and file.endswith(".py") and not is_installed(file):
        known = project.sources.get(file) if project is not None else None
        module = known or SourceModule.from_path(Path(file), project)
        if cls.__qualname__ in module.classes:
            return module, cls.__qualname__
    if file is not None and cls.__module__ != "__main__":
        return None
    pattern = re.compile(rf"^\s*class\s+{re.escape(cls.__name__)}\b", re.MULTILINE)
    for filename in reversed(list(linecache.cache)):
        text = _remembered(filename)
        if not os.path.isfile(filename) and pattern.search(text):
            known = project.sources.get(filename) if project is not None else None
            module = known or SourceModule.from_text(text, filename, None, project)
            if cls.__qualname__ in module.classes:
                return module, cls.__qualname__
    return None
