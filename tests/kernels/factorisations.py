"""Dense factorisations and solves, element by element and with growing slices."""

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from tests.kernels import Kernel


def lu(A: Float[ndarray, "n n"]):
    """L and U in place, L with ones on its diagonal."""
    n = A.shape[0]
    for i in range(n):
        for j in range(i):
            A[i, j] -= A[i, :j] @ A[:j, j]
            A[i, j] /= A[j, j]
        for j in range(i, n):
            A[i, j] -= A[i, :i] @ A[:i, j]


def lu_outer(A):
    """Right-looking: a rank-one update of what is left."""
    n = len(A)
    U = A.copy()
    for k in range(n - 1):
        U[k + 1 :, k] /= U[k, k]
        U[k + 1 :, k + 1 :] -= np.outer(U[k + 1 :, k], U[k, k + 1 :])
    return U


def lu_solve(A: Float[ndarray, "n n"], b: Float[ndarray, "n"]) -> Float[ndarray, "n"]:
    """Factorise, then substitute forwards and back."""
    A = A.copy()
    lu(A)
    n = len(b)
    x = np.zeros_like(b)
    y = np.zeros_like(b)
    for i in range(n):
        y[i] = b[i] - A[i, :i] @ y[:i]
    for i in range(n - 1, -1, -1):
        x[i] = (y[i] - A[i, i + 1 :] @ x[i + 1 :]) / A[i, i]
    return x


def lu_solve_loss(A, b):
    x = lu_solve(A, b)
    return np.sum(x**2)


def solve_with_pivots(A, b):
    """Gaussian elimination with partial pivoting: rows are swapped by integer arrays."""
    A = A.copy()
    x = b.copy()
    n = A.shape[0]
    for k in range(n):
        p = k + np.argmax(np.abs(A[k:, k]))
        if p != k:
            A[[k, p]] = A[[p, k]]
            x[[k, p]] = x[[p, k]]
        for i in range(k + 1, n):
            factor = A[i, k] / A[k, k]
            A[i, k:] -= factor * A[k, k:]
            x[i] -= factor * x[k]
    for k in reversed(range(n)):
        x[k] = (x[k] - A[k, k + 1 :] @ x[k + 1 :]) / A[k, k]
    return x


def cholesky(A: Float[ndarray, "n n"]) -> None:
    """The lower factor in the lower half of A; the upper half is left alone."""
    n = A.shape[0]
    A[0, 0] = np.sqrt(A[0, 0])
    for i in range(1, n):
        for j in range(i):
            A[i, j] -= np.dot(A[i, :j], A[j, :j])
            A[i, j] /= A[j, j]
        A[i, i] -= np.dot(A[i, :i], A[i, :i])
        A[i, i] = np.sqrt(A[i, i])


def cholesky_columns(A):
    """Column by column into a new array."""
    n = len(A)
    L = np.zeros((n, n))
    for j in range(n):
        s = A[j, j] - np.sum(L[j, :j] ** 2)
        L[j, j] = s**0.5
        for i in range(j + 1, n):
            L[i, j] = (A[i, j] - np.sum(L[i, :j] * L[j, :j])) / L[j, j]
    return L


def log_det(A):
    L = cholesky_columns(A)
    total = 0.0
    for i in range(len(A)):
        total += np.log(L[i, i])
    return 2 * total


def gram_schmidt(A):
    """Modified Gram-Schmidt: Q and R with A = Q R."""
    n = A.shape[1]
    A = A.copy()
    Q = np.zeros_like(A)
    R = np.zeros((n, n))
    for k in range(n):
        R[k, k] = np.sqrt(np.dot(A[:, k], A[:, k]))
        Q[:, k] = A[:, k] / R[k, k]
        for j in range(k + 1, n):
            R[k, j] = np.dot(Q[:, k], A[:, j])
            A[:, j] -= Q[:, k] * R[k, j]
    return Q, R


def gram_schmidt_loss(A: Float[ndarray, "m n"], b: Float[ndarray, "m"]) -> float:
    """The part of b that A's columns cannot reach."""
    Q, R = gram_schmidt(A)
    r = b.copy()
    for k in range(A.shape[1]):
        q = Q[:, k]
        r -= (q @ r) * q
    return r @ r + np.sum(np.abs(R))


def triangular_solve(L, x, b):
    """x with L x = b, into x."""
    for i in range(L.shape[0]):
        x[i] = (b[i] - L[i, :i] @ x[:i]) / L[i, i]


def triangular_solve_loss(L: Float[ndarray, "n n"], b: Float[ndarray, "n"]) -> float:
    x = np.empty(b.shape)
    triangular_solve(L, x, b)
    return np.sum(np.sin(x))


def triangular_solve_many(L: Float[ndarray, "n n"], B: Float[ndarray, "n m"]):
    """All right-hand sides at once, by columns of L, in place."""
    n = L.shape[0]
    X = B.copy()
    for k in range(n):
        X[k] /= L[k, k]
        X[k + 1 :] -= L[k + 1 :, k, None] * X[k]
    return X


def durbin(r: Float[ndarray, "n"]) -> Float[ndarray, "n"]:
    """The Yule-Walker equations by Durbin's recursion."""
    y = np.empty_like(r)
    alpha = -r[0]
    beta = 1.0
    y[0] = -r[0]
    for k in range(1, r.shape[0]):
        beta *= 1.0 - alpha * alpha
        alpha = -(r[k] + np.dot(np.flip(r[:k]), y[:k])) / beta
        y[:k] += alpha * np.flip(y[:k])
        y[k] = alpha
    return y


def durbin_loss(r):
    y = durbin(r)
    return np.sum(y * y)


def tridiagonal_in_place(a, b, c, d):
    """Thomas's algorithm; b and d are used up, d becomes the solution."""
    n = len(d)
    for i in range(1, n):
        w = a[i - 1] / b[i - 1]
        b[i] -= w * c[i - 1]
        d[i] -= w * d[i - 1]
    d[-1] /= b[-1]
    for i in range(n - 2, -1, -1):
        d[i] = (d[i] - c[i] * d[i + 1]) / b[i]


def householder(A):
    """The triangular factor by reflections of the trailing columns."""
    R = np.array(A, dtype=float)
    m, n = R.shape
    for k in range(n):
        v = R[k:, k].copy()
        v[0] += np.copysign(np.linalg.norm(v), v[0])
        v /= np.linalg.norm(v)
        R[k:, k:] -= 2.0 * np.outer(v, v @ R[k:, k:])
    return np.sum(np.triu(R[:n]) ** 3)


# ---------------------------------------------------------------- by other means


def dominant(rng, n):
    return rng.normal(size=(n, n)) + 2 * n * np.eye(n)


def definite(rng, n):
    A = rng.normal(size=(n, n))
    return A @ A.T + n * np.eye(n)


def expected_lu(A):
    """Minors: U's diagonal is a quotient of determinants, the rest solves triangular systems."""
    from scipy.linalg import lu as pivoted

    n = len(A)
    P, L, U = pivoted(A)
    assert np.array_equal(P, np.eye(n)), "choose a dominant matrix"
    return L - np.eye(n) + U


def expected_durbin(r):
    from scipy.linalg import toeplitz

    return np.linalg.solve(toeplitz(np.append(1.0, r[:-1])), -r)


def expected_tridiagonal(a, b, c, d):
    """b is left as the diagonal of the triangular factor."""
    A = np.diag(b) + np.diag(a, -1) + np.diag(c, 1)
    return np.diag(expected_lu(A)), np.linalg.solve(A, d)


def expected_gram_schmidt(A):
    Q, R = np.linalg.qr(A)
    signs = np.sign(np.diag(R))
    return Q * signs, R * signs[:, None]


def expected_gram_schmidt_loss(A, b):
    r = b - A @ np.linalg.lstsq(A, b)[0]
    return r @ r + np.sum(np.abs(np.linalg.qr(A)[1]))


def expected_householder(A):
    """LAPACK's reflections have the same signs."""
    return np.sum(np.linalg.qr(A)[1] ** 3)


KERNELS = [
    Kernel(lu, ("A",), lambda rng, n: (dominant(rng, n),), expected=expected_lu, writes=("A",)),
    Kernel(lu_outer, ("A",), lambda rng, n: (dominant(rng, n),), expected=expected_lu),
    Kernel(
        lu_solve,
        ("A", "b"),
        lambda rng, n: (dominant(rng, n), rng.normal(size=n)),
        expected=np.linalg.solve,
    ),
    Kernel(lu_solve_loss, ("A", "b"), lambda rng, n: (dominant(rng, n), rng.normal(size=n))),
    Kernel(
        solve_with_pivots,
        ("A", "b"),
        lambda rng, n: (rng.normal(size=(n, n)) + np.eye(n)[::-1], rng.normal(size=n)),
        expected=np.linalg.solve,
    ),
    Kernel(
        cholesky,
        ("A",),
        lambda rng, n: (definite(rng, n),),
        expected=lambda A: np.linalg.cholesky(A) + np.triu(A, 1),
        writes=("A",),
    ),
    Kernel(
        cholesky_columns, ("A",), lambda rng, n: (definite(rng, n),), expected=np.linalg.cholesky
    ),
    Kernel(
        log_det,
        ("A",),
        lambda rng, n: (definite(rng, n),),
        expected=lambda A: np.linalg.slogdet(A)[1],
    ),
    Kernel(
        gram_schmidt,
        ("A",),
        lambda rng, n: (rng.normal(size=(n + 2, n)),),
        (3, 5),
        expected=expected_gram_schmidt,
    ),
    Kernel(
        gram_schmidt_loss,
        ("A", "b"),
        lambda rng, n: (rng.normal(size=(n + 2, n)), rng.normal(size=n + 2)),
        (3, 5),
        expected=expected_gram_schmidt_loss,
    ),
    Kernel(
        triangular_solve,
        ("L", "b"),
        lambda rng, n: (np.tril(dominant(rng, n)), np.zeros(n), rng.normal(size=n)),
        expected=lambda L, x, b: np.linalg.solve(L, b),
        writes=("x",),
    ),
    Kernel(
        triangular_solve_loss,
        ("L", "b"),
        lambda rng, n: (np.tril(dominant(rng, n)), rng.normal(size=n)),
        expected=lambda L, b: np.sum(np.sin(np.linalg.solve(L, b))),
    ),
    Kernel(
        triangular_solve_many,
        ("L", "B"),
        lambda rng, n: (np.tril(dominant(rng, n)), rng.normal(size=(n, 3))),
        expected=np.linalg.solve,
    ),
    Kernel(
        durbin,
        ("r",),
        lambda rng, n: (0.3 * rng.normal(size=n) / n,),
        expected=expected_durbin,
    ),
    Kernel(durbin_loss, ("r",), lambda rng, n: (0.3 * rng.normal(size=n) / n,)),
    Kernel(
        tridiagonal_in_place,
        ("a", "b", "c", "d"),
        lambda rng, n: (
            rng.normal(size=n - 1),
            4 + rng.normal(size=n),
            rng.normal(size=n - 1),
            rng.normal(size=n),
        ),
        expected=expected_tridiagonal,
        writes=("b", "d"),
    ),
    Kernel(
        householder,
        ("A",),
        lambda rng, n: (rng.normal(size=(n + 1, n)),),
        (3, 5),
        expected=expected_householder,
    ),
]
