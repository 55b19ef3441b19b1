"""Rules for methods: found by the class of the object, in every mode, against differences."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from scipy.interpolate import CubicSpline
from scipy.sparse import csc_array
from scipy.sparse.linalg import splu

import s2sad
from s2sad import S2SADError, adjoint
from s2sad.pipeline import Request, generate
from s2sad.source.module import SourceModule

Vector = np.ndarray[tuple[int], np.dtype[np.float64]]


@adjoint(CubicSpline.__call__)
def spline_rule(curve: "const", x, nu: "const"):  # noqa: F821
    y = curve(x, nu)  # noqa: F841
    d_x += d_y * curve(x, nu + 1)  # noqa: F821, F841


class Track:
    curve: CubicSpline

    def __init__(self, curve: CubicSpline):
        self.curve = curve
        self.lift = 0.0

    def height(self, x):
        return np.asarray(self.curve(x)) + self.lift

    def slope(self, x):
        return self.curve(x, 1)


@adjoint(Track.height)
def height_rule(self: "const", x):  # noqa: F821
    y = self.height(x)  # noqa: F841
    d_x += d_y * self.slope(x)  # noqa: F821, F841


class Narrow(Track):
    pass


class Factored:
    def __init__(self, matrix: Any):
        self.lu = splu(csc_array(matrix))

    def solve(self, b):
        return self.lu.solve(b)

    def solve_turned(self, b):
        return self.lu.solve(b, "T")


@adjoint(Factored.solve, linear=True)
def solve_rule(self: "const", b: "n") -> "n":  # noqa: F821
    y = Factored.solve(self, b)  # noqa: F841
    d_b += self.solve_turned(d_y)  # noqa: F821, F841


@adjoint(Factored.solve_turned, linear=True)
def solve_turned_rule(self: "const", b: "n") -> "n":  # noqa: F821
    y = self.solve_turned(b)  # noqa: F841
    d_b += self.solve(d_y)  # noqa: F821, F841


@dataclass
class Gain:
    k: float

    def apply(self, x):
        return self.k * x * x


@adjoint(Gain.apply)
def gain_rule(self: "const", x):  # noqa: F821
    y = self.apply(x)  # noqa: F841
    d_x += d_y * 2.0 * self.k * x  # noqa: F821, F841


def of_a_library(x: Vector, curve: CubicSpline):
    return np.sum(curve(x) ** 2 * curve(x, nu=1))


def of_an_attribute(x, track: Track):
    return np.sum(track.curve(x) ** 2)


def of_the_users(x, track: Track):
    return np.sum(track.height(2.0 * x) ** 2)


def inherited(x, track: Narrow):
    return np.sum(np.sin(Track.height(track, x)) + track.height(x))


def of_the_items_of_a_list(x, curves: list[CubicSpline]):
    total = 0.0
    for curve in curves:
        total += helper(x, curve)
    return total


def helper(u, curve: CubicSpline):
    return np.sum(curve(u) * u)


def of_what_is_made_here(x, knots, values):
    curve = CubicSpline(knots, values)
    total = 0.0
    for i in range(len(x)):
        total += curve(x[i]) * x[i]
    return total


def stated_with_the_class(x: Vector, matrix: Factored):
    return np.sum(matrix.solve(np.sin(x)) ** 3)


def with_a_field(x, gain: Gain):
    return np.sum(gain.apply(x) * x)


def changed_meanwhile(x, track: Track):
    """The rule reads the object as it was when the method was called."""
    y = track.height(x)
    track.lift = 2.0
    return np.sum(y * track.height(x))


X = np.array([0.3, 1.1, 1.4])
KNOTS = np.linspace(0.0, 3.0, 7)
CURVE = CubicSpline(KNOTS, np.sin(KNOTS))
MATRIX = np.array([[3.0, 1.0, 0.0], [-0.5, 2.0, 0.3], [0.2, 0.0, 4.0]])
CASES: list[tuple[Any, tuple[Any, ...]]] = [
    (of_a_library, (CURVE,)),
    (of_an_attribute, (Track(CURVE),)),
    (of_the_users, (Track(CURVE),)),
    (inherited, (Narrow(CURVE),)),
    (of_the_items_of_a_list, ([CURVE, CURVE],)),
    (of_what_is_made_here, (KNOTS, np.sin(KNOTS))),
    (stated_with_the_class, (Factored(MATRIX),)),
    (with_a_field, (Gain(1.3),)),
]


def differences(function: Any, x: np.ndarray) -> Any:
    h = 1e-5
    columns = [(function(x + h * e) - function(x - h * e)) / (2.0 * h) for e in np.eye(len(x))]
    return np.stack(columns, axis=-1)


@pytest.mark.parametrize(
    ("function", "rest"), CASES, ids=lambda part: getattr(part, "__name__", "")
)
def test_every_mode(function: Any, rest: tuple[Any, ...]) -> None:
    dot = np.array([1.0, -0.5, 2.0])
    gradient = s2sad.grad(function)(X, *rest)
    wanted = differences(lambda x: function(x, *rest), X)
    np.testing.assert_allclose(gradient, wanted, rtol=1e-6, atol=1e-7)
    _, tangent = s2sad.jvp(function)(X, *rest, dot_x=dot)
    np.testing.assert_allclose(tangent, wanted @ dot, rtol=1e-6, atol=1e-7)
    slope = s2sad.grad(function)
    second = differences(lambda x: slope(x, *rest), X)
    found = s2sad.hvp(function)(X, *rest, dot_x=dot)
    np.testing.assert_allclose(found, second @ dot, rtol=1e-5, atol=1e-6)


def test_the_object_is_read_as_it_was() -> None:
    def value(x: Any) -> Any:
        return changed_meanwhile(x, Track(CURVE))

    wanted = differences(value, X)
    np.testing.assert_allclose(s2sad.grad(changed_meanwhile)(X, Track(CURVE)), wanted, rtol=1e-6)
    found = s2sad.jacobian(changed_meanwhile, mode="forward")(X, Track(CURVE))
    np.testing.assert_allclose(found, wanted, rtol=1e-6)


def by_gain(gain: Gain, x: float):
    return gain.apply(x) * x


def unknown_class(x, curve):
    return np.sum(curve(x))


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (by_gain, "cannot differentiate through apply"),
        (unknown_class, "it does not know the class of the object"),
    ],
)
@pytest.mark.parametrize("mode", ["grad", "jvp"])
def test_refused(function: Any, message: str, mode: str) -> None:
    """A derivative by the object itself, and an object that may be of any class."""
    with pytest.raises(S2SADError, match="S2S012") as caught:
        getattr(s2sad, mode)(function)
    assert message in str(caught.value)


HEAD = """
from s2sad import adjoint

class Gain:
    def apply(self, x): return x
    @staticmethod
    def double(x): return 2.0 * x

def f(x: float) -> float:
    return x

"""


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("@adjoint(Gain.apply)\ndef rule(x):\n    y = Gain.apply(x)\n    d_x += d_y\n",
         "model.py:12:10: S2S080 the object of a method"),
        ('@adjoint(Gain.apply)\ndef rule(g: "const", x):\n    y = g.other(x)\n    d_x += d_y\n',
         "Write y = g.apply(...)"),
        ('@adjoint(Gain.apply)\ndef rule(g: "const", x):\n    y = g.apply(x, x)\n    d_x += d_y\n',
         "model.py:13:20: S2S080 apply does not take 3 arguments by position"),
        ("@adjoint(Gain.double)\ndef rule(x):\n    y = Gain.double(x)\n    d_x += d_y\n",
         "model.py:11:10: S2S081 Gain.double is not called on an object"),
        ("G = Gain()\n@adjoint(G.apply)\ndef rule(x):\n    y = G.apply(x)\n    d_x += d_y\n",
         "S2S081 s2sad cannot see which function G.apply is"),
    ],
)  # fmt: skip
def test_bad_rule(rule: str, message: str) -> None:
    module = SourceModule.from_text(HEAD.lstrip("\n") + rule, "model.py")
    with pytest.raises(S2SADError) as caught:
        generate(module, [Request("f")])
    assert message in str(caught.value)
