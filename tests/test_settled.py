"""What is kept from black is what black would leave as it is."""

from __future__ import annotations

import ast
import random
from pathlib import Path

import black
import pytest

from s2sad.emit.settled import with_settled, without_settled

HERE = Path(__file__).parent
FILES = sorted((HERE / "golden").rglob("*.py")) + sorted((HERE / "corpus").glob("[a-c]*.py"))
WIDTH = 88


def formatted(text: str) -> str:
    rest, runs = without_settled(text, WIDTH)
    return with_settled(black.format_str(rest, mode=black.Mode()), runs)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_files_are_formatted_as_by_black(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert formatted(text) == black.format_str(text, mode=black.Mode())
    unparsed = ast.unparse(ast.parse(text))  # the same code laid out in another way
    assert formatted(unparsed) == black.format_str(unparsed, mode=black.Mode())


def test_most_lines_are_kept_from_black() -> None:
    text = "def f(x):\n" + "".join(f"    v{k} = np.sin(x) * {k}.0\n" for k in range(50))
    rest, runs = without_settled(text, WIDTH)
    assert len(rest.splitlines()) == 2 and len(runs) == 1


BINARY = "+ - * / // % @ ** << >> & | ^ == != < <= and or is in".split()


def expression(rng: random.Random, depth: int) -> str:
    """An expression, its parentheses now and then redundant and its spaces now and then missing."""

    def part() -> str:
        return expression(rng, depth - 1)

    if depth == 0:
        return rng.choice(
            ["a", "b.c", "1", "2.5", "1e-3", "None", "...", '"s"', "'s'", "0xFF", "1_0"]
        )
    forms = [
        lambda: f"{part()} {rng.choice(BINARY)} {part()}",
        lambda: f"{part()}{rng.choice('+-*/')}{part()}",
        lambda: f"({part()})",
        lambda: f"({part()} {rng.choice(BINARY)} {part()})",
        lambda: f"{rng.choice(['-', '+', '~', 'not '])}{part()}",
        lambda: f"f({part()}, k={part()})",
        lambda: f"g({part()},)",
        lambda: f"a[{part()}]",
        lambda: f"a[{part()}:{part()}]",
        lambda: f"a[:{part()}, {part()}, ::-1]",
        lambda: f"a[-1:, b:c, {part()}:]",
        lambda: f"[{part()}, {part()}]",
        lambda: f"({part()}, {part()})",
        lambda: f"({part()}).T",
        lambda: f"{part()} if {part()} else {part()}",
        lambda: f"lambda q: {part()}",
        lambda: f"[q for q in {part()} if {part()}]",
        lambda: f"{{'k': {part()}}}",
        lambda: f"f(*{part()}, **{part()})",
        lambda: f'f"{{{part()}}}"',
    ]
    return rng.choice(forms)()


STATEMENTS = [
    *("{} = {}", "x = {}", "x += {}", "x = y = {}", "x, y = {}, {}", "x = ({})", "f({})"),
    *("x = {}  # a comment", "x: int = {}", "return {}", "x = {}; y = {}", "del x", "assert ({})"),
    *("# a comment", "#a comment", "", "\n", "print(({}))", "x = [\n    1,\n        2]"),
    "for q in ({}):\n        x = {}\n        # a comment\n\n        y = {}",
    "if ({}):\n        x = {}\n    else:\n        y = {}\n\n\n        z = {}",
    "if {}:\n        return {}\n    elif {}:\n        # a comment\n        pass\n    y = {}",
    "while {}:\n        x = {}\n        break\n\n    y = {}",
    "for a, b in {}:\n        if {}:\n            continue\n        # a comment\n    y = {}",
    "if {}:\n\n        x = {}\n    # a comment\n    else:\n        y = {}",
    "if {}:\n        x = {}\n\n    else:\n\n        # a comment\n        y = {}",
    "if {}:\n        x = {}\n    else:\n        if {}:\n            return\n\n        x = {}",
    *('"""Text\n    x = 1\n    """', "@d\n    def g():\n      x = {}"),
]


def program(rng: random.Random) -> str:
    lines = ["def f(x):"]
    for _ in range(rng.randint(1, 8)):
        form = rng.choice(STATEMENTS)
        parts = [expression(rng, rng.randint(0, 2)) for _ in range(form.count("{}"))]
        if form.startswith("{}"):
            parts[0] = rng.choice(["a.b", "a[0]", "a[i, :]", "(a)", "a, b", "a[i:j + 1]"])
        lines.append("    " + form.format(*parts))
    return "\n".join([*lines, "    return x", ""])


@pytest.mark.filterwarnings("ignore::SyntaxWarning")
@pytest.mark.parametrize("first", range(0, 500, 125))
def test_random_programs_are_formatted_as_by_black(first: int) -> None:
    for number in range(first, first + 125):
        text = program(random.Random(number))
        try:
            ast.parse(text)
            expected = black.format_str(text, mode=black.Mode())
        except (SyntaxError, black.InvalidInput):
            continue
        assert formatted(text) == expected, text
