"""A function of a library without a rule, and a callable that it is handed."""

from scipy.optimize import brentq


def f(x: float) -> float:
    root = brentq(lambda t: t**3 - x, 0.0, 5.0)  # error: S2S012 scipy.optimize.brentq
    return root * x
