"""What is remembered: how much of it, and that it is put back where it was."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from jaxtyping import Float

import s2sad
from s2sad.cli import command
from tests.checking import check_gradient
from tests.corpus import checkpointing


def peak(run: Any) -> int:
    """Bytes allocated at most during a call."""
    run()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        run()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


def test_checkpointed_memory_grows_with_the_square_root() -> None:
    u = np.linspace(0.0, 1.0, 20_000)
    gradient = s2sad.grad(checkpointing.in_place, wrt="u")
    arrays = {n: peak(lambda n=n: gradient(u, 0.3, n)) / u.nbytes for n in (25, 100, 400)}
    for steps, found in arrays.items():
        assert found < 2.0 * steps**0.5 + 9.0, arrays


EXPLAINED = """\
import numpy as np
from jaxtyping import Float
from numpy import ndarray
from s2sad import checkpointed


def f(u: Float[ndarray, "n"], steps: int) -> float:
    s = u[0]
    for _ in range(steps):
        for i in range(1, 4):
            u[1:-1] = np.sin(u[1:-1])
    for _ in checkpointed(range(steps)):
        s = s * np.sin(s)
    return s * np.sum(u * u)


def linear(u: Float[ndarray, "n"], steps: int) -> float:
    for _ in range(steps):
        u[1:-1] += 0.5 * u[2:]
    return np.sum(u)
"""

EXPLANATION = """\
f_value_and_grad remembers:
  u_trace: u, before line 11
    size:   steps * len(range(1, 4)) * (n-2) floats
    needed: by the adjoints of lines 11, 14
    why:    this part of it is overwritten in place
  s_trace: s, before line 13
    size:   len(block) floats
    needed: by the adjoints of lines 13, 14
    why:    the line gives it another value, and what it comes from is not at hand later
  s_checkpoints: s, before line 12
    size:   len(in_blocks(range(steps))) floats
    needed: by the adjoints of lines 13, 14
    why:    the loop is checkpointed: this is its state at the beginning of a block
"""


def explained(tmp_path: Path, *options: str) -> Any:
    source = tmp_path / "model.py"
    source.write_text(EXPLAINED, encoding="utf-8")
    given = ["generate", str(source), "--explain-memory", *options]
    return CliRunner().invoke(command, given)


def test_what_is_remembered_is_explained(tmp_path: Path) -> None:
    result = explained(tmp_path, "--function", "f", "--wrt", "u")
    assert result.exit_code == 0
    assert result.output == EXPLANATION


def test_nothing_remembered(tmp_path: Path) -> None:
    result = explained(tmp_path, "--function", "linear")
    assert result.output == "linear_value_and_grad remembers nothing.\n"


def test_explanations_go_to_the_terminal(tmp_path: Path) -> None:
    result = explained(tmp_path, "-o", str(tmp_path / "model_grad.py"))
    assert result.exit_code == 2 and "--explain-memory" in result.output


def scaled_row(x: Float[np.ndarray, "n m"]) -> Any:
    """row and top are the same row in some iterations."""
    y = x.copy()
    top = y[0]
    for i in range(4):
        row = y[i % 3]
        row *= np.sin(top[1])
        top[0] = row[1] * row[1]
    return np.sum(y * y) + top[0]


def test_a_view_is_put_back_as_a_view() -> None:
    x = np.array([[0.3, 0.8, 0.5], [0.9, 0.4, -0.6], [0.7, 1.1, 0.2]])
    check_gradient(scaled_row, (x,), "x", s2sad.value_and_grad(scaled_row))


def test_showing_is_not_repeated(capsys: pytest.CaptureFixture[str]) -> None:
    def talkative(x: float, n: int) -> float:
        for i in s2sad.checkpointed(range(n)):
            print("step", i)
            x = np.sin(x)
        return x

    s2sad.grad(talkative)(0.5, 5)
    assert capsys.readouterr().out.count("step") == 5


# ---------------------------------------------------------------- nothing that still stands


def cholesky(A: Float[np.ndarray, "n n"]) -> float:
    """The parameter's name is given to another array, which is written into."""
    A = A @ A.T + 5.0 * np.eye(len(A))
    for i in range(A.shape[0]):
        for j in range(i):
            A[i, j] -= A[i, :j] @ A[j, :j]
            A[i, j] /= A[j, j]
        A[i, i] -= A[i, :i] @ A[i, :i]
        A[i, i] = np.sqrt(A[i, i])
    return np.sum(np.tril(A) ** 2 * np.arange(len(A)))


def lu_and_solve(A: Float[np.ndarray, "n n"], b: Float[np.ndarray, " n"]) -> float:
    A = A + 6.0 * np.eye(len(A))
    x = np.zeros_like(b)
    for i in range(A.shape[0]):
        for j in range(i):
            A[i, j] -= A[i, :j] @ A[:j, j]
            A[i, j] /= A[j, j]
        for j in range(i, A.shape[0]):
            A[i, j] -= A[i, :i] @ A[:i, j]
    for i in range(A.shape[0]):
        x[i] = b[i] - A[i, :i] @ x[:i]
    y = np.zeros_like(b)
    for i in range(A.shape[0] - 1, -1, -1):
        y[i] = (x[i] - A[i, i + 1 :] @ y[i + 1 :]) / A[i, i]
    return np.sum(y * y)


@pytest.mark.parametrize(
    ("function", "shapes"), [(cholesky, [(4, 4)]), (lu_and_solve, [(4, 4), (4,)])]
)
def test_factorisations_remember_nothing(function: Any, shapes: list[Any]) -> None:
    generated = s2sad.value_and_grad(function)
    assert "trace" not in generated.source
    rng = np.random.default_rng(2)
    args = tuple(rng.standard_normal(shape) for shape in shapes)
    check_gradient(function, args, "A", generated)


def rebound_to_a_view(x: Float[np.ndarray, " n"]) -> float:
    """What the first name read is overwritten through the second."""
    y = x * 1.0
    s = y[2] ** 2
    y = y[1:]
    y[1] = 0.5 * y[0]
    return s * np.sum(y * y)


def former_array_written_by_another_name(x: Float[np.ndarray, " n"]) -> float:
    y = x * 1.0
    z = y
    s = y[2] ** 2
    y = np.sin(x)
    y[2] = 0.3
    z[2] = y[1]
    return s * np.sum(y * y) + np.sum(z)


def given_its_last_value_in_a_loop(x: Float[np.ndarray, " n"]) -> float:
    y = x * 1.0
    s = y[1] ** 2
    for _ in range(2):
        t = y[2] ** 2
        y = y[::-1] * 1.5
        y[2] = s * t
    u = y[2] ** 2
    y[2] = 2.0 * y[1]
    return np.sum(y * y) + u


def read_after_its_last_value(x: Float[np.ndarray, " n"]) -> float:
    """The slope of tanh is taken from the array that is written into afterwards."""
    y = x * 1.0
    y = np.tanh(y)
    y[::2] += 0.5 * y[::2]
    return np.sum(np.sin(y))


def exchanged(x: Float[np.ndarray, " n"]) -> float:
    y = np.zeros_like(x)
    s = np.sin(x[0])
    y, x = x, y
    y[0] = 2.0 * y[1]
    return s * np.sum(y)


@pytest.mark.parametrize(
    "function",
    [
        read_after_its_last_value,
        exchanged,
        rebound_to_a_view,
        former_array_written_by_another_name,
        given_its_last_value_in_a_loop,
    ],
)
def test_a_name_that_is_given_another_array(function: Any) -> None:
    x = np.random.default_rng(3).standard_normal(5)
    check_gradient(function, (x,), "x", s2sad.value_and_grad(function))


def test_comments_beside_what_is_kept(tmp_path: Path) -> None:
    source = tmp_path / "model.py"
    source.write_text(EXPLAINED, encoding="utf-8")
    words = ["generate", str(source), "--function", "f", "--wrt", "u"]
    plain = CliRunner().invoke(command, words).stdout
    commented = CliRunner().invoke(command, [*words, "--memory-comments"]).stdout
    assert "--memory-comments" in commented.split('"""')[1]
    joined = " ".join(line.strip().removeprefix("# ") for line in commented.splitlines())
    said = [
        "Keeps u, steps * len(range(1, 4)) * (n-2) floats: this part of it is overwritten in "
        "place. The adjoint of u[1:-1] = np.sin(u[1:-1]);  value = s * np.sum(u * u) reads it. "
        "u_trace.append(u[1:-1].copy())",
        "Keeps s, len(in_blocks(range(steps))) floats: the loop is checkpointed: this is its state "
        "at the beginning of a block. The adjoint of s = s * np.sin(s);  value = s * np.sum(u * u) "
        "reads it. s_checkpoints.append(s)",
    ]
    for text in said:
        assert text.replace("  ", " ") in joined.replace("  ", " "), joined
    # All else is as it was: comments are all that is added.
    code = [line for line in commented.splitlines() if not line.strip().startswith("# ")]
    expected = [line for line in plain.splitlines() if not line.strip().startswith("# ")]
    assert code[4:] == expected[4:]


def test_comments_by_the_python_api() -> None:
    def f(x: float, n: int) -> float:
        for _ in range(n):
            x = np.sin(x)
        return x

    assert "Keeps" not in s2sad.grad(f).source
    text = s2sad.grad(f, memory_comments=True).source
    assert "# Keeps x, n floats: the line gives it another value" in text
