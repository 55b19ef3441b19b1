"""A value of the module that a call made: it cannot be had without running the module."""

import os

SCALE = float(os.environ.get("SCALE", "2.0"))


def f(x: float) -> float:
    return x * x * SCALE  # error: S2S015 SCALE
