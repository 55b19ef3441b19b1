# ruff: noqa: B905, F841
"""for: over every kind of iterable, with loop variables used inside, beside and after the loop."""

import itertools
import math

import numpy as np
from jaxtyping import Float


def over_range(x: float, n: int = 5) -> float:
    for k in range(n):
        x = np.sin(x) + 0.1 * k
    return x


def range_downwards(x: float, n: int = 6) -> float:
    """A negative step; k is a value; n may be too small for any iteration."""
    total = 0.0
    for k in range(n, 0, -2):
        x = x * x * 0.5 + 1.0 / k
        total = total + k * x
    return total


def range_with_start(x, first: int, last: int, step: int):
    total = 0.0
    for k in range(first, last, step):
        total = total + x[k] ** 2 * k
    return total


def over_array(x):
    total = 1.0
    for v in x:
        total = total * np.cos(v) + v
    return total


def over_rows(matrix, v):
    """Rows of a matrix, each an array."""
    state = v
    for row in matrix:
        state = np.tanh(state * row + v)
    return np.sum(state)


def over_list(xs: list):
    total = 0.0
    for v in xs:
        total = total + np.sum(v**2) * total + v[0]
    return total


def over_zip(x, y, weights: list):
    total = 0.0
    for a, b, w in zip(x, y, weights):
        total += w * (a - b) ** 2
    return total


def over_zip_of_unequal(x, y):
    """zip stops with the shortest: the rest of x gets zeros."""
    total = 0.0
    for a, b in zip(x, y[1:]):
        total = total * 0.5 + a * b
    return total


def over_enumerate(x, start: int = 1):
    total = 0.0
    for k, v in enumerate(x, start):
        total = total + v**k
    return total


def over_reversed(x):
    total = 0.0
    for v in reversed(x):
        total = v + 0.5 * total * v
    return total


def reversed_range(x, n: int = 4):
    y = 1.0
    for k in reversed(range(n)):
        y = y * x[k] + k
    return y


def reversed_enumerate_of_list(x):
    y = 1.0
    for k, v in reversed(list(enumerate(x))):
        y = y * v + k * v
    return y


def over_items(params: dict):
    """Weight decay over a dict of parameters, by items, values and keys."""
    decay = 0.0
    for name, p in params.items():
        if name != "bias":
            decay = decay + np.sum(p * p)
    for p in params.values():
        decay += 0.1 * np.sum(np.abs(p))
    for name in params.keys():
        decay = decay + np.sum(params[name]) ** 2
    for name in params:
        decay = decay * (1.0 + 0.01 * np.mean(params[name]))
    return decay


def over_sorted_keys(params: dict):
    total = 1.0
    for name in sorted(params):
        total = total * np.sum(params[name] ** 2) + len(name)
    return total


def one_shot_iterator(x: float, steps) -> float:
    """steps may be a generator: it is walked once and never again."""
    for s in steps:
        x = x * x * s + 1.0
    return x


def iterator_continued(x: float, values: list) -> float:
    """Two loops and a next() on one iterator: each takes what the one before left."""
    it = iter(values)
    x = x * next(it)
    for v in it:
        x = x * x + v
        if v > 2.0:
            break
    for v in it:
        x = np.sin(x * v)
    return x


def through_wrappers(x, ys: list):
    """list, tuple, iter around an iterable change nothing."""
    total = 0.0
    for v in list(x):
        total += v * v
    for v in tuple(ys):
        total += np.sum(v) * total
    for k, v in enumerate(iter(ys)):
        total += k * np.sum(v**3)
    return total


def itertools_over_constants(x, n: int = 3):
    """Iterables that carry no derivative may be anything."""
    total = 0.0
    for i, j in itertools.product(range(n), repeat=2):
        if i < j:
            total = total + x[i] * x[j] ** 2
    for i, j in itertools.combinations(range(n), 2):
        total = total - 0.1 * (x[i] - x[j]) ** 2
    return total


def set_of_constants(x: float) -> float:
    for k in sorted({3, 1, 2}):
        x = x**2 / k
    return x


def loop_variable_afterwards(x, n: int = 4):
    """k and v keep their last values."""
    total = 0.0
    for k in range(n):
        v = x[k] * k
        total += v * v
    return total * k + v


def last_element_afterwards(x):
    """The last element of an array, used after the loop."""
    total = 0.0
    for v in x:
        total += v**3
    return total * v


def loop_variable_shadows(x: float, k: float) -> float:
    """k is a parameter first, then a loop variable, then something else."""
    x = x * k
    for k in range(3):
        x = x + k * x * x
    k = x * 2.0
    return k * x


def loop_variable_rebound(x: float) -> float:
    """Assigning to the loop variable does not steer the loop, yet its value is used."""
    total = 0.0
    for k in range(4):
        k = k * x
        total += k * k
    return total + k


def zero_iterations(x: float, n: int = 0) -> float:
    y = x
    for _ in range(n):
        y = y * y
    return y + x


def for_else(x: float, limit: float) -> float:
    """else runs unless the loop was left by break."""
    for k in range(5):
        x = x * 1.5
        if x > limit:
            x = x * k
            break
    else:
        x = x**2
    return x


def nested_with_outer_state(x: float, n: int = 3) -> float:
    total = 0.0
    for i in range(n):
        y = x
        for j in range(i, n):
            y = y * np.sin(x + j) + i
            total = total + y * y
        x = x * 0.9 + 0.1 * y
    return total * x


def three_deep(a, b):
    """Matrix product by hand, with trip counts from shapes."""
    total = 0.0
    for i in range(a.shape[0]):
        for j in range(b.shape[1]):
            entry = 0.0
            for k in range(len(b)):
                entry += a[i, k] * b[k, j]
            total += entry**2 * (i + 1) - entry * j
    return total


def lagged_variables(x: float, n: int = 6) -> float:
    """State handed on through three names."""
    older, old = x, x * x
    for _ in range(n):
        older, old = old, 0.3 * old * older + 0.5
    return old - older


def swapped_each_time(a: float, b: float) -> float:
    for k in range(5):
        a, b = b, a * 0.8 + k * b
        b = b * 0.5
    return a * a - b


def invariants_in_a_loop(x: float, y: float) -> float:
    """What does not change in the loop, and what changes but carries nothing."""
    count = 0
    total = 0.0
    for k in range(4):
        factor = y * y
        count += k
        total += factor * x**k * count
    return total


def constant_until_the_loop(x: float) -> float:
    """y starts as a constant and is varied from the first iteration on."""
    y = 1.0
    for _ in range(3):
        z = y * 2.0
        y = y * x
        x = x + z
    return y


def unused_results_in_a_loop(x: float) -> float:
    """waste is varied, but nothing that matters reads it."""
    total = 0.0
    for _ in range(3):
        waste = np.exp(x) * total
        x = x * x * 0.5
        total = total + x
    return total


def rows_of_growing_size(x, n: int = 4):
    """The value handed on changes its shape in each iteration."""
    state = x
    for _ in range(n):
        state = state[1:] * state[:-1] + 0.1
    return np.sum(state)


def inner_bound_changes(x: float, n: int = 2) -> float:
    """What the inner loop runs over differs in each iteration of the outer one."""
    for _ in range(3):
        n = n % 4 + 1
        for j in range(1, n, 2):
            n = 5
            x = np.sin(x) + 0.1 * j
    return x


def inner_iterator_used_up(x: float, steps, n: int = 2) -> float:
    """An iterator gives its elements in the first iteration only."""
    for _ in range(n):
        for step in steps:
            x = np.sin(x) * step
        x = x * x + 0.3
    return x


def inner_keys_of_another_dict(params: dict, n: int = 2):
    """A dict's values, of a dict that each iteration makes anew."""
    total = 0.0
    for k in range(n):
        for value in params.values():
            params = {"only": value * np.sin(value)}
            total = total + np.sum(value**2) * (k + 1)
    return total


def narrow_at_its_end(x: Float[np.ndarray, "n"], y: float, n: int = 2):
    """An iteration begins with a whole adjoint of x, and ends with one number for all of it."""
    total = 0.0
    for _ in range(n):
        for k in range(n):
            x = np.where(x > 0.5, y, np.mean(x)) + k
        total = total + np.mean(x) * y
    return total + np.sum(x * x)


def left_at_once(x: Float[np.ndarray, "n"], w: Float[np.ndarray, "n"], n: int = 3):
    """The loop adds to an adjoint that is one number where it returns."""
    total = 1.0
    x = w * np.mean(x)
    for _ in range(n):
        if n % 2:
            return total
        total += x[1]
    return total + np.mean(x)


def adjoint_is_a_number_until_an_iteration_ends(
    x: float, u: Float[np.ndarray, "n"], v: Float[np.ndarray, "n"]
) -> float:
    """The mean gives one number for all elements of u, an iteration adds one for each."""
    for _ in range(2):
        if x > 0.1:
            v = np.sin(np.where(u > 0.1, u, x) * v)
        u = u * x * 0.5 + 0.3
    return np.mean(u) + np.sum(v)


def items_into_a_place(x):
    a = x * 2.0
    z = a[2]
    for a[0] in (x[1], x[2]):
        z = z * a[0]
    return np.sum(a) * z


def items_into_a_place_with_their_numbers(x):
    a = x * 2.0
    z = a[2]
    for _, a[0] in enumerate(x):
        z = z * a[0]
    return np.sum(a) * z


def grown(x, y):
    return x * 0.3 + y


def computed_again_from_an_outer_value(x: float, y: float):
    """x is y in each inner iteration; y itself is nowhere read where the loops run backward."""
    b = y
    for _ in range(3):
        y = grown(x, b)
        for _ in range(3):
            x = y
            b = 0.5 - math.cos(x)
    return x


def over_what_is_computed_from_the_written(A: Float[np.ndarray, "m n"], b: Float[np.ndarray, "n"]):
    c = A * 1.0
    t = 0.0
    for row in c * 2.0:
        t = t + np.sum(row * b)
        c[1:] *= np.sin(row)
    return t * np.sum(c)


def as_often_as_the_written_said(a: Float[np.ndarray, "n"]):
    count = np.array([3, 2])
    c = a * 1.0
    for i in range(count[0]):
        count[0] = 1
        c[i] *= np.sin(c[i + 1])
    return np.sum(c)


def computed_again_from_what_the_outer_loop_binds(x, n: int = 3):
    y = np.sin(x)
    for k in range(n):
        step = k * 0.5 + 0.2
        for i in range(3):
            scale = step * 2.0 + i
            y = np.sin(y * scale)
    return np.sum(y)


def place_computed_again_from_what_the_outer_loop_binds(x, n: int = 3):
    y = x * 1.0
    first = 2
    for _ in range(n):
        first = 3 - first
        for i in range(2):
            at = first + i
            y[at] = y[at] * np.sin(y[at - 1])
    return np.sum(y)


def tested_again_with_what_the_outer_loop_binds(A):
    B = A * 1.0
    for w in np.array([0.7, 1.2]):
        C = B + A
        for _ in range(2):
            large = C > 0.4
            B[large] *= w
    return np.sum(B)


def over_a_copy_whose_list_gets_another_item(a, b):
    z = a * b
    xs = [a * 2.0, b * a]
    for x in xs[:2]:
        z = x * z
        xs[1] = a.copy()
    return np.sum(np.sin(z))


def backwards_over_a_copy_whose_list_gets_another_item(a, b):
    z = a * b
    xs = [a * 2.0, b * a]
    for x in reversed(list(xs)):
        z = x * z
        xs[0] = z * 2.0
    return np.sum(np.sin(z) * xs[0] * xs[-1])


def comprehension_over_what_the_loop_binds(a, b):
    z = a * b
    xs = [a * 2.0, b * a]
    for _ in range(2):
        ys = [x * z for x in xs]
        z = ys[0] + ys[1] * 0.5
        xs = [z, z * 2.0]
    return np.sum(np.sin(z) * xs[0] * xs[1])


def one_name_for_items_and_rows(a, s):
    xs = [a * 2.0, a * a]
    M = np.outer(np.array([1.0, 0.5]), a)
    xs.append(a * s)
    for _, x in enumerate(xs[:2]):
        z = x * a
    for x in M:
        y = M[1] + x
        xs[1][1:] *= y[:-1]
    return np.sum(np.sin(z))


r = np.random.default_rng(2).standard_normal
PARAMS = {"W": r((3, 2)), "bias": r(2), "scale": 1.3}
CALLS = {
    "over_a_copy_whose_list_gets_another_item": (("a", "b"), [(r(3), r(3))]),
    "backwards_over_a_copy_whose_list_gets_another_item": (("a", "b"), [(r(3), r(3))]),
    "comprehension_over_what_the_loop_binds": (("a", "b"), [(r(3), r(3))]),
    "one_name_for_items_and_rows": (("a", "s"), [(r(3), 0.7)]),
    "computed_again_from_what_the_outer_loop_binds": ("x", [(r(3),)]),
    "place_computed_again_from_what_the_outer_loop_binds": ("x", [(r(4),)]),
    "tested_again_with_what_the_outer_loop_binds": ("A", [(r((2, 3)),)]),
    "over_what_is_computed_from_the_written": (("A", "b"), [(r((3, 4)), r(4))]),
    "as_often_as_the_written_said": ("a", [(r(4),)]),
    "items_into_a_place": ("x", [(np.array([0.7, -0.4, 1.3, 0.6]),)]),
    "items_into_a_place_with_their_numbers": ("x", [(np.array([0.7, -0.4, 1.3, 0.6]),)]),
    "over_range": ("x", [(0.7,), (0.7, 0), (0.7, -3)]),
    "range_downwards": ("x", [(0.7,), (0.7, 5), (0.7, 0)]),
    "range_with_start": ("x", [(r(6), 1, 6, 2), (r(6), 5, -1, -1), (r(6), 4, 2, 1)]),
    "over_array": ("x", [(r(5),), (r(1),), (r(0),)]),
    "over_rows": (("matrix", "v"), [(r((4, 3)), r(3))]),
    "over_list": ("xs", [([r(3), r(2), r(1)],), ([],)]),
    "over_zip": (("x", "y"), [(r(4), r(4), [1.0, 2.0, 3.0, 0.5])]),
    "over_zip_of_unequal": (("x", "y"), [(r(5), r(3)), (r(2), r(6))]),
    "over_enumerate": ("x", [(r(4),), (r(4), 0)]),
    "over_reversed": ("x", [(r(4),), ([0.3, 1.2, -0.4],)]),
    "reversed_range": ("x", [(r(4),)]),
    "reversed_enumerate_of_list": ("x", [(r(4),)]),
    "over_items": ("params", [(PARAMS,)]),
    "over_sorted_keys": ("params", [(PARAMS,)]),
    "one_shot_iterator": (
        "x",
        [(0.7, [0.1, 0.2]), (0.7, iter([0.3, 0.4, 0.5])), lambda: (0.7, (k / 9 for k in range(4)))],
    ),
    "iterator_continued": ("x", [(0.7, [1.5, 0.3, 2.5, 0.4, 0.9]), (0.7, [0.3, 0.2])]),
    "through_wrappers": (("x", "ys"), [(r(3), [r(2), r(4)])]),
    "itertools_over_constants": ("x", [(r(3),)]),
    "set_of_constants": ("x", [(1.2,)]),
    "loop_variable_afterwards": ("x", [(r(4),)]),
    "last_element_afterwards": ("x", [(r(4),)]),
    "loop_variable_shadows": (("x", "k"), [(0.4, 1.3)]),
    "loop_variable_rebound": ("x", [(0.4,)]),
    "zero_iterations": ("x", [(0.4,), (1.1, 2)]),
    "for_else": ("x", [(0.4, 1.0), (0.4, 100.0), (3.0, 1.0)]),
    "nested_with_outer_state": ("x", [(0.4,), (0.4, 0)]),
    "three_deep": (("a", "b"), [(r((2, 3)), r((3, 2)))]),
    "lagged_variables": ("x", [(0.4,), (0.9, 1)]),
    "swapped_each_time": (("a", "b"), [(0.4, 0.9)]),
    "invariants_in_a_loop": (("x", "y"), [(0.4, 0.9)]),
    "constant_until_the_loop": ("x", [(0.4,)]),
    "unused_results_in_a_loop": ("x", [(0.4,)]),
    "rows_of_growing_size": ("x", [(r(6),)]),
    "inner_bound_changes": ("x", [(0.7,), (0.7, 3), (0.7, 5)]),
    "inner_iterator_used_up": (
        "x",
        [(0.7, [0.9, 1.2]), lambda: (0.7, iter([0.9, 1.2, 0.7])), lambda: (0.7, iter([0.9]), 3)],
    ),
    "inner_keys_of_another_dict": ("params", [({"a": r(2), "b": r(3)},)]),
    "narrow_at_its_end": (("x", "y"), [(r(3), 0.4), (r(3), 0.4, 0), (r(3), 0.4, 3)]),
    "left_at_once": (("x", "w"), [(r(3), r(3)), (r(3), r(3), 2), (r(3), r(3), 0)]),
    "adjoint_is_a_number_until_an_iteration_ends": (
        ("x", "u", "v"),
        [(x, np.array([0.4, -0.7, 1.1]), np.array([0.5, 0.3, -0.9])) for x in (0.5, -0.5)],
    ),
    "computed_again_from_an_outer_value": (("x", "y"), [(0.63, -0.41)]),
}

TWICE = dict.fromkeys(("over_sorted_keys",))
