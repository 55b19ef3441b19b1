"""Lecture notes: Newton's method, fixed-point iteration, bisection, RK4, Simpson's rule."""

import math

import numpy as np


def newton_sqrt(a: float, tol: float = 1e-12) -> float:
    x = a if a > 1 else 1.0
    while abs(x * x - a) > tol:
        x = 0.5 * (x + a / x)
    return x


def newton(f, df, x0, tol=1e-12, max_iter=50):
    x = x0
    for _ in range(max_iter):
        fx = f(x)
        if abs(fx) < tol:
            return x
        x -= fx / df(x)
    raise ValueError("no root found")


def kepler(M: float, e: float) -> float:
    """Eccentric anomaly."""
    return newton(lambda E: E - e * math.sin(E) - M, lambda E: 1 - e * math.cos(E), M)


def true_anomaly(M: float, e: float) -> float:
    E = kepler(M, e)
    return 2 * math.atan2(math.sqrt(1 + e) * math.sin(E / 2), math.sqrt(1 - e) * math.cos(E / 2))


def rk4(f, t, y, h):
    k1 = f(t, y)
    k2 = f(t + h / 2, y + h / 2 * k1)
    k3 = f(t + h / 2, y + h / 2 * k2)
    k4 = f(t + h, y + h * k3)
    return y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)


def lorenz(sigma, rho, beta, y0, t_end=0.2, h=0.05):
    def rhs(t, y):
        return np.array(
            [sigma * (y[1] - y[0]), y[0] * (rho - y[2]) - y[1], y[0] * y[1] - beta * y[2]]
        )

    t, y = 0.0, y0
    while t < t_end - 1e-12:
        y = rk4(rhs, t, y, min(h, t_end - t))
        t += h
    return y[0] ** 2 + y[2]


def simpson(f, a, b, n=10):
    if n % 2:
        n += 1
    h = (b - a) / n
    total = f(a) + f(b)
    for i in range(1, n):
        total += (4 if i % 2 else 2) * f(a + i * h)
    return total * h / 3


def arc_length(a: float, b: float, k: float) -> float:
    return simpson(lambda x: math.sqrt(1 + (k * math.cos(k * x)) ** 2), a, b)


def predator_prey(params, n=5, dt=0.1):
    a, b, c, d = params
    x, y = 1.0, 0.5
    xs, ys = [x], [y]
    for _ in range(n):
        x, y = x + dt * (a * x - b * x * y), y + dt * (c * x * y - d * y)
        xs.append(x)
        ys.append(y)
    return sum((u - v) ** 2 for u, v in zip(xs, ys, strict=True)) / len(xs)


CALLS = {
    "newton_sqrt": ("a", [(2.0,), (0.3,)]),
    "true_anomaly": (("M", "e"), [(1.0, 0.3)]),
    "lorenz": (("sigma", "rho", "beta", "y0"), [(10.0, 28.0, 8 / 3, np.array([1.0, 2.0, 3.0]))]),
    "arc_length": (("a", "b", "k"), [(0.0, 1.0, 2.0)]),
    "predator_prey": ("params", [(np.array([1.0, 0.5, 0.3, 0.8]),), ([1.0, 0.5, 0.3, 0.8],)]),
}
