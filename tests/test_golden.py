"""The golden files: up to date, in order for black and ruff, the same everywhere, and right."""

from __future__ import annotations

import ast
import importlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import black
import pytest

from tests.checking import check_gradient, check_tangent
from tests.golden.cases import CASES, EXPECTED, HERE, Case, calls_of_programs

ROOT = HERE.parent.parent
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@each_case
def test_text(case: Case) -> None:
    """What is generated is what is stored; `python -m tests.golden --update` stores it."""
    assert case.text() == case.path.read_text(encoding="utf-8")


@each_case
def test_black_changes_nothing(case: Case) -> None:
    text = case.path.read_text(encoding="utf-8")
    mode = black.Mode(line_length=100, target_versions={black.TargetVersion.PY311})
    assert black.format_str(text, mode=mode) == text


@each_case
@pytest.mark.parametrize("version", [(3, 11), (3, 12), (3, 13)], ids=lambda v: f"3.{v[1]}")
def test_compiles(case: Case, version: tuple[int, int]) -> None:
    text = case.path.read_text(encoding="utf-8")
    compile(ast.parse(text, feature_version=version), case.name, "exec")


def test_ruff_finds_nothing() -> None:
    """Only in lines that were carried over from the source may there be what was there before."""
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache"]
    command += ["--select", "E,F,W,I,B,UP", "--line-length", "100", "--target-version", "py311"]
    command += ["--output-format", "json", *(str(case.path) for case in CASES)]
    done = subprocess.run(command, capture_output=True, text=True)
    found = []
    for fault in json.loads(done.stdout):
        path = Path(fault["filename"])
        case = next(case for case in CASES if case.path == path)
        row = fault["location"]["row"]
        line = path.read_text(encoding="utf-8").splitlines()[row - 1]
        carried = {each.strip() for each in case.source.read_text(encoding="utf-8").splitlines()}
        zips = re.findall(r"zip\((?:[^()]|\([^()]*\))*\)", line) if fault["code"] == "B905" else []
        if zips and all(any(part in each for each in carried) for part in zips):
            continue  # the iterable of a loop is the user's own
        if line.strip() not in carried:
            found.append(f"{path.name}:{row}: {fault['code']} {fault['message']}: {line.strip()}")
    assert not found, "\n".join(found)


def test_same_text_under_another_hash_seed() -> None:
    command = [sys.executable, "-m", "tests.golden", "--print"]
    environment = {**os.environ, "PYTHONHASHSEED": "1"}
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "".join(case.path.read_text(encoding="utf-8") for case in CASES)


def wrt_of(path: Path) -> dict[str, Any]:
    """The wrt of each @differentiable function in a file."""
    found = {}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        for decorator in getattr(node, "decorator_list", []):
            if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "differentiable":
                assert isinstance(node, ast.FunctionDef)
                found[node.name] = ast.literal_eval(decorator.keywords[0].value)
    return found


each_function = pytest.mark.parametrize(
    "name",
    [
        f"{path.stem}.{function}"
        for path in sorted((HERE / "programs").glob("*.py"))
        for function in wrt_of(path)
    ],
)


@each_function
def test_gradient(name: str) -> None:
    """The stored functions of the acceptance programs are right."""
    program, _, function = name.partition(".")
    source = importlib.import_module(f"tests.golden.programs.{program}")
    stored = importlib.import_module(f"tests.golden.{program}")
    wrt = wrt_of(HERE / "programs" / f"{program}.py")[function]
    for call in calls_of_programs()[name]:
        check_gradient(
            getattr(source, function),
            call,
            wrt,
            getattr(stored, f"{function}_value_and_grad"),
            expected=EXPECTED.get(name),
        )


@each_function
def test_tangent(name: str) -> None:
    """The same of the stored tangent functions, where there are some."""
    program, _, function = name.partition(".")
    if not (HERE / f"{program}_jvp.py").exists():
        pytest.skip("no stored tangents")
    source = importlib.import_module(f"tests.golden.programs.{program}")
    stored = importlib.import_module(f"tests.golden.{program}_jvp")
    wrt = wrt_of(HERE / "programs" / f"{program}.py")[function]
    for call in calls_of_programs()[name]:
        check_tangent(
            getattr(source, function),
            call,
            wrt,
            getattr(stored, f"{function}_jvp"),
            expected=EXPECTED.get(name),
        )
