# ruff: noqa: E731, UP033
"""The user's own functions: called, nested, handed around, decorated, recursive."""

import functools
from functools import lru_cache, partial

import numpy as np

from tests.checking import Call


def cube(v):
    return v * v * v


def scale_and_shift(v, scale=2.0, shift=0.0):
    return v * scale + shift


def affine(w, v, b):
    return w @ v + b


def called_twice(x):
    return np.sum(cube(x) * cube(x * 2.0))


def nested_calls(x: float) -> float:
    return cube(scale_and_shift(cube(x), shift=x))


def defaults_and_keywords(x: float, y: float) -> float:
    a = scale_and_shift(x)
    b = scale_and_shift(x, y)
    c = scale_and_shift(shift=x, v=y)
    return a * b + scale_and_shift(c, shift=a * 0.1)


def result_thrown_away(x: float) -> float:
    """The call changes nothing and nobody reads its result."""
    cube(x)
    return x * x


def same_argument_twice(x):
    """One array arrives at two parameters."""
    return np.sum(multiply(x, x)) + np.sum(multiply(x, x * 2.0))


def multiply(a, b):
    return a * b


def shapes_of_arguments_differ(x, y):
    """One function, called with numbers, vectors and matrices."""
    return multiply(3.0, np.sum(x)) + np.sum(multiply(x, y)) + np.sum(multiply(y, 2.0))


def callee_with_loop(x: float, n: int = 3) -> float:
    """The callee has something to remember, and is called in a loop."""
    total = 0.0
    for k in range(n):
        x = iterate(x, k + 1)
        total = total + x
    return total


def iterate(v, times):
    for _ in range(times):
        v = np.sin(v) * v + 0.3
    return v


def callee_with_branches(x: float) -> float:
    return piecewise(x) * piecewise(-x) + piecewise(x * 3.0)


def piecewise(v):
    if v < 0.0:
        return 0.1 * v
    if v > 2.0:
        return v * v
    return v


def callee_that_rebinds(x: float) -> float:
    """What a callee does to its own names does not reach the caller's."""
    y = normalised(x, 3)
    return y * x


def normalised(x, n):
    for _ in range(n):
        x = x / (1.0 + x * x)
    n = x * 2.0
    return n


def only_some_arguments_vary(x, w, k: int = 2):
    """Constants, integers and strings among the arguments."""
    h = layer(x, w, "tanh", k)
    return np.sum(layer(h, np.ones((3, 2)), activation="square"))


def layer(x, w, activation, power=1):
    z = x @ w
    if activation == "tanh":
        z = np.tanh(z)
    elif activation == "square":
        z = z * z
    return z**power


def local_function(x: float, scale: float) -> float:
    """A function defined inside; it reads variables around it."""
    offset = x * x

    def inner(v):
        return v * scale + offset

    return inner(x) * inner(scale)


def local_function_reads_later_value(x: float) -> float:
    """A closure sees the value at the time of the call, not of its definition."""
    k = x

    def times_k(v):
        return v * k

    a = times_k(x)
    k = x * x
    return a + times_k(x)


def local_function_in_a_loop(x: float) -> float:
    total = 0.0
    for k in range(3):

        def term(v):
            return v**2 * k + x  # noqa: B023

        total = total + term(x * 0.5)
    return total


def functions_in_functions(x: float) -> float:
    def outer(v):
        def inner(u):
            return u * v + x

        return inner(v) * inner(2.0)

    return outer(x * x)


def local_recursion(x: float) -> float:
    def power(v, n):
        return v if n == 1 else v * power(v, n - 1)

    return power(x, 4) + power(2.0 * x, 2)


def lambdas(x, y):
    square = lambda v: v * v
    mix = lambda a, b=0.5: a * b + y
    return np.sum(square(mix(x)) + mix(square(x), b=x))


def lambda_called_at_once(x: float) -> float:
    return (lambda v, w: v * w + v)(x, x * x)


def function_as_argument(x: float) -> float:
    """Functions of the user's own handed to functions of the user's own."""
    return apply_twice(cube, x) + apply_twice(np.sin, x) + apply_twice(lambda v: v * x, 2.0)


def apply_twice(f, v):
    return f(f(v))


def function_chosen_by_branch(x: float, which: str) -> float:
    f = cube if which == "cube" else np.tanh
    return f(x) * x


def functions_in_a_table(x: float, names: tuple = ("tanh", "square")) -> float:
    for name in names:
        x = ACTIVATIONS[name](x) + 0.1
    return x


def square(v):
    return v * v


ACTIVATIONS = {"tanh": np.tanh, "square": square}


def list_of_functions(x: float) -> float:
    for f in (cube, square, np.cos):
        x = f(x) + 0.2
    return x


def list_with_a_function_that_captures(x: float, s: float) -> float:
    y = x
    for fn in [np.sin, np.cos, lambda t: t * s]:
        y = fn(y) + 0.1 * y
    return y * y


def positional_rest(x: float, y: float) -> float:
    return total_of(x, y, x * y) + total_of() + total_of(*[x, y], 2.0)


def total_of(*values):
    total = 0.0
    for k, v in enumerate(values):
        total = total + v * v * (k + 1)
    return total


def keyword_rest(x: float, y: float) -> float:
    options = {"a": x * 2.0, "b": 3.0}
    return weighted(x, a=y, b=y * x) + weighted(y, **options)


def weighted(base, **weights):
    total = base
    for name, w in weights.items():
        total = total * w + len(name)
    return total


def everything_rest(x: float, y: float) -> float:
    """All kinds of parameters at once, forwarded through a function that knows none of them."""
    return forward(x, y, 2.0, scale=x * y)


def forward(*args, **kwargs):
    return full(*args, **kwargs) * 2.0


def full(a, /, b, c=1.0, *rest, scale=1.0, **more):
    return (a * b + c) * scale + len(rest) + len(more)


def rest_as_parameters(*xs):
    """The function itself takes any number of arrays."""
    total = 0.0
    for x in xs:
        total = total + np.sum(x * x)
    return total * np.sum(xs[0])


def keyword_only(x, *, power: int = 2, scale: float):
    return np.sum(x**power) * scale


def factorial_like(x: float, n: int) -> float:
    return x if n <= 1 else x * factorial_like(x * 0.9, n - 1)


def recursion_over_halves(x):
    """Divide and conquer on slices of an array."""
    if len(x) == 1:
        return x[0] * x[0]
    middle = len(x) // 2
    left = recursion_over_halves(x[:middle])
    right = recursion_over_halves(x[middle:])
    return left * right + left


def even_steps(x: float, n: int) -> float:
    """Two functions that call each other."""
    if n == 0:
        return x
    return odd_steps(np.sin(x), n - 1) * 0.9


def odd_steps(x, n):
    if n == 0:
        return x * x
    return even_steps(x * x, n - 1) + x


@lru_cache(maxsize=None)
def coefficients(n):
    return tuple(1.0 / (k + 1) for k in range(n))


@lru_cache
def cached_cube(v):
    return v * v * v


@functools.cache
def cached_sum(v, w):
    return v * w + w


def cached_callees(x: float) -> float:
    """A cache around a callee does not matter to the derivative."""
    total = 0.0
    for k, c in enumerate(coefficients(4)):
        total = total + c * cached_cube(x) ** k
    return total + cached_sum(x, 2.0)


double = partial(scale_and_shift, scale=2.0)
raised = functools.partial(scale_and_shift, 1.5)


def partial_callees(x: float) -> float:
    local = partial(multiply, x)
    return double(x) * raised(shift=x) + local(x) + double(x, shift=x)


def siblings(x: float) -> float:
    """A local function calls another one, and so reads what that one reads."""

    def a(v):
        return v * x

    def b(v):
        return a(v) + x

    return b(x) * b(2.0)


def default_at_definition(x: float) -> float:
    k = x * x

    def g(v, k=k):
        return v * k

    k = 3.0
    return g(x) * k


def handed_on_with_equal_names(x: float, y: float) -> float:
    """The lambda reads the caller's x, where x is something else."""
    return descend(lambda v: v * x - y, y) + descend(np.sin, x)


def descend(f, x, n=3):
    for _ in range(n):
        x = x - f(x) * 0.1
    return x


def table_of_lambdas(x: float, key: str = "a") -> float:
    table = {"a": lambda v: v * x, "b": np.sin}
    return table[key](x)


def mapped(x):
    return sum(map(lambda v: v * v, x))


def docstring_only_callee(x: float) -> float:
    note(x)
    return x * 2.0 * x


def note(v):
    """Does nothing with its argument."""


def make_scaled(scale, table):
    """Gives functions whose values were captured from here."""

    def scaled(x):
        return np.sum(x * table) * scale

    return scaled


def defaults_of_functions_that_are_handed_on(x, y):
    """A default has the value that it had where the function was made, also where another function
    calls it."""
    b = y + 0.2
    for k in range(2):

        def scaled(t, scale=b):
            return t * scale * (k + 1) + x  # noqa: B023

        b = scaled(b) * 0.5

    def half(t):
        return scaled(t) * 0.5

    b = 0.3
    return twice_applied(scaled, b) + half(y) + sum(map(scaled, [b, x]))


def twice_applied(g, p):
    for _ in range(2):
        p = g(p)
    return p


closure = make_scaled(2.5, np.array([1.0, -2.0, 0.5]))
r = np.random.default_rng(6).standard_normal
LIVE = ("closure",)


def _solved(price, size, guess=0.2):
    found = guess
    for _ in range(5):
        found -= 0.5 * (found * size - price) / size
    return found


def default_that_is_updated(price: float, sizes):
    total = 0.0
    for size in sizes:
        total += _solved(price, size)
    return total


def default_beside_an_array(price: float, sizes):
    total = np.sum(_solved(price, 2.0, price * sizes))
    for size in sizes:
        total += _solved(price, size)
    return total


def calls_by_local_names(x, w):
    import numpy as xp

    f = xp.tanh
    act = lambda z: z * z  # noqa: E731
    y = f(x) * w
    return act(y) + xp.exp(x)


def local_names_of_functions(x: float, w: float) -> float:
    """The backward function repeats what binds the names of functions and modules."""
    return calls_by_local_names(x, w) * x


CALLS = {
    "local_names_of_functions": (("x", "w"), [(0.3, 0.7)]),
    **dict.fromkeys(
        ["default_that_is_updated", "default_beside_an_array"],
        ("price", [(0.7, np.array([1.0, 2.0]))]),
    ),
    "called_twice": ("x", [(r(3),)]),
    "nested_calls": ("x", [(0.7,)]),
    "defaults_and_keywords": (("x", "y"), [(0.7, 1.2)]),
    "result_thrown_away": ("x", [(0.7,)]),
    "same_argument_twice": ("x", [(r(3),)]),
    "shapes_of_arguments_differ": (("x", "y"), [(r(3), r((2, 3)))]),
    "callee_with_loop": ("x", [(0.7,), (0.7, 0)]),
    "callee_with_branches": ("x", [(0.9,), (-0.3,)]),
    "callee_that_rebinds": ("x", [(0.7,)]),
    "only_some_arguments_vary": (("x", "w"), [(r((2, 4)), r((4, 3)))]),
    "local_function": (("x", "scale"), [(0.7, 1.2)]),
    "local_function_reads_later_value": ("x", [(0.7,)]),
    "local_function_in_a_loop": ("x", [(0.7,)]),
    "functions_in_functions": ("x", [(0.7,)]),
    "local_recursion": ("x", [(0.7,)]),
    "lambdas": (("x", "y"), [(r(3), r(3)), (r((2, 3)), r(3))]),
    "lambda_called_at_once": ("x", [(0.7,)]),
    "function_as_argument": ("x", [(0.7,)]),
    "function_chosen_by_branch": ("x", [(0.7, "cube"), (0.7, "tanh")]),
    "functions_in_a_table": ("x", [(0.7,), (0.7, ("square",))]),
    "list_of_functions": ("x", [(0.7,)]),
    "list_with_a_function_that_captures": (("x", "s"), [(0.7, 1.3)]),
    "positional_rest": (("x", "y"), [(0.7, 1.2)]),
    "keyword_rest": (("x", "y"), [(0.7, 1.2)]),
    "everything_rest": (("x", "y"), [(0.7, 1.2)]),
    "rest_as_parameters": ("xs", [(r(3), r(2))]),
    "keyword_only": (("x", "scale"), [Call(r(3), scale=1.3), Call(r(3), power=3, scale=0.2)]),
    "factorial_like": ("x", [(0.7, 1), (0.7, 5)]),
    "recursion_over_halves": ("x", [(r(7),), (r(1),)]),
    "even_steps": ("x", [(0.7, 0), (0.7, 1), (0.7, 4)]),
    "cached_callees": ("x", [(0.7,)]),
    "partial_callees": ("x", [(0.7,)]),
    "siblings": ("x", [(0.7,)]),
    "default_at_definition": ("x", [(0.7,)]),
    "handed_on_with_equal_names": (("x", "y"), [(0.7, 0.4)]),
    "table_of_lambdas": ("x", [(0.7,), (0.7, "b")]),
    "mapped": ("x", [(r(3),)]),
    "docstring_only_callee": ("x", [(0.7,)]),
    "closure": ("x", [(r(3),)]),
    "defaults_of_functions_that_are_handed_on": (("x", "y"), [(0.7, 0.4)]),
}

TWICE = dict.fromkeys(("closure", "defaults_and_keywords", "lambdas", "local_names_of_functions"))
