"""Products of vectors, matrices and stacks of them."""

import numpy as np
from jaxtyping import Float
from numpy import ndarray


def matmul_of_any_rank(a, b):
    return np.sum((a @ b) ** 2)


def matmul_function(a, b):
    return np.sum(np.sin(np.matmul(a, b)))


def dot_of_any_rank(a, b):
    return np.sum(np.dot(a, b) ** 2)


def dot_method(a, b):
    return np.sum(a.dot(b) ** 2) + np.sum(a.T.dot(a) ** 2)


def known_ranks(M: Float[ndarray, "n m"], v: Float[ndarray, "m"], u: Float[ndarray, "n"]):
    y = M @ v
    z = u @ M
    return y @ u + (z @ v) ** 2 + np.sum(np.outer(u, v) * M) + np.sum(M @ M.T)


def quadratic_form(A, x):
    return x @ A @ x + x.T @ x


def symmetric_product(A):
    return np.sum((A.T @ A) ** 2) + np.trace(A @ A.T)


def power_of_a_matrix(A, n: int = 4):
    P = A
    for _ in range(n - 1):
        P = P @ A * 0.5
    return np.trace(P)


def chain(a, b, c, x):
    """Associated from the left and from the right."""
    return np.sum(a @ b @ c @ x) + np.sum((a @ (b @ (c @ x))) ** 2)


def products_of_vectors(u, v):
    a = np.outer(u, v)
    b = np.inner(u, u) * np.vdot(v, v)
    c = np.dot(u, u)
    return np.sum(a**2) + b * c


def inner_and_vdot_of_matrices(a, b):
    return np.sum(np.inner(a, b) ** 2) + np.vdot(a, a) * np.vdot(b, b)


def tensordots(a, b):
    """a is (2, 3, 4), b is (3, 4, 2)."""
    c = np.tensordot(a, b)
    d = np.tensordot(a, b, axes=([1, 2], [0, 1]))
    e = np.tensordot(a, b, axes=1) if a.shape[-1] == b.shape[0] else 0.0
    f = np.tensordot(a, b, axes=[0, 2])
    return np.sum(c * d) + np.sum(e) + np.sum(f**2)


def kronecker(a, b):
    return np.sum(np.kron(a, b) ** 2 * 0.5)


def traces(A):
    return np.trace(A) * A.trace(offset=1) + np.trace(A, offset=-1) ** 2


def einsum_two(a, b):
    """Products with sums over shared indices, with transposition and with one-sided sums."""
    c = np.einsum("ij,jk->ik", a, b)
    d = np.einsum("ij,jk->ki", a, b)
    e = np.einsum("ij,jk->k", a, b)
    f = np.einsum("ij,jk", a, b)
    return np.sum(c**2) + np.sum(d * d.T[0, 0]) + np.sum(e**3) + np.sum(f)


def einsum_one(a, s):
    """Trace, diagonal, transposition, sums."""
    return (
        np.einsum("ii", s) ** 2
        + np.sum(np.einsum("ii->i", s) ** 3)
        + np.sum(np.einsum("ij->ji", a) ** 2)
        + np.sum(np.einsum("ij->j", a) ** 2)
        + np.einsum("ij->", a)
    )


def einsum_three(a, b, c):
    x = np.einsum("ij,jk,kl->il", a, b, c)
    y = np.einsum("ij,ij,ij->i", a, a, a)
    return np.sum(x**2) + np.sum(y)


def einsum_batched(q, k):
    return np.sum(np.einsum("bhqd,bhkd->bhqk", q, k) ** 2) + np.sum(
        np.einsum("...ij,...j->...i", q, k[..., 0, :])
    )


def attention(q, k, v):
    """Scaled dot-product attention on a batch."""
    scores = q @ np.swapaxes(k, -1, -2) / np.sqrt(q.shape[-1])
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights = weights / weights.sum(axis=-1, keepdims=True)
    return np.sum((weights @ v) ** 2)


def gram_schmidt(A):
    """Columns made orthogonal to those before, kept in a tuple."""
    basis = ()
    for k in range(A.shape[1]):
        v = A[:, k]
        for q in basis:
            v = v - (q @ A[:, k]) * q
        v = v / np.linalg.norm(v)
        basis = (*basis, v)
    return np.sum(basis[-1] * A[:, 0]) + np.sum(basis[1] * np.arange(len(A)))


def conjugate_gradients(A, b, n: int = 3):
    """A fixed number of steps; vectors and numbers are handed on."""
    x = np.zeros_like(b)
    residual = b - A @ x
    p = residual
    rr = residual @ residual
    for _ in range(n):
        Ap = A @ p
        step = rr / (p @ Ap)
        x = x + step * p
        residual = residual - step * Ap
        rr_new = residual @ residual
        p = residual + (rr_new / rr) * p
        rr = rr_new
    return np.sum(x**2)


r = np.random.default_rng(15).standard_normal
SPD = r((4, 4))
SPD = SPD @ SPD.T + 4.0 * np.eye(4)
RANKS = [
    (r(3), r(3)),
    (r((2, 3)), r(3)),
    (r(3), r((3, 2))),
    (r((2, 3)), r((3, 4))),
    (r((5, 2, 3)), r((5, 3, 2))),
    (r((5, 2, 3)), r((3, 2))),
    (r((2, 3)), r((5, 3, 2))),
    (r((5, 2, 3)), r(3)),
    (r(3), r((5, 3, 2))),
    (r((1, 5, 2, 3)), r((4, 1, 3, 2))),
    (r((1, 1)), r((1, 1))),
]
CALLS = {
    "matmul_of_any_rank": (("a", "b"), RANKS),
    "matmul_function": (("a", "b"), RANKS[:7]),
    "dot_of_any_rank": (
        ("a", "b"),
        [
            *RANKS[:4],
            (0.7, r(3)),
            (r((2, 3)), 0.7),
            (r((2, 2, 3)), r(3)),
            (r((2, 3)), r((4, 3, 2))),
        ],
    ),
    "dot_method": (("a", "b"), [(r((2, 3)), r(3)), (r((2, 3)), r((3, 2)))]),
    "known_ranks": (("M", "v", "u"), [(r((2, 3)), r(3), r(2)), (r((1, 1)), r(1), r(1))]),
    "quadratic_form": (("A", "x"), [(r((3, 3)), r(3))]),
    "symmetric_product": ("A", [(r((2, 3)),)]),
    "power_of_a_matrix": ("A", [(r((3, 3)),), (r((3, 3)), 1)]),
    "chain": (("a", "b", "c", "x"), [(r((2, 3)), r((3, 4)), r((4, 2)), r(2))]),
    "products_of_vectors": (("u", "v"), [(r(3), r(2))]),
    "inner_and_vdot_of_matrices": (("a", "b"), [(r((2, 3)), r((4, 3)))]),
    "tensordots": (("a", "b"), [(r((2, 3, 4)), r((3, 4, 2)))]),
    "kronecker": (("a", "b"), [(r((2, 3)), r((3, 2)))]),
    "traces": ("A", [(r((3, 3)),), (r((3, 4)),)]),
    "einsum_two": (("a", "b"), [(r((2, 3)), r((3, 4)))]),
    "einsum_one": (("a", "s"), [(r((2, 3)), r((3, 3)))]),
    "einsum_three": (("a", "b", "c"), [(r((2, 3)), r((3, 4)), r((4, 2)))]),
    "einsum_batched": (("q", "k"), [(r((2, 2, 3, 4)), r((2, 2, 3, 4)))]),
    "attention": (("q", "k", "v"), [(r((2, 3, 4)), r((2, 5, 4)), r((2, 5, 3)))]),
    "gram_schmidt": ("A", [(r((4, 3)),)]),
    "conjugate_gradients": (("A", "b"), [(SPD, r(4))]),
}
