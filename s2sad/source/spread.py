"""Arguments behind `*` and `**` whose number is not written out, one by one.

    def peak(f0, gain, q=1.0)
    peak(*pair, q=q)          pair[0], pair[1], q=q
    peak(**band)              f0=band["f0"], gain=band["gain"], q=band["q"] if "q" in band else 1.0

The parameters say which items there have to be: any other number of them is an error when the call
is made. Behind `*` that is so where no parameter that is left has a default.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import libcst as cst

from s2sad.ir.nodes import Apply, Const, Expr, Select
from s2sad.source.calls import Argument


class Open(NamedTuple):
    """A parameter that arguments may go to: its name, whether it is given by position and by name,
    and its default, None where there is none."""

    name: str
    default: cst.BaseExpression | None
    by_position: bool = True
    by_name: bool = True


Again = Callable[[Argument], Callable[[], Expr] | None]
"""What makes expressions for the value of an argument, as often as they are wanted."""


def spread(
    given: list[Argument],
    parameters: Sequence[Open],
    again: Again,
    literal: Callable[[cst.BaseExpression], Expr | None],
) -> list[Argument]:
    """The arguments of a call with the items of those behind `*` and `**`; as they were, where the
    parameters do not say which these are."""
    stars = [argument for argument in given if argument.star]
    if not stars or len({argument.star for argument in stars}) != len(stars):
        return given
    named = {argument.keyword for argument in given if argument.keyword is not None}
    positional = [p for p in parameters if p.by_position]
    found: list[Argument] = []
    for position, argument in enumerate(given):
        if not argument.star:
            found.append(argument)
            continue
        used = {p.name for p in positional[: sum(a.keyword is None for a in found)]} | named
        if argument.star == "*":
            left = [p for p in positional if p.name not in used]
            later = any(a.star or a.keyword is None for a in given[position + 1 :])
            if later or any(p.default is not None for p in left):
                return given
            whole = again(argument)
            if whole is None:
                return given
            found += [Argument(None, _item(whole(), k)) for k in range(len(left))]
            continue
        left = [p for p in parameters if p.name not in used]
        defaults = {p.name: literal(p.default) for p in left if p.default is not None}
        if None in defaults.values() or not all(p.by_name for p in left):
            return given
        whole = again(argument)
        if whole is None:
            return given
        for parameter in left:
            value: Expr = _item(whole(), parameter.name)
            default = defaults.get(parameter.name)
            if default is not None:
                test = Apply("in", (Const(parameter.name), whole()), (), "infix", "in")
                value = Select(test, value, default)
            found.append(Argument(parameter.name, value))
    return found


def _item(whole: Expr, key: str | int) -> Apply:
    return Apply("getitem", (whole, Const(key)), (), "index")
