"""Arguments behind `*` and `**` whose number the parameters say."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np


class Line(NamedTuple):
    slope: float
    shift: float


@dataclass
class Spring:
    stiffness: float
    length: float = 2.0


class Affine:
    def __init__(self, a, b):
        self.a = a
        self.b = b

    def __call__(self, x):
        return self.a * x + self.b


def decay(t, a, b, c):
    return a * np.exp(-b * t) + c


def peak(height, gain=1.0, *, q=-0.5):
    return height * gain + q**2


def sequence(theta, t):
    return np.sum(decay(t, *theta) ** 2)


def computed_sequence(theta, t):
    return np.sum(decay(t, *np.exp(theta)) ** 2)


def sequence_in_a_comprehension(theta, t):
    return sum(decay(s, *theta) ** 2 for s in t)


def sequence_for_some(theta, t):
    return np.sum(decay(t, *theta, c=t[0]) ** 2)


def rest_of_a_sequence(theta, t):
    a, *rest = theta
    return np.sum(decay(t, a, *rest) ** 2)


def mapping(params, t):
    return np.sum(decay(t, **params) ** 2)


def mapping_with_defaults(bands):
    return sum(peak(**band) for band in bands)


def mapping_in_a_mapping(table):
    total = 0.0
    for entry in table.values():
        total += peak(**entry["peak"]) ** 2
    return total


def fields_of_a_tuple(theta, t: float):
    line = Line(*theta)
    return line.slope * t + line.shift * line.slope


def fields_of_a_dataclass(params, t: float):
    spring = Spring(**params)
    return spring.stiffness * (t - spring.length)


def arguments_of_a_constructor(theta, t: float):
    line = Affine(*theta)
    return line(t) * line.a


_THETA = np.array([0.3, 0.5, -0.2])
_TIMES = np.array([0.1, 0.5, 0.9])

CALLS = {
    **dict.fromkeys(
        [
            "sequence",
            "computed_sequence",
            "sequence_in_a_comprehension",
            "rest_of_a_sequence",
        ],
        ("theta", [(_THETA, _TIMES)]),
    ),
    "sequence_for_some": ("theta", [(_THETA[:2], _TIMES)]),
    "mapping": ("params", [({"a": 0.3, "b": 0.4, "c": 0.5}, _TIMES)]),
    "mapping_with_defaults": ("bands", [([{"height": 0.3}, {"height": 0.3, "q": 0.2}],)]),
    "mapping_in_a_mapping": (
        "table",
        [({"a": {"peak": {"height": 0.3}}, "b": {"peak": {"height": 0.4, "gain": 1.5}}},)],
    ),
    "fields_of_a_tuple": ("theta", [(_THETA[:2], 0.3)]),
    "fields_of_a_dataclass": (
        "params",
        [({"stiffness": 0.3}, 0.4), ({"stiffness": 0.3, "length": 0.5}, 0.4)],
    ),
    "arguments_of_a_constructor": ("theta", [(_THETA[:2], 0.3)]),
}
