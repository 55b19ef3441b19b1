"""Equalisers, an adaptive filter, distances of spectrograms."""

import math

import numpy as np


def biquad(x, b0, b1, b2, a1, a2):
    y = np.zeros_like(x)
    x1 = x2 = y1 = y2 = 0.0
    for n in range(len(x)):
        y[n] = b0 * x[n] + b1 * x1 + b2 * x2 - a1 * y1 - a2 * y2
        x2, x1 = x1, x[n]
        y2, y1 = y1, y[n]
    return y


def peaking(f0, gain_db, Q, fs=48000.0):
    A = 10 ** (gain_db / 40)
    w0 = 2 * math.pi * f0 / fs
    alpha = np.sin(w0) / (2 * Q)
    a0 = 1 + alpha / A
    return (
        (1 + alpha * A) / a0,
        -2 * np.cos(w0) / a0,
        (1 - alpha * A) / a0,
        -2 * np.cos(w0) / a0,
        (1 - alpha / A) / a0,
    )


def equaliser_loss(bands, x, target):
    """bands: list of dicts with f0, gain_db, Q."""
    y = x
    for band in bands:
        coeffs = peaking(**band)
        y = biquad(y, *coeffs)
    err = y - target
    return np.dot(err, err) / len(err)


def lms(mu, x, d, order=3):
    w = np.zeros(order)
    errors = []
    for n in range(order, len(x)):
        window = x[n - order : n][::-1]
        e = d[n] - w @ window
        w += mu * e * window
        errors.append(e)
    return sum(e**2 for e in errors) / len(errors)


def frame(x, size, hop):
    n = 1 + (len(x) - size) // hop
    return np.stack([x[i * hop : i * hop + size] for i in range(n)])


def spectral_loss(x, y, sizes=(4, 8)):
    total = 0.0
    for size in sizes:
        window = np.hanning(size)
        X = np.abs(np.fft.rfft(frame(x, size, size // 2) * window, axis=1))
        Y = np.abs(np.fft.rfft(frame(y, size, size // 2) * window, axis=1))
        total += np.linalg.norm(X - Y) / np.linalg.norm(Y) + np.mean(
            np.abs(np.log(X + 1e-3) - np.log(Y + 1e-3))
        )
    return total / len(sizes)


def _s(n=16, s=0):
    return np.random.default_rng(s).normal(size=n)


CALLS = {
    "equaliser_loss": (
        "bands",
        [
            lambda: (
                [
                    {"f0": 1000.0, "gain_db": 3.0, "Q": 0.7},
                    {"f0": 5000.0, "gain_db": -2.0, "Q": 1.2},
                ],
                _s(),
                _s(s=1),
            )
        ],
    ),
    "lms": (("mu", "x"), [lambda: (0.05, _s(), _s(s=1))]),
    "spectral_loss": ("x", [lambda: (_s(), _s(s=1))]),
}
