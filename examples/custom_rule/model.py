"""Fits van der Waals' equation of state to measured volumes.

The volume is a root that scipy.optimize.brentq finds. Its source cannot be differentiated, and need
not be: the implicit function theorem gives the derivative of a root, and is stated here as a rule.
"""

from scipy.optimize import brentq

from s2sad import adjoint, differentiable

GAS = 8.314e-5  # m^3 bar / (mol K)
WIDEST = 1.0  # m^3 / mol


def excess(v, a, b, pressure, temperature):
    """What pressure is too high by at a volume v; zero is van der Waals' equation."""
    return pressure + a / v**2 - GAS * temperature / (v - b)


def excess_slope(v, a, b, temperature):
    """The derivative of `excess` with respect to v."""
    return GAS * temperature / (v - b) ** 2 - 2.0 * a / v**3


def volume(a, b, pressure, temperature):
    """The molar volume of a gas above its critical temperature."""
    return brentq(excess, 1.001 * b, WIDEST, args=(a, b, pressure, temperature), xtol=1e-15)


@adjoint(volume)
def volume_rule(a, b, pressure: "const", temperature: "const"):
    """excess(y, a, b) = 0 for all a and b: dy = -(excess_a da + excess_b db) / excess_y."""
    y = volume(a, b, pressure, temperature)
    s = -d_y / excess_slope(y, a, b, temperature)
    d_a += s / y**2
    d_b -= s * GAS * temperature / (y - b) ** 2


@differentiable(wrt=("a", "b"))
def misfit(a: float, b: float, pressures, temperatures, volumes) -> float:
    """Sum of the squared relative errors of the volumes."""
    error = 0.0
    for pressure, temperature, measured in zip(pressures, temperatures, volumes):
        error += (volume(a, b, pressure, temperature) / measured - 1.0) ** 2
    return error
