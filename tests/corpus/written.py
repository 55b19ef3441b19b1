"""Arrays, lists and dicts that are written to, under one name or several."""

import numpy as np
from jaxtyping import Float
from numpy import ndarray


def parameter_rebound_to_another(a, b):
    a = b
    a[:2] *= 0.7
    return np.sum(a**2)


def names_exchanged_after_alias(a, b):
    c = b
    d = c
    d[...] = a[0] * a
    d, b = b, d
    return np.sum(d**2)


def at_places_of_a_call(x, s):
    K = x @ x.T
    K[np.diag_indices(3)] += np.exp(s)
    K[np.diag_indices_from(K)] *= s
    K[np.tril_indices(3, -1)] -= s * K[np.triu_indices(3, 1)]
    return np.sum(K**2)


def at_places_of_a_condition(x, s):
    y = x * 2.0
    y[np.nonzero(x > 0)] *= s
    y[np.where(x < 0)] = s
    y[np.argsort(x)[:2]] -= x[0]
    return np.sum(y**2)


def repeated_places_added_to(x, s):
    y = x * 2.0
    y[list(range(2)) * 2] += s * x[:4]
    return np.sum(y**2)


def of_some_rows_and_columns(x, s):
    A = np.outer(x, x)
    A[np.ix_([0, 1], [1, 2])] *= s
    return np.sum(A**3)


def diagonal_filled(x, s):
    A = np.outer(x, x)
    np.fill_diagonal(A, 2.0 * x)
    B = A @ A
    np.fill_diagonal(B, s)
    return np.sum(A * B)


def diagonal_of_a_parameter_filled(A):
    B = A[1:]
    np.fill_diagonal(A, 0.0)
    return np.sum(A**3) + np.sum(B)


def where_a_mask_says(x, s):
    y = np.empty_like(x)
    np.copyto(y, x)
    np.copyto(y, s * x, where=x > 0.2)
    np.sin(y, out=y, where=y > 0.0)
    return np.sum(y**2)


def masked_in_a_branch_and_added_to(a, b, idx):
    w = a[0]
    d = a
    d, b = (b, b.ravel())
    for i in range(1, 3):
        if i == 1:
            b[d < -0.2] -= 0.5
        np.add.at(d, idx, np.sin(w))
    return np.sum(a)


def filled(h, s):
    k = h.copy()
    k.fill(s)
    return np.sum(k**2)


def alias_rebound(A):
    B = A
    B = np.cos(B)
    for i in range(3):
        for j in range(i):
            A[i, j] -= 0.3 * B[i, j]
    return np.mean(A**2)


def view_name_rebound(A):
    d = A[1, :]
    A[::-1] -= np.cos(A)
    d = A.mean(axis=0)  # noqa: F841
    return np.sum(A**2)


def view_name_rebound_in_loop(A, a):
    V = A.T
    for w in a:
        A[0, 1] += w * A[1, 1]
        V = 1.0 * A.T
    return np.mean(A**2) + np.sum(V**2)


def alias_kept_after_rebinding(a, idx):
    c = a
    d = c
    c = 1.0 * c.ravel()
    np.add.at(a, idx, d[-3:])
    return np.sum(d**2) + np.sum(c**3)


def sorted_windows(x):
    out = np.zeros(x.shape[0])
    for i in range(x.shape[0]):
        window = x[max(0, i - 1) : i + 2].copy()
        window.sort()
        out[i] = window[1]
    return np.sum(out**2)


def appended_numbers(s):
    ys = []
    for k in range(4):
        ys.append(s * k)
    return sum(ys)


def appended_arrays(s, a):
    xs = [a]
    for _ in range(4):
        xs.append(np.tanh(xs[-1]) * s)
    return np.sum(xs[-1] * xs[1])


def dict_items(a, s):
    P = {"w": a * 2.0, "b": s}
    P["w"] = P["w"] * P["b"]
    P["b"] = np.sum(P["w"]) * P["b"]
    return np.sum(P["w"]) * P["b"]


def list_items_exchanged(a, s):
    xs = [a * 1.0, s * a, a * a]
    for i in range(3):
        xs[i] = xs[i] * xs[i - 1]
    xs[0], xs[1] = xs[1], xs[0] * 2.0
    return np.sum(xs[0] * xs[1] * xs[2])


def pushed_and_popped(a, s):
    st = []
    st.append(a * s)
    st.append(a * a)
    u = st.pop()
    st.append(u * 2.0)
    v = st.pop()
    w = st.pop()
    return np.sum(u * v * w)


def recurrence_in_a_list(x):
    f = [0.0, 1.0]
    for i in range(2, 6):
        f.append(f[i - 1] * x[0] + f[i - 2] * x[1])
    return f[-1] ** 2


def list_filled_by_position(x):
    out = [0.0] * len(x)
    acc = 0.0
    for i in range(len(x)):
        acc = acc + x[i] ** 2
        out[i] = acc
    return sum(out)


def rows_written_then_appended(x):
    rows = []
    for i in range(3):
        r = x * i
        r[0] = x[1] * x[2]
        rows.append(r)
    A = np.stack(rows)
    return np.sum(A**2)


def dict_filled_in_a_loop(x):
    d = {}
    for k in ["p", "q"]:
        d[k] = x * len(d)
    d["p"] = d["p"] + x * x
    return np.sum(d["p"] * d["q"])


def item_updated_by_itself(a):
    table = {"w": a * 2.0}
    table["w"] *= table["w"]
    table["w"] = table["w"] * a
    return np.sum(table["w"] * table["w"])


def filled_row(a, h):
    h.fill(a[0])
    return h


def result_is_a_view_that_was_written(a, A):
    B = np.zeros_like(A)
    k = filled_row(a, B.T[0])
    return np.sum(k)


def two_views(a):
    b = a * 2.0
    return b[:], b[::2]


def results_that_share_memory(a):
    b, k = two_views(a)
    b[0] = 3.0 * b[1]
    return np.sum(k**2) + np.sum(b)


def results_that_share_memory_read(a):
    b, k = two_views(a)
    return np.sum(k**2) + np.sum(b)


def number_put_along_an_axis(x):
    """One number goes to all the places that are chosen, and the last of two that meet has it."""
    a = x * 1.0
    np.put_along_axis(a, np.array([1, 2, 1]), x[0], axis=0)
    return np.sum(a * x)


def rebound_in_a_loop_after_a_write(A):
    """In each iteration the adjoint goes to the array that the names stood for before."""
    B = A
    np.sin(A, out=A)
    for _ in range(2):
        B = A = A * A
    return np.sum(B)


def replaced_by_its_own_ravel(A):
    """A copy where A is transposed; what says so is asked before the name has another array."""
    r = A.T
    r = r.ravel()
    r[0] = 3.0 * r[1]
    return np.sum(r * r) + np.sum(A)


def replaced_by_its_own_row(A):
    """A row or a number, as the rank says that the name had before."""
    r = A * 1.0
    s = r
    r = r[1]
    r *= 2.0
    return np.sum(r * r) + np.sum(s**2)


def numbers_of_an_array_that_the_loop_changes(A: Float[ndarray, "m n"], h):
    """Each number is read when its turn comes; h has no derivative."""
    B = A
    k = h * 1.0
    for row, t in zip(A, k):  # noqa: B905
        k += 0.5 * h
        B[-1] = 0.3 * t * row
    return np.sum(np.sin(A)) + t


def name_bound_again_by_a_loop(A, b):
    """The loop's variable has the name, and the shadow's name, of a parameter."""
    d = b
    V = A.T
    A[1] *= 0.3
    if V[1, -1] > 1e6:
        b = V[:, 1]
    else:
        for b in A[::-1]:  # noqa: B007
            r = np.ravel(A)
    return np.sum(d) + np.sum(r) + b[0]


def exchanged_unless_the_iteration_ended(A, b, idx):
    """Nothing has an adjoint behind the exit, but names have to be put back there."""
    c = A[:][idx[1]]
    for s in b:
        if s < 0.1:
            if A[0, 0] < 5.0:
                np.add.at(c, idx, b[:3])
                continue
        c, b = (b, c)
    return np.sum(A)


def moved_by_one(v):
    return v + 1.0


def kept_from_a_call(a, b):
    xs = [a * 2.0, b * a]
    xs[1] = moved_by_one(xs[0])
    xs[0][1:] *= a[:-1]
    return np.sum(xs[1] * xs[0] * a)


def added_while_zeros(a, s):
    """What stands for something varied later on is not while it is added."""
    d, e = np.zeros(3), np.ones(3)
    np.add.at(e, [0, 1, 1], d)
    d = a * 1.0
    c = d
    c[0] = s
    return np.sum(e) * np.sum(d)


def results_of_ufuncs_in_place(x):
    """The argument after the operands is where the result goes."""
    a = np.empty_like(x)
    np.sin(x, a)
    np.multiply(a, x, a)
    np.add(a, 1.0, a)
    return np.sum(a * x)


def every_second_element(x: Float[ndarray, "n"]):
    """The first write leaves out half of what is needed."""
    y = x.copy()
    s = np.sum(y[1:-1] ** 3)
    y[::2] = 1.0
    y[1::2] = 2.0
    return s + np.sum(y)


def first_column_of_the_last_axis(A: Float[ndarray, "n m"]):
    B = A.copy()
    s = np.sum(B**3)
    B[..., 0] = 1.0
    B[..., 1:] = 2.0
    return s + np.sum(B)


def kept_before_a_loop_under_another_name(A: Float[ndarray, "n m"], n):
    """What a row keeps before the second loop is not all that the first one reads."""
    y = 0.0
    row = A[0]
    for k in range(n):
        column = A[:, k]
        y = y + np.sum(np.sin(column) * column)
        row = A[k]
    for j in range(1):
        row[j] = 0.5
    A[:] = 1.0
    return y


def left_before_the_else_of_a_loop(a, b, n):
    """The name is still that of the argument where the loop was left."""
    d = a
    for i in range(n):
        if a[i] > -9.0:
            break
    else:
        d, b = b, b
    for i in range(1, len(d)):
        d[i] += 0.5 * a[0]
    return np.sum(a**2) + np.sum(b)


def updated_then_bound_to_another(A):
    """B is A again when it gets the contents back that the update changed."""
    B = A
    xs = {"A": A}
    B += xs["A"] * A
    B = 2.0 * A
    return np.mean(A) + np.sum(B)


def item_updated_that_has_a_name(A, b):
    """What is put back has to go into the array, not into its place in the dict."""
    B = A * b
    xs = {"A": A}
    xs["A"] -= 0.5
    return np.sum(B)


def made_in_a_list_and_written(b: Float[ndarray, "n"], s, n):
    """The derivative of the tangent needs it as it was put into the list."""
    xs = [np.tanh(b), b * 1.0]
    xs.append(np.exp(b))
    y = xs[n % 3]
    for k in range(2):
        y[k] -= 0.5 * s
    return np.sum(xs[0] * xs[1]) + np.sum(xs[2])


def written_by_a_call(v, k):
    v[1] = 0.5
    return np.sin(v) * k


def sum_with_a_call_that_writes(a, A):
    """The call writes into a, of which the product has read the old contents."""
    w = a[0]
    c = A @ a
    w += written_by_a_call(a, w)
    return np.sum(c * np.arange(3.0)) + np.sum(a)


def rows_that_the_loop_changes_under_another_name(A):
    """What a later iteration does to B is undone before an earlier one's mirror reads its row."""
    B = A * 1.0
    for row in B:
        B[:-1, 1:-1] -= 0.8
        for i in range(1, 4):
            row[i] += np.tanh(row[1])
    return np.sum(B[0])


def view_that_a_test_chooses(a, b, h, A):
    """The test reads what is sorted afterwards."""
    c = a
    d = A.T[:, 2] if b[0] > 0.1 else c
    c[:3] *= h
    b.sort()
    return np.sum(d)


r = np.random.default_rng(11).standard_normal


def loop_that_rebinds_what_it_runs_over(
    A: Float[ndarray, "m n"], a: Float[ndarray, " n"], s: float
):
    B = A
    for i, row in enumerate(A):
        row *= a * s
        A = B * 2.0
        row[i] += np.sum(A[i])
    return np.sum(A**2) + np.sum(B**3)


def scaled_by_first(a, s):
    s *= a[1]
    return s * 2.0


def number_or_array_handed(a, s):
    """The function updates an array that it is handed, and no number."""
    w = s * 0.5
    q = scaled_by_first(a, w)
    return np.sum(w * q)


def rebound_and_written_in_a_branch(a, b, A, s):
    """What the branch writes into is put back into the array that it made."""
    d = np.tanh(b)
    B = A
    for i in range(3):
        for j in range(i):
            B[i, j] += d[j]
    if s > -0.2:
        d = np.maximum(a, 0.3)
        for i in range(1, len(a)):
            d[i] = s
    return np.mean(A)


def exchanged_in_the_else_of_an_inner_loop(a, A: Float[ndarray, "q p"], b: Float[ndarray, "p"]):
    """The row's name trades places after the inner loop; before, it was another array's."""
    d = np.sin(b)
    c = a if a[0] < 0.1 else d
    for d in A:
        a = np.where(d < 0.4, d[:], a)
        for _ in range(2):
            a = a * 1.1
        else:
            d, b = (b, d)
    for i in range(1, 4):
        c[i] += d[i]
    return np.sum(c) + np.sum(a)


def every_second_set(a, h):
    """Writes into one argument; the results carry no derivative."""
    h[::2] = 0.9
    return np.zeros_like(a), np.zeros_like(h)


def constant_results_of_a_call_that_writes(A, a, s):
    """One of the results gets the name of an array that has been written into."""
    B = A[:, ::-1]
    xs = [a * a, np.zeros(3)]
    xs.append(a.copy())
    xs[2][1] -= s
    c = xs.pop()
    y = np.sum(c)
    c, h = every_second_set(a, B[1, 1:4])
    return np.sum(B * B) + y * np.sum(h + 1.0)


def what_cancels_added(x, h):
    """The contributions of what is added cancel when the gradient is generated."""
    c = np.sin(x)
    c[[0, 2]] += h - h
    return np.sum(c * c) + np.sum(h[:1])


def row_that_a_with_block_uses_last(A: Float[ndarray, "n m"]):
    B = np.cos(A)
    C = np.sin(A)
    row = B[1]
    row[0] = 3.0 * row[1]
    row = C[1]
    with np.errstate(all="ignore"):
        row[0] = row[1] * row[0]
    return np.sum(B) + np.sum(C**2)


def chosen_from_itself(a: Float[ndarray, "n"], s: float):
    c = a.copy()
    c[1:] = c[:-1] ** 2 if s > 100.0 else c[1:] * c[:-1]
    c[0] = c[1] if s > 100.0 else c[0] * c[2] * s
    return np.sum(c**2)


def gathered_from_itself(a: Float[ndarray, "n"], s: float):
    c = a.copy()
    c[0] = sum(x * x * s for x in c)
    c[:2] = np.array([c[k] * c[k + 1] for k in range(2)])
    return np.sum(c**2)


def two_names_of_a_view_or_copy(a, idx):
    h = k = a[idx]
    for i in range(1, len(a)):
        a[i] = 0.5
    return np.sum(k * h)


def place_that_a_target_before_it_moves(a, s):
    c = a.copy()
    i = 2
    i, c[i - 1] = 1, c[i] + s
    c[i], i = c[i] * s, 2
    i = c[i] = 0
    return np.sum(c**2) + c[i + 1]


def part_sorted_in_place(a, s):
    c = a * s
    c[1:].sort()
    c[::-2].sort()
    return np.sum(np.arange(1.0, 5.0) * c**2)


CALLS = {
    "kept_from_a_call": (("a", "b"), [(r(3), r(3))]),
    "added_while_zeros": (("a", "s"), [(r(3), 0.7)]),
    "view_that_a_test_chooses": (
        ("a", "h", "A"),
        [
            (r(5), np.array([0.3, -1.0, 0.05]), r(3), r((3, 5))),
            (r(5), np.array([0.05, -1.0, 0.3]), r(3), r((3, 5))),
        ],
    ),
    "rows_that_the_loop_changes_under_another_name": ("A", [(r((3, 4)),)]),
    "sum_with_a_call_that_writes": ("A", [(r(4), r((3, 4)))]),
    "rebound_and_written_in_a_branch": (
        ("a", "b", "A", "s"),
        [(r(4), r(4), r((3, 4)), s) for s in (0.7, -0.7)],
    ),
    "loop_that_rebinds_what_it_runs_over": (("A", "a", "s"), [(r((3, 4)), r(4), 0.7)]),
    "number_or_array_handed": (("a", "s"), [(r(3), 0.7), (r(3), r(3)), (r(3), r((2, 2)))]),
    "parameter_rebound_to_another": (("a", "b"), [(r(5), r(5))]),
    "names_exchanged_after_alias": (("a", "b"), [(r(5), r(5))]),
    "at_places_of_a_call": (("x", "s"), [(r((3, 3)), 0.7)]),
    "at_places_of_a_condition": (("x", "s"), [(r(5), 0.7), (np.arange(1.0, 4.0), 0.7)]),
    "repeated_places_added_to": (("x", "s"), [(r(5), 0.7)]),
    "of_some_rows_and_columns": (("x", "s"), [(r(4), 0.7)]),
    "diagonal_filled": (("x", "s"), [(r(4), 0.7)]),
    "diagonal_of_a_parameter_filled": ("A", [(r((3, 3)),)]),
    "where_a_mask_says": (("x", "s"), [(r(5), 0.7)]),
    "masked_in_a_branch_and_added_to": (
        ("a", "b"),
        [(r(3), np.cos(np.arange(5.0)), np.array([0, 2, 2]))],
    ),
    "filled": (("h", "s"), [(r(4), 0.7)]),
    "alias_rebound": ("A", [(r((5, 5)),)]),
    "view_name_rebound": ("A", [(r((5, 5)),)]),
    "view_name_rebound_in_loop": (("A", "a"), [(r((5, 5)), r(5))]),
    "alias_kept_after_rebinding": ("a", [(r(5), np.array([0, 2, 2]))]),
    "sorted_windows": ("x", [(r(6),)]),
    "appended_numbers": ("s", [(0.7,)]),
    "appended_arrays": (("s", "a"), [(0.7, r(5))]),
    "dict_items": (("a", "s"), [(r(5), 0.7)]),
    "list_items_exchanged": (("a", "s"), [(r(5), 0.7)]),
    "pushed_and_popped": (("a", "s"), [(r(5), 0.7)]),
    "recurrence_in_a_list": (("x",), [(r(6),)]),
    "list_filled_by_position": (("x",), [(r(6),)]),
    "rows_written_then_appended": (("x",), [(r(6),)]),
    "item_updated_by_itself": ("a", [(r(5),), (r(1),)]),
    "result_is_a_view_that_was_written": ("a", [(r(5), r((4, 3)))]),
    "results_that_share_memory": ("a", [(r(5),)]),
    "results_that_share_memory_read": ("a", [(r(5),)]),
    "number_put_along_an_axis": ("x", [(r(4),)]),
    "rebound_in_a_loop_after_a_write": ("A", [(r((2, 3)),)]),
    "replaced_by_its_own_ravel": ("A", [(r((2, 3)),), (r((3, 1)),)]),
    "replaced_by_its_own_row": ("A", [(r((2, 3)),), (r(3),)]),
    "numbers_of_an_array_that_the_loop_changes": ("A", [(r((3, 4)), r(3))]),
    "name_bound_again_by_a_loop": (("A", "b"), [(r((3, 4)), r(4))]),
    "exchanged_unless_the_iteration_ended": (
        ("A", "b"),
        [(r((5, 5)), np.array([0.3, -0.7, -1.1, 0.4, 0.9]), np.array([0, 2, 2]))],
    ),
    "results_of_ufuncs_in_place": ("x", [(r(6),)]),
    "dict_filled_in_a_loop": (("x",), [(r(6),)]),
    "kept_before_a_loop_under_another_name": ("A", [(r((3, 4)), 2), (r((3, 4)), 0)]),
    "left_before_the_else_of_a_loop": (("a", "b"), [(r(4), r(4), 2), (r(4), r(4), 0)]),
    "updated_then_bound_to_another": ("A", [(r((3, 5)),)]),
    "item_updated_that_has_a_name": ("b", [(r((3, 5)), r(5)), (0.3, r(5))]),
    "made_in_a_list_and_written": (("b", "s"), [(r(4), 0.7, k) for k in range(3)]),
    "every_second_element": ("x", [(r(6),), (r(5),)]),
    "first_column_of_the_last_axis": ("A", [(r((3, 4)),)]),
    "exchanged_in_the_else_of_an_inner_loop": (
        ("a", "A", "b"),
        [(np.array([v, 0.3, 0.6, -0.9]), r((3, 4)), r(4)) for v in (0.7, -0.7)],
    ),
    "constant_results_of_a_call_that_writes": (("A", "a", "s"), [(r((3, 4)), r(4), 0.7)]),
    "row_that_a_with_block_uses_last": ("A", [(r((3, 4)),)]),
    "what_cancels_added": (("x", "h"), [(r(4), r(2)), (r(4), r(1))]),
    "chosen_from_itself": (("a", "s"), [(r(4), 0.7), (r(4), 101.0)]),
    "gathered_from_itself": (("a", "s"), [(r(4), 0.7)]),
    "two_names_of_a_view_or_copy": (
        "a",
        [(r(4), 0), (r(4), 2), (r(4), slice(0, 3)), (r(4), [0, 1, 1]), (r((3, 2)), 0)],
    ),
    "place_that_a_target_before_it_moves": (("a", "s"), [(r(4), 0.7)]),
    "part_sorted_in_place": (("a", "s"), [(r(4), 0.7)]),
}

TWICE = dict.fromkeys(
    (
        "dict_filled_in_a_loop",
        "loop_that_rebinds_what_it_runs_over",
        "exchanged_unless_the_iteration_ended",
    )
)
