"""Random programs whose lists, dicts and objects hold arrays that are written into.

    python -m tests.fuzz_containers --count 500 --jobs 2
    python -m tests.fuzz_containers --first 17 --count 1 --minimal

Programs are judged, made smaller and printed by `tests/fuzz_writes.py`; here they are written. All
arrays have 5 elements, and any may be in several containers: lists that are appended to, popped
from and joined, dicts with keys that are constants or loop variables, lists of lists, objects;
items that trade places, copies, and functions that write into what a list or dict holds.
"""

from __future__ import annotations

import sys

from tests import fuzz_writes

HEAD = """\
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

WRT = ("a", "b", "h", "A", "s")


@dataclass
class Pair:
    u: Float[ndarray, "5"]
    v: Float[ndarray, "5"]


def all_scaled(items, s: float):
    for item in items:
        item[1:] *= s


def changed(table, s: float):
    for key in table:
        table[key] -= s * np.sin(table[key])
    table["p"][0] = s


"""


class Writer(fuzz_writes.Writer):
    """Writes one program."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.vectors = ["a", "b", "c"]
        self.sizes = {"xs": 2, "ys": 2}
        self.items: list[str] = []  # variables of loops over containers

    def holder(self) -> str:
        return self.pick("xs", "xs", "ys")

    def place(self) -> str:
        """An item of a container."""
        xs = self.holder()
        choices = [f"{xs}[0]", f"{xs}[1]", f"{xs}[-1]", f"{xs}[0]", f"{xs}[1]"]
        choices += [f'd["{k}"]' for k in "pqp"]
        choices += [f"grid[{i}][{j}]" for i, j in ((0, 0), (1, 0), (1, 1))]
        choices += ["pair.u", "pair.v"]
        if self.counters:
            k = self.pick(*self.counters)
            choices += [f"{xs}[{k} % 2]", f"{xs}[1 - {k} % 2]", f"grid[{k} % 2][0]"]
        return self.pick(*choices)

    def slot(self) -> str:
        """An item that may be replaced."""
        place = self.place()
        return self.slot() if place.startswith("pair") else place

    def vector(self) -> str:
        """An array that is there already."""
        return self.pick(self.pick(*self.vectors), self.place(), *self.items)

    def new(self, base: str = "") -> str:
        if base:
            return super().new(base)
        x, y = self.vector(), self.vector()
        return self.pick(
            f"np.sin({x})", f"{x} * {y}", f"{x} + s * {y}", f"np.tanh({x} - {y})", f"{x}.copy()",
            f"0.7 * {x}", f"np.zeros_like({x})",
        )  # fmt: skip

    def factor(self) -> str:
        return self.pick("s", "0.7", f"{self.vector()}[{self.pick(0, 1, 2)}]", "np.cos(s)")

    def statement(self, pad: str, depth: int) -> None:
        kinds = ["write"] * 6 + ["slot", "slot", "name", "name", "swap", "swap", "append", "pop"]
        kinds += ["read", "list", "dict", "call", "copy"]
        if depth:
            kinds += ["if", "for", "rows", "entries"] * 2
        getattr(self, f"put_{self.pick(*kinds)}")(pad, depth)

    def put_write(self, pad: str, depth: int) -> None:
        x = self.vector()
        k = self.pick("0", "1", "-1", *self.counters)
        op = self.pick("=", "+=", "-=")
        choices = [
            f"{x}[{k}] {op} {self.factor()}",
            f"{x}[1:] {op} {self.factor()} * {self.vector()}[:-1]",
            f"{x}[:] = {self.new()}",
            f"{x} *= {self.factor()}",
            f"{x} {self.pick('+=', '*=')} np.cos({self.vector()})",
            f"{x}[{self.vector()} > 0.2] {op} {self.factor()}",
        ]
        self.put(pad, self.pick(*choices))

    def put_slot(self, pad: str, depth: int) -> None:
        self.put(pad, f"{self.slot()} = {self.pick(self.new(), self.vector())}")

    def put_name(self, pad: str, depth: int) -> None:
        name = self.pick(*self.vectors)
        value = self.pick(self.new(), self.vector(), self.place(), f"{self.place()}[::-1]")
        self.put(pad, f"{name} = {value}")

    def put_swap(self, pad: str, depth: int) -> None:
        p, q = self.slot(), self.pick(self.slot(), self.pick(*self.vectors))
        xs = self.holder()
        self.put(pad, self.pick(f"{xs}[0], {xs}[1] = {xs}[1], {xs}[0]", f"{p}, {q} = {q}, {p}"))

    def put_append(self, pad: str, depth: int) -> None:
        self.put(pad, f"{self.holder()}.append({self.pick(self.vector(), self.new())})")

    def put_pop(self, pad: str, depth: int) -> None:
        xs = self.holder()
        self.put(pad, f"if len({xs}) > 2:")
        self.put(pad + "    ", self.pick(f"c = {xs}.pop()", f"{xs}.pop()"))

    def put_read(self, pad: str, depth: int) -> None:
        self.put(pad, f"t = t + np.sum({self.new()} * {self.vector()})")

    def put_list(self, pad: str, depth: int) -> None:
        choices = [
            f"[{self.vector()}, {self.new()}]",
            f"[{self.new()}, {self.vector()}, {self.vector()}]",
            f"{self.holder()}[:2] + [{self.vector()}]",
            f"[{self.new()}] * 2",
            f"list({self.holder()})",
            self.holder(),
            f"[{self.holder()}[1], {self.vector()}]",
            "grid[1]",
        ]
        self.put(pad, f"{self.holder()} = {self.pick(*choices)}")

    def put_dict(self, pad: str, depth: int) -> None:
        p, q = self.pick(self.vector(), self.new()), self.pick(self.vector(), self.new())
        choice = self.pick(0, 0, 1, 2, 3)
        if choice == 0:
            self.put(pad, f'd = {{"p": {p}, "q": {q}}}')
        elif choice == 1:
            self.put(pad, f"pair = Pair({p}, {q})")
        elif choice == 2:
            self.put(pad, f"grid = [[{p}, {q}], {self.holder()}]")
        else:
            self.put(pad, f"grid[{self.pick(0, 1)}] = [{p}, {q}]")

    def put_copy(self, pad: str, depth: int) -> None:
        xs = self.holder()
        self.put(pad, self.pick(f"ys = {xs}.copy()", f"xs = {xs}[:]", "e = d", "e = d.copy()"))
        if self.lines[-1].strip().startswith("e"):
            self.put(pad, f'e["{self.pick("p", "q")}"] = {self.new()}')

    def put_call(self, pad: str, depth: int) -> None:
        choices = [f"all_scaled({self.holder()}, {self.factor()})", f"changed(d, {self.factor()})"]
        self.put(pad, self.pick(*choices, f"all_scaled([{self.place()}], 0.9)"))

    def put_if(self, pad: str, depth: int) -> None:
        self.put(pad, f"if {self.pick('s > 0.0', f'{self.vector()}[0] > 0.1', 'n > 2')}:")
        self.body(pad, depth)
        if self.chance(0.5):
            self.put(pad, "else:")
            self.body(pad, depth)

    def put_for(self, pad: str, depth: int) -> None:
        self.loops += 1
        name = f"i{self.loops}"
        self.put(pad, f"for {name} in range({self.pick('n', '2', '3')}):")
        self.counters.append(name)
        self.body(pad, depth)
        self.counters.remove(name)

    def put_rows(self, pad: str, depth: int) -> None:
        self.loops += 1
        name = f"x{self.loops}"
        xs, ys = self.holder(), self.holder()
        choices = [f"for {name} in {xs}[:2]:", f"for {name} in {xs}[:2]:"]
        choices += [f"for {name}, y{self.loops} in zip({xs}[:2], {ys}[:2]):"]
        choices += [f"for k{self.loops}, {name} in enumerate({xs}[:2]):"]
        self.put(pad, self.pick(*choices))
        self.items.append(name)
        self.body(pad, depth)
        self.items.remove(name)

    def put_entries(self, pad: str, depth: int) -> None:
        self.loops += 1
        name = f"x{self.loops}"
        self.put(pad, self.pick(f"for key, {name} in d.items():", f"for {name} in d.values():"))
        self.items.append(name)
        self.body(pad, depth)
        self.items.remove(name)

    def body(self, pad: str, depth: int) -> None:
        for _ in range(self.random.randint(1, 3)):
            self.statement(pad + "    ", depth - 1)

    def text(self) -> str:
        types = {n: fuzz_writes.ANNOTATED[n] for n in ("a", "b", "h", "A", "s", "idx", "n")}
        parameters = ", ".join(f"{name}: {kind}" for name, kind in types.items())
        self.put("", f"def f({parameters}):")
        self.put("    ", "t = 0.0 * s + 0.0 * np.sum(h)")
        self.put("    ", f"c = {self.pick('A[0]', 'np.sin(a)', 'b')}")
        self.vectors = ["a", "b", "c"]
        first = {name: self.pick("a", "b", "c", "np.cos(a)", "A[1]") for name in "pqrstuvwxy"}
        self.put("    ", f"xs, ys = [{first['p']}, {first['q']}], [{first['r']}, {first['s']}]")
        self.put("    ", f'd = {{"p": {first["t"]}, "q": {first["u"]}}}')
        self.put("    ", f"grid = [[{first['v']}, {first['w']}], {self.pick('xs', '[a, b]')}]")
        self.put("    ", f"pair = Pair({first['x']}, {first['y']})")
        for _ in range(self.random.randint(3, 7)):
            self.statement("    ", 2)
        ends = ["np.sum(np.sin(xs[0]))", "np.sum(ys[1] * ys[0])", "np.sum(xs[-1])"]
        ends += ['np.sum(d["p"] ** 2)', 'np.sum(np.cos(d["q"]))', "np.sum(grid[1][0] * grid[0][1])"]
        ends += ["np.sum(pair.u * pair.v)", "np.sum(a * b)", "np.sum(c * c)", "np.sum(np.sin(A))"]
        chosen = self.random.sample(ends, 5)
        self.put("    ", f"return {' + '.join(['t', *chosen])}")
        return HEAD + "\n".join(self.lines) + "\n"


if __name__ == "__main__":
    sys.exit(fuzz_writes.main(Writer))
