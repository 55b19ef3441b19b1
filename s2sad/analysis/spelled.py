"""Statements are written out where a derivative needs a name for what has none.

    s += g(a, h)               g_out = g(a, h)              g writes into a
                               s += g_out

    xs += [e]                  xs.append(e)            xs has another name, too

    A[k][0] = e                A_part = A[k]                whether that is a view depends on k
                               A_part[0] = e

    u = w = a * b              u = a * b              a number, perhaps, and u is updated
                               w = u

    for x in a:                for i in range(len(a)):      x is a[i] as it is when its turn comes
        a[1] += x                  x = a[i]
                                   a[1] += x

Input: an interpreted function and its regions. Its body is changed, and means what it meant; it has
to be interpreted again then. What cannot be written out stays, and is refused where it matters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from s2sad.analysis.facts import Facts
from s2sad.analysis.regions import Regions
from s2sad.analysis.types import SCALAR, Array, ListOf, Shape, TupleOf, Unknown
from s2sad.derive.rules import rules
from s2sad.ir.bindings import bound_by
from s2sad.ir.flow import statements, targets_of
from s2sad.ir.nodes import (
    Anew,
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
    Return,
    Stmt,
    Target,
    Unpack,
    Var,
    While,
    walk,
)
from s2sad.ir.order import always, before
from s2sad.tidy.algebra import rewrite
from s2sad.tidy.naming import describe


def spell_out(
    function: Function, facts: Facts, regions: Regions, writes: Callable[[Invoke], bool]
) -> bool:
    """Whether the body of a function was changed. `writes` says of a call that it writes something
    that is varied into what it is handed."""
    if not regions.writes:
        return False
    writer = _Writer(function, facts, regions, writes)
    body = writer.block(function.body)
    if writer.changed:
        function.body = body
    return writer.changed


def is_first(path: list[Expr], regions: Regions) -> bool:
    """Whether nothing that is evaluated before the call at the end of a path reads what it writes
    into."""
    call = path[-1]
    assert isinstance(call, Invoke)
    changed = {regions.of(v) for v in regions.changed_by(call)}
    for part in before(path):
        # What an object is does not change, only what is in it.
        if isinstance(part, Ref):
            continue
        if any(regions.of(n.var) in changed for n in walk(part) if isinstance(n, Ref)):
            return False
    return True


class _Writer:
    def __init__(
        self,
        function: Function,
        facts: Facts,
        regions: Regions,
        writes: Callable[[Invoke], bool],
    ) -> None:
        self.function = function
        self.facts = facts
        self.regions = regions
        self.writes = writes
        self.changed = False
        self.updated: set[Var] | None = None

    def block(self, block: Block) -> Block:
        return [made for statement in block for made in self._statement(statement)]

    def _statement(self, statement: Stmt) -> Block:
        match statement:
            case Branch():
                before, test = self._calls_named(statement.test, False)
                then, other = self.block(statement.then), self.block(statement.other)
                return [*before, replace(statement, test=test, then=then, other=other)]
            case For():
                before, iterable = self._calls_named(statement.iterable, False)
                loop = replace(statement, iterable=iterable, body=self.block(statement.body))
                return [*before, *self._loop(statement, loop)]
            case While() | Context() | Guard():
                return [replace(statement, body=self.block(statement.body))]
            case Return(Invoke() | Make() | Apply() as returned):
                before, result = self._calls_named(returned, False)
                return (
                    [*before, replace(statement, value=result, origin=_anew(statement))]
                    if before
                    else [statement]
                )
            case Evaluate() | Assign(embedded=False):
                return self._simple(statement)
        return [statement]

    def _simple(self, statement: Assign | Evaluate) -> Block:
        before, value = self._calls_named(statement.value, True)
        more, value = self._arguments_named(value)
        before += more
        if isinstance(statement, Assign) and (appended := self._appended(statement, value)):
            return [*before, *appended]
        if isinstance(statement, Assign) and self._replaces_itself(statement, value):
            let, value = self._name(value, describe(value))
            before.append(let)
        if before:
            statement = replace(statement, value=value, origin=_anew(statement))
        if isinstance(statement, Assign) and len(statement.targets) == 1:
            return [*before, *self._target_named(statement, statement.targets[0])]
        if isinstance(statement, Assign) and self._is_updated_number(statement.targets, value):
            first, *others = statement.targets
            made = replace(statement, targets=(first,), origin=_anew(statement))
            names = [Assign((other,), Ref(first)) for other in others if isinstance(first, Var)]
            self.changed = True
            return [*before, made, *names]
        return [*before, statement]

    def _is_updated_number(self, targets: tuple[Target, ...], value: Expr) -> bool:
        """Whether several names are of what may be a number, and one of them is updated: then it
        has another number, unlike an array, which changes under all its names."""
        names = [target for target in targets if isinstance(target, Var)]
        kind = self.facts.type_of(value)
        return (
            len(names) == len(targets)
            and isinstance(kind, Array | Unknown)
            and not (isinstance(kind, Array) and isinstance(kind.shape, Shape))
            and any(map(self.regions.is_written, names))
        )

    def _appended(self, statement: Assign, value: Expr) -> Block:
        """What `xs += [e]` appends to a list that other names see, too."""
        match statement.augmented, statement.targets, value:
            case "add", (Var() as var,), Apply("add", (_, Make("list", items))):
                kind = self.facts.bindings.get(var)
                if isinstance(kind, ListOf | TupleOf) and self.regions.is_shared(var):
                    self.changed = True
                    return [Evaluate(_append(var, item), _anew(statement)) for item in items]
        return []

    def _replaces_itself(self, statement: Assign, value: Expr) -> bool:
        """Whether a name is given what may be a part of its own array: `r = r.ravel()`. Whether it
        is one cannot be asked any more when the name has it."""
        if statement.augmented is not None or not isinstance(value, Apply):
            return False
        found = dict(self.regions.aliases(value))
        uncertain = {"maybe", "part"}
        if value.op == "getitem" and not isinstance(self.facts.shape_of(value.args[0]), Shape):
            uncertain.add("view")
        return any(
            isinstance(target, Var)
            and found.get(target) in uncertain
            and self.regions.is_shared(target)
            for target in statement.targets
        )

    def _name(self, value: Expr, hint: str) -> tuple[Assign, Ref]:
        """A statement that gives a name to a value, and the name."""
        self.changed = True
        var = self._variable(hint)
        origin = None if value.origin is None else Anew(value.origin.node, value.origin.module)
        return Assign((var,), value, None, origin), Ref(var)

    def _variable(self, name: str) -> Var:
        """A variable that the function has not, as if it were the user's."""
        while name in self.function.names:
            name += "_"
        self.function.names |= {name}
        return Var(name, user=True)

    # ------------------------------------------------------------ calls that write

    def _calls_named(self, expr: Expr, whole: bool) -> tuple[Block, Expr]:
        """The calls in an expression that write, under names; all of a statement (`whole`) may be
        one."""
        before: Block = []
        while True:
            found = next((p for p in always(expr) if self._is_inner_call(p, whole)), None)
            if found is None or not is_first(found, self.regions):
                return before, expr
            call = found[-1]
            assert isinstance(call, Invoke)
            let, name = self._name(call, f"{call.callee.name}_out")
            before.append(let)
            expr = _with(expr, call, name)

    def _is_inner_call(self, path: list[Expr], whole: bool) -> bool:
        call = path[-1]
        return isinstance(call, Invoke) and self.writes(call) and not (whole and len(path) == 1)

    # ------------------------------------------------------------ what is written into

    def _arguments_named(self, call: Expr) -> tuple[Block, Expr]:
        """What a call writes into, under names."""
        positions: list[int] = []
        if isinstance(call, Invoke) and self.writes(call):
            positions = sorted(self.regions.calls.effects(call).writes)
        elif isinstance(call, Apply):
            positions = [0] if any(rule.writes for rule in rules().get(call.op, ())) else []
        if not isinstance(call, Invoke | Apply) or not positions:
            return [], call
        before: Block = []
        args: list[Any] = list(call.args)
        for k in positions:
            argument = args[k]
            if argument is not None and not self._is_reachable(argument):
                let, args[k] = self._name(argument, describe(argument))
                before.append(let)
        return before, replace(call, args=tuple(args), origin=None) if before else call

    def _target_named(self, statement: Assign, target: Target) -> Block:
        if isinstance(target, Unpack):
            return self._items_named(statement, target)
        if not isinstance(target, Place) or isinstance(target.key, str):
            return [statement]
        if self._is_reachable(target.base):
            return [statement]
        let, name = self._name(target.base, describe(target.base))
        value = statement.value
        if statement.augmented is not None:
            assert isinstance(value, Apply) and isinstance(value.args[0], Apply)
            old = replace(value.args[0], args=(name, *value.args[0].args[1:]), origin=None)
            value = replace(value, args=(old, *value.args[1:]), origin=None)
        place = Place(Ref(name.var), target.key)
        return [let, Assign((place,), value, statement.augmented, _anew(statement))]

    def _is_reachable(self, base: Expr) -> bool:
        """Whether what is written into has a name, or is certainly a view of what has one. What
        is not known to share memory with anything is left as it is, and refused."""
        if not isinstance(base, Apply) or not base.args or not self.regions.aliases(base):
            return True
        if not isinstance(self.facts.type_of(base.args[0]), Array):
            return True
        found = self.facts.rule_of(base)
        if found is None or found[0].view is None or found[0].view[1] != "always":
            return False
        return self._is_reachable(found[1][found[0].view[0]])

    # ------------------------------------------------------------ parts of arrays

    def _items_named(self, statement: Assign, target: Unpack) -> Block:
        """Names for what is a view or a copy as a run tells, where several are bound at once."""
        value, parts = statement.value, target.targets
        if target.star is not None:
            return [statement]
        if isinstance(value, Make) and len(value.items) == len(parts):
            if self.regions.is_exchange(target, value):
                return [statement]
            pairs = list(zip(parts, value.items, strict=True))
            if not any(self._is_open(part, item) for part, item in pairs):
                return [statement]
            named = [self._name(item, f"{describe(item)}_new") for item in value.items]
            origin = _anew(statement)
            bound: Block = [
                Assign((p,), n, None, origin) for p, (_, n) in zip(parts, named, strict=True)
            ]
            return [*(let for let, _ in named), *bound]
        if isinstance(value, Invoke) or not isinstance(self.facts.type_of(value), Array):
            return [statement]
        if not any(isinstance(p, Var) and self._matters(p) for p in parts):
            return [statement]
        before = []
        if not isinstance(value, Ref) or value.var in targets_of(target):
            let, value = self._name(value, describe(value))
            before = [let]
        self.changed = True
        origin = _anew(statement)
        items = [_item(value, Const(k)) for k in range(len(parts))]
        return [
            *before,
            *(Assign((p,), e, None, origin) for p, e in zip(parts, items, strict=True)),
        ]

    def _matters(self, var: Var) -> bool:
        """Whether writes may be seen through a variable that stands for an array or a number."""
        kind = self.facts.bindings.get(var)
        open_ = isinstance(kind, Array) and not isinstance(kind.shape, Shape)
        return open_ and self.regions.is_mirrored(var) and var not in self.regions.quiet

    def _is_open(self, part: Target, item: Expr) -> bool:
        """Whether only a run tells whether what a name is bound to is another name's array."""
        if not isinstance(part, Var) or not self._matters(part) or not self.regions.aliases(item):
            return False
        return not isinstance(item, Ref) or self.regions.of(part) in self._updated()

    def _updated(self) -> set[Var]:
        """The regions in which `x += e` may give a name another number."""
        if self.updated is None:
            found = [
                target
                for s in statements(self.regions.function.body)
                if isinstance(s, Assign) and s.augmented is not None
                for target in s.targets
                if isinstance(target, Var)
            ]
            self.updated = {self.regions.of(v) for v in found}
        return self.updated

    # ------------------------------------------------------------ loops

    def _loop(self, loop: For, made: For) -> Block:
        """A loop over arrays by positions, where its elements may be numbers that the loop writes,
        or it is not known whether they are."""
        pairs = list(_elements(loop.target, loop.iterable))
        if not pairs or not all(isinstance(self.facts.type_of(e), Array) for _, e in pairs):
            return [made]
        inside = [w for s in statements(loop.body) for w in self.regions.writes.get(s, ())]
        written = {self.regions.of(v) for w in inside for v, _ in self.regions.aliases(w.base)}
        if not any(self._is_by_position(part, array, written) for part, array in pairs):
            return [made]
        before: Block = []
        bound = bound_by(loop)
        arrays: list[Expr] = []
        for _, array in _elements(made.target, made.iterable):
            if not isinstance(array, Ref) or array.var in bound:
                let, array = self._name(array, f"{describe(array)}_items")
                before.append(let)
            arrays.append(array)
        self.changed = True
        at = _counter(loop) or self._variable("i")
        sizes = tuple(Apply("builtins.len", (a,), text="len") for a in arrays)
        size = sizes[0] if len(sizes) == 1 else Apply("builtins.min", sizes, text="min")
        over = Apply("builtins.range", (size,), text="range")
        first = [Assign((part,), _item(array, Ref(at))) for (part, _), array in
                 zip(pairs, arrays, strict=True)]  # fmt: skip
        head = 0 if loop.count is None else 1  # behind the statement that counts
        body = [*made.body[:head], *first, *made.body[head:]]
        return [*before, replace(made, target=at, iterable=over, body=body)]

    def _is_by_position(self, part: Target, array: Expr, written: set[Var]) -> bool:
        if not isinstance(part, Var):
            return False
        kind = self.facts.bindings.get(part)
        if not isinstance(kind, Array) or (isinstance(kind.shape, Shape) and kind.shape != SCALAR):
            return False
        roots = {self.regions.of(v) for v, _ in self.regions.aliases(array)}
        return bool(roots & written) or (array in self.facts.varied and self._matters(part))


def _append(var: Var, item: Expr) -> Apply:
    return Apply("list.append", (Ref(var), item), (), "method", "append")


def _anew(statement: Stmt) -> Anew | None:
    origin = statement.origin
    return None if origin is None else Anew(origin.node, origin.module)


def _item(array: Expr, key: Expr) -> Expr:
    again = Ref(array.var) if isinstance(array, Ref) else array
    return Apply("getitem", (again, key), (), "index")


def _elements(target: Target, iterable: Expr) -> Iterator[tuple[Target, Expr]]:
    """What a loop binds to the elements of each array that it runs over."""
    match target, iterable:
        case Unpack((Var(), part), None), Apply("builtins.enumerate", (array,), ()):
            yield part, array
        case Unpack(parts, None), Apply("builtins.zip", args, ()) if len(parts) == len(args):
            yield from zip(parts, args, strict=True)
        case Var(), Apply("builtins.enumerate" | "builtins.zip"):
            return
        case Var(), _:
            yield target, iterable


def _counter(loop: For) -> Var | None:
    """The variable of enumerate that counts, unless the loop gives it another value."""
    match loop.target, loop.iterable:
        case Unpack((Var() as count, _)), Apply("builtins.enumerate"):
            return count
    return None


def _with(expr: Expr, part: Expr, name: Expr) -> Expr:
    return rewrite(expr, lambda node: name if node is part else None)
