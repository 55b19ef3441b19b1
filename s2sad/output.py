"""Generated text against what is on disk: is it out of date, what would change, write it.

`same_code(old, new)` compares what two texts say, not how they are laid out: their syntax trees,
and their comments by what they stand next to. A newer black, a longer line, other quotes or
another version of s2sad in the header make no difference; a changed comment does.
"""

from __future__ import annotations

import ast
import io
import os
import re
import stat
import tempfile
import tokenize
from pathlib import Path

from s2sad.errors import S2SADError

VERSION = re.compile(r"\bs2sad \d[\w.+!-]*\b")


def current_text(path: Path) -> str | None:
    """What the file holds now, or None when there is none.

    Raises:
        S2SADError: S2S005, it is something other than a text file.
    """
    try:
        return path.read_bytes().decode().replace("\r\n", "\n")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        return ""  # nothing that s2sad wrote
    except OSError as error:
        raise _unwritable(path, error) from None


def same_code(old: str, new: str) -> bool:
    """Whether two texts say the same, layout and the version of s2sad left out."""
    if old == new:
        return True
    try:
        return _code(old) == _code(new) and _comments(old) == _comments(new)
    except (SyntaxError, ValueError, tokenize.TokenError, RecursionError):
        return False


def diff(old: str, new: str, path: Path) -> str:
    """A unified diff from what the file holds to what it should hold."""
    import difflib  # not needed where nothing differs, and it costs milliseconds

    name = path.as_posix()
    lines = difflib.unified_diff(
        old.splitlines(keepends=True), new.splitlines(keepends=True), name, f"{name} (generated)"
    )
    return "".join(
        line if line.endswith("\n") else line + "\n\\ No newline at end of file\n" for line in lines
    )


def write(path: Path, text: str) -> None:
    """Replaces a file as a whole: nobody ever sees half of it. Its permissions are kept.

    Raises:
        S2SADError: S2S005, it cannot be written; then it is as it was.
    """
    try:
        target = Path(os.path.realpath(path))
        mode = _mode(target)
        if mode is not None and not stat.S_ISREG(mode):
            target.write_bytes(text.encode())  # a folder, which fails, or a pipe or /dev/stdout
            return
        handle, scratch = tempfile.mkstemp(".tmp", f".{target.name}.", target.parent)
        try:
            with open(handle, "wb") as file:
                file.write(text.encode())
            os.chmod(scratch, _new_mode() if mode is None else stat.S_IMODE(mode))
            os.replace(scratch, target)
        except BaseException:
            os.unlink(scratch)
            raise
    except OSError as error:
        raise _unwritable(path, error) from None


def _mode(path: Path) -> int | None:
    try:
        return path.stat().st_mode
    except FileNotFoundError:
        return None


def _new_mode() -> int:
    """The permissions of a file that `open` would create."""
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _unwritable(path: Path, error: OSError) -> S2SADError:
    if isinstance(error, IsADirectoryError) or os.path.isdir(path):
        return S2SADError("S2S005", f"{path} is a folder", None, "Give the name of a file in it.")
    if not os.path.isdir(path.parent):
        return S2SADError(
            "S2S005", f"there is no folder {path.parent}", None, f"Create it, to write {path}."
        )
    reason = error.strerror or str(error)
    return S2SADError(
        "S2S005", f"cannot write {path}: {reason}", None, "Choose another file with -o."
    )


def _code(text: str) -> str:
    """The syntax tree, docstrings by their words."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            documented = ast.get_docstring(node)
            if documented is not None:
                words = " ".join(documented.split())
                words = VERSION.sub("s2sad", words) if node is tree else words
                node.body[0] = ast.Expr(ast.Constant(words))
    return ast.dump(tree)


def _comments(text: str) -> list[tuple[int, str]]:
    """Each comment with the number of words of code before it; neighbours are one comment."""
    comments: list[tuple[int, str]] = []
    place = 0
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            words = " ".join(token.string.lstrip("#").split())
            if comments and comments[-1][0] == place:
                words = f"{comments.pop()[1]} {words}"
            comments.append((place, words))
        elif token.type in (tokenize.NAME, tokenize.NUMBER):
            place += 1
    return comments
