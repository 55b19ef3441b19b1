"""Template files, of which a process reads only the rules of the operators that it meets.

for template in TemplateFile.at(path).templates():
    template.op          "numpy.tanh", seen from the text of the match line
    template.reader      its function, parsed when this is asked for
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from s2sad.derive.templates import RuleReader
from s2sad.errors import Location, S2SADError
from s2sad.source.operators import canonical

_IMPORT = re.compile(r"import ([\w.]+)(?: as (\w+))?")
_MATCH_LIKE = re.compile(r"    (y = |\w+\[|[\w.]+\()")
_CALL_OF_MODULE = re.compile(r"    y = (\w+)((?:\.\w+)+)\(.*\)")


@dataclass(frozen=True)
class TemplateFile:
    """The text of a template file, divided into its functions.

    There are thousands of lines of templates, and a program needs the rules of a few operators.
    """

    name: str
    lines: list[str]
    modules: dict[str, str]

    @staticmethod
    def at(path: Path) -> TemplateFile:
        """The template file with a path."""
        lines = path.read_text(encoding="utf-8").splitlines()
        return TemplateFile(str(path), lines, dict(_imports(lines)))

    def templates(self) -> Iterator[Template]:
        """The functions of the file, in order, each with its decorators."""
        start, complete = 0, True
        for number, line in enumerate(self.lines):
            if line.startswith(("@", "def ")):
                if complete:
                    if start < number:
                        yield Template(self, start, number)
                    start = number
                complete = line.startswith("def ")
        yield Template(self, start, len(self.lines))


@dataclass(frozen=True)
class Template:
    """One function of a template file: the lines from `start` to before `end`.

    The first one of a file begins with what stands before it.
    """

    file: TemplateFile
    start: int
    end: int

    @property
    def op(self) -> str | None:
        """The operator that it is for; None for what is no function."""
        return self._sketched or (self.reader.pattern.op if self.reader is not None else None)

    @property
    def _sketched(self) -> str | None:
        """The operator, where the match line is one call of a module's function."""
        for line in self.file.lines[self.start : self.end]:
            if _MATCH_LIKE.match(line):
                found = _CALL_OF_MODULE.fullmatch(line)
                if found is None or found[1] not in self.file.modules or not _closes_last(line):
                    return None
                return canonical(self.file.modules[found[1]] + found[2])
        return None

    @cached_property
    def reader(self) -> RuleReader | None:
        """The function, parsed; None where there is none."""
        part = self.file.lines[self.start : self.end]
        try:
            module = ast.parse("\n" * self.start + "\n".join(part))
        except SyntaxError as error:
            source = (error.text or "").rstrip("\n")
            place = Location(self.file.name, error.lineno or 1, error.offset or 1, 0, source)
            raise S2SADError("S2S080", f"a template is not Python: {error.msg}", place) from None
        for node in module.body:
            if isinstance(node, ast.FunctionDef):
                return RuleReader(self.file.name, self.file.lines, self.file.modules, node)
        return None


def _closes_last(line: str) -> bool:
    """Whether the first parenthesis of a line is closed by its last character."""
    depth = 0
    for position, character in enumerate(line):
        depth += (character in "([{") - (character in ")]}")
        if depth == 0 and character in ")]}":
            return position == len(line) - 1
    return False


def _imports(lines: list[str]) -> Iterator[tuple[str, str]]:
    """What the names of modules stand for: ('np', 'numpy')."""
    for line in lines:
        found = _IMPORT.fullmatch(line)
        if found is not None:
            yield (found[2], found[1]) if found[2] else (found[1].split(".")[0],) * 2
