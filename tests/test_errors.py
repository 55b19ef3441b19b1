"""Refusals: each program in errors/ has a comment on every line that must be refused.

    y = np.poly(x)  # error: S2S012 numpy.poly

names the code and a part of the message. Each is generated for its function `f` with the default
wrt; nothing else may be refused, and the shown place must be in that line.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from s2sad.errors import ManyErrors, S2SADError

PROGRAMS = sorted((Path(__file__).parent / "errors").glob("*.py"))
EXPECTED = re.compile(r"# error: (S2S\d{3})(?: (.+))?$")


def refusals(path: Path) -> list[S2SADError]:
    """What generating the gradient of `f` in a file is refused for."""
    from s2sad.pipeline import Request, generate
    from s2sad.source.module import SourceModule

    try:
        generate(SourceModule.from_path(path), [Request("f")])
    except ManyErrors as many:
        return many.errors
    except S2SADError as error:
        return [error]
    return []


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_refusal(path: Path) -> None:
    wanted = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if match := EXPECTED.search(line):
            wanted[number] = (match[1], match[2] or "")
    found = refusals(path)
    assert found, "it was not refused"
    places = {}
    for error in found:
        assert error.location is not None, f"without a place: {error.message}"
        places[error.location.line] = error
    report = "\n".join(error.render() for error in found)
    assert places.keys() == wanted.keys(), report
    for line, (code, part) in wanted.items():
        error = places[line]
        assert error.code == code, report
        assert part in error.message, report
        assert error.advice, f"no advice: {error.message}"


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_form(path: Path) -> None:
    """Place, code and message; the line; the caret under the expression; the way out."""
    for error in refusals(path):
        head, source, caret, *advice = error.render().splitlines()
        location = error.location
        assert location is not None
        number = location.line
        assert head == f"{path}:{number}:{location.column}: {error.code} {error.message}"
        assert source.endswith(path.read_text(encoding="utf-8").splitlines()[number - 1])
        assert 0 < caret.count("^") <= len(source)
        shown = source[caret.index("^") : caret.rindex("^") + 1]
        assert shown.strip() == shown, f"the caret is under {shown!r}"
        assert f"docs/errors.md#{error.code}" in " ".join(advice)
