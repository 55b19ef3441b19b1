"""Derivatives of one function at one point, compared with what they should be.

subject = Subject(loss, ("W", "b"), loss.value_and_grad, None, arguments)
for row in compare(subject): print(row.what, row.error, row.is_right)
"""

from __future__ import annotations

import contextlib
import copy
import inspect
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from s2sad.checks.differences import Slope, slope
from s2sad.checks.trees import (
    Path,
    Tree,
    float_leaves,
    in_double,
    inner,
    is_float,
    moved,
    same,
    shown,
)

MOST_LEAVES = 24
PRECISE, SINGLE = 1e-6, 2e-3

FORWARD = "forward mode"
"""What the row is called that compares forward mode with reverse mode."""


@dataclass(frozen=True)
class Row:
    """One comparison: of what, what s2sad has and what it should be, and by what that was found."""

    what: str
    generated: float
    reference: float
    how: str
    allowed: float

    @property
    def error(self) -> float:
        """The relative difference."""
        size = max(abs(self.generated), abs(self.reference))
        return abs(self.generated - self.reference) / size if size else 0.0

    @property
    def is_right(self) -> bool:
        """Whether both agree; what is not a number agrees with nothing."""
        return abs(self.generated - self.reference) <= self.allowed


@dataclass
class Subject:
    """A function, its derivatives, and where they are compared.

    `reverse` returns (value, gradients in a tuple); it is called with `d_out` if that is not None.
    `forward`, if there is one, takes dot_NAME for each of `wrt` and returns (value, tangent).
    """

    function: Callable[..., Any]
    wrt: tuple[str, ...]
    reverse: Callable[..., Any]
    forward: Callable[..., Any] | None
    arguments: dict[str, Any]
    has_aux: bool = False
    seed: int = 0
    d_out: Tree = None
    directions: dict[str, dict[Path, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.signature = inspect.signature(self.function)

    def call(
        self, function: Callable[..., Any], changed: Mapping[str, Any] = {}, **more: Any
    ) -> Any:
        """A function at the arguments, some of them changed; what it prints is not shown."""
        bound = inspect.BoundArguments(self.signature, {})
        bound.arguments = copy.deepcopy(self.arguments) | dict(changed)
        with contextlib.redirect_stdout(io.StringIO()):
            return function(*bound.args, **bound.kwargs, **more)

    def weighted(self, result: Tree) -> complex:
        """The inner product of a result with d_out: the number whose gradient is compared."""
        value = result[0] if self.has_aux else result
        if self.d_out is None:
            return complex(np.asarray(value)[()])
        weights = dict(float_leaves(self.d_out))
        leaves = dict(_number_leaves(value))
        return complex(sum(_product(weights[path], leaves[path]) for path in weights))


def _product(weight: Any, leaf: Any) -> complex:
    """The inner product of a leaf with its weight. It stays holomorphic in a real leaf, which a
    complex step makes complex."""
    if np.iscomplexobj(weight):
        return complex(np.sum(np.real(np.conj(weight) * leaf)))
    return complex(np.sum(weight * leaf))


def _number_leaves(tree: Tree) -> Iterator[tuple[Path, Any]]:
    """The leaves that are numbers, also where floats have become complex."""
    from s2sad.checks.trees import parts

    def visit(tree: Tree, path: Path) -> Iterator[tuple[Path, Any]]:
        inside = parts(tree)
        if inside is None:
            yield path, tree
        for key, part in inside or ():
            yield from visit(part, (*path, key))

    return visit(tree, ())


def cotangent(result: Tree, rng: np.random.Generator) -> Tree:
    """A random adjoint of a result."""
    steps = {path: _random(leaf, rng) for path, leaf in float_leaves(result)}
    zero = {path: -1.0 * np.asarray(leaf) for path, leaf in float_leaves(result)}
    return moved(moved(result, zero), steps)


def _random(leaf: Any, rng: np.random.Generator) -> Any:
    """Random numbers, complex for what is complex."""
    drawn = rng.normal(size=np.shape(leaf))
    if np.iscomplexobj(leaf):
        return drawn + 1j * rng.normal(size=np.shape(leaf))
    return drawn


def is_one_number(result: Tree) -> bool:
    """Whether a result is a real scalar."""
    return is_float(result) and np.ndim(result) == 0 and not np.iscomplexobj(result)


def compare(subject: Subject) -> list[Row]:
    """Every comparison that can be made of a function at a point."""
    rng = np.random.default_rng(subject.seed)
    result = subject.call(subject.function)
    rows: list[Row] = []
    seed = {} if subject.d_out is None else {"d_out": copy.deepcopy(subject.d_out)}
    value, gradients = subject.call(subject.reverse, **seed)
    if not same(value, result):
        size = float(np.real(subject.weighted(value)))
        rows.append(Row("value", size, float(np.real(subject.weighted(result))), "called", -1.0))
    single = any(
        np.asarray(leaf).dtype not in (np.float64, np.complex128)
        for _, leaf in float_leaves(subject.arguments)
    )
    in_full = in_double(subject.arguments)
    for name, gradient in zip(subject.wrt, gradients, strict=True):
        for what, steps in _directions(name, in_full[name], rng):
            exact = sum(inner(leaf, steps.get(path))[0] for path, leaf in float_leaves(gradient))
            found = _along(subject, in_full, {name: steps})
            rows.append(_row(what, exact, found, single))
    if subject.forward is not None:
        rows.append(_forward(subject, gradients, rng, single))
    return rows


def _row(what: str, exact: float, found: Slope, single: bool) -> Row:
    allowed = (SINGLE if single else PRECISE) * max(abs(exact), abs(found.value)) + 1e-12
    return Row(what, exact, found.value, found.how, allowed + 30.0 * found.error)


def _directions(
    name: str, argument: Tree, rng: np.random.Generator
) -> Iterator[tuple[str, dict[Path, Any]]]:
    """A random direction for each leaf of an argument; one for all where there are many."""
    steps = {path: scaled(leaf, rng) for path, leaf in float_leaves(argument) if np.size(leaf)}
    if len(steps) > MOST_LEAVES:
        yield name, steps
        return
    for path, step in steps.items():
        yield shown(name, path), {path: step}


def scaled(leaf: Any, rng: np.random.Generator) -> Any:
    """A random direction of about the size of a leaf, so that steps along it are small."""
    size = float(np.max(np.abs(leaf), initial=0.0))
    step = _random(leaf, rng) * (size if 0.0 < size < 1e6 else 1.0)
    return step if np.ndim(leaf) else np.asarray(step).item()


def _along(
    subject: Subject, arguments: Mapping[str, Any], steps: Mapping[str, dict[Path, Any]]
) -> Slope:
    """The derivative along a direction, from the plain function alone."""

    def at(t: complex) -> complex:
        changed = {
            name: moved(arguments[name], {path: t * step for path, step in inside.items()})
            for name, inside in steps.items()
        }
        with np.errstate(all="ignore"):
            return subject.weighted(subject.call(subject.function, changed))

    def real(t: complex) -> complex:
        return at(t.real if isinstance(t, complex) and not t.imag else t)

    return slope(real)


def _forward(
    subject: Subject, gradients: tuple[Tree, ...], rng: np.random.Generator, single: bool
) -> Row:
    """<d_out, J v> by forward mode against <J^T d_out, v> by reverse mode."""
    assert subject.forward is not None
    dots = {}
    for name in subject.wrt:
        argument = subject.arguments[name]
        steps = {path: scaled(leaf, rng) for path, leaf in float_leaves(argument)}
        zero = {path: -1.0 * np.asarray(leaf) for path, leaf in float_leaves(argument)}
        dots[name] = moved(moved(argument, zero), steps)
    given = {f"dot_{name}": dot for name, dot in dots.items()}
    _, tangent = subject.call(subject.forward, **given)
    weights = 1.0 if subject.d_out is None else subject.d_out
    ahead = inner(weights, tangent[0] if subject.has_aux else tangent)[0]
    pairs = zip(subject.wrt, gradients, strict=True)
    terms = [inner(gradient, dots[name]) for name, gradient in pairs]
    back, size = sum(total for total, _ in terms), sum(size for _, size in terms)
    allowed = (SINGLE if single else 1e-9) * (size + abs(ahead)) + 1e-12
    return Row(FORWARD, ahead, back, "reverse mode", allowed)
