"""Layers of networks as loops: convolution, pooling, LSTM; Runge-Kutta with stored stages."""

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from tests.kernels import Kernel


def conv2d(input, weights):
    """Images with channels last, one output position at a time (as in npbench)."""
    K = weights.shape[0]
    N = input.shape[0]
    H_out = input.shape[1] - K + 1
    W_out = input.shape[2] - K + 1
    C_out = weights.shape[3]
    output = np.empty((N, H_out, W_out, C_out), dtype=input.dtype)
    for i in range(H_out):
        for j in range(W_out):
            output[:, i, j, :] = np.sum(
                input[:, i : i + K, j : j + K, :, np.newaxis] * weights[np.newaxis, :, :, :],
                axis=(1, 2, 3),
            )
    return output


def conv2d_bias_loss(x, w, b):
    y = conv2d(x, w)
    y += b
    np.maximum(y, 0.0, out=y)
    return np.sum(y * y)


def conv1d(x: Float[ndarray, "n"], w: Float[ndarray, "k"], padding: int) -> float:
    """Padded into a larger array, then element by element."""
    n, k = len(x), len(w)
    padded = np.zeros(n + 2 * padding)
    padded[padding : padding + n] = x
    y = np.zeros(len(padded) - k + 1)
    for i in range(len(y)):
        for j in range(k):
            y[i] += padded[i + j] * w[j]
    return np.sum(y**2)


def maxpool2d(x):
    """Blocks of two by two, channels last (as in npbench)."""
    output = np.empty(
        [x.shape[0], x.shape[1] // 2, x.shape[2] // 2, x.shape[3]],
        dtype=x.dtype,
    )
    for i in range(x.shape[1] // 2):
        for j in range(x.shape[2] // 2):
            output[:, i, j, :] = np.max(x[:, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2, :], axis=(1, 2))
    return output


def maxpool_elements(x: Float[ndarray, "n m"]) -> float:
    """Overlapping windows, with comparisons."""
    n, m = x.shape
    out = np.full((n - 1, m - 1), -np.inf)
    for i in range(n - 1):
        for j in range(m - 1):
            for di in range(2):
                for dj in range(2):
                    if x[i + di, j + dj] > out[i, j]:
                        out[i, j] = x[i + di, j + dj]
    return np.sum(out**2)


def softmax_in_place(x):
    x -= np.max(x, axis=-1, keepdims=True)
    np.exp(x, out=x)
    x /= np.sum(x, axis=-1, keepdims=True)


def attention_loss(q, k, v):
    scores = q @ k.T
    scores /= np.sqrt(q.shape[1])
    mask = np.triu(np.ones(scores.shape, dtype=bool), 1)
    scores[mask] = -1e9
    softmax_in_place(scores)
    return np.sum((scores @ v) ** 2)


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def lstm(xs, Wx, Wh, b):
    """All hidden and cell states of a sequence; gates are slices of one product."""
    T = len(xs)
    H = Wh.shape[0]
    hs = np.zeros((T + 1, H))
    cs = np.zeros((T + 1, H))
    gates = np.empty(4 * H)
    for t in range(T):
        gates[:] = xs[t] @ Wx + hs[t] @ Wh + b
        i = sigmoid(gates[:H])
        f = sigmoid(gates[H : 2 * H])
        o = sigmoid(gates[2 * H : 3 * H])
        g = np.tanh(gates[3 * H :])
        cs[t + 1] = f * cs[t] + i * g
        hs[t + 1] = o * np.tanh(cs[t + 1])
    return hs[1:]


def lstm_loss(xs, Wx, Wh, b, targets):
    return np.mean((lstm(xs, Wx, Wh, b) - targets) ** 2)


def derivative(y, k):
    """Lotka and Volterra's, into a new array."""
    dy = np.empty_like(y)
    dy[0] = k[0] * y[0] - k[1] * y[0] * y[1]
    dy[1] = k[2] * y[0] * y[1] - k[3] * y[1]
    return dy


A = np.array(
    [[0.0, 0.0, 0.0, 0.0], [0.5, 0.0, 0.0, 0.0], [0.0, 0.5, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]]
)
B = np.array([1.0, 2.0, 2.0, 1.0]) / 6.0


def runge_kutta(y0, k, dt, steps):
    """All stages of a step stand in one array; the trajectory is returned."""
    ys = np.zeros((steps + 1, len(y0)))
    ys[0] = y0
    stages = np.zeros((len(B), len(y0)))
    for n in range(steps):
        for s in range(len(B)):
            y = ys[n].copy()
            for r in range(s):
                y += dt * A[s, r] * stages[r]
            stages[s] = derivative(y, k)
        ys[n + 1] = ys[n] + dt * (B @ stages)
    return ys


def runge_kutta_loss(y0, k, dt, steps):
    ys = runge_kutta(y0, k, dt, steps)
    return np.sum((ys[-1] - 1.0) ** 2) + 0.1 * np.sum(ys)


def rk4_system(u: Float[ndarray, "n"], alpha: float, dt: float, steps: int) -> float:
    """The heat equation; the right-hand side writes to the array that it is given."""
    k1, k2, k3, k4 = (np.zeros_like(u) for _ in range(4))
    u = u.copy()
    for _ in range(steps):
        rhs(u, k1, alpha)
        rhs(u + 0.5 * dt * k1, k2, alpha)
        rhs(u + 0.5 * dt * k2, k3, alpha)
        rhs(u + dt * k3, k4, alpha)
        u += dt / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
    return np.sum(u**2)


def rhs(u, out, alpha):
    out[1:-1] = alpha * (u[2:] - 2.0 * u[1:-1] + u[:-2]) - u[1:-1] ** 3
    out[0] = 0.0
    out[-1] = -u[-1]


def adams_bashforth(y0, k, dt, steps):
    """Two steps' slopes trade places in a list."""
    y = y0.copy()
    slopes = [derivative(y, k), np.zeros_like(y)]
    y += dt * slopes[0]
    for _ in range(steps):
        slopes[0], slopes[1] = derivative(y, k), slopes[0]
        y += dt * (1.5 * slopes[0] - 0.5 * slopes[1])
    return y


def train(W, x, t, rate, steps):
    """Gradient descent on a linear model, in place, with momentum."""
    velocity = np.zeros_like(W)
    losses = np.zeros(steps)
    for step in range(steps):
        r = x @ W - t
        losses[step] = np.mean(r**2)
        velocity *= 0.9
        velocity -= rate * 2.0 * (x.T @ r) / len(x)
        W += velocity
    return losses


# ---------------------------------------------------------------- by other means


def expected_conv2d(input, weights):
    from scipy.signal import correlate

    N, C_in, C_out = input.shape[0], input.shape[3], weights.shape[3]
    return np.stack(
        [
            np.stack(
                [
                    sum(
                        correlate(input[n, :, :, c], weights[:, :, c, o], mode="valid")
                        for c in range(C_in)
                    )
                    for o in range(C_out)
                ],
                axis=-1,
            )
            for n in range(N)
        ]
    )


def expected_conv1d(x, w, padding):
    return np.sum(np.convolve(np.pad(x, padding), w[::-1], mode="valid") ** 2)


def expected_maxpool(x):
    n, h, w, c = x.shape
    blocks = x[:, : h // 2 * 2, : w // 2 * 2].reshape(n, h // 2, 2, w // 2, 2, c)
    return blocks.max(axis=(2, 4))


def expected_maxpool_elements(x):
    windows = np.lib.stride_tricks.sliding_window_view(x, (2, 2))
    return np.sum(windows.max(axis=(2, 3)) ** 2)


def expected_attention(q, k, v):
    from scipy.special import softmax

    scores = q @ k.T / np.sqrt(q.shape[1])
    scores = np.where(np.tri(len(q), len(k), dtype=bool), scores, -np.inf)
    return np.sum((softmax(scores, axis=-1) @ v) ** 2)


def expected_lstm(xs, Wx, Wh, b):
    from scipy.special import expit

    h = c = np.zeros(len(Wh))
    out = []
    for x in xs:
        i, f, o, g = np.split(np.hstack([x, h, 1.0]) @ np.vstack([Wx, Wh, b]), 4)
        c = expit(f) * c + expit(i) * np.tanh(g)
        h = expit(o) * np.tanh(c)
        out.append(h)
    return np.array(out)


def slope(y, k):
    return np.array([(k[0] - k[1] * y[1]) * y[0], (k[2] * y[0] - k[3]) * y[1]])


def expected_runge_kutta(y0, k, dt, steps):
    ys = [y0]
    for _ in range(steps):
        y = ys[-1]
        k1 = slope(y, k)
        k2 = slope(y + dt / 2 * k1, k)
        k3 = slope(y + dt / 2 * k2, k)
        k4 = slope(y + dt * k3, k)
        ys.append(y + dt / 6 * (k1 + 2 * k2 + 2 * k3 + k4))
    return np.array(ys)


def expected_rk4_system(u, alpha, dt, steps):
    n = len(u)
    second = np.eye(n, k=1) - 2 * np.eye(n) + np.eye(n, k=-1)

    def f(u):
        change = alpha * second @ u - u**3
        change[0], change[-1] = 0.0, -u[-1]
        return change

    for _ in range(steps):
        k1 = f(u)
        k2 = f(u + dt / 2 * k1)
        k3 = f(u + dt / 2 * k2)
        u = u + dt / 6 * (k1 + 2 * k2 + 2 * k3 + f(u + dt * k3))
    return np.sum(u**2)


def expected_adams_bashforth(y0, k, dt, steps):
    ys = [y0, y0 + dt * slope(y0, k)]
    for _ in range(steps):
        ys.append(ys[-1] + dt * (1.5 * slope(ys[-1], k) - 0.5 * slope(ys[-2], k)))
    return ys[-1]


def expected_train(W, x, t, rate, steps):
    losses, before = [], W
    for _ in range(steps):
        losses.append(np.sum((x @ W - t) ** 2) / len(x))
        step = 0.9 * (W - before) - 2 * rate / len(x) * x.T @ (x @ W - t)
        before, W = W, W + step
    return np.array(losses)


def images(rng, n):
    return rng.normal(size=(2, n, n + 1, 2)), rng.normal(size=(2, 2, 2, 3))


def sequence(rng, n):
    H = 3
    return (
        rng.normal(size=(n, 2)),
        rng.normal(size=(2, 4 * H)),
        rng.normal(size=(H, 4 * H)),
        rng.normal(size=4 * H),
    )


def populations(rng, n):
    return 1.0 + rng.uniform(size=2), 0.5 + rng.uniform(size=4), 0.1, n


KERNELS = [
    Kernel(conv2d, ("input", "weights"), images, (3, 4), expected=expected_conv2d),
    Kernel(
        conv2d_bias_loss,
        ("x", "w", "b"),
        lambda rng, n: (*images(rng, n), rng.normal(size=3)),
        (3, 4),
        expected=lambda x, w, b: np.sum(np.maximum(expected_conv2d(x, w) + b, 0) ** 2),
    ),
    Kernel(
        conv1d,
        ("x", "w"),
        lambda rng, n: (rng.normal(size=n), rng.normal(size=3), 2),
        expected=expected_conv1d,
    ),
    Kernel(
        maxpool2d,
        ("x",),
        lambda rng, n: (rng.normal(size=(2, n, n + 1, 2)),),
        (4, 5),
        expected=expected_maxpool,
    ),
    Kernel(
        maxpool_elements,
        ("x",),
        lambda rng, n: (rng.normal(size=(n, n + 1)),),
        (3, 5),
        expected=expected_maxpool_elements,
    ),
    Kernel(
        softmax_in_place,
        ("x",),
        lambda rng, n: (rng.normal(size=(3, n)),),
        expected=lambda x: np.exp(x) / np.sum(np.exp(x), axis=1, keepdims=True),
        writes=("x",),
    ),
    Kernel(
        attention_loss,
        ("q", "k", "v"),
        lambda rng, n: tuple(rng.normal(size=(3, n, 3))),
        expected=expected_attention,
    ),
    Kernel(lstm, ("xs", "Wx", "Wh", "b"), sequence, (3, 5), expected=expected_lstm),
    Kernel(
        lstm_loss,
        ("Wx", "Wh", "b"),
        lambda rng, n: (*sequence(rng, n), rng.normal(size=(n, 3))),
        (3, 5),
    ),
    Kernel(runge_kutta, ("y0", "k", "dt"), populations, (2, 4), expected=expected_runge_kutta),
    Kernel(runge_kutta_loss, ("y0", "k", "dt"), populations, (2, 4)),
    Kernel(
        rk4_system,
        ("u", "alpha", "dt"),
        lambda rng, n: (rng.normal(size=n), 0.3, 0.1, 3),
        expected=expected_rk4_system,
    ),
    Kernel(
        adams_bashforth, ("y0", "k", "dt"), populations, (2, 4), expected=expected_adams_bashforth
    ),
    Kernel(
        train,
        ("W", "x", "t", "rate"),
        lambda rng, n: (rng.normal(size=3), rng.normal(size=(n, 3)), rng.normal(size=n), 0.1, 3),
        expected=expected_train,
    ),
]
