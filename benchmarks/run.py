"""Generated derivatives against those written by hand, autograd, JAX and PyTorch.

    python -m benchmarks.run                     # everything that is installed, Markdown tables
    python -m benchmarks.run -k attention        # programs whose name contains this
    python -m benchmarks.run --quick             # fewer repetitions
    python -m benchmarks.run --tables jacobian   # of gradients, modes (jvp and hvp), jacobian

Every contestant's value and gradient is checked against the hand-written ones first.
The timings are interleaved: each round runs every contestant once, so that what else the machine
does meets all of them alike. A figure is the median over the rounds, `hand` in microseconds and
the others as a multiple of it; the minima and their geometric mean are given below the table.
`s2sad / plain` is the generated gradient's time over that of the function itself, which is handed
copies where it writes to its arguments. For the other two tables see `benchmarks.modes`.
"""

from __future__ import annotations

import argparse
import sys

import numpy as np

from benchmarks.cases import CASES, Case
from benchmarks.measuring import (
    Run,
    agrees,
    by_hand,
    generated,
    machine,
    mean_ratio,
    measure,
    plain,
)
from benchmarks.modes import forward_table, jacobian_table
from benchmarks.peers import PEERS, Prepare

TABLES = ("gradients", "modes", "jacobian")


def available(chosen: list[str]) -> dict[str, Prepare]:
    """The peers that are asked for and installed."""
    found = {}
    for name in chosen:
        try:
            found[name] = PEERS[name]()
        except ImportError as error:
            print(f"{name} is left out: {error}", file=sys.stderr)
    return found


def gradient_table(
    cases: list[Case], peers: dict[str, Prepare], rounds: int, least: float, with_generated: bool
) -> None:
    """Prints what gradients take."""
    labels = ["s2sad", *peers]
    print("| program | size | hand, µs | " + " | ".join([*labels, "s2sad / plain"]) + " |")
    print("| --- | --- | ---: |" + " ---: |" * (len(labels) + 1))
    medians: dict[str, list[float]] = {name: [] for name in labels}
    minima: dict[str, list[float]] = {name: [] for name in labels}
    over_plain: list[float] = []
    gaps: dict[str, str] = {}  # why a column is empty
    for module, name, wrt, hand_module, sizes in cases:
        written = by_hand(hand_module, name)
        ours = None
        if with_generated:
            try:
                ours = generated(module, name, wrt)
            except Exception as error:
                gaps[f"s2sad, {name}"] = str(error).splitlines()[0]
        for size, make in sizes.items():
            args = make()
            runs: dict[str, Run] = {"hand": lambda f=written, a=args: f(*a)}  # type: ignore[misc]
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
                    raise ArithmeticError(f"{contestant}: the gradient of {name} differs")
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


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("-k", default="", help="only programs whose name contains this")
    parser.add_argument("--quick", action="store_true", help="fewer repetitions")
    parser.add_argument("--tables", default=",".join(TABLES), help="comma-separated")
    parser.add_argument("--peers", default=",".join(PEERS), help="comma-separated")
    parser.add_argument("--without-generated", action="store_true", help="peers and hand only")
    options = parser.parse_args()
    rounds, least = (7, 0.002) if options.quick else (25, 0.01)
    cases = [case for case in CASES if options.k in case[1]]
    tables = options.tables.split(",")

    print(f"{machine()}")
    try:
        if "gradients" in tables:
            print()
            peers = available([name for name in options.peers.split(",") if name])
            gradient_table(cases, peers, rounds, least, not options.without_generated)
        if "modes" in tables:
            print()
            forward_table(cases, rounds, least)
        if "jacobian" in tables:
            print()
            jacobian_table(200, rounds, least)
    except ArithmeticError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
