"""What a derivative remembers, in words: `s2sad generate --explain-memory`, and as comments in the
file by `--memory-comments`.

energy_value_and_grad remembers:
  x_trace: x, before line 10
    size:   n floats
    needed: by the adjoints of lines 11, 13
    why:    the line gives it another value, and what it comes from is not at hand later
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from s2sad.analysis.iteration import unwrapped
from s2sad.analysis.types import SCALAR, Array, Inert, Shape
from s2sad.derive.memory.checkpoints import is_checkpointed
from s2sad.derive.memory.plan import Kept
from s2sad.ir.nodes import Apply, For, Stmt
from s2sad.tidy.dead import all_reads


def explanation(derived: Any, texts: Any) -> str:
    """What a generated function remembers; `texts` writes expressions."""
    read = {v for s in derived.plan.backward for v in all_reads(s)}
    kept = [k for k in derived.plan.kept.values() if k.keeper in read]
    if not kept:
        return f"{derived.name} remembers nothing.\n"
    lines = [f"{derived.name} remembers:"]
    for each in kept:
        lines += _lines(each, derived.names.name(each.keeper), texts)
    return "\n".join(lines) + "\n"


def _lines(kept: Kept, name: str, texts: Any) -> list[str]:
    where = line_of(kept.statement)
    title = f"  {name}: {kept.what}" + (f", before line {where}" if where else "")
    numbers = sorted({n for s in kept.needed if (n := line_of(s))})
    plural = "s" if len(numbers) > 1 else ""
    lines = [title, f"    size:   {_size(kept, texts)}"]
    if numbers:
        listed = ", ".join(map(str, numbers))
        lines.append(f"    needed: by the adjoint{plural} of line{plural} {listed}")
    return [*lines, f"    why:    {kept.why}"]


def comment(kept: Kept, texts: Any, quoted: Callable[[Stmt], str]) -> str:
    """The same beside the statement that keeps a value, without numbers of lines: `quoted` gives
    statements of the source."""
    needed = [text for s in sorted(kept.needed, key=line_of) if (text := quoted(s))]
    what = f"{kept.what}, {_size(kept, texts)}"
    purpose = f" The adjoint of {';  '.join(needed)} reads it." if needed else ""
    return f"Keeps {what}: {kept.why}.{purpose}"


def line_of(statement: Stmt | None) -> int:
    """The line of a statement in the source; 0 for one that has none."""
    origin = getattr(statement, "origin", None)
    if origin is None:
        return 0
    location = origin.module.location(origin.node)
    return 0 if location is None else int(location.line)


def _size(kept: Kept, texts: Any) -> str:
    """The number of floats as a formula in trip counts and sizes."""
    counts = [_trips(loop, texts) for loop in kept.loops]
    if kept.per_block and kept.statement is not None:
        assert isinstance(kept.statement, For)
        counts.append(f"len(in_blocks({texts.text(kept.statement.iterable)}))")
    kind = kept.kind
    if isinstance(kind, Inert):
        return " * ".join([*counts, "1 object"])
    if not isinstance(kind, Array) or not isinstance(kind.shape, Shape):
        return " * ".join([*counts, f"the size of {kept.what}"])
    dims = [_factor(str(d)) for d in kind.shape.dims]
    if any("?" in d for d in dims):
        dims = [f"the size of {kept.what}"]
    unit = "floats" if kind.shape != SCALAR or counts else "float"
    return f"{' * '.join([*counts, *dims]) or '1'} {unit}"


def _factor(text: str) -> str:
    return f"({text})" if any(sign in text for sign in "+- ") else text


def _trips(loop: Stmt, texts: Any) -> str:
    if not isinstance(loop, For):
        return "iterations"
    if is_checkpointed(loop):
        return "len(block)"
    match unwrapped(loop.iterable):
        case Apply("builtins.range", (stop,)):
            return _factor(texts.text(stop))
    return f"len({texts.text(loop.iterable)})"
