"""The text of a module and its syntax tree, or the refusal that says why there is none."""

from __future__ import annotations

import ast
import io
import sys
import tokenize
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import libcst as cst

from s2sad.errors import Location, S2SADError

_DEEP = 20_000


@contextmanager
def deep_recursion() -> Iterator[None]:
    """Room for LibCST to walk a sum of a thousand terms, which is a tree of that depth."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, _DEEP))
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


def normalised(text: str) -> str:
    """The text as Python's own reader sees it: no byte order mark, one kind of line end."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def stamp_of(path: Path) -> tuple[int, int] | None:
    """What changes when a file is written; None when there is no file."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def read_text(path: Path) -> str:
    """The text of a file, in the encoding that it declares."""
    advice = "Give the path of a Python file."
    try:
        data = path.read_bytes()
    except IsADirectoryError:
        raise S2SADError("S2S001", f"{path} is a folder", None, advice) from None
    except FileNotFoundError:
        raise S2SADError("S2S001", f"{path} does not exist", None, advice) from None
    except OSError as error:
        message = f"cannot read {path}: {error.strerror or error}"
        raise S2SADError("S2S001", message, None, advice) from None
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return data.decode(encoding)
    except (UnicodeDecodeError, SyntaxError):
        message = f"{path} is not the text that it declares to be"
        advice = "Save it as UTF-8, or name its encoding in the first line: # coding: latin-1."
        raise S2SADError("S2S001", message, None, advice) from None


def parse(text: str, filename: str) -> cst.Module:
    """The tree of a text. Python's own parser goes first: it is quick, it has the better messages,
    and it stops at a depth at which LibCST's would not return."""
    fault: SyntaxError | None = None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text, filename)
    except SyntaxError as error:
        fault = error
    except (RecursionError, MemoryError, ValueError):
        advice = "Split the expression that is nested too deeply."
        raise S2SADError("S2S002", f"{filename} cannot be parsed", None, advice) from None
    if fault is not None and "too many nested" in fault.msg:
        raise _syntax_error(text, filename, fault)
    try:
        return cst.parse_module(text)
    except cst.ParserSyntaxError as error:
        if fault is None:
            fault = SyntaxError("invalid syntax")
            fault.lineno, fault.offset = error.raw_line, error.raw_column + 1
        raise _syntax_error(text, filename, fault) from None


def _syntax_error(text: str, filename: str, fault: SyntaxError) -> S2SADError:
    lines = text.split("\n")
    line = min(max(fault.lineno or 1, 1), len(lines))
    column = max(fault.offset or 1, 1)
    one_line = fault.end_lineno in (None, line) and fault.end_offset
    end = max(fault.end_offset or 0, column + 1) if one_line else column + 1
    location = Location(filename, line, column, end, lines[line - 1])
    advice = "The file is not valid Python; correct this first."
    return S2SADError("S2S002", f"syntax error: {fault.msg}", location, advice)
