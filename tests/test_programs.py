"""Whole programs: gradients, tangents and second derivatives are right, live and as files."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path
from typing import Any

import pytest

from tests import programs
from tests.checking import check_gradient, check_product, check_tangent
from tests.fuzz_writes import unformatted
from tests.test_corpus import standalone

s2sad = pytest.importorskip("s2sad")


def functions() -> list[Any]:
    """One parameter for each function: its name, itself, wrt, and its calls."""
    found = []
    for info in pkgutil.iter_modules(programs.__path__, f"{programs.__name__}."):
        module = importlib.import_module(info.name)
        for name, (wrt, calls) in module.CALLS.items():
            label = f"{info.name.rpartition('.')[2]}.{name}"
            found.append(pytest.param(label, getattr(module, name), wrt, calls, id=label))
    return found


each_function = pytest.mark.parametrize(("label", "function", "wrt", "calls"), functions())


@each_function
def test_gradient(label: str, function: Any, wrt: Any, calls: list[Any]) -> None:
    live = s2sad.value_and_grad(function, wrt=wrt)
    for way in (live, standalone(live.source, f"{function.__name__}_value_and_grad")):
        for call in calls:
            check_gradient(function, call, wrt, way)


@each_function
def test_tangent(label: str, function: Any, wrt: Any, calls: list[Any]) -> None:
    live = s2sad.jvp(function, wrt=wrt)
    for call in calls:
        check_tangent(function, call, wrt, live)


@each_function
def test_derivative_of_the_gradient(label: str, function: Any, wrt: Any, calls: list[Any]) -> None:
    names = wrt if isinstance(wrt, tuple) else (wrt,)
    both = s2sad.value_and_grad(function, wrt=wrt)

    def gradient(*args: Any, **kwargs: Any) -> Any:
        _, found = both(*args, **kwargs)
        return found if isinstance(wrt, tuple) else (found,)

    with unformatted():
        product = s2sad.hvp(function, wrt=names)
    for call in calls:
        check_product(function, call, names, gradient, product)


def test_the_command_writes_what_the_functions_run() -> None:
    """From the file, which is not imported: the same text, but for its header."""
    from s2sad.modes import generate_all
    from s2sad.requests import requests_for
    from s2sad.source.module import SourceModule

    for label, function, wrt, _ in (parameter.values for parameter in functions()):
        name = label.partition(".")[0]
        module = SourceModule.from_path(Path(programs.__path__[0]) / f"{name}.py")
        names = wrt if isinstance(wrt, tuple) else (wrt,)
        chosen = names if isinstance(wrt, tuple) else wrt
        text = generate_all(module, requests_for(module, [function.__name__], chosen)).text
        live = s2sad.value_and_grad(function, wrt=wrt).source
        assert text.split('"""', 2)[2] == live.split('"""', 2)[2], label
