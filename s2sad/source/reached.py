"""The texts of the project's files that a module imports, directly or not: where rules may stand.

Only the import statements are looked at, and nothing is parsed: most files have no rules in them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from s2sad.source.module import SourceModule
from s2sad.source.text import normalised, read_text

_IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+(\.*)([\w.]*)[ \t]+import[ \t]+(\([^)]*\)|.*)|import[ \t]+(.*))", re.M
)


def reached(module: SourceModule) -> dict[Path, str]:
    """The files, with their texts, in the order in which they are met; not the module itself."""
    found: dict[Path, str] = {}
    if module.path is None:
        return found
    todo = [(module.path, module.text)]
    while todo:
        path, text = todo.pop(0)
        place = module.project.place(path)
        for names in _imported(text, place.absolute):
            for file, _ in place.files(names):
                if file not in found and file != module.path:
                    try:
                        found[file] = normalised(read_text(file))
                    except Exception:  # whoever imports it for its names is told why
                        continue
                    todo.append((file, found[file]))
    return found


def _imported(text: str, absolute: Callable[[int, str], str]) -> Iterator[list[str]]:
    """The dotted paths that a text imports, as lists of names."""
    for dots, home, names, modules in _IMPORT.findall(text):
        if modules:
            for part in modules.split("#")[0].split(","):
                path = part.split(" as ")[0].strip()
                if path:
                    yield path.split(".")
            continue
        base = absolute(len(dots), home) if dots else home
        for part in re.sub(r"#.*", "", names).strip("() \t").split(","):
            name = part.split(" as ")[0].strip()
            if base and name:
                yield [*base.split("."), *([] if name == "*" else [name])]
