"""The benchmarks' functions for other differentiation libraries, each as its users write it.

`PEERS[library]()` gives a function from a program's name and its arguments to a call without
arguments that returns (value, gradients), or raises ImportError where the library is missing. A
program that a library cannot express is left out.
"""

from __future__ import annotations

import importlib
import types
from collections.abc import Callable
from typing import Any

import numpy as np

Run = Callable[[], Any]
Prepare = Callable[[str, str, tuple[str, ...], tuple[Any, ...]], "Run | None"]


def with_numpy(module: str, numpy: Any, linalg: Any = None) -> types.ModuleType:
    """A program of ours, run with another library's NumPy under the name np."""
    found = importlib.import_module(f"benchmarks.programs.{module}")
    copy = types.ModuleType(f"{module}_for_peer")
    for name, value in vars(found).items():
        if isinstance(value, types.FunctionType) and value.__module__ == found.__name__:
            value = types.FunctionType(
                value.__code__, vars(copy), name, value.__defaults__, value.__closure__
            )
        setattr(copy, name, value)
    copy.np = numpy
    return copy


def positions(function: types.FunctionType, wrt: tuple[str, ...]) -> tuple[int, ...]:
    return tuple(function.__code__.co_varnames.index(name) for name in wrt)


def prepare_autograd() -> Prepare:
    """The very same source, with autograd.numpy for numpy."""
    import autograd.numpy as anp
    from autograd import make_vjp
    from autograd.tracer import getval

    def prepare(module: str, name: str, wrt: tuple[str, ...], args: tuple[Any, ...]) -> Run | None:
        program = with_numpy(module, anp)
        program.stop_gradient = getval
        function = getattr(program, name)
        where = positions(function, wrt)

        def value_and_grad() -> Any:
            def of_wrt(chosen: Any) -> Any:
                full = list(args)
                for k, value in zip(where, chosen, strict=True):
                    full[k] = value
                return function(*full)

            vjp, value = make_vjp(of_wrt)(tuple(args[k] for k in where))
            return value, vjp(1.0)

        return value_and_grad

    return prepare


# ---------------------------------------------------------------- JAX


def energy_in_jax(x: Any, n: int) -> Any:
    import jax.numpy as jnp
    from jax import lax

    def step(state: Any, _: Any) -> Any:
        x, s = state
        x = lax.cond(x > 1.0, lambda x: 1.1 * jnp.sin(x), lambda x: x * x + 0.5, x)
        return (x, s + x * x), None

    (x, s), _ = lax.scan(step, (x, 0.0), None, length=n)
    return s


def recurrent_in_jax(W: Any, U: Any, b: Any, x: Any, target: Any) -> Any:
    import jax.numpy as jnp
    from jax import lax

    def step(h: Any, now: Any) -> Any:
        x_t, target_t = now
        h = jnp.tanh(W @ x_t + U @ h + b)
        r = h - target_t
        return h, r @ r

    _, errors = lax.scan(step, jnp.zeros(b.shape), (x, target))
    return jnp.sum(errors)


def kalman_in_jax(a: Any, q: Any, s: Any, seen: Any) -> Any:
    import jax.numpy as jnp
    from jax import lax

    def step(state: Any, y: Any) -> Any:
        mean, variance = a * state[0], a * a * state[1] + q
        total = variance + s
        residual = y - mean
        gain = variance / total
        new = (mean + gain * residual, (1.0 - gain) * variance)
        return new, jnp.log(total) + residual * residual / total

    _, losses = lax.scan(step, (0.0, 1.0), seen)
    return jnp.sum(losses)


IN_JAX = {"energy": energy_in_jax, "recurrent": recurrent_in_jax, "kalman": kalman_in_jax}
NOT_IN_JAX = {"while_newton"}  # a while loop has no reverse derivative there


def prepare_jax() -> Prepare:
    """jit on the CPU in double precision; loops are scans, so that compilation stays short."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    jax.config.update("jax_platforms", "cpu")
    from benchmarks import in_jax

    def prepare(module: str, name: str, wrt: tuple[str, ...], args: tuple[Any, ...]) -> Run | None:
        if name in NOT_IN_JAX:
            return None
        program = with_numpy(module, jnp)
        program.stop_gradient = jax.lax.stop_gradient
        function = getattr(program, name)
        where = positions(function, wrt)
        # Loops that write into arrays stand in a module of their own.
        function = IN_JAX.get(name) or getattr(in_jax, name, function)
        static = tuple(k for k, value in enumerate(args) if isinstance(value, int))
        compiled = jax.jit(jax.value_and_grad(function, argnums=where), static_argnums=static)
        given = [
            value if k in static else jax.tree.map(jnp.asarray, value)
            for k, value in enumerate(args)
        ]
        return lambda: jax.block_until_ready(compiled(*given))

    return prepare


# ---------------------------------------------------------------- PyTorch


def prepare_torch() -> Prepare:
    """Eager mode. The few functions that torch spells otherwise are given to the same source."""
    import torch

    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)

    def reduction(of: Any) -> Any:
        def reduce(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
            return of(x) if axis is None else of(x, dim=axis, keepdim=keepdims)

        return reduce

    def tensor(x: Any) -> Any:
        return x if isinstance(x, torch.Tensor) else torch.tensor(x)

    numpy = types.SimpleNamespace(
        **{name: getattr(torch, name) for name in ("tanh", "exp", "log", "log1p", "sin", "arange")},
        **{name: reduction(getattr(torch, name)) for name in ("sum", "mean")},
        max=reduction(torch.amax),
        sqrt=lambda x: torch.sqrt(tensor(x)),
        zeros=lambda shape: torch.zeros(shape),
        newaxis=None,
        linalg=torch.linalg,
    )
    numpy.log = lambda x: torch.log(tensor(x))
    numpy.sin = lambda x: torch.sin(tensor(x))

    def leaf(x: Any) -> Any:
        if isinstance(x, np.ndarray):
            return torch.from_numpy(x.copy())
        return torch.tensor(x) if isinstance(x, float) else x

    def prepare(module: str, name: str, wrt: tuple[str, ...], args: tuple[Any, ...]) -> Run | None:
        program = with_numpy(module, numpy)
        program.stop_gradient = lambda x: x.detach()
        function = getattr(program, name)
        where = positions(function, wrt)
        given = [map_tree(leaf, value) for value in args]
        varied: list[Any] = []
        for k in where:
            map_tree(lambda x: varied.append(x.requires_grad_()), given[k])

        def value_and_grad() -> Any:
            value = function(*given)
            gradients = torch.autograd.grad(value, varied)
            return value.detach(), gradients

        return value_and_grad

    return prepare


def map_tree(f: Callable[[Any], Any], tree: Any) -> Any:
    """A nested structure with f of each leaf."""
    if isinstance(tree, dict):
        return {key: map_tree(f, value) for key, value in tree.items()}
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return type(tree)(*(map_tree(f, value) for value in tree))
    if isinstance(tree, (list, tuple)):
        return type(tree)(map_tree(f, value) for value in tree)
    return f(tree)


PEERS: dict[str, Callable[[], Prepare]] = {
    "autograd": prepare_autograd,
    "JAX": prepare_jax,
    "PyTorch": prepare_torch,
}
