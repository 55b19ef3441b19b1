"""Programs whose gradients were wrong once, found at random (tests/fuzz_writes.py) and shrunk."""

import numpy as np
from jaxtyping import Float

from tests.kernels import Kernel


def parameter_rebound_to_another(a, b):
    a = b
    a[:2] *= 0.7
    return np.sum(a)


def alias_of_a_parameter(a, b):
    d = b
    d[0] = 0.2
    return np.sum(b) + a[0]


def overlapping_rows_through_an_alias(A):
    B = A
    A[:, 1:] = 0.8
    A[:-1, ::-1] = B[1:, :]
    return np.sum(A)


def reversed_view_written(A):
    B = A[::-1]
    B[1][-1] = 1.5
    return np.mean(A)


def transpose_added_to_itself(A):
    V = A.T
    V += V
    return np.mean(A)


def flat_view_by_index(A, b, index):
    r = A.reshape(-1)
    r[index[::-1]] = b[-3:]
    return np.mean(A)


def rows_of_a_reversed_view(A, b):
    for c in A[::-1]:
        c[1:4] *= b[:3]
    return np.sum(A)


def update_from_an_overlapping_slice(x):
    x[1:] += x[:-1] * x[1:]
    return np.sum(x)


def fill_with_a_parameter(h, s):
    k = h.copy()
    k.fill(s)
    return np.sum(k)


def fill_with_its_own_element(A):
    B = np.cos(A)
    B.fill(B[1, -1])
    return np.mean(B)


def swap_with_a_view(A, a):
    c = A[1]
    c, a = a, c[::-1]
    for m in range(1, 3):
        a[m:] += 0.7
    return np.sum(A) + c[0]


def swap_of_aliases(A, b):
    c = b
    d = c
    d[...] = A[0]
    d, b = b, d
    return np.sum(d)


def swap_with_itself(A, h):
    B = A
    A, B = B, A
    B[1][0] = np.mean(A)
    return np.sum(h) * A[1, 0]


def chained_names_after_an_alias(a, b):
    c = b
    d = np.zeros_like(a)
    c[::2] -= 0.5
    c = d = d - a.ravel()
    return np.sum(c)


def chained_names_of_one(A, a):
    B = A
    A[:-1, 1:] = 0.8
    B = B = A[:, ::-1] * a
    return np.sum(B)


def chained_elements(a, h):
    k = h
    h = np.ones((3,))
    k[1] = h[0] = h[-1]
    return np.sum(np.sin(a)) + np.sum(k)


def chained_elements_of_parameters(a, b, h):
    a[2] = b[0] = 1.5
    return np.sum(h) + a[0] * b[1]


def name_that_was_an_alias(A):
    B = A
    B = np.cos(B)
    for i in range(3):
        for j in range(i):
            A[i, j] -= 0.3 * B[i, j]
    return np.mean(A)


def name_that_was_a_view(A):
    d = A[1, :]
    A[::-1] -= np.cos(A)
    d = A.mean(axis=0)
    return np.sum(A) + d[0]


def name_that_was_a_view_in_a_loop(A, a):
    V = A.T
    for w in a:
        A[0, 1] += w
        V = 1.0 * A.T
    return np.mean(A) + V[0, 0]


def copy_of_what_was_an_alias(a, index):
    c = a
    d = c
    c = 1.0 * c.ravel()
    np.add.at(a, index, d[-3:])
    return np.sum(d) * c[0]


def list_beside_a_flat_view(A, a, s):
    xs = [np.maximum(a.ravel(), 0.3), a]
    r = A.ravel()
    r[1:] = s
    return np.sum(A * xs[0])


def flat_view_of_an_alias(A):
    B = A
    r = A.reshape(-1)
    A = B
    r[:2] = 0.7 * r[:2]
    return np.sum(np.sin(A)) + np.mean(A * B)


def number_into_a_row_in_a_loop(A, h, index):
    B = A.copy()
    for _ in B[::-1]:
        B[index[0]] = h[-1]
    return np.mean(B)


def recurrence_beside_its_alias(b, w):
    c = b
    for i in range(1, 5):
        b[i] = 0.5 * b[i - 1] * c[i] + w
    return np.sum(b)


def mask_kept_over_a_call(a):
    d = a * 1.0
    for _ in range(3):
        mask = d < 0.1
        d[mask] += 0.3
        lower_end(d)
    return np.sum(d)


def lower_end(a):
    for i in range(3, -1, -1):
        a[i] = -0.7 * a[i]


def loop_variable_used_again(A):
    c = A[-1]
    for i in range(2, -1, -1):
        c[:i] = 0.7
    total = 0.0
    for i, s in enumerate(c[1:4]):
        total += s * i
    return total + np.sum(A)


def exit_in_a_loop_over_views(A, h):
    t = 0.0
    for i, b in enumerate(A):
        k = A[2 - i, 1:4]
        for d, t in zip(A, k):  # noqa: B905
            if A[(i + 1) % 3][1] > -0.2:
                break
            b[...] *= np.sin(d) * t
    return t + np.sum(A) + h[0]


def row_read_after_its_loop(u, v):
    """What was read from a part is used after the part is cleared."""
    d = np.empty(u.shape)
    for k in range(2):
        t = u[:, k]
        d[:, k] = 2.0 * v[:, k] + t * t
    last = d[:, k]
    out = np.zeros(u.shape)
    out[:, k] = last
    return np.sum(out * out)


def returns_early(a, n):
    b = a
    for j in range(n - 1):
        b[: j + 1] *= 0.7 * b[1 : j + 2]
        return a
    return b


def early_return_of_an_alias(A, n):
    d = returns_early(A[0, :], n)
    return np.sum(np.sin(A)) + np.sum(d)


def either_of_two_views(A, a, b, s):
    c = A.T[:, 1]
    k = b[-3:]
    c[a > 0.4] *= 0.5
    b = c if s > 0.0 else a
    return np.sum(k * b[:3])


def branch_swaps(a, b, A):
    c = a.ravel()
    r = A.reshape(-1) * 0.5
    if a[1] > 0.1:
        a, c = c, r[::3]
    for j in range(1, 3):
        b[j] = c[1] = a[j]
    return np.sum(c) + np.sum(b)


def sorted_parameter(a, b):
    b.sort()
    return np.sum(a) + b[0]


def place_overwritten_by_what_is_used_before(A: Float[np.ndarray, "n m"]):
    shape = A.shape
    y = np.empty(shape)
    y[:, 0] = A[:, 0]
    for k in range(1, shape[1]):
        y[:, k] = y[:, k - 1] * A[:, k]
    k = shape[1] - 1
    late = np.cos(A[:, k])
    y[:, k] = A[:, 0] + late
    return np.sum(y * y)


def inputs(*names):
    """Arguments called as in the generator of random programs."""

    def make(rng, n):
        found = {
            "a": rng.normal(size=n),
            "b": rng.normal(size=n),
            "h": rng.normal(size=3),
            "A": rng.normal(size=(3, n)),
            "x": rng.normal(size=n),
            "u": rng.normal(size=(n, 3)),
            "v": rng.normal(size=(n, 3)),
            "s": float(rng.normal()),
            "w": 0.4,
            "index": np.array([1, 0, 1]),
            "n": 3,
        }
        return tuple(found[name] for name in names)

    return make


FUNCTIONS = [
    parameter_rebound_to_another,
    alias_of_a_parameter,
    overlapping_rows_through_an_alias,
    reversed_view_written,
    transpose_added_to_itself,
    flat_view_by_index,
    rows_of_a_reversed_view,
    update_from_an_overlapping_slice,
    fill_with_a_parameter,
    fill_with_its_own_element,
    swap_with_a_view,
    swap_of_aliases,
    swap_with_itself,
    chained_names_after_an_alias,
    chained_names_of_one,
    chained_elements,
    chained_elements_of_parameters,
    name_that_was_an_alias,
    name_that_was_a_view,
    name_that_was_a_view_in_a_loop,
    copy_of_what_was_an_alias,
    list_beside_a_flat_view,
    flat_view_of_an_alias,
    number_into_a_row_in_a_loop,
    recurrence_beside_its_alias,
    mask_kept_over_a_call,
    loop_variable_used_again,
    exit_in_a_loop_over_views,
    row_read_after_its_loop,
    early_return_of_an_alias,
    either_of_two_views,
    branch_swaps,
    sorted_parameter,
    place_overwritten_by_what_is_used_before,
]


def kernel(function):
    code = function.__code__
    names = code.co_varnames[: code.co_argcount]
    wrt = tuple(name for name in names if name not in ("index", "n"))
    return Kernel(function, wrt, inputs(*names), (5, 6))


KERNELS = [kernel(function) for function in FUNCTIONS]
