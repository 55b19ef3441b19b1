"""Every function of the corpus, twice: as value_and_grad gives it, and as its text stands alone."""

from __future__ import annotations

import builtins
import contextlib
import importlib
import pkgutil
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests import corpus, fuzz
from tests.checking import check_gradient, check_product
from tests.fuzz_writes import unformatted

s2sad = pytest.importorskip("s2sad")


def programs() -> list[Any]:
    """One parameter per function: module, name, wrt, calls, and whether it is asked as a vjp."""
    found = []
    for info in pkgutil.iter_modules(corpus.__path__, corpus.__name__ + "."):
        try:
            module = importlib.import_module(info.name)
        except ModuleNotFoundError as error:  # a library that only this program wants
            skip = pytest.mark.skip(reason=str(error))
            found.append(pytest.param(None, "", "", [], False, id=info.name, marks=skip))
            continue
        for table in ("CALLS", "VJPS"):
            for name, (wrt, calls) in getattr(module, table, {}).items():
                label = f"{info.name.rpartition('.')[2]}.{name}"
                found.append(pytest.param(module, name, wrt, calls, table == "VJPS", id=label))
    return found


def guarded_import(name: str, *args: Any, **kwargs: Any) -> Any:
    """What a generated file may not import."""
    level = args[3] if len(args) > 3 else kwargs.get("level", 0)
    if level or name.split(".")[0] in ("s2sad", "tests"):
        raise ImportError(f"a generated file imports {name}")
    return builtins.__import__(name, *args, **kwargs)


def standalone(text: str, name: str) -> Any:
    """The function called name of a generated text, run where neither s2sad nor the tests are."""
    limited = {**vars(builtins), "__import__": guarded_import}
    scope = {"__builtins__": limited, "__name__": "generated"}
    exec(compile(text, f"<{name}>", "exec", dont_inherit=True), scope)
    return scope[name]


@pytest.mark.parametrize(("module", "name", "wrt", "calls", "as_vjp"), programs())
def test_gradient(module: Any, name: str, wrt: Any, calls: list[Any], as_vjp: bool) -> None:
    function = getattr(module, name)
    has_aux = name in getattr(module, "AUX", ())
    if name in getattr(module, "REFUSED", {}):
        with pytest.raises(s2sad.S2SADError) as refusal:
            s2sad.value_and_grad(function, wrt=wrt)
        assert refusal.value.code == module.REFUSED[name]
        return
    if as_vjp:
        live = s2sad.vjp(function, wrt=wrt)
    elif has_aux:
        live = s2sad.value_and_grad(function, wrt=wrt, has_aux=True)
    else:
        live = s2sad.value_and_grad(function, wrt=wrt)
    ways = [live]
    if name not in getattr(module, "LIVE", ()):
        ways.append(standalone(live.source, f"{name}_{'vjp' if as_vjp else 'value_and_grad'}"))
    expected = getattr(module, "EXPECTED", {}).get(name)
    for way in ways:
        for call in calls:
            call, cotangent = call if as_vjp else (call, None)
            check_gradient(
                function,
                call,
                wrt,
                way,
                has_aux=has_aux,
                cotangent=cotangent,
                expected=expected,
            )


SHARE = 12
"""One program of so many is differentiated twice here: all of them take minutes. Those in which
something is special about it stand in the tables `TWICE`, with the code of the refusal, if there is
one."""


def programs_twice() -> list[Any]:
    """The programs whose second derivatives are tested: module, name, wrt, calls."""
    found = []
    for program in programs():
        module, name, wrt, calls, as_vjp = program.values
        if module is None or as_vjp:
            continue
        tables = (getattr(module, table, ()) for table in ("REFUSED", "AUX", "EXPECTED"))
        chosen = zlib.crc32(program.id.encode()) % SHARE == 1 or name in getattr(
            module, "TWICE", ()
        )
        if chosen and not any(name in table for table in tables):
            found.append(pytest.param(module, name, wrt, calls, id=program.id))
    return found


@pytest.mark.parametrize(("module", "name", "wrt", "calls"), programs_twice())
def test_product_with_the_hessian(module: Any, name: str, wrt: Any, calls: list[Any]) -> None:
    """The derivative of the gradient along a direction, against differences of the gradient."""
    function, code = getattr(module, name), getattr(module, "TWICE", {}).get(name)
    names = wrt if isinstance(wrt, tuple) else (wrt,)
    if code is not None and code != "ValueError":
        with pytest.raises(s2sad.S2SADError) as refusal:
            s2sad.hvp(function, wrt=names)
        assert refusal.value.code == code
        return
    both = s2sad.value_and_grad(function, wrt=wrt)

    def gradient(*args: Any, **kwargs: Any) -> Any:
        _, found = both(*args, **kwargs)
        return found if isinstance(wrt, tuple) else (found,)

    with unformatted():
        product = s2sad.hvp(function, wrt=names)
    failing = contextlib.nullcontext() if code is None else pytest.raises(ValueError)
    with np.errstate(all="ignore"), failing:
        for call in calls:
            check_product(function, call, names, gradient, product)


@pytest.mark.parametrize("seed", range(20))
def test_random_program(seed: int, tmp_path: Path) -> None:
    """A few of the programs that `python -m tests.fuzz` makes by the hundred."""
    assert fuzz.outcome(fuzz.Writer(seed).text(), tmp_path / f"fuzz_{seed}.py") in ("ok", "rough")
