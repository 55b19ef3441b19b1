"""Random programs whose written values are choices, comprehensions and parts of lists.

    python -W ignore -m tests.fuzz_choices --count 500 --jobs 2
    python -W ignore -m tests.fuzz_choices --first 17 --count 1 --minimal
    python -W ignore -m tests.fuzz_choices --mode hvp --count 500

They are the programs of `tests/fuzz_writes.py`, which also judges them, but for their expressions:
what an arm of a choice or an element of a comprehension reads is often what is being written.
"""

from __future__ import annotations

import sys

from tests import fuzz_writes


class Writer(fuzz_writes.Writer):
    """Writes one program."""

    def number(self, depth: int = 1) -> str:
        if depth == 0 or self.chance(0.6):
            return super().number(depth)
        one, other = super().number(depth - 1), super().number(0)
        x = self.view("5")
        return self.pick(
            f"({one} if {self.test()} else {other})",
            f"({one} if {self.test()} else {other})",
            f"0.3 * sum(w * {other} for w in {x})",
            f"sum([0.3 * np.sin(w) for w in {x}])",
            f"0.5 * {self.pick('max', 'min')}({one}, {other})",
            f"[{one}, {other}][n % 2]",
            f"0.2 * sum({self.name('5')}[q] * {x}[q + 1] for q in range(2))",
            f"0.5 * np.max({x})",
        )

    def array(self, kind: str, depth: int = 2) -> str:
        if depth == 0 or self.chance(0.6):
            return super().array(kind, depth)
        one, other = super().array(kind, depth - 1), self.view(kind)
        element = "np.sin(w)" if self.chance(0.5) else f"0.5 * w * {super().number(0)}"
        return self.pick(
            f"({one} if {self.test()} else {other})",
            f"({one} if {self.test()} else {other})",
            f"np.array([{element} for w in {other}])",
            f"[{one}, {other}][n % 2]",
            f"np.stack([{one}, {other}])[{self.pick('0', '1', 'n % 2')}]",
            f"np.concatenate([{other}[:2], {one}[2:]])",
            f"sum([0.5 * {one}, 0.5 * {other}])",
        )


if __name__ == "__main__":
    sys.exit(fuzz_writes.main(Writer))
