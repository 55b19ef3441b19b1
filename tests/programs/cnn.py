"""Convolution by loops and by im2col, pooling, and a linear layer."""

import numpy as np
from jaxtyping import Float
from numpy import ndarray


def conv2d(x: Float[ndarray, "n c h w"], kernel: Float[ndarray, "o c k k"], stride: int = 1):
    n, c, h, w = x.shape
    o, _, k, _ = kernel.shape
    oh, ow = (h - k) // stride + 1, (w - k) // stride + 1
    out = np.zeros((n, o, oh, ow))
    for i in range(oh):
        for j in range(ow):
            patch = x[:, :, i * stride : i * stride + k, j * stride : j * stride + k]
            out[:, :, i, j] = np.tensordot(patch, kernel, axes=([1, 2, 3], [1, 2, 3]))
    return out


def im2col(x, k):
    n, c, h, w = x.shape
    oh, ow = h - k + 1, w - k + 1
    cols = np.empty((n, c, k, k, oh, ow))
    for di in range(k):
        for dj in range(k):
            cols[:, :, di, dj] = x[:, :, di : di + oh, dj : dj + ow]
    return cols.transpose(0, 4, 5, 1, 2, 3).reshape(n * oh * ow, c * k * k)


def max_pool(x, size=2):
    n, c, h, w = x.shape
    x = x[:, :, : h // size * size, : w // size * size]
    blocks = x.reshape(n, c, h // size, size, w // size, size)
    return blocks.max(axis=(3, 5))


def loss(params, images, labels):
    h = np.maximum(conv2d(images, params["k1"]) + params["b1"][:, None, None], 0.0)
    h = max_pool(h)
    n, o = h.shape[:2]
    logits = h.reshape(n, -1) @ params["W"] + params["b2"]
    logits = logits - np.log(np.sum(np.exp(logits), axis=1))[:, None]
    return -np.mean(logits[np.arange(n), labels])


def loss_by_columns(kernel: Float[ndarray, "o c k k"], x: Float[ndarray, "n c h w"], target):
    o, c, k, _ = kernel.shape
    cols = im2col(x, k)
    y = cols @ kernel.reshape(o, -1).T
    return np.sum((np.tanh(y) - target) ** 2)


def _call():
    rng = np.random.default_rng(25)
    params = {
        "k1": rng.normal(size=(2, 1, 3, 3)),
        "b1": rng.normal(size=2),
        "W": rng.normal(size=(8, 3)),
        "b2": rng.normal(size=3),
    }
    return params, rng.normal(size=(2, 1, 6, 6)), np.array([0, 2])


def _columns():
    rng = np.random.default_rng(26)
    return rng.normal(size=(2, 2, 2, 2)), rng.normal(size=(2, 2, 4, 3)), 0.5


CALLS = {"loss": (("params", "images"), [_call]), "loss_by_columns": (("kernel", "x"), [_columns])}
