"""The package itself: what is shipped, and what its settings promise."""

from __future__ import annotations

import re
import shutil
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

import s2sad
from s2sad.cli import command
from s2sad.derive import folder

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())


def test_every_package_is_shipped():
    found = {
        ".".join(path.parent.relative_to(ROOT).parts)
        for path in (ROOT / "s2sad").rglob("*.py")
        if "__pycache__" not in path.parts
    }
    assert found | {"s2sad.templates"} == set(SETTINGS["tool"]["setuptools"]["packages"])


def test_templates_are_found_in_a_checkout_and_in_a_wheel(tmp_path, monkeypatch):
    assert folder.templates_folder() == ROOT / "templates"
    assert list(folder.templates_folder().rglob("*.py"))
    monkeypatch.setattr(folder, "PACKAGE", tmp_path / "site-packages" / "s2sad")
    shutil.copytree(ROOT / "templates", folder.PACKAGE / "templates")
    assert folder.templates_folder() == folder.PACKAGE / "templates"


def test_templates_are_data_and_no_package():
    assert not list((ROOT / "templates").rglob("__init__.py"))


def test_the_package_is_typed():
    assert (ROOT / "s2sad" / "py.typed").exists()


def test_the_public_interface():
    assert set(s2sad.__all__) == {
        *(
            "S2SADError",
            "adjoint",
            "checkpointed",
            "differentiable",
            "grad",
            "on_gradient",
            "stop_gradient",
        ),
        *("hessian", "hvp", "jacobian", "jvp", "sparse_jacobian", "value_and_grad", "vjp"),
    }


def test_versions_agree():
    assert re.fullmatch(r"\d+\.\d+\.\d+", s2sad.__version__)
    assert SETTINGS["tool"]["setuptools"]["dynamic"]["version"]["attr"] == "s2sad.__version__"


@pytest.mark.parametrize("hook", ["generate --check", "generate"])
def test_pre_commit_hooks_run_commands_that_exist(hook, tmp_path, monkeypatch):
    hooks = (ROOT / ".pre-commit-hooks.yaml").read_text()
    assert f"entry: s2sad {hook}\n" in hooks
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text(
        '[[tool.s2sad.targets]]\nsource = "m.py"\noutput = "m_grad.py"\n'
    )
    (tmp_path / "m.py").write_text(
        "from s2sad import differentiable\n\n\n@differentiable\ndef f(x):\n    return x * x\n"
    )
    result = CliRunner().invoke(command, hook.split())
    assert result.exit_code == (1 if "--check" in hook else 0)


def test_modules_say_what_they_are():
    for path in (ROOT / "s2sad").rglob("*.py"):
        text = path.read_text()
        assert not text or text.startswith('"""'), f"{path} has no docstring"
