"""Derivatives of NumPy functions, as readable source.

    from s2sad import differentiable

    @differentiable(wrt=("W", "b"))
    def loss(W, b, x, t): ...

    value, (d_W, d_b) = loss.value_and_grad(W, b, x, t)
    print(loss.grad.source)

`s2sad generate model.py -o model_grad.py` writes the same functions into a file that needs
nothing but NumPy. Importing this package is cheap: the compiler is imported when something has to
be generated.
"""

from s2sad.api import (
    differentiable,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    sparse_jacobian,
    value_and_grad,
    vjp,
)
from s2sad.errors import S2SADError
from s2sad.markers import adjoint, checkpointed, on_gradient, stop_gradient

__version__ = "0.1.0"

__all__ = [
    "S2SADError",
    "adjoint",
    "checkpointed",
    "differentiable",
    "grad",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "on_gradient",
    "sparse_jacobian",
    "stop_gradient",
    "value_and_grad",
    "vjp",
]
