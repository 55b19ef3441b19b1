"""Samples of a rule, drawn from its own template, and its template run as Python.

    python -m tests.rule tanh        checks the rules of this name, and prints what each one needs

A template says what its samples are: the shapes of its operands, `assert axis in (None, 0)` for the
values of a static argument, `assert (a.shape, b.shape) in (...)` for shapes that belong together,
`assert x > 0.1` for a domain, and any statements before the match line.
"""

from __future__ import annotations

import ast
import copy
import importlib
import itertools
import math
import pkgutil
import sys
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import scipy.special

from s2sad.derive.folder import templates_folder
from s2sad.derive.folding import FOLDED
from s2sad.derive.rules import rules
from s2sad.derive.templates import Rule
from s2sad.ir.nodes import Const

SIZES = {"n": 3, "m": 2, "k": 4, "p": 2}
LEADS = [((), ()), ((2,), (2,)), ((2,), ()), ((3, 1), (2,))]
ELEMENTWISE = [
    [(), ()], [(3,), (3,)], [(2, 3), (3,)], [(), (3,)], [(3,), ()], [(2, 1), (1, 3)], [(0,), (0,)]
]  # fmt: skip
STARS = [(3,), (2, 3), (2, 2, 3)]


@dataclass(frozen=True)
class Sample:
    """A rule with arguments: the values of its operands and of its static arguments."""

    rule: Rule
    values: dict[str, Any]

    @property
    def active(self) -> list[str]:
        """The operands that a derivative flows into."""
        return [operand.name for operand in self.rule.operands if not operand.const]

    def __str__(self) -> str:
        return ", ".join(f"{name}={_short(value)}" for name, value in self.values.items())


def _short(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return str(value.shape)
    return "float" if isinstance(value, float) else str(value).replace("\n", "")


def all_rules() -> list[Rule]:
    """Every variant of every rule."""
    return [rule for variants in rules().values() for rule in variants]


def is_available(rule: Rule) -> bool:
    """Whether this Python and these libraries have the operator (math.sumprod came with 3.12)."""
    if not rule.op.startswith(("math.", "numpy.", "scipy.")):
        return True
    try:
        pkgutil.resolve_name(rule.op)
    except AttributeError:
        return False
    return True


# ---------------------------------------------------------------- the template as Python


@cache
def _template(file: str) -> dict[int, ast.FunctionDef]:
    tree = ast.parse(Path(file).read_text(encoding="utf-8"))
    return {node.lineno: node for node in tree.body if isinstance(node, ast.FunctionDef)}


def template(rule: Rule) -> ast.FunctionDef:
    """The function that a rule was read from."""
    return _template(rule.file)[rule.line]


@cache
def world() -> dict[str, Any]:
    """What the lines of a template see."""
    folder = templates_folder()
    helpers: dict[str, Any] = {}
    exec((folder / "helpers.py").read_text(encoding="utf-8"), helpers)
    static = {path.removeprefix("static."): function for path, function in FOLDED.items()}
    importlib.import_module("scipy.linalg")
    return {
        "np": np,
        "copy": copy,
        "math": math,
        "scipy": scipy,
        "helper": types.SimpleNamespace(**helpers),
        "static": types.SimpleNamespace(**static),
    }


def parts(rule: Rule) -> tuple[list[ast.stmt], ast.Assign | ast.Expr, list[ast.stmt]]:
    """The statements before the match line, the match line, those after it."""
    body = template(rule).body
    for position, statement in enumerate(body):
        if isinstance(statement, ast.Assign):
            target = statement.targets[0]
            if isinstance(target, ast.Subscript) or ast.unparse(target) == "y":
                return body[:position], statement, body[position + 1 :]
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
            return body[:position], statement, body[position + 1 :]
    raise AssertionError(rule.name)


def run(statements: list[ast.stmt], values: dict[str, Any]) -> dict[str, Any]:
    """The names after some statements."""
    names = world() | values
    module = ast.fix_missing_locations(ast.Module(statements, []))
    exec(compile(module, "template", "exec"), names)
    return names


def forward(rule: Rule, values: dict[str, Any]) -> Any:
    """The result of the match line; of one that writes, the array after it."""
    match = parts(rule)[1]
    if not rule.writes:
        return run([match], values)["y"]
    name = rule.match.args[0].var.hint
    return run([match], {**values, name: copy.deepcopy(values[name])})[name]


class _Accumulate(ast.NodeTransformer):
    """`d_x += e` to `d_x = accumulate('x', d_x, e)`, which undoes broadcasting."""

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.stmt:
        if not isinstance(node.target, ast.Name):
            return node
        value = node.value if isinstance(node.op, ast.Add) else ast.UnaryOp(ast.USub(), node.value)
        name = node.target.id
        call = ast.Call(ast.Name("accumulate", ast.Load()), [
            ast.Constant(name.removeprefix("d_")), ast.Name(name, ast.Load()), value], [],
        )  # fmt: skip
        return ast.Assign([ast.Name(name, ast.Store())], call)


def backward(sample: Sample, y: Any, d_y: Any) -> dict[str, Any]:
    """The adjoints of the operands, by the template's lines."""
    rule = sample.rule
    specs = {operand.name: operand.spec for operand in rule.operands}

    def accumulate(name: str, old: Any, value: Any) -> Any:
        operand = sample.values[name]
        if isinstance(operand, list):
            assert len(value) == len(operand)
            return [
                _add(a, v, x, specs[name] == "list ")
                for a, v, x in zip(old, value, operand, strict=True)
            ]
        return _add(old, value, operand, specs[name] == "" or specs[name].startswith("..."))

    lines = [s for s in parts(rule)[2] if not _reads_tangents(s)]
    lines = [_Accumulate().visit(ast.parse(ast.unparse(line)).body[0]) for line in lines]
    values = {**sample.values, "y": y, "d_y": d_y, "accumulate": accumulate}
    for name in sample.active:
        values[f"d_{name}"] = zeros_of(sample.values[name])
    if rule.writes:
        values[f"d_{rule.match.args[0].var.hint}"] = np.array(d_y)
    found = run(lines, poisoned(rule, lines, values))
    return {name: found[f"d_{name}"] for name in sample.active}


def _add(old: Any, value: Any, operand: Any, broadcasts: bool) -> Any:
    shape = np.shape(operand)
    if broadcasts:
        value = world()["helper"].unbroadcast(value, shape)
    assert np.broadcast_shapes(np.shape(value), shape) == shape, (np.shape(value), shape)
    return old + value


def _reads_tangents(line: ast.stmt) -> bool:
    return any(isinstance(n, ast.Name) and n.id.startswith("dot_") for n in ast.walk(line))


def zeros_of(value: Any) -> Any:
    """A zero adjoint."""
    if isinstance(value, list | tuple):
        return [zeros_of(item) for item in value]
    return np.zeros(np.shape(value)) if np.ndim(value) else 0.0


SHAPE_ONLY = {"np.shape", "np.size", "np.ndim", "len", "np.zeros_like"}


def needs(rule: Rule, lines: list[ast.stmt]) -> set[str]:
    """The names whose values some lines read, and not only their shapes."""
    found: set[str] = set()

    def visit(node: ast.AST) -> None:
        if isinstance(node, ast.Call) and ast.unparse(node.func) in SHAPE_ONLY:
            return
        if isinstance(node, ast.Name):
            found.add(node.id)
        for child in ast.iter_child_nodes(node):
            visit(child)

    for line in lines:
        visit(line)
    return found


def poisoned(rule: Rule, lines: list[ast.stmt], values: dict[str, Any]) -> dict[str, Any]:
    """The same values, with nan in all that these lines do not claim to need."""
    read = needs(rule, lines)
    names = {"y"} | {operand.name for operand in rule.operands}
    return {
        name: value if name in read or name not in names else _nan_like(value)
        for name, value in values.items()
    }


def _nan_like(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_nan_like(item) for item in value]
    return np.full(np.shape(value), np.nan) if np.ndim(value) else math.nan


# ---------------------------------------------------------------- samples


def samples(rule: Rule, seed: int = 0) -> Iterator[Sample]:
    """Arguments of every shape and static value that the template claims."""
    before = parts(rule)[0]
    statics, shapes, domain, prelude = _directions(rule, before)
    names = list(statics)
    generator = np.random.default_rng(seed)
    for shape in shapes:
        for chosen in itertools.product(*statics.values()):
            values: dict[str, Any] = {name: _default(rule, name) for name, _ in rule.statics}
            values |= dict(zip(names, chosen, strict=True))
            operands = {o.name: o for o in rule.operands}
            for name, operand in operands.items():
                values[name] = _draw(generator, shape[name], operand.spec)
            _into_domain(generator, domain, values, shape)
            if rule.numbers == "complex":
                active = [name for name, operand in operands.items() if not operand.const]
                values = with_imaginary_parts(values, active, generator)
            after = run(prelude, values) if prelude else values
            sample = Sample(rule, {name: after[name] for name in values})
            try:
                forward(rule, sample.values)
            except (IndexError, ValueError, AttributeError):
                continue  # an axis, or a method, that this value does not have
            except TypeError:
                if not rule.zero:
                    raise
                continue  # bits of floats
            yield sample


def with_imaginary_parts(
    values: dict[str, Any], names: list[str], generator: np.random.Generator
) -> dict[str, Any]:
    """The same arguments, those of these names complex."""

    def drawn(value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            return [drawn(item) for item in value]
        found = value + 1j * generator.uniform(0.1, 0.9, np.shape(value))
        return np.asarray(found) if np.ndim(value) else complex(found)

    return {name: drawn(v) if name in names else v for name, v in values.items()}


def _default(rule: Rule, name: str) -> Any:
    default = dict(rule.statics)[name]
    return None if default is None else default.value


def _directions(rule: Rule, before: list[ast.stmt]) -> Any:
    """What the lines before the match line say of samples."""
    statics: dict[str, list[Any]] = {}
    shapes: list[dict[str, Any]] | None = None
    domain: list[ast.expr] = []
    prelude: list[ast.stmt] = []
    static_names = [name for name, _ in rule.statics]
    for statement in before:
        match statement:
            case ast.Expr(ast.Constant()):
                continue
            case ast.Assert(ast.Compare(ast.Name(name), [ast.In()], [ast.Tuple(items)])) if (
                name in static_names
            ):
                statics[name] = [eval(ast.unparse(item), world()) for item in items]
            case ast.Assert(ast.Compare(ast.Tuple(subjects), [ast.In()], [wanted])):
                names = [ast.unparse(s).removesuffix(".shape") for s in subjects]
                rows = ast.literal_eval(wanted)
                shapes = [dict(zip(names, row, strict=True)) for row in rows]
            case ast.Assert(ast.Compare(ast.Attribute(ast.Name(name), "shape"), _, [wanted])):
                shapes = [{name: shape} for shape in ast.literal_eval(wanted)]
            case ast.Assert(test):
                domain.append(test)
            case _:
                prelude.append(statement)
    return statics, shapes or list(_shapes(rule)), domain, prelude


def _shapes(rule: Rule) -> Iterator[dict[str, Any]]:
    """Shapes for all operands that agree with what the template states."""
    specs = {operand.name: operand.spec for operand in rule.operands}
    if not specs:
        yield {}
    elif all(spec in ("", "const", "list ") for spec in specs.values()) and _gives_number(rule):
        yield dict.fromkeys(specs, ())
    elif all(spec in ("", "const") for spec in specs.values()):
        for row in ELEMENTWISE:
            yield {name: row[min(i, 1)] for i, name in enumerate(specs)}
    elif any("..." in spec for spec in specs.values()):
        for leads in LEADS:
            yield {
                name: leads[min(i, 1)] * ("..." in spec) + _sized(spec.replace("...", ""))
                for i, (name, spec) in enumerate(specs.items())
            }
    else:
        for star in STARS:
            yield {
                name: _spec_shape(spec.removeprefix("list "), star) for name, spec in specs.items()
            }
            if not any("*" in spec or spec in ("", "list ") for spec in specs.values()):
                return


def _gives_number(rule: Rule) -> bool:
    return isinstance(rule.result, Const) and rule.result.value == ""


def _spec_shape(spec: str, star: tuple[int, ...]) -> tuple[int, ...]:
    if spec == "scalar":
        return ()
    return star if spec in ("", "const") or spec.startswith("*") else _sized(spec)


def _sized(spec: str) -> tuple[int, ...]:
    return tuple(int(name) if name.isdigit() else SIZES[name] for name in spec.split())


def _draw(generator: np.random.Generator, shape: tuple[int, ...], spec: str) -> Any:
    if spec.startswith("list "):
        return [_draw(generator, shape, spec.removeprefix("list ")) for _ in range(3)]
    values = generator.uniform(-1.5, 2.5, shape)
    return values if shape else float(values)


def _into_domain(
    generator: np.random.Generator,
    domain: list[ast.expr],
    values: dict[str, Any],
    shapes: dict[str, tuple[int, ...]],
) -> None:
    """Draws again what is outside the domain."""
    names = [
        {node.id for node in ast.walk(test) if isinstance(node, ast.Name)} & set(shapes)
        for test in domain
    ]
    for _ in range(10_000):
        bad = False
        for test, used in zip(domain, names, strict=True):
            holds = np.asarray(eval(ast.unparse(test), world() | values))
            if holds.all():
                continue
            bad = True
            for name in used:
                fresh = _draw(generator, shapes[name], "")
                keep = holds if holds.shape == shapes[name] else holds.all()
                chosen = np.where(keep, values[name], fresh)
                values[name] = chosen if shapes[name] else float(chosen)
        if not bad:
            return
    raise AssertionError("no sample in the domain")


# ---------------------------------------------------------------- where no derivative exists


CONVENTIONS: list[tuple[str, str, dict[str, Any], list[Any]]] = [
    ("numpy.abs", "abs", {"x": 0.0}, [0.0]),
    ("builtins.abs", "abs", {"x": 0.0}, [0.0]),
    ("math.fabs", "fabs", {"x": 0.0}, [0.0]),
    ("numpy.maximum", "maximum", {"a": 0.0, "b": 0.0}, [0.5, 0.5]),
    ("numpy.minimum", "minimum", {"a": 0.0, "b": 0.0}, [0.5, 0.5]),
    ("builtins.max", "max_of_two", {"a": 1.0, "b": 1.0}, [0.5, 0.5]),
    ("builtins.max", "max_of_list", {"xs": [1.0, 1.0, 0.0]}, [[0.5, 0.5, 0.0]]),
    ("numpy.max", "max_all", {"x": np.array([1.0, 1.0])}, [[0.5, 0.5]]),
    ("numpy.min", "min", {"x": np.array([[1.0, 1.0]]), "axis": 1}, [[[0.5, 0.5]]]),
    ("numpy.clip", "clip", {"x": 0.0, "low": 0.0, "high": 1.0}, [1.0, 0.0, 0.0]),
    ("numpy.clip", "clip_below", {"x": 0.0, "low": 0.0}, [1.0, 0.0]),
    ("numpy.linalg.norm", "norm", {"x": np.zeros(2)}, [[0.0, 0.0]]),
    ("numpy.linalg.norm", "norm_axis", {"x": np.zeros((1, 2)), "axis": 1}, [[[0.0, 0.0]]]),
    ("numpy.std", "std", {"x": np.ones(2)}, [[0.0, 0.0]]),
    ("numpy.std", "std_all", {"x": np.ones(2)}, [[0.0, 0.0]]),
    ("numpy.hypot", "hypot", {"a": 0.0, "b": 0.0}, [0.0, 0.0]),
    ("math.hypot", "hypot", {"a": 0.0, "b": 0.0}, [0.0, 0.0]),
    ("numpy.sqrt", "sqrt", {"x": 0.0}, [np.inf]),
    ("math.sqrt", "sqrt", {"x": 0.0}, [np.inf]),
    ("pow", "pow_root", {"x": 0.0, "n": 0.5}, [np.inf]),
    ("pow", "pow", {"x": 0.0, "p": 0.0}, [0.0, 0.0]),
    ("pow", "pow", {"x": 0.0, "p": 1.0}, [1.0, 0.0]),
    ("pow", "pow", {"x": 0.0, "p": 3}, [0.0, 0.0]),
    ("pow", "pow", {"x": np.zeros(2), "p": 2.0}, [[0.0, 0.0], 0.0]),
    ("math.pow", "pow_", {"x": 0.0, "p": 2.0}, [0.0, 0.0]),
    ("numpy.prod", "prod", {"x": np.array([0.0, 2.0, 3.0])}, [[6.0, 0.0, 0.0]]),
    ("numpy.prod", "prod", {"x": np.array([0.0, 2.0, 0.0])}, [[0.0, 0.0, 0.0]]),
    ("numpy.cumprod", "cumprod_all", {"x": np.array([2.0, 0.0, 3.0])}, [[1.0, 8.0, 0.0]]),
    ("numpy.sinc", "sinc", {"x": 0.0}, [0.0]),
    ("numpy.logaddexp", "logaddexp", {"a": -np.inf, "b": -np.inf}, [0.0, 0.0]),
    ("numpy.nan_to_num", "nan_to_num", {"x": np.array([np.nan, 1.0])}, [[0.0, 1.0]]),
    ("numpy.linalg.norm", "norm_any", {"x": np.array([0.0, -2.0]), "ord": 1}, [[0.0, -1.0]]),
    ("numpy.linalg.norm", "norm_any", {"x": np.array([2.0, -2.0]), "ord": np.inf}, [[0.5, -0.5]]),
    ("numpy.linalg.norm", "norm_any", {"x": np.zeros(2), "ord": 3}, [[0.0, 0.0]]),
    ("numpy.max", "max_initial", {"x": np.array([1.0, 0.0]), "initial": 1.0}, [[0.5, 0.0]]),
    ("numpy.nanmax", "nanmax", {"x": np.array([1.0, np.nan, 1.0])}, [[0.5, 0.0, 0.5]]),
    ("numpy.nanstd", "nanstd", {"x": np.ones(2)}, [[0.0, 0.0]]),
    ("scipy.special.xlogy", "xlogy", {"a": 0.0, "b": 0.0}, [-np.inf, 0.0]),
    ("scipy.special.logsumexp", "logsumexp", {"x": np.full(2, -np.inf)}, [[0.0, 0.0]]),
]
"""Operator, variant, arguments, and what each operand gets there from an adjoint of ones."""


# ---------------------------------------------------------------- differences


def flat(value: Any) -> np.ndarray[Any, Any]:
    """All numbers in a value, in a row."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return np.concatenate([flat(item) for item in value]) if value else np.zeros(0)
    return np.ravel(np.asarray(value, dtype=np.result_type(value, np.float64)))


def inner(one: Any, other: Any) -> float:
    """The inner product of all numbers, of complex ones as of pairs of real ones."""
    return float(np.sum((np.conj(flat(one)) * flat(other)).real))


def directions(sample: Sample, generator: np.random.Generator) -> dict[str, Any]:
    """A random tangent for each active operand."""
    return {name: _direction(sample.values[name], generator) for name in sample.active}


def _direction(value: Any, generator: np.random.Generator) -> Any:
    if isinstance(value, dict):
        return {key: _direction(item, generator) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_direction(item, generator) for item in value]
    drawn = generator.standard_normal(np.shape(value))
    if np.iscomplexobj(value):
        drawn = drawn + 1j * generator.standard_normal(np.shape(value))
    return np.asarray(drawn) if isinstance(value, np.ndarray) else np.asarray(drawn).item()


def moved(sample: Sample, tangents: dict[str, Any], step: float) -> dict[str, Any]:
    """The values a step along the tangents."""
    return sample.values | {
        name: _moved(sample.values[name], dot, step) for name, dot in tangents.items()
    }


def _moved(value: Any, dot: Any, step: float) -> Any:
    if isinstance(value, dict):
        return {key: _moved(item, dot[key], step) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_moved(v, d, step) for v, d in zip(value, dot, strict=True)]
    return value + step * dot


def difference(sample: Sample, tangents: dict[str, Any]) -> np.ndarray[Any, Any]:
    """The tangent of the result, by central differences of fourth order."""
    h = 1e-3

    def at(step: float) -> np.ndarray[Any, Any]:
        return flat(forward(sample.rule, moved(sample, tangents, step)))

    return (8.0 * (at(h) - at(-h)) - (at(2.0 * h) - at(-2.0 * h))) / (12.0 * h)


def seed_like(y: Any, generator: np.random.Generator) -> Any:
    """A random adjoint of a result."""
    return _direction(y, generator)


def tangent(sample: Sample, tangents: dict[str, Any], y: Any) -> Any:
    """The tangent of the result by the template: its dot_y line, or what its kind says."""
    rule = sample.rule
    dots = {f"dot_{name}": dot for name, dot in tangents.items()}
    if rule.tangent is not None:
        lines = [
            s
            for s in parts(rule)[2]
            if isinstance(s, ast.Assign) and isinstance(s.targets[0], ast.Name)
        ]
        seed = _direction(y, np.random.default_rng(0))
        return run(lines, {**sample.values, **dots, "y": y, "d_y": seed})["dot_y"]
    if rule.kind == "linear":
        return forward(rule, sample.values | tangents)
    if rule.kind == "multilinear":
        return sum(
            np.asarray(forward(rule, sample.values | {name: dot})) for name, dot in tangents.items()
        )
    if rule.kind == "elementwise":
        return sum(_elementwise_term(sample, name, dot, y) for name, dot in tangents.items())
    return None


def _elementwise_term(sample: Sample, name: str, dot: Any, y: Any) -> Any:
    """What one operand adds to the tangent of an elementwise operator."""
    values, total = {**sample.values, "y": y, "d_y": dot}, 0.0
    for line in parts(sample.rule)[2]:
        if isinstance(line, ast.AugAssign) and ast.unparse(line.target) == f"d_{name}":
            sign = -1.0 if isinstance(line.op, ast.Sub) else 1.0
            found = run([ast.Assign([ast.Name("found", ast.Store())], line.value)], values)["found"]
            total = total + sign * np.asarray(found)
        elif isinstance(line, ast.Assign) and not _reads_tangents(line):
            values = run([line], values)
    return np.broadcast_to(total, np.shape(y)) if not isinstance(y, tuple) else total


# ---------------------------------------------------------------- the command


def check(sample: Sample, report: Callable[[str], None] = lambda line: None) -> None:
    """Compares the adjoints, if it has some, and the tangent of a rule with differences."""
    generator = np.random.default_rng(1)
    rule = sample.rule
    y = forward(rule, sample.values)
    tangents = directions(sample, generator)
    moved_y = difference(sample, tangents)
    if rule.forward:
        report(f"{sample}: the tangent is that of differences")
        np.testing.assert_allclose(flat(tangent(sample, tangents, y)), moved_y, 1e-7, 1e-7)
        return
    d_y = seed_like(y, generator)
    wanted = inner(d_y, moved_y)
    adjoints = backward(sample, y, d_y)
    got = sum(inner(adjoints[name], tangents[name]) for name in tangents)
    single = rule.name in ("float32", "complex64")
    tolerance = 1e-3 if single else 1e-7
    precision = 1e6 if single else 1.0
    scale = 1.0 + np.abs(flat(d_y)) @ np.abs(moved_y)
    report(f"{sample}: {got:.9f}, by differences {wanted:.9f}")
    assert abs(got - wanted) < tolerance * scale, (str(sample), got, wanted)
    for name in tangents:
        assert flat(adjoints[name]).shape == flat(sample.values[name]).shape or not np.ndim(
            adjoints[name]
        )
    dot_y = tangent(sample, tangents, y)
    if dot_y is not None:
        np.testing.assert_allclose(flat(dot_y), moved_y, atol=tolerance, rtol=tolerance)
        ahead = inner(d_y, dot_y)
        exact = 1e-12 * (1.0 + np.abs(flat(d_y)) @ np.abs(flat(dot_y))) * precision
        assert abs(ahead - got) <= exact, (str(sample), ahead, got)


def single_precision(sample: Sample) -> Sample:
    """The same sample in float32."""
    return replace(
        sample, values={n: v if n not in sample.active else _single(v) for n, v in
                        sample.values.items()}
    )  # fmt: skip


def is_float_array(value: Any) -> bool:
    """Whether a value is an array of floats, or a list of them."""
    if isinstance(value, list):
        return any(is_float_array(item) for item in value)
    return isinstance(value, np.ndarray) and value.dtype.kind == "f"


def _single(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_single(item) for item in value]
    dtype = np.complex64 if np.iscomplexobj(value) else np.float32
    return np.asarray(value, dtype=dtype) if np.ndim(value) else value


def main(name: str) -> None:
    """Prints and checks the rules of this name."""
    for rule in all_rules():
        if name not in (rule.name, rule.op):
            continue
        print(ast.unparse(template(rule)))
        print("needs", *sorted(needs(rule, parts(rule)[2]) & {"y", *dict(_named(rule))}))
        if not rule.zero:
            for sample in samples(rule):
                check(sample, print)


def _named(rule: Rule) -> list[tuple[str, str]]:
    return [(operand.name, operand.spec) for operand in rule.operands]


if __name__ == "__main__":
    main(sys.argv[1])
