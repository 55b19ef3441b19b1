"""Functions that write into arrays: stencils, implicit sweeps, a factorisation, a recurrent net."""

import numpy as np
from jaxtyping import Float
from numpy import ndarray


def fdtd(
    ex: Float[ndarray, "n m"],
    ey: Float[ndarray, "n m"],
    hz: Float[ndarray, "n m"],
    source: Float[ndarray, "steps"],
) -> float:
    """Maxwell's equations on staggered grids, in place. Linear."""
    for t in range(len(source)):
        ey[0, :] = source[t]
        ey[1:, :] -= 0.5 * (hz[1:, :] - hz[:-1, :])
        ex[:, 1:] -= 0.5 * (hz[:, 1:] - hz[:, :-1])
        hz[:-1, :-1] -= 0.7 * (ex[:-1, 1:] - ex[:-1, :-1] + ey[1:, :-1] - ey[:-1, :-1])
    return np.sum(hz * hz)


def reaction(u: Float[ndarray, "n"], k: float, dt: float, steps: int) -> float:
    """Diffusion and a cubic reaction, from one buffer to the other."""
    u = u.copy()
    v = u.copy()
    for _ in range(steps):
        v[1:-1] = u[1:-1] + dt * (k * (u[2:] - 2.0 * u[1:-1] + u[:-2]) - u[1:-1] ** 3)
        u, v = v, u
    return np.sum(u * u)


def adi(u: Float[ndarray, "n n"], steps: int) -> float:
    """Alternating directions: implicit along columns, then along rows. Linear in u."""
    n = u.shape[0]
    u = u.copy()
    v = np.zeros_like(u)
    p = np.zeros_like(u)
    q = np.zeros_like(u)
    mul1, mul2 = 2.0 * n**2 / steps, 1.0 * n**2 / steps
    a, b = -mul1 / 2.0, 1.0 + mul1
    d, e = -mul2 / 2.0, 1.0 + mul2
    for _ in range(steps):
        v[0, 1:-1] = 1.0
        p[1:-1, 0] = 0.0
        q[1:-1, 0] = v[0, 1:-1]
        for j in range(1, n - 1):
            p[1:-1, j] = -a / (a * p[1:-1, j - 1] + b)
            q[1:-1, j] = (
                -d * u[j, :-2] + (1.0 + 2.0 * d) * u[j, 1:-1] - d * u[j, 2:] - a * q[1:-1, j - 1]
            ) / (a * p[1:-1, j - 1] + b)
        v[-1, 1:-1] = 1.0
        for j in range(n - 2, 0, -1):
            v[j, 1:-1] = p[1:-1, j] * v[j + 1, 1:-1] + q[1:-1, j]
        u[1:-1, 0] = 1.0
        p[1:-1, 0] = 0.0
        q[1:-1, 0] = u[1:-1, 0]
        for j in range(1, n - 1):
            p[1:-1, j] = -d / (d * p[1:-1, j - 1] + e)
            q[1:-1, j] = (
                -a * v[:-2, j] + (1.0 + 2.0 * a) * v[1:-1, j] - a * v[2:, j] - d * q[1:-1, j - 1]
            ) / (d * p[1:-1, j - 1] + e)
        u[1:-1, -1] = 1.0
        for j in range(n - 2, 0, -1):
            u[1:-1, j] = p[1:-1, j] * u[1:-1, j + 1] + q[1:-1, j]
    return np.sum(u * u)


def vertical_advection(
    utens_stage: Float[ndarray, "i j k"],
    u_stage: Float[ndarray, "i j k"],
    wcon: Float[ndarray, "i+1 j k"],
    u_pos: Float[ndarray, "i j k"],
    utens: Float[ndarray, "i j k"],
    dtr_stage: float,
) -> float:
    """Implicit advection in a weather model: tridiagonal systems along k, solved in place."""
    shape = utens_stage.shape
    depth = shape[2]
    minus, plus = 0.5 * (1.0 - 0.1), 0.5 * (1.0 + 0.1)
    ccol = np.empty(shape)
    dcol = np.empty(shape)
    data_col = np.empty(shape[:2])

    gcv = 0.25 * (wcon[1:, :, 1] + wcon[:-1, :, 1])
    ccol[:, :, 0] = gcv * plus
    divided = 1.0 / (dtr_stage - ccol[:, :, 0])
    correction = -(gcv * minus) * (u_stage[:, :, 1] - u_stage[:, :, 0])
    dcol[:, :, 0] = dtr_stage * u_pos[:, :, 0] + utens[:, :, 0] + utens_stage[:, :, 0] + correction
    ccol[:, :, 0] *= divided
    dcol[:, :, 0] *= divided

    for k in range(1, depth - 1):
        gav = -0.25 * (wcon[1:, :, k] + wcon[:-1, :, k])
        gcv = 0.25 * (wcon[1:, :, k + 1] + wcon[:-1, :, k + 1])
        acol = gav * plus
        ccol[:, :, k] = gcv * plus
        bcol = dtr_stage - acol - ccol[:, :, k]
        correction = -(gav * minus) * (u_stage[:, :, k - 1] - u_stage[:, :, k]) - (gcv * minus) * (
            u_stage[:, :, k + 1] - u_stage[:, :, k]
        )
        dcol[:, :, k] = (
            dtr_stage * u_pos[:, :, k] + utens[:, :, k] + utens_stage[:, :, k] + correction
        )
        divided = 1.0 / (bcol - ccol[:, :, k - 1] * acol)
        ccol[:, :, k] = ccol[:, :, k] * divided
        dcol[:, :, k] = (dcol[:, :, k] - dcol[:, :, k - 1] * acol) * divided

    k = depth - 1
    gav = -0.25 * (wcon[1:, :, k] + wcon[:-1, :, k])
    acol = gav * plus
    correction = -(gav * minus) * (u_stage[:, :, k - 1] - u_stage[:, :, k])
    dcol[:, :, k] = dtr_stage * u_pos[:, :, k] + utens[:, :, k] + utens_stage[:, :, k] + correction
    divided = 1.0 / (dtr_stage - acol - ccol[:, :, k - 1] * acol)
    dcol[:, :, k] = (dcol[:, :, k] - dcol[:, :, k - 1] * acol) * divided

    data_col[:] = dcol[:, :, k]
    utens_stage[:, :, k] = dtr_stage * (data_col - u_pos[:, :, k])
    for k in range(depth - 2, -1, -1):
        data_col[:] = dcol[:, :, k] - ccol[:, :, k] * data_col
        utens_stage[:, :, k] = dtr_stage * (data_col - u_pos[:, :, k])
    return np.sum(utens_stage * utens_stage)


def cholesky(A: Float[ndarray, "n n"], w: Float[ndarray, "n n"]) -> float:
    """The lower factor over the lower half of A, weighted with w."""
    n = A.shape[0]
    for i in range(n):
        for j in range(i):
            A[i, j] = (A[i, j] - A[i, :j] @ A[j, :j]) / A[j, j]
        A[i, i] = np.sqrt(A[i, i] - A[i, :i] @ A[i, :i])
    return np.sum(w * A)


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def lstm(
    Wx: Float[ndarray, "inputs 4*h"],
    Wh: Float[ndarray, "h 4*h"],
    b: Float[ndarray, "4*h"],
    xs: Float[ndarray, "steps inputs"],
    targets: Float[ndarray, "steps h"],
) -> float:
    """The squared error of a recurrent net; its states are the rows of two arrays."""
    steps, size = targets.shape
    hs = np.zeros((steps + 1, size))
    cs = np.zeros((steps + 1, size))
    for t in range(steps):
        gates = xs[t] @ Wx + hs[t] @ Wh + b
        i = sigmoid(gates[:size])
        f = sigmoid(gates[size : 2 * size])
        o = sigmoid(gates[2 * size : 3 * size])
        g = np.tanh(gates[3 * size :])
        cs[t + 1] = f * cs[t] + i * g
        hs[t + 1] = o * np.tanh(cs[t + 1])
    r = hs[1:] - targets
    return np.sum(r * r)
