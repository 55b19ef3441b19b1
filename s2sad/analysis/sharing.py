"""The words for shared memory: how a value shares it, what a call does to what it is handed.

    first = v[0]                    shares memory with v as a `view` of it
    w = v                           as the `same`
    w = v.reshape(n)                `maybe`: NumPy decides when it runs
    xs = [v, 1.0]                   as a container that has it as a `part`

`aliases.py` finds the first, `call_effects.py` the second.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeAlias

from s2sad.analysis.types import Type
from s2sad.ir.nodes import Expr, Invoke, Stmt, Var

Sharing: TypeAlias = Literal["same", "view", "maybe", "part"]
"""How a value shares memory with a variable: it is its object, a view of it, one or a copy as NumPy
decides at run time, or a container with it inside."""

Aliases: TypeAlias = list[tuple[Var, Sharing]]

TypeOf: TypeAlias = Callable[[Expr], Type]


@dataclass
class Effects:
    """What a call of a function does to its arguments, by the positions of its parameters;
    `parts` says for each item of a tuple that it returns which of them it shares memory with;
    `tangled` are results of which two parts may share memory."""

    writes: frozenset[int] = frozenset()
    returns: dict[int, Sharing] = field(default_factory=dict)
    parts: tuple[dict[int, Sharing], ...] = ()
    tangled: bool = False


@dataclass(frozen=True)
class Write:
    """A change of the contents of an object: `base[key] = ...`, `base.key = ...`; a key of None
    stands for all of it, or for what is not known of it."""

    statement: Stmt
    base: Expr
    key: Expr | str | None


class CallEffects(Protocol):
    """Knows what calls do to their arguments."""

    program: Any

    def effects(self, node: Invoke) -> Effects:
        """What a call does to its arguments."""


_ORDER: tuple[Sharing, ...] = ("same", "view", "part", "maybe")


def weaker(one: Sharing | None, other: Sharing) -> Sharing:
    """What is known of a value that shares memory in one of two ways."""
    return other if one is None else max(one, other, key=_ORDER.index)
