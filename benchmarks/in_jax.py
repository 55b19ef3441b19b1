"""The same loops for JAX, as its users write them: scans, and `.at[...]` for writes."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import lax


def misfit(u: Any, target: Any, alpha: Any, steps: int) -> Any:
    def step(u: Any, _: Any) -> Any:
        return u.at[1:-1].add(alpha * (u[2:] - 2.0 * u[1:-1] + u[:-2])), None

    u, _ = lax.scan(step, u, None, length=steps)
    r = u - target
    return jnp.sum(r * r)


def prefix_recurrence(x: Any) -> Any:
    def step(y: Any, x: Any) -> Any:
        y = jnp.tanh(y) * x + 0.1 * y**2
        return y, y

    _, ys = lax.scan(step, x[0], x[1:])
    y = jnp.concatenate([x[:1], ys])
    return y[-1] + jnp.dot(y, x)


def forward_substitution(L: Any, b: Any) -> Any:
    def step(y: Any, row: Any) -> Any:
        i, L_i, b_i = row
        return y.at[i].set((b_i - L_i @ y) / L_i[i]), None

    # Elements of y that are not yet known are zero.
    y, _ = lax.scan(step, jnp.zeros_like(b), (jnp.arange(len(b)), L, b))
    return jnp.sum(y * y)


def fdtd(ex: Any, ey: Any, hz: Any, source: Any) -> Any:
    def step(fields: Any, value: Any) -> Any:
        ex, ey, hz = fields
        ey = ey.at[0, :].set(value)
        ey = ey.at[1:, :].add(-0.5 * (hz[1:, :] - hz[:-1, :]))
        ex = ex.at[:, 1:].add(-0.5 * (hz[:, 1:] - hz[:, :-1]))
        curl = ex[:-1, 1:] - ex[:-1, :-1] + ey[1:, :-1] - ey[:-1, :-1]
        return (ex, ey, hz.at[:-1, :-1].add(-0.7 * curl)), None

    (_, _, hz), _ = lax.scan(step, (ex, ey, hz), source)
    return jnp.sum(hz * hz)


def react(u: Any, k: Any, dt: Any) -> Any:
    change = k * (u[2:] - 2.0 * u[1:-1] + u[:-2]) - u[1:-1] ** 3
    return u.at[1:-1].add(dt * change)


def reaction(u: Any, k: Any, dt: Any, steps: int) -> Any:
    u, _ = lax.scan(lambda u, _: (react(u, k, dt), None), u, None, length=steps)
    return jnp.sum(u * u)


def checkpointed_reaction(u: Any, k: Any, dt: Any, steps: int) -> Any:
    """Two scans, the inner one checkpointed; steps is a square."""
    length = round(steps**0.5)

    @jax.checkpoint  # type: ignore[untyped-decorator]
    def stretch(u: Any, _: Any) -> Any:
        return lax.scan(lambda u, _: (react(u, k, dt), None), u, None, length=length)

    u, _ = lax.scan(stretch, u, None, length=steps // length)
    return jnp.sum(u * u)


def adi(u: Any, steps: int) -> Any:
    n = u.shape[0]
    mul1, mul2 = 2.0 * n**2 / steps, 1.0 * n**2 / steps

    def sweep(rows: Any, a: float, b: float, d: float) -> Any:
        """Solves along the first axis for each row of the inner ones; ones at both ends."""

        def eliminate(carried: Any, row: Any) -> Any:
            p, q = carried
            right = -d * row[:-2] + (1.0 + 2.0 * d) * row[1:-1] - d * row[2:]
            new = (-a / (a * p + b), (right - a * q) / (a * p + b))
            return new, new

        start = (jnp.zeros(n - 2), jnp.ones(n - 2))
        _, (p, q) = lax.scan(eliminate, start, rows)

        def substitute(x: Any, pq: Any) -> Any:
            x = pq[0] * x + pq[1]
            return x, x

        _, x = lax.scan(substitute, jnp.ones(n - 2), (p, q), reverse=True)
        return x

    def step(fields: Any, _: Any) -> Any:
        u, v = fields
        a, b, d, e = -mul1 / 2.0, 1.0 + mul1, -mul2 / 2.0, 1.0 + mul2
        v = v.at[0, 1:-1].set(1.0).at[-1, 1:-1].set(1.0)
        v = v.at[1:-1, 1:-1].set(sweep(u[1:-1], a, b, d))
        u = u.at[1:-1, 0].set(1.0).at[1:-1, -1].set(1.0)
        u = u.at[1:-1, 1:-1].set(sweep(v.T[1:-1], d, e, a).T)
        return (u, v), None

    (u, _), _ = lax.scan(step, (u, jnp.zeros_like(u)), None, length=steps)
    return jnp.sum(u * u)


def vertical_advection(
    utens_stage: Any, u_stage: Any, wcon: Any, u_pos: Any, utens: Any, dtr_stage: Any
) -> Any:
    minus, plus = 0.5 * (1.0 - 0.1), 0.5 * (1.0 + 0.1)
    last = jnp.moveaxis(0.25 * (wcon[1:] + wcon[:-1]), 2, 0)
    edge = jnp.zeros_like(last[:1])
    gav = jnp.concatenate([edge, -last[1:]])
    gcv = jnp.concatenate([last[1:], edge])
    u = jnp.moveaxis(u_stage, 2, 0)
    before, after = jnp.concatenate([u[:1], u[:-1]]), jnp.concatenate([u[1:], u[-1:]])
    correction = -(gav * minus) * (before - u) - (gcv * minus) * (after - u)
    right = jnp.moveaxis(dtr_stage * u_pos + utens + utens_stage, 2, 0) + correction

    def eliminate(carried: Any, row: Any) -> Any:
        c, d = carried
        acol, ccol, dcol = row
        divided = 1.0 / (dtr_stage - acol - ccol - c * acol)
        new = (ccol * divided, (dcol - d * acol) * divided)
        return new, new

    start = (jnp.zeros_like(last[0]), jnp.zeros_like(last[0]))
    _, (c, d) = lax.scan(eliminate, start, (gav * plus, gcv * plus, right))

    def substitute(x: Any, row: Any) -> Any:
        x = row[1] - row[0] * x
        return x, x

    _, x = lax.scan(substitute, jnp.zeros_like(last[0]), (c, d), reverse=True)
    out = dtr_stage * (jnp.moveaxis(x, 0, 2) - u_pos)
    return jnp.sum(out * out)


def cholesky(A: Any, w: Any) -> Any:
    n = A.shape[0]
    columns = jnp.arange(n)

    def element(i: Any, j: Any, A: Any) -> Any:
        known = jnp.where(columns < j, A[i] * A[j], 0.0)
        return (A[i, j] - jnp.sum(known)) / A[j, j]

    def row(A: Any, i: Any) -> Any:
        def at(A: Any, j: Any) -> Any:
            return A.at[i, j].set(jnp.where(j < i, element(i, j, A), A[i, j])), None

        A, _ = lax.scan(at, A, columns)
        below = jnp.where(columns < i, A[i], 0.0)
        return A.at[i, i].set(jnp.sqrt(A[i, i] - below @ below)), None

    A, _ = lax.scan(row, A, columns)
    return jnp.sum(w * A)


def lstm(Wx: Any, Wh: Any, b: Any, xs: Any, targets: Any) -> Any:
    size = targets.shape[1]

    def step(state: Any, x: Any) -> Any:
        h, c = state
        gates = x @ Wx + h @ Wh + b
        i, f, o = (jax.nn.sigmoid(gates[k * size : (k + 1) * size]) for k in range(3))
        c = f * c + i * jnp.tanh(gates[3 * size :])
        h = o * jnp.tanh(c)
        return (h, c), h

    _, hs = lax.scan(step, (jnp.zeros(size), jnp.zeros(size)), xs)
    r = hs - targets
    return jnp.sum(r * r)
