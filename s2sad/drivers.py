"""Functions around others, as text: Jacobians and Hessians by a loop over directions.

    columns of a Jacobian    f_jvp along each unit vector of the parameter
    rows of a Jacobian       f_vjp for each unit vector of the result
    columns of a Hessian     loss_hvp along each unit vector

Arrays have a loop over their elements, which fills a block for each parameter. Containers have one
over all their numbers, which fills a matrix; helpers cut that into blocks.

A driver takes the parameters of the function that it calls, but for the directions. Its text needs
NumPy alone.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Inner:
    """The function that a driver calls: its name, its parameters as text, and how they are handed
    on."""

    name: str
    parameters: str
    passed: str


def inner_function(text: str, name: str, seeds: Sequence[str]) -> Inner:
    """What a driver has to know of a generated function; it fills the parameters `seeds`."""
    functions = (n for n in ast.parse(text).body if isinstance(n, ast.FunctionDef))
    args = next(node for node in functions if node.name == name).args
    args.kw_defaults = [
        d for a, d in zip(args.kwonlyargs, args.kw_defaults, strict=True) if a.arg not in seeds
    ]
    args.kwonlyargs = [a for a in args.kwonlyargs if a.arg not in seeds]
    passed = [a.arg for a in (*args.posonlyargs, *args.args)]
    passed += [f"*{args.vararg.arg}"] if args.vararg else []
    passed += [f"{a.arg}={a.arg}" for a in args.kwonlyargs]
    passed += [f"**{args.kwarg.arg}"] if args.kwarg else []
    return Inner(name, ast.unparse(args), ", ".join(passed))


def _free(name: str, inner: Inner) -> str:
    """A name that no parameter has."""
    definition = ast.parse(f"def f({inner.parameters}): pass")
    taken = {node.arg for node in ast.walk(definition) if isinstance(node, ast.arg)}
    while name in taken:
        name += "_"
    return name


# ---------------------------------------------------------------- Jacobians


def jacobian(
    name: str,
    of: str,
    wrt: Sequence[str],
    bare: bool,
    forward: Inner | None,
    reverse: Inner | None,
    by_rows: bool = False,
) -> str:
    """The Jacobian of a function: by columns, by rows, or by what is less.

    Without `forward` the function returns a number, and its gradient is the only row.
    """
    inner = forward or reverse
    assert inner is not None
    a = Arrays(wrt, bare, inner)
    value, matrix = a.free("value"), a.free("jacobian")
    shaped = f"value.shape + {wrt[0]}.shape" if bare else "value.shape + that of each parameter"
    how = "column by column" if forward else "its gradient"
    if forward and reverse:
        how = "row by row" if by_rows else "by columns or rows, whichever are fewer"
    lines = [
        f"def {name}({inner.parameters}):",
        f'"""Jacobian of `{of}` with respect to {_listed(wrt)}: {how}.',
        "",
        "Returns:",
        f"    The Jacobian, of the shape {shaped}.",
        '"""',
    ]
    if forward is None:
        call = f"{inner.name}({inner.passed}, d_out=1.0)"
        return _function([*lines, f"_, {matrix} = {call}", f"return {matrix}"])
    i, block, part = map(a.free, ("i", "block", "part"))
    shape = f"np.shape({value})"
    lines += [*a.directions(), f"{value}, _ = {a.along(forward)}"]
    if bare:
        lines.append(f"{matrix} = np.zeros({shape} + np.shape({wrt[0]}))")
    else:
        lines.append(f"{matrix} = [np.zeros({shape} + np.shape(x)) for x in {a.inputs}]")
    place = f"{matrix if bare else f'{matrix}[{a.k}]'}[(..., *{i})]"
    columns = a.along_each([f"_, {place} = {a.along(forward)}"])
    row = a.free("gradient")
    stored = [f"_, {matrix}[{i}] = {a.times(reverse)}"] if bare and reverse else []
    if not bare and reverse:
        stored = [
            f"_, {row} = {a.times(reverse)}",
            f"for {block}, {part} in zip({matrix}, {row}, strict=True):",
            f"    {block}[{i}] = {part}",
        ]
    rows = [
        f"d_out = np.zeros({shape})",
        f"for {i} in np.ndindex({shape}):",
        f"    d_out[{i}] = 1.0",
        *_indented(stored),
        f"    d_out[{i}] = 0.0",
    ]
    if reverse is None:
        lines += columns
    elif by_rows:
        lines += rows
    else:
        size = f"np.size({wrt[0]})" if bare else f"sum(map(np.size, {a.inputs}))"
        lines += [f"if {size} <= np.size({value}):", *_indented(columns)]
        lines += ["else:", *_indented(rows)]
    result = f"{matrix}[()]" if bare else f"tuple({block}[()] for {block} in {matrix})"
    return _function([*lines, f"return {result}"])


def sparse_jacobian(name: str, of: str, wrt: Sequence[str], forward: Inner) -> str:
    """The elements of a Jacobian that are not zero, several columns at a time."""
    (x,) = wrt
    parameters = _with_keywords(forward.parameters, "rows", "columns")
    return _function([
        f"def {name}({parameters}):",
        f'"""Elements of the Jacobian of `{of}` with respect to {x} at the places (rows, columns).',
        "",
        "All others are zero. Columns that have no row in common are found together.",
        "",
        "Returns:",
        "    One number for each place: scipy.sparse.coo_array((values, (rows, columns))).",
        '"""',
        "rows, columns = np.asarray(rows), np.asarray(columns)",
        f"group = column_groups(rows, columns, np.size({x}))",
        "values = np.zeros(len(rows))",
        "for k in range(max(group, default=-1) + 1):",
        f"    dot_{x} = np.reshape(np.where(group == k, 1.0, 0.0), np.shape({x}))",
        f"    _, dot_value = {forward.name}({forward.passed}, dot_{x}=dot_{x})",
        "    here = group[columns] == k",
        "    values[here] = np.ravel(dot_value)[rows[here]]",
        "return values",
    ])  # fmt: skip


# ---------------------------------------------------------------- Hessians


def hessian(name: str, of: str, wrt: Sequence[str], bare: bool, inner: Inner) -> str:
    """The Hessian of a function that returns a number, column by column."""
    a = Arrays(wrt, bare, inner)
    shaped = f"{wrt[0]}.shape + {wrt[0]}.shape" if bare else "two parameters for each block"
    names = ("hessian", "i", "row", "column", "part")
    matrix, i, row, column, part = map(a.free, names)
    lines = [
        f"def {name}({inner.parameters}):",
        f'"""Hessian of `{of}` with respect to {_listed(wrt)}, column by column.',
        "",
        "Returns:",
        f"    The Hessian, of the shape {shaped}.",
        '"""',
    ]
    if bare:
        x = wrt[0]
        return _function([
            *lines,
            *a.directions(),
            f"{matrix} = np.zeros(np.shape({x}) + np.shape({x}))",
            *a.along_each([f"{matrix}[(..., *{i})] = {a.along(inner)}"]),
            f"return {matrix}[()]",
        ])  # fmt: skip
    return _function([
        *lines,
        *a.directions(),
        f"{matrix} = [[np.zeros(np.shape(x) + np.shape(y)) for y in {a.inputs}] "
        f"for x in {a.inputs}]",
        *a.along_each([
            f"{column} = {a.along(inner)}",
            f"for {row}, {part} in zip({matrix}, {column}, strict=True):",
            f"    {row}[{a.k}][(..., *{i})] = {part}",
        ]),
        f"return tuple(tuple(block[()] for block in {row}) for {row} in {matrix})",
    ])  # fmt: skip


@dataclass(frozen=True)
class Arrays:
    """The parameters that a driver is with respect to, where all are arrays or numbers: one, which
    is `bare`, or several, through which one loop goes."""

    wrt: Sequence[str]
    bare: bool
    inner: Inner

    def free(self, name: str) -> str:
        """A name that no parameter has."""
        return _free(name, self.inner)

    @property
    def inputs(self) -> str:
        """The name of several parameters."""
        return self.free("inputs")

    @property
    def k(self) -> str:
        """The number of one of several parameters."""
        return self.free("k")

    def directions(self) -> list[str]:
        """Names for the parameters and their tangents, which are zeros so far."""
        if self.bare:
            return [f"dot_{self.wrt[0]} = {_zeros(self.wrt[0])}"]
        last = "," if len(self.wrt) == 1 else ""
        dots = ", ".join(f"dot_{x}" for x in self.wrt)
        return [
            f"{self.inputs} = {', '.join(self.wrt)}{last}",
            f"{dots}{last} = {self.dots} = [np.zeros(np.shape(x)) for x in {self.inputs}]",
        ]

    @property
    def dots(self) -> str:
        """The name of several tangents."""
        return self.free("dots")

    def along_each(self, stored: list[str]) -> list[str]:
        """The loop over the directions, and what is done along each."""
        i = self.free("i")
        dot = f"dot_{self.wrt[0]}" if self.bare else self.free("dot")
        loop = [
            f"for {i} in np.ndindex({dot}.shape):",
            f"    {dot}[{i}] = 1.0",
            *_indented(stored),
            f"    {dot}[{i}] = 0.0",
        ]
        if self.bare:
            return loop
        return [f"for {self.k}, {dot} in enumerate({self.dots}):", *_indented(loop)]

    def along(self, inner: Inner) -> str:
        """The call of a function along the direction."""
        given = ", ".join(f"dot_{x}=dot_{x}[()]" for x in self.wrt)
        return f"{inner.name}({inner.passed}, {given})"

    def times(self, inner: Inner) -> str:
        """The call of a function with the seed."""
        return f"{inner.name}({inner.passed}, d_out=d_out[()])"


# ---------------------------------------------------------------- containers


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
        items = [x if x in self.containers else _zeros(x) for x in self.wrt]
        if self.bare and items[0] in self.containers:
            return items[0], []
        return name, [f"{name} = {self.tied(items)}"]

    def structure(self) -> str:
        """The parameters, as a docstring names them."""
        return self.wrt[0] if self.bare else f"({self.tied(list(self.wrt))})"

    def tied(self, items: list[str]) -> str:
        """What there is of each parameter, as one container."""
        return _result(items, self.bare)

    def dots(self) -> str:
        """The tangents, as names to assign to."""
        return self.tied([f"dot_{x}" for x in self.wrt])

    def along(self, inner: Inner) -> str:
        """The call of a function along the tangents."""
        given = ", ".join(f"dot_{x}=dot_{x}" for x in self.wrt)
        return f"{inner.name}({inner.passed}, {given})"


def tree_jacobian(a: Around, forward: Inner, reverse: Inner | None, by_rows: bool) -> str:
    """The Jacobian of all numbers in containers as one matrix, cut into blocks."""
    free = [_free(name, forward) for name in "inputs outputs n m k matrix column row".split()]
    inputs, outputs, n, m, k, matrix, column, row = free
    inputs, making = a.inputs(inputs)
    size, flat, direction = map(a.helper, ("size_of", "flat", "direction"))
    columns = [
        f"for {k} in range({n}):",
        f"    {a.dots()} = {direction}({inputs}, {k})",
        f"    _, {column} = {a.along(forward)}",
        f"    {matrix}[:, {k}] = {flat}({outputs}, {column})",
    ]
    loop, how = columns, "column by column"
    if reverse is not None:
        rows = [
            f"for {k} in range({m}):",
            f"    d_out = {direction}({outputs}, {k})",
            f"    _, {row} = {reverse.name}({reverse.passed}, d_out=d_out)",
            f"    {matrix}[{k}] = {flat}({inputs}, {row})",
        ]
        loop = [f"if {n} <= {m}:", *_indented(columns), "else:", *_indented(rows)]
        how = "by columns or rows, whichever are fewer"
        if by_rows:
            loop, how = rows, "row by row"
    return _function([
        f"def {a.name}({forward.parameters}):",
        f'"""Jacobian of `{a.of}` with respect to {_listed(a.wrt)}: {how}.',
        "",
        "Returns:",
        f"    The structure of the value, with that of {a.structure()} for each array in it, with",
        "    a block of the shape output.shape + input.shape for each array in that.",
        '"""',
        *making,
        f"{a.dots()} = {direction}({inputs})",
        f"_, {outputs} = {a.along(forward)}",
        f"{n}, {m} = {size}({inputs}), {size}({outputs})",
        f"{matrix} = np.zeros(({m}, {n}))",
        *loop,
        f"return {a.helper('blocks')}({matrix}, {outputs}, {inputs})",
    ])  # fmt: skip


def tree_hessian(a: Around, inner: Inner) -> str:
    """The Hessian of all numbers in containers as one matrix, cut into blocks."""
    free = [_free(name, inner) for name in ("inputs", "n", "k", "matrix", "column")]
    inputs, n, k, matrix, column = free
    inputs, making = a.inputs(inputs)
    return _function([
        f"def {a.name}({inner.parameters}):",
        f'"""Hessian of `{a.of}` with respect to {_listed(a.wrt)}, column by column.',
        "",
        "Returns:",
        f"    The structure of {a.structure()}, with the same again for each array in it, with",
        "    a block of the shape of the one array + that of the other for each in that.",
        '"""',
        *making,
        f"{n} = {a.helper('size_of')}({inputs})",
        f"{matrix} = np.zeros(({n}, {n}))",
        f"for {k} in range({n}):",
        f"    {a.dots()} = {a.helper('direction')}({inputs}, {k})",
        f"    {column} = {a.along(inner)}",
        f"    {matrix}[:, {k}] = {a.helper('flat')}({inputs}, {column})",
        f"return {a.helper('blocks')}({matrix}, {inputs}, {inputs})",
    ])  # fmt: skip


# ---------------------------------------------------------------- text


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _zeros(name: str) -> str:
    return f"np.zeros(np.shape({name}))"


def _result(items: list[str], bare: bool) -> str:
    return items[0] if bare else ", ".join(items) + ("," if len(items) == 1 else "")


def _indented(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def _function(lines: list[str]) -> str:
    head, *body = lines
    return "\n".join([head, *(f"    {line}" if line else "" for line in body)]) + "\n"


def _with_keywords(parameters: str, *names: str) -> str:
    (function,) = ast.parse(f"def f({parameters}): pass").body
    assert isinstance(function, ast.FunctionDef)
    args = function.args
    args.kwonlyargs += [ast.arg(name) for name in names]
    args.kw_defaults += [None for _ in names]
    return ast.unparse(args)


COLUMN_GROUPS = '''
def column_groups(rows, columns, size):
    """The group of each column of a sparse matrix: no two of a group have a row in common.

    Each column in turn gets the first group that none of its neighbours is in.
    """
    of_row, of_column = {}, {}
    for row, column in zip(rows, columns, strict=True):
        of_row.setdefault(int(row), []).append(int(column))
        of_column.setdefault(int(column), []).append(int(row))
    group = np.full(size, -1)
    for column, touched in of_column.items():
        taken = {group[other] for row in touched for other in of_row[row]}
        group[column] = next(k for k in range(len(of_column)) if k not in taken)
    return group
'''
"""The function that a sparse Jacobian finds its groups by."""
