"""Linear algebra. The formulas are in Giles (2008), Collected matrix derivative results."""

import numpy as np

# ---------------------------------------------------------------- norms


@for_complex
@gives(real)
def norm_complex(x: "*s") -> "":
    """The square root of the sum of squared absolute values; slope 0 where it is 0."""
    y = np.linalg.norm(x)
    d_x += d_y * x / y if y > 0.0 else np.zeros_like(x)
    dot_y = np.sum((np.conj(x) * dot_x).real) / y if y > 0.0 else 0.0


@for_complex
@gives(real)
@when(axis is not None, ord in (None, "fro"))
def norm_axis_complex(x: "*s", *, ord=None, axis, keepdims=False) -> reduced(x, axis, keepdims):
    """The root of the sums of squared absolute values along axes; slope 0 where it is 0."""
    assert axis in (0, -1, (0, 1))
    assert keepdims in (False, True)
    y = np.linalg.norm(x, ord=ord, axis=axis, keepdims=keepdims)
    slope = d_y / np.where(y == 0.0, 1.0, y)
    d_x += (slope if keepdims else np.expand_dims(slope, axis)) * x
    dot_y = np.sum((np.conj(x) * dot_x).real, axis=axis, keepdims=keepdims) / np.where(
        y == 0.0, 1.0, y
    )


def norm(x: "*s") -> "":
    """The square root of the sum of squares; slope 0 where it is 0."""
    y = np.linalg.norm(x)
    d_x += d_y * x / y if y > 0.0 else np.zeros_like(x)
    dot_y = np.sum(x * dot_x) / y if y > 0.0 else 0.0


@when(axis is not None, ord in (None, "fro"))
def norm_axis(x: "*s", *, ord=None, axis, keepdims=False) -> reduced(x, axis, keepdims):
    """The root of the sums of squares along axes; slope 0 where it is 0."""
    assert axis in (0, -1, (0, 1))
    assert keepdims in (False, True)
    y = np.linalg.norm(x, ord=ord, axis=axis, keepdims=keepdims)
    slope = d_y / np.where(y == 0.0, 1.0, y)
    d_x += (slope if keepdims else np.expand_dims(slope, axis)) * x
    dot_y = np.sum(x * dot_x, axis=axis, keepdims=keepdims) / np.where(y == 0.0, 1.0, y)


@when(ord == 2, isinstance(axis, int))
def norm_2_axis(x: "*s", *, ord, axis, keepdims=False) -> reduced(x, axis, keepdims):
    """The lengths of the vectors along an axis; slope 0 where it is 0."""
    assert ord in (2,)
    assert axis in (0, -1)
    assert keepdims in (False, True)
    y = np.linalg.norm(x, ord=ord, axis=axis, keepdims=keepdims)
    slope = d_y / np.where(y == 0.0, 1.0, y)
    d_x += (slope if keepdims else np.expand_dims(slope, axis)) * x
    dot_y = np.sum(x * dot_x, axis=axis, keepdims=keepdims) / np.where(y == 0.0, 1.0, y)


def norm_fro(x: "*s") -> "":
    """The Frobenius norm of a matrix; slope 0 where it is 0."""
    assert x.shape in ((2, 3),)
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


def norm_any(x: "*s", *, ord=None, axis=None, keepdims=False) -> reduced(x, axis, keepdims):
    """Any norm; elements that tie share its slope evenly, and where it is 0 the slope is 0."""
    assert x.shape in ((3,), (2, 3), (3, 2))
    assert ord in (None, 1, 2, 3, 0.5, np.inf, -np.inf, "fro", "nuc", -1, -2)
    assert axis in (None, 0, -1, (0, 1), (1, 0))
    assert keepdims in (False, True)
    assert np.diff(np.sort(np.abs(np.ravel(x)))) > 0.02
    assert np.abs(x) > 0.1
    y = np.linalg.norm(x, ord=ord, axis=axis, keepdims=keepdims)
    slope = helper.norm_slope(x, ord, axis)
    d_x += (d_y if axis is None or keepdims else np.expand_dims(d_y, axis)) * slope
    dot_y = np.sum(slope * dot_x, axis=axis, keepdims=keepdims)


def vector_norm(x: "*s", *, axis=None, keepdims=False) -> reduced(x, axis, keepdims):
    """The root of the sums of squares along axes; slope 0 where it is 0."""
    assert axis in (None, 0, -1)
    assert keepdims in (False, True)
    y = np.linalg.vector_norm(x, axis=axis, keepdims=keepdims)
    slope = d_y / np.where(y == 0.0, 1.0, y)
    d_x += (slope if axis is None or keepdims else np.expand_dims(slope, axis)) * x
    dot_y = np.sum(x * dot_x, axis=axis, keepdims=keepdims) / np.where(y == 0.0, 1.0, y)


# ---------------------------------------------------------------- systems and inverses


@holomorphic
def inv_matrix(a: "n n") -> "n n":
    """Inverse matrix (Giles 2.2.3)."""
    a = a + 3.0 * np.eye(len(a))
    y = np.linalg.inv(a)
    d_a -= y.T @ d_y @ y.T
    dot_y = -y @ dot_a @ y


@holomorphic
def inv(a: "*s") -> like(a):
    """Inverse matrices (Giles 2.2.3)."""
    assert a.shape in ((3, 3), (2, 3, 3))
    a = a + 3.0 * np.eye(np.shape(a)[-1])
    y = np.linalg.inv(a)
    d_a -= np.swapaxes(y, -1, -2) @ d_y @ np.swapaxes(y, -1, -2)
    dot_y = -y @ dot_a @ y


@holomorphic
def solve_vector(a: "n n", b: "n") -> "n":
    """The y with a @ y = b (Giles 2.3.1)."""
    a = a + 3.0 * np.eye(len(b))
    y = np.linalg.solve(a, b)
    s = np.linalg.solve(a.T, d_y)
    d_b += s
    d_a -= np.outer(s, y)
    dot_y = np.linalg.solve(a, dot_b - dot_a @ y)


@holomorphic
def solve(a: "n n", b: "n m") -> "n m":
    """The y with a @ y = b (Giles 2.3.1)."""
    a = a + 3.0 * np.eye(len(b))
    y = np.linalg.solve(a, b)
    s = np.linalg.solve(a.T, d_y)
    d_b += s
    d_a -= s @ y.T
    dot_y = np.linalg.solve(a, dot_b - dot_a @ y)


@holomorphic
def solve_stack(a: "... n n", b: "... n m") -> "... n m":
    """The y with a @ y = b, for stacks of matrices; what is shared gets a sum."""
    a = a + 3.0 * np.eye(np.shape(a)[-1])
    y = np.linalg.solve(a, b)
    s = np.linalg.solve(np.swapaxes(a, -1, -2), d_y)
    d_b += s
    d_a -= s @ np.swapaxes(y, -1, -2)
    dot_y = np.linalg.solve(a, dot_b - dot_a @ y)


@holomorphic
def solve_any(a: "*s", b: "*r") -> "?":
    """The y with a @ y = b; only a b of one axis is a vector."""
    assert (a.shape, b.shape) in (((3, 3), (3,)), ((2, 3, 3), (3,)), ((3, 3), (2, 3, 2)))
    a = a + 3.0 * np.eye(np.shape(a)[-1])
    y = np.linalg.solve(a, b)
    s = helper.solve_columns(np.swapaxes(a, -1, -2), d_y, np.ndim(b))
    d_b += helper.unbroadcast(s, np.shape(b))
    d_a -= helper.unbroadcast(helper.outer_columns(s, y, np.ndim(b)), np.shape(a))
    dot_y = helper.solve_columns(a, dot_b - helper.matmul_columns(dot_a, y, np.ndim(b)), np.ndim(b))


def pinv(a: "*s") -> "m n":
    """Pseudoinverse, of a matrix of constant rank (Golub and Pereyra 1973)."""
    assert a.shape in ((3, 2), (2, 3))
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


@holomorphic
def matrix_power(a: "*s", *, n) -> like(a):
    """A product of equal matrices."""
    assert a.shape in ((3, 3), (2, 3, 3))
    assert n in (0, 1, 2, 3, -1, -2)
    a = a + 3.0 * np.eye(np.shape(a)[-1])
    y = np.linalg.matrix_power(a, n)
    d_a += helper.matrix_power_backward(a, n, d_y)
    dot_y = helper.matrix_power_backward(np.swapaxes(a, -1, -2), n, dot_a)


@for_complex
def multi_dot_complex(xs: ["*s"]) -> "?":
    """The product of several matrices; the first and the last may be vectors."""
    assert xs.shape in ((3, 3),)
    y = np.linalg.multi_dot(xs)
    d_xs += helper.multi_dot_backward([np.conj(x) for x in xs], d_y)
    dot_y = sum([np.linalg.multi_dot([*xs[:i], dot_xs[i], *xs[i + 1 :]]) for i in range(len(xs))])


def multi_dot(xs: ["*s"]) -> "?":
    """The product of several matrices; the first and the last may be vectors."""
    assert xs.shape in ((3, 3),)
    y = np.linalg.multi_dot(xs)
    d_xs += helper.multi_dot_backward(xs, d_y)
    dot_y = sum([np.linalg.multi_dot([*xs[:i], dot_xs[i], *xs[i + 1 :]]) for i in range(len(xs))])


# ---------------------------------------------------------------- least squares


@when(rcond is None)
def lstsq(a: "*s", b: "*r", *, rcond=None) -> ("?", "?", "", "k"):
    """The x for which a @ x - b is smallest, of a matrix of full rank (Golub and Pereyra 1973).

    Where there are residuals, they have their minimum at x: the slope of x adds nothing to theirs.
    The rank is constant; singular values are to be distinct if something depends on them.
    """
    assert (a.shape, b.shape) in (((4, 2), (4,)), ((4, 2), (4, 3)), ((2, 2), (2,)), ((2, 4), (2,)))
    a = a + 3.0 * np.eye(*np.shape(a))
    y = np.linalg.lstsq(a, b, rcond=rcond)
    s = np.linalg.pinv(a).T @ np.reshape(d_y[0], np.shape(y[0]))
    rest = b - a @ y[0]
    slope = s + 2.0 * d_y[1] * rest if np.size(y[1]) else s
    d_b += slope
    d_a += helper.lstsq_backward(a, y[0], rest, d_y[0], slope, d_y[3])
    dot_y = helper.lstsq_forward(a, y[0], rest, np.size(y[1]), dot_a, dot_b)


# ---------------------------------------------------------------- determinants


@holomorphic
def det_matrix(a: "n n") -> "":
    """Determinant (Giles 2.2.4), of a matrix that has an inverse."""
    a = a + 3.0 * np.eye(len(a))
    y = np.linalg.det(a)
    d_a += d_y * y * np.linalg.inv(a).T
    dot_y = y * np.sum(np.linalg.inv(a).T * dot_a)


@holomorphic
def det(a: "*s") -> reduced(a, (-2, -1), False):
    """Determinants (Giles 2.2.4), of matrices that have inverses."""
    assert a.shape in ((3, 3), (2, 3, 3))
    a = a + 3.0 * np.eye(np.shape(a)[-1])
    y = np.linalg.det(a)
    d_a += np.expand_dims(d_y * y, (-2, -1)) * np.swapaxes(np.linalg.inv(a), -1, -2)
    dot_y = y * np.sum(np.swapaxes(np.linalg.inv(a), -1, -2) * dot_a, axis=(-2, -1))


@for_complex
@gives(complex, real)
def slogdet_complex(a: "*s") -> (reduced(a, (-2, -1), False), reduced(a, (-2, -1), False)):
    """The determinant divided by its absolute value, and the logarithm of that."""
    assert a.shape in ((3, 3), (2, 3, 3))
    a = a + 3.0 * np.eye(np.shape(a)[-1])
    y = np.linalg.slogdet(a)
    d_log = d_y[1] + 1j * np.imag(d_y[0] * np.conj(y[0]))
    d_a += np.expand_dims(d_log, (-2, -1)) * np.conj(np.swapaxes(np.linalg.inv(a), -1, -2))
    dot_log = np.sum(np.swapaxes(np.linalg.inv(a), -1, -2) * dot_a, axis=(-2, -1))
    dot_y = (1j * y[0] * dot_log.imag, dot_log.real)


def slogdet_matrix(a: "n n") -> ("", ""):
    """Sign and logarithm of the determinant; the sign is constant."""
    a = a + 3.0 * np.eye(len(a))
    y = np.linalg.slogdet(a)
    d_a += d_y[1] * np.linalg.inv(a).T
    dot_y = (0.0, np.sum(np.linalg.inv(a).T * dot_a))


def slogdet(a: "*s") -> (reduced(a, (-2, -1), False), reduced(a, (-2, -1), False)):
    """Signs and logarithms of determinants; the signs are constant."""
    assert a.shape in ((3, 3), (2, 3, 3))
    a = a + 3.0 * np.eye(np.shape(a)[-1])
    y = np.linalg.slogdet(a)
    d_a += np.expand_dims(d_y[1], (-2, -1)) * np.swapaxes(np.linalg.inv(a), -1, -2)
    dot_y = (
        np.zeros_like(y[0]),
        np.sum(np.swapaxes(np.linalg.inv(a), -1, -2) * dot_a, axis=(-2, -1)),
    )


# ---------------------------------------------------------------- factors


@for_complex
def cholesky_complex(a: "*s") -> like(a):
    """The lower triangular y with y @ y.conj().T = a, whose diagonal is real.

    The same equation with conjugate transposes. NumPy reads the lower triangle of a, and of its
    diagonal the real part.
    """
    assert a.shape in ((3, 3), (2, 3, 3))
    a = a @ np.conj(np.swapaxes(a, -1, -2)) + 3.0 * np.eye(np.shape(a)[-1])
    y = np.linalg.cholesky(a)
    d_a += helper.cholesky_complex_backward(y, d_y)
    dot_y = helper.cholesky_complex_forward(y, dot_a)


def cholesky(a: "*s") -> like(a):
    """The lower triangular y with y @ y.T = a.

    Murray (2016), Differentiation of the Cholesky decomposition, equation 10. NumPy reads the
    lower triangle of a, which therefore gets the adjoint of both.
    """
    assert a.shape in ((3, 3), (2, 3, 3))
    a = a @ np.swapaxes(a, -1, -2) + 3.0 * np.eye(np.shape(a)[-1])
    y = np.linalg.cholesky(a)
    d_a += helper.cholesky_backward(y, d_y)
    dot_y = helper.cholesky_forward(y, dot_a)


@for_complex
@gives(real)
def eigvalsh_complex(a: "*s") -> reduced(a, -1, False):
    """Eigenvalues of a Hermitian matrix in rising order, which are to be distinct.

    NumPy reads the lower triangle of a, and of its diagonal the real part.
    """
    assert a.shape in ((3, 3), (2, 3, 3))
    a = a + np.conj(np.swapaxes(a, -1, -2)) + np.diag(np.arange(float(np.shape(a)[-1])) * 8.0)
    y = np.linalg.eigvalsh(a)
    vectors = np.linalg.eigh(a)[1]
    s = (vectors * np.expand_dims(d_y, -2)) @ np.conj(np.swapaxes(vectors, -1, -2))
    d_a += np.tril(s) + np.tril(s, -1)
    dot_y = np.sum(np.conj(vectors) * (helper.hermitian(dot_a) @ vectors), axis=-2).real


def eigvalsh(a: "*s") -> reduced(a, -1, False):
    """Eigenvalues of a symmetric matrix in rising order, which are to be distinct.

    NumPy reads the lower triangle of a, which therefore gets the adjoint of both.
    """
    assert a.shape in ((3, 3), (2, 3, 3))
    a = a + np.swapaxes(a, -1, -2) + np.diag(np.arange(float(np.shape(a)[-1])) * 8.0)
    y = np.linalg.eigvalsh(a)
    vectors = np.linalg.eigh(a)[1]
    s = (vectors * np.expand_dims(d_y, -2)) @ np.swapaxes(vectors, -1, -2)
    d_a += np.tril(s) + np.tril(s, -1)
    dot_sym = np.tril(dot_a) + np.swapaxes(np.tril(dot_a, -1), -1, -2)
    dot_y = np.sum(vectors * (dot_sym @ vectors), axis=-2)


@for_complex
@gives(real, complex)
def eigh_complex(a: "*s") -> (reduced(a, -1, False), like(a)):
    """Eigenvalues, which are to be distinct, and eigenvectors of a Hermitian matrix.

    An eigenvector may be multiplied by any number of absolute value 1. LAPACK makes its first
    element real, and so does the derivative. NumPy reads the lower triangle of a, and of its
    diagonal the real part.
    """
    assert a.shape in ((3, 3), (2, 3, 3))
    a = a + np.conj(np.swapaxes(a, -1, -2)) + np.diag(np.arange(float(np.shape(a)[-1])) * 8.0)
    y = np.linalg.eigh(a)
    d_a += helper.eigh_complex_backward(y[0], y[1], d_y[0], d_y[1])
    dot_y = helper.eigh_complex_forward(y[0], y[1], dot_a)


def eigh(a: "*s") -> (reduced(a, -1, False), like(a)):
    """Eigenvalues, which are to be distinct, and eigenvectors of a symmetric matrix.

    NumPy reads the lower triangle of a, which therefore gets the adjoint of both.
    """
    assert a.shape in ((3, 3), (2, 3, 3))
    a = a + np.swapaxes(a, -1, -2) + np.diag(np.arange(float(np.shape(a)[-1])) * 8.0)
    y = np.linalg.eigh(a)
    s = helper.eigh_backward(y[0], y[1], d_y[0], d_y[1])
    d_a += np.tril(s) + np.tril(s, -1)
    dot_sym = np.tril(dot_a) + np.swapaxes(np.tril(dot_a, -1), -1, -2)
    turned = np.swapaxes(y[1], -1, -2) @ dot_sym @ y[1]
    dot_y = (
        np.diagonal(turned, 0, -2, -1),
        y[1] @ (turned * helper.inverse_gaps(y[0])),
    )


@for_complex
@gives(real)
@when(not compute_uv)
def svd_values_complex(a: "*s", *, full_matrices=True, compute_uv) -> "?":
    """Singular values, in falling order, which are to be distinct."""
    assert a.shape in ((3, 2), (2, 3, 4))
    assert compute_uv in (False,)
    y = np.linalg.svd(a, full_matrices=full_matrices, compute_uv=compute_uv)
    factors = np.linalg.svd(a, full_matrices=False)
    d_a += (factors[0] * np.expand_dims(d_y, -2)) @ factors[2]
    turned = dot_a @ np.conj(np.swapaxes(factors[2], -1, -2))
    dot_y = np.sum(np.conj(factors[0]) * turned, axis=-2).real


@when(not compute_uv)
def svd_values(a: "*s", *, full_matrices=True, compute_uv) -> "?":
    """Singular values, in falling order, which are to be distinct."""
    assert a.shape in ((3, 2), (2, 3, 4))
    assert compute_uv in (False,)
    y = np.linalg.svd(a, full_matrices=full_matrices, compute_uv=compute_uv)
    factors = np.linalg.svd(a, full_matrices=False)
    d_a += (factors[0] * np.expand_dims(d_y, -2)) @ factors[2]
    dot_y = np.sum(factors[0] * (dot_a @ np.swapaxes(factors[2], -1, -2)), axis=-2)


@for_complex
@gives(real)
def svdvals_complex(a: "*s") -> "?":
    """Singular values, in falling order, which are to be distinct."""
    assert a.shape in ((3, 2), (2, 3, 4))
    y = np.linalg.svdvals(a)
    factors = np.linalg.svd(a, full_matrices=False)
    d_a += (factors[0] * np.expand_dims(d_y, -2)) @ factors[2]
    turned = dot_a @ np.conj(np.swapaxes(factors[2], -1, -2))
    dot_y = np.sum(np.conj(factors[0]) * turned, axis=-2).real


def svdvals(a: "*s") -> "?":
    """Singular values, in falling order, which are to be distinct."""
    assert a.shape in ((3, 2), (2, 3, 4))
    y = np.linalg.svdvals(a)
    factors = np.linalg.svd(a, full_matrices=False)
    d_a += (factors[0] * np.expand_dims(d_y, -2)) @ factors[2]
    dot_y = np.sum(factors[0] * (dot_a @ np.swapaxes(factors[2], -1, -2)), axis=-2)


@for_complex
@gives(complex, real, complex)
@when(not full_matrices)
def svd_complex(a: "*s", *, full_matrices) -> ("n k", "k", "k m"):
    """Singular vectors and values, which are to be distinct and not 0.

    Wan and Zhang (2019), Automatic differentiation for complex valued SVD. A pair of vectors may
    be multiplied by any number of absolute value 1. LAPACK makes the first element of one of them
    real, and so does the derivative.
    """
    assert a.shape in ((3, 3), (4, 2), (2, 3))
    assert full_matrices in (False,)
    y = np.linalg.svd(a, full_matrices=full_matrices)
    d_a += helper.svd_complex_backward(y[0], y[1], y[2], d_y[0], d_y[1], d_y[2])
    dot_y = helper.svd_complex_forward(y[0], y[1], y[2], dot_a)


@when(not full_matrices)
def svd(a: "*s", *, full_matrices) -> ("n k", "k", "k m"):
    """Singular vectors and values, which are to be distinct and not 0."""
    assert a.shape in ((3, 3), (4, 2), (2, 4))
    assert full_matrices in (False,)
    y = np.linalg.svd(a, full_matrices=full_matrices)
    d_a += helper.svd_backward(y[0], y[1], y[2], d_y[0], d_y[1], d_y[2])
    dot_y = helper.svd_forward(y[0], y[1], y[2], dot_a)


def qr(a: "*s") -> ("n k", "k m"):
    """An orthogonal and an upper triangular factor, of a matrix with no more columns than rows.

    Walter and Lehmann (2018), Algorithmic differentiation of linear algebra functions.
    """
    assert a.shape in ((3, 3), (4, 2))
    y = np.linalg.qr(a)
    d_a += helper.qr_backward(y[0], y[1], d_y[0], d_y[1])
    dot_y = helper.qr_forward(y[0], y[1], dot_a)


@linear
@view(x)
def diagonal(x: "*s", *, offset=0) -> diagonal(x, offset, -2, -1):
    """The diagonals of matrices."""
    assert x.shape in ((3, 2), (2, 3, 3))
    assert offset in (0, 1, -1)
    y = np.linalg.diagonal(x, offset=offset)
    d_x += helper.diagonal_backward(d_y, np.shape(x), offset, -2, -1)


@linear
def trace(x: "*s", *, offset=0) -> reduced(x, (-2, -1), False):
    """The sums of the diagonals of matrices."""
    assert x.shape in ((3, 2), (2, 3, 3))
    assert offset in (0, 1, -1)
    y = np.linalg.trace(x, offset=offset)
    d_x += np.expand_dims(d_y, (-2, -1)) * np.eye(np.shape(x)[-2], np.shape(x)[-1], offset)


@when(ord == "fro")
def matrix_norm(x: "*s", *, keepdims=False, ord="fro") -> reduced(x, (-2, -1), keepdims):
    """The roots of the sums of squares of matrices; slope 0 where it is 0."""
    assert x.shape in ((3, 2), (2, 3, 3))
    assert keepdims in (False, True)
    assert ord in ("fro",)
    y = np.linalg.matrix_norm(x, keepdims=keepdims, ord=ord)
    slope = d_y / np.where(y == 0.0, 1.0, y)
    d_x += (slope if keepdims else np.expand_dims(slope, (-2, -1))) * x
    dot_y = np.sum(x * dot_x, axis=(-2, -1), keepdims=keepdims) / np.where(y == 0.0, 1.0, y)


def matrix_rank(a: const) -> "?":
    """A whole number: piecewise constant."""
    a = np.zeros((2, 2))
    y = np.linalg.matrix_rank(a)
