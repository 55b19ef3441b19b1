"""A GRU over a batch of sequences of different lengths, in two styles."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy import ndarray


@dataclass
class GRU:
    W: Float[ndarray, "inputs three_hidden"]
    U: Float[ndarray, "hidden three_hidden"]
    b: Float[ndarray, "three_hidden"]

    @property
    def hidden(self) -> int:
        return self.U.shape[0]


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def cell(p: GRU, x, h):
    gx = x @ p.W + p.b
    gh = h @ p.U
    rx, zx, nx = np.split(gx, 3, axis=-1)
    rh, zh, nh = np.split(gh, 3, axis=-1)
    r = sigmoid(rx + rh)
    z = sigmoid(zx + zh)
    n = np.tanh(nx + r * nh)
    return (1 - z) * n + z * h


def loss(
    p: GRU,
    readout: Float[ndarray, "hidden"],
    xs: Float[ndarray, "batch time inputs"],
    lengths,
    target,
):
    batch, time, _ = xs.shape
    h = np.zeros((batch, p.hidden))
    for t in range(time):
        alive = (t < lengths)[:, None]
        h = np.where(alive, cell(p, xs[:, t], h), h)
    return np.mean((h @ readout - target) ** 2)


def sequence_loss(p: GRU, xs):
    """All states are kept, and compared with the inputs that follow."""
    states = np.zeros((len(xs) + 1, p.hidden))
    for t, x in enumerate(xs):
        states[t + 1] = cell(p, x, states[t])
    return np.sum((states[1:-1, : xs.shape[1]] - xs[1:]) ** 2)


def _gru():
    rng = np.random.default_rng(27)
    return GRU(rng.normal(size=(2, 9)), rng.normal(size=(3, 9)), rng.normal(size=9))


def _call():
    rng = np.random.default_rng(28)
    return (
        _gru(),
        rng.normal(size=3),
        rng.normal(size=(2, 4, 2)),
        np.array([2, 4]),
        rng.normal(size=2),
    )


CALLS = {
    "loss": (("p", "readout", "xs"), [_call()]),
    "sequence_loss": (("p", "xs"), [(_gru(), np.random.default_rng(2).normal(size=(4, 2)))]),
}
