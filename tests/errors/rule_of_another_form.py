from scipy.optimize import brentq

from s2sad import adjoint


def volume(p, t=1.0):
    return brentq(lambda v: v**3 + v * t - p, -10.0, 10.0)


@adjoint(volume)
def volume_rule(p, t: const):  # error: S2S080 without a match line
    d_p += d_y


@adjoint  # error: S2S080 without a function
def bare(p):
    y = volume(p)
    d_p += d_y


@adjoint(volume, elementwise=True)  # error: S2S080 takes no argument elementwise=True
def option(p):
    y = volume(p)
    d_p += d_y


@adjoint(volume)
def returns(p):
    y = volume(p)
    return d_y / y  # error: S2S080 a line of a rule that is not understood


@adjoint(volume)
def starred(p, *rest):  # error: S2S080 rest is neither an operand nor a static argument
    y = volume(p, *rest)
    d_p += d_y


def f(x: float) -> float:
    return volume(x, 2.0)
