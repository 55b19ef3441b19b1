"""What generating gradients costs, and what importing s2sad costs.

    python -m benchmarks.generate           # everything, as Markdown tables
    python -m benchmarks.generate --quick   # up to 500 statements

Own passes are what s2sad itself does: the time of a generation without LibCST's parser and black,
the garbage collector switched off. Times are minima over repetitions, of the processor where
everything is in one process; the commands and imports, each in a process of its own, by the clock.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import black
import libcst

from benchmarks.measuring import machine

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ["examples/first.py", "examples/digits/model.py", "examples/regression/model.py"]
SIZES = [50, 500, 2000, 5000]


class Outside:
    """Time spent in the functions it wraps, nested calls counted once."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.depth = 0

    def wrapped(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any, **kwargs: Any) -> Any:
            self.depth += 1
            start = time.process_time()
            try:
                return function(*args, **kwargs)
            finally:
                self.depth -= 1
                if self.depth == 0:
                    self.seconds += time.process_time() - start

        return timed


@contextlib.contextmanager
def counting() -> Iterator[Outside]:
    """Counts the time in LibCST's parser and in black while it is open."""
    outside = Outside()
    hooks = [
        (libcst, "parse_module"),
        (libcst, "parse_statement"),
        (libcst, "parse_expression"),
        (black, "format_str"),
        (black, "format_file_contents"),
    ]
    kept = [(place, name, getattr(place, name)) for place, name in hooks]
    for place, name, function in kept:
        setattr(place, name, outside.wrapped(function))
    try:
        yield outside
    finally:
        for place, name, function in kept:
            setattr(place, name, function)


def generate(path: Path, function: str) -> tuple[float, float, str]:
    """Seconds of the processor in all and in s2sad's own passes, and the text."""
    from s2sad.pipeline import Request
    from s2sad.pipeline import generate as pipeline
    from s2sad.source.module import SourceModule

    gc.collect()
    gc.disable()
    try:
        with counting() as outside:
            start = time.process_time()
            module = SourceModule.from_path(path)
            text = pipeline(module, [Request(function)]).text
            total = time.process_time() - start
    finally:
        gc.enable()
    return total, total - outside.seconds, text


# ---------------------------------------------------------------- synthetic functions


def straight_line(n: int) -> str:
    """n assignments, each of which reads three earlier values."""
    lines = ["import numpy as np", "", "", "def f(x):", "    v0 = v1 = v2 = x * 1.5"]
    for k in range(3, n + 1):
        lines.append(f"    v{k} = np.sin(v{k - 1} * v{k - 3}) + 0.{k % 9 + 1}1 * v{k - 2}")
    return "\n".join([*lines, f"    return np.sum(v{n})", ""])


def branching(n: int) -> str:
    """Branches of five statements, some of them nested in loops."""
    lines = ["import numpy as np", "", "", "def f(x: float, n: int = 2) -> float:"]
    lines += ["    v = x * 1.5", "    w = x + 1.0"]
    for k in range(n // 5):
        pad = "    "
        if k % 4 == 3:
            lines.append("    for _ in range(n):")
            pad = "        "
        lines += [
            f"{pad}if v > 0.{k % 9}:",
            f"{pad}    v = np.sin(v) * w",
            f"{pad}    w = w + 0.1 * v",
            f"{pad}else:",
            f"{pad}    v = v * v - 0.{k % 7 + 1}",
        ]
    return "\n".join([*lines, "    return v * w", ""])


def call_heavy(n: int) -> str:
    """One callee per twenty statements, of four statements; each calls the one before."""
    lines = ["import numpy as np", ""]
    count = max(1, n // 20)
    for k in range(count):
        inner = f"g{k - 1}(u, v)" if k % 5 else "u * v"
        lines += ["", f"def g{k}(u, v):", f"    a = np.sin(u) * v + 0.{k % 9 + 1}"]
        lines += [
            f"    b = a * a + {inner}",
            "    c = b / (1.0 + a * a)",
            "    return c * u + 0.5",
            "",
        ]
    lines += ["", "def f(x):", "    v0 = x * 1.5", "    v1 = x + 0.5"]
    calls = n - 4 * count
    for k in range(2, calls):
        lines.append(f"    v{k} = g{k % count}(v{k - 1}, v{k - 2})")
    return "\n".join([*lines, f"    return np.sum(v{calls - 1})", ""])


SHAPES = {"straight line": straight_line, "branching": branching, "call heavy": call_heavy}


# ---------------------------------------------------------------- tables


def table_of_examples(repeats: int) -> None:
    print("| example | lines | warm, ms | own passes, ms | whole command, ms |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for name in EXAMPLES:
        path = ROOT / name
        runs = [generate(path, "loss") for _ in range(repeats)]
        command = [sys.executable, "-m", "s2sad", "generate", str(path), "--function", "loss"]
        whole = min(seconds_of(command) for _ in range(3))
        source = path.read_text(encoding="utf-8").split("def loss")[1]
        lines = len(source.rstrip().splitlines())
        total, own = min(run[0] for run in runs), min(run[1] for run in runs)
        print(f"| {name} | {lines} | {total * 1e3:.0f} | {own * 1e3:.0f} | {whole * 1e3:.0f} |")


def seconds_of(command: list[str]) -> float:
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    if done.returncode:
        raise SystemExit(done.stderr)
    return time.perf_counter() - start


def table_of_growth(sizes: list[int]) -> None:
    header = " | ".join(f"{n:,}" for n in sizes)
    print(f"| own passes, s (in all) | {header} | {sizes[-1]:,} to 500 |")
    print("| --- |" + " ---: |" * (len(sizes) + 1))
    for name, make in SHAPES.items():
        row, own = [], {}
        for n in sizes:
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "program.py"
                path.write_text(make(n), encoding="utf-8")
                runs = [generate(path, "f") for _ in range(3 if n <= 500 else 2)]
            total = min(run[0] for run in runs)
            own[n] = min(run[1] for run in runs)
            row.append(f"{own[n]:.2f} ({total:.2f})")
        growth = own[sizes[-1]] / own[500] if 500 in own else float("nan")
        print(f"| {name} | " + " | ".join(row) + f" | {growth:.1f} |", flush=True)


DECORATED = '''
@differentiable(wrt=("W", "b"))
def loss{k}(W, b, x, t):
    """Squared error of layer {k}."""
    h = np.tanh(x @ W + b)
    r = h - t * {k}.0
    return np.sum(r * r)

'''


def table_of_imports(repeats: int) -> None:
    """Imports on top of numpy, and of a module with ten decorated functions, the cache warm."""
    with tempfile.TemporaryDirectory() as folder:
        functions = "".join(DECORATED.format(k=k) for k in range(1, 11))
        plain = "".join(
            line for line in functions.splitlines(True) if not line.startswith("@differentiable")
        )
        head = "import numpy as np\n"
        (Path(folder) / "plain_ten.py").write_text(head + plain)
        marked = f"{head}from s2sad import differentiable\n{functions}"
        (Path(folder) / "decorated_ten.py").write_text(marked)
        environment = {
            **os.environ,
            "S2SAD_CACHE_DIR": str(Path(folder) / "cache"),
            "PYTHONPATH": os.pathsep.join([str(ROOT), folder]),
        }

        def imported(module: str) -> float:
            code = (
                "import numpy, time; start = time.perf_counter(); "
                f"import {module}; print(time.perf_counter() - start)"
            )
            command = [sys.executable, "-c", code]
            done = subprocess.run(command, capture_output=True, text=True, env=environment)
            if done.returncode:
                raise SystemExit(done.stderr)
            return float(done.stdout)

        cold = imported("decorated_ten")
        for module in ("plain_ten", "decorated_ten", "s2sad"):
            imported(module)  # writes the byte code
        times: dict[str, list[float]] = {"s2sad": [], "plain_ten": [], "decorated_ten": []}
        for _ in range(repeats):
            for module, found in times.items():
                found.append(imported(module))
        best = {module: min(found) * 1e3 for module, found in times.items()}
    over = best["decorated_ten"] - best["plain_ten"]
    print("| import | ms | at most |")
    print("| --- | ---: | ---: |")
    print(f"| s2sad over numpy | {best['s2sad']:.1f} | 15 |")
    print(f"| ten decorated functions over the same undecorated, cache warm | {over:.1f} | 30 |")
    print(f"| the first time, cache cold | {cold * 1e3:.0f} | |")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small programs, few repetitions")
    options = parser.parse_args()
    print(f"{machine()}, LibCST {libcst.LIBCST_VERSION}, black {black.__version__}\n")
    table_of_examples(3 if options.quick else 10)
    print()
    table_of_growth(SIZES[:2] if options.quick else SIZES)
    print()
    table_of_imports(5 if options.quick else 20)
    return 0


if __name__ == "__main__":
    sys.exit(main())
