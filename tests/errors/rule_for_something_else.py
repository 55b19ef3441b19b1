from scipy.optimize import brentq

from s2sad import adjoint


def volume(p, t=1.0):
    return brentq(lambda v: v**3 + v * t - p, -10.0, 10.0)


@adjoint(volume)
def volume_rule(p, t: const):
    y = brentq(p, t)  # error: S2S080 whose match line calls something else
    d_p += d_y


@adjoint(volumes)  # error: S2S081 cannot see which function volumes is
def misspelt(p):
    y = volumes(p)
    d_p += d_y


@adjoint(TABLE)  # error: S2S081 cannot see which function TABLE is
def of_a_constant(p):
    y = TABLE(p)
    d_p += d_y


TABLE = {}


def f(x: float) -> float:
    return volume(x, 2.0)
