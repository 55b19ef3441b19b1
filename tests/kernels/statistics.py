"""Covariance and correlation with masked writes, batch normalisation, histograms, scans."""

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray
from numpy.typing import NDArray

from tests.kernels import Kernel


def covariance(data: Float[ndarray, "n m"]) -> Float[ndarray, "m m"]:
    """Centres the data in place, then one row and column of the result at a time."""
    n, m = data.shape
    mean = np.mean(data, axis=0)
    data -= mean
    cov = np.zeros((m, m), dtype=data.dtype)
    for i in range(m):
        cov[i:m, i] = data[:, i] @ data[:, i:m] / (n - 1.0)
        cov[i, i:m] = cov[i:m, i]
    return cov


def covariance_loss(data: Float[ndarray, "n m"], w: Float[ndarray, "m m"]) -> float:
    return np.sum(w * covariance(data.copy()))


def correlation(data):
    """Standard deviations that are almost zero are replaced by one."""
    n, m = data.shape
    mean = np.mean(data, axis=0)
    stddev = np.std(data, axis=0)
    stddev[stddev <= 0.1] = 1.0
    data = data - mean
    data /= np.sqrt(n) * stddev
    corr = np.eye(m)
    for i in range(m - 1):
        corr[i + 1 :, i] = corr[i, i + 1 :] = data[:, i] @ data[:, i + 1 :]
    return corr


def correlation_loss(data, w):
    return np.sum(w * correlation(data) ** 2)


def batch_norm(x, gamma, beta, eps=1e-5):
    """Channel by channel, in place."""
    out = np.empty_like(x)
    for c in range(x.shape[1]):
        channel = x[:, c]
        mu = channel.mean()
        var = channel.var()
        out[:, c] = (channel - mu) / np.sqrt(var + eps)
        out[:, c] *= gamma[c]
        out[:, c] += beta[c]
    return out


def batch_norm_relu_loss(x, gamma, beta):
    y = batch_norm(x, gamma, beta)
    y[y < 0.0] = 0.0
    return np.sum(y**2)


def standardise_rows(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rows by iteration; each is a view."""
    x = x.copy()
    for row in x:
        row -= row.mean()
        row /= np.sqrt(np.mean(row**2)) + 1e-3
    return x


def weighted_histogram(values, weights, bins: int):
    """Weights are spread over the two nearest bins."""
    hist = np.zeros(bins)
    for k in range(len(values)):
        position = values[k] * (bins - 1)
        left = int(np.floor(position))
        fraction = position - left
        hist[left] += weights[k] * (1.0 - fraction)
        hist[left + 1] += weights[k] * fraction
    return hist


def scatter_loss(weights: Float[ndarray, "n"], labels: Int[ndarray, "n"], groups: int) -> float:
    """Sums and counts by group; a group may be empty."""
    total = np.zeros(groups)
    count = np.zeros(groups)
    np.add.at(total, labels, weights**2)
    np.add.at(count, labels, 1.0)
    mean = np.zeros_like(total)
    filled = count > 0
    mean[filled] = total[filled] / count[filled]
    return np.sum(mean**2)


def group_sums(x: Float[ndarray, "n m"], labels: Int[ndarray, "n"], groups: int):
    """Rows are added to their group's row in a loop."""
    sums = np.zeros((groups, x.shape[1]))
    sizes = np.zeros(groups, dtype=int)
    for i, label in enumerate(labels):
        sums[label] += x[i]
        sizes[label] += 1
    for g in range(groups):
        if sizes[g]:
            sums[g] /= sizes[g]
    return sums


def prefix_sum(x):
    """In place, from left to right."""
    for i in range(1, len(x)):
        x[i] += x[i - 1]


def prefix_product_loss(x: Float[ndarray, "n"]) -> float:
    y = x.copy()
    for i in range(1, y.size):
        y[i] *= y[i - 1]
    return np.sum(y)


def hillis_steele(x):
    """Doubling strides, two buffers."""
    a = x.copy()
    b = np.empty_like(a)
    stride = 1
    while stride < len(a):
        b[:stride] = a[:stride]
        b[stride:] = a[stride:] + a[:-stride]
        a, b = b, a
        stride *= 2
    return a


def blelloch(x: Float[ndarray, "n"]):
    """Exclusive scan: up the tree, then down; the length is a power of two."""
    a = x.copy()
    n = len(a)
    d = 1
    while d < n:
        a[2 * d - 1 :: 2 * d] += a[d - 1 :: 2 * d]
        d *= 2
    a[-1] = 0.0
    while d > 1:
        d //= 2
        left = a[d - 1 :: 2 * d].copy()
        a[d - 1 :: 2 * d] = a[2 * d - 1 :: 2 * d]
        a[2 * d - 1 :: 2 * d] += left
    return a


def running_maximum(x, decay):
    """A scan that may replace a value or keep it."""
    out = np.empty(len(x))
    best = x[0]
    out[0] = best
    for i in range(1, len(x)):
        best = decay * best
        if x[i] > best:
            best = x[i]
        out[i] = best
    return np.sum(out**2)


def expected_batch_norm(x, gamma, beta):
    return gamma * (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + 1e-5) + beta


def expected_histogram(values, weights, bins):
    """Each bin sees a hat function."""
    hats = np.maximum(0.0, 1.0 - np.abs(values[:, None] * (bins - 1) - np.arange(bins)))
    return weights @ hats


def expected_scatter(weights, labels, groups):
    return sum(np.mean(weights[labels == g] ** 2) ** 2 for g in set(labels.tolist()))


def expected_group_sums(x, labels, groups):
    return np.array(
        [
            np.mean(x[labels == g], axis=0) if np.any(labels == g) else np.zeros(x.shape[1])
            for g in range(groups)
        ]
    )


def expected_running_maximum(x, decay):
    n = len(x)
    powers = decay ** (np.arange(n)[:, None] - np.arange(n))
    seen = np.where(np.tri(n, dtype=bool), powers * x, -np.inf)
    return np.sum(seen.max(axis=1) ** 2)


def data_with_a_constant_column(rng, n):
    data = rng.normal(size=(n + 2, n))
    data[:, 1] = 0.3 + 0.01 * rng.normal(size=n + 2)
    return data


def labels(rng, n):
    return rng.integers(0, 3, size=n)


KERNELS = [
    Kernel(
        covariance,
        ("data",),
        lambda rng, n: (rng.normal(size=(n + 2, n)),),
        expected=lambda data: np.cov(data.T),
    ),
    Kernel(
        covariance_loss,
        ("data", "w"),
        lambda rng, n: (rng.normal(size=(n + 2, n)), rng.normal(size=(n, n))),
        expected=lambda data, w: np.sum(w * np.cov(data.T)),
    ),
    Kernel(
        correlation,
        ("data",),
        lambda rng, n: (rng.normal(size=(n + 2, n)),),
        expected=lambda data: np.corrcoef(data.T),
    ),
    Kernel(
        correlation_loss,
        ("data", "w"),
        lambda rng, n: (data_with_a_constant_column(rng, n), rng.normal(size=(n, n))),
    ),
    Kernel(
        batch_norm,
        ("x", "gamma", "beta"),
        lambda rng, n: (rng.normal(size=(n, 3)), rng.normal(size=3), rng.normal(size=3)),
        expected=expected_batch_norm,
    ),
    Kernel(
        batch_norm_relu_loss,
        ("x", "gamma", "beta"),
        lambda rng, n: (rng.normal(size=(n, 3)), rng.normal(size=3), rng.normal(size=3)),
        expected=lambda *args: np.sum(np.maximum(expected_batch_norm(*args), 0) ** 2),
    ),
    Kernel(
        standardise_rows,
        ("x",),
        lambda rng, n: (rng.normal(size=(3, n)),),
        expected=lambda x: (x - x.mean(1, keepdims=True)) / (x.std(1, keepdims=True) + 1e-3),
    ),
    Kernel(
        weighted_histogram,
        ("values", "weights"),
        lambda rng, n: (rng.uniform(0.02, 0.98, size=n), rng.normal(size=n), 4),
        expected=expected_histogram,
    ),
    Kernel(
        scatter_loss,
        ("weights",),
        lambda rng, n: (rng.normal(size=n), labels(rng, n), 4),
        expected=expected_scatter,
    ),
    Kernel(
        group_sums,
        ("x",),
        lambda rng, n: (rng.normal(size=(n, 2)), labels(rng, n), 4),
        expected=expected_group_sums,
    ),
    Kernel(
        prefix_sum,
        ("x",),
        lambda rng, n: (rng.normal(size=n),),
        expected=np.cumsum,
        writes=("x",),
    ),
    Kernel(
        prefix_product_loss,
        ("x",),
        lambda rng, n: (rng.normal(size=n),),
        expected=lambda x: np.sum(np.cumprod(x)),
    ),
    Kernel(hillis_steele, ("x",), lambda rng, n: (rng.normal(size=n),), expected=np.cumsum),
    Kernel(
        blelloch,
        ("x",),
        lambda rng, n: (rng.normal(size=n),),
        (4, 8),
        expected=lambda x: np.append(0.0, np.cumsum(x)[:-1]),
    ),
    Kernel(
        running_maximum,
        ("x", "decay"),
        lambda rng, n: (rng.normal(size=n), 0.8),
        expected=expected_running_maximum,
    ),
]
