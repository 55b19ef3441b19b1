"""Which statement's adjoint is wrong, found without looking at its rule.

At every point of a program, the inner product of the adjoints of its variables with their tangents
is the same number: the derivative along the direction. The adjoints before each statement are read
off the backward part (`pipeline.generate(..., probed=True)`), the tangents off four runs of the
plain function beside the point. The first statement, seen from the end, before which the number is
another one is the statement whose adjoint is wrong.

    y = root(x)       sum(d_x * dot_x)                 0.61    <- this one
    z = y * x         d_y * dot_y + d_x * dot_x        0.92
    return np.sin(z)  d_z * dot_z                      0.92
"""

from __future__ import annotations

import ast
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import CodeType, FrameType
from typing import Any

import numpy as np

from s2sad.checks.compare import Subject, scaled
from s2sad.checks.trees import (
    Tree,
    float_leaves,
    in_double,
    inner,
    is_float,
    moved,
    parts,
    rebuilt,
    same,
)
from s2sad.errors import Location

STEP = 1e-4
MOST_EVENTS = 50_000
TOLERANCE = 1e-6


@dataclass
class Probe:
    """The adjoints before a statement, by variable and the keys of a part of it."""

    file: str
    line: int
    adjoints: list[tuple[str, tuple[Any, ...], Tree]]


@dataclass
class Backward:
    """One call of a backward function: the adjoint of its result, None if not known, what it was
    called with, whether it is that of the `whole` function, and its probes in the order in which
    they come by."""

    d_out: Tree
    arguments: dict[str, Tree]
    whole: bool
    probes: list[Probe] = field(default_factory=list)


@dataclass
class Run:
    """One call of a function of the user's: its arguments, the lines that it came to, each with its
    variables as they were then, and what it returned."""

    code: CodeType
    arguments: dict[str, Tree]
    lines: list[int] = field(default_factory=list)
    before: list[dict[str, Tree]] = field(default_factory=list)
    result: Tree = None


def first_wrong(
    subject: Subject, probed: Callable[..., Any], texts: dict[str, str], scope: dict[str, Any]
) -> list[Location]:
    """The statement whose adjoint is the first to be wrong, with the one inside a function that
    it calls; empty where that cannot be told.

    `probed` is the reverse derivative with probes, and `scope` the globals that it finds
    `probe__` in; `texts` are the modules of the user's by file name.
    """
    backward = _probed_runs(subject, probed, scope)
    names = {name for call in backward for p in call.probes for name, _, _ in p.adjoints}
    rng = np.random.default_rng(subject.seed)
    inside = in_double({name: subject.arguments[name] for name in subject.wrt})
    steps = {
        name: {path: scaled(leaf, rng) for path, leaf in float_leaves(argument)}
        for name, argument in inside.items()
    }
    files = {os.path.abspath(name): name for name in texts}
    points = []
    for t in (0.0, STEP, -STEP, 2.0 * STEP, -2.0 * STEP):
        changed = {
            name: moved(inside[name], {path: t * s for path, s in steps[name].items()})
            for name in inside
        }
        points.append(_of_interest(_traced(subject, changed, set(files), names), backward))
    if not _went_the_same_way(points):
        return []
    found = []
    for call, runs in _paired(backward, points):
        crowded = _crowded(texts[files[call.probes[0].file]])
        place = _first_wrong_of(call, runs, subject.has_aux, crowded)
        if place is not None:
            found.append(place)
    return [_location(file, line, texts) for file, line in dict.fromkeys(found)]


# ---------------------------------------------------------------- adjoints


def _probed_runs(
    subject: Subject, probed: Callable[..., Any], scope: dict[str, Any]
) -> list[Backward]:
    """The calls of backward functions, that of the whole function among them."""
    runs: dict[int, Backward] = {}
    frames: list[FrameType] = []  # kept, so that no other frame gets the same number
    given: dict[int, dict[str, Tree]] = {}

    def enter(frame: FrameType, event: str, argument: Any) -> None:
        if frame.f_globals is scope:
            frames.append(frame)
            given[id(frame)] = {name: snapshot(value) for name, value in frame.f_locals.items()}

    def probe(file: str, line: int, adjoints: list[tuple[str, tuple[Any, ...], Tree]]) -> None:
        frame = sys._getframe(1)
        if id(frame) not in runs:
            whole = frame.f_code.co_name == probed.__name__
            arguments = given.get(id(frame), {})
            seed = 1.0 if whole and subject.d_out is None else arguments.get("d_out")
            runs[id(frame)] = Backward(seed, arguments, whole)
        kept = [(name, path, snapshot(d)) for name, path, d in adjoints]
        runs[id(frame)].probes.append(Probe(os.path.abspath(file), line, kept))

    scope["probe__"] = probe
    seed = {} if subject.d_out is None else {"d_out": subject.d_out}
    with _tracing(enter):
        subject.call(probed, **seed)
    return list(runs.values())


@contextmanager
def _tracing(enter: Callable[[FrameType, str, Any], Any]) -> Iterator[None]:
    old = sys.gettrace()
    sys.settrace(enter)
    try:
        yield
    finally:
        sys.settrace(old)


def snapshot(tree: Tree) -> Tree:
    """A tree as it is now, with what is no number as it is."""
    if isinstance(tree, np.ndarray):
        return tree.copy()
    inside = parts(tree)
    if inside is None:
        return tree
    try:
        return rebuilt(tree, {key: snapshot(part) for key, part in inside})
    except Exception:  # a class with a constructor of its own
        return tree


# ---------------------------------------------------------------- tangents


def _traced(
    subject: Subject, changed: dict[str, Any], files: set[str], names: set[str]
) -> list[Run]:
    """The calls of the user's functions that the plain function makes, itself included."""
    runs: list[Run] = []
    count = 0

    def enter(frame: FrameType, event: str, argument: Any) -> Any:
        if os.path.abspath(frame.f_code.co_filename) not in files:
            return None
        held = frame.f_locals
        count_of = frame.f_code.co_argcount + frame.f_code.co_kwonlyargcount
        parameters = frame.f_code.co_varnames[:count_of]
        run = Run(frame.f_code, {n: snapshot(held[n]) for n in parameters if n in held})
        runs.append(run)

        def inside(frame: FrameType, event: str, argument: Any) -> Any:
            nonlocal count
            if event == "line" and count < MOST_EVENTS:
                count += 1
                held = frame.f_locals
                run.lines.append(frame.f_lineno)
                run.before.append({n: snapshot(held[n]) for n in names if n in held})
            elif event == "return":
                run.result = snapshot(argument)
            return inside

        return inside

    with _tracing(enter):
        subject.call(subject.function, changed)
    return runs


def _of_interest(runs: list[Run], backward: list[Backward]) -> list[Run]:
    """The calls of functions that have a backward function; solvers may run as they like."""
    codes = dict.fromkeys(run.code for run in runs)
    wanted = {_code_of(call.probes[0], codes) for call in backward}
    return [run for run in runs if run.code in wanted]


def _went_the_same_way(points: list[list[Run]]) -> bool:
    ways = [[(run.code, run.lines) for run in runs] for runs in points]
    return all(way == ways[0] for way in ways)


def _tangent(values: list[Tree]) -> Tree:
    """The tangent of a value, from what it is at the point and at four places beside it."""
    inside = [parts(value) for value in values]
    if inside[0] is not None:
        if any(i is None or [k for k, _ in i] != [k for k, _ in inside[0]] for i in inside):
            return None
        whole = [dict(i) for i in inside if i is not None]
        return {key: _tangent([one[key] for one in whole]) for key in whole[0]}
    if not is_float(values[0]):
        return None
    _, near, back, far, far_back = (np.asarray(value, dtype=float) for value in values)
    if not near.shape == back.shape == far.shape == far_back.shape:
        return None
    return (8.0 * (near - back) - (far - far_back)) / (12.0 * STEP)


# ---------------------------------------------------------------- both together


def _paired(
    backward: list[Backward], points: list[list[Run]]
) -> Iterator[tuple[Backward, list[Run]]]:
    """The backward calls, each with the forward call that it belongs to, at every point: the one
    with the same arguments. Where there are several, it is not told which."""
    codes = dict.fromkeys(run.code for run in points[0])
    for call in backward:
        code = _code_of(call.probes[0], codes)
        calls = [
            k
            for k, run in enumerate(points[0])
            if run.code is code and (call.whole or _same_arguments(call, run))
        ]
        if len(calls) == 1:
            yield call, [runs[calls[0]] for runs in points]


def _same_arguments(call: Backward, run: Run) -> bool:
    shared = call.arguments.keys() & run.arguments.keys()
    return bool(shared) and all(same(call.arguments[n], run.arguments[n]) for n in shared)


def _code_of(probe: Probe, codes: dict[CodeType, None]) -> CodeType | None:
    """The innermost function whose text has a line."""
    inside = [
        code
        for code in codes
        if os.path.abspath(code.co_filename) == probe.file
        and not code.co_name.startswith("<")
        and any(line == probe.line for _, _, line in code.co_lines())
    ]
    return max(inside, key=lambda code: code.co_firstlineno, default=None)


def _crowded(text: str) -> set[int]:
    """The lines on which several statements begin: what is true before which, is not seen."""
    lines = Counter(n.lineno for n in ast.walk(ast.parse(text)) if isinstance(n, ast.stmt))
    return {line for line, count in lines.items() if count > 1}


def _first_wrong_of(
    call: Backward, runs: list[Run], has_aux: bool, crowded: set[int]
) -> tuple[str, int] | None:
    """The first statement of one call, from its end, before which the inner product differs."""
    position = len(runs[0].lines)
    wanted: float | None = None
    if call.d_out is not None:
        result = _tangent([run.result for run in runs])
        aux = has_aux and call.d_out == 1.0
        wanted, _ = inner(call.d_out, result[0] if aux else result)
    for probe in call.probes:
        if probe.line in crowded:
            continue
        position = _position(runs[0].lines, probe.line, position)
        if position < 0:
            return None
        total = _product(probe, [run.before[position] for run in runs])
        if total is None:
            continue
        value, size = total
        if wanted is None:
            wanted = value
        elif not abs(value - wanted) <= TOLERANCE * (size + abs(wanted)) + 1e-9:
            return probe.file, probe.line
    return None


def _position(lines: list[int], line: int, end: int) -> int:
    """Where a run came to a line for the last time before `end`; -1 if it did not."""
    for k in range(end - 1, -1, -1):
        if lines[k] == line and (k == 0 or lines[k - 1] != line):
            return k
    return -1


def _product(probe: Probe, values: list[dict[str, Tree]]) -> tuple[float, float] | None:
    """The inner product of adjoints and tangents, and the sum of the sizes of its terms."""
    total = size = 0.0
    for name, path, adjoint in probe.adjoints:
        if any(name not in known for known in values):
            return None
        try:
            tangent = _tangent([_part(known[name], path) for known in values])
        except (AttributeError, LookupError, TypeError):
            return None
        value, terms = inner(adjoint, tangent)
        total, size = total + value, size + terms
    return total, size


def _part(value: Tree, path: tuple[Any, ...]) -> Tree:
    """The part of a value that the keys of an adjoint lead to; `.name` is an attribute."""
    for key in path:
        is_attribute = isinstance(key, str) and key.startswith(".")
        value = getattr(value, key[1:]) if is_attribute else value[key]
    return value


def _location(file: str, line: int, texts: dict[str, str]) -> Location:
    """The place of a statement, by the name under which its file was read."""
    shown = next(name for name in texts if os.path.abspath(name) == file)
    text = texts[shown].split("\n")[line - 1]
    start = len(text) - len(text.lstrip()) + 1
    return Location(shown, line, start, len(text.rstrip()) + 1, text)
