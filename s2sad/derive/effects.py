"""Calls that look at what they are handed and change nothing that carries a derivative."""

from __future__ import annotations

from s2sad.ir.nodes import Apply, Expr, Opaque

_HARMLESS = (
    "builtins.print",
    "numpy.save",
    "numpy.savez",
    "numpy.savetxt",
    "logging.",
    "warnings.",
)

_LOGGERS = {"debug", "info", "warning", "error", "log", "exception", "critical", "write", "update"}


def is_harmless(expr: Expr) -> bool:
    """Whether a call only reads its arguments: print, logging, np.save."""
    if isinstance(expr, Apply):
        return expr.op.startswith(_HARMLESS) or expr.form != "call" or expr.op.startswith("numpy.")
    if isinstance(expr, Opaque) and expr.origin is not None:
        func = getattr(expr.origin.node, "func", None)
        attribute = getattr(func, "attr", None)
        return attribute is not None and attribute.value in _LOGGERS
    return True
