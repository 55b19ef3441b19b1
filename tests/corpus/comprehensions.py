# ruff: noqa: B905
"""Comprehensions and generator expressions, over constants and over what is varied."""

import itertools
import math
import re

import numpy as np


def list_of_terms(x: float) -> float:
    terms = [x**k / math.factorial(k) for k in range(6)]
    return sum(terms)


def generator_in_sum(x):
    return sum(v * v * k for k, v in enumerate(x))


def comprehension_over_parameters(params: dict) -> float:
    decay = sum(np.sum(p**2) for p in params.values())
    named = sum(np.sum(p) for name, p in params.items() if name.startswith("w"))
    return decay * named


def comprehension_with_condition(x, threshold: float = 0.0):
    kept = [v**2 for v in x if v > threshold]
    return sum(kept) + 0.5 * sum([v for v in kept if v > 0.5])


def conditional_element(x):
    return sum([v if v > 0 else 0.1 * v for v in x])


def over_zip(x, y):
    return sum(a * b for a, b in zip(x, y)) + sum([(a - b) ** 2 for a, b in zip(x, x[1:])])


def list_used_by_index(x):
    squares = [v * v for v in x]
    return squares[0] * squares[-1] + np.sum(x) * len(squares)


def list_of_arrays(xs: list, w):
    """One matrix product per part, joined again."""
    hidden = [np.tanh(x @ w) for x in xs]
    return np.sum(np.concatenate(hidden) ** 2) + np.sum(np.stack([h[0] for h in hidden]))


def dict_comprehension(params: dict, rate: float) -> float:
    """The parameters after one step, as a dict again."""
    new = {name: p - rate * p**2 for name, p in params.items()}
    return np.sum(new["w1"] ** 2) + np.sum(new["b"]) * new["scale"]


def nested_comprehensions(x):
    """A comprehension as the element of another."""
    table = [[a * b for b in x] for a in x]
    return sum(sum(row) for row in table) + sum(row[0] ** 2 for row in table)


def closes_over_a_variable(x: float, scale: float) -> float:
    """The element reads variables of the function; its own variable hides one of them."""
    k = x * scale
    total = sum([k * scale + j for j in range(3)])
    total = total + sum([k * x for k in range(3)])
    return total * k


def calls_in_the_element(x):
    return sum([cube(v) for v in x]) + max([cube(v) - v for v in x])


def cube(v):
    return v * v * v


def inside_a_loop(x: float) -> float:
    total = 0.0
    for n in range(1, 4):
        total = total + sum([np.sin(x * k) * total + 1.0 for k in range(n)])
        x = x * 0.9
    return total


def any_and_all(x):
    """any and all as tests; their elements carry nothing."""
    if any(v > 1.0 for v in x) and not all(v > 0 for v in x):
        return sum(v * v for v in x)
    return sum(x)


def array_of_list(x: float, y: float) -> float:
    """np.array makes an array of numbers that are varied."""
    v = np.array([x, y, x * y])
    m = np.array([[x, 1.0], [y, x]])
    return np.sum(v**2) + np.sum(m @ v[:2])


def reduce_by_hand(xs: list):
    """min, max and sum over lists that a comprehension made."""
    norms = [np.sum(x**2) for x in xs]
    return max(norms) * min(norms) + sum(norms)


def tuple_of_generator(x: float) -> float:
    a, b, c = tuple(x * k for k in range(1, 4))
    first, second = (x**k for k in (2, 3))
    return a * b - c + first * second


def set_and_dict_of_constants(x: float) -> float:
    powers = {k % 3 for k in range(7)}
    names = {name: k for k, name in enumerate("abc")}
    pairs = [(i, j) for i in range(3) for j in range(i)]
    return sum(x**p for p in sorted(powers)) + x * names["c"] + sum(x * i + j for i, j in pairs)


r = np.random.default_rng(5).standard_normal
PARAMS = {"w1": r((2, 3)), "b": r(3), "scale": 0.7, "w2": r(2)}


def sum_of_squares(items, x=1.0):
    s = 0.0
    for a in items:
        s += a * x * s + x * a
    return s


def generators_handed_over(x, y: float, n: int):
    lists = sum_of_squares((0.5 * k for k in range(n)), y) * sum_of_squares(t * y for t in x)
    return lists + sum_of_squares(abs(t * y) for t in x if t > 0.1)


def neighbours_in_a_list(x):
    """An iteration gives two items of the list their adjoints: the next one's, too."""
    xs = [x[0]]
    for k in range(3):
        xs.append(x[k] * 0.5)
    return sum(a * b for a, b in zip(xs, xs[1:]))


def first_that_is_kept(x):
    """One item of a list from which a condition left others out."""
    kept = [v * x[1] for v in x if v > 0.0]
    return kept[0] * kept[-1]


def array_of_what_is_kept(x):
    kept = np.array([v * x[0] for v in x if v > 0.1])
    return kept[-1] ** 2 + np.sum(kept)


def dict_without_some(x):
    table = {k: x[k] * x[0] for k in range(4) if k != 1}
    return table[2] * table[3]


def dict_in_which_keys_return(x):
    """The last item that has a key is the one that the dict has."""
    table = {k % 2: v * x[0] for k, v in enumerate(x) if k < 3}
    return table[0] * table[1] ** 2


def dict_of_pairs(x):
    table = {name: v * x[0] for name, v in zip(("a", "b", "a"), x)}
    named = {name: v * v for name, v in table.items()}
    return named["a"] * named["b"]


def summed_in_a_test(x, y, n: int = 3):
    """The adjoint of a sum is needed in a shape, and an item of the list is not there any more."""
    a = x
    xs = [a, y]
    y = math.sin(sum(t for t, s in zip(xs, xs)))
    if n > 5:
        y = a
    return y


X = np.array([0.7, -0.4, 0.9, 0.3])


def over_a_named_iterator(x, y):
    """What has run over the pairs once has left nothing of them, also in the next iteration."""
    pairs = zip(range(2), (3.0, 4.0))
    total = 0.0
    for k in range(2):
        total += sum([x[i] * y[i] * w for i, w in pairs]) + x[k]
    return total


def over_what_is_listed_in_every_iteration(x, y):
    pairs = zip(range(2), (3.0, 4.0))
    total = 0.0
    for k in range(2):
        found = list(pairs)
        total += sum([x[i] * y[i] * w for i, w in found]) + x[k] * len(found)
    return total


def over_an_enumeration_of_what_is_sorted(x, y):
    names = {"w", "b"}
    table = {name: x[i] * y[i] for i, name in enumerate(sorted(names))}
    return table["w"] * table["b"]


def over_a_product_of_constants(x):
    return sum([x[i] * w for i, w in itertools.product(range(3), (1.0, 2.0))])


def over_matches(x):
    return sum([x[int(m[0])] ** 2 for m in re.finditer(r"\d", "0 and 1")])


def over_pairs_from_a_function(x, y):
    def pairs():
        return zip(range(2), (3.0, 4.0))

    found = pairs()
    return sum([x[i] * y[i] * w for i, w in list(found)])


CALLS = {
    "over_a_named_iterator": (("x", "y"), [(r(3), r(3))]),
    "over_what_is_listed_in_every_iteration": (("x", "y"), [(r(3), r(3))]),
    "over_an_enumeration_of_what_is_sorted": (("x", "y"), [(r(3), r(3))]),
    "over_a_product_of_constants": ("x", [(r(3),)]),
    "over_matches": ("x", [(r(3),)]),
    "over_pairs_from_a_function": (("x", "y"), [(r(3), r(3))]),
    "generators_handed_over": (("x", "y"), [(r(4), 0.7, 3), (r(4), -0.7, 0)]),
    "list_of_terms": ("x", [(0.7,)]),
    "generator_in_sum": ("x", [(r(4),), (r(1),)]),
    "comprehension_over_parameters": ("params", [(PARAMS,)]),
    "comprehension_with_condition": ("x", [(r(8),), (-np.abs(r(3)),)]),
    "conditional_element": ("x", [(r(6),)]),
    "over_zip": (("x", "y"), [(r(4), r(4)), (r(2), r(5))]),
    "list_used_by_index": ("x", [(r(4),)]),
    "list_of_arrays": (("xs", "w"), [([r((2, 3)), r((1, 3)), r((4, 3))], r((3, 2)))]),
    "dict_comprehension": (("params", "rate"), [(PARAMS, 0.3)]),
    "nested_comprehensions": ("x", [(r(3),)]),
    "closes_over_a_variable": (("x", "scale"), [(0.7, 1.2)]),
    "calls_in_the_element": ("x", [(r(4),)]),
    "inside_a_loop": ("x", [(0.7,)]),
    "any_and_all": ("x", [(np.array([1.5, -0.2, 0.3]),), (np.array([0.5, 0.2]),)]),
    "array_of_list": (("x", "y"), [(0.7, 1.2)]),
    "reduce_by_hand": ("xs", [([r(3), r(2), r(4)],)]),
    "tuple_of_generator": ("x", [(0.7,)]),
    "set_and_dict_of_constants": ("x", [(0.7,)]),
    "neighbours_in_a_list": ("x", [(X,)]),
    "first_that_is_kept": ("x", [(X,)]),
    "array_of_what_is_kept": ("x", [(X,)]),
    "dict_without_some": ("x", [(X,)]),
    "dict_in_which_keys_return": ("x", [(X,)]),
    "dict_of_pairs": ("x", [(X,)]),
    "summed_in_a_test": (("x", "y"), [(0.7, 0.4), (0.7, 0.4, 6)]),
}
