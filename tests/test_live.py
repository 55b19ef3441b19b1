"""The source behind live objects: files, closures, methods, wrappers, notebook cells."""

from __future__ import annotations

import functools
import importlib
import itertools
import linecache
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent
from types import FunctionType, ModuleType, SimpleNamespace
from typing import Any

import libcst as cst
import numpy as np
import pytest

from s2sad.errors import S2SADError
from s2sad.source.live import source_of

MODEL = """
import functools

RATE = 0.5

def loss(x):
    return RATE * x

class Model:
    def predict(self, x):
        return x
    @staticmethod
    def scale(x):
        return 2 * x
    @classmethod
    def make(cls, x):
        return x

def make(k):
    if k > 1:
        def inner(x):
            return k * x
    else:
        def inner(x):
            return x - k
    return inner

@functools.lru_cache
def cached(x):
    return x

def logged(f):
    @functools.wraps(f)
    def wrapper(*args):
        return f(*args)
    return wrapper

@logged
def wrapped(x):
    return x
"""

_numbers = itertools.count()


@pytest.fixture
def load(tmp_path: Path) -> Iterator[Callable[[str], ModuleType]]:
    """Imports a module with the given text."""
    names = []

    def write(text: str) -> ModuleType:
        name = f"live_model_{next(_numbers)}"
        names.append(name)
        (tmp_path / f"{name}.py").write_text(dedent(text))
        importlib.invalidate_caches()
        return importlib.import_module(name)

    sys.path.insert(0, str(tmp_path))
    yield write
    sys.path.remove(str(tmp_path))
    for name in names:
        del sys.modules[name]


def run_cell(text: str, namespace: dict[str, Any]) -> None:
    """Runs a text as a notebook runs a cell."""
    name = f"<ipython-input-{next(_numbers)}>"
    text = dedent(text)
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    exec(compile(text, name, "exec", dont_inherit=True), namespace)


def refusal(function: object) -> S2SADError:
    with pytest.raises(S2SADError) as caught:
        source_of(function)
    assert caught.value.code == "S2S007"
    return caught.value


def qualnames(*functions: object) -> list[str]:
    return [source_of(function).qualname for function in functions]


# ---------------------------------------------------------------- files


def test_a_function_in_a_file(load: Callable[[str], ModuleType]) -> None:
    model = load(MODEL)
    live = source_of(model.loss)
    assert live.module.path == Path(str(model.__file__))
    assert live.definition is live.module.functions["loss"]
    assert live.captured == {}  # RATE is read from the text


def test_one_file_is_read_once(load: Callable[[str], ModuleType]) -> None:
    model = load(MODEL)
    assert source_of(model.loss).module is source_of(model.Model.predict).module


def test_methods(load: Callable[[str], ModuleType]) -> None:
    cls = load(MODEL).Model
    methods = [cls().predict, cls.predict, cls.scale, cls.__dict__["scale"], cls.make]
    names = ["predict", "predict", "scale", "scale", "make"]
    assert qualnames(*methods) == [f"Model.{name}" for name in names]


def test_wrappers_are_taken_off(load: Callable[[str], ModuleType]) -> None:
    model = load(MODEL)

    partial = functools.partial(model.cached, 1)
    dispatcher = SimpleNamespace(py_func=model.loss)  # as Numba's
    assert qualnames(model.cached, partial, dispatcher) == ["cached", "cached", "loss"]
    assert source_of(partial).wrappers == [partial, model.cached]
    live = source_of(model.wrapped)
    assert (live.qualname, live.wrappers) == ("wrapped", [model.wrapped])
    assert isinstance(live.function, FunctionType) and live.function is not model.wrapped


def test_a_closure_is_found_by_its_line_with_what_it_has_captured(
    load: Callable[[str], ModuleType],
) -> None:
    make = load(MODEL).make
    large, small = source_of(make(2.0)), source_of(make(0.5))
    assert large.qualname == small.qualname == "make.<locals>.inner"
    assert (large.captured, small.captured) == ({"k": 2.0}, {"k": 0.5})
    bodies = [live.module.code(live.definition.node.body).strip() for live in (large, small)]
    assert bodies == ["return k * x", "return x - k"]


def test_while_the_module_is_being_imported(load: Callable[[str], ModuleType]) -> None:
    model = load("""
        from s2sad.source.live import source_of
        def f(x): return later(x)
        live = source_of(f)
        def later(x): return x
        """)
    assert model.live.module.find_function(".later") is not None


def test_what_has_no_source_is_refused() -> None:
    assert "is a lambda" in str(refusal(lambda x: x))
    assert "is a class" in str(refusal(dict))
    assert "is not written in Python by you" in str(refusal(np.tanh))
    assert "is not written in Python by you" in str(refusal(np.sum))
    assert "is not a function" in str(refusal(3))
    namespace: dict[str, Any] = {}
    exec("def f(x): return x", namespace)
    assert "has no source text" in str(refusal(namespace["f"]))


# ---------------------------------------------------------------- files that change


def rewrite(model: ModuleType, text: str) -> None:
    path = Path(str(model.__file__))
    path.write_text(dedent(text))
    os.utime(path, (0, 0))


def test_a_file_that_has_changed_since_the_import_is_refused(
    load: Callable[[str], ModuleType],
) -> None:
    model = load("def f(x):\n    return x\n")
    rewrite(model, "def f(x):\n    return 2 * x\n")
    assert "is not what stands in" in str(refusal(model.f))
    assert "Import the module again" in str(refusal(model.f))


def test_what_was_read_before_the_change_still_serves(load: Callable[[str], ModuleType]) -> None:
    model = load("def f(x):\n    return x\n")
    linecache.getlines(str(model.__file__))
    rewrite(model, "# moved\ndef f(x):\n    return 2 * x\n")
    assert source_of(model.f).module.text == "def f(x):\n    return x\n"


def test_a_change_elsewhere_in_the_file_does_not_matter(load: Callable[[str], ModuleType]) -> None:
    model = load("def f(x):\n    return x\n\nRATE = 1\n")
    rewrite(model, "def f(x):\n    return x\n\nRATE = 2\n")
    assert "RATE = 2" in source_of(model.f).module.text


# ---------------------------------------------------------------- notebooks


def test_cells_see_one_another() -> None:
    notebook: dict[str, Any] = {"__name__": "__main__"}
    run_cell(
        """
        import numpy as np
        from math import sin
        from typing import NamedTuple
        weights = np.ones(3)
        class Layer(NamedTuple):
            W: float
        def dense(layer, x): return layer.W * x
        """,
        notebook,
    )
    run_cell(
        """
        scale = 2.0
        def f(layer: Layer, x):
            return np.sum(scale * dense(layer, sin(x)) * weights)
        """,
        notebook,
    )
    live = source_of(notebook["f"])
    assert list(live.captured) == ["weights"]
    module = live.module
    paths = [module.qualified(cst.parse_expression(e)) for e in ("np.sum", "sin", "dense", "Layer")]
    assert paths == ["numpy.sum", "math.sin", ".dense", ".Layer"]
    dense, layer = module.find_function(".dense"), module.find_class(".Layer")
    assert dense is not None and layer is not None
    assert [field.name for field in layer[1].fields] == ["W"]
    assert len(module.sources) == 2


def test_a_constant_that_another_cell_has_changed_is_captured() -> None:
    notebook: dict[str, Any] = {}
    run_cell("rate = 0.1\ndef f(x): return rate * x", notebook)
    assert source_of(notebook["f"]).captured == {}
    run_cell("rate = 0.5", notebook)
    assert source_of(notebook["f"]).captured == {"rate": 0.5}


def test_functions_of_a_file_that_a_cell_imports(load: Callable[[str], ModuleType]) -> None:
    notebook: dict[str, Any] = {"loss": load(MODEL).loss, "np": np}
    run_cell("def f(x): return loss(np.tanh(x))", notebook)
    module = source_of(notebook["f"]).module
    found = module.find_function(".loss")
    assert found is not None and found[0].constants.keys() == {"RATE"}


def test_a_doctest() -> None:
    import doctest

    text = """
        >>> from s2sad.source.live import source_of
        >>> def f(x):
        ...     return x
        >>> source_of(f).qualname
        'f'
        """
    test = doctest.DocTestParser().get_doctest(dedent(text), {}, "sample", None, None)
    assert doctest.DocTestRunner(verbose=False).run(test).failed == 0
