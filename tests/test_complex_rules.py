"""Every rule that takes complex operands, through generated code, in both modes.

Functions are written round the rule's match line as in `test_rules_generated`; the loss is the real
part of a weighted sum of squares. All operands are complex, or one of several is real.

    python -m tests.test_complex_rules exp        prints what is generated for a rule
"""

from __future__ import annotations

import copy
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from s2sad.derive.holomorphic import is_holomorphic
from s2sad.derive.rules import rules
from s2sad.derive.templates import Rule
from s2sad.modes import generate_all
from s2sad.pipeline import Request
from s2sad.source.module import SourceModule
from tests import rule as template_tests
from tests.fuzz_writes import unformatted
from tests.rule import Sample
from tests.test_rules_generated import PREAMBLE, Program, Style, chosen_samples, program

STYLES = [
    Style("bare", True, "symbols", "all", True),
    Style("expressions", False, "numbers", "all", True),
    Style("narrow", True, "symbols", "all", False),
]

UNANNOTATED = Style("unshaped", True, "dtypes", "all", True)


@dataclass
class Case:
    """A program round a rule, with complex arguments."""

    rule: Rule
    program: Program


def with_imaginary_parts(sample: Sample, names: list[str], generator: Any) -> Sample:
    """A sample whose operands of these names are complex."""

    already = sample.rule.numbers == "complex"  # then all samples are
    if already:
        values = {k: _real(v) if k not in names else v for k, v in sample.values.items()}
    else:
        values = template_tests.with_imaginary_parts(sample.values, names, generator)
    if values.get("dtype") is np.float64:
        values["dtype"] = np.complex128
    return Sample(sample.rule, values)


def _real(value: Any) -> Any:
    return np.real(value) if np.iscomplexobj(value) else value


def is_complex_ready(rule: Rule) -> bool:
    """Whether a rule claims to take complex operands."""
    return rule.numbers in ("holomorphic", "complex") and not rule.zero


def cases(rule: Rule) -> Iterator[Case]:
    """Programs for a rule: all operands complex, and, where there are several, one of them real."""
    generator = np.random.default_rng(5)
    active = [operand.name for operand in rule.operands if not operand.const]
    chosen = [active, *([[name] for name in active] if len(active) > 1 else [])]
    if rule.writes:  # what is complex cannot be written into what is real
        chosen = [names for names in chosen if active[0] in names]
    for number, sample in enumerate(chosen_samples(rule)):
        for k, names in enumerate(chosen):
            styles = [*STYLES, UNANNOTATED] if k == 0 else [STYLES[(number + k) % 2], UNANNOTATED]
            for style in styles:
                mixed = with_imaginary_parts(sample, names, generator)
                name = f"{style.name}_{number}_{k}"
                try:
                    yield Case(rule, program(mixed, style, name))
                except TypeError:
                    assert rule.if_complex  # NumPy does not take it either


# ---------------------------------------------------------------- the check


def derived(chosen: list[Case]) -> tuple[dict[str, Any], dict[str, Any], str]:
    """The plain functions, the generated ones, and the generated text."""
    text = PREAMBLE + "\n\n" + "\n\n".join(case.program.text for case in chosen)
    module = SourceModule.from_text(text, "rules.py")
    requests = [
        Request(case.program.name, case.program.wrt, mode=mode, bare=False)
        for case in chosen
        for mode in ("value-and-grad", "jvp")
    ]
    with unformatted():
        made = generate_all(module, requests).text
    plain: dict[str, Any] = {}
    derivatives: dict[str, Any] = {}
    exec(compile(text, "plain", "exec"), plain)
    exec(compile(made, "generated", "exec"), derivatives)
    return plain, derivatives, made


def inner(one: Any, other: Any) -> float:
    """The inner product of complex arrays as pairs of real ones."""
    return float(np.sum((np.conj(one) * other).real))


def check(case: Case, plain: Any, reverse: Any, forward: Any) -> None:
    """Value, dtypes and derivative along real and imaginary directions, in both modes."""
    arguments, wrt = case.program.arguments, case.program.wrt
    wanted = plain(**copy.deepcopy(arguments))
    value, gradients = reverse(**copy.deepcopy(arguments))
    assert np.array_equal(value, wanted), (value, wanted)
    generator = np.random.default_rng(4)
    for factor in (1.0, 1j):
        tangents = {}
        for name in wrt:
            argument = arguments[name]
            dot = generator.standard_normal(np.shape(argument))
            dot = dot * factor if np.iscomplexobj(argument) else dot
            tangents[name] = dot if np.ndim(argument) else dot[()].item() if np.ndim(dot) else dot

        def at(step: float, tangents: dict[str, Any] = tangents) -> float:
            moved = {name: arguments[name] + step * dot for name, dot in tangents.items()}
            return float(plain(**copy.deepcopy({**arguments, **moved})))

        h = 1e-3
        numeric = (8.0 * (at(h) - at(-h)) - (at(2.0 * h) - at(-2.0 * h))) / (12.0 * h)
        scale = 1.0 + abs(numeric) + abs(float(wanted))
        exact = 0.0
        for name, gradient in zip(wrt, gradients, strict=True):
            argument = arguments[name]
            assert np.shape(gradient) == np.shape(argument), f"d_{name}: {np.shape(gradient)}"
            assert np.iscomplexobj(gradient) <= np.iscomplexobj(argument), f"d_{name} is complex"
            if np.ndim(argument):
                assert gradient.dtype == argument.dtype, f"d_{name} is {gradient.dtype}"
            exact += inner(gradient, tangents[name])
        assert abs(exact - numeric) < 2e-6 * scale, f"reverse: {exact:.9f}, not {numeric:.9f}"
        dots = {f"dot_{name}": dot for name, dot in tangents.items()}
        again, dot_value = forward(**copy.deepcopy(arguments), **dots)
        assert np.array_equal(again, wanted)
        assert not np.iscomplexobj(dot_value)
        assert abs(float(dot_value) - numeric) < 2e-6 * scale, f"forward: {dot_value}, {numeric}"
        assert abs(float(dot_value) - exact) <= 1e-10 * (scale + abs(exact))


def failures(rule: Rule) -> list[tuple[Case, str, str]]:
    """The functions of a rule that are refused or wrong, with the reason and what was generated."""
    chosen = list(cases(rule))
    found = []
    try:
        batches = [(chosen, derived(chosen))]
    except Exception:
        batches = []
        for case in chosen:
            try:
                batches.append(([case], derived([case])))
            except Exception as error:
                if not (rule.if_complex and "S2S021 cannot differentiate through" in str(error)):
                    found.append((case, f"generation failed: {type(error).__name__}: {error}", ""))
        assert batches, f"{rule.name} takes none of its complex samples"
    for group, (plain, made, text) in batches:
        for case in group:
            name = case.program.name
            with warnings.catch_warnings():
                warnings.simplefilter("error", np.exceptions.ComplexWarning)
                try:
                    check(case, plain[name], made[f"{name}_value_and_grad"], made[f"{name}_jvp"])
                except Exception as error:
                    found.append((case, f"{type(error).__name__}: {error}".strip(), text))
    return found


RULES = [
    rule
    for rule in template_tests.all_rules()
    if is_complex_ready(rule) and not rule.op.startswith("helper.")
    # Differences are too coarse for single precision; the array that is like full is no operand.
    # Differences are too coarse for single precision; the array that is like full is no operand;
    # to make floats is for what is perhaps complex only as far as s2sad can tell.
    and rule.name not in ("complex64", "full_like", "float", "float64", "float32")
    and template_tests.is_available(rule)
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.op}-{rule.name}")
def test_complex_operands(rule: Rule) -> None:
    found = failures(rule)
    assert not found, "\n\n".join(
        f"{case.program.text}wrt {case.program.wrt}: {why}" for case, why, _ in found
    )


def turned(value: Any) -> Any:
    """A quarter turn of all numbers."""
    return [turned(v) for v in value] if isinstance(value, list | tuple) else 1j * value


def test_operators_that_count_as_holomorphic_are() -> None:
    """A complex Jacobian is given where all operators are: steps along 1j have 1j times the effect
    of those along 1."""
    found = [rule for rule in RULES if is_holomorphic(rule, lambda op: rules().get(op, ()))]
    chosen = [rule for rule in found if rule.name != "astype"]
    assert {"solve", "pow_complex", "arcsinh_complex"} <= {rule.name for rule in chosen}
    generator = np.random.default_rng(6)
    for rule in chosen:
        for sample in template_tests.samples(rule):
            active = [operand.name for operand in rule.operands if not operand.const]
            mixed = with_imaginary_parts(sample, active, generator)
            dots = template_tests.directions(mixed, generator)
            along = template_tests.difference(mixed, dots)
            across = template_tests.difference(mixed, {n: turned(d) for n, d in dots.items()})
            np.testing.assert_allclose(across, 1j * along, 1e-5, 1e-6, err_msg=rule.name)


def main(name: str) -> None:
    """Prints what is generated for the rules of this name."""
    for rule in RULES:
        if name in (rule.name, rule.op):
            for case in cases(rule):
                print(case.program.text)
                print(derived([case])[2])
            for case, why, text in failures(rule):
                print("#" * 20, case.program.name, why, text, sep="\n")


if __name__ == "__main__":
    main(sys.argv[1])
