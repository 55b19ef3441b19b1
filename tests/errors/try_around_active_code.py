"""Which statements of a try block ran cannot be known afterwards."""

import math


def f(x: float) -> float:
    try:  # error: S2S013 try
        y = math.sqrt(x)
    except ValueError:
        y = 0.0
    return y * x
