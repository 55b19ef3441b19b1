"""One name, many values: the backward part needs the one that stood there at the time."""

import numpy as np
from jaxtyping import Float


def overwritten_scalar(x: float) -> float:
    y = x * x
    z = np.sin(y) * y
    y = z * 2.0 + y
    z = y * z
    y = 3.0
    return z * y * x


def overwritten_parameter(x, w):
    x = np.tanh(x * w)
    x = np.tanh(x * w)
    w = w * x
    x = x * w
    return np.sum(x * x)


def overwritten_by_a_constant(x: float) -> float:
    y = np.exp(x)
    total = y * y
    y = 2.0
    total = total * y
    x = 1.0
    return total + x


def value_and_shape_needed(x):
    """The backward part of a sum needs only the shape of what was summed."""
    y = x * 3.0
    s = np.sum(y, axis=0)
    y = 0.0
    return np.sum(s * s) + y


def overwritten_in_a_loop(x: float) -> float:
    """y of the last iteration and of the one before; t is made new each time."""
    y = 1.0
    for k in range(5):
        t = y * x
        u = np.sin(t)
        t = u * u + k
        y = t * 0.3 + y * u
    return y * t


def index_variable_overwritten(x, i: int = 2):
    """i at the time of the read is what counts, not i now."""
    a = x[i] * x[i]
    i = i - 1
    b = x[i] ** 3
    i = 0
    return a * b + x[i]


def running_index(x):
    """An integer that moves through an array by itself."""
    i = 0
    total = 0.0
    while i < len(x) - 1:
        total = total + x[i] * x[i + 1] ** 2
        i += 2 if x[i] > 0 else 1
    return total


def key_of_table_overwritten(params: dict):
    name = "a"
    y = params[name] ** 2
    name = "b"
    y = y * params[name]
    return y


def slice_bounds_overwritten(x, lo: int = 1, hi: int = 4):
    a = np.sum(x[lo:hi] ** 2)
    lo, hi = hi, len(x)
    b = np.sum(x[lo:hi] ** 3)
    lo = hi = 0
    return a * b


def exponent_changes(x: float) -> float:
    n = 2
    y = x**n
    n += 1
    y = y * x**n
    n = n * n
    return y + x / n


def tuple_swap(a: float, b: float, c: float) -> float:
    """All right sides are read before any name is bound."""
    a, b, c = b * c, c * a, a * b
    a, b = b, a
    (a, b), c = (c, a), b
    return a + b**2 + c**3


def chained_assignment(x: float) -> float:
    a = b = x * x
    a = a * 3.0
    c = d = b
    d = d + a
    return a * b + c * d


def starred_unpacking(x):
    first, *middle, last = x
    head, *rest = [first * last, first, last]
    return head * sum(middle) + rest[0] ** 2


def alias_is_not_a_copy_of_the_name(x: float) -> float:
    """keep holds the old value when x is bound anew."""
    keep = x
    x = x * x
    keep2 = keep * x
    x = np.sin(x)
    return keep * keep2 * x


def same_adjoint_for_two_names(x, y):
    """What arrives at a sum arrives at both sides; then each gets something more."""
    z = x + y
    u = x * 2.0
    v = y * 3.0
    return np.sum(z * z) + np.sum(u) + np.sum(v * v)


def passed_through_unchanged(x):
    """Aliases only: b, c and x are one array; d is not."""
    b = x
    c = b
    d = c + 0.0
    return np.sum(b * c) + np.sum(d * x)


def deleted(x: float) -> float:
    y = x * x
    z = np.sin(y)
    del y
    return z * x


def deleted_in_a_loop(x):
    """What is deleted at the end of each iteration is read again on the way back."""
    s = 0.0
    for _ in range(3):
        doubled = 2.0 * np.sin(x) + s
        square = doubled * doubled
        s = s + np.mean(square + x)
        del (doubled, square)
    return s


def conditionally_overwritten(x: float, n: int = 5) -> float:
    """Which y an iteration reads depends on the path before."""
    y = x
    for k in range(n):
        z = y * y
        if k % 2:
            y = z * 0.5 + k
        if z > 1.0:
            z = 1.0 / z
        x = x + z
    return x * y


def array_rebound_in_a_loop(x, w, n: int = 4):
    for _ in range(n):
        h = x @ w
        x = np.tanh(h) + 0.5 * x
        h = h * 0.0
    return np.sum(x * x) + np.sum(h)


def result_is_a_parameter(x: float) -> float:
    """The identity: its gradient is one."""
    return x


def result_is_an_overwritten_parameter(x: float, n: int = 3) -> float:
    for _ in range(n):
        x = x * 1.5
    return x


def annotated_assignments(x: float) -> float:
    y: float = x * x
    z: float
    z = y + x
    return z * y


def global_names_reused(x: float) -> float:
    """Names that look like ours: d_x, x_trace, value are the user's here."""
    d_x = x * 2.0
    value = d_x * x
    x_trace = value + d_x
    d_value = np.sin(x_trace)
    d_out = d_value * value
    return d_out


def builtins_as_names(x: float) -> float:
    """max, sum and len are plain variables here."""
    max = x * 2.0
    sum = max * x
    len = sum + max
    np_sum = len * sum
    return np_sum


def keywords_with_underscores(lambda_: float, class_: float) -> float:
    in_ = lambda_ * class_
    return in_ * lambda_


def semicolons_and_one_liners(x: float) -> float:
    a = x * x; b = a * x  # fmt: skip # noqa: E702
    if b > 0: a = a * b  # fmt: skip # noqa: E701
    for _ in range(2): a = a * x; b = b + a  # fmt: skip # noqa: E701, E702
    return a + b


def long_expression(x, y):
    """Over several lines, with comments inside."""
    return np.sum(
        (x - y) ** 2  # distance
        + np.exp(
            -x * x,
        )
        * 0.5
        - (x if len(x) > 2 else y)
    ) / (
        1.0
        # the size
        + len(x)
    )


def exchanged_under_a_condition(x: float, y: float) -> float:
    """One name takes what the other was, and that one stays what it is."""
    for _ in range(2):
        x, y = y if x < 0.4 else x * y, y
    return x + y * 0.5


def exchanged_with_a_sum(x, y):
    for _ in range(2):
        x, y = sum([v * w for v, w in zip(x, y, strict=True)]) * y, y + x
    return np.sum(x * y)


def halved(p: float, q: float) -> float:
    return np.sin(p) * q * 0.5


def exchanged_through_a_call(x: float, y: float) -> float:
    for _ in range(3):
        x, y = halved(y, y), x
    return x * x + y


def exchanged_in_an_array(x: float, y: float) -> float:
    for _ in range(2):
        x, y = np.array([halved(y, x), x + 0.1])
    return x * x + y


def cancelled(v: Float[np.ndarray, "n"], n: int = 2):
    """Nothing is left of v, and what is left of it is added to."""
    total = np.sum(v * v)
    for k in range(n):
        total += v[1] * k
        if total < 1.0:
            v = (v - v * 0.5) - v * 0.5
    return total + np.sum(v)


def row_rebound_in_the_else_of_a_loop(A, b):
    """What the target of the outer loop is, the inner loop's `else` changes."""
    d = np.sin(b)
    y = np.sum(np.sin(d))
    for d in A:
        y += np.sum(d * d)
        for _ in range(2):
            y *= 1.1
        else:
            d = d * 2.0
        y += np.sum(np.sin(d))
    return y


def row_rebound_by_a_loop_in_an_else(A, b):
    """A loop that gives its own target another value stands in the `else` of another."""
    d = np.sin(b)
    y = np.sum(np.sin(d))
    for _ in range(2):
        y *= 1.1
    else:
        for d in A:
            y += np.sum(d * d)
            d = d * 2.0
            y += np.sum(np.sin(d))
    return y


def replaced_by_itself_and_parts_of_itself(A):
    """What goes on to the old value as it is, is read by what goes on to parts of it."""
    B = A
    B = B + np.maximum(B[:, ::-1], 0.5 * B[::-1])
    return np.sum(np.sin(B))


def dict_rebound_by_the_loop_over_it(x, y):
    held = {"x": x * x, "y": np.sin(y)}
    total = 0.0
    for key, value in held.items():
        held = {"x": y, "y": x}
        total += np.sum(value * held[key])
    return total


def values_of_a_dict_rebound_by_the_loop(x, y):
    held = {"x": x * x, "y": np.sin(y)}
    total = 0.0
    for value in held.values():
        held = {"x": y, "y": x}
        total += np.sum(value * held["x"])
    return total


def comprehension_over_the_name_that_it_gets(xs: list, y):
    xs = [x * x for x in xs]
    xs = [np.sin(x) * i for i, x in enumerate(xs)]
    xs = [np.sin(x) * z for z, x in zip(xs[1:], xs, strict=False)]
    y = sum(np.cos(v) * y for v in [y, xs[0], 0.3])
    return sum(xs) * y


def dict_made_of_itself(p: dict):
    p = {k: v * v for k, v in p.items()}
    p = {k: np.sin(v) * len(k) for k, v in p.items()}
    return sum([x**3 for x in p.values()])


r = np.random.default_rng(4).standard_normal
CALLS = {
    "overwritten_scalar": ("x", [(0.7,)]),
    "overwritten_parameter": (("x", "w"), [(r(3), r(3))]),
    "overwritten_by_a_constant": ("x", [(0.7,)]),
    "value_and_shape_needed": ("x", [(r((3, 2)),)]),
    "overwritten_in_a_loop": ("x", [(0.7,)]),
    "index_variable_overwritten": ("x", [(r(4),)]),
    "running_index": ("x", [(r(7),)]),
    "key_of_table_overwritten": ("params", [({"a": 0.7, "b": 1.4, "c": 3.0},)]),
    "slice_bounds_overwritten": ("x", [(r(6),)]),
    "exponent_changes": ("x", [(0.7,)]),
    "tuple_swap": (("a", "b", "c"), [(0.7, 1.2, -0.4)]),
    "chained_assignment": ("x", [(0.7,)]),
    "starred_unpacking": ("x", [(r(4),), (r(2),)]),
    "alias_is_not_a_copy_of_the_name": ("x", [(0.7,)]),
    "same_adjoint_for_two_names": (("x", "y"), [(r(3), r(3))]),
    "passed_through_unchanged": ("x", [(r(3),)]),
    "deleted": ("x", [(0.7,)]),
    "deleted_in_a_loop": ("x", [(r(4),)]),
    "conditionally_overwritten": ("x", [(0.7,), (1.3, 0)]),
    "array_rebound_in_a_loop": (("x", "w"), [(r((2, 3)), r((3, 3)))]),
    "result_is_a_parameter": ("x", [(0.7,)]),
    "result_is_an_overwritten_parameter": ("x", [(0.7,)]),
    "annotated_assignments": ("x", [(0.7,)]),
    "global_names_reused": ("x", [(0.7,)]),
    "builtins_as_names": ("x", [(0.7,)]),
    "keywords_with_underscores": (("lambda_", "class_"), [(0.7, 1.2)]),
    "semicolons_and_one_liners": ("x", [(0.7,), (-0.7,)]),
    "long_expression": (("x", "y"), [(r(3), r(3))]),
    "exchanged_under_a_condition": (("x", "y"), [(0.63, -0.41), (0.2, 0.9), (0.2, 0.3)]),
    "exchanged_with_a_sum": (("x", "y"), [(np.array([0.3, 1.2]), np.array([0.7, -0.4]))]),
    "exchanged_through_a_call": (("x", "y"), [(0.63, -0.41)]),
    "exchanged_in_an_array": (("x", "y"), [(0.63, -0.41)]),
    "cancelled": ("v", [(r(3),), (r(3) * 0.1,), (r(3) * 0.1, 0)]),
    "row_rebound_in_the_else_of_a_loop": (("A", "b"), [(r((3, 4)), r(4))]),
    "row_rebound_by_a_loop_in_an_else": (("A", "b"), [(r((3, 4)), r(4))]),
    "dict_rebound_by_the_loop_over_it": (("x", "y"), [(r(3), r(3))]),
    "values_of_a_dict_rebound_by_the_loop": (("x", "y"), [(r(3), r(3))]),
    "comprehension_over_the_name_that_it_gets": (("xs", "y"), [([0.2, 0.5, 0.8], 0.7)]),
    "dict_made_of_itself": ("p", [({"a": 0.3, "bb": 0.7},)]),
    "replaced_by_itself_and_parts_of_itself": ("A", [(r((3, 4)),)]),
}
