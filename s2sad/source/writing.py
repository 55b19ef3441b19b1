"""Calls that write into an array, as the writes that they are; writes to several places.

np.copyto(a, b)          a[...] = b
a.fill(x)                a[...] = x
a.sort()                 a[...] = np.sort(a)
np.sin(x, out=a)         a[...] = np.sin(x)
np.sin(x, a)             a[...] = np.sin(x)
np.copyto(a, b, where=m) a[...] = np.where(m, b, a), and so of functions with out= and where=
u = held["v"] = e        u = e;  held["v"] = u
held["u"], x = e         u, x = e;  held["u"] = u
for row in e: row *= 2   rows = e;  for row in rows: row *= 2, where e makes the rows
"""

from __future__ import annotations

from dataclasses import replace
from keyword import iskeyword

from s2sad.ir.bindings import written_by
from s2sad.ir.flow import expressions, expressions_in, statements, targets_of
from s2sad.ir.nodes import (
    Apply,
    Assign,
    Block,
    Const,
    Each,
    Expr,
    Invoke,
    Make,
    Origin,
    Place,
    Ref,
    Select,
    Target,
    Unpack,
    Var,
    walk,
)
from s2sad.ir.rebuilt import again
from s2sad.source.operators import BINARY, COMPARE, UFUNCS, UNARY


def as_write(value: Expr, origin: Origin) -> Assign | None:
    """The write that a call is, whose result is dropped; None when it is none."""
    if not isinstance(value, Apply):
        return None
    match value:
        case Apply("numpy.copyto" | "method.fill", (target, written), ()):
            return _write(target, written, origin)
        case Apply("numpy.copyto", (target, written), (("where", mask),)):
            return _write(target, _where(mask, written, target), origin)
        case Apply("method.sort", (target, *rest), kwargs):
            ordered = Apply("numpy.sort", (again(target), *rest), kwargs, "call", "np.sort")
            return _write(target, ordered, origin)
    count = inputs(value.op)
    kwargs = tuple((name, given) for name, given in value.kwargs if name != "out")
    out = next((given for name, given in value.kwargs if name == "out"), None)
    if out is None and value.form == "call" and count is not None and len(value.args) == count + 1:
        out = value.args[-1]
        value = replace(value, args=value.args[:-1])
    if out is None or (isinstance(out, Const) and out.value is None):
        return None
    given_where = [given for name, given in kwargs if name == "where"]
    kwargs = tuple((name, given) for name, given in kwargs if name != "where")
    written = replace(value, kwargs=kwargs, origin=None)
    found = _where(given_where[0], written, out) if given_where else written
    return _write(out, found, origin)


def _where(mask: Expr, value: Expr, otherwise: Expr) -> Apply:
    return Apply("numpy.where", (mask, value, again(otherwise)), (), "call", "np.where")


def inputs(op: str) -> int | None:
    """How many arguments a ufunc of one result computes with; a further one is its `out`."""
    for count, table in ((1, UNARY), (2, BINARY), (2, COMPARE)):
        if op in table.values():
            return count
    return UFUNCS.get(op)


def _write(target: Expr, value: Expr, origin: Origin) -> Assign:
    return Assign((Place(target, Const(...)),), value, origin=origin)


def bindings(targets: tuple[Target, ...], value: Expr, origin: Origin) -> Block:
    """An assignment as those that give each object one name first.

    Of `u = held["v"] = e` the targets stand for one object: its name is the first of theirs that no
    other target reads or binds. Of `held["u"], x = e` the parts that go into places get names.
    """
    if len(targets) == 1:
        return _taken_apart(targets[0], value, origin)
    if isinstance(value, Const) or all(isinstance(target, Var) for target in targets):
        return [Assign(targets, value, origin=origin)]
    names = [t for t in targets if isinstance(t, Var) and not _takes_part(t, targets)]
    if isinstance(value, Ref) and not _takes_part(value.var, targets):
        return [part for target in targets for part in _taken_apart(target, again(value), None)]
    name = names[0] if names else Var("new")
    block: Block = [Assign((name,), value)]
    for target in targets:
        block += [] if target is name else _taken_apart(target, Ref(name), None)
    return block


def _takes_part(var: Var, targets: tuple[Target, ...]) -> bool:
    """Whether a variable is read by targets, or bound by others than itself alone."""
    bound = [v for target in targets if target is not var for v in targets_of(target)]
    return var in bound or any(var in _read_by(target) for target in targets)


def _read_by(target: Target) -> set[Var]:
    nodes = (node for expr in expressions_in(target) for node in walk(expr))
    return {node.var for node in nodes if isinstance(node, Ref)}


def _taken_apart(target: Target, value: Expr, origin: Origin | None) -> Block:
    """A tuple of targets without places; those are written to afterwards."""
    later: Block = []
    if isinstance(target, Unpack) and not _read_by(target) & set(targets_of(target)):
        target = _without_places(target, value, later)
    return [Assign((target,), value, origin=None if later else origin), *later]


def _without_places(target: Target, value: Expr | None, later: Block) -> Target:
    match target:
        case Unpack(parts, star):
            known = isinstance(value, Make) and len(value.items) == len(parts) and star is None
            items = value.items if known and isinstance(value, Make) else (None,) * len(parts)
            found = tuple(
                part if known and isinstance(part, Place) else _without_places(part, item, later)
                for part, item in zip(parts, items, strict=True)
            )
            return replace(target, targets=found)
        case Place(key=key):
            name = Var(_name_of(key))
            later.append(Assign((target,), Ref(name)))
            return name
    return target


def _name_of(key: Expr | str) -> str:
    """What stands at a place: `u` in `held["u"]` and in `held.u`."""
    match key:
        case str(text) | Const(str(text)) if text.isidentifier() and not iskeyword(text):
            return text
    return "item"


def with_names(target: Target, iterable: Expr, body: Block) -> tuple[Block, Expr]:
    """What a loop runs over, if the loop writes into its rows: new arrays get a name before it."""
    rows = set(targets_of(target))
    written = {var for statement in body for var in written_by(statement)}
    for statement in statements(body):
        if isinstance(statement, Assign) and statement.augmented is not None:
            written |= {var for t in statement.targets for var in targets_of(t)}
        calls = (n for root in expressions(statement) for n in walk(root) if isinstance(n, Invoke))
        written |= {n.var for call in calls for n in walk(call) if isinstance(n, Ref)}
    return _named(iterable) if rows & written else ([], iterable)


def _named(iterable: Expr) -> tuple[Block, Expr]:
    """What a loop runs over with names for the new arrays in it, and the statements before it."""
    match iterable:
        case Each(kind="generator"):  # which could be run over once
            return _under_a_name(Apply("builtins.list", (iterable,), (), "call", "list"))
        case Each() | Select():
            return _under_a_name(iterable)
        case Make() if _makes(iterable):
            return _under_a_name(iterable)
        case Apply(op, (base, *rest)) if op in _PARTS:
            names, base = _named(base)
            return names, replace(iterable, args=(base, *rest), origin=None) if names else iterable
        case Apply(op, args) if op in _LISTED:
            return _under_a_name(iterable) if any(_named(a)[0] for a in args) else ([], iterable)
        case Apply(op, args) if op in _BESIDE:
            found = [_named(arg) for arg in args]
            names = [statement for block, _ in found for statement in block]
            args = tuple(arg for _, arg in found)
            return names, replace(iterable, args=args, origin=None) if names else iterable
        case Apply(op) if not op.startswith(("builtins.", "dict.", "tqdm.", "attribute.")):
            return _under_a_name(iterable)
    return [], iterable


def _under_a_name(iterable: Expr) -> tuple[Block, Expr]:
    rows = Var("rows")
    return [Assign((rows,), iterable)], Ref(rows)


def _makes(display: Make) -> bool:
    """Whether a display holds something that has no name yet."""
    return any(
        _makes(item) if isinstance(item, Make) else not isinstance(item, Ref | Const)
        for item in display.items
    )


_PARTS = {"getitem", "getattr"}

_LISTED = {"builtins.list", "builtins.tuple"}

_BESIDE = {"builtins.zip", "builtins.enumerate", "builtins.reversed", "dict.items", "dict.values"}
