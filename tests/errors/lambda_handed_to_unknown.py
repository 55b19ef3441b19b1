"""A lambda that closes over a varied value, handed to a function without a rule."""

from itertools import accumulate


def f(x: float) -> float:
    total = 0.0
    for v in accumulate([1.0, 2.0], lambda a, b: a * x + b):  # error: S2S012 itertools.accumulate
        total += v
    return total
