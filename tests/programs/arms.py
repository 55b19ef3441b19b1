"""Kinematics of a robot's arm, cameras, natural cubic splines."""

from dataclasses import dataclass

import numpy as np


def rodrigues(r):
    theta = np.sqrt(np.sum(r**2) + 1e-12)
    k = r / theta
    K = np.array([[0, -k[2], k[1]], [k[2], 0, -k[0]], [-k[1], k[0], 0]])
    return np.eye(3) + np.sin(theta) * K + (1 - np.cos(theta)) * (K @ K)


@dataclass
class Camera:
    rotation: np.ndarray
    translation: np.ndarray
    focal: float
    distortion: tuple[float, float] = (0.0, 0.0)

    def project(self, points):
        p = points @ rodrigues(self.rotation).T + self.translation
        uv = -p[:, :2] / p[:, 2:]
        r2 = np.sum(uv**2, axis=1, keepdims=True)
        k1, k2 = self.distortion
        return self.focal * (1 + k1 * r2 + k2 * r2**2) * uv


def reprojection_error(cameras: list[Camera], points: np.ndarray, observations: list) -> float:
    total = 0.0
    for camera_index, point_index, uv in observations:
        predicted = cameras[camera_index].project(points[point_index : point_index + 1])[0]
        r = predicted - uv
        s = r @ r
        total += np.log1p(s)
    return total


def dh(theta, d, a, alpha):
    ct, st = np.cos(theta), np.sin(theta)
    ca, sa = np.cos(alpha), np.sin(alpha)
    return np.array(
        [
            [ct, -st * ca, st * sa, a * ct],
            [st, ct * ca, -ct * sa, a * st],
            [0, sa, ca, d],
            [0, 0, 0, 1],
        ]
    )


LINKS = [(0.1, 0.5, np.pi / 2), (0.0, 0.4, 0.0), (0.0, 0.3, 0.2)]


def forward_kinematics(q):
    T = np.eye(4)
    for qi, (d, a, alpha) in zip(q, LINKS, strict=True):
        T = T @ dh(qi, d, a, alpha)
    return T


def reach(q, target, rest=None, weight=1e-2):
    if rest is None:
        rest = np.zeros_like(q)
    T = forward_kinematics(q)
    pos, R = T[:3, 3], T[:3, :3]
    err = np.linalg.norm(pos - target) ** 2 + 0.1 * (3 - np.trace(R))
    return err + weight * np.sum((q - rest) ** 2)


def thomas(a, b, c, d):
    n = len(d)
    cp, dp = np.zeros(n), np.zeros(n)
    cp[0] = c[0] / b[0]
    dp[0] = d[0] / b[0]
    for i in range(1, n):
        m = b[i] - a[i] * cp[i - 1]
        cp[i] = c[i] / m
        dp[i] = (d[i] - a[i] * dp[i - 1]) / m
    x = np.zeros(n)
    x[-1] = dp[-1]
    for i in range(n - 2, -1, -1):
        x[i] = dp[i] - cp[i] * x[i + 1]
    return x


def spline_energy(knots, values, query):
    h = np.diff(knots)
    n = len(values)
    a, b, c, d = (np.zeros(n) for _ in range(4))
    b[0] = b[-1] = 1.0
    for i in range(1, n - 1):
        a[i] = h[i - 1] / 6
        b[i] = (h[i - 1] + h[i]) / 3
        c[i] = h[i] / 6
        d[i] = (values[i + 1] - values[i]) / h[i] - (values[i] - values[i - 1]) / h[i - 1]
    M = thomas(a, b, c, d)
    out = 0.0
    for q in query:
        i = min(max(np.searchsorted(knots, q) - 1, 0), n - 2)
        t = (q - knots[i]) / h[i]
        s = (
            (1 - t) * values[i]
            + t * values[i + 1]
            + h[i] ** 2 / 6 * (((1 - t) ** 3 - (1 - t)) * M[i] + (t**3 - t) * M[i + 1])
        )
        out += s * s
    return out


_r = np.random.default_rng(8)
CALLS = {
    "reprojection_error": (
        ("cameras", "points"),
        [
            lambda: (
                [
                    Camera(
                        np.array([0.1, 0.2, -0.1]), np.array([0.0, 0.0, -5.0]), 1.2, (0.01, -0.02)
                    ),
                    Camera(np.array([-0.1, 0.2, 0.3]), np.array([0.3, 0.0, -4.0]), 1.0),
                ],
                np.random.default_rng(2).normal(size=(3, 3)),
                [
                    (0, 0, np.array([0.1, 0.2])),
                    (1, 1, np.array([0.0, 0.2])),
                    (0, 2, np.array([0.3, -0.2])),
                    (1, 0, np.array([0.1, 0.1])),
                ],
            )
        ],
    ),
    "reach": (
        ("q",),
        [
            lambda: (np.array([0.3, -0.5, 0.8]), np.array([0.4, 0.5, 0.6])),
            lambda: (
                np.array([0.3, -0.5, 0.8]),
                np.array([0.4, 0.5, 0.6]),
                np.array([0.1, 0.1, 0.1]),
            ),
        ],
    ),
    "spline_energy": (
        ("knots", "values"),
        [
            lambda: (
                np.array([0.0, 0.7, 1.5, 2.2, 3.0]),
                np.array([0.3, -0.2, 0.5, 1.0, 0.1]),
                [0.2, 1.0, 2.9],
            )
        ],
    ),
}
