"""Functions around others, as text: Jacobians and Hessians by a loop over directions.

    columns of a Jacobian    f_jvp along each unit vector of the parameter
    rows of a Jacobian       f_vjp for each unit vector of the result
    columns of a Hessian     loss_hvp along each unit vector

Arrays have a loop over their elements, which fills a block for each parameter (`arrays.py`).
Containers have one over all their numbers, which fills a matrix; helpers cut that into blocks
(`containers.py`). What stands in the loop (`inner.py`) is the derivative without what is the same
along every direction, which stands before it; or a call, where that cannot be told apart.

A driver takes the parameters of the function that it is made from, but for the directions. Its text
needs NumPy alone.
"""

from __future__ import annotations

from s2sad.drivers.arrays import COLUMN_GROUPS, hessian, jacobian, sparse_jacobian
from s2sad.drivers.containers import Around, tree_hessian, tree_jacobian
from s2sad.drivers.inner import Inner, inner_function

__all__ = [
    "COLUMN_GROUPS",
    "Around",
    "Inner",
    "hessian",
    "inner_function",
    "jacobian",
    "sparse_jacobian",
    "tree_hessian",
    "tree_jacobian",
]
