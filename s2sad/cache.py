"""Generated modules, kept on disk between runs of Python.

An entry is one file: a line that says what it is, a checksum, and by `marshal` what `Entry` holds
together with all that it was made from. It is used only if

- its checksum is right,
- it was made by this very s2sad and Python, with these templates and this black (`toolchain`),
- the module of the function, and every other module that was read for it, is as it was;

else it is made again. Nothing here raises an error: a cache that is damaged, cannot be written, or
is switched off costs time and nothing else. Files are replaced as a whole, so that several
processes may share a cache, and are private, since an entry holds code that will be run.

Beside each entry lies the text of the module as a `.py` file. It is never read back: it is what
debuggers open and tracebacks name.

`S2SAD_CACHE_DIR` names another folder, `S2SAD_CACHE=off` switches the cache off.

As importing a decorated module runs this code, it imports nothing that Python has not imported
already. Its checksum is the one by which Python validates its own `.pyc` files.
"""

from __future__ import annotations

import functools
import importlib.util
import linecache
import marshal
import os
import sys
from types import CodeType
from typing import NamedTuple

FORMAT = b"s2sad cache 1\n"
CHECKSUM_BYTES = 8
MOST_ENTRIES = 2048
TRUSTED = (0,)  # users other than oneself whose entries are run
NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


class Key(NamedTuple):
    """What an entry is for (`stem`, `identity`) and what it has to agree with (`made_from`).

    The first two give the file its name, so that a new version of a function replaces the old one.
    """

    stem: str
    identity: tuple[str, ...]
    made_from: tuple[str, ...]

    @property
    def file(self) -> str:
        """The name of the entry's file, without an extension."""
        return f"{self.stem}-{digest(repr((python(), self.identity)))}"


class Entry(NamedTuple):
    """A generated module: its text, its code, the function that is its point.

    `captured` names the keyword parameters of that function that stand for captured values.
    """

    text: str
    code: CodeType
    name: str
    captured: tuple[str, ...] = ()


def load(key: Key) -> Entry | None:
    """The entry for `key`, if there is one that is undamaged and up to date."""
    path = _path(key)
    payload = _payload(path + ".s2sad") if path else None
    if payload is None or len(payload) <= len(FORMAT) + CHECKSUM_BYTES:
        return None
    body = payload[len(FORMAT) + CHECKSUM_BYTES :]
    if payload[: -len(body)] != FORMAT + importlib.util.source_hash(body):
        return None
    try:
        made_from, modules, *parts = marshal.loads(body)
        entry = Entry(*parts)
    except (EOFError, TypeError, ValueError):
        return None
    if made_from != (toolchain(), *key.made_from):
        return None
    if any(digest_of_file(name) != then for name, then in modules):
        return None
    _show(entry.code.co_filename, entry.text)
    return entry


def store(
    key: Key, text: str, name: str, captured: tuple[str, ...], sources: dict[str, str]
) -> Entry:
    """Compiles a generated module and, where that is possible, keeps it.

    `sources` are the texts of all modules that it was made from, by file name.
    """
    path = _path(key)
    shown = path is not None and _replace(path + ".py", text.encode())
    filename = f"{path}.py" if shown else f"<s2sad {key.file}>"
    code = compile(text, filename, "exec", dont_inherit=True)
    _show(filename, text)
    modules = _modules(key, sources)
    if path is not None and modules is not None:
        made_from = (toolchain(), *key.made_from)
        body = marshal.dumps((made_from, modules, text, code, name, captured))
        _replace(path + ".s2sad", FORMAT + importlib.util.source_hash(body) + body)
        _prune(os.path.dirname(path))
    return Entry(text, code, name, captured)


def folder() -> str | None:
    """The folder of the cache, or None when there is to be none."""
    if os.environ.get("S2SAD_CACHE", "").strip().lower() in ("off", "0", "no", "false"):
        return None
    chosen = os.environ.get("S2SAD_CACHE_DIR")
    if chosen:
        return os.path.abspath(chosen)
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA", "")
    elif sys.platform == "darwin":
        base = os.path.expanduser("~/Library/Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME", "")
        base = base if os.path.isabs(base) else os.path.expanduser("~/.cache")
    return os.path.join(base, "s2sad") if os.path.isabs(base) else None


def digest(text: str) -> str:
    """A short checksum of a text, the same for every way to end a line."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    return importlib.util.source_hash(text.encode("utf-8", "surrogatepass")).hex()


def digest_of_file(name: str) -> str | None:
    """The checksum of a file's text, or None when it cannot be read."""
    try:
        status = os.stat(name)
        return _digest_of_file(name, status.st_mtime_ns, status.st_size)
    except (OSError, ValueError):  # a name that is none, a text that is not UTF-8
        return None


@functools.lru_cache(maxsize=1024)
def _digest_of_file(name: str, mtime: int, size: int) -> str:
    with open(name, "rb") as file:
        return digest(file.read().decode())


def python() -> str:
    """The version of Python for which code is compiled."""
    return f"{sys.implementation.cache_tag} {importlib.util.MAGIC_NUMBER.hex()}"


@functools.cache
def toolchain() -> str:
    """A stamp of everything but the user's source that decides what is generated.

    Sizes and times of change of s2sad's own files and templates, and of the packages whose
    version matters. None of these is imported or read.
    """
    package = os.path.dirname(os.path.abspath(__file__))
    found = [python(), *stamps(package)]
    found += stamps(os.path.join(os.path.dirname(package), "templates"))
    for name in ("black", "libcst", "numpy"):
        spec = importlib.util.find_spec(name)
        found.append(_stamp(spec.origin) if spec is not None and spec.origin else name)
    return digest("\n".join(sorted(found)))


def stamps(root: str) -> list[str]:
    """A stamp of each Python file under a folder, none if there is no such folder."""
    found = []
    for place, _, names in os.walk(root):
        found += [_stamp(os.path.join(place, name)) for name in names if name.endswith(".py")]
    return found


def _stamp(path: str) -> str:
    try:
        status = os.stat(path)
    except OSError:
        return path
    return f"{path} {status.st_size} {status.st_mtime_ns}"


def _modules(key: Key, sources: dict[str, str]) -> tuple[tuple[str, str], ...] | None:
    """Name and checksum of each module that was read, or None when one cannot be checked later.

    The module of the function is in `key.made_from`, by its checksum; it has to be among those that
    were read, or it changed in the meantime.
    """
    digests = {name: digest(text) for name, text in sources.items()}
    if not set(digests.values()) & set(key.made_from):
        return None
    others = {name: found for name, found in digests.items() if found not in key.made_from}
    if not all(os.path.isfile(name) for name in others):
        return None
    return tuple(sorted((os.path.abspath(name), found) for name, found in others.items()))


def _path(key: Key) -> str | None:
    root = folder()
    return None if root is None else os.path.join(root, key.file)


def _payload(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            if hasattr(os, "getuid"):
                owner = os.fstat(file.fileno()).st_uid
                if owner != os.getuid() and owner not in TRUSTED:
                    return None  # somebody else's code
            return file.read()
    except OSError:
        return None


def _replace(path: str, content: bytes) -> bool:
    """Writes a private file as a whole or not at all; tells whether it was written."""
    scratch = f"{path}.{os.urandom(6).hex()}.tmp"
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        with open(os.open(scratch, NEW_FILE, 0o600), "wb") as file:
            file.write(content)
        os.replace(scratch, path)
    except OSError:
        try:
            os.unlink(scratch)
        except OSError:
            pass
        return False
    return True


def _prune(root: str) -> None:
    """Deletes the older half of a cache that has grown large."""
    try:
        entries = [entry for entry in os.scandir(root) if entry.name.endswith(".s2sad")]
        if len(entries) <= MOST_ENTRIES:
            return
        entries.sort(key=lambda entry: entry.stat().st_mtime_ns)
        for entry in entries[: len(entries) // 2]:
            os.unlink(entry.path)
            os.unlink(entry.path.removesuffix(".s2sad") + ".py")
    except OSError:
        pass  # another process is at it


def _show(filename: str, text: str) -> None:
    """Lets tracebacks and debuggers show the generated text, also if its file is gone."""
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
