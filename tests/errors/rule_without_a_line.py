from scipy.optimize import brentq

from s2sad import adjoint


def volume(p, t=1.0):
    return brentq(lambda v: v**3 + v * t - p, -10.0, 10.0)


@adjoint(volume)
def volume_rule(p, t):  # error: S2S080 without a line for its operand t
    y = volume(p, t)
    d_p += d_y


def f(x: float) -> float:
    return volume(x, 2.0)
