"""The pages under docs/ say what is so: their programs are run, their outputs compared.

`python -m tests.test_docs --update` writes the outputs of docs/errors.md and docs/checking.md anew.
"""

from __future__ import annotations

import ast
import importlib
import os
import re
import sys
import tempfile
import types
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.checking import Call, check_gradient

DOCS = Path(__file__).resolve().parent.parent / "docs"
ERRORS = DOCS / "errors.md"
SUPPORT = DOCS / "python-support.md"
RULES = DOCS / "rules.md"
CHECKING = DOCS / "checking.md"
MODES = DOCS / "modes.md"
COMPLEX = DOCS / "complex.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.S | re.M)


@dataclass(frozen=True)
class Section:
    """A heading and the text below it, up to the next heading."""

    title: str
    text: str
    start: int

    def blocks(self, language: str) -> list[str]:
        return [block[2] for block in BLOCK.finditer(self.text) if block[1] == language]


def sections(page: Path) -> list[Section]:
    if not page.exists():
        return []
    text = page.read_text(encoding="utf-8")
    blocks = [block.span() for block in BLOCK.finditer(text)]
    heads = [
        head
        for head in re.finditer(r"^##+ (.+)$", text, re.M)
        if not any(start < head.start() < stop for start, stop in blocks)
    ]
    ends = [head.start() for head in heads[1:]] + [len(text)]
    return [
        Section(head[1], text[head.start() : end], head.start())
        for head, end in zip(heads, ends, strict=True)
    ]


# ---------------------------------------------------------------- errors.md


def output(section: Section) -> str:
    """What the section's program prints: by the command, or in Python."""
    from click.testing import CliRunner

    from s2sad.cli import command

    with tempfile.TemporaryDirectory() as folder:
        for language, usual in (("python", "model.py"), ("toml", "pyproject.toml")):
            for block in section.blocks(language):
                named = re.match(r"# (\w+\.py)\n", block)  # another file than the usual one
                name = named[1] if named else usual
                (Path(folder) / name).write_text(block, encoding="utf-8")
        before = os.getcwd()
        os.chdir(folder)
        try:
            for block in section.blocks("console"):
                arguments = block.splitlines()[0].removeprefix("$ s2sad ").split()
                result = CliRunner().invoke(command, arguments)
                return str(result.stdout if arguments[0] == "verify" else "") + result.stderr
            (block,) = section.blocks("pycon")
            return raised(block)
        finally:
            os.chdir(before)


def raised(block: str) -> str:
    """The message that the last line of a Python session ends with."""
    from s2sad import S2SADError

    lines = [line[4:] for line in block.splitlines() if line.startswith(">>> ")]
    scope: dict[str, Any] = {}
    try:
        exec("\n".join(lines), scope)
    except S2SADError as error:
        return f"s2sad.errors.S2SADError: {error}\n"
    return ""


def documented(section: Section) -> str:
    """The output that the page shows."""
    for block in section.blocks("console") + section.blocks("pycon"):
        lines = block.splitlines(keepends=True)
        return "".join(line for line in lines if not line.startswith(("$ ", ">>> ")))
    raise AssertionError("no example")


with_example = [s for s in sections(ERRORS) if s.blocks("console") or s.blocks("pycon")]


@pytest.mark.parametrize("section", with_example, ids=lambda section: section.title)
def test_error(section: Section) -> None:
    found = output(section)
    assert section.title in found
    assert found == documented(section)


def test_every_code_is_documented() -> None:
    """Each code that the package raises is a heading, and each heading is raised."""
    package = Path(__file__).resolve().parent.parent / "s2sad"
    raised = {
        code
        for path in package.rglob("*.py")
        for code in re.findall(r"""["'](S2S\d{3})["']""", path.read_text(encoding="utf-8"))
    }
    assert raised == {section.title for section in sections(ERRORS)}


# ---------------------------------------------------------------- checking.md


def rounded(text: str) -> str:
    """A report without its relative errors, of which the last bits decide."""
    return re.sub(r"\de[-+]\d\d(?=  by)", "#", text)


@pytest.mark.parametrize(
    "section", [s for s in sections(CHECKING) if s.blocks("console")], ids=lambda s: s.title
)
def test_report(section: Section) -> None:
    assert rounded(output(section)) == rounded(documented(section))


def test_tests_of_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (section,) = [s for s in sections(CHECKING) if s.title == "In tests"]
    (block,) = section.blocks("python")
    path = tmp_path / "page_of_checking.py"
    path.write_text(block, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    page = importlib.import_module("page_of_checking")
    page.test_loss()
    page.test_second_derivatives()


# ---------------------------------------------------------------- python-support.md


def examples() -> Iterator[Any]:
    for page in (SUPPORT, RULES):
        for section in sections(page):
            for k, block in enumerate(section.blocks("python")):
                yield pytest.param(block, id=f"{section.title}-{k}")


def test_python_support_has_an_example_for_each_construct() -> None:
    empty = [s.title for s in sections(SUPPORT) if "###" in s.text[:4] and "```" not in s.text]
    assert not empty


@pytest.mark.parametrize("block", list(examples()))
def test_support(block: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An example ends with calls such as `value_and_grad(f, wrt="x")(0.7)`; each is checked."""
    import s2sad

    tree = ast.parse(block)
    calls = [node for node in tree.body if isinstance(node, ast.Expr)]
    calls = [node for node in calls if isinstance(node.value, ast.Call)]
    assert calls, "the example calls nothing"
    lines = block.splitlines(keepends=True)
    program = "".join(lines[: calls[0].lineno - 1])
    path = tmp_path / "example.py"
    path.write_text(program, encoding="utf-8")
    module = types.ModuleType("example")
    module.__file__ = str(path)
    monkeypatch.setitem(sys.modules, "example", module)
    exec(compile(program, str(path), "exec"), vars(module))
    scope = {**vars(module), "value_and_grad": s2sad.value_and_grad, "vjp": s2sad.vjp, "Call": Call}
    for node in calls:
        assert isinstance(node.value, ast.Call)
        maker = node.value.func
        assert isinstance(maker, ast.Call), "write value_and_grad(f)(x)"
        options = {str(k.arg): ast.literal_eval(k.value) for k in maker.keywords}
        function = eval(ast.unparse(maker.args[0]), scope)
        generated = eval(ast.unparse(maker), scope)
        arguments = ast.unparse(ast.Call(ast.Name("Call"), node.value.args, node.value.keywords))
        call = eval(arguments, scope)
        cotangent = call.kwargs.pop("d_out", None)
        first = function.__code__.co_varnames[0]
        wrt = options.get("wrt", first)
        aux = bool(options.get("has_aux"))
        check_gradient(function, call, wrt, generated, has_aux=aux, cotangent=cotangent)


def update() -> None:
    """Writes the outputs of errors.md and checking.md anew."""
    for page in (ERRORS, CHECKING):
        _update(page)


def _update(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for section in reversed(sections(page)):
        for block in section.blocks("console") + section.blocks("pycon"):
            head = [line for line in block.splitlines() if line.startswith(("$ ", ">>> "))]
            new = "\n".join(head) + "\n" + output(section)
            place = section.start + section.text.index(block)
            text = text[:place] + new + text[place + len(block) :]
    page.write_text(text, encoding="utf-8")


# ---------------------------------------------------------------- modes


def test_the_program_of_the_modes_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its blocks are one program, whose assertions hold; generated text is shown as it is."""
    text = MODES.read_text(encoding="utf-8")
    blocks = [(found[1], found[2]) for found in BLOCK.finditer(text)]
    program = "\n\n".join(code for language, code in blocks if language == "python")
    (tmp_path / "modes_page.py").write_text(program, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    module = importlib.import_module("modes_page")
    shown = [code for language, code in blocks if language == "py"]
    columns = module.jacobian(module.residual, mode="forward")
    texts = module.jvp(module.layer).source + columns.source
    assert shown and all(code in texts for code in shown)


def test_the_program_of_the_page_on_complex_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its blocks are one program, whose assertions hold; generated text is shown as it is."""
    text = COMPLEX.read_text(encoding="utf-8")
    blocks = [(found[1], found[2]) for found in BLOCK.finditer(text)]
    program = "\n\n".join(code for language, code in blocks if language == "python")
    (tmp_path / "complex_page.py").write_text(program, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    module = importlib.import_module("complex_page")
    shown = [code for language, code in blocks if language == "py"]
    assert shown and all(code in module.grad(module.retrieval).source for code in shown)


if __name__ == "__main__":
    if sys.argv[1:] != ["--update"]:
        raise SystemExit(__doc__)
    update()
