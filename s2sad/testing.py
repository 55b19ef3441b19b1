"""Gradients checked in test suites: `check_gradients(loss, (W, b, x), wrt=("W", "b"))`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from s2sad.parameters import Wrt, chosen

__all__ = ["check_gradients"]


def check_gradients(
    function: Callable[..., Any],
    args: Sequence[Any] = (),
    kwargs: Mapping[str, Any] | None = None,
    *,
    wrt: Wrt = None,
    order: int = 1,
    has_aux: bool = False,
    seed: int = 0,
) -> None:
    """Compares the derivatives of a function at a point with complex steps or differences.

    Each leaf of each gradient is compared along a random direction, and where there is forward
    mode, it is compared with reverse mode. A function that is called with `on_gradient` has
    another derivative than its value says, and is found wrong.

    Args:
        function: any function that `s2sad.value_and_grad` or `s2sad.vjp` takes.
        args: the positional arguments of the point.
        kwargs: those by name.
        wrt: as for `value_and_grad`; the default is what the function was decorated with, if it
            was, else its first parameter.
        order: 2 compares the second derivatives as well, as the derivatives of the gradient.
        has_aux: the function returns `(value, anything)`.
        seed: for the directions.

    Raises:
        AssertionError: a derivative is wrong. The message has the figures, and if it can be told
            the statement whose adjoint is wrong.
        S2SADError: a derivative cannot be generated.
    """
    from s2sad.checks.verify import live_report

    plain: Any = getattr(function, "py_func", function)
    signature = inspect.signature(plain)
    bound = signature.bind(*args, **(kwargs or {}))
    bound.apply_defaults()
    if wrt is None:
        record = getattr(plain, "__s2sad__", None)
        wrt = getattr(getattr(record, "declared", None), "wrt", None) or next(iter(bound.arguments))
    names, _ = chosen(wrt, list(signature.parameters), plain.__name__)
    report = live_report(plain, names, dict(bound.arguments), has_aux, seed)
    _assert_right(report)
    if order > 1:
        from s2sad import grad

        gradient: Any = grad(plain, wrt=names, has_aux=False)
        _assert_right(live_report(gradient, names, dict(bound.arguments), False, seed))


def _assert_right(report: Any) -> None:
    if not report.is_right:
        raise AssertionError(f"wrong derivatives\n{report.text}")
