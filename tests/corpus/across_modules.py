"""Callees from other modules of the project, and names that mean something else there."""

import numpy as np

from . import library
from .library import activations, arrays, losses
from .library.activations import leaky as lrelu
from .library.arrays import scaled
from .library.losses import cross_entropy

SLOPE = 0.5


def normalise(v):
    """The same name as one in library.losses, and another function."""
    return v / np.sqrt(np.sum(v * v))


def by_module(x):
    return np.sum(activations.swish(x) * activations.sigmoid(x))


def by_name(W, x, t):
    return cross_entropy(lrelu(x @ W), t)


def by_package(x):
    return np.sum(library.relu(x) * library.relu(x, sharpness=SLOPE))


def constants_of_the_other_module(x):
    """SLOPE here is 0.5, there 0.01."""
    return np.sum(lrelu(x)) * SLOPE + losses.squared(x, 1.0)


def two_functions_of_one_name(x):
    return np.sum(normalise(x) * losses.normalise(x) ** 2)


def imported_inside(x):
    from .library.activations import gaussian

    return np.sum(gaussian(x))


def written_out_of_another_module(x):
    """SLOPE is another one there, and so is assist."""
    a = x * SLOPE
    b = scaled(a)
    b[0] = np.sum(normalise(x))
    c = arrays.twice(b)
    c[0] *= 2.0
    return np.sum(a**2)


r = np.random.default_rng(9).standard_normal
CALLS = {
    "written_out_of_another_module": ("x", [(r(6),)]),
    "by_module": ("x", [(r(4),)]),
    "by_name": (("W", "x"), [(r((3, 2)), r((4, 3)), (r((4, 2)) > 0) * 1.0)]),
    "by_package": ("x", [(r(4),)]),
    "constants_of_the_other_module": ("x", [(r(4),)]),
    "two_functions_of_one_name": ("x", [(r(4),)]),
    "imported_inside": ("x", [(r(4),)]),
}
