"""Shadows: the adjoints of arrays that several names may stand for.

An array that one name at a time stands for has its adjoint in one variable, like any value. Where
names may share memory with what is written into, the adjoint is a *shadow*: an array of its own
beside each allocation, zero at first. Bindings of names, and views, are mirrored in the forward
part, so that what is added through one name is seen through all.

    b = a * 1.0               d_b = np.zeros_like(b)
    first = b[0]              d_first = d_b[0]
    first[:] = e              backward: d_e = d_first; d_first[:] = 0.0

A list, dict or object that holds such arrays has a shadow that holds theirs (`held.py`), and that
is changed as it is changed:

    xs = [a, np.cos(b)]       d_xs = [d_a, np.zeros_like(xs[1])]
    xs.append(c)              d_xs.append(d_c)

Input: a function with facts and regions. Its body is changed: the statements that bind shadows are
put in. Output: the shadow of each variable. What cannot be mirrored is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from s2sad.analysis.facts import Facts
from s2sad.analysis.regions import Regions
from s2sad.analysis.types import (
    SCALAR,
    Array,
    DictOf,
    Inert,
    ListOf,
    Shape,
    Struct,
    TupleOf,
    Type,
    Unknown,
    is_integral,
    is_number,
    is_scalar,
    may_be_complex,
)
from s2sad.derive.broadcasting import call
from s2sad.derive.effects import noted
from s2sad.derive.held import is_container, is_held, item_at, item_of, part_of
from s2sad.errors import S2SADError
from s2sad.ir.bindings import bound_by, targets_of
from s2sad.ir.flow import expressions, statements
from s2sad.ir.nodes import (
    Apply,
    Assign,
    Block,
    Branch,
    Const,
    Context,
    Each,
    Evaluate,
    Expr,
    For,
    Function,
    Guard,
    Invoke,
    Make,
    Place,
    Ref,
    Select,
    Slice,
    Stmt,
    Target,
    Unpack,
    Var,
    Verbatim,
    While,
    walk,
)


@dataclass
class Shadows:
    """The shadow of each variable that has one.

    `entry` binds the shadows of parameters, before all else, but for those in `handed`, which are
    parameters themselves. `follow` are the statements that bind
    shadows right after a statement of the user's: on the way back, both are one. `sharing` says,
    for a value that is a view or a copy as NumPy decides, what says that it is a view.
    `renewed` are the updates in place, x += e, after which x has another shadow if it is a number.
    `errors` are refusals, `of_callers` those of what is done to a list or dict of a caller's.
    """

    of: dict[Var, Var] = field(default_factory=dict)
    renewed: set[Stmt] = field(default_factory=set)
    entry: Block = field(default_factory=list)
    handed: set[Var] = field(default_factory=set)
    follow: dict[Stmt, Block] = field(default_factory=dict)
    sharing: dict[Expr, Expr] = field(default_factory=dict)
    errors: list[S2SADError] = field(default_factory=list)
    of_callers: list[S2SADError] = field(default_factory=list)

    @property
    def flags(self) -> list[Var]:
        """The variables that say whether something is a view."""
        return [test.var for test in self.sharing.values() if isinstance(test, Ref)]

    def together(self, shadow: Var, regions: Regions) -> set[Var]:
        """The shadows that may share memory with one."""
        return set(regions.together(shadow))


def put_in(
    function: Function,
    facts: Facts,
    regions: Regions,
    handed: dict[Var, Var],
    exact: Callable[[Invoke], Expr | None],
) -> Shadows:
    """Puts the shadows of a function in its body. `handed` are those that it is handed; `exact` is
    the argument that a call returns."""
    maker = _Maker(function, facts, regions, handed, exact)
    if maker.regions_with_shadows:
        maker.run()
        for followers in maker.shadows.follow.values():
            for follower in followers:
                regions.note_writes(follower)
    return maker.shadows


class _Refused(Exception):
    """What cannot be mirrored, and what to write instead; whether it is what is done to an object
    `of_caller`, whose function could do it."""

    def __init__(
        self,
        why: str,
        advice: str = "Annotate the array with its rank, or take a copy instead of a view.",
        of_caller: bool = False,
    ) -> None:
        super().__init__(why)
        self.advice = advice
        self.of_caller = of_caller


class _Maker:
    def __init__(
        self,
        function: Function,
        facts: Facts,
        regions: Regions,
        handed: dict[Var, Var],
        exact: Callable[[Invoke], Expr | None],
    ) -> None:
        self.function = function
        self.facts = facts
        self.regions = regions
        self.handed = handed
        self.exact = exact
        self.shadows = Shadows(handed=set(handed.values()))
        self.replaced: set[Var] | None = None
        self.tests: Block = []
        self.gone: set[Var] = set()
        self.regions_with_shadows = self._chosen()

    def _chosen(self) -> set[Var]:
        """The regions in which a write may be seen through another name, and that are varied. An
        array that is handed over and what its name is bound to later are two arrays, too."""
        varied: set[Var] = set(self.handed)
        for statement in statements(self.function.body):
            for expr in expressions(statement):
                varied |= {
                    n.var for n in walk(expr) if isinstance(n, Ref) and n in self.facts.varied
                }
        found = {self.regions.of(v) for v in varied if self.regions.knows(v)}
        rebound = {
            self.regions.of(var)
            for s in statements(self.function.body)
            for var in bound_by(s)
            if var in self.handed
            if not isinstance(s, Assign) or s.augmented is None or self._may_be_number(var)
        }
        holders = {self.regions.of(v) for v in self.handed if is_container(self._kind(v))}
        return {r for r in found if self.regions.is_mirrored(r) or r in rebound | holders}

    def has_shadow(self, var: Var) -> bool:
        """Whether a variable stands for arrays with shadows."""
        if not self.regions.knows(var) or self.regions.of(var) not in self.regions_with_shadows:
            return False
        if var in self.regions.quiet and var not in self.handed:
            return False
        kind = self.facts.bindings.get(var)
        return not isinstance(kind, Inert) and not (
            isinstance(kind, Array) and kind.shape == SCALAR
        )

    def _may_be_number(self, var: Var) -> bool:
        """Whether a variable may stand for a number or for an array."""
        kind = self._kind(var)
        return not (is_number(kind) or is_container(kind) or self._is_array(Ref(var)))

    # ------------------------------------------------------------ the walk

    def run(self) -> None:
        """Changes the body of the function."""
        for parameter in self.function.params:
            var = parameter.var
            if self.has_shadow(var):
                shadow = self._shadow(var)
                if var in self.handed:
                    if self._may_be_number(var) and self.regions.is_in_container(var):
                        # What is added to a number's adjoint is seen through all names of it.
                        place = call("numpy.asarray", Ref(shadow))
                        self.shadows.entry.append(self._let(shadow, place))
                else:
                    try:
                        zeros = self._zeros(Ref(var))
                    except _Refused as refusal:
                        self._refuse(self.function.body[0], refusal)
                        continue
                    self.shadows.entry.append(self._let(shadow, zeros))
        self.function.body = self._block(self.function.body)

    def _block(self, block: Block) -> Block:
        result: Block = []
        for statement in block:
            try:
                result += self._statement(statement)
            except _Refused as refusal:
                self._refuse(statement, refusal)
                result.append(statement)
        return result

    def _statement(self, statement: Stmt) -> Block:
        match statement:
            case Branch():
                then, other = self._block(statement.then), self._block(statement.other)
                return [replace(statement, then=then, other=other)]
            case For():
                return self._for(statement)
            case While() | Context() | Guard():
                return [replace(statement, body=self._block(statement.body))]
            case Assign():
                made = self._assigned(statement)
                if made:
                    self.shadows.follow[statement] = made
                return [statement, *made]
            case Evaluate(Apply("list.append" | "list.pop", (base, *given)) as change):
                if self._aliases(base):
                    self._check_own(base)
                    last = Apply("getitem", (base, Const(-1)), (), "index")
                    tests, items = self._shadows_of([(item, last) for item in given], set())
                    args = (self._view(base), *items)
                    same = Evaluate(replace(change, args=args, origin=None))
                    self.shadows.follow[statement] = [*tests, same]
                    return [statement, *tests, same]
            case Verbatim():
                if any(self.has_shadow(var) for var in (*statement.binds, *statement.mutates)):
                    raise _Refused("this changes what stands for an array that is written into")
        return [statement]

    def _assigned(self, statement: Assign) -> Block:
        if statement.augmented is not None:
            (target,) = statement.targets
            if not self._is_renewed(target):
                return []
            self.shadows.renewed.add(statement)
            now = self._target(target)
            value = call("helper.shadow_after", _read(now), _read(target), text="shadow_after")
            return [Assign((now,), value)]
        made: Block = []
        for target in statement.targets:
            made += self._bound(statement, target, statement.value)
        return made

    def _is_renewed(self, target: Target) -> bool:
        """Whether what `target += e` updates may be a number that a container holds, too: then it
        is another one there."""
        if not self._has_place(target):
            return False
        where = _read(target)
        kind = self.facts.type_of(where)
        if is_number(kind) or self._is_array(where):
            return False
        if is_container(kind):
            if isinstance(target, Place):
                raise _Refused("a list or dict that another one holds is updated in place")
            return False
        if not isinstance(target, Var):
            return True
        return target in self.handed or self.regions.is_in_container(target)

    def _bound(self, statement: Assign, target: Target, value: Expr) -> Block:
        """The statements that bind the shadows of what a target binds."""
        match target:
            case Var() if self.has_shadow(target):
                return self._bound_to(statement, target, value)
            case Place() if self._is_slot(target):
                place = self._place(target)
                tests, (shadow,) = self._shadows_of([(value, item_at(target))], set())
                return [*tests, Assign((place,), shadow)]
            case Unpack(parts):
                return self._unpacked(statement, parts, value)
        return []

    def _bound_to(self, statement: Assign, var: Var, value: Expr) -> Block:
        shadow = self._shadow(var)
        names = [t for t in statement.targets if isinstance(t, Var)]
        is_second = len(statement.targets) > 1 and names != [] and names[0] is not var
        if is_second and (not self._aliases(value) or self._holds(value)):
            # a = b = e is one array with two names.
            return [self._let(shadow, Ref(self._shadow(names[0])))]
        if is_second and not self._holds(value) and not self._is_settled(value):
            raise _Refused("this may be a view or a copy, and gets two names")
        tests, (made,) = self._shadows_of([(value, Ref(var))], set())
        return [*tests, self._let(shadow, made)]

    def _shadows_of(
        self, bound: list[tuple[Expr, Expr]], replaced: set[Var]
    ) -> tuple[Block, list[Expr]]:
        """The shadows of values, each with where it stands when a statement has bound them all and
        has given the variables in `replaced` other values; what says which are views comes first.
        """
        self.tests, self.gone = [], replaced
        return self.tests, [self._mirrored(value, where) for value, where in bound]

    def _mirrored(self, value: Expr, where: Expr) -> Expr:
        """The shadow of a value, which can be read from `where` it is bound: of what may be a view
        or none, a run tells."""
        taken_apart = isinstance(value, Select) or (
            self._holds(value)
            and (isinstance(value, Make) or isinstance(value, Apply) and value.op in ("add", "mul"))
        )
        if taken_apart or self._is_settled(value):
            return self._same(value, where)
        if self._holds(value):
            raise _Refused("whether this holds views or copies is decided when it runs")
        is_view = self._has_axes_left(value)
        if is_view is not None:
            self.shadows.sharing[value] = is_view
            number = call("numpy.zeros", Make("tuple", ()))
            return Select(is_view, self._same(value, where), number)
        roots = [v for v, _ in self._aliases(value)]
        if set(roots) & self.gone:
            raise _Refused("this may be a view or a copy")
        flag = Var(f"{_hint(where)}_is_view")
        self.shadows.sharing[value] = Ref(flag)
        self.tests.append(self._let(flag, call("numpy.may_share_memory", where, Ref(roots[0]))))
        return Select(Ref(flag), self._same(value, where), self._zeros(where))

    def _has_axes_left(self, value: Expr) -> Expr | None:
        """Whether what has a name is an array, or an element of it by whole numbers, as its rank
        says."""
        axes = 0
        while isinstance(value, Apply) and value.op == "getitem":
            key = value.args[1]
            parts = key.items if isinstance(key, Make) and key.kind == "tuple" else (key,)
            kinds = [self.facts.type_of(part) for part in parts]
            if not all(is_integral(kind) and is_scalar(kind) for kind in kinds):
                return None
            axes += len(parts)
            value = value.args[0]
        if not isinstance(value, Ref) or not isinstance(self.facts.type_of(value), Array):
            return None
        if not axes:
            array = Apply("numpy.ndarray", (), (), "name", "np.ndarray")
            return call("builtins.isinstance", Ref(value.var), array, text="isinstance")
        rank = call("numpy.ndim", Ref(value.var))
        return Apply("gt", (rank, Const(axes)), (), "infix", ">")

    def _unpacked(self, statement: Assign, parts: tuple[Target, ...], value: Expr) -> Block:
        wanted = [p for p in parts if self._has_place(p)]
        if not wanted:
            return []
        if isinstance(value, Make) and len(value.items) == len(parts):
            pairs = [pair for pair in _pairs(parts, value.items) if self._has_place(pair[0])]
            if len(pairs) == 1:
                return self._bound(statement, *pairs[0])
            tests: Block = []
            shadows = tuple(self._target(p) for p, _ in pairs)
            if self.regions.is_exchange(Unpack(parts), value):
                values = [self._same(item, _read(part)) for part, item in pairs]
            else:
                bound = [(item, _read(part)) for part, item in pairs]
                tests, values = self._shadows_of(bound, set(targets_of(Unpack(parts))))
            return [*tests, Assign((Unpack(shadows),), Make("tuple", tuple(values)))]
        if isinstance(value, Invoke) and self.regions.calls.effects(value).tangled:
            raise _Refused(f"parts of what {value.callee.name} returns may share memory")
        if not self._aliases(value):
            return [Assign((self._target(p),), self._zeros(_read(p))) for p in wanted]
        kind = self.facts.type_of(value)
        if isinstance(kind, Struct) and len(kind.fields) == len(parts):
            whole = self._view(value)
            return [
                Assign((self._target(p),), Apply("getitem", (whole, Const(name)), (), "index"))
                for p, (name, _) in zip(parts, kind.fields, strict=True) if p in wanted
            ]  # fmt: skip
        if is_container(kind) and not isinstance(kind, DictOf):
            shadows = tuple(self._target(p) if p in wanted else Var("_") for p in parts)
            return [Assign((Unpack(shadows),), self._view(value))]
        if isinstance(kind, Array):
            for part in wanted:
                self._check_kind(_read(part), "each of these")
            shadows = tuple(self._target(p) if p in wanted else Var("_") for p in parts)
            return [Assign((Unpack(shadows),), self._view(value))]
        raise _Refused("this gives names to parts of what is written into elsewhere")

    def _check_own(self, container: Expr) -> None:
        """What a caller's container holds is not changed: its shadow is that of after the call."""
        regions = {self.regions.of(v) for v in self.handed if is_container(self._kind(v))}
        if any(self.regions.of(v) in regions for v, _ in self._aliases(container)):
            raise _Refused(
                "this changes what a list or dict of the caller's holds",
                "Return a new list or dict instead, or write into the arrays that it holds.",
                of_caller=True,
            )

    def _kind(self, var: Var) -> Type | None:
        return self.facts.bindings.get(var)

    def _has_place(self, target: Target) -> bool:
        """Whether what a target is bound to has a shadow."""
        match target:
            case Var():
                return self.has_shadow(target)
            case Place():
                return self._is_slot(target)
            case Unpack(parts):
                return any(self._has_place(part) for part in parts)

    def _is_slot(self, target: Place) -> bool:
        """Whether a place is an item of a container that has a shadow."""
        return is_held(item_at(target), self.facts) and bool(self._aliases(target.base))

    def _target(self, target: Target) -> Target:
        """Where the shadow goes of what a target is bound to."""
        match target:
            case Var():
                return self._shadow(target)
            case Place():
                return self._place(target)
        raise _Refused("this takes a container inside another one apart")

    def _place(self, target: Place) -> Place:
        self._check_own(target.base)
        if isinstance(target.key, str):
            raise _Refused("a write into a field of an object")
        item = self._view(item_at(target))
        assert isinstance(item, Apply)
        return Place(item.args[0], item.args[1])

    def _for(self, loop: For) -> Block:
        body = self._block(loop.body)
        wanted = [v for v in targets_of(loop.target) if self.has_shadow(v)]
        if not wanted:
            return [replace(loop, body=body)]
        target, iterable, first = self._run_beside(loop.target, loop.iterable)
        read = {self.shadows.of.get(v) for v, _ in self._aliases(loop.iterable)}
        bound = {v for s in body for v in bound_by(s)}
        beside = [e for s in first for e in expressions(s)]
        if any(n.var in read & bound for e in beside for n in walk(e) if isinstance(n, Ref)):
            match loop.target, loop.iterable:
                case Unpack((Var(), Var() as row)), Apply("builtins.enumerate", (array,)):
                    # The loop runs over what had the name when it began.
                    both = call("builtins.zip", iterable, self._rows(array, row), text="zip")
                    target, first = Unpack((target, self._shadow(row))), []
                    iterable = self._in_place_of(iterable, both)
                case _:
                    raise _Refused("the loop gives what it runs over another value")
        if self._changes_its_items(loop):
            raise _Refused(
                "the loop changes which objects the list or dict that it runs over holds",
                "Run over a copy of it, list(...), or over a range.",
            )
        return [replace(loop, target=target, iterable=iterable, body=[*first, *body])]

    def _changes_its_items(self, loop: For) -> bool:
        """Whether a loop runs over a container whose items its body may replace."""
        if _is_copy(loop.iterable):
            return False
        for statement in statements(loop.body):
            for write in self.regions.writes.get(statement, ()):
                changed = {v for v, _ in self._aliases(write.base)}
                if self.regions.is_array(write.base) or not changed:
                    continue
                form = _form(self.facts.type_of(write.base))
                for container in _run_over(loop.iterable):
                    roots = {v for v, _ in self._aliases(container)}
                    if form == _form(self.facts.type_of(container)) and roots:
                        if changed & roots or self._share_containers(changed | roots):
                            return True
        return False

    def _share_containers(self, variables: set[Var]) -> bool:
        """Whether a container in the regions of variables may have two names, or be in another."""
        regions = {self.regions.of(v) for v in variables}
        for statement in statements(self.function.body):
            exprs = list(expressions(statement))
            bound = isinstance(statement, For) or (
                isinstance(statement, Assign) and not isinstance(statement.value, Make)
            )
            inner = [n for e in exprs for n in walk(e) if isinstance(n, Make)]
            held = [item for n in inner for item in n.items] + (exprs if bound else [])
            for value in held:
                if is_container(self.facts.type_of(value)) and not isinstance(value, Make):
                    if {self.regions.of(v) for v, _ in self._aliases(value)} & regions:
                        return True
        return False

    def _run_beside(self, target: Target, iterable: Expr) -> tuple[Target, Expr, Block]:
        """The target and the iterable of a loop that runs over arrays and their shadows; what binds
        shadows in its body first."""
        match target, iterable:
            case Unpack((Var() as count, Var() as row)), Apply("builtins.enumerate", (array,)):
                at = Apply("getitem", (self._rows(array, row), Ref(count)), (), "index")
                return target, iterable, [self._let(self._shadow(row), at)]
            case Unpack((Var() as key, Var() as item)), Apply("dict.items", (whole,)):
                at = Apply("getitem", (self._view(whole), Ref(key)), (), "index")
                return target, iterable, [self._let(self._shadow(item), at)]
            case Unpack(parts), _ if self._holds_rows(iterable):
                names = [p if isinstance(p, Var) and self.has_shadow(p) else None for p in parts]
                if any(self._has_place(p) for p in parts if not isinstance(p, Var)):
                    raise _Refused("a loop over parts of what is written into")
                shadows = tuple(Var("_") if p is None else self._shadow(p) for p in names)
                view = self._view(iterable)
                both = self._in_place_of(iterable, call("builtins.zip", iterable, view, text="zip"))
                return Unpack((target, Unpack(shadows))), both, []
            case Unpack(parts), Apply("builtins.zip", args) if len(parts) == len(args):
                more = [
                    (self._shadow(part), self._rows(arg, part))
                    for part, arg in zip(parts, args, strict=True)
                    if isinstance(part, Var) and self.has_shadow(part)
                ]
                together = (*args, *(view for _, view in more))
                both = self._in_place_of(iterable, replace(iterable, args=together, origin=None))
                return Unpack((*parts, *(shadow for shadow, _ in more))), both, []
            case Var() as row, _:
                view = self._rows(iterable, row)
                both = self._in_place_of(iterable, call("builtins.zip", iterable, view, text="zip"))
                return Unpack((row, self._shadow(row))), both, []
        raise _Refused("a loop over parts of what is written into")

    def _holds_rows(self, iterable: Expr) -> bool:
        """Whether a loop runs over lists or tuples that a list holds."""
        kind = self.facts.type_of(iterable)
        items = kind.items if isinstance(kind, TupleOf) else (getattr(kind, "item", None),)
        held = all(isinstance(item, TupleOf | ListOf) for item in items)
        return held and not (isinstance(iterable, Apply) and iterable.op.startswith("builtins."))

    def _rows(self, iterable: Expr, row: Var) -> Expr:
        """The shadow of what a loop runs over; of an array, its rows have to be arrays."""
        if not is_container(self.facts.type_of(iterable)):
            self._check_array(row)
            if not self._aliases(iterable):
                advice = "Give what the loop runs over a name."
                raise _Refused("a write into the rows of what has no name", advice)
        if not self._is_settled(iterable):
            raise _Refused("what the loop runs over may be a view or a copy")
        return self._view(iterable)

    def _in_place_of(self, iterable: Expr, both: Expr) -> Expr:
        """What a loop runs over now; it depends on what it depended on."""
        self.facts.types[both] = self.facts.type_of(both)
        if iterable in self.facts.varied:
            self.facts.varied.add(both)
        return both

    # ------------------------------------------------------------ values

    def _aliases(self, value: Expr) -> list[tuple[Var, str]]:
        return [(v, how) for v, how in self.regions.aliases(value) if self.has_shadow(v)]

    def _is_settled(self, value: Expr) -> bool:
        """Whether it is known that a value is a view, or that it is none."""
        match value:
            case Select():
                return self._is_settled(value.then) and self._is_settled(value.other)
            case Make(items=parts) | Apply("add" | "mul", parts) if self._holds(value):
                return all(self._is_settled(part) for part in parts)
            case Each():
                return self._is_settled(value.element)
            case Invoke():
                argument = self.exact(value)
                return argument is None or self._is_settled(argument)
        found = self._aliases(value)
        if any(how == "maybe" for _, how in found):
            return False
        if isinstance(self.facts.type_of(value), Array) and not self._is_array(value):
            if any(self._is_replaced(v) for v, _ in found):
                return False
        return not found or not isinstance(value, Apply) or self._is_certain(value)

    def _is_certain(self, value: Expr) -> bool:
        """Whether a part of an array is certainly a view of it: not a number, and no copy of what
        an array of indices chooses."""
        if not isinstance(value, Apply):
            return True
        base = value.args[0]
        if not isinstance(self.facts.type_of(base), Array):
            return True
        if value.op == "getitem" and not self._is_array(value):
            key = value.args[1]
            return _is_sliced(key) and self._is_basic(key) and self._is_certain(base)
        return self._is_certain(base)

    def _is_replaced(self, var: Var) -> bool:
        """Whether an update in place, `x += e`, may go to a number of the region of a variable:
        then the name stands for another number, and what else has that name does not."""
        if self.replaced is None:
            self.replaced = {self.regions.of(v) for v in self._updated()}
        return self.regions.of(var) in self.replaced

    def _updated(self) -> set[Var]:
        """The names that `x += e` may give another number."""
        return {
            target
            for s in statements(self.function.body)
            if isinstance(s, Assign) and s.augmented is not None
            for target in s.targets
            if isinstance(target, Var) and self.has_shadow(target)
            if not self._is_array(Ref(target)) and not self.regions.is_in_container(target)
        }

    def _is_array(self, value: Expr) -> bool:
        if isinstance(value, Ref) and value.var in self.regions.subscripted:
            return True
        kind = self.facts.type_of(value)
        return isinstance(kind, Array) and isinstance(kind.shape, Shape)

    def _is_basic(self, key: Expr) -> bool:
        """Whether an index consists of slices and whole numbers, which give views."""
        parts = key.items if isinstance(key, Make) and key.kind == "tuple" else (key,)
        return all(
            isinstance(part, Slice)
            or (isinstance(part, Const) and not isinstance(part.value, bool | tuple))
            or (is_integral(kind := self.facts.type_of(part)) and is_scalar(kind))
            for part in parts
        )

    def _holds(self, value: Expr) -> bool:
        return is_container(self.facts.type_of(value))

    def _same(self, value: Expr, where: Expr) -> Expr:
        """The shadow of a value that is a view, or none, for certain."""
        if isinstance(value, Make) and self._holds(value):
            return self._made(value, where)
        if isinstance(value, Apply) and value.op == "mul" and self._holds(value):
            both = [self._repeated(e, where) if self._holds(e) else e for e in value.args]
            return replace(value, args=tuple(both), origin=None)
        if not self._aliases(value):
            return self._zeros(where)
        match value:
            case Select(test, then, other):
                roots = {n.var for n in walk(where) if isinstance(n, Ref)}
                if any(isinstance(n, Ref) and n.var in roots for n in walk(test)):
                    raise _Refused("which array this is depends on what it replaces")
                return Select(test, self._mirrored(then, where), self._mirrored(other, where))
            case Apply("add", (left, right)) if self._holds(value):
                size = len(right.items) if isinstance(right, Make) else 0
                end = Apply("getitem", (where, Slice(Const(-size), None)), (), "index")
                both = [self._joined(left, where), self._joined(right, end)]
                return Apply("add", tuple(both), (), "infix", "+")
        return self._view(value)

    def _repeated(self, value: Expr, where: Expr) -> Expr:
        """The shadow of a list that is repeated: one of None is of None, however often it is."""
        if isinstance(value, Make) and all(_is_none(item) for item in value.items):
            return value
        return self._mirrored(value, where)

    def _joined(self, value: Expr, where: Expr) -> Expr:
        """The shadow of one of two lists that are put together."""
        if not isinstance(value, Make) and not self._aliases(value):
            raise _Refused("a list that has no name is put together with one that is written into")
        return self._mirrored(value, where)

    def _made(self, value: Make, where: Expr) -> Expr:
        """The shadow of a container that is built: a list or dict of shadows."""
        if value.kind in ("list", "tuple"):
            kind = self.facts.type_of(value)
            items = [self._mirrored(e, part_of(where, k, kind)) for k, e in enumerate(value.items)]
            return Make("list", tuple(items))
        names = [key.value for key in value.keys if isinstance(key, Const)]
        if len(names) < len(value.keys):
            raise _Refused("a dict with computed keys holds what is written into elsewhere")
        kind = self.facts.type_of(value)
        items = [
            self._mirrored(item, part_of(where, name, kind))
            for name, item in zip(names, value.items, strict=True)
        ]
        return Make("dict", tuple(items), value.keys)

    def _view(self, value: Expr) -> Expr:
        """The same view of the shadow."""
        match value:
            case Ref(var):
                return Ref(self._shadow(var))
            case Invoke():
                argument = self.exact(value)
                if argument is None:
                    raise _Refused(
                        f"what {value.callee.name} returns may be a part of its argument"
                    )
                return self._view(argument)
            case Apply("getitem" | "getattr", (base, *_)) if is_held(value, self.facts):
                key = value.args[1] if value.op == "getitem" else Const(value.text)
                return item_of(self._view(base), value, self.facts.type_of(base), key)
            case Apply("builtins.list" | "builtins.tuple" | "copy.copy", (base,)) if self._holds(
                base
            ):
                op = "dict" if isinstance(self.facts.type_of(base), DictOf | Struct) else "list"
                return call(f"builtins.{op}", self._view(base), text=op)
            case Apply("list.pop", (base,)):
                self._check_own(base)
                return replace(value, args=(self._view(base),), origin=None)
            case Apply("builtins.dict" | "builtins.reversed" | "dict.values", (base,)):
                return replace(value, args=(self._view(base),), origin=None)
            case Apply("numpy.copy", (base,)) if self._holds(base):
                return replace(value, args=(self._view(base),), origin=None)
            case Apply(op, (base, *rest)) if isinstance(self.facts.type_of(base), Array | Unknown):
                if op.startswith("attribute."):
                    raise _Refused("s2sad cannot follow which array this stands for")
                if op in ("builtins.list", "builtins.tuple"):
                    return replace(value, args=(self._view(base),), origin=None)
                made = replace(value, args=(self._view(base), *rest), origin=None)
                self.facts.types[made] = self.facts.type_of(value)
                return made
        raise _Refused("s2sad cannot follow which array this stands for")

    def _check_array(self, var: Var) -> None:
        self._check_kind(Ref(var), var.hint)

    def _check_kind(self, value: Expr, what: str) -> None:
        kind = self.facts.type_of(value)
        if not (isinstance(kind, Array) and isinstance(kind.shape, Shape)):
            raise _Refused(
                f"whether {what} is a part of the array or a number is not known: it depends "
                "on the array's rank"
            )

    # ------------------------------------------------------------ tools

    def _shadow(self, var: Var) -> Var:
        if var not in self.shadows.of:
            shadow = self.handed.get(var) or Var(f"d_{var.hint}")
            self.shadows.of[var] = shadow
            kind: Type = self.facts.bindings.get(var, Unknown(var.hint))
            self.regions.mirror(shadow, var, is_container(kind))
            self.facts.bindings[shadow] = _shadow_type(kind)
        return self.shadows.of[var]

    def _zeros(self, where: Expr) -> Expr:
        kind = self.facts.type_of(where)
        if isinstance(kind, Inert):
            return Const(None)
        if is_number(kind):
            return Const(0.0)
        if isinstance(kind, TupleOf):
            parts = [part_of(where, k, kind) for k in range(len(kind.items))]
            return Make("list", tuple(self._zeros(part) for part in parts))
        if isinstance(kind, ListOf) and isinstance(kind.item, Array):
            item = Var("item")
            self.facts.bindings[item] = kind.item
            return Each("list", self._zeros(Ref(item)), item, where)
        if is_container(kind) and may_be_complex(kind):
            raise _Refused("a list or dict of complex arrays is written into under another name")
        if is_container(kind):
            return call("helper.shadow_of", where, text="shadow_of")
        if isinstance(kind, Array) and kind.dtype.startswith(("float", "complex")):
            return call("numpy.zeros_like", where)
        name = "complex" if may_be_complex(kind) else "float"
        dtype = Apply(f"builtins.{name}", (), (), "name", name)
        return call("numpy.zeros_like", where, dtype=dtype)

    def _let(self, var: Var, value: Expr) -> Stmt:
        return Assign((var,), value)

    def _refuse(self, statement: Stmt, refusal: _Refused) -> None:
        origin = getattr(statement, "origin", None)
        location = None if origin is None else origin.module.location(origin.node)
        message = f"cannot differentiate: {refusal}"
        error = S2SADError("S2S011", message, location, refusal.advice)
        nodes = [n for e in expressions(statement) for n in walk(e) if isinstance(n, Invoke)]
        found = [(n, self.regions.calls.effects(n)) for n in nodes]
        error.calls = noted(n for n, effects in found if effects.returns or effects.tangled)
        self.shadows.errors.append(error)
        if refusal.of_caller:
            self.shadows.of_callers.append(error)


def _shadow_type(kind: Type) -> Type:
    """The type of the shadow of a container: a list or a dict of shadows."""
    match kind:
        case TupleOf(items):
            return TupleOf(tuple(_shadow_type(item) for item in items))
        case Struct(_, fields):
            return DictOf(tuple((name, _shadow_type(item)) for name, item in fields))
    return kind


def _is_copy(iterable: Expr) -> bool:
    """Whether a loop runs over a list of its own: xs[1:], list(xs)."""
    match iterable:
        case Apply("builtins.list" | "builtins.tuple" | "numpy.copy" | "copy.copy" | "add" | "mul"):
            return True
        case Apply("getitem", (_, key)):
            return isinstance(key, Slice)
        case Apply("builtins.zip" | "builtins.reversed", args):
            return all(_is_copy(arg) for arg in args)
    return isinstance(iterable, Make | Each)


def _run_over(iterable: Expr) -> Iterator[Expr]:
    """What a loop takes its elements from."""
    match iterable:
        case Apply(op, args) if op.startswith(("builtins.", "dict.")):
            for arg in args:
                yield from _run_over(arg)
        case _:
            yield iterable


def _form(kind: Type) -> str:
    """Lists and dicts are never the same object."""
    return "list" if isinstance(kind, ListOf | TupleOf) else type(kind).__name__


def _pairs(parts: tuple[Target, ...], items: tuple[Expr, ...]) -> Iterator[tuple[Target, Expr]]:
    """Each target with what it is bound to, where both are taken apart."""
    for part, item in zip(parts, items, strict=True):
        if isinstance(part, Unpack) and isinstance(item, Make):
            yield from _pairs(part.targets, item.items)
        else:
            yield part, item


def _read(target: Target) -> Expr:
    """What a target is bound to, as an expression."""
    if isinstance(target, Var):
        return Ref(target)
    assert isinstance(target, Place)
    return item_at(target)


def _hint(where: Expr) -> str:
    """What a place is called: by its variable or by its key."""
    match where:
        case Ref(var):
            return var.hint
        case Apply("getitem", (_, Const(str() as name))) if name.isidentifier():
            return name
        case Apply(_, (whole, *_)):
            return _hint(whole)
    return "item"


def _is_none(expr: Expr) -> bool:
    return isinstance(expr, Const) and expr.value is None


def _is_sliced(key: Expr) -> bool:
    parts = key.items if isinstance(key, Make) and key.kind == "tuple" else (key,)
    return any(
        isinstance(part, Slice) or (isinstance(part, Const) and part.value is Ellipsis)
        for part in parts
    )
