from scipy.optimize import brentq

from s2sad import adjoint


def volume(p, t=1.0):
    return brentq(lambda v: v**3 + v * t - p, -10.0, 10.0)


@adjoint(volume)
def volume_rule(p, t):
    y = volume(p, temperature=t)  # error: S2S080 volume has no parameter temperature
    d_p += d_y
    d_t += d_y


@adjoint(volume)
def too_many(p, t):
    y = volume(p, t, t)  # error: S2S080 does not take 3 arguments
    d_p += d_y
    d_t += d_y


@adjoint(volume)
def unused(p, t):  # error: S2S080 the match line does not have t
    y = volume(p)
    d_p += d_y
    d_t += d_y


def f(x: float) -> float:
    return volume(x, 2.0)
