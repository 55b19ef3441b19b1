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

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, Protocol, TypeAlias

from s2sad.analysis.exclusive import seen_writes
from s2sad.analysis.handed import written_parameters
from s2sad.analysis.liveness import live_after
from s2sad.analysis.quiet import quiet_names
from s2sad.analysis.subscripted import subscripted
from s2sad.analysis.types import (
    SCALAR,
    Array,
    DictOf,
    Inert,
    ListOf,
    Struct,
    TupleOf,
    Type,
    is_integral,
)
from s2sad.derive.rules import rules
from s2sad.ir.bindings import CALLS_THAT_WRITE, LIST_CHANGES, places_of, targets_of
from s2sad.ir.flow import expressions, statements
from s2sad.ir.nodes import (
    Apply,
    Assign,
    Const,
    Define,
    Each,
    Evaluate,
    Expr,
    For,
    Function,
    Invoke,
    Make,
    Opaque,
    Place,
    Ref,
    Return,
    Select,
    Slice,
    Stmt,
    Target,
    Unpack,
    Var,
    Verbatim,
    walk,
)

Sharing: TypeAlias = Literal["same", "view", "maybe", "part"]
"""How a value shares memory with a variable: it is its object, a view of it, one or a copy as NumPy
decides at run time, or a container with it inside."""

Aliases: TypeAlias = list[tuple[Var, Sharing]]

TypeOf: TypeAlias = Callable[[Expr], Type]


@dataclass
class Effects:
    """What a call of a function does to its arguments, by the positions of its parameters;
    `parts` says for each item of a tuple that it returns which of them it shares memory with;
    `tangled` are results of which two parts may share memory."""

    writes: frozenset[int] = frozenset()
    returns: dict[int, Sharing] = field(default_factory=dict)
    parts: tuple[dict[int, Sharing], ...] = ()
    tangled: bool = False


@dataclass(frozen=True)
class Write:
    """A change of the contents of an object: `base[key] = ...`, `base.key = ...`; a key of None
    stands for all of it, or for what is not known of it."""

    statement: Stmt
    base: Expr
    key: Expr | str | None


class CallEffects(Protocol):
    """Knows what calls do to their arguments."""

    program: Any

    def effects(self, node: Invoke) -> Effects:
        """What a call does to its arguments."""


class Regions:
    """The regions of a function. `calls` knows what its callees do to their arguments."""

    def __init__(
        self, function: Function, calls: CallEffects, type_of: TypeOf | None = None
    ) -> None:
        self.function = function
        self.calls = calls
        self.type_of = type_of
        self._parent: dict[Var, Var] = {}
        self._written: dict[Var, None] = {}
        self._shared: dict[Var, None] = {}
        self.writes: dict[Stmt, list[Write]] = {}
        self.mirrors: dict[Var, Var] = {}
        self.keepers: dict[Var, Var] = {}
        self._holders: dict[Var, Var] = {}
        for parameter in function.params:
            self._root(parameter.var)
        for statement in statements(function.body):
            self._statement(statement)
        self._written = dict.fromkeys(self._root(var) for var in self._written)
        self._shared = dict.fromkeys(self._root(var) for var in self._shared)
        self.live = live_after(function) if self.writes else {}
        self._mirrored = {self._root(var) for var in seen_writes(function, self)}
        self.written_parameters = written_parameters(function, self)

    # ------------------------------------------------------------ questions

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

    def is_array(self, base: Expr) -> bool:
        """Whether a write to a part of a value changes an array, and not which items a container
        has."""
        if self.type_of is None:
            return True
        return not isinstance(self.type_of(base), ListOf | TupleOf | DictOf | Struct)

    def is_unnamed(self, base: Expr) -> bool:
        """Whether an array that is written into is one of those that a container holds, which one
        depends on a run: xs[i][0] = e."""
        while isinstance(base, Apply) and base.args:
            inner = base.args[0]
            if base.op == "getitem" and not self.is_array(inner):
                kind = None if self.type_of is None else self.type_of(inner)
                if isinstance(kind, ListOf) or not isinstance(base.args[1], Const):
                    return True
            base = inner
        return False

    def _find_unnamed(self, base: Expr) -> None:
        if self.is_array(base) and self.is_unnamed(base):
            self._shared |= dict.fromkeys(var for var, _ in self._aliases(base))

    def is_handed_over(self, write: Write) -> bool:
        """Whether a write is that of a function which is handed a container."""
        value = getattr(write.statement, "value", None)
        return isinstance(value, Invoke) and write.base in value.args and (
            self._is_typed_container(write.base)
        )  # fmt: skip

    def is_immutable_variable(self, var: Var) -> bool:
        """Whether what a variable stands for cannot be changed."""
        return self._is_immutable(Ref(var))

    def tangled_results(self) -> Iterator[Assign]:
        """The statements that give names to results which share memory, and are written into."""
        for statement in statements(self.function.body):
            match statement:
                case Assign((Unpack() as target,), Invoke() as call):
                    if self.calls.effects(call).tangled and any(
                        self.is_written(var) for var in targets_of(target)
                    ):
                        yield statement

    def together(self, var: Var) -> list[Var]:
        """The variables whose objects a write into that of a variable may change."""
        var = self.keepers.get(var, var)
        found = self._together(var)
        return found + [keeper for keeper, of in self.keepers.items() if of in found]

    def _together(self, var: Var) -> list[Var]:
        if var in self.mirrors:
            return [
                m
                for m, of in self.mirrors.items()
                if self._root(of) is self._root(self.mirrors[var])
            ]
        if var not in self._parent or not self.is_shared(var):
            return [var]
        return self.members(var)

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
                    shared[k] = _weaker(shared.get(k), how if exact else "maybe")

    def part_aliases(self, value: Expr, count: int) -> list[Aliases] | None:
        """The variables that each of so many parts of a value may share memory with; None where
        that is not known of the parts."""
        if isinstance(value, Make) and len(value.items) == count:
            return [self.aliases(item) for item in value.items]
        if isinstance(value, Invoke):
            effects = self.calls.effects(value)
            if len(effects.parts) == count and not effects.tangled:
                shared = (self._of_arguments(value, part) for part in effects.parts)
                return [list(dict(part).items()) for part in shared]
        return None

    def _of_arguments(
        self, call: Invoke, shared: dict[int, Sharing]
    ) -> Iterator[tuple[Var, Sharing]]:
        """The variables that a result shares memory with which shares it with these arguments."""
        for position, how in shared.items():
            argument = call.args[position]
            if argument is not None:
                for var, inner in self._aliases(argument):
                    yield var, how if inner == "same" else _weaker(inner, how)

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
            for target in _targets(statement)
        )

    def aliases(self, expr: Expr) -> Aliases:
        """The variables that the value of an expression may share memory with."""
        return list(dict(self._aliases(expr)).items())

    # ------------------------------------------------------------ union

    def _root(self, var: Var) -> Var:
        parent = self._parent.setdefault(var, var)
        while parent is not self._parent[parent]:
            parent = self._parent[parent]
        self._parent[var] = parent
        return parent

    def _unite(self, one: Var, other: Var) -> None:
        a, b = self._root(one), self._root(other)
        if a is not b:
            first, second = sorted((a, b), key=lambda var: var.serial)
            self._parent[second] = first

    # ------------------------------------------------------------ statements

    def _statement(self, statement: Stmt) -> None:
        match statement:
            case Assign():
                self._assign(statement)
            case For(target, iterable):
                self._iterated(target, iterable)
            case Verbatim():
                parts = [v for e in statement.reads for v, _ in self._aliases(e)]
                for var in statement.binds:
                    self._bind(var, [(v, "maybe") for v in parts])
            case Define():
                self._root(statement.var)
            case Evaluate(Apply() as call):
                self._called(statement, call)
        for expr in expressions(statement):
            for node in walk(expr):
                self._expression(statement, node)

    def _iterated(self, target: Target, iterable: Expr) -> None:
        """The names that a loop gives to the elements of what it runs over."""
        match target, iterable:
            case Unpack((Var() as count, element)), Apply("builtins.enumerate", (inner, *_)):
                self._root(count)
                self._iterated(element, inner)
            case Unpack(parts), Apply("builtins.zip", args) if len(parts) == len(args):
                for part, arg in zip(parts, args, strict=True):
                    self._iterated(part, arg)
            case _:
                for var in targets_of(target):
                    self._bind(var, [(v, "view") for v, _ in self._aliases(iterable)])

    def _called(self, statement: Stmt, call: Apply) -> None:
        """A call for its effect: one that writes into its first argument."""
        if any(rule.writes for rule in rules().get(call.op, ())):
            self._write(statement, call.args[0], None)

    def _assign(self, statement: Assign) -> None:
        for target in statement.targets:
            self._target(statement, target, statement.value)
        if len(statement.targets) > 1:
            # a = b = e: each is a name of what e gives.
            names = [t for t in statement.targets if isinstance(t, Var)]
            for one, other in zip(names, names[1:], strict=False):
                if not self._is_immutable(statement.value):
                    self._bind(one, [(other, "same")])

    def _target(self, statement: Assign, target: Target, value: Expr) -> None:
        match target:
            case Var():
                if statement.augmented is not None:
                    self._root(target)
                    if not self._is_immutable(value):
                        self._write(statement, Ref(target), None)
                    return
                self._bind(target, self.aliases(value))
                if self.is_repeated(value):
                    self._shared[target] = None
            case Place(base, key):
                self._write(statement, base, key)
                self._find_unnamed(base)
                if statement.augmented is not None and isinstance(value, Apply):
                    item = value.args[0]
                    if not self.is_array(base) and not self._is_immutable(item):
                        self._write(statement, item, None)  # items are changed in place, too
                for var, _ in self.stored(base, key, value):
                    for root, _ in self._aliases(base):
                        self._bind(root, [(var, "part")])
            case Unpack(parts):
                if self.is_exchange(target, value):
                    assert isinstance(value, Make)
                    refs = [item.var for item in value.items if isinstance(item, Ref)]
                    for one, other in zip(refs, refs[1:], strict=False):
                        self._unite(one, other)
                elif isinstance(value, Make) and len(value.items) == len(parts):
                    for part, item in zip(parts, value.items, strict=True):
                        self._target(statement, part, item)
                else:
                    names = list(targets_of(target))
                    found = self.part_aliases(value, len(parts))
                    for part, shared in zip(parts, found or [], strict=False):
                        for var in targets_of(part):
                            self._bind(var, [(v, "view") for v, _ in shared])
                    for var in names if found is None else ():
                        self._bind(var, [(v, "view") for v, _ in self._aliases(value)])
                    if isinstance(value, Invoke) and self.calls.effects(value).tangled:
                        for var in names[1:]:
                            self._bind(var, [(names[0], "maybe")])
                    for part in parts:
                        if isinstance(part, Place):
                            self._target(statement, part, value)

    def stored(self, base: Expr, key: Expr | str, value: Expr) -> Aliases:
        """What a write puts into a container as it is; into an array it is copied."""
        if isinstance(key, Make) and any(isinstance(part, Slice) for part in key.items):
            return []  # only arrays have several axes
        if self.type_of is not None and isinstance(self.type_of(base), Array):
            return []
        return self.aliases(value)

    def _bind(self, var: Var, found: Aliases) -> None:
        self._root(var)
        for other, _ in found:
            if other is not var:
                self._unite(var, other)
                self._shared[var] = None
        if len({other for other, _ in found}) == 1 and found[0][0] is var:
            how = found[0][1]
            if how != "same":
                self._shared[var] = None

    def is_exchange(self, target: Unpack, value: Expr) -> bool:
        """Whether names trade places: `u, v = v, u`."""
        if not isinstance(value, Make):
            return False
        names = [t for t in target.targets if isinstance(t, Var)]
        items = [i.var for i in value.items if isinstance(i, Ref)]
        return (
            len(names) == len(target.targets)
            and len(items) == len(value.items)
            and len(set(names)) == len(names)
            and set(names) == set(items)
            and len(items) == len(names)
        )

    def _write(self, statement: Stmt, base: Expr, key: Expr | str | None) -> None:
        self.writes.setdefault(statement, []).append(Write(statement, base, key))
        for var, _ in self._aliases(base):
            self._written[var] = None

    # ------------------------------------------------------------ expressions

    def _expression(self, statement: Stmt, node: Expr) -> None:
        match node:
            case Apply(op, (base, *given)) if op in CALLS_THAT_WRITE:
                self._write(statement, base, None)
                self._find_unnamed(base)
                # A list holds what it is given; an array copies it.
                for part in given if op in LIST_CHANGES else ():
                    for var, _ in self._aliases(part):
                        for root, _ in self._aliases(base):
                            self._bind(root, [(var, "part")])
            case Invoke():
                effects = self.calls.effects(node)
                for position in sorted(effects.writes):
                    argument = node.args[position]
                    if argument is not None and not self._is_immutable(argument):
                        self._write(statement, argument, None)
                        self._find_unnamed(argument)
                        if self._is_typed_container(argument):
                            # Caller and callee name what it holds: each its own way.
                            held = [v for v, _ in self._aliases(argument)]
                            self._shared |= dict.fromkeys(held)
                            for one, other in zip(held, held[1:], strict=False):
                                self._unite(one, other)
            case Each():
                # Only a call can write into an element while a comprehension runs.
                if any(isinstance(n, Invoke) for n in walk(node.element)):
                    for var in targets_of(node.target):
                        self._bind(var, [(v, "view") for v, _ in self._aliases(node.iterable)])

    def _is_immutable(self, expr: Expr) -> bool:
        """Whether a value is certainly a number or something else that cannot be changed."""
        if self.type_of is None:
            return False
        kind = self.type_of(expr)
        return isinstance(kind, Inert) or (isinstance(kind, Array) and kind.shape == SCALAR)

    def _aliases(self, expr: Expr) -> Iterator[tuple[Var, Sharing]]:
        if self._is_immutable(expr):
            return
        match expr:
            case Ref(var):
                yield var, "same"
            case Select():
                for arm in (expr.then, expr.other):
                    yield from self._aliases(arm)
            case Make():
                for item in expr.items:
                    for var, _ in self._aliases(item):
                        yield var, "part"
            case Each():
                targets = set(targets_of(expr.target))
                held = dict.fromkeys(var for var, _ in self._aliases(expr.element))
                if targets & held.keys():
                    for var, _ in self._aliases(expr.iterable):
                        yield var, "part"
                for var in held:
                    if var not in targets:
                        yield var, "part"
            case Opaque():
                if not expr.inert:
                    for part in expr.parts:
                        for var, _ in self._aliases(part):
                            yield var, "maybe"
            case Invoke():
                yield from self._of_arguments(expr, self.calls.effects(expr).returns)
            case Apply():
                yield from self._shared_by(expr)

    def _shared_by(self, node: Apply) -> Iterator[tuple[Var, Sharing]]:
        """What the result of an operator may share memory with."""
        if node.op == "s2sad.on_gradient":
            yield from self._aliases(node.args[0])
            return
        if self._passes_items_on(node):
            for part in node.args:
                for var, _ in self._aliases(part):
                    yield var, "part"
            return
        variants = self.calls.program.rules.variants(node.op)
        if node.op in ("getitem", "getattr"):
            if node.op == "getitem" and self._copies(node):
                return
            for var, how in self._aliases(node.args[0]):
                yield var, "maybe" if how == "maybe" else "view"
            return
        if node.op == "attribute.flat":
            for var, _ in self._aliases(node.args[0]):
                yield var, "part"
            return
        if node.op == "copy.copy":
            # A copied container holds the items that the other one holds.
            if self.type_of is None or not isinstance(self.type_of(node.args[0]), Array):
                yield from ((var, "part") for var, _ in self._aliases(node.args[0]))
            return
        if node.op in _FRESH or node.form == "name" or node.op.startswith("attribute."):
            return
        if not variants or node.op.startswith(_CONTAINERS):
            if node.op.startswith(("numpy.", "math.", "scipy.")):
                return
            for part in (*node.args, *(value for _, value in node.kwargs)):
                for var, _ in self._aliases(part):
                    yield var, "part"
            return
        views = [rule.view for rule in variants if rule.view is not None]
        if not views or not node.args:
            return
        certain = len(views) == len(variants) and all(how == "always" for _, how in views)
        for var, how in self._aliases(node.args[0]):
            yield var, "view" if certain and how != "maybe" else "maybe"

    def _passes_items_on(self, node: Apply) -> bool:
        """Whether the result is a list or dict of the items of others: xs + ys, [x] * n, copies."""
        if node.op in ("add", "mul"):
            return any(self.is_certain_container(part) for part in node.args)
        if node.op == "numpy.copy" and node.form == "method" or node.op == "copy.copy":
            return self.is_certain_container(node.args[0])
        return False

    def is_certain_container(self, expr: Expr) -> bool:
        """Whether a value is certainly a list, a tuple, a dict or an object."""
        return isinstance(expr, Make | Each) or self._is_typed_container(expr)

    def _is_typed_container(self, expr: Expr) -> bool:
        if self.type_of is None:
            return False
        return isinstance(self.type_of(expr), ListOf | TupleOf | DictOf | Struct)

    def is_repeated(self, expr: Expr) -> bool:
        """Whether a list holds the same objects several times: [x] * n."""
        if not isinstance(expr, Apply) or expr.op != "mul":
            return False
        held = [e for e in expr.args if self.is_certain_container(e)]
        items = [i for e in held for i in (e.items if isinstance(e, Make) else ())]
        return bool(held) and not (items and all(self._is_immutable(item) for item in items))

    def _copies(self, node: Apply) -> bool:
        """Whether an index certainly copies: it chooses by an array of integers or by a mask."""
        if self.type_of is None or not isinstance(self.type_of(node.args[0]), Array):
            return False
        key = node.args[1]
        parts = key.items if isinstance(key, Make) and key.kind == "tuple" else (key,)
        kinds = [self.type_of(part) for part in parts]
        return any(
            (isinstance(part, Make) and part.kind == "list")
            or (isinstance(kind, Array) and kind.shape != SCALAR and _is_index(kind))
            for part, kind in zip(parts, kinds, strict=True)
        )


_FRESH = {"builtins.len", "builtins.range", "builtins.float", "builtins.int", "numpy.copy",
          "copy.deepcopy", "s2sad.stop_gradient"}  # fmt: skip
"""Operators whose result shares nothing with what they are given."""

_CONTAINERS = ("builtins.", "dict.", "tqdm.", "list.")


def _is_index(kind: Array) -> bool:
    return is_integral(kind) or kind.dtype == "bool"


def _targets(statement: Stmt) -> tuple[Target, ...]:
    match statement:
        case Assign():
            return statement.targets
        case For():
            return (statement.target,)
    return ()


_ORDER: tuple[Sharing, ...] = ("same", "view", "part", "maybe")


def _weaker(one: Sharing | None, other: Sharing) -> Sharing:
    """What is known of a value that shares memory in one of two ways."""
    return other if one is None else max(one, other, key=_ORDER.index)


class Calls:
    """What the calls of a program do to their arguments."""

    def __init__(self, program: Any, type_of: TypeOf | None = None) -> None:
        self.program = program
        self.type_of = type_of
        self._known: dict[Function, Effects] = {}

    def effects(self, node: Invoke) -> Effects:
        """What a call does to its arguments, through all the functions that it leads to."""
        return self.effects_of(self.program.function(node.callee))

    def effects_of(self, function: Function) -> Effects:
        """What each call of a function does to its arguments."""
        if function not in self._known:
            found = [f for f in self._reached(function) if f not in self._known]
            self._known |= {f: Effects() for f in found}
            # Functions may call each other: all are asked again until no answer changes.
            while True:
                changed = False
                for f in found:
                    effects = Regions(f, self, self.type_of).effects()
                    changed |= effects != self._known[f]
                    self._known[f] = effects
                if not changed:
                    break
        return self._known[function]

    def _reached(self, function: Function) -> list[Function]:
        """The functions that a function leads to, those called first, and itself as the last."""
        order = [function]
        for current in order:
            for node in invocations(current):
                callee = self.program.function(node.callee)
                if callee not in order:
                    order.append(callee)
        return order[::-1]


def invocations(function: Function) -> Iterator[Invoke]:
    """The calls of the user's own functions in a function."""
    for statement in statements(function.body):
        for expr in expressions(statement):
            for node in walk(expr):
                if isinstance(node, Invoke):
                    yield node
