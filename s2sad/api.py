"""What a program uses: the decorator, and the same as plain functions.

    @differentiable(wrt=("W", "b"))
    def loss(W, b, x, t): ...

    loss(W, b, x, t)                  # the plain function, as if there were no decorator
    loss.value_and_grad(W, b, x, t)   # generated when the module is imported
    loss.grad(W, b, x, t)             # generated at first use, and so are loss.vjp, loss.jvp
    grad(loss, wrt="x")               # of any function whose source can be found

A function that cannot be differentiated is refused when it is decorated. Generated code is kept
in a cache on disk (`s2sad.cache`), so that it is generated once. The derivatives of a method are
`Model.energy.grad(model, q)`, or `grad(model.energy)(q)`.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from types import FunctionType, MethodType
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar, overload

from s2sad.derivatives import Options, derivative, kept_derivative, record_of
from s2sad.errors import ManyErrors, S2SADError
from s2sad.parameters import Wrt, chosen

P = ParamSpec("P")
Q = ParamSpec("Q")
S = TypeVar("S")
R_co = TypeVar("R_co", covariant=True)
R = TypeVar("R")

NO_SCALAR = "S2S010"  # the refusal of a gradient, where there can be a vjp


class Differentiable(Protocol[P, R_co]):
    """What type checkers know about a decorated function. At run time it is the function."""

    __name__: str
    __qualname__: str
    __module__: str

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co: ...

    @property
    def value_and_grad(self) -> Callable[P, tuple[R_co, Any]]:
        """The value and the gradient."""

    @property
    def grad(self) -> Callable[P, Any]:
        """The gradient."""

    @property
    def vjp(self) -> Callable[..., tuple[R_co, Any]]:
        """The value, and the gradient for the output cotangent `d_out`."""

    @property
    def jvp(self) -> Callable[..., tuple[R_co, Any]]:
        """The value, and its derivative along tangents: `dot_x` for each parameter x of wrt."""

    @property
    def hvp(self) -> Callable[..., Any]:
        """The Hessian times a direction: `dot_x` for each parameter x of wrt."""

    @property
    def jacobian(self) -> Callable[P, Any]:
        """The Jacobian."""

    @property
    def hessian(self) -> Callable[P, Any]:
        """The Hessian."""

    @overload
    def __get__(self, instance: None, owner: type, /) -> Differentiable[P, R_co]: ...

    @overload
    def __get__(
        self: Differentiable[Concatenate[S, Q], R_co], instance: S, owner: type | None = None, /
    ) -> Callable[Q, R_co]: ...


@overload
def differentiable(function: Callable[P, R], /) -> Differentiable[P, R]: ...


@overload
def differentiable(
    *,
    wrt: Wrt = None,
    has_aux: bool = False,
    in_place: bool = False,
    memory_comments: bool = False,
) -> Callable[[Callable[P, R]], Differentiable[P, R]]: ...


def differentiable(
    function: Callable[..., Any] | None = None,
    /,
    *,
    wrt: Wrt = None,
    has_aux: bool = False,
    in_place: bool = False,
    memory_comments: bool = False,
) -> Any:
    """Gives a function its derivatives, as attributes: `value_and_grad`, `grad`, `vjp`, `jvp`.

    The function itself is handed back unchanged. `value_and_grad` is generated at once (`vjp`, if
    the function's result is not a number), the others when they are first used.

    Args:
        function: when used without parentheses.
        wrt: name or position of the parameter to differentiate with respect to, or a tuple of
            them, which gives a tuple of gradients. The default is the first parameter (after
            `self`).
        has_aux: the function returns `(value, anything)`, and so will `value_and_grad`.
        in_place: `value_and_grad`, `grad`, `vjp` and `jvp` work in the arrays that they are handed,
            and leave them as the plain function does. By default they work in copies.
        memory_comments: comments in `source` say what is remembered, how much of it and why.

    Raises:
        S2SADError: the function cannot be differentiated.
    """
    flags = {"has_aux": has_aux, "in_place": in_place, "memory_comments": memory_comments}
    if function is None:
        return lambda function: _decorated(function, wrt, flags)
    return _decorated(function, wrt, flags)


def value_and_grad(
    function: Callable[P, R],
    wrt: Wrt = None,
    *,
    has_aux: bool | None = None,
    in_place: bool | None = None,
    memory_comments: bool | None = None,
) -> Callable[P, tuple[R, Any]]:
    """The function that returns the value of `function` and its gradient.

    Args:
        function: a function or method whose source can be found.
        wrt: as for `differentiable`. The default is what the function was decorated with, if it
            was, else its first parameter.
        has_aux: the same.
        in_place: the same.
        memory_comments: the same.

    Raises:
        S2SADError: the function cannot be differentiated.
    """
    found: Callable[P, tuple[R, Any]] = _derived(
        function, "value-and-grad", wrt, has_aux, in_place, memory_comments
    )
    return found


def grad(
    function: Callable[P, Any],
    wrt: Wrt = None,
    *,
    has_aux: bool | None = None,
    in_place: bool | None = None,
    memory_comments: bool | None = None,
) -> Callable[P, Any]:
    """The function that returns the gradient of `function`; see `value_and_grad`."""
    found: Callable[P, Any] = _derived(function, "grad", wrt, has_aux, in_place, memory_comments)
    return found


def vjp(
    function: Callable[..., R],
    wrt: Wrt = None,
    *,
    has_aux: bool | None = None,
    in_place: bool | None = None,
    memory_comments: bool | None = None,
) -> Callable[..., tuple[R, Any]]:
    """The function that returns the value of `function`, and its gradient for a given cotangent.

    The result of `function` may be an array or a container. The generated function takes the
    adjoint of that result as the keyword argument `d_out`. See `value_and_grad`.
    """
    found: Callable[..., tuple[R, Any]] = _derived(
        function, "vjp", wrt, has_aux, in_place, memory_comments
    )
    return found


def jvp(
    function: Callable[..., R],
    wrt: Wrt = None,
    *,
    has_aux: bool | None = None,
    in_place: bool | None = None,
) -> Callable[..., tuple[R, Any]]:
    """The function that returns the value of `function`, and its derivative along a direction.

    The generated function takes the tangent of each parameter of `wrt` as a keyword argument,
    `dot_x` for the parameter x, and the result may be an array or a container; with `has_aux`
    the tangent is that of the first part of the result. See `value_and_grad`.
    """
    found: Callable[..., tuple[R, Any]] = _derived(function, "jvp", wrt, has_aux, in_place)
    return found


def hvp(
    function: Callable[..., Any], wrt: Wrt = None, *, has_aux: bool | None = None
) -> Callable[..., Any]:
    """The function that returns the Hessian of `function`, times a direction.

    The generated function takes the direction as keyword arguments, `dot_x` for the parameter x,
    and returns what is shaped like the gradient. See `value_and_grad`.
    """
    found: Callable[..., Any] = _derived(function, "hvp", wrt, has_aux)
    return found


def jacobian(
    function: Callable[P, Any], wrt: Wrt = None, *, mode: str = "auto"
) -> Callable[P, Any]:
    """The function that returns the Jacobian of `function`, shaped output.shape + input.shape.

    It is complex where the result is, and of complex parameters if `function` is holomorphic.

    Args:
        function: its parameters `wrt` and its result are numbers, arrays, or containers of these;
            containers have a block for each pair of arrays, nested as JAX nests them.
        wrt: as for `differentiable`; a tuple gives a tuple of Jacobians.
        mode: "forward" finds columns by `jvp`, "reverse" rows by `vjp`, "auto" what is less.

    Raises:
        S2SADError: the function cannot be differentiated.
    """
    modes = {"auto": "jacobian", "forward": "jacobian-forward", "reverse": "jacobian-reverse"}
    if mode not in modes:
        raise S2SADError("S2S006", f"there is no mode {mode!r}", None, 'Say "auto", "forward" or '
                         '"reverse".')  # fmt: skip
    found: Callable[P, Any] = _derived(function, modes[mode], wrt, None)
    return found


def sparse_jacobian(function: Callable[..., Any], wrt: Wrt = None) -> Callable[..., Any]:
    """The function that returns the elements of a Jacobian that are not zero.

    It takes their `rows` and `columns`, numbers of places in the flattened result and parameter, as
    keyword arguments; columns that share no row are found together, by one `jvp`.
    """
    found: Callable[..., Any] = _derived(function, "sparse-jacobian", wrt, None)
    return found


def hessian(function: Callable[P, Any], wrt: Wrt = None) -> Callable[P, Any]:
    """The function that returns the Hessian of `function`, of the shape of its input twice.

    For a tuple of parameters it is a tuple of tuples of blocks, for a container a container of
    containers. See `hvp`, which needs no matrix.
    """
    found: Callable[P, Any] = _derived(function, "hessian", wrt, None)
    return found


class Pending:
    """A derivative of a decorated function that nobody has used yet.

    The first call, or the first look at what it is, generates it; from then on the attribute of the
    decorated function is the generated function itself.
    """

    def __init__(self, function: FunctionType, attribute: str, options: Options) -> None:
        self._function = function
        self._attribute = attribute
        self._options = options
        self.__name__ = f"{function.__name__}_{attribute}"
        self.__qualname__ = f"{function.__qualname__}.{attribute}"
        self.__module__ = function.__module__

    def generated(self) -> FunctionType:
        """The function that this stands for."""
        return self._put(derivative(self._function, self._options, self._attribute))

    def is_kept(self) -> bool:
        """Whether it has been generated before; then it takes its place."""
        found = kept_derivative(self._function, self._options, self._attribute)
        return found is not None and self._put(found) is found

    def _put(self, found: FunctionType) -> FunctionType:
        if isinstance(self._function.__dict__.get(self._attribute), Pending):
            setattr(self._function, self._attribute, found)
        return found

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.generated()(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        if name == "__signature__":
            return inspect.signature(self.generated())
        if name == "source" or name in vars(FunctionType):
            return getattr(self.generated(), name)
        raise AttributeError(f"a generated function has no attribute {name!r}")

    def __reduce__(self) -> tuple[Any, ...]:
        return Pending, (self._function, self._attribute, self._options)

    def __repr__(self) -> str:
        return f"<function {self.__qualname__}, generated at first use>"


def _decorated(function: Any, wrt: Wrt, flags: Mapping[str, bool]) -> Any:
    plain = _plain_function(function)
    names, bare = _chosen(plain, wrt)
    declared = Options("value-and-grad", names, bare, **flags)
    record_of(plain).declared = declared
    pending = {}
    for mode in ("value-and-grad", "grad", "vjp", "jvp", "hvp", "jacobian", "hessian"):
        attribute = mode.replace("-", "_")
        pending[mode] = Pending(plain, attribute, declared.of_mode(mode))
        for owner in (plain, function):
            setattr(owner, attribute, pending[mode])
    _generate_one(pending["value-and-grad"], pending["vjp"])
    return function


def _generate_one(value_and_grad: Pending, vjp: Pending) -> None:
    """Generates what a function has: where its result is no number, that is only a `vjp`.

    A `vjp` that has been kept without a `value_and_grad` belongs to such a function.
    """
    if value_and_grad.is_kept() or vjp.is_kept():
        return
    try:
        value_and_grad.generated()
    except S2SADError as error:
        if error.code != NO_SCALAR or isinstance(error, ManyErrors):
            raise
        vjp.generated()


def _derived(
    function: Any,
    mode: str,
    wrt: Wrt,
    has_aux: bool | None = None,
    in_place: bool | None = None,
    memory_comments: bool | None = None,
) -> Any:
    if isinstance(function, MethodType):
        found = _derived(function.__func__, mode, wrt, has_aux, in_place, memory_comments)
        return MethodType(found, function.__self__)
    plain = _plain_function(function)
    declared = record_of(plain).declared
    given = {"has_aux": has_aux, "in_place": in_place, "memory_comments": memory_comments}
    flags: dict[str, Any] = {name: flag for name, flag in given.items() if flag is not None}
    names, bare = _chosen(plain, wrt)
    if declared is None:
        return derivative(plain, Options(mode, names, bare)._replace(**flags))
    if wrt is None:
        names, bare = declared.wrt, declared.bare
    options = declared.of_mode(mode)._replace(wrt=names, bare=bare, **flags)
    if options != declared.of_mode(mode):
        return derivative(plain, options)
    if mode.replace("-", "_") not in plain.__dict__:
        return derivative(plain, options)
    found = plain.__dict__[mode.replace("-", "_")]
    return found.generated() if isinstance(found, Pending) else found


def _chosen(function: FunctionType, wrt: Wrt) -> tuple[tuple[str, ...], bool]:
    if wrt is None:
        return (), True
    names = inspect.signature(function, follow_wrapped=False).parameters
    return chosen(wrt, list(names), function.__name__)


def _plain_function(function: Any) -> FunctionType:
    """The Python function that is meant.

    Compilers and caches that change nothing about what a function computes are looked through:
    Numba keeps the function as `py_func`, `functools.lru_cache` as `__wrapped__`.
    """
    if isinstance(function, Pending):
        return function.generated()
    if isinstance(function, FunctionType):
        return function
    is_cache = isinstance(function, functools._lru_cache_wrapper)
    inner = getattr(function, "__wrapped__" if is_cache else "py_func", None)
    if isinstance(inner, FunctionType):
        return inner
    name = getattr(function, "__name__", None) or repr(function)
    kind = type(function).__name__
    raise S2SADError(
        "S2S007",
        f"{name} is a {kind}, and only functions written in Python have a source",
        None,
        (
            f"Put @differentiable below @{kind}."
            if isinstance(function, (staticmethod, classmethod, property))
            else "Write a function that calls it, and differentiate that."
        ),
    )
