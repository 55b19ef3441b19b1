"""The README, CONTRIBUTING and docs/design.md say what is so: their programs are run.

A page is written anew from what its blocks give now, and compared with what it says:

    ```python     that begins with `# NAME.py` is a file; put behind the file of that name, if any
    ```python     right after a command without output is what the command prints
    ```console    `$ command`, then what it prints, if the page shows that
    ```pycon      what an interpreter answers

`python -m tests.test_readme --update` writes the pages. Commands under "Set-up" are not run here:
`.ci/run` takes them from the README. Of the commands without output, only those are.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = ["README.md", "CONTRIBUTING.md", "docs/design.md"]
BLOCK = re.compile(r"^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.S | re.M)
FILE = re.compile(r"# (\S+\.py)\n+")
PLACED = ["examples", "pyproject.toml", "s2sad", "templates", "tests/__init__.py", "tests/rule.py"]


def read(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def rewritten(page: str) -> str:
    """The page with the outputs that its blocks have now."""
    text = read(page)
    parts: list[str] = []
    end = 0
    with project() as folder:
        scope: dict[str, object] = {}
        waiting = ""
        for block in BLOCK.finditer(text):
            between = text[end : block.start()]
            new = block["text"]
            if block["language"] == "python" and waiting and not between.strip():
                new = printed(waiting, folder)
            elif block["language"] == "python":
                place(new, folder)
            elif block["language"] == "pycon":
                new = answered(new, scope)
            waiting = ""
            if block["language"] == "console":
                commands = [line[2:] for line in new.splitlines() if line.startswith("$ ")]
                if len(commands) < len(new.splitlines()):
                    new = "".join(f"$ {each}\n{printed(each, folder)}" for each in commands)
                else:
                    waiting = commands[-1]
            parts += [between, f"```{block['language']}\n{new}```"]
            end = block.end()
    return "".join([*parts, text[end:]])


@contextlib.contextmanager
def project() -> Iterator[Path]:
    """A folder with a copy of the project's settings, rules and examples, to run commands in."""
    before = os.getcwd(), list(sys.path), set(sys.modules)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        for item in PLACED:
            (folder / item).parent.mkdir(exist_ok=True)
            if (ROOT / item).is_dir():
                shutil.copytree(ROOT / item, folder / item, ignore=shutil.ignore_patterns("*.pyc"))
            else:
                shutil.copy(ROOT / item, folder / item)
        os.chdir(folder)
        sys.path.insert(1, name)
        try:
            yield folder
        finally:
            os.chdir(before[0])
            sys.path[:] = before[1]
            for module in set(sys.modules) - before[2]:
                if str(getattr(sys.modules[module], "__file__", "")).startswith(str(folder)):
                    del sys.modules[module]


def place(text: str, folder: Path) -> None:
    """Writes a block that is a file, behind what is in the file already."""
    head = FILE.match(text)
    if head is None:
        compile(text, "block", "exec")
        return
    with open(folder / head[1], "a", encoding="utf-8") as file:
        file.write(("\n\n" if file.tell() else "") + text[head.end() :])


def printed(line: str, folder: Path) -> str:
    """What a command prints, to both streams."""
    words = shlex.split(line)
    if words[0] == "python":
        done = subprocess.run(
            [sys.executable, *words[1:]], cwd=folder, capture_output=True, text=True, check=False
        )
        return done.stdout + done.stderr
    assert words[0] == "s2sad", line
    from click.testing import CliRunner

    from s2sad.cli import command

    run = CliRunner().invoke(command, words[1:])
    return str(run.stdout) + str(run.stderr)


def answered(block: str, scope: dict[str, object]) -> str:
    """A session with the interpreter, with its answers."""
    lines = []
    for example in doctest.DocTestParser().get_examples(block):
        first, *rest = example.source.splitlines()
        lines += [f">>> {first}", *(f"... {line}" for line in rest)]
        shown = io.StringIO()
        with contextlib.redirect_stdout(shown):
            try:
                exec(compile(example.source, "<session>", "single"), scope)
            except Exception as error:
                print("".join(traceback.format_exception_only(error)), end="")
        lines += shown.getvalue().splitlines()
    return "".join(f"{line}\n" for line in lines)


# ---------------------------------------------------------------- the pages


@pytest.mark.parametrize("page", PAGES)
def test_page_says_what_is_so(page: str) -> None:
    assert rewritten(page) == read(page), f"python -m tests.test_readme --update writes {page}"


@pytest.mark.parametrize("page", [*PAGES, "CHANGELOG.md"])
def test_links_lead_somewhere(page: str) -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", read(page)):
        assert (ROOT / page).parent.joinpath(target).exists(), f"{page} links to {target}"


@pytest.mark.parametrize("page", PAGES)
def test_paths_exist(page: str) -> None:
    """Files of the project that a page names in running text."""
    text = BLOCK.sub("", read(page))
    folders = "s2sad|templates|tests|examples|benchmarks|docs"
    for path in re.findall(rf"`((?:{folders})/[\w/.-]+)`", text):
        assert (ROOT / path).exists(), f"{page} names {path}"


# ---------------------------------------------------------------- the README


def test_readme_opens_with_the_function_of_the_example() -> None:
    blocks = [block for block in BLOCK.finditer(read("README.md"))]
    assert blocks[0]["language"] == "python"
    assert blocks[0]["text"] in read("examples/first.py")
    assert blocks[1]["text"] == "$ s2sad generate examples/first.py\n"
    assert blocks[2]["text"].startswith('"""Gradients of first.py')


def test_readme_has_two_commands_of_set_up() -> None:
    """`.ci/run` runs them, as it finds them here."""
    section = read("README.md").partition("\n## Set-up\n")[2].partition("\n## ")[0]
    blocks = [block for block in BLOCK.finditer(section)]
    assert [block["language"] for block in blocks] == ["console", "console"]
    assert all(block["text"].startswith("$ ") for block in blocks)
    assert all(len(block["text"].splitlines()) == 1 for block in blocks)


def test_readme_names_the_public_interface() -> None:
    import s2sad

    for name in s2sad.__all__:
        assert f"`{name}" in read("README.md") or f"@{name}" in read("README.md"), name


NOT_YET = """
def put(y, x, n):
    y[0] = x * x
    if n > 0:
        put(y, x * 0.5, n - 1)


def f(x):
    y = [0.0]
    put(y, x, 2)
    return y[0]


def tail(a, n):
    return a if n == 0 else tail(a[1:], n - 1)


def g(x):
    y = x * 2.0
    t = tail(y, 2)
    t *= 3.0
    return y[3]
"""


def test_what_is_not_supported_yet_is_refused(tmp_path: Path) -> None:
    """The section "Not yet": recursions that change a caller's list, or return parts of arrays that
    are written into."""
    from click.testing import CliRunner

    from s2sad.cli import command

    path = tmp_path / "model.py"
    path.write_text(NOT_YET)
    for name in ("f", "g"):
        written = CliRunner().invoke(command, ["generate", str(path), "--function", name])
        assert written.exit_code == 2
        assert "S2S011" in written.stderr


def test_changelog_has_this_version() -> None:
    import s2sad

    assert f"\n## {s2sad.__version__}\n" in read("CHANGELOG.md")


def main(words: list[str]) -> int:
    if words != ["--update"]:
        print(__doc__, file=sys.stderr)
        return 2
    for page in PAGES:
        text = rewritten(page)
        if text != read(page):
            (ROOT / page).write_text(text, encoding="utf-8")
            print(page)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
