"""Where the templates are: beside the package in a checkout, inside it once installed.

`templates/` is a top-level folder of the project, and `s2sad/templates/` in the wheel.
"""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent


def templates_folder() -> Path:
    """The folder that holds the rules of every operator."""
    installed = PACKAGE / "templates"
    return installed if installed.is_dir() else PACKAGE.parent / "templates"
