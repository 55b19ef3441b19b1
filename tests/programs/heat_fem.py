"""Linear triangles for -div(k grad T) = q, assembled without a loop by np.add.at."""

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray


def areas_and_slopes(xy: Float[ndarray, "n 2"], tri: Int[ndarray, "e 3"]):
    x = xy[tri, 0]
    y = xy[tri, 1]
    b = np.stack([y[:, 1] - y[:, 2], y[:, 2] - y[:, 0], y[:, 0] - y[:, 1]], axis=1)
    c = np.stack([x[:, 2] - x[:, 1], x[:, 0] - x[:, 2], x[:, 1] - x[:, 0]], axis=1)
    area = 0.5 * (b[:, 0] * c[:, 1] - b[:, 1] * c[:, 0])
    return area, b, c


def temperature(
    k: Float[ndarray, "e"],
    q: Float[ndarray, "n"],
    xy: Float[ndarray, "n 2"],
    tri: Int[ndarray, "e 3"],
    robin: float = 1.0,
) -> Float[ndarray, "n"]:
    n = len(xy)
    area, b, c = areas_and_slopes(xy, tri)
    local = (k / (4.0 * area))[:, None, None] * (
        b[:, :, None] * b[:, None, :] + c[:, :, None] * c[:, None, :]
    )
    K = np.zeros((n, n))
    np.add.at(K, (tri[:, :, None], tri[:, None, :]), local)
    rhs = np.zeros(n)
    for a in range(3):
        np.add.at(rhs, tri[:, a], q[tri[:, a]] * area / 3.0)
    K[np.arange(n), np.arange(n)] += robin
    return np.linalg.solve(K, rhs)


def misfit(
    k: Float[ndarray, "e"],
    q: Float[ndarray, "n"],
    xy: Float[ndarray, "n 2"],
    tri: Int[ndarray, "e 3"],
    sensors: Int[ndarray, "s"],
    measured: Float[ndarray, "s"],
    *,
    weight: float = 1e-2,
) -> float:
    T = temperature(np.exp(k), q, xy, tri, robin=0.7)
    r = T[sensors] - measured
    return 0.5 * r @ r + weight * np.sum(k**2)


def _call():
    rng = np.random.default_rng(4)
    xy = np.array([[0.0, 0.0], [1.0, 0.1], [0.0, 1.0], [1.1, 1.0], [0.5, 0.45]])
    tri = np.array([[0, 1, 4], [1, 3, 4], [3, 2, 4], [2, 0, 4]])
    return rng.normal(size=4), rng.normal(size=5), xy, tri, np.array([0, 4, 2]), rng.normal(size=3)


CALLS = {"misfit": (("k", "q", "xy"), [_call])}
