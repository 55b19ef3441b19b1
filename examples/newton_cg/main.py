"""Newton's method in 10,000 variables, with Hessians times directions.

    python examples/newton_cg/main.py

No Hessian is ever made: `scipy.optimize.minimize(method="trust-ncg")` asks for its products with
directions, which the generated `area_hvp` gives at the price of about two gradients each.
"""

import sys

import numpy as np
from model_grad import area_hvp, area_value_and_grad
from scipy.optimize import minimize

SIZE = 100


def main():
    edge = np.linspace(0.0, 2.0 * np.pi, SIZE + 2)
    frame = np.zeros((SIZE + 2, SIZE + 2))
    frame[0], frame[-1] = np.sin(edge), np.sin(edge)
    frame[:, 0], frame[:, -1] = -np.sin(edge), -np.sin(edge)

    def value_and_grad(x):
        value, gradient = area_value_and_grad(x.reshape(SIZE, SIZE), frame)
        return value, gradient.ravel()

    def product(x, direction):
        shape = (SIZE, SIZE)
        return area_hvp(x.reshape(shape), frame, dot_u=direction.reshape(shape)).ravel()

    start = np.zeros(SIZE * SIZE)
    options = {"gtol": 1e-7}
    found = minimize(
        value_and_grad, start, jac=True, hessp=product, method="trust-ncg", options=options
    )
    slope = np.max(np.abs(found.jac))
    print(f"{found.x.size} variables, {found.nit} steps of Newton's method, {found.nhev} products")
    print(f"area {start_area(value_and_grad, start):.4f} -> {found.fun:.4f}, slope {slope:.1e}")

    rng = np.random.default_rng(0)
    direction, step = rng.standard_normal(start.size), 1e-5
    near = value_and_grad(found.x + step * direction)[1]
    back = value_and_grad(found.x - step * direction)[1]
    numeric = (near - back) / (2.0 * step)
    error = np.max(np.abs(product(found.x, direction) - numeric)) / np.max(np.abs(numeric))
    print(f"a product and differences of the gradient agree to {error:.1e}")
    return 0 if slope < 1e-6 and error < 1e-7 else 1


def start_area(value_and_grad, start):
    return value_and_grad(start)[0]


if __name__ == "__main__":
    sys.exit(main())
