"""The last step: black, with the user's own settings."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from s2sad.emit.settled import with_settled, without_settled
from s2sad.source.text import stamp_of

if TYPE_CHECKING:
    import black


def formatted(text: str, path: Path | None) -> str:
    """The text as black writes it, with the `[tool.black]` of the project that `path` is in."""
    import black

    mode = _mode(path)
    rest, runs = without_settled(text, mode.line_length)
    return with_settled(black.format_str(rest, mode=mode), runs)


def _mode(path: Path | None) -> black.Mode:
    import black
    from black.const import DEFAULT_LINE_LENGTH
    from black.files import find_pyproject_toml
    from black.mode import TargetVersion

    # Generated files are for the Pythons that s2sad is for, unless the project says otherwise.
    targets = {TargetVersion[name] for name in ("PY311", "PY312", "PY313")}
    if path is None:
        return black.Mode(target_versions=targets)
    found = find_pyproject_toml((str(path),))
    settings = _settings(found, stamp_of(Path(found))) if found else {}
    stated = settings.get("target_version")
    if stated:
        names = [stated] if isinstance(stated, str) else stated
        targets = {TargetVersion[str(name).upper()] for name in names}
    return black.Mode(
        target_versions=targets,
        line_length=int(settings.get("line_length", DEFAULT_LINE_LENGTH)),
        string_normalization=not settings.get("skip_string_normalization", False),
        magic_trailing_comma=not settings.get("skip_magic_trailing_comma", False),
    )


@lru_cache(maxsize=8)
def _settings(file: str, stamp: tuple[int, int] | None) -> dict[str, Any]:
    """What a `pyproject.toml` says to black, while the file is as it was at its stamp."""
    from black.files import parse_pyproject_toml

    return parse_pyproject_toml(file)
