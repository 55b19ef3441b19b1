"""What type checkers see of the public interface. Checked by mypy --strict, never run."""

from collections.abc import Callable
from typing import Any, assert_type

import numpy as np
from numpy.typing import NDArray

from s2sad import differentiable, grad, stop_gradient, value_and_grad, vjp

Array = NDArray[np.float64]


@differentiable(wrt=("W", "b"))
def loss(W: Array, b: Array, x: float) -> float:
    return float(np.sum(W * x + b))


@differentiable
def square(x: Array) -> float:
    return float(np.sum(x * x))


class Model:
    @differentiable(wrt="q")
    def energy(self, q: float, p: float) -> float:
        return q * p


def usage(W: Array, b: Array, model: Model) -> None:
    assert_type(loss(W, b, 1.0), float)
    assert_type(loss.value_and_grad(W, b, x=1.0), tuple[float, Any])
    assert_type(loss.vjp(W, b, 1.0, d_out=1.0), tuple[float, Any])
    assert_type(square(W), float)
    loss.grad(W, b, "x")  # type: ignore[arg-type]
    assert_type(model.energy(1.0, 2.0), float)
    assert_type(Model.energy.value_and_grad(model, 1.0, 2.0), tuple[float, Any])
    assert_type(value_and_grad(loss, "x")(W, b, 1.0), tuple[float, Any])
    assert_type(grad(model.energy)(1.0, 2.0), Any)
    vector_product: Callable[..., tuple[float, Any]] = vjp(square)
    vector_product(W, d_out=1.0)
    assert_type(stop_gradient(W), Array)
