"""Functions that only move numbers: reshape, transpose, joining, splitting, repeating, padding."""

import numpy as np


def weighted(y):
    """A different weight for every element, so that misplaced ones show."""
    return np.sum(y * np.cos(np.arange(y.size).reshape(y.shape)))


def reshapes(x):
    a = x.reshape(-1)
    b = np.reshape(x, (x.shape[1], x.shape[0]))
    c = x.reshape(2, -1)
    d = x.ravel()[1:]
    e = x.flatten() * np.ravel(x)
    f = x.reshape((1, *x.shape))
    return weighted(a**2) + weighted(b) + weighted(c**3) + np.prod(d) + weighted(e) + weighted(f)


def orders(x):
    """Column-major order of reading."""
    return weighted(x.ravel(order="F") ** 2) + weighted(x.reshape((3, 2), order="F"))


def transposes(x):
    """x has three axes."""
    a = x.T
    b = x.transpose(1, 0, 2)
    c = np.transpose(x, (2, 0, 1))
    d = np.swapaxes(x, 0, -1)
    e = x.swapaxes(1, 2)
    f = np.moveaxis(x, 0, -1)
    return (
        weighted(a**2)
        + weighted(b**2)
        + weighted(c**3)
        + weighted(d)
        + weighted(e**2)
        + weighted(f**2)
        + weighted(np.moveaxis(x, [0, 1], [1, 2]))
    )


def axes_of_one(x):
    a = np.expand_dims(x, 0)
    b = np.expand_dims(x, axis=(0, -1))
    c = np.squeeze(b)
    d = a.squeeze(axis=0)
    e = np.atleast_2d(x[0]) @ np.atleast_1d(x[1])
    return weighted(a**2) + weighted(b) + weighted(c * d) + np.sum(np.atleast_3d(x)) * e[0]


def joined(x, y, s: float):
    a = np.concatenate([x, y])
    b = np.concatenate((x, y[:1], x), axis=0)
    c = np.hstack([x, y]) * np.append(x, y)
    d = np.append(x, s)
    return weighted(a**2) + weighted(b**2) + weighted(c) + weighted(d**2)


def joined_along_axes(x, y):
    a = np.concatenate([x, y], axis=1)
    b = np.concatenate([x, y], axis=None)
    c = np.vstack([x, x]) ** 2
    d = np.concatenate([x.T, y.T], axis=-2)
    return weighted(a**2) + weighted(b) + weighted(c) + weighted(d**3)


def stacked(x, y):
    a = np.stack([x, y])
    b = np.stack((x, y, x), axis=-1)
    c = np.column_stack([x, y])
    d = np.vstack([x, y, x * y])
    e = np.dstack([x, y])
    return weighted(a**2) + weighted(b**2) + weighted(c) + weighted(d) + weighted(e**2)


def stacked_in_a_loop(x, n: int = 3):
    """A trajectory made by joining, then used as a whole."""
    path = x[None]
    for _ in range(n):
        x = np.sin(x) * 1.2
        path = np.concatenate([path, x[None]])
    return weighted(path**2)


def split(x):
    a, b = np.split(x, 2)
    c, d, e = np.split(x, [1, 3])
    parts = np.array_split(x, 3)
    f, g = np.split(x, 2, axis=-1) if x.ndim > 1 else (a, b)
    return (
        weighted(a * b) + np.sum(c) * np.sum(d**2) * np.sum(e) + weighted(parts[1] ** 2)
    ) + weighted(f - g * 2.0)


def splits_of_a_matrix(x):
    a, b = np.hsplit(x, 2)
    c, d = np.vsplit(x, 2)
    return weighted(a * b) + weighted(c**2 * d)


def repeated(x):
    a = np.tile(x, 3)
    b = np.tile(x, (2, 1, 2))
    c = np.repeat(x, 2)
    d = np.repeat(x, [1, 0, 3], axis=-1)
    e = x.repeat(2, axis=0)
    return weighted(a**2) + weighted(b) + weighted(c**2) + weighted(d) + weighted(e**3)


def turned(x):
    a = np.flip(x)
    b = np.flip(x, axis=0)
    c = np.fliplr(x) * np.flipud(x)
    d = np.roll(x, 1)
    e = np.roll(x, -2, axis=1)
    f = np.roll(x, (1, 1), axis=(0, 1))
    return weighted(a**2) + weighted(b) + weighted(c) + weighted(d**2) + weighted(e * f)


def padded(x):
    a = np.pad(x, 1)
    b = np.pad(x, ((1, 0), (0, 2)))
    c = np.pad(x, (2, 1), constant_values=0.5)
    return weighted(a**2) + weighted(b**3) + weighted(c**2)


def diagonals(x, v):
    a = np.diag(v)
    b = np.diag(x)
    c = np.diagonal(x, offset=1)
    return weighted(a @ x) + weighted(b**2) + weighted(c**3)


def triangles(x):
    return weighted(np.tril(x) ** 2) + weighted(np.triu(x, 1))


def there_and_back(x):
    """Everything cancels but the square."""
    y = x.T.reshape(-1).reshape(x.T.shape).T
    z = np.concatenate(np.split(y, len(y)))
    return np.sum(np.flip(np.flip(z)) * x)


def copies_and_conversions(x):
    a = x.copy() * np.copy(x)
    b = np.array(x) + np.asarray(x) + np.ascontiguousarray(x)
    c = x.astype(np.float64) * np.float64(2.0)
    return weighted(a + b * c) + float(np.sum(x)) ** 2 + x.sum().item()


r = np.random.default_rng(16).standard_normal
CALLS = {
    "reshapes": ("x", [(r((2, 3)),)]),
    "orders": ("x", [(r((2, 3)),), (np.asfortranarray(r((2, 3))),)]),
    "transposes": ("x", [(r((2, 3, 4)),)]),
    "axes_of_one": ("x", [(r((3, 3)),)]),
    "joined": (("x", "y", "s"), [(r(3), r(3), 0.7)]),
    "joined_along_axes": (("x", "y"), [(r((2, 3)), r((2, 3)))]),
    "stacked": (("x", "y"), [(r(3), r(3))]),
    "stacked_in_a_loop": ("x", [(r(3),), (r((2, 2)), 1)]),
    "split": ("x", [(r(6),), (r((4, 2)),)]),
    "splits_of_a_matrix": ("x", [(r((2, 4)),)]),
    "repeated": ("x", [(r((2, 3)),)]),
    "turned": ("x", [(r((3, 4)),)]),
    "padded": ("x", [(r((2, 3)),)]),
    "diagonals": (("x", "v"), [(r((3, 3)), r(3))]),
    "triangles": ("x", [(r((3, 3)),)]),
    "there_and_back": ("x", [(r((2, 3)),)]),
    "copies_and_conversions": ("x", [(r((2, 3)),)]),
}
