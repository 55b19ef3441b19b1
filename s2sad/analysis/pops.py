"""What is taken out of a list gets a name before anything is computed from it.

    s += xs.pop() ** 2           xs_last = xs.pop()
                                 s += xs_last ** 2

    y = xs.pop() if xs else 0    if xs:
                                     y = xs.pop()
                                 else:
                                     y = 0

To take an item out has an effect and a result. Under a name the result can be read on the way
back, where the effect is undone. What was evaluated before it, and may read the list, gets a name
as well.

Input: a function as it was lowered. Output: the same, in which every item that is certainly taken
out of a list is in a variable. Nothing flows through those in comprehensions, behind `and` and
`or`, and in the tests of while loops.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from s2sad.analysis.alone import given_away
from s2sad.ir.bindings import written_into
from s2sad.ir.flow import bound, expressions, statements, targets
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
    Make,
    Opaque,
    Place,
    Ref,
    Return,
    Select,
    Stmt,
    Target,
    Unpack,
    Var,
    While,
    walk,
)
from s2sad.ir.order import always, before
from s2sad.ir.rebuilt import rebuilt
from s2sad.tidy.algebra import rewrite
from s2sad.tidy.naming import describe


def named_pops(function: Function) -> Function:
    """The function with a variable for each item that a statement takes out of a list."""
    if not any(_is_pop(node) for s in statements(function.body) for node in _nodes(s)):
        return function
    return replace(function, body=_Namer(_lists_of_its_own(function)).block(function.body))


@dataclass
class _Namer:
    """Names what is taken out. The lists of the variables in `own` have no other name."""

    own: set[Var]

    def block(self, block: Block) -> Block:
        return [made for statement in block for made in self._statement(statement)]

    def _statement(self, statement: Stmt) -> Block:
        match statement:
            case Branch(test, then, other):
                named, test = self._named(test)
                then, other = self.block(then), self.block(other)
                return [*named, replace(statement, test=test, then=then, other=other)]
            case For(iterable=iterable, body=body, other=other):
                named, iterable = self._named(iterable)
                body, other = self.block(body), self.block(other)
                return [*named, replace(statement, iterable=iterable, body=body, other=other)]
            case While(test, body, other):
                body, other = self.block(body), self.block(other)
                return [replace(statement, test=_uncertain(test), body=body, other=other)]
            case Context(body=body) | Guard(body=body):
                return [replace(statement, body=self.block(body))]
            case Assign(value=value, embedded=True) if not _is_pop(value):
                return [replace(statement, value=_uncertain(value))]
            case Assign(embedded=False):
                return self._assigned(statement)
            case Evaluate(value) if not _is_pop(value):
                return self._rewritten(statement, *self._named(value))
            case Return(value) if value is not None:
                return self._rewritten(statement, *self._named(value))
        return [statement]

    def _assigned(self, statement: Assign) -> Block:
        value = statement.value
        match statement.targets:
            case (Place(base) as place,) if _pops(base) or _pops(_key(place)):
                return self._put(statement, place)
        if statement.augmented is not None:
            return self._updated(statement, value)
        if _is_pop(value) and _binds_names(statement):
            return [statement]
        if (parts := _one_by_one(statement)) is not None:
            return self.block(parts)
        if isinstance(value, Select) and value.form == "if" and _binds_names(statement):
            if _pops(value.then) or _pops(value.other):
                named, test = self._named(value.test)
                then, other = (
                    self.block([replace(statement, value=arm, origin=None)])
                    for arm in (value.then, value.other)
                )
                return [*named, Branch(test, then, other)]
        return self._rewritten(statement, *self._named(value))

    def _put(self, statement: Assign, place: Place) -> Block:
        """base[key] = e, where the base or the key takes something out: they are evaluated after e,
        those of an update before it."""
        value = statement.value
        where = (place.base, _key(place))
        given = () if statement.augmented is not None else (value,)
        named, whole = self._named(Make("tuple", (*given, *where)))
        assert isinstance(whole, Make)
        there = list(whole.items[-2:])
        for position, part in enumerate(there):
            if part is not where[position] and not isinstance(part, Ref):
                let, there[position] = _let(describe(part), part, part)
                named.append(let)
        base, key = there
        if given:
            value = whole.items[0]
        else:
            assert isinstance(value, Apply) and isinstance(value.args[0], Apply)
            read = value.args[0]
            args = tuple(
                old if new is same else replace(new)
                for old, new, same in zip(read.args, there, where, strict=False)
            )
            value = replace(value, args=(replace(read, args=args, origin=None), value.args[1]))
        target = replace(place, base=base, key=place.key if isinstance(place.key, str) else key)
        put = replace(statement, targets=(target,), value=value, origin=None)
        return [*named, *self._assigned(put)]

    def _updated(self, statement: Assign, value: Expr) -> Block:
        """target += e: what is updated is read before e is evaluated, and written after it."""
        assert isinstance(value, Apply)
        old, update = value.args
        named, update = self._named(update)
        if not named:
            return [statement]
        (target,) = statement.targets
        if isinstance(target, Var) or _is_the_same(target):
            return self._rewritten(statement, named, replace(value, args=(old, update)))
        item = Var(describe(old))
        new = replace(value, args=(Ref(item), update), origin=None)
        return [
            Assign((item,), old),
            *named,
            Assign((item,), new, statement.augmented),
            Assign((target,), Ref(item)),
        ]

    def _rewritten(self, statement: Assign | Evaluate | Return, named: Block, value: Expr) -> Block:
        origin = None if named else statement.origin
        return [*named, replace(statement, value=value, origin=origin)]

    def _named(self, value: Expr) -> tuple[Block, Expr]:
        """The statements that take items out, and a value with their names."""
        named: Block = []
        while True:
            found = next((path for path in always(value) if _is_pop(path[-1])), None)
            if found is None:
                return named, _uncertain(value)
            pop = found[-1]
            assert isinstance(pop, Apply)
            for part in list(before(found)):
                if self._may_read(part, pop):
                    let, value = _let(describe(part), part, value)
                    named.append(let)
            let, value = _let(_hint(pop), pop, value)
            named.append(let)

    def _may_read(self, part: Expr, pop: Apply) -> bool:
        """Whether an expression may read what is in the list."""
        if isinstance(part, Ref | Const):
            return False
        base = pop.args[0]
        if isinstance(base, Ref) and base.var in self.own:
            return any(isinstance(n, Ref) and n.var is base.var for n in walk(part))
        return not all(isinstance(n, Ref | Const | Make) for n in walk(part))


def _uncertain(value: Expr) -> Expr:
    """A value in which nothing flows through what is taken out of a list: that may not happen, or
    several times."""
    return rebuilt(value, lambda node: _taken_out(node) if _is_pop(node) else None)


def _taken_out(pop: Any) -> Opaque:
    reason = "an item that is taken out of a list in a comprehension, or that may not be"
    changed = tuple(written_into(Place(pop.args[0], Const(None))))
    return Opaque(pop.args, reason, "S2S012", changed, False, pop.origin)


def _let(hint: str, part: Expr, value: Expr) -> tuple[Stmt, Expr]:
    var = Var(hint)
    return Assign((var,), part), rewrite(value, lambda node: Ref(var) if node is part else None)


def _hint(pop: Apply) -> str:
    base = pop.args[0]
    return f"{base.var.hint}_last" if isinstance(base, Ref) else "last"


def _nodes(statement: Stmt) -> Iterator[Expr]:
    for expr in expressions(statement):
        yield from walk(expr)


def _is_pop(node: Expr) -> bool:
    return isinstance(node, Apply) and node.op == "list.pop"


def _key(place: Place) -> Expr:
    return Const(place.key) if isinstance(place.key, str) else place.key


def _pops(value: Expr) -> bool:
    return any(_is_pop(path[-1]) for path in always(value))


def _one_by_one(statement: Assign) -> Block | None:
    """b, a = xs.pop(), xs.pop() as one statement for each name, where none reads what another one
    binds."""
    match statement:
        case Assign((Unpack(names, None),), Make("tuple", items)) if len(names) == len(items):
            if not all(isinstance(name, Var) for name in names) or not any(map(_is_pop, items)):
                return None
            read = {n.var for item in items for n in walk(item) if isinstance(n, Ref)}
            if read & set(names) or len(set(names)) < len(names):
                return None
            return [Assign((name,), item) for name, item in zip(names, items, strict=True)]
    return None


def _binds_names(statement: Assign) -> bool:
    return all(isinstance(target, Var) for target in statement.targets)


def _is_the_same(target: Target) -> bool:
    """Whether a place is the same one before and after an item is taken out of a list: a field, or
    an item that is counted from the start."""
    if not isinstance(target, Place) or not isinstance(target.base, Ref):
        return False
    key = target.key
    if isinstance(key, Const):
        return not isinstance(key.value, int) or key.value >= 0
    return isinstance(key, str)


def _lists_of_its_own(function: Function) -> set[Var]:
    """The variables that stand for nothing but lists that the function builds, which have no other
    name: each is read by an index or a method, or walked through."""
    found: dict[Var, bool] = {parameter.var: False for parameter in function.params}
    for statement in statements(function.body):
        value = statement.value if isinstance(statement, Assign) else None
        is_list = isinstance(value, Make | Each) and value.kind == "list"
        for var in bound(statement):
            found[var] = found.get(var, True) and is_list and len(targets(statement)) == 1
        found |= dict.fromkeys(given_away(statement), False)
    return {var for var, is_own in found.items() if is_own}
