"""The printer of the IR, the verifier that follows each pass, and `--dump-ir`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from s2sad.analysis.types import FLOAT, Array, DictOf, Inert, ListOf, Shape, Star, TupleOf, Unknown
from s2sad.derive.adjoints import Adjoint
from s2sad.derive.derived import Derived
from s2sad.derive.memory.plan import Plan
from s2sad.derive.mirror import (
    Backward,
    Group,
    MirrorBranch,
    MirrorContext,
    MirrorGuard,
    MirrorLoop,
    Step,
)
from s2sad.errors import InternalError, S2SADError
from s2sad.ir.nodes import (
    Apply,
    Assign,
    Branch,
    Break,
    Callee,
    Const,
    Context,
    Continue,
    Define,
    Each,
    Evaluate,
    For,
    Function,
    Guard,
    Invoke,
    Make,
    Opaque,
    Parameter,
    Place,
    Ref,
    Return,
    Select,
    Slice,
    Unpack,
    Value,
    Var,
    Verbatim,
    While,
)
from s2sad.ir.printer import printed, type_text
from s2sad.ir.verify import INVARIANTS, STAGES, verify
from s2sad.modes import generate_all
from s2sad.pipeline import FORWARD_PASSES, REVERSE_PASSES, Request, generate
from s2sad.source.module import SourceModule
from s2sad.tidy.naming import Names

X, Y, N, K = (Var(name, user=True, name=name) for name in "xynk")
D_X, D_Y, FLAG, TRACE = Var("d_x"), Var("d_y"), Var("broke"), Var("x_trace")
RANGE = Apply("builtins.range", (Ref(N),))


def times(left: Any, right: Any) -> Apply:
    return Apply("mul", (left, right), (), "infix", "*")


def function(*body: Any, params: tuple[Var, ...] = (X, Y, N)) -> Function:
    names = frozenset(var.hint for var in params)
    return Function("f", [Parameter(var) for var in params], list(body), names=names)


def helper() -> Function:
    return Function("g", [Parameter(X)], [Return(Ref(X))])


# ---------------------------------------------------------------- printing


@pytest.mark.parametrize(
    ("node", "text"),
    [
        (Const(1.5), "1.5"),
        (Const("a"), "'a'"),
        (Const(...), "..."),
        (Ref(X), "x"),
        (Ref(D_X), "d_x'"),
        (times(Ref(X), Const(2)), "mul(x, 2)"),
        (Apply("numpy.sum", (Ref(X),), (("axis", Const(0)),)), "numpy.sum(x, axis=0)"),
        (Apply("getattr", (Ref(X),), (), "attribute", "W"), "getattr(x, 'W')"),
        (Apply("chain", (Ref(X), Ref(Y)), (), "chain", "<"), "chain('<', x, y)"),
        (Apply("starred", (Ref(X),), (), "starred"), "*x"),
        (Apply("builtins.len", (), (), "name"), "builtins.len"),
        (Invoke(Callee("g", None), (Ref(X), None)), "invoke g(x, -)"),
        (Make("tuple", (Ref(X),)), "(x,)"),
        (Make("list", (Ref(X), Ref(Y))), "[x, y]"),
        (Make("set", (Ref(X),)), "{x}"),
        (Make("dict", (Ref(X),), (Const("a"),)), "{'a': x}"),
        (Make("object", (Ref(X),), (Const("W"),), "Layer"), "Layer(W=x)"),
        (Apply("getitem", (Ref(X), Slice(None, Const(-1)))), "getitem(x, :-1)"),
        (Slice(Const(1), None, Const(2)), "1::2"),
        (Select(Ref(N), Ref(X), Ref(Y)), "(x if n else y)"),
        (Select(Ref(X), Ref(Y), Ref(X), "and"), "(x and y)"),
        (Select(Ref(X), Ref(X), Ref(Y), "or"), "(x or y)"),
        (Each("list", Ref(K), K, RANGE, (Ref(X),)), "[k for k in builtins.range(n) if x]"),
        (Each("dict", Ref(K), K, RANGE, (), Ref(X)), "{x: k for k in builtins.range(n)}"),
        (Opaque((Ref(X),), "", mutates=(Y,)), "opaque<reads x; mutates y>"),
        (Value(times(Ref(X), Ref(Y))), "value(mul(x, y))"),
    ],
)
def test_expressions(node: Any, text: str) -> None:
    assert printed(node) == text + "\n"


@pytest.mark.parametrize(
    ("node", "text"),
    [
        (Assign((X, Y), Const(1)), "x = y = 1"),
        (Assign((X,), Ref(Y), "add"), "x = y  # in place, add"),
        (Assign((X,), Ref(Y), embedded=True), "x := y"),
        (Assign((Place(Ref(X), Const(0)),), Ref(Y)), "x[0] = y"),
        (Assign((Place(Ref(X), "W"),), Ref(Y)), "x.W = y"),
        (Assign((Unpack((X, Unpack((Y,))), 0),), Ref(N)), "(*x, (y,)) = n"),
        (Evaluate(Ref(X)), "x"),
        (Branch(Ref(N), [Break()], [], flat=True), "if n:  # flat\n    break"),
        (Branch(Ref(N), [], [Continue()]), "if n:\n    pass\nelse:\n    continue"),
        (Guard((FLAG,), [Break()]), "unless broke':\n    break"),
        (For(K, RANGE, [], [Break()]), "for k in builtins.range(n):\n    pass\nelse:\n    break"),
        (While(Ref(X), [], count=FLAG), "while x:  # counted by broke'\n    pass"),
        (Return(None), "return"),
        (Return(Ref(X)), "return x"),
        (Context("np.errstate()", (), []), "with np.errstate():\n    pass"),
        (Define(Y, Callee("g", None)), "y = define g"),
        (
            Define(Y, Callee("g", helper())),
            "y = define g\n    g(x):\n        return x",
        ),
        (Verbatim((Ref(X),), (Y,), (N,)), "verbatim <made>; reads x; binds y; mutates n"),
    ],
)  # fmt: skip
def test_statements(node: Any, text: str) -> None:
    assert printed([node]) == text + "\n"


def test_function_with_parameters_of_every_kind() -> None:
    params = [
        Parameter(X, annotation="float"),
        Parameter(Y, "var_positional"),
        Parameter(N, "keyword", "3"),
        Parameter(K, "var_keyword"),
    ]
    assert printed(Function("f", params, [])) == "f(x: float, *y, n = 3, **k):\n    pass\n"


def test_variables_of_one_hint_are_told_apart() -> None:
    other = Var("d_x")
    text = printed([Assign((D_X,), Ref(other)), Assign((other,), Ref(D_X))])
    assert text == "d_x' = d_x'2\nd_x'2 = d_x'\n"


def test_every_node_of_a_mirror() -> None:
    group = Group(None, [Assign((D_X,), Const(0.0))])
    branch, loop = Branch(Ref(X), [], []), For(K, RANGE, [])
    guard, context = Guard((FLAG,), []), Context("a", (), [])
    steps = [
        Step(context, [MirrorContext(context, [Step(None, [group])])]),
        Step(loop, [MirrorLoop(loop, [], Var("k"), K, RANGE)]),
        Step(guard, [MirrorGuard(guard, [])]),
        Step(branch, [MirrorBranch(branch, [Step(None, [group])], [])]),
    ]
    assert printed(Backward(steps, [Adjoint(Ref(D_X)), None])) == (
        "mirror of with a:\n"
        "    join:\n"
        "        d_x' = 0.0\n"
        "mirror of for k in builtins.range(n):\n"
        "    for k', k in reversed builtins.range(n):\n"
        "        pass\n"
        "mirror of unless broke':\n"
        "    pass\n"
        "mirror of if x:\n"
        "    join:\n"
        "        d_x' = 0.0\n"
        "else:\n"
        "    pass\n"
        "return d_x', 0\n"
    )


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (FLOAT, "float"),
        (Array("float64", Shape(("n", 3))), "float64[n, 3]"),
        (Array("unknown", Star("x", frozenset({0}))), "unknown[*x, 0: 1]"),
        (TupleOf((FLOAT,)), "(float,)"),
        (ListOf(FLOAT), "list of float"),
        (DictOf((("a", FLOAT),), Unknown()), "{'a': float, ...: unknown}"),
        (Inert("str"), "inert str"),
    ],
)
def test_types(kind: Any, text: str) -> None:
    assert type_text(kind) == text


# ---------------------------------------------------------------- dumping


SOURCE = """import numpy as np


def f(x: float, n: int):
    s = 0.0
    for i in range(n):
        if x > 2.0:
            return s
        s = s + x * x  # a comment
    return s
"""


def dumped(stage: str, source: str = SOURCE, name: str = "f") -> str:
    module = SourceModule.from_text(source, "model.py")
    return generate(module, [Request(name)], dump=stage).text


def test_dump_after_lowering() -> None:
    assert dumped("lower") == (
        "f(x: float, n: int):\n"
        "    s = 0.0                      # 5\n"
        "    for i in builtins.range(n):  # 6\n"
        "        if gt(x, 2.0):           # 7\n"
        "            return s             # 8\n"
        "        s = add(s, mul(x, x))    # 9\n"
        "    return s                     # 10\n"
    )


@pytest.mark.parametrize(
    ("stage", "line"),
    [
        ("exits", "iterations' = add(iterations', 1)"),
        ("facts", "# 9: float"),
        ("reverse", "mirror of s = add(s, mul(x, x)):"),
        ("memory", "backward:"),
        ("tidy", "return (value, d_x)"),
    ],
)
def test_dump_after_other_passes(stage: str, line: str) -> None:
    assert line in dumped(stage)
    assert dumped(stage) == dumped(stage)


def test_dump_of_tangents() -> None:
    module = SourceModule.from_text(SOURCE, "model.py")
    shown = generate(module, [Request("f", mode="jvp")], dump="forward").text
    assert "# 9: float\n        dot_s' = add(dot_s', mul(mul(2.0, dot_x'), x))\n" in shown
    assert "iterations" not in shown


def test_dump_of_a_function_that_a_later_pass_refuses() -> None:
    source = "def f(x):\n    return unknown(x)\n"
    assert dumped("lower", source).startswith("f(x):")
    with pytest.raises(S2SADError):
        dumped("", source)


def test_dump_after_an_unknown_pass() -> None:
    with pytest.raises(S2SADError) as caught:
        dumped("parse")
    assert caught.value.code == "S2S006"
    assert ", ".join(REVERSE_PASSES) in caught.value.advice


@pytest.mark.parametrize("stage", ["exits", "reverse", "memory", "tidy"])
def test_dump_after_a_pass_that_forward_mode_has_not(stage: str) -> None:
    module = SourceModule.from_text(SOURCE, "model.py")
    with pytest.raises(S2SADError) as caught:
        generate(module, [Request("f", mode="jvp")], dump=stage)
    assert caught.value.message == f"there is no pass {stage} in the mode jvp"
    assert ", ".join(FORWARD_PASSES) in caught.value.advice


def test_dump_of_a_product_with_the_hessian() -> None:
    """Reverse mode on the function, then forward mode on its gradient."""
    module = SourceModule.from_text(SOURCE, "model.py")
    request = Request("f", mode="hvp")
    assert "mirror of " in generate_all(module, [request], dump="reverse").text
    shown = generate_all(module, [request], dump="forward").text
    assert shown.startswith("f_grad(") and "dot_d_x' = " in shown


# ---------------------------------------------------------------- verifying


def refused(program: Any, stage: str, *rest: Any) -> str:
    with pytest.raises(InternalError) as caught:
        verify(program, stage, *rest)
    return str(caught.value)


def test_every_invariant_has_a_sentence_and_a_pass() -> None:
    assert REVERSE_PASSES == STAGES
    assert FORWARD_PASSES[:2] == STAGES[:3:2]  # "forward" is held to what a lowered program is
    for stages, check in INVARIANTS:
        assert stages and stages <= set(STAGES)
        assert (check.__doc__ or "").strip().endswith(".")


def test_a_fault_shows_the_program_around_it() -> None:
    early = Return(Ref(X))
    text = refused(function(Branch(Ref(N), [early], []), Return(Ref(Y))), "exits")
    assert text == (
        "A return is the last statement of the function, and nowhere else.\n"
        "This does not hold in f, after the pass exits.\n\n"
        "  f(x, y, n):\n"
        "      if n:\n"
        ">         return x\n"
        "      return y"
    )


def test_expression_at_two_places() -> None:
    shared = times(Ref(X), Ref(X))
    text = refused(function(Assign((Y,), shared), Return(shared)), "lower")
    assert "Every expression stands at one place" in text
    assert "mul(x, x)" in text


def test_what_a_select_gives_may_be_what_it_tests() -> None:
    test = times(Ref(X), Ref(Y))
    for chosen in (Select(test, test, Ref(N), "or"), Select(test, Ref(N), test, "and")):
        verify(function(Return(chosen)), "lower")


@pytest.mark.parametrize(
    "statement",
    [
        Assign((), Const(1)),
        Assign((Ref(X),), Const(1)),  # type: ignore[arg-type]
        Assign((Unpack((X,), 1),), Const(1)),
        Assign((X, Y), Const(1), "add"),
        Assign((Unpack((X,)),), Const(1), embedded=True),
        For(Ref(X), RANGE, []),  # type: ignore[arg-type]
    ],
)
def test_illegal_targets(statement: Any) -> None:
    assert "An assignment has targets" in refused(function(statement), "lower")


def test_loop_with_an_else() -> None:
    loop = For(K, RANGE, [], [Evaluate(Ref(X))])
    assert "A loop has no `else`" in refused(function(loop), "exits")


def test_result_that_a_later_return_assigns_again() -> None:
    result, returned = Var("value"), Var("returned")
    first = Branch(Ref(N), [Assign((result,), Ref(X)), Assign((returned,), Const(True))], [])
    second, last = Assign((result,), Ref(Y)), Return(Ref(result))
    text = refused(function(first, second, last), "exits")
    assert "does not assign the result" in text
    unless = Branch(Apply("not", (Ref(returned),)), [second], [])
    verify(function(first, unless, last), "exits")


def counted(*body: Any) -> list[Any]:
    """A loop that counts, and what stands before it."""
    count = Var("iterations")
    first = Assign((count,), Apply("add", (Ref(count), Const(1))), "add")
    loop = For(K, RANGE, [first, *body], count=count)
    return [Assign((FLAG,), Const(False)), Assign((count,), Const(0)), loop]


def test_break_without_its_flag() -> None:
    verify(function(*counted(Assign((FLAG,), Const(True)), Break())), "exits")
    assert "A break comes directly after" in refused(function(*counted(Break())), "exits")
    other = Assign((Var("other"),), Const(True))
    assert "A break comes directly after" in refused(function(*counted(other, Break())), "exits")


def test_early_loop_that_does_not_count() -> None:
    before, zero, loop = counted(Assign((FLAG,), Const(True)), Break())
    text = refused(function(before, replace(loop, count=None)), "exits")
    assert "it does not count" in text
    text = refused(function(before, zero, replace(loop, body=loop.body[1:])), "exits")
    assert "not the first" in text
    assert "it does not count" in refused(function(While(Ref(X), [])), "exits")


# After the backward sweep.


def backward(*steps: Step, result: Var = D_X) -> Backward:
    return Backward(list(steps), [Adjoint(Ref(result))])


def test_step_of_a_statement_elsewhere() -> None:
    first, second, stray = (Assign((Y,), Ref(X)) for _ in range(3))
    own = function(first, second)
    steps = [Step(s, [Group(s, [Assign((D_X,), Const(1.0))])]) for s in (second, first)]
    verify(backward(*steps), "reverse", own)
    assert "in reverse order" in refused(backward(*reversed(steps)), "reverse", own)
    lost = Step(stray, [])
    assert "in reverse order" in refused(backward(*steps, lost), "reverse", own)


def test_adjoint_read_before_it_is_assigned() -> None:
    statement = Assign((Y,), Ref(X))
    step = Step(statement, [Group(statement, [Assign((D_X,), Ref(D_Y))])])
    text = refused(backward(step), "reverse", function(statement))
    assert "No adjoint is read before" in text and "d_y' is read" in text
    verify(backward(step), "reverse", function(statement), D_Y)


def test_adjoint_assigned_on_one_path_only() -> None:
    branch = Branch(Ref(N), [], [])
    zero = Step(None, [Group(None, [Assign((D_X,), Const(0.0))])])
    one_way = Step(branch, [MirrorBranch(branch, [zero], [])])
    both_ways = Step(branch, [MirrorBranch(branch, [zero], [zero])])
    assert "d_x' is read" in refused(backward(one_way), "reverse", function(branch))
    verify(backward(both_ways), "reverse", function(branch))


def test_adjoint_assigned_in_a_loop_that_may_not_run() -> None:
    loop = For(K, RANGE, [])
    zero = Step(None, [Group(None, [Assign((D_X,), Const(0.0))])])
    step = Step(loop, [MirrorLoop(loop, [zero], None, K, RANGE)])
    assert "d_x' is read" in refused(backward(step), "reverse", function(loop))


# After the plan of memory.


def test_value_left_after_planning() -> None:
    inner = Each("list", Value(Ref(X)), K, RANGE)
    plan = Plan([], [Assign((D_X,), inner)], results=[Ref(D_X)])
    assert "Nothing refers to a value by definition" in refused(plan, "memory", function())
    plan = Plan([], [], results=[Value(Ref(X))])
    assert "in what is returned" in refused(plan, "memory", function())


def test_variable_without_a_value() -> None:
    plan = Plan([], [Assign((D_X,), Ref(D_Y))], results=[Ref(D_X)])
    assert "d_y' is read" in refused(plan, "memory", function())
    verify(plan, "memory", function(), D_Y)


def test_value_of_one_arm_read_in_its_mirror() -> None:
    kept = Var("exp_x")
    branch = Branch(Ref(N), [Evaluate(Ref(X))], [])
    ahead = replace(branch, then=[Assign((kept,), Ref(X))])
    back = Branch(Ref(N), [Assign((D_X,), Ref(kept))], [Assign((D_X,), Const(0.0))])
    plan = Plan([ahead], [back], results=[Ref(D_X)], sources={back: [branch]})
    verify(plan, "memory", function(branch))
    flipped = replace(back, then=back.other, other=back.then)
    plan = Plan([ahead], [flipped], results=[Ref(D_X)], sources={flipped: [branch]})
    assert "exp_x' is read" in refused(plan, "memory", function(branch))


def test_what_the_users_own_code_may_leave_undefined() -> None:
    branch = Branch(Ref(X), [Assign((K,), Const(1))], [])
    own = function(branch, Return(Ref(K)))
    verify(Plan([branch], [Assign((D_X,), Ref(K))], results=[Ref(D_X)]), "memory", own)
    sure = function(Assign((K,), Const(1)), branch, Return(Ref(K)))
    plan = Plan([branch], [Assign((D_X,), Ref(K))], results=[Ref(D_X)])
    assert "k is read" in refused(plan, "memory", sure)


def remembering(pushed: int, popped: int, index: Any = None) -> tuple[Plan, Function]:
    """A loop that remembers x, and its mirror."""
    loop = For(K, RANGE, [Assign((X,), times(Ref(X), Ref(X)))])
    push = [Evaluate(Apply("list.append", (Ref(TRACE), Ref(X)))) for _ in range(pushed)]
    pop = [Assign((X,), Apply("list.pop", (Ref(TRACE),))) for _ in range(popped)]
    if index is not None:
        push = [Assign((Place(Ref(TRACE), Ref(K)),), Ref(X))]  # type: ignore[list-item]
        pop = [Assign((X,), Apply("getitem", (Ref(TRACE), index)))]
    mirrored = For(K, Apply("builtins.reversed", (RANGE,)), list(pop))
    ahead = [Assign((TRACE,), Make("list", ())), replace(loop, body=[*push, *loop.body])]
    return Plan(ahead, [mirrored], sources={mirrored: [loop]}), function(loop)


def test_what_is_pushed_is_popped() -> None:
    plan, own = remembering(1, 1)
    verify(plan, "memory", own)
    for pushed, popped in ((1, 0), (1, 2), (0, 1)):
        plan, own = remembering(pushed, popped)
        assert "What is pushed on a trace" in refused(plan, "memory", own)


def test_pop_outside_the_mirror_of_its_loop() -> None:
    plan, own = remembering(1, 1)
    mirrored = plan.backward[0]
    assert isinstance(mirrored, For)
    plan.backward = [*mirrored.body, replace(mirrored, body=[])]
    assert "1 pushed, 1 popped" in refused(plan, "memory", own)


def test_trace_read_under_another_index() -> None:
    plan, own = remembering(1, 1, Ref(K))
    verify(plan, "memory", own)
    plan, own = remembering(1, 1, Ref(N))
    assert "not written under this index" in refused(plan, "memory", own)


# After naming.


def derived(*statements: Any, returns: Var = D_X, **names: Var) -> Derived:
    """A generated function whose variables have these names."""
    for name, var in names.items():
        var.name = name
    own = function()
    return Derived("f_grad", "grad", own, Plan([], list(statements)), [X], Ref(returns), Names(()))


@pytest.fixture
def unnamed() -> Any:
    """Two variables of this test's own."""
    return Var("d_x"), Var("d_y")


def test_generated_name_that_is_the_users(unnamed: Any) -> None:
    one, _ = unnamed
    good = derived(Assign((one,), Const(1.0)), returns=one, d_x=one)
    verify(good, "tidy", good.function)
    one.name = "x"
    assert "A name that s2sad made" in refused(good, "tidy", good.function)


def test_name_of_two_variables(unnamed: Any) -> None:
    one, other = unnamed
    program = derived(Assign((one,), Const(1.0)), Assign((other,), Const(2.0)), returns=one)
    one.name = other.name = "d_x"
    assert "A name that s2sad made" in refused(program, "tidy", program.function)


def test_variable_that_is_assigned_nowhere(unnamed: Any) -> None:
    one, other = unnamed
    program = derived(Assign((one,), Ref(other)), returns=one, d_x=one, d_y=other)
    assert "d_y is read" in refused(program, "tidy", program.function)


def test_merged_variables_must_not_both_be_needed(unnamed: Any) -> None:
    one, other = unnamed
    first, copy = Assign((one,), Const(1.0)), Assign((other,), Ref(one))
    grown = Assign((other,), times(Ref(other), Const(2.0)))
    good = derived(first, copy, grown, returns=other, d_x=one)
    good.names.merge(other, one)
    verify(good, "tidy", good.function)
    bad = derived(first, copy, grown, Assign((other,), Ref(one)), returns=other, d_x=one)
    bad.names.merge(other, one)
    assert "A variable has its own value" in refused(bad, "tidy", bad.function)


def test_loop_variable_that_hides_the_users() -> None:
    """The variable of a comprehension, as the target of a loop, must not take the place of n."""
    inner, d_x = Var("n", user=True, name="n"), Var("d_x", name="d_x")
    read = Assign((d_x,), Ref(N))
    loop = For(inner, Apply("builtins.range", (Const(3),)), [])
    good = derived(read, loop, returns=d_x)
    verify(good, "tidy", good.function)
    bad = derived(loop, read, returns=d_x)
    assert "A variable has its own value" in refused(bad, "tidy", bad.function)


# ---------------------------------------------------------------- the programs of the corpus


@pytest.mark.parametrize("name", ["arithmetic", "containers", "exits", "loops"])
def test_dump_of_the_corpus(name: str) -> None:
    path = Path(__file__).parent / "corpus" / f"{name}.py"
    module = SourceModule.from_path(path)
    for function_name in module.functions:
        if function_name[0] != "_" and module.functions[function_name].node.params.params:
            text = generate(module, [Request(function_name)], dump="exits").text
            assert text.startswith(f"{function_name}(")
