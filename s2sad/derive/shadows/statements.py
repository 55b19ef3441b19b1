"""The statements that bind shadows, put into a function beside those that bind its variables.

Input: a function with facts and regions. Its body is changed. Output: the shadow of each variable.
What cannot be mirrored is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from s2sad.analysis.facts import Facts
from s2sad.analysis.regions import Regions
from s2sad.analysis.types import (
    Array,
    DictOf,
    ListOf,
    Struct,
    TupleOf,
    is_number,
)
from s2sad.derive.broadcasting import call
from s2sad.derive.effects import noted
from s2sad.derive.held import is_boxed, is_container, item_at
from s2sad.derive.shadows.loops import Loops
from s2sad.derive.shadows.made import Refused, Shadows, let
from s2sad.derive.shadows.values import Values
from s2sad.derive.shadows.which import Which
from s2sad.errors import S2SADError
from s2sad.ir.flow import expressions, pairs_of, targets_of
from s2sad.ir.nodes import (
    Apply,
    Assign,
    Block,
    Branch,
    Const,
    Context,
    Evaluate,
    Expr,
    For,
    Function,
    Guard,
    Invoke,
    Make,
    Place,
    Ref,
    Stmt,
    Target,
    Unpack,
    Var,
    Verbatim,
    While,
    location_of,
    walk,
)


def put_in(
    function: Function,
    facts: Facts,
    regions: Regions,
    handed: dict[Var, Var],
    exact: Callable[[Invoke], Expr | None],
) -> Shadows:
    """Puts the shadows of a function in its body. `handed` are those that it is handed; `exact` is
    the argument that a call returns."""
    shadows = Shadows(handed=set(handed.values()))
    which = Which(function, facts, regions, handed)
    if which.regions_with_shadows:
        _Statements(Values(which, shadows, exact)).run()
        for followers in shadows.follow.values():
            for follower in followers:
                regions.note_writes(follower)
    return shadows


class _Statements:
    """Goes through the statements of a function."""

    def __init__(self, values: Values) -> None:
        self.values = values
        self.which = values.which
        self.loops = Loops(values)
        self.shadows = values.shadows
        self.function = values.which.function
        self.facts = values.facts
        self.regions = values.regions
        self.handed = values.handed

    def run(self) -> None:
        """Changes the body of the function."""
        for parameter in self.function.params:
            var = parameter.var
            if self.which.has_shadow(var):
                shadow = self.values.shadow(var)
                if var in self.handed:
                    if self.which.may_be_number(var) and self._has_other_names(var):
                        # What is added to a number's adjoint is seen through all names of it.
                        place = call("numpy.asarray", Ref(shadow))
                        self.shadows.entry.append(let(shadow, place))
                else:
                    try:
                        zeros = self.values.zeros(Ref(var))
                    except Refused as refusal:
                        self._refuse(self.function.body[0], refusal)
                        continue
                    self.shadows.entry.append(let(shadow, zeros))
        self.function.body = self.block(self.function.body)

    def block(self, block: Block) -> Block:
        """The statements of a block with those that bind shadows; what is refused stays."""
        result: Block = []
        for statement in block:
            try:
                result += self._statement(statement)
            except Refused as refusal:
                self._refuse(statement, refusal)
                result.append(statement)
        return result

    def _statement(self, statement: Stmt) -> Block:
        match statement:
            case Branch():
                then, other = self.block(statement.then), self.block(statement.other)
                return [replace(statement, then=then, other=other)]
            case For():
                return self.loops.beside(statement, self.block(statement.body))
            case While() | Context() | Guard():
                return [replace(statement, body=self.block(statement.body))]
            case Assign():
                made = self._assigned(statement)
                if made:
                    self.shadows.follow[statement] = made
                return [statement, *made]
            case Evaluate(Apply("list.append" | "list.pop", (base, *given)) as change):
                if self.which.aliases(base):
                    self.values.check_own(base)
                    last = Apply("getitem", (base, Const(-1)), (), "index")
                    tests, items = self.values.shadows_of([(item, last) for item in given], set())
                    args = (self.values.view(base), *items)
                    same = Evaluate(replace(change, args=args, origin=None))
                    self.shadows.follow[statement] = [*tests, same]
                    return [statement, *tests, same]
            case Verbatim():
                if any(
                    self.which.has_shadow(var) for var in (*statement.binds, *statement.mutates)
                ):
                    raise Refused("this changes what stands for an array that is written into")
        return [statement]

    def _assigned(self, statement: Assign) -> Block:
        if statement.augmented is not None:
            (target,) = statement.targets
            if self._is_number_held(target):
                return self._bound(statement, target, statement.value)
            if not self._is_renewed(target):
                return []
            self.shadows.renewed.add(statement)
            now = self._target(target)
            value = call("helper.shadow_after", _read(now), _read(target), text="shadow_after")
            return [Assign((now,), value)]
        made: Block = []
        for target in statement.targets:
            made += self._bound(statement, target, statement.value)
        match statement.value:
            case Apply("list.pop", (base,)) as taken if not made and self.which.aliases(base):
                # The list of shadows loses its last one, too, which nothing else needs.
                same = replace(taken, args=(self.values.view(base),), origin=None)
                made.append(Assign((Var("d_last"),), same))
        return made

    def _is_number_held(self, target: Target) -> bool:
        """Whether a target is a number that a container holds: an update puts another one there."""
        held = isinstance(target, Place) and self.which.is_slot(target)
        return held and is_number(self.facts.type_of(_read(target)))

    def _is_number_of_list(self, target: Target) -> bool:
        """Whether a target is an item of a list of numbers: its adjoint is a number in the shadow,
        which is 0.0 until the backward part adds to it, whatever number the item is."""
        if not isinstance(target, Place) or not self.which.is_slot(target):
            return False
        item, kind = item_at(target), self.facts.type_of(target.base)
        found = isinstance(kind, ListOf | TupleOf) and is_number(self.facts.type_of(item))
        if not found or is_boxed(item, self.regions, self.facts):
            return False
        self.values.check_own(target.base)
        return True

    def _is_renewed(self, target: Target) -> bool:
        """Whether what `target += e` updates may be a number that a container holds, too: then it
        is another one there."""
        if not self.which.has_place(target):
            return False
        where = _read(target)
        kind = self.facts.type_of(where)
        if is_number(kind) or self.which.is_array(where):
            return False
        if is_container(kind):
            if isinstance(target, Place):
                raise Refused("a list or dict that another one holds is updated in place")
            return False
        if not isinstance(target, Var):
            return True
        return target in self.handed or self._has_other_names(target)

    def _has_other_names(self, var: Var) -> bool:
        """Whether a number may have another name, whose adjoint is its own: a container holds it,
        or the name trades places with one whose shadow is handed over."""
        return self.regions.is_in_container(var) or var in self.which.traded

    def _bound(self, statement: Assign, target: Target, value: Expr) -> Block:
        """The statements that bind the shadows of what a target binds."""
        match target:
            case Var() if self.which.has_shadow(target):
                return self._bound_to(statement, target, value)
            case Place() if self.which.is_slot(target):
                if self._is_number_of_list(target):
                    return []
                place = self._place(target)
                tests, (shadow,) = self.values.shadows_of([(value, item_at(target))], set())
                return [*tests, Assign((place,), shadow)]
            case Unpack(parts):
                return self._unpacked(statement, parts, value)
        return []

    def _bound_to(self, statement: Assign, var: Var, value: Expr) -> Block:
        shadow = self.values.shadow(var)
        names = [t for t in statement.targets if isinstance(t, Var) and self.which.has_shadow(t)]
        is_second = len(statement.targets) > 1 and names != [] and names[0] is not var
        is_second = is_second and not is_number(self.facts.type_of(value))
        if is_second and (not self.which.aliases(value) or self.which.holds(value)):
            # a = b = e is one array with two names.
            return [let(shadow, Ref(self.values.shadow(names[0])))]
        if is_second and not self.which.holds(value) and not self.values.is_settled(value):
            raise Refused("this may be a view or a copy, and gets two names")
        tests, (made,) = self.values.shadows_of([(value, Ref(var))], set())
        return [*tests, let(shadow, made)]

    def _unpacked(self, statement: Assign, parts: tuple[Target, ...], value: Expr) -> Block:
        wanted = [p for p in parts if self.which.has_place(p)]
        if not wanted:
            return []
        if isinstance(value, Make) and len(value.items) == len(parts):
            pairs = [
                (part, item)
                for part, item in pairs_of(parts, value.items)
                if self.which.has_place(part) and not self._is_number_of_list(part)
            ]
            if not pairs:
                return []
            if len(pairs) == 1:
                return self._bound(statement, *pairs[0])
            tests: Block = []
            shadows = tuple(self._target(p) for p, _ in pairs)
            if self.regions.is_exchange(Unpack(parts), value):
                values = [self.values.same(item, _read(part)) for part, item in pairs]
            else:
                bound = [(item, _read(part)) for part, item in pairs]
                tests, values = self.values.shadows_of(bound, set(targets_of(Unpack(parts))))
            return [*tests, Assign((Unpack(shadows),), Make("tuple", tuple(values)))]
        if isinstance(value, Invoke) and self.regions.calls.effects(value).tangled:
            raise Refused(f"parts of what {value.callee.name} returns may share memory")
        if not self.which.aliases(value):
            return [Assign((self._target(p),), self.values.zeros(_read(p))) for p in wanted]
        kind = self.facts.type_of(value)
        if isinstance(kind, Struct) and len(kind.fields) == len(parts):
            whole = self.values.view(value)
            return [
                Assign((self._target(p),), Apply("getitem", (whole, Const(name)), (), "index"))
                for p, (name, _) in zip(parts, kind.fields, strict=True) if p in wanted
            ]  # fmt: skip
        if is_container(kind) and not isinstance(kind, DictOf):
            shadows = tuple(self._target(p) if p in wanted else Var("_") for p in parts)
            return [Assign((Unpack(shadows),), self.values.view(value))]
        if isinstance(kind, Array):
            for part in wanted:
                self.values.check_kind(_read(part), "each of these")
            shadows = tuple(self._target(p) if p in wanted else Var("_") for p in parts)
            return [Assign((Unpack(shadows),), self.values.view(value))]
        raise Refused("this gives names to parts of what is written into elsewhere")

    def _target(self, target: Target) -> Target:
        """Where the shadow goes of what a target is bound to."""
        match target:
            case Var():
                return self.values.shadow(target)
            case Place():
                return self._place(target)
        raise Refused("this takes a container inside another one apart")

    def _place(self, target: Place) -> Place:
        self.values.check_own(target.base)
        if isinstance(target.key, str):
            raise Refused("a write into a field of an object")
        item = self.values.view(item_at(target))
        assert isinstance(item, Apply)
        return Place(item.args[0], item.args[1])

    def _refuse(self, statement: Stmt, refusal: Refused) -> None:
        message = f"cannot differentiate: {refusal}"
        error = S2SADError("S2S011", message, location_of(statement), refusal.advice)
        nodes = [n for e in expressions(statement) for n in walk(e) if isinstance(n, Invoke)]
        found = [(n, self.regions.calls.effects(n)) for n in nodes]
        error.calls = noted(n for n, effects in found if effects.returns or effects.tangled)
        self.shadows.errors.append(error)
        if refusal.of_caller:
            self.shadows.of_callers.append(error)


def _read(target: Target) -> Expr:
    """What a target is bound to, as an expression."""
    if isinstance(target, Var):
        return Ref(target)
    assert isinstance(target, Place)
    return item_at(target)
