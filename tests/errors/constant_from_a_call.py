"""A value of the module that a call made: it cannot be had without running the module."""

import os

SCALE = float(os.environ.get("SCALE", "2.0"))  # error: S2S015 SCALE


def f(x: float) -> float:
    return x * x * SCALE
