"""Programs whose gradients were wrong once, found at random (tests/fuzz_writes.py) and shrunk."""

import numpy as np
from jaxtyping import Float
from numpy import ndarray

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


def update_in_a_loop_of_what_is_bound_anew(A, b, h):
    k = h * b[1:4]
    c = A.copy()
    for _ in range(2, -1, -1):
        h[[0, 2, 1]] *= A.mean(axis=1)
    c[1, 2] = k[1]
    h, k = k, A[2]
    return np.mean(c)


def counter_beside_rows(b: Float[np.ndarray, "n"], A: Float[np.ndarray, "3 n"]):
    c = b
    for i, b in enumerate(A):
        b[i:] *= 0.7
    return np.sum(c)


def returns_parts(a, h):
    b = a.ravel()
    b[:2] = 0.7
    return a, h[-3:].T


def call_of_which_nothing_is_read(A, b):
    returns_parts(A[1, :], b)
    return np.mean(A)


def several(x, A):
    return x[1:].copy(), A.copy().T @ A, np.sum(x * x)


def results_of_which_one_is_read(x, A):
    p, q, r = several(x, A)
    return np.sum(r)


def updates_itself(a):
    b = a
    a[0] = b[2]
    return b


def name_bound_to_what_a_call_writes(a):
    d = a.copy()
    d = updates_itself(a=d)
    return np.sum(np.sin(d))


def squared_in_place(a):
    a *= a[...]


def call_under_another_name(a):
    c = a
    squared_in_place(c)
    return np.sum(c)


def view_in_a_product(b, A):
    c = np.asarray(b) * A[0]
    b.sort()
    return np.sum(c)


def products_with_itself(a):
    c = a[...] * a
    b = a
    for i in range(1, 3):
        np.multiply(np.asarray(a), c[i], out=b)


def call_on_a_row(A):
    products_with_itself(A[1, :])
    return np.mean(A)


def index_written_later(a, b, A, index):
    a[index[0]] = b[1] = A[:, 1] @ A[:, 2]
    index[:] = 1
    return np.sum(b)


def branch_with_an_exchange(a, b, s, w):
    for i in range(3):
        b[i] *= w
        c = np.ones(len(b))
        if s > 9.5:
            b = c
            s, w = (w, s)
        else:
            b = np.array(a.ravel())
    return np.sum(b)


def branch_that_only_writes(b: Float[ndarray, "p"], A, s):
    if b[2] > 9.1:
        pass
    else:
        A[1] = A[0][0] * s
    b[-3:] = 0.5
    return np.sum(b * b)


def in_two_parts(a):
    c = a
    a[1] = c[-1] = 0.2
    return c, c[-3:]


def names_for_results_that_are_not_read(a, A):
    c = A[-1] * a
    a, k = in_two_parts(c)
    return np.sum(c)


def row_or_number_exchanged(a, A):
    t = a[1]
    a[1] = a[2] * 0.3
    a[2] = np.sin(t)
    t = A[0]
    A[0] = A[1] * 0.3
    A[1] = np.sin(t)
    return np.sum(np.sin(a)) + np.sum(A * A)


def bubble_sort(a, A):
    for i in range(len(a) - 1):
        for j in range(len(a) - 1 - i):
            if a[j] > a[j + 1]:
                t = a[j]
                a[j] = a[j + 1]
                a[j + 1] = t
    return np.sum(a * A[0])


def row_or_number_updated(a, h, A):
    w = a[0]
    w *= np.sin(w)
    v = A[0]
    v *= np.cos(v) * w
    u = a[1]
    u += A[1][0] * h[0]
    return np.sum(a) + np.sum(A) + np.mean(v) + w * u


def rows_read_while_others_are_written(A, w):
    for i in range(len(A) - 1):
        row = A[i]
        A[i + 1] += w * np.tanh(row)
    return np.sum(A * A)


def array_updated_while_a_loop_runs_over_it(a, h, A):
    d = A[0, :]
    for i, w in enumerate(a[-3:]):
        np.add(a, d, out=a)
        h[i] *= w
    return np.sum(h)


def scaled(a, h, s):
    a[1:] *= s
    return np.sum(h) + a[0]


def calls_inside_of_expressions(a, b, h, s):
    s += scaled(a, h, s)
    if scaled(b, h, 0.5) > -99.0:
        s += b[1]
    return np.sum(a) + s * scaled(b, h, 0.5)


def parts_by_an_index_array(A, h, index):
    A[index[0]][0] -= 0.3 * h[1]
    scaled(A[index[1]], h, 0.5)
    return np.sum(A * A)


def rows_taken_apart(A, a):
    x, y, z = A
    x[1] = y[0] * z[1]
    a, c = A[0], a
    a[0] = 2.0
    return np.sum(A * A) + c[1] * a[1]


def item_read_several_times(x):
    xs = [x * 1.0, x * x, np.sin(x)]
    s = 0.0
    for i in [0, 0, 1]:
        s = s + np.sum(xs[i]) * xs[i][0]
    return s


def real_part_written(x, s):
    y = x * s
    z = y.real
    z[0] = x[1]
    return np.sum(y * y)


def rows_added_to_what_is_not_read(a: Float[ndarray, "p"], A):
    d = a
    for row in A[::-1]:
        for i in range(1, 3):
            d[i] += row[i]
    return np.sum(A)


def number_updated_in_a_loop_beside_a_dict(a, A, n):
    t = a[1]
    B = np.where(A < 0.1, A[::-1], A[::-1])
    held = {"v": a, "M": A}
    held["v"][-1] = 0.2
    for _ in range(n):
        t += 0.3
    return np.mean(B)


def number_updated_beside_a_dict(a, A, s):
    t = a[1]
    held = {"v": a, "M": A}
    held["v"][-1] = t * s
    t += 0.3
    return np.sum(a * a) * t + held["v"][0] * a[2]


def _adds_to_the_first(A, h, s, n=2):
    for i in range(n):
        h[:i] += 0.7


def number_of_what_is_rebound_before_a_loop(a, b, h, A):
    t = a[1]
    c = b
    k = h
    a = c
    h = _adds_to_the_first(A[2], k, t)
    for _ in range(3):
        c[: len(k)] = k
    return np.sum(A)


def element_of_what_its_factor_is_part_of(a, h, A, index):
    """Whether k[1] has the shape of h * k[1] does not follow from k = h + e."""
    k = h + A.T[index[0]]
    a[index[::-1]] = h * k[1]
    return np.sum(a * a)


def rows_of_what_a_factor_is_part_of(h, u):
    total = h * 1.0
    for row in h + u:
        total += h * row[0] * row
    return np.sum(total * total)


def item_that_one_exit_reads(a, b, s, n):
    """On the path where the item is not read, its adjoint is a number."""
    w = a[0]
    d = b[...]
    xs = [a, a]
    if s > 100.0:
        return w
    if n > 2:
        return s
    below = b < 0.1
    b[below] = xs[1][below]
    return np.sum(d)


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
    update_in_a_loop_of_what_is_bound_anew,
    counter_beside_rows,
    call_of_which_nothing_is_read,
    results_of_which_one_is_read,
    name_bound_to_what_a_call_writes,
    call_under_another_name,
    view_in_a_product,
    call_on_a_row,
    index_written_later,
    branch_with_an_exchange,
    branch_that_only_writes,
    names_for_results_that_are_not_read,
    row_or_number_exchanged,
    bubble_sort,
    row_or_number_updated,
    rows_read_while_others_are_written,
    array_updated_while_a_loop_runs_over_it,
    calls_inside_of_expressions,
    parts_by_an_index_array,
    rows_taken_apart,
    item_read_several_times,
    real_part_written,
    number_updated_in_a_loop_beside_a_dict,
    number_updated_beside_a_dict,
    number_of_what_is_rebound_before_a_loop,
    element_of_what_its_factor_is_part_of,
    rows_of_what_a_factor_is_part_of,
    item_that_one_exit_reads,
]


def kernel(function, *wrt):
    code = function.__code__
    names = code.co_varnames[: code.co_argcount]
    wrt = wrt or tuple(name for name in names if name not in ("index", "n"))
    return Kernel(function, wrt, inputs(*names), (5, 6))


KERNELS = [kernel(function) for function in FUNCTIONS]
KERNELS += [kernel(rows_added_to_what_is_not_read, "A")]
