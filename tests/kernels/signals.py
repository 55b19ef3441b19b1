"""Recursive filters, Stockham's FFT, sparse products, Kalman filter, sorting, dynamic programs."""

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from tests.kernels import Kernel


def deriche(alpha: float, img: Float[ndarray, "w h"]) -> Float[ndarray, "w h"]:
    """Edge-preserving smoothing: recursions forwards and back, along rows, then along columns."""
    k = (1.0 - np.exp(-alpha)) ** 2 / (1.0 + alpha * np.exp(-alpha) - np.exp(2.0 * alpha))
    a1 = a5 = k
    a2 = a6 = k * np.exp(-alpha) * (alpha - 1.0)
    a3 = a7 = k * np.exp(-alpha) * (alpha + 1.0)
    a4 = a8 = -k * np.exp(-2.0 * alpha)
    b1 = 2.0 ** (-alpha)
    b2 = -np.exp(-2.0 * alpha)
    c1 = c2 = 1

    y1 = np.empty_like(img)
    y1[:, 0] = a1 * img[:, 0]
    y1[:, 1] = a1 * img[:, 1] + a2 * img[:, 0] + b1 * y1[:, 0]
    for j in range(2, img.shape[1]):
        y1[:, j] = a1 * img[:, j] + a2 * img[:, j - 1] + b1 * y1[:, j - 1] + b2 * y1[:, j - 2]

    y2 = np.empty_like(img)
    y2[:, -1] = 0.0
    y2[:, -2] = a3 * img[:, -1]
    for j in range(img.shape[1] - 3, -1, -1):
        y2[:, j] = a3 * img[:, j + 1] + a4 * img[:, j + 2] + b1 * y2[:, j + 1] + b2 * y2[:, j + 2]

    img_out = c1 * (y1 + y2)

    y1[0, :] = a5 * img_out[0, :]
    y1[1, :] = a5 * img_out[1, :] + a6 * img_out[0, :] + b1 * y1[0, :]
    for i in range(2, img.shape[0]):
        y1[i, :] = (
            a5 * img_out[i, :] + a6 * img_out[i - 1, :] + b1 * y1[i - 1, :] + b2 * y1[i - 2, :]
        )

    y2[-1, :] = 0.0
    y2[-2, :] = a7 * img_out[-1, :]
    for i in range(img.shape[0] - 3, -1, -1):
        y2[i, :] = (
            a7 * img_out[i + 1, :] + a8 * img_out[i + 2, :] + b1 * y2[i + 1, :] + b2 * y2[i + 2, :]
        )

    img_out[:] = c2 * (y1 + y2)
    return img_out


def deriche_loss(alpha: float, img: Float[ndarray, "w h"]) -> float:
    return np.sum(deriche(alpha, img) ** 2)


def biquad(b, a, x):
    """A second-order section, transposed direct form, one sample at a time."""
    y = np.zeros(len(x))
    s = np.zeros(2)
    for n in range(len(x)):
        y[n] = b[0] * x[n] + s[0]
        s[0] = b[1] * x[n] - a[1] * y[n] + s[1]
        s[1] = b[2] * x[n] - a[2] * y[n]
    return y


def spmv(indptr, indices, data, x):
    """A sparse matrix in CSR form times a vector."""
    y = np.empty(indptr.size - 1)
    for i in range(indptr.size - 1):
        cols = indices[indptr[i] : indptr[i + 1]]
        vals = data[indptr[i] : indptr[i + 1]]
        y[i] = vals @ x[cols]
    return y


def spmv_elements(
    indptr: Int[ndarray, "n+1"],
    indices: Int[ndarray, "nnz"],
    data: Float[ndarray, "nnz"],
    x: Float[ndarray, "m"],
) -> float:
    n = len(indptr) - 1
    y = np.zeros(n)
    for i in range(n):
        for k in range(indptr[i], indptr[i + 1]):
            y[i] += data[k] * x[indices[k]]
    return y @ y


def stockham(re, im):
    """Radix two, self-sorting, on separate real and imaginary parts; a power of two points."""
    n = len(re)
    x_re, x_im = re.copy(), im.copy()
    y_re, y_im = np.empty_like(re), np.empty_like(im)
    half = n // 2
    stride = 1
    while half >= 1:
        for p in range(half):
            angle = -np.pi * p / half
            w_re, w_im = np.cos(angle), np.sin(angle)
            for q in range(stride):
                a_re = x_re[q + stride * p]
                a_im = x_im[q + stride * p]
                b_re = x_re[q + stride * (p + half)]
                b_im = x_im[q + stride * (p + half)]
                d_re, d_im = a_re - b_re, a_im - b_im
                y_re[q + stride * 2 * p] = a_re + b_re
                y_im[q + stride * 2 * p] = a_im + b_im
                y_re[q + stride * (2 * p + 1)] = d_re * w_re - d_im * w_im
                y_im[q + stride * (2 * p + 1)] = d_re * w_im + d_im * w_re
        x_re, y_re = y_re, x_re
        x_im, y_im = y_im, x_im
        half //= 2
        stride *= 2
    return x_re, x_im


def power_spectrum_loss(re, im, target):
    f_re, f_im = stockham(re, im)
    return np.sum((f_re**2 + f_im**2 - target) ** 2)


def kalman_filter(A, C, Q, R, m0, P0, ys):
    """Filtered means and covariances, and the log-likelihood of all observations."""
    T, n = len(ys), len(m0)
    means = np.zeros((T, n))
    covs = np.zeros((T, n, n))
    m, P = m0, P0
    ll = 0.0
    for t in range(T):
        m = A @ m
        P = A @ P @ A.T + Q
        e = ys[t] - C @ m
        S = C @ P @ C.T + R
        K = P @ C.T @ np.linalg.inv(S)
        m = m + K @ e
        P = P - K @ S @ K.T
        means[t] = m
        covs[t, :, :] = P
        ll -= 0.5 * (e @ np.linalg.solve(S, e) + np.log(np.linalg.det(2 * np.pi * S)))
    return means, covs, ll


def kalman_loss(A, C, Q, R, m0, P0, ys):
    means, covs, ll = kalman_filter(A, C, Q, R, m0, P0, ys)
    return ll + np.sum(means[-1]) + np.trace(covs[0])


def longest_path(weights: Float[ndarray, "n m"]) -> float:
    """The heaviest way from corner to corner, to the right and down."""
    n, m = weights.shape
    best = np.zeros((n, m))
    best[0, 0] = weights[0, 0]
    for j in range(1, m):
        best[0, j] = best[0, j - 1] + weights[0, j]
    for i in range(1, n):
        best[i, 0] = best[i - 1, 0] + weights[i, 0]
        for j in range(1, m):
            best[i, j] = max(best[i - 1, j], best[i, j - 1]) + weights[i, j]
    return best[-1, -1]


def viterbi(start, step, emission):
    """The log-probability of the best path through hidden states."""
    score = start + emission[0]
    for t in range(1, len(emission)):
        new = np.empty_like(score)
        for s in range(len(score)):
            new[s] = np.max(score + step[:, s]) + emission[t, s]
        score = new
    return np.max(score)


def floyd_warshall(path):
    """All shortest paths, in place."""
    for k in range(path.shape[0]):
        path[:] = np.minimum(path[:], np.add.outer(path[:, k], path[k, :]))


def nussinov(pairs):
    """Best bracketing of a sequence; pairs[i, j] is what i with j earns."""
    n = len(pairs)
    table = np.zeros((n, n))
    for i in range(n - 1, -1, -1):
        for j in range(i + 1, n):
            table[i, j] = max(table[i, j], table[i, j - 1])
            if i + 1 < n:
                table[i, j] = max(table[i, j], table[i + 1, j])
                inside = table[i + 1, j - 1] if i < j - 1 else 0.0
                table[i, j] = max(table[i, j], inside + pairs[i, j])
            for k in range(i + 1, j):
                table[i, j] = max(table[i, j], table[i, k] + table[k + 1, j])
    return table[0, n - 1]


def bubble_sort(x):
    """Neighbours trade places until nothing moves."""
    n = len(x)
    for i in range(n):
        swapped = False
        for j in range(n - 1 - i):
            if x[j] > x[j + 1]:
                x[j], x[j + 1] = x[j + 1], x[j]
                swapped = True
        if not swapped:
            break


def bubble_sort_loss(x, w):
    y = x.copy()
    bubble_sort(y)
    return np.sum(w * y**2)


def insertion_sort_loss(x: Float[ndarray, "n"], w: Float[ndarray, "n"]) -> float:
    y = x.copy()
    for i in range(1, len(y)):
        key = y[i]
        j = i - 1
        while j >= 0 and y[j] > key:
            y[j + 1] = y[j]
            j -= 1
        y[j + 1] = key
    return np.dot(w, y) ** 2


def sort_rows_by_norm(A):
    """Rows are swapped through a temporary copy."""
    A = A.copy()
    for i in range(len(A)):
        smallest = i
        for j in range(i + 1, len(A)):
            if A[j] @ A[j] < A[smallest] @ A[smallest]:
                smallest = j
        row = A[i].copy()
        A[i] = A[smallest]
        A[smallest] = row
    return A


def median_filter(x, width=3):
    out = np.empty_like(x)
    half = width // 2
    for i in range(len(x)):
        window = x[max(0, i - half) : i + half + 1].copy()
        window.sort()
        out[i] = window[len(window) // 2]
    return np.sum(out**2)


# ---------------------------------------------------------------- by other means


def expected_deriche(alpha, img):
    """The four recursions as filters of SciPy."""
    from scipy.signal import lfilter

    e = np.exp(-alpha)
    k = (1 - e) ** 2 / (1 + alpha * e - np.exp(2 * alpha))
    a = [1.0, -(2.0**-alpha), e * e]
    forward = [k, k * e * (alpha - 1)]
    back = [0.0, k * e * (alpha + 1), -k * e * e]
    for axis in (1, 0):
        there = lfilter(forward, a, img, axis=axis)
        img = there + np.flip(lfilter(back, a, np.flip(img, axis), axis=axis), axis)
    return img


def expected_biquad(b, a, x):
    from scipy.signal import lfilter

    return lfilter(b, np.append(1.0, a[1:]), x)


def expected_spmv(indptr, indices, data, x):
    from scipy.sparse import csr_array

    return csr_array((data, indices, indptr), shape=(len(indptr) - 1, len(x))) @ x


def expected_stockham(re, im):
    f = np.fft.fft(re + 1j * im)
    return f.real, f.imag


def expected_kalman(A, C, Q, R, m0, P0, ys):
    """States and observations are jointly normal: conditioned as such."""
    from scipy.stats import multivariate_normal

    n, T, k = len(m0), len(ys), len(ys[0])
    mean, cov = np.zeros(T * n), np.zeros((T * n, T * n))
    m, P = m0, P0
    for t in range(T):
        now = slice(t * n, t * n + n)
        m, P = A @ m, A @ P @ A.T + Q
        mean[now], cov[now, now] = m, P
        for s in range(t + 1, T):
            later = slice(s * n, s * n + n)
            cov[later, now] = np.linalg.matrix_power(A, s - t) @ P
            cov[now, later] = cov[later, now].T
    H = np.kron(np.eye(T), C)
    seen = H @ cov @ H.T + np.kron(np.eye(T), R)
    means, covs = [], []
    for t in range(T):
        now, upto = slice(t * n, t * n + n), slice(0, (t + 1) * k)
        gain = cov[now] @ H[upto].T @ np.linalg.inv(seen[upto, upto])
        means.append(mean[now] + gain @ (np.ravel(ys)[upto] - (H @ mean)[upto]))
        covs.append(cov[now, now] - gain @ H[upto] @ cov[:, now])
    ll = multivariate_normal(H @ mean, seen).logpdf(np.ravel(ys))
    return np.array(means), np.array(covs), ll


def expected_longest_path(weights):
    from itertools import combinations

    n, m = weights.shape
    best = -np.inf
    for downs in combinations(range(n + m - 2), n - 1):
        i = j = 0
        total = weights[0, 0]
        for step in range(n + m - 2):
            i, j = (i + 1, j) if step in downs else (i, j + 1)
            total += weights[i, j]
        best = max(best, total)
    return best


def expected_viterbi(start, step, emission):
    from itertools import product

    T, n = emission.shape
    return max(
        start[path[0]]
        + sum(emission[t, path[t]] for t in range(T))
        + sum(step[a, b] for a, b in zip(path, path[1:], strict=False))
        for path in product(range(n), repeat=T)
    )


def expected_floyd_warshall(path):
    from scipy.sparse.csgraph import floyd_warshall as shortest

    return shortest(path)


def expected_nussinov(pairs):
    """All bracketings, without pairs of neighbours' insides shared."""

    def best(i, j):
        if j <= i:
            return 0.0
        ways = [best(i, k) + best(k + 1, j) for k in range(i, j)]
        return max(*ways, best(i + 1, j - 1) + pairs[i, j])

    return best(0, len(pairs) - 1)


def expected_median(x):
    windows = [x[max(0, i - 1) : i + 2] for i in range(len(x))]
    return sum(np.sort(window)[len(window) // 2] ** 2 for window in windows)


def sparse(rng, n):
    from scipy.sparse import random_array

    A = random_array((n, n + 1), density=0.5, rng=rng, format="csr")
    return A.indptr, A.indices, rng.normal(size=A.nnz), rng.normal(size=n + 1)


def observed(rng, n):
    A = 0.5 * rng.normal(size=(2, 2))
    return (
        A,
        rng.normal(size=(1, 2)),
        np.eye(2) + 0.1,
        np.array([[0.5]]),
        rng.normal(size=2),
        np.eye(2),
        rng.normal(size=(n, 1)),
    )


def pair(rng, n):
    return tuple(rng.normal(size=(2, n)))


KERNELS = [
    Kernel(
        deriche,
        ("alpha", "img"),
        lambda rng, n: (0.25, rng.normal(size=(n, n + 1))),
        expected=expected_deriche,
    ),
    Kernel(deriche_loss, ("alpha", "img"), lambda rng, n: (0.25, rng.normal(size=(n, n + 1)))),
    Kernel(
        biquad,
        ("b", "a", "x"),
        lambda rng, n: (rng.normal(size=3), 0.3 * rng.normal(size=3), rng.normal(size=n)),
        expected=expected_biquad,
    ),
    Kernel(spmv, ("data", "x"), sparse, expected=expected_spmv),
    Kernel(
        spmv_elements,
        ("data", "x"),
        sparse,
        expected=lambda *args: np.sum(expected_spmv(*args) ** 2),
    ),
    Kernel(stockham, ("re", "im"), pair, (4, 8), expected=expected_stockham),
    Kernel(
        power_spectrum_loss,
        ("re", "im"),
        lambda rng, n: tuple(rng.normal(size=(3, n))),
        (4, 8),
    ),
    Kernel(
        kalman_filter,
        ("A", "C", "Q", "R", "m0", "P0", "ys"),
        observed,
        (3, 5),
        expected=expected_kalman,
    ),
    Kernel(kalman_loss, ("A", "C", "Q", "R", "m0", "P0"), observed, (3, 5)),
    Kernel(
        longest_path,
        ("weights",),
        lambda rng, n: (rng.normal(size=(n, n + 1)),),
        (3, 5),
        expected=expected_longest_path,
    ),
    Kernel(
        viterbi,
        ("start", "step", "emission"),
        lambda rng, n: (rng.normal(size=3), rng.normal(size=(3, 3)), rng.normal(size=(n, 3))),
        (3, 5),
        expected=expected_viterbi,
    ),
    Kernel(
        floyd_warshall,
        ("path",),
        lambda rng, n: (rng.uniform(0.1, 1.0, size=(n, n)) * (1 - np.eye(n)),),
        expected=expected_floyd_warshall,
        writes=("path",),
    ),
    Kernel(
        nussinov,
        ("pairs",),
        lambda rng, n: (rng.normal(size=(n, n)),),
        (4, 6),
        expected=expected_nussinov,
    ),
    Kernel(
        bubble_sort,
        ("x",),
        lambda rng, n: (rng.normal(size=n),),
        expected=np.sort,
        writes=("x",),
    ),
    Kernel(bubble_sort_loss, ("x", "w"), pair, expected=lambda x, w: np.sum(w * np.sort(x) ** 2)),
    Kernel(insertion_sort_loss, ("x", "w"), pair, expected=lambda x, w: np.dot(w, np.sort(x)) ** 2),
    Kernel(
        sort_rows_by_norm,
        ("A",),
        lambda rng, n: (rng.normal(size=(n, 3)),),
        expected=lambda A: A[np.argsort(np.sum(A * A, axis=1))],
    ),
    Kernel(median_filter, ("x",), lambda rng, n: (rng.normal(size=n),), expected=expected_median),
]
