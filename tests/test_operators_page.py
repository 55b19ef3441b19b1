"""docs/operators.md is what the templates say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_page_is_current() -> None:
    """`python docs/make_operators.py` writes it anew."""
    command = [sys.executable, "docs/make_operators.py", "--check"]
    assert subprocess.run(command, cwd=ROOT).returncode == 0
