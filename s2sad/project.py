"""The settings of a project: `[tool.s2sad]` in the nearest `pyproject.toml`.

    [[tool.s2sad.targets]]
    source = "model.py"
    output = "model_grad.py"
    functions = ["loss"]               # default: every decorated function
    wrt = ["W", "b"]                   # or "W"; default: what the decorator says
    mode = ["value-and-grad", "vjp"]   # or "grad"; default: value-and-grad
    has_aux = false
    in_place = false
    memory_comments = false

    [tool.s2sad]
    templates = "rules"                # a folder of rules of your own: docs/rules.md

Files are named relative to the folder of `pyproject.toml`.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from s2sad.errors import Location, S2SADError
from s2sad.parameters import Wrt, suggestion

MODES = ("value-and-grad", "grad", "vjp", "jvp", "hvp", "jacobian", "hessian", "jacobian-forward",
         "jacobian-reverse", "sparse-jacobian")  # fmt: skip
EXAMPLE = '[[tool.s2sad.targets]] with source = "model.py" and output = "model_grad.py"'
TABLE_KEYS = ("targets", "templates")
TARGET_KEYS = ("source", "output", "functions", "wrt", "mode", "has_aux", "in_place",
               "memory_comments")  # fmt: skip


@dataclass(frozen=True)
class Target:
    """A file to generate. A `source` or `output` of None is the standard stream."""

    source: Path | None
    output: Path | None
    functions: tuple[str, ...] = ()
    wrt: Wrt = None
    modes: tuple[str, ...] = MODES[:1]
    has_aux: bool = False
    in_place: bool = False
    memory_comments: bool = False

    @property
    def flags(self) -> dict[str, bool]:
        """What is asked for besides, by the names that other places have for it, too."""
        return {
            "has_aux": self.has_aux,
            "in_place": self.in_place,
            "memory_comments": self.memory_comments,
        }


def find_settings(start: Path) -> Path | None:
    """The `pyproject.toml` of the project that a folder belongs to."""
    for folder in (start, *start.parents):
        if (folder / "pyproject.toml").is_file():
            return folder / "pyproject.toml"
    return None


def targets_of(settings: Path) -> list[Target]:
    """The targets that a `pyproject.toml` lists.

    Raises:
        S2SADError: S2S006, the settings cannot be understood, or there are none.
    """
    table = _table(settings)
    _refuse_unknown(table, TABLE_KEYS, "[tool.s2sad]", settings)
    listed = table.get("targets", [])
    if not isinstance(listed, list) or not all(isinstance(item, dict) for item in listed):
        raise _bad(settings, "targets is not an array of tables", f"Write {EXAMPLE}.")
    if not listed:
        raise _bad(settings, "there is no target to generate", f"Add {EXAMPLE}.")
    return [_target(item, settings) for item in listed]


def templates_of(settings: Path) -> Path | None:
    """The folder of the project's own rules, None if it has none.

    Raises:
        S2SADError: S2S006, there is no such folder.
    """
    named = _table(settings).get("templates")
    if named is None:
        return None
    if not isinstance(named, str) or not (settings.parent / named).is_dir():
        raise _bad(settings, f"templates is {named!r}", "It names a folder of rules.")
    return settings.parent / named


def modes_in(words: str) -> list[str]:
    """The modes in a list separated by commas.

    Raises:
        ValueError: there is no such mode.
    """
    modes = [word.strip() for word in words.split(",") if word.strip()]
    for mode in modes:
        if mode not in MODES:
            raise ValueError(f"there is no mode {mode}; there are {', '.join(MODES)}")
    return modes


def _table(settings: Path) -> Mapping[str, Any]:
    try:
        text = settings.read_text(encoding="utf-8")
        content = _content(text)
    except UnicodeDecodeError:
        raise _bad(settings, "the file is not UTF-8", "Save it as UTF-8.") from None
    except OSError as error:
        raise _bad(settings, f"it cannot be read: {error.strerror}", "") from None
    except tomllib.TOMLDecodeError as error:
        location = _place(str(error), text, settings)
        message = str(error).partition(" (at ")[0]
        raise S2SADError("S2S006", message, location, "The file is not valid TOML.") from None
    table = content.get("tool", {}).get("s2sad", {})
    return table if isinstance(table, dict) else {}


@lru_cache(maxsize=8)
def _content(text: str) -> Mapping[str, Any]:
    """What a TOML file says: asked for each time that something is generated."""
    return tomllib.loads(text)


def _target(item: Mapping[str, Any], settings: Path) -> Target:
    _refuse_unknown(item, TARGET_KEYS, "a target", settings)
    for key in ("source", "output"):
        if not isinstance(item.get(key), str) or not item[key]:
            raise _bad(settings, f"a target has no {key}", f"Write {EXAMPLE}.")
    functions = item.get("functions", [])
    functions = [functions] if isinstance(functions, str) else functions
    modes = item.get("mode", MODES[0])
    modes = [modes] if isinstance(modes, str) else modes
    wrt = item.get("wrt")
    if not _are(functions, str):
        raise _bad(settings, "functions is not a list of names", 'Write functions = ["loss"].')
    if not _are(modes, str) or not modes or not set(modes) <= set(MODES):
        advice = "A mode is one of " + ", ".join(MODES) + ", or a list of them."
        raise _bad(settings, f"mode is {modes!r}", advice)
    if not (wrt is None or isinstance(wrt, (str, int)) or _are(wrt, (str, int))):
        raise _bad(settings, f"wrt is {wrt!r}", 'Write wrt = "W" or wrt = ["W", "b"].')
    for key in ("has_aux", "in_place", "memory_comments"):
        if not isinstance(item.get(key, False), bool):
            raise _bad(settings, f"{key} is {item[key]!r}", "It is true or false.")
    return Target(
        source=_relative(settings.parent / item["source"]),
        output=_relative(settings.parent / item["output"]),
        functions=tuple(functions),
        wrt=tuple(wrt) if isinstance(wrt, list) else wrt,
        modes=tuple(modes),
        has_aux=item.get("has_aux", False),
        in_place=item.get("in_place", False),
        memory_comments=item.get("memory_comments", False),
    )


def _are(items: object, kind: type | tuple[type, ...]) -> bool:
    return isinstance(items, list) and all(isinstance(item, kind) for item in items)


def _relative(path: Path) -> Path:
    """The path as a user would write it here."""
    try:
        return Path(os.path.relpath(path))
    except ValueError:  # on another drive
        return path


def _refuse_unknown(
    table: Mapping[str, Any], known: tuple[str, ...], where: str, settings: Path
) -> None:
    for key in table:
        if key not in known:
            advice = f"Its keys are {', '.join(known)}.{suggestion(key, known)}"
            raise _bad(settings, f"{where} has no key {key}", advice)


def _bad(settings: Path, message: str, advice: str) -> S2SADError:
    return S2SADError("S2S006", f"{_relative(settings)}: {message}", None, advice)


def _place(message: str, text: str, settings: Path) -> Location | None:
    found = re.search(r"at line (\d+), column (\d+)", message)
    if found is None:
        return None
    line, column = int(found[1]), int(found[2])
    lines = text.split("\n")
    shown = lines[line - 1] if line <= len(lines) else ""
    return Location(str(_relative(settings)), line, column, column + 1, shown)
