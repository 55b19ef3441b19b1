"""Which parameters a derivative is taken with respect to.

`wrt` is written as a parameter's name or position, or as a tuple of them:

    >>> chosen("W", ["W", "b", "x"], "loss")
    (('W',), True)
    >>> chosen((0, "b"), ["W", "b", "x"], "loss")
    (('W', 'b'), False)

Positions count as the `def` does, `self` included. The second result tells whether one parameter
was named on its own, so that its gradient comes without a tuple around it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from s2sad.errors import Location, S2SADError

Wrt = str | int | tuple[str | int, ...] | list[str] | list[int] | list[str | int] | None


def chosen(
    wrt: Wrt, parameters: Sequence[str], function: str, location: Location | None = None
) -> tuple[tuple[str, ...], bool]:
    """The names that `wrt` stands for, none for the default, and whether there is no tuple.

    Raises:
        S2SADError: S2S004, `function` has no such parameter.
    """
    if wrt is None:
        return (), True
    bare = not isinstance(wrt, (tuple, list))
    parts: list[Any] = list(wrt) if isinstance(wrt, (tuple, list)) else [wrt]
    if not parts:
        raise S2SADError(
            "S2S004",
            f"{function} is to be differentiated with respect to nothing",
            location,
            "Name at least one parameter in wrt.",
        )
    names = tuple(_name(part, parameters, function, location) for part in parts)
    for name in names:
        if names.count(name) > 1:
            raise S2SADError(
                "S2S004", f"wrt names {name} more than once", location, "Name each parameter once."
            )
    return names, bare


def suggestion(name: str, known: Sequence[str]) -> str:
    """` Did you mean W1?` when something like `name` is known, else nothing."""
    import difflib  # imported when something went wrong, as it costs a millisecond

    near = difflib.get_close_matches(name, known, n=1)
    ends = [other for other in known if other.endswith("." + name)]
    return f" Did you mean {(ends or near)[0]}?" if ends or near else ""


def _name(part: object, parameters: Sequence[str], function: str, location: Location | None) -> str:
    if isinstance(part, str):
        if part in parameters:
            return part
        met, guess = f"{function} has no parameter {part}", suggestion(part, parameters)
    elif isinstance(part, int) and not isinstance(part, bool):
        if 0 <= part < len(parameters):
            return parameters[part]
        met, guess = f"{function} has no parameter at position {part}", ""
    else:
        met, guess = f"{part!r} is neither the name nor the position of a parameter", ""
    listed = ", ".join(parameters) or "none at all"
    raise S2SADError("S2S004", met, location, f"Its parameters are {listed}.{guess}".rstrip())
