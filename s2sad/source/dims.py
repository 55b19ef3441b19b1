"""The grammar of jaxtyping's shapes: what `"*batch n-1 3"` says.

n        a symbol: the same size wherever it stands
3        a number; rows=3 is the same
n-1      an expression of symbols
_        some size; so is _name, and what may be broadcast (#n) or differs by leaf (?n)
*batch   any number of axes; so is ...
"""

from __future__ import annotations

import ast
from collections.abc import Callable

from s2sad.analysis.types import AnyShape, Dim, Shape, Star


def parse_dims(text: str, name: str, renamed: Callable[[str], str] = str) -> AnyShape:
    """The shape that jaxtyping's dimension string means, for a value called `name`.

    Raises:
        ValueError: the string does not follow jaxtyping's grammar.
    """
    sizes: list[Dim] = []
    variadic, stable = 0, True
    for axis, word in enumerate(text.split()):
        marks, size = _split_marks(word)
        variadic += "*" in marks
        anonymous = bool(marks & set("_#?")) or "{" in size or not size
        stable = stable and not anonymous
        known = int(size) if size.isdecimal() else renamed(size)
        sizes.append(f"?{name}.{axis}" if anonymous else known)
    if variadic > 1:
        raise ValueError("only one of its axes can be *name or ...")
    if not variadic:
        return Shape(tuple(sizes))
    return Star(renamed(" ".join(text.split()))) if stable else Star(name)


def _split_marks(word: str) -> tuple[set[str], str]:
    """The marks before a size, and the size: `*#n` is ({"*", "#"}, "n"), `rows=4` is (set(), "4").

    `...` is the same as `*_`.
    """
    if word == "...":
        return {"*", "_"}, ""
    if "..." in word:
        raise ValueError(f"'...' stands alone, unlike {word!r}")
    if "," in word and "(" not in word:
        raise ValueError("axes are separated by spaces, not commas")
    marks: set[str] = set()
    size = word
    while size:
        if size[0] in "#*_?":
            if size[0] in marks:
                raise ValueError(f"{size[0]!r} stands twice before one axis")
            marks.add(size[0])
            size = size[1:]
        elif size.count("=") == 1:
            size = size.partition("=")[2]
        else:
            break
    if not size or size.isidentifier():
        if {"_", "#"} <= marks:
            raise ValueError(f"{word!r} is both anonymous and broadcastable")
        if not size and "_" not in marks:
            raise ValueError(f"{word!r} names no size")
        return marks, size
    if marks - {"#"}:
        raise ValueError(f"{word!r} is a fixed size, which cannot have the mark before it")
    if "{" not in size:
        try:
            ast.parse(size, mode="eval")
        except (SyntaxError, ValueError):
            raise ValueError(f"{word!r} is not an expression") from None
    return marks, size
