"""Products and updates of matrices as the BLAS has them, written as loops over rows."""

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from numpy.typing import NDArray

from tests.kernels import Kernel


def gemm(alpha: float, beta: float, C, A, B):
    """C = alpha A B + beta C."""
    C *= beta
    for i in range(A.shape[0]):
        for k in range(A.shape[1]):
            C[i, :] += alpha * A[i, k] * B[k, :]


def gemm_loss(alpha: float, beta: float, C, A, B):
    C = C.copy()
    gemm(alpha, beta, C, A, B)
    return np.sum(C * C)


def gemm_elements(A: Float[ndarray, "n k"], B: Float[ndarray, "k m"]) -> Float[ndarray, "n m"]:
    """Three loops."""
    n, inner = A.shape
    m = B.shape[1]
    C = np.zeros((n, m))
    for i in range(n):
        for j in range(m):
            for k in range(inner):
                C[i, j] += A[i, k] * B[k, j]
    return C


def gemm_blocks(A, B, size=2):
    """By blocks of rows and columns, through views."""
    C = np.zeros((A.shape[0], B.shape[1]), dtype=A.dtype)
    for i in range(0, A.shape[0], size):
        for j in range(0, B.shape[1], size):
            block = C[i : i + size, j : j + size]
            for k in range(0, A.shape[1], size):
                block += A[i : i + size, k : k + size] @ B[k : k + size, j : j + size]
    return np.sum(np.cos(C))


def two_mm(A, B, C, D, alpha, beta):
    """D = alpha A B C + beta D, D in place."""
    tmp = np.zeros((A.shape[0], B.shape[1]))
    tmp[:] = alpha * A @ B
    D *= beta
    D += tmp @ C


def three_mm(A, B, C):
    """(A B)(B C), each product into an array of its own."""
    E = np.empty((A.shape[0], B.shape[1]))
    F = np.empty((B.shape[0], C.shape[1]))
    G = np.empty((A.shape[0], C.shape[1]))
    np.matmul(A, B, out=E)
    np.dot(B, C, out=F)
    G[...] = E @ F
    return G.sum() + G[0, 0] ** 2


def syrk(alpha: float, beta: float, C: Float[ndarray, "n n"], A: Float[ndarray, "n m"]):
    """The lower half of C = alpha A A^T + beta C."""
    for i in range(A.shape[0]):
        C[i, : i + 1] *= beta
        for k in range(A.shape[1]):
            C[i, : i + 1] += alpha * A[i, k] * A[: i + 1, k]


def syrk_loss(alpha: float, beta: float, C: Float[ndarray, "n n"], A: Float[ndarray, "n m"]):
    C = C.copy()
    syrk(alpha, beta, C, A)
    return np.sum(np.tril(C) ** 2)


def syr2k(alpha, beta, C, A, B):
    for i in range(A.shape[0]):
        C[i, : i + 1] *= beta
        for k in range(A.shape[1]):
            C[i, : i + 1] += A[: i + 1, k] * alpha * B[i, k] + B[: i + 1, k] * alpha * A[i, k]


def syr2k_loss(alpha, beta, C, A, B):
    C = np.copy(C)
    syr2k(alpha, beta, C, A, B)
    return np.sum(np.exp(-(C**2)))


def symm(alpha: float, beta: float, C: NDArray, A: NDArray, B: NDArray) -> None:
    """C = alpha A B + beta C, where only the lower half of the symmetric A is read."""
    temp2 = np.empty((C.shape[1],), dtype=C.dtype)
    C *= beta
    for i in range(C.shape[0]):
        for j in range(C.shape[1]):
            C[:i, j] += alpha * B[i, j] * A[i, :i]
            temp2[j] = B[:i, j] @ A[i, :i]
        C[i, :] += alpha * B[i, :] * A[i, i] + alpha * temp2


def symm_loss(alpha: float, beta: float, C: NDArray, A: NDArray, B: NDArray):
    C = C * 1.0
    symm(alpha, beta, C, A, B)
    return np.sum(C**3)


def trmm(alpha, A, B):
    """B = alpha A^T B with unit lower triangular A, in place: rows below are not yet changed."""
    for i in range(B.shape[0]):
        for j in range(B.shape[1]):
            B[i, j] += np.dot(A[i + 1 :, i], B[i + 1 :, j])
    B *= alpha


def trmm_loss(alpha, A, B):
    B = B.copy()
    trmm(alpha, A, B)
    return np.sum(B * B)


def gemver(alpha, beta, A, u1, v1, u2, v2, w, x, y, z):
    """Rank-two update, then products with vectors, all in place."""
    A += np.outer(u1, v1) + np.outer(u2, v2)
    x += beta * y @ A + z
    w += alpha * A @ x


def gemver_elements(A: Float[ndarray, "n n"], u, v, x, y):
    """A written first, then read transposed."""
    n = A.shape[0]
    A = A.copy()
    x = x.copy()
    for i in range(n):
        for j in range(n):
            A[i, j] += u[i] * v[j]
    for i in range(n):
        for j in range(n):
            x[i] = x[i] + 0.5 * A[j, i] * y[j]
    return x @ x


def bicg(A, p, r):
    s = np.zeros(A.shape[1])
    q = np.zeros(A.shape[0])
    for i in range(A.shape[0]):
        s += r[i] * A[i]
        q[i] = A[i] @ p
    return s, q


def atax(A: Float[ndarray, "m n"], x: Float[ndarray, "n"]) -> Float[ndarray, "n"]:
    y = np.zeros_like(x)
    for row in A:
        y += row * np.dot(row, x)
    return y


def doitgen(A, C4):
    """Each fibre of a cube is multiplied by a matrix, in place."""
    nr, nq, _ = A.shape
    for r in range(nr):
        for q in range(nq):
            A[r, q, :] = A[r, q, :] @ C4


def doitgen_loss(A, C4):
    A = A.copy()
    doitgen(A, C4)
    return np.sum(np.sqrt(1.0 + A**2))


def lower(C, full):
    return np.tril(full) + np.triu(C, 1)


def expected_gemver(alpha, beta, A, u1, v1, u2, v2, w, x, y, z):
    A = A + u1[:, None] * v1 + u2[:, None] * v2
    x = x + beta * (A.T @ y) + z
    return A, w + alpha * (A @ x), x


def numbers(*shapes):
    """Two numbers, then arrays of shapes in terms of the size."""
    return lambda rng, n: (0.7, 1.3, *(rng.normal(size=shape(n)) for shape in shapes))


def square(n):
    return (n, n)


def wide(n):
    return (n, n + 1)


def vector(n):
    return (n,)


KERNELS = [
    Kernel(
        gemm,
        ("alpha", "beta", "C", "A", "B"),
        numbers(square, wide, lambda n: (n + 1, n)),
        expected=lambda alpha, beta, C, A, B: alpha * A @ B + beta * C,
        writes=("C",),
    ),
    Kernel(
        gemm_loss,
        ("alpha", "beta", "C", "A", "B"),
        numbers(square, wide, lambda n: (n + 1, n)),
    ),
    Kernel(
        gemm_elements,
        ("A", "B"),
        lambda rng, n: (rng.normal(size=(n, 3)), rng.normal(size=(3, n + 1))),
        (3, 5),
        expected=np.matmul,
    ),
    Kernel(
        gemm_blocks,
        ("A", "B"),
        lambda rng, n: (rng.normal(size=(n, 3)), rng.normal(size=(3, n + 1))),
        (3, 6),
        expected=lambda A, B: np.sum(np.cos(A @ B)),
    ),
    Kernel(
        two_mm,
        ("A", "B", "C", "D", "alpha", "beta"),
        lambda rng, n: (*rng.normal(size=(4, n, n)), 0.7, 1.3),
        expected=lambda A, B, C, D, alpha, beta: alpha * A @ B @ C + beta * D,
        writes=("D",),
    ),
    Kernel(
        three_mm,
        ("A", "B", "C"),
        lambda rng, n: tuple(rng.normal(size=(3, n, n))),
        expected=lambda A, B, C: np.sum(A @ B @ B @ C) + (A @ B @ B @ C)[0, 0] ** 2,
    ),
    Kernel(
        syrk,
        ("alpha", "beta", "C", "A"),
        numbers(square, wide),
        expected=lambda alpha, beta, C, A: lower(C, alpha * A @ A.T + beta * C),
        writes=("C",),
    ),
    Kernel(syrk_loss, ("alpha", "beta", "C", "A"), numbers(square, wide)),
    Kernel(
        syr2k,
        ("C", "A", "B", "beta"),
        numbers(square, wide, wide),
        expected=lambda alpha, beta, C, A, B: lower(
            C, alpha * A @ B.T + alpha * B @ A.T + beta * C
        ),
        writes=("C",),
    ),
    Kernel(syr2k_loss, ("C", "A", "B"), numbers(square, wide, wide)),
    Kernel(
        symm,
        ("alpha", "beta", "C", "A", "B"),
        numbers(wide, square, wide),
        expected=lambda alpha, beta, C, A, B: alpha * (np.tril(A) + np.tril(A, -1).T) @ B
        + beta * C,
        writes=("C",),
    ),
    Kernel(symm_loss, ("C", "A", "B"), numbers(wide, square, wide)),
    Kernel(
        trmm,
        ("alpha", "A", "B"),
        lambda rng, n: (0.7, rng.normal(size=(n, n)), rng.normal(size=(n, n + 1))),
        expected=lambda alpha, A, B: alpha * (np.tril(A, -1) + np.eye(len(A))).T @ B,
        writes=("B",),
    ),
    Kernel(
        trmm_loss,
        ("alpha", "A", "B"),
        lambda rng, n: (0.7, rng.normal(size=(n, n)), rng.normal(size=(n, n + 1))),
    ),
    Kernel(
        gemver,
        ("alpha", "beta", "A", "u1", "v1", "u2", "v2", "w", "x", "y", "z"),
        numbers(square, *[vector] * 8),
        expected=expected_gemver,
        writes=("A", "w", "x"),
    ),
    Kernel(
        gemver_elements,
        ("A", "u", "v", "x", "y"),
        lambda rng, n: (rng.normal(size=(n, n)), *rng.normal(size=(4, n))),
        expected=lambda A, u, v, x, y: np.sum((x + 0.5 * (A + np.outer(u, v)).T @ y) ** 2),
    ),
    Kernel(
        bicg,
        ("A", "p", "r"),
        lambda rng, n: (rng.normal(size=(n, n + 1)), rng.normal(size=n + 1), rng.normal(size=n)),
        expected=lambda A, p, r: (r @ A, A @ p),
    ),
    Kernel(
        atax,
        ("A", "x"),
        lambda rng, n: (rng.normal(size=(n + 1, n)), rng.normal(size=n)),
        expected=lambda A, x: A.T @ (A @ x),
    ),
    Kernel(
        doitgen,
        ("A", "C4"),
        lambda rng, n: (rng.normal(size=(3, 2, n)), rng.normal(size=(n, n))),
        (3, 5),
        expected=lambda A, C4: np.einsum("rqp,ps->rqs", A, C4),
        writes=("A",),
    ),
    Kernel(
        doitgen_loss,
        ("A", "C4"),
        lambda rng, n: (rng.normal(size=(3, 2, n)), rng.normal(size=(n, n))),
        (3, 5),
    ),
]
