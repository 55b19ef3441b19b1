"""Random programs that write into arrays, and what is wrong with their gradients.

    python -m tests.fuzz_writes --count 500 --jobs 2      # programs 0 to 499; prints each failure
    python -m tests.fuzz_writes --first 17 --count 1 --minimal
    python -W ignore -m tests.fuzz_writes --first 200183 --count 300 --refused

The last one prints the table of refusals in `tests/test_fuzz_writes.py`.

A program is made from its number alone. Each of its names has one kind: a number, an array of 5 or
3 elements, a matrix of 3 by 5, its transpose, a flat view of 15 elements, a list or a dict of two
arrays. Any name may be rebound to a new array, a view or another name of its kind, and written
through. The truth comes from complex steps, for which the plain program runs on complex arrays:
exact, whatever branch flips nearby.
"""

from __future__ import annotations
import __future__

import argparse
import ast
import collections
import contextlib
import copy
import functools
import math
import multiprocessing
import os
import random
import re
import sys
import textwrap
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import numpy as np

from tests.checking import along

NAMES = {
    "number": ["s", "t", "w"],
    "5": ["a", "b", "c", "d"],
    "3": ["h", "k"],
    "3x5": ["A", "B"],
    "5x3": ["V"],
    "15": ["r"],
    "pair": ["xs"],
    "dict": ["P"],
}
KIND = {name: kind for kind, names in NAMES.items() for name in names}
PARAMETERS = ["a", "b", "h", "A", "s"]  # what f is differentiated for
SHAPES = {"number": (), "5": (5,), "3": (3,), "3x5": (3, 5), "5x3": (5, 3), "15": (15,)}
SIZES = {kind: f"({', '.join(map(str, shape))},)" for kind, shape in SHAPES.items()}
ANNOTATED = {
    "a": 'Float[ndarray, "5"]',
    "b": 'Float[ndarray, "5"]',
    "h": 'Float[ndarray, "3"]',
    "A": 'Float[ndarray, "3 5"]',
    "s": "float",
    "idx": 'Int[ndarray, "3"]',
    "n": "int",
}
SYMBOLIC = ANNOTATED | {
    "a": 'Float[ndarray, "p"]',
    "b": 'Float[ndarray, "p"]',
    "h": 'Float[ndarray, "q"]',
    "A": 'Float[ndarray, "q p"]',
}
NDARRAYS = ANNOTATED | dict.fromkeys(["a", "b", "h", "A"], "np.ndarray") | {"idx": "np.ndarray"}


class Writer:
    """Writes one program."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.lines: list[str] = []
        self.callees: dict[str, str] = {}  # each with the kind of its result
        self.counters: list[str] = []  # integers in 0..2
        self.usable: dict[str, list[str]] = NAMES
        self.loops = 0
        self.fresh = 0
        self.result = "number"

    def pick(self, *choices: Any) -> Any:
        return self.random.choice(choices)

    def chance(self, p: float) -> bool:
        return self.random.random() < p

    def put(self, pad: str, line: str) -> None:
        self.lines.append(pad + line)

    def new(self, base: str) -> str:
        self.fresh += 1
        return f"{base}{self.fresh}"

    def name(self, kind: str) -> str:
        return self.pick(*self.usable[kind])

    def has(self, kind: str) -> bool:
        return bool(self.usable.get(kind))

    # ------------------------------------------------------------ expressions

    def index(self) -> str:
        """An integer in 0..2."""
        if self.counters and self.chance(0.6):
            k = self.pick(*self.counters)
            return self.pick(k, k, k, f"({k} + 1) % 3", f"2 - {k}")
        return self.pick("0", "1", "2", "-1", "n - 1", "idx[0]", "0", "1")

    def index_from_left(self) -> str:
        """An integer in 0..3, as the bound of a slice."""
        return self.pick(*self.counters, *[f"{k} + 1" for k in self.counters], "n", "1", "2")

    def element(self, kind: str = "") -> str:
        """One element of an array that can be written to."""
        kind = kind or self.pick(*(k for k in ("5", "3", "3x5", "5x3", "15", "5") if self.has(k)))
        if kind in ("3x5", "5x3"):
            i, j = self.index(), self.index()
            return f"{self.name(kind)}[{i}{self.pick(', ', '][')}{j}]"
        return f"{self.name(kind)}[{self.index()}]"

    def number(self, depth: int = 1) -> str:
        choices = ["name", "name", "element", "element", "constant"]
        if depth > 0:
            choices += ["sin", "product", "sum", "reduction", "dot", "counter"]
        match self.pick(*choices):
            case "name":
                return self.name("number")
            case "element":
                return self.element()
            case "constant":
                return self.pick("0.5", "0.3", "-0.7", "1.5", "0.9")
            case "sin":
                return f"np.{self.pick('sin', 'cos', 'tanh')}({self.number(depth - 1)})"
            case "product":
                return f"{self.number(depth - 1)} * {self.number(0)}"
            case "sum":
                sign = self.pick("+", "-")
                return f"({self.number(depth - 1)} {sign} {self.number(0)})"
            case "reduction":
                kind = self.pick(*(k for k in ("5", "3", "3x5") if self.has(k)))
                x = self.view(kind)
                return self.pick(f"np.mean({x})", f"0.3 * np.sum({x})", f"{self.name(kind)}.mean()")
            case "dot" if self.chance(0.5):
                k = self.index_from_left()
                return f"0.3 * ({self.name('5')}[:{k}] @ {self.name('5')}[:{k}])"
            case "dot":
                return f"0.3 * ({self.view('5')} @ {self.view('5')})"
            case _:
                k = self.pick(*self.counters) if self.counters else "n"
                return f"0.2 * {k}"
        raise AssertionError

    def view(self, kind: str) -> str:
        """A name of the kind, or a part of another array without a copy (mostly)."""
        if self.chance(0.5):
            return self.name(kind)
        M = self.name("3x5") if self.has("3x5") else ""
        v = self.name("5")
        i = self.index()
        choices = {
            "5": [f"{v}[::-1]", f"{v}[:]", f"np.asarray({v})", f"{v}[...]", f"{v}.ravel()"],
            "3": [f"{v}[1:4]", f"{v}[::2]", f"{v}[-3:]", f"{v}[:3]", f"{v}[3:0:-1]"],
            "3x5": [],
            "5x3": [],
            "15": [],
        }
        if M:
            choices["5"] += [f"{M}[{i}]", f"{M}[{i}]", f"{M}[{i}, :]", f"{M}.T[:, {i}]"]
            choices["3"] += [f"{M}[:, {i}]", f"{M}[:, {i}]", f"{M}.T[{i}]", f"{M}[{i}, 1:4]"]
            choices["3x5"] += [f"{M}[::-1]", f"{M}[:, ::-1]", f"{M}[:]"]
            choices["5x3"] += [f"{M}.T", f"np.transpose({M})"]
            choices["15"] += [f"{M}.reshape(-1)", f"{M}.ravel()", f"np.ravel({M})"]
        if self.has("5x3"):
            choices["5"].append(f"V[:, {i}]")
            choices["3"].append(f"V[{i}]")
            choices["3x5"].append("V.T")
        if self.has("15"):
            choices["5"] += ["r[5:10]", "r[::3]"]
            choices["3x5"].append("r.reshape(3, 5)")
        if self.has("pair"):
            choices["5"] += [f"xs[{self.pick(0, 1)}]", f"xs[({i}) % 2]"]
        if self.has("dict"):
            choices["5"].append('P["v"]')
            choices["3x5"].append('P["M"]')
        if self.has("3"):
            h = self.name("3")
            choices["3"] += [f"{h}[::-1]", f"{h}[:]"]
        return self.pick(*choices[kind]) if choices[kind] else self.name(kind)

    def array(self, kind: str, depth: int = 2) -> str:
        """A new array of the kind, of moderate size."""
        x = self.view(kind)
        if depth == 0:
            return x
        choices = ["sin", "sin", "scaled", "product", "sum", "where", "special", "maximum"]
        match self.pick(*choices):
            case "sin":
                return f"np.{self.pick('sin', 'cos', 'tanh')}({self.array(kind, depth - 1)})"
            case "scaled":
                return f"{x} * {self.pick('0.5', '-0.8', 'np.sin(' + self.number(0) + ')')}"
            case "product":
                return f"{x} * {self.array(kind, depth - 1)}"
            case "sum":
                sign = self.pick("+", "-")
                return f"({x} {sign} {self.array(kind, depth - 1)})"
            case "where":
                return f"np.where({self.mask(kind)}, {x}, {self.view(kind)})"
            case "maximum":
                return f"np.maximum({x}, 0.3 * {self.view(kind)})"
            case _:
                return self.special(kind)

    def special(self, kind: str) -> str:
        """What only arrays of this kind are made from."""
        M = self.view("3x5") if self.has("3x5") else ""
        choices = {
            "5": [f"{self.view('5')}[[0, 2, 4, 2, 1]]"],
            "3": [f"{self.view('5')}[idx]", f"{self.view('5')}[[1, 1, 3]]"],
        }
        if M:
            choices["5"] += [f"{M}.mean(axis=0)", f"0.3 * {M}[idx[1]]"]
            choices["3"] += [f"0.3 * ({M} @ {self.name('5')})", f"{M}.mean(axis=1)"]
            choices["3x5"] = [
                f"0.5 * {M}[idx]",
                f"{M} * {self.view('5')}",
                f"{M} - {self.view('3')}[:, None]" if self.has("3") else M,
            ]
        return self.pick(*choices.get(kind, [self.name(kind)]))

    def mask(self, kind: str) -> str:
        return f"{self.name(kind)} {self.pick('>', '<')} {self.pick('0.1', '-0.2', '0.4')}"

    def test(self) -> str:
        if self.counters and self.chance(0.35):
            return f"{self.pick(*self.counters)} {self.pick('==', '>', '<')} {self.pick(1, 1, 2)}"
        if self.chance(0.2):
            return self.pick("n > 2", "n == 2", "idx[0] > 0", "idx[1] == idx[2]")
        return f"{self.number(0)} {self.pick('>', '<')} {self.pick('0.1', '-0.2', '0.5')}"

    # ------------------------------------------------------------ statements

    def arrays(self) -> str:
        """A kind of arrays at hand, the small ones more often."""
        weights = {"5": 6, "3": 3, "3x5": 4, "5x3": 1, "15": 1}
        kinds = [kind for kind in weights if self.has(kind)]
        return self.random.choices(kinds, [weights[kind] for kind in kinds])[0]

    def write(self, pad: str) -> None:
        """Into an array, by one of the ways that NumPy has."""
        kind = self.arrays()
        x = self.name(kind)
        op = self.pick("=", "=", "=", "+=", "-=", "*=")
        ways = ["element", "element", "whole", "mask", "function"]
        if kind in ("5", "3", "15"):
            ways += ["slice", "slice", "index", "pair", "at"]
        if kind in ("3x5", "5x3"):
            ways += ["row", "row", "column", "block"]
        if self.has("pair"):
            ways.append("list")
        if self.has("dict"):
            ways.append("dict")
        if kind in ("5", "3", "15"):
            ways += ["bounds", "bounds"]
        match self.pick(*ways):
            case "element":
                self.put(pad, f"{self.element(kind)} {op} {self.number(2)}")
            case "whole":
                target = self.pick(f"{x}[:]", f"{x}[...]", x, x, self.part(kind))
                if target == x and op == "=":
                    op = "+="
                self.put(pad, f"{target} {op} {self.bounded(kind, op)}")
            case "mask":
                mask = self.mask(kind)
                if self.chance(0.4):
                    m = self.new("mask")
                    self.put(pad, f"{m} = {mask}")
                    mask = m
                value = self.pick(self.number(1), f"{self.array(kind, 1)}[{mask}]")
                if "array" in value:
                    value = self.number(1)
                self.put(pad, f"{x}[{mask}] {op} {value}")
            case "function":
                self.put(pad, self.function_that_writes(kind, x))
            case "slice" if kind == "5":
                target = self.pick(f"{x}[1:4]", f"{x}[::2]", f"{x}[:3]", f"{x}[-3:]", f"{x}[2::-1]")
                self.put(pad, f"{target} {op} {self.bounded('3', op)}")
            case "slice":
                length = {"3": 3, "15": 15}[kind]
                left, right = self.pick(("1:", ":-1"), (":-1", "1:"), ("::2", "::2"))
                factor = self.pick("0.5", "0.9", self.number(0)) if length else "1"
                self.put(pad, f"{x}[{left}] {op} {factor} * {self.name(kind)}[{right}]")
            case "index":
                index = self.pick("idx", "idx", "[0, 2, 1]", "[1, 1, 2]", "idx[::-1]")
                self.put(pad, f"{x}[{index}] {op} {self.bounded('3', op)}")
            case "at":
                function = self.pick("add", "add", "subtract")
                self.put(pad, f"np.{function}.at({x}, idx, {self.array('3', 1)})")
            case "pair":
                p, q = self.element(kind), self.element(kind)
                self.put(pad, self.pick(f"{p}, {q} = {q}, {p}", f"{p} = {q} = {self.number(1)}"))
            case "row":
                across = "5" if kind == "3x5" else "3"
                value = self.pick(self.bounded(across, op), self.number(1))
                self.put(pad, f"{x}[{self.index()}] {op} {value}")
            case "column":
                across = "3" if kind == "3x5" else "5"
                target = f"{x}[:, {self.index()}]"
                self.put(pad, f"{target} {op} {self.bounded(across, op)}")
            case "block":
                rows = self.pick((":", ":"), ("1:", ":-1"), (":-1", "1:"))
                columns = self.pick((":", ":"), ("1:", ":-1"), ("1:-1", "2:"), ("::-1", ":"))
                value = f"{self.name(kind)}[{rows[1]}, {columns[1]}]"
                self.put(pad, f"{x}[{rows[0]}, {columns[0]}] {op} 0.8 * {value}")
            case "bounds":
                k = self.index_from_left()
                part = self.pick(f"[:{k}]", f"[{k}:]")
                self.put(pad, f"{x}{part} {op} 0.7 * {self.name(kind)}{part}")
            case "dict":
                key, across = self.pick(("v", "5"), ("v", "5"), ("M", "3x5"))
                target, value = f'P["{key}"]', self.bounded(across, op)
                if self.chance(0.4):
                    target += f"[{self.index()}]"
                    value = self.number(1)
                self.put(pad, f"{target} {op} {value}")
            case "list":
                target = self.pick("xs[0]", "xs[1]", f"xs[({self.index()}) % 2]")
                if self.chance(0.5):
                    target += f"[{self.index()}]"
                    self.put(pad, f"{target} {op} {self.number(1)}")
                else:
                    self.put(pad, f"{target} {op} {self.bounded('5', op)}")

    def part(self, kind: str) -> str:
        """A view that is written at once, as in `A.T[0] = e` (of the same kind)."""
        x = self.name(kind)
        return {"5": f"{x}[::-1]", "3": f"{x}[::-1]", "15": f"{x}[:]"}.get(kind, f"{x}[::-1]")

    def bounded(self, kind: str, op: str) -> str:
        """A right-hand side that keeps what it is assigned to moderate."""
        if op == "*=":
            return f"np.{self.pick('cos', 'sin')}({self.array(kind, 1)})"
        if op in ("+=", "-="):
            return self.pick(f"0.5 * {self.view(kind)}", f"np.sin({self.array(kind, 1)})")
        return self.array(kind, self.pick(0, 1, 2))

    def function_that_writes(self, kind: str, x: str) -> str:
        e = self.array(kind, 1)
        return self.pick(
            f"np.copyto({x}, {e})",
            f"{x}.fill({self.number(1)})",
            f"np.multiply({self.view(kind)}, {self.number(0)}, out={x})",
            f"np.sin({x}, out={x})",
            f"np.add({x}, {e}, out={x})",
            f"np.add({self.view(kind)}, {self.view(kind)}, out={x})",
            f"{x}.sort()" if kind in ("5", "3") else f"np.cos({e}, out={x})",
        )

    def bind(self, pad: str) -> None:
        """A name for a new array, a view, a copy, or what another name stands for."""
        kind = self.arrays()
        x = self.name(kind)
        ways = ["new", "new", "view", "view", "alias", "copy", "number", "like"]
        if self.chance(0.25):
            ways = ["either", "both", "stack", "several", "several", "apart", "inside", "inside"]
        match self.pick(*ways):
            case "several":
                places = [self.name("5")]
                places += ['P["v"]'] if self.has("dict") else []
                places += ["xs[0]", "xs[-1]"] if self.has("pair") else []
                places += [f"{self.name('3x5')}[{self.index()}]"] if self.has("3x5") else []
                chosen = self.random.sample(places, min(2, len(places)))
                self.put(pad, f"{' = '.join(chosen)} = {self.array('5', 1)}")
                self.put(pad, f"{self.pick(*chosen)} {self.pick('+=', '*=')} {self.number(1)}")
            case "apart" if self.has("3x5"):
                p, q = self.name("5"), self.name("5")
                self.put(pad, f"{p}, {q} = {self.array('3x5', 1)}[:2]")
            case "apart" | "inside":
                self.put(pad, self.part_of_what_is_new())
            case "either":
                e, other = self.view(kind), self.name(kind)
                self.put(pad, f"{x} = {e} if {self.test()} else {other}")
            case "both":
                self.put(pad, f"{x} = {self.name(kind)} = {self.array(kind, 1)}")
            case "stack":
                if self.has("pair"):
                    self.put(pad, f"xs.append({self.view('5')})")
                    self.write(pad)
                    self.put(pad, f"{self.name('5')} = xs.pop()")
                else:
                    self.put(pad, f"{x} = {self.name(kind)}")
            case "new":
                self.put(pad, f"{x} = {self.array(kind)}")
            case "view":
                self.put(pad, f"{x} = {self.view(kind)}")
            case "alias":
                self.put(pad, f"{x} = {self.name(kind)}")
            case "copy":
                source = self.view(kind)
                way = self.pick(f"{source}.copy()", f"np.array({source})", f"1.0 * {source}")
                self.put(pad, f"{x} = {way}")
            case "number":
                op = self.pick("=", "=", "+=", "*=")
                self.put(pad, f"{self.name('number')} {op} {self.number(2)}")
            case "like":
                self.put(pad, f"{x} = {self.empty(kind)}")

    def part_of_what_is_new(self) -> str:
        """A name for a view of an array that has no name."""
        x, h = self.name("5"), self.name("3")
        new = self.array("5", 1)
        lines = [f"{x} = ({new})[::-1]", f"{x} = ({new}).ravel()", f"{x} = np.asarray({new})"]
        lines += [f"{h} = ({new})[1:4]", f"{h} = ({new})[::2]"]
        if self.has("3x5"):
            new = self.array("3x5", 1)
            lines += [f"{x} = ({new})[{self.index()}]", f"{h} = ({new}).T[{self.index()}]"]
        if self.has("dict"):
            lines += [f'P["v"] = {new if len(lines) == 5 else self.array("5", 1)}'] * 2
            lines += [f"P.update(v={self.array('5', 1)})"]
        if self.has("pair"):
            lines += [f"xs[{self.pick(0, 1)}] = {self.array('5', 1)}"]
        return self.pick(*lines)

    def empty(self, kind: str) -> str:
        """An allocation whose elements are known."""
        return self.pick(
            f"np.zeros_like({self.name(kind)})",
            f"np.zeros({SIZES[kind]})",
            f"np.ones({SIZES[kind]})",
            f"np.full({SIZES[kind]}, {self.number(0)})",
        )

    def swap(self, pad: str) -> None:
        kind = self.pick("5", "5", "5", "3", "3x5", "number", "pair")
        if kind == "pair":
            kind = "5"
            if self.has("pair"):
                a, b = self.pick(0, 1), self.name("5")
                self.put(pad, self.pick("xs[0], xs[1] = xs[1], xs[0]", f"xs[{a}] = {b}"))
                return
        if not self.has(kind) or len(self.usable[kind]) < 2:
            kind = "5"
        p, q = self.random.sample(self.usable[kind], 2)
        other = p if kind == "number" or self.chance(0.6) else self.view(kind)
        self.put(pad, f"{p}, {q} = {q}, {other}")

    def integers(self, pad: str) -> None:
        """What code without derivatives changes, and other code reads."""
        choices = [f"idx[{self.pick(0, 1, 2)}] = {self.pick(0, 1, 2)}", "idx = idx[::-1]"]
        choices += ["idx += 1", "idx[:] = (idx + 1) % 3", "n = n % 3 + 1"]
        line = self.pick(*choices)
        self.put(pad, line)
        if line == "idx += 1":
            self.put(pad, "idx %= 3")

    def call(self, pad: str) -> None:
        g = self.pick(*self.callees)
        if self.chance(0.2):
            arguments = f"s={self.number(1)}, h={self.view('3')}, a={self.view('5')}"
        else:
            arguments = f"{self.view('5')}, {self.view('3')}, {self.number(1)}"
        kind = self.callees[g]
        if kind == "none" or self.chance(0.15):
            self.put(pad, f"{g}({arguments})")
        elif kind == "two" and self.chance(0.3):
            x, taken = self.pick((self.name("5"), 0), (self.name("3"), 1))
            self.put(pad, f"pair = {g}({arguments})")
            self.put(pad, self.pick(f"{x} = pair[{taken}]", f"{x} += np.sum(pair[{1 - taken}])"))
        elif kind == "two":
            self.put(pad, f"{self.name('5')}, {self.name('3')} = {g}({arguments})")
        elif kind == "dict":
            x, taken = self.pick((self.name("5"), "p"), (self.name("3"), "q"))
            self.put(pad, f"{x} = {g}({arguments})['{taken}']")
        else:
            op = "=" if kind != "number" else self.pick("=", "+=")
            self.put(pad, f"{self.name(kind)} {op} {g}({arguments})")

    def block(self, pad: str, depth: int, size: int) -> None:
        counters = list(self.counters)
        for _ in range(self.random.randint(1, size)):
            self.statement(pad, depth)
        self.counters = counters

    def statement(self, pad: str, depth: int) -> None:
        kinds = ["write"] * 7 + ["bind"] * 4 + ["swap", "integers"]
        if depth > 0:
            kinds += ["if"] * 2 + ["for"] * 3 + ["rows", "while", "recurrence"]
        if self.callees:
            kinds += ["call"] * 3
        if self.loops:
            kinds += ["exit"]
        elif depth > 1:
            kinds += ["return"] * (1 if self.chance(0.3) else 0)
        match self.pick(*kinds):
            case "write":
                self.write(pad)
            case "bind":
                self.bind(pad)
            case "swap":
                self.swap(pad)
            case "integers":
                self.integers(pad)
            case "call":
                self.call(pad)
            case "if":
                self.put(pad, f"if {self.test()}:")
                self.block(pad + "    ", depth - 1, 2)
                if self.chance(0.5):
                    self.put(pad, "else:")
                    self.block(pad + "    ", depth - 1, 2)
            case "for":
                k = self.pick("i", "j", "m") if self.chance(0.7) else self.new("i")
                over = self.pick("3", "3", "n", "1, 3", "2, -1, -1", "n - 1", "0")
                self.put(pad, f"for {k} in range({over}):")
                self.body(pad, depth, k)
                if self.chance(0.1):
                    self.put(pad, "else:")
                    self.block(pad + "    ", 0, 1)
            case "rows":
                self.rows(pad, depth)
            case "recurrence":
                self.recurrence(pad)
            case "while":
                k = self.new("m")
                self.put(pad, f"{k} = 0")
                self.put(pad, f"while {k} < {self.pick('2', '3', 'n')} and {self.test()}:")
                counters, self.counters = self.counters, [*self.counters, k]
                self.loops += 1
                self.lines.append(f"{pad}    {k} += 1")
                self.counters = counters  # may be 3 in the body
                self.block(pad + "    ", depth - 1, 2)
                self.loops -= 1
            case "exit":
                self.put(pad, f"if {self.test()}:")
                if self.chance(0.5):
                    self.write(pad + "    ")
                ways = ["break", "break", "continue"]
                self.put(pad + "    ", self.pick(*ways, f"return {self.returned()}"))
            case "return":
                self.put(pad, f"if {self.test()}:")
                self.put(pad + "    ", f"return {self.returned()}")

    def body(self, pad: str, depth: int, *counters: str) -> None:
        self.loops += 1
        outside, self.counters = self.counters, [*self.counters, *counters]
        self.block(pad + "    ", depth - 1, 3)
        self.counters = outside
        self.loops -= 1

    def recurrence(self, pad: str) -> None:
        """Each element from the ones before it, forwards or back, or over a triangle."""
        x, y, k = self.name("5"), self.name("5"), self.new("i")
        if self.has("3x5") and self.chance(0.4):
            M, j = self.name("3x5"), self.new("j")
            self.put(pad, f"for {k} in range(3):")
            self.put(pad, f"    for {j} in range({self.pick(k, k + ' + 1', k + ', 3')}):")
            op = self.pick("=", "+=", "-=")
            value = f"0.3 * ({M}[{k}, :{j}] @ {self.name('3x5')}[{j}, :{j}])"
            self.put(pad, f"        {M}[{k}, {j}] {op} {value} + np.sin({y}[{j}])")
            return
        over, before = self.pick(("1, 5", "- 1"), ("3, -1, -1", "+ 1"), (f"1, len({x})", "- 1"))
        self.put(pad, f"for {k} in range({over}):")
        slope = self.pick(f"np.tanh({x}[{k} {before}])", f"0.5 * {x}[{k} {before}]")
        op = self.pick("=", "=", "+=", "*=")
        self.put(pad, f"    {x}[{k}] {op} {slope} * {y}[{k}] + {self.number(0)}")
        if self.chance(0.3):
            self.put(pad, f"    if {x}[{k}] > 0.3:")
            self.put(pad, f"        {self.pick('break', f'{y}[{k}] = {self.number(0)}')}")

    def rows(self, pad: str, depth: int) -> None:
        """A loop over an array: its rows are views, its elements numbers."""
        kind = self.pick("3x5", "3x5", "3", "5") if self.has("3x5") else "3"
        if kind == "3x5":
            row, target = self.name("5"), self.name(kind)
            if self.chance(0.15):
                target = f"({self.array(kind, 1)})"
            head = self.pick(
                (f"{row}", target),
                (f"{row}", f"{target}[::-1]"),
                (f"i, {row}", f"enumerate({target})"),
                (f"{row}, t", f"zip({target}, {self.name('3')})" if self.has("3") else ""),
            )
            if not head[1]:
                head = (row, target)
        else:
            number = self.name("number")
            x = self.view(kind)
            head = self.pick(
                (number, x),
                (f"i, {number}", f"enumerate({x})" if kind == "3" else f"enumerate({x}[:3])"),
            )
        self.put(pad, f"for {head[0]} in {head[1]}:")
        self.body(pad, depth, *(["i"] if head[0].startswith("i,") else []))

    def returned(self) -> str:
        match self.result:
            case "none":
                return ""
            case "number":
                return f"{self.name('number')} + np.sum(np.sin({self.name('5')}))"
            case "two":
                return f"{self.view('5')}, {self.view('3')}"
            case "dict":
                return f"{{'p': {self.view('5')}, 'q': {self.array('3', 1)}}}"
            case kind:
                return self.view(kind)

    # ------------------------------------------------------------ functions

    def prologue(self, given: list[str], text: str) -> list[str]:
        """Statements that bind the names that a body uses and nobody has given it."""
        used = set(re.findall(r"\b[a-zA-Z]\w*\b", text))
        lines: list[str] = []
        self.lines, kept = [], self.lines
        have = list(given)
        order = ["t", "w", "c", "d", "b", "h", "k", "A", "B", "V", "r", "xs", "P"]
        for name in [n for n in order if n in used and n not in given]:
            kind = KIND[name]
            self.usable = {k: [x for x in xs if x in have] for k, xs in NAMES.items()}
            if kind == "number":
                lines.append(f"{name} = {self.pick('0.4', 's * 0.5', 'a[1]', 'np.sin(a[0])')}")
            elif kind == "pair":
                p, q = self.array("5", 1), self.pick("a * 0.5", "a", "a.copy()", "np.zeros(5)")
                lines.append(f"xs = [{p}, {q}]")
            elif kind == "dict":
                v, M = self.pick(("a", "A"), ("a * 0.5", "A.copy()"), ("a.copy()", "A"))
                lines.append(f'P = {{"v": {v}, "M": {M}}}')
            elif kind in ("5x3", "15") or not self.has(kind):
                source = "A" if "A" in have else ""
                made = {
                    "5x3": ["A.T", "A.T", "A.T * 1.0", "np.zeros((5, 3))"],
                    "15": ["A.reshape(-1)", "A.ravel()", "np.ravel(A * 0.5)", "np.ones(15)"],
                    "3": ["a[1:4]", "a[:3] * 0.5", "np.zeros(3)"],
                    "3x5": ["np.zeros((3, 5))", "np.array([a, a, a])"],
                }[kind]
                made = made if source or kind in ("3", "3x5") else made[-1:]
                lines.append(f"{name} = {self.pick(*made)}")
            else:
                way = self.pick("array", "array", "view", "copy", "zeros", "name")
                expr = {
                    "array": self.array(kind, 1),
                    "view": self.view(kind),
                    "copy": f"{self.name(kind)}.copy()",
                    "zeros": f"np.zeros_like({self.name(kind)})",
                    "name": self.name(kind),
                }[way]
                lines.append(f"{name} = {expr}")
            have.append(name)
        self.lines = kept
        return lines

    def function(self, head: str, given: list[str], size: int, depth: int) -> None:
        small = {kind: NAMES[kind] for kind in ("number", "5", "3")}
        self.usable = NAMES if "A" in given else small
        outside, self.lines = self.lines, []
        for _ in range(size):
            self.statement("    ", depth)
        if self.result == "number":
            kinds = self.random.sample(["5", "5", "3x5", "3"] if self.has("3x5") else ["5", "3"], 2)
            weights = {"5": " * np.arange(1.0, 6.0)", "3": " * np.arange(3.0)"}
            terms = [
                f"np.sum(np.sin({self.name(kind)}){self.pick('', weights.get(kind, ''))})"
                for kind in kinds
            ]
            if "A" in given and self.chance(0.8):
                terms.append(f"np.mean(A * {self.pick('A', 'A', 'B')})")
            self.put("    ", f"return {' + '.join([*terms, self.name('number')])}")
        elif self.result != "none":
            self.put("    ", f"return {self.returned()}")
        body, self.lines = self.lines, outside
        # Names of the prologue may need names that the prologue itself binds: "A" for "V".
        lines = self.prologue(given, "\n".join(body))
        self.lines += ["", "", head, *(f"    {line}" for line in lines), *body]
        self.usable = NAMES

    def text(self) -> str:
        for k in range(self.pick(0, 0, 1, 1, 2)):
            self.result = self.pick("none", "none", "number", "5", "5", "3", "two", "dict")
            self.function(
                f"def g{k}(a, h, s, n=2):",
                ["a", "h", "s"],
                self.random.randint(1, 3),
                1,
            )
            self.callees[f"g{k}"] = self.result
        self.result = "number"
        annotated = self.pick({}, {}, ANNOTATED, SYMBOLIC, NDARRAYS)
        parameters = ", ".join(
            f"{name}: {annotated[name]}" if annotated else name
            for name in ["a", "b", "h", "A", "s", "idx", "n"]
        )
        self.function(f"def f({parameters}):", PARAMETERS, self.random.randint(2, 6), 2)
        wrt = self.pick(
            PARAMETERS, PARAMETERS, PARAMETERS, self.random.sample(PARAMETERS, 2), ["A"]
        )
        head = ["from __future__ import annotations", "", "import numpy as np"]
        if annotated in (ANNOTATED, SYMBOLIC):
            head += ["from jaxtyping import Float, Int", "from numpy import ndarray"]
        head += ["", f"WRT = {tuple(wrt)}"]
        text = "\n".join(head + self.lines) + "\n"
        # Callees have an index array of their own.
        return re.sub(
            r"(def g\d\(.*\):\n)((?:    .*\n)*)",
            lambda m: m[1] + ("    idx = np.array([2, 0, 2])\n" if "idx" in m[2] else "") + m[2],
            text,
        )


# ---------------------------------------------------------------- the truth


def points() -> list[tuple[Any, ...]]:
    rng = np.random.default_rng(4)
    return [
        (
            rng.normal(size=5),
            rng.normal(size=5),
            rng.normal(size=3),
            rng.normal(size=(3, 5)),
            np.float64(rng.normal()),
            np.array(index),
            n,
        )
        for index, n in (([1, 0, 1], 3), ([0, 1, 2], 2))
    ]


POINTS = points()


def complex_numpy() -> SimpleNamespace:
    """NumPy, with allocations of complex arrays."""
    as_complex = {
        name: functools.partial(getattr(np, name), dtype=complex)
        for name in ("zeros", "ones", "empty", "full")
    }
    return SimpleNamespace(**{**vars(np), **as_complex})


COMPLEX_NUMPY = complex_numpy()


def run(text: str, numpy: Any) -> Callable[..., Any]:
    """The function f of a program."""
    code = "\n".join(line for line in text.split("\n") if not line.startswith(("import", "from")))
    scope = {"np": numpy, "dataclass": dataclass, "__name__": __name__}
    lazy = __future__.annotations.compiler_flag
    exec(compile(code, "<program>", "exec", flags=lazy, dont_inherit=True), scope)
    return scope["f"]


def complex_step(
    function: Callable[..., Any], args: tuple[Any, ...], step: list[Any], width: float = 1e-40
) -> float:
    """The derivative along a direction, to the last bits."""
    there = [x + 1j * width * v for x, v in zip(args[:5], step, strict=True)]
    with warnings.catch_warnings():
        warnings.simplefilter("error", np.exceptions.ComplexWarning)
        return float(np.imag(function(*there, *copy.deepcopy(args[5:]))) / width)


# ---------------------------------------------------------------- outcomes


@contextlib.contextmanager
def unformatted() -> Iterator[None]:
    """Generation without black, which is not what is tested here and takes a third of the time.
    What is generated is not kept."""
    with (
        mock.patch("s2sad.emit.layout.formatted", lambda text, path: text),
        mock.patch.dict(os.environ, {"S2SAD_CACHE": "off"}),
    ):
        yield


def wrt_of(text: str) -> tuple[str, ...]:
    """What a program's gradient is taken with respect to: it says so itself."""
    found = re.search(r"^WRT = (.*)$", text, re.MULTILINE)
    return tuple(ast.literal_eval(found[1])) if found else tuple(PARAMETERS)


def gradient_of(text: str) -> Callable[..., Any]:
    from s2sad.pipeline import Request, generate
    from s2sad.source.module import SourceModule

    module = SourceModule.from_text(text, "program.py")
    request = Request("f", wrt_of(text), bare=False)
    with unformatted():
        generated = generate(module, [request]).text
    scope: dict[str, Any] = {"__name__": __name__}
    exec(compile(generated, "<generated>", "exec", dont_inherit=True), scope)
    return scope[request.name]


def same_bits(x: Any, y: Any) -> bool:
    return np.array_equal(np.asarray(x), np.asarray(y), equal_nan=np.asarray(x).dtype.kind == "f")


def is_tie(text: str, args: tuple[Any, ...], step: list[Any], exact: float) -> bool:
    """Whether differences say the same: of two equal values complex steps follow one, not both."""

    def at(t: float) -> float:
        there = [x + t * v for x, v in zip(args[:5], step, strict=True)]
        return float(run(text, np)(*there, *copy.deepcopy(args[5:])))

    return any(abs(exact - along(at, width)) <= 1e-6 * (1.0 + abs(exact)) for width in (1e-4, 1e-6))


def difference(text: str, generated: Callable[..., Any], args: tuple[Any, ...]) -> str:
    """What is wrong at one point; empty when nothing is."""
    value = run(text, np)(*copy.deepcopy(args))
    given = copy.deepcopy(args)
    found, gradient = generated(*given)
    again, second = generated(*copy.deepcopy(args))
    if not same_bits(found, value):
        return f"value {found!r}, should be {value!r}"
    for name, before, after in zip([*PARAMETERS, "idx", "n"], args, given, strict=True):
        if not same_bits(before, after):
            return f"arguments: the caller's {name} was changed"
    if not all(same_bits(x, y) for x, y in zip(gradient, second, strict=True)):
        return "again: a second call gives something else"
    wrt = wrt_of(text)
    gradients = dict(zip(wrt, gradient, strict=True))
    for k, (name, d) in enumerate(gradients.items()):
        if np.shape(d) != np.shape(args[PARAMETERS.index(name)]):
            return f"shape: d_{name} has shape {np.shape(d)}"
        if any(np.shares_memory(d, other) for other in [*given, *gradient[:k]]):
            return f"memory: d_{name} is shared"
    plain = run(text, COMPLEX_NUMPY)
    rng = np.random.default_rng(8)
    steps = {
        name: rng.standard_normal(np.shape(x)) for name, x in zip(PARAMETERS, args[:5], strict=True)
    }
    for label in ["all", *wrt]:
        chosen = wrt if label == "all" else (label,)
        step = [steps[name] * float(name in chosen) for name in PARAMETERS]
        right = complex_step(plain, args, step)
        if not math.isfinite(right) or abs(right) > 1e8:
            continue
        # On the way it may be so large that a step is not small any more.
        if not math.isclose(
            right, complex_step(plain, args, step, 1e-200), rel_tol=1e-6, abs_tol=1e-12
        ):
            continue
        exact = sum(float(np.sum(gradients[name] * steps[name])) for name in chosen)
        near = 1e-8 * (1.0 + abs(right) + abs(float(value)))
        if not (abs(exact - right) <= near or is_tie(text, args, step, exact)):
            return f"gradient along {label}: {exact:.10g}, should be {right:.10g}"
        if label == "all" and all(np.all(np.isfinite(d)) for d in gradient):
            break  # the sum of all being right by chance is unlikely
    return ""


class Copied(ast.NodeTransformer):
    """Writes a copy of each value into an array, so that no write overwrites what it reads."""

    def visit_Assign(self, node: ast.Assign) -> ast.Assign:
        place = node.targets[0]
        held = isinstance(place, ast.Subscript) and ast.unparse(place.value) in ("xs", "P")
        if isinstance(place, ast.Subscript) and not held:
            node.value = ast.UnaryOp(ast.UAdd(), node.value)
        return node

    def visit_Call(self, node: ast.Call) -> ast.Call:
        if ast.unparse(node.func) == "np.copyto":
            node.args[1] = ast.UnaryOp(ast.UAdd(), node.args[1])
        return node


def runs(text: str) -> bool:
    """Whether the plain program works, for arrays of floats and of complex numbers, and nothing in
    it overflows: of an infinite number that is not used in the end, the derivative is no number.
    Writes from a part of the same array must give what a copy gives: NumPy promises it, and for
    slices of different steps does not keep it (`a[::2] = a[:3]`)."""
    copied = ast.unparse(ast.fix_missing_locations(Copied().visit(ast.parse(text))))
    try:
        for args in POINTS:
            with np.errstate(over="raise"):
                value = run(text, np)(*copy.deepcopy(args))
            if not np.isfinite(value) or run(copied, np)(*copy.deepcopy(args)) != value:
                return False
            complex_step(run(text, COMPLEX_NUMPY), args, [0.0 * x for x in args[:5]])
    except Exception:
        return False
    return True


def outcome(text: str, mode: str = "grad") -> str:
    """right, fails (the program itself does), or what is wrong, beginning with its kind."""
    from s2sad import S2SADError
    from tests import fuzz_modes

    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        if not runs(text):
            return "fails"
        try:
            is_grad = mode == "grad"
            generated = gradient_of(text) if is_grad else fuzz_modes.derivative_of(text, mode)
        except S2SADError as error:
            first = getattr(error, "errors", [error])[0]
            return f"refused {first.code}: {first.message}"
        except Exception as error:
            return f"crashed {type(error).__name__}: {error} {fault(error)}"
        try:
            for args in POINTS:
                wrong = fuzz_modes.WRONG.get(mode, difference)(text, generated, args)
                if wrong:
                    return f"wrong {wrong}"
        except Exception as error:
            return f"wrong {type(error).__name__} at run time: {error} {fault(error)}"
    return "right"


def fault(error: BaseException) -> str:
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"({Path(last.filename).name}:{last.lineno} {last.line})"


def kind_of(found: str) -> str:
    """What two failures have in common: the words before the colon, without numbers."""
    return re.split(r":| along ", found)[0]


# ---------------------------------------------------------------- making failures small


KEPT = (ast.Import, ast.ImportFrom)


def simpler(tree: ast.Module) -> Iterator[Callable[[ast.Module], bool]]:
    """Changes, each of which makes a copy of the tree smaller; False if it no longer applies."""

    def at(k: int, copied: ast.Module) -> ast.AST:
        return list(ast.walk(copied))[k]

    def cut(k: int, field: str, first: int, last: int) -> Callable[[ast.Module], bool]:
        def change(copied: ast.Module) -> bool:
            block = getattr(at(k, copied), field)
            empty = field == "orelse" or len(block) > last - first
            block[first:last] = [] if empty else [ast.Pass()]
            return True

        return change

    def hoist(k: int, field: str, index: int, inner: str) -> Callable[[ast.Module], bool]:
        def change(copied: ast.Module) -> bool:
            block = getattr(at(k, copied), field)
            block[index : index + 1] = getattr(block[index], inner)
            return True

        return change

    def swap_in(k: int, field: str, index: int | None, take: Callable[[Any], Any]) -> Any:
        def change(copied: ast.Module) -> bool:
            owner = at(k, copied)
            if index is None:
                setattr(owner, field, take(getattr(owner, field)))
            else:
                getattr(owner, field)[index] = take(getattr(owner, field)[index])
            return True

        return change

    nodes = list(ast.walk(tree))
    for k, node in enumerate(nodes):
        for field in ("body", "orelse"):
            block = getattr(node, field, None)
            if not isinstance(block, list) or not block:
                continue
            size = len(block)
            while size:
                for first in range(0, len(block), size):
                    part = block[first : first + size]
                    if not any(isinstance(s, KEPT) for s in part):
                        if not (len(part) == 1 and isinstance(part[0], ast.Pass)):
                            yield cut(k, field, first, first + size)
                size //= 2
            for index, statement in enumerate(block):
                if isinstance(statement, (ast.If, ast.For, ast.While)):
                    for inner in ("body", "orelse"):
                        if getattr(statement, inner):
                            yield hoist(k, field, index, inner)
    for k, node in enumerate(nodes):
        for field, value in ast.iter_fields(node):
            for index, part in enumerate(value) if isinstance(value, list) else [(None, value)]:
                if isinstance(part, ast.BinOp):
                    yield swap_in(k, field, index, lambda e: e.left)
                    yield swap_in(k, field, index, lambda e: e.right)
                elif isinstance(part, ast.Call) and len(part.args) == 1 and not part.keywords:
                    yield swap_in(k, field, index, lambda e: e.args[0])
                elif isinstance(part, ast.arg) and part.annotation is not None:
                    yield swap_in(k, field, index, lambda a: ast.arg(a.arg))


def minimal(text: str, mode: str = "grad", seconds: float = 60.0) -> str:
    """A small program that goes wrong in the same way, as far as the time allows."""
    kind = kind_of(outcome(text, mode))
    end = time.monotonic() + seconds
    tree = ast.parse(text)
    smaller = True
    while smaller:
        smaller = False
        for change in list(simpler(tree)):
            if time.monotonic() > end:
                return ast.unparse(tree)
            copied = copy.deepcopy(tree)
            try:
                change(copied)
                candidate = ast.unparse(ast.fix_missing_locations(copied)) + "\n"
                compile(candidate, "<candidate>", "exec", dont_inherit=True)
            except (SyntaxError, IndexError, AttributeError, ValueError):
                continue
            if (
                len(candidate) < len(ast.unparse(tree)) + 1
                and kind_of(outcome(candidate, mode)) == kind
            ):
                tree, smaller = ast.parse(candidate), True
                break
    return ast.unparse(tree)


# ---------------------------------------------------------------- the command


def tried(seed: int, mode: str, writer: type[Writer]) -> tuple[int, str, str]:
    text = writer(seed).text()
    return seed, text, outcome(text, mode)


def main(writer: type[Writer] = Writer) -> int:
    from tests import fuzz_modes

    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--mode", choices=["grad", *fuzz_modes.WRONG], default="grad")
    parser.add_argument("--minimal", action="store_true", help="print a small program for each")
    parser.add_argument("--show", action="store_true", help="print each failing program")
    parser.add_argument("--quiet-refusals", action="store_true", help="count refusals only")
    parser.add_argument("--refused", action="store_true", help="print a table of refusals instead")
    options = parser.parse_args()
    counts: collections.Counter[str] = collections.Counter()
    seeds = range(options.first, options.first + options.count)
    with multiprocessing.Pool(options.jobs) as pool:
        start = time.monotonic()
        refusals: dict[str, list[int]] = {}
        trying = functools.partial(tried, mode=options.mode, writer=writer)
        for seed, text, found in pool.imap_unordered(trying, seeds, chunksize=4):
            kind = " ".join(found.split(":")[0].split()[:2])
            counts[kind if kind.startswith(("refused", "crashed")) else kind.split()[0]] += 1
            silent = kind.startswith("refused") and (options.quiet_refusals or options.refused)
            if kind.startswith("refused"):
                refusals.setdefault(kind.split()[1], []).append(seed)
            if kind in ("right", "fails") or silent:
                continue
            print(f"{seed}: {found.splitlines()[0][:300]}", flush=True)
            if options.show or options.minimal:
                shown = minimal(text, options.mode) if options.minimal else text
                print(textwrap.indent(shown, "    "), flush=True)
        seconds = time.monotonic() - start
    for code, refused_seeds in sorted(refusals.items()) if options.refused else []:
        print(f'    "{code}": {sorted(refused_seeds)},')
    for kind, count in sorted(counts.items()):
        print(f"{count:6d} {kind}")
    judged = sum(counts.values()) - counts["fails"]
    refused = sum(count for kind, count in counts.items() if kind.startswith("refused"))
    print(f"{refused / max(judged, 1):.1%} refused; {seconds / options.count * 1e3:.0f} ms each")
    return 1 if any(kind.startswith(("wrong", "crashed")) for kind in counts) else 0


if __name__ == "__main__":
    sys.exit(main())
