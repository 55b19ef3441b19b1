# ruff: noqa: E402
"""Generated gradients against hand-written adjoints, autograd, JAX and PyTorch.

    python -m benchmarks.run                # everything that is installed, a Markdown table
    python -m benchmarks.run -k attention   # programs whose name contains this
    python -m benchmarks.run --quick        # fewer repetitions

One thread. Every contestant's value and gradient is checked against the hand-written ones first.
The timings are interleaved: each round runs every contestant once, so that what else the machine
does meets all of them alike. A figure is the median over the rounds, `hand` in microseconds and
the others as a multiple of it; the minima and their geometric mean are given below the table.
`s2sad / plain` is the generated gradient's time over that of the function itself, which is handed
copies where it writes to its arguments.
"""

from __future__ import annotations

import os

for _variable in ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "VECLIB_MAXIMUM"):
    os.environ[f"{_variable}_NUM_THREADS"] = "1"
os.environ.setdefault(
    "XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
)

import argparse
import copy
import gc
import importlib
import platform
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.peers import PEERS

Run = Callable[[], Any]
r = np.random.default_rng(2026).standard_normal


def layers(*sizes: int) -> list[Any]:
    from benchmarks.programs.yardstick import Layer

    return [Layer(r((n, m)) / np.sqrt(n), r(m)) for n, m in zip(sizes, sizes[1:], strict=False)]


def mlp(n: int, i: int, h: int, o: int) -> tuple[Any, ...]:
    return r((i, h)), r(h), r((h, o)), r(o), r((n, i)), r((n, o))


def softmax(n: int, i: int, o: int) -> tuple[Any, ...]:
    labels = np.arange(n) % o
    return {"W": r((i, o)), "b": r(o)}, r((n, i)), labels


def columns(i: int, j: int, k: int) -> tuple[Any, ...]:
    """Fields of a weather model."""
    return r((i, j, k)), r((i, j, k)), r((i + 1, j, k)), r((i, j, k)), r((i, j, k)), 3.0


def definite(n: int) -> np.ndarray:
    a = r((n, n))
    return np.asarray(a @ a.T + n * np.eye(n))


# (module, function, wrt, hand-written module, {size: arguments}). Those of the modules mlp_grad,
# recurrence_grad, sharing_grad, stencil_grad, arrays_grad and further are the project's yardstick.
CASES: list[tuple[str, str, tuple[str, ...], str, dict[str, Callable[[], tuple[Any, ...]]]]] = [
    (
        "yardstick",
        "loss",
        ("W1", "b1", "W2", "b2"),
        "mlp_grad",
        {"small": lambda: mlp(8, 4, 8, 3), "large": lambda: mlp(256, 128, 256, 10)},
    ),
    (
        "yardstick",
        "energy",
        ("x",),
        "recurrence_grad",
        {"small": lambda: (0.7, 20), "large": lambda: (0.7, 2000)},
    ),
    (
        "yardstick",
        "norm_of_output",
        ("w1", "w2"),
        "sharing_grad",
        {
            "small": lambda: (r((5, 5)), r((5, 5)), r(5)),
            "large": lambda: (r((300, 300)), r((300, 300)), r(300)),
        },
    ),
    (
        "yardstick",
        "cross_entropy",
        ("params",),
        "further",
        {"small": lambda: softmax(8, 4, 3), "large": lambda: softmax(1000, 64, 10)},
    ),
    (
        "yardstick",
        "deep",
        ("layers",),
        "further",
        {
            "small": lambda: (layers(4, 8, 8, 2), r((8, 4)), r((8, 2))),
            "large": lambda: (layers(64, 256, 256, 10), r((256, 64)), r((256, 10))),
        },
    ),
    (
        "yardstick",
        "while_newton",
        ("x", "y"),
        "further",
        {"small": lambda: (1.4, 3.0), "large": lambda: (1e6, 3.0)},
    ),
    (
        "kernels",
        "attention",
        ("q", "k", "v"),
        "kernels_grad",
        {
            "small": lambda: (r((6, 4)), r((7, 4)), r((7, 3))),
            "large": lambda: (r((256, 64)), r((256, 64)), r((256, 64))),
        },
    ),
    (
        "kernels",
        "mixture",
        ("means", "log_scales"),
        "kernels_grad",
        {
            "small": lambda: (r((3, 2)), 0.1 * r((3, 2)), r((10, 2))),
            "large": lambda: (r((20, 10)), 0.1 * r((20, 10)), r((1000, 10))),
        },
    ),
    (
        "kernels",
        "recurrent",
        ("W", "U", "b"),
        "kernels_grad",
        {
            "small": lambda: (r((4, 3)), r((4, 4)), r(4), r((6, 3)), r((6, 4))),
            "large": lambda: (
                r((64, 32)) / 6,
                r((64, 64)) / 8,
                r(64),
                r((200, 32)),
                r((200, 64)),
            ),
        },
    ),
    (
        "kernels",
        "rosenbrock",
        ("x",),
        "kernels_grad",
        {"small": lambda: (r(10),), "large": lambda: (r(100_000),)},
    ),
    (
        "kernels",
        "logistic",
        ("w", "b"),
        "kernels_grad",
        {
            "small": lambda: (r(4), 0.3, r((10, 4)), np.sign(r(10))),
            "large": lambda: (r(100) / 10, 0.3, r((2000, 100)), np.sign(r(2000))),
        },
    ),
    (
        "kernels",
        "kalman",
        ("a", "q", "s"),
        "kernels_grad",
        {"small": lambda: (0.9, 0.3, 0.5, r(10)), "large": lambda: (0.9, 0.3, 0.5, r(1000))},
    ),
    (
        "yardstick",
        "misfit",
        ("u",),
        "stencil_grad",
        {
            "small": lambda: (r(20), r(20), 0.2, 10),
            "large": lambda: (r(100_000), r(100_000), 0.2, 20),
        },
    ),
    (
        "yardstick",
        "prefix_recurrence",
        ("x",),
        "arrays_grad",
        {"small": lambda: (r(10),), "large": lambda: (r(1000),)},
    ),
    (
        "yardstick",
        "forward_substitution",
        ("L", "b"),
        "arrays_grad",
        {
            "small": lambda: (np.tril(r((5, 5))) + 5 * np.eye(5), r(5)),
            "large": lambda: (np.tril(r((300, 300))) / 20 + 5 * np.eye(300), r(300)),
        },
    ),
    (
        "in_place",
        "fdtd",
        ("ex", "ey", "hz", "source"),
        "in_place_grad",
        {
            "small": lambda: (r((8, 9)), r((8, 9)), r((8, 9)), r(6)),
            "large": lambda: (r((200, 210)), r((200, 210)), r((200, 210)), r(30)),
        },
    ),
    (
        "in_place",
        "reaction",
        ("u", "k"),
        "in_place_grad",
        {
            "small": lambda: (r(20), 0.3, 0.1, 10),
            "large": lambda: (r(20_000) / 3, 0.3, 0.1, 50),
        },
    ),
    (
        "in_place",
        "adi",
        ("u",),
        "in_place_grad",
        {"small": lambda: (r((6, 6)), 3), "large": lambda: (r((150, 150)), 4)},
    ),
    (
        "in_place",
        "vertical_advection",
        ("utens_stage", "u_stage", "wcon", "u_pos", "utens"),
        "in_place_grad",
        {"small": lambda: columns(2, 3, 5), "large": lambda: columns(60, 60, 40)},
    ),
    (
        "in_place",
        "cholesky",
        ("A", "w"),
        "in_place_grad",
        {
            "small": lambda: (definite(5), r((5, 5))),
            "large": lambda: (definite(100), r((100, 100))),
        },
    ),
    (
        "in_place",
        "lstm",
        ("Wx", "Wh", "b"),
        "in_place_grad",
        {
            "small": lambda: (r((3, 16)), r((4, 16)), r(16), r((6, 3)), r((6, 4))),
            "large": lambda: (
                r((32, 256)) / 6,
                r((64, 256)) / 8,
                r(256),
                r((100, 32)),
                r((100, 64)),
            ),
        },
    ),
]


def generated(module: str, name: str, wrt: tuple[str, ...]) -> Callable[..., Any]:
    """The function as it stands in a generated file, run without s2sad."""
    from s2sad import value_and_grad

    function = getattr(importlib.import_module(f"benchmarks.programs.{module}"), name)
    asked = wrt if len(wrt) > 1 else wrt[0]
    scope: dict[str, Any] = {"__name__": f"{name}_grad"}
    exec(value_and_grad(function, wrt=asked).source, scope)
    return scope[f"{name}_value_and_grad"]  # type: ignore[no-any-return]


def plain(module: str, name: str, args: tuple[Any, ...]) -> Run:
    """The function itself; what it writes to is copied first, as its gradient has to."""
    function = getattr(importlib.import_module(f"benchmarks.programs.{module}"), name)
    given = copy.deepcopy(args)
    function(*given)
    written = {
        k
        for k, (before, after) in enumerate(zip(args, given, strict=True))
        if isinstance(before, np.ndarray) and not np.array_equal(before, after)
    }
    return lambda: function(*(a.copy() if k in written else a for k, a in enumerate(args)))


def leaves(tree: Any) -> list[np.ndarray]:
    """The numbers of a result, in a fixed order whatever holds them."""
    if isinstance(tree, dict):
        tree = [tree[key] for key in sorted(tree)]
    if isinstance(tree, (list, tuple)):
        return [leaf for part in tree for leaf in leaves(part)]
    return [np.asarray(tree)]


def agrees(result: Any, expected: Any) -> bool:
    """Whether values are equal up to rounding, which grows with the largest number of an array."""
    found, wanted = leaves(result), leaves(expected)
    return len(found) == len(wanted) and all(
        np.shape(a) == np.shape(b)
        and np.allclose(a, b, rtol=1e-8, atol=1e-10 * np.max(np.abs(b), initial=1.0))
        for a, b in zip(found, wanted, strict=True)
    )


def measure(runs: dict[str, Run], rounds: int, least: float) -> dict[str, np.ndarray]:
    """Seconds per call of each run in each round, the runs interleaved."""
    repeats = {}
    for name, run in runs.items():
        run()
        start = time.perf_counter()
        run()
        repeats[name] = max(1, int(least / max(time.perf_counter() - start, 1e-7)))
    times: dict[str, list[float]] = {name: [] for name in runs}
    gc.collect()
    gc.disable()
    try:
        for k in range(rounds):
            order = list(runs)
            for name in order[k % len(order) :] + order[: k % len(order)]:
                run, n = runs[name], repeats[name]
                start = time.perf_counter()
                for _ in range(n):
                    run()
                times[name].append((time.perf_counter() - start) / n)
    finally:
        gc.enable()
    return {name: np.array(values) for name, values in times.items()}


def mean_ratio(ratios: list[float]) -> float:
    return float(np.exp(np.mean(np.log(ratios)))) if ratios else float("nan")


def machine() -> str:
    model = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            model = next(line.split(":")[1].strip() for line in file if "model name" in line)
    except (OSError, StopIteration):
        pass
    return f"{model}, Python {platform.python_version()}, NumPy {np.__version__}, one thread"


def available(chosen: list[str]) -> dict[str, Any]:
    """The peers that are asked for and installed."""
    found = {}
    for name in chosen:
        try:
            found[name] = PEERS[name]()
        except ImportError as error:
            print(f"{name} is left out: {error}", file=sys.stderr)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("-k", default="", help="only programs whose name contains this")
    parser.add_argument("--quick", action="store_true", help="fewer repetitions")
    parser.add_argument("--peers", default=",".join(PEERS), help="comma-separated")
    parser.add_argument("--without-generated", action="store_true", help="peers and hand only")
    options = parser.parse_args()
    rounds, least = (7, 0.002) if options.quick else (25, 0.01)

    peers = available([name for name in options.peers.split(",") if name])
    labels = ["s2sad", *peers]
    print(f"{machine()}\n")
    print("| program | size | hand, µs | " + " | ".join([*labels, "s2sad / plain"]) + " |")
    print("| --- | --- | ---: |" + " ---: |" * (len(labels) + 1))
    medians: dict[str, list[float]] = {name: [] for name in labels}
    minima: dict[str, list[float]] = {name: [] for name in labels}
    over_plain: list[float] = []
    gaps: dict[str, str] = {}  # why a column is empty
    for module, name, wrt, hand_module, sizes in CASES:
        if options.k not in name:
            continue
        hand = importlib.import_module(f"benchmarks.hand.{hand_module}")
        by_hand = getattr(hand, f"{name}_value_and_grad")
        ours = None
        if not options.without_generated:
            try:
                ours = generated(module, name, wrt)
            except Exception as error:
                gaps[f"s2sad, {name}"] = str(error).splitlines()[0]
        for size, make in sizes.items():
            args = make()
            runs: dict[str, Run] = {"hand": lambda f=by_hand, a=args: f(*a)}  # type: ignore[misc]
            if ours is not None:
                runs["s2sad"] = lambda f=ours, a=args: f(*a)  # type: ignore[misc]
            for peer, prepare in peers.items():
                try:
                    run = prepare(module, name, wrt, args)
                    if run is not None:
                        run()
                        runs[peer] = run
                except Exception as error:
                    why = f"{type(error).__name__}: {error}".splitlines()[0][:100]
                    gaps[f"{peer}, {name}"] = why
            expected = runs["hand"]()
            for contestant, run in runs.items():
                # JAX shares ties of a maximum as we do; the value is part of what is compared.
                if not agrees(run(), expected):
                    print(f"{contestant}: the gradient of {name} differs", file=sys.stderr)
                    return 1
            runs["plain"] = plain(module, name, args)
            times = measure(runs, rounds, least)
            base = times["hand"]
            row = [name, size, f"{np.median(base) * 1e6:.1f}"]
            for contestant in labels:
                if contestant not in times:
                    row.append("")
                    continue
                ratio = float(np.median(times[contestant] / base))
                medians[contestant].append(ratio)
                minima[contestant].append(float(times[contestant].min() / base.min()))
                row.append(f"{ratio:.2f}")
            row.append("")
            if "s2sad" in times:
                over_plain.append(float(np.median(times["s2sad"] / times["plain"])))
                row[-1] = f"{over_plain[-1]:.2f}"
            print("| " + " | ".join(row) + " |", flush=True)
    for label, table in (("medians", medians), ("minima", minima)):
        row = [f"geometric mean of {label}", "", "1.00"]
        row += [f"{mean_ratio(table[name]):.2f}" for name in labels]
        row.append(f"{mean_ratio(over_plain):.2f}" if table is medians else "")
        print("| " + " | ".join(row) + " |")
    for who, why in gaps.items():
        print(f"\n{who}: {why}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
