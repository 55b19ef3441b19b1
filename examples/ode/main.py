"""Fits the rates of a differential equation by Gauss and Newton's method.

    python examples/ode/main.py

Four rates and sixty residuals: the Jacobian has four columns, each a tangent along one rate.
`scipy.optimize.least_squares` gets it from the generated file, and is asked once more without it.
"""

import sys

import numpy as np
from model import residuals
from model_grad import residuals_jacobian
from scipy.optimize import least_squares

TRUE = np.array([0.8, 0.4, 0.9, 0.3])


def main():
    rng = np.random.default_rng(1)
    start = np.array([4.0, 1.5])
    exact = residuals(TRUE, start, np.zeros((30, 2))).reshape(30, 2)
    counted = exact * (1.0 + 0.01 * rng.standard_normal(exact.shape))
    guess = np.array([0.7, 0.35, 0.8, 0.35])

    fit = least_squares(residuals, guess, jac=residuals_jacobian, args=(start, counted))
    other = least_squares(residuals, guess, jac="3-point", args=(start, counted), xtol=1e-12)
    print("rates", np.round(fit.x, 4), "where the truth is", TRUE)
    print(
        f"{fit.nfev} evaluations; by differences the same to {np.max(np.abs(fit.x - other.x)):.1e}"
    )

    columns = []
    for k in range(4):
        complex_rates = TRUE.astype(complex)
        complex_rates[k] += 1e-30j
        columns.append(complex_step(complex_rates, start, counted))
    exactly = np.stack(columns, axis=1)
    error = np.max(np.abs(residuals_jacobian(TRUE, start, counted) - exactly))
    print(f"largest difference from complex steps {error:.1e}")
    close = np.allclose(fit.x, other.x, rtol=1e-5) and np.allclose(fit.x, TRUE, rtol=0.05)
    return 0 if close and error < 1e-9 * np.max(np.abs(exactly)) else 1


def complex_step(rates, start, counted):
    """A column of the Jacobian: the imaginary part of the residuals, which are written anew."""
    state, found = start.astype(complex), []
    for k in range(len(counted) * 20):
        if k % 20 == 0:
            found.append(state)
        k1 = slope_of(state, rates)
        k2 = slope_of(state + 0.025 * k1, rates)
        k3 = slope_of(state + 0.025 * k2, rates)
        k4 = slope_of(state + 0.05 * k3, rates)
        state = state + 0.05 / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
    return np.ravel(found).imag / 1e-30


def slope_of(state, rates):
    return np.array(
        [
            (rates[0] - rates[1] * state[1]) * state[0],
            (rates[3] * state[0] - rates[2]) * state[1],
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
