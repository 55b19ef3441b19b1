"""Modules written for one test: `Workshop` writes them, imports them, and runs Python on them."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest


class Workshop:
    """A folder on the import path, with a cache folder of its own."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder / "modules"
        self.cache = folder / "cache"
        self.folder.mkdir()
        self.monkeypatch = monkeypatch
        monkeypatch.syspath_prepend(str(self.folder))
        monkeypatch.setenv("S2SAD_CACHE_DIR", str(self.cache))
        monkeypatch.delenv("S2SAD_CACHE", raising=False)
        monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def write(self, name: str, text: str) -> Path:
        """Writes a module, of which nothing is in memory afterwards."""
        path = self.folder / f"{name}.py"
        path.write_text(text)
        sys.modules.pop(name, None)
        importlib.invalidate_caches()
        return path

    def load(self, name: str, text: str | None = None) -> ModuleType:
        """Imports a module as a new process would."""
        if text is not None:
            self.write(name, text)
        self.monkeypatch.delitem(sys.modules, name, raising=False)
        module = importlib.import_module(name)
        self.monkeypatch.setitem(sys.modules, name, module)  # removed when the test is over
        return module

    def run(self, program: str) -> str:
        """Runs a program in another Python that finds the modules; gives what it printed."""
        done = subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            timeout=120,
            cwd=self.folder,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        )
        assert done.returncode == 0, done.stderr
        return done.stdout
