"""Linear algebra. The formulas are in Giles (2008), Collected matrix derivative results."""

import numpy as np

# ---------------------------------------------------------------- norms


def norm(x: "*s") -> "":
    """The square root of the sum of squares; slope 0 where it is 0."""
    y = np.linalg.norm(x)
    d_x += d_y * x / y if y > 0.0 else np.zeros_like(x)
    dot_y = np.sum(x * dot_x) / y if y > 0.0 else 0.0


@when(axis is not None)
def norm_axis(x: "*s", *, axis, keepdims=False) -> reduced(x, axis, keepdims):
    """The root of the sums of squares along axes; slope 0 where it is 0."""
    assert axis in (0, -1)
    assert keepdims in (False, True)
    y = np.linalg.norm(x, axis=axis, keepdims=keepdims)
    slope = d_y / np.where(y == 0.0, 1.0, y)
    d_x += (slope if keepdims else np.expand_dims(slope, axis)) * x
    dot_y = np.sum(x * dot_x, axis=axis, keepdims=keepdims) / np.where(y == 0.0, 1.0, y)


def norm_fro(x: "n m") -> "":
    """The Frobenius norm of a matrix; slope 0 where it is 0."""
    y = np.linalg.norm(x, "fro")
    d_x += d_y * x / y if y > 0.0 else np.zeros_like(x)
    dot_y = np.sum(x * dot_x) / y if y > 0.0 else 0.0


def norm_2(x: "n") -> "":
    """The length of a vector; slope 0 where it is 0."""
    y = np.linalg.norm(x, 2)
    d_x += d_y * x / y if y > 0.0 else np.zeros_like(x)
    dot_y = x @ dot_x / y if y > 0.0 else 0.0


def norm_1(x: "n") -> "":
    """The sum of the absolute values of a vector; slope 0 where an element is 0."""
    assert abs(x) > 0.1
    y = np.linalg.norm(x, 1)
    d_x += d_y * np.sign(x)
    dot_y = np.sum(np.sign(x) * dot_x)


# ---------------------------------------------------------------- systems and inverses


def inv(a: "... n n") -> like(a):
    """Inverse matrix (Giles 2.2.3)."""
    a = a + 3.0 * np.eye(np.shape(a)[-1])
    y = np.linalg.inv(a)
    d_a -= np.swapaxes(y, -1, -2) @ d_y @ np.swapaxes(y, -1, -2)
    dot_y = -y @ dot_a @ y


def solve_vector(a: "n n", b: "n") -> "n":
    """The y with a @ y = b (Giles 2.3.1)."""
    a = a + 3.0 * np.eye(len(b))
    y = np.linalg.solve(a, b)
    s = np.linalg.solve(a.T, d_y)
    d_b += s
    d_a -= np.outer(s, y)
    dot_y = np.linalg.solve(a, dot_b - dot_a @ y)


def solve(a: "n n", b: "n m") -> "n m":
    """The y with a @ y = b (Giles 2.3.1)."""
    a = a + 3.0 * np.eye(len(b))
    y = np.linalg.solve(a, b)
    s = np.linalg.solve(a.T, d_y)
    d_b += s
    d_a -= s @ y.T
    dot_y = np.linalg.solve(a, dot_b - dot_a @ y)


def solve_stack(a: "... n n", b: "... n m") -> "... n m":
    """The y with a @ y = b, for stacks of matrices; what is shared gets a sum."""
    a = a + 3.0 * np.eye(np.shape(a)[-1])
    y = np.linalg.solve(a, b)
    s = np.linalg.solve(np.swapaxes(a, -1, -2), d_y)
    d_b += s
    d_a -= s @ np.swapaxes(y, -1, -2)
    dot_y = np.linalg.solve(a, dot_b - dot_a @ y)


def solve_any(a: "*s", b: "*r") -> "?":
    """The y with a @ y = b; only a b of one axis is a vector."""
    assert (a.shape, b.shape) in (((3, 3), (3,)), ((2, 3, 3), (3,)), ((3, 3), (2, 3, 2)))
    a = a + 3.0 * np.eye(np.shape(a)[-1])
    y = np.linalg.solve(a, b)
    s = helper.solve_columns(np.swapaxes(a, -1, -2), d_y, np.ndim(b))
    d_b += helper.unbroadcast(s, np.shape(b))
    d_a -= helper.unbroadcast(helper.outer_columns(s, y, np.ndim(b)), np.shape(a))
    dot_y = helper.solve_columns(a, dot_b - helper.matmul_columns(dot_a, y, np.ndim(b)), np.ndim(b))


def pinv(a: "n m") -> "m n":
    """Pseudoinverse, of a matrix of constant rank (Golub and Pereyra 1973)."""
    y = np.linalg.pinv(a)
    d_a += (
        -y.T @ d_y @ y.T
        + (np.eye(len(a)) - a @ y) @ d_y.T @ y @ y.T
        + y.T @ y @ d_y.T @ (np.eye(len(y)) - y @ a)
    )
    dot_y = (
        -y @ dot_a @ y
        + y @ y.T @ dot_a.T @ (np.eye(len(a)) - a @ y)
        + (np.eye(len(y)) - y @ a) @ dot_a.T @ y.T @ y
    )


# ---------------------------------------------------------------- determinants


def det(a: "... n n") -> reduced(a, (-2, -1), False):
    """Determinant (Giles 2.2.4), of a matrix that has an inverse."""
    a = a + 3.0 * np.eye(np.shape(a)[-1])
    y = np.linalg.det(a)
    d_a += np.expand_dims(d_y * y, (-2, -1)) * np.swapaxes(np.linalg.inv(a), -1, -2)
    dot_y = y * np.sum(np.swapaxes(np.linalg.inv(a), -1, -2) * dot_a, axis=(-2, -1))


def slogdet(a: "... n n") -> (reduced(a, (-2, -1), False), reduced(a, (-2, -1), False)):
    """Sign and logarithm of the determinant; the sign is constant."""
    a = a + 3.0 * np.eye(np.shape(a)[-1])
    y = np.linalg.slogdet(a)
    d_a += np.expand_dims(d_y[1], (-2, -1)) * np.swapaxes(np.linalg.inv(a), -1, -2)
    dot_y = (
        np.zeros_like(y[0]),
        np.sum(np.swapaxes(np.linalg.inv(a), -1, -2) * dot_a, axis=(-2, -1)),
    )


# ---------------------------------------------------------------- factors


def cholesky(a: "n n") -> "n n":
    """The lower triangular y with y @ y.T = a.

    Murray (2016), Differentiation of the Cholesky decomposition, equation 10. NumPy reads the
    lower triangle of a, which therefore gets the adjoint of both.
    """
    a = a @ a.T + 3.0 * np.eye(len(a))
    y = np.linalg.cholesky(a)
    phi = np.tril(y.T @ d_y)
    s = np.linalg.solve(y.T, np.linalg.solve(y.T, phi + np.tril(phi, -1).T).T)
    d_a += np.tril(s) - 0.5 * np.diag(np.diag(s))
    dot_sym = np.tril(dot_a) + np.tril(dot_a, -1).T
    half = np.linalg.solve(y, np.linalg.solve(y, dot_sym).T)
    dot_y = y @ (np.tril(half) - 0.5 * np.diag(np.diag(half)))


def eigvalsh(a: "n n") -> "n":
    """Eigenvalues of a symmetric matrix in rising order, which are to be distinct.

    NumPy reads the lower triangle of a, which therefore gets the adjoint of both.
    """
    a = a + a.T + np.diag(np.arange(float(len(a))) * 3.0)
    y = np.linalg.eigvalsh(a)
    vectors = np.linalg.eigh(a)[1]
    s = (vectors * d_y) @ vectors.T
    d_a += np.tril(s) + np.tril(s, -1)
    dot_sym = np.tril(dot_a) + np.tril(dot_a, -1).T
    dot_y = np.sum(vectors * (dot_sym @ vectors), axis=0)
