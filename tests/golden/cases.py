"""The golden files: what each is generated from, and with which arguments its functions are run."""

from __future__ import annotations

import importlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Case:
    """A golden file and the words after `s2sad generate` that make it."""

    name: str
    words: tuple[str, ...]

    @property
    def path(self) -> Path:
        return HERE / f"{self.name}.py"

    @property
    def source(self) -> Path:
        return HERE / self.words[0]

    def text(self) -> str:
        """What is generated now."""
        from click.testing import CliRunner

        from s2sad.cli import command

        before = os.getcwd()
        os.chdir(HERE)
        try:
            done = CliRunner().invoke(command, ["generate", *self.words])
        finally:
            os.chdir(before)
        if done.exit_code:
            raise AssertionError(f"{self.name}: {done.stderr or done.exception!r}")
        return str(done.stdout)


def program(name: str) -> Case:
    """A program of the acceptance check, every decorated function of it."""
    return Case(name, (f"programs/{name}.py",))


def tangents(name: str, mode: str = "jvp") -> Case:
    """The same in forward mode, or of second order."""
    return Case(f"{name}_{mode}", (f"programs/{name}.py", "--mode", mode))


def corpus(module: str, function: str, *, table: str = "CALLS") -> Case:
    """A function of the corpus, with respect to what its table says."""
    wrt, _ = getattr(importlib.import_module(f"tests.corpus.{module}"), table)[function]
    asked = ",".join(wrt) if isinstance(wrt, tuple) else wrt
    if isinstance(wrt, tuple) and len(wrt) == 1:
        asked += ","
    words = [f"../corpus/{module}.py", "--function", function, "--wrt", asked]
    if table == "VJPS":
        words += ["--mode", "vjp"]
    return Case(f"{module}_{function}", tuple(words))


CASES = [
    program("mlp"),
    program("recurrence"),
    program("stencil"),
    program("sharing"),
    program("params"),
    program("control_flow"),
    program("structures"),
    program("arrays"),
    tangents("mlp"),
    tangents("recurrence"),
    tangents("stencil"),
    tangents("sharing"),
    tangents("params"),
    tangents("control_flow"),
    tangents("structures"),
    tangents("arrays"),
    tangents("mlp", "hvp"),
    tangents("recurrence", "hvp"),
    tangents("stencil", "hvp"),
    tangents("sharing", "hvp"),
    corpus("arithmetic", "long_chain"),
    corpus("branches", "condition_overwritten"),
    corpus("comprehensions", "list_of_arrays"),
    corpus("containers", "deep_structure"),
    corpus("exits", "break_in_the_middle"),
    corpus("exits", "return_from_nested_loops"),
    corpus("functions", "callee_with_loop"),
    corpus("inactive", "shuffled_in_a_loop"),
    corpus("loops", "over_items"),
    corpus("models", "black_scholes"),
    corpus("models", "hidden_markov"),
    corpus("models", "kalman_filter"),
    corpus("models", "lstm"),
    corpus("models", "transformer_block"),
    corpus("rebinding", "overwritten_in_a_loop"),
    corpus("results", "dict_result", table="VJPS"),
    corpus("unannotated", "average_of_paths"),
    corpus("unannotated", "burgers"),
    corpus("unannotated", "orbits"),
    corpus("unannotated", "smile"),
    corpus("while_loops", "array_state"),
]


def calls_of_programs() -> dict[str, list[tuple[Any, ...]]]:
    """Arguments by 'program.function', for the programs of the acceptance check."""
    from tests.golden.programs import structures

    r = np.random.default_rng(20261121).standard_normal
    layers = [
        structures.Layer(*pair)
        for pair in ((r((4, 5)), r(5)), (r((5, 5)), r(5)), (r((5, 2)), r(2)))
    ]
    return {
        "mlp.loss": [(r((4, 5)), r(5), r((5, 3)), r(3), r((7, 4)), r((7, 3)))],
        "recurrence.energy": [(0.7, 9), (1.3, 4), (0.2, 0)],
        "stencil.misfit": [(r(20), r(20), 0.2, 11), (r(5), r(5), 0.2, 0)],
        "sharing.norm_of_output": [(r((5, 5)), r((5, 5)), r(5))],
        "params.cross_entropy": [
            ({"W": r((4, 3)), "b": r(3)}, r((6, 4)), np.array([0, 2, 1, 1, 0, 2]))
        ],
        "control_flow.branches": [(1.5, 1.2), (0.4, -0.7), (-1.0, 0.5), (0.3, 0.9)],
        "control_flow.early_return": [(-3.5,), (0.3,), (1.7,), (-0.01,)],
        "control_flow.break_continue": [(1.1,), (2.3, 30), (-0.4, 5)],
        "control_flow.while_newton": [(1.4, 3.0), (2.5, 8.0)],
        "control_flow.nested_loops": [(r(6),), (r(6), 6)],
        "control_flow.iterate_containers": [(r(6),), (r(1),)],
        "control_flow.comprehensions": [(0.7,), (1.3, (2, 4))],
        "control_flow.projectile": [(3.0, 0.7)],
        "control_flow.fibonacci_like": [(0.8, 5), (0.8, 1)],
        "control_flow.local_functions": [(r(4),), (r(4), 0.5)],
        "control_flow.side_shows": [(1.7,)],
        "arrays.broadcasting": [(r((4, 3)), r(3), r((4, 1)), 0.3)],
        "arrays.broadcasting_unknown": [(r((4, 3)), r(3)), (0.5, r((2, 1, 3)))],
        "arrays.indexing": [(r((6, 4)), np.array([0, 2, 2, 5, 0]))],
        "arrays.single_precision": [(r(5).astype(np.float32),)],
        "arrays.inactive_code": [(r(3),), (r(3), "1")],
        "arrays.where_guards": [(r(8),)],
        "structures.deep": [(layers, r((6, 4)), r((6, 2))), (layers[:1], r((6, 4)), r((6, 5)))],
        "structures.nested": [
            ({"norm": (1.3, 0.2), "head": {"W": r((4, 3)), "bias": 0.4}}, r((6, 4)))
        ],
        "structures.potential": [(structures.Spring(2.0, 0.5), r(3))],
        "structures.several_results": [(r(9),)],
        "structures.straight_through": [(r(6),)],
        "structures.oscillator_energy": [(structures.Oscillator(1.3), 0.4, 0.9)],
    }


EXPECTED = {"structures.straight_through": lambda x: 2.0 * np.round(x) + x}
