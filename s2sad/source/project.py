"""The files of the user's project: which file a dotted path leads to, and one cache of them all.

Files are found as Python would find them, without running anything: below the folder that holds
the top package, in the folder of the file itself, below the project's root and its `src` folder.
The standard library, NumPy and whatever else is installed are never read.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from s2sad.source.module import SourceModule

_INSTALLED = ("site-packages", "dist-packages")
_ROOT_MARKERS = ("pyproject.toml", "setup.py", "setup.cfg", ".git")


class Project:
    """The modules read so far; modules found from one another share it.

    `sources` maps file names, as errors show them, to modules.
    """

    def __init__(self) -> None:
        self.sources: dict[str, SourceModule] = {}
        self._places: dict[Path, Place] = {}
        self._modules: dict[Path, SourceModule] = {}

    def add(self, module: SourceModule) -> None:
        """Remember a module under its file."""
        self.sources[module.filename] = module
        if module.path is not None:
            self._modules[module.path] = module

    def module_at(self, path: Path, relative: bool) -> SourceModule:
        """The module in a file, read once. `relative` is how errors show the file's name."""
        from s2sad.source.module import SourceModule

        if path not in self._modules:
            shown = Path(os.path.relpath(path)) if relative else path
            SourceModule.from_path(shown, self)
        return self._modules[path]

    def place(self, path: Path) -> Place:
        """Where a file stands in its package and project."""
        folder = path.parent
        if folder not in self._places:
            self._places[folder] = Place(folder)
        return self._places[folder]


class Place:
    """A folder of Python files: the package that it is, and where imports are looked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.package: list[str] = []
        root = folder
        while (root / "__init__.py").is_file() and root.parent != root:
            self.package.insert(0, root.name)
            root = root.parent
        self.installed = is_installed(root / "__init__.py")
        self.roots = [root, folder]
        if not self.installed:
            project = _project_root(root)
            self.roots += [project, project / "src"]
        self.roots = list(dict.fromkeys(self.roots))

    def absolute(self, dots: int, path: str) -> str:
        """The absolute name of a relative import, `from ..path import`, in this folder.

        Outside a package the folder's own name stands for the package.
        """
        folder, names = self.folder, list(self.package)
        if not names:
            names = [folder.name]
        for _ in range(dots - 1):
            names.pop()
            folder = folder.parent
            if not names:
                names = [folder.name]
        return ".".join([*names, *([path] if path else [])])

    def files(self, names: list[str]) -> Iterator[tuple[Path, list[str]]]:
        """The files that a dotted path may lead to, each with the rest of the path; the longest
        first. A package stands for its `__init__.py`."""
        if not self._is_own(names[0]):
            return
        roots = self.roots
        if not self.package and names[0] == self.folder.name:
            roots = [self.folder.parent, *roots]
        for root in roots:
            for length in range(len(names), 0, -1):
                stem = root.joinpath(*names[:length])
                for file in (stem.with_name(stem.name + ".py"), stem / "__init__.py"):
                    if file.is_file():
                        yield file, names[length:]

    def _is_own(self, top: str) -> bool:
        if top == (self.package[0] if self.package else self.folder.name):
            return True
        return not self.installed and not is_external(top)


def is_installed(path: str | Path) -> bool:
    """Whether a file belongs to Python or to something that was installed, not to the user."""
    inside = Path(path)
    standard = Path(sysconfig.get_path("stdlib")) in inside.parents
    return standard or any(part in _INSTALLED for part in inside.parts)


def is_external(top: str) -> bool:
    """Whether a top-level module is certainly not the user's own."""
    return top in sys.stdlib_module_names or top in ("numpy", "scipy", "s2sad")


def _project_root(folder: Path) -> Path:
    for parent in (folder, *folder.parents):
        if any((parent / marker).exists() for marker in _ROOT_MARKERS):
            return parent
    return folder
