"""Kernels of scientific code in plain NumPy: loops that write into arrays, views, swaps of buffers.

Each module has functions as their users write them, and below them `KERNELS`: what each is called
with at two sizes, and its result by other means, so that the function is known to compute what its
name says. Which of them are refused as yet is listed in `tests/test_kernels.py`.
"""

from __future__ import annotations

import copy
import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Kernel:
    """One function, and how it is tested.

    Attributes:
        wrt: the parameters that its derivative is taken with respect to.
        inputs: arguments from a random generator and a size.
        expected: the result from the same arguments, computed in another way.
        writes: the parameters that hold its results, for a function that returns nothing.
        stops: what its gradient says when it stops at run time, where it cannot be right.
    """

    function: Callable[..., Any]
    wrt: tuple[str, ...]
    inputs: Callable[[np.random.Generator, int], tuple[Any, ...]]
    sizes: tuple[int, ...] = (4, 7)
    expected: Callable[..., Any] | None = None
    writes: tuple[str, ...] = ()
    stops: str = ""

    @property
    def name(self) -> str:
        return f"{self.function.__module__.rpartition('.')[2]}.{self.function.__name__}"

    def arguments(self, size: int) -> tuple[Any, ...]:
        return self.inputs(np.random.default_rng(size), size)

    def results(self, args: tuple[Any, ...]) -> Any:
        """What the plain function gives: what it returns, or what it wrote to its arguments."""
        return self.outcome(args)[0]

    def outcome(self, args: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...]]:
        """The results, and the arguments as the function left them."""
        args = copy.deepcopy(args)
        result = self.function(*args)
        if not self.writes:
            return result, args
        assert result is None, f"{self.name} returns something"
        code = self.function.__code__
        names = code.co_varnames[: code.co_argcount]
        written = tuple(args[names.index(name)] for name in self.writes)
        return written if len(written) > 1 else written[0], args


def kernels() -> list[Kernel]:
    """All of them, in the order of their modules' names."""
    return [
        kernel
        for info in pkgutil.iter_modules(__path__, f"{__name__}.")
        for kernel in importlib.import_module(info.name).KERNELS
    ]
