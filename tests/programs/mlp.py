"""A perceptron with any number of layers, activations by name, weight decay, dropout masks."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from tests.checking import Call

ACTIVATIONS = {
    "tanh": np.tanh,
    "relu": lambda z: np.maximum(z, 0.0),
    "gelu": lambda z: 0.5 * z * (1 + np.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z**3))),
}


def dense(x: np.ndarray, layer: dict[str, np.ndarray]) -> np.ndarray:
    return x @ layer["W"] + layer["b"]


def forward(
    layers: list[dict[str, np.ndarray]], x: np.ndarray, activation: str = "tanh", masks=None
):
    for i, layer in enumerate(layers[:-1]):
        z = dense(x, layer)
        if activation == "tanh":
            x = np.tanh(z)
        elif activation == "relu":
            x = np.maximum(z, 0.0)
        else:
            raise ValueError(f"unknown activation {activation!r}")
        if masks is not None:
            x = x * masks[i]
    return dense(x, layers[-1])


def cross_entropy(logits: np.ndarray, labels: np.ndarray) -> float:
    shifted = logits - logits.max(axis=-1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return -log_p[np.arange(len(labels)), labels].mean()


def loss(
    layers,
    x,
    labels,
    decay: float = 1e-2,
    activation: Literal["tanh", "relu"] = "tanh",
    masks: Any = None,
):
    logits = forward(layers, x, activation=activation, masks=masks)
    penalty = sum(np.sum(layer["W"] ** 2) for layer in layers)
    return cross_entropy(logits, labels) + decay * penalty


def _call():
    rng = np.random.default_rng(24)
    sizes = [3, 5, 4, 2]
    layers = [
        {"W": rng.normal(size=(m, n)), "b": rng.normal(size=n)}
        for m, n in zip(sizes[:-1], sizes[1:], strict=True)
    ]
    return layers, rng.normal(size=(6, 3)), np.array([0, 1, 1, 0, 1, 0])


CALLS = {
    "loss": (
        "layers",
        [_call(), Call(*_call(), activation="relu", masks=[np.ones((6, 5)), 2 * np.ones(4)])],
    )
}
