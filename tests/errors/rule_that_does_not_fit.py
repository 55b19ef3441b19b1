from scipy.optimize import brentq

from s2sad import adjoint


@adjoint(brentq)
def fixed_ends(f: const, low: const, high: const):
    """Of a function that has captured nothing varied."""
    y = brentq(f, low, high)


def f(x: float) -> float:
    return brentq(lambda v: v**3 + v - x, -9.0, 9.0)  # error: S2S012 scipy.optimize.brentq
