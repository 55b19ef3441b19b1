"""An equilibrium model, an LSTM and a residual network, by hand."""

import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def deq_loss(params, x, t, tol=1e-10, max_iter=100):
    W, U, b = params["W"], params["U"], params["b"]
    z = np.zeros((x.shape[0], W.shape[0]))
    it = 0
    while it < max_iter:
        z_next = np.tanh(z @ W + x @ U + b)
        if np.max(np.abs(z_next - z)) < tol:
            z = z_next
            break
        z = z_next
        it += 1
    return 0.5 * np.sum((z @ params["V"] - t) ** 2)


def lstm_loss(params, xs, target):
    H = params["Wh"].shape[0]
    h, c = np.zeros(H), np.zeros(H)
    for x in xs:
        gates = x @ params["Wx"] + h @ params["Wh"] + params["b"]
        i, f, o, g = np.split(gates, 4)
        i, f, o = (sigmoid(v) for v in (i, f, o))
        c = f * c + i * np.tanh(g)
        h = o * np.tanh(c)
    y = params["Wy"] @ h
    return np.sum((y - target) ** 2)


def resnet(params, x, labels):
    for i, layer in enumerate(params["blocks"]):
        h = np.maximum(0, x @ layer["W1"] + layer["b1"])
        x = x + (h @ layer["W2"] + layer["b2"]) * 0.5**i
    logits = x @ params["head"]
    logits -= logits.max(axis=-1, keepdims=True)
    logp = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    reg = sum(
        np.sum(v**2) for layer in params["blocks"] for k, v in layer.items() if k.startswith("W")
    )
    return -logp[np.arange(len(labels)), labels].mean() + 1e-2 * reg


def _r(*s, seed=0):
    return 0.5 * np.random.default_rng(seed + sum(s)).normal(size=s)


CALLS = {
    "deq_loss": (
        "params",
        [
            lambda: (
                {"W": 0.4 * _r(3, 3), "U": _r(2, 3), "b": _r(3), "V": _r(3, 1)},
                _r(4, 2),
                _r(4, 1),
            )
        ],
    ),
    "lstm_loss": (
        "params",
        [
            lambda: (
                {"Wx": _r(2, 12), "Wh": _r(3, 12), "b": _r(12), "Wy": _r(1, 3)},
                _r(4, 2),
                np.array([0.3]),
            )
        ],
    ),
    "resnet": (
        "params",
        [
            lambda: (
                {
                    "blocks": [
                        {"W1": _r(3, 4, seed=k), "b1": _r(4), "W2": _r(4, 3), "b2": _r(3)}
                        for k in range(2)
                    ],
                    "head": _r(3, 2),
                },
                _r(5, 3),
                np.array([0, 1, 1, 0, 1]),
            )
        ],
    ),
}
