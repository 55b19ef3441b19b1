"""Functions that tell s2sad something, and at run time do nothing.

The compiler knows them by name, in whatever way they were imported.
"""

from __future__ import annotations

from typing import TypeVar

T = TypeVar("T")


def stop_gradient(x: T) -> T:
    """`x` itself, taken for a constant by every derivative.

    q = x + stop_gradient(np.round(x) - x)  # rounds; its derivative is that of x
    """
    return x
