"""Forward mode and second order: tangents against hand-written ones, Jacobians against JAX.

Part of `python -m benchmarks.run`. A tangent must be the one written by hand and the product of the
hand-written gradient with the direction; a Hessian-vector product the central difference of the
hand-written gradient; a Jacobian the closed form. Only then are they timed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from benchmarks.cases import Case
from benchmarks.hand import tangents
from benchmarks.measuring import (
    Run,
    agrees,
    by_hand,
    generated,
    leaves,
    mean_ratio,
    measure,
    plain,
    program,
)
from benchmarks.peers import map_tree, positions

COLUMNS = ("jvp / hand", "jvp / plain", "hvp / gradient")
AT_MOST = {"jvp / hand": 1.10, "jvp / plain": 2.5, "hvp / gradient": 2.5}


def direction(args: tuple[Any, ...], where: Iterable[int]) -> list[Any]:
    """Something of the size of a tangent for each of the chosen arguments."""
    draw = np.random.default_rng(7).standard_normal
    return [
        map_tree(lambda x: draw(np.shape(x)) if isinstance(x, ndarray) else float(draw()), args[k])
        for k in where
    ]


def along(trees: Any, directions: Any) -> float:
    """The inner product of a gradient and a direction."""
    pairs = zip(leaves(trees), leaves(directions), strict=True)
    return float(sum(np.sum(a * b) for a, b in pairs))


def moved(tree: Any, by: Any, step: float) -> Any:
    """A tree of numbers and arrays, a step along another."""
    numbers = iter(leaves(by))
    if isinstance(tree, dict):  # as `leaves` orders it
        return {key: moved(tree[key], by[key], step) for key in tree}
    return map_tree(lambda x: x + step * next(numbers), tree)


def second_difference(
    value_and_grad: Callable[..., Any],
    args: tuple[Any, ...],
    where: tuple[int, ...],
    directions: list[Any],
) -> list[np.ndarray]:
    """The change of a gradient along a direction, by central differences of fourth order."""
    step = 1e-4 / max(1.0, max(float(np.max(np.abs(leaf))) for leaf in leaves(directions)))

    def gradient(t: float) -> list[np.ndarray]:
        full = list(args)
        for k, by in zip(where, directions, strict=True):
            full[k] = moved(args[k], by, t)
        return leaves(value_and_grad(*full)[1])

    near, far = (
        [after - before for after, before in zip(gradient(t), gradient(-t), strict=True)]
        for t in (step, 2.0 * step)
    )
    return [(8.0 * a - b) / (12.0 * step) for a, b in zip(near, far, strict=True)]


def close(result: Any, expected: Any) -> bool:
    """Whether values are equal up to the error of differences."""
    found, wanted = leaves(result), leaves(expected)
    size = max(float(np.max(np.abs(w), initial=0.0)) for w in wanted)
    return len(found) == len(wanted) and all(
        np.shape(a) == np.shape(b) and np.allclose(a, b, rtol=1e-5, atol=1e-6 * max(1.0, size))
        for a, b in zip(found, wanted, strict=True)
    )


def contestants(
    case: Case, args: tuple[Any, ...], functions: dict[str, Callable[..., Any]]
) -> dict[str, Run]:
    """The calls to time, after what they return was found right."""
    module, name, wrt, hand_module, _ = case
    where = positions(program(module, name), wrt)
    directions = direction(args, where)
    dots = {f"dot_{p}": dot for p, dot in zip(wrt, directions, strict=True)}
    runs: dict[str, Run] = {
        mode: (lambda f=f: f(*args)) if mode == "gradient" else (lambda f=f: f(*args, **dots))
        for mode, f in functions.items()
    }
    runs["plain"] = plain(module, name, args)
    written = by_hand(hand_module, name)
    value, gradient = written(*args)
    expected = value, along(gradient, directions)
    for mode in ("hand", "jvp"):
        if mode in runs and not agrees(runs[mode](), expected):
            raise ArithmeticError(f"the tangent of {name} differs: {mode}")
    if not close(runs["hvp"](), second_difference(written, args, where, directions)):
        raise ArithmeticError(f"the Hessian of {name}, times a direction, differs")
    return runs


def functions_of(case: Case) -> dict[str, Callable[..., Any]]:
    """The generated functions of a program and, where there is one, the hand-written tangent."""
    module, name, wrt, *_ = case
    found = {
        "gradient": generated(module, name, wrt),
        "jvp": generated(module, name, wrt, "jvp"),
        "hvp": generated(module, name, wrt, "hvp"),
    }
    tangent = getattr(tangents, f"{name}_jvp", None)
    return found if tangent is None else {"hand": tangent, **found}


def forward_table(cases: list[Case], rounds: int, least: float) -> None:
    """Prints what jvp and hvp take."""
    print("| program | size | tangent by hand, µs | " + " | ".join(COLUMNS) + " |")
    print("| --- | --- | ---: |" + " ---: |" * len(COLUMNS))
    medians: dict[str, list[float]] = {column: [] for column in COLUMNS}
    minima: dict[str, list[float]] = {column: [] for column in COLUMNS}
    for case in cases:
        functions = functions_of(case)
        for size, make in case[4].items():
            times = measure(contestants(case, make(), functions), rounds, least)
            hand = f"{np.median(times['hand']) * 1e6:.1f}" if "hand" in times else ""
            row = [case[1], size, hand]
            for column in COLUMNS:
                mode, other = column.split(" / ")
                if other not in times:
                    row.append("")
                    continue
                ratio = float(np.median(times[mode] / times[other]))
                medians[column].append(ratio)
                minima[column].append(float(times[mode].min() / times[other].min()))
                row.append(f"{ratio:.2f}")
            print("| " + " | ".join(row) + " |", flush=True)
    for label, table in (("medians", medians), ("minima", minima)):
        means = [f"{mean_ratio(table[column]):.2f}" for column in COLUMNS]
        print("| " + " | ".join([f"geometric mean of {label}", "", "", *means]) + " |")
    print("| " + " | ".join(["at most", "", "", *(f"{AT_MOST[c]:.2f}" for c in COLUMNS)]) + " |")


# ---------------------------------------------------------------- a dense Jacobian


def residuals(x: Float[ndarray, " n"], A: Float[ndarray, "n n"]) -> Float[ndarray, " n"]:
    """As many results as parameters, each of them of every parameter."""
    return np.tanh(A @ x) * x


def jacobians_by_jax(x: ndarray, A: ndarray) -> dict[str, Run]:
    """jit on the CPU in double precision."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    jax.config.update("jax_platforms", "cpu")

    def function(x: Any, A: Any) -> Any:
        return jnp.tanh(A @ x) * x

    def run(transform: Any) -> Run:
        compiled = jax.jit(transform(function))
        given = jnp.asarray(x), jnp.asarray(A)
        return lambda: jax.block_until_ready(compiled(*given))

    return {"JAX, jacfwd": run(jax.jacfwd), "JAX, jacrev": run(jax.jacrev)}


def jacobians(n: int) -> dict[str, Run]:
    """The function itself and its Jacobians, after they were compared with the closed form."""
    from s2sad import jacobian

    draw = np.random.default_rng(2026).standard_normal
    x, A = draw(n), draw((n, n)) / np.sqrt(n)
    tanh = np.tanh(A @ x)
    expected = (x * (1.0 - tanh * tanh))[:, None] * A + np.diag(tanh)

    runs: dict[str, Run] = {}
    for mode in ("forward", "reverse"):
        function = jacobian(residuals, wrt="x", mode=mode)
        runs[f"s2sad, {mode}"] = lambda f=function: f(x, A)  # type: ignore[misc]
    try:
        runs.update(jacobians_by_jax(x, A))
    except ImportError as error:
        print(f"JAX is left out: {error}", file=sys.stderr)
    for name, run in runs.items():
        if not agrees(run(), expected):
            raise ArithmeticError(f"the Jacobian differs: {name}")
    return {"plain": lambda: residuals(x, A), **runs}


def jacobian_table(n: int, rounds: int, least: float) -> None:
    """Prints what the Jacobian of n results in n parameters takes."""
    times = measure(jacobians(n), rounds, least)
    print(f"| Jacobian, {n} x {n} | median, µs | least, µs | of plain |")
    print("| --- | ---: | ---: | ---: |")
    for name, seconds in times.items():
        median, fastest = np.median(seconds) * 1e6, seconds.min() * 1e6
        ratio = np.median(seconds / times["plain"])
        print(f"| {name} | {median:.1f} | {fastest:.1f} | {ratio:.1f} |")
