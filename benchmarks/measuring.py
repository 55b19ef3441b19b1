"""What is common to the measurements: the functions, whether they agree, and their times."""

from __future__ import annotations

import copy
import gc
import importlib
import platform
import time
from collections.abc import Callable
from typing import Any

import numpy as np

Run = Callable[[], Any]


def program(module: str, name: str) -> Callable[..., Any]:
    """One of the functions in programs/."""
    function: Callable[..., Any] = getattr(
        importlib.import_module(f"benchmarks.programs.{module}"), name
    )
    return function


def by_hand(module: str, name: str) -> Callable[..., Any]:
    """The value and gradient of a program as somebody wrote them, in hand/."""
    written: Callable[..., Any] = getattr(
        importlib.import_module(f"benchmarks.hand.{module}"), f"{name}_value_and_grad"
    )
    return written


def generated(
    module: str, name: str, wrt: tuple[str, ...], mode: str = "value_and_grad"
) -> Callable[..., Any]:
    """A derivative of a program as it stands in a generated file, run without s2sad."""
    import s2sad

    asked = wrt if len(wrt) > 1 else wrt[0]
    scope: dict[str, Any] = {"__name__": f"{name}_{mode}"}
    exec(getattr(s2sad, mode)(program(module, name), wrt=asked).source, scope)
    return scope[f"{name}_{mode}"]  # type: ignore[no-any-return]


def plain(module: str, name: str, args: tuple[Any, ...]) -> Run:
    """The function itself; what it writes to is copied first, as its gradient has to."""
    function = program(module, name)
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
