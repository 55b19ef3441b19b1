"""Gradients of ../programs/kernels.py, written by hand."""

import numpy as np


def attention_value_and_grad(q, k, v):
    scores = q @ k.T / np.sqrt(q.shape[1])
    weights = np.exp(scores - np.max(scores, axis=1, keepdims=True))
    weights = weights / np.sum(weights, axis=1, keepdims=True)
    out = weights @ v
    value = np.sum(out * out)

    d_out = 2.0 * out
    d_v = weights.T @ d_out
    d_weights = d_out @ v.T
    d_scores = weights * (d_weights - np.sum(d_weights * weights, axis=1, keepdims=True))
    d_scores /= np.sqrt(q.shape[1])
    return value, (d_scores @ k, d_scores.T @ q, d_v)


def mixture_value_and_grad(means, log_scales, x):
    inverse = np.exp(-log_scales)
    z = (x[:, None, :] - means) * inverse
    logs = -0.5 * np.sum(z * z, axis=2) - np.sum(log_scales, axis=1)
    top = np.max(logs, axis=1, keepdims=True)
    weights = np.exp(logs - top)
    p = np.sum(weights, axis=1)
    value = -np.sum(np.log(p) + top[:, 0])

    d_logs = -weights / p[:, None]
    d_z = -z * d_logs[:, :, None]
    d_log_scales = -np.sum(d_logs, axis=0)[:, None] - np.sum(d_z * z, axis=0)
    return value, (-np.sum(d_z, axis=0) * inverse, d_log_scales)


def recurrent_value_and_grad(W, U, b, x, target):
    h = np.zeros(len(b))
    h_trace = np.empty((len(x) + 1, len(b)))
    h_trace[0] = h
    error = 0.0
    for t in range(len(x)):
        h = np.tanh(W @ x[t] + U @ h + b)
        h_trace[t + 1] = h
        r = h - target[t]
        error = error + r @ r

    d_W = np.zeros(W.shape)
    d_U = np.zeros(U.shape)
    d_b = np.zeros(b.shape)
    d_h = np.zeros(b.shape)
    for t in reversed(range(len(x))):
        h = h_trace[t + 1]
        d_h = d_h + 2.0 * (h - target[t])
        d_tanh_in = d_h * (1.0 - h * h)
        d_W += np.outer(d_tanh_in, x[t])
        d_U += np.outer(d_tanh_in, h_trace[t])
        d_b += d_tanh_in
        d_h = U.T @ d_tanh_in
    return error, (d_W, d_U, d_b)


def rosenbrock_value_and_grad(x):
    a = x[1:] - x[:-1] ** 2
    b = 1.0 - x[:-1]
    value = np.sum(100.0 * a * a + b * b)

    d_a = 200.0 * a
    d_x = np.empty(x.shape)
    d_x[0] = 0.0
    d_x[1:] = d_a
    d_x[:-1] -= 2.0 * (d_a * x[:-1] + b)
    return value, d_x


def logistic_value_and_grad(w, b, x, sign):
    margin = sign * (x @ w + b)
    e = np.exp(-margin)
    value = np.mean(np.log1p(e)) + 0.01 * np.sum(w * w)

    d_z = e / (1.0 + e) * sign * (-1.0 / len(sign))
    return value, (x.T @ d_z + 0.02 * w, d_z.sum())


def kalman_value_and_grad(a, q, s, seen):
    mean = 0.0
    variance = 1.0
    loss = 0.0
    trace = []
    for y in seen:
        trace.append((mean, variance))
        mean = a * mean
        variance = a * a * variance + q
        total = variance + s
        residual = y - mean
        loss = loss + np.log(total) + residual * residual / total
        gain = variance / total
        mean = mean + gain * residual
        variance = (1.0 - gain) * variance

    d_a = d_q = d_s = d_mean = d_variance = 0.0
    for y in seen[::-1]:
        mean_before, variance_before = trace.pop()
        variance = a * a * variance_before + q
        total = variance + s
        residual = y - a * mean_before
        gain = variance / total
        d_gain = d_mean * residual - d_variance * variance
        d_residual = d_mean * gain + 2.0 * residual / total
        d_total = (1.0 - d_gain * gain - residual * residual / total) / total
        d_variance = d_variance * (1.0 - gain) + d_gain / total + d_total
        d_s += d_total
        d_mean -= d_residual
        d_q += d_variance
        d_a += 2.0 * d_variance * a * variance_before + d_mean * mean_before
        d_variance *= a * a
        d_mean *= a
    return loss, (d_a, d_q, d_s)
