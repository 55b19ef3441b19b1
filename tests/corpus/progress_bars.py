"""tqdm around an iterable changes nothing about the derivative."""

import numpy as np
import tqdm as bars
from tqdm import tqdm, trange


def around_a_range(x: float, n: int = 4) -> float:
    for k in tqdm(range(n), disable=True):
        x = np.sin(x) * (k + 1) + 0.5
    return x


def around_an_array(x):
    total = 0.0
    for v in tqdm(x, desc="sum", disable=True):
        total = total * v + v
    return total


def around_enumerate_and_inside_it(x):
    total = 0.0
    for k, v in enumerate(tqdm(x, disable=True)):
        total = total + v**2 * k
    for k, v in bars.tqdm(enumerate(x), total=len(x), disable=True):
        total = total * v + k
    return total


def with_a_postfix(x: float, n: int = 3) -> float:
    """The bar has a name and shows the value."""
    bar = trange(n, disable=True)
    for _ in bar:
        x = x * x * 0.5 + 0.1
        bar.set_postfix(x=float(x))
    return x


r = np.random.default_rng(22).standard_normal
CALLS = {
    "around_a_range": ("x", [(0.7,)]),
    "around_an_array": ("x", [(r(4),)]),
    "around_enumerate_and_inside_it": ("x", [(r(4),)]),
    "with_a_postfix": ("x", [(0.7,)]),
}

REFUSED = {
    "with_a_postfix": "S2S012",
}
