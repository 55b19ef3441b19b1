"""Broadcasting in every direction, with known shapes and without."""

import numpy as np
from jaxtyping import Float
from numpy import ndarray


def rows_and_columns(x, row, column, s):
    return np.sum((x * row + column) ** 2 / (s * s + 1.0))


def outer_by_broadcasting(a, b):
    """(n, 1) with (m,), and (n, 1) with (1, m)."""
    return np.sum(np.exp(-((a[:, None] - b) ** 2))) + np.sum(a[:, None] * b[None, :])


def any_two(x, y):
    """Every operator of two operands, with shapes that are known only when called."""
    z = x + y
    z = z * (x - y) / (2.0 + y * y) - y / (1.5 + x * x)
    return np.sum(z * (x + 3.0) ** 2)


def axes_of_size_one(a: Float[ndarray, "n 1"], b: Float[ndarray, "1 m"], c: Float[ndarray, "1 1"]):
    return np.sum((a + b) * c) + np.sum(a * c) * np.sum(b)


def symbols_may_be_one(a: Float[ndarray, "n m"], b: Float[ndarray, "k m"]) -> float:
    """n and k are different symbols, each may be 1: then it broadcasts."""
    return np.sum(a * b + a)


def equal_symbols(a: Float[ndarray, "n m"], b: Float[ndarray, "m"], c: Float[ndarray, "n m"]):
    return np.sum((a + b) * c + b * c * c)


def missing_leading_axes(a: Float[ndarray, "m"], b: Float[ndarray, "k n m"], c: float):
    return np.sum(a * b * c + c * a) + c


def scalar_meets_array(s: float, x):
    """Number with array, array with number, and the number alone."""
    return np.sum(x**2 * s + s) + s * 2.0 + np.sum(s / (x + 5.0)) + np.sum(s**x)


def expanded_twice(x, y):
    """What was expanded is expanded again."""
    z = x * y
    z = z + y[0]
    w = z[None] * np.ones((2, 1, 1))
    return np.sum(w * x)


def reduced_and_expanded(x):
    """keepdims, then back to the full shape."""
    m = np.mean(x, axis=0, keepdims=True)
    s = np.sqrt(np.mean((x - m) ** 2, axis=0, keepdims=True))
    return np.sum(((x - m) / (s + 0.1)) ** 3)


def narrow_constants(x, y):
    """A sum's adjoint is one number; it must be expanded before it meets a reduction."""
    total = np.sum(x)
    spread = np.sum(x * np.ones((3, 1)) + y)
    return total * spread + np.sum(np.sum(x + y, axis=-1) * 2.0)


def where_and_maximum(x, y, s):
    return np.sum(np.where(x > y, x * s, y)) + np.sum(np.maximum(x, s) * np.minimum(y, 0.3))


def broadcast_explicitly(x, y):
    a = np.broadcast_to(x, (4, len(x)))
    b, c = np.broadcast_arrays(y[:, None], x)
    return np.sum(a * y[:, None]) + np.sum(b * c**2)


def in_place_like(x, row):
    """Augmented assignment to a name that was bound to a fresh number."""
    total = 0.0
    total += np.sum(x * row)
    total = total * row
    return np.sum(total**2)


def accumulated_over_a_loop(x, row):
    """A number becomes a vector, then a matrix, by what is added to it."""
    total = 0.0
    total = total + row
    for k in range(3):
        total = total + x * k
    return np.sum(total**2)


def state_grows_in_a_loop(x, row):
    """The first iteration changes the state's shape, later ones keep it."""
    state = row
    for _ in range(3):
        state = np.tanh(state + x)
    return np.sum(state * row)


def both_expand(a, b):
    """Neither operand has the result's shape."""
    c = a - b
    return np.sum(c * c) + np.sum(np.sin(a * b))


def matrix_with_batch(x, w, b):
    return np.sum(np.tanh(x @ w + b) ** 2)


def pairwise_distances(points):
    d = points[:, None, :] - points[None, :, :]
    return np.sum(np.exp(-0.5 * np.sum(d * d, axis=-1)))


def softmax_rows(z, weights):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return np.sum(p * weights)


r = np.random.default_rng(13).standard_normal
CALLS = {
    "rows_and_columns": (
        ("x", "row", "column", "s"),
        [
            (r((4, 3)), r(3), r((4, 1)), 0.7),
            (r((4, 3)), r((1, 3)), r((4, 3)), r(3)),
            (r(3), r((4, 3)), 0.7, np.array(0.3)),
        ],
    ),
    "outer_by_broadcasting": (("a", "b"), [(r(3), r(4)), (r(1), r(4))]),
    "any_two": (
        ("x", "y"),
        [
            (r((4, 3)), r((4, 3))),
            (r((4, 3)), r(3)),
            (r(3), r((4, 1))),
            (r((4, 3)), 0.7),
            (0.7, r((2, 1, 3))),
            (r((4, 1)), r((1, 3))),
            (r((1, 1)), r(4)),
            (r((1, 3)), r((2, 4, 1))),
            (0.7, 1.2),
            (np.array(0.7), r(2)),
            (r(1), 1.2),
            (r((0, 3)), r(3)),
            (r((2, 0)), r((2, 1))),
        ],
    ),
    "axes_of_size_one": (("a", "b", "c"), [(r((3, 1)), r((1, 4)), r((1, 1))), (r((1, 1)),) * 3]),
    "symbols_may_be_one": (
        ("a", "b"),
        [
            (r((3, 2)), r((3, 2))),
            (r((3, 2)), r((1, 2))),
            (r((1, 2)), r((3, 2))),
            (r((3, 1)), r((3, 1))),
        ],
    ),
    "equal_symbols": (
        ("a", "b", "c"),
        [(r((3, 2)), r(2), r((3, 2))), (r((1, 1)), r(1), r((1, 1)))],
    ),
    "missing_leading_axes": (("a", "b", "c"), [(r(3), r((2, 4, 3)), 0.7)]),
    "scalar_meets_array": (("s", "x"), [(0.7, r(3)), (0.7, r((2, 3))), (0.7, 0.3)]),
    "expanded_twice": (("x", "y"), [(r(3), r((4, 3))), (r((4, 1)), r((4, 3)))]),
    "reduced_and_expanded": ("x", [(r((4, 3)),)]),
    "narrow_constants": (("x", "y"), [(r(2), r((3, 2))), (r((3, 2)), r((1, 2)))]),
    "where_and_maximum": (("x", "y", "s"), [(r((4, 3)), r(3), 0.2), (r(3), r((4, 1)), r(3))]),
    "broadcast_explicitly": (("x", "y"), [(r(3), r(4))]),
    "in_place_like": (("x", "row"), [(r((4, 3)), r(3))]),
    "accumulated_over_a_loop": (("x", "row"), [(r((4, 3)), r(3)), (r(3), r((4, 1)))]),
    "state_grows_in_a_loop": (("x", "row"), [(r((4, 3)), r(3)), (r((4, 3)), 0.7)]),
    "both_expand": (("a", "b"), [(r((3, 1)), r(4)), (r((1, 3)), r((4, 1)))]),
    "matrix_with_batch": (("x", "w", "b"), [(r((4, 3)), r((3, 2)), r(2)), (r(3), r((3, 2)), 0.7)]),
    "pairwise_distances": ("points", [(r((4, 2)),)]),
    "softmax_rows": (("z", "weights"), [(r((4, 3)), r((4, 3))), (r((4, 3)), r(3))]),
}
