"""Every rule against differences, with samples that its own template describes."""

from __future__ import annotations

import textwrap
from pathlib import Path

import numpy as np
import pytest

from s2sad.derive.rules import load
from s2sad.derive.templates import Rule
from s2sad.errors import S2SADError
from tests import rule as rule_tests

RULES = rule_tests.all_rules()
ACTIVE = [rule for rule in RULES if not rule.zero]


def _title(rule: Rule) -> str:
    return f"{rule.op}-{rule.name}"


@pytest.mark.parametrize("rule", ACTIVE, ids=_title)
def test_adjoint_and_tangent(rule: Rule) -> None:
    checked = 0
    for sample in rule_tests.samples(rule):
        rule_tests.check(sample)
        checked += 1
    assert checked, "no sample"
