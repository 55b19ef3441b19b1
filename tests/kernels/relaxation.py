"""Iterations on grids: Jacobi in one and two dimensions, Gauss-Seidel, red and black, SOR."""

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from tests.kernels import Kernel


def jacobi_1d(a: Float[ndarray, "n"], b: Float[ndarray, "n"], steps: int):
    """Three-point averages, there and back between two buffers."""
    for _ in range(steps):
        b[1:-1] = (a[:-2] + a[1:-1] + a[2:]) / 3.0
        a[1:-1] = (b[:-2] + b[1:-1] + b[2:]) / 3.0


def jacobi_1d_norm(a: Float[ndarray, "n"], b: Float[ndarray, "n"], steps: int) -> float:
    a, b = a.copy(), b.copy()
    jacobi_1d(a, b, steps)
    return np.sum(a**2) + np.sum(np.sin(b))


def jacobi_2d(u, f, h, tol=1e-12, max_iter=6):
    """Solves Laplace(u) = f on a square with fixed boundary values."""
    u_new = u.copy()
    for _ in range(max_iter):
        u_new[1:-1, 1:-1] = 0.25 * (
            u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2] - h**2 * f[1:-1, 1:-1]
        )
        if np.max(np.abs(u_new - u)) < tol:
            break
        u, u_new = u_new, u
    return u


def jacobi_2d_loss(u, f, h):
    return np.mean(jacobi_2d(u, f, h) ** 2)


def gauss_seidel(u: np.ndarray, f: np.ndarray, sweeps: int) -> None:
    """Point by point, with what is new as soon as it is there."""
    n, m = u.shape
    for _ in range(sweeps):
        for i in range(1, n - 1):
            for j in range(1, m - 1):
                u[i, j] = 0.25 * (u[i - 1, j] + u[i + 1, j] + u[i, j - 1] + u[i, j + 1] - f[i, j])


def gauss_seidel_energy(u: np.ndarray, f: np.ndarray, sweeps: int) -> float:
    u = np.array(u)
    gauss_seidel(u, f, sweeps)
    return 0.5 * np.sum((u[1:] - u[:-1]) ** 2) + np.sum(f * u)


def seidel_2d(A, steps):
    """The nine-point average of the benchmark collections."""
    n = A.shape[0]
    for _ in range(steps):
        for i in range(1, n - 1):
            A[i, 1:-1] += A[i - 1, :-2] + A[i - 1, 1:-1] + A[i - 1, 2:] + A[i, 2:]
            A[i, 1:-1] += A[i + 1, :-2] + A[i + 1, 1:-1] + A[i + 1, 2:]
            for j in range(1, n - 1):
                A[i, j] += A[i, j - 1]
                A[i, j] /= 9.0


def sor(A: Float[ndarray, "n n"], b: Float[ndarray, "n"], omega: float, sweeps: int):
    """Successive over-relaxation for A x = b."""
    n = len(b)
    x = np.zeros(n)
    for _ in range(sweeps):
        for i in range(n):
            sigma = 0.0
            for j in range(n):
                if j != i:
                    sigma += A[i, j] * x[j]
            x[i] = (1.0 - omega) * x[i] + omega * (b[i] - sigma) / A[i, i]
    return x


def sor_loss(A, b, omega, sweeps):
    x = sor(A, b, omega, sweeps)
    r = b - A @ x
    return r @ r


def red_black(u: Float[ndarray, "n m"], f: Float[ndarray, "n m"], omega: float, sweeps: int):
    """Half of the points at a time: those with i + j even, then the others."""
    u = u.copy()
    i, j = np.indices(u.shape)
    inner = np.zeros(u.shape, dtype=bool)
    inner[1:-1, 1:-1] = True
    for _ in range(sweeps):
        for colour in (0, 1):
            points = inner & ((i + j) % 2 == colour)
            around = np.zeros_like(u)
            around[1:-1, 1:-1] = u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:]
            u[points] += omega * (0.25 * (around[points] - f[points]) - u[points])
    return u


def red_black_strided(u, f, sweeps):
    """The same by slices with steps, omega = 1."""
    for _ in range(sweeps):
        for start in (1, 2):
            u[1:-1:2, start:-1:2] = 0.25 * (
                u[0:-2:2, start:-1:2]
                + u[2::2, start:-1:2]
                + u[1:-1:2, start - 1 : -2 : 2]
                + u[1:-1:2, start + 1 :: 2]
                - f[1:-1:2, start:-1:2]
            )
            other = 3 - start
            u[2:-1:2, other:-1:2] = 0.25 * (
                u[1:-2:2, other:-1:2]
                + u[3::2, other:-1:2]
                + u[2:-1:2, other - 1 : -2 : 2]
                + u[2:-1:2, other + 1 :: 2]
                - f[2:-1:2, other:-1:2]
            )
    return np.sum(u * u)


# ---------------------------------------------------------------- by other means


def neighbours(u):
    return np.roll(u, 1, 0) + np.roll(u, -1, 0) + np.roll(u, 1, 1) + np.roll(u, -1, 1)


def expected_jacobi_1d(a, b, steps):
    n = len(a)
    average = (np.eye(n) + np.eye(n, k=1) + np.eye(n, k=-1)) / 3.0
    average[0], average[-1] = 0.0, 0.0
    ends = np.zeros((n, n))
    ends[0, 0] = ends[-1, -1] = 1.0
    for _ in range(steps):
        b = average @ a + ends @ b
        a = average @ b + ends @ a
    return a, b


def expected_jacobi_2d(u, f, h):
    inner = np.pad(np.ones(np.array(u.shape) - 2, bool), 1)
    for _ in range(6):
        u = np.where(inner, 0.25 * (neighbours(u) - h**2 * f), u)
    return u


def expected_gauss_seidel(u, f, sweeps):
    """Solves the triangular system of a sweep."""
    n, m = u.shape
    index = np.arange(n * m).reshape(n, m)
    for _ in range(sweeps):
        lower, right = np.eye(n * m), u.ravel().copy()
        for i in range(1, n - 1):
            for j in range(1, m - 1):
                k = index[i, j]
                lower[k, [index[i - 1, j], index[i, j - 1]]] = -0.25
                right[k] = 0.25 * (u[i + 1, j] + u[i, j + 1] - f[i, j])
        # Boundary points above and to the left stand for themselves.
        u = np.linalg.solve(lower, right).reshape(n, m)
    return u


def expected_seidel_2d(A, steps):
    A = A.copy()
    n = len(A)
    for _ in range(steps):
        for i in range(1, n - 1):
            for j in range(1, n - 1):
                A[i, j] = np.mean(A[i - 1 : i + 2, j - 1 : j + 2])
    return A


def expected_sor(A, b, omega, sweeps):
    D, L = np.diag(np.diag(A)), np.tril(A, -1)
    x = np.zeros(len(b))
    for _ in range(sweeps):
        x = np.linalg.solve(D + omega * L, omega * b + (D - omega * D - omega * np.triu(A, 1)) @ x)
    return x


def expected_red_black(u, f, omega, sweeps):
    i, j = np.indices(u.shape)
    inner = np.pad(np.ones(np.array(u.shape) - 2, bool), 1)
    for _ in range(sweeps):
        for colour in (0, 1):
            new = (1 - omega) * u + omega * 0.25 * (neighbours(u) - f)
            u = np.where(inner & ((i + j) % 2 == colour), new, u)
    return u


def two_grids(*rest):
    return lambda rng, n: (rng.normal(size=(n, n + 1)), rng.normal(size=(n, n + 1)), *rest)


def system(rng, n):
    return rng.normal(size=(n, n)) + 3 * n * np.eye(n), rng.normal(size=n)


KERNELS = [
    Kernel(
        jacobi_1d,
        ("a", "b"),
        lambda rng, n: (rng.normal(size=n), rng.normal(size=n), n // 2),
        (5, 9),
        expected=expected_jacobi_1d,
        writes=("a", "b"),
    ),
    Kernel(
        jacobi_1d_norm,
        ("a", "b"),
        lambda rng, n: (rng.normal(size=n), rng.normal(size=n), n // 2),
        (5, 9),
    ),
    Kernel(jacobi_2d, ("u", "f", "h"), two_grids(0.3), expected=expected_jacobi_2d),
    Kernel(jacobi_2d_loss, ("u", "f"), two_grids(0.3)),
    Kernel(gauss_seidel, ("u", "f"), two_grids(2), expected=expected_gauss_seidel, writes=("u",)),
    Kernel(gauss_seidel_energy, ("u", "f"), two_grids(2)),
    Kernel(
        seidel_2d,
        ("A",),
        lambda rng, n: (rng.normal(size=(n, n)), 2),
        expected=expected_seidel_2d,
        writes=("A",),
    ),
    Kernel(
        sor,
        ("A", "b", "omega"),
        lambda rng, n: (*system(rng, n), 1.2, 3),
        expected=expected_sor,
    ),
    Kernel(sor_loss, ("A", "b", "omega"), lambda rng, n: (*system(rng, n), 1.2, 3)),
    Kernel(red_black, ("u", "f", "omega"), two_grids(0.8, 2), expected=expected_red_black),
    Kernel(
        red_black_strided,
        ("u", "f"),
        lambda rng, n: (rng.normal(size=(n, n)), rng.normal(size=(n, n)), 2),
        (5, 7),
        expected=lambda u, f, sweeps: np.sum(expected_red_black(u, f, 1.0, sweeps) ** 2),
    ),
]
