"""A constant that depends on which branch the module took."""

import sys

if sys.platform == "win32":
    LIMIT = 1.0  # error: S2S015 LIMIT
else:
    LIMIT = 2.0


def f(x: float) -> float:
    return x * x * LIMIT
