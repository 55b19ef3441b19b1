"""Parts of arrays as the memory plan follows them.

A *cell* is a variable that stands for a part of an array that is written into: what the backward
part reads of it. So the plan needs cells as it needs variables; a write overwrites those cells that
it may meet.

    y[i] = np.tanh(y[i - 1])       the mirror needs the cell y[i - 1], and in later iterations
                                   all earlier ones: none of them is y[i]
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from s2sad.analysis.facts import Facts
from s2sad.analysis.regions import Regions
from s2sad.analysis.sections import Section, Sections
from s2sad.analysis.sizes import Size
from s2sad.analysis.types import Array, DictOf, Dim, ListOf, Shape, Struct, TupleOf, Unknown
from s2sad.derive.held import CONTAINERS
from s2sad.ir.bindings import bound_by, written_into
from s2sad.ir.flow import inner_blocks, statements, targets_of
from s2sad.ir.nodes import (
    Apply,
    Assign,
    Const,
    Expr,
    For,
    Place,
    Ref,
    Stmt,
    Unpack,
    Value,
    Var,
    While,
    children,
)

SHAPES = {
    "numpy.shape", "numpy.size", "numpy.ndim", "builtins.len", "numpy.zeros_like",
    "numpy.empty_like", "numpy.ones_like", "numpy.full_like", "attribute.dtype", "helper.like",
    "numpy.may_share_memory",
}  # fmt: skip
"""Operators that read the shape or the type of an array and not its elements."""


@dataclass(frozen=True)
class Written:
    """A place that a statement overwrites: base[key], or all that base shares memory with.

    `how` is place, item for an item of a list or dict, updated for one that is changed in place if
    it is an array, append or pop for the end of a list.
    """

    base: Expr
    key: Expr | None
    part: Expr
    hint: str
    how: str = "place"


class Cells:
    """The cells of one function."""

    def __init__(
        self,
        facts: Facts,
        regions: Regions,
        is_fixed: Callable[[Var], bool],
    ) -> None:
        self.facts = facts
        self.regions = regions
        self.sections = Sections(is_fixed, self._size)
        self.known: dict[Var, Section] = {}
        self.late: set[Ref] = set()
        self.formers: dict[Var, bool] = {}
        self._made: dict[Section, Var] = {}
        self._places: dict[Stmt, list[Written]] = {}
        self.written = {
            regions.of(var)
            for found in regions.writes.values()
            for write in found
            for var, _ in regions.aliases(write.base)
        }

    def _size(self, var: Var, axis: int | None) -> Dim | None:
        """The size of an axis of an array, or that an integer is."""
        if axis is None:
            number = self.facts.sizes.get(var)
            return number if isinstance(number, Size) or type(number) is int else None
        kind = self.facts.bindings.get(var)
        if not isinstance(kind, Array) or not isinstance(kind.shape, Shape):
            return None
        if axis < 0:
            return kind.shape.dims[0] if kind.shape.rank == 1 else None
        return kind.shape.dims[axis] if axis < kind.shape.rank else None

    # ------------------------------------------------------------ reading

    def cell(self, section: Section) -> Var:
        """The cell of a section."""
        if section not in self._made:
            cell = self._made[section] = Var(f"{section.var.hint}_part")
            self.known[cell] = section
        return self._made[section]

    def former(self, var: Var, is_other: bool) -> Var:
        """A cell for what is read of the array that a variable stood for before its last value.
        `is_other` says that its last value is certainly another array."""
        cell = Var(f"{var.hint}_former")
        self.known[cell] = Section(var)
        self.formers[cell] = is_other
        return cell

    def _is_out_of_reach(self, cell: Var, base: Expr) -> bool:
        """Whether a cell is of an array that a variable does not stand for any more, and a write
        goes through that variable."""
        while isinstance(base, Apply) and base.args:
            base = base.args[0]
        return (
            self.formers.get(cell, False)
            and isinstance(base, Ref)
            and base.var is self.known[cell].var
        )

    def read_by(self, expr: Expr, besides: Collection[Ref] = ()) -> set[Var]:
        """The cells that an expression reads, but for what it reads by some references."""
        found: set[Var] = set()
        if not self.written:
            return found
        stack = [expr]
        while stack:
            node = stack.pop()
            match node:
                case Ref(var):
                    if node not in besides and self._is_followed(var):
                        found.add(self.cell(Section(var)))
                case Apply("getitem", (Ref(var) as ref, key)) if self._is_followed(var):
                    if ref not in besides:
                        found.add(self.cell(self.sections.section(var, key)))
                    stack.append(key)
                case Apply(op, args) if op in SHAPES and self._is_array(args[0]):
                    # Not what an array holds, but which one of a list it is.
                    stack += [arg for arg in args if self._is_item(arg)]
                case Value(inner):
                    stack.append(inner)
                case _:
                    stack.extend(children(node))
        return found

    def _is_item(self, expr: Expr) -> bool:
        """Whether an expression is an item of a list or dict."""
        if not isinstance(expr, Apply) or expr.op != "getitem":
            return False
        return isinstance(self.facts.type_of(expr.args[0]), CONTAINERS)

    def _is_followed(self, var: Var) -> bool:
        return self.regions.of(var) in self.written and isinstance(
            self.facts.bindings.get(var), Array | Unknown | ListOf | TupleOf | DictOf | Struct
        )

    # ------------------------------------------------------------ writing

    def places(self, statement: Stmt) -> list[Written]:
        """The places in arrays that a simple statement overwrites."""
        if statement not in self._places:
            self._places[statement] = list(self._places_of(statement))
        return self._places[statement]

    def _places_of(self, statement: Stmt) -> Iterator[Written]:
        targets = statement.targets if isinstance(statement, Assign) else ()
        seen: set[Expr] = set()
        for target in targets:
            if isinstance(target, Place) and self._is_updated(statement, target):
                assert not isinstance(target.key, str)
                yield replace(self._written(target.base, target.key), how="updated")
                return
            yield from self._targets(target, seen)
        for write in self.regions.writes.get(statement, []):
            if write.base in seen or isinstance(write.key, str):
                continue
            if self._augments(statement, write.base):
                continue  # a = a + e, or all of the array in place: the variable is followed
            value = getattr(statement, "value", None)
            if isinstance(value, Apply) and value.op in ("list.append", "list.pop"):
                if not isinstance(self.facts.type_of(write.base), ListOf | TupleOf):
                    continue  # a deque may let go of its first item
                how = value.op.removeprefix("list.")
                yield replace(self._written(write.base, None), how=how)
                continue
            yield self._written(write.base, None)

    def _is_updated(self, statement: Stmt, target: Place) -> bool:
        """Whether a statement is `xs[key] += e` for an item of a list or dict."""
        augmented = isinstance(statement, Assign) and statement.augmented is not None
        return augmented and not isinstance(target.key, str) and not self._is_array(target.base)

    def _targets(self, target: object, seen: set[Expr]) -> Iterator[Written]:
        if isinstance(target, Unpack):
            for part in target.targets:
                yield from self._targets(part, seen)
        if isinstance(target, Place) and not isinstance(target.key, str):
            seen.add(target.base)
            if any(self._is_followed(var) for var, _ in self.regions.aliases(target.base)):
                how = "place" if self._is_array(target.base) else "item"
                yield replace(self._written(target.base, target.key), how=how)

    def _is_array(self, base: Expr) -> bool:
        return isinstance(self.facts.type_of(base), Array | Unknown)

    def _augments(self, statement: Stmt, base: Expr) -> bool:
        return (
            isinstance(statement, Assign)
            and statement.augmented is not None
            and isinstance(base, Ref)
            and base.var in statement.targets  # not what a call in the value writes into
            and not self.regions.is_shared(base.var)
        )

    def _written(self, base: Expr, key: Expr | None) -> Written:
        part = base if key is None else Apply("getitem", (base, key), (), "index")
        root = base
        while isinstance(root, Apply) and root.args:
            root = root.args[0]
        hint = root.var.hint if isinstance(root, Ref) else "part"
        return Written(base, key, part, hint)

    def overwritten_in(self, place: Written, cells: Iterable[Var]) -> set[Var]:
        """The cells that a write to a place may change."""
        roots = {self.regions.of(var) for var, _ in self.regions.aliases(place.base)}
        section = None
        if isinstance(place.base, Ref):
            section = self.sections.section(place.base.var, place.key)
        found = set()
        for cell in cells:
            known = self.known.get(cell)
            if known is None or self.regions.of(known.var) not in roots:
                continue
            if self._is_out_of_reach(cell, place.base):
                continue
            if cell not in self.formers and section is not None:
                if self._are_disjoint(section, known):
                    continue
            found.add(cell)
        return found

    def _are_disjoint(self, one: Section, other: Section) -> bool:
        fixed = self.sections.is_fixed(one.var)
        return fixed and self.sections.are_disjoint(one, other)

    def is_covered(self, cell: Var, place: Written) -> bool:
        """Whether a write to a place certainly changes all of a cell."""
        if not isinstance(place.base, Ref) or not self.sections.is_fixed(place.base.var):
            return False
        if cell in self.formers:
            return False
        section = self.sections.exact(place.base.var, place.key)
        return section is not None and self.sections.covers(section, self.known[cell])

    def overwritten_by(self, statement: Stmt, cells: Iterable[Var]) -> set[Var]:
        """The cells that a statement, or one inside it, may change."""
        candidates = {cell for cell in cells if cell in self.known}
        if not candidates or not self.written:
            return set()
        found: set[Var] = set()
        self._collect(statement, candidates, found)
        return found

    def _collect(self, statement: Stmt, cells: set[Var], found: set[Var]) -> None:
        """Writes inside loops are compared with cells by the ranges of the loops' variables."""
        for inner in statements([statement]):
            for place in self.places(inner):
                roots = {self.regions.of(var) for var, _ in self.regions.aliases(place.base)}
                found |= self._reached(cells, roots, place.base)
            if isinstance(inner, Assign) and inner.augmented is not None:
                for target in inner.targets:
                    if isinstance(target, Var):
                        found |= self._reached(cells, {self.regions.of(target)}, Ref(target))

    def _reached(self, cells: set[Var], roots: set[Var], base: Expr) -> set[Var]:
        """The cells of these regions that a write may change, whatever its index is."""
        near = {c for c in cells if self.regions.of(self.known[c].var) in roots}
        return {c for c in near if not self._is_out_of_reach(c, base)}

    def arrays_written(
        self, loop: For | While, cells: Iterable[Var]
    ) -> Iterator[tuple[list[Var], set[Var]]]:
        """The arrays that a loop writes into, where each has one name all the time, with the cells
        that these writes may change: to keep the arrays is to keep the cells."""
        for root, arrays in self._arrays_written(loop).items():
            changed = {c for c in cells if self.regions.of(self.known[c].var) is root}
            if arrays is not None and changed:
                yield arrays, changed

    def writes_under_changing_names(self, loop: For | While) -> bool:
        """Whether a loop writes into an array whose name it binds, too."""
        return None in self._arrays_written(loop).values()

    def _arrays_written(self, loop: For | While) -> dict[Var, list[Var] | None]:
        """By region, the names of arrays that a loop writes into; None if one is bound there."""
        inside = [s for s in statements([loop]) if not inner_blocks(s) and not _is_augmented(s)]
        bound = {v for s in inside for v in bound_by(s)}
        for inner in statements([loop]):
            bound |= set(targets_of(inner.target)) if isinstance(inner, For) else set()
        found: dict[Var, list[Var] | None] = {}
        for inner in statements([loop]):
            for place in self.places(inner):
                names = list(written_into(Place(place.base, Const(None))))
                known = place.how == "place" and bool(names) and not bound & set(names)
                known = known and all(self._is_array(Ref(v)) for v in names)
                roots = (self.regions.of(v) for v, _ in self.regions.aliases(place.base))
                for root in dict.fromkeys(roots):
                    others = found.get(root, [])
                    if others is None or not known:
                        found[root] = None
                    else:
                        found[root] = [*others, *(v for v in names if v not in others)]
        return found

    # ------------------------------------------------------------ loops

    @contextmanager
    def inside(self, loop: For | While | object) -> Iterator[None]:
        """What is known of a loop's variable holds."""
        if not isinstance(loop, For):
            yield
            return
        outer = dict(self.sections.ranges.known)
        self.sections.enter(loop)
        yield
        self.sections.ranges.known = outer

    def earlier(self, cells: Iterable[Var], loop: For | While) -> set[Var]:
        """What cells were in all earlier iterations of a loop."""
        return self._spread(cells, loop, self.sections.earlier)

    def of_all(self, cells: set[Var], loop: For | While) -> set[Var]:
        """Variables and cells, those as they are in all iterations of a loop."""
        plain = {var for var in cells if var not in self.known}
        return plain | self._spread(cells, loop, self.sections.all_of)

    def _spread(
        self,
        cells: Iterable[Var],
        loop: For | While,
        by: Callable[[Section, Var], Section],
    ) -> set[Var]:
        target = loop.target if isinstance(loop, For) else None
        found = set()
        for cell in sorted(cells, key=lambda var: var.serial):  # what is made here has an order
            section = self.known.get(cell)
            if section is None:
                continue
            if cell in self.formers:
                found.add(cell)
                continue
            if isinstance(target, Var):
                with self.inside(loop):
                    section = by(section, target)
            found.add(self.cell(section))
        return found


def _is_augmented(statement: Stmt) -> bool:
    return isinstance(statement, Assign) and statement.augmented is not None
