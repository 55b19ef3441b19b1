"""Functions that tell s2sad something, and at run time do nothing.

The compiler knows them by name, in whatever way they were imported.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


def stop_gradient(x: T) -> T:
    """`x` itself, taken for a constant by every derivative.

    q = x + stop_gradient(np.round(x) - x)  # rounds; its derivative is that of x
    """
    return x


def checkpointed(steps: T) -> T:
    """`steps` itself, a range; a loop over it remembers less for its gradient, and runs twice.

        for t in checkpointed(range(n)):  # remembers the state about sqrt(n) times, not n times
            x = step(x)

    On the way back, blocks of about sqrt(n) iterations are run again from what was remembered.
    """
    return steps


def on_gradient(x: T, function: Callable[[Any], Any]) -> T:
    """`x` itself; every gradient passes the adjoint of x through `function` at this point.

        h = on_gradient(h, clip)  # in the backward part, d_h = clip(d_h)

    `function` is handed the adjoint, and returns what goes on in its place.
    """
    return x


def adjoint(
    function: Callable[..., Any],
    /,
    *,
    linear: bool = False,
    multilinear: bool = False,
    view: str | None = None,
    maybe_view: str | None = None,
    when: str | None = None,
) -> Callable[[T], T]:
    """Says that what it decorates is the rule by which `function` is differentiated.

        @adjoint(volume)
        def volume_rule(pressure):
            y = volume(pressure)
            d_pressure += d_y / slope(y)

    The rule is read, and never called; docs/rules.md describes it.

    Args:
        function: any function that has a name in a module. Its source is not looked at.
        linear: the tangent is the function of the tangents.
        multilinear: the same in each operand.
        view: the operand that the result always shares memory with.
        maybe_view: the operand that it may share memory with.
        when: an expression over static arguments that has to be known to hold.
    """
    return lambda rule: rule
