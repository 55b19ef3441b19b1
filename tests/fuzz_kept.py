"""Random programs that keep new values, and write into what these come from.

    python -m tests.fuzz_kept --count 500 --jobs 2
    python -m tests.fuzz_kept --first 17 --count 1 --minimal
    python -m tests.fuzz_kept --mode jvp --count 500

Programs are judged, made smaller and printed by `tests/fuzz_writes.py`; here they are written. The
derivative of a new value is often an old array: that of `x + 1.0`, of `-x`, of what a function
gives. Here such values are appended, put under keys, listed, stacked, run over and handed on, while
names, items and rows are rebound and updated in place, in loops and branches.
"""

from __future__ import annotations

import random
import sys

from tests import fuzz_writes

HEAD = """\
from __future__ import annotations

import numpy as np

WRT = ("a", "b", "h", "A", "s")


def scaled_sum(v, w):
    v *= w
    return np.sum(v * v)


def mixed(v, w):
    return v + w * 0.5


def moved(v):
    return v + 1.0


def f(a, b, h, A, s, idx, n):
    x = a * 1.0
    y = b + s
    z = a * b
    t = 0.0 * np.sum(h)
    xs = [a * 2.0, b * a]
    d = {"u": a + b, "v": b * 1.0}
    M = np.outer(np.array([1.0, 0.5]), a)
"""

RESULT = (
    "    return np.sum(x * y) + np.sum(np.sin(z)) + t + np.sum(xs[0] * xs[-1])"
    ' + np.sum(d["u"] * d["v"] * b) + np.sum(M * M)\n'
)


class Writer:
    """Writes one program."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.lines: list[str] = []
        self.counters: list[str] = []
        self.loops = 0

    def pick(self, *choices: str) -> str:
        return self.random.choice(choices)

    def name(self) -> str:
        return self.pick("x", "y", "z")

    def index(self) -> str:
        return self.pick("0", "1", *self.counters[-1:])

    def entry(self) -> str:
        return self.pick('d["u"]', 'd["v"]')

    def array(self) -> str:
        """An array of five elements that has a name or a place."""
        items = (f"xs[{self.index()}]", "xs[-1]", self.entry(), f"M[{self.index()}]")
        return self.pick(self.name(), self.name(), *items)

    def new(self) -> str:
        """A new array."""
        u, v = self.array(), self.array()
        same = (f"{u} + 1.0", f"{u} + {v}", f"{u} - {v}", f"-{u}", f"{u}.copy()", f"{u} / 2.0")
        calls = (f"mixed({u}, {v})", f"moved({u})", f"np.where({u} > 0.1, {u}, {v})")
        others = (f"np.sin({u})", f"{u} * {v}", f"{u} * s", f"np.tanh({u}) * {v}")
        moves = (f"{u}[::-1] + 0.0", f"np.maximum({u}, 0.1)", f"{u} + np.roll({v}, 1)")
        return self.pick(*same, *calls, *others, *moves)

    def many(self) -> str:
        """Several arrays."""
        return self.pick("xs[:2]", "M", "M + 1.0", "list(M)", "[x, y + 1.0]", "A + 1.0")

    def simple(self) -> str:
        """A statement without parts."""
        first, second = self.random.sample("xyz", 2)
        update = f"{self.array()} {self.pick('*=', '+=', '-=')} {self.pick('0.5', self.array())}"
        shift = f"{self.array()}[1:] {self.pick('=', '+=', '*=')} {self.array()}[:-1]"
        item = f"q{self.pick(' + 1.0', ' * 0.5', ' - x')}"
        pair = self.pick(f"{second}, {first}", f"{self.new()}, {self.new()}")
        return self.pick(
            *[f"{self.name()} = {self.new()}"] * 3,
            *[f"xs.append({self.new()})"] * 2,
            f"xs[{self.index()}] = {self.new()}",
            f"{self.entry()} = {self.new()}",
            f"M[{self.index()}] = {self.new()}",
            update,
            shift,
            f"{self.name()} = {self.array()}",
            f"t = t + scaled_sum({self.new()}, {self.array()})",
            f"t = t + np.sum({self.new()})",
            f"xs = [{self.new()}, {self.new()}]",
            f"xs = [{item} for q in {self.pick('xs', 'M', 'A')}]",
            self.pick(
                "M = np.stack([x, y])", "M = M + 1.0", "M = np.stack(xs[:2])", "xs = list(M)"
            ),
            f"{first}, {second} = {pair}",
        )

    def block(self, pad: str, depth: int, count: int) -> None:
        for _ in range(count):
            kind = self.random.random() if depth else 0.0
            if kind < 0.75:
                self.lines.append(pad + self.simple())
            elif kind < 0.92:
                self.loop(pad, depth)
            else:
                self.lines.append(f"{pad}if {self.array()}[0] > 0.3:")
                self.block(pad + "    ", depth - 1, self.random.randint(1, 2))
                self.lines.append(f"{pad}else:")
                self.block(pad + "    ", depth - 1, 1)

    def loop(self, pad: str, depth: int) -> None:
        self.loops += 1
        counter, inside = f"i{self.loops}", pad + "    "
        kind = self.pick("range", "items", "both")
        if kind == "range":
            self.lines.append(f"{pad}for {counter} in range(2):")
        elif kind == "items":
            self.lines.append(f"{pad}for q in {self.many()}:")
            self.lines.append(f"{inside}{self.name()} = {self.array()} + q")
        else:
            self.lines.append(f"{pad}for {counter}, q in enumerate({self.pick('xs[:2]', 'M')}):")
            self.lines.append(f"{inside}{self.name()} = q * {self.array()}")
        if kind != "items":
            self.counters.append(counter)
        self.block(inside, depth - 1, self.random.randint(1, 3))
        if kind != "items":
            self.counters.pop()

    def text(self) -> str:
        self.block("    ", 2, self.random.randint(3, 7))
        return HEAD + "\n".join(self.lines) + "\n" + RESULT


if __name__ == "__main__":
    sys.exit(fuzz_writes.main(Writer))
