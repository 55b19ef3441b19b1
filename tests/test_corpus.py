"""Every function of the corpus, twice: as value_and_grad gives it, and as its text stands alone."""

from __future__ import annotations

import builtins
import importlib
import pkgutil
from pathlib import Path
from typing import Any

import pytest

from tests import corpus, fuzz
from tests.checking import check_gradient

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


@pytest.mark.parametrize("seed", range(40))
def test_random_program(seed: int, tmp_path: Path) -> None:
    """A few of the programs that `python -m tests.fuzz` makes by the hundred."""
    assert fuzz.outcome(fuzz.Writer(seed).text(), tmp_path / f"fuzz_{seed}.py") in ("ok", "rough")
