"""Lines of text, and what they are made into."""

from __future__ import annotations

import ast
from collections.abc import Sequence


def listed(names: Sequence[str]) -> str:
    """Names as a sentence lists them."""
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def zeros(name: str, imaginary: bool = False) -> str:
    """Zeros shaped like a variable."""
    return f"np.zeros(np.shape({name}){', dtype=complex' if imaginary else ''})"


def tied(items: list[str], bare: bool) -> str:
    """What there is of each parameter, as one object."""
    return items[0] if bare else ", ".join(items) + ("," if len(items) == 1 else "")


def indented(lines: Sequence[str]) -> list[str]:
    """Lines as the body of a statement."""
    return [f"    {line}" if line else "" for text in lines for line in text.split("\n")]


def function(lines: list[str]) -> str:
    """A function from its header and the lines of its body."""
    head, *body = lines
    return "\n".join([head, *indented(body)]) + "\n"


def with_keywords(parameters: str, *names: str) -> str:
    """Parameters with further ones, which are given by keyword."""
    (found,) = ast.parse(f"def f({parameters}): pass").body
    assert isinstance(found, ast.FunctionDef)
    args = found.args
    args.kwonlyargs += [ast.arg(name) for name in names]
    args.kw_defaults += [None for _ in names]
    return ast.unparse(args)
