"""Arrays written in place, in forward mode: what is written into one is written into its tangent.

    a = np.zeros(n)             a = np.zeros(n)
                                dot_a = np.zeros_like(a)
    first = a[0]                first = a[0]
                                dot_first = dot_a[0]
    first[:] = x * x            first[:] = x * x
                                dot_first[:] = 2.0 * dot_x * x

A variable is *mirrored* when its region (`analysis/regions.py`) is written and something in it is
varied. The tangents of such variables share memory exactly where the variables do: what is new has
a tangent of its own, a view has the same view of the tangent.
"""

from __future__ import annotations

from collections.abc import Iterator

from s2sad.analysis.facts import Facts
from s2sad.analysis.layout import viewed_by_layout
from s2sad.analysis.regions import Regions
from s2sad.analysis.types import SCALAR, Array, Inert, Shape, Type, Unknown, is_integral, is_number
from s2sad.derive.broadcasting import call
from s2sad.ir.bindings import LIST_CHANGES, bound_by
from s2sad.ir.flow import expressions, inner_blocks, statements, targets_of
from s2sad.ir.nodes import (
    Apply,
    Assign,
    Block,
    Each,
    Expr,
    For,
    Function,
    Invoke,
    Ref,
    Stmt,
    Var,
    While,
    walk,
)


class Mirrored:
    """The mirrored variables of one function."""

    def __init__(
        self, function: Function, regions: Regions, facts: Facts, varied: set[Var], handed: set[Var]
    ) -> None:
        self.function = function
        self.handed = handed
        self.regions = regions
        self.facts = facts
        self.variables: set[Var] = set()
        self._contents = {
            regions.of(var)
            for statement, writes in regions.writes.items()
            if not _changes_a_list(statement)
            for write in writes
            for var, _ in regions.aliases(write.base)
        }
        self._maybe: set[Var] = set()
        self._places: dict[Stmt, int] = {}
        self._last_write: dict[Var, int] = {}
        self._written_at: dict[Stmt | None, set[Var]] = {}
        written: dict[Var, bool] = {}
        for var, is_varied in self._written_into():
            if regions.knows(var):
                written[var] = written.get(var, False) or is_varied
        for var, is_varied in written.items():
            members = regions.members(var)
            if is_varied or any(member in varied for member in members):
                self.variables |= {m for m in members if not self._is_inert(m)}

    def __contains__(self, var: object) -> bool:
        return var in self.variables

    def __iter__(self) -> Iterator[Var]:
        return iter(self.variables)

    def _is_inert(self, var: Var) -> bool:
        kind = self.facts.bindings.get(var)
        return isinstance(kind, Inert) or (kind is not None and is_integral(kind))

    def _written_into(self) -> Iterator[tuple[Var, bool]]:
        """The variables whose objects are written into so that another name, or the array itself
        afterwards, shows it, and whether something varied is; `x += e` alone is like `x = x + e`
        where no other name sees it, that of a caller included."""
        for statement, writes in self.regions.writes.items():
            plain = (
                isinstance(statement, Assign)
                and statement.augmented is not None
                and isinstance(statement.targets[0], Var)
            )
            is_varied = self._is_varied(statement)
            for write in writes:
                for var, _ in self.regions.aliases(write.base):
                    if not plain or self.regions.is_shared(var) or self.is_handed(var):
                        yield var, is_varied

    def _is_varied(self, statement: Stmt) -> bool:
        """Whether a statement reads something varied, or calls what writes it."""
        return any(
            node in self.facts.varied
            or isinstance(node, Invoke)
            and bool(self.facts.summaries[self.regions.calls.program.function(node.callee)].written)
            for root in expressions(statement)
            for node in walk(root)
        )

    def add(self, var: Var) -> None:
        """A variable that forward mode makes for a choice between mirrored ones and new arrays."""
        self.variables.add(var)
        self._contents.add(self.regions.of(var))

    def roots(self, expr: Expr) -> list[Var]:
        """The mirrored variables that the value of an expression may share memory with."""
        return [var for var, _ in self.regions.aliases(expr) if var in self.variables]

    def mark(self) -> None:
        """Notes as varied all values that share memory with a mirrored variable: what is written
        there later may be."""
        for statement in statements(self.function.body):
            for root in expressions(statement):
                self.facts.varied |= {node for node in walk(root) if self.roots(node)}

    def changed(self, statement: Stmt) -> set[Var]:
        """The variables that a statement binds, and those whose objects it writes into."""
        found = set(bound_by(statement))
        for write in self.regions.writes.get(statement, ()):
            for var, _ in self.regions.aliases(write.base):
                found |= set(self.regions.members(var))
        for root in expressions(statement):
            for node in walk(root):
                if isinstance(node, Invoke):
                    for var in self.regions.changed_by(node):
                        found |= set(self.regions.members(var))
        return found

    def is_left_alone(self, statement: Stmt, variables: set[Var]) -> bool:
        """Whether nothing is written into the arrays of mirrored variables after a statement."""
        if not self._places:
            self._number(self.function.body, None)
        place = self._places.get(statement)
        last = [self._last_write.get(self.regions.of(var), -1) for var in variables]
        return place is not None and place >= max(last, default=0)

    def _number(self, block: Block, loop: Stmt | None) -> None:
        """Numbers the statements in their order; what a loop writes, it may write at its end."""
        for statement in block:
            self._places[statement] = len(self._places)
            outermost = loop or (statement if isinstance(statement, For | While) else None)
            for inner in inner_blocks(statement):
                self._number(inner, outermost)
            for write in self.regions.writes.get(statement, ()):
                for var, _ in self.regions.aliases(write.base):
                    self._written_at.setdefault(outermost, set()).add(self.regions.of(var))
                    self._last_write[self.regions.of(var)] = len(self._places)
            if outermost is statement:
                for root in self._written_at.get(statement, ()):
                    self._last_write[root] = len(self._places)

    def shared_by(self, expr: Expr) -> set[Var]:
        """The variables that the value of an expression may share memory with."""
        return {var for var, _ in self.regions.aliases(expr)}

    def has_written_arrays(self, var: Var) -> bool:
        """Whether something is written into the arrays of a region; else only into lists of them,
        and a tangent need not be memory of its own."""
        return self.regions.of(var) in self._contents

    def is_shared(self, var: Var) -> bool:
        """Whether several names may stand for the memory of a variable."""
        return self.regions.knows(var) and self.regions.is_shared(var)

    def is_handed(self, var: Var) -> bool:
        """Whether a variable may stand for what a caller hands over, to which it writes."""
        return any(self.regions.of(var) is self.regions.of(handed) for handed in self.handed)

    def may_be_viewed(self, var: Var) -> bool:
        """Whether a name in the region is a view or a copy as the layout in memory decides: then a
        tangent has to have the layout of its value."""
        if not self._maybe:
            for statement in statements(self.function.body):
                for root in expressions(statement):
                    for found, how in self.regions.aliases(root):
                        if how == "maybe":
                            self._maybe.add(self.regions.of(found))
            self._maybe |= {Var("none")} | viewed_by_layout(self.function, self.regions)
        return self.regions.of(var) in self._maybe

    def popped(self) -> set[Var]:
        """The variables that get what is taken out of a list which several statements change: what
        nobody reads has to be taken out all the same."""
        lists: dict[Var, int] = {}
        for writes in self.regions.writes.values():
            for write in writes:
                for var, _ in self.regions.aliases(write.base):
                    root = self.regions.of(var)
                    lists[root] = lists.get(root, 0) + 1
        found: set[Var] = set()
        for statement in statements(self.function.body):
            if isinstance(statement, Assign):
                for node in walk(statement.value):
                    if isinstance(node, Apply) and node.op == "list.pop":
                        roots = [self.regions.of(v) for v, _ in self.regions.aliases(node.args[0])]
                        if any(lists.get(root, 0) > 2 for root in roots):
                            found |= set(bound_by(statement))
        return found

    def copied(self, var: Var) -> str | None:
        """How the caller's object of a parameter is copied that the function writes into."""
        if var not in self.regions.written_parameters:
            return None
        place = next(k for k, p in enumerate(self.function.params) if p.var is var)
        kind = self.facts.summaries[self.function].params[place].type
        if is_number(kind):
            return None
        if isinstance(kind, Array) and not may_be_number(kind):
            return "numpy.copy"
        shallow = isinstance(kind, Array | Unknown) and not self.regions.is_written_inside(var)
        return "copy.copy" if shallow else "copy.deepcopy"


def _changes_a_list(statement: Stmt) -> bool:
    """Whether all that a statement writes into is a list: by append, pop and the like."""
    if isinstance(statement, Assign) and (
        statement.augmented is not None or not all(isinstance(t, Var) for t in statement.targets)
    ):
        return False
    return any(
        isinstance(node, Apply) and node.op in LIST_CHANGES
        for root in expressions(statement)
        for node in walk(root)
    )


def may_be_number(kind: Type) -> bool:
    """Whether a value may be a number, which an augmented assignment does not change in place."""
    return not (isinstance(kind, Array) and isinstance(kind.shape, Shape) and kind.shape != SCALAR)


def copy_of(copier: str, expr: Expr) -> Apply:
    """A copy, by a function of `Mirrored.copied`."""
    text = "" if copier.startswith("numpy") else copier.removeprefix("helper.")
    return call(copier, expr, text=text)


def handed_back(function: Function, regions: Regions) -> set[Var]:
    """The variables that may share memory with what a function is handed and returns: its caller
    may write there, which tangents must not show that their values do not."""
    returned = regions.effects().returns
    return {m for k in returned for m in regions.members(function.params[k].var)}


def varied_variables(function: Function, facts: Facts) -> set[Var]:
    """The variables of a function that are varied somewhere in it."""
    found: set[Var] = set()
    for statement in statements(function.body):
        for root in expressions(statement):
            for node in walk(root):
                match node:
                    case Ref(var) if node in facts.varied:
                        found.add(var)
                    case Each() if node in facts.varied:
                        found |= set(targets_of(node.target))
        match statement:
            case Assign(targets, value) if value in facts.varied:
                found |= {v for t in targets for v in targets_of(t)}
            case For(target, iterable) if iterable in facts.varied:
                found |= set(targets_of(target))
    return found
