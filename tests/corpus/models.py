# ruff: noqa: B905
"""Programs as people write them, from several fields: the features above, all at once."""

import math
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy import ndarray

G = 9.81
TABLEAU = ((0.5,), (0.0, 0.5), (0.0, 0.0, 1.0))
WEIGHTS = np.array([1.0, 2.0, 2.0, 1.0]) / 6.0


class Cell(NamedTuple):
    W: np.ndarray
    U: np.ndarray
    b: np.ndarray


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def logistic_regression(w, b, X, y, l2: float = 0.01):
    """Numerically careful log-loss with weight decay."""
    z = X @ w + b
    loss = np.mean(np.maximum(z, 0.0) - z * y + np.log1p(np.exp(-np.abs(z))))
    return loss + 0.5 * l2 * np.dot(w, w)


def perceptron(params: list, X, labels) -> float:
    """Any number of layers, a softmax, integer labels."""
    h = X
    for k, (W, b) in enumerate(params):
        h = h @ W + b
        if k < len(params) - 1:
            h = np.maximum(h, 0)
    h = h - h.max(axis=1, keepdims=True)
    logp = h - np.log(np.exp(h).sum(axis=1, keepdims=True))
    return -logp[np.arange(len(X)), labels].mean()


def recurrent_network(cell: Cell, x: Float[ndarray, "time inputs"], target):
    h = np.zeros(cell.b.shape)
    error = 0.0
    for t in range(x.shape[0]):
        h = np.tanh(cell.W @ x[t] + cell.U @ h + cell.b)
        error += np.sum((h - target[t]) ** 2)
    return error / len(x)


def lstm(params: dict, xs, h0, c0):
    """Gates by slicing one product."""
    h, c = h0, c0
    n = h0.shape[0]
    for x in xs:
        z = params["W"] @ np.concatenate([h, x]) + params["b"]
        i, f, o = sigmoid(z[:n]), sigmoid(z[n : 2 * n]), sigmoid(z[2 * n : 3 * n])
        g = np.tanh(z[3 * n :])
        c = f * c + i * g
        h = o * np.tanh(c)
    return h @ h + np.sum(c)


def gru_by_split(W, U, xs):
    h = np.zeros(U.shape[0])
    for x in xs:
        a_r, a_z, a_n = np.split(W @ x, 3)
        b_r, b_z, b_n = np.split(np.tile(U @ h, 3), 3)
        r, z = sigmoid(a_r + b_r), sigmoid(a_z + b_z)
        n = np.tanh(a_n + r * b_n)
        h = (1 - z) * n + z * h
    return np.sum(h**2)


def layer_norm(x, gain, bias, eps: float = 1e-5):
    centred = x - x.mean(axis=-1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + eps) * gain + bias


def transformer_block(p: dict, x):
    """Attention with a causal mask, then a gated layer; both with residual connections."""
    n = len(x)
    y = layer_norm(x, p["gain"], p["bias"])
    q, k, v = (y @ p[name] for name in ("Wq", "Wk", "Wv"))
    scores = q @ k.T / math.sqrt(q.shape[1])
    mask = np.tril(np.ones((n, n), dtype=bool))
    scores = np.where(mask, scores, -1e9)
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    weights = weights / weights.sum(axis=1, keepdims=True)
    x = x + weights @ v
    return np.sum(np.tanh(x @ p["Wq"]) ** 2) + np.mean(x)


def runge_kutta(params, y0, dt: float, steps: int):
    """Fourth order, by its tableau; the slope is a function of the user's own."""
    y = y0
    for _ in range(steps):
        k1 = lotka_volterra(params, y)
        k2 = lotka_volterra(params, y + dt * TABLEAU[0][0] * k1)
        k3 = lotka_volterra(params, y + dt * (TABLEAU[1][0] * k1 + TABLEAU[1][1] * k2))
        k4 = lotka_volterra(params, y + dt * TABLEAU[2][2] * k3)
        y = y + dt * (WEIGHTS[0] * k1 + WEIGHTS[1] * k2 + WEIGHTS[2] * k3 + WEIGHTS[3] * k4)
    return np.sum(y**2)


def lotka_volterra(params, y):
    a, b, c, d = params
    prey, predator = y
    return np.array([a * prey - b * prey * predator, d * prey * predator - c * predator])


def adaptive_euler(rate: float, y: float, end: float) -> float:
    """Steps are halved where the error is too large; the exit depends on the time."""
    t, h = 0.0, 0.5
    while t < end:
        h = min(h, end - t)
        full = y + h * rate * math.sin(y)
        half = y + 0.5 * h * rate * math.sin(y)
        half = half + 0.5 * h * rate * math.sin(half)
        if abs(full - half) > 0.01:
            h = h / 2.0
            continue
        t = t + h
        y = half
        h = 1.5 * h
    return y


def leapfrog(q: Float[ndarray, "n d"], p: Float[ndarray, "n d"], masses, dt: float, steps: int):
    """Bodies under gravity; the force is a callee with a double loop in array form."""
    a = accelerations(q, masses)
    for _ in range(steps):
        p = p + 0.5 * dt * a
        q = q + dt * p
        a = accelerations(q, masses)
        p = p + 0.5 * dt * a
    return 0.5 * np.sum(masses[:, None] * p * p)


def accelerations(q, masses):
    d = q[None, :, :] - q[:, None, :]
    r2 = np.sum(d * d, axis=-1) + 0.1
    return np.sum(d * (masses[None, :, None] / r2[..., None] ** 1.5), axis=1)


def pendulum_fit(length: float, damping: float, observed, dt: float = 0.05):
    """A trajectory compared with observations step by step."""
    angle, speed = 1.0, 0.0
    error = 0.0
    for k, seen in enumerate(observed):
        speed -= dt * (G / length * np.sin(angle) + damping * speed)
        angle += dt * speed
        if k % 2 == 0:
            error += (angle - seen) ** 2
    return error / len(observed)


def heat_equation(kappa: float, u0, steps: int, dx: float = 0.1, dt: float = 0.001):
    """Explicit steps without writes: the ends are kept by padding."""
    u = u0
    for _ in range(steps):
        laplacian = (u[2:] - 2.0 * u[1:-1] + u[:-2]) / dx**2
        u = u + kappa * dt * np.pad(laplacian, 1)
    return np.sum(u**2)


def kalman_filter(a: float, q: float, s: float, observed) -> float:
    """Negative log-likelihood of a scalar linear Gaussian model."""
    mean, variance = 0.0, 1.0
    nll = 0.0
    for y in observed:
        mean, variance = a * mean, a * a * variance + q
        total = variance + s
        residual = y - mean
        nll = nll + 0.5 * (math.log(2.0 * math.pi * total) + residual**2 / total)
        gain = variance / total
        mean = mean + gain * residual
        variance = (1.0 - gain) * variance
    return nll


def hidden_markov(log_start, log_step, log_emit, seen) -> float:
    """The forward algorithm in logarithms."""
    alpha = log_start + log_emit[:, seen[0]]
    for symbol in seen[1:]:
        m = alpha[:, None] + log_step
        top = np.max(m, axis=0)
        alpha = top + np.log(np.sum(np.exp(m - top), axis=0)) + log_emit[:, symbol]
    top = alpha.max()
    return top + np.log(np.sum(np.exp(alpha - top)))


def gaussian_mixture(weights, means, log_scales, x):
    """Log-likelihood by pairwise differences."""
    z = (x[:, None, :] - means) / np.exp(log_scales)
    logs = -0.5 * np.sum(z**2, axis=2) - np.sum(log_scales, axis=1)
    logs = logs + weights - np.log(np.sum(np.exp(weights)))
    top = logs.max(axis=1, keepdims=True)
    return -np.mean(top[:, 0] + np.log(np.sum(np.exp(logs - top), axis=1)))


def matrix_factorisation(U, V, ratings: list, l2: float = 0.1):
    """A sum over the known entries; each row is read many times."""
    error = 0.0
    for user, item, rating in ratings:
        error += (U[user] @ V[item] - rating) ** 2
    return error + l2 * (np.sum(U * U) + np.sum(V * V))


def ising_energy(spins, coupling, field):
    """Neighbours by roll."""
    around = np.roll(spins, 1, axis=0) + np.roll(spins, 1, axis=1)
    return -coupling * np.sum(spins * around) - np.sum(field * spins)


def black_scholes(spot: float, volatility: float, rate: float, time: float, strike: float) -> float:
    root = volatility * math.sqrt(time)
    d1 = (math.log(spot / strike) + (rate + 0.5 * volatility**2) * time) / root
    d2 = d1 - root
    return spot * normal_cdf(d1) - strike * math.exp(-rate * time) * normal_cdf(d2)


def normal_cdf(z: float) -> float:
    return 0.5 * (1.0 + math.erf(z / math.sqrt(2.0)))


def binomial_option(spot: float, volatility: float, n: int = 6, strike: float = 1.0) -> float:
    """A tree rolled back; the array shrinks by one in each step."""
    dt = 1.0 / n
    up = np.exp(volatility * np.sqrt(dt))
    p = (np.exp(0.02 * dt) - 1.0 / up) / (up - 1.0 / up)
    prices = spot * up ** np.arange(-n, n + 1, 2)
    values = np.maximum(prices - strike, 0.0)
    for _ in range(n):
        values = np.exp(-0.02 * dt) * (p * values[1:] + (1.0 - p) * values[:-1])
    return values[0]


def robot_arm(angles, lengths: tuple = (1.0, 0.7, 0.4), target: tuple = (1.2, 0.5)):
    """Forward kinematics with accumulated angles."""
    x = y = 0.0
    heading = 0.0
    for angle, length in zip(angles, lengths):
        heading += angle
        x += length * math.cos(heading)
        y += length * math.sin(heading)
    return (x - target[0]) ** 2 + (y - target[1]) ** 2


def rosenbrock(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def ackley(x):
    n = len(x)
    a = -20.0 * np.exp(-0.2 * np.sqrt(np.sum(x**2) / n))
    return a - np.exp(np.sum(np.cos(2.0 * np.pi * x)) / n) + 20.0 + np.e


def gradient_descent_unrolled(rate: float, w0, A, b, steps: int = 5):
    """The learning rate is what is learned."""
    w = w0
    for _ in range(steps):
        residual = A @ w - b
        w = w - rate * (A.T @ residual)
    return np.sum((A @ w - b) ** 2)


def page_rank(links, damping: float):
    n = len(links)
    flow = links / links.sum(axis=0)
    rank = np.full(n, 1.0 / n)
    for _ in range(20):
        rank = damping * flow @ rank + (1.0 - damping) / n
    return rank[0]


def fixed_point(a: float) -> float:
    """Kepler's equation, iterated until it stands still or for too long."""
    E = a
    for _ in range(200):
        new = a + 0.5 * math.sin(E)
        if abs(new - E) < 1e-14:
            break
        E = new
    else:
        raise RuntimeError("no convergence")
    return E * E


def spline(knots, x):
    """Piecewise linear interpolation; where x lies is no derivative's business."""
    total = 0.0
    for v in x:
        k = min(int(v * (len(knots) - 1)), len(knots) - 2)
        t = v * (len(knots) - 1) - k
        total += (1.0 - t) * knots[k] + t * knots[k + 1] ** 2
    return total


def convolutional_layer(image, kernels, bias):
    """Windows gathered by slices, pooled by reshape and max."""
    n = image.shape[0] - 2
    patches = np.stack([image[i : i + n, j : j + n] for i in range(3) for j in range(3)], axis=-1)
    out = np.maximum(patches @ kernels + bias, 0.0)
    pooled = out.reshape(n // 2, 2, n // 2, 2, -1).max(axis=(1, 3))
    return np.sum(pooled**2)


def contrastive(embeddings, labels, margin: float = 1.0):
    """Pairs by two loops, branches on labels and on values."""
    loss = 0.0
    n = embeddings.shape[0]
    for i in range(n):
        for j in range(i + 1, n):
            d = np.linalg.norm(embeddings[i] - embeddings[j])
            if labels[i] == labels[j]:
                loss += d**2
            elif d < margin:
                loss += (margin - d) ** 2
    return loss / (n * (n - 1) / 2)


def expression_tree(tree, env: dict):
    """An interpreter: recursion, dispatch by strings, an environment of floats."""
    if isinstance(tree, str):
        return env[tree]
    if isinstance(tree, float):
        return tree
    op, *args = tree
    values = [expression_tree(a, env) for a in args]
    if op == "+":
        return values[0] + values[1]
    if op == "*":
        return values[0] * values[1]
    if op == "sin":
        return math.sin(values[0])
    raise ValueError(f"unknown operator {op!r}")


r = np.random.default_rng(21).standard_normal
SQUARE = {name: 0.5 * r((4, 4)) for name in ("Wq", "Wk", "Wv")}
SPINS = np.sign(r((4, 4)))
CALLS = {
    "logistic_regression": (
        ("w", "b"),
        [(r(3), 0.2, r((6, 3)), np.array([0.0, 1.0, 1.0, 0.0, 1.0, 0.0]))],
    ),
    "perceptron": (
        "params",
        [([(r((3, 4)), r(4)), (r((4, 2)), r(2))], r((5, 3)), np.array([0, 1, 1, 0, 1]))],
    ),
    "recurrent_network": (
        ("cell", "x"),
        [(Cell(r((3, 2)), r((3, 3)), r(3)), r((4, 2)), r((4, 3)))],
    ),
    "lstm": (
        ("params", "h0", "c0", "xs"),
        [({"W": 0.5 * r((8, 5)), "b": r(8)}, r((4, 3)), r(2), r(2))],
    ),
    "gru_by_split": (("W", "U"), [(r((9, 2)), r((3, 3)), r((4, 2)))]),
    "transformer_block": (("p", "x"), [({"gain": r(4), "bias": r(4), **SQUARE}, r((5, 4)))]),
    "runge_kutta": (("params", "y0"), [((1.1, 0.4, 0.4, 0.1), np.array([1.0, 0.5]), 0.1, 6)]),
    "adaptive_euler": (("rate", "y"), [(0.9, 0.5, 2.0)]),
    "leapfrog": (("q", "p", "masses"), [(r((3, 2)), r((3, 2)), np.abs(r(3)), 0.1, 4)]),
    "pendulum_fit": (("length", "damping"), [(1.2, 0.3, r(7))]),
    "heat_equation": (("kappa", "u0"), [(0.7, r(8), 5), (0.7, r(8), 0)]),
    "kalman_filter": (("a", "q", "s"), [(0.9, 0.3, 0.5, r(6))]),
    "hidden_markov": (
        ("log_start", "log_step", "log_emit"),
        [(r(3), r((3, 3)), r((3, 4)), np.array([0, 3, 1, 1]))],
    ),
    "gaussian_mixture": (
        ("weights", "means", "log_scales"),
        [(r(3), r((3, 2)), 0.3 * r((3, 2)), r((6, 2)))],
    ),
    "matrix_factorisation": (
        ("U", "V"),
        [(r((3, 2)), r((4, 2)), [(0, 1, 1.5), (0, 3, 0.2), (2, 1, -1.0), (0, 1, 0.7)])],
    ),
    "ising_energy": (("coupling", "field"), [(SPINS, 0.7, r((4, 4))), (SPINS, 0.7, 0.1)]),
    "black_scholes": (("spot", "volatility", "rate"), [(1.1, 0.3, 0.02, 0.7, 1.0)]),
    "binomial_option": (("spot", "volatility"), [(1.1, 0.3), (0.95, 0.2, 3)]),
    "robot_arm": ("angles", [(r(3),), ([0.3, 0.4, -0.2],)]),
    "rosenbrock": ("x", [(r(4),)]),
    "ackley": ("x", [(r(4),)]),
    "gradient_descent_unrolled": (("rate", "w0"), [(0.05, r(3), r((4, 3)), r(4))]),
    "page_rank": (("links", "damping"), [(np.abs(r((4, 4))), 0.85)]),
    "fixed_point": ("a", [(0.7,)]),
    "spline": ("knots", [(r(5), [0.1, 0.33, 0.9, 1.0])]),
    "convolutional_layer": (("image", "kernels", "bias"), [(r((6, 6)), r((9, 2)), r(2))]),
    "contrastive": ("embeddings", [(0.5 * r((5, 2)), np.array([0, 1, 0, 1, 1]))]),
    "expression_tree": (
        "env",
        [(("+", "x", ("*", ("sin", "y"), 2.0)), {"x": 0.7, "y": 1.2, "z": 0.1})],
    ),
}

TWICE = dict.fromkeys(("expression_tree",))
