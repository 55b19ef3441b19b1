"""Arrays: broadcasting, indexing, what carries no derivative."""

import numpy as np
from jaxtyping import Float, Float32
from numpy import ndarray
from numpy.typing import NDArray

from s2sad import differentiable


@differentiable(wrt=("x", "row", "col", "s"))
def broadcasting(
    x: Float[ndarray, "n m"],
    row: Float[ndarray, "m"],
    col: Float[ndarray, "n 1"],
    s: float,
) -> float:
    """Every kind of expansion: a row, a column of size one, a scalar."""
    z = (x - row) * col / (1.0 + s * s)
    return np.sum(np.exp(-z * z) + s)


@differentiable(wrt=("x", "y"))
def broadcasting_unknown(x, y):
    """The same without annotations: called with many shapes."""
    return np.sum((x + y) * np.sin(x * y))


@differentiable(wrt="x")
def indexing(x: Float[ndarray, "n m"], idx: NDArray[np.int64]) -> float:
    """Integers, slices with negative steps, ellipsis, newaxis, fancy indices with repeats, masks."""
    a = x[0] * x[-1]
    b = x[::-2, 1:3]
    c = x[idx]  # idx may repeat
    d = x[..., 0][:, np.newaxis] * x
    e = x[x > 0.1]
    return a.sum() + np.prod(b) + np.sum(c**3) + (d**2).mean() + np.sum(np.sqrt(e))


@differentiable(wrt="x")
def single_precision(x: Float32[ndarray, "n"]) -> float:
    """float32 in, float32 gradient out."""
    return np.sum(np.exp(x) * np.float32(0.5))


@differentiable(wrt="w")
def inactive_code(w: Float[ndarray, "k"], text: str = "3 1 2") -> float:
    """Code that carries no derivative may use any Python."""
    try:
        order = sorted(range(len(w)), key=lambda i: text.split()[i])
    except IndexError:
        order = list(range(len(w)))
    table = {name: k for k, name in enumerate("abc")}
    rng = np.random.default_rng(0)
    noise = rng.normal(size=w.shape)
    return float(
        np.sum(w[order] * np.arange(len(w)) ** table["c"]) + np.sum(w * noise * w)
    )


@differentiable(wrt="x")
def where_guards(x: Float[ndarray, "n"]) -> float:
    """The branch not taken must not poison the gradient."""
    safe = np.where(x > 0, x, 1.0)
    return np.sum(np.where(x > 0, np.log(safe) * x, x**2)) + np.sum(
        np.maximum(x, 0.0) ** 1.5
    )
