"""Functions of scipy.linalg; the formulas are those of numpy.linalg."""

import numpy as np
import scipy.linalg

# ---------------------------------------------------------------- systems and inverses


@holomorphic
def inv(a: "*s") -> like(a):
    """Inverse matrix (Giles 2.2.3)."""
    assert a.shape in ((3, 3),)
    a = a + 3.0 * np.eye(len(a))
    y = scipy.linalg.inv(a)
    d_a -= y.T @ d_y @ y.T
    dot_y = -y @ dot_a @ y


@holomorphic
def solve(a: "*s", b: "*r") -> like(b):
    """The y with a @ y = b (Giles 2.3.1)."""
    assert (a.shape, b.shape) in (((3, 3), (3,)), ((3, 3), (3, 2)))
    a = a + 3.0 * np.eye(len(a))
    y = scipy.linalg.solve(a, b)
    s = scipy.linalg.solve(a.T, d_y)
    d_b += s
    d_a -= np.reshape(s, (len(a), -1)) @ np.reshape(y, (len(a), -1)).T
    dot_y = scipy.linalg.solve(a, dot_b - dot_a @ y)


@holomorphic
@when(isinstance(lower, bool))
def solve_triangular(a: "*s", b: "*r", *, lower=False) -> like(b):
    """The y with a @ y = b, for a triangular a; the other triangle is not read."""
    assert (a.shape, b.shape) in (((3, 3), (3,)), ((3, 3), (3, 2)))
    assert lower in (False, True)
    a = a + 3.0 * np.eye(len(a))
    y = scipy.linalg.solve_triangular(a, b, lower=lower)
    s = scipy.linalg.solve_triangular(a.T, d_y, lower=not lower)
    d_b += s
    outer = np.reshape(s, (len(a), -1)) @ np.reshape(y, (len(a), -1)).T
    d_a -= np.tril(outer) if lower else np.triu(outer)
    dot_y = scipy.linalg.solve_triangular(
        a, dot_b - (np.tril(dot_a) if lower else np.triu(dot_a)) @ y, lower=lower
    )


@holomorphic
def det(a: "*s") -> "":
    """Determinant (Giles 2.2.4), of a matrix that has an inverse."""
    assert a.shape in ((3, 3),)
    a = a + 3.0 * np.eye(len(a))
    y = scipy.linalg.det(a)
    d_a += d_y * y * scipy.linalg.inv(a).T
    dot_y = y * np.sum(scipy.linalg.inv(a).T * dot_a)


# ---------------------------------------------------------------- factors


@when(lower)
def cholesky_lower(a: "*s", *, lower) -> like(a):
    """The lower triangular y with y @ y.T = a, of which the lower triangle is read."""
    assert a.shape in ((3, 3),)
    assert lower in (True,)
    a = a @ a.T + 3.0 * np.eye(len(a))
    y = scipy.linalg.cholesky(a, lower=lower)
    d_a += helper.cholesky_backward(y, d_y)
    dot_y = helper.cholesky_forward(y, dot_a)


@when(not lower)
def cholesky_upper(a: "*s", *, lower=False) -> like(a):
    """The upper triangular y with y.T @ y = a, of which the upper triangle is read."""
    assert a.shape in ((3, 3),)
    a = a @ a.T + 3.0 * np.eye(len(a))
    y = scipy.linalg.cholesky(a, lower=lower)
    d_a += helper.cholesky_backward(y.T, d_y.T).T
    dot_y = helper.cholesky_forward(y.T, dot_a.T).T


# ---------------------------------------------------------------- functions of matrices


@holomorphic
def expm(a: "*s") -> like(a):
    """Exponential of a matrix."""
    assert a.shape in ((3, 3),)
    y = scipy.linalg.expm(a)
    d_a += scipy.linalg.expm_frechet(a.T, d_y, compute_expm=False)
    dot_y = scipy.linalg.expm_frechet(a, dot_a, compute_expm=False)


def expm_frechet(a: "*s", e: "*r") -> like(a):
    """The tangent of a matrix's exponential: a block of that of [[a, e], [0, a]]."""
    assert (a.shape, e.shape) in (((3, 3), (3, 3)),)
    y = scipy.linalg.expm_frechet(a, e, compute_expm=False)
    n = len(a)
    zero = np.zeros((n, n))
    both = np.block([[a, e], [zero, a]])
    d_e += scipy.linalg.expm_frechet(a.T, d_y, compute_expm=False)
    d_both = scipy.linalg.expm_frechet(
        both.T, np.block([[zero, d_y], [zero, zero]]), compute_expm=False
    )
    d_a += d_both[:n, :n] + d_both[n:, n:]
    dot_both = np.block([[dot_a, dot_e], [zero, dot_a]])
    dot_y = scipy.linalg.expm_frechet(both, dot_both, compute_expm=False)[:n, n:]


# ---------------------------------------------------------------- matrix equations


def solve_sylvester(a: "*s", b: "*r", q: "*t") -> like(q):
    """The y with a @ y + y @ b = q."""
    assert (a.shape, b.shape, q.shape) in (((3, 3), (2, 2), (3, 2)),)
    a = a + 3.0 * np.eye(len(a))
    b = b + 3.0 * np.eye(len(b))
    y = scipy.linalg.solve_sylvester(a, b, q)
    s = scipy.linalg.solve_sylvester(a.T, b.T, d_y)
    d_q += s
    d_a -= s @ y.T
    d_b -= y.T @ s
    dot_y = scipy.linalg.solve_sylvester(a, b, dot_q - dot_a @ y - y @ dot_b)


def solve_banded(ab: "*s", b: "*r", *, l_and_u) -> like(b):
    """The y with a @ y = b, for the matrix a with these diagonals, the upper ones first."""
    assert l_and_u in ((1, 2), (0, 1), (1, 1))
    n = 4
    ab = np.ones((l_and_u[0] + l_and_u[1] + 1, n)) * np.ravel(ab)[0]
    ab = 0.2 * ab + 0.1 * np.reshape(np.arange(float(np.size(ab))), np.shape(ab))
    ab[l_and_u[1]] += 7.0
    b = np.arange(4.0) + np.ravel(b)[0]
    y = scipy.linalg.solve_banded(l_and_u, ab, b)
    turned = helper.transposed_bands(ab, *l_and_u)
    s = scipy.linalg.solve_banded((l_and_u[1], l_and_u[0]), turned, d_y)
    d_b += s
    d_ab -= helper.outer_bands(s, y, *l_and_u)
    dot_y = scipy.linalg.solve_banded(
        l_and_u, ab, dot_b - helper.banded_product(dot_ab, y, *l_and_u)
    )


# ---------------------------------------------------------------- norms and values


def norm(a: "*s") -> "":
    """The square root of the sum of squares; slope 0 where it is 0."""
    y = scipy.linalg.norm(a)
    d_a += d_y * a / y if y > 0.0 else np.zeros_like(a)
    dot_y = np.sum(a * dot_a) / y if y > 0.0 else 0.0


def pinv(a: "*s") -> "m n":
    """Pseudoinverse, of a matrix of constant rank (Golub and Pereyra 1973)."""
    assert a.shape in ((3, 2), (2, 3))
    y = scipy.linalg.pinv(a)
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


def eigvalsh(a: "*s") -> reduced(a, -1, False):
    """Eigenvalues of a symmetric matrix, which are to be distinct; its lower triangle is read."""
    assert a.shape in ((3, 3),)
    a = a + a.T + np.diag(np.arange(float(len(a))) * 8.0)
    y = scipy.linalg.eigvalsh(a)
    vectors = np.linalg.eigh(a)[1]
    s = (vectors * d_y) @ vectors.T
    d_a += np.tril(s) + np.tril(s, -1)
    dot_y = np.sum(vectors * ((np.tril(dot_a) + np.tril(dot_a, -1).T) @ vectors), axis=0)


def svdvals(a: "*s") -> "?":
    """Singular values, in falling order, which are to be distinct."""
    assert a.shape in ((3, 2), (2, 3))
    y = scipy.linalg.svdvals(a)
    factors = np.linalg.svd(a, full_matrices=False)
    d_a += (factors[0] * d_y) @ factors[2]
    dot_y = np.sum(factors[0] * (dot_a @ factors[2].T), axis=0)
