"""Writes docs/operators.md from the templates: `python docs/make_operators.py`.

With `--check` it only says whether the page is current.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from s2sad.derive.folder import templates_folder  # noqa: E402
from s2sad.derive.templates import Rule  # noqa: E402
from tests.rule import CONVENTIONS, all_rules, parts, template  # noqa: E402

PAGE = ROOT / "docs" / "operators.md"

INTRODUCTION = """\
# Operators

What s2sad can differentiate, and how. This page is written by `python docs/make_operators.py` from
the rules under `templates/`, which the tests compare with differences; edit those.

Each row is one variant of an operator. The first that fits is taken: arguments that the row
does not name are not given, or have their defaults; the shapes in the second column are proved,
and so are its conditions. `n m` is a matrix, `... n m` a stack of matrices, `*s` any shape;
without a shape operands are combined element by element, and their adjoints are summed over
what was broadcast. `y` is the result and `d_y` its adjoint; functions called `helper` are
copied into the generated file. A `const` operand gets no derivative, and neither does an
argument that is not an operand: where one depends on what is differentiated, the row does not
fit. Spellings are one: `x.sum(0)` is `np.sum(x, axis=0)`, `np.add(a, b)` is `a + b`,
`np.absolute` is `np.abs`. A list of numbers where NumPy takes an array is `np.array` of it.

Operands are real, unless the second column says `complex` or `real or complex`. In a row of the
latter, values are conjugated where they are complex: `d_x += d_y * y` stands for
`d_x += d_y * np.conj(y)`. The adjoint of a real operand is the real part of what is shown. See the
page on complex numbers.

An operator that is not here is refused, unless no derivative flows through it. `@adjoint` gives
it a rule; see the errors page under S2S012.
"""

CONVENTIONS_TEXT = """\
## Where the derivative does not exist

By convention, from an adjoint of ones:

| at | slopes |
| --- | --- |
"""


def page() -> str:
    """The text of the page."""
    text = [INTRODUCTION, CONVENTIONS_TEXT + "".join(_convention(*row) for row in CONVENTIONS)]
    files: dict[str, list[Rule]] = {}
    for rule in all_rules():
        files.setdefault(rule.file, []).append(rule)
    folder = templates_folder()
    for file in sorted(files, key=lambda file: Path(file).relative_to(folder).as_posix()):
        if Path(file).name != "backward.py":
            text.append(_section(Path(file), files[file]))
    return "\n".join(text)


def _section(file: Path, rules: list[Rule]) -> str:
    title = (ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or "").split("\n")[0]
    active = sorted((rule for rule in rules if not rule.zero), key=lambda rule: rule.line)
    zero = sorted((rule for rule in rules if rule.zero), key=lambda rule: rule.line)
    lines = [f"## {title.rstrip('.')}\n"]
    if active:
        lines += ["| operator | where | derivative | |", "| --- | --- | --- | --- |"]
        lines += [_row(rule) for rule in active]
    if active and zero:
        lines.append("")
    if zero:
        lines += ["| derivative zero | |", "| --- | --- |"]
        lines += [f"| {_code(_match(rule))} | {_doc(rule)} |" for rule in zero]
    return "\n".join(lines) + "\n"


def _row(rule: Rule) -> str:
    formula = "<br>".join(_code(ast.unparse(line)) for line in _reverse(parts(rule)[2]))
    return f"| {_code(_match(rule))} | {_where(rule)} | {formula} | {_doc(rule)} |"


def _reverse(lines: list[ast.stmt]) -> list[ast.stmt]:
    """The lines of the reverse derivative: without temporaries that only the tangent reads."""
    kept: list[ast.stmt] = []
    read: set[str] = set()
    for line in reversed(lines):
        match line:
            case ast.Assign([ast.Name(name)]) if name not in read:
                continue
        kept.insert(0, line)
        read |= {node.id for node in ast.walk(line) if isinstance(node, ast.Name)}
    return kept


def _match(rule: Rule) -> str:
    line = parts(rule)[1]
    return ast.unparse(line) if rule.writes else ast.unparse(line.value)


def _where(rule: Rule) -> str:
    numbers = {"holomorphic": ["real or complex"], "complex": ["complex"]}.get(rule.numbers, [])
    specs = [
        f"`{operand.name}`: {operand.spec.replace('*', chr(92) + '*')}"
        for operand in rule.operands
        if operand.spec and operand.spec != "list "
    ]
    node = template(rule)
    conditions = [
        _code(ast.unparse(condition))
        for decorator in node.decorator_list
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "when"
        for condition in decorator.args
    ]
    conditions += [
        f"`{arg.arg}`: {arg.annotation.id}"
        for arg in node.args.kwonlyargs
        if isinstance(arg.annotation, ast.Name)
    ]
    return ", ".join(numbers + specs + conditions)


def _doc(rule: Rule) -> str:
    return " ".join(rule.doc.split()).replace("|", "\\|").replace("*", "\\*")


def _code(text: str) -> str:
    return "`" + " ".join(text.split()).replace("|", "\\|") + "`"


def _convention(op: str, name: str, values: dict[str, Any], slopes: list[Any]) -> str:
    rule = next(rule for rule in all_rules() if (rule.op, rule.name) == (op, name))
    point = ", ".join(f"{key} = {_value(value)}" for key, value in values.items())
    active = [operand.name for operand in rule.operands if not operand.const]
    found = ", ".join(f"{key}: {_value(slope)}" for key, slope in zip(active, slopes, strict=True))
    return f"| {_code(_match(rule))} at {point} | {found} |\n"


def _value(value: Any) -> str:
    return str(value.tolist()) if hasattr(value, "tolist") else str(value)


if __name__ == "__main__":
    if "--check" in sys.argv[1:]:
        sys.exit(PAGE.read_text(encoding="utf-8") != page())
    PAGE.write_text(page(), encoding="utf-8")
