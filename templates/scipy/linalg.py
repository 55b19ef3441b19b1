"""Functions of scipy.linalg; the formulas are those of numpy.linalg."""

import numpy as np
import scipy.linalg

# ---------------------------------------------------------------- systems and inverses


def inv(a: "*s") -> like(a):
    """Inverse matrix (Giles 2.2.3)."""
    assert a.shape in ((3, 3),)
    a = a + 3.0 * np.eye(len(a))
    y = scipy.linalg.inv(a)
    d_a -= y.T @ d_y @ y.T
    dot_y = -y @ dot_a @ y


def solve(a: "*s", b: "*r") -> like(b):
    """The y with a @ y = b (Giles 2.3.1)."""
    assert (a.shape, b.shape) in (((3, 3), (3,)), ((3, 3), (3, 2)))
    a = a + 3.0 * np.eye(len(a))
    y = scipy.linalg.solve(a, b)
    s = scipy.linalg.solve(a.T, d_y)
    d_b += s
    d_a -= np.reshape(s, (len(a), -1)) @ np.reshape(y, (len(a), -1)).T
    dot_y = scipy.linalg.solve(a, dot_b - dot_a @ y)


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
