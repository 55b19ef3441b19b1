"""Implicit Euler steps with Newton's method, for the oscillator of van der Pol."""

import numpy as np


def jacobian(y, mu):
    return np.array([[0.0, 1.0], [-1.0 - 2 * mu * y[0] * y[1], mu * (1 - y[0] ** 2)]])


def van_der_pol(y, mu):
    return np.array([y[1], mu * (1 - y[0] ** 2) * y[1] - y[0]])


def implicit_euler(y0, mu, h=0.1, n=3, tol=1e-12):
    y = y0
    for _ in range(n):
        guess = y.copy()
        for _k in range(20):
            residual = guess - y - h * van_der_pol(guess, mu)
            if np.linalg.norm(residual) < tol:
                break
            guess = guess - np.linalg.solve(np.eye(2) - h * jacobian(guess, mu), residual)
        else:
            raise RuntimeError("no convergence")
        y = guess
    return y[0] ** 2 + 0.5 * y[1]


CALLS = {"implicit_euler": (("y0", "mu"), [lambda: (np.array([1.0, 0.3]), 2.0)])}
