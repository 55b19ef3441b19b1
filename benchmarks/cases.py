"""The benchmarks' programs, what they are differentiated for, and their arguments in two sizes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.programs.yardstick import Layer

r = np.random.default_rng(2026).standard_normal


def layers(*sizes: int) -> list[Any]:
    return [Layer(r((n, m)) / np.sqrt(n), r(m)) for n, m in zip(sizes, sizes[1:], strict=False)]


def mlp(n: int, i: int, h: int, o: int) -> tuple[Any, ...]:
    return r((i, h)), r(h), r((h, o)), r(o), r((n, i)), r((n, o))


def softmax(n: int, i: int, o: int) -> tuple[Any, ...]:
    labels = np.arange(n) % o
    return {"W": r((i, o)), "b": r(o)}, r((n, i)), labels


def columns(i: int, j: int, k: int) -> tuple[Any, ...]:
    """Fields of a weather model."""
    return r((i, j, k)), r((i, j, k)), r((i + 1, j, k)), r((i, j, k)), r((i, j, k)), 3.0


def definite(n: int) -> np.ndarray:
    a = r((n, n))
    return np.asarray(a @ a.T + n * np.eye(n))


Case = tuple[str, str, tuple[str, ...], str, dict[str, Callable[[], tuple[Any, ...]]]]

# (module, function, wrt, hand-written module, {size: arguments}). Those of the modules mlp_grad,
# recurrence_grad, sharing_grad, stencil_grad, arrays_grad and further are the project's yardstick.
CASES: list[Case] = [
    (
        "yardstick",
        "loss",
        ("W1", "b1", "W2", "b2"),
        "mlp_grad",
        {"small": lambda: mlp(8, 4, 8, 3), "large": lambda: mlp(256, 128, 256, 10)},
    ),
    (
        "yardstick",
        "energy",
        ("x",),
        "recurrence_grad",
        {"small": lambda: (0.7, 20), "large": lambda: (0.7, 2000)},
    ),
    (
        "yardstick",
        "norm_of_output",
        ("w1", "w2"),
        "sharing_grad",
        {
            "small": lambda: (r((5, 5)), r((5, 5)), r(5)),
            "large": lambda: (r((300, 300)), r((300, 300)), r(300)),
        },
    ),
    (
        "yardstick",
        "cross_entropy",
        ("params",),
        "further",
        {"small": lambda: softmax(8, 4, 3), "large": lambda: softmax(1000, 64, 10)},
    ),
    (
        "yardstick",
        "deep",
        ("layers",),
        "further",
        {
            "small": lambda: (layers(4, 8, 8, 2), r((8, 4)), r((8, 2))),
            "large": lambda: (layers(64, 256, 256, 10), r((256, 64)), r((256, 10))),
        },
    ),
    (
        "yardstick",
        "while_newton",
        ("x", "y"),
        "further",
        {"small": lambda: (1.4, 3.0), "large": lambda: (1e6, 3.0)},
    ),
    (
        "kernels",
        "attention",
        ("q", "k", "v"),
        "kernels_grad",
        {
            "small": lambda: (r((6, 4)), r((7, 4)), r((7, 3))),
            "large": lambda: (r((256, 64)), r((256, 64)), r((256, 64))),
        },
    ),
    (
        "kernels",
        "mixture",
        ("means", "log_scales"),
        "kernels_grad",
        {
            "small": lambda: (r((3, 2)), 0.1 * r((3, 2)), r((10, 2))),
            "large": lambda: (r((20, 10)), 0.1 * r((20, 10)), r((1000, 10))),
        },
    ),
    (
        "kernels",
        "recurrent",
        ("W", "U", "b"),
        "kernels_grad",
        {
            "small": lambda: (r((4, 3)), r((4, 4)), r(4), r((6, 3)), r((6, 4))),
            "large": lambda: (
                r((64, 32)) / 6,
                r((64, 64)) / 8,
                r(64),
                r((200, 32)),
                r((200, 64)),
            ),
        },
    ),
    (
        "kernels",
        "rosenbrock",
        ("x",),
        "kernels_grad",
        {"small": lambda: (r(10),), "large": lambda: (r(100_000),)},
    ),
    (
        "kernels",
        "logistic",
        ("w", "b"),
        "kernels_grad",
        {
            "small": lambda: (r(4), 0.3, r((10, 4)), np.sign(r(10))),
            "large": lambda: (r(100) / 10, 0.3, r((2000, 100)), np.sign(r(2000))),
        },
    ),
    (
        "kernels",
        "kalman",
        ("a", "q", "s"),
        "kernels_grad",
        {"small": lambda: (0.9, 0.3, 0.5, r(10)), "large": lambda: (0.9, 0.3, 0.5, r(1000))},
    ),
    (
        "yardstick",
        "misfit",
        ("u",),
        "stencil_grad",
        {
            "small": lambda: (r(20), r(20), 0.2, 10),
            "large": lambda: (r(100_000), r(100_000), 0.2, 20),
        },
    ),
    (
        "yardstick",
        "prefix_recurrence",
        ("x",),
        "arrays_grad",
        {"small": lambda: (r(10),), "large": lambda: (r(1000),)},
    ),
    (
        "yardstick",
        "forward_substitution",
        ("L", "b"),
        "arrays_grad",
        {
            "small": lambda: (np.tril(r((5, 5))) + 5 * np.eye(5), r(5)),
            "large": lambda: (np.tril(r((300, 300))) / 20 + 5 * np.eye(300), r(300)),
        },
    ),
    (
        "in_place",
        "fdtd",
        ("ex", "ey", "hz", "source"),
        "in_place_grad",
        {
            "small": lambda: (r((8, 9)), r((8, 9)), r((8, 9)), r(6)),
            "large": lambda: (r((200, 210)), r((200, 210)), r((200, 210)), r(30)),
        },
    ),
    (
        "in_place",
        "reaction",
        ("u", "k"),
        "in_place_grad",
        {
            "small": lambda: (r(20), 0.3, 0.1, 10),
            "large": lambda: (r(20_000) / 3, 0.3, 0.1, 50),
        },
    ),
    (
        "in_place",
        "adi",
        ("u",),
        "in_place_grad",
        {"small": lambda: (r((6, 6)), 3), "large": lambda: (r((150, 150)), 4)},
    ),
    (
        "in_place",
        "vertical_advection",
        ("utens_stage", "u_stage", "wcon", "u_pos", "utens"),
        "in_place_grad",
        {"small": lambda: columns(2, 3, 5), "large": lambda: columns(60, 60, 40)},
    ),
    (
        "in_place",
        "cholesky",
        ("A", "w"),
        "in_place_grad",
        {
            "small": lambda: (definite(5), r((5, 5))),
            "large": lambda: (definite(100), r((100, 100))),
        },
    ),
    (
        "in_place",
        "lstm",
        ("Wx", "Wh", "b"),
        "in_place_grad",
        {
            "small": lambda: (r((3, 16)), r((4, 16)), r(16), r((6, 3)), r((6, 4))),
            "large": lambda: (
                r((32, 256)) / 6,
                r((64, 256)) / 8,
                r(256),
                r((100, 32)),
                r((100, 64)),
            ),
        },
    ),
]
