"""Random programs with every kind of control flow, and what is wrong with their gradients.

    python -m tests.fuzz --count 500            # programs 0 to 499; prints each that is wrong
    python -m tests.fuzz --first 17 --count 1 --minimal
    python -m tests.fuzz --count 500 --mode hvp # or jvp, hessian

A program is made from its number alone. Its variables are floats (a to d, x, y), arrays (u, v), an
integer (n) and constants; each expression keeps them of moderate size. A program whose differences
are not smooth where it is evaluated (a branch flips there) says nothing and is left out.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import importlib.util
import itertools
import random
import re
import sys
import tempfile
import textwrap
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

import s2sad
from tests.checking import Call, along, check_gradient, check_hessian, check_product, check_tangent
from tests.fuzz_writes import unformatted

FLOATS = ["x", "y", "a", "b", "c", "d"]
ARRAYS = ["u", "v"]


class Writer:
    """Writes one program."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.lines: list[str] = []
        self.loops = 0
        self.fresh = 0
        self.callees: list[str] = []
        self.in_callee = False
        self.in_local = False

    def pick(self, *choices: Any) -> Any:
        return self.random.choice(choices)

    def chance(self, p: float) -> bool:
        return self.random.random() < p

    # ------------------------------------------------------------ expressions

    def number(self) -> str:
        return self.pick("0.5", "1.5", "0.3", "2.0", "0.9", "-0.7", "1", "2")

    def scalar(self, depth: int = 2) -> str:
        """An expression whose value is a float of moderate size."""
        if depth == 0 or self.chance(0.15):
            return self.pick(*FLOATS, *FLOATS, self.number())
        e, f = self.scalar(depth - 1), self.scalar(depth - 1)
        kinds = ["sin", "cos", "tanh", "quotient", "sum", "sum", "product", "product", "less"]
        kinds += ["square", "select", "reduce", "element", "index", "negative"]
        if self.callees and not self.in_local:
            kinds += ["call"] * 3
        if depth > 1:
            kinds += ["comprehension", "extreme", "dot", "exp"]
        match self.pick(*kinds):
            case "sin" | "cos" | "tanh" as name:
                module = self.pick("np", "math")
                return f"{module}.{name}({e})"
            case "exp":
                return f"np.exp(-({e}) * ({e}))"
            case "quotient":
                return f"({e}) / (1.5 + ({f}) ** 2)"
            case "sum":
                return f"({e} + {f})"
            case "less":
                return f"({e} - {f})"
            case "product":
                return f"({e}) * 0.5 * ({f})"
            case "square":
                return f"math.sin({e}) ** {self.pick('2', '3', 'n')}"
            case "select":
                return f"({e} if {self.test()} else {f})"
            case "reduce":
                return f"np.mean({self.array(depth - 1)})"
            case "dot":
                return f"({self.array(0)} @ {self.array(0)}) / 8"
            case "element":
                return f"{self.pick(*ARRAYS)}[{self.pick('0', '-1', 'n % 3', '1')}]"
            case "index":
                key = self.pick("1:", "::-2", ":n", "[0, 2, 0]")
                return f"np.sum({self.pick(*ARRAYS)}[{key}]) / 3"
            case "negative":
                return f"-({e})"
            case "extreme":
                return f"{self.pick('max', 'min')}({e}, {f})"
            case "call":
                return f"{self.pick(*self.callees)}({e}, {f}, n)"
            case _:
                k = self.name("k")
                return (
                    f"sum([{self.pick(*FLOATS)} * {k} / 4 for {k} in range({self.pick('3', 'n')})])"
                )

    def array(self, depth: int = 1) -> str:
        """An expression whose value is an array of three numbers."""
        name = self.pick(*ARRAYS)
        if depth == 0:
            return str(name)
        e, other = self.scalar(depth - 1), self.array(depth - 1)
        return str(
            self.pick(
                f"np.sin({other} * {e})",
                f"({name} * {e} + 0.3)",
                f"({other} - {name} * 0.5)",
                f"np.tanh({other} + {e})",
                f"np.where({other} > 0.1, {name}, {e})",
                f"({name} * {other} * 0.5)",
                f"{name}[::-1]",
                f"np.array([{e}, {self.scalar(0)}, {self.scalar(0)}])",
                f"np.concatenate([{name}[1:], {other}[:1]])",
                f"({name} / (1.0 + {other} ** 2))",
            )
        )

    def test(self) -> str:
        simple = (
            f"{self.pick(*FLOATS)} {self.pick('<', '>')} {self.pick('0.1', '0.4', '-0.2', '0.8')}"
        )
        if self.chance(0.2):
            return f"({simple} {self.pick('and', 'or')} {self.pick(*FLOATS)} > 0.25)"
        if self.chance(0.15):
            return f"n % 2 == {self.pick('0', '1')}"
        if self.chance(0.1):
            return f"not {self.pick(*FLOATS)} > {self.pick(*FLOATS)}"
        return simple

    def name(self, stem: str) -> str:
        self.fresh += 1
        return f"{stem}{self.fresh}"

    # ------------------------------------------------------------ statements

    def put(self, pad: str, line: str) -> None:
        self.lines.append(pad + line)

    def block(self, pad: str, depth: int, size: int) -> None:
        for _ in range(self.random.randint(1, size)):
            self.statement(pad, depth)

    def statement(self, pad: str, depth: int) -> None:
        kinds = ["assign"] * 5 + ["augmented", "swap", "array", "array", "integer", "pair", "keep"]
        if depth > 0:
            kinds += ["if"] * 4 + ["for"] * 3 + ["while", "each", "local", "state"]
        if self.loops:
            kinds += ["exit"] * 3
        elif depth < 3 and self.chance(0.3):
            kinds += ["return"]
        match self.pick(*kinds):
            case "assign":
                self.put(pad, f"{self.pick(*FLOATS)} = {self.scalar()}")
            case "augmented":
                op = self.pick("+=", "-=", "*=")
                self.put(pad, f"{self.pick(*FLOATS[2:])} {op} {self.scalar(1)}")
            case "swap":
                p, q = self.random.sample(FLOATS, 2)
                self.put(pad, f"{p}, {q} = {q}, {p}")
            case "pair":
                p, q = self.random.sample(FLOATS, 2)
                self.put(pad, f"{p}, {q} = {self.scalar(1)}, {self.scalar(1)}")
            case "keep":
                p, q = self.random.sample(FLOATS, 2)
                self.put(pad, f"{p} = {q} = {self.scalar(1)}")
            case "array":
                self.put(pad, f"{self.pick(*ARRAYS)} = {self.array(2)}")
            case "integer":
                self.put(pad, f"n = {self.pick('n % 4 + 1', '2', '3', '(n * 2) % 5', 'n % 3 + 1')}")
            case "if":
                self.branch(pad, depth)
            case "for":
                self.loop(pad, depth)
            case "while":
                k = self.name("i")
                self.put(pad, f"{k} = {self.pick('0', '1')}")
                self.put(pad, f"while {k} < {self.pick('2', '3', 'n')} and {self.test()}:")
                self.put(pad + "    ", f"{k} += 1")
                self.body(pad, depth)
            case "each":
                w = self.name("w")
                array = self.pick(*ARRAYS)
                self.put(
                    pad, f"for {w} in {self.pick(array, f'reversed({array})', f'{array}[1:]')}:"
                )
                self.put(
                    pad + "    ", f"{self.pick(*FLOATS)} = math.sin({self.scalar(1)}) + {w} * 0.2"
                )
                self.body(pad, depth)
                if self.chance(0.3):
                    self.put(pad, f"{self.pick(*FLOATS)} = {w} * 0.5 + {self.scalar(0)}")
            case "local":
                self.local(pad)
            case "state":
                s = self.name("s")
                self.put(pad, f"{s} = ({self.scalar(1)}, {self.scalar(1)})")
                self.put(pad, f"for _ in range({self.pick('2', 'n')}):")
                self.put(pad, f"    {s} = (math.sin({s}[1]) * {self.pick(*FLOATS)}, {s}[0] * 0.7)")
                self.put(pad, f"{self.pick(*FLOATS)} = {s}[0] - {s}[1]")
            case "exit":
                self.put(pad, f"if {self.test()}:")
                if self.chance(0.4):
                    self.put(pad + "    ", f"{self.pick(*FLOATS)} = {self.scalar(1)}")
                way = self.pick("break", "continue", f"return {self.scalar(1)}")
                self.put(pad + "    ", way)
            case "return":
                self.put(pad, f"if {self.test()}:")
                self.put(pad + "    ", f"return {self.scalar(1)}")

    def branch(self, pad: str, depth: int) -> None:
        self.put(pad, f"if {self.test()}:")
        self.block(pad + "    ", depth - 1, 3)
        if self.chance(0.25):
            self.put(pad, f"elif {self.test()}:")
            self.block(pad + "    ", depth - 1, 2)
        if self.chance(0.5):
            self.put(pad, "else:")
            self.block(pad + "    ", depth - 1, 3)

    def loop(self, pad: str, depth: int) -> None:
        k = self.pick("j", "k", self.name("k"))
        over = self.pick(
            "range(3)", "range(n)", "range(2, 0, -1)", "range(n - 2)", "range(1, n, 2)"
        )
        target = k
        if self.chance(0.25):
            over, target = f"enumerate({self.pick(*ARRAYS)})", f"{k}, w"
        elif self.chance(0.15):
            over, target = f"zip({over}, {self.pick(*ARRAYS)})", f"{k}, w"
        self.put(pad, f"for {target} in {over}:")
        if self.chance(0.5):
            used = f"w * {k}" if "w" in target else k
            self.put(pad + "    ", f"{self.pick(*FLOATS)} = {self.scalar(1)} * 0.5 + 0.1 * {used}")
        self.body(pad, depth)
        if self.chance(0.2):
            self.put(pad, "else:")
            loops, self.loops = self.loops, 0
            self.block(pad + "    ", 0, 2)
            self.loops = loops

    def body(self, pad: str, depth: int) -> None:
        self.loops += 1
        self.block(pad + "    ", depth - 1, 4)
        self.loops -= 1

    def local(self, pad: str) -> None:
        g, t = self.name("h"), self.name("t")
        self.in_local = True
        self.put(pad, f"def {g}({t}):")
        self.put(pad, f"    return {self.scalar(1)} * {t} * 0.5 + math.cos({t})")
        self.in_local = False
        self.put("", "")
        p = self.pick(*FLOATS)
        self.put(pad, f"{p} = {g}({self.scalar(1)}) - {g}({self.pick(*FLOATS)})")

    # ------------------------------------------------------------ functions

    def function(self, head: str, depth: int, size: int) -> None:
        self.lines += ["", "", head]
        self.put("    ", "a, b, c, d = x * 0.7, y + 0.2, 0.4, 1.0")
        if self.in_callee:
            self.put("    ", "u = np.array([x, 0.3, y])")
            self.put("    ", "v = np.ones(3) * 0.5")
        for _ in range(size):
            self.statement("    ", depth)
        result = [*self.random.sample(FLOATS, 3), f"np.mean({self.pick(*ARRAYS)})"]
        self.put("    ", f"return {' + '.join(result)}")

    def text(self) -> str:
        self.lines = ["import math", "", "import numpy as np", "from jaxtyping import Float", ""]
        self.lines += ['A = Float[np.ndarray, "3"]']
        self.in_callee = True
        for k in range(self.random.randint(0, 2)):
            self.function(
                f"def g{k}(x: float, y: float, n: int = 2):", 2, self.random.randint(1, 4)
            )
            self.callees.append(f"g{k}")
        self.in_callee = False
        self.function(
            "def f(x: float, y: float, u: A, v: A, n: int = 3):", 3, self.random.randint(3, 9)
        )
        return "\n".join(self.lines) + "\n"


ARGUMENTS = [
    (0.63, -0.41, np.array([0.37, -0.52, 0.91]), np.array([1.13, 0.24, -0.66])),
    (-0.87, 1.29, np.array([-0.31, 0.72, 0.11]), np.array([0.58, -1.07, 0.43]), 4),
]
WRT = ("x", "y", "u", "v")


def load(text: str, path: Path) -> Callable[..., Any]:
    """The function f of a program, with a file behind it."""
    path.write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module.f


def is_smooth(function: Callable[..., Any], args: tuple[Any, ...]) -> bool:
    """Whether differences of two widths agree, so that no branch flips nearby."""
    rng = np.random.default_rng(1)
    for _ in range(3):
        step = [rng.standard_normal(np.shape(value)) for value in args[:4]]

        def at(t: float, step: list[Any] = step) -> float:
            moved = [value + t * v for value, v in zip(args[:4], step, strict=True)]
            moved[0], moved[1] = float(moved[0]), float(moved[1])
            return float(function(*moved, *args[4:]))

        wide, narrow = along(at, 2e-4), along(at, 3e-5)
        if not abs(wide - narrow) <= 1e-7 * (1.0 + abs(wide) + abs(at(0.0))):
            return False
    return True


def check_gradients_of(function: Callable[..., Any], points: list[tuple[Any, ...]]) -> None:
    """Derives a gradient, and fails where differences of the program say something else."""
    generated = s2sad.value_and_grad(function, wrt=WRT)
    for args in points:
        check_gradient(function, Call(*args), WRT, generated)


def check_tangents_of(function: Callable[..., Any], points: list[tuple[Any, ...]]) -> None:
    """The same for a tangent."""
    generated = s2sad.jvp(function, wrt=WRT)
    for args in points:
        check_tangent(function, Call(*args), WRT, generated)


def check_products_of(function: Callable[..., Any], points: list[tuple[Any, ...]]) -> None:
    """The same for a Hessian times a direction, with differences of the gradient."""
    gradient, product = s2sad.grad(function, wrt=WRT), s2sad.hvp(function, wrt=WRT)
    for args in points:
        check_product(function, Call(*args), WRT, gradient, product)


def check_hessians_of(function: Callable[..., Any], points: list[tuple[Any, ...]]) -> None:
    """The same for a Hessian, with second differences of the program."""
    generated = s2sad.hessian(function, wrt=WRT)
    for args in points:
        check_hessian(function, Call(*args), WRT, generated)


CHECKS = {
    "grad": check_gradients_of,
    "jvp": check_tangents_of,
    "hvp": check_products_of,
    "hessian": check_hessians_of,
}
"""What is derived of a program and held against differences, by mode."""


def outcome(text: str, path: Path, mode: str = "grad") -> str:
    """ok, rough (no smooth point), or what is wrong: refused, a crash, a wrong derivative."""
    try:
        function = load(text, path)
        with np.errstate(all="ignore"), contextlib.redirect_stdout(None):
            smooth = [args for args in ARGUMENTS if is_smooth(function, args)]
    except Exception:  # the program itself fails
        return "rough"
    if not smooth:
        return "rough"
    try:
        CHECKS[mode](function, smooth)
    except s2sad.S2SADError as error:
        return f"refused: {error.code} {error.message}"
    except AssertionError as error:
        return f"wrong: {str(error) or fault(error)}"
    except Exception as error:
        return f"crash: {type(error).__name__}: {error} {fault(error)}"
    return "ok"


def fault(error: BaseException) -> str:
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"({Path(last.filename).name}:{last.lineno} {last.line})"


# ---------------------------------------------------------------- making failures small


def smaller(text: str, k: int) -> Iterator[str]:
    """The program without its statement number k, with one of its blocks in its place, or with a
    part of one of its expressions in the place of the whole."""
    for way in ("drop", "body", "orelse"):
        changed = Without(k, way)
        tree = changed.visit(ast.parse(text))
        if changed.done:
            yield ast.unparse(ast.fix_missing_locations(tree)) + "\n"
    for number in range(len(list(own_expressions(statement_of(ast.parse(text), k))))):
        way = 0
        while True:
            tree = ast.parse(text)
            holder, name, position = list(own_expressions(statement_of(tree, k)))[number]
            value = getattr(holder, name)
            whole = value if position is None else value[position]
            parts = [part for part in ast.iter_child_nodes(whole) if isinstance(part, ast.expr)]
            if isinstance(whole, ast.expr) and not isinstance(whole, (ast.Name, ast.Constant)):
                parts.append(ast.Constant(0.5))
            if way >= len(parts):
                break
            if position is None:
                setattr(holder, name, parts[way])
            else:
                value[position] = parts[way]
            way += 1
            yield ast.unparse(ast.fix_missing_locations(tree)) + "\n"


def statement_of(tree: ast.AST, k: int) -> ast.stmt:
    """Statement number k of a program, in the order of `Without`."""
    found = list(statements_of(tree))
    return found[k]


def statements_of(node: ast.AST) -> Iterator[ast.stmt]:
    for part in ast.iter_child_nodes(node):
        if isinstance(part, ast.stmt):
            yield part
        yield from statements_of(part)


def own_expressions(node: ast.AST) -> Iterator[tuple[ast.AST, str, int | None]]:
    """Where each expression of a statement stands that is read, outer ones first; not those of
    the statements inside it, nor of an f-string."""
    for name, value in [] if isinstance(node, ast.JoinedStr) else ast.iter_fields(node):
        for position, part in enumerate(value) if isinstance(value, list) else [(None, value)]:
            read = isinstance(getattr(part, "ctx", ast.Load()), ast.Load)
            if isinstance(part, ast.expr) and read and name != "func":
                yield node, name, position
            if isinstance(part, ast.AST) and not isinstance(part, ast.stmt):
                yield from own_expressions(part)


class Without(ast.NodeTransformer):
    """Removes statement number k, or puts one of its blocks in its place."""

    def __init__(self, k: int, way: str) -> None:
        self.left = k
        self.way = way
        self.done = False

    def visit(self, node: ast.AST) -> Any:
        if isinstance(node, ast.stmt):
            if self.left == 0 and not self.done:
                self.left -= 1
                if self.way == "drop" and not isinstance(node, ast.Import):
                    self.done = True
                    return None
                if isinstance(node, (ast.If, ast.For, ast.While)) and getattr(node, self.way, []):
                    self.done = True
                    return getattr(node, self.way)
            self.left -= 1
        node = super().generic_visit(node)
        for block in ("body", "orelse"):
            if block == "body" and getattr(node, block, None) == [] and isinstance(node, ast.stmt):
                node.body = [ast.Pass()]
        return node


def kind_of(found: str) -> list[str]:
    """What two failures have in common: their first words, and of a refusal all of them."""
    parts = re.split("[:(0-9]", found)
    return parts if parts[0] == "refused" else parts[:3]


def without_runs(text: str, keeps: Callable[[str], bool]) -> str:
    """The program without all runs of statements that it goes wrong in the same way without, the
    longest first."""
    number = 0
    while number < len(blocks_of(ast.parse(text))):
        size = len(blocks_of(ast.parse(text))[number])
        while size:
            first = 0
            while first < len(blocks_of(tree := ast.parse(text))[number]):
                block = blocks_of(tree)[number]
                left = [*block[:first], *block[first + size :]]
                block[:] = left or [ast.Pass()]
                candidate = ast.unparse(ast.fix_missing_locations(tree)) + "\n"
                if candidate != text and keeps(candidate):
                    text = candidate
                else:
                    first += size
            size //= 2
        number += 1
    return text


def blocks_of(tree: ast.AST) -> list[list[ast.stmt]]:
    """The blocks of a program, outer ones first."""
    fields = ("body", "orelse")
    found = [getattr(node, field, None) for node in ast.walk(tree) for field in fields]
    return [block for block in found if isinstance(block, list) and block]


def minimal(
    text: str, folder: Path, number: int, mode: str = "grad", seconds: float = 120.0
) -> str:
    """A small program that goes wrong in the same way, as far as the time allows."""
    kind = kind_of(outcome(text, folder / f"fuzz_{number}.py", mode))
    end = time.monotonic() + seconds
    tries = itertools.count()

    def keeps(candidate: str) -> bool:
        if time.monotonic() > end:
            return False
        path = folder / f"fuzz_{number}_{next(tries)}.py"
        return kind_of(outcome(candidate, path, mode)) == kind

    before = ""
    while before != text:
        before = text = without_runs(text, keeps)
        k = 0
        while k < sum(isinstance(node, ast.stmt) for node in ast.walk(ast.parse(text))):
            found = next(filter(keeps, smaller(text, k)), None)
            text, k = (text, k + 1) if found is None else (found, k)
    return text


def main(writer: type[Writer] = Writer) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--mode", choices=list(CHECKS), default="grad")
    parser.add_argument("--minimal", action="store_true", help="print a small program for each")
    parser.add_argument("--quiet-refusals", action="store_true", help="count refusals only")
    options = parser.parse_args()
    counts: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as folder, unformatted():
        for seed in range(options.first, options.first + options.count):
            text = writer(seed).text()
            found = outcome(text, Path(folder) / f"fuzz_{seed}.py", options.mode)
            kind = found.split(":")[0]
            counts[kind] = counts.get(kind, 0) + 1
            if kind not in ("ok", "rough") and not (kind == "refused" and options.quiet_refusals):
                print(f"{seed}: {found.splitlines()[0][:200]}", flush=True)
                if options.minimal:
                    small = minimal(text, Path(folder), seed, options.mode)
                    print(textwrap.indent(small, "    "), flush=True)
    print(counts)
    return 1 if set(counts) - {"ok", "rough"} else 0


if __name__ == "__main__":
    sys.exit(main())
