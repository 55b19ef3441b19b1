"""Random programs made of what people write in Python, and what is wrong with their gradients.

    python -W ignore -m tests.fuzz_python --count 500
    python -W ignore -m tests.fuzz_python --first 17 --count 1 --minimal

Programs are judged, made smaller and printed by `tests/fuzz.py`, whose statements and expressions
are in them, too. What is written here: functions with defaults, keywords, `*args` and `**kwargs`,
nested functions and lambdas; objects, dicts and lists that are handed around; unpacking, swaps of
elements, assignment expressions; comprehensions over `zip`, `enumerate` and `reversed`, generator
expressions; sorted, min and max with keys, any and all; loops with `else`, with targets that are
bound again or read afterwards, that one returns from; integers and truth values in sums; what only
prints, asserts or raises.
"""

# ruff: noqa: E501
from __future__ import annotations

import sys

from tests import fuzz

HEAD = '''\
import functools
import itertools
import math
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

A = Float[np.ndarray, "3"]
RATE = 0.3
WEIGHTS = np.array([0.2, 0.5, 0.3])
SPEEDS = {"slow": 0.5, "fast": 1.5}
STEPS: tuple[float, ...] = (0.1, 0.4, 0.2)


class State(NamedTuple):
    q: float
    p: float = 0.5


@dataclass
class Body:
    mass: float
    speed: float = 0.4

    def energy(self, scale=1.0):
        return 0.5 * self.mass * self.speed**2 * scale

    @property
    def momentum(self):
        return self.mass * self.speed


def blend(p, q=0.5, *, weight=0.3, bias=0.0):
    """A weighted mean."""
    return weight * p + (1.0 - weight) * q + bias


def total(*parts, **scales):
    result = 0.0
    for k, part in enumerate(parts, start=1):
        result += np.sin(part) / k
    for name, scale in scales.items():
        if name != "bias":
            result = result * scale
        else:
            result += scale
    return result


def weighted(v, w=WEIGHTS, power=2):
    return np.sum(w * np.tanh(v) ** power)


def statistic(v, mode="mean"):
    if mode == "mean":
        return np.mean(v)
    elif mode in ("largest", "smallest"):
        return np.max(v) if mode == "largest" else np.min(v)
    elif mode == "range":
        return np.max(v) - np.min(v)
    raise ValueError(f"no statistic {mode!r}")


def advanced(state: State, rate=0.1, steps=2):
    q, p = state
    for _ in range(steps):
        p = p - rate * np.sin(q)
        q += rate * p
    return State(q, p)


def first_above(items, limit, default=0.3):
    for k, item in enumerate(items):
        if item > limit:
            return item * (k + 1)
    return default


def found_in(rows, limit):
    for row in rows:
        for value in row:
            if value < limit:
                continue
            if value * value > limit:
                return value + limit
        else:
            limit = limit * 0.5
    return limit


def parts_of(p, q):
    half = 0.5 * (p - q)
    return {"sum": p + q, "pair": (half, [half * p, q])}


def power(p, k):
    return 1.0 if k <= 0 else p * power(0.5 * p, k - 1)


def mixed(params, v):
    value = params["scale"] * v
    for layer in params["layers"]:
        value = np.tanh(value * layer["w"] + layer.get("b", 0.1))
    return np.mean(value)


def as_number(value):
    if isinstance(value, (int, float)):
        return value * 0.5
    if isinstance(value, tuple):
        return sum(value)
    return np.mean(value)


def applied(g, p, times=2):
    for _ in range(times):
        p = g(p)
    return p


def with_ghosts(v, left=0.0, right=None):
    padded = np.empty(len(v) + 2)
    padded[1:-1] = v
    padded[0] = left
    padded[-1] = v[-1] if right is None else right
    return padded


'''

FLOATS = fuzz.FLOATS
ARRAYS = fuzz.ARRAYS


class Writer(fuzz.Writer):
    """Writes one program."""

    STATEMENTS = (
        "named chained star elements removed inner lambda sums zipped listed keyed quantified "
        "state body nested table rows counted_down started paired bound_again read_after strings "
        "instance shouted asserted contexts truth tally counting defaults keywords collected "
        "returned recursive parameters dispatched matched reduced early for_else while_else "
        "grown array_built mapped copied joined held_items iterated searched ghosts windows "
        "updates two_lists captured objects_in_list none_first flagged matrix accumulated tried"
    ).split()

    def f(self) -> str:
        """A variable that holds a float."""
        return str(self.pick(*FLOATS))

    def v(self) -> str:
        """A variable that holds an array."""
        return str(self.pick(*ARRAYS))

    def e(self, depth: int = 1) -> str:
        """A float of moderate size."""
        return self.scalar(depth)

    def test(self) -> str:
        p, q = self.f(), self.f()
        kinds = [super().test()] * 4
        kinds += [f"-0.6 < {p} < 0.7", f"{p} <= {q} < 0.9", f"not (0.1 < {p})", f"{p} != {q}"]
        kinds += [f"any(t > 0.6 for t in {self.v()})", f"all({self.v()} < 0.8)"]
        kinds += [f"(n > 2) == ({p} > 0.3)", f"({p} > 0.2) + ({q} > 0.4) == 1"]
        return str(self.pick(*kinds))

    def statement(self, pad: str, depth: int) -> None:
        if self.in_callee or self.chance(0.35):
            super().statement(pad, depth)
            return
        getattr(self, f"put_{self.pick(*self.STATEMENTS)}")(pad, depth)

    def lines_of(self, pad: str, *lines: str) -> None:
        for line in lines:
            self.put(pad, line)

    def inside(self, pad: str, depth: int, size: int = 2, looped: bool = True) -> None:
        """Statements in a block."""
        self.loops += looped
        loops = self.loops
        if not looped:
            self.loops = 0
        self.block(pad + "    ", max(depth - 1, 0), size)
        self.loops = loops - looped

    # ------------------------------------------------------------ names and unpacking

    def put_named(self, pad: str, depth: int) -> None:
        w = self.name("w")
        if self.chance(0.5):
            self.put(pad, f"if ({w} := {self.e()}) > {self.pick('0.2', self.f())}:")
            self.put(pad + "    ", f"{self.f()} = {w} * {self.e(0)}")
            self.inside(pad, depth, looped=False) if depth else None
            self.put(pad, f"{self.f()} = {w} * 0.5")
        else:
            i = self.name("i")
            self.put(pad, f"{i} = 0")
            self.put(pad, f"while ({w} := math.sin({self.e()})) > -0.5 and {i} < n:")
            self.put(pad + "    ", f"{i} += 1")
            self.put(pad + "    ", f"{self.f()} = {w} * 0.7 + 0.1 * {i}")
            self.inside(pad, depth)

    def put_chained(self, pad: str, depth: int) -> None:
        p, q, r = self.f(), self.f(), self.f()
        self.put(pad, f"{p}, ({q}, {r}) = {self.e()}, ({self.e(0)}, {self.e()})")

    def put_star(self, pad: str, depth: int) -> None:
        rest = self.name("rest")
        p, q = self.random.sample(FLOATS, 2)
        choices = [
            (f"{p}, *{rest} = [{self.e()}, {self.e()}, {self.e(0)}]", f"{rest}[-1] * {rest}[0]"),
            (f"*{rest}, {p} = {self.v()}", f"sum({rest})"),
            (f"{p}, *{rest}, {q} = ({self.f()}, {self.e()}, {self.f()}, {self.e()})", f"{rest}[0]"),
            (f"({p}, _), *{rest} = zip({self.v()}, {self.v()})", f"{rest}[0][1] * {rest}[1][0]"),
        ]
        first, then = self.pick(*choices)
        self.lines_of(pad, first, f"{self.f()} = 0.4 * {then} + {self.e(0)}")

    def put_elements(self, pad: str, depth: int) -> None:
        """Elements of an array that trade places, and running products."""
        v, w = self.v(), self.name("w")
        self.put(pad, f"{w} = {self.pick(f'{v}.copy()', f'np.sin({v})', f'1.0 * {v}')}")
        i = self.pick("0", "n % 3", "-1")
        self.put(pad, f"{w}[{i}], {w}[1] = {w}[1], {w}[{i}]")
        k = self.name("k")
        self.put(pad, f"for {k} in range(1, {self.pick('3', f'len({w})', f'{w}.shape[0]')}):")
        body = [
            f"{w}[{k}] = {w}[{k} - 1] * 0.5 + {self.e()}",
            f"{w}[{k}] += {w}[-{k}] * {self.f()}",
            f"{w}[{k} - 1], {w}[{k}] = {w}[{k}] * 0.5, {w}[{k} - 1]",
            f"{w}[{k}:] -= 0.1 * {w}[:-{k}]",
            f"if {w}[{k}] > {self.f()}: {w}[{k}], {w}[0] = {w}[0], {w}[{k}]",
            f"{w}[:{k}] *= {self.f()}",
        ]
        self.put(pad + "    ", self.pick(*body))
        if self.chance(0.4):
            self.put(pad + "    ", self.pick(*body))
        if self.chance(0.5):
            self.inside(pad, depth)
        self.put(pad, self.pick(f"{self.f()} = np.mean({w})", f"{v} = {w}", f"{v} = {v} * {w}"))

    def put_removed(self, pad: str, depth: int) -> None:
        w = self.name("w")
        self.lines_of(pad, f"{w} = {self.e()}", f"{self.f()} = {w} * {w} * 0.3", f"del {w}")

    # ------------------------------------------------------------ functions

    def put_inner(self, pad: str, depth: int) -> None:
        g, t = self.name("h"), self.name("t")
        self.in_local = True
        self.put(pad, f"def {g}({t}, scale={self.pick('0.5', self.f())}):")
        match self.pick("early", "loop", "plain", "array"):
            case "early":
                self.put(pad, f"    if {t} > {self.f()}:")
                self.put(pad, f"        return {self.e()} * scale")
                self.put(pad, f"    {t} = {t} * scale + {self.e(0)}")
                self.put(pad, f"    return {t}")
            case "loop":
                self.put(pad, f"    for k in range({self.pick('2', 'n')}):")
                self.put(pad, f"        {t} = {t} * 0.5 + {self.f()} * scale")
                if self.chance(0.5):
                    self.put(pad, f"        if {t} > 0.6:")
                    self.put(pad, f"            {self.pick(f'return {t}', 'break', 'continue')}")
                    self.put(pad, f"        {t} += k * 0.1")
                self.put(pad, f"    return {t}")
            case "array":
                self.put(pad, f"    return np.mean({self.v()} * {t} * scale)")
            case _:
                self.put(pad, f"    return math.sin({t}) * scale + {self.e()}")
        self.in_local = False
        self.put("", "")
        if self.chance(0.4):  # the function sees what its names hold when it is called
            self.put(pad, f"{self.f()} = {self.e()}")
        call = self.pick(
            f"{g}({self.e()})", f"{g}({self.e(0)}, {self.e(0)})", f"{g}({self.e(0)}, scale=0.3)",
            f"{g}({g}({self.f()}))", f"applied({g}, {self.f()})", f"sum(map({g}, {self.v()})) / 3",
            f"max({g}(w) for w in {self.v()})",
        )  # fmt: skip
        self.put(pad, f"{self.f()} = {call}")

    def put_lambda(self, pad: str, depth: int) -> None:
        g = self.name("h")
        self.in_local = True
        self.put(
            pad, f"{g} = lambda t, k=2: {self.pick('t * 0.5', 'math.sin(t)')} * k + {self.e()}"
        )
        self.in_local = False
        call = self.pick(
            f"{g}({self.e()})", f"{g}({self.f()}, k=1)", f"applied({g}, {self.f()}, n)"
        )
        self.put(pad, f"{self.f()} = math.tanh({call})")

    def put_captured(self, pad: str, depth: int) -> None:
        """A function that is made in a loop, and calls of it with what the loop has made."""
        k, g = self.name("k"), self.name("h")
        self.in_local = True
        self.lines_of(
            pad,
            f"for {k} in range({self.pick('2', 'n')}):",
            f"    def {g}(t, scale=0.2):",
            f"        return t * scale * ({k} + 1) + {self.e()}",
            "",
        )
        self.in_local = False
        self.put(pad + "    ", f"{self.f()} = {g}({self.f()}) + {g}({self.e(0)}, 0.4)")
        self.inside(pad, depth)

    def put_defaults(self, pad: str, depth: int) -> None:
        v = self.v()
        call = self.pick(
            f"weighted({v})", f"weighted({v}, {self.v()})", f"weighted({v}, power=3)",
            f"weighted({v}, w={v})", f"weighted(w={self.v()}, v={v})", f"weighted({v}[::-1], power=n)",
        )  # fmt: skip
        self.put(pad, f"{self.f()} = {call} + {self.e(0)}")

    def put_keywords(self, pad: str, depth: int) -> None:
        e, f = self.e(), self.e(0)
        call = self.pick(
            f"blend({e})", f"blend({e}, {f})", f"blend({e}, weight={f})", f"blend(q={e}, p={f})",
            f"blend(*({e}, {f}))", f'blend({e}, **{{"weight": {f}, "bias": 0.1}})',
            f"blend({e}, {f}, bias={self.f()}, weight=RATE)", f"blend(*[{e}, {f}], bias=RATE)",
        )  # fmt: skip
        self.put(pad, f"{self.f()} = {call}")

    def put_collected(self, pad: str, depth: int) -> None:
        call = self.pick(
            f"total({self.e()}, {self.f()})", f"total({self.f()}, scale={self.e()})",
            f"total(*{self.v()})", f"total({self.f()}, *({self.f()}, {self.e(0)}), bias={self.e()})",
            f"total(*{self.v()}, scale=RATE, bias={self.f()})", "total(scale=2.0)",
            f'total({self.f()}, **{{"scale": {self.e()}}})',
        )  # fmt: skip
        self.put(pad, f"{self.f()} = {call}")

    def put_returned(self, pad: str, depth: int) -> None:
        """Dicts and tuples that a function returns."""
        t = self.name("t")
        call = f"parts_of({self.e()}, {self.e(0)})"
        ways = [
            (f"{t} = {call}", f'{t}["sum"] * {t}["pair"][0] + {t}["pair"][1][0]'),
            (f'{self.f()}, ({self.f()}, {t}) = {self.f()}, {call}["pair"]', f"{t}[0] + {t}[-1]"),
            (f'{t} = {call}["pair"][1]', f"0.3 * {t}[0] * {t}[1]"),
            (f"{t} = [{call}, {call}]", f'{t}[0]["sum"] * {t}[1]["pair"][0]'),
        ]
        first, then = self.pick(*ways)
        self.lines_of(pad, first, f"{self.f()} = math.sin({then})")

    def put_recursive(self, pad: str, depth: int) -> None:
        self.put(pad, f"{self.f()} = power({self.e()}, {self.pick('n', '2', 'n % 3', '0')})")

    def put_parameters(self, pad: str, depth: int) -> None:
        t = self.name("params")
        layer = f'{{"w": {self.e(0)}, "b": {self.e(0)}}}'
        other = f'{{"w": {self.pick(self.f(), self.v())}}}'
        self.put(pad, f'{t} = {{"scale": {self.e()}, "layers": [{layer}, {other}]}}')
        if self.chance(0.4):
            self.put(pad, f'{t}["scale"] *= {self.f()}')
        if self.chance(0.3):
            self.put(pad, f'{t}["layers"][0]["b"] = {self.e()}')
        if self.chance(0.3):
            self.put(pad, f'{t}["layers"].append({other})')
        self.put(pad, f"{self.f()} = mixed({t}, {self.v()})")

    def put_dispatched(self, pad: str, depth: int) -> None:
        w = self.pick('"slow"', '"fast"')
        ways = [
            f"SPEEDS[{w}] * {self.e()}",
            f'{{"sin": np.sin, "cos": math.cos}}["{self.pick("sin", "cos")}"]({self.e()})',
            f'statistic({self.v()}, "{self.pick("mean", "largest", "smallest", "range")}")',
            f'statistic({self.array(1)}, mode="range")',
            f"(math.sin if n > 2 else math.cos)({self.e()})",
            f'SPEEDS.get("{self.pick("slow", "other")}", 0.2) + {self.e()}',
        ]
        self.put(pad, f"{self.f()} = {self.pick(*ways)}")

    def put_instance(self, pad: str, depth: int) -> None:
        value = self.pick(self.f(), self.v(), f"({self.f()}, {self.e()})", "n", "1.5")
        self.put(pad, f"{self.f()} = as_number({value}) + {self.e(0)}")

    # ------------------------------------------------------------ comprehensions and reductions

    def source(self, target: str) -> tuple[str, str, str]:
        """A target and what it runs over, and a float made of it."""
        t, s = target, target + "_"
        u, v = self.v(), self.v()
        return self.pick(
            (f"{t}, {s}", f"zip({u}, {v})", f"{t} * {s}"),
            (f"{t}, {s}", f"enumerate({u})", f"{s} * ({t} + 1)"),
            (f"{t}, {s}", f"enumerate({u}, start=1)", f"{s} / {t}"),
            (f"{t}, {s}", f"zip({u}[1:], {v})", f"{t} - {s}"),
            (f"{t}, {s}", f"zip(range(n), {u})", f"{s} * 0.5 ** {t}"),
            (t, f"reversed({u})", t),
            (t, u, f"{t} * {t}"),
            (t, f"{u}[::-2]", t),
            (t, f"[{self.f()}, {self.f()}, 0.3]", f"math.cos({t})"),
            (t, f"range(len({u}) - 1, -1, -1)", f"{u}[{t}] * ({t} + 1)"),
            (f"{t}, {s}", f"zip({u}, STEPS)", f"{t} * {s}"),
            (f"{t}, ({s}, _)", f"enumerate(zip({u}, {v}))", f"{s} * {t}"),
            (f"{t}, {s}", "SPEEDS.items()", f"{s} * {self.f()} * len({t}) * 0.2"),
            (f"{t}, {s}", f"itertools.pairwise({u})", f"{t} * {s}"),
        )

    def put_sums(self, pad: str, depth: int) -> None:
        t = self.name("t")
        target, over, value = self.source(t)
        if self.chance(0.4):
            value = f"{value} * {self.f()}"
        condition = ""
        if self.chance(0.3):
            condition = f" if {self.pick(f'{self.f()} > 0.1', 'n > 2', f'{value} > -0.2')}"
        call = self.pick(
            "sum({})", "max({}, default=0.2)", "math.fsum({})", "np.mean(np.array([{}, 0.1]))"
        )
        if call.startswith("np"):
            result = f"np.sum([{value} for {target} in {over}]) / 3"
        elif call.startswith("sum") and self.chance(0.3):
            result = f"sum([{value} for {target} in {over}{condition}], start={self.f()}) / 3"
        else:
            result = call.format(f"{value} for {target} in {over}{condition}")
            result = f"({result})" if call.startswith("max") else f"({result}) / 3"
        self.put(pad, f"{self.f()} = math.tanh({result})")

    def put_zipped(self, pad: str, depth: int) -> None:
        t = self.name("t")
        target, over, value = self.source(t)
        self.put(pad, f"for {target} in {over}:")
        self.put(pad + "    ", f"{self.f()} = 0.3 * {value} + {self.e()}")
        if depth:
            self.inside(pad, depth)

    def put_listed(self, pad: str, depth: int) -> None:
        w, t = self.name("w"), self.name("t")
        target, over, value = self.source(t)
        self.put(pad, f"{w} = [{value} + {self.e(0)} for {target} in {over}]")
        then = [f"sum({w}) / 3", f"{w}[0] * {w}[-1]", f"np.mean({w})", f"len({w}) * 0.1 * {w}[0]"]
        then += [f"max({w})", f"np.max(np.array({w}))", f"{w}[::-1][0]", f"sum({w}[1:])"]
        self.put(pad, f"{self.f()} = {self.pick(*then)}")

    def put_keyed(self, pad: str, depth: int) -> None:
        p, q, r = self.e(), self.f(), self.f()
        ways = [
            f"max({p}, {q}, key=abs)", f"min([{p}, {q}, {r}], key=lambda t: (t - 0.2) ** 2)",
            f"sorted([{p}, {q}, {r}])[1]", f"sorted([{p}, {q}], key=abs)[0]",
            f"sorted({self.v()}, reverse=True)[0]", f"sorted({self.v()}, key=lambda t: -t)[-1]",
            f"max({self.v()})", f"min({self.v()}, key=abs)", f"sum(sorted([{q}, {r}])[:1])",
            f"np.sort({self.v()})[1]", f"{self.v()}[np.argmax({self.v()})]",
        ]  # fmt: skip
        self.put(pad, f"{self.f()} = {self.pick(*ways)}")

    def put_quantified(self, pad: str, depth: int) -> None:
        quantity = self.pick("any", "all")
        limit = self.pick("0.2", "0.5", self.f())
        over = self.pick(self.v(), f"[{self.f()}, {self.f()}]", f"zip({self.v()}, {self.v()})")
        item = "t" if not over.startswith("zip") else "t, s"
        test = f"t > {limit}" if item == "t" else "t > s"
        self.put(pad, f"if {quantity}({test} for {item} in {over}):")
        self.inside(pad, depth, looped=False)

    def put_mapped(self, pad: str, depth: int) -> None:
        ways = [
            f"sum(map(math.sin, {self.v()}))", f"sum(map(abs, [{self.f()}, {self.f()}]))",
            f"sum(t * t for t in filter(lambda s: s > 0.1, {self.v()}))",
            f"sum(a_ * b_ for a_, b_ in zip({self.v()}, {self.v()}[::-1]))",
            f"list(map(lambda t: t * 0.5, {self.v()}))[n % 3]",
            f"sum(t for row in [{self.v()}, {self.v()}] for t in row)",
            f"sum(sum(row) for row in [[{self.f()}, {self.e(0)}], [{self.f()}]])",
        ]  # fmt: skip
        self.put(pad, f"{self.f()} = ({self.pick(*ways)}) / 4")

    def put_reduced(self, pad: str, depth: int) -> None:
        ways = [
            f"functools.reduce(lambda s, t: s * 0.5 + t, {self.v()})",
            f"functools.reduce(lambda s, t: 0.5 * s * t, [{self.f()}, {self.f()}], {self.e(0)})",
            f"math.prod([{self.f()}, 0.5, {self.f()}])", f"math.hypot({self.f()}, 0.5)",
            f"math.fsum([{self.f()}, {self.e(0)}])", f"math.sqrt(abs({self.f()}) + 0.3)",
            f"math.pow(1.5 + math.sin({self.f()}), 2)", f"math.copysign({self.f()}, {self.f()})",
            f"divmod({self.f()}, 5.0)[1]", f"abs({self.e()})", f"round(2.4) * {self.f()} * 0.5",
            f"float({self.f()} > 0.1) + {self.f()}", f"math.atan2({self.f()}, 1.5)",
            f"math.log1p({self.f()} ** 2)", f"math.exp(-abs({self.f()}))", f"sum({self.v()}) / 3",
            f"np.dot({self.v()}, WEIGHTS)", f"{self.v()}.sum() * RATE", f"np.float64({self.f()})",
            f"{self.v()}.max()", f"{self.v()}.tolist()[0]", f"float({self.v()}[1])",
            f"np.clip({self.e()}, -0.5, 0.6)", f"pow({self.f()}, 2)",
        ]  # fmt: skip
        self.put(pad, f"{self.f()} = {self.pick(*ways)}")

    def put_accumulated(self, pad: str, depth: int) -> None:
        t = self.name("t")
        self.put(pad, f"for {t} in itertools.accumulate([{self.f()}, {self.e()}, 0.3]):")
        self.put(pad + "    ", f"{self.f()} = 0.5 * {t}")

    # ------------------------------------------------------------ containers

    def put_state(self, pad: str, depth: int) -> None:
        s = self.name("s")
        self.put(
            pad, f"{s} = {self.pick(f'State({self.e()})', f'State(p={self.e()}, q={self.f()})')}"
        )
        self.put(pad, f"for _ in range({self.pick('2', 'n')}):")
        step = [
            f"{s} = State({s}.q + 0.1 * {s}.p, {s}.p * 0.9 - 0.1 * {self.f()})",
            f"{s} = {s}._replace(p={s}.p * {self.f()} + 0.1)",
            f"{s} = advanced({s}, steps={self.pick('1', 'n')})",
            f"{s} = advanced(State({s}.p, {self.e(0)}), {self.f()})",
            f"q_, p_ = {s}; {s} = State(p_ * 0.5, q_)",
        ]
        self.put(pad + "    ", self.pick(*step))
        if depth and self.chance(0.5):
            self.inside(pad, depth)
        self.put(
            pad, f"{self.f()} = {self.pick(f'{s}.q * {s}.p', f'{s}[0] - {s}[1]', f'sum({s})')}"
        )

    def put_body(self, pad: str, depth: int) -> None:
        s = self.name("s")
        self.put(
            pad, f"{s} = {self.pick(f'Body({self.e()})', f'Body({self.f()}, speed={self.e()})')}"
        )
        changes = [
            f"{s} = Body({s}.mass * 0.5, {s}.speed + {self.f()})",
            f"{s} = replace({s}, speed={self.e()})",
            f"{s}.speed += {self.e()}",
            f"{s}.mass = {self.e()}",
            f"{self.f()} = {s}.energy({self.e(0)})",
        ]
        if self.chance(0.7):
            self.put(pad, self.pick(*changes))
        use = [
            f"{s}.energy()",
            f"{s}.momentum",
            f"{s}.energy(scale={self.f()})",
            f"{s}.mass - {s}.speed",
        ]
        self.put(pad, f"{self.f()} = math.sin({self.pick(*use)})")

    def put_nested(self, pad: str, depth: int) -> None:
        d = self.name("d")
        self.put(
            pad,
            f'{d} = {{"q": {self.e()}, "in": {{"p": {self.f()}, "all": [{self.f()}, {self.e()}]}}}}',
        )
        changes = [
            f'{d}["q"] += {self.e()}', f'{d}["in"]["p"] = {d}["q"] * {self.f()}',
            f'{d}["in"]["all"][-1] *= 0.5', f'{d}["in"]["all"].append({self.e()})',
            f'{d} = {{**{d}, "q": {self.e()}}}', f'{d}["q"], {d}["in"]["p"] = {d}["in"]["p"], {d}["q"]',
            f'inner = {d}["in"]; inner["p"] += {self.f()}', f'{d}.update(q={self.e()})',
        ]  # fmt: skip
        for _ in range(self.random.randint(0, 2)):
            self.put(pad, self.pick(*changes))
        use = [
            f'{d}["q"] * {d}["in"]["p"]',
            f'sum({d}["in"]["all"])',
            f'{d}["in"]["all"][1] - {d}["q"]',
        ]
        self.put(pad, f"{self.f()} = math.sin({self.pick(*use)})")

    def put_table(self, pad: str, depth: int) -> None:
        d, k = self.name("d"), self.name("k")
        self.put(pad, f'{d} = {{"p": {self.f()}, "q": {self.e()}, "r": 0.4}}')
        ways = [
            (f"for {k}, w in {d}.items():", f"{self.f()} = w * 0.5 + {self.e(0)}"),
            (f"for {k} in {d}:", f"{d}[{k}] = {d}[{k}] * {self.f()}"),
            (f"for {k} in {d}:", f"{d}[{k}] += {self.e()}"),
            (f"for w in {d}.values():", f"{self.f()} = math.sin(w * {self.f()})"),
            (f'for {k} in ("p", "r"):', f"{self.f()} += 0.3 * {d}[{k}]"),
            (f"for {k} in sorted({d}):", f"{self.f()} = 0.6 * {self.f()} - {d}[{k}]"),
            (f'for {k}, w in zip("qp", {self.v()}):', f"{d}[{k}] = w * {self.f()}"),
            (f'if "p" in {d}:', f'{d}["p"] = {self.e()}'),
        ]
        head, line = self.pick(*ways)
        self.lines_of(pad, head, "    " + line)
        if depth and self.chance(0.4) and head.startswith("for"):
            self.inside(pad, depth)
        use = [f'{d}["p"] * {d}["q"]', f"sum({d}.values()) / 3", f'{d}.get("q", 0.1) - {d}["r"]']
        self.put(pad, f"{self.f()} = math.sin({self.pick(*use)})")

    def put_rows(self, pad: str, depth: int) -> None:
        w = self.name("w")
        self.put(pad, f"{w} = [[{self.f()}, {self.e()}], [{self.e(0)}, {self.f()}, 0.2]]")
        self.put(pad, f"for row in {w}:")
        inner = [
            "row[0] *= 0.5", f"row.append({self.e()})", f"row[-1] = row[0] * {self.f()}",
            "row[0], row[1] = row[1], row[0]", f"for k, t in enumerate(row): row[k] = t * {self.f()}",
            f"{self.f()} = sum(row) / 3", f"for t in row: {self.f()} = t * 0.5 + {self.e(0)}",
        ]  # fmt: skip
        self.put(pad + "    ", self.pick(*inner))
        if depth and self.chance(0.4):
            self.inside(pad, depth)
        use = [
            f"{w}[0][1] * {w}[1][0]",
            f"sum(sum(row) for row in {w}) / 5",
            f"{w}[-1][-1] - {w}[0][-1]",
        ]
        use += [f"found_in({w}, {self.f()})", f"first_above({w}[1], 0.2)"]
        self.put(pad, f"{self.f()} = math.sin({self.pick(*use)})")

    def put_grown(self, pad: str, depth: int) -> None:
        """A list that a loop fills."""
        w, k = self.name("w"), self.name("k")
        self.put(pad, f"{w} = {self.pick('[]', f'[{self.f()}]', f'[{self.f()}, {self.e()}]')}")
        self.put(pad, f"for {k} in range({self.pick('3', 'n')}):")
        grow = [f"{w}.append({self.e()})", f"{w} += [{self.f()}]", f"{w}.extend([{self.f()}, 0.2])"]
        grow += [
            f"{w} = {w} + [{self.e()}]",
            f"{w} = [*{w}, {self.f()} * {k}]",
            f"{w}.insert(0, {self.f()})",
        ]
        self.put(pad + "    ", self.pick(*grow))
        if self.chance(0.3):
            self.put(pad + "    ", f"{self.f()} = {w}[-1] * 0.5")
        if self.chance(0.2):
            self.put(pad + "    ", f"{w}[0] = {w}[-1] * {self.f()}")
        if depth and self.chance(0.6):
            self.inside(pad, depth)
        self.put(pad, f"{w}.append(0.3)")
        use = [f"sum({w}) / 5", f"{w}[0] * {w}[-1]", f"np.mean({w})", f"{w}[len({w}) // 2]"]
        use += [
            f"np.array({w})[0]",
            f"np.max({w})",
            f"{w}.pop() + {w}[0]",
            f"first_above({w}, 0.2)",
        ]
        use += [f"sum(t * s for t, s in zip({w}, {w}[1:]))", f"np.stack({w})[-1]"]
        self.put(pad, f"{self.f()} = math.sin({self.pick(*use)})")

    def put_two_lists(self, pad: str, depth: int) -> None:
        p, q = self.name("w"), self.name("w")
        self.put(pad, f"{p}, {q} = [{self.f()}, 0.3], [{self.e()}]")
        moves = [
            f"{q}.append({p}.pop())",
            f"{p}, {q} = {q}, {p}",
            f"{q} = {p}",
            f"{q} = {p}[:]",
            f"{q} += {p}",
        ]
        self.put(pad, self.pick(*moves))
        self.put(
            pad,
            self.pick(f"{q}[0] *= {self.f()}", f"{p}.append({self.e()})", f"{q}[-1] = {self.e()}"),
        )
        self.put(pad, f"{self.f()} = math.sin(sum({p}) + 0.5 * sum({q}))")

    def put_held_items(self, pad: str, depth: int) -> None:
        """Lists of a fixed size that are written to by index."""
        w, k = self.name("w"), self.name("k")
        self.put(
            pad,
            f"{w} = {self.pick('[0.0] * 3', f'[{self.f()}] * 3', f'[{self.f()}, 0.2, {self.e()}]')}",
        )
        self.put(pad, f"for {k} in range({self.pick('3', '1, 3', '2, -1, -1', 'min(n, 3)')}):")
        body = [
            f"{w}[{k}] = {self.e()}",
            f"{w}[{k}] += {self.v()}[{k}]",
            f"{w}[{k}] = {w}[{k} - 1] * {self.f()}",
        ]
        body += [f"{w}[{k}], {w}[0] = {w}[0], {w}[{k}] * 0.5", f"{w}[-{k}] *= {self.f()}"]
        self.put(pad + "    ", self.pick(*body))
        if depth and self.chance(0.5):
            self.inside(pad, depth)
        use = [f"sum({w}) / 3", f"{w}[0] * {w}[2]", f"np.mean({w})", f"np.dot({w}, {self.v()}) / 3"]
        self.put(pad, f"{self.f()} = math.sin({self.pick(*use)})")

    def put_objects_in_list(self, pad: str, depth: int) -> None:
        w = self.name("w")
        kind = self.pick("State", "Body")
        self.put(pad, f"{w} = [{kind}({self.f()}, {self.e()}), {kind}({self.e()})]")
        part = "q" if kind == "State" else "mass"
        use = [
            f"sum(t.{part} for t in {w})",
            f"{w}[0].{part} * {w}[-1].{part}",
            f"max(t.{part} for t in {w})",
        ]
        if kind == "Body":
            use.append(f"sum(t.energy() for t in {w})")
            if self.chance(0.3):
                self.lines_of(pad, f"for t in {w}:", f"    t.speed *= {self.f()}")
        else:
            if self.chance(0.4):
                self.put(pad, f"{w} = [advanced(t, {self.f()}) for t in {w}]")
            use.append(f"sum(q_ * p_ for q_, p_ in {w})")
        self.put(pad, f"{self.f()} = math.sin({self.pick(*use)})")

    def put_array_built(self, pad: str, depth: int) -> None:
        w, k = self.name("w"), self.name("k")
        make = [
            f"np.zeros({self.pick('3', 'n + 1', f'len({self.v()})')})",
            f"np.empty_like({self.v()})",
        ]
        self.put(pad, f"{w} = {self.pick(*make)}")
        self.put(pad, f"{w}[:] = {self.e()}") if "empty" in self.lines[-1] else None
        self.put(pad, f"for {k} in range(len({w})):")
        body = [f"{w}[{k}] = {self.e()}", f"{w}[{k}] += {self.v()}[{k} % 3] * {self.f()}"]
        body += [
            f"{w}[{k}] = {w}[{k} - 1] * 0.5 + {self.f()}",
            f"{w}[{k}] = {self.f()} if {k} else 0.2",
        ]
        self.put(pad + "    ", self.pick(*body))
        if depth and self.chance(0.5):
            self.inside(pad, depth)
        self.put(
            pad, f"{self.f()} = {self.pick(f'np.mean({w})', f'{w}[-1]', f'np.sum({w} ** 2) / 3')}"
        )

    def put_matrix(self, pad: str, depth: int) -> None:
        m, i, j = self.name("m"), self.name("i"), self.name("j")
        u, v = self.v(), self.v()
        make = [
            f"np.outer({u}, {v})",
            f"np.array([{u}, {v}])",
            f"np.stack([{u}, {v}])",
            f"np.zeros((2, 3)) + {u}",
        ]
        self.put(pad, f"{m} = {self.pick(*make)}")
        self.put(pad, f"for {i} in range(2):")
        body = [
            f"{m}[{i}, {j}] *= {self.f()}",
            f"{m}[{i}, {j}] = {m}[{i}, {j} - 1] * 0.5",
            f"{m}[1, {j}] += {m}[0, {j}]",
        ]
        body += [f"{self.f()} = {m}[{i}, {j}] * 0.5", f"{m}[{i}][{j}] = {self.e()}"]
        self.put(
            pad + "    ", f"for {j} in range({self.pick('3', f'{i}, 3', '1, 3', '2, -1, -1')}):"
        )
        self.put(pad + "        ", self.pick(*body))
        if depth and self.chance(0.4):
            self.inside(pad + "    ", depth)
        use = [
            f"np.mean({m})",
            f"{m}[0, 1]",
            f"np.sum({m}, axis=0)[1] / 2",
            f"np.mean({m}.T @ {m})",
        ]
        use += [f"sum(np.mean(row) for row in {m})", f"found_in({m}, {self.f()})"]
        self.put(pad, f"{self.f()} = math.sin({self.pick(*use)})")

    def put_ghosts(self, pad: str, depth: int) -> None:
        w = self.name("w")
        call = self.pick(
            f"with_ghosts({self.v()})", f"with_ghosts({self.v()}, {self.e()})",
            f"with_ghosts({self.v()}, right={self.f()})",
        )  # fmt: skip
        self.put(pad, f"{w} = {call}")
        self.put(pad, f"{self.v()} = 0.5 * ({w}[2:] - {w}[:-2])")

    def put_windows(self, pad: str, depth: int) -> None:
        w = self.name("w")
        self.put(pad, f"{w} = np.concatenate(({self.v()}, {self.v()}))")
        self.put(pad, f"{self.v()} = np.array([np.mean({w}[k : k + 2]) for k in range(3)])")

    def put_copied(self, pad: str, depth: int) -> None:
        p, q = self.name("w"), self.name("w")
        copy = self.pick(f"{p}[:]", f"list({p})", f"{p}.copy()", p)
        self.lines_of(pad, f"{p} = [{self.f()}, {self.e()}]", f"{q} = {copy}")
        self.put(pad, f"{q}[{self.pick('0', '-1')}] = {self.e()}")
        self.put(pad, f"{self.f()} = {p}[0] * {q}[0] + 0.5 * {p}[-1] * {q}[-1]")

    def put_joined(self, pad: str, depth: int) -> None:
        t = self.name("t")
        self.put(pad, f"{t} = ({self.f()},) + ({self.e()}, 0.3)")
        if self.chance(0.5):
            self.put(pad, f"{t} = {t} * 2" if self.chance(0.5) else f"{t} = (*{t}, {self.f()})")
        self.put(
            pad, f"{self.f()} = {self.pick(f'{t}[-1] * {t}[0]', f'sum({t}) / 4', f'{t}[1:][0]')}"
        )

    def put_updates(self, pad: str, depth: int) -> None:
        d = self.name("d")
        self.put(pad, f"{d} = dict(p={self.e()}, q={self.f()})")
        ways = [
            f'{d}["p"] *= {self.f()}',
            f"{d}.update(p={self.e()})",
            f'{d}.setdefault("r", {self.f()})',
        ]
        ways += [f'{d} = {d} | {{"q": {self.e()}}}', f'{self.f()} = {d}.pop("q"); {d}["q"] = 0.3']
        ways += [f'del {d}["q"]; {d}["q"] = {self.f()}']
        self.put(pad, self.pick(*ways))
        self.put(pad, f'{self.f()} = math.sin({d}["p"] + {d}["q"] * 0.5)')

    def put_iterated(self, pad: str, depth: int) -> None:
        it = self.name("it")
        self.put(pad, f"{it} = iter({self.pick(self.v(), f'[{self.f()}, {self.f()}]')})")
        self.put(pad, f"{self.f()} = next({it}) * 0.5 + {self.e(0)}")
        if self.chance(0.5):
            self.lines_of(pad, f"for t in {it}:", f"    {self.f()} = t * 0.3 + {self.e(0)}")

    def put_searched(self, pad: str, depth: int) -> None:
        ways = [
            f"first_above({self.v()}, {self.f()})", f"first_above([{self.f()}, {self.e()}], 0.3)",
            f"first_above({self.v()}[::-1], {self.e(0)}, {self.e(0)})",
            f"next((t for t in {self.v()} if t > {self.f()}), {self.f()})",
            f"found_in([{self.v()}, {self.v()}], {self.e(0)})",
            f"found_in(np.array([{self.v()}, {self.v()}]), {self.e(0)})",
            f"found_in([[{self.f()}], [0.3, {self.f()}]], {self.e(0)})",
            f"[t for t in {self.v()} if t < 2.0][0]",
        ]  # fmt: skip
        self.put(pad, f"{self.f()} = math.sin({self.pick(*ways)})")

    # ------------------------------------------------------------ loops

    def put_counted_down(self, pad: str, depth: int) -> None:
        k = self.name("k")
        over = self.pick(
            "range(2, -1, -1)", "range(n, 0, -2)", "reversed(range(n))", "range(n - 1, 0, -1)"
        )
        self.put(pad, f"for {k} in {over}:")
        self.put(pad + "    ", f"{self.f()} = {self.e()} * 0.5 + {self.v()}[{k} % 3] * {k} * 0.1")
        self.inside(pad, depth)

    def put_started(self, pad: str, depth: int) -> None:
        k, w = self.name("k"), self.name("w")
        self.put(pad, f"for {k}, {w} in enumerate({self.v()}, {self.pick('1', 'start=2', 'n')}):")
        self.put(pad + "    ", f"{self.f()} = {self.e()} + {w} / {k}")
        self.inside(pad, depth)

    def put_paired(self, pad: str, depth: int) -> None:
        """Loops over zip of unequal lengths, and over products."""
        p, q = self.name("w"), self.name("w")
        over = [
            f"zip({self.v()}, [{self.f()}, 0.3])",
            f"zip({self.v()}[:-1], {self.v()})",
            f"zip(range(n), {self.v()})",
        ]
        over += [
            f"zip({self.v()}, STEPS)",
            "itertools.product(range(2), range(2))",
            "zip(STEPS, range(n), strict=False)",
        ]
        over += [
            f"[({self.f()}, 1.0), (0.3, {self.e()})]",
            f"itertools.combinations({self.v()}, 2)",
        ]
        over += [
            f"itertools.zip_longest(STEPS, {self.v()}, fillvalue=0.2)",
            f"list(zip({self.v()}, {self.v()}))[1:]",
        ]
        self.put(pad, f"for {p}, {q} in {self.pick(*over)}:")
        self.put(pad + "    ", f"{self.f()} = 0.5 * {p} * {q} + {self.e(0)}")
        self.inside(pad, depth)

    def put_bound_again(self, pad: str, depth: int) -> None:
        """A loop whose body binds its target."""
        k = self.name("k")
        if self.chance(0.5):
            self.put(pad, f"for {k} in range({self.pick('3', 'n')}):")
            self.put(pad + "    ", f"{self.f()} = {self.e()} * 0.5 + 0.1 * {k}")
            self.put(pad + "    ", f"{k} = {self.pick(f'{k} * 2', f'{k} + 1', f'n - {k}')}")
            self.put(pad + "    ", f"{self.f()} = {self.f()} * 0.5 + 0.1 * {k}")
        else:
            self.put(pad, f"for {k} in {self.pick(self.v(), f'[{self.f()}, {self.f()}]')}:")
            self.put(
                pad + "    ", f"{k} = {self.pick(f'{k} * {self.f()}', f'math.sin({k})', self.e())}"
            )
            self.put(pad + "    ", f"{self.f()} = {k} * 0.5 + {self.e(0)}")
        if self.chance(0.6):
            self.inside(pad, depth)
        self.put(pad, f"{self.f()} = {k} * 0.3 + {self.e(0)}")

    def put_read_after(self, pad: str, depth: int) -> None:
        k = self.name("k")
        over = self.pick(
            self.v(),
            f"reversed({self.v()})",
            f"range({self.pick('1', 'n')})",
            f"[{self.f()}, {self.e()}]",
        )
        self.put(pad, f"{k} = {self.pick('0', self.e(0))}") if self.chance(0.5) else None
        self.put(pad, f"for {k} in {over}:")
        self.inside(pad, depth)
        self.put(pad, f"{self.f()} = 0.2 * {k} + {self.e()}")

    def put_for_else(self, pad: str, depth: int) -> None:
        k = self.name("k")
        self.put(pad, f"for {k} in {self.pick('range(n)', self.v(), 'STEPS')}:")
        self.inside(pad, depth, 3)
        self.put(pad + "    ", f"if {self.test()}:")
        if self.chance(0.5):
            self.put(pad + "        ", f"{self.f()} = {self.e()}")
        self.put(pad + "        ", "break")
        if self.chance(0.5):
            self.inside(pad, depth)
        self.put(pad, "else:")
        self.inside(pad, depth, looped=False)

    def put_while_else(self, pad: str, depth: int) -> None:
        i = self.name("i")
        self.put(pad, f"{i} = 0")
        self.put(pad, f"while {i} < {self.pick('n', '3')}{self.pick('', f' and {self.test()}')}:")
        self.put(pad + "    ", f"{i} += 1")
        if self.chance(0.6):
            self.put(pad + "    ", f"if {self.test()}:")
            self.put(pad + "        ", f"{self.f()} = {self.e()}")
            self.put(pad + "        ", self.pick("continue", "continue", "break"))
        self.inside(pad, depth)
        if self.chance(0.7):
            self.put(pad, "else:")
            self.inside(pad, depth, looped=False)

    def put_early(self, pad: str, depth: int) -> None:
        """Nested loops that one returns from or leaves."""
        p, q = self.name("k"), self.name("w")
        self.put(pad, f"for {p} in range({self.pick('2', 'n')}):")
        self.put(pad + "    ", f"for {q} in {self.v()}:")
        self.put(pad + "        ", f"{self.f()} = {self.e()} + 0.2 * {q}")
        self.put(pad + "        ", f"if {self.test()}:")
        self.put(
            pad + "            ", self.pick(f"return {self.e()} * {p} + {q}", "break", "continue")
        )
        self.put(pad + "        ", f"{self.f()} = {self.e()}")
        if self.chance(0.4):
            self.put(pad + "    ", "else:")
            self.put(pad + "        ", self.pick("continue", f"{self.f()} = {self.e()}", "break"))
        if self.chance(0.6):
            self.inside(pad, depth)

    # ------------------------------------------------------------ numbers and truth values

    def put_truth(self, pad: str, depth: int) -> None:
        ways = [
            f"{self.e()} * ({self.f()} > 0.3)", f"({self.f()} > 0.2) * {self.e()} + ({self.f()} <= 0.2) * 0.4",
            f"{self.e()} + (n % 2)", f"{self.e()} * (n // 2) * 0.5", f"{self.f()} and {self.e()}",
            f"{self.f()} or 0.3", f"(n and {self.f()}) * 0.5", f"{self.e()} / (n + 1)", f"{self.f()} % 3.0",
            f"np.sum({self.v()} > 0.3) * {self.f()} * 0.3", f"np.sum({self.v()}[{self.v()} > 0.2]) / 3",
            f"{self.f()} ** 2 * 0.5", f"-{self.f()} ** 2", f"+{self.e()}", f"(-1) ** n * {self.e()}",
            f"{self.f()} if n % 2 else {self.e()}", f"[{self.f()}, {self.e()}][n > 2]",
            f"({self.f()}, {self.e()})[{self.f()} > 0.3]", f"np.where({self.f()} > 0.2, {self.e()}, 0.1)",
            f"np.sign({self.f()}) * {self.e()}", f"1e-1 * {self.f()} + 1j.imag * 0.1",
        ]  # fmt: skip
        self.put(pad, f"{self.f()} = {self.pick(*ways)}")

    def put_tally(self, pad: str, depth: int) -> None:
        m = self.name("m")
        self.put(pad, f"{m} = 0")
        self.put(pad, f"for t in {self.v()}:")
        self.put(
            pad + "    ",
            self.pick(
                f"{m} += t > {self.f()}", f"{m} += 1 if t > 0.2 else 2", f"if t < 0.4: {m} += 1"
            ),
        )
        if self.chance(0.5):
            self.inside(pad, depth)
        self.put(pad, f"{self.f()} = {self.e()} * 0.3 * {m}")

    def put_counting(self, pad: str, depth: int) -> None:
        self.put(
            pad,
            self.pick(
                "n += 1",
                "n = n + 1 if n < 4 else 1",
                "n = max(1, n - 1)",
                "n = min(n, 3)",
                "n //= 2; n += 1",
            ),
        )
        self.put(pad, f"{self.f()} = {self.e()} / n")

    def put_flagged(self, pad: str, depth: int) -> None:
        w = self.name("flag")
        self.put(pad, f"{w} = {self.test()}")
        self.put(pad, f"if {self.pick(w, f'not {w}', f'{w} and {self.test()}')}:")
        self.inside(pad, depth, looped=False)
        if self.chance(0.4):
            self.put(pad, f"{w} = not {w}")
        self.put(pad, f"{self.f()} = {self.f()} if {w} else {self.e()}")

    def put_none_first(self, pad: str, depth: int) -> None:
        w = self.name("best")
        self.put(pad, f"{w} = None")
        self.put(pad, f"for t in {self.pick(self.v(), f'[{self.f()}, {self.f()}]')}:")
        self.put(
            pad + "    ", f"if {w} is None or {self.pick(f't > {w}', f't * {self.f()} < {w}')}:"
        )
        self.put(pad + "        ", f"{w} = t{self.pick('', f' * {self.f()}')}")
        if self.chance(0.4):
            self.inside(pad, depth)
        self.put(pad, f"{self.f()} = 0.5 * {w}")

    # ------------------------------------------------------------ what has no derivative

    def put_strings(self, pad: str, depth: int) -> None:
        mode = self.name("mode")
        self.put(pad, f'{mode} = {self.pick(repr("sin"), """("sin" if n > 2 else "cos")""")}')
        self.put(pad, f'if {mode} == "sin":')
        self.put(pad + "    ", f"{self.f()} = math.sin({self.e()})")
        self.put(pad, f'elif {mode}.startswith("c"):')
        self.put(pad + "    ", f"{self.f()} = math.cos({self.e()})")
        if self.chance(0.5):
            self.put(pad, "else:")
            self.put(pad + "    ", 'raise ValueError(f"no mode {n}")')

    def put_shouted(self, pad: str, depth: int) -> None:
        self.put(
            pad,
            self.pick(
                f'print(f"{{{self.f()}:.3f}} of {{n}}")',
                f'print("{self.f()}", n)',
                "pass",
                f"print({self.v()})",
            ),
        )
        self.put(pad, f"{self.f()} = {self.e()}")

    def put_asserted(self, pad: str, depth: int) -> None:
        self.put(
            pad,
            self.pick(
                f'assert np.isfinite({self.f()}), "not finite"', f"assert {self.v()}.shape == (3,)"
            ),
        )
        self.lines_of(pad, f"if abs({self.f()}) > 1e9:", '    raise ValueError("too large")')

    def put_contexts(self, pad: str, depth: int) -> None:
        self.put(pad, f"with np.errstate({self.pick('all', 'divide')}=\"ignore\"):")
        self.put(pad + "    ", f"{self.f()} = {self.e()}")
        if depth:
            self.inside(pad, depth, looped=False)

    def put_matched(self, pad: str, depth: int) -> None:
        subject = self.pick(
            '("power", n)', f"({self.f()}, {self.e()})", f'{{"scale": {self.e()}}}', "n", "None"
        )
        f, g = self.f(), self.f()
        self.lines_of(
            pad,
            f"match {subject}:",
            '    case ("power", int(k_)):',
            f"        {f} = math.sin({self.e()}) ** k_",
            "    case (p_, q_):",
            f"        {g} = p_ * q_ * 0.5",
            '    case {"scale": s_}:',
            f"        {f} = s_ * {self.e()}",
            "    case 3 | 4:",
            f"        {g} = {self.e()}",
            "    case _:",
            f"        {g} = {self.f()}",
        )

    def put_tried(self, pad: str, depth: int) -> None:
        k = self.name("k")
        self.lines_of(
            pad,
            "try:",
            f'    {k} = int("{self.pick("2", "two")}")',
            "except ValueError:",
            f"    {k} = 1",
            f"{self.f()} = {self.e()} * {k} * 0.5",
        )

    # ------------------------------------------------------------ the program

    def text(self) -> str:
        super().text()
        start = next(k for k, line in enumerate(self.lines) if line.startswith("A = "))
        body = "\n".join(self.lines[start + 1 :]).strip("\n") + "\n"
        if self.chance(0.3):
            body = body.replace("u: A, v: A", "u, v")
        if self.chance(0.2):
            body = body.replace("x: float, y: float", "x, y")
        return HEAD + body


if __name__ == "__main__":
    sys.exit(fuzz.main(Writer))
