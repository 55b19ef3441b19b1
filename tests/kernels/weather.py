"""Kernels of weather models on (i, j, k) grids: columns are solved along k."""

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from tests.kernels import Kernel


def thomas_columns(a, b, c, d):
    """One tridiagonal system in each column, all columns at once; c and d are used up."""
    n = d.shape[-1]
    c[..., 0] = c[..., 0] / b[..., 0]
    d[..., 0] = d[..., 0] / b[..., 0]
    for k in range(1, n):
        m = 1.0 / (b[..., k] - a[..., k] * c[..., k - 1])
        c[..., k] *= m
        d[..., k] = (d[..., k] - a[..., k] * d[..., k - 1]) * m
    for k in range(n - 2, -1, -1):
        d[..., k] -= c[..., k] * d[..., k + 1]


def thomas_columns_loss(
    a: Float[ndarray, "i j k"],
    b: Float[ndarray, "i j k"],
    c: Float[ndarray, "i j k"],
    d: Float[ndarray, "i j k"],
) -> float:
    c, x = c.copy(), d.copy()
    thomas_columns(a, b, c, x)
    return np.sum(x * x)


def vertical_advection(utens_stage, u_stage, wcon, u_pos, utens, dtr_stage):
    """Implicit advection along k: the Thomas algorithm with its coefficients made on the way."""
    I, J, K = utens_stage.shape  # noqa: E741
    bet_m, bet_p = 0.5 * (1.0 - 0.1), 0.5 * (1.0 + 0.1)
    ccol = np.empty((I, J, K))
    dcol = np.empty((I, J, K))
    data_col = np.empty((I, J))

    for k in range(1):
        gcv = 0.25 * (wcon[1:, :, k + 1] + wcon[:-1, :, k + 1])
        cs = gcv * bet_m
        ccol[:, :, k] = gcv * bet_p
        bcol = dtr_stage - ccol[:, :, k]
        correction_term = -cs * (u_stage[:, :, k + 1] - u_stage[:, :, k])
        dcol[:, :, k] = (
            dtr_stage * u_pos[:, :, k] + utens[:, :, k] + utens_stage[:, :, k] + correction_term
        )
        divided = 1.0 / bcol
        ccol[:, :, k] = ccol[:, :, k] * divided
        dcol[:, :, k] = dcol[:, :, k] * divided

    for k in range(1, K - 1):
        gav = -0.25 * (wcon[1:, :, k] + wcon[:-1, :, k])
        gcv = 0.25 * (wcon[1:, :, k + 1] + wcon[:-1, :, k + 1])
        as_ = gav * bet_m
        cs = gcv * bet_m
        acol = gav * bet_p
        ccol[:, :, k] = gcv * bet_p
        bcol = dtr_stage - acol - ccol[:, :, k]
        correction_term = -as_ * (u_stage[:, :, k - 1] - u_stage[:, :, k]) - cs * (
            u_stage[:, :, k + 1] - u_stage[:, :, k]
        )
        dcol[:, :, k] = (
            dtr_stage * u_pos[:, :, k] + utens[:, :, k] + utens_stage[:, :, k] + correction_term
        )
        divided = 1.0 / (bcol - ccol[:, :, k - 1] * acol)
        ccol[:, :, k] = ccol[:, :, k] * divided
        dcol[:, :, k] = (dcol[:, :, k] - dcol[:, :, k - 1] * acol) * divided

    for k in range(K - 1, K):
        gav = -0.25 * (wcon[1:, :, k] + wcon[:-1, :, k])
        as_ = gav * bet_m
        acol = gav * bet_p
        bcol = dtr_stage - acol
        correction_term = -as_ * (u_stage[:, :, k - 1] - u_stage[:, :, k])
        dcol[:, :, k] = (
            dtr_stage * u_pos[:, :, k] + utens[:, :, k] + utens_stage[:, :, k] + correction_term
        )
        divided = 1.0 / (bcol - ccol[:, :, k - 1] * acol)
        dcol[:, :, k] = (dcol[:, :, k] - dcol[:, :, k - 1] * acol) * divided

    for k in range(K - 1, K - 2, -1):
        datacol = dcol[:, :, k]
        data_col[:] = datacol
        utens_stage[:, :, k] = dtr_stage * (datacol - u_pos[:, :, k])

    for k in range(K - 2, -1, -1):
        datacol = dcol[:, :, k] - ccol[:, :, k] * data_col[:, :]
        data_col[:] = datacol
        utens_stage[:, :, k] = dtr_stage * (datacol - u_pos[:, :, k])


def vertical_advection_loss(utens_stage, u_stage, wcon, u_pos, utens, dtr_stage):
    out = utens_stage.copy()
    vertical_advection(out, u_stage, wcon, u_pos, utens, dtr_stage)
    return np.sum(out**2)


def horizontal_diffusion(in_field, out_field, coeff):
    """Fourth order, with a limiter: a flux against its gradient is cut off."""
    I, J = out_field.shape[:2]  # noqa: E741
    lap_field = 4.0 * in_field[1 : I + 3, 1 : J + 3, :] - (
        in_field[2 : I + 4, 1 : J + 3, :]
        + in_field[0 : I + 2, 1 : J + 3, :]
        + in_field[1 : I + 3, 2 : J + 4, :]
        + in_field[1 : I + 3, 0 : J + 2, :]
    )
    res = lap_field[1:, 1 : J + 1, :] - lap_field[:-1, 1 : J + 1, :]
    flx_field = np.where(
        (res * (in_field[2 : I + 3, 2 : J + 2, :] - in_field[1 : I + 2, 2 : J + 2, :])) > 0,
        0,
        res,
    )
    res = lap_field[1 : I + 1, 1:, :] - lap_field[1 : I + 1, :-1, :]
    fly_field = np.where(
        (res * (in_field[2 : I + 2, 2 : J + 3, :] - in_field[2 : I + 2, 1 : J + 2, :])) > 0,
        0,
        res,
    )
    out_field[:, :, :] = in_field[2 : I + 2, 2 : J + 2, :] - coeff[:, :, :] * (
        flx_field[1:, :, :] - flx_field[:-1, :, :] + fly_field[:, 1:, :] - fly_field[:, :-1, :]
    )


def horizontal_diffusion_loss(
    in_field: Float[ndarray, "i+4 j+4 k"], coeff: Float[ndarray, "i j k"]
) -> float:
    """The limiter by masks."""
    n, m, _ = coeff.shape
    f = in_field
    lap = 4.0 * f[1:-1, 1:-1] - (f[2:, 1:-1] + f[:-2, 1:-1] + f[1:-1, 2:] + f[1:-1, :-2])
    flux_x = lap[1:, 1:-1] - lap[:-1, 1:-1]
    flux_x[flux_x * (f[2:-1, 2:-2] - f[1:-2, 2:-2]) > 0] = 0.0
    flux_y = lap[1:-1, 1:] - lap[1:-1, :-1]
    flux_y[flux_y * (f[2:-2, 2:-1] - f[2:-2, 1:-2]) > 0] = 0.0
    out = f[2:-2, 2:-2].copy()
    out -= coeff * (flux_x[1:] - flux_x[:-1])
    out -= coeff * (flux_y[:, 1:] - flux_y[:, :-1])
    return np.sum(out**2)


def shallow_water(h, u, v, dt, steps):
    """Periodic, forward in time; the fields are columns of one state array."""
    state = np.stack([h, u, v])
    for _ in range(steps):
        h, u, v = state
        du = -0.5 * (np.roll(h, -1, 0) - np.roll(h, 1, 0))
        dv = -0.5 * (np.roll(h, -1, 1) - np.roll(h, 1, 1))
        u += dt * du
        v += dt * dv
        flux = h * u
        state[0] -= dt * 0.5 * (np.roll(flux, -1, 0) - np.roll(flux, 1, 0))
        flux = h * v
        h -= dt * 0.5 * (np.roll(flux, -1, 1) - np.roll(flux, 1, 1))
    return np.sum(state[0] ** 2) + np.sum(state[1] * state[2])


# ---------------------------------------------------------------- by other means


def expected_thomas(a, b, c, d):
    """c is left as the upper diagonal of the factor with ones on its diagonal."""
    x, upper = np.empty_like(d), c.copy()
    n = d.shape[-1]
    for at in np.ndindex(d.shape[:-1]):
        A = np.diag(b[at]) + np.diag(a[at][1:], -1) + np.diag(c[at][:-1], 1)
        x[at] = np.linalg.solve(A, d[at])
        for k in range(n - 1):  # pivots are quotients of leading minors
            before = np.linalg.det(A[:k, :k]) if k else 1.0
            upper[at][k] = c[at][k] * before / np.linalg.det(A[: k + 1, : k + 1])
        last = np.linalg.det(A[: n - 1, : n - 1]) / np.linalg.det(A)
        upper[at][n - 1] = c[at][n - 1] * last
    return upper, x


def expected_advection(utens_stage, u_stage, wcon, u_pos, utens, dtr_stage):
    """Column by column, as a matrix."""
    I, J, K = utens_stage.shape  # noqa: E741
    minus, plus = 0.45, 0.55
    out = np.empty((I, J, K))
    for i in range(I):
        for j in range(J):
            M = dtr_stage * np.eye(K)
            right = dtr_stage * u_pos[i, j] + utens[i, j] + utens_stage[i, j]
            u = u_stage[i, j]
            for k in range(K):
                for other, sign, face in ((k - 1, -1.0, k), (k + 1, 1.0, k + 1)):
                    if 0 <= other < K:
                        g = sign * 0.25 * (wcon[i + 1, j, face] + wcon[i, j, face])
                        M[k, other] += plus * g
                        M[k, k] -= plus * g
                        right[k] -= minus * g * (u[other] - u[k])
            out[i, j] = dtr_stage * (np.linalg.solve(M, right) - u_pos[i, j])
    return out


def expected_diffusion(in_field, out_field, coeff):
    I, J, K = coeff.shape  # noqa: E741
    f = in_field

    def lap(i, j, k):
        around = f[i + 1, j, k] + f[i - 1, j, k] + f[i, j + 1, k] + f[i, j - 1, k]
        return 4 * f[i, j, k] - around

    def flux(i, j, di, dj, k):
        res = lap(i + di, j + dj, k) - lap(i, j, k)
        return 0.0 if res * (f[i + di, j + dj, k] - f[i, j, k]) > 0 else res

    out = np.empty(coeff.shape)
    for i, j, k in np.ndindex(coeff.shape):
        p, q = i + 2, j + 2
        total = flux(p, q, 1, 0, k) - flux(p - 1, q, 1, 0, k)
        total += flux(p, q, 0, 1, k) - flux(p, q - 1, 0, 1, k)
        out[i, j, k] = f[p, q, k] - coeff[i, j, k] * total
    return out


def expected_shallow_water(h, u, v, dt, steps):
    def slope(x, axis):
        return 0.5 * (np.roll(x, -1, axis) - np.roll(x, 1, axis))

    for _ in range(steps):
        u, v = u - dt * slope(h, 0), v - dt * slope(h, 1)
        h = h - dt * slope(h * u, 0)
        h = h - dt * slope(h * v, 1)
    return np.sum(h**2) + np.sum(u * v)


def systems(rng, n):
    shape = (2, 3, n)
    a, c, d = rng.normal(size=(3, *shape))
    return a, 4.0 + rng.normal(size=shape), c, d


def advected(rng, n):
    shape = (2, 3, n)
    stage, u_stage, u_pos, utens = rng.normal(size=(4, *shape))
    return stage, u_stage, rng.normal(size=(3, 3, n)), u_pos, utens, 3.0


def diffused(rng, n):
    return (
        rng.normal(size=(n + 4, n + 5, 2)),
        np.zeros((n, n + 1, 2)),
        rng.normal(size=(n, n + 1, 2)),
    )


KERNELS = [
    Kernel(
        thomas_columns,
        ("a", "b", "c", "d"),
        systems,
        expected=expected_thomas,
        writes=("c", "d"),
    ),
    Kernel(
        thomas_columns_loss,
        ("a", "b", "c", "d"),
        systems,
        expected=lambda *args: np.sum(expected_thomas(*args)[1] ** 2),
    ),
    Kernel(
        vertical_advection,
        ("utens_stage", "u_stage", "wcon", "u_pos", "utens"),
        advected,
        expected=expected_advection,
        writes=("utens_stage",),
    ),
    Kernel(
        vertical_advection_loss,
        ("utens_stage", "u_stage", "wcon", "u_pos", "utens", "dtr_stage"),
        advected,
    ),
    Kernel(
        horizontal_diffusion,
        ("in_field", "coeff"),
        diffused,
        (2, 4),
        expected=expected_diffusion,
        writes=("out_field",),
    ),
    Kernel(
        horizontal_diffusion_loss,
        ("in_field", "coeff"),
        lambda rng, n: diffused(rng, n)[::2],
        (2, 4),
        expected=lambda f, coeff: np.sum(expected_diffusion(f, None, coeff) ** 2),
    ),
    Kernel(
        shallow_water,
        ("h", "u", "v", "dt"),
        lambda rng, n: (1.0 + rng.uniform(size=(n, n)), *rng.normal(size=(2, n, n)), 0.05, 3),
        expected=expected_shallow_water,
    ),
]
