"""What a gradient allocates at its peak, in units of the state array.

    python -m benchmarks.memory            # a Markdown table
    python -m benchmarks.memory --quick    # smaller arrays and fewer steps

For s2sad, the hand-written adjoints and autograd the peak is tracemalloc's over one call, which
counts every NumPy array and nothing that was there before. JAX reports what its compiled function
needs beside its arguments. PyTorch's column is what its graph keeps for the backward pass, each
tensor counted once: its true peak is higher. autograd and PyTorch, which cannot write in place, are
handed the same steps with new arrays. Every gradient is compared with the hand-written one first.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.cases import columns, r
from benchmarks.measuring import agrees, generated, machine

Run = Callable[[], Any]


@dataclass(frozen=True)
class Case:
    """One function at one size.

    `limit` is what the peak of s2sad may be, in arrays, or as a multiple of the hand-written one.
    """

    title: str
    module: str
    name: str
    wrt: tuple[str, ...]
    hand: str
    args: tuple[Any, ...]
    state: int
    limit: float | None = None
    times_hand: float | None = None


def cases(quick: bool) -> list[Case]:
    """Those of the documentation's table. `state` is the argument that is the unit."""
    n = 50_000 if quick else 100_000  # NumPy reuses temporaries from 256 KiB on
    few, many = 10, 100 if quick else 1000
    long = 400 if quick else 10_000
    side, deep = (60, 20) if quick else (200, 60)
    start = r(n) / 3
    small = start[:1000]
    return [
        *(
            Case(
                f"linear stencil, {steps} steps",
                "yardstick",
                "misfit",
                ("u",),
                "stencil_grad",
                (r(n), r(n), 0.2, steps),
                0,
                limit=4.0,
            )
            for steps in (few, many)
        ),
        *(
            Case(
                f"nonlinear stencil, {steps} steps",
                "in_place",
                "reaction",
                ("u", "k"),
                "in_place_grad",
                (start, 0.3, 0.1, steps),
                0,
                limit=steps + 6.0,
            )
            for steps in (few, many // 2)
        ),
        Case(
            "ADI",
            "in_place",
            "adi",
            ("u",),
            "in_place_grad",
            (r((side, side)), 4),
            0,
            times_hand=1.3,
        ),
        Case(
            "vertical advection",
            "in_place",
            "vertical_advection",
            ("utens_stage", "u_stage", "wcon", "u_pos", "utens"),
            "in_place_grad",
            columns(side, side, deep),
            0,
            times_hand=1.3,
        ),
        Case(
            f"nonlinear stencil, {long} steps, checkpointed",
            "checkpointing",
            "checkpointed_reaction",
            ("u", "k"),
            "in_place_grad",
            (small, 0.3, 0.1, long),
            0,
            limit=3.0 * long**0.5,
        ),
    ]


def peak(run: Run) -> int:
    """Bytes that one call has allocated at most, over what there was before."""
    run()
    gc.collect()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        result = run()
        _, most = tracemalloc.get_traced_memory()
        del result
    finally:
        tracemalloc.stop()
    return most - before


# ---------------------------------------------------------------- the peers


def with_new_arrays(numpy: Any) -> dict[str, Callable[..., Any]]:
    """The stencils for libraries in which an array that is needed cannot be written to."""

    def inner(u: Any, change: Any) -> Any:
        return numpy.concatenate([u[:1], u[1:-1] + change, u[-1:]])

    def misfit(u: Any, target: Any, alpha: Any, steps: int) -> Any:
        for _ in range(steps):
            u = inner(u, alpha * (u[2:] - 2.0 * u[1:-1] + u[:-2]))
        return ((u - target) ** 2).sum()

    def reaction(u: Any, k: Any, dt: Any, steps: int) -> Any:
        for _ in range(steps):
            u = inner(u, dt * (k * (u[2:] - 2.0 * u[1:-1] + u[:-2]) - u[1:-1] ** 3))
        return (u * u).sum()

    return {"misfit": misfit, "reaction": reaction}


def places(function: Any, case: Case) -> tuple[int, ...]:
    names = function.__code__.co_varnames
    return tuple(names.index(name) for name in case.wrt)


def in_autograd(case: Case) -> tuple[Any, int] | None:
    import autograd.numpy as anp
    from autograd import make_vjp

    function = with_new_arrays(anp).get(case.name)
    if function is None:
        return None
    where = places(function, case)

    def of_wrt(chosen: Any) -> Any:
        full = list(case.args)
        for k, value in zip(where, chosen, strict=True):
            full[k] = value
        return function(*full)

    def run() -> Any:
        vjp, value = make_vjp(of_wrt)(tuple(case.args[k] for k in where))
        return value, vjp(1.0)

    return run(), peak(run)


def in_torch(case: Case) -> tuple[Any, int] | None:
    import torch

    torch.set_default_dtype(torch.float64)
    function = with_new_arrays(torch).get(case.name)
    if function is None:
        return None
    given = [torch.tensor(a) if isinstance(a, (float, np.ndarray)) else a for a in case.args]
    varied = [given[k].requires_grad_() for k in places(function, case)]
    kept: dict[int, int] = {}
    alive = []  # so that no address is used twice

    def keep(x: Any) -> Any:
        storage = x.untyped_storage()
        kept[storage.data_ptr()] = storage.nbytes()
        alive.append(x)
        return x

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda x: x):
        value = function(*given)
        gradients = torch.autograd.grad(value, varied)
    return (value.detach(), gradients), sum(kept.values())


def in_jax(case: Case) -> tuple[Any, int] | None:
    import jax

    jax.config.update("jax_enable_x64", True)
    jax.config.update("jax_platforms", "cpu")
    from benchmarks import in_jax as loops

    static = tuple(k for k, value in enumerate(case.args) if isinstance(value, int))
    function = getattr(loops, case.name)
    derivative = jax.value_and_grad(function, argnums=places(function, case))
    compiled = jax.jit(derivative, static_argnums=static).lower(*case.args).compile()
    needs = compiled.memory_analysis()
    given = [a for k, a in enumerate(case.args) if k not in static]
    return compiled(*given), needs.temp_size_in_bytes + needs.output_size_in_bytes


PEERS: dict[str, Callable[[Case], tuple[Any, int] | None]] = {
    "autograd": in_autograd,
    "JAX": in_jax,
    "PyTorch": in_torch,
}


# ---------------------------------------------------------------- the table


def seconds(run: Run) -> float:
    best = float("inf")
    for _ in range(3):
        start = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - start)
    return best


def checkpointing_time(long: Case) -> str:
    """The time with checkpointing over the time without."""
    try:
        with_it = generated(long.module, long.name, long.wrt)
        without = generated("in_place", "reaction", long.wrt)
    except Exception as error:
        return f"checkpointed loop: {str(error).splitlines()[0]}"
    ratio = seconds(lambda: with_it(*long.args)) / seconds(lambda: without(*long.args))
    return f"checkpointed loop: {ratio:.2f} times the time without checkpointing, at most 2.5"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("-k", default="", help="only functions whose title contains this")
    parser.add_argument("--quick", action="store_true", help="smaller arrays and fewer steps")
    options = parser.parse_args()
    print(f"{machine()}\n")
    print("| function | hand | s2sad | at most | " + " | ".join(PEERS) + " |")
    print("| --- | ---: | ---: | ---: |" + " ---: |" * len(PEERS))
    gaps: dict[str, str] = {}
    failed = False
    chosen = [case for case in cases(options.quick) if options.k in case.title]
    for case in chosen:
        hand_name = case.name.removeprefix("checkpointed_")
        hand = getattr(
            importlib.import_module(f"benchmarks.hand.{case.hand}"), f"{hand_name}_value_and_grad"
        )
        unit = case.args[case.state].nbytes
        expected = hand(*case.args)
        by_hand = peak(lambda case=case, hand=hand: hand(*case.args)) / unit  # type: ignore[misc]
        limit = case.limit if case.times_hand is None else case.times_hand * by_hand
        row = [case.title, f"{by_hand:.1f}", "", f"{limit:.1f}"]
        try:
            ours = generated(case.module, case.name, case.wrt)
        except Exception as error:
            gaps[f"s2sad, {case.name}"] = str(error).splitlines()[0]
        else:
            if not agrees(ours(*case.args), expected):
                print(f"s2sad: the gradient of {case.name} differs")
                failed = True
            row[2] = f"{peak(lambda ours=ours, case=case: ours(*case.args)) / unit:.1f}"  # type: ignore[misc]
        for peer, measured in PEERS.items():
            try:
                found = measured(case)
            except Exception as error:
                gaps[f"{peer}, {case.name}"] = f"{type(error).__name__}: {error}".splitlines()[0]
                found = None
            if found is not None and not agrees(found[0], expected):
                print(f"{peer}: the gradient of {case.name} differs")
                failed = True
            row.append("" if found is None else f"{found[1] / unit:.1f}")
        print("| " + " | ".join(row) + " |", flush=True)
    for case in chosen:
        if case.module == "checkpointing":
            print(f"\n{checkpointing_time(case)}")
    for who, why in gaps.items():
        print(f"\n{who}: {why[:150]}")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
