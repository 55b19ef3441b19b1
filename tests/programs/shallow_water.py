"""Shallow water on a staggered periodic grid; how far is the flow from what was observed?"""

from dataclasses import dataclass

import numpy as np


@dataclass
class Grid:
    nx: int
    ny: int
    dx: float = 1.0
    dy: float = 1.0


@dataclass
class State:
    h: np.ndarray
    u: np.ndarray
    v: np.ndarray


def laplacian(f, grid):
    return (np.roll(f, -1, 0) - 2 * f + np.roll(f, 1, 0)) / grid.dx**2 + (
        np.roll(f, -1, 1) - 2 * f + np.roll(f, 1, 1)
    ) / grid.dy**2


def tendencies(state: State, grid: Grid, g=9.81, f0=0.1, nu=0.01):
    h, u, v = state.h, state.u, state.v
    # gradients of the surface, at the faces
    dhdx = (h - np.roll(h, 1, axis=0)) / grid.dx
    dhdy = (h - np.roll(h, 1, axis=1)) / grid.dy
    v_at_u = 0.25 * (v + np.roll(v, 1, 0) + np.roll(v, -1, 1) + np.roll(np.roll(v, 1, 0), -1, 1))
    u_at_v = 0.25 * (u + np.roll(u, -1, 0) + np.roll(u, 1, 1) + np.roll(np.roll(u, -1, 0), 1, 1))
    du = -g * dhdx + f0 * v_at_u + nu * laplacian(u, grid)
    dv = -g * dhdy - f0 * u_at_v + nu * laplacian(v, grid)
    flux_x = u * 0.5 * (h + np.roll(h, 1, 0))
    flux_y = v * 0.5 * (h + np.roll(h, 1, 1))
    dh = -(np.roll(flux_x, -1, 0) - flux_x) / grid.dx - (np.roll(flux_y, -1, 1) - flux_y) / grid.dy
    return State(dh, du, dv)


def step(state: State, grid: Grid, dt: float) -> State:
    """Heun's method."""
    k1 = tendencies(state, grid)
    mid = State(state.h + dt * k1.h, state.u + dt * k1.u, state.v + dt * k1.v)
    k2 = tendencies(mid, grid)
    return State(
        h=state.h + 0.5 * dt * (k1.h + k2.h),
        u=state.u + 0.5 * dt * (k1.u + k2.u),
        v=state.v + 0.5 * dt * (k1.v + k2.v),
    )


def misfit(state: State, observed: dict, grid: Grid, dt: float = 0.05, steps: int = 4):
    cost = 0.0
    for n in range(steps):
        state = step(state, grid, dt)
        if n in observed:
            cost += 0.5 * np.sum((state.h - observed[n]) ** 2)
    return cost


def _call():
    rng = np.random.default_rng(0)
    n = 4
    state = State(
        1 + 0.1 * rng.normal(size=(n, n)), rng.normal(size=(n, n)), rng.normal(size=(n, n))
    )
    return state, {1: np.ones((n, n)), 3: rng.normal(size=(n, n))}, Grid(n, n)


CALLS = {"misfit": ("state", [_call()])}
