"""Every rule against differences, with samples that its own template describes."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from s2sad.analysis.types import Array, Inert, ListOf, Shape, Star, TupleOf, Type, Unknown
from s2sad.derive.folder import templates_folder
from s2sad.derive.result_shapes import result_shape
from s2sad.derive.rules import bind, load, parameters_of, rules
from s2sad.derive.selection import fits
from s2sad.derive.template_files import TemplateFile
from s2sad.derive.templates import Rule
from s2sad.errors import S2SADError
from s2sad.ir.bindings import CALLS_THAT_WRITE
from s2sad.ir.nodes import Apply, Const, Expr, Make, Ref, Slice, Var
from tests import rule as template_tests
from tests.rule import Sample

RULES = [rule for rule in template_tests.all_rules() if template_tests.is_available(rule)]
ACTIVE = [rule for rule in RULES if not rule.zero]


def _title(rule: Rule) -> str:
    return f"{rule.op}-{rule.name}"


def test_operators_that_write_are_known_to_the_ir() -> None:
    """Copies of what the caller hands over, and what statements change, follow from this list."""
    writers = {op for op, variants in rules().items() if any(rule.writes for rule in variants)}
    assert writers - {"setitem"} <= CALLS_THAT_WRITE


# ---------------------------------------------------------------- the mathematics


@pytest.mark.parametrize("rule", ACTIVE, ids=_title)
def test_adjoint_and_tangent(rule: Rule) -> None:
    samples = list(template_tests.samples(rule))
    assert samples
    for sample in samples:
        template_tests.check(sample)


@pytest.mark.parametrize("rule", [r for r in ACTIVE if not r.forward], ids=_title)
def test_single_precision(rule: Rule) -> None:
    for sample in template_tests.samples(rule):
        y = template_tests.forward(rule, sample.values)
        d_y = template_tests.seed_like(y, np.random.default_rng(2))
        wanted = template_tests.backward(sample, y, d_y)
        narrow = template_tests.single_precision(sample)
        got = template_tests.backward(narrow, template_tests.forward(rule, narrow.values), d_y)
        for name in sample.active:
            np.testing.assert_allclose(
                template_tests.flat(got[name]), template_tests.flat(wanted[name]), 1e-2, 1e-3
            )


# ---------------------------------------------------------------- files


@pytest.mark.parametrize(
    "path", sorted(templates_folder().rglob("*.py")), ids=lambda path: path.name
)
def test_templates_read_one_at_a_time_are_those_of_the_file(path: Path) -> None:
    whole = [n for n in ast.parse(path.read_text()).body if isinstance(n, ast.FunctionDef)]
    parts = [t for t in TemplateFile.at(path).templates() if t.reader is not None]
    assert [ast.dump(t.reader.node, include_attributes=True) for t in parts if t.reader] == [
        ast.dump(node, include_attributes=True) for node in whole
    ]
    if path.name != "helpers.py":  # which has no match lines
        assert [t.op for t in parts] == [t.reader.pattern.op for t in parts if t.reader]


# ---------------------------------------------------------------- arguments


def test_defaults_that_templates_state_are_those_of_the_library() -> None:
    """Else an argument could be taken for one that may be left out, or the other way round."""
    for rule in RULES:
        parameters = {p.name: p for p in parameters_of(rule.op) or ()}
        for key, default in rule.defaults.items():
            real = parameters[key].default if key in parameters else default.value
            assert real == default.value or not isinstance(real, int | float | str | None), rule.op


@pytest.mark.parametrize("rule", RULES, ids=_title)
def test_arguments_bound_in_order_are_bound_as_by_the_parameter_list(
    rule: Rule, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every match line of the operator as a call, and the same with fewer keywords."""
    for other in rules()[rule.op]:
        calls = [other.match]
        calls += [replace(other.match, kwargs=other.match.kwargs[:n]) for n in (0, 1, 2)]
        calls += [
            replace(other.match, kwargs=tuple((dict(other.match.kwargs) | {key: default}).items()))
            for key, default in other.defaults.items()
        ]
        for call in calls:
            found = _shown(bind(rule, call))
            with monkeypatch.context() as asking:
                asking.setattr("s2sad.derive.rules._fits_in_order", lambda rule, node: None)
                assert found == _shown(bind(rule, call))


def _shown(bound: dict[str, Expr] | None) -> object:
    return None if bound is None else {name: repr(expr) for name, expr in bound.items()}


# ---------------------------------------------------------------- shapes and conditions


def _as_node(value: Any, operand: bool) -> tuple[Expr, Callable[[Expr], Type]]:
    """An argument as an expression of the IR, and what is known of the types in it."""
    types: dict[Expr, Type] = {}

    def node(part: Any) -> Expr:
        match part:
            case slice():
                bounds = (None if b is None else Const(b) for b in (part.start, part.stop))
                return Slice(*bounds, None if part.step is None else Const(part.step))
            case tuple() | list():
                return Make(type(part).__name__, tuple(node(item) for item in part))
            case np.ndarray() | np.inexact() | float() | complex() if operand or isinstance(
                part, np.ndarray
            ):
                found = Ref(Var("value", True))
                types[found] = Array(str(np.asarray(part).dtype), Shape(np.shape(part)))
                return found
            case type():
                return Ref(Var(part.__name__, True))
        return Const(part)

    result = node(value)
    return result, lambda expr: types.get(expr, Inert())


def _abstract(sample: Sample) -> tuple[dict[str, Expr], Callable[[Expr], Type]]:
    operands = {operand.name for operand in sample.rule.operands}
    nodes = {name: _as_node(v, name in operands) for name, v in sample.values.items()}

    def type_of(expr: Expr) -> Type:
        if isinstance(expr, Make):
            return TupleOf(tuple(type_of(item) for item in expr.items))
        if isinstance(expr, Const) and isinstance(expr.value, int):
            return Array("int64", Shape(()), python=True)
        known = [kind for _, find in nodes.values() if not isinstance(kind := find(expr), Inert)]
        return known[0] if known else Inert()

    return {name: node for name, (node, _) in nodes.items()}, type_of


def _agrees(found: Any, value: Any) -> bool:
    """Whether a shape that was predicted is the one that a value has."""
    match found:
        case Star() | Unknown():
            return True
        case ListOf(item):
            return all(_agrees(item, part) for part in value)
        case Array():
            return _agrees(found.shape, value)
        case TupleOf(items):
            return all(map(_agrees, items, value))
        case tuple():
            pairs = zip(found, value, strict=True)
            return len(found) == len(value) and all(_agrees(f, v) for f, v in pairs)
    shape = np.shape(value)
    return len(shape) == found.rank and all(
        size == real or isinstance(size, str) for size, real in zip(found.dims, shape, strict=True)
    )


@pytest.mark.parametrize("rule", RULES, ids=_title)
def test_result_shape_and_conditions(rule: Rule) -> None:
    if rule.writes:
        return
    for sample in template_tests.samples(rule):
        bound, type_of = _abstract(sample)
        assert fits(rule, bound, type_of), str(sample)
        found = result_shape(rule, bound, type_of)
        y = template_tests.forward(rule, sample.values)
        assert _agrees(found, y), (str(sample), found, np.shape(y))
        boxed = isinstance(y, np.ndarray) and y.shape == ()
        assert not boxed or rule.array or rule.view, f"{sample}: an array, which has to be said"


# ---------------------------------------------------------------- binding


def _call(text: str) -> Apply:
    """A call with names for arguments, as an expression of the IR."""
    node = ast.parse(text, mode="eval").body
    assert isinstance(node, ast.Call)

    def argument(part: ast.expr) -> Expr:
        return (
            Ref(Var(part.id, True)) if isinstance(part, ast.Name) else Const(ast.literal_eval(part))
        )

    method = isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) == "x"
    args = tuple(argument(arg) for arg in node.args)
    kwargs = tuple((str(kw.arg), argument(kw.value)) for kw in node.keywords)
    name = ast.unparse(node.func).rpartition(".")[2]
    receiver = (Ref(Var("x", True)),) if method else ()
    return Apply(f"numpy.{name}", receiver + args, kwargs, "method" if method else "call", name)


@pytest.mark.parametrize(
    "call",
    ["np.sum(x, 0)", "np.sum(a=x, axis=0)", "x.sum(0)", "x.sum(axis=0)", "np.sum(x, 0, None)"],
)
def test_spellings_bind_alike(call: str) -> None:
    rule = rules()["numpy.sum"][0]
    bound = bind(rule, _call(call))
    assert bound is not None
    assert isinstance(bound["x"], Ref) and bound["x"].var.hint == "x"
    assert isinstance(bound["axis"], Const) and bound["axis"].value == 0
    assert isinstance(bound["keepdims"], Const) and bound["keepdims"].value is False


@pytest.mark.parametrize("call", ["np.sum(x, where=m)", "np.sum(x, out=m)", "np.sum()"])
def test_other_arguments_do_not_bind(call: str) -> None:
    rule = rules()["numpy.sum"][0]
    assert bind(rule, _call(call)) is None


def test_several_sizes_make_a_shape() -> None:
    bound = bind(rules()["numpy.reshape"][0], _call("x.reshape(2, 3)"))
    assert bound is not None and isinstance(bound["shape"], Make)
    assert len(bound["shape"].items) == 2


def test_literal_of_the_match_line_selects() -> None:
    variants = [
        rule.name
        for rule in rules()["numpy.clip"]
        if bind(rule, _call("np.clip(x, 0.0, None)")) is not None
    ]
    assert variants == ["clip_number_below", "clip_below"]


# ---------------------------------------------------------------- rules that are refused


BAD = {
    "a rule without a line for its operand b": """
        def f(a, b):
            y = np.f(a, b)
            d_a += d_y
    """,
    "a rule without a match line": """
        def f(a):
            d_a += d_y
    """,
    "a contribution to d_b, which is no operand's adjoint": """
        def f(a):
            y = np.f(a)
            d_a += d_y
            d_b += d_y
    """,
    "a rule that reads c, which it does not have": """
        def f(a):
            y = np.f(a)
            d_a += d_y * c
    """,
    "a rule without a tangent": """
        def f(a: "n"):
            y = np.f(a)
            d_a += d_y
    """,
    "a contribution that is not added": """
        def f(a):
            y = np.f(a)
            d_a *= d_y
    """,
    "a decorator that is not known": """
        @fast
        def f(a):
            y = np.f(a)
            d_a += d_y
    """,
    "an operand whose shape is not understood": """
        def f(a: 3):
            y = np.f(a)
            d_a += d_y
    """,
    "a default that is not a literal": """
        def f(a, *, n=size):
            y = np.f(a, n)
            d_a += d_y
    """,
    "a template is not Python: invalid syntax": """
        def f(a):
            y = = np.f(a)
    """,
}


@pytest.mark.parametrize("message", BAD)
def test_bad_rule(message: str, tmp_path: Path) -> None:
    text = "import numpy as np\n" + textwrap.dedent(BAD[message])
    (tmp_path / "rules.py").write_text(text)
    with pytest.raises(S2SADError) as raised:
        load(tmp_path)
    assert raised.value.message == message
    assert raised.value.location is not None
    assert raised.value.location.file == str(tmp_path / "rules.py")


# ---------------------------------------------------------------- where no derivative exists


def _slopes(op: str, name: str, **values: Any) -> list[Any]:
    """What each operand gets from an adjoint of ones."""
    (rule,) = [rule for rule in rules()[op] if rule.name == name]
    defaults = {key: None if value is None else value.value for key, value in rule.statics}
    sample = Sample(rule, defaults | values)
    y = template_tests.forward(rule, sample.values)
    d_y = np.ones(np.shape(y)) if np.ndim(y) else 1.0
    adjoints = template_tests.backward(sample, y, d_y)
    return [np.asarray(adjoints[name]).tolist() for name in sample.active]


@pytest.mark.parametrize(("op", "name", "values", "slopes"), template_tests.CONVENTIONS)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_conventions(op: str, name: str, values: dict[str, Any], slopes: list[Any]) -> None:
    assert _slopes(op, name, **values) == slopes


def test_last_of_equal_indices_is_written() -> None:
    values = {"x": np.zeros(3), "e": np.array([1.0, 2.0]), "key": np.array([1, 1])}
    assert _slopes("setitem", "setitem_any", **values) == [[1.0, 0.0, 1.0], [0.0, 1.0]]
