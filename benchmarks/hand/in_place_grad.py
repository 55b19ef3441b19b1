"""Gradients of in_place.py, as an expert would write them by hand."""

import numpy as np


def fdtd_value_and_grad(ex, ey, hz, source):
    # Forward; the caller's fields are left as they were.
    ex, ey, hz = ex.copy(), ey.copy(), hz.copy()
    for t in range(len(source)):
        ey[0, :] = source[t]
        ey[1:, :] -= 0.5 * (hz[1:, :] - hz[:-1, :])
        ex[:, 1:] -= 0.5 * (hz[:, 1:] - hz[:, :-1])
        hz[:-1, :-1] -= 0.7 * (ex[:-1, 1:] - ex[:-1, :-1] + ey[1:, :-1] - ey[:-1, :-1])
    value = np.sum(hz * hz)

    # Backward; linear, so the fields are not needed.
    d_hz = 2.0 * hz
    d_ex = np.zeros_like(ex)
    d_ey = np.zeros_like(ey)
    d_source = np.empty_like(source)
    for t in reversed(range(len(source))):
        d_curl = 0.7 * d_hz[:-1, :-1]
        d_ex[:-1, 1:] -= d_curl
        d_ex[:-1, :-1] += d_curl
        d_ey[1:, :-1] -= d_curl
        d_ey[:-1, :-1] += d_curl
        d_change = 0.5 * d_ex[:, 1:]
        d_hz[:, 1:] -= d_change
        d_hz[:, :-1] += d_change
        d_change = 0.5 * d_ey[1:, :]
        d_hz[1:, :] -= d_change
        d_hz[:-1, :] += d_change
        d_source[t] = np.sum(d_ey[0, :])
        d_ey[0, :] = 0.0
    return value, (d_ex, d_ey, d_hz, d_source)


def reaction_value_and_grad(u, k, dt, steps):
    # Forward, keeping what each step starts from.
    u = u.copy()
    v = u.copy()
    u_trace = np.empty((steps, len(u)))
    for t in range(steps):
        u_trace[t] = u
        v[1:-1] = u[1:-1] + dt * (k * (u[2:] - 2.0 * u[1:-1] + u[:-2]) - u[1:-1] ** 3)
        u, v = v, u
    value = np.sum(u * u)

    # Backward.
    d_u = 2.0 * u
    d_v = np.zeros_like(v)
    d_k = 0.0
    for t in reversed(range(steps)):
        u = u_trace[t]
        d_u, d_v = d_v, d_u
        d_new = d_v[1:-1]
        d_rate = dt * d_new
        d_u[1:-1] += d_new - 3.0 * d_rate * u[1:-1] ** 2
        d_k += np.sum(d_rate * (u[2:] - 2.0 * u[1:-1] + u[:-2]))
        d_rate *= k
        d_u[2:] += d_rate
        d_u[1:-1] -= 2.0 * d_rate
        d_u[:-2] += d_rate
        d_new[:] = 0.0
    d_u += d_v
    return value, (d_u, d_k)


def adi_value_and_grad(u, steps):
    # Forward.
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
    value = np.sum(u * u)

    # Backward. Linear: only p is needed, which is the same in every step.
    d_u = 2.0 * u
    d_v = np.zeros_like(u)
    d_q = np.zeros_like(u)
    for _ in range(steps):
        p[1:-1, 0] = 0.0
        for j in range(1, n - 1):
            p[1:-1, j] = -d / (d * p[1:-1, j - 1] + e)
        for j in range(1, n - 1):
            d_new = d_u[1:-1, j]
            d_u[1:-1, j + 1] += p[1:-1, j] * d_new
            d_q[1:-1, j] += d_new
            d_new[:] = 0.0
        d_u[1:-1, -1] = 0.0
        for j in range(n - 2, 0, -1):
            d_numerator = d_q[1:-1, j] / (d * p[1:-1, j - 1] + e)
            d_v[:-2, j] -= a * d_numerator
            d_v[1:-1, j] += (1.0 + 2.0 * a) * d_numerator
            d_v[2:, j] -= a * d_numerator
            d_q[1:-1, j - 1] -= d * d_numerator
            d_q[1:-1, j] = 0.0
        d_q[1:-1, 0] = 0.0
        d_u[1:-1, 0] = 0.0
        for j in range(1, n - 1):
            p[1:-1, j] = -a / (a * p[1:-1, j - 1] + b)
        for j in range(1, n - 1):
            d_new = d_v[j, 1:-1]
            d_v[j + 1, 1:-1] += p[1:-1, j] * d_new
            d_q[1:-1, j] += d_new
            d_new[:] = 0.0
        d_v[-1, 1:-1] = 0.0
        for j in range(n - 2, 0, -1):
            d_numerator = d_q[1:-1, j] / (a * p[1:-1, j - 1] + b)
            d_u[j, :-2] -= d * d_numerator
            d_u[j, 1:-1] += (1.0 + 2.0 * d) * d_numerator
            d_u[j, 2:] -= d * d_numerator
            d_q[1:-1, j - 1] -= a * d_numerator
            d_q[1:-1, j] = 0.0
        d_q[1:-1, 0] = 0.0
        d_v[0, 1:-1] = 0.0
    return value, d_u


def vertical_advection_value_and_grad(utens_stage, u_stage, wcon, u_pos, utens, dtr_stage):
    # Forward, keeping the solution x beside the coefficients.
    shape = utens_stage.shape
    depth = shape[2]
    minus, plus = 0.5 * (1.0 - 0.1), 0.5 * (1.0 + 0.1)
    ccol = np.empty(shape)
    dcol = np.empty(shape)
    divided = np.empty(shape)
    x = np.empty(shape)
    for k in range(depth):
        ahead = behind = 0.0
        correction = 0.0
        if k > 0:
            gav = -0.25 * (wcon[1:, :, k] + wcon[:-1, :, k])
            behind = gav * plus
            correction = -(gav * minus) * (u_stage[:, :, k - 1] - u_stage[:, :, k])
        if k < depth - 1:
            gcv = 0.25 * (wcon[1:, :, k + 1] + wcon[:-1, :, k + 1])
            ahead = gcv * plus
            correction = correction - (gcv * minus) * (u_stage[:, :, k + 1] - u_stage[:, :, k])
        right = dtr_stage * u_pos[:, :, k] + utens[:, :, k] + utens_stage[:, :, k] + correction
        pivot = dtr_stage - behind - ahead
        if k > 0:
            pivot = pivot - ccol[:, :, k - 1] * behind
            right -= dcol[:, :, k - 1] * behind
        divided[:, :, k] = 1.0 / pivot
        ccol[:, :, k] = ahead * divided[:, :, k]
        dcol[:, :, k] = right * divided[:, :, k]
    x[:, :, -1] = dcol[:, :, -1]
    for k in range(depth - 2, -1, -1):
        x[:, :, k] = dcol[:, :, k] - ccol[:, :, k] * x[:, :, k + 1]
    out = dtr_stage * (x - u_pos)
    value = np.sum(out * out)

    # Backward: the substitution from top to bottom, then the elimination.
    d_x = 2.0 * dtr_stage * out
    d_u_pos = -d_x
    d_ccol = np.zeros(shape)
    for k in range(depth - 1):
        d_ccol[:, :, k] = -d_x[:, :, k] * x[:, :, k + 1]
        d_x[:, :, k + 1] -= ccol[:, :, k] * d_x[:, :, k]
    d_dcol = d_x
    d_u_stage = np.zeros(shape)
    d_wcon = np.zeros(wcon.shape)
    for k in reversed(range(depth)):
        d_dcol[:, :, k] *= divided[:, :, k]  # now the adjoint of the right-hand side
        d_right = d_dcol[:, :, k]
        d_ahead = d_ccol[:, :, k] * divided[:, :, k]
        d_pivot = -(d_right * dcol[:, :, k] + d_ahead * ccol[:, :, k])
        d_ahead -= d_pivot
        if k > 0:
            gav = -0.25 * (wcon[1:, :, k] + wcon[:-1, :, k])
            behind = gav * plus
            d_dcol[:, :, k - 1] -= behind * d_right
            d_ccol[:, :, k - 1] -= behind * d_pivot
            d_behind = -(dcol[:, :, k - 1] * d_right + ccol[:, :, k - 1] * d_pivot + d_pivot)
            change = minus * gav * d_right
            d_u_stage[:, :, k - 1] -= change
            d_u_stage[:, :, k] += change
            d_gav = plus * d_behind
            d_gav -= minus * d_right * (u_stage[:, :, k - 1] - u_stage[:, :, k])
            d_gav *= 0.25
            d_wcon[1:, :, k] -= d_gav
            d_wcon[:-1, :, k] -= d_gav
        if k < depth - 1:
            gcv = 0.25 * (wcon[1:, :, k + 1] + wcon[:-1, :, k + 1])
            change = minus * gcv * d_right
            d_u_stage[:, :, k + 1] -= change
            d_u_stage[:, :, k] += change
            d_gcv = plus * d_ahead
            d_gcv -= minus * d_right * (u_stage[:, :, k + 1] - u_stage[:, :, k])
            d_gcv *= 0.25
            d_wcon[1:, :, k + 1] += d_gcv
            d_wcon[:-1, :, k + 1] += d_gcv
    d_u_pos += dtr_stage * d_dcol
    return value, (d_dcol, d_u_stage, d_wcon, d_u_pos, d_dcol.copy())


def cholesky_value_and_grad(A, w):
    # Forward.
    A = A.copy()
    n = A.shape[0]
    for i in range(n):
        for j in range(i):
            A[i, j] = (A[i, j] - A[i, :j] @ A[j, :j]) / A[j, j]
        A[i, i] = np.sqrt(A[i, i] - A[i, :i] @ A[i, :i])
    value = np.sum(w * A)

    # Backward; each element is final once it is written.
    d_A = w.copy()
    d_w = A.copy()
    for i in reversed(range(n)):
        d_A[i, i] *= 0.5 / A[i, i]
        d_A[i, :i] -= 2.0 * d_A[i, i] * A[i, :i]
        for j in reversed(range(i)):
            d_A[i, j] /= A[j, j]
            d_A[j, j] -= d_A[i, j] * A[i, j]
            d_A[i, :j] -= d_A[i, j] * A[j, :j]
            d_A[j, :j] -= d_A[i, j] * A[i, :j]
    return value, (d_A, d_w)


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def lstm_value_and_grad(Wx, Wh, b, xs, targets):
    # Forward, keeping the gates after their nonlinearities.
    steps, size = targets.shape
    hs = np.zeros((steps + 1, size))
    cs = np.zeros((steps + 1, size))
    gates = np.empty((steps, 4 * size))
    tanh_c = np.empty((steps, size))
    for t in range(steps):
        z = xs[t] @ Wx + hs[t] @ Wh + b
        gates[t, : 3 * size] = sigmoid(z[: 3 * size])
        gates[t, 3 * size :] = np.tanh(z[3 * size :])
        i, f, o, g = gates[t].reshape(4, size)
        cs[t + 1] = f * cs[t] + i * g
        tanh_c[t] = np.tanh(cs[t + 1])
        hs[t + 1] = o * tanh_c[t]
    r = hs[1:] - targets
    value = np.sum(r * r)

    # Backward; the products with the inputs of all steps at once.
    d_zs = np.empty((steps, 4 * size))
    d_h = np.zeros(size)
    d_c = np.zeros(size)
    for t in reversed(range(steps)):
        i, f, o, g = gates[t].reshape(4, size)
        d_h = d_h + 2.0 * r[t]
        d_c = d_c + d_h * o * (1.0 - tanh_c[t] ** 2)
        d_z = d_zs[t]
        d_z[:size] = d_c * g * i * (1.0 - i)
        d_z[size : 2 * size] = d_c * cs[t] * f * (1.0 - f)
        d_z[2 * size : 3 * size] = d_h * tanh_c[t] * o * (1.0 - o)
        d_z[3 * size :] = d_c * i * (1.0 - g * g)
        d_h = Wh @ d_z
        d_c = d_c * f
    return value, (xs.T @ d_zs, hs[:-1].T @ d_zs, d_zs.sum(axis=0))
