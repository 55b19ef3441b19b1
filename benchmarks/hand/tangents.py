"""Tangents of functions of ../programs as an expert writes them: value, and change of the value.

The counterpart of the adjoints beside this file. Parameters with a tangent of their own come last.
"""

import numpy as np


def loss_jvp(W1, b1, W2, b2, x, t, *, dot_W1, dot_b1, dot_W2, dot_b2):
    h = np.tanh(x @ W1 + b1)
    dot_h = (x @ dot_W1 + dot_b1) * (1.0 - h * h)
    r = h @ W2 + b2 - t
    dot_r = dot_h @ W2 + h @ dot_W2 + dot_b2
    return np.sum(r * r), 2.0 * np.sum(r * dot_r)


def energy_jvp(x, n, *, dot_x):
    s = 0.0
    dot_s = 0.0
    for _ in range(n):
        if x > 1.0:
            dot_x = 1.1 * np.cos(x) * dot_x
            x = 1.1 * np.sin(x)
        else:
            dot_x = 2.0 * x * dot_x
            x = x * x + 0.5
        s += x * x
        dot_s += 2.0 * x * dot_x
    return s, dot_s


def norm_of_output_jvp(w1, w2, x, *, dot_w1, dot_w2):
    x1 = w1 @ x
    dot_x1 = dot_w1 @ x
    x2 = x + w2 @ x1
    dot_x2 = dot_w2 @ x1 + w2 @ dot_x1
    u = x1 + x2
    x3 = w1 @ u
    dot_x3 = dot_w1 @ u + w1 @ (dot_x1 + dot_x2)
    value = np.linalg.norm(x3)
    return value, x3 @ dot_x3 / value if value > 0.0 else 0.0


def log_softmax_jvp(z, dot_z):
    # The maximum's tangent cancels, whichever of equal elements it is.
    z = z - np.max(z, axis=1, keepdims=True)
    e = np.exp(z)
    total = np.sum(e, axis=1, keepdims=True)
    return z - np.log(total), dot_z - np.sum(e * dot_z, axis=1, keepdims=True) / total


def cross_entropy_jvp(params, x, labels, l2=1e-4, *, dot_params):
    W, dot_W = params["W"], dot_params["W"]
    logp, dot_logp = log_softmax_jvp(x @ W + params["b"], x @ dot_W + dot_params["b"])
    rows = np.arange(len(labels))
    nll = -np.mean(logp[rows, labels])
    dot_nll = -np.mean(dot_logp[rows, labels])
    return nll + l2 * np.sum(W**2), dot_nll + 2.0 * l2 * np.sum(W * dot_W)


def deep_jvp(layers, x, t, *, dot_layers):
    dot_x = 0.0
    for k, (layer, dot_layer) in enumerate(zip(layers, dot_layers, strict=True)):
        out = x @ layer.W + layer.b
        dot_out = x @ dot_layer.W + dot_layer.b
        if k > 0:
            dot_out += dot_x @ layer.W
        if k < len(layers) - 1:
            x = np.tanh(out)
            dot_x = dot_out * (1.0 - x * x)
    error = out - t
    return np.mean(error**2), 2.0 * np.mean(error * dot_out)


def while_newton_jvp(x, y, *, dot_x, dot_y):
    guess = x
    dot_guess = dot_x
    while abs(guess**3 - y) > 1e-10:
        slope = 3.0 * guess**2
        step = (guess**3 - y) / slope
        # The change of guess in the numerator is slope * dot_guess, which cancels.
        dot_guess = (dot_y + step * 6.0 * guess * dot_guess) / slope
        guess = guess - step
    return guess * y + x, dot_guess * y + guess * dot_y + dot_x


def attention_jvp(q, k, v, *, dot_q, dot_k, dot_v):
    scale = np.sqrt(q.shape[1])
    scores = q @ k.T / scale
    dot_scores = (dot_q @ k.T + q @ dot_k.T) / scale
    weights = np.exp(scores - np.max(scores, axis=1, keepdims=True))
    weights = weights / np.sum(weights, axis=1, keepdims=True)
    dot_weights = weights * dot_scores
    dot_weights -= weights * np.sum(dot_weights, axis=1, keepdims=True)
    out = weights @ v
    dot_out = dot_weights @ v + weights @ dot_v
    return np.sum(out * out), 2.0 * np.sum(out * dot_out)


def mixture_jvp(means, log_scales, x, *, dot_means, dot_log_scales):
    inverse = np.exp(-log_scales)
    z = (x[:, None, :] - means) * inverse
    dot_z = -(dot_means * inverse + z * dot_log_scales)
    logs = -0.5 * np.sum(z * z, axis=2) - np.sum(log_scales, axis=1)
    dot_logs = -np.sum(z * dot_z, axis=2) - np.sum(dot_log_scales, axis=1)
    top = np.max(logs, axis=1, keepdims=True)
    weights = np.exp(logs - top)
    p = np.sum(weights, axis=1)
    dot_p = np.sum(weights * dot_logs, axis=1)
    return -np.sum(np.log(p) + top[:, 0]), -np.sum(dot_p / p)


def recurrent_jvp(W, U, b, x, target, *, dot_W, dot_U, dot_b):
    h = np.zeros(len(b))
    dot_h = np.zeros(len(b))
    error = 0.0
    dot_error = 0.0
    for t in range(len(x)):
        dot_in = dot_W @ x[t] + dot_U @ h + U @ dot_h + dot_b
        h = np.tanh(W @ x[t] + U @ h + b)
        dot_h = dot_in * (1.0 - h * h)
        r = h - target[t]
        error = error + r @ r
        dot_error = dot_error + 2.0 * (r @ dot_h)
    return error, dot_error


def rosenbrock_jvp(x, *, dot_x):
    a = x[1:] - x[:-1] ** 2
    dot_a = dot_x[1:] - 2.0 * x[:-1] * dot_x[:-1]
    b = 1.0 - x[:-1]
    value = np.sum(100.0 * a * a + b * b)
    return value, 2.0 * np.sum(100.0 * a * dot_a - b * dot_x[:-1])


def logistic_jvp(w, b, x, sign, *, dot_w, dot_b):
    margin = sign * (x @ w + b)
    dot_margin = sign * (x @ dot_w + dot_b)
    e = np.exp(-margin)
    value = np.mean(np.log1p(e)) + 0.01 * np.sum(w * w)
    return value, 0.02 * np.sum(w * dot_w) - np.mean(e / (1.0 + e) * dot_margin)


def kalman_jvp(a, q, s, seen, *, dot_a, dot_q, dot_s):
    mean = dot_mean = 0.0
    variance, dot_variance = 1.0, 0.0
    loss = dot_loss = 0.0
    for y in seen:
        dot_mean = dot_a * mean + a * dot_mean
        mean = a * mean
        dot_variance = a * (2.0 * dot_a * variance + a * dot_variance) + dot_q
        variance = a * a * variance + q
        total = variance + s
        dot_total = dot_variance + dot_s
        residual = y - mean
        square = residual * residual / total
        loss = loss + np.log(total) + square
        dot_loss = dot_loss + (dot_total * (1.0 - square) - 2.0 * residual * dot_mean) / total
        gain = variance / total
        dot_gain = (dot_variance - gain * dot_total) / total
        mean = mean + gain * residual
        dot_mean = dot_mean * (1.0 - gain) + dot_gain * residual
        dot_variance = dot_variance * (1.0 - gain) - dot_gain * variance
        variance = (1.0 - gain) * variance
    return loss, dot_loss


def misfit_jvp(u, target, alpha, steps, *, dot_u):
    u = u.copy()
    dot_u = dot_u.copy()
    for _ in range(steps):
        u[1:-1] += alpha * (u[2:] - 2.0 * u[1:-1] + u[:-2])
        dot_u[1:-1] += alpha * (dot_u[2:] - 2.0 * dot_u[1:-1] + dot_u[:-2])
    r = u - target
    return np.sum(r * r), 2.0 * np.sum(r * dot_u)


def prefix_recurrence_jvp(x, *, dot_x):
    y = np.empty_like(x)
    dot_y = np.empty_like(x)
    y[0] = x[0]
    dot_y[0] = dot_x[0]
    for i in range(1, len(x)):
        tanh = np.tanh(y[i - 1])
        slope = (1.0 - tanh * tanh) * x[i] + 0.2 * y[i - 1]
        y[i] = tanh * x[i] + 0.1 * y[i - 1] ** 2
        dot_y[i] = slope * dot_y[i - 1] + tanh * dot_x[i]
    return y[-1] + np.dot(y, x), dot_y[-1] + np.dot(dot_y, x) + np.dot(y, dot_x)


def forward_substitution_jvp(L, b, *, dot_L, dot_b):
    n = b.shape[0]
    y = np.zeros(n)
    dot_y = np.zeros(n)
    for i in range(n):
        y[i] = (b[i] - L[i, :i] @ y[:i]) / L[i, i]
        dot_y[i] = (dot_b[i] - dot_L[i, : i + 1] @ y[: i + 1] - L[i, :i] @ dot_y[:i]) / L[i, i]
    return np.sum(y * y), 2.0 * np.sum(y * dot_y)


def fdtd_jvp(ex, ey, hz, source, *, dot_ex, dot_ey, dot_hz, dot_source):
    ex, ey, hz = ex.copy(), ey.copy(), hz.copy()
    dot_ex, dot_ey, dot_hz = dot_ex.copy(), dot_ey.copy(), dot_hz.copy()
    for t in range(len(source)):
        ey[0, :] = source[t]
        dot_ey[0, :] = dot_source[t]
        ey[1:, :] -= 0.5 * (hz[1:, :] - hz[:-1, :])
        dot_ey[1:, :] -= 0.5 * (dot_hz[1:, :] - dot_hz[:-1, :])
        ex[:, 1:] -= 0.5 * (hz[:, 1:] - hz[:, :-1])
        dot_ex[:, 1:] -= 0.5 * (dot_hz[:, 1:] - dot_hz[:, :-1])
        hz[:-1, :-1] -= 0.7 * (ex[:-1, 1:] - ex[:-1, :-1] + ey[1:, :-1] - ey[:-1, :-1])
        dot_hz[:-1, :-1] -= 0.7 * (
            dot_ex[:-1, 1:] - dot_ex[:-1, :-1] + dot_ey[1:, :-1] - dot_ey[:-1, :-1]
        )
    return np.sum(hz * hz), 2.0 * np.sum(hz * dot_hz)


def reaction_jvp(u, k, dt, steps, *, dot_u, dot_k):
    u, dot_u = u.copy(), dot_u.copy()
    v, dot_v = u.copy(), dot_u.copy()
    for _ in range(steps):
        bend = u[2:] - 2.0 * u[1:-1] + u[:-2]
        dot_bend = dot_u[2:] - 2.0 * dot_u[1:-1] + dot_u[:-2]
        v[1:-1] = u[1:-1] + dt * (k * bend - u[1:-1] ** 3)
        dot_v[1:-1] = dot_u[1:-1] + dt * (
            dot_k * bend + k * dot_bend - 3.0 * u[1:-1] ** 2 * dot_u[1:-1]
        )
        u, v = v, u
        dot_u, dot_v = dot_v, dot_u
    return np.sum(u * u), 2.0 * np.sum(u * dot_u)


def cholesky_jvp(A, w, *, dot_A, dot_w):
    A, dot_A = A.copy(), dot_A.copy()
    for i in range(A.shape[0]):
        for j in range(i):
            A[i, j] = (A[i, j] - A[i, :j] @ A[j, :j]) / A[j, j]
            # With the element itself in the first product: A[i, j] * dot_A[j, j].
            dot_A[i, j] -= A[i, : j + 1] @ dot_A[j, : j + 1] + dot_A[i, :j] @ A[j, :j]
            dot_A[i, j] /= A[j, j]
        A[i, i] = np.sqrt(A[i, i] - A[i, :i] @ A[i, :i])
        dot_A[i, i] = (0.5 * dot_A[i, i] - A[i, :i] @ dot_A[i, :i]) / A[i, i]
    return np.sum(w * A), np.sum(w * dot_A + dot_w * A)


def lstm_jvp(Wx, Wh, b, xs, targets, *, dot_Wx, dot_Wh, dot_b):
    steps, size = targets.shape
    hs = np.zeros((steps + 1, size))
    dot_hs = np.zeros((steps + 1, size))
    c = np.zeros(size)
    dot_c = np.zeros(size)
    for t in range(steps):
        z = xs[t] @ Wx + hs[t] @ Wh + b
        dot_z = xs[t] @ dot_Wx + hs[t] @ dot_Wh + dot_hs[t] @ Wh + dot_b
        s = 1.0 / (1.0 + np.exp(-z[: 3 * size]))
        g = np.tanh(z[3 * size :])
        i, f, o = s.reshape(3, size)
        dot_i, dot_f, dot_o = (dot_z[: 3 * size] * s * (1.0 - s)).reshape(3, size)
        dot_g = dot_z[3 * size :] * (1.0 - g * g)
        dot_c = dot_f * c + f * dot_c + dot_i * g + i * dot_g
        c = f * c + i * g
        tanh = np.tanh(c)
        hs[t + 1] = o * tanh
        dot_hs[t + 1] = dot_o * tanh + o * (1.0 - tanh * tanh) * dot_c
    r = hs[1:] - targets
    return np.sum(r * r), 2.0 * np.sum(r * dot_hs[1:])
