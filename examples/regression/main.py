"""Fits a logistic regression with SciPy's minimiser and the generated gradient.

    python examples/regression/main.py

The data are scikit-learn's bundled breast-cancer measurements; a third of them is held out.
`loss_value_and_grad` returns what `minimize(..., jac=True)` asks for: value and gradient.
"""

import sys

import numpy as np
from model_grad import loss_value_and_grad
from scipy.optimize import minimize
from sklearn.datasets import load_breast_cancer

WANTED = 0.95


def main():
    rng = np.random.default_rng(0)
    x, label = load_breast_cancer(return_X_y=True)
    order = rng.permutation(len(x))
    held_out, kept = np.split(order, [len(order) // 3])
    x = (x - x[kept].mean(axis=0)) / x[kept].std(axis=0)
    sign = 2.0 * label - 1.0

    start = np.zeros(x.shape[1] + 1)
    found = minimize(
        loss_value_and_grad, start, args=(x[kept], sign[kept]), jac=True, method="L-BFGS-B"
    )
    margin = sign[held_out] * (x[held_out] @ found.x[:-1] + found.x[-1])
    reached = np.mean(margin > 0)
    print(f"loss {found.fun:.4f} after {found.nit} iterations of L-BFGS")
    print(f"{reached:.1%} of {len(held_out)} held-out cases are right")
    return 0 if found.success and reached >= WANTED else 1


if __name__ == "__main__":
    sys.exit(main())
