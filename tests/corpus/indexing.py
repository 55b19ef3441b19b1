"""Reading by index: every form, also of what was read by index before."""

import numpy as np

PICK = [0, 2]


def integers(x):
    return x[0] * x[-1] + x[1] ** 2


def integers_of_a_matrix(x):
    return x[0, 1] * x[-1, -2] + np.sum(x[1]) + x[0][1]


def slices(x):
    a = x[1:] - x[:-1]
    b = x[::2]
    c = x[-3:-1]
    return np.sum(a**2) + np.prod(b) + np.sum(c) ** 2


def negative_steps(x):
    a = x[::-1] * x
    b = x[4:1:-1]
    c = x[-1:-4:-2]
    return np.sum(a) + np.sum(b**3) * np.sum(c**2)


def out_of_range_slices(x):
    return np.sum(x[-100:2] ** 2) + np.sum(x[3:100] ** 3) + np.sum(x[5:2])


def ellipsis_and_newaxis(x):
    """x has three axes."""
    a = x[..., 0]
    b = x[0, ..., 1]
    c = a[:, np.newaxis, :] * x[:, :2, None, 0]
    return np.sum(c) * np.sum(b**2) + np.sum(x[...])


def integer_array(x, index):
    """Repeated indices: contributions add up."""
    return np.sum(x[index] ** 3)


def integer_array_of_rows(x, index):
    return np.sum(np.sin(x[index]) * np.arange(1.0, 1.0 + x.shape[1]))


def integer_array_of_two_axes(x):
    """An index array with two axes, negative entries, and a list of lists."""
    a = x[np.array([[0, -1], [1, 1]])]
    b = x[[[0, 1], [0, 0]]]
    return np.sum(a**2 * b)


def pairs_of_index_arrays(x, rows, columns):
    return np.sum(x[rows, columns] ** 2) + np.sum(x[rows[:, None], columns])


def mixed_with_slices(x, index):
    """Index arrays beside slices, integers and newaxis; apart they go to the front."""
    a = x[:, index]
    b = x[1:, index, 0]
    c = x[index, :, index]
    d = x[0, :, index]
    return np.sum(a**2) + np.sum(b**3) + np.sum(c * 2.0) ** 2 + np.sum(d**2)


def boolean_mask(x):
    return np.sum(x[x > 0.0] ** 3) + np.sum(x[~(x > 0.5)] ** 2)


def mask_of_rows(x, keep):
    return np.sum(x[keep] ** 2) + np.sum(x[keep, 1] ** 3) + np.sum(x[:, [True, False, True]])


def mask_that_is_empty(x):
    return np.sum(x[x > 100.0] ** 2) + np.sum(x[np.zeros(len(x), bool)]) + np.sum(x * x)


def lists_as_index(x):
    return np.sum(x[[0, 2, 2]] ** 2) + np.sum(x[PICK]) ** 2


def tuple_as_index(x, where: tuple = (1, 2)):
    key = (slice(None), 0)
    return x[where] * x[(0, 1)] + np.sum(x[key] ** 2)


def slice_objects(x, window: slice = slice(1, 4)):
    return np.sum(x[window] ** 2) + np.sum(x[slice(None, None, 2)])


def index_of_an_index(x):
    """Reads of reads, views of views."""
    y = x[1:][:, ::-1][0]
    z = x.T[1][::2]
    return np.sum(y**2) + np.sum(z) * y[-1]


def computed_indices(x, i: int, shift: float):
    j = (i * 2 + 1) % len(x)
    k = int(shift * 2.0)
    return x[i] * x[j] + x[k] ** 2 * x[len(x) - 1 - i]


def read_in_a_loop(x):
    """Overlapping reads: each element arrives more than once."""
    total = 0.0
    for i in range(1, len(x) - 1):
        total += (x[i - 1] - 2.0 * x[i] + x[i + 1]) ** 2
        total += x[i] * x[0]
    return total


def rows_and_columns_in_loops(x):
    total = 0.0
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            total = total + np.sum(x[i] * i) * x[i, j] + np.sum(x[:, j])
    return total


def windows(x, width: int = 3):
    return sum(np.prod(x[k : k + width]) for k in range(len(x) - width + 1))


def take_and_along_axis(x, index):
    a = np.take(x, index, axis=0)
    b = np.take(x, 1, axis=1)
    c = x.take([0, 1, 1])
    order = np.argsort(x, axis=1)
    d = np.take_along_axis(x, order, axis=1)
    return np.sum(a**2) + np.sum(b**3) + np.sum(c**2) + np.sum(d * np.arange(x.shape[1]))


def labels(logp, labels):
    """One entry of each row, as in a log-likelihood."""
    return -np.mean(logp[np.arange(len(labels)), labels] * 2.0)


def best_row(x):
    """An index that the values decide."""
    k = np.argmax(np.sum(x, axis=1))
    return np.sum(x[k] ** 2) + np.sum(x[np.argsort(x[:, 0])][0])


def nonzero_and_where(x):
    rows, columns = np.nonzero(x > 0.3)
    (index,) = np.where(x[:, 0] > 0.0)
    return np.sum(x[rows, columns] ** 2) + np.sum(x[index] ** 3)


def diagonal_blocks(x):
    n = len(x) // 2
    a, b = x[:n, :n], x[n:, n:]
    off = x[:n, n:]
    return np.sum(a @ b) + np.sum(off**2) * a[0, 0]


def stencil(u):
    """Five points of a grid, without a write."""
    inner = u[1:-1, 1:-1]
    around = u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2] - 4.0 * inner
    return np.sum(around**2) + np.sum(inner)


def convolution(image, kernel):
    """A valid two-dimensional correlation, one shifted window per weight."""
    h, w = image.shape[0] - 2, image.shape[1] - 2
    out = np.zeros((h, w))
    for i in range(3):
        for j in range(3):
            out = out + kernel[i, j] * image[i : i + h, j : j + w]
    return np.sum(np.maximum(out, 0.0) ** 2)


def list_of_arrays_indexed(xs: list, k: int):
    """An index into a list, then into the array."""
    return xs[0][1] * xs[-1][k] + np.sum(xs[k][1:] ** 2)


def string_keys_and_indices(table: dict):
    return table["rows"][0][1] * table["matrix"][1, 0] + table["rows"][-1][0] ** 2


r = np.random.default_rng(12).standard_normal
INDEX = np.array([0, 2, 2, 1, 0])
CALLS = {
    "integers": ("x", [(r(4),), (r(2),), ([0.4, 1.2, 0.3],)]),
    "integers_of_a_matrix": ("x", [(r((3, 4)),)]),
    "slices": ("x", [(r(6),)]),
    "negative_steps": ("x", [(r(6),), (r(5),)]),
    "out_of_range_slices": ("x", [(r(6),)]),
    "ellipsis_and_newaxis": ("x", [(r((2, 3, 2)),)]),
    "integer_array": ("x", [(r(4), INDEX), (r(4), np.array([-1, 3])), (r(4), INDEX[:0])]),
    "integer_array_of_rows": ("x", [(r((3, 2)), INDEX)]),
    "integer_array_of_two_axes": ("x", [(r(3),)]),
    "pairs_of_index_arrays": ("x", [(r((3, 4)), INDEX, np.array([0, 3, 3, 1, 0]))]),
    "mixed_with_slices": ("x", [(r((3, 3, 3)), np.array([0, 2, 2]))]),
    "boolean_mask": ("x", [(r(6),), (r((2, 3)),)]),
    "mask_of_rows": ("x", [(r((4, 3)), np.array([True, False, True, True]))]),
    "mask_that_is_empty": ("x", [(r(4),)]),
    "lists_as_index": ("x", [(r(4),)]),
    "tuple_as_index": ("x", [(r((3, 4)),), (r((3, 4)), (0, 1))]),
    "slice_objects": ("x", [(r(6),), (r(6), slice(None, None, -1))]),
    "index_of_an_index": ("x", [(r((3, 4)),)]),
    "computed_indices": ("x", [(r(5), 1, 1.2), (r(5), 4, 0.3)]),
    "read_in_a_loop": ("x", [(r(6),), (r(2),)]),
    "rows_and_columns_in_loops": ("x", [(r((2, 3)),)]),
    "windows": ("x", [(r(6),)]),
    "take_and_along_axis": ("x", [(r((3, 4)), np.array([0, 2, 2]))]),
    "labels": ("logp", [(r((5, 3)), INDEX)]),
    "best_row": ("x", [(r((3, 2)),)]),
    "nonzero_and_where": ("x", [(r((3, 2)),)]),
    "diagonal_blocks": ("x", [(r((4, 4)),)]),
    "stencil": ("u", [(r((5, 4)),)]),
    "convolution": (("image", "kernel"), [(r((5, 6)), r((3, 3)))]),
    "list_of_arrays_indexed": ("xs", [([r(3), r(4), r(2)], 1), ([r(3), r(2)], 0)]),
    "string_keys_and_indices": (
        "table",
        [({"rows": [(0.3, 0.7), (1.2, 0.1)], "matrix": r((2, 2))},)],
    ),
}
