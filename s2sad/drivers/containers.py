"""Jacobians and Hessians of containers: one matrix of all their numbers, cut into blocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from s2sad.drivers.inner import Inner, begun, free
from s2sad.drivers.text import function, indented, listed, tied, zeros


@dataclass(frozen=True)
class Around:
    """A driver where a parameter or the result may be a container: its name, the function that it
    is of, the parameters `wrt` and those of them that are `containers`, and the names that the
    file has for helpers whose own names are taken."""

    name: str
    of: str
    wrt: Sequence[str]
    bare: bool
    containers: frozenset[str]
    renamed: dict[str, str]

    def helper(self, name: str) -> str:
        """What a helper is called in the file."""
        return self.renamed.get(name, name)

    def inputs(self, name: str) -> tuple[str, list[str]]:
        """The parameters as one container, in which each array is one of floats, and its making
        under this name, where it is not a parameter itself."""
        items = [x if x in self.containers else zeros(x) for x in self.wrt]
        if self.bare and items[0] in self.containers:
            return items[0], []
        return name, [f"{name} = {self.tied(items)}"]

    def structure(self) -> str:
        """The parameters, as a docstring names them."""
        return self.wrt[0] if self.bare else f"({self.tied(list(self.wrt))})"

    def tied(self, items: list[str]) -> str:
        """What there is of each parameter, as one container."""
        return tied(items, self.bare)

    def dots(self) -> str:
        """The tangents, as names to assign to."""
        return self.tied([f"dot_{x}" for x in self.wrt])

    def along(self, inner: Inner, k: str, inputs: str, target: str) -> list[str]:
        """What gives a target the derivative along the k-th direction; zeros if k is empty."""
        direction = f"{self.helper('direction')}({inputs}{k and ', '}{k})"
        seeds = {f"dot_{x}": f"dot_{x}" for x in self.wrt}
        return [f"{self.dots()} = {direction}", *inner.along(seeds, target)]


def tree_jacobian(a: Around, forward: Inner, reverse: Inner | None, by_rows: bool) -> str:
    """The Jacobian of all numbers in containers as one matrix, cut into blocks."""
    start = begun(forward, reverse, by_rows)
    forward, reverse = start.forward, start.reverse
    names = "inputs outputs n m k matrix column row".split()
    inputs, outputs, n, m, k, matrix, column, row = (free(x, forward, reverse) for x in names)
    inputs, making = a.inputs(inputs)
    size, flat = a.helper("size_of"), a.helper("flat")
    # The tangent says what is no float; the value of a program of integers would not.
    tangent = a.along(replace(forward, parts=None), "", inputs, outputs)
    columns = [
        *start.columns,
        f"for {k} in range({n}):",
        *indented(a.along(forward, k, inputs, column)),
        f"    {matrix}[:, {k}] = {flat}({outputs}, {column})",
    ]
    loop, how = columns, "column by column"
    if reverse is not None:
        rows = [
            *start.rows,
            f"for {k} in range({m}):",
            f"    d_out = {a.helper('direction')}({outputs}, {k})",
            *indented(reverse.along({"d_out": "d_out"}, row)),
            f"    {matrix}[{k}] = {flat}({inputs}, {row})",
        ]
        loop = [f"if {n} <= {m}:", *indented(columns), "else:", *indented(rows)]
        how = "by columns or rows, whichever are fewer"
        if by_rows:
            loop, how = rows, "row by row"
    return function([
        f"def {a.name}({forward.parameters}):",
        f'"""Jacobian of `{a.of}` with respect to {listed(a.wrt)}: {how}.',
        "",
        "Returns:",
        f"    The structure of the value, with that of {a.structure()} for each array in it, with",
        "    a block of the shape output.shape + input.shape for each array in that.",
        '"""',
        *making,
        *tangent,
        *start.lines,
        f"{n}, {m} = {size}({inputs}), {size}({outputs})",
        f"{matrix} = np.zeros(({m}, {n}))",
        *loop,
        f"return {a.helper('blocks')}({matrix}, {outputs}, {inputs})",
    ])  # fmt: skip


def tree_hessian(a: Around, inner: Inner) -> str:
    """The Hessian of all numbers in containers as one matrix, cut into blocks."""
    names = ("inputs", "n", "k", "matrix", "column")
    inputs, n, k, matrix, column = (free(name, inner) for name in names)
    inputs, making = a.inputs(inputs)
    return function([
        f"def {a.name}({inner.parameters}):",
        f'"""Hessian of `{a.of}` with respect to {listed(a.wrt)}, column by column.',
        "",
        "Returns:",
        f"    The structure of {a.structure()}, with the same again for each array in it, with",
        "    a block of the shape of the one array + that of the other for each in that.",
        '"""',
        *making,
        *inner.before,
        f"{n} = {a.helper('size_of')}({inputs})",
        f"{matrix} = np.zeros(({n}, {n}))",
        f"for {k} in range({n}):",
        *indented(a.along(inner, k, inputs, column)),
        f"    {matrix}[:, {k}] = {a.helper('flat')}({inputs}, {column})",
        f"return {a.helper('blocks')}({matrix}, {inputs}, {inputs})",
    ])  # fmt: skip
