"""Numbers, arrays, and containers of them, leaf by leaf.

list(float_leaves({"W": array, "n": 3}))     [(("W",), array)]
moved({"W": array}, {("W",): step})          {"W": array + step}
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import numpy as np

Path: TypeAlias = tuple[Any, ...]
Tree: TypeAlias = Any


def is_float(leaf: Tree) -> bool:
    """Whether a leaf has a derivative: a float or complex number, or an array of them."""
    if isinstance(leaf, np.ndarray | np.generic):
        return leaf.dtype.kind in "fc"
    return isinstance(leaf, float | complex)


def parts(tree: Tree) -> list[tuple[Any, Tree]] | None:
    """The parts of a container with their keys; None for a leaf."""
    if dataclasses.is_dataclass(tree) and not isinstance(tree, type):
        return [(field.name, getattr(tree, field.name)) for field in dataclasses.fields(tree)]
    if isinstance(tree, dict):
        return list(tree.items())
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return list(zip(tree._fields, tree, strict=True))
    if isinstance(tree, list | tuple):
        return list(enumerate(tree))
    return None


def rebuilt(tree: Tree, new: Mapping[Any, Tree]) -> Tree:
    """A container like another one, with other parts."""
    if dataclasses.is_dataclass(tree) and not isinstance(tree, type):
        return dataclasses.replace(tree, **new)
    if isinstance(tree, dict):
        return type(tree)(new)
    if hasattr(tree, "_fields"):
        return type(tree)(*new.values())
    return type(tree)(new.values())


def float_leaves(tree: Tree, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """The leaves that have a derivative, each with the keys that lead to it."""
    inside = parts(tree)
    if inside is None:
        if is_float(tree):
            yield path, tree
        return
    for key, part in inside:
        yield from float_leaves(part, (*path, key))


def moved(tree: Tree, steps: Mapping[Path, Any], path: Path = ()) -> Tree:
    """The tree with `steps[path]` added to the leaf at each path; steps may be complex."""
    inside = parts(tree)
    if inside is None:
        if path not in steps:
            return tree
        total = np.asarray(tree) + steps[path]
        return total if isinstance(tree, np.ndarray) else total[()]
    return rebuilt(tree, {key: moved(part, steps, (*path, key)) for key, part in inside})


def in_double(tree: Tree) -> Tree:
    """The tree with every array in double precision."""
    inside = parts(tree)
    if inside is None:
        if is_float(tree) and hasattr(tree, "astype"):
            return tree.astype(np.result_type(tree, np.float64))
        return tree
    return rebuilt(tree, {key: in_double(part) for key, part in inside})


def shown(name: str, path: Path) -> str:
    """A leaf as one would write it: params['W'][0]."""
    return name + "".join(f"[{key!r}]" for key in path)


def same(one: Tree, other: Tree) -> bool:
    """Whether two trees are equal to the last bit, not a number being equal to itself."""
    here, there = parts(one), parts(other)
    if here is None or there is None:
        if isinstance(one, np.ndarray | np.generic | float | complex):
            return bool(np.shape(one) == np.shape(other)) and np.array_equal(
                one, other, equal_nan=np.asarray(one).dtype.kind in "fc"
            )
        return here is there and bool(one is other or one == other)
    return [key for key, _ in here] == [key for key, _ in there] and all(
        same(x, y) for (_, x), (_, y) in zip(here, there, strict=True)
    )


def inner(adjoint: Tree, tangent: Tree) -> tuple[float, float]:
    """The inner product of the adjoint and the tangent of a value, and the sum of its terms' sizes.

    Complex numbers are taken as pairs of real ones: Re(conj(adjoint) * tangent). An adjoint may
    have other containers than its value (a dict for an object), lack parts that are zero, and be of
    a shape that broadcasts to the value's.
    """
    if adjoint is None or tangent is None:
        return 0.0, 0.0
    inside, own = parts(tangent), parts(adjoint)
    if inside is None and own is None:
        terms = np.real(np.conj(adjoint) * np.asarray(tangent))
        return float(np.sum(terms)), float(np.sum(np.abs(terms)))
    if inside is None and isinstance(adjoint, dict):  # of some elements of an array
        inside = [(key, np.asarray(tangent)[key]) for key in adjoint]
    inside = list(enumerate(tangent)) if inside is None else inside
    if own is None:
        several = isinstance(adjoint, np.ndarray) and adjoint.ndim > 0
        own = [(key, adjoint[k] if several else adjoint) for k, (key, _) in enumerate(inside)]
    known = dict(own)
    if own and not isinstance(adjoint, dict) and own[0][0] != inside[0][0]:
        # A tuple for an object, or the other way round: by position.
        known = {key: part for (key, _), (_, part) in zip(inside, own, strict=False)}
    found = [inner(known.get(key), part) for key, part in inside]
    return sum(total for total, _ in found), sum(size for _, size in found)
