from scipy.optimize import brentq

from s2sad import adjoint


def volume(p, t=1.0):
    return brentq(lambda v: v**3 + v * t - p, -10.0, 10.0)


@adjoint(volume)
def volume_rule(p, t: const):
    y = volume(p, t)
    d_p += d_y * slope  # error: S2S080 reads slope


@adjoint(volume)
def calls(p, t: const):
    y = volume(p, t)
    d_p += slope(d_y)  # error: S2S080 calls slope


@adjoint(volume)
def of_none(p, t: const):
    y = volume(p, t)
    d_p += d_y
    d_t += d_y  # error: S2S080 no operand's adjoint


@adjoint(volume)
def assigns(p, t: const):
    y = volume(p, t)
    d_p = d_y  # error: S2S080 d_p has a meaning already


def f(x: float) -> float:
    return volume(x, 2.0)
