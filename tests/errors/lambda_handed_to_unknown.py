"""A lambda that closes over a varied value, handed to a function without a rule."""

from functools import reduce


def f(x: float) -> float:
    return reduce(lambda a, b: a * x + b, [1.0, 2.0, 3.0])  # error: S2S012 functools.reduce
