"""A perceptron for handwritten digits: what it predicts, and the loss that is minimised."""

import numpy as np


def init(sizes, rng):
    """Random layers, a list of weights and biases."""
    return [
        {"W": rng.normal(scale=np.sqrt(2.0 / n), size=(n, m)), "b": np.zeros(m)}
        for n, m in zip(sizes[:-1], sizes[1:], strict=True)
    ]


def logits(layers, images):
    h = images
    for layer in layers[:-1]:
        h = np.maximum(h @ layer["W"] + layer["b"], 0.0)
    return h @ layers[-1]["W"] + layers[-1]["b"]


def log_softmax(z):
    z = z - np.max(z, axis=1, keepdims=True)
    return z - np.log(np.sum(np.exp(z), axis=1, keepdims=True))


def loss(layers: list, images, labels, decay: float = 1e-4):
    """Mean negative log-likelihood of the labels, with weight decay."""
    logp = log_softmax(logits(layers, images))
    nll = -np.mean(logp[np.arange(len(labels)), labels])
    return nll + decay * sum(np.sum(layer["W"] ** 2) for layer in layers)
