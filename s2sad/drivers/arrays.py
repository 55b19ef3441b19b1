"""Jacobians and Hessians of arrays and numbers: a loop over the elements of one or several."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, replace

from s2sad.drivers.inner import Inner, begun, free
from s2sad.drivers.text import function, indented, listed, tied, with_keywords, zeros

# ---------------------------------------------------------------- Jacobians


def jacobian(
    name: str,
    of: str,
    wrt: Sequence[str],
    bare: bool,
    forward: Inner | None,
    reverse: Inner | None,
    by_rows: bool = False,
    checks: Sequence[str] = (),
    imaginary: Set[str] = frozenset(),
) -> str:
    """The Jacobian of a function: by columns, by rows, or by what is less.

    Without `forward` the function returns a number, and its gradient is the only row. The `checks`
    come first. It is complex if anything is `imaginary`: a parameter, or the value (`return`).
    """
    inner = forward or reverse
    assert inner is not None
    shaped = f"value.shape + {wrt[0]}.shape" if bare else "value.shape + that of each parameter"
    how = "column by column" if forward else "its gradient"
    if forward and begun(forward, reverse, by_rows).reverse:
        how = "row by row" if by_rows else "by columns or rows, whichever are fewer"
    head = [
        f"def {name}({inner.parameters}):",
        f'"""Jacobian of `{of}` with respect to {listed(wrt)}: {how}.',
        "",
        "Returns:",
        f"    The Jacobian, of the shape {shaped}.",
        '"""',
    ]
    if forward is None:
        matrix = free("jacobian", inner)
        call = f"{inner.name}({inner.passed}, d_out=1.0)"
        return function([*head, f"_, {matrix} = {call}", f"return {matrix}"])
    a = Arrays(wrt, bare, forward, reverse, "jacobian", imaginary)
    return function([*head, *checks, *_both_ways(a, by_rows)])


def _both_ways(a: Arrays, by_rows: bool) -> list[str]:
    """The body of a Jacobian, by rows where there is the choice if it is to be `by_rows`."""
    start = begun(a.forward, a.reverse, by_rows)
    a = replace(a, forward=start.forward, reverse=start.reverse)
    value = start.value or a.free("value")
    columns, rows = [*start.columns, *a.columns()], [*start.rows, *a.rows(value)]
    lines = [*a.kept(), *start.lines, *a.named_inputs()]
    if start.value:
        columns[len(start.columns) : len(start.columns)] = a.units_made()
    else:
        lines += [*a.units_made(), *a.value_by_call(value)]
    lines += a.matrix(value)
    if a.reverse is None:
        lines += columns
    elif by_rows:
        lines += rows
    else:
        size = f"np.size({a.given(a.wrt[0])})" if a.bare else f"sum(map(np.size, {a.inputs}))"
        lines += [f"if {size} <= np.size({value}):", *indented(columns)]
        lines += ["else:", *indented(rows)]
    return [*lines, a.returned()]


def sparse_jacobian(name: str, of: str, wrt: Sequence[str], forward: Inner) -> str:
    """The elements of a Jacobian that are not zero, several columns at a time."""
    (x,) = wrt
    parameters = with_keywords(forward.parameters, "rows", "columns")
    names = ("group", "values", "k", "here", f"dot_{x}", "dot_value")
    group, values, k, here, _, column = (free(name, forward) for name in names)
    direction = f"np.reshape(np.where({group} == {k}, 1.0, 0.0), np.shape({x}))"
    return function([
        f"def {name}({parameters}):",
        f'"""Elements of the Jacobian of `{of}` with respect to {x} at the places (rows, columns).',
        "",
        "All others are zero. Columns that have no row in common are found together.",
        "",
        "Returns:",
        "    One number for each place: scipy.sparse.coo_array((values, (rows, columns))).",
        '"""',
        "rows, columns = np.asarray(rows), np.asarray(columns)",
        f"{group} = column_groups(rows, columns, np.size({x}))",
        f"{values} = np.zeros(len(rows))",
        *forward.before,
        f"for {k} in range(max({group}, default=-1) + 1):",
        *indented([
            *forward.along({f"dot_{x}": direction}, column),
            f"{here} = {group}[columns] == {k}",
            f"{values}[{here}] = np.ravel({column})[rows[{here}]]",
        ]),
        f"return {values}",
    ])  # fmt: skip


# ---------------------------------------------------------------- Hessians


def hessian(
    name: str,
    of: str,
    wrt: Sequence[str],
    bare: bool,
    inner: Inner,
    checks: Sequence[str] = (),
) -> str:
    """The Hessian of a function that returns a number, by columns. The `checks` come first."""
    a = Arrays(wrt, bare, inner, None, "hessian")
    shaped = f"{wrt[0]}.shape + {wrt[0]}.shape" if bare else "two parameters for each block"
    head = [
        f"def {name}({inner.parameters}):",
        f'"""Hessian of `{of}` with respect to {listed(wrt)}, column by column.',
        "",
        "Returns:",
        f"    The Hessian, of the shape {shaped}.",
        '"""',
        *checks,
        *a.kept(),
        *inner.before,
    ]
    if bare:
        made = [*a.units_made(), *a.matrix(a.given(wrt[0]))]
        return function([*head, *made, *a.columns(), a.returned()])
    matrix, row, column, part = map(a.free, ("hessian", "row", "column", "part"))
    blocks = f"[[np.zeros(np.shape(x) + np.shape(y)) for y in {a.inputs}] for x in {a.inputs}]"
    columns = a.along_each(
        lambda at: [
            *a.along(column),
            f"for {row}, {part} in zip({matrix}, {column}, strict=True):",
            f"    {row}[{a.k}]{at} = {part}",
        ]
    )
    return function([
        *head,
        *a.named_inputs(),
        *a.units_made(),
        f"{matrix} = {blocks}",
        *columns,
        f"return tuple(tuple(block[()] for block in {row}) for {row} in {matrix})",
    ])  # fmt: skip


# ---------------------------------------------------------------- what both have


@dataclass(frozen=True)
class Arrays:
    """The parameters that a driver is with respect to, where all are arrays or numbers: one, which
    is `bare`, or several, through which one loop goes. `forward` gives the columns of what it
    fills, called `what`, and `reverse` rows; which parameters are complex is in `imaginary`."""

    wrt: Sequence[str]
    bare: bool
    forward: Inner
    reverse: Inner | None
    what: str
    imaginary: Set[str] = frozenset()

    def free(self, name: str) -> str:
        """A name that nothing in the driver has."""
        return free(name, self.forward, self.reverse)

    @property
    def inputs(self) -> str:
        """The name of several parameters together."""
        return self.free("inputs")

    @property
    def k(self) -> str:
        """The number of one of several parameters."""
        return self.free("k")

    @property
    def units(self) -> str:
        """The name of the array that a one is put into, or of several."""
        is_seed = self.forward.parts is None or self.forward.takes_array(self.wrt[0])
        if self.bare:
            return f"dot_{self.wrt[0]}" if is_seed else self.free("unit")
        return self.free("units")

    def given(self, name: str) -> str:
        """The name that has a parameter as it was handed over."""
        inner = [each for each in (self.forward, self.reverse) if each is not None]
        changed = any(name in each.overwritten for each in inner)
        return self.free(f"{name}_given") if changed else name

    def kept(self) -> list[str]:
        """Names for parameters that are overwritten."""
        named = [(x, self.given(x)) for x in self.wrt]
        return [f"{given} = {x}" for x, given in named if given != x]

    def named_inputs(self) -> list[str]:
        """A name for several parameters together."""
        return (
            [] if self.bare else [f"{self.inputs} = {tied(list(map(self.given, self.wrt)), False)}"]
        )

    def units_made(self) -> list[str]:
        """The arrays that a one is put into: zeros so far."""
        if self.bare:
            x = self.wrt[0]
            return [f"{self.units} = {zeros(self.given(x), x in self.imaginary)}"]
        if not self.imaginary & {*self.wrt}:
            return [f"{self.units} = [np.zeros(np.shape(x)) for x in {self.inputs}]"]
        made = [zeros(self.given(x), x in self.imaginary) for x in self.wrt]
        return [f"{self.units} = [{', '.join(made)}]"]

    def value_by_call(self, value: str) -> list[str]:
        """The value, where only a call gives it."""
        return replace(self.forward, valued=False).along(self._seeds(), f"{value}, _")

    def matrix(self, value: str) -> list[str]:
        """Zeros, which will be filled."""
        name, dtype = self.free(self.what), ", dtype=complex" if self.imaginary else ""
        if self.bare:
            shape = f"np.shape({value}) + np.shape({self.given(self.wrt[0])})"
            return [f"{name} = np.zeros({shape}{dtype})"]
        shape = f"np.shape({value}) + np.shape(x)"
        return [f"{name} = [np.zeros({shape}{dtype}) for x in {self.inputs}]"]

    def returned(self) -> str:
        """The statement that returns what was filled."""
        name, block = self.free(self.what), self.free("block")
        if self.bare:
            return f"return {name}" if self.forward.rank(self.wrt[0]) else f"return {name}[()]"
        return f"return tuple({block}[()] for {block} in {name})"

    def columns(self) -> list[str]:
        """The loop that fills columns."""
        name = self.free(self.what)
        place = name if self.bare else f"{name}[{self.k}]"
        return self.along_each(lambda at: self.along(f"{place}{at}"))

    def along(self, target: str) -> list[str]:
        """What gives a target the column along the direction."""
        if self.bare or self.forward.parts is None:
            return self.forward.along(self._seeds(), target)
        dots = [f"dot_{x}" for x in self.wrt]
        given = f"{tied(dots, False)} = (x[()] for x in {self.units})"
        return [given, *self.forward.along({dot: dot for dot in dots}, target)]

    def _seeds(self) -> dict[str, str]:
        seeds = {}
        for k, x in enumerate(self.wrt):
            unit = self.units if self.bare else f"{self.units}[{k}]"
            seeds[f"dot_{x}"] = unit if self.forward.takes_array(x) else f"{unit}[()]"
        return seeds

    def along_each(self, body: Callable[[str], list[str]]) -> list[str]:
        """The loop over the directions; its body is handed the place of the column."""
        if self.bare:
            x = self.wrt[0]
            return self._over(self.units, self.given(x), self.forward.rank(x), body, "..., ")
        unit = self.free("unit")
        loop = self._over(unit, unit, None, body, "..., ")
        return [f"for {self.k}, {unit} in enumerate({self.units}):", *indented(loop)]

    def rows(self, value: str) -> list[str]:
        """The loop that fills rows."""
        if self.reverse is None:
            return []
        inner, name = self.reverse, self.free(self.what)
        whole = inner.takes_array("value")
        unit = "d_out" if whole or inner.parts is None else self.free("unit")
        seeds = {"d_out": unit if whole else f"{unit}[()]"}
        row, block, part = map(self.free, ("gradient", "block", "part"))

        def body(at: str) -> list[str]:
            if self.bare:
                return inner.along(seeds, f"{name}{at}")
            return [
                *inner.along(seeds, row),
                f"for {block}, {part} in zip({name}, {row}, strict=True):",
                f"    {block}{at} = {part}",
            ]

        rank = inner.rank("value")
        return [f"{unit} = {zeros(value)}", *self._over(unit, value, rank, body, "")]

    def _over(
        self, unit: str, shaped: str, rank: int | None, body: Callable[[str], list[str]], at: str
    ) -> list[str]:
        """A loop over the elements of what has the shape of a unit, which gets a one for each; `at`
        goes before an index to make it that of a column."""
        i = self.free("i")
        if rank == 1:
            header, place = f"for {i} in range(len({shaped})):", f"[{at}{i}]"
        else:
            header = f"for {i} in np.ndindex(np.shape({shaped})):"
            place = f"[(..., *{i})]" if at else f"[{i}]"
        return [header, *indented([f"{unit}[{i}] = 1.0", *body(place), f"{unit}[{i}] = 0.0"])]


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
