"""The second derivative of every rule: what its adjoint becomes is differentiated again.

Functions are written round the match lines of rules, as in `test_rules_generated`. Their Hessians
times a direction are held against differences of their gradients, which are checked there.
"""

from __future__ import annotations

import copy
import sys
import warnings
from typing import Any
from unittest import mock

import numpy as np
import pytest

from s2sad.derive.templates import Rule
from s2sad.errors import S2SADError
from s2sad.modes import generate_all
from s2sad.pipeline import Request
from s2sad.source.module import SourceModule
from tests.test_rules_generated import PREAMBLE, RULES, Program, Style, chosen_samples, program

UNKNOWN = Style("unknown", False, "", "all", True)
SYMBOLS = Style("symbols", False, "symbols", "all", True)


def programs(rule: Rule) -> list[Program]:
    """A function for a rule: with symbolic sizes if the rule asks for shapes that are proved."""
    asks = any(o.spec.removeprefix("list ").strip("*")[1:] or " " in o.spec for o in rule.operands)
    sample = chosen_samples(rule)[-1]
    style = SYMBOLS if asks else UNKNOWN
    return [program(sample, style, style.name)]


def derived(each: Program) -> tuple[dict[str, Any], str]:
    """The gradient and the product with the Hessian that are generated for a function."""
    module = SourceModule.from_text(PREAMBLE + "\n\n" + each.text, "rules.py")
    requests = [Request(each.name, each.wrt, mode=mode, bare=False) for mode in ("grad", "hvp")]
    with mock.patch("s2sad.emit.layout.formatted", lambda text, path: text):  # a third of the time
        made = generate_all(module, requests).text
    found: dict[str, Any] = {}
    exec(compile(made, "generated", "exec"), found)
    return found, made


def check(each: Program, found: dict[str, Any]) -> None:
    """One product with the Hessian against differences of the gradient."""
    gradient, product = found[f"{each.name}_grad"], found[f"{each.name}_hvp"]
    generator = np.random.default_rng(4)
    steps = {n: generator.standard_normal(np.shape(each.arguments[n])) for n in each.wrt}

    def moved(t: float) -> dict[str, Any]:
        there = copy.deepcopy(each.arguments)
        for name, step in steps.items():
            there[name] = there[name] + t * (step if np.ndim(step) else float(step))
        return there

    def at(t: float) -> list[np.ndarray]:
        return [np.asarray(d, float) for d in gradient(**moved(t))]

    dots = {f"dot_{n}": step if np.ndim(step) else float(step) for n, step in steps.items()}
    got = product(**copy.deepcopy(each.arguments), **dots)
    single = "np.float32" in each.text or "np.complex64" in each.text
    h, bound = (0.1, 1e-2) if single else (1e-3, 2e-6)
    near, back, far, behind = at(h), at(-h), at(2.0 * h), at(-2.0 * h)
    for k, name in enumerate(each.wrt):
        numeric = (8.0 * (near[k] - back[k]) - (far[k] - behind[k])) / (12.0 * h)
        assert np.shape(got[k]) == np.shape(each.arguments[name]), f"dot_d_{name} has a wrong shape"
        scale = 1.0 + np.max(np.abs(numeric), initial=0.0) + np.max(np.abs(near[k]), initial=0.0)
        error = np.max(np.abs(got[k] - numeric), initial=0.0)
        assert error < bound * scale, f"dot_d_{name}: {got[k]}, not {numeric}"


def failures(rule: Rule) -> list[tuple[Program, str, str]]:
    """The functions of a rule that are refused or wrong, with the reason and what was generated."""
    result = []
    for each in programs(rule):
        text = ""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                found, text = derived(each)
                check(each, found)
            except S2SADError as error:
                result.append((each, f"refused: {error}", text))
            except Exception as error:
                result.append((each, f"{type(error).__name__}: {error}".strip(), text))
    return result


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.op}-{rule.name}")
def test_second_derivative(rule: Rule) -> None:
    found = failures(rule)
    assert not found, "\n\n".join(f"{each.text}wrt {each.wrt}: {why}" for each, why, _ in found)


def main(name: str) -> None:
    """Prints what is generated for the rules of this name."""
    for rule in RULES:
        if name in (rule.name, rule.op):
            for each, why, text in failures(rule):
                print("#" * 20, each.text, why, text, sep="\n")


if __name__ == "__main__":
    main(sys.argv[1])
