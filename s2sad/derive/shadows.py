"""Shadows: the adjoints of arrays that several names may stand for.

An array that one name at a time stands for has its adjoint in one variable, like any value. Where
names may share memory with what is written into, the adjoint is a *shadow*: an array of its own
beside each allocation, zero at first. Bindings of names, and views, are mirrored in the forward
part, so that what is added through one name is seen through all.

    b = a * 1.0               d_b = np.zeros_like(b)
    first = b[0]              d_first = d_b[0]
    first[:] = e              backward: d_e = d_first; d_first[:] = 0.0

Input: a function with facts and regions. Its body is changed: the statements that bind shadows are
put in. Output: the shadow of each variable. What cannot be mirrored is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from s2sad.analysis.facts import Facts
from s2sad.analysis.regions import Regions
from s2sad.analysis.types import (
    SCALAR,
    Array,
    Inert,
    Shape,
    Type,
    Unknown,
    is_integral,
    is_scalar,
)
from s2sad.derive.broadcasting import call
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
    Expr,
    For,
    Function,
    Guard,
    Invoke,
    Make,
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
    for a statement that binds a view or a copy as NumPy decides, what says that it is a view.
    """

    of: dict[Var, Var] = field(default_factory=dict)
    entry: Block = field(default_factory=list)
    handed: set[Var] = field(default_factory=set)
    follow: dict[Stmt, Block] = field(default_factory=dict)
    sharing: dict[Stmt, Expr] = field(default_factory=dict)
    errors: list[S2SADError] = field(default_factory=list)

    @property
    def flags(self) -> list[Var]:
        """The variables that say whether something is a view."""
        return [test.var for test in self.sharing.values() if isinstance(test, Ref)]

    def together(self, shadow: Var, regions: Regions) -> set[Var]:
        """The shadows that may share memory with one."""
        var = next(v for v, s in self.of.items() if s is shadow)
        return {self.of[other] for other in regions.members(var) if other in self.of}


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
    return maker.shadows


class _Refused(Exception):
    """What cannot be mirrored."""


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
            if not isinstance(s, Assign) or s.augmented is None
            for var in bound_by(s)
            if var in self.handed
        }
        return {r for r in found if self.regions.is_mirrored(r) or r in rebound}

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

    # ------------------------------------------------------------ the walk

    def run(self) -> None:
        """Changes the body of the function."""
        for parameter in self.function.params:
            var = parameter.var
            if self.has_shadow(var):
                shadow = self._shadow(var)
                if var not in self.handed:
                    self.shadows.entry.append(self._let(shadow, self._zeros(var)))
        self.function.body = self._block(self.function.body)

    def _block(self, block: Block) -> Block:
        result: Block = []
        for statement in block:
            try:
                result += self._statement(statement)
            except _Refused as refusal:
                self._refuse(statement, str(refusal))
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
            case Verbatim():
                if any(self.has_shadow(var) for var in statement.binds):
                    raise _Refused("this gives a name to an array that is written into elsewhere")
        return [statement]

    def _assigned(self, statement: Assign) -> Block:
        if statement.augmented is not None:
            return []
        made: Block = []
        for target in statement.targets:
            made += self._bound(statement, target, statement.value)
        return made

    def _bound(self, statement: Assign, target: Target, value: Expr) -> Block:
        """The statements that bind the shadows of what a target binds."""
        match target:
            case Var() if self.has_shadow(target):
                return self._bound_to(statement, target, value)
            case Unpack(parts):
                return self._unpacked(statement, parts, value)
        return []

    def _bound_to(self, statement: Assign, var: Var, value: Expr) -> Block:
        shadow = self._shadow(var)
        if len(statement.targets) > 1 and not self._aliases(value):
            # a = b = e is one array with two names.
            names = [t for t in statement.targets if isinstance(t, Var)]
            if names and names[0] is not var:
                return [self._let(shadow, Ref(self._shadow(names[0])))]
        if self._is_settled(value):
            return [self._let(shadow, self._mirrored(value, var))]
        test = self._has_axes_left(value)
        if test is not None:
            self.shadows.sharing[statement] = test
            number = call("numpy.zeros", Make("tuple", ()))
            return [self._let(shadow, Select(test, self._mirrored(value, var), number))]
        flag = Var(f"{var.hint}_is_view")
        self.shadows.sharing[statement] = Ref(flag)
        both = Select(Ref(flag), self._mirrored(value, var), self._zeros(var))
        return [self._let(flag, self._shares(value, var)), self._let(shadow, both)]

    def _has_axes_left(self, value: Expr) -> Expr | None:
        """Whether an element by whole numbers is an array, as the rank of its array says."""
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
        rank = call("numpy.ndim", Ref(value.var))
        return Apply("gt", (rank, Const(axes)), (), "infix", ">")

    def _shares(self, value: Expr, var: Var) -> Expr:
        """Whether a name stands for memory of what its value is made from, as a run tells."""
        if isinstance(value, Select):
            arms = (self._shares(value.then, var), self._shares(value.other, var))
            return Select(value.test, *arms)
        roots = [Ref(v) for v, _ in self._aliases(value)]
        if not roots:
            return Const(False)
        return call("numpy.may_share_memory", Ref(var), roots[0])

    def _unpacked(self, statement: Assign, parts: tuple[Target, ...], value: Expr) -> Block:
        wanted = [p for p in parts if isinstance(p, Var) and self.has_shadow(p)]
        if not wanted:
            return []
        if isinstance(value, Make) and len(value.items) == len(parts):
            pairs = [(p, item) for p, item in zip(parts, value.items, strict=True) if p in wanted]
            if len(pairs) == 1:
                var, item = pairs[0]
                assert isinstance(var, Var)
                if not self._is_settled(item):
                    raise _Refused("this may be a view or a copy")
                return self._bound_to(replace(statement, targets=(var,), value=item), var, item)
            values = []
            for var, item in pairs:
                assert isinstance(var, Var)
                if not self._is_settled(item):
                    raise _Refused("this may be a view or a copy")
                values.append(self._mirrored(item, var))
            shadows = tuple(self._shadow(p) for p, _ in pairs if isinstance(p, Var))
            return [Assign((Unpack(shadows),), Make("tuple", tuple(values)))]
        if isinstance(value, Invoke) and self.regions.calls.effects(value).tangled:
            raise _Refused(f"parts of what {value.callee.name} returns may share memory")
        if not self._aliases(value):
            return [self._let(self._shadow(var), self._zeros(var)) for var in wanted]
        if isinstance(self.facts.type_of(value), Array):
            for var in wanted:
                self._check_array(var)
            names = tuple(self._shadow(p) if p in wanted else Var("_") for p in parts)
            return [Assign((Unpack(names),), self._view(value))]
        raise _Refused("this gives names to parts of what is written into elsewhere")

    def _for(self, loop: For) -> Block:
        body = self._block(loop.body)
        wanted = [v for v in targets_of(loop.target) if self.has_shadow(v)]
        if not wanted:
            return [replace(loop, body=body)]
        for var in wanted:
            self._check_array(var)
        target, iterable, first = self._run_beside(loop.target, loop.iterable)
        return [replace(loop, target=target, iterable=iterable, body=[*first, *body])]

    def _run_beside(self, target: Target, iterable: Expr) -> tuple[Target, Expr, Block]:
        """The target and the iterable of a loop that runs over arrays and their shadows."""
        match target, iterable:
            case Unpack((Var() as count, Var() as row)), Apply("builtins.enumerate", (array,)):
                at = Apply("getitem", (self._rows(array), Ref(count)), (), "index")
                return target, iterable, [self._let(self._shadow(row), at)]
            case Unpack(parts), Apply("builtins.zip", args) if len(parts) == len(args):
                more = [
                    (self._shadow(part), self._rows(arg))
                    for part, arg in zip(parts, args, strict=True)
                    if isinstance(part, Var) and self.has_shadow(part)
                ]
                together = (*args, *(view for _, view in more))
                both = self._in_place_of(iterable, replace(iterable, args=together, origin=None))
                return Unpack((*parts, *(shadow for shadow, _ in more))), both, []
            case Var() as row, _:
                view = self._rows(iterable)
                both = self._in_place_of(iterable, call("builtins.zip", iterable, view, text="zip"))
                return Unpack((row, self._shadow(row))), both, []
        raise _Refused("a loop over parts of what is written into")

    def _rows(self, iterable: Expr) -> Expr:
        """The shadow of what a loop runs over."""
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
        if isinstance(value, Select):
            return self._is_settled(value.then) and self._is_settled(value.other)
        if isinstance(value, Invoke):
            argument = self.exact(value)
            return argument is None or self._is_settled(argument)
        found = self._aliases(value)
        if not all(how in ("same", "view") for _, how in found):
            return False
        if not self._is_array(value) and any(self._is_replaced(v) for v, _ in found):
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
            updated = [
                target
                for s in statements(self.function.body)
                if isinstance(s, Assign) and s.augmented is not None
                for target in s.targets
                if isinstance(target, Var) and self.has_shadow(target)
            ]
            self.replaced = {self.regions.of(v) for v in updated if not self._is_array(Ref(v))}
        return self.regions.of(var) in self.replaced

    def _is_array(self, value: Expr) -> bool:
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

    def _mirrored(self, value: Expr, var: Var) -> Expr:
        """The shadow of a value that a variable is bound to."""
        if isinstance(value, Select) and self._aliases(value):
            if any(isinstance(n, Ref) and n.var is var for n in walk(value.test)):
                raise _Refused("which array this is depends on what it replaces")
            then = self._mirrored(value.then, var)
            return Select(value.test, then, self._mirrored(value.other, var))
        return self._view(value) if self._aliases(value) else self._zeros(var)

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
            case Apply(op, (base, *rest)) if isinstance(self.facts.type_of(base), Array | Unknown):
                if op in ("builtins.reversed", "builtins.list", "builtins.tuple"):
                    return replace(value, args=(self._view(base),), origin=None)
                made = replace(value, args=(self._view(base), *rest), origin=None)
                self.facts.types[made] = self.facts.type_of(value)
                return made
        raise _Refused("s2sad cannot follow which array this stands for")

    def _check_array(self, var: Var) -> None:
        kind = self.facts.bindings.get(var)
        if not (isinstance(kind, Array) and isinstance(kind.shape, Shape)):
            raise _Refused(
                f"whether {var.hint} is a part of the array or a number is not known: it depends "
                "on the array's rank"
            )

    # ------------------------------------------------------------ tools

    def _shadow(self, var: Var) -> Var:
        if var not in self.shadows.of:
            shadow = self.handed.get(var) or Var(f"d_{var.hint}")
            self.shadows.of[var] = shadow
            self.regions.mirrors[shadow] = var
            kind: Type = self.facts.bindings.get(var, Unknown(var.hint))
            self.facts.bindings[shadow] = kind
        return self.shadows.of[var]

    def _zeros(self, var: Var) -> Expr:
        kind = self.facts.bindings.get(var)
        if isinstance(kind, Array) and kind.dtype.startswith("float"):
            return call("numpy.zeros_like", Ref(var))
        dtype = Apply("builtins.float", (), (), "name", "float")
        return call("numpy.zeros_like", Ref(var), dtype=dtype)

    def _let(self, var: Var, value: Expr) -> Stmt:
        return Assign((var,), value)

    def _refuse(self, statement: Stmt, why: str) -> None:
        origin = getattr(statement, "origin", None)
        location = None if origin is None else origin.module.location(origin.node)
        advice = "Annotate the array with its rank, or take a copy instead of a view."
        self.shadows.errors.append(
            S2SADError("S2S011", f"cannot differentiate: {why}", location, advice)
        )


def _is_sliced(key: Expr) -> bool:
    parts = key.items if isinstance(key, Make) and key.kind == "tuple" else (key,)
    return any(
        isinstance(part, Slice) or (isinstance(part, Const) and part.value is Ellipsis)
        for part in parts
    )
