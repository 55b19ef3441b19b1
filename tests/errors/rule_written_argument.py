import numpy as np

from s2sad import adjoint


def bump(x, e):
    np.asarray(x)[0] += e


@adjoint(bump)
def bump_rule(x, e):  # error: S2S080 a function that writes into its argument
    bump(x, e)
    d_e += d_x[0]


def f(x, e):
    bump(x, e)
    return np.sum(x**2)
