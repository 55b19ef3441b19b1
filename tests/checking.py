"""Is a generated gradient right? One question, asked the same way by every test.

    check_gradient(loss, (W, b), ("W", "b"), value_and_grad(loss, wrt=("W", "b")))

raises AssertionError with the reason when the value is not the plain function's to the last bit,
the caller's arguments were changed, a result shares memory with an argument, side effects or a
second call differ, the gradient has not its parameter's structure, shapes and dtypes, or central
differences along random directions, leaf by leaf, disagree.
"""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import inspect
import io
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

Path = tuple[Any, ...]
Tree = Any


@dataclasses.dataclass
class Call:
    """The arguments of one call: `Call(x, 3, scale=2.0)`."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.args = args
        self.kwargs = kwargs

    @classmethod
    def of(cls, call: Any) -> Call:
        """A call from a tuple of arguments, a Call, or a function that returns one of them."""
        if isinstance(call, Call):
            return copy.deepcopy(call)
        if callable(call):
            made = call()
            return made if isinstance(made, Call) else cls(*made)
        return cls(*copy.deepcopy(call))

    def argument(self, key: int | str | slice) -> Any:
        return self.kwargs[key] if isinstance(key, str) else self.args[key]

    def replace(self, key: int | str | slice, value: Any) -> None:
        if isinstance(key, str):
            self.kwargs[key] = value
        elif isinstance(key, slice):
            self.args = (*self.args[: key.start], *value)
        else:
            self.args = (*self.args[:key], value, *self.args[key + 1 :])

    def __call__(self, function: Callable[..., Any]) -> tuple[Any, str]:
        """The function's result, and what it printed."""
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            result = function(*self.args, **self.kwargs)
        return result, printed.getvalue()


# ---------------------------------------------------------------- trees


def is_record(tree: Tree) -> bool:
    return dataclasses.is_dataclass(tree) and not isinstance(tree, type)


def is_float(leaf: Any) -> bool:
    """Whether a leaf has a derivative: a float or complex number, or an array of them."""
    return isinstance(leaf, (float, complex)) or (
        isinstance(leaf, (np.ndarray, np.generic)) and leaf.dtype.kind in "fc"
    )


def random_like(leaf: Any, rng: np.random.Generator) -> np.ndarray:
    """A random direction: complex for what is complex."""
    drawn = rng.standard_normal(np.shape(leaf))
    if np.iscomplexobj(leaf):
        return np.asarray(drawn + 1j * rng.standard_normal(np.shape(leaf)))
    return np.asarray(drawn)


def children(tree: Tree) -> list[tuple[Any, Tree]] | None:
    """The parts of a container with their keys; None for a leaf."""
    if is_record(tree):
        return [(f.name, getattr(tree, f.name)) for f in dataclasses.fields(tree)]
    if isinstance(tree, dict):
        return list(tree.items())
    if isinstance(tree, (list, tuple)):
        return list(enumerate(tree))
    return None


def float_leaves(tree: Tree, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """The leaves that have a derivative, each with the keys that lead to it."""
    parts = children(tree)
    if parts is None:
        if is_float(tree):
            yield path, tree
        return
    for key, part in parts:
        yield from float_leaves(part, (*path, key))


def moved(tree: Tree, steps: dict[Path, np.ndarray], path: Path = ()) -> Tree:
    """The tree with `steps[path]` added to the leaf at each path."""
    parts = children(tree)
    if parts is None:
        if path not in steps:
            return tree
        if isinstance(tree, np.ndarray):
            there = tree.copy(order="K")  # what ravel does depends on the order in memory
            there += steps[path].astype(tree.dtype)
            return there
        if isinstance(tree, np.generic):
            return tree + steps[path].astype(tree.dtype)
        total = tree + steps[path]
        return complex(total) if isinstance(tree, complex) else float(total)
    new = {key: moved(part, steps, (*path, key)) for key, part in parts}
    return with_children(tree, new)


def with_children(tree: Tree, new: dict[Any, Tree]) -> Tree:
    """A container like another one, with these as its children."""
    if is_record(tree):
        return dataclasses.replace(tree, **new)
    if isinstance(tree, dict):
        return type(tree)(new)
    if hasattr(tree, "_fields"):
        return type(tree)(*new.values())
    return type(tree)(new.values())


def in_double(tree: Tree) -> Tree:
    """The tree with every float leaf in double precision."""
    parts = children(tree)
    if parts is None:
        single = isinstance(tree, (np.ndarray, np.generic)) and tree.dtype.kind in "fc"
        return tree.astype(np.result_type(tree, np.float64)) if single else tree
    new = {key: in_double(part) for key, part in parts}
    return with_children(tree, new)


def same(a: Tree, b: Tree) -> bool:
    """Equal to the last bit, in structure, shapes, dtypes and values."""
    parts, others = children(a), children(b)
    if parts is not None or others is not None:
        return (
            parts is not None
            and others is not None
            and type(a).__name__ == type(b).__name__
            and [key for key, _ in parts] == [key for key, _ in others]
            and all(same(x, y) for (_, x), (_, y) in zip(parts, others, strict=True))
        )
    if isinstance(a, (np.ndarray, np.generic, float, complex, int)):
        x, y = np.asarray(a), np.asarray(b)
        nan = x.dtype.kind in "fc" and y.dtype.kind in "fc"
        return x.dtype == y.dtype and np.array_equal(x, y, equal_nan=nan)
    if isinstance(a, (str, bytes, type(None))):
        return bool(a == b)
    if hasattr(a, "__dict__") and hasattr(b, "__dict__"):
        return same(vars(a), vars(b))
    return type(a).__name__ == type(b).__name__


# ---------------------------------------------------------------- checks


def check_structure(gradient: Tree, argument: Tree, name: str) -> None:
    """A gradient has its parameter's structure, with None where there is no derivative."""
    parts = children(argument)
    if parts is not None:
        if gradient is None:
            assert not list(float_leaves(argument)), f"{name} is None, and its argument has floats"
            return
        expected, found = type(argument).__name__, type(gradient).__name__
        assert found == expected, f"{name} is a {found}, should be a {expected}"
        keys = [key for key, _ in children(gradient) or []]
        assert keys == [key for key, _ in parts], f"{name} has the keys {keys}"
        for (key, part), (_, d_part) in zip(parts, children(gradient) or [], strict=True):
            check_structure(d_part, part, f"{name}[{key!r}]")
        return
    if not is_float(argument):
        assert gradient is None, f"{name} is {gradient!r}, should be None: no derivative there"
        return
    assert gradient is not None, f"{name} is None"
    found = np.asarray(gradient)
    assert found.shape == np.shape(argument), f"{name} has shape {found.shape}"
    # A gradient of one number may be in double precision whatever the number was.
    double = np.result_type(np.asarray(argument), float)
    allowed = {np.asarray(argument).dtype} | ({double} if found.ndim == 0 else set())
    assert found.dtype in allowed, f"{name} has dtype {found.dtype}"
    assert np.ndim(argument) == 0 or isinstance(gradient, np.ndarray), f"{name} is no array"


def along(function: Callable[[float], float], step: float) -> float:
    """Derivative at 0 by central differences of fourth order."""
    near = function(step) - function(-step)
    far = function(2.0 * step) - function(-2.0 * step)
    return (8.0 * near - far) / (12.0 * step)


def has_single_precision(call: Call) -> bool:
    """Whether something that a function is handed is in single precision."""
    return any(
        np.asarray(leaf).dtype == np.float32
        for argument in (*call.args, *call.kwargs.values())
        for _, leaf in float_leaves(argument)
    )


def check_directions(
    scalar: Callable[[Call], float],
    call: Any,
    positions: dict[str, Any],
    gradients: dict[str, Tree],
    directions: int = 2,
) -> None:
    """Each leaf's gradient agrees with differences along random directions."""
    given = Call.of(call)
    single = has_single_precision(given)
    # In single precision the plain function is asked in double, as far as it keeps to that.
    step, relative, absolute = (1e-2, 1e-3, 1e-4) if single else (1e-4, 1e-6, 1e-8)
    rng = np.random.default_rng(7)
    size = abs(scalar(Call.of(call)))
    for name, key in positions.items():
        argument = in_double(given.argument(key))
        gradient = dict(float_leaves(gradients[name]))
        for path, leaf in float_leaves(argument):
            if np.size(leaf) == 0:
                continue
            for _ in range(directions):
                direction = random_like(leaf, rng)

                def at(t: float, path: Path = path, v: np.ndarray = direction) -> float:
                    there = Call.of(call)
                    there.args = in_double(there.args)
                    there.kwargs = in_double(there.kwargs)
                    moved_ = moved(copy.deepcopy(argument), {path: np.asarray(t * v)})  # noqa: B023
                    there.replace(key, moved_)  # noqa: B023
                    return scalar(there)

                numeric = along(at, step)
                exact = float(np.sum((np.conj(gradient[path]) * direction).real))
                where = f"d_{name}" + "".join(f"[{part!r}]" for part in path)
                # Not `error > bound`, which a nan would pass.
                assert abs(exact - numeric) <= relative * abs(numeric) + absolute * (
                    1 + size
                ), f"{where}: {exact:.10g} along a direction, differences say {numeric:.10g}"


def positions_of(function: Callable[..., Any], call: Call, wrt: tuple[str, ...]) -> dict[str, Any]:
    """Where each parameter of wrt stands in the call: an index, its name, or a slice for *rest."""
    parameters = inspect.signature(function).parameters
    found: dict[str, Any] = {}
    for name in wrt:
        index = list(parameters).index(name)
        rest = parameters[name].kind is inspect.Parameter.VAR_POSITIONAL
        found[name] = name if name in call.kwargs else slice(index, None) if rest else index
    return found


def check_value(
    function: Callable[..., Any],
    call: Any,
    generated: Call,
    run: Callable[[Call], tuple[Any, str]],
) -> tuple[Any, Tree]:
    """The value and the derivative that `run` gives for a call: the value is the plain function's,
    so are the effects, and a second call gives the same."""
    plain, again = Call.of(call), Call.of(call)
    true_value, true_print = plain(function)
    (value, derivative), printed = run(generated)
    assert same(value, true_value), f"value {value!r}, should be {true_value!r}"
    assert printed == true_print, f"it printed {printed!r}, should be {true_print!r}"
    left = [list(generated.args) == [] or same(list(generated.args), list(given.args))
            for given in (plain, Call.of(call))]  # fmt: skip
    assert any(left), "it left other arguments behind, neither as plain nor as they were"
    assert same(generated.kwargs, plain.kwargs), "it left other keyword arguments behind"
    second, _ = run(again)
    assert same(list(second), [value, derivative]), "a second call gives something else"
    return true_value, derivative


def check_gradient(
    function: Callable[..., Any],
    call: Any,
    wrt: str | tuple[str, ...],
    value_and_grad: Callable[..., Any],
    *,
    has_aux: bool = False,
    cotangent: Tree = None,
    expected: Callable[..., Any] | None = None,
) -> None:
    """Everything that s2sad promises about one call of a generated function.

    Arguments:
        call: a tuple of arguments, a `Call`, or a function that makes one (for iterators).
        has_aux: the function returns `(loss, anything)`.
        cotangent: for functions from `vjp`, what `d_out` is; the result may then be any structure.
        expected: gives the right gradient where it is not the derivative (stop_gradient).
    """
    names = wrt if isinstance(wrt, tuple) else (wrt,)
    positions = positions_of(function, Call.of(call), names)
    seed = {} if cotangent is None else {"d_out": cotangent}

    def run(given: Call) -> tuple[Any, str]:
        with_seed = Call(*given.args, **given.kwargs, **copy.deepcopy(seed))
        return with_seed(value_and_grad)

    generated = Call.of(call)
    true_value, gradient = check_value(function, call, generated, run)
    untouched = Call.of(call)
    for name, key in positions.items():
        before, after = untouched.argument(key), generated.argument(key)
        assert same(before, after), f"the caller's {name} was changed"

    assert isinstance(gradient, tuple) or not isinstance(wrt, tuple), "not a tuple of gradients"
    gradients = dict(zip(names, gradient if isinstance(wrt, tuple) else (gradient,), strict=True))
    given = [*generated.args, *generated.kwargs.values()]
    for name, key in positions.items():
        check_structure(gradients[name], generated.argument(key), f"d_{name}")
        for path, leaf in float_leaves(gradients[name]):
            for _, other in (pair for tree in given for pair in float_leaves(tree)):
                assert not np.shares_memory(
                    leaf, other
                ), f"d_{name}{list(path) or ''} shares memory with an argument"

    if expected is not None:
        right = expected(*Call.of(call).args)
        for name, d_right in zip(names, right if isinstance(wrt, tuple) else (right,), strict=True):
            for (_, x), (_, y) in zip(
                float_leaves(gradients[name]), float_leaves(d_right), strict=True
            ):
                assert np.allclose(x, y, rtol=1e-12, atol=1e-14), f"d_{name} is wrong"
        return

    def scalar(there: Call) -> float:
        result, _ = there(function)
        if cotangent is not None:
            seeds = dict(float_leaves(cotangent))
            leaves = float_leaves(result)
            return float(sum(np.sum((np.conj(seeds[path]) * x).real) for path, x in leaves))
        return float(result[0] if has_aux else result)

    check_directions(scalar, call, positions, gradients)


# ---------------------------------------------------------------- tangents


def random_tangent(tree: Tree, rng: np.random.Generator) -> Tree:
    """A tangent of the structure of a tree, with None for what has no derivative."""
    parts = children(tree)
    if parts is None:
        if not is_float(tree):
            return None
        drawn = random_like(tree, rng)
        is_array = isinstance(tree, np.ndarray)
        return np.asarray(drawn, np.asarray(tree).dtype) if is_array else drawn[()].item()
    new = {key: random_tangent(part, rng) for key, part in parts}
    return with_children(tree, new)


def inner(one: Tree, other: Tree) -> float:
    """The inner product of two trees of one structure, of complex numbers as of pairs."""
    others = dict(float_leaves(other))
    return float(
        sum(np.sum((np.conj(leaf) * others[path]).real) for path, leaf in float_leaves(one))
    )


def check_tangent(
    function: Callable[..., Any],
    call: Any,
    wrt: str | tuple[str, ...],
    jvp: Callable[..., Any],
    *,
    has_aux: bool = False,
    expected: Callable[..., Any] | None = None,
    value_and_grad: Callable[..., Any] | None = None,
    vjp: Callable[..., Any] | None = None,
) -> None:
    """Everything that s2sad promises about one call of a tangent function.

    The tangent is compared with differences, and by inner product with what reverse mode gives.
    """
    names = wrt if isinstance(wrt, tuple) else (wrt,)
    positions = positions_of(function, Call.of(call), names)
    rng = np.random.default_rng(11)
    given = Call.of(call)
    tangents = {name: random_tangent(given.argument(key), rng) for name, key in positions.items()}
    seeds = {f"dot_{name}": tangent for name, tangent in tangents.items()}
    reordered = {name: with_keys_reversed(tangent) for name, tangent in seeds.items()}

    def run(there: Call, seeds: dict[str, Tree] = seeds) -> tuple[Any, str]:
        handed = copy.deepcopy(seeds)
        found = Call(*there.args, **there.kwargs, **handed)(jvp)
        assert same(handed, seeds), "the caller's tangents were changed"
        for _, leaf in float_leaves(found[0][1]):
            for tree in (handed, list(there.args), there.kwargs):
                for _, other in float_leaves(tree):
                    assert not np.shares_memory(leaf, other), "a tangent shares memory"
        return found

    true_value, tangent = check_value(function, call, Call.of(call), run)
    other, _ = run(Call.of(call), reordered)
    assert same(
        list(other), [true_value, tangent]
    ), "the order of a tangent's keys makes a difference"
    result = true_value[0] if has_aux else true_value
    check_tangent_structure(tangent, result, "dot_value")
    if expected is not None:
        right = expected(*Call.of(call).args)
        right = right if isinstance(wrt, tuple) else (right,)
        wanted = sum(inner(tangents[n], d) for n, d in zip(names, right, strict=True))
        assert np.allclose(tangent, wanted, rtol=1e-10, atol=1e-12), "the tangent is wrong"
        return
    check_against_differences(function, call, positions, tangents, tangent, has_aux)
    if vjp is not None:
        d_out = random_tangent(result, rng)
        _, gradients = Call(*Call.of(call).args, **Call.of(call).kwargs, d_out=d_out)(vjp)[0]
        left = inner(d_out, tangent)
    elif value_and_grad is not None:
        _, gradients = Call.of(call)(value_and_grad)[0]
        left = float(tangent)
    else:
        return
    found = gradients if isinstance(wrt, tuple) else (gradients,)
    right_side = sum(inner(tangents[n], d) for n, d in zip(names, found, strict=True))
    size = sum(np.sum(np.abs(np.asarray(x))) for d in found for _, x in float_leaves(d)) + abs(left)
    single = any(np.asarray(x).dtype == np.float32 for _, x in float_leaves(list(given.args)))
    bound = (1e-4 if single else 1e-10) * (1.0 + size)
    assert abs(left - right_side) <= bound, f"forward mode {left:.15g}, reverse {right_side:.15g}"


def with_keys_reversed(tree: Tree) -> Tree:
    """The same with the keys of each dict in another order."""
    if isinstance(tree, dict):
        return {key: with_keys_reversed(tree[key]) for key in reversed(tree)}
    if type(tree) in (list, tuple):
        return type(tree)(map(with_keys_reversed, tree))
    return tree


def check_tangent_structure(tangent: Tree, value: Tree, name: str) -> None:
    """A tangent has its value's structure and shapes, with None where there is no derivative."""
    parts = children(value)
    if parts is not None:
        assert type(tangent).__name__ == type(value).__name__, f"{name} is a {type(tangent)}"
        found = children(tangent) or []
        assert [key for key, _ in found] == [key for key, _ in parts], f"{name} has other keys"
        for (key, part), (_, dot) in zip(parts, found, strict=True):
            check_tangent_structure(dot, part, f"{name}[{key!r}]")
    elif not is_float(value):
        number = isinstance(value, int) and tangent == 0.0  # an integer where a float may be, too
        assert tangent is None or number, f"{name} is {tangent!r}, should be None"
    else:
        assert tangent is not None, f"{name} is None"
        assert np.shape(tangent) == np.shape(value), f"{name} has shape {np.shape(tangent)}"


def check_against_differences(
    function: Callable[..., Any],
    call: Any,
    positions: dict[str, Any],
    tangents: dict[str, Tree],
    tangent: Tree,
    has_aux: bool,
) -> None:
    """Each leaf of a tangent agrees with differences along the direction."""
    given = Call.of(call)
    single = has_single_precision(given)
    step, relative, absolute = (1e-2, 1e-3, 1e-3) if single else (1e-4, 1e-6, 1e-8)

    def at(t: float) -> dict[Path, np.ndarray]:
        there = Call.of(call)
        there.args, there.kwargs = in_double(there.args), in_double(there.kwargs)
        for name, key in positions.items():
            steps = {
                path: np.asarray(t * np.asarray(leaf))
                for path, leaf in float_leaves(tangents[name])
            }
            there.replace(key, moved(there.argument(key), steps))
        result, _ = there(function)
        found = result[0] if has_aux else result
        return {path: np.asarray(leaf) * 1.0 for path, leaf in float_leaves(found)}

    leaves = dict(float_leaves(tangent))
    here, near, back, far, behind = at(0.0), at(step), at(-step), at(2 * step), at(-2 * step)
    for path, value in here.items():
        numeric = (8.0 * (near[path] - back[path]) - (far[path] - behind[path])) / (12.0 * step)
        error = np.abs(np.asarray(leaves[path]) - numeric)
        bound = relative * np.abs(numeric) + absolute * (1 + np.max(np.abs(value), initial=0.0))
        where = "dot_value" + "".join(f"[{part!r}]" for part in path)
        assert np.all(error <= bound), f"{where}: {leaves[path]!r}, differences say {numeric!r}"


def check_product(
    function: Callable[..., Any],
    call: Any,
    wrt: tuple[str, ...],
    gradient: Callable[..., Any],
    product: Callable[..., Any],
) -> bool:
    """A Hessian times a direction is the derivative of the gradient along it, by differences.

    True if something could be said at all: where the gradient has a step, differences of two widths
    do not agree.
    """
    given = Call.of(call)
    positions = positions_of(function, given, wrt)
    rng = np.random.default_rng(3)
    steps = {n: random_tangent(given.argument(key), rng) for n, key in positions.items()}
    dots = {f"dot_{n}": step for n, step in steps.items()}
    found, _ = Call(*given.args, **given.kwargs, **dots)(product)
    assert same(list(given.args), list(Call.of(call).args)), "arguments were changed"
    again, _ = Call(*Call.of(call).args, **Call.of(call).kwargs, **dots)(product)
    assert same(found, again), "a second call gives something else"

    single = any(np.asarray(x).dtype == np.float32 for _, x in float_leaves(list(given.args)))
    step, bound = (1e-2, 1e-3) if single else (1e-4, 1e-6)

    def at(t: float) -> dict[Path, np.ndarray]:
        there = Call.of(call)
        there.args, there.kwargs = in_double(there.args), in_double(there.kwargs)
        for n, key in positions_of(function, there, wrt).items():
            move = {p: t * np.asarray(v) for p, v in float_leaves(steps[n])}
            there.replace(key, moved(there.argument(key), move))
        leaves, _ = there(gradient)
        return {path: np.asarray(leaf) * 1.0 for path, leaf in float_leaves(leaves)}

    near, back, far, behind = at(step), at(-step), at(2 * step), at(-2 * step)
    leaves = dict(float_leaves(found))
    assert leaves.keys() == near.keys(), "it is not structured like the gradient"
    smooth = True
    for path in near:
        by_near, by_far = near[path] - back[path], far[path] - behind[path]
        numeric = (8.0 * by_near - by_far) / (12.0 * step)
        scale = 1.0 + np.max(np.abs(numeric), initial=0.0) + np.max(np.abs(near[path]), initial=0.0)
        assert np.shape(leaves[path]) == np.shape(numeric), f"{path}: {np.shape(leaves[path])}"
        if np.max(np.abs(2.0 * by_near - by_far), initial=0.0) > 0.1 * step * scale:
            smooth = False
            continue
        error = np.max(np.abs(np.asarray(leaves[path]) - numeric), initial=0.0)
        assert error <= bound * scale, f"{path}: {leaves[path]}, differences say {numeric}"
    return smooth


def second_along(function: Callable[[float], float], step: float) -> float:
    """Second derivative at 0 by central differences of fourth order."""
    near = function(step) + function(-step)
    far = function(2.0 * step) + function(-2.0 * step)
    return (16.0 * near - far - 30.0 * function(0.0)) / (12.0 * step * step)


def check_hessian(
    function: Callable[..., Any], call: Any, wrt: tuple[str, ...], hessian: Callable[..., Any]
) -> bool:
    """A Hessian with respect to numbers and arrays is what second differences of the function say,
    along two directions at a time. True if something could be said at all."""
    given = Call.of(call)
    found, _ = given(hessian)
    assert same(list(given.args), list(Call.of(call).args)), "arguments were changed"
    positions = positions_of(function, given, wrt)
    values = [given.argument(key) for key in positions.values()]
    for name, row, x in zip(wrt, found, values, strict=True):
        shapes = [np.shape(block) for block in row]
        assert shapes == [np.shape(x) + np.shape(y) for y in values], f"{name}: {shapes}"
    rng = np.random.default_rng(5)
    smooth = False
    for _ in range(2):
        ways = [[random_like(x, rng) for x in values] for _ in range(2)]

        def curvature(sign: float, step: float, ways: list[list[Any]] = ways) -> float:
            def at(t: float) -> float:
                there = Call.of(call)
                for key, x, v, w in zip(positions.values(), values, *ways, strict=True):
                    there.replace(key, moved(x, {(): t * (v + sign * w)}))
                return float(there(function)[0])

            return second_along(at, step)

        exact = sum(
            float(np.sum(v * np.tensordot(block, w, np.ndim(w))))
            for row, v in zip(found, ways[0], strict=True)
            for block, w in zip(row, ways[1], strict=True)
        )
        wide, numeric = (
            0.25 * (curvature(1.0, step) - curvature(-1.0, step)) for step in (2e-3, 7e-4)
        )
        bound = 1e-5 * (1.0 + abs(numeric) + abs(float(Call.of(call)(function)[0])))
        if abs(wide - numeric) > bound:
            continue  # a branch flips nearby
        smooth = True
        assert abs(exact - numeric) <= bound, f"{exact:.10g}, differences say {numeric:.10g}"
    return smooth
