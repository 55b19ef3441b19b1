"""What lists, dicts and objects hold, and where its adjoint is.

A container that holds arrays with shadows has a shadow itself: a list or dict that holds theirs
(`shadows/`). So the adjoint of what a container holds stands in the same item of its shadow:

    xs = [np.tanh(a), b]       d_xs = [np.zeros_like(xs[0]), d_b]
    xs[i % 2]                  d_xs[i % 2]
    state.u                    d_state["u"]
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from s2sad.analysis.facts import Facts
from s2sad.analysis.regions import Regions
from s2sad.analysis.types import (
    DictOf,
    ListOf,
    Struct,
    TupleOf,
    Type,
    Unknown,
    has_only_numbers,
)
from s2sad.ir.nodes import (
    Apply,
    Assign,
    Block,
    Branch,
    Const,
    Evaluate,
    Expr,
    For,
    Make,
    Place,
    Ref,
    Slice,
    Stmt,
    Target,
    Unpack,
    Var,
    walk,
)
from s2sad.tidy.algebra import key as structure
from s2sad.tidy.algebra import rewrite

CONTAINERS = (ListOf, TupleOf, DictOf, Struct)
"""The types of what holds objects. Shadows of lists and tuples are lists, all others dicts."""


def is_container(kind: Type | None) -> bool:
    """Whether values of a type hold objects, and no numbers of their own."""
    return isinstance(kind, CONTAINERS)


def is_held(node: Expr, facts: Facts) -> bool:
    """Whether an expression is one item of a container."""
    if not isinstance(node, Apply) or node.op not in ("getitem", "getattr"):
        return False
    kind = facts.type_of(node.args[0])
    if isinstance(kind, Unknown):
        return node.op == "getattr" or _is_word(node.args[1])
    return is_container(kind)


def item_of(whole: Expr, node: Apply, kind: Type, key: Expr) -> Expr:
    """The item of a shadow, where `node` is that item of a container of some type."""
    if node.op == "getattr":
        key = Const(node.text)
    elif isinstance(kind, Struct) and isinstance(key, Const) and isinstance(key.value, int):
        key = Const(kind.fields[key.value][0])
    return Apply("getitem", (whole, key), (), "index")


def place_of(
    node: Expr, shadows: Mapping[Var, Var], facts: Facts, key_of: Callable[[Expr], Expr]
) -> Expr | None:
    """Where the adjoint of an item is: of xs[i] that is d_xs[i]; None without a shadow."""
    if isinstance(node, Ref):
        shadow = shadows.get(node.var)
        return None if shadow is None else Ref(shadow)
    if not isinstance(node, Apply) or not is_held(node, facts):
        return None
    whole = place_of(node.args[0], shadows, facts, key_of)
    if whole is None:
        return None
    key = key_of(node.args[1]) if node.op == "getitem" else Const(node.text)
    return item_of(whole, node, facts.type_of(node.args[0]), key)


def is_boxed(where: Expr, regions: Regions, facts: Facts) -> bool:
    """Whether the adjoint of a number in a container is an array without axes: what holds arrays
    may be copied, and both copies then hold the same objects, to whose adjoint both add."""
    roots = {n.var for n in walk(where) if isinstance(n, Ref) and regions.knows(n.var)}
    around = {var for root in roots for var in regions.members(root)}
    return not all(has_only_numbers(facts.bindings.get(var)) for var in around)


def item_at(target: Place) -> Apply:
    """What stands at a place, as an expression."""
    if isinstance(target.key, str):
        return Apply("getattr", (target.base,), (), "attribute", target.key)
    return Apply("getitem", (target.base, target.key), (), "index")


def part_of(whole: Expr, key: str | int, kind: Type) -> Expr:
    """One part of a container as an expression. Part 0 of ys[-2:] is ys[-2]."""
    if isinstance(kind, Struct):
        return Apply("getattr", (whole,), (), "attribute", str(key))
    match whole:
        case Apply("getitem", (base, Slice(Const(start), None, None))) if isinstance(key, int):
            whole, key = base, start + key
    return Apply("getitem", (whole, Const(key)), (), "index")


def exchanges_items(statement: Stmt, facts: Facts) -> bool:
    """Whether two items of containers trade places: `xs[i], xs[j] = xs[j], xs[i]`."""
    match statement:
        case Assign((Unpack((Place() as one, Place() as other), None),), Make("tuple", (a, b))):
            items = [item_at(one), item_at(other)]
            names = [structure(item) for item in items]
            return names == [structure(b), structure(a)] and all(is_held(i, facts) for i in items)
    return False


def is_taken(statement: Stmt) -> bool:
    """Whether what a statement takes from a list gets a name: `x = xs.pop()`."""
    return isinstance(statement, Assign) and isinstance(statement.targets[0], Var) and (
        isinstance(statement.value, Apply) and statement.value.op == "list.pop"
    )  # fmt: skip


def written_out(block: Block, held: Mapping[Var, Expr]) -> Block:
    """Statements in which the names that stand for items of shadows are written as these items."""
    return [_written(statement, held) for statement in block] if held else block


def _written(statement: Stmt, held: Mapping[Var, Expr]) -> Stmt:
    def put(expr: Expr) -> Expr:
        return rewrite(expr, lambda n: held.get(n.var) if isinstance(n, Ref) else None)

    def target(given: Target) -> Target:
        match given:
            case Var() if given in held:
                item = held[given]
                assert isinstance(item, Apply)
                return Place(item.args[0], item.args[1])
            case Place(base, key):
                return Place(put(base), key if isinstance(key, str) else put(key))
            case Unpack(parts, star):
                return Unpack(tuple(target(part) for part in parts), star)
        return given

    match statement:
        case Assign():
            targets = tuple(target(t) for t in statement.targets)
            return Assign(targets, put(statement.value), statement.augmented)
        case Evaluate(value):
            return Evaluate(put(value))
        case Branch(test, then, other):
            return Branch(put(test), written_out(then, held), written_out(other, held))
        case For(place, iterable, body):
            return For(place, put(iterable), written_out(body, held))
    return statement


def _is_word(key: Expr) -> bool:
    return isinstance(key, Const) and isinstance(key.value, str)
