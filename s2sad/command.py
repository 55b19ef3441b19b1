"""The command line that a generated file says it was made by.

It depends on the two files and the options alone, not on the folder it is run in, so that a file
is the same whoever refreshes it. Names are relative to the project (the folder of the nearest
`pyproject.toml` that has both files in it), else to the deepest folder that holds both.

    >>> canonical_command(Path("/p/a/mlp.py"), Path("/p/a/mlp_grad.py"))
    's2sad generate mlp.py -o mlp_grad.py'
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from pathlib import Path

from s2sad.parameters import Wrt

DEFAULT_MODES = ("value-and-grad",)


def canonical_command(
    source: Path | None,
    output: Path | None = None,
    *,
    functions: Sequence[str] = (),
    wrt: Wrt = None,
    modes: Sequence[str] = DEFAULT_MODES,
    has_aux: bool = False,
    in_place: bool = False,
    memory_comments: bool = False,
) -> str:
    """The command that generates `output` from `source`; None for standard streams."""
    files = [_real(path) for path in (source, output) if path is not None]
    base = _base(files)
    words = ["s2sad", "generate", _name(source, base)]
    if output is not None:
        words += ["-o", _name(output, base)]
    for function in functions:
        words += ["--function", function]
    if wrt is not None:
        words += ["--wrt", _spelled(wrt)]
    if tuple(modes) != DEFAULT_MODES:
        words += ["--mode", ",".join(modes)]
    if has_aux:
        words += ["--has-aux"]
    if in_place:
        words += ["--in-place"]
    if memory_comments:
        words += ["--memory-comments"]
    return shlex.join(words)


def _spelled(wrt: Wrt) -> str:
    """What `--wrt` takes: `W`, `W,b`, or `W,` for a tuple of one."""
    if wrt is None or isinstance(wrt, (str, int)):
        return str(wrt)
    return ",".join(map(str, wrt)) + ("," if len(wrt) == 1 else "")


def _base(files: Sequence[Path]) -> Path | None:
    """The folder that names are relative to, or None when the files have nothing in common."""
    if not files:
        return None
    try:
        shared = Path(os.path.commonpath([path.parent for path in files]))
    except ValueError:  # on different drives
        return None
    for folder in (shared, *shared.parents):
        if (folder / "pyproject.toml").is_file():
            return folder
    return shared if shared != Path(shared.anchor) else None


def _name(path: Path | None, base: Path | None) -> str:
    if path is None:
        return "-"
    return path.name if base is None else _real(path).relative_to(base).as_posix()


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))
