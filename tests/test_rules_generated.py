"""Every rule through generated code: functions are written round its match line, and checked.

    def f(x, weights):
        out = np.sum(x * 1.0, axis=0, keepdims=True)
        return np.sum(out * out * weights)

The operands stand bare or as expressions, without annotations, with symbolic and with literal
sizes; all of them are differentiated, or one; the adjoint of the result is an array, or one number.

    python -m tests.test_rules_generated tanh        prints what is generated for a rule
"""

from __future__ import annotations

import ast
import copy
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from unittest import mock

import numpy as np
import pytest

from s2sad.derive.templates import Rule
from s2sad.errors import S2SADError
from s2sad.pipeline import Request, generate
from s2sad.source.module import SourceModule
from tests import rule as template_tests
from tests.checking import same
from tests.rule import Sample

PREAMBLE = """\
import copy
import math
import numpy as np
import scipy.linalg
import scipy.special
from jaxtyping import Complex128, Float64
"""

MOST = 2
"""How many samples of a rule are taken, of different shapes."""


@dataclass(frozen=True)
class Style:
    """How a function is written round a match line."""

    name: str
    bare: bool
    annotation: str  # "", "symbols" or "numbers"
    wrt: str  # "all", "first" or "last"
    weighted: bool


STYLES = [
    Style("plain", True, "", "all", True),
    Style("expressions", False, "", "last", True),
    Style("symbols", False, "symbols", "all", True),
    Style("numbers", True, "numbers", "first", True),
    Style("narrow", True, "", "all", False),
    Style("narrow_symbols", False, "symbols", "all", False),
]

# ---------------------------------------------------------------- functions round a match line


@dataclass
class Program:
    """One function, with the arguments of a call."""

    name: str
    text: str
    wrt: tuple[str, ...]
    arguments: dict[str, Any]


class _Inserted(ast.NodeTransformer):
    """The match line with operands and static arguments in the place of names."""

    def __init__(self, values: dict[str, ast.expr], lists: dict[str, list[ast.expr]]) -> None:
        self.values = values
        self.lists = lists

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return copy.deepcopy(self.values.get(node.id, node))

    def visit_Call(self, node: ast.Call) -> ast.expr:
        args: list[ast.expr] = []
        for arg in node.args:
            match arg:
                case ast.Starred(ast.Name(name)) if name in self.lists:
                    args += copy.deepcopy(self.lists[name])
                case _:
                    args.append(self.visit(arg))
        function = self.visit(node.func)
        keywords = [ast.keyword(k.arg, self.visit(k.value)) for k in node.keywords]
        return ast.Call(function, args, keywords)


def _literal(value: Any) -> str | None:
    """A static argument as it is written in a program; None for what is handed over."""
    if isinstance(value, type):
        return f"np.{value.__name__}" if value.__module__ == "numpy" else value.__name__
    if isinstance(value, float) and not np.isfinite(value):
        return f"{'-' if value < 0 else ''}np.{'nan' if np.isnan(value) else 'inf'}"
    if value is Ellipsis:
        return "..."
    if isinstance(value, (tuple, list)):
        parts = [_literal(part) for part in value]
        if any(part is None for part in parts):
            return None
        inside = ", ".join(str(part) for part in parts)
        if isinstance(value, list):
            return f"[{inside}]"
        return f"({inside}{',' * (len(parts) == 1)})"
    if isinstance(value, (np.ndarray, np.generic)):
        return None
    return repr(value)


def _annotation(value: Any, kind: str) -> str:
    if isinstance(value, list):
        return f"list[{_annotation(value[0], kind)}]"
    if not np.ndim(value):
        return type(value).__name__ if isinstance(value, (float, complex)) else ""
    dtype = "Complex128" if np.iscomplexobj(value) else "Float64"
    if kind == "dtypes":
        return f'{dtype}[np.ndarray, "..."]'
    sizes = [str(n) if kind == "numbers" or n == 1 else f"n{n}" for n in np.shape(value)]
    return f'{dtype}[np.ndarray, "{" ".join(sizes)}"]'


def program(sample: Sample, style: Style, name: str) -> Program:
    """A function with a sample's match line in it."""
    rule = sample.rule
    parameters: dict[str, str] = {}
    arguments: dict[str, Any] = {}
    values: dict[str, ast.expr] = {}
    lists: dict[str, list[ast.expr]] = {}
    active: list[list[str]] = []

    def parameter(key: str, value: Any, varied: bool) -> ast.expr:
        arguments[key] = value
        annotated = style.annotation and varied
        parameters[key] = _annotation(value, style.annotation) if annotated else ""
        text = key if style.bare or not varied else f"{key} * 1.0"
        return ast.parse(text, mode="eval").body

    for operand in rule.operands:
        value = sample.values[operand.name]
        if operand.const:
            values[operand.name] = parameter(operand.name, value, False)
        elif operand.is_list:
            keys = [f"{operand.name}_{i}" for i in range(len(value))]
            lists[operand.name] = [
                parameter(key, item, True) for key, item in zip(keys, value, strict=True)
            ]
            values[operand.name] = ast.List(lists[operand.name], ast.Load())
            active.append(keys)
        else:
            values[operand.name] = parameter(operand.name, value, True)
            active.append([operand.name])
    for key, _ in rule.statics:
        written = _literal(sample.values[key])
        if written is None:
            values[key] = parameter(key, sample.values[key], False)
        else:
            values[key] = ast.parse(written, mode="eval").body
            if isinstance(sample.values[key], slice):
                values[key] = _slice(sample.values[key])
    match = template_tests.parts(rule)[1]
    inserted = _Inserted(values, lists)
    if isinstance(match, ast.Expr):
        call = inserted.visit(copy.deepcopy(match.value))
        lines = [f"out = {ast.unparse(call.args[0])} * 1.0"]
        call.args[0] = ast.Name("out", ast.Load())
        lines.append(ast.unparse(call))
    elif rule.writes:
        target = match.targets[0]
        assert isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name)
        written_to = ast.unparse(values[target.value.id])
        key = ast.unparse(inserted.visit(copy.deepcopy(target.slice)))
        lines = [f"out = {written_to} * 1.0"]
        lines.append(f"out[{key}] = {ast.unparse(inserted.visit(copy.deepcopy(match.value)))}")
    else:
        lines = [f"out = {ast.unparse(inserted.visit(copy.deepcopy(match.value)))}"]
    y = template_tests.forward(rule, sample.values)
    generator = np.random.default_rng(3)
    if isinstance(y, (tuple, list)):
        names = [f"out_{i}" for i in range(len(y))]
        if style.bare:
            lines[-1] = lines[-1].replace("out = ", ", ".join(names) + " = ", 1)
            if len(names) == 1:
                lines[-1] = lines[-1].replace(" = ", ", = ", 1)
        else:
            lines += [f"out_{i} = out[{i}]" for i in range(len(y))]
        results = list(zip(names, y, strict=True))
        if any(map(np.iscomplexobj, y)):
            y = [np.asarray(value, dtype=complex) for value in y]
            results = list(zip(names, y, strict=True))
    else:
        results = [("out", y)]
    terms = []
    for result, value in results:
        if style.weighted:
            weight = f"weights_{result}"
            drawn = generator.standard_normal(np.shape(value))
            arguments[weight] = drawn if np.ndim(value) else float(drawn)
            parameters[weight] = ""
            square = "" if style.bare else f"{result} * "
            terms.append(f"np.sum({square}{result} * {weight})")
            if np.iscomplexobj(value):
                arguments[weight] = arguments[weight] * (0.6 + 0.8j)
                parameters[weight] = _annotation(arguments[weight], "dtypes")
                terms[-1] += ".real"
        else:
            terms.append(f"np.sum({result}){'.real' * np.iscomplexobj(value)}")
    lines.append(f"return {' + '.join(terms)}")
    chosen = {"all": active, "first": active[:1], "last": active[-1:]}[style.wrt]
    head = ", ".join(f"{key}: {note}" if note else key for key, note in parameters.items())
    body = "".join(f"    {line}\n" for line in lines)
    wrt = tuple(key for keys in chosen for key in keys)
    return Program(name, f"def {name}({head}):\n{body}", wrt, arguments)


def _slice(value: slice) -> ast.expr:
    bounds = [None if b is None else ast.Constant(b) for b in (value.start, value.stop, value.step)]
    return ast.Slice(*bounds)


def chosen_samples(rule: Rule) -> list[Sample]:
    """A few samples of a rule, of different shapes and static arguments."""
    found: dict[Any, list[Sample]] = {}
    for sample in template_tests.samples(rule):
        shapes = tuple(_shape(sample.values[operand.name]) for operand in rule.operands)
        found.setdefault(shapes, []).append(sample)
    full = [shapes for shapes in found if (0,) not in shapes and any(shapes)] or list(found)
    number = max(MOST, len(full))
    chosen = [found[full[i % len(full)]] for i in range(number)]
    return [alike[(i * 7) % len(alike)] for i, alike in enumerate(chosen)][:MOST]


def _shape(value: Any) -> tuple[int, ...]:
    return _shape(value[0]) if isinstance(value, list) else np.shape(value)


def programs(rule: Rule) -> Iterator[Program]:
    """All functions that are written for a rule: each sample in half of the styles."""
    for number, sample in enumerate(chosen_samples(rule)):
        for style in STYLES[number % 2 :: 2]:
            yield program(sample, style, f"{style.name}_{number}")


# ---------------------------------------------------------------- the check


def derived(chosen: list[Program]) -> tuple[dict[str, Any], dict[str, Any], str]:
    """The plain functions, the generated ones, and the generated text."""
    text = PREAMBLE + "\n\n" + "\n\n".join(each.text for each in chosen)
    module = SourceModule.from_text(text, "rules.py")
    requests = [Request(each.name, each.wrt, bare=False) for each in chosen]
    with mock.patch("s2sad.emit.layout.formatted", lambda text, path: text):  # a third of the time
        made = generate(module, requests).text
    plain: dict[str, Any] = {}
    derivatives: dict[str, Any] = {}
    exec(compile(text, "plain", "exec"), plain)
    exec(compile(made, "generated", "exec"), derivatives)
    return plain, derivatives, made


def _narrowed(value: Any) -> Any:
    return template_tests._single(value) if template_tests.is_float_array(value) else value


def _is_single(text: str) -> bool:
    return "np.float32" in text or "np.complex64" in text


def check(each: Program, plain: Any, generated: Any) -> None:
    """Value, structure and gradient of one function, in double and in single precision."""
    value, gradients = generated(**copy.deepcopy(each.arguments))
    wanted = plain(**copy.deepcopy(each.arguments))
    assert same(value, wanted), f"the value is {value!r}, should be {wanted!r}"
    generator = np.random.default_rng(4)
    for name, gradient in zip(each.wrt, gradients, strict=True):
        argument = each.arguments[name]
        assert np.shape(gradient) == np.shape(argument), f"d_{name} has shape {np.shape(gradient)}"
        direction = generator.standard_normal(np.shape(argument))

        def at(step: float, name: str = name, direction: Any = direction) -> float:
            moved = each.arguments[name] + step * direction
            moved = moved if isinstance(each.arguments[name], np.ndarray) else float(moved)
            return float(plain(**copy.deepcopy({**each.arguments, name: moved})))

        h = 0.1 if _is_single(each.text) else 1e-3
        numeric = (8.0 * (at(h) - at(-h)) - (at(2.0 * h) - at(-2.0 * h))) / (12.0 * h)
        exact = float(np.sum(np.asarray(gradient) * direction))
        scale = 1.0 + abs(numeric) + abs(float(wanted))
        error = 1e-2 if _is_single(each.text) else 2e-6
        assert abs(exact - numeric) < error * scale, f"d_{name}: {exact:.9f}, not {numeric:.9f}"
    if "Float64" in each.text:
        return
    single = {key: _narrowed(argument) for key, argument in each.arguments.items()}
    _, narrow = generated(**copy.deepcopy(single))
    for name, gradient, found in zip(each.wrt, gradients, narrow, strict=True):
        if not np.ndim(single[name]):
            continue
        dtype = np.asarray(found).dtype
        assert dtype == np.float32, f"d_{name} of a float32 argument is {dtype}"
        np.testing.assert_allclose(found, gradient, 2e-2, 2e-2, err_msg=f"d_{name} in float32")


def failures(rule: Rule) -> list[tuple[Program, str, str]]:
    """The functions of a rule that are refused or wrong, with the reason and what was generated."""
    chosen = list(programs(rule))
    assert chosen
    found = []
    try:
        batches = [(chosen, derived(chosen))]
    except Exception:
        batches = []
        for each in chosen:
            try:
                batches.append(([each], derived([each])))
            except S2SADError as error:
                found.append((each, f"refused: {error.code} {error.message}", ""))
            except Exception as error:
                found.append((each, f"generation failed: {type(error).__name__}: {error}", ""))
    for group, (plain, generated, text) in batches:
        for each in group:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    check(each, plain[each.name], generated[f"{each.name}_value_and_grad"])
                except Exception as error:
                    why = f"{type(error).__name__}: {error}".strip()
                    found.append((each, why, text))
    return found


RULES = [
    rule
    for rule in template_tests.all_rules()
    if not rule.zero
    and rule.numbers != "complex"  # tests/test_complex_rules.py
    and not rule.op.startswith("helper.")
    and template_tests.is_available(rule)
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.op}-{rule.name}")
def test_through_generated_code(rule: Rule) -> None:
    found = failures(rule)
    assert not found, "\n\n".join(f"{each.text}wrt {each.wrt}: {why}" for each, why, _ in found)


def main(name: str) -> None:
    """Prints what is generated for the rules of this name."""
    for rule in RULES:
        if name in (rule.name, rule.op):
            for each in programs(rule):
                print(each.text)
            for each, why, text in failures(rule):
                print("#" * 20, each.name, why, text, sep="\n")


if __name__ == "__main__":
    main(sys.argv[1])
