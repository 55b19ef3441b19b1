"""Linear quadratic control: Riccati iteration, its gain, and the cost of a rollout."""

import numpy as np


def riccati(A, B, Q, R, tol=1e-11, max_iter=500):
    P = Q
    for _ in range(max_iter):
        K = np.linalg.solve(R + B.T @ P @ B, B.T @ P @ A)
        P_new = Q + A.T @ P @ (A - B @ K)
        if np.linalg.norm(P_new - P) < tol:
            return P_new, K
        P = P_new
    raise RuntimeError("Riccati iteration did not converge")


def closed_loop_cost(A, B, q, r, x0, horizon=5):
    """Cost of the controller that is optimal for (q, r), measured with weights of one."""
    Q = np.diag(q)
    R = np.diag(r)
    P, K = riccati(A, B, Q, R)
    x = x0
    cost = 0.0
    for _ in range(horizon):
        u = -K @ x
        cost += x @ x + 0.1 * u @ u
        x = A @ x + B @ u
    return cost + x @ P @ x


def _call():
    A = np.array([[1.0, 0.1], [-0.1, 0.95]])
    B = np.array([[0.0], [0.1]])
    return A, B, np.array([1.0, 0.5]), np.array([0.2]), np.array([1.0, -0.5])


CALLS = {"closed_loop_cost": (("A", "B", "q", "r", "x0"), [_call])}
