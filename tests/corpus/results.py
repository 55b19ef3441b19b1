"""What a function returns: one number, a pair with aux, several results, structures, arrays."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np


class Fit(NamedTuple):
    slope: float
    residual: np.ndarray


@dataclass
class Report:
    loss: float
    parts: dict


def with_aux(w, x):
    """has_aux: the loss, and something that is only carried along."""
    y = x @ w
    return np.sum(y * y), {"y": y, "count": len(y)}


def aux_is_a_number(x: float) -> float:
    y = x * x
    return y * x, y


def aux_from_a_loop(x: float, n: int = 4):
    """The pair was made before the return, and the aux holds what was varied."""
    path = (x,)
    for _ in range(n):
        x = np.sin(x) * 1.5
        path = path + (x,)
    result = (x * x, path)
    return result


def aux_on_two_paths(x: float):
    if x < 0:
        return -x, "negative"
    return x * x, "positive"


def array_result(x, w):
    return np.tanh(x @ w) * x[0]


def scalar_result(x: float, y: float) -> float:
    return x * np.sin(y)


def two_results(x, y):
    z = x * y
    return z, np.sum(z * x)


def three_results_one_constant(x: float):
    """The last result carries no derivative."""
    return x * x, np.sin(x), 3


def same_result_twice(x):
    y = x * x
    return y, y, x


def dict_result(x, scale: float):
    return {"scaled": x * scale, "norm": np.sum(x * x), "inner": {"mean": np.mean(x)}}


def list_result(x, n: int = 3):
    return [x * x, x + 1.0, np.outer(x, x)]


def list_from_comprehension(x, n: int = 3):
    return [x**k for k in range(1, n + 1)]


def named_tuple_result(x, y):
    slope = np.sum(x * y) / np.sum(x * x)
    return Fit(slope, residual=y - slope * x)


def dataclass_result(x):
    return Report(loss=np.sum(x**2), parts={"first": x[0] * x[1]})


def results_on_two_paths(x: float, y: float):
    if x > y:
        return x * y, x
    z = y * y
    return z, x * z


def result_from_loop_or_end(x, limit: float):
    for k in range(3):
        x = x * 1.5
        if np.sum(x) > limit:
            return x * k
    return x * x


def result_is_the_parameter(x):
    return x


def result_is_a_reshaped_parameter(x):
    """The cotangent has another shape than the parameter."""
    return x.reshape(-1), x.T


def bare_generator_result(x):
    """A tuple made of what a callee returns."""
    a, b = halves(x)
    return (b, *halves(a * b))


def record_as_it_is(fit: Fit):
    """Its adjoint comes as a NamedTuple, and is handed on as a whole."""
    return fit


def halves(x):
    return x[: len(x) // 2], x[len(x) // 2 :]


def fills_with_its_mean(u, v):
    v.fill(np.mean(v))
    return u


def reads_what_is_filled_before(u, v):
    k = v.copy()
    total = np.sum(k * u[0])
    return np.sum(fills_with_its_mean(u, k) ** 2) + total * np.sum(k)


def fit_of(u):
    return Fit(u.ravel()[0], u @ u.T)


def report_of(u):
    return Report(u.ravel()[0] ** 2, {"square": u.T @ u, "flat": u.reshape(-1)})


def sums_what_records_hold(u):
    fit = fit_of(u)
    report = report_of(u)
    total = np.sum(fit.residual) + np.sum(report.parts["flat"])
    return total * total


def sums_one_of_many(u, v):
    held = [np.outer(v, v) * k for k in range(1, 3)]
    total = np.sum(held[0]) * 3.0 + np.sum(held[1])
    return total * total + u[0, 0]


def sums_over_a_tuple(u, v):
    total = 0.0
    for held in (np.outer(v, v), u):
        total += np.mean(held)
    return total * total


def sums_over_pairs(u, v):
    total = 0.0
    for left, right in [(np.outer(v, v), u), (u @ u.T, np.outer(v, v))]:
        total += np.sum(left) * np.mean(right)
    return total


def sums_over_a_dict(u, v):
    held = {"outer": np.outer(v, v), "u": u}
    total = 0.0
    for name, value in held.items():
        total += np.sum(value) * len(name)
    return total * total


def in_two_parts(u):
    return np.outer(u, u), u[1:]


def parts_under_one_name(u, v):
    parts = in_two_parts(v)
    total = np.sum(parts[0])
    parts = in_two_parts(u[0, :2] * total)
    return np.sum(parts[1])


def in_three_parts(u, v):
    return u.reshape(-1), np.outer(u, u), {"product": u @ v, "flat": u.ravel()}


def reads_one_part_of_three(u, v):
    parts = in_three_parts(u, v)
    total = np.sum(parts[1])
    return total * total


def reads_the_dict_in_a_tuple(u, v):
    parts = in_three_parts(u, v)
    return 2.0 * np.sum(parts[2]["product"])


def sums_what_a_dict_holds(u, v):
    found = in_three_parts(u, v)[2]
    return np.sum(found["flat"]) + found["product"][0]


def sums_what_a_list_holds(u, v):
    held = [np.outer(v, v), u.ravel()]
    total = np.sum(held[0]) * np.sum(held[1])
    return total * total


r = np.random.default_rng(10).standard_normal
AUX = ("with_aux", "aux_is_a_number", "aux_from_a_loop", "aux_on_two_paths")
U, V = np.sin(np.arange(6.0)).reshape(2, 3), np.array([0.3, -1.2, 0.8])

CALLS = {
    "reads_what_is_filled_before": (("u", "v"), [(U, V)]),
    "sums_what_records_hold": ("u", [(U,)]),
    "sums_one_of_many": (("u", "v"), [(U, V)]),
    "sums_over_a_tuple": (("u", "v"), [(U, V)]),
    "sums_over_pairs": (("u", "v"), [(U, V)]),
    "sums_over_a_dict": (("u", "v"), [(U, V)]),
    "parts_under_one_name": (("u", "v"), [(U, V)]),
    "reads_one_part_of_three": (("u", "v"), [(U, V)]),
    "reads_the_dict_in_a_tuple": (("u", "v"), [(U, V)]),
    "sums_what_a_dict_holds": (("u", "v"), [(U, V)]),
    "sums_what_a_list_holds": (("u", "v"), [(U, V)]),
    "with_aux": ("w", [(r(3), r((4, 3)))]),
    "aux_is_a_number": ("x", [(0.7,)]),
    "aux_from_a_loop": ("x", [(0.7,), (0.7, 0)]),
    "aux_on_two_paths": ("x", [(0.7,), (-0.7,)]),
}
VJPS = {
    "record_as_it_is": ("fit", [((Fit(0.7, r(3)),), Fit(0.3, r(3)))]),
    "array_result": (("x", "w"), [((r((2, 3)), r((3, 3))), r((2, 3)))]),
    "scalar_result": (("x", "y"), [((0.7, 1.2), 0.3)]),
    "two_results": (("x", "y"), [((r(3), r(3)), (r(3), 0.3))]),
    "three_results_one_constant": ("x", [((0.7,), (0.3, -1.2, None))]),
    "same_result_twice": ("x", [((r(3),), (r(3), r(3), r(3)))]),
    "dict_result": (
        ("x", "scale"),
        [((r(3), 0.7), {"scaled": r(3), "norm": 0.4, "inner": {"mean": -0.3}})],
    ),
    "list_result": ("x", [((r(3),), [r(3), r(3), r((3, 3))])]),
    "list_from_comprehension": ("x", [((r(3),), [r(3), r(3), r(3)])]),
    "named_tuple_result": (("x", "y"), [((r(4), r(4)), Fit(0.7, r(4)))]),
    "dataclass_result": ("x", [((r(4),), Report(0.7, {"first": 0.3}))]),
    "results_on_two_paths": (("x", "y"), [((0.7, 0.2), (0.3, 0.4)), ((0.7, 1.2), (0.3, 0.4))]),
    "result_from_loop_or_end": ("x", [((np.ones(2), k), r(2)) for k in (1.0, 4.0, 99.0)]),
    "result_is_the_parameter": ("x", [((r(3),), r(3))]),
    "result_is_a_reshaped_parameter": ("x", [((r((2, 3)),), (r(6), r((3, 2))))]),
    "bare_generator_result": ("x", [((r(4),), (r(2), r(1), r(1)))]),
}

TWICE = dict.fromkeys(("sums_what_records_hold",))
