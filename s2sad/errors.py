"""Errors that a user can cause, each with its place, its code and the way out.

model.py:14:9: S2S012 cannot differentiate through scipy.optimize.brentq
   14 |     root = brentq(f, 0.0, x)
      |            ^^^^^^^^^^^^^^^^^
   There is no rule for it. If it does not depend on W or b, wrap it in stop_gradient(...).
   See docs/errors.md#S2S012.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from s2sad.ir.nodes import Invoke


@dataclass(frozen=True)
class Location:
    """A span of source text. Lines and columns count from 1; `end_column` is exclusive."""

    file: str
    line: int
    column: int
    end_column: int
    text: str

    def caret(self) -> str:
        """The source line with the span underlined."""
        number = str(self.line)
        width = max(1, min(self.end_column, len(self.text) + 1) - self.column)
        gutter = " " * len(number)
        underline = " " * (self.column - 1) + "^" * width
        return f"   {number} | {self.text}\n   {gutter} | {underline}"


class S2SADError(Exception):
    """A program or a request that s2sad refuses.

    Attributes:
        code: the entry in docs/errors.md, such as S2S012.
        message: what was met, in one line.
        location: where it stands, or None when it has no place in a file.
        advice: what to write instead.
        calls: the calls that it is about, if it would not be so with their functions' bodies in
            their place (`source/inlined.py`).
        sites: the nodes of the source that it is about, if it would not be so with what they are
            made from under a name.
    """

    calls: tuple[Invoke, ...] = ()
    sites: tuple[object, ...] = ()

    def __init__(
        self,
        code: str,
        message: str,
        location: Location | None = None,
        advice: str = "",
    ) -> None:
        self.code = code
        self.message = message
        self.location = location
        self.advice = advice
        super().__init__(self.render())

    def __reduce__(self) -> tuple[type[S2SADError], tuple[object, ...]]:
        return type(self), (self.code, self.message, self.location, self.advice)

    def render(self) -> str:
        """The whole message as it is shown to a user."""
        advice = f"{self.advice} " if self.advice else ""
        advice += f"See docs/errors.md#{self.code}."
        if self.location is None:
            return f"{self.code} {self.message}\n   {advice}"
        place = f"{self.location.file}:{self.location.line}:{self.location.column}"
        return f"{place}: {self.code} {self.message}\n{self.location.caret()}\n   {advice}"


class ManyErrors(S2SADError):
    """All the refusals of one run; `errors` holds each."""

    def __init__(self, errors: list[S2SADError]) -> None:
        self.errors = errors
        first = errors[0]
        super().__init__(first.code, first.message, first.location, first.advice)
        self.args = ("\n".join(error.render() for error in errors),)

    def __reduce__(self) -> tuple[type[ManyErrors], tuple[object, ...]]:
        return type(self), (self.errors,)


class InternalError(Exception):
    """A fault in s2sad itself: an invariant does not hold. Carries the printed program."""
