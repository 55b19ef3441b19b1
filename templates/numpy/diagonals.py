"""Diagonals and triangles of matrices."""

import numpy as np


@linear
def diag_of_vector(x: "n", *, k=0) -> diag(x, k):
    """The matrix with a vector as its diagonal."""
    assert k in (0, 1, -2)
    y = np.diag(x, k=k)
    d_x += np.diag(d_y, k)


@linear
@when(k == 0)
def diag_of_square(x: "n n", *, k=0) -> diag(x, k):
    """The diagonal of a square matrix."""
    y = np.diag(x, k=k)
    d_x += np.diag(d_y)


@linear
def diag(x: "*s", *, k=0) -> diag(x, k):
    """The diagonal of a matrix, or the matrix with a vector as its diagonal."""
    assert k in (0, 1, -1)
    x = x if np.ndim(x) < 3 else x[0]
    y = np.diag(x, k=k)
    d_x += (
        np.diag(d_y, k) if np.ndim(x) == 1 else helper.diagonal_backward(d_y, np.shape(x), k, 0, 1)
    )


@linear
@view(x)
def diagonal(x: "*s", *, offset=0, axis1=0, axis2=1) -> diagonal(x, offset, axis1, axis2):
    """The diagonal of two axes."""
    assert x.shape in ((3, 2), (3, 3), (2, 3, 2))
    assert offset in (0, 1, -1)
    y = np.diagonal(x, offset=offset, axis1=axis1, axis2=axis2)
    d_x += helper.diagonal_backward(d_y, np.shape(x), offset, axis1, axis2)


@linear
def diagflat(x: "*s", *, k=0) -> "n m":
    """The matrix with all elements, in a row, as its diagonal."""
    assert k in (0, 1, -2)
    y = np.diagflat(x, k=k)
    d_x += np.reshape(np.diag(d_y, k), np.shape(x))


@linear
def trace_of_square(x: "n n") -> "":
    """Sum of the diagonal."""
    y = np.trace(x)
    d_x += d_y * np.eye(len(x))


@linear
def trace(x: "*s", *, offset=0, axis1=0, axis2=1) -> reduced(x, (axis1, axis2), False):
    """Sum of the diagonal of two axes."""
    assert offset in (0, 1, -1)
    x = np.atleast_2d(x)
    y = np.trace(x, offset=offset, axis1=axis1, axis2=axis2)
    rows = np.shape(x)[axis1]
    columns = np.shape(x)[axis2]
    spread = np.expand_dims(d_y, (-2, -1)) * np.eye(rows, columns, offset)
    d_x += np.moveaxis(spread, (-2, -1), (axis1, axis2))


@linear
def tril(x: "... n m", *, k=0) -> like(x):
    """The lower triangle."""
    assert k in (0, 1, -1)
    y = np.tril(x, k=k)
    d_x += np.tril(d_y, k)


@linear
def triu(x: "... n m", *, k=0) -> like(x):
    """The upper triangle."""
    assert k in (0, 1, -1)
    y = np.triu(x, k=k)
    d_x += np.triu(d_y, k)


@linear
def tril_any(x: "*s", *, k=0) -> "?":
    """The lower triangle; of a vector, which NumPy takes as every row of a square."""
    x = x if np.ndim(x) else x[None]
    y = np.tril(x, k=k)
    d_x += helper.unbroadcast(np.tril(d_y, k), np.shape(x))


@linear
def triu_any(x: "*s", *, k=0) -> "?":
    """The upper triangle; of a vector, which NumPy takes as every row of a square."""
    x = x if np.ndim(x) else x[None]
    y = np.triu(x, k=k)
    d_x += helper.unbroadcast(np.triu(d_y, k), np.shape(x))
