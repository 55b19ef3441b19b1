"""Which variables may share memory, and what is written into: alias classes of one function.

A *region* is a set of variables whose objects may share memory: names of one array, views of it, a
container and what is in it. Regions are found by unification, without regard to the order of
statements. A region is

    written   when some statement changes the contents of an object in it
    shared    when two of its names may stand for the same memory at one time
    mirrored  when moreover a write may be seen through another name (`exclusive.py`); names that
              are not read any more then are *quiet* (`quiet.py`)

    v = np.copy(u)               u and v are of two regions
    first = v[0]                 first is in the region of v, which is shared
    first[:] = 0.0               and written
    a, b = b, a                  a and b are of one region; trading places shares nothing

Where the types of values are known, numbers and what else cannot be changed are in no region.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import cached_property

from s2sad.analysis.alias_classes import AliasClasses
from s2sad.analysis.exclusive import seen_writes
from s2sad.analysis.handed import written_parameters
from s2sad.analysis.liveness import live_after
from s2sad.analysis.quiet import quiet_names
from s2sad.analysis.sharing import CallEffects, Effects, Sharing, TypeOf, Write, weaker
from s2sad.analysis.subscripted import subscripted
from s2sad.analysis.types import DictOf, ListOf, Struct, TupleOf
from s2sad.ir.bindings import CALLS_THAT_WRITE, places_of
from s2sad.ir.flow import expressions, statements, targets, targets_of
from s2sad.ir.nodes import (
    Apply,
    Assign,
    Expr,
    For,
    Function,
    Invoke,
    Make,
    Ref,
    Return,
    Stmt,
    Unpack,
    Var,
    While,
    walk,
)


class Regions(AliasClasses):
    """The regions of a function. `calls` knows what its callees do to their arguments."""

    def __init__(
        self, function: Function, calls: CallEffects, type_of: TypeOf | None = None
    ) -> None:
        super().__init__(function, calls, type_of)
        self.mirrors: dict[Var, Var] = {}
        self.keepers: dict[Var, Var] = {}
        self._holders: dict[Var, Var] = {}
        self.live = live_after(function) if self.writes else {}
        self._mirrored = {self._root(var) for var in seen_writes(function, self)}
        self.written_parameters = written_parameters(function, self)

    def of(self, var: Var) -> Var:
        """The variable that stands for the region of a variable."""
        return self._root(var)

    def knows(self, var: Var) -> bool:
        """Whether a variable is one of the function's."""
        return var in self._parent

    def variables(self) -> list[Var]:
        """The variables of the function, in the order in which they turn up."""
        return list(self._parent)

    def members(self, var: Var) -> list[Var]:
        """The variables of the region of a variable, in the order in which they turn up."""
        root = self._root(var)
        return [other for other in list(self._parent) if self._root(other) is root]

    def is_written(self, var: Var) -> bool:
        """Whether the contents of an object of the region are changed somewhere."""
        return self._root(var) in self._written

    def is_shared(self, var: Var) -> bool:
        """Whether two names of the region may stand for the same memory at one time."""
        return self._root(var) in self._shared

    def is_mirrored(self, var: Var) -> bool:
        """Whether a write into an array of the region may be seen through another name of it."""
        return self._root(var) in self._mirrored and self.is_shared(var)

    @cached_property
    def quiet(self) -> set[Var]:
        """The names of arrays of which no write is seen."""
        return quiet_names(self.function, self, self.live)

    @cached_property
    def subscripted(self) -> set[Var]:
        """The variables that stand for no numbers, since parts of them are taken."""
        return subscripted(self.function)

    def is_container_shared(self, var: Var) -> bool:
        """Whether a list or dict that a variable stands for may have another name."""
        if self.type_of is None:
            return self.is_shared(var)
        return any(self._is_container(other) for other in self.members(var) if other is not var)

    def is_in_container(self, var: Var) -> bool:
        """Whether a list, dict or object may hold what a variable stands for, or is it."""
        return any(self._is_container(other) for other in self.members(var))

    def _is_container(self, var: Var) -> bool:
        return self.type_of is not None and isinstance(
            self.type_of(Ref(var)), ListOf | TupleOf | DictOf | Struct
        )

    def is_handed_over(self, write: Write) -> bool:
        """Whether a write is that of a function which is handed a container."""
        value = getattr(write.statement, "value", None)
        return isinstance(value, Invoke) and write.base in value.args and (
            self._is_typed_container(write.base)
        )  # fmt: skip

    def is_written_inside(self, var: Var) -> bool:
        """Whether a write may change an object that one of a variable holds, as `xs[0][1] = e` does
        where xs is a list of arrays, and not only which objects that holds."""
        return any(
            self.of(root) is self.of(var)
            for statement, writes in self.writes.items()
            for write in writes
            if not _is_own(statement, write, var)
            for root, _ in self.aliases(write.base)
        )

    def is_immutable_variable(self, var: Var) -> bool:
        """Whether what a variable stands for cannot be changed."""
        return self._is_immutable(Ref(var))

    def tangled_results(self) -> Iterator[Assign]:
        """The statements that give names to results which share memory, where a write into one of
        them may be seen through another."""
        for statement in statements(self.function.body):
            match statement:
                case Assign((Unpack() as target,), Invoke() as call):
                    if self.calls.effects(call).tangled and any(
                        self.is_mirrored(var) for var in targets_of(target)
                    ):
                        yield statement

    def changes_items(
        self, loop: For | While, variables: Collection[Var], ends: bool = True
    ) -> bool:
        """Whether a loop changes which objects the containers of variables hold; without `ends`, at
        other places than the end of a list."""
        regions = {self.of(var) for var in variables if self.knows(var)}
        return any(
            self.of(var) in regions
            for statement in statements(loop.body)
            if ends or not _changes_an_end(statement)
            for write in self.writes.get(statement, ())
            if not self.is_array(write.base)
            for var, _ in self.aliases(write.base)
        )

    def together(self, var: Var) -> list[Var]:
        """The variables whose objects a write into that of a variable may change.

        A keeper has what one name stood for before; any name of its region may stand for that now.
        """
        kept = self.keepers.get(var)
        found = self._together(var) if kept is None else self._of_region(kept)
        region = self._region(var if kept is None else kept)
        return found + [k for k, of in self.keepers.items() if self._region(of) == region]

    def _together(self, var: Var) -> list[Var]:
        if var in self.mirrors or var in self._parent and self.is_shared(var):
            return self._of_region(var)
        return [var]

    def _of_region(self, var: Var) -> list[Var]:
        """The variables of a region, or its shadows."""
        if var in self.mirrors:
            region = self._region(var)
            return [shadow for shadow in self.mirrors if self._region(shadow) == region]
        return self.members(var) if var in self._parent else [var]

    def _region(self, var: Var) -> tuple[Var, bool]:
        """What stands for the region of a variable, and whether shadows are meant."""
        mirrored = self.mirrors.get(var, var)
        root = self._root(mirrored) if mirrored in self._parent else mirrored
        return root, mirrored is not var

    def mirror(self, shadow: Var, var: Var, holds: bool) -> None:
        """Notes the shadow of a variable. Those of containers (`holds`) are one region if their
        variables are."""
        self.mirrors[shadow] = var
        self._root(shadow)
        if holds:
            self._unite(shadow, self._holders.setdefault(self._root(var), shadow))

    def note_writes(self, statement: Stmt) -> None:
        """Notes what a statement writes into that the function did not have before."""
        self._writes_of(statement)

    def _writes_of(self, statement: Stmt) -> None:
        match statement:
            case Assign():
                for target in statement.targets:
                    for place in places_of(target):
                        self._write(statement, place.base, place.key)
        for expr in expressions(statement):
            for node in walk(expr):
                if isinstance(node, Apply) and node.op in CALLS_THAT_WRITE:
                    self._write(statement, node.args[0], None)

    def changed_by(self, node: Invoke) -> list[Var]:
        """The variables into whose objects a call writes."""
        arguments = [node.args[k] for k in sorted(self.calls.effects(node).writes)]
        return [v for a in arguments if a is not None for v, _ in self.aliases(a)]

    def hands_over_twice(self, node: Invoke, written: int) -> bool:
        """Whether an argument that a call writes into may share memory with another one."""
        argument = node.args[written]
        if argument is None:
            return False
        names = {var for var, _ in self.aliases(argument)}
        roots = {self.of(var) for var in names}
        others = [a for k, a in enumerate(node.args) if k != written and a is not None]
        return any(
            self.of(var) in roots and (var in names or self.is_shared(var))
            for other in others
            for var, _ in self.aliases(other)
        )

    def effects(self) -> Effects:
        """What a call of the function does to its arguments."""
        positions = {p.var: k for k, p in enumerate(self.function.params)}
        written = frozenset(k for var, k in positions.items() if var in self.written_parameters)
        returns: dict[int, Sharing] = {}
        made: list[Make] = []
        given = [s.value for s in statements(self.function.body) if isinstance(s, Return)]
        for value in given:
            if value is not None:
                self._note_shared(value, positions, returns)
            if isinstance(value, Make) and value.kind == "tuple":
                made.append(value)
        parts: tuple[dict[int, Sharing], ...] = ()
        if len(made) == len(given) and len({len(make.items) for make in made}) == 1:
            parts = tuple({} for _ in made[0].items)
            for make in made:
                for part, item in zip(parts, make.items, strict=True):
                    self._note_shared(item, positions, part)
        return Effects(written, returns, parts, self._is_tangled())

    def _note_shared(
        self, value: Expr, positions: dict[Var, int], shared: dict[int, Sharing]
    ) -> None:
        """Adds the parameters that a value may share memory with, by their positions."""
        for var, how in self.aliases(value):
            for parameter, k in positions.items():
                if self._root(parameter) is self._root(var):
                    exact = parameter is var and not self._is_rebound(var)
                    shared[k] = weaker(shared.get(k), how if exact else "maybe")

    def _is_tangled(self) -> bool:
        """Whether two parts of what the function returns may share memory."""
        for statement in statements(self.function.body):
            if isinstance(statement, Return) and isinstance(statement.value, Make):
                roots: list[Var] = []
                for item in statement.value.items:
                    roots += dict.fromkeys(self._root(var) for var, _ in self.aliases(item))
                if len(set(roots)) < len(roots):
                    return True
            elif isinstance(statement, Return) and isinstance(statement.value, Invoke):
                if self.calls.effects(statement.value).tangled:
                    return True
        return False

    def _is_rebound(self, var: Var) -> bool:
        return any(
            var in targets_of(target)
            for statement in statements(self.function.body)
            for target in targets(statement)
        )


def _is_own(statement: Stmt, write: Write, var: Var) -> bool:
    """Whether a write is a plain one, into the object that a variable stands for."""
    plain = not isinstance(statement, Assign) or statement.augmented is None
    handed = any(isinstance(node, Invoke) for e in expressions(statement) for node in walk(e))
    return plain and not handed and isinstance(write.base, Ref) and write.base.var is var


def _changes_an_end(statement: Stmt) -> bool:
    value = getattr(statement, "value", None)
    return isinstance(value, Apply) and value.op in ("list.append", "list.pop")
